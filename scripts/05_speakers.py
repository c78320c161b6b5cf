"""Diarize: label who speaks when, by voice."""

import lineage
from subtitling import documents
from subtitling.media import audio_file
from subtitling.models import store
from subtitling.runtime import devices
from subtitling.speakers import pyannote_pipeline, segmentation
from subtitling.speakers.clustering import ClusteringOptions

with lineage.stage(snakemake) as io:
    options = ClusteringOptions(**io.params.options)
    named = zip(io.params.models, io.input.models, strict=True)
    stored = [store.ready(wanted, path) for wanted, path in named]
    for each in stored:
        io.model(**vars(each), precision="float32")
    if io.params.device == "cuda":
        io.unrepeatable(devices.UNREPEATABLE)
    audio = audio_file.read_speech_audio(io.input.audio)
    io.media_ms(audio.duration_ms)
    folders = [store.folder(path) for path in io.input.models]
    engine = pyannote_pipeline if pyannote_pipeline.SETTINGS in stored[0].files else segmentation
    diarization = engine.speakers(
        folders, audio, options, io.params.device, io.degrade, io.progress
    )
    speaking_ms = {each.id: each.total_ms for each in diarization.speakers}
    if len(speaking_ms) < options.min_speakers:
        io.degrade(
            "speakers", options.min_speakers, len(speaking_ms), "there are no more distinct voices"
        )
    io.note(turns=len(diarization.turns), speakers=speaking_ms)
    io.log.info("%d speakers by voice, which is never certain: %s", len(speaking_ms), speaking_ms)
    documents.save(diarization, io.output.speakers)
