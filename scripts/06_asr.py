"""Recognise what is said in the speech regions."""

from pathlib import Path

import lineage
from subtitling import documents, shards
from subtitling.media import audio_file
from subtitling.models import store
from subtitling.recognition import chunking, kept_recogniser, passes, registry, stage, writing
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.names import NameOptions
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.runtime import devices, kept_answers
from subtitling.sound import apart

with lineage.stage(snakemake, kept_answers.failed) as io:
    options = RecognitionOptions(**io.params.options)
    doubting = HallucinationOptions(**io.params.hallucinations)
    naming = NameOptions(**io.params.names)
    stored = store.ready(io.params.model, io.input.model)
    speech = documents.load(documents.Speech, io.input.speech)
    glossary = documents.load(documents.Glossary, io.input.glossary)
    sung = documents.load(documents.Events, io.input.events).spans("singing")
    songs = apart.everywhere(sung, speech.apart_ms)
    io.media_ms(speech.duration_ms)
    regions = apart.in_a_row(speech.regions, speech.apart_ms)
    everywhere = chunking.chunks(regions, options.chunk_ms)
    shard = dict(io.wildcards.items()).get("shard")
    chunks = shards.chunks_of(shard, everywhere) if shard else everywhere
    language, score, kept = io.params.language, None, None
    segments, removed, corrections, rehearings, wordless = [], [], [], [], 0
    if chunks:
        two = speech.apart_ms is not None
        kept = kept_recogniser.of_sound(io, apart=two)
        audio = audio_file.read_speech_audio(io.input.audio, apart=two, in_parts=True)
        opened = registry.spec(io.params.engine).open(
            Path(io.input.model).parent, io.params.device, io.threads, options, io.degrade,
            io.retry,
        )  # fmt: skip
        which = [io.params.engine, io.params.model]
        recogniser = kept_recogniser.KeptRecogniser(opened, kept, which)
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
        language, score = stage.language_of(io, recogniser, audio, everywhere)
        beside = shards.beside(chunks, everywhere)
        listener = passes.Listener(recogniser, audio, language, io.progress, *beside)
        said = stage.listened(io, listener, chunks, songs, doubting)
        removed, rehearings = said.removed, said.rehearings
        wordless = len(said.pairs) - len(stage.worded_of(said)) - len(removed)
        if wordless:
            io.log.warning("%d of %d chunks hold no words", wordless, len(said.pairs))
        spoken = dict.fromkeys([language, *(code for code, _ in said.languages)])
        known = {code: writing.names_of(glossary, code) for code in spoken}
        segments = stage.segments_of(io, said, language, known, options)
        segments, corrections = stage.named(io, listener, said, segments, glossary, known, naming)
        segments = list(map(chunking.own_words, segments))
        io.model(**vars(stored), precision=recogniser.precision)
    kept_answers.keep(io, kept)
    language = "und" if language == "auto" else language
    transcript = documents.Transcript(
        language, score, "none", tuple(segments), tuple(corrections), tuple(removed),
        tuple(rehearings),
    )  # fmt: skip
    if not shard:
        transcript = stage.whole(io, transcript)
    transcript = apart.on_film(transcript, speech.apart_ms)
    io.note(language=transcript.language, language_score=transcript.language_score)
    io.note(chunks=len(chunks), wordless=wordless)
    io.note(removed=[vars(gone) for gone in transcript.removed])
    documents.save(transcript, io.output.transcript)
