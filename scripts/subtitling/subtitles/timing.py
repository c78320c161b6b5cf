"""The times of cues: in-times with the sound and at cuts, out-times that leave time to read."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import partial
from math import ceil, inf

from subtitling.subtitles import marks
from subtitling.subtitles.division import WEIGHTS, Weights
from subtitling.subtitles.frames import FrameRules
from subtitling.subtitles.units import Unit

_MOST_SHIFTS = 12  # in each direction; a longer range is searched in larger steps
CUT_NEAR_MS = 500  # an in-time at most so long after a cut, or an out-time so near, moves to it
_REACH = 4  # cues on either side of a hurried one whose in-times may move


def times(
    groups: Sequence[Sequence[Unit]],
    last_frame: int,
    cuts: Sequence[int],
    limit: FrameRules,
    weights: Weights = WEIGHTS,
) -> list[tuple[int, int]]:
    """The frames of each cue, first and after the last: from its first sound, as long as it takes
    to read, until before the next begins.

    Where that is too short, in-times near it move, all together and as little as possible: into the
    silence before, then into the time that neighbours do not need.
    """
    needs = [
        limit.needed(group[-1].last - group[0].first + marks.width(group, limit))
        for group in groups
    ]
    ends = [max(unit.end for unit in group) for group in groups]
    sounds: list[int] = []
    for n, group in enumerate(groups):
        earliest = sounds[-1] + 1 + limit.gap if sounds else 0
        free = max(earliest, ends[n - 1] + limit.gap if n else 0)
        sounds.append(max(earliest, _in_at_cut(group[0].start, free, cuts, limit)))
    bounds = (
        [*sounds[1:], max(last_frame + limit.gap, sounds[-1] + 1 + limit.gap)] if groups else []
    )
    outs = partial(out_time, limit=limit)
    hurried = [
        outs(sounds[n], ends[n], needs[n], bounds[n]) - sounds[n] < needs[n]
        for n in range(len(groups))
    ]
    starts = _shifted(groups, sounds, ends, needs, bounds[-1:], hurried, limit, weights)
    following = [*starts[1:], *bounds[-1:]]
    spans = []
    for n, start in enumerate(starts):
        end = outs(start, ends[n], needs[n], following[n])
        latest = following[n] - limit.gap
        if n + 1 < len(starts) and following[n] - end < limit.close_gap:
            if latest - start <= limit.longest:
                end = latest
            elif following[n] - limit.close_gap >= max(ends[n], start + needs[n]):
                end = following[n] - limit.close_gap
        if following[n] - end > limit.gap:
            least = max(ends[n], min(end, start + needs[n]))
            end = _out_at_cut(start, end, least, following[n], cuts, limit)
        spans.append((start, end))
    return spans


def _in_at_cut(sound: int, free: int, cuts: Sequence[int], limit: FrameRules) -> int:
    """The in-time: at the cut nearest to the sound, not before the frame `free`, or at the sound.

    A sound that is too early to wait for a cut, and less than half a second before it, comes half a
    second before it, where that is free. Netflix Timed Text Style Guide, Subtitle Timing
    Guidelines; frames at the film's own rate.
    """
    reach, half = limit.frames.at(CUT_NEAR_MS), limit.frames.half_second
    held = bisect_right(cuts, sound + limit.frames.hold)
    if near := cuts[bisect_left(cuts, max(free, sound - reach)) : held]:
        return min(near, key=lambda cut: abs(cut - sound))
    pulled = next((cut - half for cut in cuts[held : held + 1] if cut - half < sound), sound)
    return pulled if pulled >= free else sound


def _out_at_cut(
    start: int, end: int, least: int, following: int, cuts: Sequence[int], limit: FrameRules
) -> int:
    """The out-time: two frames before the nearest cut, if that is not before `least` and leaves the
    gap to the next cue; else `end`."""
    reach = limit.frames.at(CUT_NEAR_MS)
    near = cuts[bisect_left(cuts, end - reach) : bisect_right(cuts, end + reach)]
    for cut in sorted(near, key=lambda cut: abs(cut - end)):
        out = cut - limit.gap
        room = following - out
        fits = max(least, start + 1) <= out <= start + limit.longest
        if fits and (room == limit.gap or room >= limit.close_gap):
            return out
    return end


def out_time(start: int, sound_end: int, need: int, following: int, limit: FrameRules) -> int:
    """The out-time of a cue from `start`, the next one coming at `following`."""
    end = min(max(sound_end, start + need), start + limit.longest, following - limit.gap)
    return max(end, start + 1)


def _shifted(
    groups: Sequence[Sequence[Unit]],
    sounds: Sequence[int],
    ends: Sequence[int],
    needs: Sequence[int],
    final: Sequence[int],
    hurried: Sequence[bool],
    limit: FrameRules,
    weights: Weights,
) -> list[int]:
    """In-times by the cheapest path through a chain, whose nodes are each cue's possible ones."""
    choices = []
    read = 0  # the frame at which all cues before have been read
    for n, group in enumerate(groups):
        near = any(hurried[max(0, n - _REACH) : n + _REACH + 1])
        read = max(sounds[n], read)
        possible = _choices(group[0], sounds[n], read, limit, weights)
        choices.append(possible if near else [sounds[n]])
        read += needs[n] + limit.gap
    if not choices:
        return []
    ways: list[list[int]] = []
    costs = [_sync_cost(sounds[0], s, limit, weights) for s in choices[0]]
    for n in range(1, len(groups)):
        way, now = [], []
        for following in choices[n]:
            cheapest, chosen = inf, 0
            for k, start in enumerate(choices[n - 1]):
                if costs[k] < cheapest and start + 1 + limit.gap <= following:
                    cost = costs[k] + _stay_cost(
                        start, ends[n - 1], needs[n - 1], following, limit, weights
                    )
                    if cost < cheapest:
                        cheapest, chosen = cost, k
            way.append(chosen)
            now.append(cheapest + _sync_cost(sounds[n], following, limit, weights))
        ways.append(way)
        costs = now
    total = [
        cost + _stay_cost(start, ends[-1], needs[-1], final[0], limit, weights)
        for start, cost in zip(choices[-1], costs, strict=True)
    ]
    k = total.index(min(total))
    starts = [choices[-1][k]]
    for n in range(len(groups) - 1, 0, -1):
        k = ways[n - 1][k]
        starts.append(choices[n - 1][k])
    return starts[::-1]


def _choices(unit: Unit, sound: int, read: int, limit: FrameRules, weights: Weights) -> list[int]:
    """The possible in-times of a cue: around its sound, and `read`, if it is in reach."""
    inner = unit.estimated and not unit.sentence_starts
    reach = limit.frames.at(weights.borrow_estimated_ms if inner else weights.borrow_ms)
    step = max(1, ceil(reach / _MOST_SHIFTS))
    shifts = range(-(reach // step), reach // step + 1)
    candidates = {sound + shift * step for shift in shifts} | (
        {read} if read <= sound + reach else set()
    )
    return sorted(frame for frame in candidates if frame >= 0)


def _sync_cost(sound: int, start: int, limit: FrameRules, weights: Weights) -> float:
    off = abs(start - sound)
    cost = off * (weights.early if start < sound else weights.late)
    return cost + weights.out_of_sync * max(0, off - limit.rules.max_in_time_frames)


def _stay_cost(
    start: int, sound_end: int, need: int, following: int, limit: FrameRules, weights: Weights
) -> float:
    end = out_time(start, sound_end, need, following, limit)
    return weights.unread * max(0, start + need - end) + weights.sound_cut * max(0, sound_end - end)
