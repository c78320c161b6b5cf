"""Scenarist closed captions (.scc): CEA-608 pop-on captions for English and other Latin.

A caption is loaded unseen, a pair of bytes a frame, and shown at once; so one that follows a short
one at once may come late, by the frames that its text takes. Time is counted in the frames of
NTSC television, 29.97 a second, whatever the film's own rate. What begins a caption and what ends
it stand in lines of their own, for readers that know the time of a line alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest

from lineage.problem import Problem
from subtitling.documents import Cue
from subtitling.subtitles import timecodes
from subtitling.subtitles.formats import cea608
from subtitling.subtitles.formats.cea608 import CLEAR, COLUMNS, ERASE, LOAD, ROWS, SHOW
from subtitling.subtitles.formats.delivery import (
    ITALIC,
    TYPED,
    Held,
    InFrames,
    Programme,
    Row,
    in_letters,
    joined,
    one_at_a_time,
    refusal,
    rows_of,
)

_MOST_ROWS = 4
_TWICE = 2  # the frames of a command


class ScenaristCaptions(InFrames):
    """SCC."""

    kind = ending = "scc"
    scripts = frozenset({"Latn"})

    def holds(self, letter: str) -> bool:
        """See `Delivery`."""
        return cea608.holds(letter)

    def timecode(self, programme: Programme) -> timecodes.Timecode:
        """See `InFrames`."""
        return programme.timecode_at(timecodes.NTSC)

    def hold(self, cues: Sequence[Cue], programme: Programme) -> list[Held]:
        """See `Delivery`; in-times are such that captions can be loaded before them."""
        wanted = [
            Held(*self.span(cue, programme), rows, _place(rows, cue.place))
            for cue in one_at_a_time(cues)
            if (rows := self._rows(cue, programme))
        ]
        done: list[Held] = []
        free = -self.timecode(programme).first  # nothing has a label before zero
        for cue in wanted:
            need, before = sum(map(len, _loading(cue))), done[-1] if done else None
            start = max(cue.start, free + need)
            if before and before.end + _TWICE <= start:  # it is erased while this one is loaded
                start = max(start, free + need + _TWICE + 1)
            elif before:
                done[-1] = replace(before, end=start)
            done.append(replace(cue, start=start, end=max(cue.end, start + _TWICE)))
            free = start + _TWICE
        return done

    def _rows(self, cue: Cue, programme: Programme) -> tuple[Row, ...]:
        try:
            rows = in_letters(rows_of(cue, ITALIC), TYPED, cea608.holds)
        except ValueError as error:
            raise refusal(cue, str(error), self.kind, programme) from None
        rows = _fitting(rows)
        if len(rows) > _MOST_ROWS:
            raise Problem(
                f"scc can't hold cue {cue.id} of {programme.language}, {' '.join(cue.lines)!r}: it "
                f"takes {len(rows)} rows of {COLUMNS} columns, and there are {_MOST_ROWS}; divide "
                "or shorten it"
            )
        return rows

    def write(self, held: Sequence[Held], programme: Programme) -> bytes:
        """See `Delivery`."""
        sent: dict[int, int] = {}
        for cue, after in zip_longest(held, held[1:]):
            sent |= _command(SHOW, cue.start)
            if after is None or cue.end < after.start:
                sent |= _command(ERASE, cue.end)
        for cue in held:
            frame = cue.start
            for unit in reversed(_loading(cue)):
                frame -= len(unit)
                while any(frame + n in sent for n in range(len(unit))):
                    frame -= 1
                sent |= {frame + n: word for n, word in enumerate(unit)}
        label = self.timecode(programme).label
        lines = [f"{label(first)}\t{cea608.spelled(words)}\n" for first, words in _lines(sent)]
        return "\n".join(["Scenarist_SCC V1.0\n", *lines]).encode()

    def read(self, content: bytes, programme: Programme) -> list[Held]:
        """See `Delivery`."""
        position = self.timecode(programme).position
        screen, held, start = cea608.Screen(), [], 0
        for label, words in re.findall(r"^(\S+)\t(.+)$", content.decode(), re.MULTILINE):
            for frame, word in enumerate(words.split(), position(label)):
                before = screen.shown
                screen.take(cea608.without_parity(int(word, 16)))
                if screen.shown is not before:
                    if before:
                        held.append(_held(start, frame, before))
                    start = frame
        return held


def _command(word: int, frame: int) -> dict[int, int]:
    return dict(enumerate(cea608.twice(word), frame))


def _lines(sent: dict[int, int]) -> Iterator[tuple[int, list[int]]]:
    """Words without a frame between them, each such line with its first frame."""
    keys = {frame: (frame - n, sent[frame] in (SHOW, ERASE) and sent[frame])
            for n, frame in enumerate(sorted(sent))}  # fmt: skip
    for _, line in groupby(sorted(sent), key=keys.__getitem__):
        frames = list(line)
        yield frames[0], [sent[frame] for frame in frames]


def _fitting(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Rows that fit the columns, styled by whole words. Lines that are too long are
    broken evenly, each by itself, or both as one where that saves a row and one speaker has them.
    """
    text = "".join(text for row in rows for text, _ in row)
    # A change of style takes a column, and nothing follows an extended character in the last one.
    narrow = any(style for row in rows for _, style in row) or any(map(cea608.is_extended, text))
    width = COLUMNS - narrow
    lines = [list(_words(row, width)) for row in rows]
    if all(_length(line) <= width for line in lines):
        return tuple(map(_row, lines))
    apart = [part for line in lines for part in _broken(line, width)]
    whole = _broken([word for line in lines for word in line], width)
    speakers = all(line[0][0].startswith("-") for line in lines)
    return tuple(map(_row, apart if speakers or len(apart) <= len(whole) else whole))


_Words = list[tuple[str, frozenset[str]]]


def _words(row: Row, width: int) -> Iterator[tuple[str, frozenset[str]]]:
    """The words of a row, each in the style that it begins in, in parts where it is too long."""
    letters = [(letter, style) for text, style in row for letter in text]
    for space, word in groupby(letters, key=lambda each: each[0] == " "):
        if not space:
            parts = list(word)
            text = "".join(letter for letter, _ in parts)
            for at in range(0, len(text), width):
                yield text[at : at + width], parts[0][1]


def _length(line: _Words) -> int:
    return sum(len(word) + 1 for word, _ in line) - 1


def _row(line: _Words) -> Row:
    return joined((f"{word} ", style) for word, style in line)


def _broken(line: _Words, width: int) -> list[_Words]:
    """A line as parts of at most `width`, as few as possible and of like length."""
    fewest = len(_filled(line, width))
    narrowest = next(w for w in range(1, width + 1) if len(_filled(line, w)) == fewest
                     and all(_length(part) <= w for part in _filled(line, w)))  # fmt: skip
    return _filled(line, narrowest)


def _filled(line: _Words, width: int) -> list[_Words]:
    parts: list[_Words] = [[]]
    for word in line:
        if parts[-1] and _length([*parts[-1], word]) > width:
            parts.append([])
        parts[-1].append(word)
    return parts


def _first_column(row: Row, side: int) -> int:
    """Where a row begins on a side: 0 left, 1 in the middle, 2 right."""
    cells = sum(len(text) for text, _ in row) + bool(row[0][1])
    return (0, (COLUMNS - cells) // 2, COLUMNS - cells)[side]


def _place(rows: Sequence[Row], place: int) -> int:
    """The place, or that in the middle of its row where such wide rows leave no other."""
    side = (place - 1) % 3
    same = all(_first_column(row, side) == _first_column(row, 1) for row in rows)
    return place - side + 1 if same else place


def _loading(cue: Held) -> list[list[int]]:
    """What loads a caption, in units that must not be parted."""
    row, column = divmod(cue.place - 1, 3)
    height = len(cue.rows)
    top = (ROWS - height + 1, (ROWS - height) // 2 + 1, 1)[row]
    sent = [cea608.twice(LOAD), cea608.twice(CLEAR)]
    for n, pieces in enumerate(cue.rows, top):
        sent += cea608.to_row(n, _first_column(pieces, column))
        last: frozenset[str] = frozenset()
        for k, (text, style) in enumerate(pieces):
            if style != last:
                sent.append(cea608.twice(cea608.ITALICS if style else cea608.WHITE))
                last = style
            # The next change of style is shown as the space before it.
            sent += cea608.units(text.removesuffix(" ") if k + 1 < len(pieces) else text)
    return sent


def _held(start: int, end: int, shown: dict[tuple[int, int], tuple[str, bool]]) -> Held:
    rows, sides = [], []
    numbers = sorted({row for row, _ in shown})
    for number in numbers:
        cells = {column: cell for (row, column), cell in sorted(shown.items()) if row == number}
        rows.append(joined((c, ITALIC if italic else frozenset()) for c, italic in cells.values()))
        first, width = min(cells), len(cells)
        sides.append((first == 0, first == (COLUMNS - width) // 2, first + width == COLUMNS))
    column = next(n for n in (1, 0, 2) if all(side[n] for side in sides))
    row = 0 if numbers[-1] == ROWS else 2 if numbers[0] == 1 else 1
    return Held(start, end, tuple(rows), row * 3 + column + 1)


FORMAT = ScenaristCaptions()
