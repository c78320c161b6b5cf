"""One stage's translation, on record: by an engine that hears the sound, or by one that reads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from subtitling import batches, engines, translate, translation_quality
from subtitling.media import Sound
from subtitling.model import FilmData
from subtitling.protect import Keeper
from subtitling.sentences import Sentence

if TYPE_CHECKING:
    from lineage.stage import Stage


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
    texts: Mapping[str, str],
    keeper: Keeper,
    film: FilmData | None,
) -> tuple[translate.Done, dict[str, str]]:
    """The translations of `texts`, by id, and some of them translated back where that is asked for.

    What is finished is kept in the stage's folder until all of it is, for a next try.
    """
    options = work.options
    context = engines.Context(texts, film, keeper.told, io.call)
    kept = batches.Kept(io.folder / "done.jsonl", [name, dict(io.params.items())])
    with engines.opened(name, work, context, io.log.debug) as engine:
        io.model(**engines.record(name, work, engine))
        for worker, facts in engines.workers(engine).items():
            io.worker(worker, **facts)
        done = translate.with_engine(
            texts, engine, keeper, size=options.batch_size, progress=io.progress, kept=kept
        )
        io.note(**engines.usage(engine))
    chosen = translation_quality.sample(texts, options.round_trip_sentences)
    back = engines.back(name, work, {i: done.outcome.texts.get(i, "") for i in chosen})
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
