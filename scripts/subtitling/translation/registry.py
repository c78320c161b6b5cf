"""The engine that the configuration names for a pair of languages, ready to translate, and what
the record says of it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling.documents import FilmData, StoredModel
from subtitling.recognition import whisper
from subtitling.runtime import devices, memory_ladder, offline
from subtitling.text.sentences import Sentence
from subtitling.translation import (
    batches,
    endpoint,
    firefox,
    indictrans2,
    nllb,
    translator,
)
from subtitling.translation.translator import Options


@dataclass(frozen=True)
class Work:
    """What an engine is opened for. `settings` is its own section of the configuration; `stored`
    and `folder` are its verified model, where it has one in the store; `reverse` is the
    folder of the one that translates back, where there is one, and `back` that one if another."""

    source: str
    target: str
    options: Options
    settings: Mapping[str, Any]
    stored: StoredModel | None
    folder: Path | None
    device: str
    threads: int
    back: StoredModel | None = None
    reverse: Path | None = None


@dataclass(frozen=True)
class Context:
    """What only an engine that reads on is told: all sentences by id in the film's order, the film,
    what the glossary says of a sentence; and where its calls are recorded."""

    lines: Mapping[str, str]
    film: FilmData | None
    terms: Callable[[str], Mapping[str, str]]
    record: endpoint.Record


def units(
    name: str, settings: Mapping[str, Any], options: Options, sentences: Sequence[Sentence]
) -> list[Sequence[Sentence]]:
    """The film's sentences in runs that an engine must be given whole, in order: whisper's
    passages, which it translates in context, and an endpoint's batches. The others look at no
    sentence but the one they translate."""
    if name == "whisper":
        longest_ms = translator.longest_passage_ms(whisper.Options(**settings["asr"]).chunk_ms)
        return [*translator.apart(translator.passages(sentences, longest_ms))]
    size = options.batch_size if name == "endpoint" else 1
    return [sentences[n : n + size] for n in range(0, len(sentences), size)]


def recogniser(work: Work, degrade: memory_ladder.Degrade) -> whisper.Whisper:
    """The one that translates sound, into English; `degrade` is told what it has to do without."""
    options = whisper.Options(**work.settings["asr"])
    return whisper.Whisper(_folder(work), work.device, work.threads, options, degrade)


def opened(
    name: str, work: Work, context: Context, log: Callable[[str], None]
) -> AbstractContextManager[Any]:
    """A `batches.Engine` with its `placeholder` and `precision`, as a context; to be `aimed` before
    it translates. Problem where it lacks what it needs."""
    pair = (work.source, work.target)
    if name == "endpoint":
        settings = endpoint.Options(**work.settings)
        return endpoint.Endpoint(
            *pair,
            lines=context.lines,
            summary=_summary(context.film or FilmData()),
            terms=context.terms,
            options=settings,
            record=context.record,
        )
    offline.enforce()
    if name == "firefox":
        return firefox.Firefox(_folder(work), *pair)
    decoding: dict[str, Any] = {
        "device": work.device,
        "threads": work.threads,
        "beam_size": work.options.beam_size,
        "max_tokens": work.options.max_tokens,
    }
    if name == "nllb":
        return nllb.Nllb(_folder(work), precision=work.settings["precision"], **decoding)
    options = indictrans2.Options(**work.settings)
    return indictrans2.IndicTrans2(_folder(work), options=options, log=log, **decoding)


def aimed(name: str, work: Work, engine: Any) -> Any:
    """`engine`, from now on for the languages of `work`. Problem where it does not know them."""
    return engine.aim(work.source, work.target) if name in translator.MANY else engine


def record(name: str, work: Work, engine: Any) -> dict[str, Any]:
    """The model in use, as `io.model` takes it."""
    if name == "endpoint":
        told = endpoint.Options(**work.settings)
        return {"name": told.model, "source": told.url, "revision": None, "licence": "unknown",
                "files": {}}  # fmt: skip
    return {**vars(work.stored), "precision": engine.precision}


def workers(engine: Any) -> dict[str, dict[str, Any]]:
    """What the engine's worker process says of itself, by its environment; it is started for that.
    Empty for an engine in this process."""
    return {indictrans2.ENVIRONMENT: engine.facts()} if hasattr(engine, "facts") else {}


def usage(engine: Any) -> dict[str, Any]:
    """What an endpoint said that it took, for the record's notes; empty for the others."""
    if not isinstance(engine, endpoint.Endpoint):
        return {}
    return {"usage": {**vars(engine.usage), "cost": engine.cost}}


def unrepeatable(name: str, device: str) -> list[str]:
    """Why the same sentences may be translated otherwise the next time."""
    if name == "endpoint":
        return ["what is behind an address may be another model, or answer otherwise, next time"]
    return [devices.UNREPEATABLE] if device == "cuda" and name != "firefox" else []


def back(
    name: str,
    work: Work,
    engine: Any,
    texts: Mapping[str, str],
    degrade: batches.Degrade,
    log: Callable[[str], None],
) -> dict[str, str]:
    """Translations translated back, by id, where the engine can do that; else none. `engine` is the
    one that is loaded for the way there: where it knows the way back too, nothing else is loaded.
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


def _folder(work: Work) -> Path:
    if work.folder is None:
        raise Problem("the engine needs a model of the store, and was given none")
    return work.folder


def _summary(film: FilmData) -> str:
    year = f" ({film.year})" if film.year else ""
    title = f"{film.title}{year}" if film.title else ""
    return ". ".join(part for part in (title, film.overview) if part)
