"""Time the words of a text that has times: by the sound, or where they are in another language by
the text's own times."""

import lineage
from subtitling import documents
from subtitling.alignment import word_timer, word_times
from subtitling.known_text import timed_text
from subtitling.media import audio_file
from subtitling.recognition import kept_recogniser
from subtitling.runtime import devices, kept_answers
from subtitling.sound import apart

with lineage.stage(snakemake, kept_answers.failed) as io:
    transcript = documents.load(documents.Transcript, io.input.transcript)
    speech = apart.together(documents.load(documents.Speech, io.input.speech))
    io.media_ms(speech.duration_ms)
    if io.params.spoken and transcript.segments:
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
        kept = kept_recogniser.of_sound(io, apart=False)
        audio = audio_file.read_speech_audio(io.input.audio, in_parts=True)
        timer = word_timer.Timer(io, audio, transcript.language, kept, attention=False)
        made = timed_text.aligned(transcript, speech, timer.timed)
        timer.keep()
    else:
        made = timed_text.estimated(transcript)
        kept_answers.drop(io)
    untimed = sum(segment.aligner is None for segment in made.segments)
    if io.params.spoken and untimed:
        io.log.warning("%d of %d lines keep their times", untimed, len(made.segments))
    io.note(
        words=len(made.words),
        aligners=word_times.served(made.segments),
        estimated=sum(word.score is None for word in made.words),
        text=made.text_use.source,
        text_sha256=made.text_use.sha256,
        share=made.text_use.share,
        keep_their_times=untimed,
        own_times=len(made.text_use.own_times),
    )
    documents.save(made, io.output.transcript)
    documents.save_text(made.text, io.output.text)
