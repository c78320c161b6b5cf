"""The kernel's locks on open files.

They hold between the hosts of a shared file system that has locks (NFS, Lustre mounted with
`flock`), and end with the process that holds them.
"""

import errno
import fcntl

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
