"""Alignment of a translation's sentences with those of the source, by how long each takes.

After Gale and Church, "A Program for Aligning Sentences in Bilingual Corpora" (Computational
Linguistics 19, 1993), with the time that a source sentence was spoken in place of its length.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

# How far a boundary by the translation's letters may be from the one by the source's time.
_OFF_MS = 700
_OFF_SHARE = 0.2  # of the shorter of the two pieces it would make, more


@dataclass(frozen=True)
class Unit:
    """Sentences [first, last) of the source and of the translation that belong together."""

    source: tuple[int, int]
    target: tuple[int, int]


def aligned(
    source_ms: Sequence[int], target_letters: Sequence[int], turns: Collection[int] = ()
) -> list[Unit] | None:
    """The smallest units, in order, that hold all sentences of both sides.

    `source_ms` is how long each source sentence is spoken, `target_letters` the length of each
    sentence of the translation. A unit must begin where a sentence in `turns` does; None where that
    is impossible.
    """
    if not source_ms or not target_letters or not all(target_letters):
        return None
    ends = [*accumulate(source_ms)]
    letters = [*accumulate(target_letters)]
    total = ends[-1]
    places = [total * at / letters[-1] for at in letters]
    # The best path to each pair of boundaries: its total certainty, and the pair before.
    best: dict[tuple[int, int], tuple[float, tuple[int, int] | None]] = {(0, 0): (0.0, None)}
    for i in range(1, len(ends) + 1):
        for j in range(1, len(letters) + 1):
            if (i == len(ends)) != (j == len(letters)):
                continue
            for (a, b), (sure, _) in list(best.items()):
                if a >= i or b >= j or any(a < turn < i for turn in turns):
                    continue
                start = ends[a - 1] if a else 0
                piece = min(ends[i - 1] - start, max(1, total - ends[i - 1]))
                last = i == len(ends)
                limit = _OFF_MS + _OFF_SHARE * piece
                off = 0 if last else abs(ends[i - 1] - places[j - 1])
                if off > limit:
                    continue
                here = sure + (1 if last else 1 - off / limit)
                if here > best.get((i, j), (-1.0, None))[0]:
                    best[i, j] = (here, (a, b))
    at: tuple[int, int] | None = (len(ends), len(letters))
    if at not in best:
        return None
    way = []
    while at is not None:
        way.append(at)
        at = best[at][1]
    return [Unit((a, i), (b, j)) for (a, b), (i, j) in pairwise(way[::-1])]
