"""Shot changes, by ffmpeg's own detector of scene changes."""

from pathlib import Path

from lineage.problem import Problem
from subtitling.documents import Media
from subtitling.media import containers, ffmpeg
from subtitling.media.ffmpeg import Limits
from subtitling.runtime.progress import Progress

_WIDTH = 320  # detection is as accurate in a small picture, and several times faster


def arguments(film: Path | str, stream: int, threshold: float, listed: Path | str) -> list[str]:
    """ffmpeg's arguments that write to `listed` the first frame of every shot but the first.

    `threshold` is scdet's: how much of the picture changes from one frame to the next, in percent.
    """
    detect = f"scale={_WIDTH}:-2,scdet=threshold={threshold}:sc_pass=1"
    return [
        *ffmpeg.source(film), "-map", f"0:{stream}", "-vf", detect, "-fps_mode", "passthrough",
        "-f", "framecrc", containers.url(listed),
    ]  # fmt: skip


def parse(listed: str) -> list[int]:
    """Parse ffmpeg's framecrc list: the times of its frames in ms, each once and in order.

    A line is `stream, dts, pts, duration, size, sum`, in units that `#tb 0: 1/1000` gives.
    """
    unit, cuts = None, set()
    for line in listed.splitlines():
        if line.startswith("#tb 0:"):
            over, under = line.removeprefix("#tb 0:").split("/")
            unit = int(over) * 1000 / int(under)
        elif line and not line.startswith("#"):
            if unit is None:
                raise Problem("ffmpeg's list of frames gives no time base")
            cuts.add(round(int(line.split(",")[2]) * unit))
    return sorted(cuts)


def find(
    film: Path | str,
    facts: Media,
    threshold: float,
    listed: Path,
    limits: Limits,
    progress: Progress,
) -> list[int]:
    """Detect the cuts of a film's picture, in ms on the film's clock; none where it has no picture.

    `listed` is a temporary file for ffmpeg's list.
    """
    picture = next((s for s in facts.streams if s.kind == "video"), None)
    if picture is None:
        return []
    try:
        wanted = arguments(film, picture.index, threshold, listed)
        ffmpeg.run(wanted, facts.duration_ms, progress, limits)
        return parse(listed.read_text("utf-8"))
    finally:
        listed.unlink(missing_ok=True)
