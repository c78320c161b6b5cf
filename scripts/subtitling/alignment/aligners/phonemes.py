"""The phoneme recogniser of the package `hama`."""

import unicodedata
from copy import copy
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lineage.problem import Problem
from subtitling.alignment import espeak
from subtitling.alignment.aligners import conformer
from subtitling.alignment.aligners.base import LONGEST_WORD, AlignerSpec
from subtitling.runtime import allocator
from subtitling.runtime.memory_ladder import Degrade

if TYPE_CHECKING:
    from subtitling.alignment.aligners.base import Samples

_WEIGHTS = "asr_waveform.hama"
_OWN = ("<wb>", "<blank>")  # the network's tokens after the phonemes


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
        from hama.vocab import Vocabulary

        allocator.keep_freed_memory()
        self._voice = _voice(language)
        tokens = [*Vocabulary.load().decoder, *_OWN]
        self._tokens = {token: n for n, token in enumerate(tokens)}
        self.blank = self._tokens["<blank>"]
        self._network = conformer.read(Path(str(resources.files("hama.assets") / _WEIGHTS)))

    def tokens(self, word: str) -> list[int]:
        """The model's tokens of the phonemes of a word."""
        # espeak-ng reads some punctuation out: the danda by its name.
        said = "".join(c for c in word if c in "'’-" or unicodedata.category(c)[0] != "P")
        return known_phonemes(espeak.phonemes(said[:LONGEST_WORD], self._voice), self._tokens)

    def emissions(self, sound: "Samples") -> "Samples":
        """See Aligner."""
        return self._network.emissions(sound)

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


def _load(_folder: Path | None, language: str, _device: str, _degrade: Degrade) -> Phonemes:
    return Phonemes(language)


# Of 99 segments of real speech in nine languages, noisy and whispered ones among them, the least
# had a score of 0.076; text invented over laughter had 0.001 (docs/hearing.md).
SPEC = AlignerSpec(
    Phonemes.name,
    lambda language, _models: "" if espeak.voice(language) else None,
    _load,
    doubtful=0.02,
)
