"""Detect shot changes, so that cues begin and end with the shots."""

from pathlib import Path

import lineage
from subtitling import documents
from subtitling.media import ffmpeg, shots
from subtitling.media.ffmpeg import Limits

with lineage.stage(snakemake) as io:
    io.tool("ffmpeg", ffmpeg.build())
    film = documents.load(documents.Media, io.input.media)
    io.media_ms(film.duration_ms)
    listed = Path(io.output.shots).with_name("frames.txt")
    limits = Limits(**io.params.limits)
    cuts = shots.find(io.input.film, film, io.params.threshold, listed, limits, io.progress)
    if not any(stream.kind == "video" for stream in film.streams):
        io.skip("no picture, so no shots")
    io.note(cuts=len(cuts))
    io.log.info("%d cuts", len(cuts))
    documents.save(documents.Shots(tuple(cuts)), io.output.shots)
