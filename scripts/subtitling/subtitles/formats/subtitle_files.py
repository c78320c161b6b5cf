"""The subtitle formats by the extension of their files, and reading and writing by extension."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lineage.problem import Problem
from subtitling.documents import Cue, save_text
from subtitling.subtitles.formats import ass, srt, vtt
from subtitling.subtitles.formats.base import Screen
from subtitling.subtitles.formats.track_file import Shown, Track
from subtitling.subtitles.machine_mark import Mark

FORMATS = {each.kind: each for each in (srt.FORMAT, vtt.FORMAT, ass.FORMAT)}
KINDS = tuple(FORMATS)


def write(made: Sequence[Cue], path: Path | str, screen: Screen, above: Sequence[Cue] = ()) -> None:
    """Write a track in the format of the file's extension.

    `above` are the cues of another language, which only ASS shows, over those of `made`.
    """
    target = Path(path)
    save_text(FORMATS[target.suffix[1:]].write(made, screen, above), target)


def read(path: Path | str) -> Track:
    """Read a file from any source, once and strictly, in order of time. Raises Problem for a file
    in no such format, with the line where reading fails."""
    source = Path(path)
    form = FORMATS.get(source.suffix[1:].lower())
    if form is None:
        raise Problem(
            f"{path}: not a subtitle file that we read; its name must end in .{', .'.join(KINDS)}"
        )
    try:
        content = source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    lines = re.split(r"\r\n|\n|\r", content)
    if lines[-1] == "":
        lines.pop()
    track = form.read(source, lines)
    # A person removes a cue by emptying it; duplicates are one cue to ffmpeg, too.
    shown = [cue for cue in track.cues if form.keeps(cue)]
    once = {form.identity(cue): cue for cue in reversed(shown)}.values()
    return replace(track, cues=tuple(sorted(once, key=lambda cue: (cue.start_ms, cue.line))))


def text(track: Track) -> str:
    """The text of a file that was read: in order and without ignored parts; markup stays."""
    again = FORMATS[track.kind].again
    cues = [again(cue, number) for number, cue in enumerate(track.cues, 1)]
    return f"{track.before}{''.join(cues)}{track.after}"


def mark(path: Path | str, mark: Mark) -> None:
    """Put the mark that a machine made it into a file that was written here."""
    target = Path(path)
    before = target.read_text("utf-8")
    save_text(FORMATS[target.suffix[1:]].marked(before, mark), target)


def save(track: Track, path: Path | str) -> None:
    """Write a file that was read, see `text`."""
    save_text(text(track), path)


def read_cues(path: Path | str) -> list[Cue]:
    """The cues of a subtitle file, in order of time; no word ids."""
    return cues(read(path))


def timed(track: Track, times: Sequence[tuple[int, int]]) -> Track:
    """A file that was read with other times of the cues that `cues` gives, in their order."""
    left = iter(times)
    moved = []
    for cue in track.cues:
        if _is_own(cue):
            start, end = next(left)
            cue = replace(cue, start_ms=start, end_ms=end)
        moved.append(cue)
    return replace(track, cues=tuple(moved))


def _is_own(cue: Shown) -> bool:
    """Whether a cue has text, and is none of another language above."""
    return bool(cue.lines) and ass.style_of(cue) != ass.ABOVE


def bodies(track: Track) -> dict[str, tuple[str, ...]]:
    """The lines of the cues that `cues` gives, by their ids, in the file's own markup."""
    shown = enumerate(filter(_is_own, track.cues), 1)
    return {_id(n): tuple(re.split(r"\\N|\n", "\n".join(cue.body))) for n, cue in shown}


def _id(number: int) -> str:
    return f"c{number:05d}"


def cues(track: Track) -> list[Cue]:
    """The cues of a file that was read, without generated ones of another language above."""
    shown = filter(_is_own, track.cues)
    return [
        Cue(
            _id(number), cue.start_ms, max(cue.start_ms + 1, cue.end_ms), cue.lines, (),
            italic=cue.italic, place=cue.place, marked=cue.marked,
        )
        for number, cue in enumerate(shown, 1)
    ]  # fmt: skip
