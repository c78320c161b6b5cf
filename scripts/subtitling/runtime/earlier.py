"""The fallback for a track that fails alone: its earlier result, and when to try again.

Snakemake deletes a stage's outputs before the stage runs. The earlier translation and the earlier
track are kept beside them until new ones are made, so that nothing is lost if the stage fails:
where the words are the same, the earlier result is used instead.
"""

import shutil
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from lineage import Manifest, Problem, sha256
from lineage.manifest import NAME, InvalidManifest

if TYPE_CHECKING:
    from lineage.stage import Stage

DEATHS = 3  # tries of such a job, in one run, after which it is given up
_KEPT = ".earlier-"  # files of the result that was there


def failed_try(folder: Path) -> str | None:
    """The start time of the last failed try in a stage's folder; None where none failed.

    As a parameter of the stage's rule it makes Snakemake try again: it changes with each failure,
    and stays the same once the stage succeeds, whose manifest holds it.
    """
    last = _manifest(folder / NAME)
    if last is None:
        return None
    return last.started_at if last.status == "failed" else last.params.get("failed_try")


def why_failed(folder: Path) -> str | None:
    """Why the stage in a folder has failed; None where it has not."""
    last = _manifest(folder / NAME)
    return str(last.reason) if last is not None and last.status == "failed" else None


def may_try(io: "Stage", remedy: str) -> None:
    """Raise Problem where all tries of this run have died: one more would die too."""
    if len(io.tries) >= DEATHS:
        raise Problem(
            f"{len(io.tries)} tries died one after the other ({', '.join(io.tries)}), as they do "
            f"where memory is short: {remedy}"
        )


def _manifest(path: Path) -> Manifest | None:
    try:
        return Manifest.load(path)
    except (OSError, InvalidManifest):
        return None


def keep(folder: Path) -> None:
    """Keep the result in `folder` in case the next try of the stage fails."""
    made = _manifest(folder / NAME)
    if made is None or made.status not in ("success", "skipped"):
        return  # what is kept already is the last that succeeded
    drop(folder)
    for path in (folder / NAME, *(Path(file.path) for file in made.outputs)):
        if path.is_file():
            shutil.copyfile(path, folder / f"{_KEPT}{path.name}")


def drop(folder: Path) -> None:
    """Delete the kept files."""
    for path in folder.glob(f"{_KEPT}*"):
        path.unlink()


def tidy(folder: Path) -> None:
    """Delete the files that were kept for a try that was never made."""
    made = _manifest(folder / NAME)
    if made is not None and made.status in ("success", "skipped"):
        drop(folder)


def restore(io: "Stage", source: Path, what: str, wanted: str) -> bool:
    """Restore the kept result, if it is of the same words: the content of the file `source`. The
    kept files are recorded in any case. `what` is the result, and `wanted` how it was to be made,
    both for the record."""
    record(io)
    made = _manifest(io.folder / f"{_KEPT}{NAME}")
    words = [file.sha256 for file in made.inputs if file.path == str(source)] if made else []
    names = [Path(path).name for path in io.output]
    whole = all(_kept(io, name).is_file() for name in names)
    if made is None or words != [sha256(source)] or not whole:
        return False
    for name in names:
        shutil.copyfile(_kept(io, name), io.folder / name)
    io.manifest.models[:] = made.models
    io.note(**made.notes, kept_from=made.started_at)
    stays, reason = f"the one that was made at {made.started_at}", str(io.manifest.reason)
    io.degrade(what, wanted, stays, reason)
    io.manifest.reason = f"{reason}. The film keeps {stays}"
    return True


def record(io: "Stage") -> None:
    """Record the kept files."""
    for path in sorted(io.folder.glob(f"{_KEPT}*")):
        io.intermediate(path, retained=True, reason="the last result of a success")


def sealed(io: "Stage", path: Path) -> bool:
    """Whether a file of the stage's folder is what the last success left there, by its record; a
    warning where that names another content. Without the record, which a run keeps, nothing is
    known of the file."""
    made = _manifest(io.folder / f"{_KEPT}{NAME}")
    if made is None or not path.is_file():
        return False
    sums = {Path(f["path"]).name: f["sha256"] for f in made.intermediate_files}
    holds = sums.get(path.name) == sha256(path)
    if not holds:
        io.log.warning("%s is not what its run left there, and is not used", path)
    return holds


def updated(io: "Stage") -> bool:
    """Whether a package that the last success ran with has another version now, or is gone: what it
    finished is then made anew, so that a package that is recalled leaves nothing behind."""
    made = _manifest(io.folder / f"{_KEPT}{NAME}")
    for name, before in (made.software["packages"] if made else {}).items():
        try:
            now = metadata.version(name)
        except metadata.PackageNotFoundError:
            now = "none"
        if now != before:
            io.log.info("%s was %s in the last run, and is %s now: all is made anew",
                        name, before, now)  # fmt: skip
            return True
    return False


def take_over(io: "Stage") -> None:
    """Record the packages and workers of the last success, of which this run takes something over.
    A worker that is started in this run replaces its own."""
    made = _manifest(io.folder / f"{_KEPT}{NAME}")
    if made is None:
        return
    io.packages(made.software["packages"], carrying=[model["name"] for model in made.models])
    for name, worker in made.software.get("workers", {}).items():
        io.worker(name, worker["python"], worker["packages"])


def _kept(io: "Stage", name: str) -> Path:
    return io.folder / f"{_KEPT}{name}"
