"""The catalogue of models, checked and read: config/models.yaml, and beside it the models that a
person has added, in config/models.local.yaml of the project folder."""

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
    """One model: `files` maps file names to SHA-256 sums, `sources` is tried in order.
    `first_trust` says when and whence the files came that the sums of an added model are of."""

    name: str
    licence: str
    licence_url: str
    size_bytes: int
    files: Mapping[str, str]
    sources: tuple[Source, ...]
    first_trust: Mapping[str, str] | None = None

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
    """Read one list: model name -> Model. Raises ConfigError naming the file and the key."""
    return {name: Model._of(name, entry) for name, entry in raw(path).items()}


def raw(path: Path | str) -> dict[str, Any]:
    """One list as plain values by model name, for rules to pass on; checked."""
    try:
        document = tables.read(path)
        check(document)
    except (ConfigError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return dict(document["models"])


def listed() -> dict[str, Any]:
    """All models that are listed: the project's own, then those that a person has added, as `raw`
    has them. Raises ConfigError where one that was added has the name of the project's."""
    shipped, added = raw(paths.MODELS), local()
    if twice := sorted(shipped.keys() & added.keys()):
        raise ConfigError(
            f"{paths.LOCAL_MODELS}: {', '.join(twice)}: config/models.yaml has a model of that "
            "name; give yours another one"
        )
    return {**shipped, **added}


def local() -> dict[str, Any]:
    """The models that a person has added in the current folder, as `raw` has them; empty where
    there are none."""
    try:
        return raw(paths.LOCAL_MODELS) if paths.LOCAL_MODELS.is_file() else {}
    except ConfigError as error:
        raise ConfigError(
            f"{error}; correct that by hand, or delete the file and add its models again"
        ) from error


def check(document: object) -> None:
    """Raise ConfigError, naming the key, where the shape is not that of the schema."""
    import jsonschema

    schema = json.loads(SCHEMA.read_text("utf-8"))
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    error = jsonschema.exceptions.best_match(errors)
    if error is not None:
        raise ConfigError(f"{error.json_path}: {error.message}")
