"""pyannote's segmentation network by numpy: who of three speaks, frame by frame.

The network is that of Bredin and Laurent, "End-to-end speaker segmentation for overlap-aware
resegmentation" (Interspeech 2021), on filters after Ravanelli and Bengio, "Speaker recognition from
raw waveform with SincNet" (SLT 2018). `pyannote.audio` and torch take longer to import, and three
times the memory, than this takes for a short film. Names are those that the published weights have.
"""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, Any]
    Weights = Mapping[str, Values]

RATE = 16_000
FRAME = 270  # samples from one frame to the next
FIELD = 991  # samples that a frame is computed from
_STRIDE = 10
_KERNEL = 251
_LEAST_HZ = 50  # of a filter's low edge, and of its width
_EPSILON = 1e-5  # of a normalisation
_SLOPE = 0.01  # of a leaky rectifier
_STORED = {"FloatStorage": "<f4", "LongStorage": "<i8"}


@dataclass(frozen=True)
class Network:
    """The verified weights. `duration_ms` is the length of its windows. A `powerset` network says
    which set of voices is active, the empty one first; another one, how probable each voice is."""

    weights: "Weights"
    filters: "Values"
    duration_ms: int
    powerset: bool

    def speech(self, sound: "Values") -> "Values":
        """Probabilities, 0 to 1, that anybody speaks, shape (windows, frames), in windows of sound
        of `duration_ms`, shape (windows, samples)."""
        import numpy as np

        x = np.stack([self._features(window) for window in sound])
        for layer in count():
            if f"lstm.weight_ih_l{layer}" not in self.weights:
                break
            x = np.concatenate([self._direction(x, f"_l{layer}{end}") for end in _ENDS], axis=-1)
        for layer in count():
            if f"linear.{layer}.weight" not in self.weights:
                break
            x = _leaky(self._linear(x, f"linear.{layer}"))
        x = self._linear(x, "classifier")
        if self.powerset:
            spoken: Values = (x.argmax(-1) != 0).astype(np.float32)
            return spoken
        return _sigmoid(x.max(-1))

    def _linear(self, x: "Values", name: str) -> "Values":
        product: Values = x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return product

    def _normed(self, x: "Values", name: str) -> "Values":
        """A window's channels at mean 0 and variance 1 over its frames, then scaled."""
        import numpy as np

        scale, shift = (self.weights[f"sincnet.{name}.{kind}"] for kind in ("weight", "bias"))
        # Summed in 64 bits: of quiet sound, the rest of the network magnifies what 32 lose.
        x = x - x.mean(0, dtype=np.float64).astype(np.float32)
        variance = np.einsum("ij,ij->j", x, x, dtype=np.float64) / len(x)
        normed: Values = x * (scale / np.sqrt(variance + _EPSILON)).astype(np.float32) + shift
        return normed

    def _features(self, sound: "Values") -> "Values":
        """Features of one window, shape (frames, channels)."""
        import numpy as np

        sound = self._normed(sound[:, None], "wav_norm1d")[:, 0]
        views = np.lib.stride_tricks.sliding_window_view(sound, _KERNEL)[::_STRIDE]
        x = np.abs(views @ self.filters.T)
        x = _leaky(self._normed(_pooled(x), "norm1d.0"))
        for layer in (1, 2):
            x = self._convolved(x, f"sincnet.conv1d.{layer}")
            x = _leaky(self._normed(_pooled(x), f"norm1d.{layer}"))
        return x

    def _convolved(self, x: "Values", name: str) -> "Values":
        """A convolution over the frames, as a sum over the kernel's places."""
        weight = self.weights[f"{name}.weight"]
        length = len(x) - weight.shape[-1] + 1
        product: Values = self.weights[f"{name}.bias"] + sum(
            x[at : at + length] @ weight[..., at].T for at in range(weight.shape[-1])
        )
        return product

    def _direction(self, x: "Values", end: str) -> "Values":
        """One direction of a recurrent layer: Hochreiter and Schmidhuber's long short-term memory,
        with the gates in torch's order (in, forget, cell, out)."""
        import numpy as np

        name = {kind: self.weights[f"lstm.{kind}{end}"] for kind in _KINDS}
        gates = x @ name["weight_ih"].T + (name["bias_ih"] + name["bias_hh"])
        times = range(x.shape[1])
        again = np.ascontiguousarray(name["weight_hh"].T)
        size = len(again)
        hidden: Values = np.zeros((len(x), size), np.float32)
        cell: Values = np.zeros_like(hidden)
        answer: Values = np.empty((*x.shape[:2], size), np.float32)
        for at in reversed(times) if end.endswith(_ENDS[1]) else times:
            now = gates[:, at] + hidden @ again
            enter, forget, leave = (_sigmoid(now[:, n * size : (n + 1) * size]) for n in (0, 1, 3))
            cell = forget * cell + enter * np.tanh(now[:, 2 * size : 3 * size])
            hidden = leave * np.tanh(cell)
            answer[:, at] = hidden
        return answer


_ENDS = ("", "_reverse")
_KINDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def read(path: Path) -> Network:
    """The network of a checkpoint, without running code from the file. Raises Problem for a file
    that holds anything else."""
    try:
        checkpoint = _unpickled(path)
        facts = checkpoint["pyannote.audio"]["specifications"].state
        weights = {name: checkpoint["state_dict"][name] for name in checkpoint["state_dict"]}
        parts = ("low_hz_", "band_hz_", "n_", "window_")
        filters = _filters(*(weights[f"sincnet.conv1d.0.filterbank.{part}"] for part in parts))
        stride = (checkpoint["hyper_parameters"].get("sincnet") or {}).get("stride", _STRIDE)
        if stride != _STRIDE:
            raise ValueError(f"its filters have a stride of {stride}, not {_STRIDE}")
        duration_ms = round(1000 * facts["duration"])
        network = Network(weights, filters, duration_ms, bool(facts.get("powerset_max_classes")))
        network.speech(_silence(duration_ms))
    except (
        pickle.UnpicklingError, zipfile.BadZipFile, EOFError, LookupError, TypeError, ValueError,
        AttributeError,
    ) as error:  # fmt: skip
        raise Problem(f"{path} holds no PyanNet that can be read safely: {error}") from error
    return network


def frames(samples: int) -> int:
    """How many frames a window of so many samples has."""
    for kernel, stride in ((_KERNEL, _STRIDE), (3, 3), (5, 1), (3, 3), (5, 1), (3, 3)):
        samples = (samples - kernel) // stride + 1
    return samples


def _silence(duration_ms: int) -> "Values":
    import numpy as np

    return np.zeros((1, min(duration_ms, 1000) * RATE // 1000), np.float32)


def _filters(low_hz: "Values", band_hz: "Values", at: "Values", window: "Values") -> "Values":
    """The band-pass filters, shape (filters, samples): even ones, then odd ones. `at` are the
    angles of the samples before their middle, for one hertz; `window` is their taper."""
    import numpy as np

    low = _LEAST_HZ + np.abs(low_hz)
    high = np.clip(low + _LEAST_HZ + np.abs(band_hz), _LEAST_HZ, RATE / 2)
    width = high - low
    even = (np.sin(high * at) - np.sin(low * at)) / (at / 2) * window
    odd = (np.cos(low * at) - np.cos(high * at)) / (at / 2) * window
    both = [
        np.concatenate([even, 2 * width, even[:, ::-1]], axis=1),
        np.concatenate([odd, 0 * width, -odd[:, ::-1]], axis=1),
    ]
    filters: Values = (np.concatenate(both) / np.concatenate([2 * width] * 2)).astype(np.float32)
    return filters


def _pooled(x: "Values") -> "Values":
    """The largest of each three frames."""
    import numpy as np

    end = len(x) - len(x) % 3
    largest: Values = np.maximum(np.maximum(x[0:end:3], x[1:end:3]), x[2:end:3])
    return largest


def _leaky(x: "Values") -> "Values":
    import numpy as np

    answer: Values = np.maximum(x, np.float32(_SLOPE) * x)
    return answer


def _sigmoid(x: "Values") -> "Values":
    import numpy as np

    # By tanh, which knows no overflow.
    half = np.float32(0.5)
    answer: Values = half * np.tanh(half * x) + half
    return answer


class _Inert:
    """In the place of every object of the file that is not needed: it holds what it is given."""

    def __init__(self, *_values: Any) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        self.state = state if isinstance(state, dict) else {}

    def __setitem__(self, _name: Any, _value: Any) -> None:
        pass

    def append(self, _value: Any) -> None:
        """As of a list."""

    def extend(self, _values: Any) -> None:
        """As of a list."""


class _Unpickler(pickle.Unpickler):
    """Reads tables, lists and tensors; no other name of the file is looked up, and nothing runs."""

    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(archive.open(f"{root}data.pkl"))
        self._archive, self._root = archive, root

    def find_class(self, module: str, name: str) -> Any:
        """What a name of the file stands for."""
        if module == "torch" and name in _STORED:
            return _STORED[name]
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        }
        return known.get((module, name), _Inert)

    def persistent_load(self, pid: Any) -> "Values":
        """The numbers that a tensor is stored in."""
        import numpy as np

        _, kind, key, _, size = pid
        if not isinstance(kind, str) or not str(key).isalnum():
            raise pickle.UnpicklingError(f"its numbers are {kind}")
        numbers: Values = np.frombuffer(self._archive.read(f"{self._root}data/{key}"), kind, size)
        return numbers


def _tensor(
    stored: "Values", first: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> "Values":
    expected = [prod(shape[n + 1 :]) for n in range(len(shape))]
    plain = all(size == 1 or a == b for size, a, b in zip(shape, strides, expected, strict=True))
    if not plain or first < 0 or first + prod(shape) > len(stored):
        raise pickle.UnpicklingError("a tensor is not stored row by row")
    return stored[first : first + prod(shape)].reshape(shape)


def _unpickled(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        root = next(_roots(archive), None)
        if root is None:
            raise pickle.UnpicklingError("it is no archive of torch's")
        return _Unpickler(archive, root).load()


def _roots(archive: zipfile.ZipFile) -> Iterator[str]:
    return (n.removesuffix("data.pkl") for n in archive.namelist() if n.endswith("/data.pkl"))
