"""The division of a track into cues, and of a cue into lines: the cheapest of all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from subtitling.subtitles import marks
from subtitling.subtitles.frames import FrameRules
from subtitling.subtitles.rules import Rules
from subtitling.subtitles.units import Unit
from subtitling.text.break_points import BreakPoint
from subtitling.text.languages import join


@dataclass(frozen=True)
class Weights:
    """The costs of a division and of times; only their ratios matter.

    These are constants of the algorithm. The limits that a track must keep are the Rules.
    """

    each_cue: float  # so that cues are no shorter than necessary
    break_at: tuple[float, ...]  # ending a cue at each Joint, from SENTENCE to BOUND
    pause_rebate: float  # taken off a break at a pause of `pause_ms` or more
    pause_ms: int
    silence_ms: int  # words further apart than this should not be in one cue
    silence_inside: float
    sentence_inside: float  # each sentence that ends within a cue
    straddle: float  # a cue with a sentence's end inside that begins or ends within a sentence
    stub_chars: int  # a cue that does so with fewer characters than this costs `stub`
    stub: float
    second_line: float  # each line after the first
    line_at: tuple[float, ...]  # breaking a line at each Joint
    two_speakers: float  # in addition, a cue in which two speak, a line each
    line_tears: float  # in addition, a line break elsewhere than at a sentence end inside the cue
    unbalanced: float  # a line that is empty where another is full
    upper_longer: float  # in addition, an upper line longer than the lower
    loose_gap: float  # a short gap to the next cue that cannot be closed, the cue being the longest
    too_fast: float  # having to read twice as fast as allowed, up to `too_fast_most` times that
    too_fast_most: float
    too_short: float  # no time at all where the shortest duration is required
    borrow_ms: int  # how far an in-time may move from its sound to leave time to read
    borrow_estimated_ms: int  # the same in a translated sentence, whose word times are estimates
    unread: float  # each frame that a cue lacks to be read; the next four are per frame, too
    early: float  # an in-time before the first sound
    late: float  # an in-time after it; slightly late is better than early, which gives speech away
    out_of_sync: float  # in addition, beyond the frames that the rules allow
    sound_cut: float  # an out-time before the last sound ends


WEIGHTS = Weights(
    each_cue=1.0,
    break_at=(0.0, 1.0, 3.0, 6.0, 14.0),
    pause_rebate=2.5,
    pause_ms=500,
    silence_ms=1000,
    silence_inside=6.0,
    sentence_inside=0.7,
    straddle=1.5,
    stub_chars=12,
    stub=2.0,
    second_line=0.2,
    line_at=(0.0, 0.1, 0.3, 0.8, 2.5),
    two_speakers=1.0,
    line_tears=1.5,
    unbalanced=1.0,
    upper_longer=0.3,
    loose_gap=6.0,
    too_fast=8.0,
    too_fast_most=3.0,
    too_short=6.0,
    borrow_ms=500,
    borrow_estimated_ms=3000,
    unread=10.0,
    early=1.0,
    late=1.2,
    out_of_sync=1.0,
    sound_cut=0.5,
)


def divide(
    track: Sequence[Unit], limit: FrameRules, weights: Weights = WEIGHTS
) -> list[Sequence[Unit]]:
    """The cheapest division of `track` into cues that fit the screen and the longest duration.

    A single unit may always be a cue, even one that is too wide or too long.
    """
    rules = limit.rules
    most = rules.max_lines * rules.max_chars_per_line + rules.max_lines
    breaks = [_break_cost(unit, weights) for unit in track]
    inside = [_inside_cost(unit, weights) for unit in track]
    starts = [unit.start for unit in track]
    upper_dash, lower_dash = map(len, rules.dashes)
    count = len(track)
    best = [0.0, *[inf] * count]
    opened = [0] * (count + 1)
    for start in range(count):
        begun = track[start]
        base = best[start] + weights.each_cue
        torn = not begun.sentence_starts
        sentence_inside = False
        second = 0  # the unit at which another speaker begins
        for end in range(start, count):
            unit = track[end]
            if end > start and unit.turn:
                upper = track[end - 1].last - begun.first + upper_dash
                if second or rules.max_lines < 2 or upper > rules.max_chars_per_line:
                    break
                second = end
                base += weights.two_speakers + weights.second_line
            if second and unit.last - track[second].first + lower_dash > rules.max_chars_per_line:
                break
            if end > start:
                base += inside[end - 1]
                sentence_inside = sentence_inside or track[end - 1].joint is BreakPoint.SENTENCE
                if unit.last - begun.first > most or unit.end - begun.start > limit.longest:
                    break
            chars = unit.last - begun.first + (upper_dash + lower_dash if second else 0)
            cost = base + breaks[end]
            if cost >= best[end + 1]:
                continue
            ragged = torn or unit.joint is not BreakPoint.SENTENCE
            if ragged and sentence_inside:
                cost += weights.straddle
            if ragged and chars < weights.stub_chars:
                cost += weights.stub
            room = limit.longest
            if end + 1 < count:
                room = min(room, starts[end + 1] - limit.gap - begun.start)
                gap = starts[end + 1] - max(unit.end, begun.start + limit.needed(chars))
                if limit.gap < gap < limit.close_gap and room == limit.longest:
                    cost += weights.loose_gap
            cost += _haste(chars, room, limit, weights)
            if cost >= best[end + 1]:
                continue
            if chars > rules.max_chars_per_line and end > start and not second:
                tear = weights.line_tears if sentence_inside else 0.0
                cost += _layout(track, start, end, rules, rules.max_lines, tear, weights)[0]
            if cost < best[end + 1]:
                best[end + 1], opened[end + 1] = cost, start
    groups = []
    end = count
    while end:
        groups.append(track[opened[end] : end])
        end = opened[end]
    return groups[::-1]


def _break_cost(unit: Unit, weights: Weights) -> float:
    if unit.pause_ms > weights.silence_ms:
        return 0.0
    rebate = weights.pause_rebate * min(1.0, unit.pause_ms / weights.pause_ms)
    return max(0.0, weights.break_at[unit.joint] - rebate)


def _inside_cost(unit: Unit, weights: Weights) -> float:
    silence = weights.silence_inside if unit.pause_ms > weights.silence_ms else 0.0
    return silence + (weights.sentence_inside if unit.joint is BreakPoint.SENTENCE else 0.0)


def _haste(chars: int, room: int, limit: FrameRules, weights: Weights) -> float:
    """The cost of reading `chars` characters in `room` frames."""
    reading = chars * limit.frames.rate / limit.rules.max_chars_per_second
    fast = max(0.0, reading / max(1, room) - 1)
    short = max(0.0, 1 - max(1, room) / limit.shortest) if limit.shortest else 0.0
    return weights.too_fast * min(fast, weights.too_fast_most) + weights.too_short * short


def _layout(
    track: Sequence[Unit],
    start: int,
    end: int,
    rules: Rules,
    left: int,
    tear: float,
    weights: Weights,
) -> tuple[float, tuple[int, ...]]:
    """The cheapest breaks of the units from start to end into at most `left` lines, and their cost.

    A break is given by the unit before it; one that ends no sentence costs `tear` more. The cost is
    infinite where they do not fit.
    """
    wide = rules.max_chars_per_line
    first = track[start].first
    last = track[end].last
    if last - first <= wide:
        return 0.0, ()
    cheapest: tuple[float, tuple[int, ...]] = (inf, ())
    if left == 1:
        return cheapest
    for at in range(start, end):
        upper = track[at].last - first
        if upper > wide:
            break
        joint = track[at].joint
        cost = weights.second_line + weights.line_at[joint]
        cost += tear if joint is not BreakPoint.SENTENCE else 0.0
        if cost >= cheapest[0]:
            continue
        lower = last - track[at + 1].first
        below: tuple[int, ...] = ()
        if lower > wide:
            if left == 2:
                continue
            more, below = _layout(track, at + 1, end, rules, left - 1, tear, weights)
            cost += more
            lower = track[below[0]].last - track[at + 1].first if below else lower
        cost += weights.unbalanced * abs(upper - lower) / wide
        if upper > lower:
            cost += weights.upper_longer
        if cost < cheapest[0]:
            cheapest = (cost, (at, *below))
    return cheapest


def lines(group: Sequence[Unit], language: str, rules: Rules) -> tuple[str, ...]:
    """The text in as few lines as possible, balanced, with a longer lower line, broken at the best
    points.

    Where the allowed lines are not enough, since one unit is too wide, the widest line is as narrow
    as possible.
    """
    if second := marks.second_speaker(group):
        return tuple(
            join((unit.text for unit in part), language).strip()
            for part in (group[:second], group[second:])
        )
    wide = rules.max_chars_per_line
    several = any(unit.joint is BreakPoint.SENTENCE for unit in group[:-1])
    tear = WEIGHTS.line_tears if several else 0.0
    while True:
        held = replace(rules, max_chars_per_line=wide)
        cost, breaks = _layout(group, 0, len(group) - 1, held, rules.max_lines, tear, WEIGHTS)
        if cost < inf:
            break
        wide += 1
    ends = [*breaks, len(group) - 1]
    starts = [0, *(at + 1 for at in breaks)]
    return tuple(
        join((unit.text for unit in group[start : end + 1]), language).strip()
        for start, end in zip(starts, ends, strict=True)
    )
