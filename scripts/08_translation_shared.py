"""Translate the transcript's sentences into all languages of one model, which is loaded once.

A language that fails is left to its own job, 08_translation.py, and the others go on.
"""

from dataclasses import replace

import lineage
from subtitling import documents
from subtitling.translation import metrics, registry, stage, translator
from subtitling.translation.engine import TranslationOptions

with lineage.stage(snakemake, stage.left) as io:
    metrics.check(TranslationOptions(**io.params.options))
    film = stage.Film.of(io, io.params.languages[0])
    films = [replace(film, target=language) for language in io.params.languages]
    films = [film for film in films if not film.idle]
    translated = []
    if films:
        translated = stage.in_languages(io, films)
        for reason in registry.spec(io.params.engine).unrepeatable(io.params.device):
            io.unrepeatable(reason)
    else:
        io.skip("no sentences to translate into another language")
    documents.save(translator.Shared(tuple(translated)), io.output.answers)
    stage.drop(io)
