"""Join the timed words of a film's shards."""

from dataclasses import replace

import lineage
from subtitling import documents, shards
from subtitling.alignment import word_times
from subtitling.sound import apart

with lineage.stage(snakemake) as io:
    parts = [documents.load(documents.Transcript, path) for path in io.input.shards]
    whole = shards.joined(parts)
    whole = replace(whole, timing=word_times.timing(whole.segments))
    io.note(shards=len(parts), words=len(whole.words), aligners=word_times.served(whole.segments))
    io.note(aligners_by_language=word_times.served_by_language(whole))
    io.note(heard_again=len(whole.rehearings), taken=sum(r.taken for r in whole.rehearings))
    whole = apart.by_time(whole)
    documents.save(whole, io.output.transcript)
    documents.save_text(whole.text, io.output.text)
