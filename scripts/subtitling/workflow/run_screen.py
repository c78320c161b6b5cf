"""The screen of a run: on a terminal a line for each film and stage at work, drawn anew, else plain
lines; above them what has ended, warnings once, and at the end what was made or why not."""

import logging
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from lineage import logs, terminal, watch
from lineage.manifest import NAME
from subtitling.workflow import console_filter, run_lines
from subtitling.workflow.run_view import Ended, Run, RunView

if TYPE_CHECKING:
    from rich.text import Text

END = "sutradhar_end"  # the attribute of the record with a run's last lines
_EVERY_S = 1
_TOLD_EVERY_S = 60  # the progress of a stage, where there is no terminal
_MOST_FILMS = 20
_SAID_AGAIN = 5
# What Snakemake says and no stage can.
_ITS_NEWS = ("Nothing to be done", "Terminating processes", "Will exit after")


class Region:
    """The last lines of a terminal, which are drawn anew, below those that stay."""

    def __init__(self, stream: TextIO, *, no_color: bool = False):
        from rich.console import Console

        self._stream = stream
        self._console = Console(file=stream, force_terminal=True, highlight=False)
        self._console.no_color |= no_color
        self._ascii_only = not stream.encoding.lower().startswith("utf")
        self._width, _ = self._size()
        self._drawn = 0  # lines
        self._said: deque[str] = deque(maxlen=_SAID_AGAIN)

    def say(self, text: str) -> None:
        """Write lines that stay."""
        self._write(self._cleared() + text + "\n")
        self._said.append(text)

    def draw(self, view: RunView, taken_ms: int) -> None:
        """Draw the lines anew."""
        width, height = self._size()
        lines = run_lines.drawn(view, taken_ms, width - 1, height - 1, ascii_only=self._ascii_only)
        self._write(self._cleared() + self._coded(lines, width))
        self._drawn = len(lines)

    def clear(self) -> None:
        """Take the lines off the terminal."""
        self._write(self._cleared())

    def _cleared(self) -> str:
        """The codes that do so. After a change of the width it is not known where the lines are:
        all is scrolled up, so that nothing is lost, and the last words are said again."""
        (width, height), drawn = self._size(), self._drawn
        self._drawn = 0
        if drawn and width != self._width:
            self._width = width
            return "\n" * height + "\x1b[H\x1b[J" + "".join(f"{text}\n" for text in self._said)
        return f"\r\x1b[{drawn}A\x1b[J" if drawn else ""

    def _coded(self, lines: "Sequence[Text]", width: int) -> str:
        self._console.width = width
        with self._console.capture() as coded:
            for line in lines:
                self._console.print(line, no_wrap=True, overflow="crop", crop=False)
        return coded.get()

    def _size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except OSError:  # the terminal is gone
            size = shutil.get_terminal_size()
        # One that does not know its size says 0, as in a container or under `script`.
        return max(20, size.columns or 80), max(4, size.lines or 24)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the terminal is gone or closed, and the run goes on
            return


class Screen:
    """Takes the messages of a run in the order in which they come, and shows what they mean.

    `formatter` is Snakemake's. `quiet` leaves out all but warnings, errors and the end.
    """

    def __init__(
        self, stream: TextIO, formatter: logging.Formatter, *, quiet: bool, no_color: bool
    ):
        self._stream, self._formatter, self._quiet = stream, formatter, quiet
        self._no_color = no_color
        self._live = not quiet and _is_drawable(stream)
        self._region: Region | None = None
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None
        self._run: Run | None = None
        self._folders: dict[int, str] = {}  # by the numbers of jobs
        self._said: set[str] = set()
        self._errors: list[str] = []  # of jobs, where the stage could not say why
        self._told: dict[str, float] = {}  # when the progress of a stage was told

    def take(self, record: logging.LogRecord) -> None:
        """Show a message of Snakemake, or what it means for the run."""
        event = str(getattr(record, "event", None) or "")
        with self._lock:
            if getattr(record, END, False):
                self._end(record.getMessage())
            elif event == "job_info":
                self._begin(vars(record))
            elif event == "job_finished":
                self._sweep()
            elif event in ("job_error", "group_error"):
                self._failed(record)
            elif record.levelno >= logging.WARNING:
                self._warn(record)
            elif not event and record.getMessage().startswith(_ITS_NEWS):
                self._say(record.getMessage())

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._stop.set()
        if self._ticker:
            self._ticker.join()
        with self._lock:
            self._last_errors()
        self._stack.close()

    def _begin(self, job: dict[str, Any]) -> None:
        manifest = next((path for path in job["log"] or () if Path(path).name == NAME), None)
        if manifest is None:  # a target has no work of its own
            return
        self._sweep()
        run = self._run or self._first()
        folder = self._folders[job["jobid"]] = str(Path(manifest).parent)
        doing = str(job["rule_msg"] or "")
        if run.begin(folder, doing, _now_ms()) and not self._quiet:
            self._say(f"{doing}: tried again")
        self._draw()

    def _first(self) -> Run:
        """The run, at its first job."""
        run_id = os.environ["SUTRADHAR_RUN"]
        plan = watch.Plan.load(Path("out"))
        if plan is None or plan.run_id != run_id:  # without hooks there is none
            plan = watch.Plan(run_id, "", 0, "", {})
        self._run = Run(plan, _now_ms())
        if self._live:
            # What jobs write beside their logs would spoil what is drawn.
            own = os.dup(self._stream.fileno())
            errors = "backslashreplace"
            own_stream = os.fdopen(own, "w", encoding=self._stream.encoding, errors=errors)
            self._stack.push(suppress(OSError))  # where the terminal is gone
            self._stack.enter_context(own_stream)
            self._region = Region(own_stream, no_color=self._no_color)
            self._stack.enter_context(logs.redirected(2, self._stray))
        if not self._quiet:
            self._say(run_lines.of_plan(self._run.view(_now_ms(), 0)))
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()
        return self._run

    def _stray(self, line: str) -> None:
        with self._lock:
            self._say(line)

    def _sweep(self) -> None:
        """Say which stages have ended."""
        for ended in self._run.ended(_now_ms()) if self._run else ():
            self._tell_end(ended)

    def _tell_end(self, ended: Ended) -> None:
        for text in ended.warnings:
            self._once(f"{run_lines.head(ended.job)}{ended.doing}: WARNING: {text}", text)
        line = run_lines.of_ended(ended, live=self._live)
        if line and (not self._quiet or ended.state == "failed"):
            self._say(line)

    def _failed(self, record: logging.LogRecord) -> None:
        infos = getattr(record, "job_error_info", None) or [vars(record)]
        for folder in filter(None, (self._folders.get(info["jobid"]) for info in infos)):
            if self._run and (ended := self._run.fail(folder, _now_ms())):
                self._tell_end(ended)
        if console_filter.is_news(record):
            self._errors.append(self._formatter.format(record).strip())
        self._draw()

    def _warn(self, record: logging.LogRecord) -> None:
        if console_filter.is_news(record):
            level = "" if record.levelno == logging.WARNING else f"{record.levelname}: "
            self._once(level + str(self._formatter.format(record)).strip())

    def _end(self, text: str) -> None:
        self._sweep()
        self._stop.set()
        self._last_errors()
        print(text, flush=True)  # a result, which a person may want in a file

    def _last_errors(self) -> None:
        if self._region:
            self._region.clear()
        for error in dict.fromkeys(self._errors):
            self._say(error)
        self._errors.clear()

    def _once(self, text: str, of: str | None = None) -> None:
        if (of or text) not in self._said:
            self._said.add(of or text)
            self._say(text)

    def _say(self, text: str) -> None:
        text = terminal.message(text)
        if self._region:
            self._region.say(text)
            self._draw()
        else:
            print(text, file=self._stream, flush=True)

    def _draw(self) -> None:
        if self._run and self._region and not self._stop.is_set():
            now_ms = _now_ms()
            taken_ms = round(now_ms - self._run.began_ms)
            self._region.draw(self._run.view(now_ms, _MOST_FILMS), taken_ms)

    def _tick(self) -> None:
        while not self._stop.wait(_EVERY_S):
            with self._lock:
                self._sweep()
                self._draw()
                if not self._live:
                    self._tell()

    def _tell(self) -> None:
        """A line for each stage that has worked for another minute."""
        now_ms = _now_ms()
        for film in self._run.view(now_ms, _MOST_FILMS).begun if self._run else ():
            for stage in film.stages:
                key = f"{film.job}/{stage.name}"
                before = self._told.setdefault(key, now_ms - (stage.taken_ms or 0))
                if now_ms - before >= 1000 * _TOLD_EVERY_S:
                    self._told[key] = now_ms
                    self._say(run_lines.of_work(film.job, stage))


def _now_ms() -> float:
    return time.time() * 1000


def _is_drawable(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")
