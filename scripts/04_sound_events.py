"""Detect speech, singing and music, and applause where that is asked for; of a shard, only hear how
probable these are."""

import lineage
from subtitling import documents
from subtitling.sound import arrays, event_stage

with lineage.stage(snakemake) as io:
    shard = dict(io.wildcards.items()).get("shard")
    duration = documents.load(documents.Media, io.input.media).audio.duration_ms
    io.media_ms(duration)
    heard = event_stage.heard(io, shard)
    if shard:
        io.note(heard={name: len(scores) for name, scores in heard.items()})
        if not any(map(len, heard.values())):
            io.skip(f"the film is too short for {shard}")
        arrays.save(heard, io.output.heard)
    else:
        documents.save(event_stage.decided(io, heard, duration), io.output.events)
