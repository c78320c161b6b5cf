"""`manifest.json`: the record of one stage, read and written as one dataclass."""

import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from lineage import untrusted
from lineage.files import replace_text
from lineage.journal import is_held
from lineage.redact import everywhere
from lineage.schema import violations

Status = Literal["running", "success", "skipped", "failed"]
SCHEMA = "sutradhar/manifest/1"
NAME = "manifest.json"
_BLOCK_BYTES = 1 << 20


class InvalidManifest(ValueError):
    """A manifest that is not JSON or breaks its schema. `problems` has one line for each fault."""

    def __init__(self, where: str, problems: list[str]):
        super().__init__(f"{where}: " + "; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class FileRecord:
    """One file that a stage read or wrote. `path` is relative to the workflow."""

    name: str | None
    path: str
    kind: str
    size: int
    mtime_ns: int
    sha256: str | None
    producer: dict[str, str] | None = None


@dataclass
class Manifest:
    """A stage's manifest, with the keys of `manifest.schema.json`; read with
    `Manifest.load(path)`."""

    job: str | None
    stage: str
    rule: str
    folder: str
    wildcards: dict[str, str]
    run_id: str
    started_at: str
    process: dict[str, Any]
    config: dict[str, Any]
    params: dict[str, Any]
    software: dict[str, Any]
    code: dict[str, Any]
    hardware: dict[str, Any]
    resources: dict[str, Any]
    status: Status = "running"
    reason: str | None = None
    ended_at: str | None = None
    attempt: int = 1
    attempts: list[dict[str, Any]] = field(default_factory=list)
    inputs: list[FileRecord] = field(default_factory=list)
    outputs: list[FileRecord] = field(default_factory=list)
    intermediate_files: list[dict[str, Any]] = field(default_factory=list)
    models: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    degradations: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)
    unrepeatable: list[str] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    schema: str = SCHEMA

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read and check a manifest. Raises InvalidManifest, or OSError where there is none."""
        try:
            return cls.parse(untrusted.content(Path(path)), str(path))
        except untrusted.Refused as error:
            raise InvalidManifest(str(path), [str(error)]) from error

    @classmethod
    def parse(cls, text: bytes, where: str) -> Self:
        """Parse and check a manifest's bytes; `where` names them in errors."""
        try:
            data = untrusted.json_value(text)
        except untrusted.Refused as error:
            raise InvalidManifest(where, [str(error)]) from error
        if problems := violations(data, schema()):
            raise InvalidManifest(where, problems)
        for key in ("started_at", "ended_at"):
            if data[key] and not _is_moment(data[key]):
                raise InvalidManifest(where, [f"manifest.{key}: {data[key]} is on no calendar"])
        for key in ("inputs", "outputs"):
            data[key] = [FileRecord(**record) for record in data[key]]
        return cls(**data)

    def save(self, path: Path, redact: Callable[[str], str]) -> None:
        """Check against the schema and replace `path` in one step. Secrets are removed by
        `redact`."""
        values = asdict(self)
        data = {k: everywhere(values[k], redact) if k in _PROSE else values[k] for k in _ORDER}
        for key, fields_ in _PARTLY_PROSE.items():
            data[key] = [
                {k: everywhere(v, redact) if k in fields_ else v for k, v in row.items()}
                for row in data[key]
            ]
        if problems := violations(data, schema()):
            raise InvalidManifest(str(path), problems)
        replace_text(path, json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n")

    def state(self, folder: Path) -> str:
        """`status`, but `killed` where it is `running` and its process is gone.

        `folder` is where this manifest lies; the process at work holds the lock of its journal. If
        the file system has no locks, a process of this host is looked up, and one on another host
        is assumed to run.
        """
        if self.status != "running":
            return self.status
        works = is_held(folder)
        if works is None:
            is_local = self.process["host"] == socket.gethostname()
            started = process_started(self.process["pid"])
            works = not is_local or started == self.process["started"]
        return "running" if works else "killed"


# Text of people, engines and servers may hold a secret. The other fields are compared when the
# record is verified.
_PROSE = frozenset({
    *("reason", "config", "params", "software", "calls", "degradations", "warnings", "errors"),
    *("unrepeatable", "notes"),
})  # fmt: skip
_PARTLY_PROSE = {
    "attempts": ("errors", "degradations"),
    "intermediate_files": ("reason",),
    "models": ("source",),
}
_ORDER = ["schema", *(f.name for f in fields(Manifest) if f.name != "schema")]


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@cache
def schema() -> dict[str, Any]:
    """The manifest's JSON Schema."""
    text = Path(__file__).with_name("manifest.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def process_started(pid: int) -> str | None:
    """When process `pid` started, in the kernel's ticks since boot; None where there is none.

    A pid alone is handed out again; with its start time it is not. A zombie counts as gone.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *rest = re.sub(r"^.*\) ", "", stat, flags=re.DOTALL).split()
    return None if state == "Z" else rest[18]


class Cancelled(Exception):
    """The checksum is not needed any more."""


def sha256(path: Path | str, cancel: threading.Event | None = None) -> str:
    """The file's SHA-256 in hexadecimal, read as a stream. Raises Cancelled if `cancel` is set."""
    total = hashlib.sha256()
    block = memoryview(bytearray(_BLOCK_BYTES))
    with Path(path).open("rb", buffering=0) as file:
        while count := file.readinto(block):
            total.update(block[:count])
            if cancel and cancel.is_set():
                raise Cancelled(str(path))
    return total.hexdigest()
