"""Errors of the model store; each text says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lineage.problem import Problem

if TYPE_CHECKING:
    from subtitling.models.catalogue import Model
    from subtitling.models.sources.base import Call


def command(name: str) -> str:
    """The command that downloads a model again, except for files that are right."""
    return f"snakemake --force models/{name}/model.json"


class StoreError(Problem):
    """An error of the store; the text says what to do."""


class ConfigError(StoreError):
    """models.yaml does not have the shape that models.schema.json describes."""


class MissingModel(StoreError):
    """A required model is not in the store."""


class Unreachable(StoreError):
    """One source cannot serve the files; the next one may. `status` is HTTP's, if it is why."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ChecksumError(StoreError):
    """A file exists but is not the file that models.yaml names."""

    def __init__(self, file: str, expected: str, got: str, source: str, advice: str) -> None:
        super().__init__(
            f"{file} has the wrong content: expected sha256 {expected}, got {got}"
            f" (source: {source}). {advice}"
        )
        self.file, self.expected, self.got, self.source = file, expected, got, source


class FetchError(StoreError):
    """No source could provide the model. `skipped_sources` and `calls` are as in `Fetched`."""

    def __init__(
        self, model: Model, folder: Path, skipped: Sequence[tuple[str, str]], calls: Sequence[Call]
    ) -> None:
        tried = "".join(f"\n  - {label}: {reason}" for label, reason in skipped)
        needed = "".join(f"\n    {name}  sha256 {sha}" for name, sha in model.files.items())
        super().__init__(
            f"no source could provide the model {model.name}:{tried}\n"
            f"Make one of them reachable and run `{command(model.name)}`, "
            f"or put these files by hand into {folder}:{needed}"
        )
        self.skipped_sources, self.calls = tuple(skipped), tuple(calls)
