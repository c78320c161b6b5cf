"""Hybrid Transformer Demucs, through Demucs's own code: Rouard, Massa and Défossez, "Hybrid
Transformers for Music Source Separation" (ICASSP 2023)."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class Demucs:
    """A loaded model. The checksums of `folder` must have been verified; `device` is cpu or cuda.

    It holds one network: of the four of `htdemucs_ft`, each trained for one stem, only the one for
    the voice affects the voice, so only that one is needed.
    """

    def __init__(self, folder: Path, device: str):
        from demucs.hf import load_safetensors_model

        (weights,) = folder.glob("*.safetensors")
        self._net = load_safetensors_model(weights).eval()
        self.rate = int(self._net.samplerate)
        self.longest_s = float(self._net.segment)
        self.to(device)

    def to(self, device: str) -> None:
        """Move to another device."""
        self._net.to(device)
        self._device = device

    def vocals(self, mix: "torch.Tensor", segment_s: float) -> "torch.Tensor":
        """The voice in stereo sound of shape (2, samples), in segments of so many seconds."""
        from demucs.apply import apply_model

        # As Demucs's own Separator does: the network expects the loudness that it was trained on.
        mean, spread = mix.mean(), mix.mean(0).std() + 1e-8
        stems = apply_model(
            self._net,
            ((mix - mean) / spread)[None],
            shifts=0,  # a random shift would make results unrepeatable
            segment=segment_s,
            device=self._device,
        )[0]
        voice: torch.Tensor = stems[self._net.sources.index("vocals")] * spread + mean
        return voice
