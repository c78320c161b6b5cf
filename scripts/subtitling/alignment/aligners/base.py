"""What an aligner is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from subtitling.runtime.memory_ladder import Degrade

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, Any]

LONGEST_WORD = 200  # letters; longer texts are no words


class Aligner(Protocol):
    """Makes tokens of a word, and log probabilities of a sound.

    It has a name, its frame in ms, the number of its blank token, and the delay of a word's first
    token behind the word's start, which is subtracted; `parallel` says whether several threads may
    use it at once.
    """

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
class AlignerSpec:
    """An aligner for the table: what it serves, and how it is loaded.

    `model` gives the name of its model in the store for a language, by `alignment.models` of the
    configuration: None where it does not serve the language, the empty string where it serves it
    without a model. `load` takes the folder of that model, verified by its checksums, the language,
    the device, and what is called where memory runs out (see `memory_ladder`). A mean score of a
    segment's words below `doubtful` says that nothing of it fits its sound; None where that was not
    measured.
    """

    name: str
    model: Callable[[str, Mapping[str, str]], str | None]
    load: Callable[[Path | None, str, str, Degrade], Aligner]
    doubtful: float | None = None
