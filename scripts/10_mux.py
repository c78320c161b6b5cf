"""Put the subtitle tracks into the film and check that nothing was lost."""

from pathlib import Path

import lineage
from subtitling import documents
from subtitling.media import ffmpeg, identity
from subtitling.media.ffmpeg import Limits
from subtitling.muxing import fonts, mux, stream_plan, subtitle_streams
from subtitling.muxing.mux import MuxOptions
from subtitling.muxing.subtitle_streams import Track
from subtitling.subtitles import forced
from subtitling.subtitles.machine_mark import Mark
from subtitling.text import languages

with lineage.stage(snakemake) as io, ffmpeg.recorded(io.note):
    limits = Limits(**io.params.limits)
    io.tool("ffmpeg", ffmpeg.build())
    io.tool("pyav", ffmpeg.library_build())
    film = documents.load(documents.Media, io.input.media)
    io.media_ms(film.duration_ms)
    mux.clear_beside(io.output.film)
    missing: dict[str, str] = {}
    marks: dict[str, Mark | None] = {}
    for language, path in zip(io.params.languages, io.input.cues, strict=True):
        cues = documents.load(documents.Cues, path)
        marks[language] = None if io.params.machine_mark == "none" else Mark.of(cues.edit)
        if why := cues.missing:
            missing[language] = why
            if why == forced.NOTHING:
                io.log.info("no %s track: %s", language, why)
            else:
                io.degrade(f"{language} subtitles", "in the film", "missing", why)
    made = [language for language in io.params.languages if language not in missing]
    if not made:
        raise lineage.Problem(f"there is no track: the stages of {', '.join(missing)} say why")
    shown = subtitle_streams.default_language(io.params.default_track, made)
    tracks = [
        Track(
            language,
            Path(path),
            language == shown,
            language in io.params.forced_tracks,
            marks[language],
            io.params.machine_mark == "titles",
        )
        for language, path in zip(io.params.languages, io.input.tracks, strict=True)
        if language not in missing
    ]
    kind = Path(io.output.film).suffix.removeprefix(".")
    if kind == "mp4" and any(subtitle_streams.placed(track.path) for track in tracks):
        io.degrade("place of cues", "as corrected", "at the bottom", "mp4 holds none")
    attached = [str(path) for path in io.input.fonts]
    if io.params.find_fonts and not attached:
        for track in tracks:
            for family in fonts.wanted(track.path) if track.path.suffix == ".ass" else ():
                if font := fonts.find(family, languages.written(track.language)):
                    attached.append(str(font))
                else:
                    io.degrade(f"font {family}", "attached", "not attached", "not on this host")
    attached = list(dict.fromkeys(attached))
    options = MuxOptions(fonts=attached, check_s=io.params.check_s)
    with identity.unchanged(io.input.film, film.fingerprint):
        done = mux.write(io.input.film, film, tracks, io.output.film, options, limits, io.progress)
    mux.clear_former(io.output.film)
    sidecars = [Path(path) for path in io.input.sidecars if Path(path).parent.name not in missing]
    for beside in mux.beside(io.output.film, sidecars):
        io.also(beside)
    for item in done.kept:
        if item.action in ("text", "drop"):
            io.degrade(f"stream {item.stream.index}", "copy", item.action, item.reason)
    there = [item.stream for item in done.kept if item.action != "drop"]
    for before, after in stream_plan.lost_shapes(there):
        io.degrade("shape of the picture", before, after, f"{kind} has one shape for a picture")
    lost = stream_plan.lost_languages(there, kind) + subtitle_streams.lost_languages(tracks, kind)
    for where, tag, left in lost:
        io.degrade(f"language of {where}", tag, left, f"{kind} holds no such tags")
    for way in film.structure:
        io.degrade("structure", way.split(":")[0], "the plain streams", way)
    if done.lost_tags:
        io.degrade("metadata", "all", f"without {', '.join(done.lost_tags)}", "no place for it")
    if done.repaired:
        io.log.warning(
            "%d packets had times going backwards; corrected by up to %.0f ms",
            done.repaired, done.moved_us / 1000,
        )  # fmt: skip
    if done.errors:
        io.log.warning("the film itself has decoding errors: %s", done.errors[0])
    io.note(
        streams=[stream_plan.action_line(k, Path(io.output.film)) for k in done.kept],
        fonts={path: lineage.sha256(path) for path in attached},
        holds=[row.for_record() for row in done.rows],
        bytes=Path(io.output.film).stat().st_size,
        shift_us=done.shift_us,
        time_set_anew=done.jumps,
        missing=sorted(missing),
    )
    many = "track" if len(tracks) == 1 else "tracks"
    io.log.info("%d streams of the film, %d new %s", len(done.kept), len(tracks), many)
