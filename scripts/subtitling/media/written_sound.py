"""Check that a sound written by a child process is complete: the exit status alone is not enough.
FFmpeg 5.1 exits with 0 on a full disk, with nothing written."""

from pathlib import Path

from lineage.problem import Problem
from subtitling.media import containers

_NEAR_MS = 500  # a codec pads its first and last packet


def sound(path: Path, duration_ms: int) -> None:
    """Raise Problem if the file at `path` does not hold `duration_ms` of sound; all of it is
    read."""
    length_ms = 0.0
    if path.is_file() and path.stat().st_size:
        with containers.opened(path) as container, containers.explained(path):
            for packet in container.demux(audio=0):
                if packet.pts is not None:
                    end = (packet.pts + (packet.duration or 0)) * packet.time_base
                    length_ms = max(length_ms, float(end) * 1000)
    if abs(length_ms - duration_ms) > _NEAR_MS:
        raise Problem(
            f"{path}: {length_ms:.0f} ms of sound were written, not {duration_ms}; is there room "
            "on the disk?"
        )
