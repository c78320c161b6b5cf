"""Recognise what is said in the speech regions."""

from functools import partial
from pathlib import Path

import lineage
from subtitling import asr, devices, doubts, guard, media, model, names, shards, store

with lineage.stage(snakemake) as io:
    options = asr.Options(**io.params.options)
    doubting = doubts.Options(**io.params.doubts)
    naming = names.Options(**io.params.names)
    stored = store.ready(io.params.model, io.input.model)
    speech = model.load(model.Speech, io.input.speech)
    glossary = model.load(model.Glossary, io.input.glossary)
    songs = model.load(model.Events, io.input.events).spans("singing")
    io.media_ms(speech.duration_ms)
    everywhere = asr.chunks(speech.regions, options.chunk_ms)
    shard = dict(io.wildcards.items()).get("shard")
    chunks = shards.chunks_of(shard, everywhere) if shard else everywhere
    language, score = io.params.language, None
    segments, removed, corrections, wordless = [], [], [], 0
    if chunks:
        audio = media.read_speech_audio(io.input.audio)
        whisper = asr.Whisper(
            Path(io.input.model).parent, io.params.device, io.threads, options, io.degrade,
            io.retry,
        )  # fmt: skip
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
        if language == "auto":
            probable = list(whisper.languages(audio, everywhere).items())[:5]
            language, score = probable[0]
            io.note(languages=dict(probable))
            io.log.info("the language is %s (%.0f %%)", language, 100 * score)

        def hear(some, told=(), **how):
            found = whisper.recognise(audio, some, language, "transcribe", io.progress, told, **how)
            return [asr.cleaned(heard) for heard in found]

        ways = [hear, partial(hear, careful=True)]
        if guarded := guard.scripts(language, options.script, options.latin):
            ways.append(partial(hear, guarded=False))
        said = doubts.believed(chunks, ways, songs, doubting)
        pairs, removed = said.pairs, said.removed
        for gone in removed:
            io.log.warning("%d ms: taken out, %s: %s", gone.start_ms, gone.reasons, gone.text)
        if free := said.ways.count(2):
            reason = f"nothing credible was heard in {'+'.join(guarded)} in {free} regions"
            io.degrade("script", "+".join(guarded), "any", reason)
        worded = [(chunk, heard) for chunk, heard in pairs if heard.text]
        wordless = len(pairs) - len(worded) - len(removed)
        if wordless:
            io.log.warning("%d of %d chunks hold no words", wordless, len(pairs))
        segments = asr.segments(worded)
        corrector = names.Corrector(glossary, language, naming)
        told = names.hotwords(glossary, language, naming, whisper.tokens)
        again = []
        if naming.correct and told and corrector.listens_again(s.text for s in segments):
            io.log.info("listening again, with %d names told", len(told))
            again = hear([chunk for chunk, _ in worded], told=told)
        if not corrector.possible:
            io.log.warning("names stay as heard: no list of the words of %s at hand", language)
        segments, corrections = corrector.put_right(segments, [heard.text for heard in again])
        io.note(hotwords=told if again else [], corrections=[vars(c) for c in corrections])
        io.model(**vars(stored), precision=whisper.precision)
    io.note(language=language, language_score=score, chunks=len(chunks), wordless=wordless)
    io.note(removed=[vars(gone) for gone in removed])
    language = "und" if language == "auto" else language
    transcript = model.Transcript(
        language, score, "none", tuple(segments), tuple(corrections), tuple(removed)
    )
    model.save(transcript, io.output.transcript)
