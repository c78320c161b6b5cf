"""Tell who speaks when, by voice."""

import lineage
from subtitling import documents
from subtitling.media import media
from subtitling.models import store
from subtitling.runtime import devices
from subtitling.speakers import clustering, pyannote_pipeline, segmentation

with lineage.stage(snakemake) as io:
    options = clustering.Options(**io.params.options)
    named = zip(io.params.models, io.input.models, strict=True)
    stored = [store.ready(wanted, path) for wanted, path in named]
    for each in stored:
        io.model(**vars(each), precision="float32")
    if io.params.device == "cuda":
        io.unrepeatable(devices.UNREPEATABLE)
    audio = media.read_speech_audio(io.input.audio)
    io.media_ms(audio.duration_ms)
    folders = [store.folder(path) for path in io.input.models]
    engine = pyannote_pipeline if pyannote_pipeline.SETTINGS in stored[0].files else segmentation
    found = engine.speakers(folders, audio, options, io.params.device, io.degrade, io.progress)
    told = {each.id: each.total_ms for each in found.speakers}
    if len(told) < options.min_speakers:
        io.degrade("speakers", options.min_speakers, len(told), "no more voices are told apart")
    io.note(turns=len(found.turns), speakers=told)
    io.log.info("%d speakers by voice, which is never certain: %s", len(told), told)
    documents.save(found, io.output.speakers)
