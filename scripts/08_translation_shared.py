"""Translate the transcript's sentences into all languages of one model, which is loaded once.

A language that fails is left to its own job, 08_translation.py, and the others go on.
"""

from dataclasses import replace

import lineage
from subtitling import model
from subtitling.translation import engines, translate, translating, translation_quality

with lineage.stage(snakemake, translating.left) as io:
    translation_quality.check(translate.Options(**io.params.options))
    film = translating.Film.of(io, io.params.languages[0])
    films = [replace(film, target=language) for language in io.params.languages]
    films = [film for film in films if not film.idle]
    found = []
    if films:
        found = translating.in_languages(io, films)
        for reason in engines.unrepeatable(io.params.engine, io.params.device):
            io.unrepeatable(reason)
    else:
        io.skip("no sentences to translate into another language")
    model.save(translate.Shared(tuple(found)), io.output.answers)
    translating.drop(io)
