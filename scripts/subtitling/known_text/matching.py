"""Which words of a script are which of the words that were recognised.

First runs of words that each text has once, in the same order in both (patience sorting, as in
B. Cohen's patience diff); between those the cheapest alignment by dynamic programming, where a word
may stand for a similar one. Memory grows with the length of the texts, not with its square: a
stretch that is too long and has no such run is left apart.
"""

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from subtitling.text import spelling

if TYPE_CHECKING:
    pass

ALIKE = 0.75  # similarity from which two words are the same one, heard or spelt otherwise
_RUNS = (4, 3, 2, 1)  # lengths of the runs, in words, tried in turn
_LEAST_LETTERS = 5  # of a run of one word
_GAP = 0.6  # the cost of a word without a counterpart; of two that are paired 0 to 1.1
_SUBSTITUTE = 1.1
_ONE = 0.9  # likeness from which two words together are one
_LARGEST = 400_000  # pairs of words in one alignment
_CREDIBLE_RUN = 3  # words; a match of fewer may be chance


@dataclass(frozen=True)
class Pair:
    """A word of the script and the recognised one, by their places in the two sequences; None where
    one has no counterpart. `likeness` is that of the two, 0 to 1. Where the script writes two words
    for one that was heard, both have that; where it writes one for two, `also` is the second."""

    script: int | None
    heard: int | None
    likeness: float = 0.0
    also: int | None = None


def key(word: str, romanized: bool = False) -> str:
    """What two spellings of a word have in common; `romanized` compares different scripts."""
    letters = "".join(token.text for token in spelling.tokens(word))
    return spelling.sound(letters) if romanized else spelling.plain(letters)


def matched(script: Sequence[str], heard: Sequence[str]) -> list[Pair]:
    """The alignment of two sequences of words, each word once, in order in both."""
    whole = " ".join
    across = spelling.script(whole(script)) != spelling.script(whole(heard))
    ours = [key(word, across) for word in script]
    theirs = [key(word, across) for word in heard]
    pairs: list[Pair] = []
    a = b = 0
    for i, j in [*_anchors(ours, theirs, 0, len(ours), 0, len(theirs)), (len(ours), len(theirs))]:
        pairs += _between(ours, theirs, a, i, b, j)
        if i < len(ours):
            pairs.append(Pair(i, j, 1.0))
        a, b = i + 1, j + 1
    return _compounds(pairs, ours, theirs)


def _compounds(pairs: Sequence[Pair], ours: Sequence[str], theirs: Sequence[str]) -> list[Pair]:
    """The pairs, where two words in one text are one in the other: `every one` and `everyone`."""
    from rapidfuzz import fuzz

    made: list[Pair] = []
    for pair in pairs:
        last = made[-1] if made else None
        both = [last, pair] if last else []
        if last and sorted([pair.script is None, last.script is None]) == [False, True]:
            i = next(p.script for p in both if p.script is not None)
            heard = [p.heard for p in both if p.heard is not None]
            if len(heard) == 2:
                alike = fuzz.ratio(ours[i], theirs[heard[0]] + theirs[heard[1]]) / 100
                if alike >= _ONE and alike > max(p.likeness for p in both):
                    made[-1] = Pair(i, heard[0], round(alike, 4), heard[1])
                    continue
        elif last and sorted([pair.heard is None, last.heard is None]) == [False, True]:
            j = next(p.heard for p in both if p.heard is not None)
            script = [p.script for p in both if p.script is not None]
            if len(script) == 2:
                alike = fuzz.ratio(ours[script[0]] + ours[script[1]], theirs[j]) / 100
                if alike >= _ONE and alike > max(p.likeness for p in both):
                    made[-1] = Pair(script[0], j, round(alike, 4))
                    pair = Pair(script[1], j, round(alike, 4))
        made.append(pair)
    return made


def share(pairs: Sequence[Pair]) -> float:
    """The share of the script's words that were recognised, 0 to 1: those alike, in runs of
    several, as two texts that have nothing to do with each other share only single words."""
    total = sum(pair.script is not None for pair in pairs)
    recognised = run = 0
    for pair in [*pairs, Pair(0, None)]:
        if pair.script is not None and pair.heard is not None and pair.likeness >= ALIKE:
            run += 1
            continue
        recognised += run if run >= _CREDIBLE_RUN else 0
        run = 0
    return recognised / total if total else 0.0


def _anchors(
    a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int
) -> Iterator[tuple[int, int]]:
    """Pairs of equal words, rising in both, within a[a0:a1] and b[b0:b1]."""
    stack = [(a0, a1, b0, b1)]
    out: list[tuple[int, int]] = []
    while stack:
        a0, a1, b0, b1 = stack.pop()
        while a0 < a1 and b0 < b1 and a[a0] == b[b0] and a[a0]:
            out.append((a0, b0))
            a0, b0 = a0 + 1, b0 + 1
        while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1] and a[a1 - 1]:
            out.append((a1 - 1, b1 - 1))
            a1, b1 = a1 - 1, b1 - 1
        if a0 >= a1 or b0 >= b1 or (a1 - a0) * (b1 - b0) <= _LARGEST // 40:
            continue
        at = _unique(a, b, a0, a1, b0, b1)
        if not at:
            continue
        out += at
        edges = [(a0 - 1, b0 - 1), *at, (a1, b1)]
        for (i, j), (k, m) in itertools.pairwise(edges):
            stack.append((i + 1, k, j + 1, m))
    return iter(sorted(out))


def _unique(
    a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int
) -> list[tuple[int, int]]:
    """The first words of runs that each side has once, rising in both, by the longest runs."""
    for size in _RUNS:
        first = _once(a, a0, a1, size)
        second = _once(b, b0, b1, size)
        common = sorted((i, second[run]) for run, i in first.items() if run in second)
        if size == 1:
            common = [(i, j) for i, j in common if len(a[i]) >= _LEAST_LETTERS]
        if rising := _rising(common):
            return rising
    return []


def _once(words: Sequence[str], start: int, end: int, size: int) -> dict[tuple[str, ...], int]:
    """The runs of `size` words that occur once, with their places."""
    places: dict[tuple[str, ...], int] = {}
    for n in range(start, end - size + 1):
        run = tuple(words[n : n + size])
        if all(run):
            places[run] = -1 if run in places else n
    return {run: n for run, n in places.items() if n >= 0}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence of pairs, sorted by the first, that rises in the second, too."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for n, (_, j) in enumerate(pairs):
        at = bisect_left(tops, j)
        before.append(ends[at - 1] if at else -1)
        if at == len(tops):
            tops.append(j)
            ends.append(n)
        else:
            tops[at], ends[at] = j, n
    chain, n = [], ends[-1] if ends else -1
    while n >= 0:
        chain.append(pairs[n])
        n = before[n]
    return chain[::-1]


def _between(a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int) -> list[Pair]:
    """The cheapest alignment of a[a0:a1] and b[b0:b1]."""
    rows, columns = a1 - a0, b1 - b0
    if not rows or not columns or rows * columns > _LARGEST:
        alone = [Pair(i, None) for i in range(a0, a1)]
        return [*alone, *(Pair(None, j) for j in range(b0, b1))]
    import numpy as np
    from rapidfuzz import fuzz, process

    alike = process.cdist(a[a0:a1], b[b0:b1], scorer=fuzz.ratio, dtype=np.float32) / 100
    cost: np.ndarray[Any, Any] = np.empty((rows + 1, columns + 1), np.float32)
    steps = np.arange(columns + 1, dtype=np.float32) * _GAP
    cost[0] = steps
    for n in range(rows):
        best = cost[n] + _GAP
        best[1:] = np.minimum(best[1:], cost[n][:-1] + _SUBSTITUTE * (1 - alike[n]))
        cost[n + 1] = np.minimum.accumulate(best - steps) + steps
    pairs = []
    n, m = rows, columns
    while n or m:
        here = cost[n, m]
        paired = cost[n - 1, m - 1] + _SUBSTITUTE * (1 - alike[n - 1, m - 1]) if n and m else np.inf
        if paired <= here + 1e-4:
            n, m = n - 1, m - 1
            pairs.append(Pair(a0 + n, b0 + m, round(float(alike[n, m]), 4)))
        elif n and cost[n - 1, m] + _GAP <= here + 1e-4:
            n -= 1
            pairs.append(Pair(a0 + n, None))
        else:
            m -= 1
            pairs.append(Pair(None, b0 + m))
    return pairs[::-1]
