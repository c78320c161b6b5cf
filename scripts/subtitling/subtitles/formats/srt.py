"""SubRip (.srt). It has no standard: the syntax that players agree on is read, and anything else is
refused with file, line and remedy.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lineage.problem import Problem
from subtitling.subtitles.formats.overrides import overridden, place_of
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
    in_order,
    milliseconds,
    no_number,
    switched,
)


class SubRip(WrittenByPysubs2):
    """SubRip."""

    kind = "srt"

    def escape(self, text: str) -> str:
        """Escape `-->`, `<tag>`, `{\\override}` and `\\N`, which players would interpret."""
        text = no_number(text.replace("-->", f"--{JOINER}>"))
        return re.sub(r"([<{\\])", rf"\1{JOINER}", text)

    def read(self, path: Path, lines: Sequence[str]) -> Track:
        """See `Format`."""
        return _read(path, lines)

    def again(self, cue: Shown, number: int) -> str:
        """See `Format`."""
        return f"{number}\n{again(cue, f'{clock(cue.start_ms)} --> {clock(cue.end_ms)}')}"


FORMAT = SubRip()

_SRT_TIME = r"(?:([0-9]+):)?([0-5]?[0-9]):([0-5]?[0-9])(?:[,.]([0-9]{3}))?"
_SRT_TIMES = re.compile(rf"\s*{_SRT_TIME}\s*-->\s*{_SRT_TIME}(?:\s+[XY][12]:[0-9 XY:]*)?\s*")
# Lines probably meant as times: two of them and some arrow.
_LIKE_TIMES = re.compile(r"\s*\d+\s*:\s*\d+[\d:;.,\s]*(?:[-–—=]*>+|→|⟶|[-–—]+)\s*\d+\s*:\s*\d+.*")
_OTHERS = {"WEBVTT": "vtt", "[Script Info]": "ass"}  # the first lines of other formats
_SRT_EXAMPLE = "write it as 00:01:02,345 --> 00:01:04,000"


def _refuse_other_times(
    path: Path, lines: Sequence[str], heads: set[int], starts: set[int]
) -> None:
    """Raise Problem for a line meant as times that is invalid, and for a number without times."""
    for n, line in enumerate(lines):
        if n in heads or n in starts:
            continue
        begins = n == 0 or not lines[n - 1].strip() or _alone(lines, n - 1)
        if "-->" in line or (begins and _LIKE_TIMES.fullmatch(line)):
            raise Problem(
                f"{path}, line {n + 1}: {line.strip()!r} are no times of a cue: {_SRT_EXAMPLE}"
            )
    for n in sorted(n for n in heads if n and n - 1 not in starts):
        if lines[n - 1].strip() and (n == 1 or not lines[n - 2].strip()):
            raise Problem(
                f"{path}, line {n}: {lines[n - 1].strip()!r} stands where the number of a cue "
                "belongs; if it is text, put an empty line below it"
            )
    for n in range(len(lines)):
        if n not in starts and _alone(lines, n):
            raise Problem(
                f"{path}, line {n + 1}: the number {lines[n].strip()} has no times below it; put "
                "them there, or take the cue away whole"
            )


def _alone(lines: Sequence[str], n: int) -> bool:
    """Whether a line is a number with no text directly above it, as a cue's number is."""
    text = lines[n].strip()
    return text.isascii() and text.isdigit() and (n == 0 or not lines[n - 1].strip())


def _number_above(lines: Sequence[str], n: int) -> int:
    """The first line of the cue whose times are in line `n`: its number, if it has one."""
    above = n - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    text = lines[above].strip() if above >= 0 else ""
    numbered = text.isascii() and text.isdigit() and (above == n - 1 or _alone(lines, above))
    return above if numbered else n


def _read(path: Path, lines: Sequence[str]) -> Track:
    first = next((line.strip() for line in lines if line.strip()), "")
    for mark, kind in _OTHERS.items():
        if first.startswith(mark):
            raise Problem(f"{path}: by its first line it is no .srt but .{kind}; name it so")
    heads = [n for n, line in enumerate(lines) if _SRT_TIMES.fullmatch(line)]
    starts = [_number_above(lines, n) for n in heads]
    _refuse_other_times(path, lines, {*heads}, {*starts})
    starts.append(len(lines))
    before = [n for n in range(starts[0]) if lines[n].strip()]
    if before:
        raise Problem(
            f"{path}, line {before[0] + 1}: no cue in it can be read as .srt before this line; "
            f"a cue is a number, a line of times ({_SRT_EXAMPLE}), and its text"
        )
    cues = []
    for n, end in zip(heads, starts[1:], strict=True):
        times = _SRT_TIMES.fullmatch(lines[n])
        assert times
        start, stop = milliseconds(*times.groups()[:4]), milliseconds(*times.groups()[4:])
        body = tuple(line for line in lines[n + 1 : end] if line.strip())
        cues.append(in_order(of_body(n + 1, start, stop, body), f"{path}, line {n + 1}"))
    return Track(path, "srt", tuple(cues))


def of_body(line: int, start_ms: int, end_ms: int, body: tuple[str, ...]) -> Shown:
    """A cue with the text of these lines, in SubRip's markup."""
    text = "\n".join(body)
    return dressed(Shown(line, start_ms, end_ms, body, place=place_of(text)), _srt_pieces(text))


_SRT_TOKEN = re.compile(
    rf"(?P<tag></?\s*[a-zA-Z][^<>]*>)|(?P<block>\{{\\(?!{JOINER})[^}}]*\}})|(?P<end>\\N)|(?P<space>\\h)"
)


def _srt_pieces(text: str) -> Iterator[Piece]:
    at, style = 0, PLAIN
    for token in _SRT_TOKEN.finditer(text):
        yield text[at : token.start()], style
        at = token.end()
        if token["tag"]:
            style = switched(style, token["tag"])
            if re.fullmatch(r"<br\s*/?>", token["tag"], re.IGNORECASE):
                yield "\n", style
        elif token["block"]:
            style = overridden(style, token["block"])
        else:
            yield "\n" if token["end"] else " ", style
    yield text[at:], style
