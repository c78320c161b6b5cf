"""`ledger.jsonl`: the seal on a job's record.

A manifest cannot hold the checksum of the log that is still being written, and nothing consumes the
last manifest of a job. So every stage finally adds one line here: the checksums of its manifest and
its log, of the run's log so far, and for a subtitle track the Merkle root over its cues, by which
one of them can be proven alone. A line holds the checksum of the line before it and ends with
its own. Any change of the record changes the last checksum, the head, which is the one value to
keep elsewhere.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lineage import cue_tree, locks, untrusted
from lineage.cue_tree import CueRoot
from lineage.manifest import NAME as MANIFEST
from lineage.manifest import sha256

NAME = "ledger.jsonl"
_LINE = re.compile(rb'(\{"at": .*), "sha256": "([0-9a-f]{64})"\}')
_SUM = re.compile(r"[0-9a-f]{64}")
_FIRST = "0" * 64


class BrokenLedger(ValueError):
    """A ledger that was cut, edited or reassembled. The text names the line."""


@dataclass(frozen=True)
class Entry:
    """One line. `files` maps paths in the job's folder to their sha256, `before` is the checksum of
    the line before, or zeros. `cues` stands for the cues of a track, which lines of version 0.2 and
    those of other stages lack."""

    at: str
    folder: str
    files: dict[str, str]
    before: str
    cues: CueRoot | None = None


@dataclass(frozen=True)
class Ledger:
    """A valid ledger. `sums` are the checksums of its lines, in order, and `lines` their bytes."""

    entries: tuple[Entry, ...]
    sums: tuple[str, ...]
    lines: tuple[bytes, ...] = ()

    @property
    def head(self) -> str:
        """The checksum of the last line, which stands for all."""
        return self.sums[-1] if self.sums else _FIRST

    def ever_sealed(self, path: str, digest: str) -> bool:
        """Whether a file was sealed with this checksum in any line of the ledger."""
        return any(entry.files.get(path) == digest for entry in self.entries)

    @property
    def sealed(self) -> dict[str, str]:
        """The last checksum of each file on the ledger."""
        return {path: digest for entry in self.entries for path, digest in entry.files.items()}

    def last_of(self, folder: str) -> int | None:
        """The place of the last line of a stage's folder, from 0; None where it has none."""
        places = [n for n, entry in enumerate(self.entries) if entry.folder == folder]
        return places[-1] if places else None


def read(path: Path) -> Ledger:
    """Read and check a ledger. Raises BrokenLedger, or OSError where there is none."""
    try:
        return parse(untrusted.content(path), str(path))
    except untrusted.Refused as error:
        raise BrokenLedger(str(error)) from error


def parse(text: bytes, where: str) -> Ledger:
    """Parse and check a ledger's bytes; `where` names them in errors."""
    if text and not text.endswith(b"\n"):
        raise BrokenLedger(f"{where}: its last line is cut short")
    return chained(text.split(b"\n")[:-1], where, _FIRST)


def chained(lines: Sequence[bytes], where: str, before: str | None = None) -> Ledger:
    """Parse and check lines that follow each other, the first after the line with the checksum
    `before`, or after any."""
    entries, sums = [], []
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if not match or hashlib.sha256(match[1]).hexdigest().encode() != match[2]:
            raise BrokenLedger(f"{where}, line {number}: it does not match its checksum")
        entry = _entry(match[1] + b"}", f"{where}, line {number}")
        if before is not None and entry.before != before:
            raise BrokenLedger(f"{where}, line {number}: it does not follow the line before it")
        entries.append(entry)
        before = match[2].decode()
        sums.append(before)
    return Ledger(tuple(entries), tuple(sums), tuple(lines))


def _entry(text: bytes, where: str) -> Entry:
    """A line's content. Anybody can compute a line's checksum, so its content is checked too."""
    try:
        data = untrusted.json_value(text)
        if data.get("cues") is not None:
            data["cues"] = CueRoot(**data["cues"])
        entry = Entry(**data)
        fits = entry.cues is None or _stands_for_cues(entry.cues)
        fits = fits and all(
            _is_inside(path) and _SUM.fullmatch(digest) for path, digest in entry.files.items()
        )
    except untrusted.FAILURES as error:
        raise BrokenLedger(f"{where}: not what a stage writes: {error}") from error
    if not (fits and all(isinstance(v, str) for v in (entry.at, entry.folder, entry.before))):
        raise BrokenLedger(f"{where}: not what a stage writes")
    return entry


def _stands_for_cues(cues: CueRoot) -> bool:
    counted = type(cues.count) is int and cues.count >= 0
    return counted and isinstance(cues.language, str) and bool(_SUM.fullmatch(cues.root))


def _is_inside(path: str) -> bool:
    """Whether a path stays inside the folder of the ledger; no file outside of it is read."""
    return path == os.path.normpath(path) and not path.startswith(("/", ".."))


def append(root: Path, folder: Path, at: str) -> None:
    """Seal the stage in `folder` on the ledger of the job in `root`.

    A broken ledger is not repaired: the new line starts a new chain, and `verify` goes on reporting
    the break.
    """
    with (root / NAME).open("a+b", buffering=0) as file:
        locks.take(file.fileno(), fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        whole = text[: text.rfind(b"\n") + 1]  # a host that lost its power may leave a partial line
        try:
            ledger = parse(whole, file.name)
        except BrokenLedger:
            ledger = Ledger((), ())
        files = {
            str(path.relative_to(root)): sha256(path)
            for path in (folder / MANIFEST, folder / "stage.log", *(root / "logs").glob("*.log"))
        }
        news = {p: files[p] for p in sorted(files) if ledger.sealed.get(p) != files[p]}
        cues = cue_tree.of(folder)
        entry = Entry(at, str(folder.relative_to(root)), news, ledger.head, cues)
        data = {key: value for key, value in asdict(entry).items() if value is not None}
        body = json.dumps(data, ensure_ascii=False)[:-1].encode()
        line = body + f', "sha256": "{hashlib.sha256(body).hexdigest()}"}}\n'.encode()
        file.truncate(len(whole))
        if file.write(line) != len(line):
            file.truncate(len(whole))
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), file.name)
