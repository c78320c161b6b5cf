"""The interface of a translation engine: a module with a `SPEC`, and a row in `registry.SPECS`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling.documents import FilmData, StoredModel
from subtitling.runtime import devices
from subtitling.text.sentences import Sentence
from subtitling.translation.batches import Sense, no_sense

WORKFLOW_ENVIRONMENT = "whisperx"

Config = Mapping[str, Any]
Log = Callable[[str], None]
Record = Callable[[str, str, int | None, str | None], None]


@dataclass(frozen=True)
class TranslationOptions:
    """See `translation` in the configuration."""

    batch_size: int
    beam_size: int
    max_tokens: int
    round_trip_sentences: int


@dataclass(frozen=True)
class Work:
    """The work that an engine is opened for. `settings` is what its `SPEC.settings` chose; `stored`
    and `folder` are its verified model, where it has one in the store; `reverse` is the folder of
    the model that translates back, where there is one, and `back` that model if it is another."""

    source: str
    target: str
    options: TranslationOptions
    settings: Mapping[str, Any]
    stored: StoredModel | None
    folder: Path | None
    device: str
    threads: int
    back: StoredModel | None = None
    reverse: Path | None = None

    @property
    def model_folder(self) -> Path:
        """The model's folder; raises Problem where there is none."""
        if self.folder is None:
            raise Problem("the engine needs a model of the store, and was given none")
        return self.folder

    @property
    def decoding(self) -> dict[str, Any]:
        """The options of engines that decode in the same way."""
        return {
            "device": self.device,
            "threads": self.threads,
            "beam_size": self.options.beam_size,
            "max_tokens": self.options.max_tokens,
        }


@dataclass(frozen=True)
class Context:
    """The context for an engine that uses more than single sentences: all sentences by id in the
    film's order, the film's data, the glossary's terms for a sentence; and where its calls are
    recorded."""

    lines: Mapping[str, str]
    film: FilmData | None
    terms: Callable[[str], Mapping[str, str]]
    record: Record


def every_pair(_config: Config, _source: str, _target: str) -> str:
    """For an engine that may translate any pair."""
    return ""


def no_settings(_config: Config) -> dict[str, Any]:
    """For an engine without a section in the configuration."""
    return {}


def no_model(_config: Config, _source: str, _target: str) -> str | None:
    """For an engine whose model is not in the store."""
    return None


def no_model_back(
    _config: Config, _source: str, _target: str, _forth: str | None, _listed: Collection[str]
) -> str | None:
    """For an engine that does not translate back."""
    return None


def sentence_by_sentence(
    _settings: Mapping[str, Any], _options: TranslationOptions, sentences: Sequence[Sentence]
) -> list[Sequence[Sentence]]:
    """For an engine that translates each sentence without its neighbours."""
    return [[sentence] for sentence in sentences]


def of_the_store(work: Work, engine: Any) -> dict[str, Any]:
    """The record of a model of the store, as `io.model` takes it."""
    return {**vars(work.stored), "precision": engine.precision}


def no_usage(_engine: Any) -> dict[str, Any]:
    """For an engine that costs nothing."""
    return {}


def on_a_gpu(device: str) -> list[str]:
    """For a model that computes on the device of the configuration."""
    return [devices.UNREPEATABLE] if device == "cuda" else []


@dataclass(frozen=True)
class EngineSpec:
    """An engine, under its name in `translation.engines`. `Config` is the whole configuration.

    Used by the rules: `unable` says why a pair can't be translated, from a source that may be
    `auto` (empty where it can, or may be); `model` names the model in config/models.yaml,
    `model_back` the one that translates back, of the `listed` ones; `settings` is the part of the
    configuration that determines a translation. `needs` is what must be set up, for a message to
    those whose pair it `serves`, once it is configured for that. `environment` is
    one of envs/; `threads` (as many as it can use, up to 4), `uses_gpu`, `reads_film` and
    `many_targets` (one loaded model serves them all, see `translation_shared`) say what its jobs
    need, `online` that it opens connections.

    Used by the stage: `open` gives a `batches.Engine` with its `precision` as a context; None for
    an engine that hears the sound (`stage.by_sound`). `units` are the runs of sentences that it
    must be given whole; `sense` is what else a sentence's translation depends on (`batches.Sense`).
    `record` is the model in use as `io.model` takes it, `usage` what it cost, `unrepeatable` why
    the same sentences may be translated differently the next time.
    """

    name: str
    open: Callable[[Work, Context, Log], AbstractContextManager[Any]] | None
    needs: str
    unable: Callable[[Config, str, str], str] = every_pair
    serves: Callable[[str, str], bool] = lambda _source, _target: True
    settings: Callable[[Config], dict[str, Any]] = no_settings
    model: Callable[[Config, str, str], str | None] = no_model
    model_back: Callable[[Config, str, str, str | None, Collection[str]], str | None] = (
        no_model_back
    )
    environment: str = WORKFLOW_ENVIRONMENT
    threads: int = 4
    uses_gpu: bool = True
    many_targets: bool = False
    reads_film: bool = False
    online: bool = False
    units: Callable[
        [Mapping[str, Any], TranslationOptions, Sequence[Sentence]], list[Sequence[Sentence]]
    ] = sentence_by_sentence
    sense: Callable[[Work, Context], Sense] = lambda _work, _context: no_sense
    record: Callable[[Work, Any], dict[str, Any]] = of_the_store
    usage: Callable[[Any], dict[str, Any]] = no_usage
    unrepeatable: Callable[[str], list[str]] = on_a_gpu

    @property
    def by_sound(self) -> bool:
        """Whether it hears the sound instead of reading the words."""
        return self.open is None
