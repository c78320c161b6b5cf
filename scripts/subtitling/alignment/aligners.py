"""Aligners: models that say for each frame of a sound how probable each token is.

An aligner has a name, its frame in ms, the number of its blank token, the delay of a word's first
token behind the word's start, and whether several threads may use it at once; it makes tokens of a
word and log probabilities of a sound.
"""

import re
import threading
import unicodedata
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from lineage.problem import Problem
from subtitling.alignment import espeak
from subtitling.media.audio_file import SPEECH_RATE
from subtitling.runtime import offline

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, Any]

_LONGEST_WORD = 200  # letters; longer texts are no words
# Mean scores of a segment's words below which nothing of it fits its sound. Of 99 segments of real
# speech in nine languages, noisy and whispered ones among them, the least had 0.076; text invented
# over laughter had 0.001 (docs/hearing.md). The scores of the other aligners were not measured on
# real weights, and attention's are the recogniser's own probabilities, which are no independent
# evidence.
DOUBTFUL = {"phonemes": 0.02}
# Languages of India that `indic_numtowords` covers; it fails in Sindhi from 100 on.
_INDIAN_NUMBERS = frozenset(
    (
        *("as", "bn", "brx", "doi", "gu", "hi", "kn", "kok", "ks", "mai", "ml", "mni", "mr"),
        *("ne", "or", "pa", "sa", "sat", "ta", "te", "ur"),
    )
)


class Aligner(Protocol):
    """See the module. `late_ms` is subtracted from a word's start."""

    name: str
    frame_ms: float
    late_ms: int
    blank: int
    parallel: bool

    def tokens(self, word: str) -> list[int]:
        """The tokens of a word; none for a word that the model has no tokens for."""

    def emissions(self, sound: "Samples") -> "Samples":
        """Log probabilities, shape (frames, tokens), of up to 30 s of mono sound at 16 kHz."""

    def speaking(self, language: str) -> Self:
        """The same model for another language that it serves; nothing is loaded again."""


@dataclass(frozen=True)
class Choice:
    """An aligner that serves a language, and its model in the store, if it has one."""

    aligner: str
    model: str | None = None


def choose(language: str, aligner: str, models: dict[str, str]) -> list[Choice]:
    """The aligners to use, the best first: `aligner` and `models` as in the configuration.

    The last one is always the recogniser's attention. Raises Problem where the configured aligner
    can't serve the language.
    """
    choices = []
    if language in models and language != "mms":
        choices.append(Choice("wav2vec2", models[language]))
    if espeak.voice(language):
        choices.append(Choice("phonemes"))
    if "mms" in models:
        choices.append(Choice("mms", models["mms"]))
    choices.append(Choice("attention"))
    if aligner == "auto":
        return choices
    asked = [choice for choice in choices if choice.aligner == aligner]
    if not asked:
        raise Problem(
            f"alignment.aligner is {aligner}, which can't serve {language}: wav2vec2 and mms need "
            f"their model in alignment.models, phonemes need espeak-ng to speak the language; "
            f"there are {', '.join(choice.aligner for choice in choices)}"
        )
    return asked if aligner == "attention" else [*asked, Choice("attention")]


class Phonemes:
    """The phoneme recogniser of the package `hama`, with espeak-ng's phonemes for any language that
    espeak-ng speaks. Numbers and foreign words become phonemes as espeak-ng pronounces them."""

    name = "phonemes"
    parallel = True
    frame_ms = 20.0
    # Its tokens peak late. Measured against pocketsphinx on read English (100 ms) and against
    # espeak-ng's own word times in Hindi (88 ms), see docs/evaluation.md.
    late_ms = 95

    def __init__(self, language: str):
        from hama.asr import ASRModel

        self._voice = _voice(language)
        model = ASRModel()
        self._tokens = {token: n for n, token in enumerate(model.decoder_tokens)}
        self.blank = int(model.blank_id)
        self._sessions = threading.local()

    def tokens(self, word: str) -> list[int]:
        """The model's tokens of the phonemes of a word."""
        # espeak-ng reads some punctuation out: the danda by its name.
        said = "".join(c for c in word if c in "'’-" or unicodedata.category(c)[0] != "P")
        return known_phonemes(espeak.phonemes(said[:_LONGEST_WORD], self._voice), self._tokens)

    def emissions(self, sound: "Samples") -> "Samples":
        """See Aligner. Each thread has its own copy of the model, 5 MB: they share their memory."""
        import numpy as np
        from hama.asr import ASRModel

        if not hasattr(self._sessions, "model"):
            self._sessions.model = ASRModel()
        given = {"waveform": sound[None], "waveform_lengths": np.array([len(sound)])}
        outputs, lengths = self._sessions.model.session.run(["log_probs", "out_lengths"], given)
        emissions: Samples = outputs[0][: int(np.asarray(lengths).reshape(-1)[0])]
        return emissions

    def speaking(self, language: str) -> Self:
        """See Aligner."""
        other = copy(self)
        other._voice = _voice(language)
        return other


def _voice(language: str) -> str:
    """espeak-ng's voice for a language."""
    voice = espeak.voice(language)
    if voice is None:
        raise Problem(f"espeak-ng does not speak {language}")
    return voice


def known_phonemes(ipa: str, tokens: dict[str, int]) -> list[int]:
    """The tokens of a text in IPA, by longest match; symbols that the model does not know, as
    stress and length, are left out."""
    bare = "".join(c for c in unicodedata.normalize("NFD", ipa) if c not in "ˈˌː")
    known, at = [], 0
    while at < len(bare):
        for length in (3, 2, 1):
            piece = bare[at : at + length]
            mark = length == 1 and unicodedata.category(piece)[0] not in "L"
            if piece in tokens and not mark and unicodedata.category(piece[0]) != "Lm":
                known.append(tokens[piece])
                at += length
                break
        else:
            at += 1
    return known


class Wav2Vec2:
    """A wav2vec2 model of one language from the store, loaded by WhisperX, whose list of languages
    names them."""

    name = "wav2vec2"
    parallel = False
    late_ms = 0

    def __init__(self, folder: Path, language: str, device: str):
        offline.enforce()
        import torch
        from whisperx.alignment import load_align_model

        self._model, metadata = load_align_model(
            language, device, model_name=str(folder), model_cache_only=True
        )
        self._device, self._language = torch.device(device), language
        self._dictionary: dict[str, int] = metadata["dictionary"]
        self.blank = next((n for c, n in self._dictionary.items() if c in ("[pad]", "<pad>")), 0)
        self.frame_ms = float(self._model.config.inputs_to_logits_ratio) * 1000 / SPEECH_RATE

    def tokens(self, word: str) -> list[int]:
        """The letters that the model knows, with digits spelled out where that is supported."""
        letters = spelled_out(word[:_LONGEST_WORD], self._language).lower()
        return [self._dictionary[c] for c in letters if c in self._dictionary]

    def emissions(self, sound: "Samples") -> "Samples":
        """See Aligner."""
        import torch

        with torch.inference_mode():
            waveform = torch.from_numpy(sound)[None].to(self._device)
            log_probs = self._model(waveform).logits.log_softmax(-1)[0]
        emissions: Samples = log_probs.cpu().numpy()
        return emissions

    def speaking(self, language: str) -> Self:
        """See Aligner: for its letters, the numbers in it are spelled out in the language."""
        other = copy(self)
        other._language = language
        return other


class Mms:
    """Meta's MMS forced aligner for over a thousand languages, over text that uroman romanises. The
    weights (`model.pt` of torchaudio's MMS_FA bundle) come from the store."""

    name = "mms"
    parallel = False
    late_ms = 0
    frame_ms = 20.0
    blank = 0

    def __init__(self, weights: Path, language: str, device: str):
        offline.enforce()
        import torch
        import torchaudio

        bundle = torchaudio.pipelines.MMS_FA
        self._model = torchaudio.models.wav2vec2_model(**bundle._params)
        self._model.load_state_dict(
            torch.load(weights, map_location="cpu", weights_only=True), strict=False
        )
        self._model = self._model.eval().to(device)
        self._device, self._language = torch.device(device), language
        self._dictionary: dict[str, int] = bundle.get_dict(star=None)

    def tokens(self, word: str) -> list[int]:
        """The Latin letters of a word in any script."""
        import langcodes

        code = langcodes.Language.get(self._language).to_alpha3()
        letters = _uroman().romanize_string(
            spelled_out(word[:_LONGEST_WORD], self._language), lcode=code
        )
        known = self._dictionary
        return [known[c] for c in letters.lower() if c in known and known[c] != self.blank]

    def emissions(self, sound: "Samples") -> "Samples":
        """See Aligner."""
        import torch

        with torch.inference_mode():
            logits, _ = self._model(torch.from_numpy(sound)[None].to(self._device))
        emissions: Samples = logits.log_softmax(-1)[0].cpu().numpy()
        return emissions

    def speaking(self, language: str) -> Self:
        """See Aligner."""
        other = copy(self)
        other._language = language
        return other


def spelled_out(word: str, language: str) -> str:
    """A word with its numbers in words, where a library supports the language: in lakhs and crores
    for those of India."""
    import indic_numtowords
    import num2words

    def words(match: re.Match[str]) -> str:
        number = int(match[0])
        if language in _INDIAN_NUMBERS:
            return str(indic_numtowords.num2words(str(number), lang=language))
        try:
            return str(num2words.num2words(number, lang=language))
        except (NotImplementedError, OverflowError):
            return match[0]

    return re.sub(r"\d+", words, word)


@cache
def _uroman() -> Any:
    import uroman

    return uroman.Uroman()


def load(choice: Choice, folder: Path | None, language: str, device: str) -> Aligner:
    """Load the chosen aligner; `folder` holds its model in the store, verified by its checksums."""
    if choice.aligner == "phonemes":
        return Phonemes(language)
    if folder is None:
        raise ValueError(f"{choice.aligner} needs a model")
    if choice.aligner == "wav2vec2":
        return Wav2Vec2(folder, language, device)
    return Mms(folder / "model.pt", language, device)
