"""A worker process in another Python interpreter: requests and answers are a JSON line each.

Engines whose packages conflict never share an interpreter. The stage starts the other interpreter
once and uses it for all of its work. A worker's failure does not end the stage: `Lost` is raised
for a worker that crashed, hung or sent an invalid answer (the next request starts another one),
`NoMemory` for a request that was too large. Output of libraries goes to the log, not between the
answers.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from lineage import untrusted
from lineage.problem import Problem
from subtitling import paths
from subtitling.runtime import child_process, devices

_MAIN = "import sys; from importlib import import_module; import_module(sys.argv[1]).main()"
Handler = Callable[[dict[str, Any]], Any]
_LAST_WORDS = 5  # lines of standard error that an error shows
_PATIENCE_S = 5  # for a worker to end when asked to


class Lost(Exception):
    """The worker did not answer and was ended; the request may be repeated."""


class NoMemory(Exception):
    """The request needs more memory than is available; a smaller one may fit."""


class Worker:
    """Runs `main` of a module in another interpreter; it must call `serve`.

    `path` are folders to import the module from, besides this project's. `settings` are passed to
    its `begin`. A start may take `start_s` seconds, a request `request_s`. `log` is called with
    each line of the worker's standard error. `facts` are the worker's versions, sent when it is
    ready.
    """

    def __init__(
        self,
        python: Path,
        module: str,
        settings: Mapping[str, Any],
        *,
        start_s: float,
        request_s: float,
        log: Callable[[str], None],
        environment: Mapping[str, str] | None = None,
        path: Sequence[Path] = (),
    ):
        # -P: nothing is imported from the folder that happens to be the current one.
        self._command = [str(python), "-P", "-c", _MAIN, module]
        self._settings = dict(settings)
        self._start_s, self._request_s, self._log = start_s, request_s, log
        folders = [paths.SCRIPTS, *path]
        self._environment = {
            **(environment or {}),
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
        }
        self._process: _Process | None = None
        self._number = 0
        self.starts = 0
        self.facts: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self) -> dict[str, Any]:
        """Start the worker, unless it runs, and return its `facts`. Raises Problem if it does not
        get ready, since another try would not help; NoMemory if it does not fit."""
        if self._process is None:
            self._process = _Process(self._command, self._environment, self._log)
            self.starts += 1
            try:
                self._process.send(self._settings)
                answer = self._process.receive(self._start_s)
            except Lost as lost:
                words = self._process.last_words()
                self.end()
                if self._killed:
                    raise NoMemory(f"killed while it started: {words}") from lost
                raise Problem(f"{self._command[0]}: {lost}: {words}") from lost
            if "memory" in answer:
                self.end()
                raise NoMemory(answer["memory"])
            if "problem" in answer or "ready" not in answer:
                self.end()
                raise Problem(str(answer.get("problem", f"a worker said {answer!r:.80} first")))
            self.facts = answer["ready"]
        return self.facts

    def ask(self, request: Mapping[str, Any]) -> Any:
        """Send a request and return the answer. Raises NoMemory, or Lost; the next call then starts
        a worker."""
        self.start()
        assert self._process
        self._number += 1
        try:
            self._process.send({**request, "number": self._number})
            answer = self._process.receive(self._request_s)
            number = answer.get("number")
            if type(number) is not int or number != self._number:
                raise Lost(f"it answered {answer.get('number')!r} to request {self._number}")
            if "memory" not in answer and "result" not in answer:
                raise Lost(f"an answer without result to request {self._number}")
        except Lost as lost:
            words = self._process.last_words()
            self.end()
            if self._killed:
                raise NoMemory(f"killed, as when memory runs out: {words}") from lost
            raise Lost(f"{lost}: {words}" if words else str(lost)) from lost
        if "memory" in answer:
            raise NoMemory(answer["memory"])
        return answer["result"]

    def end(self) -> None:
        """End the process: ask it to end, wait, then kill it. Raises nothing."""
        self._killed = False
        if self._process:
            self._killed = self._process.end() == -signal.SIGKILL
            self._process = None

    def become(self, settings: Mapping[str, Any]) -> None:
        """Change the settings: the worker is restarted with them at the next request."""
        self.end()
        self._settings = dict(settings)


class _Process:
    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Callable[[str], None]
    ):
        inherited = {k: v for k, v in child_process.environment().items() if k not in _PYTHONS_OWN}
        self._child = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**inherited, **environment},
            preexec_fn=child_process.dies_with_parent,
        )
        self._log = log
        self._late = False
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._errors: deque[str] = deque(maxlen=_LAST_WORDS)
        self._threads = [
            threading.Thread(target=self._read_answers, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one line. Raises Lost if the worker does not read it."""
        assert self._child.stdin
        try:
            self._child.stdin.write(json.dumps(message) + "\n")
            self._child.stdin.flush()
        except OSError as error:
            raise Lost(f"it ended ({self._how()})") from error

    def receive(self, seconds: float) -> dict[str, Any]:
        """Receive the next line. Raises Lost if none comes in time, or one that is not a JSON
        object."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self._late = True
            raise Lost(f"no answer in {seconds:g} s") from None
        if line is None:
            raise Lost(f"it ended ({self._how()})")
        try:
            answer = untrusted.json_value(line)
        except untrusted.Refused:
            raise Lost(f"no JSON: {untrusted.quoted(line.strip())}") from None
        if not isinstance(answer, dict):
            raise Lost(f"not a JSON object: {untrusted.quoted(line.strip())}")
        return answer

    def last_words(self) -> str:
        """The end of the worker's standard error."""
        if self._child.poll() is not None:
            self._threads[1].join(_PATIENCE_S)
        return " / ".join(line for line in self._errors if line.strip())

    def end(self) -> int:
        """End the process and return its exit status; 0 if it was killed because it was late."""
        assert self._child.stdin and self._child.stdout and self._child.stderr
        if self._child.poll() is None and not self._late:
            try:
                self._child.stdin.close()
                self._child.wait(_PATIENCE_S)
            except (OSError, subprocess.TimeoutExpired):
                self._late = True
        if self._child.poll() is None:
            self._late = True
            self._child.kill()
        code = self._child.wait()
        for thread in self._threads:
            thread.join(_PATIENCE_S)
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            try:
                pipe.close()
            except OSError:  # output that was not read
                continue
        return 0 if self._late else code

    def _how(self) -> str:
        code = self._child.wait()
        return signal.Signals(-code).name if code < 0 else f"status {code}"

    def _read_answers(self) -> None:
        assert self._child.stdout
        for line in self._child.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self._child.stderr
        for line in self._child.stderr:
            self._errors.append(line.strip())
            self._log(line.rstrip())


# They would make the other interpreter import this one's packages.
_PYTHONS_OWN = frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"})


def serve(begin: Callable[[dict[str, Any]], tuple[Handler, dict[str, Any]]]) -> None:
    """Serve requests, in the worker: `begin(settings)` returns the request handler and `facts`."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(**message: Any) -> None:
        print(json.dumps(message), file=answers, flush=True)

    try:
        handler, facts = begin(json.loads(sys.stdin.readline()))
    except Problem as problem:
        send(problem=str(problem))
        return
    except Exception as error:
        if not devices.out_of_memory(error):
            raise
        send(memory=str(error))
        return
    send(ready=facts)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            send(number=request["number"], result=handler(request))
        except Exception as error:
            if not devices.out_of_memory(error):
                raise
            send(number=request["number"], memory=str(error))
