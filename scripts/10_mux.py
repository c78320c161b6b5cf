"""Put the subtitle tracks into the film and check that nothing was lost."""

from pathlib import Path

import lineage
from subtitling import documents
from subtitling.media import ffmpeg, identity
from subtitling.media.ffmpeg import Limits
from subtitling.muxing import mux, stage
from subtitling.muxing.mux import MuxOptions

with lineage.stage(snakemake) as io, ffmpeg.recorded(io.note):
    limits = Limits(**io.params.limits)
    io.tool("ffmpeg", ffmpeg.build())
    io.tool("pyav", ffmpeg.library_build())
    film = documents.load(documents.Media, io.input.media)
    io.media_ms(film.duration_ms)
    mux.clear_beside(io.output.film)
    cues = stage.made(io)
    tracks = stage.tracks(io, cues)
    fonts = stage.attached_fonts(io, tracks)
    options = MuxOptions(fonts=fonts, check_s=io.params.check_s)
    with identity.unchanged(io.input.film, film.fingerprint):
        done = mux.write(io.input.film, film, tracks, io.output.film, options, limits, io.progress)
    mux.clear_former(io.output.film)
    sidecars = [Path(path) for path in io.input.sidecars if Path(path).parent.name in cues]
    for beside in mux.beside(io.output.film, sidecars):
        io.also(beside)
    io.note(fonts={path: lineage.sha256(path) for path in fonts})
    stage.record(io, film, tracks, done)
