"""Voice activity detection: the union of several models' speech, as regions to recognise."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from subtitling import spans
from subtitling.documents import Ear, Region
from subtitling.media.audio_file import SPEECH_RATE, WINDOW_MS, Sound
from subtitling.runtime import allocator
from subtitling.runtime.progress import Progress
from subtitling.sound import pyannet

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, Any]


# In samples, a whole number of frames. The model's windows are 5 s long; pyannote takes one every
# 0.5 s, for 2.6 times the work and no fewer errors.
_STEP = 80 * pyannet.FRAME
_BATCH = 16  # windows
# In samples, of Silero's model: a step, what it hears of the one before, and a piece of the film.
_SILERO_STEP = 512
_CONTEXT = 64
_SILERO_PIECE = 10_000 * _SILERO_STEP


@dataclass(frozen=True)
class VadOptions:
    """Hysteresis after Gelly and Gauvain, "Minimum Word Error Training of RNN-based Voice Activity
    Detection" (Interspeech 2015). Probabilities are 0 to 1, see `vad` in the configuration."""

    onset: float
    offset: float
    min_speech_ms: int
    min_silence_ms: int
    max_region_ms: int
    margin_ms: int


@dataclass(frozen=True)
class Scores:
    """Probabilities of speech, shape (frames,): one each `step_ms` from `first_ms` on."""

    values: "Values"
    first_ms: float
    step_ms: float

    def mean(self, start_ms: int, end_ms: int) -> float:
        """The mean probability over a stretch; 0 where it has no frame."""
        first, last = (round((at - self.first_ms) / self.step_ms) for at in (start_ms, end_ms))
        part = self.values[max(0, first) : max(0, last)]
        return float(part.mean()) if len(part) else 0.0


# The moment in [start, end] ms at which the sound is quietest.
Quietest = Callable[[int, int], int]


def speech(scores: Scores, options: VadOptions) -> list[spans.Span]:
    """Spans of one model's speech, in ms, from one probability of speech a frame."""
    step_ms = scores.step_ms
    runs = spans.above(scores.values, options.onset, options.offset)
    # A gap of the minimum length is kept; `joined` also closes a gap of its limit's length.
    runs = spans.joined(runs, ceil(options.min_silence_ms / step_ms) - 1)
    return [
        (max(0, round(scores.first_ms + start * step_ms)), round(scores.first_ms + end * step_ms))
        for start, end in runs
        if (end - start) * step_ms >= options.min_speech_ms
    ]


def regions(
    ears: Sequence[Ear], scores: Scores, total_ms: int, options: VadOptions, quietest: Quietest
) -> list[Region]:
    """Speech regions, in order and disjoint: what any of the ears hears, cut where too long.

    Each has a margin on both sides, for a recogniser drops what begins with the first sample that
    it is given: `margin_ms` where the pause has room for both sides, less where the margins meet at
    its quietest moment, none where speech was cut. With its margins, no region is longer than a
    window of the recogniser. `scores` are those of the model that gives a region's score.
    """
    detected = spans.joined(
        (span for ear in ears for span in ear.spans), options.min_silence_ms - 1
    )
    detected = [(start, min(end, total_ms)) for start, end in detected if start < total_ms]
    if not detected:
        return []
    longest = min(options.max_region_ms, WINDOW_MS - 2 * options.margin_ms)
    detected = [piece for span in detected for piece in _cut(span, longest, quietest)]
    pauses = [(a[1], b[0]) for a, b in pairwise(detected)]
    edges = [0, *(_edge(*pause, options.margin_ms, quietest) for pause in pauses), total_ms]
    return [
        Region(
            id=f"r{number:05d}",
            start_ms=start,
            end_ms=end,
            score=round(scores.mean(start, end), 4),
            margin_before_ms=min(options.margin_ms, start - before),
            margin_after_ms=min(options.margin_ms, after - end),
        )
        for number, ((start, end), (before, after)) in enumerate(
            zip(detected, pairwise(edges), strict=True), 1
        )
    ]


def _edge(start_ms: int, end_ms: int, margin_ms: int, quietest: Quietest) -> int:
    """The moment that divides a pause between its two sides: the quietest of its inner half if it
    is too short for two margins."""
    quarter = (end_ms - start_ms) // 4
    if end_ms - start_ms >= 2 * margin_ms or not quarter:
        return (start_ms + end_ms) // 2
    return quietest(start_ms + quarter, end_ms - quarter)


def _cut(span: spans.Span, longest_ms: int, quietest: Quietest) -> list[spans.Span]:
    """Divide a span that is too long where its second half, as far as it may go, is quietest."""
    start, end = span
    parts = []
    while end - start > longest_ms:
        at = min(max(quietest(start + longest_ms // 2, start + longest_ms), start + 1), end - 1)
        parts.append((start, at))
        start = at
    return [*parts, (start, end)]


def by_pyannote(audio: Sound, model: Path, threads: int, progress: Progress) -> Scores:
    """Scores by pyannote's segmentation model, a checkpoint that `pyannet` reads.

    A frame's score is the mean over the windows that it is in, under Hamming's window, as
    `pyannote.audio.Inference` has it.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    allocator.keep_freed_memory()
    network = pyannet.read(model)
    window = network.duration_ms * SPEECH_RATE // 1000
    starts = range(0, max(1, len(audio) - window + _STEP), _STEP) if len(audio) else range(0)
    size = max(1, min(_BATCH, ceil(len(starts) / threads)))
    batches = [starts[at : at + size] for at in range(0, len(starts), size)]

    def heard(some: range) -> "Values":
        sound: Values = np.zeros((len(some), window), np.float32)
        for row, start in zip(sound, some, strict=True):
            part = audio[start : start + window]
            row[: len(part)] = part
        return network.speech(sound)

    last = len(audio) // pyannet.FRAME + 1 if len(starts) else 0
    taper = np.hamming(pyannet.frames(window))
    values: Values = np.zeros(last + len(taper), np.float32)
    weights: Values = np.zeros_like(values)
    # Each thread has windows of its own: numpy's threads for one product only wait for each other.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        for done, (some, speech) in enumerate(zip(batches, pool.map(heard, batches), strict=True)):
            for start, row in zip(some, speech, strict=True):
                place = slice(start // pyannet.FRAME, start // pyannet.FRAME + len(taper))
                values[place] += row * taper
                weights[place] += taper
            progress(done + 1, len(batches))
    mean = values[:last] / np.maximum(weights[:last], np.finfo(np.float32).tiny)
    first_ms = pyannet.FIELD / 2 * 1000 / SPEECH_RATE
    return Scores(mean, first_ms, pyannet.FRAME * 1000 / SPEECH_RATE)


def by_silero(audio: Sound, model: Path, _threads: int, progress: Progress) -> Scores:
    """Scores by Silero's model, one each 512 samples; it keeps its state from piece to piece."""
    import numpy as np
    import onnxruntime

    choices = onnxruntime.SessionOptions()
    choices.inter_op_num_threads = choices.intra_op_num_threads = 1
    choices.log_severity_level = 4
    network = onnxruntime.InferenceSession(
        str(model), sess_options=choices, providers=["CPUExecutionProvider"]
    )
    state: dict[str, Values] = {name: np.zeros((1, 1, 128), np.float32) for name in ("h", "c")}
    before: Values = np.zeros(_CONTEXT, np.float32)
    values = []
    for begin in range(0, len(audio), _SILERO_PIECE):
        sound = audio[begin : begin + _SILERO_PIECE]
        rows = np.pad(sound, (0, -len(sound) % _SILERO_STEP)).reshape(-1, _SILERO_STEP)
        # Each step is heard with the last samples of the one before.
        ends = np.vstack([before, rows[:-1, -_CONTEXT:]])
        scores, *kept = network.run(None, {"input": np.hstack([ends, rows]), **state})
        state = dict(zip(state, kept, strict=True))
        before = rows[-1, -_CONTEXT:]
        values.append(scores.reshape(-1))
        progress(begin + len(sound), len(audio))
    step_ms = _SILERO_STEP * 1000 / SPEECH_RATE
    return Scores(np.concatenate(values or [np.zeros(0)]), 0, step_ms)


# By the name of a model's file in the store: the engine that reads it.
ENGINES = {"pytorch_model.bin": by_pyannote, "silero_vad_v6.onnx": by_silero}
