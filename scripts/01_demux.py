"""Look into the film, choose the audio track to listen to, and extract it."""

import lineage
from subtitling import media, model, tracks

with lineage.stage(snakemake) as io:
    io.tool("ffmpeg", media.ffmpeg_build())
    film = io.input.film
    with media.opened(film) as container:
        streams = media.streams(container)
        length = media.duration_ms(container, streams)
        rate = media.frame_rate(container, streams)
        name = container.format.name
    io.media_ms(length)
    original = model.load(model.FilmData, io.input.known).original_language
    try:
        choice = tracks.choose(streams, io.params.audio_track, io.params.language, original)
    except lineage.Problem as problem:
        raise lineage.Problem(f"{film}: {problem}") from None
    for warning in choice.warnings:
        io.log.warning("%s", warning)
    track, reason = choice.track, choice.reason
    io.log.info("audio stream %d (%s): %s", track.index, track.language or "no language", reason)
    sound = media.extract_audio(film, track, io.output.audio, length, io.progress)
    if track.start_ms + sound < 0.95 * length:
        io.log.warning(
            "the sound ends at %.1f s of %.1f s: is %s cut short?",
            (track.start_ms + sound) / 1000, length / 1000, film,
        )  # fmt: skip
    digest = lineage.sha256(io.output.audio)
    audio = model.Audio(track.index, reason, track.start_ms, sound, digest, choice.others)
    io.note(audio=vars(audio))
    model.save(model.Media(name, length, rate, streams, audio), io.output.media)
