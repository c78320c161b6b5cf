"""Translate the transcript's sentences into one language: all of them, or those of one shard."""

import time

import lineage
from subtitling import model
from subtitling.media import media
from subtitling.translation import engines, translate, translating, translation_quality

with lineage.stage(snakemake, translating.failed) as io:
    translating.may_try(io)
    name, options = io.params.engine, translate.Options(**io.params.options)
    translation_quality.check(options)
    film = translating.Film.of(io, io.wildcards.lang)
    shard = dict(io.wildcards.items()).get("shard")
    asked = film.part(shard, name, io.params.settings, options) if shard else film.sentences
    found = translating.given(io, film) or translate.Answers((), (), 0)
    began = time.monotonic()
    if film.idle:
        io.skip(film.idle)
    elif not asked:
        io.skip(f"the film has no sentences left for {shard}")
    elif not found.answers:
        work = translating.work_of(io, film)
        if name == "whisper":
            audio = media.read_speech_audio(io.input.audio)
            io.media_ms(audio.duration_ms)
            done, back = translating.by_sound(io, work, audio, asked, film), {}
        else:
            with translating.opened(io, film, work) as engine:
                done, back = translating.by_text(io, work, engine, film, asked)
        for reason in engines.unrepeatable(name, io.params.device):
            io.unrepeatable(reason)
        found = translating.finished(io, film, asked, done, back)
        io.note(**translating.measures(began, asked, done))
    if shard:
        io.note(engine=name, sentences=len(asked))
        model.save(found, io.output.answers)
    else:
        translating.write(io, film, found)
    translating.drop(io)
