"""Find the songs, and label each segment as speech, song or both."""

from collections import Counter

import lineage
from subtitling import lyrics, model

with lineage.stage(snakemake) as io:
    options = lyrics.Options(**io.params.options)
    events = model.load(model.Events, io.input.events)
    transcript = model.load(model.Transcript, io.input.transcript)
    io.media_ms(events.duration_ms)
    regions = lyrics.regions(events, options)
    talk = lyrics.talk(events, regions)
    labels = lyrics.labels(transcript, regions, talk, options)
    sung = sum(region.end_ms - region.start_ms for region in regions)
    counts = Counter(row.label for row in labels)
    io.note(regions=len(regions), sung_ms=sung, labels=dict(counts))
    io.log.info("%d songs, %.1f of %.1f s", len(regions), sung / 1000, events.duration_ms / 1000)
    model.save(model.Lyrics(tuple(regions), tuple(talk), tuple(labels)), io.output.lyrics)
