"""Speaker embeddings of 192 numbers by CAM++, 3D-Speaker's network.

Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware
Masking", Interspeech 2023. Names are those that the published weights have.
"""

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem

if TYPE_CHECKING:
    import numpy as np
    import torch

    Sound = np.ndarray[Any, Any]

RATE = 16_000
SIZE = 192  # numbers of an embedding
LEAST_FRAMES = 20  # of 10 ms: fewer are not usable
_MELS = 80
_PLANES = 32  # of the convolutions over time and pitch, which leave an eighth of the pitches
_FIRST = 128
_GROWTH = 32
_SEGMENT = 100  # frames, after the first layer's stride, whose mean is a layer's context
# Of each dense block: layers, and how far apart the frames lie that a layer sees.
_BLOCKS = ((12, 1), (24, 2), (16, 2))
_COUNTER = "num_batches_tracked"  # used in training only


def features(sound: "Sound") -> "torch.Tensor":
    """Features of mono sound at 16 kHz: Kaldi's filter banks, shape (frames, 80).

    A frame is 25 ms wide, one each 10 ms. The caller subtracts their mean over the frames of
    one voice.
    """
    import torch
    from torchaudio.compliance import kaldi

    if len(sound) < RATE // 40:
        return torch.zeros(0, _MELS)
    waveform = torch.from_numpy(sound)[None]
    banks: torch.Tensor = kaldi.fbank(waveform, num_mel_bins=_MELS, sample_frequency=RATE)
    return banks


def shapes() -> dict[str, tuple[int, ...]]:
    """The weights that the network has, by name."""
    weights: dict[str, tuple[int, ...]] = {}

    def norm(name: str, width: int, *, affine: bool = True) -> None:
        kinds = ("weight", "bias") if affine else ()
        for kind in (*kinds, "running_mean", "running_var"):
            weights[f"{name}.{kind}"] = (width,)

    def normed(name: str, *shape: int) -> None:
        weights[f"{name.format('conv')}.weight"] = shape
        norm(name.format("bn"), shape[0])

    square = (_PLANES, _PLANES, 3, 3)
    normed("head.{}1", _PLANES, 1, 3, 3)
    for layer in ("head.layer1", "head.layer2"):
        for block in ("0", "1"):
            normed(f"{layer}.{block}.{{}}1", *square)
            normed(f"{layer}.{block}.{{}}2", *square)
        weights[f"{layer}.0.shortcut.0.weight"] = (_PLANES, _PLANES, 1, 1)
        norm(f"{layer}.0.shortcut.1", _PLANES)
    normed("head.{}2", *square)
    weights["xvector.tdnn.linear.weight"] = (_FIRST, _PLANES * _MELS // 8, 5)
    norm("xvector.tdnn.nonlinear.batchnorm", _FIRST)
    width, inner = _FIRST, 4 * _GROWTH
    for number, (layers, _) in enumerate(_BLOCKS, 1):
        for n in range(1, layers + 1):
            name = f"xvector.block{number}.tdnnd{n}"
            norm(f"{name}.nonlinear1.batchnorm", width)
            weights[f"{name}.linear1.weight"] = (inner, width, 1)
            norm(f"{name}.nonlinear2.batchnorm", inner)
            weights[f"{name}.cam_layer.linear_local.weight"] = (_GROWTH, inner, 3)
            for part, into, out in (
                ("linear1", inner, inner // 2),
                ("linear2", inner // 2, _GROWTH),
            ):
                weights[f"{name}.cam_layer.{part}.weight"] = (out, into, 1)
                weights[f"{name}.cam_layer.{part}.bias"] = (out,)
            width += _GROWTH
        norm(f"xvector.transit{number}.nonlinear.batchnorm", width)
        weights[f"xvector.transit{number}.linear.weight"] = (width // 2, width, 1)
        width //= 2
    norm("xvector.out_nonlinear.batchnorm", width)
    weights["xvector.dense.linear.weight"] = (SIZE, 2 * width, 1)
    norm("xvector.dense.nonlinear.batchnorm", SIZE, affine=False)
    return weights


class CamPlus:
    """The network with its weights from a file, whose checksum must have been verified; it is
    read without running code. Problem where the file has other weights."""

    def __init__(self, path: Path) -> None:
        import torch

        try:
            read = torch.load(path, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, FileNotFoundError):
            read = {}
        self._weights = {k: v for k, v in read.items() if not k.endswith(_COUNTER)}
        if {k: tuple(getattr(v, "shape", ())) for k, v in self._weights.items()} != shapes():
            raise Problem(f"{path} holds no CAM++: set speakers.model to one")

    def to(self, device: str) -> None:
        """Move to another device."""
        self._weights = {name: weight.to(device) for name, weight in self._weights.items()}

    def __call__(self, features: "torch.Tensor") -> "torch.Tensor":
        """From features, shape (voices, frames, 80) with a mean of 0, to embeddings, shape (voices,
        192)."""
        import torch

        x = self._head(features.transpose(1, 2)[:, None])
        x = self._conv("xvector.tdnn.linear", x, stride=2, padding=2)
        x = self._norm("xvector.tdnn.nonlinear.batchnorm", x).relu()
        for number, (layers, dilation) in enumerate(_BLOCKS, 1):
            for n in range(1, layers + 1):  # each uses the outputs of all before it
                own = self._layer(f"xvector.block{number}.tdnnd{n}", x, dilation)
                x = torch.cat([x, own], dim=1)
            x = self._norm(f"xvector.transit{number}.nonlinear.batchnorm", x).relu()
            x = self._conv(f"xvector.transit{number}.linear", x)
        x = self._norm("xvector.out_nonlinear.batchnorm", x).relu()
        x = torch.cat([x.mean(-1), x.std(-1)], dim=-1)[..., None]
        return self._norm(
            "xvector.dense.nonlinear.batchnorm", self._conv("xvector.dense.linear", x)[..., 0]
        )

    def _head(self, x: "torch.Tensor") -> "torch.Tensor":
        """Convolutions over time and pitch."""
        x = self._norm("head.bn1", self._conv("head.conv1", x, padding=1)).relu()
        for layer in ("head.layer1", "head.layer2"):
            for block, stride in (("0", (2, 1)), ("1", (1, 1))):
                name = f"{layer}.{block}"
                y = self._conv(f"{name}.conv1", x, stride=stride, padding=1)
                y = self._conv(f"{name}.conv2", self._norm(f"{name}.bn1", y).relu(), padding=1)
                if block == "0":
                    x = self._conv(f"{name}.shortcut.0", x, stride=stride)
                    x = self._norm(f"{name}.shortcut.1", x)
                x = (self._norm(f"{name}.bn2", y) + x).relu()
        x = self._conv("head.conv2", x, stride=(2, 1), padding=1)
        return self._norm("head.bn2", x).relu().flatten(1, 2)

    def _layer(self, name: str, x: "torch.Tensor", dilation: int) -> "torch.Tensor":
        """Frames, weighted by the mean of the whole and of the segment around them."""
        from torch.nn import functional

        x = self._conv(f"{name}.linear1", self._norm(f"{name}.nonlinear1.batchnorm", x).relu())
        x = self._norm(f"{name}.nonlinear2.batchnorm", x).relu()
        means = functional.avg_pool1d(x, _SEGMENT, ceil_mode=True)
        around = means.repeat_interleave(_SEGMENT, dim=-1)[..., : x.shape[-1]]
        context = x.mean(-1, keepdim=True) + around
        context = self._conv(f"{name}.cam_layer.linear1", context).relu()
        mask = self._conv(f"{name}.cam_layer.linear2", context).sigmoid()
        local = f"{name}.cam_layer.linear_local"
        return self._conv(local, x, padding=dilation, dilation=dilation) * mask

    def _conv(self, name: str, x: "torch.Tensor", **how: Any) -> "torch.Tensor":
        from torch.nn import functional

        weight, bias = self._weights[f"{name}.weight"], self._weights.get(f"{name}.bias")
        conv = functional.conv2d if weight.dim() == 4 else functional.conv1d
        convolved: torch.Tensor = conv(x, weight, bias, **how)
        return convolved

    def _norm(self, name: str, x: "torch.Tensor") -> "torch.Tensor":
        from torch.nn import functional

        own: Any = [self._weights.get(f"{name}.{kind}") for kind in
               ("running_mean", "running_var", "weight", "bias")]  # fmt: skip
        normed: torch.Tensor = functional.batch_norm(x, *own)
        return normed
