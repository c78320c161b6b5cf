"""The waveform of a sound, to be drawn. Memory use does not depend on the length."""

from pathlib import Path
from typing import Any

from subtitling.media import containers

PER_SECOND = 20
_RATE = 8_000


def peaks(flac: Path | str) -> bytes:
    """A byte for each 1/20 s: the square root of its loudest sample, 0 to 255.

    The root keeps quiet speech visible beside loud music.
    """
    import av
    import numpy as np

    step = _RATE // PER_SECOND
    left: Any = np.empty(0, np.float32)
    levels = bytearray()

    def outline(samples: Any) -> bytes:
        loudest = np.abs(samples).reshape(-1, step).max(axis=1).clip(0, 1)
        return bytes(np.round(255 * np.sqrt(loudest)).astype(np.uint8))

    with containers.opened(flac) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                left = np.concatenate([left, part.to_ndarray().reshape(-1)])
                whole = len(left) // step * step
                levels += outline(left[:whole])
                left = left[whole:]
    if len(left):
        levels += outline(np.pad(left, (0, step - len(left))))
    return bytes(levels)
