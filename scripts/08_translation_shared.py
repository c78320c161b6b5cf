"""Translate the transcript's sentences into several languages with one loaded model.

A language that fails is left to its own job, 08_translation.py, and the others go on.
"""

from dataclasses import replace

import lineage
from subtitling import engines, model, translate, translating, translation_quality

with lineage.stage(snakemake) as io:
    first, *others = io.params.languages
    translation_quality.check(translate.Options(**io.params.options))
    film = translating.Film.of(io, first)
    films = [film, *(replace(film, target=language) for language in others)]
    films = [film for film in films if not film.idle]
    tries = translating.Tries(io.folder / "tries.json")
    found = []
    if films:
        work = translating.work_of(io, films[0])
        with translating.opened(io, films[0], work) as engine:
            for film in films:
                mine = replace(work, target=film.target)
                found.append(translating.in_language(io, mine, engine, film, tries))
        for reason in engines.unrepeatable(io.params.engine, io.params.device):
            io.unrepeatable(reason)
    else:
        io.skip("no sentences to translate into another language")
    model.save(translate.Shared(tuple(found)), io.output.answers)
    tries.drop()
