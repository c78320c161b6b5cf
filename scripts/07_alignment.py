"""Give every recognised word its time."""

from dataclasses import replace
from pathlib import Path

import lineage
from subtitling import align, asr, devices, media, model, store

with lineage.stage(snakemake) as io:
    stored = store.ready(io.params.model, io.input.model)
    heard = model.load(model.Transcript, io.input.transcript)
    speech = model.load(model.Speech, io.input.speech)
    io.media_ms(speech.duration_ms)
    segments = ()
    if heard.segments:
        options = asr.Options(**io.params.options)
        folder = Path(io.input.model).parent
        whisper = asr.Whisper(folder, io.params.device, io.threads, options, batched=False)
        io.model(**vars(stored), precision=whisper.precision)
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
        audio = media.read_speech_audio(io.input.audio)
        segments = align.align(
            whisper, audio, heard.segments, speech.regions, heard.language, io.progress
        )
    else:
        io.skip("no words to align")
    transcript = replace(heard, timing="attention", segments=tuple(segments))
    io.note(words=len(transcript.words))
    model.save(transcript, io.output.transcript)
    model.save_text(transcript.text, io.output.text)
