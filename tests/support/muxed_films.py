"""Films to mux, their subtitles, and what ffmpeg says of the result."""

import subprocess
from pathlib import Path

from media_limits import LIMITS

from subtitling import documents
from subtitling.media import containers, ffmpeg, probing
from subtitling.media.probing import Probe
from subtitling.muxing.mux import MuxOptions

OPTIONS = MuxOptions(fonts=[], check_s=60)


def stream(index: int, kind: str, codec: str, *, default: bool = False) -> documents.Stream:
    return documents.Stream(index, kind, codec, None, None, default, 0, None)


def srt(path: Path, times: list[int], text: str = "beat") -> Path:
    def clock(ms: int) -> str:
        return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"

    path.write_text(
        "".join(
            f"{number}\n{clock(ms)} --> {clock(ms + 400)}\n{text} {number}\n\n"
            for number, ms in enumerate(times, 1)
        ),
        encoding="utf-8",
    )
    return path


def probed(film: Path) -> tuple[Probe, documents.Media]:
    probe = probing.probe(film, LIMITS)
    audio = documents.Audio(0, "", 0, 0, "")
    return probe, documents.Media(
        probe.container, probe.duration_ms, probe.frame_rate, probe.streams, audio
    )


def reported_by_ffmpeg(film: Path) -> str:
    done = subprocess.run(
        [ffmpeg.program(), "-hide_banner", "-i", containers.url(film), "-frames:v", "1",
         "-vf", "showinfo", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stderr
