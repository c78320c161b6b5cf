"""The interface of a format for delivery: written once for a broadcaster, a streaming service or an
archive, read again to compare, and not edited.

A format holds less than `cues.json`. `hold` says what of it, in the format's own terms; writing and
reading then lose nothing, which `deliveries.write` checks on the bytes.
"""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html import unescape
from itertools import groupby, pairwise

from lineage.problem import Problem
from subtitling.documents import Cue
from subtitling.subtitles import timecodes
from subtitling.subtitles.formats.track_file import BOTTOM, PLAIN, Piece, switched
from subtitling.subtitles.machine_mark import Mark
from subtitling.text import languages
from subtitling.text.cleaning import clean

ITALIC = frozenset("i")
Row = tuple[Piece, ...]


@dataclass(frozen=True)
class Programme:
    """The film that a track belongs to. `language` is the track's tag by BCP 47, `rate` the film's
    frames a second, `start` the timecode of its first frame. `names` are those of speakers and
    `sources` what is said in the original, by the ids of speakers and of cues. `mark` says that a
    machine made the track."""

    title: str
    language: str
    rate: float
    start: str = "00:00:00:00"
    names: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    mark: Mark | None = None

    @property
    def timecode(self) -> timecodes.Timecode:
        """The labels of the film's own frames."""
        return self.timecode_at(timecodes.rate_of(self.rate))

    def timecode_at(self, rate: Fraction) -> timecodes.Timecode:
        """The labels of frames at another rate."""
        return timecodes.Timecode.of(rate, self.start)


@dataclass(frozen=True)
class Held:
    """A cue as a format holds it. Times are in the format's own unit, milliseconds or frames; rows
    are the lines in pieces of one style; what a format has no place for keeps its default."""

    start: int
    end: int
    rows: tuple[Row, ...]
    place: int = BOTTOM
    speakers: str = ""
    source: str = ""

    @property
    def text(self) -> str:
        """Its lines."""
        return "\n".join("".join(text for text, _ in row) for row in self.rows)


class Delivery(ABC):
    """A format for delivery: `kind` is its name in `subtitles.formats`, `ending` that of its files'
    names after the language, without the dot. `scripts` are the ISO 15924 codes of the scripts that
    it can hold, None for all; a `bare` one has no styles and counts no time."""

    kind: str
    ending: str
    bare = False
    scripts: frozenset[str] | None = None

    def holds(self, letter: str) -> bool:  # noqa: ARG002
        """Whether it can hold a character, of those scripts."""
        return True

    @abstractmethod
    def hold(self, cues: Sequence[Cue], programme: Programme) -> list[Held]:
        """What the format holds of the cues. Raises Problem that names the cue, the language and
        the script for what it can't hold."""

    @abstractmethod
    def write(self, held: Sequence[Held], programme: Programme) -> bytes:
        """The content of a file; the text of cues, which comes from strangers, has no effect."""

    @abstractmethod
    def read(self, content: bytes, programme: Programme) -> list[Held]:
        """What a file holds that `write` made."""

    def at_ms(self, time: int, programme: Programme) -> int:  # noqa: ARG002
        """A time of the format in milliseconds."""
        return time


class InFrames(Delivery):
    """A format that counts time in frames of the film."""

    def timecode(self, programme: Programme) -> timecodes.Timecode:
        """The labels that the format's times are written in."""
        return programme.timecode

    def at_ms(self, time: int, programme: Programme) -> int:
        """See `Delivery`."""
        return self.timecode(programme).ms(time)

    def span(self, cue: Cue, programme: Programme) -> tuple[int, int]:
        """The first frame of a cue and the one after its last."""
        frame = self.timecode(programme).frame
        return frame(cue.start_ms), max(frame(cue.start_ms) + 1, frame(cue.end_ms))


def joined(pieces: Iterable[Piece]) -> Row:
    """Pieces of one line, each space with what is before it, neighbours of one style as one."""
    pieces = list(pieces)
    if len({style for _, style in pieces}) == 1:
        text = " ".join("".join(text for text, _ in pieces).split())
        return ((text, pieces[0][1]),) if text else ()
    letters: list[tuple[str, frozenset[str]]] = []
    for text, style in pieces:
        for letter in text:
            if not letter.isspace():
                letters.append((letter, style))
            elif letters and letters[-1][0] != " ":
                letters.append((" ", letters[-1][1]))
    if letters and letters[-1][0] == " ":
        letters.pop()
    return tuple(
        ("".join(letter for letter, _ in part), style)
        for style, part in groupby(letters, key=lambda each: each[1])
    )


def rows_of(cue: Cue, styles: frozenset[str] = PLAIN) -> tuple[Row, ...]:
    """The lines of a cue in pieces with the `styles` that the format knows, of i, b and u."""
    whole = ITALIC if cue.italic else PLAIN
    lines = [_pieces(line) for line in cue.marked] or [[(line, whole)] for line in cue.lines]
    rows = (joined((_clean_piece(text), style & styles) for text, style in row) for row in lines)
    return tuple(row for row in rows if row)


def _clean_piece(text: str) -> str:
    """`clean`, with a space left at each end where there was one."""
    before, after = text[:1].isspace(), text[-1:].isspace()
    return f"{' ' * before}{clean(text)}{' ' * after}"


def _pieces(line: str) -> list[Piece]:
    """The pieces of a line of `Cue.marked`."""
    pieces, style = [], PLAIN
    for part in re.split(r"(</?[biu]>)", line):
        if re.fullmatch(r"</?[biu]>", part):
            style = switched(style, part)
        else:
            pieces.append((unescape(part), style))
    return pieces


def in_letters(
    rows: Sequence[Row], replaced: Mapping[str, str], holds: Callable[[str], bool]
) -> tuple[Row, ...]:
    """Rows with typographic characters that a code lacks in those that it has. Raises ValueError
    with the first character that it can't hold."""
    table = {ord(a): b for a, b in replaced.items() if not holds(a)}
    done = tuple(
        joined((unicodedata.normalize("NFC", text).translate(table), style) for text, style in row)
        for row in rows
    )
    for letter in (letter for row in done for text, _ in row for letter in text):
        if not holds(letter):
            raise ValueError(letter)
    return tuple(row for row in done if row)


# What typists without the character write in its place.
TYPED = {
    "…": "...", "–": "-", "—": "-", "―": "-", "‐": "-", "‑": "-", "−": "-", "„": '"', "“": '"',
    "”": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "‹": "'", "›": "'", "ʼ": "'",
    "´": "'", "`": "'", "♫": "♪", "♬": "♪", "♩": "♪", "•": "-", "·": "-", "ș": "ş", "Ș": "Ş",
    "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ĳ": "ij", "Ĳ": "IJ", "º": "o", "ª": "a", "¹": "1",
    "²": "2", "³": "3", "¼": "1/4", "¾": "3/4", "×": "x", "¦": "|", "€": "EUR", "′": "'", "″": '"',
    "ț": "ţ", "Ț": "Ţ", "\u200c": "", "\u200d": "",
}  # fmt: skip


def refusal(cue: Cue, letter: str, kind: str, programme: Programme) -> Problem:
    """What to say of a character that a format can't hold."""
    script = languages.script(letter)
    name = unicodedata.name(letter, "without a name")
    of = f"{script} letter" if letter.isalpha() else "character"
    return Problem(
        f"{kind} can't hold the {of} {letter!r} ({name}) of cue {cue.id}, {' '.join(cue.lines)!r}, "
        f"in the track {programme.language}: correct that cue (sutradhar edits), or take {kind} "
        "out of subtitles.formats"
    )


def one_at_a_time(cues: Sequence[Cue]) -> list[Cue]:
    """The cues for a format that shows one at a time: where several overlap, one with the lines of
    all of them, the first above."""
    if all(a.end_ms <= b.start_ms for a, b in pairwise(cues)):
        return list(cues)
    moments = sorted({ms for cue in cues for ms in (cue.start_ms, cue.end_ms)})
    parts = []
    for start, end in pairwise(moments):
        shown = [cue for cue in cues if cue.start_ms < end and start < cue.end_ms]
        if shown:
            lines = tuple(line for cue in shown for line in cue.lines)
            part = shown[0] if len(shown) == 1 else replace(shown[0], lines=lines, marked=())
            parts.append(replace(part, start_ms=start, end_ms=end))
    return parts
