"""Compress the film's sound for playback in its page."""

from pathlib import Path

import lineage
from subtitling import documents
from subtitling.media import ffmpeg, preview
from subtitling.media.preview import PreviewOptions

with lineage.stage(snakemake) as io:
    io.tool("ffmpeg", ffmpeg.build())
    sound = documents.load(documents.Media, io.input.media).audio
    io.media_ms(sound.duration_ms)
    bps = preview.rate_bps(sound.duration_ms, PreviewOptions(**io.params.options))
    preview.write(io.input.audio, sound.duration_ms, io.output.sound, bps, io.progress)
    size = Path(io.output.sound).stat().st_size
    io.note(bits_per_second=bps, bytes=size)
    io.log.info("%.1f MB, %.1f kb/s", size / 1e6, bps / 1000)
