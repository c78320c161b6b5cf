"""Advanced SubStation Alpha (.ass), read as libass does."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling.documents import Cue
from subtitling.subtitles.formats.base import Screen
from subtitling.subtitles.formats.overrides import overridden, place_of
from subtitling.subtitles.formats.through_pysubs2 import WrittenByPysubs2, is_right_to_left
from subtitling.subtitles.formats.track_file import (
    BOTTOM,
    JOINER,
    PLAIN,
    Piece,
    Shown,
    Track,
    clock,
    dressed,
    in_order,
    milliseconds,
)
from subtitling.subtitles.machine_mark import Mark
from subtitling.text.languages import script

_FONTS = {
    "Arabic": "Noto Naskh Arabic",
    "Bengali": "Noto Sans Bengali",
    "Cjk": "Noto Sans CJK SC",
    "Devanagari": "Noto Sans Devanagari",
    "Ethiopic": "Noto Sans Ethiopic",
    "Gujarati": "Noto Sans Gujarati",
    "Gurmukhi": "Noto Sans Gurmukhi",
    "Hangul": "Noto Sans CJK KR",
    "Hebrew": "Noto Sans Hebrew",
    "Hiragana": "Noto Sans CJK JP",
    "Kannada": "Noto Sans Kannada",
    "Katakana": "Noto Sans CJK JP",
    "Khmer": "Noto Sans Khmer",
    "Lao": "Noto Sans Lao",
    "Malayalam": "Noto Sans Malayalam",
    "Myanmar": "Noto Sans Myanmar",
    "Oriya": "Noto Sans Oriya",
    "Sinhala": "Noto Sans Sinhala",
    "Tamil": "Noto Sans Tamil",
    "Telugu": "Noto Sans Telugu",
    "Thai": "Noto Sans Thai",
}  # fmt: skip


# Renderers take a size for the height of a line, which the letters of this font fill less.
_LARGER = {"Noto Naskh Arabic": 1.4}
ABOVE = "Above"  # the style of another language's cues


class AdvancedSubStation(WrittenByPysubs2):
    """ASS, with a style for each language."""

    kind = "ass"
    step_ms = 10
    italics = (r"{\i1}", r"{\i0}")
    pysubs2_options: dict[str, Any] = {}  # noqa: RUF012

    def escape(self, text: str) -> str:
        """Escape text: there is no escape for braces that all readers know, so they become
        parentheses. No backslash starts an escape."""
        return text.translate({ord("{"): "(", ord("}"): ")"}).replace("\\", f"\\{JOINER}")

    def tag(self, letter: str, on: bool) -> str:
        """See `WrittenByPysubs2`."""
        return f"{{\\{letter}{int(on)}}}"

    def write(self, cues: Sequence[Cue], screen: Screen, above: Sequence[Cue]) -> str:
        """See `Format`; a renderer that finds no font takes another."""
        track = self.track(cues, screen)
        track.styles["Default"] = _style(cues, screen)
        if above:
            track.styles[ABOVE] = _style_above(track.styles["Default"], above, screen)
            for event in self.add(track, above, ABOVE):
                event.layer = 1  # players move events of one layer out of each other's way
            track.sort()
        return str(track.to_string(self.kind))

    def read(self, path: Path, lines: Sequence[str]) -> Track:
        """See `Format`."""
        return _read(path, lines)

    def again(self, cue: Shown, number: int) -> str:  # noqa: ARG002 - ASS needs none
        """See `Format`."""
        ends = {"start": cue.start_ms, "end": cue.end_ms}
        times = {k: f"{ms // 3_600_000}:{clock(ms, '.')[-9:-1]}" for k, ms in ends.items()}
        fields = [times.get(name, value) for name, value in cue.fields]
        return f"Dialogue: {','.join([*fields, cue.body[0]])}\n"

    def marked(self, text: str, mark: Mark) -> str:
        """See `Format`: in the script's information, whose unknown keys players ignore."""
        said = (mark.statement, mark.source_type)
        rows = [f"{key}: {value}" for key, value in zip(_MARK_KEYS, said, strict=True)]
        kept = [line for line in text.split("\n") if not line.startswith(_MARK_KEYS)]
        place = next((n + 1 for n, line in enumerate(kept) if _INFO.match(line)), None)
        if place is None:
            return "\n".join(["[Script Info]", *rows, "", *kept])
        return "\n".join([*kept[:place], *rows, *kept[place:]])

    def keeps(self, cue: Shown) -> bool:
        """Whether the cue has text or draws something."""
        return bool(cue.lines) or _draws(cue)

    def identity(self, cue: Shown) -> object:
        """Its line: equal cues of ASS are two layers, not duplicates."""
        return cue.line


FORMAT = AdvancedSubStation()
_INFO = re.compile(r"\[script info\]\s*$", re.IGNORECASE)
_MARK_KEYS = ("AI Disclosure", "Digital Source Type")


def style_of(cue: Shown) -> str:
    """The name of an ASS cue's style."""
    return dict(cue.fields).get("style", "Default").strip().lstrip("*")


def _style(made: Sequence[Cue], screen: Screen) -> Any:
    """The style of a track: 42 letters fit the width and 16 lines the height, in a font of the
    track's script."""
    import pysubs2

    font = _FONTS.get(script("".join(line for cue in made for line in cue.lines)), "Noto Sans")
    size = min(screen.height / 16, screen.width / 18)
    return pysubs2.SSAStyle(
        fontname=font,
        fontsize=round(size * _LARGER.get(font, 1.0), 2),
        outline=round(size / 20, 2),
        shadow=0,
        marginl=round(screen.width / 20),
        marginr=round(screen.width / 20),
        marginv=round(screen.height / 18),
        encoding=-1
        if is_right_to_left(made)
        else 1,  # -1: the renderer finds each line's direction
    )


def _style_above(below: Any, above: Sequence[Cue], screen: Screen) -> Any:
    """The style of the upper track: smaller and yellow, above two lines of the other one."""
    import pysubs2

    style = _style(above, screen)
    style.fontsize = round(style.fontsize * 0.75, 2)
    style.primarycolor = pysubs2.Color(255, 236, 160)
    style.marginv = below.marginv + round(2.2 * below.fontsize)
    return style


_ASS_TIME = re.compile(r"\s*(\d+):([0-5]?\d):([0-5]?\d)(?:\.(\d\d))?\s*", re.ASCII)
_SECTION = re.compile(r"\[.*[a-z].*\]\s*$")
# Lines allowed among events: empty ones, comments, a heading, and lines that no player shows.
_ASS_OTHER = re.compile(r"\s*(?:$|;|!:|\[|(?:Format|Comment|Picture|Sound|Movie|Command)\s*:)")
_ASS_FIELDS = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"


def _read(path: Path, lines: Sequence[str]) -> Track:
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
        in_order(_styled(cue, styles, height, hard=wrap), f"{path}, line {cue.line}")
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
    start, end = (milliseconds(*each.groups()) for each in times if each)
    return Shown(line, start, end, (values["text"],), fields=_ass_fields(values))


def _ass_fields(values: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The columns before the text, in the usual order, the only one that other readers know."""
    defaults = {"style": "Default", "name": "", "effect": ""}
    names = _names(_ASS_FIELDS)[:-1]
    return tuple((name, values.get(name, defaults.get(name, "0"))) for name in names)


def _styled(cue: Shown, styles: dict[str, dict[str, str]], height: float, *, hard: bool) -> Shown:
    row = styles.get(style_of(cue), styles.get("Default", {}))
    on = [f for f, name in (("i", "italic"), ("b", "bold"), ("u", "underline"))
          if row.get(name, "0").strip() not in ("0", "")]  # fmt: skip
    aligned = row.get("alignment", "").strip()
    place = int(aligned) if aligned in set("123456789") else BOTTOM
    text = cue.body[0]
    cue = replace(cue, place=place_of(text, place, height))
    return dressed(cue, _ass_pieces(text, frozenset(on), hard=hard))


def _draws(cue: Shown) -> bool:
    """Whether a line of ASS draws something, with text or without."""
    return re.search(r"\{[^}]*\\p[1-9]", cue.body[0]) is not None


def _ass_pieces(text: str, own: frozenset[str] = PLAIN, *, hard: bool = True) -> Iterator[Piece]:
    """The pieces of a text without overrides, comments in braces, and drawings."""
    at, style, drawn = 0, own, False
    for block in re.finditer(r"\{[^}]*\}|\\N|\\n|\\h|\n|\Z", text):
        if not drawn:
            yield text[at : block.start()], style
        at = block.end()
        if block[0].startswith("{"):
            style = own if re.search(r"\\r(?=[\\}])", block[0]) else overridden(style, block[0])
            for mode in re.finditer(r"\\p(\d+)", block[0]):
                drawn = mode[1] != "0"
        elif not drawn:
            breaks = block[0] in ("\\N", "\n") or (hard and block[0] == "\\n")
            yield ("\n" if breaks else " " if block[0] else ""), style
