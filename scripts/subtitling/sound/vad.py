"""Voice activity detection: the union of several models' speech, as regions to recognise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Any

from subtitling import spans
from subtitling.documents import Ear, Region
from subtitling.media.audio_file import WINDOW_MS

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, Any]


@dataclass(frozen=True)
class VadOptions:
    """Hysteresis after Gelly and Gauvain, "Minimum Word Error Training of RNN-based Voice Activity
    Detection" (Interspeech 2015). Probabilities are 0 to 1, see `vad` in the configuration."""

    onset: float
    offset: float
    min_speech_ms: int
    min_silence_ms: int
    max_region_ms: int
    margin_ms: int


@dataclass(frozen=True)
class Scores:
    """Probabilities of speech, shape (frames,): one each `step_ms` from `first_ms` on."""

    values: "Values"
    first_ms: float
    step_ms: float

    def mean(self, start_ms: int, end_ms: int) -> float:
        """The mean probability over a stretch; 0 where it has no frame."""
        first, last = (round((at - self.first_ms) / self.step_ms) for at in (start_ms, end_ms))
        part = self.values[max(0, first) : max(0, last)]
        return float(part.mean()) if len(part) else 0.0


# The moment in [start, end] ms at which the sound is quietest.
Quietest = Callable[[int, int], int]


def speech(scores: Scores, options: VadOptions) -> list[spans.Span]:
    """Spans of one model's speech, in ms, from one probability of speech a frame."""
    step_ms = scores.step_ms
    runs = spans.above(scores.values, options.onset, options.offset)
    # A gap of the minimum length is kept; `joined` also closes a gap of its limit's length.
    runs = spans.joined(runs, ceil(options.min_silence_ms / step_ms) - 1)
    return [
        (max(0, round(scores.first_ms + start * step_ms)), round(scores.first_ms + end * step_ms))
        for start, end in runs
        if (end - start) * step_ms >= options.min_speech_ms
    ]


def regions(
    ears: Sequence[Ear], scores: Scores, total_ms: int, options: VadOptions, quietest: Quietest
) -> list[Region]:
    """Speech regions, in order and disjoint: what any of the ears hears, cut where too long.

    Each has a margin on both sides, for a recogniser drops what begins with the first sample that
    it is given: `margin_ms` where the pause has room for both sides, less where the margins meet at
    its quietest moment, none where speech was cut. With its margins, no region is longer than a
    window of the recogniser. `scores` are those of the model that gives a region's score.
    """
    detected = spans.joined(
        (span for ear in ears for span in ear.spans), options.min_silence_ms - 1
    )
    detected = [(start, min(end, total_ms)) for start, end in detected if start < total_ms]
    if not detected:
        return []
    longest = min(options.max_region_ms, WINDOW_MS - 2 * options.margin_ms)
    detected = [piece for span in detected for piece in _cut(span, longest, quietest)]
    pauses = [(a[1], b[0]) for a, b in pairwise(detected)]
    edges = [0, *(_edge(*pause, options.margin_ms, quietest) for pause in pauses), total_ms]
    return [
        Region(
            id=f"r{number:05d}",
            start_ms=start,
            end_ms=end,
            score=round(scores.mean(start, end), 4),
            margin_before_ms=min(options.margin_ms, start - before),
            margin_after_ms=min(options.margin_ms, after - end),
        )
        for number, ((start, end), (before, after)) in enumerate(
            zip(detected, pairwise(edges), strict=True), 1
        )
    ]


def _edge(start_ms: int, end_ms: int, margin_ms: int, quietest: Quietest) -> int:
    """The moment that divides a pause between its two sides: the quietest of its inner half if it
    is too short for two margins."""
    quarter = (end_ms - start_ms) // 4
    if end_ms - start_ms >= 2 * margin_ms or not quarter:
        return (start_ms + end_ms) // 2
    return quietest(start_ms + quarter, end_ms - quarter)


def _cut(span: spans.Span, longest_ms: int, quietest: Quietest) -> list[spans.Span]:
    """Divide a span that is too long where its second half, as far as it may go, is quietest."""
    start, end = span
    parts = []
    while end - start > longest_ms:
        at = min(max(quietest(start + longest_ms // 2, start + longest_ms), start + 1), end - 1)
        parts.append((start, at))
        start = at
    return [*parts, (start, end)]
