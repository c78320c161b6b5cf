"""The bytes of CEA-608 closed captions, channel 1 of field 1.

Source: 47 CFR 15.119 and CTA-608-E. A character or command is two bytes of seven bits with odd
parity, and the line carries one such pair a frame.
"""

import unicodedata
from collections.abc import Sequence

# Resume caption loading, end of caption (which shows it), erase displayed and erase hidden memory.
LOAD, SHOW, ERASE, CLEAR = 0x1420, 0x142F, 0x142C, 0x142E
ITALICS, WHITE = 0x112E, 0x1120
COLUMNS, ROWS = 32, 15
_BASIC = {chr(code): code for code in range(0x20, 0x7F) if chr(code) not in "*\\^_`{|}~"}
_BASIC |= {"á": 0x2A, "é": 0x5C, "í": 0x5E, "ó": 0x5F, "ú": 0x60, "ç": 0x7B, "÷": 0x7C,
           "Ñ": 0x7D, "ñ": 0x7E, "█": 0x7F}  # fmt: skip
_SPECIAL = dict(zip("®°½¿™¢£♪à\u00a0èâêîôû", range(0x1130, 0x1140), strict=True))
# Each stands for the basic character before it, which is shown where the extended one is unknown.
_EXTENDED = dict(zip("ÁÉÓÚÜü‘¡*'—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»", range(0x1220, 0x1240), strict=True))
_EXTENDED |= dict(zip("ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘", range(0x1320, 0x1340), strict=True))
del _EXTENDED["'"]  # the basic table has it
_INSTEAD = {
    "‘": "'", "¡": "!", "*": "x", "—": "-", "©": "c", "℠": "s", "•": ".", "“": '"', "”": '"',
    "«": '"', "»": '"', "{": "(", "}": ")", "\\": "/", "^": " ", "_": "-", "|": "/", "~": "-",
    "ß": "s", "¥": "Y", "¤": "o", "│": "/", "Ø": "O", "ø": "o",
    "┌": "+", "┐": "+", "└": "+", "┘": "+",
}  # fmt: skip
# The first of the two bytes that address a row, and whether it is the second row of that byte.
_ROW_CODES = {
    1: 0x1140, 2: 0x1160, 3: 0x1240, 4: 0x1260, 5: 0x1540, 6: 0x1560, 7: 0x1640, 8: 0x1660,
    9: 0x1740, 10: 0x1760, 11: 0x1040, 12: 0x1340, 13: 0x1360, 14: 0x1440, 15: 0x1460,
}  # fmt: skip
_CODE_ROWS = {code: row for row, code in _ROW_CODES.items()}
_BASIC_LETTERS = {code: letter for letter, code in _BASIC.items()}
_LETTERS = {code: letter for letter, code in (_SPECIAL | _EXTENDED).items()}


def holds(letter: str) -> bool:
    """Whether a caption can show a character."""
    return letter in _BASIC or letter in _SPECIAL or letter in _EXTENDED


def to_row(row: int, column: int) -> list[list[int]]:
    """The commands, each twice, that set the cursor to a row, 1 to 15, and a column, 0 to 31."""
    fours, rest = divmod(column, 4)
    address = _ROW_CODES[row] | 0x10 | fours << 1
    return [twice(address), *([twice(0x1720 | rest)] if rest else [])]


def twice(command: int) -> list[int]:
    """A command as it is sent: again in the next frame, in case the first was lost."""
    return [command, command]


def units(text: str) -> list[list[int]]:
    """The pairs of bytes of a text, all of it characters that a caption can show; what must not be
    parted is in one list."""
    sent: list[list[int]] = []
    waiting: int | None = None  # a basic character that still lacks the second of its pair
    for letter in text:
        if letter not in _SPECIAL:
            basic = _BASIC[_plain(letter)]
            if waiting is None:
                waiting = basic
            else:
                sent.append([waiting << 8 | basic])
                waiting = None
        if letter in _SPECIAL or letter in _EXTENDED:
            sent += [] if waiting is None else [[waiting << 8]]
            sent.append(twice((_SPECIAL | _EXTENDED)[letter]))
            waiting = None
    return sent + ([] if waiting is None else [[waiting << 8]])


def is_extended(letter: str) -> bool:
    """Whether a character takes the place of the one before it."""
    return letter in _EXTENDED


def _plain(letter: str) -> str:
    if letter in _BASIC:
        return letter
    return _INSTEAD.get(letter) or unicodedata.normalize("NFD", letter)[0]


def with_parity(word: int) -> int:
    """A pair of bytes, each with a top bit that makes its number of ones odd."""
    return _odd(word >> 8) << 8 | _odd(word & 0xFF)


def without_parity(word: int) -> int:
    """The pair of seven bits each. Raises ValueError where the parity is wrong."""
    if word != with_parity(word & 0x7F7F):
        raise ValueError(f"parity of {word:04x}")
    return word & 0x7F7F


def _odd(byte: int) -> int:
    return byte if byte.bit_count() % 2 else byte | 0x80


class Screen:
    """What a decoder makes of the words that it is sent: the hidden memory and the one that is
    displayed, as {(row, column): (letter, italic)}."""

    def __init__(self) -> None:
        self.hidden: dict[tuple[int, int], tuple[str, bool]] = {}
        self.shown: dict[tuple[int, int], tuple[str, bool]] = {}
        self._row, self._column, self._italic = ROWS, 0, False
        self._before: int | None = None

    def take(self, word: int) -> None:
        """Take a pair of bytes, without parity."""
        command = 0x1000 <= word < 0x2000
        if command and word == self._before:
            self._before = None  # the second of two
            return
        self._before = word if command else None
        if not command:
            for code in (word >> 8, word & 0xFF):
                if code:
                    self._put(_BASIC_LETTERS[code])
        elif word == SHOW:
            self.hidden, self.shown = self.shown, self.hidden
        elif word == ERASE:
            self.shown = {}
        elif word == CLEAR:
            self.hidden = {}
        elif word in (ITALICS, WHITE):
            self._put(" ")
            self._italic = word == ITALICS
        elif word in _LETTERS:
            if _LETTERS[word] in _EXTENDED:
                self._column -= 1
            self._put(_LETTERS[word])
        elif 0x1721 <= word <= 0x1723:
            self._column += word & 3
        elif word != LOAD:
            self._row = _CODE_ROWS[word & ~0x1F]
            self._column, self._italic = (word & 0xE) * 2, False

    def _put(self, letter: str) -> None:
        self.hidden[self._row, min(COLUMNS - 1, self._column)] = (letter, self._italic)
        self._column = min(COLUMNS, self._column + 1)


def spelled(words_: Sequence[int]) -> str:
    """Words as a file of Scenarist has them, in hexadecimal digits."""
    return " ".join(f"{with_parity(word):04x}" for word in words_)
