"""wav2vec2 models of one language each."""

from copy import copy
from pathlib import Path
from typing import Self

from subtitling.alignment.aligners.base import LONGEST_WORD, AlignerSpec
from subtitling.alignment.aligners.mms import MODEL
from subtitling.alignment.aligners.network import Network
from subtitling.alignment.aligners.spoken_numbers import spelled_out
from subtitling.media.audio_file import SPEECH_RATE
from subtitling.runtime import offline
from subtitling.runtime.memory_ladder import Degrade


class Wav2Vec2:
    """A wav2vec2 model of one language from the store, loaded by WhisperX, whose list of languages
    names them."""

    name = "wav2vec2"
    parallel = False
    late_ms = 0

    def __init__(self, folder: Path, language: str, device: str, degrade: Degrade):
        offline.enforce()
        from whisperx.alignment import load_align_model

        model, metadata = load_align_model(
            language, "cpu", model_name=str(folder), model_cache_only=True
        )
        self.emissions = Network(model, lambda output: output.logits, device, degrade)
        self._language = language
        self._dictionary: dict[str, int] = metadata["dictionary"]
        self.blank = next((n for c, n in self._dictionary.items() if c in ("[pad]", "<pad>")), 0)
        self.frame_ms = float(model.config.inputs_to_logits_ratio) * 1000 / SPEECH_RATE

    def tokens(self, word: str) -> list[int]:
        """The letters that the model knows, with digits spelled out where that is supported."""
        letters = spelled_out(word[:LONGEST_WORD], self._language).lower()
        return [self._dictionary[c] for c in letters if c in self._dictionary]

    def speaking(self, language: str) -> Self:
        """See Aligner: for its letters, the numbers in it are spelled out in the language."""
        other = copy(self)
        other._language = language
        return other


def _load(folder: Path | None, language: str, device: str, degrade: Degrade) -> Wav2Vec2:
    assert folder is not None
    return Wav2Vec2(folder, language, device, degrade)


SPEC = AlignerSpec(
    Wav2Vec2.name,
    lambda language, models: models.get(language) if language != MODEL else None,
    _load,
)
