"""Recognise the speech regions by a second recogniser, in the languages that the first settled."""

from dataclasses import replace
from pathlib import Path

import lineage
from subtitling import documents
from subtitling.media import audio_file
from subtitling.models import store
from subtitling.recognition import chunking, kept_recogniser, passes, registry, stage, writing
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.runtime import devices, kept_answers
from subtitling.sound import apart

with lineage.stage(snakemake, kept_answers.failed) as io:
    options = replace(RecognitionOptions(**io.params.options), other_languages=())
    doubting = HallucinationOptions(**io.params.hallucinations)
    stored = store.ready(io.params.model, io.input.model)
    speech = documents.load(documents.Speech, io.input.speech)
    glossary = documents.load(documents.Glossary, io.input.glossary)
    first = documents.load(documents.Transcript, io.input.transcript)
    sung = documents.load(documents.Events, io.input.events).spans("singing")
    songs = apart.everywhere(sung, speech.apart_ms)
    io.media_ms(speech.duration_ms)
    engine = registry.spec(io.params.engine)
    regions = apart.in_a_row(speech.regions, speech.apart_ms)
    spoken = stage.runs_of(apart.heard(first, speech.apart_ms), regions, options.chunk_ms)
    known = {
        code: some
        for code, some in spoken.items()
        if registry.knows(engine.name, stored.name, code)
    }
    segments, kept = [], None
    if not known:
        io.skip(f"nothing is said in a language of {stored.name}")
    else:
        two = speech.apart_ms is not None
        kept = kept_recogniser.of_sound(io, apart=two)
        audio = audio_file.read_speech_audio(io.input.audio, apart=two, in_parts=True)
        opened = engine.open(
            Path(io.input.model).parent, io.params.device, io.threads, options, io.degrade,
            io.retry,
        )  # fmt: skip
        which = [io.params.engine, io.params.model]
        recogniser = kept_recogniser.KeptRecogniser(opened, kept, which)
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
        for code, chunks in known.items():
            own = engine.code_of(code)
            listener = passes.Listener(recogniser, audio, own, io.progress)
            said = stage.listened(io, listener, chunks, songs, doubting)
            names = {own: writing.names_of(glossary, own)}
            made = stage.segments_of(io, said, own, names, options)
            label = None if code == first.language else code
            segments += [chunking.own_words(replace(each, language=label)) for each in made]
        io.model(**vars(stored), precision=recogniser.precision)
    kept_answers.keep(io, kept)
    segments.sort(key=lambda segment: segment.start_ms)
    numbered = [replace(each, id=f"g{n:05d}") for n, each in enumerate(segments, 1)]
    transcript = documents.Transcript(first.language, None, "none", tuple(numbered))
    io.note(languages=sorted(known), segments=len(segments))
    documents.save(apart.on_film(transcript, speech.apart_ms), io.output.transcript)
