"""Cues from words: which words stand together on the screen, in which lines, from when to when.

The division is the cheapest of all for the whole film, found by dynamic programming, not the first
that fits: a cue should end where a sentence or a clause ends or somebody pauses, and leave time to
read. Default limits are Netflix's (timed text style guides, general requirements).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from subtitling.languages import join, width
from subtitling.model import Cue, Word
from subtitling.sentences import ends_clause, ends_sentence

# What a division costs; only the ratios matter.
_EACH_CUE = 1.0
_SECOND_LINE = 0.2
_BREAK_CLAUSE = 1.0
_BREAK_ANYWHERE = 4.0
_BREAK_PAUSE_REBATE = 2.5  # taken off a break at a pause of half a second or more
_SENTENCE_INSIDE = 0.6
_PAUSE_INSIDE = 6.0
_TOO_FAST = 5.0  # for reading twice as fast as allowed
_TOO_SHORT = 3.0  # for no time at all


@dataclass(frozen=True)
class Options:
    """See `subtitles` in the configuration; gaps are in ms here, at the film's frame rate."""

    max_lines: int
    max_chars_per_line: int
    max_chars_per_second: float
    min_duration_ms: int
    max_duration_ms: int
    min_gap_ms: int
    close_gap_ms: int
    max_pause_ms: int


def options_for(subtitles: dict[str, Any], language: str, frame_rate: float | None) -> Options:
    """The options that the configuration's `subtitles` sets for one language and one film.

    Sound alone has no frames; its gaps are those of a film at 25 frames a second.
    """
    values = dict(subtitles)
    speeds = values.pop("max_chars_per_second")
    frames = values.pop("min_gap_frames")
    return Options(
        max_chars_per_second=float(speeds[language] if language in speeds else speeds["*"]),
        min_gap_ms=round(frames * 1000 / (frame_rate or 25.0)),
        **values,
    )


def cues(words: Sequence[Word], language: str, offset_ms: int, options: Options) -> list[Cue]:
    """Every word in exactly one cue, in order; cues never overlap and last at least 1 ms.

    `words` are in order. `offset_ms` is added to their times to get the film's; what would start
    before the film starts with it.
    """
    groups = divide(words, language, options)
    spans = times(groups, language, options)
    return [
        Cue(
            id=f"c{number:05d}",
            start_ms=max(0, start + offset_ms),
            end_ms=max(1, end + offset_ms),
            lines=lines([w.text for w in group], language, options),
            words=tuple(w.id for w in group),
        )
        for number, (group, (start, end)) in enumerate(zip(groups, spans, strict=True), 1)
    ]


def divide(words: Sequence[Word], language: str, options: Options) -> list[Sequence[Word]]:
    """The cheapest division of `words` into cues that fit the screen and the longest duration.

    A single word always may stand alone, even one that is too wide or too long.
    """
    count = len(words)
    space = width(join(["", ""], language))
    widths = [width(word.text) for word in words]
    breaks = [_break_cost(words, n, options) for n in range(count)]
    inside = [_inside_cost(words, n, options) for n in range(count)]
    best = [0.0, *[float("inf")] * count]
    first = [0] * (count + 1)
    for start in range(count):
        used_lines, line, total, cost_inside = 1, 0, 0, 0.0
        for end in range(start, count):
            alone = end == start
            if not alone:
                cost_inside += inside[end - 1]
            line += widths[end] + (space if line else 0)
            total += widths[end] + (0 if alone else space)
            if line > options.max_chars_per_line and not alone:
                used_lines, line = used_lines + 1, widths[end]
            too_long = words[end].end_ms - words[start].start_ms > options.max_duration_ms
            too_big = used_lines > options.max_lines or widths[end] > options.max_chars_per_line
            if (too_long or too_big) and not alone:
                break
            cost = (
                best[start]
                + _EACH_CUE
                + _SECOND_LINE * (used_lines - 1)
                + cost_inside
                + breaks[end]
                + _time_cost(words, start, end, total, options)
            )
            if cost < best[end + 1]:
                best[end + 1], first[end + 1] = cost, start
    groups = []
    end = count
    while end:
        groups.append(words[first[end] : end])
        end = first[end]
    return groups[::-1]


def _pause_after(words: Sequence[Word], n: int) -> int:
    return words[n + 1].start_ms - words[n].end_ms if n + 1 < len(words) else 0


def _break_cost(words: Sequence[Word], n: int, options: Options) -> float:
    if n + 1 == len(words) or ends_sentence(words[n].text):
        return 0.0
    pause = _pause_after(words, n)
    if pause > options.max_pause_ms:
        return 0.0
    cost = _BREAK_CLAUSE if ends_clause(words[n].text) else _BREAK_ANYWHERE
    return max(0.0, cost - _BREAK_PAUSE_REBATE * min(1.0, pause / 500))


def _inside_cost(words: Sequence[Word], n: int, options: Options) -> float:
    pause = _PAUSE_INSIDE if _pause_after(words, n) > options.max_pause_ms else 0.0
    return pause + (_SENTENCE_INSIDE if ends_sentence(words[n].text) else 0.0)


def _time_cost(words: Sequence[Word], start: int, end: int, chars: int, options: Options) -> float:
    """What it costs that a cue of these words must be read in the time it can have."""
    limit = words[start].start_ms + options.max_duration_ms
    if end + 1 < len(words):
        limit = min(limit, words[end + 1].start_ms - options.min_gap_ms)
    room = max(1, limit - words[start].start_ms)
    needed = chars * 1000 / options.max_chars_per_second
    fast = max(0.0, needed / room - 1)
    short = max(0.0, 1 - room / options.min_duration_ms) if options.min_duration_ms else 0.0
    return _TOO_FAST * min(fast, 3.0) + _TOO_SHORT * short


def times(
    groups: Sequence[Sequence[Word]], language: str, options: Options
) -> list[tuple[int, int]]:
    """When each cue shows: from its first sound, as long as it is read, before the next begins."""
    spans = []
    for number, group in enumerate(groups):
        start = group[0].start_ms
        last = number + 1 == len(groups)
        following = None if last else groups[number + 1][0].start_ms
        chars = width(join((w.text for w in group), language))
        end = max(
            group[-1].end_ms,
            start + options.min_duration_ms,
            start + round(chars * 1000 / options.max_chars_per_second),
        )
        end = min(end, start + options.max_duration_ms)
        if following is not None:
            latest = max(following - options.min_gap_ms, start + 1)
            gap = following - end
            closable = latest - start <= options.max_duration_ms
            end = latest if gap < options.close_gap_ms and closable else min(end, latest)
        spans.append((start, end))
    return spans


def lines(texts: Sequence[str], language: str, options: Options) -> tuple[str, ...]:
    """The words in as few lines as hold them, balanced, the lower longer, broken at a clause.

    Where no number of lines allowed is enough, one word being too wide, the widest line is as
    narrow as it can be.
    """
    whole = join(texts, language)
    if width(whole) <= options.max_chars_per_line or len(texts) == 1:
        return (whole,)
    limit = options.max_chars_per_line

    @cache
    def best(start: int, left: int) -> tuple[float, tuple[str, ...]]:
        rest = join(texts[start:], language)
        found: tuple[float, tuple[str, ...]] = (_line_cost(rest, limit), (rest,))
        if left == 1:
            return found
        for at in range(start + 1, len(texts)):
            upper = join(texts[start:at], language)
            cost, lower = best(at, left - 1)
            cost += _line_cost(upper, limit)
            cost += 0.0 if ends_clause(texts[at - 1]) or ends_sentence(texts[at - 1]) else 60.0
            cost += 30.0 if width(upper) > width(lower[0]) else 0.0
            if cost < found[0]:
                found = (cost, (upper, *lower))
        return found

    return best(0, options.max_lines)[1]


def _line_cost(text: str, limit: int) -> float:
    """Grows with the square of the width: equal lines are cheapest. Far more where too wide."""
    wide = width(text)
    return wide**2 / 4 + (1e6 * (wide - limit) if wide > limit else 0.0)


def overlaps(made: Sequence[Cue]) -> int:
    """How many cues begin before the one before them has ended."""
    return sum(b.start_ms < a.end_ms for a, b in pairwise(made))
