"""Where somebody speaks: from the model's probabilities to speech regions."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from subtitling import offline
from subtitling.model import Region

if TYPE_CHECKING:
    import numpy as np

    Scores = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Options:
    """Hysteresis after Gelly and Gauvain, "Minimum Word Error Training of RNN-based Voice Activity
    Detection" (Interspeech 2015). Probabilities are 0 to 1, see `vad` in the configuration."""

    onset: float
    offset: float
    min_speech_ms: int
    min_silence_ms: int
    max_region_ms: int


def regions(scores: "Scores", first_ms: float, step_ms: float, options: Options) -> list[Region]:
    """Speech regions, in order and apart, from one probability of speech a frame.

    `scores` has shape (frames,); frame n stands for the time `first_ms + n * step_ms`.
    """
    spans = _hysteresis(scores, options.onset, options.offset)
    spans = _joined(spans, options.min_silence_ms / step_ms)
    spans = [s for s in spans if (s[1] - s[0]) * step_ms >= options.min_speech_ms]
    longest = max(2, int(options.max_region_ms / step_ms))
    spans = [piece for span in spans for piece in _cut(scores, *span, longest)]
    return [
        Region(
            id=f"r{number:05d}",
            start_ms=max(0, round(first_ms + start * step_ms)),
            end_ms=round(first_ms + end * step_ms),
            score=round(float(scores[start:end].mean()), 4),
        )
        for number, (start, end) in enumerate(spans, 1)
    ]


def _hysteresis(scores: "Scores", onset: float, offset: float) -> list[tuple[int, int]]:
    """Runs of frames [start, end): begun above `onset`, ended below `offset`."""
    import numpy as np

    # The state changes only at frames above onset (on) or below offset (off); in between it stays.
    mark = np.where(scores > onset, 1, np.where(scores < offset, -1, 0))
    at = np.maximum.accumulate(np.where(mark != 0, np.arange(len(mark)), -1))
    active = np.where(at >= 0, mark[at], -1) > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _joined(spans: list[tuple[int, int]], least_gap: float) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < least_gap:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _cut(scores: "Scores", start: int, end: int, longest: int) -> list[tuple[int, int]]:
    """Divide a span that is too long where its second half is least likely to be speech."""
    pieces = []
    while end - start > longest:
        half = start + longest // 2
        at = half + int(scores[half : start + longest].argmin())
        pieces.append((start, at))
        start = at
    return [*pieces, (start, end)]


def speech_scores(
    audio: "np.ndarray[Any, Any]",
    model: Path,
    device: str,
    progress: Callable[[float, float], None],
) -> tuple["Scores", float, float]:
    """Probability of speech a frame by pyannote's segmentation model.

    `audio` is mono float32 at 16 kHz. Returns the scores, the time of the first frame and the step
    between frames, both in ms. `model` must have been verified by its sum.
    """
    offline.enforce()
    import numpy as np
    import torch
    from pyannote.audio import Inference

    from subtitling.media import SPEECH_RATE

    inference = Inference(
        _load(model),
        device=torch.device(device),
        batch_size=32,
        # The model tells three speakers apart; somebody speaks where any of them does.
        pre_aggregation_hook=lambda scores: np.max(scores, axis=-1, keepdims=True),
    )
    waveform = torch.from_numpy(audio)[None]
    found = inference(
        {"waveform": waveform, "sample_rate": SPEECH_RATE},
        hook=lambda completed=0, total=0: progress(completed, total),
    )
    window = found.sliding_window
    first_ms = (window.start + window.duration / 2) * 1000
    frames = int(len(audio) / SPEECH_RATE / window.step) + 1
    return found.data[:frames, 0], first_ms, window.step * 1000


def _load(path: Path) -> Any:
    """The network of a pyannote checkpoint, read without running code that the file brings."""
    import collections
    import typing

    import torch
    from omegaconf import base, listconfig, nodes
    from pyannote.audio.core import model as core
    from pyannote.audio.core import task
    from pyannote.audio.models.segmentation import PyanNet

    harmless = [
        base.ContainerMetadata, base.Metadata, listconfig.ListConfig, nodes.AnyNode,
        task.Resolution, task.Specifications, task.Problem, core.Introspection,
        torch.torch_version.TorchVersion, collections.defaultdict, typing.Any, int, dict, list,
    ]  # fmt: skip
    with torch.serialization.safe_globals(harmless):
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    network = PyanNet(**checkpoint["hyper_parameters"])
    network.specifications = checkpoint["pyannote.audio"]["specifications"]
    network.build()
    network.load_state_dict(checkpoint["state_dict"])
    return network.eval()
