"""EBU STL (N19), which archives still ask for: open subtitles in the Latin code table.

Source: EBU Tech 3264 (1991). It knows 25 and 30 frames a second; STL24.01 and STL23.01 for film
are a habit that readers share. It has no mark for drop frame, which the
receiver of a 29.97 file has to know.
"""

import struct
from collections.abc import Sequence
from fractions import Fraction

from lineage.problem import Problem
from subtitling.documents import Cue
from subtitling.subtitles.formats import iso6937
from subtitling.subtitles.formats.delivery import (
    TYPED,
    Held,
    InFrames,
    Programme,
    Row,
    in_letters,
    joined,
    refusal,
    rows_of,
)
from subtitling.subtitles.formats.track_file import PLAIN, Piece
from subtitling.subtitles.timecodes import NTSC
from subtitling.text.cleaning import clean

_CODES = {
    Fraction(24_000, 1001): b"STL23.01", Fraction(24): b"STL24.01", Fraction(25): b"STL25.01",
    NTSC: b"STL30.01", Fraction(30): b"STL30.01",
}  # fmt: skip
# Appendix 3, by ISO 639-1; the first of two that share one.
_LANGUAGES = {
    "sq": "01", "br": "02", "ca": "03", "hr": "04", "cy": "05", "cs": "06", "da": "07", "de": "08",
    "en": "09", "es": "0A", "eo": "0B", "et": "0C", "eu": "0D", "fo": "0E", "fr": "0F", "fy": "10",
    "ga": "11", "gd": "12", "gl": "13", "is": "14", "it": "15", "se": "16", "la": "17", "lv": "18",
    "lb": "19", "lt": "1A", "hu": "1B", "mt": "1C", "nl": "1D", "no": "1E", "nb": "1E", "oc": "1F",
    "pl": "20", "pt": "21", "ro": "22", "rm": "23", "sr": "24", "sk": "25", "sl": "26", "fi": "27",
    "sv": "28", "tr": "29", "wa": "2B", "az": "7B", "ha": "6D", "hi": "6B", "id": "6A", "mg": "62",
    "ms": "61", "sw": "4F", "so": "51", "uz": "47", "vi": "46", "zu": "45",
}  # fmt: skip
_GSI = "3s8s1s2s2s32s32s32s32s32s32s16s6s6s2s5s5s3s4s1s8s8s1s1s3s32s32s32s75x576x"
_TTI = "<BHBB4B4BBBB112s"
_TEXT = 112
_LINE, _FILL, _LAST = 0x8A, 0x8F, 0xFF
_ITALIC = {True: 0x80, False: 0x81}
_UNDERLINE = {True: 0x82, False: 0x83}
_ROWS = 23  # as teletext has them, the lowest of them left free
_NO_DAY = b"700101"  # the same cues make the same file on any day
_MOST_NUMBERED, _MOST_ROWS, _MOST_BLOCKS = 0xFFFF, 11, 0xEF + 1


class EbuStl(InFrames):
    """EBU STL."""

    kind = ending = "stl"
    scripts = frozenset({"Latn"})

    def holds(self, letter: str) -> bool:
        """See `Delivery`."""
        return iso6937.holds(letter)

    def hold(self, cues: Sequence[Cue], programme: Programme) -> list[Held]:
        """See `Delivery`."""
        if len(cues) > _MOST_NUMBERED:
            raise Problem(f"stl numbers {_MOST_NUMBERED} cues at most, and there are {len(cues)}")
        return [
            Held(*self.span(cue, programme), rows, cue.place)
            for cue in cues
            if (rows := self._rows(cue, programme))
        ]

    def _rows(self, cue: Cue, programme: Programme) -> tuple[Row, ...]:
        try:
            rows = in_letters(rows_of(cue, frozenset("iu")), TYPED, iso6937.holds)
        except ValueError as error:
            raise refusal(cue, str(error), self.kind, programme) from None
        if len(rows) > _MOST_ROWS or len(_field(rows)) > _MOST_BLOCKS * _TEXT:
            raise Problem(
                f"stl can't hold cue {cue.id} of {programme.language}: it has {len(rows)} lines, "
                f"and {_MOST_ROWS} are the most; divide it"
            )
        return rows

    def write(self, held: Sequence[Held], programme: Programme) -> bytes:
        """See `Delivery`."""
        blocks = [block for n, cue in enumerate(held) for block in self._blocks(n, cue, programme)]
        label = self.timecode(programme).label
        start, first = label(0), label(held[0].start if held else 0)
        count = f"{len(blocks):05d}".encode()
        rows = [row for cue in held for row in cue.text.split("\n")]
        widest = min(99, max(40, *map(len, rows))) if rows else 40
        title = clean(programme.title).encode("cp850", "replace")[:32]
        language = _LANGUAGES.get(programme.language.partition("-")[0], "00").encode()
        head = struct.pack(
            _GSI, b"850", _CODES[programme.timecode.rate], b"0", b"00", language, *_padded(title),
            *(b" " * 32 for _ in range(5)), b" " * 16, _NO_DAY, _NO_DAY, b"00", count,
            f"{len(held):05d}".encode(), b"001", f"{widest:02d}{_ROWS:02d}".encode(), b"1",
            _digits(start), _digits(first), b"1", b"1", b"   ", b" " * 32, *_padded(b"Sutradhar"),
            b" " * 32,
        )  # fmt: skip
        head = head[:373] + b" " * 75 + b" " * 576
        return b"".join([head, *blocks])

    def _blocks(self, number: int, cue: Held, programme: Programme) -> list[bytes]:
        label = self.timecode(programme).label
        times = [int(_digits(label(time))[n : n + 2]) for time in (cue.start, cue.end)
                 for n in (0, 2, 4, 6)]  # fmt: skip
        row, column = divmod(cue.place - 1, 3)
        height = len(cue.rows)
        top = (_ROWS - 1 - height, (_ROWS - height) // 2, 1)[row]
        text = _field(cue.rows)
        parts = [text[n : n + _TEXT] for n in range(0, len(text), _TEXT)]
        numbers = [*range(len(parts) - 1), _LAST]
        return [
            struct.pack(_TTI, 0, number, block, 0, *times, top, column + 1, 0,
                        part.ljust(_TEXT, bytes([_FILL])))
            for block, part in zip(numbers, parts, strict=True)
        ]  # fmt: skip

    def read(self, content: bytes, programme: Programme) -> list[Held]:
        """See `Delivery`."""
        position = self.timecode(programme).position
        held, text = [], b""
        for at in range(1024, len(content), 128):
            _, _, block, _, *times, top, just, _, part = struct.unpack_from(_TTI, content, at)
            text += part.rstrip(bytes([_FILL]))
            if block != _LAST:
                continue
            start, end = (position(":".join(f"{n:02d}" for n in times[k : k + 4])) for k in (0, 4))
            rows = _rows_of(text)
            row = 2 if top == 1 else 0 if top + len(rows) == _ROWS - 1 else 1
            held.append(Held(start, end, rows, row * 3 + just))
            text = b""
        return held


def _digits(label: str) -> bytes:
    return label.replace(":", "").replace(";", "").encode()


def _padded(text: bytes) -> tuple[bytes]:
    return (text.ljust(32),)


def _field(rows: Sequence[Row]) -> bytes:
    """Rows as the text field of a cue. Styles end with their row, since some readers end them
    there."""
    field = bytearray()
    for n, row in enumerate(rows):
        if n:
            field.append(_LINE)
        last = PLAIN
        for text, style in [*row, ("", PLAIN)]:
            for letter, codes in (("i", _ITALIC), ("u", _UNDERLINE)):
                if (letter in style) != (letter in last):
                    field.append(codes[letter in style])
            field += iso6937.encoded(text)
            last = style
    return bytes(field)


def _rows_of(field: bytes) -> tuple[Row, ...]:
    switches = {0x80: ("i", True), 0x81: ("i", False), 0x82: ("u", True), 0x83: ("u", False)}
    rows = []
    for line in field.split(bytes([_LINE])):
        pieces: list[Piece] = []
        style, text = PLAIN, bytearray()
        for code in [*line, None]:
            if code is None or code in switches:
                pieces.append((iso6937.decoded(text), style))
                text.clear()
            if code in switches:
                letter, on = switches[code]
                style = style | {letter} if on else style - {letter}
            elif code is not None:
                text.append(code)
        rows.append(joined(pieces))
    return tuple(rows)


FORMAT = EbuStl()
