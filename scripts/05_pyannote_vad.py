"""Detect speech regions."""

from functools import partial
from pathlib import Path

import lineage
from subtitling import documents
from subtitling.media import audio_file, loudness
from subtitling.models import store
from subtitling.sound import apart, vad
from subtitling.sound.vad import VadOptions

with lineage.stage(snakemake) as io:
    options = VadOptions(**io.params.options)
    two = io.params.separate and audio_file.sound_format(io.input.audio).channels == 2
    audio = audio_file.read_speech_audio(io.input.audio, apart=two)
    apart_ms = audio.duration_ms // 2 if two else None
    duration = audio_file.length_ms(io.input.audio) if two else audio.duration_ms
    io.media_ms(duration)
    scores, ears = [], []
    for wanted, inventory in zip(io.params.models, io.input.models, strict=True):
        stored = store.ready(wanted, inventory)
        io.model(**vars(stored), precision="float32")
        weights = Path(inventory).with_name(next(iter(stored.files)))
        scores.append(vad.ENGINES[weights.name](audio, weights, io.threads, io.progress))
        ears.append(documents.Ear(stored.name, tuple(vad.speech(scores[-1], options))))
    if apart_ms:
        # Without the ear that hears the mix: it can't tell in which channel somebody speaks.
        ears = apart.own(audio, ears, apart_ms)
    elif io.input.get("events"):
        events = documents.load(documents.Events, io.input.events)
        ears.append(documents.Ear("sound_events", tuple(events.spans("speech"))))
    quietest = partial(loudness.quietest, audio)
    regions = vad.regions(ears, scores[0], audio.duration_ms, options, quietest)
    if apart_ms:
        regions = apart.regions_on_film(regions, apart_ms)
        ears = apart.ears_on_film(ears, apart_ms)
    if io.params.separate and len({region.channel for region in regions}) == 1:
        io.log.warning("there is one channel, or both say the same, or one nothing: one is heard")
    spoken = sum(region.end_ms - region.start_ms for region in regions)
    io.note(regions=len(regions), speech_ms=spoken, audio_ms=duration)
    io.note(speech_ms_by_ear={ear.name: sum(b - a for a, b in ear.spans) for ear in ears})
    if not regions:
        io.log.warning("no speech detected in this film: its subtitles will be empty")
    total = duration / 1000
    io.log.info("%d speech regions, %.1f of %.1f s", len(regions), spoken / 1000, total)
    documents.save(
        documents.Speech(duration, tuple(regions), tuple(ears), apart_ms), io.output.speech
    )
