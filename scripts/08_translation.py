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
    speakers,
    store,
    translate,
    translating,
    translation_quality,
)

with lineage.stage(snakemake) as io:
    source = model.load(model.Transcript, io.input.transcript)
    glossary = model.load(model.Glossary, io.input.glossary)
    target, name = io.wildcards.lang, io.params.engine
    options = translate.Options(**io.params.options)
    translation_quality.check(options)
    songs = model.load(model.Lyrics, io.input.lyrics)
    turns = lyrics.turns(source, songs.labels)
    if io.input.get("speakers"):
        told = model.load(model.Speakers, io.input.speakers)
        turns |= speakers.changes(source.words, speakers.of_words(source.words, told))
    cut = sentences.Options(**io.params.sentences)
    asked = sentences.sentences(source.words, source.language, cut, turns)
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
            done = translating.by_sound(io, work, audio, asked, keeper)
        else:
            about = model.load(model.FilmData, io.input.film) if name == "endpoint" else None
            done, back = translating.by_text(io, name, work, texts, keeper, about)
        for reason in engines.unrepeatable(name, io.params.device):
            io.unrepeatable(reason)
        corrections = translate.mended(done, keeper, glossary, names.Options(**io.params.names))
        translating.report(io, done, texts)
        io.note(seconds_per_sentence=round((time.monotonic() - began) / len(asked), 4))
    translated = source
    if source.language != target:
        segments = translate.segments(asked, done.outcome, target)
        translated = model.Transcript(target, None, "estimated", segments, tuple(corrections))
    metrics = translation_quality.measured(name, texts, done, target, back=back)
    io.note(engine=name, sentences=len(asked), untranslated=len(done.outcome.failed))
    io.note(adherence=metrics.adherence, restarts=done.outcome.restarts)
    model.save(translated, io.output.transcript)
    model.save_text(translated.text, io.output.text)
    model.save_text(translate.pairs(asked, done.outcome), io.output.pairs)
    model.save(metrics, io.output.metrics)
