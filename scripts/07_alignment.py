"""Give every recognised word its time."""

from dataclasses import replace

import lineage
from subtitling import align, aligners, asr, devices, media, model, shards, store

with lineage.stage(snakemake) as io:
    heard = model.load(model.Transcript, io.input.transcript)
    if shard := dict(io.wildcards.items()).get("shard"):
        heard = shards.some(shard, heard)
    speech = model.load(model.Speech, io.input.speech)
    io.media_ms(speech.duration_ms)
    segments, language = list(heard.segments), heard.language
    stored = {m["name"]: (store.ready(m, path), store.folder(path)) for m, path in zip(
        io.params.models, io.input.models, strict=True)}  # fmt: skip
    audio = media.read_speech_audio(io.input.audio) if segments else None
    choices = aligners.choose(language, **io.params.options) if segments else []
    for choice in choices:
        left = [segment for segment in segments if not segment.words]
        if not left:
            break
        if choice != choices[0]:
            io.log.warning("%d segments have too little sound for their words", len(left))
        own, folder = stored[choice.model] if choice.model else (None, None)
        if own:
            io.model(**vars(own), precision="float32")
        if choice.aligner == "attention":
            mine = store.ready(io.params.model, io.input.model)
            options = asr.Options(**io.params.asr)
            whisper = asr.Whisper(
                store.folder(io.input.model), io.params.device, io.threads, options, io.degrade
            )
            io.model(**vars(mine), precision=whisper.precision)
            done = align.attend(whisper, audio, left, speech.regions, language, io.progress)
        else:
            aligner = aligners.load(choice, folder, language, io.params.device)
            done = align.align(
                aligner, audio, left, speech.regions, language, io.threads, io.progress
            )
        placed = {segment.id: segment for segment in done}
        segments = [placed.get(segment.id, segment) for segment in segments]
    if not segments:
        io.skip("no words to align")
    elif io.params.device == "cuda":
        io.unrepeatable(devices.UNREPEATABLE)
    transcript = replace(heard, timing=align.timing(segments), segments=align.numbered(segments))
    words = transcript.words
    io.note(
        words=len(words),
        aligners=align.served(segments),
        estimated=sum(w.score is None for w in words),
    )
    model.save(transcript, io.output.transcript)
    model.save_text(transcript.text, io.output.text)
