"""The ffmpeg program: its choice, its known vulnerabilities, and running it."""

import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling.media import containers
from subtitling.media.containers import CONTAINERS, INPUT_OPTIONS, TOO_LARGE
from subtitling.runtime import child_process
from subtitling.runtime.progress import Progress

log = logging.getLogger(__name__)

MESSAGES_KEPT = 100
LEAST = (5, 1)  # of ffmpeg: the first with -fps_mode

# (what, source, first fixed version): vulnerabilities in the parts of ffmpeg that are used.
_HOLES = (
    ("CVE-2026-40962, a write out of bounds in the MP4 reader", "app.opencve.io", (8, 1)),
    ("CVE-2026-8461, a write out of bounds in the MagicYUV decoder", "opencv-python 1249",
     (8, 1, 2)),
)  # fmt: skip

_command_recorder: ContextVar[Callable[[str], None] | None] = ContextVar(
    "_command_recorder", default=None
)


@dataclass(frozen=True)
class Limits:
    """Limits above which a film is refused; the configuration's section `limits`."""

    max_streams: int
    max_width_px: int
    max_height_px: int
    max_duration_h: float
    max_output_gb: float
    time_factor: float
    min_run_s: float

    def seconds(self, duration_ms: int) -> float:
        """The time limit in seconds of one run over a film of this length."""
        return max(self.min_run_s, self.time_factor * duration_ms / 1000)

    @property
    def max_file_bytes(self) -> int:
        """The largest file that a run may write."""
        return round(self.max_output_gb * 1e9)


@cache
def program() -> str:
    """The ffmpeg that the environment variable IMAGEIO_FFMPEG_EXE names; else the one that the
    imageio-ffmpeg wheel carries, or the one on the PATH where that is newer, or the only one.

    Problem where there is none.
    """
    if asked := os.environ.get("IMAGEIO_FFMPEG_EXE"):
        return asked
    candidates = [path for path in (_carried(), shutil.which("ffmpeg")) if path]
    if not candidates:
        raise Problem("there is no ffmpeg: install imageio-ffmpeg, which contains it")
    return max(candidates, key=lambda path: version(_build_of(path)) or (0,))


def _carried() -> str | None:
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:  # the wheel for this platform contains none
        return None


def _build_of(path: str) -> str:
    done = subprocess.run([path, "-version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0].partition(" Copyright")[0]


@cache
def build() -> str:
    """The first line of `ffmpeg -version`, without the copyright."""
    return _build_of(program())


def version(build: str) -> tuple[int, ...] | None:
    """The version in `ffmpeg version n7.0.2-static`, (7, 0, 2); None for builds that are numbered
    by their commits."""
    number = re.match(r"ffmpeg version n?(\d+(?:\.\d+)*)", build)
    return tuple(map(int, number[1].split("."))) if number else None


def too_old(build: str) -> str | None:
    """Advice for an ffmpeg that lacks options in use; None for others."""
    number = version(build)
    if number is None or number >= LEAST:
        return None
    least = ".".join(map(str, LEAST))
    return (
        f"{program()} is {build}, older than {least}: install imageio-ffmpeg, which carries a "
        f"newer one, or put a newer one on the PATH"
    )


def library_build() -> str:
    """The FFmpeg libraries inside PyAV."""
    import av

    return f"ffmpeg version {av.ffmpeg_version_info}"


def known_holes(build: str) -> list[str]:
    """Warnings for a build that is older than the fix of a vulnerability in a part that is used.

    `build` starts `ffmpeg version 7.0.2`; one with no such number (git builds) gives none.
    """
    number = version(build)
    if number is None:
        return []
    return [
        f"ffmpeg {'.'.join(map(str, number))} has {what} (read at {where}): for untrusted films "
        f"install {'.'.join(map(str, good))} or later and put it on the PATH"
        for what, where, good in _HOLES
        if number < good
    ]


def source(path: Path | str, demuxer: str | None = None) -> list[str]:
    """Arguments with which ffmpeg reads `path` safely; `demuxer` forces a format, e.g. srt."""
    options = [word for key, value in INPUT_OPTIONS.items() for word in (f"-{key}", value)]
    kind = ["-f", demuxer] if demuxer else ["-format_whitelist", CONTAINERS]
    return [*options, *kind, "-i", containers.url(path)]


@contextmanager
def recorded(note: Callable[..., None]) -> Iterator[None]:
    """Record every ffmpeg command that is run meanwhile, at once: `note(ffmpeg=[...])`."""
    commands: list[str] = []

    def record(command: str) -> None:
        commands.append(command)
        note(ffmpeg=list(commands))

    token = _command_recorder.set(record)
    try:
        yield
    finally:
        _command_recorder.reset(token)


def command_line(arguments: Sequence[str], here: Path) -> str:
    """The command as typed in the folder `here`: with paths below that folder relative to it, and
    the program by its name."""
    below = f"file:{here}/"
    return shlex.join(
        [
            "ffmpeg",
            *(f"file:{a.removeprefix(below)}" if a.startswith(below) else a for a in arguments),
        ]
    )


def run(
    arguments: Sequence[str],
    duration_ms: int = 0,
    progress: Progress | None = None,
    limits: Limits | None = None,
    *,
    folder: Path | None = None,
    listen: Callable[[str], None] | None = None,
    fed_by: Sequence[str] = (),
) -> list[str]:
    """Run ffmpeg to its end, in `folder`, and return its warnings, at most the last
    `MESSAGES_KEPT`; `listen` is called with every line of its output. `fed_by` are the arguments of
    another ffmpeg, whose output this one reads as `pipe:0`; its warnings come first, for `listen`
    at the end.

    Problem for a failure, in ffmpeg's words, and for a run over its limits.
    """
    command = [*_command(), "-progress", "pipe:1", *arguments]
    feeding = [*_command(), *fed_by] if fed_by else []
    log.debug("%s | %s", feeding, command)
    if record := _command_recorder.get():
        commands = filter(None, (feeding[1:], command[1:]))
        record(" | ".join(command_line(words, Path.cwd()) for words in commands))
    messages: deque[str] = deque(maxlen=MESSAGES_KEPT)
    seconds = limits.seconds(duration_ms) if limits else child_process.FOREVER_S
    with (
        _fed(feeding, folder, messages, listen) as feeder,
        subprocess.Popen(
            command,
            stdin=feeder.stdout if feeder else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            **_surroundings(folder, limits),
        ) as process,
        child_process.TimeLimit(process, seconds) as limit,
    ):
        if feeder and feeder.stdout:
            feeder.stdout.close()  # so that the first process ends when this one does
        assert process.stdout
        for line in process.stdout:
            done = re.match(r"(\w+)=\s*(\S+)\s*$", line)
            if done is None:
                messages.append(line.strip())
                if listen:
                    listen(line.strip())
                log.debug("ffmpeg: %s", line.rstrip())
            elif done[1] == "out_time_us" and done[2].isdigit() and progress:
                progress(int(done[2]) / 1000, duration_ms)
        process.wait()
    if limit.passed:
        raise Problem(f"ffmpeg was not done after {seconds:.0f} s; {child_process.LIFT_TIME}")
    _check_ended(process.returncode, list(messages))
    if feeder:
        _check_ended(feeder.returncode, list(messages))
    return list(messages)


def _command() -> list[str]:
    return [program(), "-nostdin", "-hide_banner", "-y", "-loglevel", "warning", "-nostats"]


def _surroundings(folder: Path | None, limits: Limits | None) -> dict[str, Any]:
    """Folder, environment and limits of an ffmpeg process, as arguments of `Popen`."""

    def start() -> None:
        child_process.dies_with_parent()
        if limits:
            child_process.limit_files(limits.max_file_bytes)

    # A static ffmpeg crashes when it loads the host's character sets, as it does for the names of a
    # broadcast (mpegts); finding none, it leaves the names as they are.
    surroundings = child_process.environment() | {"GCONV_PATH": os.devnull}
    return {"cwd": folder, "env": surroundings, "preexec_fn": start}


@contextmanager
def _fed(
    command: Sequence[str],
    folder: Path | None,
    messages: deque[str],
    listen: Callable[[str], None] | None,
) -> "Iterator[subprocess.Popen[bytes] | None]":
    """The process that feeds another one, where there is a command for it; its messages go to
    `messages`, before the other's, and to `listen`, when both have ended."""
    if not command:
        yield None
        return
    with tempfile.TemporaryFile() as words:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            **_surroundings(folder, None),
        ) as feeder:
            yield feeder
        words.seek(0)
        lines = words.read().decode("utf-8", "replace").splitlines()
        if listen:
            for line in lines:
                listen(line)
        messages.extendleft(reversed(lines[-(MESSAGES_KEPT - len(messages)) :]))


def _check_ended(status: int, messages: Sequence[str]) -> None:
    """Raise Problem for an ffmpeg that failed, with its last messages."""
    if not status:
        return
    reason = "; ".join(messages[-4:]) or f"exit status {status}"
    if "File too large" in reason or status == -signal.SIGXFSZ:
        reason = f"{reason}; {TOO_LARGE}"
    raise Problem(f"ffmpeg failed: {reason}")


def decoding_errors(film: Path | str, seconds: int, limits: Limits) -> list[str]:
    """ffmpeg's errors when it plays the first `seconds`; empty when there are none, and for 0
    seconds."""
    if not seconds:
        return []
    played = ["-map", "0:v:0?", "-map", "0:a?", "-sn", "-dn", "-fps_mode", "passthrough"]
    try:
        messages = run(
            ["-loglevel", "repeat+error", "-t", str(seconds), *source(film), *played,
             "-f", "null", "-"],
            seconds * 1000, None, limits,
        )  # fmt: skip
    except Problem as problem:
        return [str(problem)]
    # The null muxer reports the rounding of frame times, which no player does.
    return [line for line in messages if not line.startswith("[null @")]
