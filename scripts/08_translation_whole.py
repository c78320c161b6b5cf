"""Put the translations of a film's shards together."""

import lineage
from subtitling import model
from subtitling.translation import translate, translating

with lineage.stage(snakemake, translating.failed) as io:
    film = translating.Film.of(io, io.wildcards.lang)
    parts = [model.load(translate.Answers, path) for path in io.input.shards]
    io.note(shards=len(parts))
    if why := next((part.failed for part in parts if part.failed), None):
        raise lineage.Problem(f"a shard has failed: {why}")
    if film.idle:
        io.skip(film.idle)
    translating.write(io, film, translate.joined(parts))
    translating.drop(io)
