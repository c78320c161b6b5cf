"""Put the translations of a film's shards together."""

import lineage
from subtitling import model, translate, translating

with lineage.stage(snakemake) as io:
    film = translating.Film.of(io, io.wildcards.lang)
    parts = [model.load(translate.Answers, path) for path in io.input.shards]
    io.note(shards=len(parts))
    if film.idle:
        io.skip(film.idle)
    translating.write(io, film, translate.joined(parts))
