"""Read the text that is at hand: a script, a file of subtitles, or a track of the film."""

from pathlib import Path

import lineage
from subtitling import documents
from subtitling.known_text import film_tracks, reading
from subtitling.media import ffmpeg
from subtitling.media.ffmpeg import Limits

with lineage.stage(snakemake) as io, ffmpeg.recorded(io.note):
    if track := io.params.track:
        streams = documents.load(documents.Media, io.input.media).streams
        limits = Limits(**io.params.limits)
        text = film_tracks.read(io.input.film, streams, track, io.params.language, limits)
    else:
        text = reading.read(Path(io.input.text), io.params.language)
    words = sum(len(line.text.split()) for line in text.lines)
    kind = "cues" if text.timed else "speeches"
    io.log.info("%s: %d %s, %d words", text.source, len(text.lines), kind, words)
    io.note(text=text.source, sha256=text.sha256, lines=len(text.lines), words=words)
    io.note(directions=text.directions)
    documents.save(text, io.output.text)
