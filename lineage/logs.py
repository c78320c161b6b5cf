"""Logging of a stage: to its `stage.log`, the run's pipeline log, and the screen.

`stage.log` takes everything from DEBUG up, and whatever engines write to their standard output and
error. The pipeline log and the screen take INFO and up, and only from this project's loggers,
since engines log a lot. Where the run has a screen of its own, it shows what the records of its
stages say, and stages write nothing on it.
"""

import fcntl
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lineage import locks, terminal

OWN_LOGGERS = ("stage", "lineage", "subtitling")
ENGINE = logging.getLogger("engine")

# In the environment of a run's stages where the run's own screen shows what their records say.
SCREEN, RUN = "SUTRADHAR_SCREEN", "run"


class _Lines(logging.Formatter):
    """Formats a record as a line: time in UTC, level, stage, text; secrets blanked, further lines
    indented, control characters escaped."""

    def __init__(self, stage: str, redact: Callable[[str], str]):
        super().__init__(f"%(asctime)s.%(msecs)03dZ %(levelname)-7s {stage} %(message)s")
        self.datefmt = "%Y-%m-%dT%H:%M:%S"
        self.converter = time.gmtime
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        try:
            text = super().format(record)
        except (TypeError, ValueError, KeyError):  # an engine's own line, badly formatted
            record.msg, record.args = f"{record.msg} {record.args}", None
            text = super().format(record)
        return terminal.message(self._redact(text))


class _Screen(logging.Formatter):
    def __init__(self, job: str | None, stage: str, redact: Callable[[str], str]):
        super().__init__()
        self._prefix = f"[{job}] {stage}" if job else stage
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        level = "" if record.levelno == logging.INFO else f"{record.levelname}: "
        return terminal.message(self._redact(f"{self._prefix}: {level}{record.getMessage()}"))


class _Appender(logging.Handler):
    """Appends whole lines with one write each. For a file `shared` between processes, also of
    several hosts, whose file system may not append atomically, a lock keeps lines whole."""

    def __init__(self, path: Path, *, shared: bool):
        super().__init__()
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._shared = shared

    def emit(self, record: logging.LogRecord) -> None:
        line = (self.format(record) + "\n").encode(errors="backslashreplace")
        try:
            if self._shared:
                locks.take(self._file, fcntl.LOCK_EX)
            os.write(self._file, line)
            if self._shared:
                locks.take(self._file, fcntl.LOCK_UN)
        except OSError:
            # A full disk: the stage itself will fail on it and say so in the manifest, for which
            # room is kept. A log line has nowhere else to go.
            return

    def close(self) -> None:
        os.close(self._file)
        super().close()


class _Collect(logging.Handler):
    """Collects this project's warnings for the manifest."""

    def __init__(self, into: list[str]):
        super().__init__(logging.WARNING)
        self._into = into

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.WARNING:
            self._into.append(terminal.cut(record.getMessage()))


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OWN_LOGGERS


@contextmanager
def attached(
    *,
    job: str | None,
    stage: str,
    stage_log: Path,
    pipeline_log: Path | None,
    warnings: list[str],
    redact: Callable[[str], str],
) -> Iterator[None]:
    """Send logging, warnings and the process's standard output and error to their places."""
    root = logging.getLogger()
    level, kept = root.level, root.handlers[:]
    screen_file = os.fdopen(os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2), "w")
    screen: logging.Handler = logging.StreamHandler(screen_file)
    screen.setFormatter(_Screen(job, stage, redact))
    handlers: list[logging.Handler] = [
        _Appender(stage_log, shared=False),
        _Collect(warnings),
    ]
    if os.environ.get(SCREEN) != RUN:
        handlers.append(screen)
    if pipeline_log:
        pipeline_log.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(_Appender(pipeline_log, shared=True))
    for handler in handlers[1:]:
        handler.setLevel(max(handler.level, logging.INFO))
        handler.addFilter(_is_ours)
    for handler in handlers:
        if handler is not screen:
            handler.setFormatter(_Lines(stage, redact))
    root.handlers[:] = handlers
    root.setLevel(logging.DEBUG)
    for chatty in ("numba", "matplotlib", "asyncio", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        with redirected(1, ENGINE.debug), redirected(2, ENGINE.debug):
            yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = kept
        root.setLevel(level)
        for handler in handlers:
            handler.close()
        screen_file.close()


@contextmanager
def redirected(descriptor: int, take: Callable[[str], None]) -> Iterator[None]:
    """Give each line that this process or a child of it writes to `descriptor`, 1 or 2, to `take`
    instead, in another thread."""
    stream: IO[str] | None = {1: sys.stdout, 2: sys.stderr}[descriptor]
    reader, writer = os.pipe()
    saved = os.dup(descriptor)
    if stream:
        stream.flush()
    os.dup2(writer, descriptor)
    os.close(writer)
    pump = threading.Thread(target=_pump, args=(reader, take), daemon=True)
    pump.start()
    try:
        yield
    finally:
        if stream:
            stream.flush()
        os.dup2(saved, descriptor)
        os.close(saved)
        # A child that outlives this process may keep the pipe open; its last lines can be lost.
        pump.join(timeout=2)


def _pump(reader: int, take: Callable[[str], None]) -> None:
    # Progress bars redraw their line with a carriage return: universal newlines make each a line.
    with os.fdopen(reader, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.strip():
                take(line.rstrip())
