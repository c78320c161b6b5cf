"""The model store: verify the files of models and download missing ones.

The checksum identifies a file; a source is only a way to get it. Hence one rule: a file gets its
final name after its checksum matched, and after a mismatch no other source is tried. There is no
locking here: the caller of `fetch` holds the lock of the store.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage import untrusted
from subtitling import documents
from subtitling.models import errors
from subtitling.models.catalogue import Model
from subtitling.models.errors import (
    ChecksumError,
    FetchError,
    MissingModel,
    StoreError,
    Unreachable,
)
from subtitling.models.sources import base
from subtitling.models.sources.base import Call
from subtitling.runtime.progress import Progress

if TYPE_CHECKING:
    from lineage.stage import Stage

PARTIAL = ".partial"
ADDING = ".adding"  # in the store, what `models add` has fetched so far: NAME@DIGEST; NAME.lock

# The source of the files, kept beside them: Snakemake deletes model.json before it runs again.
ORIGIN = ".origin.json"

IN_STORE = "already in the store, from a source unknown"
COMMAND = "snakemake models"  # downloads what is missing; keeps an existing model.json
LOOK_SECONDS = 0.5  # between two checks of the transferred bytes


@dataclass(frozen=True)
class Fetched:
    """The result of `fetch`. `source` is the label of the source that the files came from, now or
    before (then `calls` is empty), or `IN_STORE` for files put there by hand, which have no
    `revision`."""

    source: str
    revision: str | None
    calls: tuple[Call, ...]
    skipped_sources: tuple[tuple[str, str], ...]


def fetch(model: Model, folder: Path, progress: Progress) -> Fetched:
    """Download all files of the model into `folder`, from the first source that can provide them.

    `progress(done, total)` takes bytes of what the current source transfers; it is called from
    another thread while a transfer runs. Partial transfers are kept in `folder/.partial` after an
    error. Raises ChecksumError (nothing gets a final name), FetchError (no source left), OSError
    (the disk: full, read-only ...).
    """
    wanted = [name for name in model.files if base.checksum(folder / name) != model.files[name]]
    if not wanted:
        shutil.rmtree(folder / PARTIAL, ignore_errors=True)  # killed between its last two steps
        return Fetched(*_origin(folder), (), ())
    calls: list[Call] = []
    skipped: list[tuple[str, str]] = []
    for number, source in enumerate(model.sources):
        area = folder / PARTIAL / str(number)
        area.mkdir(parents=True, exist_ok=True)
        total = source.transfer_bytes or model.size_bytes
        try:
            with watched(area, total, progress):
                source.bring(model.request(wanted=wanted, area=area, calls=calls))
        except Unreachable as reason:
            skipped.append((source.label, str(reason)))
            continue
        for name in wanted:
            base.expect(area / name, name, model.files[name], source.label)
        for name in wanted:
            (area / name).replace(base.with_folder(folder / name))
        shutil.rmtree(folder / PARTIAL)
        documents.save_text(json.dumps([source.label, source.revision]), folder / ORIGIN)
        return Fetched(source.label, source.revision, tuple(calls), tuple(skipped))
    raise FetchError(model, folder, skipped, calls)


def _origin(folder: Path) -> tuple[str, str | None]:
    """The source and revision of a complete model in the store, if known."""
    try:
        label, revision = untrusted.json_value(untrusted.content(folder / ORIGIN))
    except (OSError, *untrusted.FAILURES):
        return IN_STORE, None
    return str(label), None if revision is None else str(revision)


def verify(model: Model, folder: Path) -> None:
    """Hash every file of the model, as is due before each use.

    Raises MissingModel or ChecksumError, both with the command that brings the model.
    """
    _verify(model.name, model.files, folder)


def _verify(model: str, files: Mapping[str, str], folder: Path) -> None:
    for name, expected in files.items():
        got = base.checksum(folder / name)
        if got is None:
            raise MissingModel(
                f"{model}: {folder / name} is missing. Run `{errors.command(model)}`."
            )
        if got != expected:
            advice = f"Run `{errors.command(model)}` to download it again."
            raise ChecksumError(name, expected, got, f"the store, {folder}", advice)


def ready(wanted: Mapping[str, Any], inventory: Path | str) -> documents.StoredModel:
    """Return the model beside its `model.json`, after every file was hashed and compared with
    `wanted`.

    `wanted` holds `name` and `files` as models.yaml has them: the checksums that count are the
    configuration's, never the store's own. Raises MissingModel, ChecksumError or StoreError.
    """
    if why := failure(inventory):
        name = str(wanted["name"])
        first = why.splitlines()[0].rstrip(".:")
        raise MissingModel(
            f"the model {name} is not in the store: {first}. "
            f"Run `{errors.command(name)}`, which names what it tried"
        )
    stored = documents.load(documents.StoredModel, inventory)
    if stored.files != dict(wanted["files"]):
        advice = f"Run `{errors.command(str(wanted['name']))}`."
        raise StoreError(f"{inventory}: not the model that models.yaml names. {advice}")
    _verify(stored.name, stored.files, Path(inventory).parent)
    return stored


def failed(io: Stage, _error: Exception) -> bool:
    """Write the `model.json` of a model that could not be brought, so that only the stages that use
    it fail, each with the reason."""
    if not io.params.alone:
        return False
    absent = documents.AbsentModel(io.wildcards.model, str(io.manifest.reason))
    documents.save(absent, io.output.inventory)
    return True


def failure(inventory: Path | str) -> str | None:
    """Why the model of this `model.json` could not be brought; None where it is in the store, or
    where the file is none of either kind."""
    try:
        data = untrusted.json_value(untrusted.content(Path(inventory)))
        absent = data["schema"] == documents.AbsentModel.SCHEMA
    except (OSError, *untrusted.FAILURES):
        return None
    return documents.load(documents.AbsentModel, inventory).reason if absent else None


def folder(inventory: Path | str) -> Path:
    """The folder of the files of the model of this `model.json`."""
    return Path(inventory).parent


@contextmanager
def watched(area: Path, total: int, progress: Progress) -> Iterator[None]:
    """Report the growth of `area`: neither the library nor pip reports progress."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            progress(min(_size(area), total), total)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    progress(total, total)


def _size(area: Path) -> int:
    size = 0
    for folder, _, names in os.walk(area):
        for name in names:
            with suppress(FileNotFoundError):  # moved between listing and reading
                size += Path(folder, name).stat().st_size
    return size
