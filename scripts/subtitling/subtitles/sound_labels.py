"""Labels of music and applause for those who cannot hear them: cues without words, placed where
there is no other cue."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from subtitling import spans
from subtitling.documents import Cue, EventKind, Events
from subtitling.subtitles.frames import FrameRules

_SHOWN_MS = 3000  # long enough to read a label; then the picture is free again


def labelled(
    made: Sequence[Cue],
    events: Events,
    sung_ms: Sequence[spans.Span],
    offset_ms: int,
    limit: FrameRules,
    least_ms: Mapping[EventKind, int],
) -> list[Cue]:
    """The cues with a label for each sound of a kind in `least_ms`, such as music, that has a
    stretch of at least that duration without speech, singing and cues; the label starts with the
    first such stretch, once a sound. Of simultaneous kinds, the first named takes precedence.

    `events` and `sung_ms` are on the clock of the sound, `offset_ms` later on the film's. A label
    keeps a distance from its neighbours at which cues need not be closed up, so that neither it
    nor they break a rule. All cues are renumbered.
    """
    frames = limit.frames
    voices = spans.joined([*events.spans("speech", "singing"), *sung_ms], 0)
    taken = spans.joined((_taken(cue, limit) for cue in made), 0)
    labels: list[Cue] = []
    for kind, least in least_ms.items():
        for sound in events.spans(kind):
            quiet = [
                (frames.count(max(0, start + offset_ms)), frames.at(max(0, end + offset_ms)))
                for start, end in spans.without([sound], voices)
            ]
            free = (
                span
                for span in spans.without(quiet, taken)
                if span[1] - span[0] >= max(limit.shortest, frames.count(least))
            )
            if first := next(free, None):
                labels.append(_label(first, limit, kind))
                taken = spans.joined([*taken, _taken(labels[-1], limit)], 0)
    every = sorted([*made, *labels], key=lambda cue: cue.start_ms)
    return [replace(cue, id=f"c{number:05d}") for number, cue in enumerate(every, 1)]


def rule_of(kind: str) -> str:
    """The name of the rule that holds the label of a kind of sound."""
    return f"{kind}_label"


def _taken(cue: Cue, limit: FrameRules) -> spans.Span:
    """The frames around a cue that a label must not use."""
    start, end = limit.frames.nearest(cue.start_ms), limit.frames.nearest(cue.end_ms)
    return max(0, start - limit.close_gap), end + limit.close_gap


def _label(free: spans.Span, limit: FrameRules, kind: str) -> Cue:
    text, frames = getattr(limit.rules, rule_of(kind)), limit.frames
    shown = min(limit.longest, max(limit.needed(len(text)), frames.at(_SHOWN_MS)))
    start, end = free[0], min(free[1], free[0] + shown)
    return Cue("", frames.ms(start), frames.ms(end), (text,), (), sound=kind)
