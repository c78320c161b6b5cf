"""Labels of music and other sounds for those who cannot hear them: cues without words, placed where
there is no other cue."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from subtitling import spans
from subtitling.documents import Cue, EventKind, Events, Mood, Noise, Song
from subtitling.subtitles.frames import FrameRules
from subtitling.subtitles.rules import Rules
from subtitling.text.cleaning import clean

MOODS: tuple[Mood, ...] = get_args(Mood)
NOISES: tuple[Noise, ...] = get_args(Noise)
_SHOWN_MS = 3000  # long enough to read a label; then the picture is free again
_AGAIN_MS = 10_000  # a noise that is heard again sooner is the same to a viewer


@dataclass(frozen=True)
class Sounds:
    """What is heard besides words: the `events` and the spans that are `sung`, on the clock of the
    sound, which is `offset_ms` ahead of the film's; the `songs` whose titles are known, on the
    film's; and the `moods` of music that the track's language has words for."""

    events: Events
    sung_ms: Sequence[spans.Span] = ()
    offset_ms: int = 0
    songs: Sequence[Song] = ()
    moods: Collection[Mood] = ()

    def in_film(self, kind: EventKind) -> list[spans.Span]:
        """The stretches of a kind on the film's clock."""
        return [
            (max(0, start + self.offset_ms), max(0, end + self.offset_ms))
            for start, end in self.events.spans(kind)
        ]


def labelled(
    made: Sequence[Cue], sounds: Sounds, limit: FrameRules, least_ms: Mapping[EventKind, int]
) -> list[Cue]:
    """The cues with a label for each sound of a kind in `least_ms`, such as music, that has a
    stretch of at least that duration without speech, singing and cues; the label starts with the
    first such stretch, once a sound. Of simultaneous kinds, the first named takes precedence.

    A label keeps a distance from its neighbours at which cues need not be closed up, so that
    neither it nor they break a rule. All cues are renumbered.
    """
    frames = limit.frames
    voices = spans.joined([*sounds.events.spans("speech", "singing"), *sounds.sung_ms], 0)
    taken = spans.joined((_taken(cue, limit) for cue in made), 0)
    labels: list[Cue] = []
    for kind, least in least_ms.items():
        last_ms = -_AGAIN_MS
        for sound in sounds.events.spans(kind):
            quiet = [
                tuple(max(0, ms + sounds.offset_ms) for ms in span)
                for span in spans.without([sound], voices)
            ]
            inside = [(frames.count(start), frames.at(end)) for start, end in quiet]
            free = (
                span
                for span in spans.without(inside, taken)
                if span[1] - span[0] >= max(limit.shortest, frames.count(least))
            )
            again = kind in NOISES and sound[0] - last_ms < _AGAIN_MS
            if not again and (first := next(free, None)):
                labels.append(_label(first, sounds, limit, kind))
                taken = spans.joined([*taken, _taken(labels[-1], limit)], 0)
                last_ms = sound[1]
    every = sorted([*made, *labels], key=lambda cue: cue.start_ms)
    return [replace(cue, id=f"c{number:05d}") for number, cue in enumerate(every, 1)]


def rule_of(kind: str) -> str:
    """The name of the rule that holds the label of a kind of sound."""
    return f"{kind}_label"


def _taken(cue: Cue, limit: FrameRules) -> spans.Span:
    """The frames around a cue that a label must not use."""
    start, end = limit.frames.nearest(cue.start_ms), limit.frames.nearest(cue.end_ms)
    return max(0, start - limit.close_gap), end + limit.close_gap


def _label(free: spans.Span, sounds: Sounds, limit: FrameRules, kind: EventKind) -> Cue:
    frames = limit.frames
    stretch = frames.ms(free[0]), frames.ms(free[1])
    text = _of_music(stretch, sounds, limit.rules) if kind == "music" else None
    text = text or getattr(limit.rules, rule_of(kind))
    shown = min(limit.longest, max(limit.needed(len(text)), frames.at(_SHOWN_MS)))
    start, end = free[0], min(free[1], free[0] + shown)
    return Cue("", frames.ms(start), frames.ms(end), (text,), (), sound=kind)


def _of_music(stretch: spans.Span, sounds: Sounds, rules: Rules) -> str | None:
    """The label of music by its title, or by its mood, of which more than half of the stretch is;
    None where neither is known."""
    for song in sounds.songs:
        text = rules.title_label.replace("{title}", clean(song.title))
        if (
            _covers([(song.start_ms, song.end_ms)], stretch)
            and len(text) <= rules.max_chars_per_line
        ):
            return text
    for mood in sounds.moods:
        if _covers(sounds.in_film(mood), stretch):
            return str(getattr(rules, rule_of(mood)))
    return None


def _covers(parts: Sequence[spans.Span], stretch: spans.Span) -> bool:
    return spans.share(stretch, parts) > 0.5
