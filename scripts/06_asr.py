"""Recognise what is said in the speech regions."""

from dataclasses import replace
from pathlib import Path

import lineage
from subtitling import documents, shards
from subtitling.media import media
from subtitling.models import store
from subtitling.recognition import hallucinations, names, passes, script_guard, whisper, writing
from subtitling.runtime import devices

with lineage.stage(snakemake) as io:
    options = whisper.Options(**io.params.options)
    doubting = hallucinations.Options(**io.params.doubts)
    naming = names.Options(**io.params.names)
    stored = store.ready(io.params.model, io.input.model)
    speech = documents.load(documents.Speech, io.input.speech)
    glossary = documents.load(documents.Glossary, io.input.glossary)
    songs = documents.load(documents.Events, io.input.events).spans("singing")
    io.media_ms(speech.duration_ms)
    everywhere = whisper.chunks(speech.regions, options.chunk_ms)
    shard = dict(io.wildcards.items()).get("shard")
    chunks = shards.chunks_of(shard, everywhere) if shard else everywhere
    language, score = io.params.language, None
    segments, removed, corrections, wordless = [], [], [], 0
    if chunks:
        audio = media.read_speech_audio(io.input.audio)
        recogniser = whisper.Whisper(
            Path(io.input.model).parent, io.params.device, io.threads, options, io.degrade,
            io.retry,
        )  # fmt: skip
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
        if language == "auto":
            probable = list(recogniser.languages(audio, everywhere).items())[:5]
            language, score = probable[0]
            io.note(languages=dict(probable))
            io.log.info("the language is %s (%.0f %%)", language, 100 * score)

        listener = passes.Listener(recogniser, audio, language, io.progress)
        said = listener.said(chunks, songs, doubting)
        pairs, removed = said.pairs, said.removed
        for gone in removed:
            io.log.warning("%d ms: taken out, %s: %s", gone.start_ms, gone.reasons, gone.text)
        if said.free:
            guarded = "+".join(script_guard.scripts(language, options.script, options.latin))
            reason = f"nothing credible was heard in {guarded} in {said.free} regions"
            io.degrade("script", guarded, "any", reason)
        for chunk, tongue in said.tongues.items():
            io.log.warning("%d ms: heard in %s, not in %s", chunk.start_ms, tongue, language)
        worded = [(chunk, heard) for chunk, heard in pairs if heard.text]
        wordless = len(pairs) - len(worded) - len(removed)
        if wordless:
            io.log.warning("%d of %d chunks hold no words", wordless, len(pairs))
        if said.held:
            io.log.warning("%d regions made sense only in the script of %s", said.held, language)
        segments = whisper.segments(worded, said.tongues)
        for n, (chunk, _) in enumerate(worded):
            if chunk in said.others:
                segments[n] = replace(segments[n], heard=said.others[chunk])
        # The corrector knows names as the language writes them.
        known = writing.names_of(glossary, language)
        if writing.rewrites(language, options.script, options.latin):
            segments = [
                writing.rewritten(each, language, known, options.script) for each in segments
            ]
            sure = [each.sure for each in segments if each.sure is not None]
            written_anew = sum(each.heard is not None for each in segments)
            io.note(written_anew=written_anew, least_sure=min(sure, default=None))
        corrector = names.Corrector(glossary, language, naming)
        told = names.hotwords(glossary, language, naming, recogniser.tokens)
        again = []
        if naming.correct and told and corrector.listens_again(s.text for s in segments):
            io.log.info("listening again, with %d names told", len(told))
            again = listener.told(worded, told, said.tongues)
        if not corrector.possible:
            io.log.warning("names stay as heard: no list of the words of %s at hand", language)
        heard_again = [
            writing.written(heard.text, language, known, options.script).text for heard in again
        ]
        segments, corrections = corrector.put_right(segments, heard_again)
        io.note(hotwords=told if again else [], corrections=[vars(c) for c in corrections])
        io.note(other_languages=[[c.start_ms, c.end_ms, t] for c, t in said.tongues.items()])
        io.model(**vars(stored), precision=recogniser.precision)
    io.note(language=language, language_score=score, chunks=len(chunks), wordless=wordless)
    io.note(removed=[vars(gone) for gone in removed])
    language = "und" if language == "auto" else language
    transcript = documents.Transcript(
        language, score, "none", tuple(segments), tuple(corrections), tuple(removed)
    )
    documents.save(transcript, io.output.transcript)
