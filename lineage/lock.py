"""A stage's folder has one worker at a time.

The lock lies on its `stage.log`, in the kernel, and so goes with the process that holds it: what
nobody holds, nobody works on.
"""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(stage_log: Path) -> Iterator[None]:
    """Be the only one in this stage's folder; whoever is there already is waited for."""
    with stage_log.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{stage_log.parent}: another process still works here; waiting", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_held(stage_log: Path) -> bool | None:
    """Whether a process, on whatever host of this file system, works in the folder of `stage_log`.

    None where the file system has no locks to ask.
    """
    try:
        with stage_log.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    except OSError:
        return None
    return False
