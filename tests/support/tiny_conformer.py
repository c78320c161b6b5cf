"""Small models in the shape of IndicConformer's published export, made by PyTorch's exporter.

The real weights are on a hub alone. `tones` answers known pieces: a tone is a piece. `random` has
the published numbers of pieces, languages and layers, and random weights, the encoder's in a file
of their own.
"""

import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

HZ = (400, 900, 1800, 3500)
SPELLED = {
    "hi": ["▁यह", "▁दि", "न", "▁है"],
    "ta": ["▁நான்", "▁வீ", "டு", "▁அது"],
    "sat": ["▁ᱚᱱᱟ", "▁ᱫᱤ", "ᱱ", "▁ᱠᱟᱱᱟ"],
}
_ONE = torch.zeros(1, 1, dtype=torch.int32), torch.ones(1, dtype=torch.int32)  # a piece
_BANDS = (10, 23, 41, 58)  # of the mel spectrum, where these tones are loudest


def export(network: torch.nn.Module, given: tuple[Any, ...], names: list[str], to: Path) -> None:
    """Write a network as an ONNX file; `names` are its inputs', any length of time is accepted."""
    from torch.onnx._internal import onnx_proto_utils

    made = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its way of tracing is an older one, and it says so
        # It looks for functions that these have not, with a package that is not installed.
        patch.setattr(onnx_proto_utils, "_add_onnxscript_fn", lambda model, _: model)
        long = [n for n, x in zip(names, given, strict=True) if x.dim() == 3 and len(names) < 4]
        torch.onnx.export(
            network.eval(), given, made, dynamo=False, input_names=names,
            dynamic_axes={name: {1: f"{name}1", 2: f"{name}2"} for name in long},
        )  # fmt: skip
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(made.getvalue())


class Pooled(torch.nn.Module):
    """An encoder: each eight frames are one, through `inside`."""

    def __init__(self, inside: torch.nn.Module) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, audio_signal: torch.Tensor, length: torch.Tensor) -> Any:
        pooled = torch.nn.functional.avg_pool1d(audio_signal, 8, ceil_mode=True)
        return self.inside(pooled.transpose(1, 2)).transpose(1, 2), (length + 7) // 8


class Head(torch.nn.Module):
    """A CTC head: (1, width, frames) becomes (1, frames, pieces)."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        self.linear = linear

    def forward(self, encoder_output: torch.Tensor) -> torch.Tensor:
        return self.linear(encoder_output.transpose(1, 2))


class Last(torch.nn.Module):
    """A prediction network that remembers the last piece, and is against writing it again."""

    def forward(self, targets: Any, target_length: Any, hidden: Any, cell: Any) -> Any:
        seen = torch.nn.functional.one_hot(targets.long(), 5)[:, :, :4].float()
        return (-100 * seen).transpose(1, 2), target_length + 0, hidden + 0, cell + 0


class Lstm(torch.nn.Module):
    """A prediction network as the published one: two layers of 640."""

    def __init__(self) -> None:
        super().__init__()
        self.known = torch.nn.Embedding(257, 640)
        self.lstm = torch.nn.LSTM(640, 640, 2)

    def forward(self, targets: Any, target_length: Any, hidden: Any, cell: Any) -> Any:
        answer, (after, memory) = self.lstm(
            self.known(targets.long()).transpose(0, 1), (hidden, cell)
        )
        return answer.permute(1, 2, 0), target_length + 0, after, memory


def linear(weight: Any, bias: Any = 0.0) -> torch.nn.Linear:
    """A layer with these weights."""
    rows = torch.as_tensor(weight, dtype=torch.float32)
    layer = torch.nn.Linear(rows.shape[1], rows.shape[0])
    layer.weight.data = rows
    layer.bias.data = torch.as_tensor(bias, dtype=torch.float32).expand(rows.shape[0]).clone()
    return layer


def _written(folder: Path, pieces: dict[str, list[str]], width: int) -> None:
    """`vocab.json` and `language_masks.json`: each language's pieces in turn, the blank last."""
    masks, at = {}, 0
    total = sum(map(len, pieces.values()))
    for language, own in pieces.items():
        masks[language] = [at <= n < at + len(own) or n == total for n in range(total + 1)]
        at += len(own)
    assert width == total + 1
    (folder / "vocab.json").write_text(json.dumps(pieces), "utf-8")
    (folder / "language_masks.json").write_text(json.dumps(masks), "utf-8")


def tones(folder: Path) -> Path:
    """A model of three languages that answers a piece for each of `HZ`, and nothing to silence."""
    assets = folder / "assets"
    picks = np.zeros((4, 80))
    picks[:, _BANDS] = 10 * np.eye(4) - 4  # against what is in all bands, such as a click
    sound, encoded = torch.zeros(1, 80, 64), torch.zeros(1, 4, 8)
    export(
        Pooled(linear(picks)), (sound, torch.tensor([64])), ["audio_signal", "length"],
        assets / "encoder.onnx",
    )  # fmt: skip
    both = np.vstack([*[np.eye(4)] * 3, np.zeros((1, 4))])
    export(
        Head(linear(both, [0] * 12 + [6])),
        (encoded,),
        ["encoder_output"],
        assets / "ctc_decoder.onnx",
    )
    state = torch.zeros(1, 1, 1)
    export(
        Last(), (*_ONE, state, state),
        ["targets", "target_length", "states.1", "onnx::Slice_3"], assets / "rnnt_decoder.onnx",
    )  # fmt: skip
    wide = torch.zeros(1, 8, 4)
    for name in ("joint_enc", "joint_pred", "joint_pre_net"):
        export(linear(np.eye(4)), (wide,), ["input"], assets / f"{name}.onnx")
    for language in SPELLED:
        last = linear(np.vstack([np.eye(4), np.zeros((1, 4))]), [0] * 4 + [6])
        export(last, (wide,), ["input"], assets / f"joint_post_net_{language}.onnx")
    _written(assets, SPELLED, 13)
    return folder


def random(folder: Path) -> Path:
    """A model with random weights: 22 languages of 256 pieces, a prediction network of two layers,
    the encoder's weights beside its graph."""
    import onnxruntime

    from subtitling.recognition import indic_conformer

    torch.manual_seed(25)
    assets = folder / "assets"
    inside = torch.nn.Sequential(torch.nn.Linear(80, 64), torch.nn.SiLU(), torch.nn.Linear(64, 64))
    sound = (torch.zeros(1, 80, 64), torch.tensor([64]))
    export(Pooled(inside), sound, ["audio_signal", "length"], assets / "graph.onnx")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(assets / "encoder.onnx")
    for key, value in (("file_name", "layers.0.weight"), ("min_size_in_bytes", "16")):
        options.add_session_config_entry(
            f"session.optimized_model_external_initializers_{key}", value
        )
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    onnxruntime.InferenceSession(str(assets / "graph.onnx"), options)
    (assets / "graph.onnx").unlink()
    head = Head(torch.nn.Linear(64, 22 * 256 + 1))
    export(head, (torch.zeros(1, 64, 8),), ["encoder_output"], assets / "ctc_decoder.onnx")
    state = torch.zeros(2, 1, 640)
    export(
        Lstm(), (*_ONE, state, state),
        ["targets", "target_length", "states.1", "onnx::Slice_3"], assets / "rnnt_decoder.onnx",
    )  # fmt: skip
    joints = {"joint_enc": (64, 640), "joint_pred": (640, 640)}
    for name, (wide, out) in joints.items():
        export(
            torch.nn.Linear(wide, out),
            (torch.zeros(1, 8, wide),),
            ["input"],
            assets / f"{name}.onnx",
        )
    joined = (torch.zeros(1, 8, 640),)
    export(torch.nn.ReLU(), joined, ["input"], assets / "joint_pre_net.onnx")
    for language in sorted(indic_conformer.LANGUAGES):
        if language in ("hi", "sat"):
            last = torch.nn.Linear(640, 257)
            export(last, joined, ["input"], assets / f"joint_post_net_{language}.onnx")
    pieces = [f"{'▁' if n % 3 == 0 else ''}{chr(0x905 + n % 50)}" for n in range(256)]
    _written(assets, dict.fromkeys(sorted(indic_conformer.LANGUAGES), pieces), 22 * 256 + 1)
    return folder
