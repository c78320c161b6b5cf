"""Forced narrative: only what is said in other languages than the film's own.

By the language of each segment, which the recogniser heard. What is written in the picture, as
signs and titles, is in no transcript and so in no track.
"""

from collections.abc import Sequence
from dataclasses import replace

from subtitling import spans
from subtitling.documents import Region, Segment, Transcript

NOTHING = "nothing is said in other languages than the film's own"
_MOSTLY = 0.5


def alone(shown: Transcript, spoken: Transcript) -> Transcript:
    """A transcript with only the segments of which most words were spoken in another language.
    `shown` is a translation of what was `spoken`, or that itself."""
    foreign = {word.id for segment in _foreign(spoken) for word in segment.words}

    def mostly(segment: Segment) -> bool:
        words = segment.source_words or [word.id for word in segment.words]
        return sum(word in foreign for word in words) > _MOSTLY * len(words)

    return replace(shown, segments=tuple(filter(mostly, shown.segments)))


def regions(heard: Sequence[Region], spoken: Transcript) -> list[Region]:
    """The speech regions in which mostly another language is spoken."""
    said = [(segment.start_ms, segment.end_ms) for segment in _foreign(spoken)]
    return [r for r in heard if spans.share((r.start_ms, r.end_ms), said) > _MOSTLY]


def _foreign(spoken: Transcript) -> list[Segment]:
    return [s for s in spoken.segments if s.language not in (None, spoken.language)]
