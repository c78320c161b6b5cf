"""Recognise what is said in the speech regions."""

from pathlib import Path

import lineage
from subtitling import asr, devices, media, model, names, shards, store, text

with lineage.stage(snakemake) as io:
    options = asr.Options(**io.params.options)
    stored = store.ready(io.params.model, io.input.model)
    speech = model.load(model.Speech, io.input.speech)
    glossary = model.load(model.Glossary, io.input.glossary)
    naming = names.Options(**io.params.names)
    io.media_ms(speech.duration_ms)
    everywhere = asr.chunks(speech.regions, options.chunk_ms)
    shard = dict(io.wildcards.items()).get("shard")
    chunks = shards.chunks_of(shard, everywhere) if shard else everywhere
    language, score = io.params.language, None
    heard, again = [], []
    if chunks:
        audio = media.read_speech_audio(io.input.audio)
        whisper = asr.Whisper(Path(io.input.model).parent, io.params.device, io.threads, options)
        io.model(**vars(stored), precision=whisper.precision)
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
        if language == "auto":
            probable = list(whisper.languages(audio, everywhere).items())[:5]
            language, score = probable[0]
            io.note(languages=dict(probable))
            io.log.info("the language is %s (%.0f %%)", language, 100 * score)
        heard = whisper.recognise(audio, chunks, language, "transcribe", io.progress)
    segments = [
        model.Segment(
            id=f"g{number:05d}",
            start_ms=chunk.start_ms,
            end_ms=chunk.end_ms,
            text=text.clean(answer.text),
            words=(),
            score=answer.score,
            regions=tuple(region.id for region in chunk.regions),
        )
        for number, (chunk, answer) in enumerate(zip(chunks, heard, strict=True), 1)
    ]
    corrections = []
    if chunks and naming.correct:
        corrector = names.Corrector(glossary, language, naming)
        told = names.hotwords(glossary, language, naming, whisper.tokens)
        if told and corrector.listens_again(segment.text for segment in segments):
            io.log.info("listening again, with %d names told", len(told))
            again = whisper.recognise(audio, chunks, language, "transcribe", io.progress, told)
        if not corrector.possible:
            io.log.warning("names stay as heard: no list of the words of %s at hand", language)
        texts = [text.clean(answer.text) for answer in again]
        segments, corrections = corrector.put_right(segments, texts)
        io.note(hotwords=told if again else [], corrections=[vars(c) for c in corrections])
    spoken = tuple(segment for segment in segments if segment.text)
    wordless = len(segments) - len(spoken)
    io.note(language=language, language_score=score, chunks=len(chunks), wordless=wordless)
    if wordless:
        io.log.warning("%d of %d chunks hold no words", wordless, len(segments))
    language = "und" if language == "auto" else language
    model.save(
        model.Transcript(language, score, "none", spoken, tuple(corrections)), io.output.transcript
    )
