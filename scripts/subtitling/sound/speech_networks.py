"""The networks that score speech, frame by frame, and what of a film each shard of it hears."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from subtitling import shards
from subtitling.media.audio_file import SPEECH_RATE, Sound
from subtitling.runtime import allocator
from subtitling.runtime.progress import Progress
from subtitling.sound import pyannet
from subtitling.sound.vad import Scores

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


class Network(Protocol):
    """A network that hears speech: piece by piece, which needs nothing of other pieces, so that
    those of one film may be heard by several shards; `scores` are the same."""

    def pieces(self, samples: int, threads: int) -> list[range]:
        """The pieces of a sound of so many samples, each with the starts of its items."""
        ...

    def takes_us(self, piece: range, threads: int) -> int:
        """About how long a piece takes, in microseconds, with the sound decoded for it."""
        ...

    def heard(
        self, audio: Sound, pieces: Sequence[range], threads: int, progress: Progress
    ) -> "Values":
        """What it hears in some pieces of a sound, a row an item."""
        ...

    @staticmethod
    def scores(heard: "Values", samples: int) -> Scores:
        """The scores of a sound of so many samples, from what was heard in all its pieces."""
        ...


class Pyannote:
    """pyannote's segmentation model, a checkpoint that `pyannet` reads. An item is a window."""

    def __init__(self, model: Path):
        self._network = pyannet.read(model)
        self._window = self._network.duration_ms * SPEECH_RATE // 1000

    def pieces(self, samples: int, threads: int) -> list[range]:
        """Windows that are heard together, fewer where each thread would have none else."""
        end = max(1, samples - self._window + _STEP) if samples else 0
        starts = range(0, end, _STEP)
        size = max(1, min(_BATCH, ceil(len(starts) / threads)))
        return [starts[at : at + size] for at in range(0, len(starts), size)]

    def takes_us(self, piece: range, threads: int) -> int:
        """As measured on two cores."""
        return (27_000 // threads + 2000) * len(piece)

    def heard(
        self, audio: Sound, pieces: Sequence[range], threads: int, progress: Progress
    ) -> "Values":
        """Probabilities of speech, shape (windows, frames)."""
        import numpy as np
        from threadpoolctl import threadpool_limits

        allocator.keep_freed_memory()

        def speech(some: range) -> "Values":
            sound: Values = np.zeros((len(some), self._window), np.float32)
            for row, start in zip(sound, some, strict=True):
                part = audio[start : start + self._window]
                row[: len(part)] = part
            return self._network.speech(sound)

        rows: list[Values] = [np.zeros((0, pyannet.frames(self._window)), np.float32)]
        # Each thread has windows of its own: numpy's threads for one product only wait for each
        # other.
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
            for done, row in enumerate(pool.map(speech, pieces), 1):
                rows.append(row)
                progress(done, len(pieces))
        joined: Values = np.concatenate(rows)
        return joined

    @staticmethod
    def scores(heard: "Values", samples: int) -> Scores:
        """A frame's score is the mean over the windows that it is in, under Hamming's window, as
        `pyannote.audio.Inference` has it."""
        import numpy as np

        last = samples // pyannet.FRAME + 1 if len(heard) else 0
        taper = np.hamming(heard.shape[1])
        values: Values = np.zeros(last + len(taper), np.float32)
        weights: Values = np.zeros_like(values)
        for number, row in enumerate(heard):
            first = number * _STEP // pyannet.FRAME
            values[first : first + len(taper)] += row * taper
            weights[first : first + len(taper)] += taper
        mean = values[:last] / np.maximum(weights[:last], np.finfo(np.float32).tiny)
        first_ms = pyannet.FIELD / 2 * 1000 / SPEECH_RATE
        return Scores(mean, first_ms, pyannet.FRAME * 1000 / SPEECH_RATE)


def _read_ahead(audio: Sound, begins: range) -> "Iterator[Values]":
    """The parts of a sound that begin at some samples; each is read while the one before is used,
    since reading may be decoding."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(audio.__getitem__, slice(0, begins.step))
        for begin in begins:
            sound = coming.result()
            after = begin + begins.step
            coming = pool.submit(audio.__getitem__, slice(after, after + begins.step))
            yield sound


class Silero:
    """Silero's model. It keeps its state from step to step, so the whole film is one piece; an item
    is a step of 512 samples."""

    def __init__(self, model: Path):
        self._model = model

    def pieces(self, samples: int, _threads: int) -> list[range]:
        """The whole sound."""
        return [range(0, samples, _SILERO_STEP)] if samples else []

    def takes_us(self, piece: range, _threads: int) -> int:
        """As measured: one core runs the network, while another one decodes the sound."""
        return 60 * len(piece)

    def heard(
        self, audio: Sound, pieces: Sequence[range], _threads: int, progress: Progress
    ) -> "Values":
        """Probabilities of speech, shape (steps,)."""
        import numpy as np
        import onnxruntime

        values: list[Values] = [np.zeros(0, np.float32)]
        if not pieces:
            return values[0]
        choices = onnxruntime.SessionOptions()
        choices.inter_op_num_threads = choices.intra_op_num_threads = 1
        choices.log_severity_level = 4
        network = onnxruntime.InferenceSession(
            str(self._model), sess_options=choices, providers=["CPUExecutionProvider"]
        )
        state: dict[str, Values] = {name: np.zeros((1, 1, 128), np.float32) for name in ("h", "c")}
        before: Values = np.zeros(_CONTEXT, np.float32)
        begins = range(0, len(audio), _SILERO_PIECE)
        for begin, sound in zip(begins, _read_ahead(audio, begins), strict=True):
            rows = np.pad(sound, (0, -len(sound) % _SILERO_STEP)).reshape(-1, _SILERO_STEP)
            # Each step is heard with the last samples of the one before.
            ends = np.vstack([before, rows[:-1, -_CONTEXT:]])
            scores, *kept = network.run(None, {"input": np.hstack([ends, rows]), **state})
            state = dict(zip(state, kept, strict=True))
            before = rows[-1, -_CONTEXT:]
            values.append(scores.reshape(-1))
            progress(begin + len(sound), len(audio))
        joined: Values = np.concatenate(values)
        return joined

    @staticmethod
    def scores(heard: "Values", _samples: int) -> Scores:
        """A score each step."""
        return Scores(heard, 0, _SILERO_STEP * 1000 / SPEECH_RATE)


# By the name of a model's file in the store: the network that reads it.
NETWORKS: dict[str, type[Pyannote] | type[Silero]] = {
    "pytorch_model.bin": Pyannote,
    "silero_vad_v6.onnx": Silero,
}


def pieces_of(
    shard: str, networks: Sequence[Network], samples: int, threads: int
) -> list[list[range]]:
    """The pieces of one shard of a sound, by network; every shard has about as much work."""
    every = [
        (number, piece)
        for number, network in enumerate(networks)
        for piece in network.pieces(samples, threads)
    ]
    own = shards.part_of(shard, every, lambda each: networks[each[0]].takes_us(each[1], threads))
    return [[piece for n, piece in own if n == number] for number in range(len(networks))]
