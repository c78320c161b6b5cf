"""Where somebody speaks: from the model's probabilities to speech regions."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from subtitling import checkpoints, offline, spans
from subtitling.media import SPEECH_RATE, Sound
from subtitling.model import Region

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, Any]

Progress = Callable[[float, float], None]

# In samples, each a whole number of pyannote's frames (270), and the margin of steps. The model
# hears windows of 5 s; pyannote takes one every 0.5 s, for 2.6 times the work and no fewer errors.
_STEP = 21_600
_MARGIN = 10 * _STEP
_PIECE = 40 * _MARGIN


@dataclass(frozen=True)
class Options:
    """Hysteresis after Gelly and Gauvain, "Minimum Word Error Training of RNN-based Voice Activity
    Detection" (Interspeech 2015). Probabilities are 0 to 1, see `vad` in the configuration."""

    onset: float
    offset: float
    min_speech_ms: int
    min_silence_ms: int
    max_region_ms: int


@dataclass(frozen=True)
class Scores:
    """Probabilities of speech, shape (frames,): one each `step_ms` from `first_ms` on."""

    values: "Values"
    first_ms: float
    step_ms: float


def regions(found: Scores, options: Options) -> list[Region]:
    """Speech regions, in order and apart, from one probability of speech a frame."""
    scores, first_ms, step_ms = found.values, found.first_ms, found.step_ms
    runs = spans.above(scores, options.onset, options.offset)
    # A gap of the least length is kept; `joined` closes one of its limit.
    runs = spans.joined(runs, ceil(options.min_silence_ms / step_ms) - 1)
    runs = [(start, end) for start, end in runs if (end - start) * step_ms >= options.min_speech_ms]
    longest = max(2, int(options.max_region_ms / step_ms))
    runs = [piece for run in runs for piece in _cut(scores, *run, longest)]
    return [
        Region(
            id=f"r{number:05d}",
            start_ms=max(0, round(first_ms + start * step_ms)),
            end_ms=round(first_ms + end * step_ms),
            score=round(float(scores[start:end].mean()), 4),
        )
        for number, (start, end) in enumerate(runs, 1)
    ]


def _cut(scores: "Values", start: int, end: int, longest: int) -> list[tuple[int, int]]:
    """Divide a span that is too long where its second half is least likely to be speech."""
    pieces = []
    while end - start > longest:
        half = start + longest // 2
        at = half + int(scores[half : start + longest].argmin())
        pieces.append((start, at))
        start = at
    return [*pieces, (start, end)]


def pieces(total: int, longest: int, margin: int) -> list[tuple[int, int, int, int]]:
    """Sound of `total` samples in pieces that a model hears one at a time: from and to where it
    listens, which is up to `margin` more on both sides than from and to where it is believed."""
    return [
        (max(0, at - margin), min(total, at + longest + margin), at, min(total, at + longest))
        for at in range(0, total, longest)
    ]


def by_pyannote(audio: Sound, model: Path, device: str, progress: Progress) -> Scores:
    """By pyannote's segmentation model. `model` must have been verified by its sum.

    Pieces begin where the model's windows and its frames do, and the margin is more than a window,
    so that the scores are those of the whole sound in one.
    """
    offline.enforce()
    import numpy as np
    import torch
    from pyannote.audio import Inference

    inference = Inference(
        checkpoints.load(model, "PyanNet"),
        device=torch.device(device),
        batch_size=32,
        step=_STEP / SPEECH_RATE,
        # The model tells three speakers apart; somebody speaks where any of them does.
        pre_aggregation_hook=lambda scores: np.max(scores, axis=-1, keepdims=True),
    )
    values = []
    for begin, end, start, stop in pieces(len(audio), _PIECE, _MARGIN):
        waveform = torch.from_numpy(audio[begin:end])[None]
        found = inference({"waveform": waveform, "sample_rate": SPEECH_RATE})
        window = found.sliding_window
        # The last frame of the sound is one more than fit in whole.
        first, last = (round((at - begin) / SPEECH_RATE / window.step) for at in (start, stop))
        last = last if stop < len(audio) else int((end - begin) / SPEECH_RATE / window.step) + 1
        values.append(found.data[first:last, 0])
        progress(stop, len(audio))
    if not values:
        return Scores(np.zeros(0, np.float32), 0, 1)
    first_ms = (window.start + window.duration / 2) * 1000
    return Scores(np.concatenate(values), first_ms, window.step * 1000)


def by_silero(audio: Sound, model: Path, _device: str, progress: Progress) -> Scores:
    """By Silero's model, which is quick on the CPU and runs nowhere else."""
    offline.enforce()
    import numpy as np
    from faster_whisper.vad import SileroVADModel

    network = SileroVADModel(str(model))
    step = 512
    values = []
    for begin, end, start, stop in pieces(len(audio), 18_750 * step, 250 * step):
        sound = audio[begin:end]
        padded = np.pad(sound, (0, -len(sound) % step))
        scores = network(padded).reshape(-1)
        values.append(scores[(start - begin) // step : -(-(stop - begin) // step)])
        progress(stop, len(audio))
    step_ms = step * 1000 / SPEECH_RATE
    return Scores(np.concatenate(values or [np.zeros(0)]), 0, step_ms)


# By the name of the file that the store holds of a model: who can read it.
ENGINES = {"pytorch_model.bin": by_pyannote, "silero_vad_v6.onnx": by_silero}
