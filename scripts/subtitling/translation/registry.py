"""The translation engines by name, and how to open one."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from lineage.problem import Problem
from subtitling.runtime import offline
from subtitling.text.suggestions import meant
from subtitling.translation import batches, endpoint, firefox, indictrans2, nllb, whisper_speech
from subtitling.translation.engine import WORKFLOW_ENVIRONMENT, Context, EngineSpec, Work

SPECS = {
    spec.name: spec
    for spec in (
        whisper_speech.SPEC,
        endpoint.SPEC,
        nllb.SPEC,
        indictrans2.SPEC,
        firefox.SPEC,
    )
}


def spec(name: str) -> EngineSpec:
    """The engine of this name. Raises Problem where there is none."""
    if name not in SPECS:
        raise Problem(
            f"translation.engines names {name}; known are {', '.join(SPECS)}{meant(name, SPECS)}"
        )
    return SPECS[name]


def opened(
    name: str, work: Work, context: Context, log: Callable[[str], None]
) -> AbstractContextManager[Any]:
    """A `batches.Engine` with its `precision`, as a context; to be `aimed` before it translates.
    Raises Problem where it lacks what it needs."""
    engine = spec(name)
    if not engine.online:
        offline.enforce()
    assert engine.open, f"{name} hears the sound"
    return engine.open(work, context, log)


def aimed(name: str, work: Work, engine: Any) -> Any:
    """`engine`, set to the languages of `work`. Raises Problem where it does not know them."""
    return engine.aim(work.source, work.target) if spec(name).many_targets else engine


def workers(name: str, engine: Any) -> dict[str, dict[str, Any]]:
    """The facts of the engine's worker process, by its environment. Empty for an engine in this
    process, and for one that translated nothing and was not started."""
    environment = spec(name).environment
    started = environment != WORKFLOW_ENVIRONMENT and engine.known
    return {environment: engine.known} if started else {}


def back(
    name: str,
    work: Work,
    engine: Any,
    texts: Mapping[str, str],
    degrade: batches.Degrade,
    log: Callable[[str], None],
) -> dict[str, str]:
    """Translations translated back, by id, where the engine can do that; else none. `engine` is the
    one that is already loaded: where it translates back too, nothing else is loaded.
    """
    some = {i: text for i, text in texts.items() if text}
    if not work.reverse or not some:
        return {}
    reverse = replace(work, source=work.target, target=work.source, folder=work.reverse)
    nothing = Context({}, None, lambda _: {}, lambda *_: None)
    loaded = work.reverse == work.folder
    with nullcontext(engine) if loaded else opened(name, reverse, nothing, log) as other:
        return batches.translate(
            some,
            aimed(name, reverse, other),
            size=work.options.batch_size,
            progress=lambda *_: None,
            degrade=degrade,
        ).texts
