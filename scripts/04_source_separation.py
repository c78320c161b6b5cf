"""Separate voices from music where the music is loud, and write the audio to recognise; of a shard,
only the voices."""

from pathlib import Path

import lineage
from subtitling import shards
from subtitling.media import audio_file
from subtitling.models import store
from subtitling.runtime import devices
from subtitling.sound import separation, separation_stage
from subtitling.sound.separation import SeparationOptions

with lineage.stage(snakemake) as io:
    shard = dict(io.wildcards.items()).get("shard")
    options = SeparationOptions(**io.params.options)
    stored = store.ready(io.params.model, io.input.model)
    planned = separation_stage.planned(io, options)
    if shard:
        planned = list(shards.part_of(shard, planned, lambda span: span[1] - span[0]))
    separator = separation.Separator(
        lambda: separation.load(Path(io.input.model).parent, io.params.device),
        io.params.device,
        io.degrade,
    )
    form = audio_file.sound_format(io.input.audio)
    voice = separator.voice_at(form.rate)
    if planned:
        io.model(**vars(stored), precision="float32")
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
    else:
        io.skip(f"no music for {shard}" if shard else "no music")
    if shard:
        separation_stage.save_voices(io, planned, voice, form, options)
    else:
        separation_stage.save_stems(io, stored.name, planned, voice, form, options)
