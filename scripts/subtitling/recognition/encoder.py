"""Whisper's encoder, which keeps what it made last: its decoder can be asked for more of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from faster_whisper import WhisperModel

if TYPE_CHECKING:
    import numpy as np


class EncodingModel(WhisperModel):  # type: ignore[misc]
    """A model that keeps the last output of its encoder, shape (chunks, 1500, width)."""

    encoded: Any = None

    def encode(self, features: "np.ndarray[Any, Any]") -> Any:
        """See WhisperModel."""
        self.encoded = super().encode(features)
        return self.encoded

    def languages(self, spans: Sequence[tuple[int, int, int]]) -> list[dict[str, float]]:
        """The probabilities, 0 to 1, of the languages in spans of what was encoded last: the number
        of a chunk, first and last frame; all spans are equally long.

        The decoder is shown nothing but these frames: hardly more than one of its steps.
        """
        import ctranslate2
        import numpy as np

        whole = self.encoded.to_device(ctranslate2.Device.cpu).to(ctranslate2.DataType.float32)
        encoded = np.asarray(whole)
        pieces = np.stack([encoded[n, first:last] for n, first, last in spans])
        detected = self.model.detect_language(ctranslate2.StorageView.from_array(pieces))
        return [{token[2:-2]: probability for token, probability in row} for row in detected]
