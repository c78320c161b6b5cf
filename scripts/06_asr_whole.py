"""Put the transcripts of a film's shards together."""

import lineage
from subtitling import model, shards

with lineage.stage(snakemake) as io:
    parts = [model.load(model.Transcript, path) for path in io.input.shards]
    whole = shards.joined(parts)
    io.note(shards=len(parts), segments=len(whole.segments), language=whole.language)
    model.save(whole, io.output.transcript)
