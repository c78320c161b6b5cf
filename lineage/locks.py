"""The kernel's locks on open files.

They hold between the hosts of a shared file system that has locks (NFS, Lustre mounted with
`flock`), and end with the process that holds them.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The errors of file systems without locks, Lustre mounted without `flock` among them.
_NONE = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL})


def take(file: int, how: int) -> bool:
    """Take a lock as `fcntl.flock` does; False where the file system has none.

    Raises BlockingIOError where `how` has LOCK_NB and another holds it.
    """
    try:
        fcntl.flock(file, how)
    except OSError as error:
        if error.errno not in _NONE:
            raise
        return False
    return True


def is_at(file: int, path: Path) -> bool:
    """Whether the open file is still the one at `path`: who held its lock may have deleted it."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def held(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold the lock of a file that is there for nothing else: it is made, with its folder, and
    deleted at the end. One that a killed process left is used again.

    Raises BlockingIOError where `how` has LOCK_NB and another process holds it.
    """
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:  # another process has just deleted the folder
            continue
        try:
            take(file, how)
            if not is_at(file, path):
                continue
            try:
                yield
            finally:
                path.unlink()
            return
        finally:
            os.close(file)
