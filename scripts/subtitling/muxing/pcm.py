"""Uncompressed sound: codecs whose samples can be repacked without loss."""

from typing import Any

DISC_PCM = ("pcm_bluray", "pcm_dvd", "s302m")


def is_pcm(codec: str) -> bool:
    """Whether a codec is plain samples, however packed."""
    return codec.startswith("pcm_") or codec in DISC_PCM


def is_nearly_pcm(codec: str) -> bool:
    """Whether a codec is ADPCM, whose packets decode by themselves to a few samples per byte."""
    return codec.startswith("adpcm_")


def codec_for(codec: str, samples: str) -> str:
    """The PCM codec that holds the samples of a codec without loss: `samples` is the format of its
    decoder. Those of discs and of broadcasting (SMPTE 302M) have 24 bits at the most."""
    kind = samples.removesuffix("p")
    if kind == "s32" and codec in DISC_PCM:
        return "pcm_s24le"
    plain = {"u8": "u8", "s16": "s16le", "s32": "s32le", "flt": "f32le", "dbl": "f64le"}
    return f"pcm_{plain[kind]}"


def samples_of(frame: Any, codec: str) -> bytes:
    """The samples of a decoded frame, channel by channel at each moment, little-endian."""
    import numpy as np

    block = frame.to_ndarray()
    mixed = block.T if frame.format.is_planar else block
    whole = np.ascontiguousarray(mixed).reshape(-1)
    if codec == "pcm_s24le":
        return bytes(whole.view(np.uint8).reshape(-1, 4)[:, 1:].tobytes())
    return bytes(whole.tobytes())
