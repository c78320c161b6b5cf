"""The translation stage: by an engine that hears the sound, or by one that reads the words."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lineage import untrusted
from lineage.problem import Problem
from lineage.stage import Terminated
from subtitling import documents, shards, spans
from subtitling.media import audio_file
from subtitling.models import store
from subtitling.recognition import kept_recogniser
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.names import NameOptions
from subtitling.runtime import earlier, environments, kept_answers
from subtitling.runtime.worker import Lost, NoMemory
from subtitling.sound import apart, lyrics
from subtitling.speakers import attribution
from subtitling.text.languages import same_words
from subtitling.text.sentences import Sentence, SentenceOptions
from subtitling.translation import (
    batches,
    by_language,
    metrics,
    registry,
    through,
    translator,
    whisper_speech,
)
from subtitling.translation.engine import (
    WORKFLOW_ENVIRONMENT,
    Context,
    TranslationOptions,
    Work,
)
from subtitling.translation.placeholders import TermChecker

if TYPE_CHECKING:
    from lineage.stage import Stage


_KEPT, _BEGUN = "done.jsonl", "begun.json"
_FINISHED = "sentences.jsonl"  # those of the last run that succeeded
_NOT_DECISIVE = ("languages", "failed_try", "alone")  # of a rule's parameters
_TRIES = 2  # for a language at which the stage breaks off


@dataclass(frozen=True)
class Film:
    """Everything that is to be translated, whether by this job or by those of shards."""

    source: documents.Transcript
    glossary: documents.Glossary
    sentences: Sequence[Sentence]
    target: str
    songs: Sequence[spans.Span]
    turns: frozenset[str]  # the ids of sentences with which a song or a speaker begins or ends
    through: bool = False  # what is translated is a translation already
    # The rule's rows of engines for other languages than the film's.
    beside: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def of(cls, io: "Stage", target: str) -> Self:
        """From the inputs of the stage, cut into sentences; no sentence holds both a song and
        speech, nor, where speakers are labelled, the words of two speakers."""
        source = documents.load(documents.Transcript, io.input.transcript)
        if source.failed:
            raise Problem(f"there is nothing to translate from: {source.failed}")
        heard = documents.load(documents.Lyrics, io.input.lyrics)
        songs = [(region.start_ms, region.end_ms) for region in heard.regions]
        if dict(io.params.items()).get("through") and through.translated(source):
            glossary = documents.load(documents.Glossary, io.input.glossary)
            spoken = documents.load(documents.Transcript, io.input.spoken)
            asked = through.sentences(source, spoken, target)
            return cls(source, glossary, asked, target, songs, frozenset(), through=True)
        turns = lyrics.turns(source, heard.labels)
        if io.input.get("speakers"):
            speakers = documents.load(documents.Speakers, io.input.speakers)
            turns |= attribution.changes(source.words, attribution.of_words(source.words, speakers))
        cut = SentenceOptions(**io.params.sentences)
        asked = apart.sentences_of(source, cut, turns)
        glossary = documents.load(documents.Glossary, io.input.glossary)
        begins = frozenset(s.id for s in asked if s.words[0].id in turns)
        return cls(source, glossary, asked, target, songs, begins, beside=io.params.beside)

    @property
    def idle(self) -> str | None:
        """Why there is nothing to translate; None where there is something."""
        if not self.sentences:
            return "no sentences to translate"
        if self.in_own_words:
            return f"the speech is in {self.source.language}; its own words are used"
        return None

    @property
    def in_own_words(self) -> bool:
        """Whether all of it is spoken in the target's language."""
        own = same_words(self.source.language, self.target) and not self.through
        return own and all(sentence.language is None for sentence in self.sentences)

    @property
    def apart(self) -> bool:
        """Whether the channels of the sound were heard apart."""
        return any(segment.channel is not None for segment in self.source.segments)

    @cached_property
    def texts(self) -> dict[str, str]:
        """The sentences' words by id."""
        return {sentence.id: sentence.text for sentence in self.sentences}

    @cached_property
    def keeper(self) -> TermChecker:
        """The checker of what the translations must hold."""
        return self.keeper_of(self.source.language)

    def keeper_of(self, language: str) -> TermChecker:
        """The same for what is said in another language."""
        return TermChecker(self.glossary, language, self.target)

    @property
    def served(self) -> list[str]:
        """The languages beside the film's that engines translate from."""
        return [code for row in self.beside for code in row["languages"]]

    def untouched(self, asked: Sequence[Sentence]) -> batches.Outcome:
        """Those of `asked` for which no engine is needed, or for which there is none."""
        return by_language.untouched(asked, self.source.language, self.target, self.served)

    def part(
        self, shard: str, engine: str, settings: Mapping[str, Any], options: TranslationOptions
    ) -> list[Sentence]:
        """The sentences of one shard; every shard has about as many characters."""
        units = registry.spec(engine).units(settings, options, self.sentences)
        some = shards.part_of(shard, units, lambda unit: sum(len(s.text) for s in unit))
        return [sentence for unit in some for sentence in unit]


def translated(
    io: "Stage", film: Film, asked: Sequence[Sentence]
) -> tuple[translator.Done, dict[str, str]]:
    """The translations of `asked` by the engines of their languages, and some of them translated
    back where that is asked for."""
    back: dict[str, str] = {}
    done = translator.Done(film.untouched(asked))
    left = [s for s in asked if s.id not in {*done.outcome.texts, *done.outcome.failed}]
    model = io.params.model
    own = (io.params.engine, model["name"] if model else None)
    for share in by_language.shares(left, film.source.language, own, film.beside):
        spec = registry.spec(share.engine)
        works = {code: work_of(io, film, code, share.row) for code in share.sentences}
        if spec.by_sound:
            done.add(by_sound(io, works, asked, share, film))
            continue
        # One that translates between many languages is loaded once for all of them.
        rounds = [list(works)] if spec.many_targets else [[code] for code in works]
        for codes in rounds:
            with opened(io, film, works[codes[0]], share.engine) as engine:
                for code in codes:
                    some = share.sentences[code]
                    part, way_back = by_text(io, works[code], engine, film, some, share.engine)
                    done.add(part)
                    back |= way_back
        for reason in spec.unrepeatable(io.params.device):
            io.unrepeatable(reason)
    return done, back


def by_sound(
    io: "Stage",
    works: Mapping[str, Work],
    asked: Sequence[Sentence],
    share: by_language.Share,
    film: Film,
) -> translator.Done:
    """Whisper's English of what is said in the languages of a share of `asked`."""
    kept = kept_recogniser.of_sound(io, apart=film.apart)
    audio = audio_file.read_speech_audio(io.input.audio, apart=film.apart, in_parts=True)
    io.media_ms(audio_file.length_ms(io.input.audio) if film.apart else audio.duration_ms)
    work = next(iter(works.values()))
    opened = whisper_speech.recogniser(work, io.degrade)
    whisper = kept_recogniser.KeptRecogniser(opened, kept, work.stored and vars(work.stored))
    doubting = HallucinationOptions(**work.settings["hallucinations"])
    own = {sentence.id for some in share.sentences.values() for sentence in some}
    late_ms = audio.duration_ms // 2 if film.apart else None
    heard = translator.with_whisper(
        whisper, audio, apart.sentences_in_a_row(asked, film.source, late_ms),
        film.source.language, doubting, io.progress, apart.everywhere(film.songs, late_ms),
        film.turns, frozenset(s.id for s in asked if s.id not in own),
    )  # fmt: skip
    heard.rehearings = apart.rehearings_on_film(heard.rehearings, late_ms)
    kept_answers.write(io, kept)
    if kept.reused:
        _note_reused(io, f"{film.source.language}-{film.target}", kept.reused)
    io.model(**whisper_speech.SPEC.record(work, whisper))
    for reason in whisper_speech.SPEC.unrepeatable(io.params.device):
        io.unrepeatable(reason)
    texts = {sentence.id: sentence.text for sentence in asked if sentence.id in own}
    sources = translator.sources(texts, heard.outcome)
    done = translator.compared(sources, heard.outcome, film.keeper)
    done.rehearings, done.repaired = heard.rehearings, len(heard.outcome.first)
    return done


def work_of(
    io: "Stage", film: Film, language: str | None = None, row: Mapping[str, Any] | None = None
) -> Work:
    """The work that the stage's engine is opened for, or that of a `row` of engines for other
    languages, to translate from a language, the film's where none is named."""
    source = language or film.source.language
    if row:
        stored = {Path(path).parent.name: path for path in io.input.get("beside", ())}
        model = stored[row["model"]["name"]] if row["model"] else None
        return Work(
            source=source,
            target=film.target,
            options=TranslationOptions(**io.params.options),
            settings=row["settings"],
            stored=store.ready(row["model"], model) if model else None,
            folder=store.folder(model) if model else None,
            device=io.params.device,
            threads=io.threads,
        )
    model, reverse_model = io.input.get("model"), io.input.get("reverse_model")
    if reverse_model and reverse_model != model and (why := store.failure(reverse_model)):
        before = f"{io.params.options['round_trip_sentences']} sentences"
        io.degrade("translation back, as a check", before, "none", why.splitlines()[0])
        reverse_model = None
    # Some engines translate back with the same model.
    again = reverse_model is not None and reverse_model != model
    return Work(
        source=source,
        target=film.target,
        options=TranslationOptions(**io.params.options),
        settings=io.params.settings,
        stored=store.ready(io.params.model, model) if model else None,
        folder=store.folder(model) if model else None,
        device=io.params.device,
        threads=io.threads,
        back=store.ready(io.params.reverse_model, reverse_model) if again else None,
        reverse=store.folder(reverse_model) if reverse_model else None,
    )


@contextmanager
def opened(io: "Stage", film: Film, work: Work, name: str) -> Iterator[Any]:
    """An engine that reads the words, loaded and recorded in the manifest."""
    context = _context(io, film, work.source)
    spec = registry.spec(name)
    with registry.opened(name, work, context, io.log.debug) as engine:
        io.model(**spec.record(work, engine))
        if work.back:
            io.model(**spec.record(replace(work, stored=work.back), engine))
        try:
            yield engine
        finally:  # a failed try is paid for too
            for worker, facts in registry.workers(name, engine).items():
                io.worker(worker, **facts)
            io.note(**spec.usage(engine))


def by_text(
    io: "Stage", work: Work, engine: Any, film: Film, asked: Sequence[Sentence], name: str
) -> tuple[translator.Done, dict[str, str]]:
    """The translations of `asked`, by id, and some translated back where that is asked for.

    What is finished is kept in the stage's folder, for a next try and for a next run: sentences
    whose text, terms, model and options are the same stay as they are.
    """

    def telling(where: str) -> batches.Degrade:
        return lambda lesser, reason: io.degrade(
            where + lesser.what, lesser.before, lesser.after, reason
        )

    options = work.options
    own = work.source == film.source.language
    texts = {sentence.id: sentence.text for sentence in asked}
    aimed = registry.aimed(name, work, engine)
    size, degrade = options.batch_size, telling("")
    keeper = film.keeper_of(work.source)
    salt = [decisive(io), film.target, *([] if own else [work.source])]
    spec = registry.spec(name)
    if spec.environment != WORKFLOW_ENVIRONMENT:
        salt.append(environments.pins(spec.environment))
    sense = spec.sense(work, _context(io, film, work.source))
    kept = batches.TranslationCache(io.folder / _KEPT, salt, sense, _finished(io, name))
    done = translator.with_engine(
        texts, aimed, keeper, size=size, progress=io.progress, kept=kept, degrade=degrade
    )
    again = partial(
        batches.translate,
        engine=aimed, size=size, progress=lambda *_: None, kept=kept, degrade=degrade,
    )  # fmt: skip
    translator.complete(asked, done, keeper, again, film.songs)
    if why := gone(aimed, texts, done.outcome):
        raise Problem(
            f"{len(done.outcome.failed)} of {len(texts)} sentences have no translation, since the "
            f"translator does not answer: {why}. What is done is kept; run again when it does"
        )
    if kept.reused:
        io.log.info("%d answers of the last run stay byte for byte", kept.reused)
        _note_reused(io, f"{work.source}-{film.target}", kept.reused)
        earlier.take_over(io)
    chosen = metrics.sample(film.texts, options.round_trip_sentences)
    back = {i: done.outcome.texts.get(i, "") for i in chosen if i in texts}
    return done, registry.back(name, work, engine, back, telling("way back: "), io.log.debug)


def _note_reused(io: "Stage", pair: str, number: int) -> None:
    io.note(reused={**io.manifest.notes.get("reused", {}), pair: number})


def _context(io: "Stage", film: Film, source: str) -> Context:
    about = documents.load(documents.FilmData, io.input.film) if io.input.get("film") else None
    return Context(film.texts, about, film.keeper_of(source).glossary_hints, io.call)


def _finished(io: "Stage", name: str) -> Path | None:
    """The sentences of the last run that succeeded; None where they are not what it recorded, or
    its engine's packages have other versions now."""
    path = io.folder / _FINISHED
    if not earlier.sealed(io, path):
        return None
    # An endpoint's answers depend on no package, and cost money.
    return None if not registry.spec(name).online and earlier.updated(io) else path


def gone(engine: Any, texts: Mapping[str, str], outcome: batches.Outcome) -> str | None:
    """Why an engine that was lost at some sentences no longer works: it does not answer even for a
    sentence that it has translated before. None where it does: then those sentences are the cause.
    """
    if not (outcome.failed and outcome.restarts):
        return None
    known = next((i for i in texts if i in outcome.texts), None)
    if known is None:
        return next(iter(outcome.failed.values()))
    try:
        engine.translate({known: texts[known]}, carefully=False)
    except (Lost, NoMemory) as error:
        return str(error)
    return None


def decisive(io: "Stage") -> dict[str, Any]:
    """The parameters that determine a translation."""
    return {k: v for k, v in io.params.items() if k not in _NOT_DECISIVE}


def drop(io: "Stage") -> None:
    """Delete what was kept for a next try, once all is written; finished sentences are kept for the
    next run."""
    kept_answers.drop(io)
    begun, kept, finished = (io.folder / name for name in (_BEGUN, _KEPT, _FINISHED))
    if begun.is_file():
        begun.unlink()
        io.intermediate(begun, retained=False, reason="languages that were begun, for a next try")
    finished.unlink(missing_ok=True)
    if kept.is_file():
        kept.replace(finished)
        io.intermediate(finished, retained=True, reason="finished sentences, for the next run")


def finished(
    io: "Stage",
    film: Film,
    asked: Sequence[Sentence],
    done: translator.Done,
    back: Mapping[str, str],
) -> translator.Answers:
    """The answers, with near misses of names corrected; warnings and untranslated sentences are
    logged."""
    texts = translator.sources({s.id: s.text for s in asked}, done.outcome)
    naming = NameOptions(**io.params.names)
    corrections = translator.correct_names(texts, done, film.keeper, film.glossary, naming)
    for i, first in done.outcome.first.items():
        io.log.info(
            "%s: %s is %s, first answered: %s", film.target, i, done.outcome.texts[i], first
        )
    for warning in done.outcome.warnings:
        io.log.warning("%s: %s", film.target, warning)
    for i, reason in done.outcome.failed.items():
        text = film.texts[i]
        io.log.warning(
            "%s: %s has no translation, its source is shown: %s: %s", film.target, i, reason, text
        )
    for i, reason in done.outcome.incomplete.items():
        io.log.warning(
            "%s: %s is incomplete, %s: %s", film.target, i, reason, done.outcome.texts[i]
        )
    return translator.answers(asked, done, back, corrections)


def measures(
    began: float, asked: Sequence[Sentence], done: translator.Done
) -> dict[str, float | int]:
    """Figures for the manifest's notes; `began` is by `time.monotonic`."""
    seconds = (time.monotonic() - began) / len(asked)
    return {"seconds_per_sentence": round(seconds, 4), "restarts": done.outcome.restarts}


def in_languages(io: "Stage", films: Sequence[Film]) -> list[translator.InLanguage]:
    """Translate the same film into several languages with one model; a language that fails is left
    to its own job, with the reason."""
    tries = AttemptLog(io.folder / _BEGUN, [decisive(io), films[0].texts])
    left = {film.target: tries.left(film.target) for film in films}
    answers: dict[str, translator.Answers] = {}
    work = work_of(io, films[0])
    name = io.params.engine
    with opened(io, films[0], work, name) if None in left.values() else nullcontext() as engine:
        for film in (film for film in films if not left[film.target]):
            io.log.info("to %s", film.target)
            began = time.monotonic()
            try:
                with tries.one(film.target):
                    done, back = _by_one(io, engine, work, film)
                    answers[film.target] = finished(io, film, film.sentences, done, back)
            except Problem as problem:
                left[film.target] = str(problem)
            else:
                io.note(**{film.target: measures(began, film.sentences, done)})
    for target, why in left.items():
        if why:
            io.log.warning("%s is left to its own job: %s", target, why)
    return [translator.InLanguage(f.target, answers.get(f.target), left[f.target]) for f in films]


def _by_one(
    io: "Stage", engine: Any, work: Work, film: Film
) -> tuple[translator.Done, dict[str, str]]:
    """The translations by the loaded engine; Problem where some need another one."""
    back: dict[str, str] = {}
    done = translator.Done(film.untouched(film.sentences))
    left = [s for s in film.sentences if s.id not in {*done.outcome.texts, *done.outcome.failed}]
    own = (io.params.engine, io.params.model["name"] if io.params.model else None)
    for share in by_language.shares(left, film.source.language, own, film.beside):
        if share.row:
            codes = ", ".join(share.sentences)
            raise Problem(f"what is said in {codes} is translated by {share.engine}")
        for code, some in share.sentences.items():
            mine = replace(work, source=code, target=film.target)
            part, way_back = by_text(io, mine, engine, film, some, share.engine)
            done.add(part)
            back |= way_back
    return done, back


def given(io: "Stage", film: Film) -> translator.Answers | None:
    """The answers of the job that shares one model among languages; None where there is no such
    job, or where it left this language to its own job."""
    if not io.input.get("shared") or film.idle:
        return None
    shared = documents.load(translator.Shared, io.input.shared)
    mine = next((one for one in shared.languages if one.language == film.target), None)
    if mine and mine.answers:
        return mine.answers
    why = mine.left if mine else f"{film.target} was asked for after the others were translated"
    io.log.info("%s has a model loaded for itself: %s", film.target, why)
    io.note(shared=f"no: {why}")
    return None


class AttemptLog:
    """The languages that were begun and not ended, in a file that a stage leaves behind when it
    breaks off: so a language at which it does so repeatedly does not stop the others.

    `work` holds what is being translated and how: if it changes, all languages are tried again.
    """

    def __init__(self, path: Path, work: object):
        self._path = path
        text = json.dumps(work, sort_keys=True, ensure_ascii=False)
        self._work = hashlib.sha256(text.encode()).hexdigest()
        try:
            log = untrusted.json_value(path.read_bytes())
            mine = dict(log["begun"]) if log["work"] == self._work else {}
        # No file, or one that is incomplete after a power cut.
        except (FileNotFoundError, *untrusted.FAILURES):
            mine = {}
        self._begun: dict[str, int] = mine

    def left(self, language: str) -> str | None:
        """Why a language is not tried again; None where it is."""
        tries = self._begun.get(language, 0)
        return f"{tries} tries broke off at {language}" if tries >= _TRIES else None

    @contextmanager
    def one(self, language: str) -> Iterator[None]:
        """Run one try, which stays in the file until it ends by itself or is cancelled."""
        before = dict(self._begun)
        ended = {key: tries for key, tries in before.items() if key != language}
        self._write({**before, language: before.get(language, 0) + 1})
        try:
            yield
        except (KeyboardInterrupt, Terminated):
            self._write(before)
            raise
        except Problem:
            self._write(ended)
            raise
        self._write(ended)

    def _write(self, begun: dict[str, int]) -> None:
        self._begun = begun
        documents.save_text(json.dumps({"work": self._work, "begun": begun}), self._path)


def failed(io: "Stage", _error: Exception) -> bool:
    """Write the outputs of a failed translation or shard: the earlier translation of the same
    words, or a statement that there is none."""
    if not io.params.get("alone", True):
        return False
    _kept_for_next(io)
    reason = str(io.manifest.reason)
    if io.output.get("answers"):
        documents.save(translator.Answers((), (), 0, failed=reason), io.output.answers)
        return True
    source = Path(io.input.transcript)
    what, wanted = f"translation to {io.wildcards.lang}", f"by {io.params.engine}"
    if earlier.restore(io, source, what, wanted):
        return True
    target, nothing = io.wildcards.lang, translator.Done(batches.Outcome())
    documents.save(
        documents.Transcript(target, None, "estimated", (), failed=reason), io.output.transcript
    )
    documents.save_text("", io.output.text)
    documents.save_text("", io.output.pairs)
    scores = metrics.measured(io.params.engine, {}, nothing, target, back={})
    documents.save(scores, io.output.metrics)
    return True


def left(io: "Stage", error: Exception) -> bool:
    """Write the outputs of a failed translation to several languages: each is left to its own job.
    Where one of them may be the cause, the next try finds out; see `AttemptLog`."""
    one_is_to_blame = not isinstance(error, Problem) and len(io.tries) < _TRIES
    if one_is_to_blame or not io.params.get("alone", True):
        return False
    _kept_for_next(io)
    reason = str(io.manifest.reason)
    some = tuple(translator.InLanguage(each, None, reason) for each in io.params.languages)
    documents.save(translator.Shared(some), io.output.answers)
    return True


def _kept_for_next(io: "Stage") -> None:
    if io.output.get("answers"):
        earlier.record(io)
    for name in (_KEPT, _BEGUN, _FINISHED):
        if (io.folder / name).is_file():
            io.intermediate(io.folder / name, retained=True, reason="for a next try")
    kept_answers.record(io)


def write(io: "Stage", film: Film, answers: translator.Answers) -> None:
    """Write the transcript of the whole film, its text, its pairs and its figures."""
    own = film.untouched(film.sentences).texts
    asked = {i: text for i, text in film.texts.items() if i not in own}
    done = translator.done_of(asked, answers, film.keeper)
    translated = film.source
    if not film.in_own_words:
        segments = translator.segments(film.sentences, done.outcome, film.target)
        segments = by_language.labelled(segments, film.sentences, own)
        if film.through:
            segments = through.composed(segments, film.source, film.target)
            io.degrade(f"translation to {film.target}", "in one step", "through English",
                       "no engine is configured for the pair")  # fmt: skip
            io.note(through=film.source.language)
        translated = documents.Transcript(
            film.target, None, "estimated", segments, answers.corrections,
            rehearings=answers.rehearings,
        )  # fmt: skip
    back = {a.id: a.back for a in answers.answers if a.back is not None}
    name = io.params.engine
    sources = translator.sources(film.texts, done.outcome)
    scores = metrics.measured(name, sources, done, film.target, back=back)
    count, failed = len(film.sentences), done.outcome.failed
    io.note(engine=name, sentences=count, untranslated=len(failed), as_spoken=len(own))
    io.note(incomplete=len(done.outcome.incomplete))
    if failed:
        some = next(iter(failed.values()))
        io.degrade(f"sentences in {film.target}", count, count - len(failed), some)
    io.note(adherence=scores.adherence)
    documents.save(translated, io.output.transcript)
    documents.save_text(translated.text, io.output.text)
    documents.save_text(translator.pairs(film.sentences, done.outcome), io.output.pairs)
    documents.save(scores, io.output.metrics)
