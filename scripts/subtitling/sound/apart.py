"""The two channels of a sound, each heard by itself.

All that listens hears one channel after the other, as one long sound (`media.read_speech_audio`):
`apart_ms` is how much later the second begins there. Documents have the film's times, and the
channel of each region and segment.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from subtitling import spans
from subtitling.documents import (
    Ear,
    Region,
    Rehearing,
    Removed,
    Segment,
    Speech,
    Transcript,
    Word,
)
from subtitling.media.audio_file import SPEECH_RATE, Sound
from subtitling.text import sentences
from subtitling.text.languages import join
from subtitling.text.sentences import End, Sentence, SentenceOptions, ends_of

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, Any]

CHANNELS = ("left", "right")  # by their numbers
# In a window, a channel is only a copy of the other where so much of its power is explained by the
# other's: nearly all of it, or half where it is softer, as a voice in another's microphone is.
_WINDOW_MS, _STEP_MS, _SLICE_MS = 1500, 500, 128
_EXPLAINED, _EXPLAINED_SOFTER, _SOFTER_DB = 0.8, 0.5, 6
_FIRST_SOFTER_DB = 3  # from which the first channel is the copy; else the second
_LOWEST_HZ = 200  # what hums is no speech
_REST_MS = 500  # that is left of speech beside a copy, and no speech of its own
_PAUSE_MS = 300  # at which somebody who is spoken over may be parted


Moved = TypeVar("Moved", Region, Word, Removed, Rehearing, Segment)
InChannel = TypeVar("InChannel", Region, Segment)


def moved(item: Moved, by_ms: int) -> Moved:
    """The item at another time, a segment with its words."""
    made = replace(item, start_ms=item.start_ms + by_ms, end_ms=item.end_ms + by_ms)
    words = getattr(made, "words", None)
    return replace(made, words=tuple(moved(word, by_ms) for word in words)) if words else made  # type: ignore[call-arg]


def in_a_row(items: Iterable[InChannel], apart_ms: int | None) -> list[InChannel]:
    """Regions or segments as they are heard, one channel after the other."""
    if apart_ms is None:
        return list(items)
    late = [moved(item, (item.channel or 0) * apart_ms) for item in items]
    return sorted(late, key=lambda item: item.start_ms)


def together(speech: Speech) -> Speech:
    """The speech of both channels as that of one sound, for words of which nobody knows who says
    them: regions of the two that overlap are one, with the id of the first."""
    if speech.apart_ms is None:
        return speech
    made: list[Region] = []
    for region in sorted(speech.regions, key=lambda region: region.start_ms):
        if made and region.start_ms < made[-1].end_ms:
            made[-1] = replace(made[-1], end_ms=max(made[-1].end_ms, region.end_ms))
        else:
            made.append(replace(region, channel=None))
    return replace(speech, regions=tuple(made), apart_ms=None)


def everywhere(some: Sequence[spans.Span], apart_ms: int | None) -> list[spans.Span]:
    """Spans of the film in both channels, as they are heard."""
    if apart_ms is None:
        return list(some)
    return [*some, *((start + apart_ms, end + apart_ms) for start, end in some)]


def regions_on_film(regions: Sequence[Region], apart_ms: int) -> list[Region]:
    """Regions that were heard in a row, in the film: those of both channels, by their start."""
    made = [
        replace(moved(region, -channel * apart_ms), channel=channel)
        for region in regions
        for channel in [region.start_ms // apart_ms]
    ]
    return sorted(made, key=lambda region: (region.start_ms, region.channel))


def ears_on_film(ears: Sequence[Ear], apart_ms: int) -> list[Ear]:
    """What each ear hears, in the film."""
    return [
        replace(ear, spans=tuple(spans.joined(spans_on_film(ear.spans, apart_ms), 0)))
        for ear in ears
    ]


def spans_on_film(some: Iterable[spans.Span], apart_ms: int | None) -> list[spans.Span]:
    """Spans of what was heard in a row, in the film."""
    if apart_ms is None:
        return list(some)
    return [
        (start - late, end - late) for start, end in some for late in [start // apart_ms * apart_ms]
    ]


def heard(transcript: Transcript, apart_ms: int | None) -> Transcript:
    """A transcript as it was heard, one channel after the other; what was taken out stays."""
    return replace(transcript, segments=tuple(in_a_row(transcript.segments, apart_ms)))


def on_film(transcript: Transcript, apart_ms: int | None) -> Transcript:
    """A transcript of what was heard in a row, in the film, a channel after the other."""
    if apart_ms is None:
        return transcript

    return replace(
        transcript,
        segments=tuple(
            replace(_back(segment, apart_ms), channel=segment.start_ms // apart_ms)
            for segment in transcript.segments
        ),
        removed=tuple(sorted((_back(r, apart_ms) for r in transcript.removed), key=_start)),
        rehearings=tuple(sorted((_back(r, apart_ms) for r in transcript.rehearings), key=_start)),
    )


def _back(item: Moved, apart_ms: int) -> Moved:
    return moved(item, -(item.start_ms // apart_ms) * apart_ms)


def by_time(transcript: Transcript) -> Transcript:
    """The transcripts of both channels as one, by time. Where somebody is spoken over, a segment is
    parted after its sentences and at its pauses, so that the other's words stand between; not one
    in which a name was corrected, or that was heard in another script. Segments and words are
    numbered anew."""
    if all(segment.channel is None for segment in transcript.segments):
        return transcript
    whole = {c.segment for c in transcript.corrections}
    parts: list[tuple[str, Segment]] = []
    for segment in transcript.segments:
        over = any(
            other.channel != segment.channel
            and other.start_ms < segment.end_ms
            and other.end_ms > segment.start_ms
            for other in transcript.segments
        )
        keep = not over or segment.id in whole or segment.heard is not None
        cut = [segment] if keep else _parted(segment, transcript.language)
        parts += [(segment.id, part) for part in cut]
    parts.sort(key=lambda row: (row[1].start_ms, row[1].channel))
    words = count(1)
    made, names = [], {}
    for n, (old, part) in enumerate(parts, 1):
        names[old] = name = f"{old[0]}{n:05d}"
        numbered = tuple(replace(word, id=f"w{next(words):05d}") for word in part.words)
        made.append(replace(part, id=name, words=numbered))
    corrections = [replace(c, segment=names[c.segment]) for c in transcript.corrections]
    return replace(transcript, segments=tuple(made), corrections=tuple(corrections))


def sentences_of(
    transcript: Transcript, options: SentenceOptions, starts: Collection[str]
) -> list[Sentence]:
    """The sentences of a transcript, see `sentences.sentences`: of two channels those of each, by
    their start, since who is spoken over goes on with a sentence."""
    channels = sorted({segment.channel for segment in transcript.segments}, key=str)
    made = [
        sentence
        for channel in channels
        for sentence in sentences.sentences(
            [word for s in transcript.segments if s.channel == channel for word in s.words],
            transcript.language, options, starts, transcript.word_languages,
        )
    ]  # fmt: skip
    if len(channels) > 1:
        made.sort(key=lambda sentence: sentence.start_ms)
    return [replace(sentence, id=f"s{n:05d}") for n, sentence in enumerate(made, 1)]


def sentences_in_a_row(
    asked: Sequence[Sentence], transcript: Transcript, apart_ms: int | None
) -> list[Sentence]:
    """Sentences of a transcript as they are heard, one channel after the other."""
    if apart_ms is None:
        return list(asked)
    second = {word.id for s in transcript.segments if s.channel == 1 for word in s.words}
    late = [
        replace(s, words=tuple(moved(word, apart_ms) for word in s.words))
        if s.words[0].id in second
        else s
        for s in asked
    ]
    return sorted(late, key=lambda sentence: sentence.start_ms)


def rehearings_on_film(rows: Sequence[Rehearing], apart_ms: int | None) -> list[Rehearing]:
    """What was heard again in a row, in the film."""
    if apart_ms is None:
        return list(rows)
    return [_back(row, apart_ms) for row in rows]


def _parted(segment: Segment, language: str) -> list[Segment]:
    words = segment.words
    ends = ends_of([word.text for word in words], language)
    cuts = [
        n
        for n, (word, after) in enumerate(pairwise(words), 1)
        if ends[n - 1] is End.CERTAIN or after.start_ms - word.end_ms >= _PAUSE_MS
    ]
    edges = [0, *cuts, len(words)]
    parts = [words[a:b] for a, b in pairwise(edges) if a < b]
    if len(parts) < 2:
        return [segment]
    return [
        replace(
            segment,
            start_ms=part[0].start_ms,
            end_ms=part[-1].end_ms,
            text=join((word.text for word in part), segment.language or language),
            words=part,
        )
        for part in parts
    ]


def own(audio: Sound, ears: Sequence[Ear], apart_ms: int) -> list[Ear]:
    """The ears without speech that is only a copy of the other channel's, and softer there: all of
    one channel where both are the same. `audio` and spans are in a row."""
    speech = [
        spans.joined(
            ((a - at, b - at) for ear in ears for a, b in ear.spans if a // apart_ms == channel), 0
        )
        for channel, at in enumerate((0, apart_ms))
    ]  # fmt: skip
    copies: list[list[spans.Span]] = [[], []]
    for start, end in spans.common(*speech):
        steps = range(start, end, _STEP_MS)
        softer_at = _steady([_copy(audio, at, apart_ms) for at in steps])
        for at, channel in zip(steps, softer_at, strict=True):
            if channel is not None:
                copies[channel].append((at, min(at + _STEP_MS, end)))
    softer = [
        *spans.joined(copies[0], 0),
        *((a + apart_ms, b + apart_ms) for a, b in spans.joined(copies[1], 0)),
    ]
    return [replace(ear, spans=tuple(_without(ear.spans, softer))) for ear in ears]


def _without(some: Sequence[spans.Span], copies: Sequence[spans.Span]) -> list[spans.Span]:
    """The spans without copies, and without the short rests beside these."""
    left = []
    for span in some:
        rest = spans.without([span], copies)
        left += rest if rest == [span] else [(a, b) for a, b in rest if b - a >= _REST_MS]
    return left


def _copy(audio: Sound, at_ms: int, apart_ms: int) -> int | None:
    """The channel that has only a copy of the other's sound in the window around a step."""
    import numpy as np

    start = max(0, at_ms - (_WINDOW_MS - _STEP_MS) // 2)
    first, second = (
        audio[a * SPEECH_RATE // 1000 : (a + _WINDOW_MS) * SPEECH_RATE // 1000]
        for a in (start, start + apart_ms)
    )
    powers = [float(np.square(each, dtype=np.float64).mean()) for each in (first, second)]
    if not all(powers):
        return None
    louder_db = 10 * np.log10(powers[0] / powers[1])
    channel = 0 if louder_db < -_FIRST_SOFTER_DB else 1
    least = _EXPLAINED_SOFTER if abs(louder_db) >= _SOFTER_DB else _EXPLAINED
    copy, other = (first, second) if channel == 0 else (second, first)
    return channel if explained(copy, other) >= least else None


def _steady(channels: Sequence[int | None]) -> list[int | None]:
    """Each decision by the majority of it and its neighbours."""
    steady = list(channels)
    for n in range(1, len(channels) - 1):
        if channels[n - 1] == channels[n + 1]:
            steady[n] = channels[n - 1]
    return steady


def explained(sound: "Samples", other: "Samples") -> float:
    """The share of a sound's power, 0 to 1, that another of the same length gives through any
    filter that is shorter than a slice: their magnitude-squared coherence, weighted by power.
    Two that have nothing in common have about 0.1."""
    import numpy as np

    size = _SLICE_MS * SPEECH_RATE // 1000
    low = _LOWEST_HZ * size // SPEECH_RATE
    places = range(0, len(sound) - size + 1, size // 4)
    if not places:
        return 0.0
    hann = np.hanning(size)
    one, two = (
        np.fft.rfft(np.stack([each[at : at + size] for at in places]) * hann)[:, low:]
        for each in (sound, other)
    )
    shared = np.square(np.abs((one * two.conj()).sum(axis=0)))
    known, power = (np.square(np.abs(each)).sum(axis=0) for each in (two, one))
    return float((shared / np.maximum(known, np.finfo(float).tiny)).sum() / max(power.sum(), 1e-30))


def _start(row: Removed | Rehearing) -> int:
    return row.start_ms
