"""Translate the transcript's sentences into one language."""

import time

import lineage
from subtitling import (
    batches,
    engines,
    lyrics,
    media,
    model,
    names,
    protect,
    sentences,
    store,
    translate,
    translation_quality,
)

with lineage.stage(snakemake) as io:
    source = model.load(model.Transcript, io.input.transcript)
    glossary = model.load(model.Glossary, io.input.glossary)
    target, name = io.wildcards.lang, io.params.engine
    options = translate.Options(**io.params.options)
    translation_quality.check(options)
    songs = model.load(model.Lyrics, io.input.lyrics)
    asked = sentences.sentences(
        source.words,
        source.language,
        sentences.Options(**io.params.sentences),
        lyrics.turns(source, songs.labels),
    )
    texts = {sentence.id: sentence.text for sentence in asked}
    keeper = protect.Keeper(glossary, source.language, target)
    done, back, corrections = translate.Done(batches.Outcome()), {}, []
    began = time.monotonic()
    if not asked:
        io.skip("no sentences to translate")
    elif source.language == target:
        io.skip(f"the speech is in {target} already; its own words are used")
    else:
        work = engines.Work(
            source=source.language,
            target=target,
            options=options,
            settings=io.params.settings,
            stored=store.ready(io.params.model, io.input.model) if io.params.model else None,
            folder=store.folder(io.input.model) if io.params.model else None,
            device=io.params.device,
            threads=io.threads,
        )
        if name == "whisper":
            audio = media.read_speech_audio(io.input.audio)
            io.media_ms(audio.duration_ms)
            whisper = engines.whisper(work, io.degrade)
            io.model(**engines.record(name, work, whisper))
            heard = translate.with_whisper(whisper, audio, asked, source.language, io.progress)
            done = translate.compared(texts, translate.outcome_of(heard), keeper)
        else:
            about = model.load(model.FilmData, io.input.film) if name == "endpoint" else None
            context = engines.Context(texts, about, keeper.told, io.call)
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
        for reason in engines.unrepeatable(name, io.params.device):
            io.unrepeatable(reason)
        corrections = translate.mended(done, keeper, glossary, names.Options(**io.params.names))
    for lesser, reason in done.outcome.degraded:
        io.degrade(lesser.what, lesser.before, lesser.after, reason)
    for warning in done.outcome.warnings:
        io.log.warning("%s", warning)
    for i, reason in done.outcome.failed.items():
        io.log.warning("%s has no translation, its source is shown: %s: %s", i, reason, texts[i])
    translated = source
    if source.language != target:
        segments = translate.segments(asked, done.outcome, target)
        translated = model.Transcript(target, None, "estimated", segments, tuple(corrections))
    metrics = translation_quality.measured(
        name, texts, done, target, seconds=time.monotonic() - began, back=back
    )
    io.note(engine=name, sentences=len(asked), untranslated=len(done.outcome.failed))
    io.note(adherence=metrics.adherence, restarts=done.outcome.restarts)
    model.save(translated, io.output.transcript)
    model.save_text(translated.text, io.output.text)
    model.save_text(translate.pairs(asked, done.outcome), io.output.pairs)
    model.save(metrics, io.output.metrics)
