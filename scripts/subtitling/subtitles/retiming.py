"""In- and out-times of cues that a person has rewritten, split or joined, from the sound.

A rewritten cue shows words that were timed by the sound (see `edits.merged`): it comes with the
first of them and stays until the last has ended and it can be read. Untouched cues, and those whose
times alone a person has changed, stay to the millisecond.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from subtitling.documents import Change, Cue, Word
from subtitling.subtitles import timing
from subtitling.subtitles.formats.track_file import clock
from subtitling.subtitles.frames import FrameRules
from subtitling.text.languages import width


@dataclass(frozen=True)
class Retimed:
    """Cues with their new times; `kept` says, for each rewritten cue that has its old ones, why."""

    cues: list[Cue]
    kept: list[str]


def retimed(
    cues: Sequence[Cue],
    rewritten: Collection[str],
    words: Sequence[Word],
    offset_ms: int,
    length_ms: int,
    limit: FrameRules,
) -> Retimed:
    """Give the cues with the ids `rewritten` the times of their words.

    `cues` are in order, with the ids of the `words` that they show, whose times are on the clock of
    the sound, `offset_ms` later on the film's. The film lasts `length_ms`.
    """
    spans = _spans(cues, rewritten, words, offset_ms, limit)
    last = limit.frames.at(length_ms) + limit.gap
    made: list[Cue] = []
    kept = []
    free = 0  # the first frame at which a cue may begin
    for n, cue in enumerate(cues):
        if cue.id in rewritten:
            start, sound_end = spans.get(cue.id, (0, 0))
            start = max(start, free)
            following = next((_start(each, spans, limit) for each in cues[n + 1 :]), last)
            if cue.id not in spans:
                kept.append(f"{clock(cue.start_ms)} {' '.join(cue.lines)!r}: no word in the sound")
            elif start + 1 + limit.gap > following:
                kept.append(f"{clock(cue.start_ms)} {' '.join(cue.lines)!r}: no room for it")
            else:
                end = timing.out_time(start, sound_end, limit.needed(_chars(cue)), following, limit)
                cue = replace(cue, start_ms=limit.frames.ms(start), end_ms=limit.frames.ms(end))
        made.append(cue)
        free = max(free, limit.frames.count(cue.end_ms) + limit.gap)
    return Retimed(made, kept)


def rewritten(changes: Sequence[Change]) -> frozenset[str]:
    """The ids of the cues whose words a person has changed, split, joined or added."""
    return frozenset(
        change.cue
        for change in changes
        if change.cue and {"text", "added"} & {*change.what.split()}
    )


def _spans(
    cues: Sequence[Cue],
    rewritten: Collection[str],
    words: Sequence[Word],
    offset_ms: int,
    limit: FrameRules,
) -> Mapping[str, tuple[int, int]]:
    """By id, the frames from the first word of a rewritten cue to the end of its last."""
    by_id = {word.id: word for word in words}
    spans = {}
    for cue in cues:
        shown = [by_id[i] for i in cue.words if i in by_id]
        if cue.id in rewritten and shown:
            start, end = shown[0].start_ms + offset_ms, max(w.end_ms for w in shown) + offset_ms
            spans[cue.id] = limit.frames.at(max(0, start)), limit.frames.count(max(0, end))
    return spans


def _start(cue: Cue, spans: Mapping[str, tuple[int, int]], limit: FrameRules) -> int:
    return spans[cue.id][0] if cue.id in spans else limit.frames.at(cue.start_ms)


def _chars(cue: Cue) -> int:
    """The number of characters that are read, a line break counting as one."""
    return width(" ".join(cue.lines))
