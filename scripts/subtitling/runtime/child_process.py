"""Run a function in a child process.

Libraries that read untrusted files can crash or hang. In a child process this becomes a named error
and does not end the stage, and the child cannot exceed its time limit.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling import paths
from subtitling.runtime.progress import Progress

_MAIN = "from subtitling.runtime import child_process; child_process.main()"
_PARENT_DEATH_SIGNAL = 1
FOREVER_S = 10.0**6
_REPORT_EVERY_S = 1.0


def call(
    function: Callable[..., Any],
    arguments: dict[str, Any],
    *,
    seconds: float,
    max_file_bytes: int,
    progress: Progress | None = None,
    path: Sequence[Path] = (),
    messages: "Messages | None" = None,
) -> Any:
    """Call `function(**arguments, progress=...)` in a child process; arguments and result are JSON.

    `function` belongs to a module of this project, or to a module in the folders `path`. Raises
    Problem if the function does, if it crashes or takes longer than `seconds`, and if it writes a
    file larger than `max_file_bytes`; `messages` has the words for that.
    """
    words = messages or Messages()
    name = f"{function.__module__}:{function.__qualname__}"
    folders = [paths.SCRIPTS, *path]
    command = [sys.executable, "-c", _MAIN, name, str(max_file_bytes)]
    answer: dict[str, Any] = {}
    with (
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment() | {"PYTHONPATH": os.pathsep.join(map(str, folders))},
            preexec_fn=dies_with_parent,
        ) as child,
        TimeLimit(child, seconds) as limit,
    ):
        assert child.stdin and child.stdout
        child.stdin.write(json.dumps(arguments))
        child.stdin.close()
        for line in child.stdout:
            message = json.loads(line)
            if "progress" not in message:
                answer = message
            elif progress:
                progress(*message["progress"])
        child.wait()
    if limit.passed:
        raise Problem(f"not done after {seconds:.0f} s; {words.late}")
    if "problem" in answer:
        raise Problem(answer["problem"])
    if child.returncode < 0:
        ended = signal.Signals(-child.returncode).name
        raise Problem(f"{words.subject} ended with {ended}; {words.crashed}")
    if "result" not in answer:
        raise RuntimeError(f"{name} failed in its own process; its traceback is in the log")
    return answer["result"]


LIFT_TIME = "limits.time_factor and limits.min_run_s allow more"


@dataclass(frozen=True)
class Messages:
    """What is said of a child that crashed or took too long."""

    subject: str = "the media library"
    crashed: str = (
        "the file is damaged or malicious: try to copy it, ffmpeg -i FILM -c copy new.mkv"
    )
    late: str = LIFT_TIME


class TimeLimit:
    """Kills a child that runs longer than `seconds`; `passed` says so afterwards."""

    def __init__(self, child: "subprocess.Popen[str]", seconds: float):
        self.passed = False
        self._child = child
        self._timer = threading.Timer(seconds, self._kill)

    def __enter__(self) -> "TimeLimit":
        self._timer.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._timer.cancel()
        if kind is not None:
            self._child.kill()

    def _kill(self) -> None:
        self.passed = True
        self._child.kill()


def environment() -> dict[str, str]:
    """This process's environment, without variables that make ffmpeg read or write other files."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("FFREPORT", "AV_"))}


def dies_with_parent() -> None:
    """Kill this child when its parent dies, so that it does not write during the next attempt."""
    import ctypes

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def limit_files(max_bytes: int) -> None:
    """Let this process write no file larger than this."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    most = max_bytes if hard == resource.RLIM_INFINITY else min(max_bytes, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


def main() -> None:
    """Run in the child: read arguments from standard input, write each answer as a JSON line to
    standard output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # output of libraries goes to the log, not between the answers
    name, max_file_bytes = sys.argv[1:]
    limit_files(int(max_file_bytes))
    module, _, function = name.partition(":")

    def say(**message: Any) -> None:
        print(json.dumps(message), file=answers, flush=True)

    reported_at = 0.0

    def progress(done: float, total: float) -> None:
        nonlocal reported_at
        if (now := time.monotonic()) - reported_at > _REPORT_EVERY_S:
            reported_at = now
            say(progress=(done, total))

    try:
        arguments = json.load(sys.stdin)
        say(result=getattr(import_module(module), function)(**arguments, progress=progress))
    except Problem as problem:
        say(problem=str(problem))
