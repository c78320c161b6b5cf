"""The phoneme recogniser of the package `hama` by numpy: how probable each phoneme is, by frames.

The network is a Conformer (Gulati et al., "Conformer: Convolution-augmented Transformer for Speech
Recognition", Interspeech 2020) on the logarithms of mel bands, without positions. The package's own
engine takes thirteen times the processor time for the same answer, since it multiplies matrices
itself. Names of weights are those of the package's file.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, Any]
    Weights = Mapping[str, Values]

_WINDOW, _HOP = 400, 160  # samples of a spectrum, and from one to the next
_LONGEST = 3000  # spectra that are heard: 30 s
_QUIETEST = 1e-10  # power of a band
_STRIDE = 2  # spectra a frame
_HEADS = 4
_EPSILON = 1e-5  # of a normalisation
_ROOT_2 = 1.4140625  # as the network has it, in 16 bits
# Of the error function, with an error below 1.5e-7: Abramowitz and Stegun, "Handbook of
# Mathematical Functions" (1964), 7.1.26.
_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
_ERF_P = 0.3275911

_MAGIC = b"HAMAPK\x01"
_STORED = {0: "<f4", 1: "<f2"}
_ALIGNED = 16  # bytes
_PREFIX = "acoustic_model.model."
# The file numbers some of its weights instead of naming them, in the order of their use.
_MATRICES = ("ffn1.fc1", "ffn1.fc2", "attn.in_proj", "attn.out_proj", "ffn2.fc1", "ffn2.fc2")


@dataclass(frozen=True)
class Conformer:
    """The weights by their names."""

    weights: "Weights"

    def emissions(self, sound: "Values") -> "Values":
        """Log probabilities, shape (frames, tokens), of up to 30 s of mono sound at 16 kHz."""
        import numpy as np

        x = self._frames(self._bands(sound))
        for number in range(self.blocks):
            x = self._block(x, f"blocks.{number}")
        x = self._linear(x, "proj")
        x -= x.max(-1, keepdims=True)
        answer: Values = x - np.log(np.exp(x).sum(-1, keepdims=True))
        return answer

    @property
    def blocks(self) -> int:
        """The number of the network's blocks."""
        return next(n for n in count() if f"blocks.{n}.norm.weight" not in self.weights)

    def _bands(self, sound: "Values") -> "Values":
        """Logarithms of the powers of mel bands, shape (spectra, bands), as precise as the network
        was given them."""
        import numpy as np

        padded = np.pad(sound, _WINDOW // 2, "reflect")
        views = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:_LONGEST]
        parts = (self.weights[f"stft_{part}_kernel"][:, 0].T for part in ("real", "imag"))
        power: Values = sum((views @ part) ** 2 for part in parts)
        bands = np.log(np.maximum(power @ self.weights["mel_fb"], np.float32(_QUIETEST)))
        given: Values = bands.astype(np.float16).astype(np.float32)
        return given

    def _frames(self, bands: "Values") -> "Values":
        """The frames that blocks work on, from three spectra each."""
        import numpy as np

        weight = self.weights["stem.weight"]
        padded = np.pad(bands, ((1, 1), (0, 0)))
        last = len(bands) + len(bands) % _STRIDE - 1
        x = self.weights["stem.bias"] + sum(
            padded[at : at + last : _STRIDE] @ weight[..., at].T for at in range(weight.shape[-1])
        )
        return _gelu(x)

    def _block(self, x: "Values", name: str) -> "Values":
        x = x + self._fed_forward(x, f"{name}.ffn1") / 2
        x = x + self._attended(x, name)
        x = x + self._convolved(x, f"{name}.conv")
        x = x + self._fed_forward(x, f"{name}.ffn2") / 2
        return self._normed(x, f"{name}.norm")

    def _fed_forward(self, x: "Values", name: str) -> "Values":
        x = self._linear(self._normed(x, f"{name}.norm"), f"{name}.fc1")
        return self._linear(_silu(x), f"{name}.fc2")

    def _attended(self, x: "Values", name: str) -> "Values":
        """Vaswani et al., "Attention Is All You Need" (NeurIPS 2017), a head after the other."""
        import numpy as np

        x = self._linear(self._normed(x, f"{name}.attn_norm"), f"{name}.attn.in_proj")
        queries, keys, values = x.reshape(len(x), 3, _HEADS, -1).transpose(1, 2, 0, 3)
        scale = np.float32(queries.shape[-1] ** -0.5)
        heads = []
        for query, key, value in zip(queries, keys, values, strict=True):
            shares = scale * query @ key.T
            shares -= shares.max(-1, keepdims=True)
            np.exp(shares, out=shares)
            heads.append(shares @ value / shares.sum(-1, keepdims=True))
        return self._linear(np.concatenate(heads, axis=1), f"{name}.attn.out_proj")

    def _convolved(self, x: "Values", name: str) -> "Values":
        """A gate, and a convolution over the frames of each channel by itself."""
        import numpy as np

        x = self._linear(self._normed(x, f"{name}.norm"), f"{name}.pointwise1")
        x, gate = np.split(x, 2, axis=1)
        weight = self.weights[f"{name}.depthwise.weight"][:, 0]
        width = weight.shape[-1]
        padded = np.pad(x * _sigmoid(gate), ((width // 2, width // 2), (0, 0)))
        x = np.tile(self.weights[f"{name}.depthwise.bias"], (len(x), 1))
        for at in range(width):
            x += padded[at : at + len(x)] * weight[:, at]
        return self._linear(_silu(x), f"{name}.pointwise2")

    def _linear(self, x: "Values", name: str) -> "Values":
        product: Values = x @ self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
        return product

    def _normed(self, x: "Values", name: str) -> "Values":
        """A frame's channels at mean 0 and variance 1, then scaled."""
        import numpy as np

        x = x - x.mean(-1, keepdims=True)
        variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
        x *= (1 / np.sqrt(variance + np.float32(_EPSILON)))[:, None]
        x *= self.weights[f"{name}.weight"]
        x += self.weights[f"{name}.bias"]
        return x


def read(path: Path) -> Conformer:
    """The network of a file of the package. Raises Problem for a file that holds another one."""
    import numpy as np

    try:
        network = Conformer(dict(_named(_stored(path.read_bytes()))))
        network.emissions(np.zeros(_WINDOW, np.float32))
    except (KeyError, ValueError, IndexError, struct.error) as error:
        raise Problem(
            f"{path} holds no network that is known here ({error}): install the version of hama "
            "that requirements/workflow.lock names"
        ) from error
    return network


def _stored(packed: bytes) -> "Weights":
    """The weights of a file of hama: a table of names, types, shapes and places, then numbers."""
    import numpy as np

    if not packed.startswith(_MAGIC):
        raise ValueError("it does not begin as one")
    (tensors,), at = struct.unpack_from("<I", packed, len(_MAGIC) + 1), len(_MAGIC) + 5
    rows = []
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", packed, at)
        name = packed[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, rank = struct.unpack_from("<BB", packed, at)
        shape = struct.unpack_from(f"<{rank}I", packed, at + 2)
        place, size = struct.unpack_from("<QQ", packed, at + 2 + 4 * rank)
        rows.append((name, np.dtype(_STORED[kind]), shape, place, size))
        at += 2 + 4 * rank + 16
    at += -at % _ALIGNED
    return {
        name: np.frombuffer(packed, kind, size // kind.itemsize, at + place)
        .reshape(shape)
        .astype(np.float32)
        for name, kind, shape, place, size in rows
    }


def _named(stored: "Weights") -> "Iterator[tuple[str, Values]]":
    """The weights under names of their own; matrices have a row for each channel that goes in."""
    matrices, kernels = 0, 0
    for key, weight in stored.items():
        name = key.removeprefix(_PREFIX).replace("_bias", ".bias")
        if key.startswith("onnx::MatMul"):
            block, place = divmod(matrices, len(_MATRICES))
            name, matrices = f"blocks.{block}.{_MATRICES[place]}.weight", matrices + 1
        elif key.startswith("onnx::Conv"):
            block, bias = divmod(kernels, 2)
            layer = f"blocks.{block - 1}.conv.depthwise" if block else "stem"
            name, kernels = f"{layer}.{'bias' if bias else 'weight'}", kernels + 1
        elif re.search(r"(pointwise\d|proj)\.weight$", name):
            weight = weight[..., 0].T
        yield name, weight


def _gelu(x: "Values") -> "Values":
    """Hendrycks and Gimpel, "Gaussian Error Linear Units" (arXiv 1606.08415)."""
    import numpy as np

    z = np.abs(x) / np.float32(_ROOT_2)
    t = 1 / (1 + np.float32(_ERF_P) * z)
    rest: Values = np.zeros_like(t)
    for factor in reversed(_ERF):
        rest = (rest + np.float32(factor)) * t
    error = np.copysign(1 - rest * np.exp(-z * z), x)
    answer: Values = x * (1 + error) / 2
    return answer


def _silu(x: "Values") -> "Values":
    answer: Values = x * _sigmoid(x)
    return answer


def _sigmoid(x: "Values") -> "Values":
    import numpy as np

    # By tanh, which knows no overflow.
    half = np.float32(0.5)
    answer: Values = half * np.tanh(half * x) + half
    return answer
