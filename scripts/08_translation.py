"""Translate the transcript's sentences into one language: all of them, or those of one shard."""

import time

import lineage
from subtitling import (
    engines,
    media,
    model,
    names,
    store,
    translate,
    translating,
    translation_quality,
)

with lineage.stage(snakemake) as io:
    name, options = io.params.engine, translate.Options(**io.params.options)
    translation_quality.check(options)
    film = translating.Film.of(io)
    shard = dict(io.wildcards.items()).get("shard")
    asked = film.part(shard, name, io.params.settings, options) if shard else film.sentences
    found = translate.Answers((), (), 0)
    began = time.monotonic()
    if film.idle:
        io.skip(film.idle)
    elif not asked:
        io.skip(f"the film has no sentences left for {shard}")
    else:
        work = engines.Work(
            source=film.source.language,
            target=film.target,
            options=options,
            settings=io.params.settings,
            stored=store.ready(io.params.model, io.input.model) if io.params.model else None,
            folder=store.folder(io.input.model) if io.params.model else None,
            device=io.params.device,
            threads=io.threads,
            reverse=store.folder(io.input.backwards) if io.input.get("backwards") else None,
        )
        if name == "whisper":
            audio = media.read_speech_audio(io.input.audio)
            io.media_ms(audio.duration_ms)
            done, back = translating.by_sound(io, work, audio, asked, film.keeper), {}
        else:
            about = model.load(model.FilmData, io.input.film) if name == "endpoint" else None
            done, back = translating.by_text(io, name, work, film, asked, about)
        for reason in engines.unrepeatable(name, io.params.device):
            io.unrepeatable(reason)
        naming = names.Options(**io.params.names)
        corrections = translate.mended(done, film.keeper, film.glossary, naming)
        translating.report(io, done, film.texts)
        io.note(seconds_per_sentence=round((time.monotonic() - began) / len(asked), 4))
        io.note(restarts=done.outcome.restarts)
        found = translate.answers(asked, done, back, corrections)
    if shard:
        io.note(engine=name, sentences=len(asked))
        model.save(found, io.output.answers)
    else:
        translating.write(io, film, found)
