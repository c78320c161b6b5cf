"""Translate the transcript's sentences into one language: all of them, or those of one shard."""

import time

import lineage
from subtitling import documents
from subtitling.media import media
from subtitling.translation import metrics, registry, stage, translator
from subtitling.translation.engine import Options

with lineage.stage(snakemake, stage.failed) as io:
    stage.may_try(io)
    name, options = io.params.engine, Options(**io.params.options)
    metrics.check(options)
    film = stage.Film.of(io, io.wildcards.lang)
    shard = dict(io.wildcards.items()).get("shard")
    asked = film.part(shard, name, io.params.settings, options) if shard else film.sentences
    answers = stage.given(io, film) or translator.Answers((), (), 0)
    began = time.monotonic()
    if film.idle:
        io.skip(film.idle)
    elif not asked:
        io.skip(f"the film has no sentences left for {shard}")
    elif not answers.answers:
        work = stage.work_of(io, film)
        engine = registry.spec(name)
        if engine.by_sound:
            audio = media.read_speech_audio(io.input.audio, apart=film.apart)
            io.media_ms(media.length_ms(io.input.audio) if film.apart else audio.duration_ms)
            done, back = stage.by_sound(io, work, audio, asked, film), {}
        else:
            with stage.opened(io, film, work) as loaded:
                done, back = stage.by_text(io, work, loaded, film, asked)
        for reason in engine.unrepeatable(io.params.device):
            io.unrepeatable(reason)
        answers = stage.finished(io, film, asked, done, back)
        io.note(**stage.measures(began, asked, done))
    if shard:
        io.note(engine=name, sentences=len(asked))
        documents.save(answers, io.output.answers)
    else:
        stage.write(io, film, answers)
    stage.drop(io)
