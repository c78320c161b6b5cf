"""TTML in three dialects: what they share is the body, with referenced styles and media time.

Sources: TTML1 (W3C, third edition, 2018), IMSC 1.1 (W3C, 2018), EBU Tech 3380 (EBU-TT-D 1.0.1,
2018), and Netflix's TTML style guide as far as it is public. EBU-TT-D is the strictest: it has
media time with milliseconds alone, an identifier for each division and paragraph, and no style
outside <styling>. So all three are written within its rules, each with a head of its own.

Times are those of the film's first frame as zero, in milliseconds rounded down: a player shows a
cue with the first frame that begins at its time or after it.
"""

import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from subtitling.documents import Cue
from subtitling.subtitles.formats.delivery import Delivery, Held, Programme, joined, rows_of
from subtitling.subtitles.formats.track_file import clock, milliseconds
from subtitling.text.cleaning import clean
from subtitling.text.languages import right_to_left

TT = "http://www.w3.org/ns/ttml"
STYLES = {
    "i": 'tts:fontStyle="italic"',
    "b": 'tts:fontWeight="bold"',
    "u": 'tts:textDecoration="underline"',
}
# From the top, within the safe title area (SMPTE ST 2046-1, 90 % of the picture); three lines fit
# each, and no two overlap, as IMSC demands.
_REGIONS = {"top": (10, "before"), "middle": (37, "center"), "bottom": (64, "after")}
_PULLED_DOWN = Fraction(1000, 1001)  # 23.976 of 24, 29.97 of 30
_ROWS, _ALIGNS = ("bottom", "middle", "top"), ("left", "center", "right")


class TimedText(Delivery):
    """A dialect of TTML. `font_size` is in percent of a cell, of which 15 are as high as the
    picture; `look` is what makes all text readable on a picture."""

    font_size: int = 80
    look = 'tts:fontStyle="normal"'

    @abstractmethod
    def attributes(self, programme: Programme) -> str:
        """The attributes of <tt> that are the dialect's own."""

    def metadata(self, programme: Programme) -> str:
        """What stands first in <head>."""
        title = f"<ttm:title>{escape(clean(programme.title))}</ttm:title>"
        return f"<metadata>{title}{marked(programme)}</metadata>"

    def hold(self, cues: Sequence[Cue], programme: Programme) -> list[Held]:  # noqa: ARG002
        """See `Delivery`."""
        return [
            Held(cue.start_ms, max(cue.start_ms + 1, cue.end_ms), rows, cue.place)
            for cue in cues
            if (rows := rows_of(cue, frozenset(STYLES)))
        ]

    def write(self, held: Sequence[Held], programme: Programme) -> bytes:
        """See `Delivery`."""
        from_right = right_to_left("".join(cue.text for cue in held))
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<tt xmlns="{TT}" xmlns:ttm="{TT}#metadata" xmlns:ttp="{TT}#parameter" '
            f'xmlns:tts="{TT}#styling" xmlns:ebutts="urn:ebu:tt:style" ttp:timeBase="media" '
            f"{self.attributes(programme)} xml:lang={quoteattr(programme.language)}>",
            "<head>",
            self.metadata(programme),
            "<styling>",
            *self._styles(from_right),
            "</styling>",
            "<layout>",
            *(
                f'<region xml:id="{name}" tts:origin="5% {top}%" tts:extent="90% 26%" '
                f'tts:displayAlign="{align}" tts:overflow="visible"/>'
                for name, (top, align) in _REGIONS.items()
            ),
            "</layout>",
            "</head>",
            '<body style="text"><div xml:id="d1">',
            *(self._paragraph(n, cue) for n, cue in enumerate(held, 1)),
            "</div></body>",
            "</tt>",
            "",
        ]
        return "\n".join(lines).encode()

    def _styles(self, from_right: bool) -> Iterator[str]:
        direction = ' tts:direction="rtl" tts:unicodeBidi="embed"' if from_right else ""
        yield (
            f'<style xml:id="text" tts:fontFamily="proportionalSansSerif" '
            f'tts:fontSize="{self.font_size}%" tts:lineHeight="125%" tts:color="#ffffff"/>'
        )
        for align in _ALIGNS:
            yield f'<style xml:id="{align}" tts:textAlign="{align}"{direction}/>'
        yield f'<style xml:id="plain" {self.look}/>'
        for name, value in STYLES.items():
            yield f'<style xml:id="{name}" {value}/>'

    def _paragraph(self, number: int, cue: Held) -> str:
        row, column = divmod(cue.place - 1, 3)
        text = "<br/>".join("".join(_span(piece, style) for piece, style in r) for r in cue.rows)
        return (
            f'<p xml:id="c{number:05d}" region="{_ROWS[row]}" style="{_ALIGNS[column]}" '
            f'begin="{clock(cue.start, ".")}" end="{clock(cue.end, ".")}">{text}</p>'
        )

    def read(self, content: bytes, programme: Programme) -> list[Held]:  # noqa: ARG002
        """See `Delivery`."""
        from defusedxml import ElementTree

        return [_held(element) for element in ElementTree.fromstring(content).iter(f"{{{TT}}}p")]


def _span(text: str, style: frozenset[str]) -> str:
    # A space at the end of a span is kept: the next one has none at its beginning.
    return f'<span style="{" ".join(["plain", *sorted(style)])}">{escape(text)}</span>'


def _held(paragraph: Any) -> Held:
    rows: list[list[tuple[str, frozenset[str]]]] = [[]]
    for child in paragraph:
        if child.tag == f"{{{TT}}}br":
            rows.append([])
        else:
            rows[-1].append((child.text or "", frozenset(child.get("style").split()) - {"plain"}))
    place = _ROWS.index(paragraph.get("region")) * 3 + _ALIGNS.index(paragraph.get("style")) + 1
    start, end = (_ms(paragraph.get(name)) for name in ("begin", "end"))
    return Held(start, end, tuple(joined(row) for row in rows), place)


def _ms(text: str) -> int:
    match = re.fullmatch(r"(\d{2,}):(\d\d):(\d\d)\.(\d{3})", text)
    assert match, text
    return milliseconds(*match.groups())


def marked(programme: Programme) -> str:
    """The mark that a machine made the track, as a description of the document."""
    mark = programme.mark
    return f"<ttm:desc>{escape(f'{mark.statement} {mark.source_type}')}</ttm:desc>" if mark else ""


def frame_attributes(programme: Programme) -> str:
    """The film's frame rate in TTML's terms, whole frames and a multiplier."""
    whole = max(1, round(programme.rate))
    exact = programme.rate / whole
    broadcast = abs(exact - float(_PULLED_DOWN)) < 0.0002
    part = _PULLED_DOWN if broadcast else Fraction(exact).limit_denominator(1000)
    multiplier = f' ttp:frameRateMultiplier="{part.numerator} {part.denominator}"'
    return f'ttp:frameRate="{whole}"{multiplier if part != 1 else ""}'
