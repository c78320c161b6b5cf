"""Every call of ffmpeg and PyAV. Media may be hostile: only files, known containers, no shell."""

import ctypes
import logging
import re
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage import Problem
from subtitling.model import Stream

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

# Containers that hold what they play. Playlists and scripts (hls, dash, concat, image sequences)
# would make the demuxer open other files or addresses, so they are left out.
CONTAINERS = (
    "aac,ac3,aiff,amr,asf,avi,caf,dts,dv,eac3,flac,flv,gxf,ivf,m4v,matroska,webm,mov,mp4,m4a,3gp,"
    "3g2,mj2,mp3,mpeg,mpegts,mpegvideo,mxf,nut,ogg,rm,w64,wav"
)
_ONLY_FILES = {"protocol_whitelist": "file,pipe"}
SPEECH_RATE = 16_000

Progress = Callable[[float, float], None]


@cache
def ffmpeg() -> str:
    """The ffmpeg on the PATH, or the one that the imageio-ffmpeg wheel carries."""
    if found := shutil.which("ffmpeg"):
        return found
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


@cache
def ffmpeg_build() -> str:
    """The first line of `ffmpeg -version`, without the copyright."""
    done = subprocess.run([ffmpeg(), "-version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0].partition(" Copyright")[0]


def source(path: Path | str, demuxer: str | None = None) -> list[str]:
    """ffmpeg's arguments that read `path` safely; `demuxer` forces a format, e.g. srt."""
    limits = ["-protocol_whitelist", "file,pipe"]
    kind = ["-f", demuxer] if demuxer else ["-format_whitelist", CONTAINERS]
    return [*limits, *kind, "-i", url(path)]


def url(path: Path | str) -> str:
    """`path` as ffmpeg must be given it: never taken for an option, a protocol or a pattern."""
    return f"file:{Path(path).absolute()}"


def run(arguments: Sequence[str], duration_ms: int = 0, progress: Progress | None = None) -> None:
    """Run ffmpeg to its end, its messages to the log. Problem tells of a failure in its words."""
    command = [ffmpeg(), "-nostdin", "-hide_banner", "-y", "-loglevel", "warning", "-nostats",
               "-progress", "pipe:1", *arguments]  # fmt: skip
    log.debug("%s", command)
    last: deque[str] = deque(maxlen=4)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            done = re.match(r"(\w+)=\s*(\S+)\s*$", line)
            if done is None:
                last.append(line.strip())
                log.debug("ffmpeg: %s", line.rstrip())
            elif done[1] == "out_time_us" and done[2].isdigit() and progress:
                progress(int(done[2]) / 1000, duration_ms)
    if process.returncode:
        reason = "; ".join(last) or f"exit status {process.returncode}"
        raise Problem(f"ffmpeg failed: {reason}")


def _die_with_parent() -> None:
    """An ffmpeg whose stage was killed must not go on writing under the next attempt."""
    parent_death_signal = 1
    ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL)


@contextmanager
def opened(path: Path | str) -> Iterator[Any]:
    """A PyAV container, closed at the end. Problem for what is no film, or no film we open."""
    import av

    options = {**_ONLY_FILES, "format_whitelist": CONTAINERS}
    try:
        container = av.open(url(path), options=options)
    except av.error.FFmpegError as error:
        reason = error.strerror or type(error).__name__
        raise Problem(
            f"{path}: cannot be opened as a film ({reason}). It may be damaged, cut short, or not "
            "a media file at all; try to play it, or make it anew: ffmpeg -i FILM -c copy new.mkv"
        ) from error
    with container:
        yield container


def streams(container: Any) -> tuple[Stream, ...]:
    """Every stream of an open container; times from the start of the earliest stream."""
    start = container.start_time or 0
    return tuple(_stream(stream, start) for stream in container.streams)


def _stream(stream: Any, container_start_us: int) -> Stream:
    context: Any = getattr(stream, "codec_context", None)
    marks = stream.disposition.name or ""
    kind = "cover" if "attached_pic" in marks else stream.type or "unknown"
    base = stream.time_base
    start = stream.start_time * base if stream.start_time is not None and base else None
    duration = stream.duration * base if stream.duration and base else None
    return Stream(
        index=stream.index,
        kind=kind,
        codec=context.codec.canonical_name if context else "unknown",
        language=stream.metadata.get("language"),
        title=stream.metadata.get("title"),
        default="default" in marks,
        start_ms=0 if start is None else round(start * 1000 - container_start_us / 1000),
        duration_ms=None if duration is None else round(duration * 1000),
        channels=context.channels if kind == "audio" else None,
        sample_rate=context.sample_rate if kind == "audio" else None,
        width=context.width if kind in ("video", "cover") else None,
        height=context.height if kind in ("video", "cover") else None,
        marks=tuple(marks.split("|")) if marks else (),
    )


def duration_ms(container: Any, found: Sequence[Stream]) -> int:
    """How long the film plays: what its container says, or its longest stream."""
    if container.duration:
        return int(container.duration) // 1000
    return max((stream.start_ms + (stream.duration_ms or 0) for stream in found), default=0)


def frame_rate(container: Any, found: Sequence[Stream]) -> float | None:
    """Frames a second of the first moving picture; None for sound alone."""
    for stream in found:
        if stream.kind == "video":
            rate = container.streams[stream.index].average_rate
            return float(rate) if rate else None
    return None


def extract_audio(
    film: Path | str, track: Stream, flac: Path | str, duration: int, progress: Progress
) -> int:
    """Write `track` to `flac` at its own rate, at most stereo. Returns its length in ms.

    Holes in the track's timestamps become silence, so that later words stay on their second.
    """
    partial = Path(flac).with_name(f".{Path(flac).name}.partial")
    stereo = ["-ac", "2"] if (track.channels or 0) > 2 else []
    mapped = ["-map", f"0:{track.index}", "-vn", "-sn", "-dn", "-map_metadata", "-1"]
    coded = ["-af", "aresample=async=1", "-c:a", "flac", "-fflags", "+bitexact", "-f", "flac"]
    run([*source(film), *mapped, *stereo, *coded, url(partial)], duration, progress)
    with opened(partial) as container:
        length = duration_ms(container, streams(container))
    if length <= 0:
        raise Problem(f"{film}: audio track {track.index} holds no sound; choose another track")
    partial.replace(flac)
    return length


def read_speech_audio(flac: Path | str) -> "np.ndarray[Any, Any]":
    """The sound as recognisers want it: mono float32 in [-1, 1] at 16 kHz, shape (samples,)."""
    import av
    import numpy as np

    with opened(flac) as container:
        length = round((container.duration or 0) * SPEECH_RATE / 1_000_000) + SPEECH_RATE
        samples: Any = np.empty(length, np.float32)
        filled = 0
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SPEECH_RATE)
        for frame in _frames(container, resampler):
            block = frame.to_ndarray().reshape(-1)
            if filled + len(block) > len(samples):
                samples = np.concatenate([samples, np.empty(len(samples) + len(block), np.float32)])
            samples[filled : filled + len(block)] = block
            filled += len(block)
    sound: np.ndarray[Any, Any] = samples[:filled]
    return sound


def _frames(container: Any, resampler: Any) -> Iterator[Any]:
    for frame in container.decode(audio=0):
        yield from resampler.resample(frame)
    yield from resampler.resample(None)
