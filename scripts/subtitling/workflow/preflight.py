"""Checks of a run's requirements before its first job; all problems are reported at once.

Each check yields a line for every problem: what is wrong, and what to do about it.
"""

import ctypes
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from lineage import terminal, watch
from lineage.problem import Problem
from subtitling.media import ffmpeg
from subtitling.models.catalogue import Model
from subtitling.models.sources.base import ANSWERS_IN_S
from subtitling.models.store import COMMAND
from subtitling.runtime import devices
from subtitling.workflow import films, sizing

_CUDA_10 = 1000  # the driver reports CUDA 12.4 as 12040
_FONT_STARTS = (b"\0\1\0\0", b"OTTO", b"true", b"ttcf", b"wOFF", b"wOF2")
_SOUND_BYTES_PER_HOUR = 350_000_000  # FLAC of 48 kHz stereo
_SUBMIT = {"slurm": "sbatch", "lsf": "bsub"}


@dataclass(frozen=True)
class Run:
    """The run to check. `films` are those to be muxed, `fetched` the models that are still to be
    downloaded, `needs` those of each stage (see `sizing`), `weights` the bytes of models by stage.
    `executor` is Snakemake's name for its executor; `here` says whether jobs run on this host: on a
    cluster, the memory and GPU of this host do not matter. `stages` are the folders of the stages
    to run, `read` the files that all films read and this run does not make, `users` the work that
    each model is needed for, and `endpoint` is the address to be asked for translations, None for
    none. `translators` are models that only translations need, `tracks` those of each film with the
    translators that each can't be made without."""

    films: Mapping[str, sizing.Film]
    fetched: Sequence[Model]
    needs: Mapping[str, sizing.Need]
    weights: Mapping[str, int]
    fonts: Sequence[str]
    out: Path
    store: Path
    device: str
    executor: str
    here: bool
    stages: Collection[str] = ()
    read: Collection[str] = ()
    users: Mapping[str, Collection[str]] = field(default_factory=dict)
    endpoint: str | None = None
    translators: Collection[str] = ()
    tracks: Mapping[str, Mapping[str, Collection[str]]] = field(default_factory=dict)


def problems(run: Run, warn: Callable[[str], None]) -> list[str]:
    """All problems that prevent a run, a line each; `warn` is given what it will lack."""
    lines = [
        *another_run(run.out, run.stages),
        *tools(),
        *submitting(run.executor),
        *writable(run.out),
        *disk(free_bytes(run.out), run.out, run.films),
        *dated_later(run.read),
    ]
    gone = dict(unreachable(run.fetched, run.store, run.users))
    fatal = [*prevented(gone, run.translators, run.tracks)]
    for name in sorted(gone.keys() - fatal):
        warn(f"{gone[name]}{'. The films are made without it' if run.films else ''}")
    lines += [*fonts(run.fonts), *(gone[name] for name in fatal)]
    if run.here:
        lines += endpoint_down(run.endpoint) if run.endpoint else []
        lines += [
            *gpu(run.device),
            *memory(devices.memory_mb("cpu") or 0, run.films, run.weights, run.needs),
        ]
    return lines


def another_run(out: Path, stages: Collection[str]) -> Iterator[str]:
    """Report another run on this host that works on the same films."""
    other = watch.Plan.load(out)
    if other is None or other.host != socket.gethostname() or not other.going:
        return
    films = sorted({Path(stage).parts[1] for stage in {*stages} & {*other.stages}})
    if films and other.pid != os.getpid():
        yield (
            f"another run (process {other.pid}, begun {other.run_id}) is at work on "
            f"{', '.join(films)}: wait for it (lineage status --watch), or end it first"
        )


def dated_later(paths: Iterable[str]) -> Iterator[str]:
    """Report files dated in the future, as from a disk that was written in another time zone: after
    the work, Snakemake would consider what was made from them outdated, and delete it."""
    for path in sorted(map(Path, paths)):
        if path.exists() and (line := films.of_the_future(path)):
            yield line


def endpoint_down(url: str) -> Iterator[str]:
    """Check that the translation endpoint answers: one that is down would cost the sentences that
    are already translated."""
    import requests

    asked = f"{url.rstrip('/')}/models"
    session = requests.Session()
    session.trust_env = False
    try:
        session.get(asked, timeout=ANSWERS_IN_S, allow_redirects=False, stream=True).close()
    except requests.RequestException as error:
        yield (
            f"endpoint.url: {url} does not answer ({type(error).__name__}): start the "
            "server, correct the address, or choose another engine in translation.engines; what is "
            "translated already is kept"
        )


def gpu(device: str) -> Iterator[str]:
    """Check for a GPU, and for a driver that supports the CUDA version of the libraries."""
    yield from (missing := devices.missing(device))
    if device == "cuda" and not missing:
        yield from old_driver(driver_version(), built_for())


def driver_version() -> int:
    """The CUDA version of the driver, 12040 for 12.4. OSError where there is no driver."""
    version = ctypes.c_int(0)
    ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(version))
    return version.value


def built_for() -> str | None:
    """The CUDA version that the installed torch was built for, e.g. 12.8; read, not imported."""
    try:
        file = Path(str(metadata.distribution("torch").locate_file("torch/version.py")))
    except metadata.PackageNotFoundError:
        return None
    match = re.search(r"^cuda\b.*= '([\d.]+)'", file.read_text("utf-8"), re.MULTILINE)
    return match[1] if match else None


def old_driver(driver: int, build: str | None) -> Iterator[str]:
    """Report a driver of an older major version than the libraries, which can't run them; `driver`
    is 12040 for CUDA 12.4.
    https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html"""
    if build is None:
        yield "device is cuda, but torch is built for CPUs only: install its CUDA build"
    elif driver // _CUDA_10 < int(build.split(".")[0]):
        yield (
            f"the NVIDIA driver runs CUDA {driver // _CUDA_10}.{driver % _CUDA_10 // 10}, torch is "
            f"built for {build}: update the driver"
        )


def memory(
    has_mb: int,
    films: Mapping[str, sizing.Film],
    models: Mapping[str, int],
    needs: Mapping[str, sizing.Need],
) -> Iterator[str]:
    """Check that each stage fits into this host's memory. `models` are bytes by stage."""
    for stage, need in needs.items():
        takes = {job: sizing.takes_mb(need, f, models.get(stage, 0)) for job, f in films.items()}
        worst = max(takes, key=takes.__getitem__, default=None)
        if worst is not None and takes[worst] > has_mb:
            yield (
                f"{stage} of {worst} takes about {takes[worst]} MB of memory, this host has "
                f"{has_mb} MB: take a smaller model, or another host"
            )


def disk(free_bytes: int, folder: Path, films: Mapping[str, sizing.Film]) -> Iterator[str]:
    """Check that the sound and the final film of every job fit on the disk together."""
    needed = sum(f.size_bytes + int(f.hours * _SOUND_BYTES_PER_HOUR) for f in films.values())
    if needed > free_bytes:
        yield (
            f"{folder} needs about {terminal.size(needed)} for {len(films)} "
            f"film{'' if len(films) == 1 else 's'}, {terminal.size(free_bytes)} are free: make "
            "room, or run fewer films at a time"
        )


def submitting(executor: str) -> Iterator[str]:
    """Check that jobs can be submitted to the cluster from this host."""
    command = _SUBMIT.get(executor)
    if command and not shutil.which(command):
        yield (
            f"jobs are to go to {executor}, but this host has no {command}: run on one that "
            "submits to the cluster, or leave out the profile"
        )


def writable(folder: Path) -> Iterator[str]:
    """Check that results can be written."""
    existing = _standing(folder)
    try:
        tempfile.TemporaryFile(dir=existing).close()
    except OSError as error:
        yield f"{existing} can't be written to ({error.strerror}): run where it can"


def tools() -> Iterator[str]:
    """Check that ffmpeg is installed, runs and is not too old."""
    try:
        build = ffmpeg.build()
    except (Problem, OSError, subprocess.SubprocessError) as error:
        yield f"ffmpeg does not run ({error}): install it, or imageio-ffmpeg, which contains it"
    else:
        if reason := ffmpeg.too_old(build):
            yield reason


def fonts(paths: Iterable[str]) -> Iterator[str]:
    """Check that the files to attach are fonts."""
    for path in paths:
        try:
            with Path(path).open("rb") as file:
                start = file.read(4)
        except OSError as error:
            yield f"mux.fonts: {path}: {error.strerror}; give the path of a font file"
            continue
        if start not in _FONT_STARTS:
            yield f"mux.fonts: {path} is not a font (TrueType, OpenType, WOFF); give one that is"


def unreachable(
    wanted: Sequence[Model], folder: Path, users: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, str]]:
    """The models that are neither in the store in `folder` nor can be downloaded, each with a line;
    only for missing ones the network is used, source by source until one answers. `users` is the
    work that each is needed for."""
    for model in wanted:
        if all((folder / model.name / file).is_file() for file in model.files):
            continue  # a job verifies them before they are used
        refused = []
        for source in model.sources:
            reason = source.refusal(model.request())
            if reason is None:
                break
            refused.append(f"{source.label}: {reason}")
        else:
            work = sorted(users.get(model.name, ()))
            more = f" and {len(work) - 3} more" if len(work) > 3 else ""
            needed = f"It is needed for {'; '.join(work[:3])}{more}. " if work else ""
            yield (
                model.name,
                f"the model {model.name} is not in {folder} and cannot be downloaded: "
                f"{'; '.join(refused)}. {needed}Run `{COMMAND}` where there is a network, or leave "
                "out what needs it",
            )


def prevented(
    gone: Collection[str],
    translators: Collection[str],
    tracks: Mapping[str, Mapping[str, Collection[str]]],
) -> Iterator[str]:
    """Those of the models that are `gone` without which the run is not worth its beginning: more
    than translations need them, or they leave a film without any track."""
    bare = {
        name
        for needs in tracks.values()
        if all({*models} & {*gone} for models in needs.values())
        for models in needs.values()
        for name in models
    }
    for name in sorted(gone):
        if name not in translators or name in bare:
            yield name


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of `folder`, which need not exist yet."""
    return shutil.disk_usage(_standing(folder)).free


def _standing(folder: Path) -> Path:
    """The folder, or the nearest existing one above it."""
    absolute = folder.absolute()
    return next(path for path in (absolute, *absolute.parents) if path.exists())
