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
    io.media_ms(audio.duration_ms)
    weights = Path(io.input.model).with_name(next(iter(stored.files)))
    scores = vad.ENGINES[weights.name](audio, weights, io.params.device, io.progress)
    regions = vad.regions(scores, vad.Options(**io.params.options))
    spoken = sum(region.end_ms - region.start_ms for region in regions)
    io.note(regions=len(regions), speech_ms=spoken, audio_ms=audio.duration_ms)
    if not regions:
        io.log.warning("nobody speaks in this film: its subtitles will be empty")
    total = audio.duration_ms / 1000
    io.log.info("%d speech regions, %.1f of %.1f s", len(regions), spoken / 1000, total)
    model.save(model.Speech(audio.duration_ms, tuple(regions)), io.output.speech)
