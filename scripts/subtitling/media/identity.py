"""Whether a film is still the same one."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lineage.problem import Problem

_BLOCKS, _BLOCK_BYTES = 16, 65_536
_CHANGED = "the film was changed while it was worked on; run again when it is copied to its end"


def fingerprint(path: Path | str) -> str:
    """A digest that distinguishes films by content without reading all of it.

    The size and 16 blocks of 64 KiB spread evenly: reruns are decided by this, so that touching or
    moving a film changes nothing. The SHA-256 of the whole film is in the record.
    """
    size = Path(path).stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with Path(path).open("rb") as file:
        if size <= _BLOCKS * _BLOCK_BYTES:
            digest.update(file.read())
        else:
            for number in range(_BLOCKS):
                file.seek(number * (size - _BLOCK_BYTES) // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()


@contextmanager
def unchanged(path: Path | str, known: str | None = None) -> Iterator[str]:
    """The film's fingerprint. Problem where it is not the one `known`, or another one at the end:
    the parts of a film that is still being copied do not belong together."""
    before = fingerprint(path)
    if known and known != before:
        raise Problem(f"{path}: {_CHANGED}")
    yield before
    if fingerprint(path) != before:
        raise Problem(f"{path}: {_CHANGED}")
