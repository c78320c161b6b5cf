"""Look into the film, choose the audio track to listen to, and extract it."""

import lineage
from subtitling import media, model

with lineage.stage(snakemake) as io:
    limits = media.Limits(**io.params.limits)
    for tool, build in (("ffmpeg", media.ffmpeg_build()), ("pyav", media.library_build())):
        io.tool(tool, build)
        for hole in media.known_holes(build):
            io.log.warning("%s", hole)
    film = io.input.film
    told = media.probe(film, limits, io.progress)
    io.media_ms(told.duration_ms)
    if told.jumps:
        io.log.warning("the film's time is set anew %d times; ffmpeg joins the parts", told.jumps)
    try:
        track, reason = media.choose_audio(told.streams, io.params.audio_track, io.params.language)
    except lineage.Problem as problem:
        raise lineage.Problem(f"{film}: {problem}") from None
    io.log.info("audio stream %d (%s): %s", track.index, track.language or "no language", reason)
    sound = media.extract_audio(film, told, track, io.output.audio, limits, io.progress)
    if sound < 0.95 * told.duration_ms:
        io.log.warning(
            "the sound ends at %.1f s of %.1f s: is %s cut short?",
            sound / 1000, told.duration_ms / 1000, film,
        )  # fmt: skip
    audio = model.Audio(track.index, reason, 0, sound, lineage.sha256(io.output.audio))
    io.note(audio=vars(audio), begins_us=told.start_us, time_set_anew=told.jumps)
    model.save(
        model.Media(told.container, told.duration_ms, told.frame_rate, told.streams, audio),
        io.output.media,
    )
