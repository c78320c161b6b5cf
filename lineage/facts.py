"""Facts for a manifest: the code, the software, the machine and the resources used."""

import os
import platform
import re
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Self

from lineage import sources

_OURS = {"lineage", "subtitling", "__main__"}
_BATCH_SYSTEMS = {"SLURM_JOB_ID": "slurm", "LSB_JOBID": "lsf", "PBS_JOBID": "pbs"}


# Files that the user writes are not code: they are on record as parameters and inputs.
_USERS = [f":(exclude){path}" for path in ("config/config.yaml", "config/films.tsv", "edits")]


def code(root: Path, stage: str, digest: str | None) -> dict[str, Any]:
    """The commit of `root`, whether tracked files differ from it, the stage's script, and the
    digests of the workflow's other parts."""

    def git(*args: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(root), *args],
                capture_output=True,
                text=True,
                timeout=30,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    status = git("status", "--porcelain", "--untracked-files=no", "--", ".", *_USERS)
    return {
        "commit": git("rev-parse", "HEAD"),
        "dirty": None if status is None else bool(status),
        "digest": digest,
        "script": sources.script(root / "scripts", stage, digest),
        "workflow": sources.workflow(root),
    }


def software(
    tools: dict[str, str], workers: dict[str, dict[str, Any]], earlier: dict[str, str]
) -> dict[str, Any]:
    """Python, every package that was imported, the tools that were called, and the versions of
    other interpreters that worked for the stage, if any did. `earlier` are packages that made what
    is taken over from an earlier run."""
    return {
        "python": platform.python_version(),
        "environment": Path(sys.prefix).name,
        "packages": dict(sorted({**earlier, **packages()}.items())),
        "tools": tools,
        **({"workers": workers} if workers else {}),
    }


def packages() -> dict[str, str]:
    """Name and version of every installed distribution of which this process has imported a module,
    by its normalised name (PEP 503), so that no list has to be maintained.

    `importlib.metadata.packages_distributions` gives the same, but takes a third of a second at the
    end of each stage; this function searches only for the few modules that are not named like their
    distribution.
    """
    known = _installed()
    versions: dict[str, str] = {}
    unnamed = []
    for module in _imported():
        if distribution := known.get(_normal(module)):
            versions[_normal(module)] = distribution.version
        else:
            unnamed.append(module.replace(".", "/"))
    for name, distribution in known.items() if unnamed else ():
        files = "\n" + (distribution.read_text("RECORD") or "")
        if any(f"\n{path}/" in files or f"\n{path}." in files for path in unnamed):
            versions[name] = distribution.version
    return dict(sorted(versions.items()))


@cache
def _installed() -> dict[str, metadata.Distribution]:
    """All distributions by their normalised names, those first that Python imports from. The names
    are those of their folders: to read them from the metadata takes a quarter of a second."""
    folders = (
        folder
        for path in reversed(sys.path)
        for form in ("*.egg-info", "*.dist-info")
        for folder in Path(path).glob(form)
    )
    return {_normal(f.stem.partition("-")[0]): metadata.Distribution.at(f) for f in folders}


def _imported() -> list[str]:
    """The imported modules that may belong to a distribution: top-level names, and for a name that
    several distributions share, such as `pyannote`, the names below it."""
    shared = {n for n, m in sys.modules.items() if "." not in n and _is_shared(m)}
    names = {name for name in sys.modules if "." not in name}
    names |= {".".join(n.split(".")[:2]) for n in sys.modules if n.partition(".")[0] in shared}
    return sorted(names - shared - sys.stdlib_module_names - _OURS)


def _is_shared(module: Any) -> bool:
    return getattr(module, "__file__", None) is None and hasattr(module, "__path__")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def hardware() -> dict[str, Any]:
    """The host, its processor, the cores available to this process, the memory, and the names of
    the GPUs."""
    names = [
        line.partition(":")[2].strip()
        for line in _read("/proc/cpuinfo").splitlines()
        if line.startswith("model name")
    ]
    return {
        "host": socket.gethostname(),
        "cpu": names[0] if names else platform.processor() or platform.machine(),
        "cores": cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "gpus": _nvidia_smi("--query-gpu=name"),
    }


def cores() -> int:
    """The cores that this process may use; not every system can restrict them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def batch_job() -> str | None:
    """The batch system's id of the job that this process is part of, to look it up there."""
    for variable, system in _BATCH_SYSTEMS.items():
        if number := os.environ.get(variable):
            return f"{system} {number}"
    return None


class Meter:
    """Measures a stage: wall and CPU time, the peak memory of the process and its children, and the
    least free space on the disk of its `folder`."""

    PERIOD_S = 0.2
    GPU_PERIOD_S = 2.0

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.least_free_bytes = free_bytes(folder)
        self._peak = 0
        self._gpu_peak: int | None = None
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._watch_memory, daemon=True)]
        if shutil.which("nvidia-smi"):
            self._threads.append(threading.Thread(target=self._watch_gpu, daemon=True))

    def __enter__(self) -> Self:
        self._wall = time.monotonic()
        self._cpu = _cpu_s()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def read(self, threads: int, media_ms: int | None) -> dict[str, Any]:
        """The values of the manifest's `resources` so far."""
        wall_ms = round((time.monotonic() - self._wall) * 1000)
        return {
            "threads": threads,
            "wall_ms": wall_ms,
            "cpu_ms": round((_cpu_s() - self._cpu) * 1000),
            "peak_memory_bytes": max(self._peak, _tree_memory(os.getpid()), _own_peak()),
            "gpu_peak_memory_bytes": self._gpu_peak,
            "real_time_factor": round(wall_ms / media_ms, 4) if media_ms else None,
        }

    def _watch_memory(self) -> None:
        while not self._stop.wait(self.PERIOD_S):
            self._peak = max(self._peak, _tree_memory(os.getpid()))
            self.least_free_bytes = min(self.least_free_bytes, free_bytes(self._folder))

    def _watch_gpu(self) -> None:
        while not self._stop.wait(self.GPU_PERIOD_S):
            tree = {str(pid) for pid in _tree(os.getpid())}
            rows = [r.split(", ") for r in _nvidia_smi("--query-compute-apps=pid,used_memory")]
            used = [int(r[1]) << 20 for r in rows if r[0] in tree and r[1].isdigit()]
            if used:
                self._gpu_peak = max(self._gpu_peak or 0, sum(used))


def free_bytes(folder: Path) -> int:
    """The bytes that this user can still write on the file system of `folder`."""
    file_system = os.statvfs(folder)
    return file_system.f_bavail * file_system.f_frsize


def _cpu_s() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def _tree(pid: int) -> list[int]:
    children = " ".join(_read(str(f)) for f in Path(f"/proc/{pid}/task").glob("*/children"))
    return [pid, *(descendant for child in children.split() for descendant in _tree(int(child)))]


def _tree_memory(pid: int) -> int:
    page = os.sysconf("SC_PAGE_SIZE")
    pages = (_read(f"/proc/{p}/statm").split()[1:2] for p in _tree(pid))
    return sum(int(resident) * page for fields in pages for resident in fields)


def _own_peak() -> int:
    """The peak memory of this process by the kernel's own count, which misses nothing between
    samples."""
    peak = re.search(r"^VmHWM:\s*(\d+) kB", _read("/proc/self/status"), re.MULTILINE)
    return int(peak[1]) << 10 if peak else 0


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:  # the process ended meanwhile, or there is no /proc
        return ""


def _nvidia_smi(query: str) -> list[str]:
    if not shutil.which("nvidia-smi"):
        return []
    command = ["nvidia-smi", query, "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]
