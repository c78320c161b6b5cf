"""Draw one language's subtitles into the picture of the film."""

from pathlib import Path

import lineage
from subtitling import documents
from subtitling.media import ffmpeg, identity
from subtitling.media.ffmpeg import Limits
from subtitling.muxing import burn_in, stream_plan
from subtitling.muxing.burn_in import BurnInOptions

with lineage.stage(snakemake) as io, ffmpeg.recorded(io.note):
    limits = Limits(**io.params.limits)
    if why := documents.load(documents.Cues, io.input.cues).missing:
        raise lineage.Problem(f"there are no {io.wildcards.lang} subtitles to draw: {why}")
    io.tool("ffmpeg", ffmpeg.build())
    io.tool("pyav", ffmpeg.library_build())
    film = documents.load(documents.Media, io.input.media)
    io.media_ms(film.duration_ms)
    options = BurnInOptions(threads=io.threads, **io.params.options)
    with identity.unchanged(io.input.film, film.fingerprint):
        done = burn_in.write(
            io.input.film, film, io.input.track, io.input.fonts, io.output.film, options, limits,
            io.progress,
        )  # fmt: skip
    expected, drawn = done.frames
    if expected != drawn:
        io.degrade("frames", expected, drawn, "the decoder returned no others")
    for line in done.missing:
        io.degrade("letters", "all", "those that a font has", line)
    if done.dolby_vision is not None:
        profile = f"profile {done.dolby_vision}"
        io.degrade("Dolby Vision", profile, "its base layer", "encoding loses it; 10_mux keeps it")
    for where, tag, left in stream_plan.lost_languages(
        burn_in.chosen(film.streams, "mkv")[1], "webm"
    ):
        io.degrade(f"language of {where}", tag, left, "ffmpeg writes no such tags")
    for before, after in stream_plan.lost_shapes([burn_in.chosen(film.streams, "mkv")[0]]):
        io.degrade("shape of the picture", before, after, "a file that is encoded has one shape")
    io.note(
        fonts=done.fonts,
        frames=drawn,
        left_out=done.left_out,
        white=done.white,
        bytes=Path(io.output.film).stat().st_size,
    )
    io.log.info("%d frames, drawn with %s", drawn, "; ".join(done.fonts) or "no letters at all")
