"""Find where somebody speaks."""

from pathlib import Path

import lineage
from subtitling import devices, media, model, store, vad

with lineage.stage(snakemake) as io:
    stored = store.ready(io.params.model, io.input.model)
    io.model(**vars(stored), precision="float32")
    if io.params.device == "cuda":
        io.unrepeatable(devices.UNREPEATABLE)
    audio = media.read_speech_audio(io.input.audio)
    length = len(audio) * 1000 // media.SPEECH_RATE
    io.media_ms(length)
    weights = Path(io.input.model).with_name("pytorch_model.bin")
    scores, first_ms, step_ms = vad.speech_scores(audio, weights, io.params.device, io.progress)
    regions = vad.regions(scores, first_ms, step_ms, vad.Options(**io.params.options))
    spoken = sum(region.end_ms - region.start_ms for region in regions)
    io.note(regions=len(regions), speech_ms=spoken, audio_ms=length)
    if not regions:
        io.log.warning("nobody speaks in this film: its subtitles will be empty")
    io.log.info("%d speech regions, %.1f of %.1f s", len(regions), spoken / 1000, length / 1000)
    model.save(model.Speech(length, tuple(regions)), io.output.speech)
