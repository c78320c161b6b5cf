"""What a voice sounds like, as 192 numbers: CAM++, 3D-Speaker's network.

Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware
Masking", Interspeech 2023. Names of modules are those that the published weights have.
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional

from lineage import Problem

if TYPE_CHECKING:
    import numpy as np

    Sound = np.ndarray[Any, Any]

RATE = 16_000
SIZE = 192  # numbers of an embedding
LEAST_FRAMES = 20  # of 10 ms: fewer tell nothing
_MELS = 80
_GROWTH = 32
_SEGMENT = 100  # frames, after the first layer's stride, whose mean is a layer's context
# Of each dense block: layers, and how far apart the frames lie that a layer sees.
_BLOCKS = ((12, 1), (24, 2), (16, 2))


def features(sound: "Sound") -> torch.Tensor:
    """What the network hears of mono sound at 16 kHz: Kaldi's filter banks, shape (frames, 80).

    A frame is 25 ms wide, one each 10 ms. Their mean is still to be taken off, over the frames of
    one voice.
    """
    from torchaudio.compliance import kaldi

    if len(sound) < RATE // 40:
        return torch.zeros(0, _MELS)
    waveform = torch.from_numpy(sound)[None]
    found: torch.Tensor = kaldi.fbank(waveform, num_mel_bins=_MELS, sample_frequency=RATE)
    return found


def load(weights: Path) -> "CamPlus":
    """The network, its weights read without running code. They must have been verified by sum."""
    network = CamPlus()
    try:
        network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except (RuntimeError, pickle.UnpicklingError) as error:
        raise Problem(
            f"{weights} holds no CAM++ ({str(error).splitlines()[0]}): set speakers.model to one"
        ) from error
    network.eval()
    return network


class CamPlus(nn.Module):
    """From features, shape (voices, frames, 80) with a mean of 0, to embeddings, (voices, 192)."""

    def __init__(self) -> None:
        super().__init__()
        self.head = _Head()
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        parts["tdnn"] = nn.Sequential(
            OrderedDict(
                linear=nn.Conv1d(_MELS // 8 * 32, 128, 5, stride=2, padding=2, bias=False),
                nonlinear=_normed(128),
            )
        )
        width = 128
        for number, (layers, dilation) in enumerate(_BLOCKS, 1):
            parts[f"block{number}"] = _DenseBlock(width, layers, dilation)
            width += layers * _GROWTH
            parts[f"transit{number}"] = nn.Sequential(
                OrderedDict(
                    nonlinear=_normed(width), linear=nn.Conv1d(width, width // 2, 1, bias=False)
                )
            )
            width //= 2
        parts["out_nonlinear"] = _normed(width)
        parts["stats"] = _Statistics()
        parts["dense"] = _Dense(2 * width, SIZE)
        self.xvector = nn.Sequential(parts)

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.xvector(self.head(heard.transpose(1, 2)))
        return found


def _normed(width: int) -> nn.Sequential:
    return nn.Sequential(OrderedDict(batchnorm=nn.BatchNorm1d(width), relu=nn.ReLU()))


class _Head(nn.Module):
    """Convolutions over time and pitch, which leave an eighth of the pitches."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.layer1 = nn.Sequential(_Residual(2), _Residual(1))
        self.layer2 = nn.Sequential(_Residual(2), _Residual(1))
        self.conv2 = nn.Conv2d(32, 32, 3, stride=(2, 1), padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        found = functional.relu(self.bn1(self.conv1(heard[:, None])))
        found = self.layer2(self.layer1(found))
        return functional.relu(self.bn2(self.conv2(found))).flatten(1, 2)


class _Residual(nn.Module):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(32, 32, 3, stride=(stride, 1), padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(32, 32, 1, stride=(stride, 1), bias=False), nn.BatchNorm2d(32)
            )

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        found = functional.relu(self.bn1(self.conv1(heard)))
        return functional.relu(self.bn2(self.conv2(found)) + self.shortcut(heard))


class _DenseBlock(nn.Module):
    """Layers each of which hears all before it."""

    def __init__(self, width: int, layers: int, dilation: int) -> None:
        super().__init__()
        for number in range(layers):
            self.add_module(f"tdnnd{number + 1}", _Layer(width + number * _GROWTH, dilation))

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        for layer in self.children():
            heard = torch.cat([heard, layer(heard)], dim=1)
        return heard


class _Layer(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1 = _normed(width)
        self.linear1 = nn.Conv1d(width, 4 * _GROWTH, 1, bias=False)
        self.nonlinear2 = _normed(4 * _GROWTH)
        self.cam_layer = _Masked(dilation)

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.nonlinear2(self.linear1(self.nonlinear1(heard)))
        masked: torch.Tensor = self.cam_layer(found)
        return masked


class _Masked(nn.Module):
    """Frames, weighed by what the whole and the segment around them sound like."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        width = 4 * _GROWTH
        self.linear_local = nn.Conv1d(
            width, _GROWTH, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.linear1 = nn.Conv1d(width, width // 2, 1)
        self.linear2 = nn.Conv1d(width // 2, _GROWTH, 1)

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        means = functional.avg_pool1d(heard, _SEGMENT, ceil_mode=True)
        around = means.repeat_interleave(_SEGMENT, dim=-1)[..., : heard.shape[-1]]
        context = functional.relu(self.linear1(heard.mean(-1, keepdim=True) + around))
        found: torch.Tensor = self.linear_local(heard) * torch.sigmoid(self.linear2(context))
        return found


class _Statistics(nn.Module):
    """Mean and deviation over time."""

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        return torch.cat([heard.mean(-1), heard.std(-1)], dim=-1)


class _Dense(nn.Module):
    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(width, out, 1, bias=False)
        self.nonlinear = nn.Sequential(OrderedDict(batchnorm=nn.BatchNorm1d(out, affine=False)))

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.nonlinear(self.linear(heard[..., None])[..., 0])
        return found
