"""When the cues of a subtitle file are said, by where somebody speaks: rate, offset and breaks.

A file that was made for another copy of a film differs from it by a rate (25 frames a second
instead of 23.976), an offset, and further offsets after each place where one of the two was cut.
Candidates for offsets are those at which many cues in a row coincide with speech, and silence with
the pauses between them; the best sequence of candidates is found by dynamic programming over all
cues, of which some may have no place in the film.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from subtitling.spans import Span

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, Any]

FRAME_MS = 10
_STEP = 10  # frames from one offset that is tried to the next
_FRAMES = (Fraction(24000, 1001), Fraction(24), Fraction(25))
RATES = tuple(sorted({float(a / b) for a in _FRAMES for b in _FRAMES}, key=lambda r: abs(r - 1)))
_REACH_MS = 300_000  # offsets that are tried beyond the difference of the lengths
_MOST_MS = 3_600_000
_LONGEST_MS = 4000  # of a cue that counts: many stay longer than their words
_AROUND_MS = 1500  # of the pause before a cue, and after it
_BEFORE, _AFTER = 0.7, 0.3  # how much these count: cues begin with their words, and end later
_WINDOW = 30  # cues in a row that show a candidate
# Texts of other films reach 0.25, right ones of any language 0.7.
_BEYOND_CHANCE = 0.4
_PEAKS = 3  # candidates of a window
_APART_MS = 1000  # of two candidates
# In seconds of speech: the cost of a break, of a cue without a place, of moving a file at all, and
# of a rate.
_BREAK, _SKIP, _MOVED, _RATE = 5.0, 0.2, 3.0, 1.0
_OVERLAP_MS = 500  # of a cue and the one after it
_SCENE = 48  # cues that a film may lack in a row
_MOST = 64  # candidates
_NEAR_MS = 500  # within which an offset is refined
_ONSET_MS = 400  # from its cue, an onset is that of another
_ONSETS = 5  # that say something of an offset
# A frame of 24 a second. A file that is off by less than that is right as it is: cues come a little
# before the words or after them, as its maker liked it.
_STILL_MS = 42
# Within which half of a file's cues begin, as seen from their onsets, where it is as exact as an
# aligner: so do cues that were set to the frame. Some sounds are heard 60 ms after a word begins.
_EXACT_MS = 50
_LONGEST_MOVE = 2.5  # in standard deviations


@dataclass(frozen=True)
class Place:
    """A cue's time t is said at `rate` * t + `offset_ms`. Seen from where speech begins, half of
    the cues with this place begin within `spread_ms`; None where too few tell."""

    rate: float
    offset_ms: int
    spread_ms: int | None = None

    @property
    def exact(self) -> bool:
        """Whether its cues are as exact as an aligner is."""
        return self.spread_ms is not None and self.spread_ms <= _EXACT_MS

    def span(self, cue: Span) -> Span:
        """The cue's times in the sound, in ms."""
        start, end = (round(self.rate * ms) + self.offset_ms for ms in cue)
        return start, end


@dataclass(frozen=True)
class Fit:
    """The places of cues, None for those that have none in the film. `share` is how many of the
    cues coincide with speech as well as cues do, and `by_chance` how many would at any offset; of
    `few` nobody can tell."""

    places: tuple[Place | None, ...]
    share: float
    by_chance: float

    @property
    def sure(self) -> bool:
        """Whether so many cues fit this film as can't be chance."""
        return self.share >= self.by_chance + _BEYOND_CHANCE * (1 - self.by_chance)

    @property
    def few(self) -> bool:
        """Whether there are too few cues to say that they are of another film."""
        return len(self.places) < _WINDOW


class _Sound:
    """The speech of a film, as a sum over time that cues are compared with."""

    def __init__(self, speech: Sequence[Span], length_ms: int, margin_ms: int):
        import numpy as np

        self.length_ms, self._margin = length_ms, margin_ms // FRAME_MS
        frames = length_ms // FRAME_MS + 1
        values: Samples = np.full(frames + 2 * self._margin, -1.0, np.float32)
        for start, end in speech:
            values[self._margin + start // FRAME_MS : self._margin + end // FRAME_MS] = 1.0
        self.sums: Samples = np.concatenate([[0], np.cumsum(values, dtype=np.float64)]) * (
            FRAME_MS / 1000
        )

    def scores(self, cue: "_Cue", first: int, count: int, step: int) -> "Samples":
        """How well a cue fits at offsets of `first`, `first` + `step` ... frames, in seconds."""

        def at(frame: int) -> "Samples":
            start = frame + first + self._margin
            return self.sums[start : start + (count - 1) * step + 1 : step]

        start, end = at(cue.start), at(cue.end)
        before = start - at(cue.start - cue.before)
        after = at(cue.end_shown + cue.after) - at(cue.end_shown)
        scores: Samples = (end - start) - _BEFORE * before - _AFTER * after
        return scores


@dataclass(frozen=True)
class _Cue:
    """A cue in frames at some rate: `end` of what counts of it, `end_shown` of all of it, and the
    pauses around."""

    start: int
    end: int
    end_shown: int
    before: int
    after: int

    @property
    def best(self) -> float:
        """The score of a cue that fits in every respect."""
        parts = self.end - self.start + _BEFORE * self.before + _AFTER * self.after
        return parts * FRAME_MS / 1000


def fitted(
    cues: Sequence[Span], speech: Sequence[Span], onsets: Sequence[int], length_ms: int
) -> Fit:
    """The places of cues, in order of their starts, in a film that lasts `length_ms` and has this
    speech, which begins at these `onsets` to the millisecond, as far as they are known."""
    fits = [_at_rate(cues, speech, length_ms, rate) for rate in RATES]
    _, rate, offsets, good, chance = max(fits, key=lambda fit: fit[0])
    places = _refined(rate, offsets, cues, onsets)
    return Fit(tuple(_joined(places)), good, chance)


def begun(
    starts: Sequence[int], places: Sequence[Place | None], onsets: Sequence[int]
) -> list[int]:
    """When cues that are said at `starts` begin: at the onset of their speech, if they are of a
    stretch whose cues come too early or late by chance, one more and one less; where they are
    exact, and where no onset is near, they stay."""
    near = _nearest(starts, onsets)
    made = list(starts)
    for n, (late, place) in enumerate(zip(near, places, strict=True)):
        if late is None or place is None or place.spread_ms is None or place.exact:
            continue
        if abs(late) <= _LONGEST_MOVE * _deviation(place.spread_ms):
            made[n] += late
    return made


def stretches(places: Sequence[Place | None]) -> list[tuple[int, int, Place]]:
    """The runs of cues with one place, as the numbers of their first and last ones; cues without
    any belong to none."""
    made = []
    known = [(n, place) for n, place in enumerate(places) if place is not None]
    for place, group in groupby(known, key=lambda pair: pair[1]):
        numbers = [n for n, _ in group]
        made.append((numbers[0], numbers[-1], place))
    return made


def _at_rate(
    cues: Sequence[Span], speech: Sequence[Span], length_ms: int, rate: float
) -> tuple[float, float, list[int | None], float, float]:
    """The best total at one rate, the rate, the cues' offsets in frames, and the shares of cues
    that fit, there and by chance."""
    import numpy as np

    scaled = [(round(rate * start), round(rate * end)) for start, end in cues]
    last_ms = max(end for _, end in scaled)
    reach_ms = min(_MOST_MS, abs(length_ms - last_ms) + _REACH_MS)
    sound = _Sound(speech, length_ms, reach_ms + last_ms + _AROUND_MS + 1000)
    shown = _cues(scaled)
    first, step = -(reach_ms // FRAME_MS), _STEP
    count = 2 * reach_ms // FRAME_MS // step + 1
    total = np.zeros(count)
    window = np.zeros(count)
    candidates: dict[int, float] = {}
    rows: list[Samples] = []
    fits = np.zeros(count)
    for n, cue in enumerate(shown):
        row = np.clip(sound.scores(cue, first, count, step), -cue.best, cue.best)
        total += row
        window += row
        rows.append(row.astype(np.float32))
        fits += row >= cue.best / 2
        if len(rows) > _WINDOW:
            window -= rows.pop(0)
        if (n + 1) % (_WINDOW // 2) == 0 or n + 1 == len(shown):
            _add(candidates, window, first)
    _add(candidates, total, first)
    offsets = np.array(sorted({0, *sorted(candidates, key=lambda o: -candidates[o])[:_MOST]}))
    moved = rate != 1.0
    best, at = _path(sound, shown, offsets, moved)
    by_chance = float(np.median(fits)) / len(shown)
    closer = _closer(sound, shown, at)
    good = sum(
        sound.scores(cue, offset, 1, 1)[0] >= cue.best / 2
        for cue, offset in zip(shown, closer, strict=True)
        if offset is not None
    )
    return best, rate, closer, float(good) / len(shown), by_chance


def _cues(scaled: Sequence[Span]) -> list[_Cue]:
    ends = [-10 * _AROUND_MS, *(end for _, end in scaled)]
    starts = [*(start for start, _ in scaled), scaled[-1][1] + 10 * _AROUND_MS]
    return [
        _Cue(
            start // FRAME_MS,
            min(end, start + _LONGEST_MS) // FRAME_MS,
            end // FRAME_MS,
            min(_AROUND_MS, max(0, start - ends[n])) // FRAME_MS,
            min(_AROUND_MS, max(0, starts[n + 1] - end)) // FRAME_MS,
        )
        for n, (start, end) in enumerate(scaled)
    ]


def _add(candidates: dict[int, float], scores: "Samples", first: int) -> None:
    """Add the offsets of the highest scores, some distance apart, each with its best score."""
    import numpy as np

    apart = _APART_MS // FRAME_MS // _STEP
    left = scores.copy()
    for _ in range(_PEAKS):
        top = int(np.argmax(left))
        offset = first + _STEP * top
        near = min(candidates, key=lambda o: abs(o - offset), default=None)
        if near is not None and abs(near - offset) * FRAME_MS < _APART_MS:
            if candidates[near] < left[top]:
                del candidates[near]
                candidates[offset] = float(left[top])
        else:
            candidates[offset] = float(left[top])
        left[max(0, top - apart) : top + apart + 1] = -np.inf


def _path(
    sound: _Sound, cues: Sequence[_Cue], offsets: "Samples", moved: bool
) -> tuple[float, list[int | None]]:
    """The best total, and the offset of each cue in frames; cues may be skipped, and between two
    offsets a whole scene of them."""
    import numpy as np

    size = len(offsets)
    overlap = _OVERLAP_MS // FRAME_MS
    value: Samples = -_MOVED * ((offsets != 0) | moved) - _RATE * moved
    ends = np.full(size, -np.inf)  # of the last cue that was placed
    values, lasts = np.full((_SCENE, size), -np.inf), np.full((_SCENE, size), -np.inf)
    behind = _SKIP * np.arange(_SCENE)[:, None]
    jumped: Samples = np.full((len(cues), size), -1, np.int32)  # the state and how many cues back
    skipped: Samples = np.zeros((len(cues), size), bool)
    film = sound.length_ms // FRAME_MS
    for n, cue in enumerate(cues):
        values, lasts = np.roll(values, 1, 0), np.roll(lasts, 1, 0)
        values[0], lasts[0] = value, ends
        starts: Samples = cue.start + offsets
        scores = np.array([sound.scores(cue, int(o), 1, 1)[0] for o in offsets])
        outside = (starts < -overlap) | (starts > film)
        scores = np.where(outside, -np.inf, np.clip(scores, -cue.best / 2, cue.best))
        # From where a cue may follow in order: by state a row, by earlier state a column.
        order = starts[:, None] >= lasts.reshape(-1)[None, :] - overlap
        sources = np.where(order, (values - behind).reshape(-1)[None, :], -np.inf)
        source = sources.argmax(axis=1)
        broken = sources[np.arange(size), source] - _BREAK
        breaks = broken > value
        placed = np.where(breaks, broken, value) + scores
        skips = value - _SKIP > placed
        skipped[n] = skips
        jumped[n] = np.where(breaks & ~skips, source, -1)
        ends = np.where(skips, ends, starts + (cue.end - cue.start))
        value = np.where(skips, value - _SKIP, placed)
    at, n = int(value.argmax()), len(cues) - 1
    best = float(value[at])
    places: list[int | None] = [None] * len(cues)
    while n >= 0:
        places[n] = None if skipped[n, at] else int(offsets[at])
        back = 0
        if jumped[n, at] >= 0:
            back, at = divmod(int(jumped[n, at]), size)
        n -= 1 + back
    return best, places


def _joined(places: Sequence[Place | None]) -> list[Place | None]:
    """The places, also of cues without speech of their own: that of the cues around them. Where the
    film lacks time between two of these, it may lack the cues between as well."""
    made = list(places)
    known = [n for n, place in enumerate(places) if place is not None]
    for a, b in pairwise([-1, *known, len(places)]):
        before = places[a] if a >= 0 else None
        after = places[b] if b < len(places) else None
        nearest = before or after
        if before and after and before != after:
            lacking = after.offset_ms < before.offset_ms
            nearest = None if lacking else before
        for n in range(a + 1, b):
            made[n] = nearest
    return made


def _closer(sound: _Sound, cues: Sequence[_Cue], at: Sequence[int | None]) -> list[int | None]:
    """The offsets, each run's moved to where its cues fit best, to the frame."""
    import numpy as np

    near = _NEAR_MS // FRAME_MS
    made: list[int | None] = list(at)
    for offset, numbers in _runs(at):
        total = sum(sound.scores(cues[n], offset - near, 2 * near + 1, 1) for n in numbers)
        for n in numbers:
            made[n] = offset - near + int(np.argmax(total))
    return made


def _refined(
    rate: float, offsets: Sequence[int | None], cues: Sequence[Span], onsets: Sequence[int]
) -> list[Place | None]:
    """The places for offsets in frames, each run's to the millisecond where onsets are near."""
    made: list[Place | None] = [None] * len(offsets)
    for frames, numbers in _runs(offsets):
        rough = Place(rate, frames * FRAME_MS)
        near = _nearest([rough.span(cues[n])[0] for n in numbers], onsets)
        late = [ms for ms in near if ms is not None]
        offset, spread = rough.offset_ms, None
        if len(late) >= _ONSETS:
            offset, spread = offset + _usual(late), _shortest_half(late)
        # Of a few cues without onsets nobody can say that they are a little off.
        unsure = spread is None and len(numbers) < _WINDOW
        if rate == 1.0 and abs(offset) < (_NEAR_MS if unsure else _STILL_MS):
            offset = 0
        for n in numbers:
            made[n] = Place(rate, offset, spread)
    return made


def _runs(offsets: Sequence[int | None]) -> Iterator[tuple[int, list[int]]]:
    """The offsets, each with the numbers of the cues in a row that have it."""
    known = [n for n, offset in enumerate(offsets) if offset is not None]
    for offset, group in groupby(known, key=lambda n: offsets[n]):
        assert offset is not None
        yield offset, list(group)


def _nearest(starts: Sequence[int], onsets: Sequence[int]) -> list[int | None]:
    """How much later than each of these times its onset is; None where the nearest is far away or
    nearer to another one of them."""
    import numpy as np

    if not onsets or not starts:
        return [None] * len(starts)
    at = np.asarray(starts)
    own = _closest(np.asarray(onsets), at)
    rivals = np.abs(_closest(np.sort(at), own) - own)
    return [
        int(late) if abs(late) <= min(rival, _ONSET_MS) else None
        for late, rival in zip(own - at, rivals, strict=True)
    ]


def _closest(some: "Samples", to: "Samples") -> "Samples":
    """For each of the times `to` the closest of some, which are in order."""
    import numpy as np

    after = np.searchsorted(some, to)
    before, after = np.maximum(after - 1, 0), np.minimum(after, len(some) - 1)
    closest: Samples = np.where(to - some[before] <= some[after] - to, some[before], some[after])
    return closest


def _usual(values: Sequence[int]) -> int:
    """Where most of some values are, to the unit: the highest point of their density. What is
    usual counts more than the mean here, since onsets are late by up to 60 ms, never early."""
    import numpy as np

    some = np.asarray(values)
    width = max(1.0, _deviation(_shortest_half(values)) * len(values) ** -0.2)  # Silverman's rule
    grid = np.arange(some.min(), some.max() + 1)
    density = np.exp(-(((grid[:, None] - some[None, :]) / width) ** 2) / 2).sum(axis=1)
    return int(grid[density.argmax()])


def _shortest_half(values: Sequence[int]) -> int:
    """The length of the shortest stretch that has half of the values."""
    some = sorted(values)
    half = (len(some) + 1) // 2
    return min(some[n + half - 1] - some[n] for n in range(len(some) - half + 1))


def _deviation(shortest_half: int) -> float:
    """The standard deviation of a normal distribution with that shortest half."""
    return shortest_half / 1.349
