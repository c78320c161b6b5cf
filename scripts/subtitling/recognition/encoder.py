"""Whisper's encoder, which keeps what it made last: its decoder can be asked for more of it."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


_SPANS_AT_ONCE = 4  # more are slower: they do not fit into a processor's cache


@cache
def encoding_model() -> Any:
    """The class of faster-whisper's models, with an encoder that keeps its last output."""
    from faster_whisper import WhisperModel

    class EncodingModel(WhisperModel):  # type: ignore[misc]
        """`encoded` is the last output of the encoder, shape (chunks, 1500, width)."""

        encoded: Any = None

        def encode(self, features: "np.ndarray[Any, Any]") -> Any:
            """See WhisperModel. A processor encodes one chunk after the other: together they are
            slower, and each takes 70 MB more."""
            if self.model.device == "cpu" and features.ndim == 3:
                self.encoded = _joined([super(EncodingModel, self).encode(f) for f in features])
            else:
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

    whole = model.encoded.to_device(ctranslate2.Device.cpu)
    encoded = _as_array(whole)
    detected = []
    for at in range(0, len(spans), _SPANS_AT_ONCE):
        some = spans[at : at + _SPANS_AT_ONCE]
        pieces = np.stack([encoded[n, first:last] for n, first, last in some])
        detected += model.model.detect_language(ctranslate2.StorageView.from_array(pieces))
    return [{token[2:-2]: probability for token, probability in row} for row in detected]


def _as_array(stored: Any) -> "np.ndarray[Any, Any]":
    """What a StorageView on the CPU holds, in 32 bits."""
    import ctranslate2
    import numpy as np

    array: np.ndarray[Any, Any] = np.asarray(stored.to(ctranslate2.DataType.float32))
    return array


def _joined(stored: Sequence[Any]) -> Any:
    """One StorageView of several on the CPU, which hold a chunk each."""
    import ctranslate2
    import numpy as np

    if len(stored) == 1:
        return stored[0]
    chunks = np.concatenate([_as_array(chunk) for chunk in stored])
    return ctranslate2.StorageView.from_array(chunks).to(stored[0].dtype)
