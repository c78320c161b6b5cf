"""Lists to read and to work with: plain text, and tables of the dialogue for spreadsheets."""

import csv
import io
import re
from collections.abc import Sequence

from subtitling.documents import Cue
from subtitling.subtitles.formats.delivery import Delivery, Held, Programme, rows_of
from subtitling.subtitles.formats.through_pysubs2 import EMBED, POP
from subtitling.subtitles.formats.track_file import JOINER, PLAIN, clock, milliseconds
from subtitling.text.cleaning import clean
from subtitling.text.languages import right_to_left


class PlainText(Delivery):
    """The text alone, an empty line between cues."""

    kind = ending = "txt"
    bare = True

    def hold(self, cues: Sequence[Cue], programme: Programme) -> list[Held]:  # noqa: ARG002
        """See `Delivery`."""
        return [Held(0, 0, rows) for cue in cues if (rows := rows_of(cue))]

    def write(self, held: Sequence[Held], programme: Programme) -> bytes:  # noqa: ARG002
        """See `Delivery`."""
        return "\n".join(f"{_directed(cue.text)}\n" for cue in held).encode()

    def read(self, content: bytes, programme: Programme) -> list[Held]:  # noqa: ARG002
        """See `Delivery`."""
        parts = content.decode().split("\n\n") if content else []
        return [Held(0, 0, _rows(part)) for part in parts]


_COLUMNS = (
    "number", "in", "out", "timecode in", "timecode out", "seconds", "speakers", "text", "source",
)  # fmt: skip
# What a spreadsheet takes for the beginning of a formula, wide forms too: at the beginning of a
# cell, and after what parts cells elsewhere: Excel takes semicolons in half of Europe.
_FORMULA = re.compile(r'(^|[,;\n"])( *)([=+\-@|%＝＋－＠])')


class Table(Delivery):
    """A row a cue. What a spreadsheet might take for a formula begins with a word joiner, U+2060,
    which has no width. `dialect` is that of the standard library's csv."""

    bare = True

    def __init__(self, kind: str, dialect: str) -> None:
        self.kind = self.ending = kind
        self._dialect = dialect

    def hold(self, cues: Sequence[Cue], programme: Programme) -> list[Held]:
        """See `Delivery`."""
        return [
            Held(
                cue.start_ms, cue.end_ms, rows,
                speakers=", ".join(clean(programme.names.get(voice.speaker) or voice.speaker)
                                   for voice in cue.voices),
                source=clean(programme.sources.get(cue.id, "")),
            )
            for cue in cues
            if (rows := rows_of(cue))
        ]  # fmt: skip

    def write(self, held: Sequence[Held], programme: Programme) -> bytes:
        """See `Delivery`; with the mark by which spreadsheets know UTF-8."""
        timecode = programme.timecode
        text = io.StringIO(newline="")
        table = csv.writer(text, self._dialect)
        table.writerow(_COLUMNS)
        for number, cue in enumerate(held, 1):
            labels = [timecode.label(timecode.frame(ms)) for ms in (cue.start, cue.end)]
            times = [clock(ms, ".") for ms in (cue.start, cue.end)]
            words = (cue.speakers, _directed(cue.text), _directed(cue.source))
            seconds = f"{(cue.end - cue.start) / 1000:.3f}"
            table.writerow([number, *times, *labels, seconds, *map(_inert, words)])
        return text.getvalue().encode("utf-8-sig")

    def read(self, content: bytes, programme: Programme) -> list[Held]:  # noqa: ARG002
        """See `Delivery`."""
        rows = csv.DictReader(
            io.StringIO(content.decode("utf-8-sig"), newline=""), dialect=self._dialect
        )
        held = []
        for row in rows:
            start, end = (_ms(row[name]) for name in ("in", "out"))
            speakers, source = clean(row["speakers"]), clean(row["source"])
            held.append(Held(start, end, _rows(row["text"]), speakers=speakers, source=source))
        return held


def _directed(text: str) -> str:
    """Text whose lines keep their direction: from right to left where most of it is written so."""
    if not right_to_left(text):
        return text
    return "\n".join(f"{EMBED}{line}{POP}" for line in text.split("\n"))


def _inert(cell: str) -> str:
    return _FORMULA.sub(rf"\1\2{JOINER}\3", cell)


def _rows(text: str) -> tuple[tuple[tuple[str, frozenset[str]], ...], ...]:
    return tuple(((clean(line), PLAIN),) for line in text.split("\n") if line)


def _ms(text: str) -> int:
    hours, minutes, seconds = text.split(":")
    return milliseconds(hours, minutes, *seconds.split("."))


TEXT = PlainText()
CSV, TSV = Table("csv", "excel"), Table("tsv", "excel-tab")
