"""Put the subtitle tracks into the film and check that nothing was lost."""

from pathlib import Path

import lineage
from subtitling import media, model, mux

with lineage.stage(snakemake) as io, media.recorded(io.note):
    limits = media.Limits(**io.params.limits)
    io.tool("ffmpeg", media.ffmpeg_build())
    io.tool("pyav", media.library_build())
    film = model.load(model.Media, io.input.media)
    io.media_ms(film.duration_ms)
    languages = io.params.languages
    shown = mux.default_language(io.params.default_track, languages)
    tracks = [
        mux.Track(language, Path(path), language == shown, language in io.params.forced_tracks)
        for language, path in zip(languages, io.input.tracks, strict=True)
    ]
    options = mux.Options(fonts=list(io.input.fonts), **io.params.options)
    done = mux.write(io.input.film, film, tracks, io.output.film, options, limits, io.progress)
    for beside in mux.beside(io.output.film, [Path(path) for path in io.input.sidecars]):
        io.also(beside)
    for item in done.kept:
        if item.action in ("text", "drop"):
            io.degrade(f"stream {item.stream.index}", "copy", item.action, item.reason)
    if done.lost_tags:
        io.degrade("metadata", "all", f"without {', '.join(done.lost_tags)}", "no place for it")
    if done.repaired:
        io.log.warning("%d packets had times going backwards; mended", done.repaired)
    if done.errors:
        io.log.warning("the film itself does not play cleanly: %s", done.errors[0])
    io.note(
        streams=[mux.told(k, Path(io.output.film)) for k in done.kept],
        holds=[vars(row) for row in done.rows],
        bytes=Path(io.output.film).stat().st_size,
        shift_us=done.shift_us,
        time_set_anew=done.jumps,
    )
    many = "track" if len(tracks) == 1 else "tracks"
    io.log.info("%d streams of the film, %d %s of ours", len(done.kept), len(tracks), many)
