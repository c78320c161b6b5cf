"""One stage's translation, on record: by an engine that hears the sound, or by one that reads."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lineage.stage import Problem, Terminated
from subtitling import (
    batches,
    engines,
    lyrics,
    model,
    names,
    sentences,
    shards,
    speakers,
    store,
    translate,
    translation_quality,
)
from subtitling.media import Sound
from subtitling.protect import Keeper
from subtitling.sentences import Sentence

if TYPE_CHECKING:
    from lineage.stage import Stage


_KEPT = "done.jsonl"
_TRIES = 2  # for a language at which the process dies


@dataclass(frozen=True)
class Film:
    """All of what is to be translated, whether this job does it or a shard's of it."""

    source: model.Transcript
    glossary: model.Glossary
    sentences: Sequence[Sentence]
    target: str

    @classmethod
    def of(cls, io: "Stage", target: str) -> Self:
        """From the inputs of the stage, cut into sentences, which no song shares with speech, and
        no speaker with another where they are told apart."""
        source = model.load(model.Transcript, io.input.transcript)
        turns = lyrics.turns(source, model.load(model.Lyrics, io.input.lyrics).labels)
        if io.input.get("speakers"):
            told = model.load(model.Speakers, io.input.speakers)
            turns |= speakers.changes(source.words, speakers.of_words(source.words, told))
        cut = sentences.Options(**io.params.sentences)
        asked = sentences.sentences(source.words, source.language, cut, turns)
        glossary = model.load(model.Glossary, io.input.glossary)
        return cls(source, glossary, asked, target)

    @property
    def idle(self) -> str | None:
        """Why there is nothing to translate; None where there is."""
        if not self.sentences:
            return "no sentences to translate"
        if self.source.language == self.target:
            return f"the speech is in {self.target} already; its own words are used"
        return None

    @cached_property
    def texts(self) -> dict[str, str]:
        """The sentences' words by id."""
        return {sentence.id: sentence.text for sentence in self.sentences}

    @cached_property
    def keeper(self) -> Keeper:
        """Of what the translations must hold."""
        return Keeper(self.glossary, self.source.language, self.target)

    def part(
        self, shard: str, engine: str, settings: Mapping[str, Any], options: translate.Options
    ) -> list[Sentence]:
        """The sentences of one shard; every shard has about as many characters."""
        units = engines.units(engine, settings, options, self.sentences)
        some = shards.part_of(shard, units, lambda unit: sum(len(s.text) for s in unit))
        return [sentence for unit in some for sentence in unit]


def by_sound(
    io: "Stage", work: engines.Work, audio: Sound, asked: Sequence[Sentence], keeper: Keeper
) -> translate.Done:
    """Whisper's English of what is said."""
    whisper = engines.whisper(work, io.degrade)
    heard = translate.with_whisper(whisper, audio, asked, work.source, io.progress)
    io.model(**engines.record("whisper", work, whisper))
    texts = {sentence.id: sentence.text for sentence in asked}
    return translate.compared(texts, translate.outcome_of(heard), keeper)


def work_of(io: "Stage", film: Film) -> engines.Work:
    """What the stage's engine is opened for."""
    found, backwards = io.input.get("model"), io.input.get("backwards")
    return engines.Work(
        source=film.source.language,
        target=film.target,
        options=translate.Options(**io.params.options),
        settings=io.params.settings,
        stored=store.ready(io.params.model, found) if found else None,
        folder=store.folder(found) if found else None,
        device=io.params.device,
        threads=io.threads,
        reverse=store.folder(backwards) if backwards else None,
    )


@contextmanager
def opened(io: "Stage", film: Film, work: engines.Work) -> Iterator[Any]:
    """The stage's engine that reads, on record. What it finishes is kept in the stage's folder
    until all of it is, for a next try."""
    name = io.params.engine
    about = model.load(model.FilmData, io.input.film) if io.input.get("film") else None
    context = engines.Context(film.texts, about, film.keeper.told, io.call)
    with engines.opened(name, work, context, io.log.debug) as engine:
        io.model(**engines.record(name, work, engine))
        for worker, facts in engines.workers(engine).items():
            io.worker(worker, **facts)
        yield engine
        io.note(**engines.usage(engine))
    (io.folder / _KEPT).unlink(missing_ok=True)
    reason = "finished sentences, for a next try"
    io.intermediate(io.folder / _KEPT, retained=False, reason=reason)


def by_text(
    io: "Stage", work: engines.Work, engine: Any, film: Film, asked: Sequence[Sentence]
) -> tuple[translate.Done, dict[str, str]]:
    """The translations of `asked`, by id, and some translated back where that is asked for."""
    name, options = io.params.engine, work.options
    texts = {sentence.id: sentence.text for sentence in asked}
    decisive = {k: v for k, v in io.params.items() if k != "languages"}
    done = translate.with_engine(
        texts,
        engines.aimed(name, work, engine),
        film.keeper,
        size=options.batch_size,
        progress=io.progress,
        kept=batches.Kept(io.folder / _KEPT, [decisive, film.target]),
    )
    chosen = translation_quality.sample(film.texts, options.round_trip_sentences)
    back = {i: done.outcome.texts.get(i, "") for i in chosen if i in texts}
    return done, engines.back(name, work, engine, back)


def finished(
    io: "Stage",
    film: Film,
    asked: Sequence[Sentence],
    done: translate.Done,
    back: Mapping[str, str],
) -> translate.Answers:
    """The answers, with near misses of names put right; what was degraded, warned of and not
    translated goes on record."""
    corrections = translate.mended(
        done, film.keeper, film.glossary, names.Options(**io.params.names)
    )
    for lesser, reason in done.outcome.degraded:
        io.degrade(lesser.what, lesser.before, lesser.after, reason)
    for warning in done.outcome.warnings:
        io.log.warning("%s: %s", film.target, warning)
    for i, reason in done.outcome.failed.items():
        text = film.texts[i]
        io.log.warning(
            "%s: %s has no translation, its source is shown: %s: %s", film.target, i, reason, text
        )
    return translate.answers(asked, done, back, corrections)


def measures(
    began: float, asked: Sequence[Sentence], done: translate.Done
) -> dict[str, float | int]:
    """For the record's notes; `began` is by `time.monotonic`."""
    seconds = (time.monotonic() - began) / len(asked)
    return {"seconds_per_sentence": round(seconds, 4), "restarts": done.outcome.restarts}


def in_language(
    io: "Stage", work: engines.Work, engine: Any, film: Film, tries: "Tries"
) -> translate.InLanguage:
    """One of the languages that share `engine`, or why it is left to its own job."""
    began, left = time.monotonic(), tries.left(film.target)
    if not left:
        try:
            with tries.one(film.target):
                done, back = by_text(io, work, engine, film, film.sentences)
                found = finished(io, film, film.sentences, done, back)
        except Problem as problem:
            left = str(problem)
        else:
            io.note(**{film.target: measures(began, film.sentences, done)})
            return translate.InLanguage(film.target, found, None)
    io.log.warning("%s is left to its own job: %s", film.target, left)
    return translate.InLanguage(film.target, None, left)


def given(io: "Stage", film: Film) -> translate.Answers | None:
    """What the job that shares its model among languages found for this one; None where there is
    no such job, or where it left this language to its own."""
    if not io.input.get("shared") or film.idle:
        return None
    shared = model.load(translate.Shared, io.input.shared)
    mine = next((one for one in shared.languages if one.language == film.target), None)
    if mine and mine.answers:
        return mine.answers
    why = mine.left if mine else f"{film.target} was asked for after the others were translated"
    io.log.info("%s has a model loaded for itself: %s", film.target, why)
    io.note(shared=f"no: {why}")
    return None


class Tries:
    """Which languages were begun and not ended, in a file that a killed stage leaves behind: so one
    at which the process dies again and again does not take the others with it."""

    def __init__(self, path: Path):
        self._path = path
        self._begun: dict[str, int] = json.loads(path.read_bytes()) if path.is_file() else {}

    def left(self, language: str) -> str | None:
        """Why a language is not tried again; None where it is."""
        tries = self._begun.get(language, 0)
        return f"the process died {tries} times at {language}" if tries >= _TRIES else None

    @contextmanager
    def one(self, language: str) -> Iterator[None]:
        """A try, on file until it ends by itself or is called off."""
        before = dict(self._begun)
        self._write({**before, language: before.get(language, 0) + 1})
        try:
            yield
        except (KeyboardInterrupt, Terminated):
            self._write(before)
            raise
        self._write({k: v for k, v in before.items() if k != language})

    def drop(self) -> None:
        """All are through."""
        self._path.unlink(missing_ok=True)

    def _write(self, begun: dict[str, int]) -> None:
        self._begun = begun
        model.save_text(json.dumps(begun), self._path)


def write(io: "Stage", film: Film, found: translate.Answers) -> None:
    """The transcript of the whole film, its text, its pairs and its figures."""
    done = translate.done_of(film.texts, found, film.keeper)
    translated = film.source
    if film.source.language != film.target:
        segments = translate.segments(film.sentences, done.outcome, film.target)
        translated = model.Transcript(film.target, None, "estimated", segments, found.corrections)
    back = {a.id: a.back for a in found.answers if a.back is not None}
    name = io.params.engine
    metrics = translation_quality.measured(name, film.texts, done, film.target, back=back)
    io.note(engine=name, sentences=len(film.sentences), untranslated=len(done.outcome.failed))
    io.note(adherence=metrics.adherence)
    model.save(translated, io.output.transcript)
    model.save_text(translated.text, io.output.text)
    model.save_text(translate.pairs(film.sentences, done.outcome), io.output.pairs)
    model.save(metrics, io.output.metrics)
