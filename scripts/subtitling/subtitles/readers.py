"""Subtitle files of anyone, read once and strictly: each cue with its place, style and line.

SubRip has no standard; what is read here is what its players agree on, and the rest is refused with
file, line and remedy. WebVTT is read as https://www.w3.org/TR/webvtt1/#file-parsing tells, and ASS
as libass does. What WebVTT's standard passes over in silence is named in `faults`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape
from itertools import pairwise
from pathlib import Path

from lineage.problem import Problem
from subtitling.text.cleaning import clean

KINDS = ("srt", "vtt", "ass")
JOINER = "\u2060"  # no width: keeps players from reading markup in text
BOTTOM = 2  # places are those of a keypad of numbers, as ASS has them: 8 is the top, centred
_PLAIN: frozenset[str] = frozenset()

# A piece of text and the letters i, b, u of how it is written; a line break is "\n".
Piece = tuple[str, frozenset[str]]


@dataclass(frozen=True)
class Shown:
    """One cue of a file. `line` is the number of the line with its times. `body` are the lines of
    its text in the file's own markup, `settings` what WebVTT has behind the times; `lines` is the
    bare text, and `marked` the same with <b>, <i> and <u> where all of it is not written alike.
    `italic` says that all of it is. `fields` are the columns of ASS before the text, by name."""

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
    """A file's cues with text, in order of time. `before` is what stands before the cues and goes
    into what is written again, `faults` are lines on what the format's standard passes over."""

    path: Path
    kind: str
    cues: tuple[Shown, ...]
    before: str = ""
    after: str = ""
    faults: tuple[str, ...] = ()

    def at(self, cue: Shown) -> str:
        """Where a cue stands, for messages."""
        return f"{self.path}, line {cue.line}"

    def text(self) -> str:
        """The file again, in order and without what was passed over; markup stays as it was."""
        again = _WRITERS[self.kind]
        cues = [again(cue, number) for number, cue in enumerate(self.cues, 1)]
        return f"{self.before}{''.join(cues)}{self.after}"


def in_turn(track: Track) -> Track:
    """The track with one cue at a time, for what shows no more: where several overlap, the text of
    all of them, the first above."""
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


def read(path: Path | str) -> Track:
    """Read a file by its ending. Problem for what is no such file, with the line where it fails."""
    source = Path(path)
    kind = source.suffix[1:].lower()
    if kind not in KINDS:
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
    track = {"srt": _srt, "vtt": _vtt, "ass": _ass}[kind](source, lines)
    # Those without text are taken away by hand; the same one twice is one to ffmpeg, too.
    shown = [cue for cue in track.cues if cue.lines or (kind == "ass" and _draws(cue))]
    same = (lambda cue: cue.line) if kind == "ass" else (lambda c: (c.start_ms, c.end_ms, c.body))
    once = {same(cue): cue for cue in reversed(shown)}.values()
    return replace(track, cues=tuple(sorted(once, key=lambda cue: (cue.start_ms, cue.line))))


def style_of(cue: Shown) -> str:
    """The name of the style that a cue of ASS has."""
    return dict(cue.fields).get("style", "Default").strip().lstrip("*")


def _dressed(cue: Shown, pieces: Iterable[Piece]) -> Shown:
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
        marked=() if italic or styles <= {_PLAIN} else tuple(map(_marked, rows)),
        italic=italic,
    )


def _marked(row: Sequence[Piece]) -> str:
    """A line as WebVTT marks it, every tag closed within it."""
    text, last = "", _PLAIN
    for part, style in [*(piece for piece in row if piece[0]), ("", _PLAIN)]:
        safe = part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if style != last:
            text += "".join(f"</{name}>" for name in sorted(last, reverse=True))
            text += "".join(f"<{name}>" for name in sorted(style))
            last = style
        text += safe
    return clean(text)


def _milliseconds(hours: str | None, minutes: str, seconds: str, parts: str | None) -> int:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((parts or "0").ljust(3, "0"))


def clock(ms: int, mark: str = ",") -> str:
    """A time as SubRip writes it, 00:01:02,345."""
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"


def _in_order(cue: Shown, where: str) -> Shown:
    """Problem for a cue with text whose out-time is not after its in-time."""
    if cue.lines and cue.end_ms <= cue.start_ms:
        raise Problem(
            f"{where}: the out-time {clock(cue.end_ms)} is not after the in-time "
            f"{clock(cue.start_ms)}; correct the one that is wrong"
        )
    return cue


# SubRip

_SRT_TIME = r"(?:([0-9]+):)?([0-5]?[0-9]):([0-5]?[0-9])(?:[,.]([0-9]{3}))?"
_SRT_TIMES = re.compile(rf"\s*{_SRT_TIME}\s*-->\s*{_SRT_TIME}(?:\s+[XY][12]:[0-9 XY:]*)?\s*")
# What was meant for times: two of them and some arrow, or an arrow at all.
_LIKE_TIMES = re.compile(r"\s*\d+\s*:\s*\d+[\d:;.,\s]*(?:[-–—=]*>+|→|⟶|[-–—]+)\s*\d+\s*:\s*\d+.*")
_SRT_EXAMPLE = "write it as 00:01:02,345 --> 00:01:04,000"


def _srt(path: Path, lines: Sequence[str]) -> Track:
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
        start, stop = _milliseconds(*times.groups()[:4]), _milliseconds(*times.groups()[4:])
        body = tuple(line for line in lines[n + 1 : end] if line.strip())
        text = "\n".join(body)
        cue = Shown(n + 1, start, stop, body, place=_place(text))
        cues.append(_in_order(_dressed(cue, _srt_pieces(text)), f"{path}, line {n + 1}"))
    return Track(path, "srt", tuple(cues))


def _refuse_other_times(
    path: Path, lines: Sequence[str], heads: set[int], starts: set[int]
) -> None:
    """Problem for a line that was meant for times and is none, and for a number without times."""
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
    """Whether a line is a number with nothing above it, as that of a cue is."""
    text = lines[n].strip()
    return text.isascii() and text.isdigit() and (n == 0 or not lines[n - 1].strip())


def _number_above(lines: Sequence[str], n: int) -> int:
    """Where the cue begins whose times stand in line `n`: at its number, if it has one."""
    above = n - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    text = lines[above].strip() if above >= 0 else ""
    numbered = text.isascii() and text.isdigit() and (above == n - 1 or _alone(lines, above))
    return above if numbered else n


_SRT_TOKEN = re.compile(
    rf"(?P<tag></?\s*[a-zA-Z][^<>]*>)|(?P<block>\{{\\(?!{JOINER})[^}}]*\}})|(?P<end>\\N)|(?P<space>\\h)"
)


def _srt_pieces(text: str) -> Iterator[Piece]:
    at, style = 0, _PLAIN
    for token in _SRT_TOKEN.finditer(text):
        yield text[at : token.start()], style
        at = token.end()
        if token["tag"]:
            style = _switched(style, token["tag"])
            if re.fullmatch(r"<br\s*/?>", token["tag"], re.IGNORECASE):
                yield "\n", style
        elif token["block"]:
            style = _overridden(style, token["block"])
        else:
            yield "\n" if token["end"] else " ", style
    yield text[at:], style


def _switched(style: frozenset[str], tag: str) -> frozenset[str]:
    """The style after a tag of HTML's kind."""
    match = re.match(r"<(/?)\s*([a-zA-Z]+)", tag)
    if match and match[2].lower() in ("i", "b", "u"):
        return style - {match[2].lower()} if match[1] else style | {match[2].lower()}
    return style


# ASS's overrides, which players obey in SubRip too

_OVERRIDE = re.compile(r"\\(?:(?P<style>[ibu])(?P<on>\d*)(?=[\\}\s)])|(?P<reset>r)(?=[\\}]))")
_AT = re.compile(r"\\(?:an(?P<an>[1-9])|a(?P<a>\d+))(?!\d)")
_POS = re.compile(r"\\(?:pos|move)\(\s*[-\d.]+\s*,\s*(?P<y>-?\d+(?:\.\d+)?)")
_LEGACY = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}


def _overridden(style: frozenset[str], block: str) -> frozenset[str]:
    for match in _OVERRIDE.finditer(block):
        if match["reset"]:
            style = _PLAIN
        elif match["on"] in ("", "0"):
            style -= {match["style"]}
        else:
            style |= {match["style"]}
    return style


def _place(text: str, otherwise: int = BOTTOM, height: float = 0) -> int:
    """Where overrides put a cue; the first of them counts."""
    blocks = "".join(re.findall(rf"\{{\\(?!{JOINER})[^}}]*\}}", text))
    match = _AT.search(blocks)
    if match:
        otherwise = int(match["an"]) if match["an"] else _LEGACY.get(int(match["a"]), otherwise)
    if height and (at := _POS.search(blocks)):
        third = min(2, max(0, int(float(at["y"]) * 3 // height)))
        return (2 - third) * 3 + (otherwise - 1) % 3 + 1
    return otherwise


# WebVTT

_VTT_TIME = re.compile(r"(?:([0-9]+):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})(?![0-9])")


def _vtt(path: Path, lines: Sequence[str]) -> Track:
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
            cues.append(_dressed(replace(cue, body=tuple(block)), _vtt_pieces(text)))
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


# What WebVTT's parser takes for a tag and passes over with the text up to the next >.
_NO_TAG = re.compile(r"<(?![/a-zA-Z.>]|\d\d+:)|<[^>]*\Z")


def _vtt_cue(line: str, number: int) -> Shown | None:
    """What a line of times says; None where it is none."""
    at, times = 0, []
    for arrow in ("-->", ""):
        at += len(line[at:]) - len(line[at:].lstrip(" \t\f"))
        time = _VTT_TIME.match(line, at)
        if not time:
            return None
        times.append(_milliseconds(*time.groups()))
        at = time.end()
        if arrow:
            at += len(line[at:]) - len(line[at:].lstrip(" \t\f"))
            if not line.startswith(arrow, at):
                return None
            at += len(arrow)
    settings = " ".join(line[at:].split())
    start, end = times
    return Shown(number, start, end, (), settings=settings, place=_vtt_place(settings))


def _vtt_place(settings: str) -> int:
    """The nearest of nine places to where settings put a cue."""
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
    at, style = 0, _PLAIN
    for tag in re.finditer(r"<[^>]*(?:>|\Z)", text):
        yield unescape(text[at : tag.start()]), style
        at = tag.end()
        style = _switched(style, tag[0])
    yield unescape(text[at:]), style


# ASS

_ASS_TIME = re.compile(r"\s*(\d+):([0-5]?\d):([0-5]?\d)(?:\.(\d\d))?\s*", re.ASCII)
_SECTION = re.compile(r"\[.*[a-z].*\]\s*$")
# What may stand among events beside them: nothing, comments, a heading, what no player shows.
_ASS_OTHER = re.compile(r"\s*(?:$|;|!:|\[|(?:Format|Comment|Picture|Sound|Movie|Command)\s*:)")
_ASS_FIELDS = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"


def _ass(path: Path, lines: Sequence[str]) -> Track:
    section, styles, info = "", {}, {}
    order = {"[events]": _names(_ASS_FIELDS), "[v4+ styles]": [], "[v4 styles]": []}
    cues: list[Shown] = []
    others: list[str] = []
    faults: list[str] = []
    for n, line in enumerate(lines):
        word, colon, rest = line.strip().partition(":")
        if _SECTION.match(line):
            section = line.strip().lower()
        if section == "[events]" and colon and word in ("Dialogue", "Comment"):
            fields = rest.lstrip().split(",", len(order[section]) - 1)
            row = dict(zip(order[section], fields, strict=False))
            if word == "Dialogue":
                cues.append(_ass_cue(row, f"{path}, line {n + 1}", n + 1))
                continue
            if order[section] != _names(_ASS_FIELDS):
                line = (
                    f"Comment: {','.join([*dict(_ass_fields(row)).values(), row.get('text', '')])}"
                )
        if colon and word == "Format" and section in order:
            order[section] = _names(rest)
            if section == "[events]" and order[section][-1] != "text":
                raise Problem(f"{path}, line {n + 1}: Text must be the last column of events")
            if section == "[events]" and order[section] != _names(_ASS_FIELDS):
                line = f"Format: {_ASS_FIELDS}"
        elif colon and word == "Style" and order.get(section):
            values = dict(zip(order[section], rest.split(","), strict=False))
            styles[values.get("name", "").strip().lstrip("*")] = values
        elif section == "[events]" and not _ASS_OTHER.match(line):
            faults.append(
                f"{path}, line {n + 1}: {line.strip()!r:.60} belongs to no cue: a cue is one "
                "line, which begins with Dialogue: and its times, and breaks at \\N"
            )
        elif section == "[script info]" and colon:
            info[word.strip().lower()] = rest.strip()
        others.append(line)
    if any(line.strip() for line in lines) and "[events]" not in {x.strip().lower() for x in lines}:
        raise Problem(f"{path}: no .ass file: it has no [Events]; save it as ASS")
    wrap = info.get("wrapstyle") == "2"
    height = float(info["playresy"]) if re.fullmatch(r"\d+", info.get("playresy", "")) else 288.0
    dressed = [
        _in_order(_ass_dressed(cue, styles, height, hard=wrap), f"{path}, line {cue.line}")
        for cue in cues
    ]
    end = _end_of_events(others)
    before, after = others[:end], others[end:]
    return Track(
        path, "ass", tuple(dressed), "\n".join(before) + "\n" * bool(before),
        "\n".join(after) + "\n" * bool(after), tuple(faults),
    )  # fmt: skip


def _end_of_events(lines: Sequence[str]) -> int:
    """The number of lines up to the end of [Events], empty ones there left out."""
    end, inside = 0, False
    for n, line in enumerate(lines):
        if _SECTION.match(line):
            inside = line.strip().lower() == "[events]"
        if inside and line.strip():
            end = n + 1
    return end


def _names(text: str) -> list[str]:
    return [name.strip().lower() for name in text.split(",")]


def _ass_cue(values: dict[str, str], where: str, line: int) -> Shown:
    times = [_ASS_TIME.fullmatch(values.get(name, "")) for name in ("start", "end")]
    if "text" not in values:
        raise Problem(f"{where}: fewer fields than columns; {_ASS_FIELDS} belong there")
    if None in times:
        raise Problem(
            f"{where}: {values['start'].strip()!r} and {values['end'].strip()!r} are no times of a "
            "cue: write them as 0:01:02.34,0:01:04.00"
        )
    start, end = (_milliseconds(*each.groups()) for each in times if each)
    return Shown(line, start, end, (values["text"],), fields=_ass_fields(values))


def _ass_fields(values: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The columns before the text, in the usual order, which is all that other readers know."""
    defaults = {"style": "Default", "name": "", "effect": ""}
    names = _names(_ASS_FIELDS)[:-1]
    return tuple((name, values.get(name, defaults.get(name, "0"))) for name in names)


def _ass_dressed(
    cue: Shown, styles: dict[str, dict[str, str]], height: float, *, hard: bool
) -> Shown:
    row = styles.get(style_of(cue), styles.get("Default", {}))
    on = [f for f, name in (("i", "italic"), ("b", "bold"), ("u", "underline"))
          if row.get(name, "0").strip() not in ("0", "")]  # fmt: skip
    aligned = row.get("alignment", "").strip()
    place = int(aligned) if aligned in set("123456789") else BOTTOM
    text = cue.body[0]
    cue = replace(cue, place=_place(text, place, height))
    return _dressed(cue, _ass_pieces(text, frozenset(on), hard=hard))


def _draws(cue: Shown) -> bool:
    """Whether a line of ASS draws something, with text or without."""
    return re.search(r"\{[^}]*\\p[1-9]", cue.body[0]) is not None


def _ass_pieces(text: str, own: frozenset[str] = _PLAIN, *, hard: bool = True) -> Iterator[Piece]:
    """Text without overrides, comments in braces, and what is drawn."""
    at, style, drawn = 0, own, False
    for block in re.finditer(r"\{[^}]*\}|\\N|\\n|\\h|\n|\Z", text):
        if not drawn:
            yield text[at : block.start()], style
        at = block.end()
        if block[0].startswith("{"):
            style = own if re.search(r"\\r(?=[\\}])", block[0]) else _overridden(style, block[0])
            for mode in re.finditer(r"\\p(\d+)", block[0]):
                drawn = mode[1] != "0"
        elif not drawn:
            breaks = block[0] in ("\\N", "\n") or (hard and block[0] == "\\n")
            yield ("\n" if breaks else " " if block[0] else ""), style


# The same again


def _printable(line: str) -> str:
    """A line of text without control characters; one of digits alone would be the next number."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\x85\ud800-\udfff]", "", line).strip()
    return f"{text}{JOINER}" if text.isdigit() else text


def _srt_again(cue: Shown, number: int) -> str:
    return f"{number}\n{_again(cue, f'{clock(cue.start_ms)} --> {clock(cue.end_ms)}')}"


def _vtt_again(cue: Shown, number: int) -> str:  # noqa: ARG001 - WebVTT needs none
    times = f"{clock(cue.start_ms, '.')} --> {clock(cue.end_ms, '.')} {cue.settings}"
    return _again(cue, times.strip())


def _again(cue: Shown, times: str) -> str:
    body = [text for line in cue.body if (text := _printable(line))]
    return "\n".join([times, *body]) + "\n\n"


def _ass_again(cue: Shown, number: int) -> str:  # noqa: ARG001 - nor does ASS
    ends = {"start": cue.start_ms, "end": cue.end_ms}
    times = {k: f"{ms // 3_600_000}:{clock(ms, '.')[-9:-1]}" for k, ms in ends.items()}
    fields = [times.get(name, value) for name, value in cue.fields]
    return f"Dialogue: {','.join([*fields, cue.body[0]])}\n"


_WRITERS = {"srt": _srt_again, "vtt": _vtt_again, "ass": _ass_again}
