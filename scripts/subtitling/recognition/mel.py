"""The spectrum that NVIDIA's NeMo gives its recognisers.

Its parameters are those of `AudioToMelSpectrogramPreprocessor` in NeMo 1.23, which AI4Bharat's
models were trained with: frames of 25 ms every 10 ms, 80 bands, each normalised over the sound.
"""

from typing import TYPE_CHECKING, Any

from subtitling.media.audio_file import SPEECH_RATE

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, Any]

BANDS = 80
_FFT, _FRAME, _HOP = 512, 400, 160  # samples
_PREEMPHASIS = 0.97
_SILENCE = 2.0**-24  # added to the power: the logarithm of digital silence has no value
_FLAT = 1e-5  # added to the deviation of a band
LEAST = SPEECH_RATE // 10  # samples; two frames at least, or there is nothing to normalise


def features(sound: "Samples") -> "Samples":
    """The logarithmic mel spectrum of mono samples at 16 kHz, each band with mean 0 and deviation
    1; float32 of shape (80, frames), a frame every 10 ms. Sound under 0.1 s is padded with
    silence."""
    import torch
    from torchaudio.functional import melscale_fbanks

    samples = torch.as_tensor(sound, dtype=torch.float32)
    samples = torch.nn.functional.pad(samples, (0, max(0, LEAST - len(samples))))
    samples = torch.cat([samples[:1], samples[1:] - _PREEMPHASIS * samples[:-1]])
    window = torch.hann_window(_FRAME, periodic=False)
    waves = torch.stft(samples, _FFT, _HOP, _FRAME, window, pad_mode="reflect", return_complex=True)
    bands = melscale_fbanks(
        _FFT // 2 + 1, 0.0, SPEECH_RATE / 2, BANDS, SPEECH_RATE, norm="slaney", mel_scale="slaney"
    )
    power = torch.log(bands.T @ waves.abs().square() + _SILENCE)
    centred = power - power.mean(1, keepdim=True)
    normal: Samples = (centred / (power.std(1, keepdim=True) + _FLAT)).numpy()
    return normal
