"""Place the words of a script in the sound, by what was recognised there."""

import lineage
from subtitling import documents
from subtitling.alignment import word_timer, word_times
from subtitling.known_text import script_alignment
from subtitling.media import audio_file
from subtitling.recognition import kept_recogniser
from subtitling.runtime import devices, kept_answers
from subtitling.sound import apart

with lineage.stage(snakemake, kept_answers.failed) as io:
    text = documents.load(documents.Text, io.input.text)
    heard = documents.load(documents.Transcript, io.input.transcript)
    speech = apart.together(documents.load(documents.Speech, io.input.speech))
    io.media_ms(speech.duration_ms)
    if io.params.device == "cuda":
        io.unrepeatable(devices.UNREPEATABLE)
    kept = kept_recogniser.of_sound(io, apart=False)
    audio = audio_file.read_speech_audio(io.input.audio, in_parts=True)
    timer = word_timer.Timer(io, audio, heard.language, kept)
    made = script_alignment.transcript(
        text, heard, speech.regions, audio.duration_ms, timer.timed, io.progress
    )
    timer.keep()
    use = made.text_use
    as_heard = sum(word.line is None for word in made.words)
    for row in use.unspoken:
        io.log.warning("%s, line %d: nobody says %s", use.source, row.line, row.text)
    if as_heard:
        io.log.warning("%d words are not in %s; they stand as heard", as_heard, use.source)
    io.log.info("%.0f %% of %s placed", 100 * use.share, use.source)
    io.note(
        words=len(made.words),
        aligners=word_times.served(made.segments),
        estimated=sum(word.score is None for word in made.words),
        text=use.source,
        text_sha256=use.sha256,
        share=use.share,
        unspoken=len(use.unspoken),
        misheard=len(use.misheard),
        as_heard=as_heard,
    )
    documents.save(made, io.output.transcript)
    documents.save_text(made.text, io.output.text)
