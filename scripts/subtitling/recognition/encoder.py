"""Whisper's encoder, which keeps what it made last: its decoder can be asked for more of it."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@cache
def encoding_model() -> Any:
    """The class of faster-whisper's models, with an encoder that keeps its last output."""
    from faster_whisper import WhisperModel

    class EncodingModel(WhisperModel):  # type: ignore[misc]
        """`encoded` is the last output of the encoder, shape (chunks, 1500, width)."""

        encoded: Any = None

        def encode(self, features: "np.ndarray[Any, Any]") -> Any:
            """See WhisperModel."""
            self.encoded = super().encode(features)
            return self.encoded

    return EncodingModel


def languages(model: Any, spans: Sequence[tuple[int, int, int]]) -> list[dict[str, float]]:
    """The probabilities, 0 to 1, of the languages in spans of what an `encoding_model` encoded
    last: the number of a chunk, first and last frame; all spans are equally long.

    The decoder is shown nothing but these frames: hardly more than one of its steps.
    """
    import ctranslate2
    import numpy as np

    whole = model.encoded.to_device(ctranslate2.Device.cpu).to(ctranslate2.DataType.float32)
    encoded = np.asarray(whole)
    pieces = np.stack([encoded[n, first:last] for n, first, last in spans])
    detected = model.model.detect_language(ctranslate2.StorageView.from_array(pieces))
    return [{token[2:-2]: probability for token, probability in row} for row in detected]
