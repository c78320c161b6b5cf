"""Probe the film, choose the audio track to transcribe, and extract it."""

from importlib import import_module

import lineage
from subtitling import documents
from subtitling.media import audio_file, audio_tracks, channels, ffmpeg, identity, probing
from subtitling.media.ffmpeg import Limits

with (
    lineage.stage(snakemake) as io,
    ffmpeg.recorded(io.note),
    identity.unchanged(io.input.film) as fingerprint,
):
    limits = Limits(**io.params.limits)
    holes: list[str] = []
    for tool, build in (("ffmpeg", ffmpeg.build()), ("pyav", ffmpeg.library_build())):
        io.tool(tool, build)
        holes += ffmpeg.known_holes(build)
    for hole in holes:
        io.log.warning("%s", hole)
    io.note(environment=holes)
    film = io.input.film
    probed = probing.probe(film, limits, io.progress)
    io.media_ms(probed.duration_ms)
    original = documents.load(documents.FilmData, io.input.known).original_language
    # Neither parameters nor static imports: a change of the container or of the muxing code is no
    # reason to run the recognition again.
    burn, plan = (import_module(f"subtitling.muxing.{name}") for name in ("burn_in", "stream_plan"))
    muxed, burnt = io.config["mux"]["container"], io.config["burn_in"]
    if burnt["language"] != "none":
        burn.chosen(probed.streams, burnt["container"])
    for line in plan.foreseen(film, probed.streams, muxed, limits):
        io.log.info("%s", line)

    def extracted(track: documents.Stream) -> tuple[int, bool]:
        flac = io.output.audio
        mixed = channels.arguments(film, track, io.params.channels)
        length = audio_file.extract_audio(film, probed, track, flac, limits, io.progress, mixed)
        return length, audio_file.is_silent(flac)

    wanted = io.params.audio_track
    choice, sound = audio_tracks.choose_audible(
        probed.streams, wanted, io.params.language, original, extracted, film
    )
    for warning in choice.warnings:
        io.log.warning("%s", warning)
    track, reason = choice.track, choice.reason
    io.log.info("audio stream %d (%s): %s", track.index, track.language or "no language", reason)
    for warning in probing.doubts(film, probed, track, sound, io.params.channels):
        io.log.warning("%s", warning)
    digest = lineage.sha256(io.output.audio)
    audio = documents.Audio(track.index, reason, 0, sound, digest, choice.others)
    io.note(
        audio=vars(audio),
        codec=track.codec,
        begins_us=probed.start_us,
        time_set_anew=probed.jumps,
    )
    length = max(probed.duration_ms, sound)
    seen = documents.Media(
        probed.container, length, probed.frame_rate, probed.streams, audio, fingerprint
    )
    documents.save(seen, io.output.media)
