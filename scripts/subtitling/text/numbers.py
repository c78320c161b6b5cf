"""Numbers written in digits: whether a translation garbles those of its source.

Only digits are compared with digits: number words, units, times, ordinals and numbers that the
target writes in words are left to the translator. A number counts as wrong only where another one
stands for it that differs by a digit or two, as 1895 for 1859; the digits are corrected in place.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from subtitling.text.languages import primary

# 500.000,5 where others write 500,000.5
_DECIMAL_COMMAS = """
az be bg bs ca cs da de el es et eu fi fr gl hr hu id is it ka kk lt lv mk nb nl nn no pl pt ro ru
sk sl sq sr sv tr uk uz vi
"""
_DECIMAL_COMMA = frozenset(_DECIMAL_COMMAS.split())
# Where the same languages write 500,000.5, by CLDR.
_POINTS = """
de-CH de-LI es-419 es-CU es-DO es-GT es-HN es-MX es-NI es-PA es-PE es-PR es-SV es-US it-CH
"""
_DECIMAL_POINT = frozenset(_POINTS.split())
# 4,374 and, in French and Russian, 4 374 or 4’374
_NUMBER = re.compile(
    r"(?<![^\W_])(?:\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
)
_CLOCK = re.compile(r"\d{1,2}[.]\d\d")  # 5.30
_GROUPED = {
    ",": re.compile(r"\d{1,3}(,\d{2,3})*,\d{3}(\.\d+)?|\d+\.\d{1,2}"),
    ".": re.compile(r"\d{1,3}(\.\d{3})+(,\d+)?|\d+,\d{1,2}"),
}
_SHORTEST = 4  # digits: shorter numbers may also be written in words, or are hours and days
_TELLING = 6  # digits of a number that is never written with a unit, as a telephone's
_LONG = 7  # digits of which two may differ


@dataclass(frozen=True)
class Number:
    """A number with its separators, at `text[start:end]`; `digits` are its ASCII digits alone."""

    start: int
    end: int
    text: str
    digits: str

    @property
    def significant(self) -> str:
        """The digits without the zeros that a unit (lakh, mil) may stand for."""
        return self.digits.strip("0")


@dataclass(frozen=True)
class Garbled:
    """A number of the source, and the one that stands for it in the translation."""

    source: Number
    target: Number


def numbers(text: str) -> list[Number]:
    """All numbers of a text, in order, in digits of any script."""
    return [Number(m.start(), m.end(), m[0], _ascii(m[0], "")) for m in _NUMBER.finditer(text)]


def compared(source: str, target: str) -> tuple[list[Number], list[Garbled]]:
    """The numbers of the source that the target holds, and those that it garbles. Numbers in
    neither list may be written in words."""
    asked, given = numbers(source), numbers(target)
    spare = [n for n in given if not any(_same(n, s) for s in asked)]
    telling = [n for n in asked if len(n.digits) >= _SHORTEST and not _CLOCK.fullmatch(n.text)]
    held = [n for n in telling if any(_same(n, g) for g in given)]
    lost = [n for n in telling if n not in held]
    pairs = [Garbled(n, g) for n in lost for g in spare if _near(n.digits, g.digits)]
    one_to_one = [
        p for p in pairs if sum(q.source == p.source or q.target == p.target for q in pairs) == 1
    ]
    return held, one_to_one


def corrected(text: str, garbled: Sequence[Garbled], source: str, target: str) -> str:
    """`text`, of the language `target`, with the source's digits in the place of garbled ones."""
    for pair in sorted(garbled, key=lambda p: p.target.start, reverse=True):
        right = written(pair.source.text, source, target)
        text = text[: pair.target.start] + right + text[pair.target.end :]
    return text


def written(number: str, source: str, target: str) -> str:
    """A number of the source in ASCII digits, with the target's separators of groups and decimals:
    007 and 1947 stay unchanged."""
    source_mark, target_mark = map(_group_mark, (source, target))
    digits = _ascii(number, ".,")
    if source_mark == target_mark or not _GROUPED[source_mark].fullmatch(digits):
        return digits
    return digits.translate(str.maketrans(".,", ",."))


def _group_mark(code: str) -> str:
    return "." if code not in _DECIMAL_POINT and primary(code) in _DECIMAL_COMMA else ","


def _same(one: Number, other: Number) -> bool:
    units = one.significant == other.significant and len(one.significant) < _TELLING
    return one.digits == other.digits or units


def _near(one: str, other: str) -> bool:
    from rapidfuzz.distance import OSA

    most = 2 if len(one) >= _LONG else 1
    return len(other) >= _SHORTEST - 1 and OSA.distance(one, other) <= most


def _ascii(text: str, others: str) -> str:
    return "".join(
        str(unicodedata.digit(c)) if c.isdecimal() else c
        for c in text
        if c.isdecimal() or c in others
    )
