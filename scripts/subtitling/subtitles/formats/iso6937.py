"""Code table 00 of EBU STL, Latin: ISO 6937, where an accent comes before its letter.

Source: EBU Tech 3264 (1991), appendix 2, with the dollar at 0xA4 and the sign ¤ at 0x24.
"""

import unicodedata
from collections.abc import Sequence

_UPPER = {
    0x24: "¤", 0xA1: "¡", 0xA2: "¢", 0xA3: "£", 0xA4: "$", 0xA5: "¥", 0xA7: "§", 0xA9: "‘",
    0xAA: "“", 0xAB: "«", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±",
    0xB2: "²", 0xB3: "³", 0xB4: "×", 0xB5: "µ", 0xB6: "¶", 0xB7: "·", 0xB8: "÷", 0xB9: "’",
    0xBA: "”", 0xBB: "»", 0xBC: "¼", 0xBD: "½", 0xBE: "¾", 0xBF: "¿", 0xD0: "―", 0xD1: "¹",
    0xD2: "®", 0xD3: "©", 0xD4: "™", 0xD5: "♪", 0xD6: "¬", 0xD7: "¦", 0xDC: "⅛", 0xDD: "⅜",
    0xDE: "⅝", 0xDF: "⅞", 0xE0: "Ω", 0xE1: "Æ", 0xE2: "Đ", 0xE3: "ª", 0xE4: "Ħ", 0xE6: "Ĳ",
    0xE7: "Ŀ", 0xE8: "Ł", 0xE9: "Ø", 0xEA: "Œ", 0xEB: "º", 0xEC: "Þ", 0xED: "Ŧ", 0xEE: "Ŋ",
    0xEF: "ŉ", 0xF0: "ĸ", 0xF1: "æ", 0xF2: "đ", 0xF3: "ð", 0xF4: "ħ", 0xF5: "ı", 0xF6: "ĳ",
    0xF7: "ŀ", 0xF8: "ł", 0xF9: "ø", 0xFA: "œ", 0xFB: "ß", 0xFC: "þ", 0xFD: "ŧ", 0xFE: "ŋ",
}  # fmt: skip
# What the accents may stand on, as the table lists it.
_ACCENTS = {
    0xC1: ("\u0300", "AEIOUaeiou"), 0xC2: ("\u0301", "ACEILNORSUYZaceilnorsuyz"),
    0xC3: ("\u0302", "ACEGHIJOSUWYaceghijosuwy"), 0xC4: ("\u0303", "AINOUainou"),
    0xC5: ("\u0304", "AEIOUaeiou"), 0xC6: ("\u0306", "AGUagu"), 0xC7: ("\u0307", "CEGIZcegz"),
    0xC8: ("\u0308", "AEIOUYaeiouy"), 0xCA: ("\u030a", "AUau"),
    0xCB: ("\u0327", "CGKLNRSTcgklnrst"), 0xCD: ("\u030b", "OUou"), 0xCE: ("\u0328", "AEIUaeiu"),
    0xCF: ("\u030c", "CDELNRSTZcdelnrstz"),
}  # fmt: skip
_ENCODED = {chr(code): bytes([code]) for code in range(0x20, 0x7F) if code != 0x24}
_ENCODED |= {letter: bytes([code]) for code, letter in _UPPER.items()}
_ENCODED |= {
    unicodedata.normalize("NFC", f"{letter}{mark}"): bytes([code, ord(letter)])
    for code, (mark, letters) in _ACCENTS.items()
    for letter in letters
}
_DECODED = {content: letter for letter, content in _ENCODED.items()}


def holds(letter: str) -> bool:
    """Whether the table has a character."""
    return letter in _ENCODED


def encoded(text: str) -> bytes:
    """The text, all of it characters that the table has, in NFC."""
    return b"".join(_ENCODED[letter] for letter in text)


def decoded(content: Sequence[int]) -> str:
    """The text of bytes that `encoded` gave."""
    text, at = "", 0
    while at < len(content):
        step = 2 if content[at] in _ACCENTS else 1
        text += _DECODED[bytes(content[at : at + step])]
        at += step
    return text
