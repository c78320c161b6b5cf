"""Take the words from a text with times that is at hand, where somebody says them."""

import lineage
from subtitling import documents
from subtitling.known_text import timed_text

with lineage.stage(snakemake) as io:
    text = documents.load(documents.Text, io.input.text)
    speech = documents.load(documents.Speech, io.input.speech)
    media = documents.load(documents.Media, io.input.media)
    io.media_ms(speech.duration_ms)
    made = timed_text.transcript(
        text, speech, media.audio.start_ms, io.params.language,
        checked=io.params.times == "checked",
    )  # fmt: skip
    use = made.text_use
    for stretch in use.stretches:
        io.log.info(
            "%s, lines %d to %d: rate %.6f, %+.2f s", use.source, stretch.first, stretch.last,
            stretch.rate, stretch.offset_ms / 1000,
        )  # fmt: skip
    for row in use.unspoken:
        io.log.warning("%s, line %d: no place in the film: %s", use.source, row.line, row.text)
    io.note(language=made.language, text=use.source, text_sha256=use.sha256)
    io.note(lines=len(made.segments), unspoken=len(use.unspoken))
    io.note(stretches=[vars(stretch) for stretch in use.stretches])
    documents.save(made, io.output.transcript)
