"""Spleeter's two-stem model: Hennequin et al., "Spleeter: a fast and efficient music source
separation tool with pre-trained models" (JOSS 2020). A U-Net for each stem estimates its share of
each bin of the spectrum."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    Weights = dict[str, torch.Tensor]

RATE = 44_100
_WINDOW, _HOP = 4096, 1024
_BINS = 1024  # of 2049: the model covers up to 11 kHz; what is higher is accompaniment
_SEGMENT = 512  # spectra that the model was trained on at once, 12 s
_LEVELS = 6
_FOLD = 1 << _LEVELS  # each level halves time and bins
_TINY = 1e-10


class Spleeter:
    """The loaded model. The checksums of `folder` must be verified; `device` is cpu or cuda."""

    rate = RATE
    longest_s = _SEGMENT * _HOP / RATE

    def __init__(self, folder: Path, device: str):
        self._stems = [weights(folder / name) for name in ("vocals.ckpt", "accompaniment.ckpt")]
        self.to(device)

    def to(self, device: str) -> None:
        """Move to another device."""
        self._stems = [{name: w.to(device) for name, w in stem.items()} for stem in self._stems]
        self._device = device

    def vocals(self, mix: "torch.Tensor", segment_s: float) -> "torch.Tensor":
        """The voice in stereo sound of shape (2, samples), in segments of so many seconds."""
        import torch

        window = torch.hann_window(_WINDOW)
        spectra = torch.stft(
            mix, _WINDOW, _HOP, window=window, pad_mode="constant", return_complex=True
        )
        size = max(_FOLD, int(segment_s * RATE / _HOP) // _FOLD * _FOLD)
        with torch.inference_mode():
            masks = [self._mask(part) for part in spectra[:, :_BINS].split(size, dim=2)]
        own = torch.zeros_like(spectra)
        own[:, :_BINS] = spectra[:, :_BINS] * torch.cat(masks, dim=2)
        return torch.istft(own, _WINDOW, _HOP, window=window, length=mix.shape[1])

    def _mask(self, spectra: "torch.Tensor") -> "torch.Tensor":
        """The voice's share of each bin, 0 to 1, as the ratio of the two stems' powers."""
        from torch.nn.functional import pad

        count = spectra.shape[2]
        picture = pad(spectra.abs(), (0, -count % _FOLD)).transpose(1, 2)[None].to(self._device)
        voice, rest = (magnitudes(stem, picture)[0] ** 2 for stem in self._stems)
        mask = (voice + _TINY / 2) / (voice + rest + _TINY)
        return mask.transpose(1, 2)[:, :, :count].cpu()


def weights(path: Path) -> "Weights":
    """The arrays of a checkpoint by name, read without running code from it."""
    import numpy as np
    import torch
    from numpy._core import multiarray

    harmless: Any = [
        (multiarray._reconstruct, "numpy.core.multiarray._reconstruct"),  # numpy 1's name for it
        np.ndarray, np.dtype, np.dtypes.Float32DType,
    ]  # fmt: skip
    with torch.serialization.safe_globals(harmless):
        stored = torch.load(path, map_location="cpu", weights_only=True)
    tensors = {name: torch.from_numpy(array) for name, array in stored.items()}
    # Convolutions are a third faster on a CPU when channels lie side by side.
    side_by_side = torch.channels_last
    return {n: w.to(memory_format=side_by_side) if w.ndim == 4 else w for n, w in tensors.items()}


def magnitudes(stem: "Weights", mix: "torch.Tensor") -> "torch.Tensor":
    """A stem's magnitudes from those of the mix; both have shape (batch, 2, time, bins), time and
    bins multiples of 64. The U-Net halves both dimensions six times and doubles them again."""
    import torch
    from torch.nn import functional as f

    def layer(name: str) -> tuple[torch.Tensor, torch.Tensor]:
        return stem[f"{name}.weight"], stem[f"{name}.bias"]

    def normed(picture: torch.Tensor, name: str) -> torch.Tensor:
        mean, spread = stem[f"{name}.running_mean"], stem[f"{name}.running_var"]
        return f.batch_norm(picture, mean, spread, *layer(name), eps=1e-3)

    across = []
    picture = mix.to(memory_format=torch.channels_last)
    for n in range(1, _LEVELS + 1):
        across.append(f.conv2d(f.pad(picture, (1, 2, 1, 2)), *layer(f"down{n}_conv.1"), stride=2))
        if n < _LEVELS:
            picture = f.leaky_relu(normed(across[-1], f"down{n}_act.0"), 0.2)
    picture = across.pop()
    for n in range(1, _LEVELS + 1):
        beside = picture if n == 1 else torch.cat([across.pop(), picture], dim=1)
        wider = f.conv_transpose2d(beside, *layer(f"up{n}.0"), stride=2)
        picture = normed(f.relu(wider[:, :, 1:-2, 1:-2]), f"up{n}.3")
    return torch.sigmoid(f.conv2d(picture, *layer("up7.0"), dilation=2, padding=3)) * mix
