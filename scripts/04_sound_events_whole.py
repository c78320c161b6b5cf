"""Detect speech, singing and music, and applause, from what a film's shards have heard."""

import lineage
from subtitling import documents
from subtitling.sound import arrays, event_stage

with lineage.stage(snakemake) as io:
    duration = documents.load(documents.Media, io.input.media).audio.duration_ms
    io.media_ms(duration)
    io.note(shards=len(io.input.shards))
    heard = arrays.joined(io.input.shards)
    documents.save(event_stage.decided(io, heard, duration), io.output.events)
