"""The context that every stage script runs in: it keeps the record, whatever happens."""

import fcntl
import hashlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from lineage import facts, logs
from lineage.manifest import (
    NAME,
    FileRecord,
    InvalidManifest,
    Manifest,
    process_started,
    sha256,
)
from lineage.redact import everywhere, redactor

_JOURNAL = ".attempts"
_RESERVE_BYTES = 128 * 1024
_PROGRESS_EVERY_S = 10


class Problem(Exception):
    """An error that a user can mend: its text names the file, the value, and what to do next.

    It is shown as one line, without a traceback.
    """


class Terminated(BaseException):
    """SIGTERM: the run was cancelled or the cluster took the machine back."""


class Stage:
    """One run of one stage. `input`, `output`, `params`, `wildcards` are Snakemake's own."""

    def __init__(self, snakemake: Any):
        self.input = snakemake.input
        self.output = snakemake.output
        self.params = snakemake.params
        self.wildcards = snakemake.wildcards
        self.threads = int(snakemake.threads)
        self.config = snakemake.config
        self.log = logging.getLogger("stage")
        self.folder = Path(snakemake.log.manifest).parent
        self.job: str | None = dict(self.wildcards.items()).get("job")
        self._skipped: str | None = None
        self._media_ms: int | None = None
        self._tools: dict[str, str] = {}
        self._progress_at = time.monotonic()
        redact = redactor()
        self._redact = redact
        self.manifest = Manifest(
            job=self.job,
            stage=_stage_id(self.folder, self.job),
            rule=str(snakemake.rule),
            folder=_relative(self.folder),
            wildcards=dict(self.wildcards.items()),
            run_id=os.environ.get("SUTRADHAR_RUN") or _now(),
            started_at=_now(),
            process={
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "started": process_started(os.getpid()) or "",
            },
            config=everywhere(_plain(self.config), redact),
            params=everywhere(_plain(dict(self.params.items())), redact),
            software={"python": "", "environment": "", "packages": {}, "tools": {}},
            code=facts.code(Path(__file__).parent, dict(self.params.items()).get("code")),
            hardware=facts.hardware(),
            resources={
                "threads": self.threads,
                "wall_ms": 0,
                "cpu_ms": 0,
                "peak_memory_bytes": 0,
                "gpu_peak_memory_bytes": None,
                "real_time_factor": None,
            },
        )

    def note(self, **measured: Any) -> None:
        """Put facts and measurements into the manifest's `notes`."""
        self.manifest.notes |= everywhere(_plain(measured), self._redact)

    def model(
        self,
        name: str,
        *,
        source: str,
        revision: str | None,
        licence: str,
        files: dict[str, str],
        precision: str | None = None,
    ) -> None:
        """Record a model in use; `files` maps each of its files to its verified sha256."""
        self.manifest.models.append(
            {
                "name": name,
                "source": source,
                "revision": revision,
                "licence": licence,
                "files": dict(files),
                "precision": precision,
            }
        )

    def tool(self, name: str, version: str) -> None:
        """Record a program in use, e.g. ffmpeg and its build."""
        self._tools[name] = version

    def call(self, host: str, path: str, status: int | None, digest: str | None = None) -> None:
        """Record a network call; `digest` is the sha256 of the answer."""
        self.manifest.calls.append(
            everywhere(
                {"host": host, "path": path, "status": status, "sha256": digest, "at": _now()},
                self._redact,
            )
        )

    def intermediate(self, path: Path | str, *, retained: bool, reason: str) -> None:
        """Record a file that is no output: a cache, a part; kept or not, and why."""
        self.manifest.intermediate_files.append(
            {"path": _relative(Path(path)), "retained": retained, "reason": reason}
        )

    def degrade(self, what: str, before: Any, after: Any, reason: str) -> None:
        """Record that less was done than asked for, e.g. batch 16 → 8, and say it on the screen."""
        row = {"what": what, "before": str(before), "after": str(after), "reason": reason}
        self.manifest.degradations.append(everywhere(row, self._redact))
        self.log.warning("%s: %s instead of %s: %s", what, after, before, reason)

    def skip(self, reason: str) -> None:
        """Nothing to do: the stage still writes its neutral output, and ends as `skipped`."""
        self._skipped = reason
        self.log.info("skipped: %s", reason)

    def media_ms(self, duration: int) -> None:
        """How much sound this stage works on; gives the real-time factor."""
        self._media_ms = duration

    def progress(self, done: float, total: float) -> None:
        """Tell how far long work has come; shown every few seconds."""
        now = time.monotonic()
        if total > 0 and now - self._progress_at >= _PROGRESS_EVERY_S:
            self._progress_at = now
            self.log.info("%d %%", 100 * done / total)


@contextmanager
def stage(snakemake: Any) -> Iterator[Stage]:
    """Keep the record of the stage script that runs inside; see `Stage`.

    The manifest says `running` from the start, and ends as `success`, `skipped` or `failed`. An
    exception is recorded and raised again. Another process that works in the same folder, such as
    one whose run was killed, is waited for.
    """
    folder = Path(snakemake.log.manifest).parent
    folder.mkdir(parents=True, exist_ok=True)
    stage_log = Path(snakemake.log.text)
    manifest_path = Path(snakemake.log.manifest)
    with ExitStack() as stack:
        journal = stack.enter_context(_held(folder))
        stage_log.unlink(missing_ok=True)
        io = Stage(snakemake)
        io.manifest.attempts = _earlier(journal)
        io.manifest.attempt = len(io.manifest.attempts) + 1
        _write_journal(journal, io.manifest)
        reserve = _Reserve(folder)
        io.manifest.save(manifest_path)
        stack.enter_context(_terminable())
        stack.enter_context(
            logs.attached(
                job=io.job,
                stage=io.manifest.stage + "".join(f"/{v}" for v in _inner(folder, io.job)),
                stage_log=stage_log,
                pipeline_log=_pipeline_log(folder, io),
                warnings=io.manifest.warnings,
                redact=io._redact,
            )
        )
        meter = stack.enter_context(facts.Meter())
        hashing = stack.enter_context(_Hashing(_siblings(folder, io.job)))
        inputs = hashing.start(snakemake.input, folder)
        io.log.debug("started, attempt %d", io.manifest.attempt)
        try:
            yield io
            io.manifest.outputs = [_output(name, path) for name, path in _named(snakemake.output)]
            io.manifest.inputs = [record() for record in inputs]
        except BaseException as error:
            hashing.stop()
            io.manifest.inputs = [record() for record in inputs]
            _failed(io, error)
            raise
        else:
            io.manifest.status = "skipped" if io._skipped else "success"
            io.manifest.reason = io._skipped
            (folder / _JOURNAL).unlink()
        finally:
            io.manifest.warnings[:] = [io._redact(text) for text in io.manifest.warnings]
            io.manifest.software = facts.software(io._tools)
            io.manifest.resources = meter.read(io.threads, io._media_ms)
            io.manifest.ended_at = _now()
            reserve.release()
            _write_journal(journal, io.manifest)
            io.manifest.save(manifest_path)
            io.log.debug("ended: %s", io.manifest.status)


def _failed(io: Stage, error: BaseException) -> None:
    text = io._redact(str(error)) or type(error).__name__
    if isinstance(error, (KeyboardInterrupt, Terminated)):
        text = "interrupted" if isinstance(error, KeyboardInterrupt) else "terminated"
    io.manifest.status = "failed"
    io.manifest.reason = text
    io.manifest.errors.append(
        {
            "type": type(error).__name__,
            "message": text,
            "traceback": io._redact("".join(traceback.format_exception(error))),
        }
    )
    io.log.error("%s", text)
    io.log.debug("traceback", exc_info=error)
    if isinstance(error, (Problem, Terminated, KeyboardInterrupt)):
        sys.excepthook = _said_already


def _said_already(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print nothing: the screen has the error's text and the manifest its traceback."""


class _Hashing:
    """Sums of the inputs, found while the stage works. A sum that an earlier manifest of the same
    job holds for the same size and modification time is taken from there."""

    def __init__(self, known: dict[str, FileRecord]):
        self._known = known
        self._pool = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> "_Hashing":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def start(self, files: Any, folder: Path) -> list[Callable[[], FileRecord]]:
        return [self._record(name, path, folder) for name, path in _named(files)]

    def _record(self, name: str | None, path: Path, folder: Path) -> Callable[[], FileRecord]:
        record = _file(name, path, None)
        known = self._known.get(record.path)
        fresh = known and (known.size, known.mtime_ns) == (record.size, record.mtime_ns)
        later: Future[str] | None = None if fresh else self._pool.submit(sha256, path)
        producer = _producer(path, folder)

        def finished() -> FileRecord:
            if later is None:
                digest = known.sha256 if known else None
            else:
                digest = None if later.cancelled() else later.result()
            return FileRecord(**{**vars(record), "sha256": digest, "producer": producer})

        return finished


class _Reserve:
    """Room on the disk for the last manifest, so that a full disk can be put on record."""

    def __init__(self, folder: Path):
        self._path = folder / ".reserve"
        self._path.write_bytes(os.urandom(_RESERVE_BYTES))

    def release(self) -> None:
        self._path.unlink(missing_ok=True)


@contextmanager
def _held(folder: Path) -> Iterator[int]:
    """Be the only one in this stage's folder. The kernel lets go when the holder dies.

    Gives the open journal: the attempts that have not succeeded yet, the running one last.
    Snakemake deletes manifest and log before it tries again, so they can't keep the attempts.
    """
    path = folder / _JOURNAL
    while True:
        journal = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"{folder}: another process still works here; waiting", file=sys.stderr)
                fcntl.flock(journal, fcntl.LOCK_EX)
            # Whoever held it may have succeeded, and taken the file away.
            if path.exists() and os.path.samestat(os.fstat(journal), path.stat()):
                yield journal
                return
        finally:
            os.close(journal)


def _write_journal(journal: int, manifest: Manifest) -> None:
    attempts = [
        *manifest.attempts,
        {
            "attempt": manifest.attempt,
            "run_id": manifest.run_id,
            "status": "killed" if manifest.status == "running" else "failed",
            "started_at": manifest.started_at,
            "ended_at": manifest.ended_at,
            "errors": manifest.errors,
            "degradations": manifest.degradations,
        },
    ]
    text = json.dumps(attempts).encode()
    os.pwrite(journal, text, 0)
    os.ftruncate(journal, len(text))


def _earlier(journal: int) -> list[dict[str, Any]]:
    """The attempts before this one. We hold the journal, so one left as running was killed."""
    text = os.pread(journal, os.fstat(journal).st_size, 0)
    try:
        return list(json.loads(text or b"[]"))
    except ValueError:  # killed while it wrote; what it was about stands in no other place
        return []


@contextmanager
def _terminable() -> Iterator[None]:
    """Make SIGTERM an exception, so that the manifest is written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def raise_terminated(_signal: int, _frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, raise_terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _siblings(folder: Path, job: str | None) -> dict[str, FileRecord]:
    """Files on record in the job's other manifests, by path."""
    if job is None:
        return {}
    known: dict[str, FileRecord] = {}
    for path in sorted(_job_folder(folder, job).glob(f"*/**/{NAME}")):
        try:
            manifest = Manifest.load(path)
        except (OSError, InvalidManifest):
            continue
        if manifest.status in ("success", "skipped"):
            known |= {r.path: r for r in [*manifest.inputs, *manifest.outputs] if r.sha256}
    return known


def _producer(path: Path, folder: Path) -> dict[str, str] | None:
    """The manifest beside or above `path`, unless it is our own or there is none."""
    for parent in Path(_relative(path)).parents:
        manifest = parent / NAME
        if parent == folder or not manifest.is_file():
            continue
        content = manifest.read_bytes()
        try:
            stage_id = Manifest.parse(content, str(manifest)).stage
        except InvalidManifest:  # somebody else's manifest.json, beside a film
            continue
        digest = hashlib.sha256(content).hexdigest()
        return {"stage": stage_id, "manifest": str(manifest), "sha256": digest}
    return None


def _file(name: str | None, path: Path, digest: str | None) -> FileRecord:
    stat = path.stat()
    return FileRecord(
        name=name,
        path=_relative(path),
        kind=path.suffix.removeprefix("."),
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        sha256=digest,
    )


def _output(name: str | None, path: Path) -> FileRecord:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: the stage ended without writing this output")
    return _file(name, path, sha256(path))


def _named(files: Any) -> list[tuple[str | None, Path]]:
    """Snakemake's named list as pairs; a name that holds several files is given to each."""
    names = {str(f): name for name, value in files.items() for f in _several(value)}
    return [(names.get(str(f)), Path(f)) for f in dict.fromkeys(map(str, files))]


def _several(value: Any) -> list[Any]:
    return [value] if isinstance(value, (str, Path)) else list(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _job_folder(folder: Path, job: str) -> Path:
    return next(parent for parent in folder.parents if parent.name == job)


def _stage_id(folder: Path, job: str | None) -> str:
    return folder.relative_to(_job_folder(folder, job)).parts[0] if job else folder.parent.name


def _inner(folder: Path, job: str | None) -> tuple[str, ...]:
    return folder.relative_to(_job_folder(folder, job)).parts[1:] if job else (folder.name,)


def _pipeline_log(folder: Path, io: Stage) -> Path | None:
    if io.job is None:
        return None
    stamp = io.manifest.run_id.replace(":", "").replace("-", "")
    return _job_folder(folder, io.job) / "logs" / f"99_pipeline_{stamp}.log"


def _relative(path: Path) -> str:
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - links must stay as the rule names them
    here = Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
