"""Cues of a TTML file from anywhere: TTML1 and 2, IMSC, EBU-TT-D, DFXP.

Times are read by TTML2's section 12.3 (https://www.w3.org/TR/ttml2/#timing-value-time-expression),
nested as its section 12.2 has it: a container's begin is added to its contents' times.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lineage import untrusted
from lineage.problem import Problem
from subtitling.subtitles.formats.track_file import Shown, dressed
from subtitling.text.cleaning import clean

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CLOCK = re.compile(r"(\d{2,}):(\d\d):(\d\d)(?:(\.\d+)|:(\d{2,})(?:\.\d+)?)?")
_OFFSET = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|f|t)")
_DEEPEST = 20  # spans within spans
_SECONDS = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}


@dataclass(frozen=True)
class Rates:
    """Frames and ticks a second."""

    frames: Fraction
    ticks: Fraction

    @classmethod
    def of(cls, root: "Element") -> "Rates":
        """As a document's root declares them; 30 frames a second where it does not."""
        values = {name.rpartition("}")[2]: value for name, value in root.attrib.items()}
        declared = values.get("frameRate")
        first, _, second = values.get("frameRateMultiplier", "1 1").replace(":", " ").partition(" ")
        multiplier = Fraction(int(first), int(second or 1))
        frames = Fraction(int(declared or 30)) * multiplier
        ticks = values.get("tickRate")
        return cls(frames, Fraction(int(ticks)) if ticks else frames if declared else Fraction(1))


def milliseconds(text: str, rates: Rates) -> int:
    """A time expression in ms. Raises ValueError for what is none."""
    text = text.strip()
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds, part, frames = match.groups()
        exact = Fraction(int(hours) * 3600 + int(minutes) * 60 + int(seconds))
        exact += Fraction(part or 0) + Fraction(int(frames or 0)) / rates.frames
        return round(exact * 1000)
    if match := _OFFSET.fullmatch(text):
        unit = match[2]
        second = {"f": 1 / rates.frames, "t": 1 / rates.ticks, **_SECONDS}[unit]
        return round(Fraction(match[1]) * second * 1000)
    raise ValueError(f"{text!r} is no time")


def language(content: bytes, where: str) -> str | None:
    """The language that the document names."""
    named = _root(content, where).get("{http://www.w3.org/XML/1998/namespace}lang", "")
    return named.strip() or None


def cues(content: bytes, where: str) -> list[Shown]:
    """The cues of a document, in order of time, each with its number as its line. Raises Problem,
    which names the file `where` and the paragraph, for what can't be read."""
    root = _root(content, where)
    try:
        rates = Rates.of(root)
    except untrusted.FAILURES as error:
        raise Problem(f"{where}: its frame or tick rate is no number ({error})") from None
    made = []
    for number, (paragraph, start_ms, end_ms) in enumerate(_paragraphs(root, rates, where), 1):
        pieces = list(_pieces(paragraph))
        shown = dressed(Shown(number, start_ms, end_ms, ()), pieces)
        if shown.lines and end_ms > start_ms:
            made.append(shown)
    return sorted(made, key=lambda cue: (cue.start_ms, cue.line))


def _root(content: bytes, where: str) -> "Element":
    from xml.etree.ElementTree import ParseError

    import defusedxml
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except defusedxml.DefusedXmlException as error:
        raise Problem(f"{where}: declares entities, which subtitles never need") from error
    except (ParseError, *untrusted.FAILURES) as error:
        raise Problem(f"{where}: not valid XML ({str(error)[:200]})") from error
    if root.tag.rpartition("}")[2] != "tt":
        raise Problem(f"{where}: no TTML, its root is <{root.tag.rpartition('}')[2][:40]}>")
    return root


def _paragraphs(root: "Element", rates: Rates, where: str) -> Iterator[tuple["Element", int, int]]:
    """Each paragraph with its times in ms."""
    number = 0
    stack: list[tuple[Element, int, int | None]] = [(root, 0, None)]
    while stack:
        element, begin_ms, end_ms = stack.pop()
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if name == "head":
            continue
        number += name == "p"
        try:
            start = begin_ms + milliseconds(element.get("begin", "0s"), rates)
            if "end" in element.attrib:
                until: int | None = begin_ms + milliseconds(element.attrib["end"], rates)
            elif "dur" in element.attrib:
                until = start + milliseconds(element.attrib["dur"], rates)
            else:
                until = end_ms
        except (ValueError, ArithmeticError) as error:
            raise Problem(f"{where}, paragraph {number}: {error}") from None
        if until is not None and end_ms is not None:
            until = min(until, end_ms)
        if name == "p":
            timed = [(child, start, until) for child in element if "begin" in child.attrib]
            if timed and "begin" not in element.attrib:
                stack += [(_as_paragraph(child), start, until) for child, _, _ in reversed(timed)]
            elif until is not None:
                yield element, start, until
            continue
        stack += [(child, start, until) for child in reversed(element)]


def _as_paragraph(span: "Element") -> "Element":
    """A span with times of its own, as the paragraph that it is."""
    from copy import copy

    alone = copy(span)
    alone.tag, alone.tail = "p", None
    return alone


def _pieces(
    element: "Element", style: frozenset[str] = frozenset(), depth: int = 0
) -> Iterator[tuple[str, frozenset[str]]]:
    """The texts of a paragraph with their styles; what is nested too deep to be meant is none."""
    attributes = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    letters = {
        "i": attributes.get("fontStyle") in ("italic", "oblique"),
        "b": attributes.get("fontWeight") == "bold",
        "u": "underline" in attributes.get("textDecoration", "").split(),
    }
    style |= frozenset(letter for letter, on in letters.items() if on)
    if element.text:
        yield _folded(element.text), style
    for child in element:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if name == "br":
            yield "\n", style
        elif name == "span" and depth < _DEEPEST:
            yield from _pieces(child, style, depth + 1)
        if child.tail:
            yield _folded(child.tail), style


def _folded(text: str) -> str:
    """Text with its line breaks as spaces, as XML's default has it."""
    return re.sub(r"\s+", " ", text) if clean(text) else " "
