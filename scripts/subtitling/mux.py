"""The film with its new subtitle tracks: what goes in, how, and whether it all arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lineage import Problem
from subtitling import media
from subtitling.languages import own_name, three_letters
from subtitling.model import Media, Stream

# Matroska has no place for these as they are; their text goes in as SubRip.
_TO_SUBRIP = frozenset({"mov_text", "eia_608"})
_MATROSKA_KINDS = frozenset({"video", "cover", "audio", "subtitle", "attachment"})


@dataclass(frozen=True)
class Track:
    """One of our subtitle tracks."""

    language: str
    path: Path
    default: bool


@dataclass(frozen=True)
class Kept:
    """What happens to one stream of the film: `copy`, `srt` (text re-written) or `drop`."""

    stream: Stream
    action: str
    reason: str = ""


def plan(streams: Sequence[Stream]) -> list[Kept]:
    """What Matroska can hold of the film's streams. Nothing is left out without its reason."""
    kept = []
    for stream in streams:
        if stream.kind not in _MATROSKA_KINDS:
            reason = f"Matroska holds no {stream.kind} streams ({stream.codec})"
            kept.append(Kept(stream, "drop", reason))
        elif stream.codec in _TO_SUBRIP:
            kept.append(Kept(stream, "srt", f"Matroska holds no {stream.codec}"))
        else:
            kept.append(Kept(stream, "copy"))
    return kept


def default_language(wanted: str, languages: Sequence[str]) -> str | None:
    """The track that a player shows by itself: `first`, `none`, or a language of ours."""
    if wanted == "none" or not languages:
        return None
    return languages[0] if wanted == "first" else wanted


def arguments(
    film: Path | str, kept: Sequence[Kept], tracks: Sequence[Track], out: Path | str
) -> list[str]:
    """ffmpeg's arguments: every kept stream copied, our tracks behind them, no clock or chance in
    the file, so that the same inputs give the same bytes."""
    given = media.source(film)
    for track in tracks:
        given += media.source(track.path, "srt")
    mapped: list[str] = []
    ours: list[str] = []
    subtitles = 0
    for out_index, item in enumerate(k for k in kept if k.action != "drop"):
        mapped += ["-map", f"0:{item.stream.index}"]
        if item.action == "srt":
            ours += [f"-c:{out_index}", "srt"]
        if item.stream.kind == "subtitle":
            ours += [f"-disposition:s:{subtitles}", "-default"] if tracks else []
            subtitles += 1
    for number, track in enumerate(tracks, 1):
        spot = f"s:{subtitles + number - 1}"
        mapped += ["-map", f"{number}:0"]
        ours += [
            f"-metadata:s:{spot}", f"language={three_letters(track.language)}",
            f"-metadata:s:{spot}", f"title={own_name(track.language)}",
            f"-disposition:{spot}", "default" if track.default else "0",
        ]  # fmt: skip
    return [
        *given, *mapped, "-map_metadata", "0", "-map_chapters", "0", "-c", "copy", "-c:s", "copy",
        *ours, "-max_interleave_delta", "0",
        "-fflags", "+bitexact", "-f", "matroska", media.url(out),
    ]  # fmt: skip


def compare(
    film: Media,
    kept: Sequence[Kept],
    tracks: Sequence[Track],
    found: Sequence[Stream],
    duration_ms: int,
) -> None:
    """Raise Problem unless the muxed file holds what was planned, for as long as the film plays."""
    want = [
        (k.stream.kind, "subrip" if k.action == "srt" else k.stream.codec)
        for k in kept
        if k.action != "drop"
    ] + [("subtitle", "subrip")] * len(tracks)
    have = [(s.kind, s.codec) for s in found]
    if have != want:
        raise Problem(f"the muxed film holds {have}, not {want}; the film and subtitles are kept")
    languages = [s.language for s in found[len(found) - len(tracks) :]]
    expected = [three_letters(t.language) for t in tracks]
    if tracks and languages != expected:
        raise Problem(f"the muxed film's new tracks are in {languages}, not {expected}")
    tolerance_ms = 1000
    if duration_ms < film.duration_ms - tolerance_ms:
        raise Problem(
            f"the muxed film plays {duration_ms} ms, the film itself {film.duration_ms} ms"
        )


def write(
    film: Path | str,
    told: Media,
    tracks: Sequence[Track],
    out: Path | str,
    progress: media.Progress,
) -> list[Kept]:
    """Mux into `out` and probe the result; it gets its name only when it holds all it should.

    Returns what became of each of the film's streams.
    """
    kept = plan(told.streams)
    target = Path(out)
    partial = target.with_name(f".{target.name}.partial")
    media.run(arguments(film, kept, tracks, partial), told.duration_ms, progress)
    with media.opened(partial) as container:
        found = media.streams(container)
        compare(told, kept, tracks, found, media.duration_ms(container, found))
    partial.replace(target)
    return kept
