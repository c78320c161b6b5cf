"""The C library's allocator of memory."""

import ctypes
import sys
from functools import cache

# Numbers of mallopt(3), from glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
_MOST = 2**31 - 1  # bytes


@cache
def keep_freed_memory() -> None:
    """Let this process use freed memory again instead of giving it back to the kernel, whatever
    thread asks for it: an engine frees and allocates the same large blocks with every layer, and
    the kernel takes a quarter of an encoder's time to clear them. Call it before threads begin.
    Does nothing where the C library is not GNU's."""
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, _MOST)
