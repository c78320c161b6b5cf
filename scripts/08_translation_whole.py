"""Join the translations of a film's shards."""

import lineage
from subtitling import documents
from subtitling.translation import stage, translator

with lineage.stage(snakemake, stage.failed) as io:
    film = stage.Film.of(io, io.wildcards.lang)
    parts = [documents.load(translator.Answers, path) for path in io.input.shards]
    io.note(shards=len(parts))
    if why := next((part.failed for part in parts if part.failed), None):
        raise lineage.Problem(f"a shard has failed: {why}")
    if film.idle:
        io.skip(film.idle)
    stage.write(io, film, translator.joined(parts))
    stage.drop(io)
