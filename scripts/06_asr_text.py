"""Take the words from a text with times that is at hand, where somebody says them."""

import lineage
from subtitling import documents
from subtitling.known_text import onsets, timed_text
from subtitling.media import audio_file
from subtitling.sound import apart

with lineage.stage(snakemake) as io:
    text = documents.load(documents.Text, io.input.text)
    speech = apart.together(documents.load(documents.Speech, io.input.speech))
    media = documents.load(documents.Media, io.input.media)
    io.media_ms(speech.duration_ms)
    begins = None
    if io.params.times == "checked":
        audio = audio_file.read_speech_audio(io.input.audio)
        begins = onsets.onsets(audio, (region.start_ms for region in speech.regions))
    made = timed_text.transcript(text, speech, media.audio.start_ms, io.params.language, begins)
    use = made.text_use
    for stretch in use.stretches:
        io.log.info(
            "%s, lines %d to %d: rate %.6f, %+.3f s", use.source, stretch.first, stretch.last,
            stretch.rate, stretch.offset_ms / 1000,
        )  # fmt: skip
        if stretch.spread_ms is not None:
            io.log.info("half of these begin within %d ms, by their speech", stretch.spread_ms)
    for row in use.unspoken:
        io.log.warning("%s, line %d: no place in the film: %s", use.source, row.line, row.text)
    io.note(language=made.language, text=use.source, text_sha256=use.sha256)
    io.note(lines=len(made.segments), unspoken=len(use.unspoken))
    io.note(stretches=[vars(stretch) for stretch in use.stretches])
    documents.save(made, io.output.transcript)
