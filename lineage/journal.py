"""A stage's folder has one worker at a time, and remembers the attempts that did not succeed.

Both hang on the journal, `.attempts` in the folder: its lock is the kernel's and goes with the
process that holds it, and it outlives manifest and log, which Snakemake deletes before it tries
again. A stage that succeeds takes its journal away.
"""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAME = ".attempts"


class Journal:
    """The open journal of a folder that this process works in."""

    def __init__(self, file: int):
        self._file = file
        self.done = False

    def earlier(self) -> list[dict[str, Any]]:
        """The attempts so far. This process holds the folder, so one left as running was killed."""
        try:
            return list(json.loads(os.pread(self._file, os.fstat(self._file).st_size, 0) or b"[]"))
        except ValueError:  # killed while it was written; there is no other place to look
            return []

    def write(self, attempts: list[dict[str, Any]]) -> None:
        """Replace what is written by all attempts, the present one last."""
        text = json.dumps(attempts).encode()
        os.pwrite(self._file, text, 0)
        os.ftruncate(self._file, len(text))


@contextmanager
def held(folder: Path) -> Iterator[Journal]:
    """Be the only one in a stage's folder; whoever is there already is waited for."""
    path = folder / NAME
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"{folder}: another process still works here; waiting", file=sys.stderr)
                fcntl.flock(file, fcntl.LOCK_EX)
            # Whoever held it may have succeeded, and taken the file away.
            if not (path.exists() and os.path.samestat(os.fstat(file), path.stat())):
                continue
            journal = Journal(file)
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
