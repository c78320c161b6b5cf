"""The aligners, a row each, and which of them serve a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lineage.problem import Problem
from subtitling.alignment.aligners import mms, phonemes, wav2vec2
from subtitling.alignment.aligners.base import Aligner
from subtitling.runtime.memory_ladder import Degrade

ALIGNERS = {spec.name: spec for spec in (wav2vec2.SPEC, phonemes.SPEC, mms.SPEC)}
# The recogniser's own, which serves every language. Its scores are the recogniser's probabilities,
# and no independent evidence.
ATTENTION = "attention"
ESTIMATE = "estimate"  # where neither can time the words: by their letters
AUTO = "auto"
NAMES = (AUTO, *ALIGNERS, ATTENTION)


@dataclass(frozen=True)
class Choice:
    """An aligner that serves a language, and its model in the store, if it has one."""

    aligner: str
    model: str | None = None


def choose(
    language: str, aligner: str, models: Mapping[str, str], *, attention: bool = True
) -> list[Choice]:
    """The aligners to use, the best first: `aligner` and `models` as in the configuration.

    The last one serves every language: the recogniser's `attention`, or an estimate where it has
    none. Raises Problem where the configured aligner can't serve the language.
    """
    serving = {name: spec.model(language, models) for name, spec in ALIGNERS.items()}
    choices = [Choice(name, model or None) for name, model in serving.items() if model is not None]
    last = Choice(ATTENTION if attention else ESTIMATE)
    choices.append(last)
    if aligner == AUTO:
        return choices
    asked = [choice for choice in choices if choice.aligner == aligner]
    if not asked:
        raise Problem(
            f"alignment.aligner is {aligner}, which can't serve {language}: wav2vec2 and mms need "
            f"their model in alignment.models, phonemes need espeak-ng to speak the language; "
            f"there are {', '.join(choice.aligner for choice in choices)}"
        )
    return asked if aligner == ATTENTION else [*asked, last]


def load(
    choice: Choice, folder: Path | None, language: str, device: str, degrade: Degrade
) -> Aligner:
    """Load the chosen aligner; `folder` holds its model in the store, verified by its checksums.
    `degrade` is called where memory runs out."""
    if choice.model and folder is None:
        raise ValueError(f"{choice.aligner} needs a model")
    return ALIGNERS[choice.aligner].load(folder, language, device, degrade)


def doubtful(aligner: str | None) -> float | None:
    """The mean score below which a segment's words do not fit its sound; None where no such score
    is known of the aligner."""
    spec = ALIGNERS.get(aligner or "")
    return spec.doubtful if spec else None
