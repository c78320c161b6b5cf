"""Meta's MMS forced aligner."""

from copy import copy
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Self

from subtitling.alignment.aligners.base import LONGEST_WORD, AlignerSpec
from subtitling.alignment.aligners.network import Network
from subtitling.alignment.aligners.spoken_numbers import spelled_out
from subtitling.runtime import offline
from subtitling.runtime.memory_ladder import Degrade

MODEL = "mms"  # its key in `alignment.models`, among languages


class Mms:
    """Meta's MMS forced aligner for over a thousand languages, over text that uroman romanises. The
    weights (`model.pt` of torchaudio's MMS_FA bundle) come from the store."""

    name = "mms"
    parallel = False
    late_ms = 0
    frame_ms = 20.0
    blank = 0

    def __init__(self, weights: Path, language: str, device: str, degrade: Degrade):
        offline.enforce()
        import torch
        import torchaudio

        bundle = torchaudio.pipelines.MMS_FA
        model = torchaudio.models.wav2vec2_model(**bundle._params)
        model.load_state_dict(
            torch.load(weights, map_location="cpu", weights_only=True), strict=False
        )
        self.emissions = Network(model, itemgetter(0), device, degrade)
        self._language = language
        self._dictionary: dict[str, int] = bundle.get_dict(star=None)

    def tokens(self, word: str) -> list[int]:
        """The Latin letters of a word in any script."""
        import langcodes

        code = langcodes.Language.get(self._language).to_alpha3()
        letters = _uroman().romanize_string(
            spelled_out(word[:LONGEST_WORD], self._language), lcode=code
        )
        known = self._dictionary
        return [known[c] for c in letters.lower() if c in known and known[c] != self.blank]

    def speaking(self, language: str) -> Self:
        """See Aligner."""
        other = copy(self)
        other._language = language
        return other


@cache
def _uroman() -> Any:
    import uroman

    return uroman.Uroman()


def _load(folder: Path | None, language: str, device: str, degrade: Degrade) -> Mms:
    assert folder is not None
    return Mms(folder / "model.pt", language, device, degrade)


SPEC = AlignerSpec(Mms.name, lambda _language, models: models.get(MODEL), _load)
