"""The mux stage (10): which tracks and fonts go into the film, and what its record says of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import lineage
from subtitling import documents
from subtitling.documents import Cues, Media
from subtitling.muxing import fonts, stream_plan, subtitle_streams
from subtitling.muxing.mux import Report
from subtitling.muxing.subtitle_streams import Track
from subtitling.subtitles import forced
from subtitling.subtitles.machine_mark import Mark
from subtitling.text import languages

if TYPE_CHECKING:
    from lineage.stage import Stage


def made(io: "Stage") -> dict[str, Cues]:
    """The cues of the tracks by language, in order; why others are missing is recorded. Raises
    Problem where there is none."""
    cues = {
        language: documents.load(Cues, path)
        for language, path in zip(io.params.languages, io.input.cues, strict=True)
    }
    lacking = {language: track.missing for language, track in cues.items() if track.missing}
    for language, why in lacking.items():
        if why == forced.NOTHING:
            io.log.info("no %s track: %s", language, why)
        else:
            io.degrade(f"{language} subtitles", "in the film", "missing", why)
    if len(lacking) == len(cues):
        raise lineage.Problem(f"there is no track: the stages of {', '.join(lacking)} say why")
    io.note(missing=sorted(lacking))
    return {language: track for language, track in cues.items() if language not in lacking}


def tracks(io: "Stage", cues: Mapping[str, Cues]) -> list[Track]:
    """The tracks to put into the film, in order: those that have `cues`."""
    shown = subtitle_streams.default_language(io.params.default_track, list(cues))
    marked, titled = (io.params.machine_mark != "none", io.params.machine_mark == "titles")
    chosen = [
        Track(
            language,
            Path(path),
            language == shown,
            language in io.params.forced_tracks,
            _mark(cues[language]) if marked else None,
            titled,
        )
        for language, path in zip(io.params.languages, io.input.tracks, strict=True)
        if language in cues
    ]
    placed = any(subtitle_streams.placed(track.path) for track in chosen)
    if _kind(io) == "mp4" and placed:
        io.degrade("place of cues", "as corrected", "at the bottom", "mp4 holds none")
    return chosen


def _mark(cues: Cues) -> Mark:
    return Mark.of(cues.edit, from_text=cues.from_text)


def attached_fonts(io: "Stage", chosen: list[Track]) -> list[str]:
    """The font files to attach: the configured ones, or those that ASS tracks name, looked up on
    the host."""
    attached = [str(path) for path in io.input.fonts]
    if attached or not io.params.find_fonts:
        return list(dict.fromkeys(attached))
    for track in chosen:
        for family in fonts.wanted(track.path) if track.path.suffix == ".ass" else ():
            if font := fonts.find(family, languages.written(track.language)):
                attached.append(str(font))
            else:
                io.degrade(f"font {family}", "attached", "not attached", "not on this host")
    return list(dict.fromkeys(attached))


def record(io: "Stage", film: Media, chosen: list[Track], done: Report) -> None:
    """Put on record what the new film holds, and all that is otherwise than in the old one."""
    kind = _kind(io)
    for item in done.kept:
        if item.action in ("text", "drop"):
            io.degrade(f"stream {item.stream.index}", "copy", item.action, item.reason)
    there = [item.stream for item in done.kept if item.action != "drop"]
    for before, after in stream_plan.lost_shapes(there):
        io.degrade("shape of the picture", before, after, f"{kind} has one shape for a picture")
    lost = stream_plan.lost_languages(there, kind) + subtitle_streams.lost_languages(chosen, kind)
    for where, tag, left in lost:
        io.degrade(f"language of {where}", tag, left, f"{kind} holds no such tags")
    for way in film.structure:
        io.degrade("structure", way.split(":")[0], "the plain streams", way)
    if done.lost_tags:
        io.degrade("metadata", "all", f"without {', '.join(done.lost_tags)}", "no place for it")
    if done.repaired:
        moved_ms = done.moved_us / 1000
        io.log.warning(
            "%d packets had times going backwards; corrected by up to %.0f ms",
            done.repaired, moved_ms,
        )  # fmt: skip
    if done.errors:
        io.log.warning("the film itself has decoding errors: %s", done.errors[0])
    io.note(
        streams=[stream_plan.action_line(k, Path(io.output.film)) for k in done.kept],
        holds=[row.for_record() for row in done.rows],
        bytes=Path(io.output.film).stat().st_size,
        shift_us=done.shift_us,
        time_set_anew=done.jumps,
    )
    many = "track" if len(chosen) == 1 else "tracks"
    io.log.info("%d streams of the film, %d new %s", len(done.kept), len(chosen), many)


def _kind(io: "Stage") -> str:
    return Path(io.output.film).suffix.removeprefix(".")
