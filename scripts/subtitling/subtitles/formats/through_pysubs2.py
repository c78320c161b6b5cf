"""Writing through pysubs2, with every text escaped for its format.

Text comes from models and from strangers. It may contain markup of the format, which the screen
must show as text. Where a format has no escape, a word joiner (U+2060, no width) after the first
character keeps players from reading a tag.
"""

import re
from abc import abstractmethod
from collections.abc import Sequence
from html import unescape
from typing import Any

from subtitling.documents import Cue
from subtitling.subtitles.formats.base import Format, Screen
from subtitling.subtitles.formats.track_file import BOTTOM
from subtitling.text.cleaning import clean
from subtitling.text.languages import right_to_left

EMBED, POP = "\u202b", "\u202c"  # right-to-left embedding and its end


class WrittenByPysubs2(Format):
    """A format that pysubs2 writes, with the options for it. `italics` begin and end a line: each
    line on its own, since some players end a tag with its line."""

    italics: tuple[str, str] = ("<i>", "</i>")
    # The texts are escaped already; pysubs2 must not remove tag-like text from them.
    pysubs2_options: dict[str, Any] = {"keep_ssa_tags": True}  # noqa: RUF012

    @abstractmethod
    def escape(self, text: str) -> str:
        """Escape text so that the screen shows it literally."""

    def tag(self, letter: str, on: bool) -> str:
        """The tag that begins or ends bold (b), italic (i) or underlined (u) text."""
        return f"<{letter}>" if on else f"</{letter}>"

    def placed(self, line: str, place: int) -> str:
        """A cue's first line with a tag for its place, numbered as on a numeric keypad."""
        return f"{{\\an{place}}}{line}"

    def write(self, cues: Sequence[Cue], screen: Screen, above: Sequence[Cue]) -> str:  # noqa: ARG002
        """See `Format`; only ASS shows two tracks."""
        return str(self.track(cues, screen).to_string(self.kind, **self.pysubs2_options))

    def track(self, cues: Sequence[Cue], screen: Screen) -> Any:
        """The cues as a track of pysubs2."""
        import pysubs2

        track = pysubs2.SSAFile()
        track.info |= {
            "PlayResX": str(screen.width),
            "PlayResY": str(screen.height),
            "WrapStyle": "2",
            "ScaledBorderAndShadow": "yes",
        }
        self.add(track, cues, "Default")
        return track

    def add(self, track: Any, cues: Sequence[Cue], style: str) -> list[Any]:
        """Append cues to a track of pysubs2; returns the appended events."""
        rtl = is_right_to_left(cues)
        events = [self._event(cue, style, rtl) for cue in cues]
        track.events.extend(events)
        return events

    def _event(self, cue: Cue, style: str, rtl: bool) -> Any:
        import pysubs2

        escaped = [self.escape(clean(line)) for line in cue.lines]
        if cue.marked:
            escaped = [self._marked(line) for line in cue.marked]
        elif cue.italic:
            begin, end = self.italics
            escaped = [f"{begin}{line}{end}" for line in escaped]
        if rtl:
            # Each line by itself, since an embedding ends with its paragraph. Marks alone would be
            # enough only for renderers that detect a line's direction, and libass does not in
            # SubRip and WebVTT.
            escaped = [f"{EMBED}{line}{POP}" for line in escaped]
        if cue.place != BOTTOM:
            escaped[0] = self.placed(escaped[0], cue.place)
        # Rounded down, a time stays within its frame.
        return pysubs2.SSAEvent(
            start=cue.start_ms // self.step_ms * self.step_ms,
            end=cue.end_ms // self.step_ms * self.step_ms,
            text="\\N".join(escaped),
            style=style,
        )

    def _marked(self, line: str) -> str:
        """A line of `Cue.marked` in the tags of the format, the text between them escaped."""
        parts = re.split(r"(</?[biu]>)", line)
        for n in range(0, len(parts), 2):
            parts[n] = self.escape(unescape(parts[n]))
        for n in range(1, len(parts), 2):
            parts[n] = self.tag(parts[n][-2], on=parts[n][1] != "/")
        return "".join(parts)


def is_right_to_left(cues: Sequence[Cue]) -> bool:
    """Whether a track is written from right to left."""
    return right_to_left("".join(line for cue in cues for line in cue.lines))
