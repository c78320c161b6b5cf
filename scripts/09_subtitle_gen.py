"""Make the cues of one language, in every format, and measure them."""

import json

import lineage
from subtitling import cues, formats, model, quality

with lineage.stage(snakemake) as io:
    transcript = model.load(model.Transcript, io.input.transcript)
    film = model.load(model.Media, io.input.media)
    io.media_ms(film.duration_ms)
    language = io.wildcards.lang
    options = cues.options_for(io.params.subtitles, language, film.frame_rate)
    made = cues.cues(transcript.words, language, film.audio.start_ms, options)
    if not made:
        io.log.warning("no words, so the %s subtitles are empty", language)
    picture = next((s for s in film.streams if s.kind == "video"), None)
    screen = (picture.width, picture.height) if picture else (1280, 720)
    for path in (io.output.srt, io.output.vtt, io.output.ass):
        formats.write(made, path, screen)
    model.save(model.Cues(language, tuple(made)), io.output.cues)
    measured = quality.measure(made, transcript.words, options)
    model.save_text(json.dumps(measured, indent=1) + "\n", io.output.quality)
    broken = {rule: row["broken"] for rule, row in measured["rules"].items() if row["broken"]}
    io.note(cues=len(made), broken=broken)
    io.log.info("%d cues, %s", len(made), broken or "every reading rule kept")
