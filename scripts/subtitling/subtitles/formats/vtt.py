"""WebVTT (.vtt), read according to https://www.w3.org/TR/webvtt1/#file-parsing. Parts that the
standard silently ignores are reported in `Track.faults`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path

from lineage.problem import Problem
from subtitling.documents import Cue
from subtitling.subtitles.formats.base import Screen
from subtitling.subtitles.formats.through_pysubs2 import WrittenByPysubs2
from subtitling.subtitles.formats.track_file import (
    JOINER,
    PLAIN,
    Piece,
    Shown,
    Track,
    again,
    clock,
    dressed,
    milliseconds,
    no_number,
    switched,
)
from subtitling.subtitles.machine_mark import Mark


class WebVtt(WrittenByPysubs2):
    """WebVTT."""

    kind = "vtt"

    def escape(self, text: str) -> str:
        """Escape text with character references."""
        text = no_number(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return text.replace("\\", f"\\{JOINER}")

    def placed(self, line: str, place: int) -> str:  # noqa: ARG002
        """The line as it is: the place is in the settings after the times."""
        return line

    def write(self, cues: Sequence[Cue], screen: Screen, above: Sequence[Cue]) -> str:
        """See `Format`."""
        places = iter(cues)
        return re.sub(
            r"^(\S+ --> \S+)$",
            lambda times: f"{times[1]} {_settings(next(places).place)}",
            super().write(cues, screen, above),
            flags=re.MULTILINE,
        )

    def read(self, path: Path, lines: Sequence[str]) -> Track:
        """See `Format`."""
        return _read(path, lines)

    def marked(self, text: str, mark: Mark) -> str:
        """See `Format`; reading leaves comments out, an earlier mark too."""
        head, _, rest = text.partition("\n\n")
        return f"{head}\n\nNOTE\n{mark.statement}\n{mark.source_type}\n\n{rest}"

    def again(self, cue: Shown, number: int) -> str:  # noqa: ARG002 - WebVTT needs none
        """See `Format`."""
        times = f"{clock(cue.start_ms, '.')} --> {clock(cue.end_ms, '.')} {cue.settings}"
        return again(cue, times.strip())


FORMAT = WebVtt()


def _settings(place: int) -> str:
    """WebVTT's settings for a place of the numeric keypad, at most nine tenths of the width. A
    player that does not know one ignores it and shows the cue at the bottom."""
    row, column = divmod(place - 1, 3)
    line = ("92%,end", "50%,center", "8%,start")[row]
    align = ("start", "center", "end")[column]
    position = ("5%,line-left", "50%", "95%,line-right")[column]
    return f"line:{line} position:{position} size:90% align:{align}"


_VTT_TIME = re.compile(r"(?:([0-9]+):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})(?![0-9])")


# What WebVTT's parser takes for a tag and drops with the text up to the next >.
_NO_TAG = re.compile(r"<(?![/a-zA-Z.>]|\d\d+:)|<[^>]*\Z")


def _vtt_cue(line: str, number: int) -> Shown | None:
    """The cue of a line of times, without its text; None where the line is none."""
    at, times = 0, []
    for arrow in ("-->", ""):
        at += len(line[at:]) - len(line[at:].lstrip(" \t\f"))
        time = _VTT_TIME.match(line, at)
        if not time:
            return None
        times.append(milliseconds(*time.groups()))
        at = time.end()
        if arrow:
            at += len(line[at:]) - len(line[at:].lstrip(" \t\f"))
            if not line.startswith(arrow, at):
                return None
            at += len(arrow)
    settings = " ".join(line[at:].split())
    start, end = times
    return Shown(number, start, end, (), settings=settings, place=_nearest_place(settings))


def _nearest_place(settings: str) -> int:
    """The nearest of nine places to the one that settings give a cue."""
    given = dict(part.split(":", 1) for part in settings.split() if ":" in part)
    line = re.fullmatch(r"(-?[\d.]+)(%?)(?:,(?:start|center|end))?", given.get("line", ""))
    row = 0
    if line and line[1].count(".") < 2 and line[1].strip(".-"):
        at = float(line[1])
        # Lines are counted from the top, or with a minus from the bottom; some fifteen fit.
        share = at / 100 if line[2] else (at if at >= 0 else 15 + at) / 15
        row = 2 if share < 1 / 3 else 1 if share < 2 / 3 else 0
    column = {"start": 0, "left": 0, "end": 2, "right": 2}.get(given.get("align", ""), 1)
    return row * 3 + column + 1


def _vtt_pieces(text: str) -> Iterator[Piece]:
    at, style = 0, PLAIN
    for tag in re.finditer(r"<[^>]*(?:>|\Z)", text):
        yield unescape(text[at : tag.start()]), style
        at = tag.end()
        style = switched(style, tag[0])
    yield unescape(text[at:]), style


def _read(path: Path, lines: Sequence[str]) -> Track:
    lines = [line.replace("\0", "\ufffd") for line in lines]
    if not lines or not re.match(r"WEBVTT(?:[ \t]|$)", lines[0]):
        if not any(line.strip() for line in lines):
            return Track(path, "vtt", ())
        raise Problem(f"{path}, line 1: a .vtt file begins with the word WEBVTT; put it there")
    n = 1
    while n < len(lines) and lines[n] and "-->" not in lines[n]:  # the header
        n += 1
    cues: list[Shown] = []
    faults: list[str] = []
    head: list[str] = []
    while n < len(lines):
        if not lines[n]:
            n += 1
            continue
        begin, block, cue, times = n, [], None, False
        while n < len(lines) and lines[n]:
            if "-->" not in lines[n]:
                block.append(lines[n])
            elif not times and n <= begin + 1:
                times, block = True, []
                cue = _vtt_cue(lines[n], n + 1)
                if cue is None:
                    faults.append(
                        f"{path}, line {n + 1}: {lines[n].strip()!r} are no times of a cue: write "
                        "them as 00:01:02.345 --> 00:01:04.000"
                    )
            else:
                break
            n += 1
        if cue:
            text = "\n".join(block)
            cues.append(dressed(replace(cue, body=tuple(block)), _vtt_pieces(text)))
            if _NO_TAG.search(text):
                faults.append(f"{path}, line {cue.line}: in its text a < begins no tag: write &lt;")
            if n < len(lines) and lines[n] and block and block[-1].strip().isdigit():
                faults.append(
                    f"{path}, line {n}: {block[-1].strip()} would be text of the cue above; put an "
                    "empty line before it if it is a cue's number, or after it if it is text"
                )
        elif not times and not cues and re.match(r"(STYLE|REGION)[ \t]*$", block[0]):
            head += [*block, ""]
        elif not times and not re.match(r"(NOTE(?:[ \t]|$)|STYLE|REGION)", block[0]):
            faults.append(f"{path}, line {begin + 1}: {block[0]!r} belongs to no cue")
    for cue in cues:
        if cue.lines and cue.end_ms <= cue.start_ms:
            faults.append(f"{path}, line {cue.line}: the out-time is not after the in-time")
    before = "\n".join(["WEBVTT", "", *head]) + "\n"
    return Track(path, "vtt", tuple(cues), before, faults=tuple(faults))
