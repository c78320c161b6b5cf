"""The contents of a subtitle file in any format: cues, each with its place, style and line."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from lineage.problem import Problem
from subtitling.text.cleaning import clean

JOINER = "\u2060"  # no width: keeps players from reading markup in text
BOTTOM = 2  # places are those of a keypad of numbers, as ASS has them: 8 is the top, centred
PLAIN: frozenset[str] = frozenset()

# A piece of text and its style, of the letters i, b, u; a line break is "\n".
Piece = tuple[str, frozenset[str]]


@dataclass(frozen=True)
class Shown:
    """One cue of a file. `line` is the number of the line with its times. `body` are the lines of
    its text in the file's own markup, `settings` WebVTT's settings after the times; `lines` is the
    bare text, and `marked` the same with <b>, <i> and <u> where its style is mixed. `italic` says
    that all of it is italic. `fields` are the columns of ASS before the text, by name."""

    line: int
    start_ms: int
    end_ms: int
    body: tuple[str, ...]
    lines: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    italic: bool = False
    place: int = BOTTOM
    settings: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Track:
    """A file's cues with text, in order of time. `before` and `after` are the lines around the
    cues, which are written again; `faults` are messages on parts that the standard ignores."""

    path: Path
    kind: str
    cues: tuple[Shown, ...]
    before: str = ""
    after: str = ""
    faults: tuple[str, ...] = ()

    def at(self, cue: Shown) -> str:
        """Where a cue stands, for messages."""
        return f"{self.path}, line {cue.line}"


def in_turn(track: Track) -> Track:
    """The track with one cue at a time, for players that show no more: where several overlap, one
    with the text of all of them, the first above."""
    if all(a.end_ms <= b.start_ms for a, b in pairwise(track.cues)):
        return track
    moments = sorted({ms for cue in track.cues for ms in (cue.start_ms, cue.end_ms)})
    parts = []
    for start, end in pairwise(moments):
        shown = [cue for cue in track.cues if cue.start_ms < end and start < cue.end_ms]
        if shown:
            body = tuple(line for cue in shown for line in cue.body)
            parts.append(replace(shown[0], start_ms=start, end_ms=end, body=body))
    return replace(track, cues=tuple(parts))


def dressed(cue: Shown, pieces: Iterable[Piece]) -> Shown:
    """`cue` with its text, from the pieces that it is made of."""
    rows: list[list[Piece]] = [[]]
    for text, style in pieces:
        for n, part in enumerate(text.split("\n")):
            if n:
                rows.append([])
            rows[-1].append((part, style))
    rows = [row for row in rows if clean("".join(text for text, _ in row))]
    styles = {style for row in rows for text, style in row if clean(text)}
    italic = styles == {frozenset("i")}
    return replace(
        cue,
        lines=tuple(clean("".join(text for text, _ in row)) for row in rows),
        marked=() if italic or styles <= {PLAIN} else tuple(map(_marked, rows)),
        italic=italic,
    )


def _marked(row: Sequence[Piece]) -> str:
    """A line with WebVTT's tags, each closed within the line."""
    text, last = "", PLAIN
    for part, style in [*(piece for piece in row if piece[0]), ("", PLAIN)]:
        safe = part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if style != last:
            text += "".join(f"</{name}>" for name in sorted(last, reverse=True))
            text += "".join(f"<{name}>" for name in sorted(style))
            last = style
        text += safe
    return clean(text)


def milliseconds(hours: str | None, minutes: str, seconds: str, parts: str | None) -> int:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((parts or "0").ljust(3, "0"))


def clock(ms: int, mark: str = ",") -> str:
    """A time as SubRip writes it, 00:01:02,345."""
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"


def in_order(cue: Shown, where: str) -> Shown:
    """The cue; raises Problem if it has text and its out-time is not after its in-time."""
    if cue.lines and cue.end_ms <= cue.start_ms:
        raise Problem(
            f"{where}: the out-time {clock(cue.end_ms)} is not after the in-time "
            f"{clock(cue.start_ms)}; correct the one that is wrong"
        )
    return cue


def switched(style: frozenset[str], tag: str) -> frozenset[str]:
    """The style after an HTML-like tag."""
    match = re.match(r"<(/?)\s*([a-zA-Z]+)", tag)
    if match and match[2].lower() in ("i", "b", "u"):
        return style - {match[2].lower()} if match[1] else style | {match[2].lower()}
    return style


def printable(line: str) -> str:
    """A line of text without control characters, and not mistakable for a cue's number."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\x85\ud800-\udfff]", "", line).strip()
    return no_number(text)


def again(cue: Shown, times: str) -> str:
    body = [text for line in cue.body if (text := printable(line))]
    return "\n".join([times, *body]) + "\n\n"


def no_number(line: str) -> str:
    """The line; one of digits gets a joiner, since some readers take it for a cue's number."""
    return f"{line}{JOINER}" if line.isdigit() else line
