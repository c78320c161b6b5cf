"""The catalogue of models: config/models.yaml, checked and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from subtitling import paths, tables
from subtitling.models.errors import ConfigError
from subtitling.models.sources import model_sources
from subtitling.models.sources.base import Request, Source

SCHEMA = paths.CONFIG / "models.schema.json"


@dataclass(frozen=True)
class Model:
    """One model: `files` maps file names to SHA-256 sums, `sources` is tried in order."""

    name: str
    licence: str
    licence_url: str
    size_bytes: int
    files: Mapping[str, str]
    sources: tuple[Source, ...]

    @classmethod
    def from_dict(cls, name: str, mapping: Mapping[str, Any]) -> Model:
        """Check one entry of models.yaml against the schema; raises ConfigError naming the key."""
        check({"models": {name: mapping}})
        return cls._of(name, mapping)

    @classmethod
    def _of(cls, name: str, mapping: Mapping[str, Any]) -> Model:
        sources = tuple(model_sources.source(item) for item in mapping["sources"])
        return cls(**{**mapping, "name": name, "sources": sources})

    def request(self, **wanted: Any) -> Request:
        """The request to a source; `wanted` are further fields of `base.Request`."""
        return Request(self.files, self.size_bytes, self.licence_url, **wanted)


def load(path: Path | str) -> dict[str, Model]:
    """Read models.yaml: model name -> Model. Raises ConfigError naming the file and the key."""
    models, _ = _read(path)
    return models


def raw(path: Path | str) -> dict[str, Any]:
    """models.yaml as plain values by model name, for rules to pass on; checked like `load`."""
    _, entries = _read(path)
    return entries


def _read(path: Path | str) -> tuple[dict[str, Model], dict[str, Any]]:
    try:
        document = tables.read(path)
        check(document)
        entries = dict(document["models"])
        return {name: Model._of(name, entry) for name, entry in entries.items()}, entries
    except (ConfigError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error


def check(document: object) -> None:
    """Raise ConfigError, naming the key, where the shape is not that of the schema."""
    import jsonschema

    schema = json.loads(SCHEMA.read_text("utf-8"))
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    error = jsonschema.exceptions.best_match(errors)
    if error is not None:
        raise ConfigError(f"{error.json_path}: {error.message}")
