"""The context in which every stage script runs: it keeps the record, also when the stage fails."""

import errno
import hashlib
import logging
import math
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from numbers import Integral, Real
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from lineage import carriers, facts, ledger, logs, scratch, terminal, untrusted
from lineage.journal import held
from lineage.manifest import (
    NAME,
    FileRecord,
    InvalidManifest,
    Manifest,
    process_started,
    sha256,
)
from lineage.problem import Problem
from lineage.redact import everywhere, held_by, redactor
from lineage.watch import duration

_RESERVE_BYTES = 128 * 1024
_FULL_BYTES = 256 * 1024  # with less space than this, the cause of an error may be the full disk
_PROGRESS_EVERY_S = 10
_UNLOCKED = "two runs that work here at once would spoil each other's files unnoticed"


class Terminated(BaseException):
    """SIGTERM: the run was cancelled, or the cluster ended the job."""


class Stage:
    """One run of one stage. `input`, `output`, `params`, `wildcards` are Snakemake's own.

    `retry` counts the tries of the rule in this run of Snakemake, from 1, where the rule has a
    resource `attempt`.
    """

    def __init__(self, snakemake: Any):
        self.input = snakemake.input
        self.output = snakemake.output
        self.params = snakemake.params
        self.wildcards = snakemake.wildcards
        self.threads = int(snakemake.threads)
        self.retry = int(dict(snakemake.resources.items()).get("attempt", 1))
        self.config = snakemake.config
        self.log = logging.getLogger("stage")
        self.folder = Path(snakemake.log.manifest).parent
        self.job: str | None = dict(self.wildcards.items()).get("job")
        root = _root(self.folder, self.job)
        self._skipped: str | None = None
        self._failure: BaseException | None = None  # the last that is on record
        self._media_ms: int | None = None
        self._also: list[Path] = []
        self._tools: dict[str, str] = {}
        self._workers: dict[str, dict[str, Any]] = {}
        self._packages: dict[str, str] = {}
        self._carriers: set[str] = set()
        self._progress_at = time.monotonic()
        # The current pass: when it began, its progress then, and its progress now.
        self._pass: tuple[float, float, float] | None = None
        self._redact = redactor()
        stage_id = self.folder.relative_to(root).parts[0] if self.job else root.name
        self.manifest = Manifest(
            job=self.job,
            stage=stage_id,
            rule=str(snakemake.rule),
            folder=_relative(self.folder),
            wildcards=dict(self.wildcards.items()),
            run_id=os.environ.get("SUTRADHAR_RUN") or _now(),
            started_at=_now(),
            process={
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "started": process_started(os.getpid()) or "",
                "batch_job": facts.batch_job(),
            },
            config=_plain(self.config),
            params=_plain(dict(self.params.items())),
            software={"python": "", "environment": "", "packages": {}, "tools": {}},
            code=_code(stage_id, dict(self.params.items()).get("code")),
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

    @property
    def tries(self) -> list[str]:
        """The results of the earlier tries of this stage in this run: `failed` or `killed`."""
        earlier = self.manifest.attempts
        return [a["status"] for a in earlier if a["run_id"] == self.manifest.run_id]

    def note(self, **measured: Any) -> None:
        """Put facts and measurements into the manifest's `notes`."""
        self.manifest.notes |= _plain(measured)

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

    def content(self, path: Path | str, digest: str) -> None:
        """Record the content of an input by a digest without parts that have no effect, such as
        notes and line numbers. `lineage verify` regards the file as unchanged while this digest
        is."""
        digests = self.manifest.notes.setdefault("content", {})
        digests[_relative(Path(path))] = digest

    def tool(self, name: str, version: str) -> None:
        """Record a program in use, e.g. ffmpeg and its build."""
        self._tools[name] = version

    def worker(self, name: str, python: str, packages: dict[str, str]) -> None:
        """Record a process of another interpreter that works for this stage, and its versions."""
        self._workers[name] = {"python": python, "packages": dict(packages)}

    def packages(self, packages: dict[str, str], carrying: Iterable[str] = ()) -> None:
        """Record the packages, with their versions, that made what this stage takes over from an
        earlier run, and the models that some of them were `carrying`; those that are imported now
        are on record in any case."""
        self._packages |= packages
        self._carriers |= set(carrying)

    def call(self, host: str, path: str, status: int | None, digest: str | None = None) -> None:
        """Record a network call; `digest` is the sha256 of the answer."""
        self.manifest.calls.append(
            {"host": host, "path": path, "status": status, "sha256": digest, "at": _now()}
        )

    def also(self, path: Path | str) -> None:
        """Record an output that the rule cannot name because the number of outputs depends on the
        film. Snakemake does not know of it: the stage itself deletes those of earlier runs."""
        if not Path(_relative(Path(path))).is_relative_to(_relative(self.folder)):
            raise ValueError(f"{path} lies outside of the stage's folder {self.folder}")
        self._also.append(Path(path))

    def intermediate(self, path: Path | str, *, retained: bool, reason: str) -> None:
        """Record a file that is not an output, such as a cache or a part: whether it is kept, and
        why."""
        self.manifest.intermediate_files.append(
            {"path": _relative(Path(path)), "retained": retained, "reason": reason, "sha256": None}
        )

    def degrade(self, what: str, before: Any, after: Any, reason: str) -> None:
        """Record that less was done than requested, e.g. batch 16 → 8, and log a warning."""
        self.manifest.degradations.append(
            _plain({"what": what, "before": str(before), "after": str(after), "reason": reason})
        )
        self.log.warning("%s: %s instead of %s: %s", what, after, before, reason)

    def skip(self, reason: str) -> None:
        """Mark the stage as having nothing to do: it writes a neutral output, ends as `skipped`."""
        self._skipped = reason
        self.log.info("skipped: %s", reason)

    def unrepeatable(self, reason: str) -> None:
        """Record that the same inputs may give another result, and what in the engine makes it so.

        A stage that does not say so promises the same bytes on the same machine.
        """
        self.manifest.unrepeatable.append(reason)

    def media_ms(self, duration: int) -> None:
        """Set the duration of the sound this stage works on, for the real-time factor."""
        self._media_ms = duration

    def progress(self, done: float, total: float) -> None:
        """Report the progress of long work; it is shown after a second, after two, four and eight,
        then every ten, with the time left at the same rate. A second pass is timed from its own
        start."""
        now = time.monotonic()
        if total <= 0:
            return
        done = min(done, total)
        if self._pass is None or done < self._pass[2]:
            self._pass = (now, done, done)
        since, first, _ = self._pass
        self._pass = (since, first, done)
        ago, passed = now - self._progress_at, now - since
        if ago >= _PROGRESS_EVERY_S or (passed >= 1 and ago >= passed / 2):
            self._progress_at = now
            left = (total - done) * (now - since) / (done - first) if done > first else None
            about = "" if left is None else f", about {duration(1000 * left)} left"
            self.log.info("%d %%%s", 100 * done / total, about)


@contextmanager
def stage(snakemake: Any, instead: "Instead | None" = None) -> Iterator[Stage]:
    """Keep the record of the stage script that runs inside; see `Stage`.

    The manifest says `running` from the start, and ends as `success`, `skipped` or `failed`. An
    exception is recorded and raised again. Another process that works in the same folder, such as
    one whose run was killed, is waited for.

    Where the stage fails, but was not cancelled, `instead` may write outputs that say so, and then
    returns True. The stage is still `failed` on record, but the exception ends here, so that stages
    that do not depend on this one alone go on.
    """
    folder = Path(snakemake.log.manifest).parent
    stage_log = Path(snakemake.log.text)
    manifest_path = Path(snakemake.log.manifest)
    sys.excepthook = _last_words(redactor())
    _no_secret_in(snakemake)
    imported = frozenset(sys.modules)
    with ExitStack() as stack:
        with _room_in(folder):
            folder.mkdir(parents=True, exist_ok=True)
            journal = stack.enter_context(held(folder))
        io = Stage(snakemake)
        _not_superseded(io, manifest_path)
        stack.enter_context(scratch.held(folder))
        root = _root(folder, io.job)
        io.manifest.attempts = journal.earlier()
        io.manifest.attempt = len(io.manifest.attempts) + 1
        if not io.manifest.attempts:
            stage_log.unlink(missing_ok=True)  # the log of a success that is being replaced
        signals = stack.enter_context(_Signals())
        reserve = stack.enter_context(_Reserve(folder))
        stack.callback(_sealed, root, folder)
        meter = stack.enter_context(facts.Meter(folder))
        try:
            reserve.take()
            journal.write([*io.manifest.attempts, _attempt(io.manifest)])
            io.manifest.save(manifest_path, io._redact)
        except OSError as error:
            reserve.release()
            _failed(io, error, meter)
            io.manifest.ended_at = _now()
            with _room_in(folder):  # a small remainder may suffice
                io.manifest.save(manifest_path, io._redact)
                with stage_log.open("a", encoding="utf-8") as log:  # logging has not begun
                    log.write(terminal.line(f"{_now()} ERROR {io.manifest.reason}") + "\n")
            raise Problem(str(io.manifest.reason)) from error
        stack.enter_context(
            logs.attached(
                job=io.job,
                stage=str(folder.relative_to(root)),
                stage_log=stage_log,
                pipeline_log=_pipeline_log(root, io),
                warnings=io.manifest.warnings,
                redact=io._redact,
            )
        )
        hashing = stack.enter_context(_Hashing(_siblings(root, io.job, io.manifest.run_id)))
        try:
            hashing.start(snakemake.input, folder)
            io.log.debug("started, attempt %d", io.manifest.attempt)
            if not journal.locked:
                io.log.warning("%s is on a file system without locks: %s", folder, _UNLOCKED)
            with _Excuse(io, instead, meter):
                yield io
            _conclude(io, snakemake.output, hashing)
        except BaseException as error:
            signals.ignore()
            hashing.stop()
            io.manifest.inputs = hashing.so_far()
            _failed(io, error, meter)
            raise
        else:
            signals.ignore()
            if io.manifest.status != "failed":
                io.manifest.status = "skipped" if io._skipped else "success"
                io.manifest.reason = io._skipped
        finally:
            io.manifest.software = facts.software(io._tools, io._workers, io._packages)
            io.manifest.models += carriers.models(imported, io._carriers)
            io.manifest.resources = meter.read(io.threads, io._media_ms)
            io.manifest.ended_at = _now()
            reserve.release()
            with _room_in(folder):
                io.manifest.save(manifest_path, io._redact)
            journal.done = io.manifest.status != "failed"
            if not journal.done:
                journal.write(
                    [*io.manifest.attempts, everywhere(_attempt(io.manifest), io._redact)]
                )
            io.log.debug("ended: %s", io.manifest.status)


def _conclude(io: Stage, output: Any, hashing: "_Hashing") -> None:
    """Record the inputs, outputs and intermediate files."""
    named = [*_named(output), *((None, path) for path in io._also)]
    io.manifest.outputs = [_output(name, path) for name, path in named]
    io.manifest.inputs = hashing.records()
    for part in io.manifest.intermediate_files:
        part["sha256"] = sha256(part["path"]) if part["retained"] else None


class _Excuse:
    """Writes the replacement of a failed result; see `stage`."""

    def __init__(self, io: Stage, instead: "Instead | None", meter: facts.Meter):
        self._io, self._instead, self._meter = io, instead, meter

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> bool:
        # Cancellation, as by Ctrl-C, is not an Exception.
        if self._instead is None or not isinstance(error, Exception):
            return False
        _failed(self._io, error, self._meter)
        return self._instead(self._io, error)


Instead = Callable[[Stage, Exception], bool]


def _failed(io: Stage, error: BaseException, meter: facts.Meter) -> None:
    if io._failure is error:
        return
    io._failure = error
    text = io._redact(str(error)) or type(error).__name__
    if isinstance(error, (KeyboardInterrupt, Terminated)):
        text = "interrupted" if isinstance(error, KeyboardInterrupt) else "terminated"
    elif _no_space(error) or meter.least_free_bytes < _FULL_BYTES:
        text = f"{_full(io.folder)}; {text}"
    text = terminal.cut(text)
    io.manifest.status = "failed"
    io.manifest.reason = text
    io.manifest.errors.append(
        {
            "type": type(error).__name__,
            "message": text,
            "traceback": terminal.cut(io._redact("".join(traceback.format_exception(error)))),
        }
    )
    own = isinstance(error, (Problem, Terminated, KeyboardInterrupt)) or _no_space(error)
    unforeseen = "" if own else f" ({type(error).__name__}; its traceback is in the log)"
    io.log.error("%s%s", text, unforeseen)
    io.log.debug("traceback", exc_info=error)
    sys.excepthook = _silent


def _full(folder: Path) -> str:
    return f"the disk is full: {folder} has no space left; free some and run again"


def _no_space(error: BaseException | None) -> bool:
    """Whether an error, or its cause, says that the disk or the user's quota is full; also one that
    only repeats the message of a program."""
    while error is not None:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            return True
        if any(os.strerror(code) in str(error) for code in (errno.ENOSPC, errno.EDQUOT)):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def _room_in(folder: Path) -> Iterator[None]:
    """Turn the error of a full disk into a Problem."""
    try:
        yield
    except OSError as error:
        if not _no_space(error):
            raise
        raise Problem(_full(folder)) from error


def _no_secret_in(snakemake: Any) -> None:
    """Raise Problem for a path that holds a secret, before anything is written: the record is
    checked by its paths, so none can be blanked."""
    paths = [snakemake.log.manifest, *snakemake.input, *snakemake.output]
    if names := held_by(str(path) for path in paths):
        raise Problem(
            f"rule {snakemake.rule}: the value of the environment's {', '.join(names)} stands in "
            "the path of a file that the record must name; rename that file or folder, or run "
            "without the variable"
        )


def _code(stage_id: str, digest: str | None) -> dict[str, Any]:
    return facts.code(Path(__file__).resolve().parents[1], stage_id, digest)


def _sealed(root: Path, folder: Path) -> None:
    with _room_in(folder):
        ledger.append(root, folder, _now())


def _last_words(redact: Callable[[str], str]) -> Callable[..., None]:
    """The `sys.excepthook` for an error that was not logged: it prints a Problem as a line, other
    errors as a traceback, with secrets blanked."""

    def hook(
        _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, Problem):
            print(terminal.message(f"ERROR: {redact(str(error))}"), file=sys.stderr)
        elif not isinstance(error, (Terminated, KeyboardInterrupt)):
            text = redact("".join(traceback.format_exception(error)))
            print(terminal.message(text.rstrip("\n")), file=sys.stderr)

    return hook


def _silent(
    _kind: type[BaseException], _error: BaseException, _trace: TracebackType | None
) -> None:
    """The `sys.excepthook` for an error that was logged: prints nothing, since the screen has the
    reason and the log has the traceback, without secrets."""


class _Hashing:
    """Checksums of the inputs. Those of other stages' files are computed and compared with these
    stages' manifests before the work begins, so that nothing is made from a damaged file; those of
    others, such as the film, while the stage works. A checksum that another stage of the same run
    has on record for the same path, size and modification time is reused, so that a film is read
    once per run. It is not reused between runs: a film may be repaired with its modification time
    kept."""

    def __init__(self, siblings: dict[tuple[str, int, int], str]):
        self._siblings = siblings
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._cancel = threading.Event()
        self._pending: list[tuple[FileRecord, Path, Future[str]]] = []

    def __enter__(self) -> "_Hashing":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, files: Any, folder: Path) -> None:
        """Start to compute the checksums of an input list, for the stage in `folder`. Raises
        Problem for a file that is not what the stage before has on record."""
        for name, path in _named(files):
            producer, made = _producer(path, folder)
            record = _file(name, path, None, producer)
            recorded = self._siblings.get(_identity(record))
            digest: Future[str] = Future()
            if recorded:
                digest.set_result(recorded)
            else:
                digest = self._pool.submit(sha256, path, self._cancel)
            self._pending.append((record, path, digest))
            if producer and made and digest.result() != made:
                raise Problem(
                    f"{path} is not what {producer['stage']} made, but was changed or damaged "
                    "since; delete it and run again, so that it is made anew"
                )

    def records(self) -> list[FileRecord]:
        """All inputs with their checksums. Raises Problem for one that changed meanwhile."""
        return [
            replace(record, sha256=self._unchanged(record, path, digest.result()))
            for record, path, digest in self._pending
        ]

    def so_far(self) -> list[FileRecord]:
        """The inputs with the checksums that are known so far; never fails."""
        return [
            replace(record, sha256=digest.result())
            if digest.done() and not digest.cancelled() and not digest.exception()
            else record
            for record, _path, digest in self._pending
        ]

    def stop(self) -> None:
        """Hash no further."""
        self._cancel.set()
        self._pool.shutdown(cancel_futures=True)

    @staticmethod
    def _unchanged(record: FileRecord, path: Path, digest: str) -> str:
        if _identity(_file(None, path, None)) != _identity(record) and sha256(path) != digest:
            raise Problem(f"{path} changed while this stage read it; leave it alone and run again")
        return digest


class _Reserve:
    """Reserves disk space for the last manifest, so that a full disk can be recorded."""

    def __init__(self, folder: Path):
        self._path = folder / ".reserve"

    def __enter__(self) -> "_Reserve":
        return self

    def take(self) -> None:
        """Reserve the space; OSError where there is none."""
        self._path.write_bytes(os.urandom(_RESERVE_BYTES))

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        self._path.unlink(missing_ok=True)


class _Signals:
    """Turns SIGTERM into an exception, so that the manifest is written, and ignores SIGTERM and
    Ctrl-C while it is written. Does nothing outside the main thread."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Signals":
        def raise_terminated(_signal: int, _frame: FrameType | None) -> None:
            raise Terminated

        if threading.current_thread() is threading.main_thread():
            self._before = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)}
            signal.signal(signal.SIGTERM, raise_terminated)
        return self

    def ignore(self) -> None:
        """Ignore both signals while the end is written."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _not_superseded(io: Stage, manifest: Path) -> None:
    """Raise Problem for a stage that outlived its run and starts after a later run did: it would
    delete files that the later run has used."""
    try:
        last = Manifest.load(manifest)
    except (OSError, InvalidManifest):
        return
    if last.run_id > io.manifest.run_id:
        raise Problem(
            f"{manifest.parent}: the run of {last.run_id} has worked here since; this stage of the "
            f"run of {io.manifest.run_id} leaves it alone. If that time is wrong, delete {manifest}"
        )


def _attempt(manifest: Manifest) -> dict[str, Any]:
    """The journal's entry for this attempt, in case it does not succeed."""
    return {
        "attempt": manifest.attempt,
        "run_id": manifest.run_id,
        "status": "killed" if manifest.status == "running" else "failed",
        "started_at": manifest.started_at,
        "ended_at": manifest.ended_at,
        "host": manifest.process["host"],
        "batch_job": manifest.process["batch_job"],
        "errors": manifest.errors,
        "degradations": manifest.degradations,
    }


def _siblings(root: Path, job: str | None, run_id: str) -> dict[tuple[str, int, int], str]:
    """Checksums that the job's stages of this run have on record, by identity of the file."""
    known: dict[tuple[str, int, int], str] = {}
    for path in sorted(root.glob(f"*/**/{NAME}")) if job else []:
        try:
            manifest = Manifest.load(path)
        except (OSError, InvalidManifest):
            continue
        if manifest.status in ("success", "skipped") and manifest.run_id == run_id:
            files = [*manifest.inputs, *manifest.outputs]
            known |= {_identity(f): f.sha256 for f in files if f.sha256}
    return known


def _identity(record: FileRecord) -> tuple[str, int, int]:
    """Path, size and modification time: the same while nobody writes to a file."""
    return record.path, record.size, record.mtime_ns


def _producer(path: Path, folder: Path) -> tuple[dict[str, str] | None, str | None]:
    """The manifest beside or above `path`, unless it is this stage's own or there is none, and the
    checksum that it has of this file."""
    for parent in Path(_relative(path)).parents:
        manifest = parent / NAME
        if parent == folder or not manifest.is_file():
            continue
        try:
            content = untrusted.content(manifest)
            producer = Manifest.parse(content, str(manifest))
        except (InvalidManifest, untrusted.Refused):  # of another program
            continue
        digest = hashlib.sha256(content).hexdigest()
        made = next((f.sha256 for f in producer.outputs if f.path == _relative(path)), None)
        return {"stage": producer.stage, "manifest": str(manifest), "sha256": digest}, made
    return None, None


def _file(
    name: str | None, path: Path, digest: str | None, producer: dict[str, str] | None = None
) -> FileRecord:
    stat = path.stat()
    return FileRecord(
        name=name,
        path=_relative(path),
        kind=path.suffix.removeprefix("."),
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        sha256=digest,
        producer=producer,
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
    """`value` with JSON's types: numbers of numpy and torch as numbers, other values as text. Long
    texts are shortened, since titles are untrusted."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return terminal.cut(value)
    if isinstance(value, (bool, int, type(None))):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real) and math.isfinite(value):
        return float(value)
    return str(value)


def _root(folder: Path, job: str | None) -> Path:
    """The folder of the ledger: the job's folder, or the model store."""
    return next(p for p in folder.parents if p.name == job) if job else folder.parent


def _pipeline_log(root: Path, io: Stage) -> Path | None:
    if io.job is None:
        return None
    stamp = io.manifest.run_id.replace(":", "").replace("-", "")
    return root / "logs" / f"99_pipeline_{stamp}.log"


def _relative(path: Path) -> str:
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - links must stay as the rule names them
    current = Path.cwd()
    return str(absolute.relative_to(current) if absolute.is_relative_to(current) else absolute)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
