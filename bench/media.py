"""The cost of demuxing and muxing a large film: `python bench/media.py [GB] [FOLDER]`.

A film of a feature's length and packets (two hours at its default size, h264 and two AAC tracks) is
made, copied with `cp`, and put through the logic of 01_demux and 10_mux. Prints the times, their
ratio to `cp`, and the peak memory of any process started here. The files are removed at the end.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from subtitling import documents  # noqa: E402
from subtitling.media import audio_file, audio_tracks, containers, ffmpeg, probing  # noqa: E402
from subtitling.media.ffmpeg import Limits  # noqa: E402
from subtitling.media.probing import Probe  # noqa: E402
from subtitling.muxing import mux  # noqa: E402
from subtitling.muxing.mux import MuxOptions  # noqa: E402
from subtitling.muxing.subtitle_streams import Track  # noqa: E402

MINUTE_S, FILM_MINUTES = 60, 120
LIMITS = Limits(
    max_streams=256, max_width_px=16384, max_height_px=16384, max_duration_h=48, max_output_gb=500,
    time_factor=3, min_run_s=3600,
)  # fmt: skip


def make(film: Path, gigabytes: float) -> None:
    """Write a film of about this size: a minute of noise and two tones, repeated."""
    bits = int(gigabytes * 8e9 / (FILM_MINUTES * MINUTE_S)) - 2 * 128_000
    minute = film.with_name("minute.mkv")
    ffmpeg.run([
        "-f", "lavfi", "-i", "color=gray:size=640x360:rate=24,noise=alls=100:allf=t",
        "-f", "lavfi", "-i", "sine=300:sample_rate=48000",
        "-f", "lavfi", "-i", "sine=500:sample_rate=48000",
        "-map", "0", "-map", "1", "-map", "2", "-t", str(MINUTE_S),
        "-c:v", "libx264", "-preset", "ultrafast", "-b:v", str(bits), "-minrate", str(bits),
        "-maxrate", str(bits), "-bufsize", str(bits), "-x264-params", "nal-hrd=cbr",
        "-c:a", "aac", "-b:a", "128k", containers.url(minute),
    ])  # fmt: skip
    ffmpeg.run(["-stream_loop", str(FILM_MINUTES - 1), "-i", containers.url(minute), "-map", "0",
               "-c", "copy", containers.url(film)])  # fmt: skip
    minute.unlink()


def cues(path: Path) -> Path:
    """A cue every four seconds."""

    def clock(s: int) -> str:
        return f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02},000"

    path.write_text(
        "".join(
            f"{n}\n{clock(4 * n)} --> {clock(4 * n + 3)}\ncue {n}\n\n"
            for n in range(1, FILM_MINUTES * 15)
        ),
        encoding="utf-8",
    )
    return path


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, up to the last byte on the disk, and of processors."""

    wall_s: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:6.1f} s, {self.cpu_s:6.1f} s of processors"


def timed(work: Callable[[], Any]) -> tuple[Cost, Any]:
    """The cost of `work`, and its result."""
    begun, worked = time.monotonic(), sum(os.times()[:4])
    result = work()
    subprocess.run(["sync"], check=True)
    return Cost(time.monotonic() - begun, sum(os.times()[:4]) - worked), result


def main() -> None:
    """Make, measure, print, remove."""
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    folder = Path(tempfile.mkdtemp(dir=sys.argv[2] if len(sys.argv) > 2 else None))
    try:
        film, copy, out = folder / "film.mkv", folder / "copy.mkv", folder / "final.mkv"
        make(film, gigabytes)
        size = film.stat().st_size / 1e9
        free = shutil.disk_usage(folder).free / 1e9
        assert free > 2 * size, f"{free:.1f} GB free, twice {size:.1f} GB needed"

        def copied() -> Cost:
            cost, _ = timed(lambda: subprocess.run(["cp", film, copy], check=True))
            copy.unlink()
            return cost

        # Between the others, since a machine is not equally fast all the time.
        copies = [copied()]
        demuxing, (probed, _) = timed(lambda: demux(film, folder / "audio.flac"))
        about = documents.Media(
            probed.container, probed.duration_ms, probed.frame_rate, probed.streams,
            documents.Audio(0, "", 0, 0, ""),
        )  # fmt: skip
        copies.append(copied())
        tracks = [Track("en", cues(folder / "en.srt"), True, False)]
        options = MuxOptions(fonts=[], check_s=60)
        muxing, report = timed(
            lambda: mux.write(film, about, tracks, out, options, LIMITS, lambda *_: None)
        )
        copies.append(copied())
        copying = sum(cost.wall_s for cost in copies) / len(copies)
        packets = sum(row.packets for row in report.rows)
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"film      {size:6.2f} GB, {probed.duration_ms / 60_000:.0f} min, {packets} packets")
        for cost in copies:
            print(f"cp        {cost}")
        print(f"01_demux  {demuxing}, {demuxing.wall_s / copying:.2f} times cp")
        print(f"10_mux    {muxing}, {muxing.wall_s / copying:.2f} times cp, checks and all")
        print(
            f"load      {', '.join(f'{n:.1f}' for n in os.getloadavg())} on {os.cpu_count()} cores"
        )
        print(f"memory    {memory:6.0f} MB at most in one process")
    finally:
        shutil.rmtree(folder)


def demux(film: Path, flac: Path) -> tuple[Probe, int]:
    """Demux as 01_demux does."""
    probed = probing.probe(film, LIMITS)
    track = audio_tracks.choose(probed.streams, "auto", "auto", None).track
    return probed, audio_file.extract_audio(film, probed, track, flac, LIMITS, lambda *_: None)


if __name__ == "__main__":
    main()
