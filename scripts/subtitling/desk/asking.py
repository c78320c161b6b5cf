"""Ask the engine that translated a track for one sentence again, where it can run here."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from lineage.problem import Problem
from subtitling.desk.sources import Sources
from subtitling.models import store
from subtitling.options import recorded
from subtitling.translation import registry, translator
from subtitling.translation.engine import (
    WORKFLOW_ENVIRONMENT,
    Context,
    TranslationOptions,
    Work,
)

_MOST_CHARACTERS = 1000
_THREADS = 2


class Asker:
    """The engine of a track, loaded at the first question and kept. Not for several threads."""

    def __init__(self, sources: Sources):
        self._sources = sources
        self._open: AbstractContextManager[Any] | None = None
        self._engine: Any = None

    @property
    def unable(self) -> str:
        """Why it can't be asked; empty where it can."""
        key = f"08_translation/{self._sources.shown.language}"
        if not self._sources.made.translated:
            return "this track shows the words that were said; it is not translated"
        if key not in self._sources.job.stages:
            return "this translation has no stage of its own on record"
        params = self._sources.job.stages[key].params
        if params.get("through"):
            return "this track was translated in two steps"
        if params.get("engine") not in registry.SPECS:
            return "the record does not name an engine that is known here"
        spec = registry.spec(params["engine"])
        if spec.by_sound:
            return f"{spec.name} hears the sound; it reads no sentence"
        if spec.online:
            return f"{spec.name} is asked over the network, which the desk does not do"
        if spec.environment != WORKFLOW_ENVIRONMENT:
            return f"{spec.name} runs in an environment of its own"
        return ""

    def ask(self, text: str) -> str:
        """The engine's translation of a sentence, with the glossary's terms as in a run. Raises
        Problem where it can't be asked."""
        if self.unable:
            raise Problem(self.unable)
        text = " ".join(text.split())
        if not text or len(text) > _MOST_CHARACTERS:
            raise Problem(f"a sentence has 1 to {_MOST_CHARACTERS} characters")
        if self._engine is None:
            self._load()
        done = translator.with_engine(
            {"s": text}, self._engine, self._sources.checker, size=1, progress=lambda *_: None
        )
        if "s" not in done.outcome.texts:
            raise Problem(f"the engine gave no answer: {done.outcome.failed.get('s', 'unknown')}")
        return done.outcome.texts["s"]

    def _load(self) -> None:
        job, target = self._sources.job, self._sources.shown.language
        stage = job.stages[f"08_translation/{target}"]
        params: Mapping[str, Any] = stage.params
        inventory = next((job.locate(f.path) for f in stage.inputs if f.name == "model"), None)
        if inventory is None or not inventory.exists():
            raise Problem(f"the model of {params['engine']} is not in the store any more")
        work = Work(
            source=self._sources.made.transcript.language,
            target=target,
            options=recorded(TranslationOptions, params["options"], self._sources.job.folder.name),
            settings=params["settings"],
            stored=store.ready(params["model"], inventory),
            folder=store.folder(inventory),
            device="cpu",
            threads=_THREADS,
        )
        hints = self._sources.checker.glossary_hints
        context = Context({}, self._sources.film.data, hints, lambda *_: None)
        self._open = registry.opened(params["engine"], work, context, lambda _: None)
        self._engine = registry.aimed(params["engine"], work, self._open.__enter__())

    def close(self) -> None:
        """Unload the engine."""
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = self._engine = None
