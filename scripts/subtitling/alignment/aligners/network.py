"""A torch network that an aligner runs: on the device that was asked for, and on the CPU once that
device's memory runs out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from subtitling.runtime.memory_ladder import Degrade, Ladder

if TYPE_CHECKING:
    from subtitling.alignment.aligners.base import Samples

ADVICE = "set alignment.aligner to attention"


@dataclass(frozen=True)
class Setting:
    """The device, as `cuda` or `cpu`."""

    device: str


class Network:
    """Gives log probabilities of a sound, shape (frames, tokens). `model` is a loaded torch module
    on the CPU, `logits` takes what it returns for a batch, as a tensor (batch, frames, tokens)."""

    def __init__(self, model: Any, logits: Callable[[Any], Any], device: str, degrade: Degrade):
        self._model, self._logits = model.eval(), logits
        steps = [Setting(device), *([Setting("cpu")] if device != "cpu" else [])]
        self._ladder = Ladder(steps, degrade, self._move, ADVICE)
        self._ladder.through(lambda: self._move(self._ladder.setting))

    def __call__(self, sound: "Samples") -> "Samples":
        """The log probabilities of a mono sound at 16 kHz."""
        return self._ladder.through(lambda: self._heard(sound))

    def _heard(self, sound: "Samples") -> "Samples":
        import torch

        with torch.inference_mode():
            batch = torch.from_numpy(sound)[None].to(self._ladder.setting.device)
            emissions: Samples = self._logits(self._model(batch)).log_softmax(-1)[0].cpu().numpy()
        return emissions

    def _move(self, setting: Setting) -> None:
        self._model = self._model.to(setting.device)
