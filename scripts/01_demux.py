"""Look into the film, choose the audio track to listen to, and extract it."""

import lineage
from subtitling import media, model

with lineage.stage(snakemake) as io:
    io.tool("ffmpeg", media.ffmpeg_build())
    film = io.input.film
    with media.opened(film) as container:
        streams = media.streams(container)
        length = media.duration_ms(container, streams)
        rate = media.frame_rate(container, streams)
        name = container.format.name
    io.media_ms(length)
    try:
        track, reason = media.choose_audio(streams, io.params.audio_track, io.params.language)
    except lineage.Problem as problem:
        raise lineage.Problem(f"{film}: {problem}") from None
    io.log.info("audio stream %d (%s): %s", track.index, track.language or "no language", reason)
    sound = media.extract_audio(film, track, io.output.audio, length, io.progress)
    if track.start_ms + sound < 0.95 * length:
        io.log.warning(
            "the sound ends at %.1f s of %.1f s: is %s cut short?",
            (track.start_ms + sound) / 1000, length / 1000, film,
        )  # fmt: skip
    audio = model.Audio(track.index, reason, track.start_ms, sound, lineage.sha256(io.output.audio))
    io.note(audio=vars(audio))
    model.save(model.Media(name, length, rate, streams, audio), io.output.media)
