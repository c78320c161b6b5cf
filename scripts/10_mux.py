"""Put the subtitle tracks into the film and check that nothing was lost."""

from pathlib import Path

import lineage
from subtitling import media, model, mux

with lineage.stage(snakemake) as io:
    io.tool("ffmpeg", media.ffmpeg_build())
    film = model.load(model.Media, io.input.media)
    io.media_ms(film.duration_ms)
    languages = io.params.languages
    shown = mux.default_language(io.params.default_track, languages)
    tracks = [
        mux.Track(language, Path(path), language == shown)
        for language, path in zip(languages, io.input.tracks, strict=True)
    ]
    kept = mux.write(io.input.film, film, tracks, io.output.film, io.progress)
    for item in kept:
        if item.action != "copy":
            io.degrade(f"stream {item.stream.index}", "copy", item.action, item.reason)
    io.note(streams=[f"{k.stream.index} {k.stream.kind} {k.action}" for k in kept])
    io.log.info("%d streams of the film and %d tracks", len(kept), len(tracks))
