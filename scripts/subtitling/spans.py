"""Spans of time or of samples: [start, end), integers, in order and disjoint."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Span = tuple[int, int]


def joined(spans: Iterable[Span], gap: int) -> list[Span]:
    """Merge spans, given in any order: overlaps and gaps of at most `gap` are closed."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def common(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """The intersections of two lists of spans."""
    shared = []
    n = 0
    for start, end in some:
        while n < len(others) and others[n][1] <= start:
            n += 1
        k = n
        while k < len(others) and others[k][0] < end:
            shared.append((max(start, others[k][0]), min(end, others[k][1])))
            k += 1
    return shared


def without(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """The parts of the first spans that the others do not cover."""
    rest = []
    for start, end in some:
        at = start
        for first, last in common([(start, end)], others):
            if first > at:
                rest.append((at, first))
            at = last
        if end > at:
            rest.append((at, end))
    return rest


def total(spans: Iterable[Span]) -> int:
    """The total length of the spans."""
    return sum(end - start for start, end in spans)


def share(span: Span, spans: Sequence[Span]) -> float:
    """The share of `span`, which is not empty, that the others cover, 0 to 1."""
    return total(common([span], spans)) / (span[1] - span[0])


def pieces(span: Span, longest: int) -> list[Span]:
    """Cut the span into the fewest equal pieces, to the unit, that are no longer than `longest`."""
    start, end = span
    if start == end:
        return []
    count = ceil((end - start) / longest)
    cuts = [start + (end - start) * n // count for n in range(count + 1)]
    return list(pairwise(cuts))


def above(scores: "np.ndarray[Any, Any]", onset: float, offset: float) -> list[Span]:
    """Runs of frames that begin where a score exceeds `onset` and end where one is below `offset`.

    `scores` has shape (frames,), `offset` is at most `onset`.
    """
    import numpy as np

    # Between the two thresholds a frame is what the last decided one was.
    mark = np.where(scores > onset, 1, np.where(scores < offset, -1, 0))
    decided = np.maximum.accumulate(np.where(mark != 0, np.arange(len(mark)), -1))
    active = (decided >= 0) & (mark[decided] > 0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
