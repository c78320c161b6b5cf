"""One stage's translation, on record: by an engine that hears the sound, or by one that reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from subtitling import (
    batches,
    engines,
    lyrics,
    model,
    sentences,
    shards,
    speakers,
    translate,
    translation_quality,
)
from subtitling.media import Sound
from subtitling.protect import Keeper
from subtitling.sentences import Sentence

if TYPE_CHECKING:
    from lineage.stage import Stage


@dataclass(frozen=True)
class Film:
    """All of what is to be translated, whether this job does it or a shard's of it."""

    source: model.Transcript
    glossary: model.Glossary
    sentences: Sequence[Sentence]
    target: str

    @classmethod
    def of(cls, io: "Stage") -> Self:
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
        return cls(source, glossary, asked, io.wildcards.lang)

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


def by_text(
    io: "Stage",
    name: str,
    work: engines.Work,
    film: Film,
    asked: Sequence[Sentence],
    about: model.FilmData | None,
) -> tuple[translate.Done, dict[str, str]]:
    """The translations of `asked`, by id, and some of them translated back where that is asked for.

    What is finished is kept in the stage's folder until all of it is, for a next try.
    """
    options = work.options
    texts = {sentence.id: sentence.text for sentence in asked}
    context = engines.Context(film.texts, about, film.keeper.told, io.call)
    kept = batches.Kept(io.folder / "done.jsonl", [name, dict(io.params.items())])
    with engines.opened(name, work, context, io.log.debug) as engine:
        io.model(**engines.record(name, work, engine))
        for worker, facts in engines.workers(engine).items():
            io.worker(worker, **facts)
        done = translate.with_engine(
            texts, engine, film.keeper, size=options.batch_size, progress=io.progress, kept=kept
        )
        io.note(**engines.usage(engine))
    chosen = translation_quality.sample(film.texts, options.round_trip_sentences)
    back = {i: done.outcome.texts.get(i, "") for i in chosen if i in texts}
    back = engines.back(name, work, back)
    kept.drop()
    io.intermediate(kept.path, retained=False, reason="finished sentences, for a next try")
    return done, back


def report(io: "Stage", done: translate.Done, texts: Mapping[str, str]) -> None:
    """What was degraded, warned of and not translated."""
    for lesser, reason in done.outcome.degraded:
        io.degrade(lesser.what, lesser.before, lesser.after, reason)
    for warning in done.outcome.warnings:
        io.log.warning("%s", warning)
    for i, reason in done.outcome.failed.items():
        io.log.warning("%s has no translation, its source is shown: %s: %s", i, reason, texts[i])


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
