"""Join the transcripts of a film's shards."""

import lineage
from subtitling import documents, shards
from subtitling.recognition import stage

with lineage.stage(snakemake) as io:
    parts = [documents.load(documents.Transcript, path) for path in io.input.shards]
    whole = stage.whole(io, shards.joined(parts))
    io.note(shards=len(parts), segments=len(whole.segments), language=whole.language)
    documents.save(whole, io.output.transcript)
