"""The journal of a stage's folder: a lock that one process can hold, and the failed attempts.

The journal is the file `.attempts` in the folder. Its lock is the kernel's and ends with the
process that holds it. The file outlives manifest and log, which Snakemake deletes before it tries
again. A stage that succeeds deletes its journal.
"""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lineage import locks, terminal, untrusted

NAME = ".attempts"


class Journal:
    """The open journal of a folder that this process works in.

    `locked` says whether no other process can be in there; a file system without locks leaves it
    open.
    """

    def __init__(self, file: int, *, locked: bool):
        self._file = file
        self.locked = locked
        self.done = False

    def earlier(self) -> list[dict[str, Any]]:
        """The attempts so far. This process holds the folder, so one left as running was killed."""
        return _attempts(self._file)

    def write(self, attempts: list[dict[str, Any]]) -> None:
        """Replace the content by `attempts`, the present one last."""
        text = json.dumps(attempts).encode()
        os.pwrite(self._file, text, 0)
        os.ftruncate(self._file, len(text))


def _attempts(file: int) -> list[dict[str, Any]]:
    try:
        rows = untrusted.json_value(os.pread(file, os.fstat(file).st_size, 0) or b"[]")
    except untrusted.Refused:  # killed while it was written; nothing else records the attempts
        return []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _who(file: int) -> str:
    """Host and process id of the process that holds the folder, for a message."""
    last = (_attempts(file) or [{}])[-1]
    place = [last[key] for key in ("host", "batch_job") if last.get(key)]
    return f" ({', '.join(place)})" if place else ""


@contextmanager
def held(folder: Path) -> Iterator[Journal]:
    """Lock a stage's folder for this process, after waiting for any process that holds it."""
    path = folder / NAME
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                locked = locks.take(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                who = f"{folder}: another process still works here{_who(file)}; waiting"
                print(terminal.line(who), file=sys.stderr)
                locked = locks.take(file, fcntl.LOCK_EX)
            # The process that held it may have succeeded and deleted the file.
            if not locks.is_at(file, path):
                continue
            journal = Journal(file, locked=locked)
            try:
                yield journal
            finally:
                if journal.done or not os.fstat(file).st_size:
                    path.unlink()
            return
        finally:
            os.close(file)


def is_held(folder: Path) -> bool | None:
    """Whether a process, on whatever host of this file system, works in `folder`.

    None where the file system has no locks to ask.
    """
    try:
        with (folder / NAME).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    except OSError:
        return None
    return False
