"""How loud a sound is from moment to moment, and where it is quietest."""

from typing import TYPE_CHECKING, Any

from subtitling.media.audio_file import SPEECH_RATE, Sound

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, Any]

FRAME_MS = 10
_SMOOTH_MS = 100  # a stop consonant inside a word is silent for less


def levels(samples: "Samples") -> "Samples":
    """The level of each 10 ms of mono samples at 16 kHz, in dB of full scale; shape (frames,)."""
    import numpy as np

    step = SPEECH_RATE * FRAME_MS // 1000
    frames = samples[: len(samples) // step * step].reshape(-1, step)
    power = np.einsum("ij,ij->i", frames, frames) / step
    decibels: Samples = 10 * np.log10(power + 1e-12)
    return decibels


def quietest(audio: Sound, start_ms: int, end_ms: int) -> int:
    """The moment in [start, end] around which the sound is quietest, in ms; the middle of several
    that are equally quiet in a row."""
    import numpy as np

    loudness = levels(audio[start_ms * SPEECH_RATE // 1000 : end_ms * SPEECH_RATE // 1000])
    width = min(len(loudness), _SMOOTH_MS // FRAME_MS)
    if not width:
        return (start_ms + end_ms) // 2
    means = np.convolve(loudness, np.full(width, 1 / width), "valid")
    at = int(means.argmin())
    same = np.flatnonzero(means[at:] > means[at] + 0.1)
    last = at + (int(same[0]) if len(same) else len(means) - at) - 1
    return start_ms + (at + last + width) * FRAME_MS // 2
