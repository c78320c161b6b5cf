"""The formats for delivery by name, and writing a track in one of them."""

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lineage import files
from lineage.problem import Problem
from subtitling.documents import Cue
from subtitling.subtitles.formats import ebu_tt_d, imsc, lists, scc, stl, subtitle_files, ttml
from subtitling.subtitles.formats.delivery import Delivery, Held, Programme, Row, rows_of
from subtitling.text import languages
from subtitling.text.cleaning import clean

DELIVERIES: dict[str, Delivery] = {
    each.kind: each
    for each in (
        ttml.FORMAT, imsc.FORMAT, ebu_tt_d.FORMAT, stl.FORMAT, scc.FORMAT, lists.TEXT, lists.CSV,
        lists.TSV,
    )
}  # fmt: skip
# Every format that a track can be written in: those of players first.
KINDS = (*subtitle_files.KINDS, *DELIVERIES)


def ending(kind: str) -> str:
    """What the name of a file in a format ends in, after the language and a dot."""
    return DELIVERIES[kind].ending if kind in DELIVERIES else kind


# Letters that a language written in Latin letters can't do without, where not every code has them.
_LETTERS = {
    "az": "əğış", "bs": "čćđšž", "cs": "čěřšůž", "cy": "ŵŷ", "eo": "ĉĝĥĵŝŭ", "fo": "ð", "ha": "ɓɗƙ",
    "hr": "čćđšž", "hu": "őű", "ig": "ịọụ", "is": "ðþ", "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž",
    "mi": "āēīōū", "mt": "ċġħż", "pl": "ąćęłńśźż", "ro": "ăşţ", "sk": "čďľňšťž", "sl": "čšž",
    "tr": "ğış", "vi": "ăđơưệ", "yo": "ẹọṣ",
}  # fmt: skip


def lacks(kind: str, language: str) -> str | None:
    """What of a language a format can't hold, as "its script, Devanagari"; None where it can."""
    form = DELIVERIES.get(kind)
    if form is None or form.scripts is None:
        return None
    script = languages.script_of(language)
    if script not in form.scripts:
        return f"its script, {languages.script_name(script)}"
    own = _LETTERS.get(language, "")
    unheld = [letter for letter in own if not form.holds(letter)]
    return f"its letters, {' '.join(unheld)}" if unheld else None


def clear_others(beside: Path | str, language: str, kinds: Collection[str]) -> None:
    """Delete the files that an earlier run made in formats that are not wanted any more."""
    for kind in set(KINDS) - set(kinds):
        Path(beside).with_name(f"{language}.{ending(kind)}").unlink(missing_ok=True)


@dataclass(frozen=True)
class Difference:
    """A respect in which a file is other than the cues, in the words of `Stage.degrade`."""

    what: str
    wanted: str
    used: str
    reason: str


_FRAME_MS = 34  # a frame of the slowest of broadcast's clocks, in which times are rounded
_ALL_STYLES = frozenset("biu")


def held(kinds: Sequence[str], language: str) -> tuple[str, ...]:
    """Those of some formats that can hold a language."""
    return tuple(kind for kind in kinds if not lacks(kind, language))


def write(
    kind: str, cues: Sequence[Cue], path: Path | str, programme: Programme
) -> list[Difference]:
    """Write a track, read it again from its bytes and compare. Returns in what the file is other
    than the cues. Raises Problem for what the format can't hold."""
    form = DELIVERIES[kind]
    meant = form.hold(cues, programme)
    content = form.write(meant, programme)
    seen = form.read(content, programme)
    if seen != meant:
        wrong = next((pair for pair in zip(meant, seen, strict=False) if pair[0] != pair[1]), None)
        raise Problem(
            f"{path}: it does not say what was meant: {wrong or (len(meant), len(seen))}; this is "
            "an error of the program, please report it"
        )
    with files.replacing(Path(path)) as partial:
        partial.write_bytes(content)
    return list(_differences(form, cues, meant, programme))


def _differences(
    form: Delivery, cues: Sequence[Cue], meant: Sequence[Held], programme: Programme
) -> Iterator[Difference]:
    pairs = [*zip(filter(rows_of, cues), meant, strict=False)]
    name, many = f"{programme.language}.{form.ending}", len(pairs)
    same = [_bare(cue) == _bare(as_held) for cue, as_held in pairs]
    if not all(same):
        cue, as_held = pairs[same.index(False)]
        yield Difference(
            f"characters of {name}", "as in the cues",
            f"{same.count(False)} of {many} in others, {_bare(cue)!r} as {_bare(as_held)!r}",
            f"{form.kind} has no place for them",
        )  # fmt: skip
    if form.bare:
        return
    late = [form.at_ms(as_held.start, programme) - cue.start_ms for cue, as_held in pairs]
    if late and max(late) > _FRAME_MS:
        count = sum(ms > _FRAME_MS for ms in late)
        yield Difference(
            f"in-times of {name}", "as in the cues", f"{count} of {many} later, by {max(late)} ms",
            f"{form.kind} takes a frame for two characters, and these follow others at once",
        )  # fmt: skip
    plain = sum(
        _styles(rows_of(cue, _ALL_STYLES)) != _styles(as_held.rows)
        for (cue, as_held), equal in zip(pairs, same, strict=True)
        if equal
    )
    if plain:
        yield Difference(
            f"styles of {name}", "as in the cues", f"{plain} of {many} in others",
            f"{form.kind} has no such styles, or only for whole words",
        )  # fmt: skip


def _bare(cue: Cue | Held) -> str:
    lines = cue.lines if isinstance(cue, Cue) else cue.text.split("\n")
    return unicodedata.normalize("NFC", clean(" ".join(lines)))


def _styles(rows: Sequence[Row]) -> list[frozenset[str]]:
    """The style of each letter."""
    return [style for row in rows for text, style in row for letter in text if letter != " "]
