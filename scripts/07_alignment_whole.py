"""Put the timed words of a film's shards together."""

from dataclasses import replace

import lineage
from subtitling import model, shards
from subtitling.alignment import align

with lineage.stage(snakemake) as io:
    parts = [model.load(model.Transcript, path) for path in io.input.shards]
    whole = shards.joined(parts)
    whole = replace(whole, timing=align.timing(whole.segments))
    io.note(shards=len(parts), words=len(whole.words), aligners=align.served(whole.segments))
    io.note(heard_again=len(whole.rehearings), taken=sum(r.taken for r in whole.rehearings))
    model.save(whole, io.output.transcript)
    model.save_text(whole.text, io.output.text)
