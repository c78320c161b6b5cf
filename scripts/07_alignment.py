"""Time every recognised word, and recognise again where speech and words do not match."""

from dataclasses import replace

import lineage
from subtitling import documents, shards
from subtitling.alignment import coverage, second_ear, second_hearing, word_timer, word_times
from subtitling.alignment.coverage import SecondHearingOptions
from subtitling.media import audio_file
from subtitling.recognition import kept_recogniser, registry, writing
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.runtime import devices, kept_answers
from subtitling.sound import apart

with lineage.stage(snakemake, kept_answers.failed) as io:
    transcript = documents.load(documents.Transcript, io.input.transcript)
    speech = documents.load(documents.Speech, io.input.speech)
    glossary = documents.load(documents.Glossary, io.input.glossary)
    sung = documents.load(documents.Events, io.input.events).spans("singing")
    songs = apart.everywhere(sung, speech.apart_ms)
    io.media_ms(speech.duration_ms)
    everything = apart.in_a_row(speech.regions, speech.apart_ms)
    transcript = apart.heard(transcript, speech.apart_ms)
    regions, removed = everything, transcript.removed
    if shard := dict(io.wildcards.items()).get("shard"):
        regions = shards.regions_of(shard, transcript, regions)
        transcript = shards.some(shard, transcript)
    options = SecondHearingOptions(**io.params.second_hearing)
    again = options.enabled and transcript.language != "und"
    if not transcript.segments and not (regions and again):
        io.skip("no words to align")
        kept_answers.drop(io)
    else:
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
        two = speech.apart_ms is not None
        kept = kept_recogniser.of_sound(io, apart=two)
        audio = audio_file.read_speech_audio(io.input.audio, apart=two, in_parts=True)
        timer = word_timer.Timer(io, audio, transcript.language, kept)
        transcript = replace(
            transcript, segments=tuple(timer.timed(transcript.segments, everything))
        )
        if again:
            # Removed text was already recognised in every pass.
            left = coverage.outside(regions, coverage.taken_out(removed))
            for language, own in coverage.by_language(left, transcript).items():
                hearing = second_hearing.SecondHearing(
                    timer, audio, language, songs,
                    HallucinationOptions(**io.params.hallucinations), options, io.progress,
                    writing.names_of(glossary, language),
                )  # fmt: skip
                transcript = hearing.hear(transcript, own, everything)
        if second := io.input.get("second"):
            other = documents.load(documents.Transcript, second)
            here = {region.id for region in regions}
            heard = [
                s for s in apart.heard(other, speech.apart_ms).segments if s.regions[0] in here
            ]
            ear = second_ear.SecondEar(
                timer, everything, transcript.language, io.params.hallucinations["min_score"]
            )
            known = [c for c in transcript.languages if registry.knows(*io.params.second_ear, c)]
            transcript = ear.compared(transcript, timer.timed(heard, everything), known)
            io.note(heard_by=second_ear.counted(transcript))
        timer.keep()
    segments = transcript.segments
    transcript = replace(
        transcript, timing=word_times.timing(segments), segments=word_times.numbered(segments)
    )
    words = transcript.words
    bare = coverage.wordless(regions, words, options.min_wordless_ms)
    for start, end in apart.spans_on_film(bare, speech.apart_ms):
        who = ", ".join(speech.heard_by(start, end))
        io.log.warning("%d to %d ms: speech without words, detected by %s", start, end, who)
    io.note(
        words=len(words),
        aligners=word_times.served(segments),
        aligners_by_language=word_times.served_by_language(transcript),
        estimated=sum(w.score is None for w in words),
        heard_again=sum(row.reason != second_ear.REASON for row in transcript.rehearings),
        taken=sum(row.taken for row in transcript.rehearings),
        speech_without_words_ms=coverage.speech_ms(regions, bare),
    )
    transcript = apart.by_time(apart.on_film(transcript, speech.apart_ms))
    documents.save(transcript, io.output.transcript)
    documents.save_text(transcript.text, io.output.text)
