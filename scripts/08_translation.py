"""Translate the transcript's sentences into one language: all of them, or those of one shard."""

import time

import lineage
from subtitling import documents
from subtitling.runtime import earlier
from subtitling.translation import metrics, stage, translator
from subtitling.translation.engine import TranslationOptions

with lineage.stage(snakemake, stage.failed) as io:
    earlier.may_try(io, "take a smaller model or another engine, or run fewer jobs at a time")
    name, options = io.params.engine, TranslationOptions(**io.params.options)
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
        done, back = stage.translated(io, film, asked)
        answers = stage.finished(io, film, asked, done, back)
        io.note(**stage.measures(began, asked, done))
    if shard:
        io.note(engine=name, sentences=len(asked))
        documents.save(answers, io.output.answers)
    else:
        stage.write(io, film, answers)
    stage.drop(io)
