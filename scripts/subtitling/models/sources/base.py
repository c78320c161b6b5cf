"""The interface of a source of models, and helpers for all sources."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from subtitling.models.errors import ChecksumError

TRIES = 3  # per request, and per file whose transfer is interrupted
UNKNOWN = ""  # in the place of the checksum of a file that is fetched for the first time
ANSWERS_IN_S = 10  # limit for a host's first answer
_MUCH_MORE, _SLACK_BYTES = 2, 1 << 20  # largest answer: times the model, plus bytes


@dataclass(frozen=True)
class Call:
    """One network call. `status` is None where no answer came; no query, no credentials."""

    host: str
    path: str
    status: int | None


@dataclass(frozen=True)
class Request:
    """The requested files of a model.

    `files` maps all of its files to their SHA-256 sums, `wanted` are the missing ones, which are
    written into `area` under their own names; `calls` collects the network calls.
    """

    files: Mapping[str, str]
    size_bytes: int
    licence_url: str
    wanted: Sequence[str] = ()
    area: Path = Path()
    calls: list[Call] = field(default_factory=list)

    @property
    def most_bytes(self) -> int:
        """The most that a server may send for one file: what is far more is none of the model."""
        return _MUCH_MORE * self.size_bytes + _SLACK_BYTES


class Source(Protocol):
    """One source of a model. `label` names it in messages and in the record, `revision` is the
    exact version of its files, None where it has none."""

    @property
    def label(self) -> str: ...

    @property
    def revision(self) -> str | None: ...

    @property
    def transfer_bytes(self) -> int | None:
        """The size of what is transferred; None where that is the size of the model."""

    def bring(self, request: Request) -> None:
        """Put the wanted files into the area. Raises Unreachable if this source cannot provide
        them, ChecksumError if a transferred file is not the pinned one, OSError of the disk."""

    def refusal(self, request: Request) -> str | None:
        """Why the source cannot provide the model, without a transfer; None if it can."""


def append(part: IO[bytes], target: Path) -> None:
    """Append the rest of an open file to `target`."""
    with with_folder(target).open("ab") as out:
        shutil.copyfileobj(part, out, 1 << 20)


def with_folder(path: Path) -> Path:
    """Create the folder of the path and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def checksum(path: Path) -> str | None:
    """The SHA-256 of a file; None where there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def expect(path: Path, name: str, expected: str, source: str) -> None:
    """Raise ChecksumError, and delete the file, unless it has the checksum that is expected."""
    got = checksum(path)
    if got != expected:
        path.unlink(missing_ok=True)  # so that the next try starts this file again
        advice = "Nothing was kept; if this happens again, the source is not what it was."
        raise ChecksumError(name, expected, got or "no file", source, advice)
