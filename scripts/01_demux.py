"""Look into the film, choose the audio track to listen to, and extract it."""

import lineage
from subtitling import media, model, tracks

with lineage.stage(snakemake) as io, media.recorded(io.note):
    limits = media.Limits(**io.params.limits)
    holes: list[str] = []
    for tool, build in (("ffmpeg", media.ffmpeg_build()), ("pyav", media.library_build())):
        io.tool(tool, build)
        holes += media.known_holes(build)
    for hole in holes:
        io.log.warning("%s", hole)
    io.note(environment=holes)
    film = io.input.film
    told = media.probe(film, limits, io.progress)
    io.media_ms(told.duration_ms)
    if told.jumps:
        io.log.warning("the film's time is set anew %d times; ffmpeg joins the parts", told.jumps)
    original = model.load(model.FilmData, io.input.known).original_language
    try:
        choice = tracks.choose(told.streams, io.params.audio_track, io.params.language, original)
    except lineage.Problem as problem:
        raise lineage.Problem(f"{film}: {problem}") from None
    for warning in choice.warnings:
        io.log.warning("%s", warning)
    track, reason = choice.track, choice.reason
    io.log.info("audio stream %d (%s): %s", track.index, track.language or "no language", reason)
    sound = media.extract_audio(film, told, track, io.output.audio, limits, io.progress)
    if sound < 0.95 * told.duration_ms:
        io.log.warning(
            "the sound ends at %.1f s of %.1f s: is %s cut short?",
            sound / 1000, told.duration_ms / 1000, film,
        )  # fmt: skip
    digest = lineage.sha256(io.output.audio)
    audio = model.Audio(track.index, reason, 0, sound, digest, choice.others)
    io.note(audio=vars(audio), codec=track.codec, begins_us=told.start_us, time_set_anew=told.jumps)
    model.save(
        model.Media(told.container, told.duration_ms, told.frame_rate, told.streams, audio),
        io.output.media,
    )
