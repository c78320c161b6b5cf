"""The offer of a source: files with their sizes, licence, settings."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lineage import untrusted
from lineage.problem import Problem
from subtitling.models import catalogue, removing

CONFIG = "config.json"
MOST_BYTES = 16 << 20  # of a list of files, or of a text such as CONFIG
_MOST_NAME = 50  # characters


@dataclass(frozen=True)
class Announced:
    """A file as its source announces it; None for what it does not say."""

    size_bytes: int | None
    sha256: str | None = None


@dataclass(frozen=True)
class Offer:
    """What a source has. `label` says where and at which revision, `name` is a name for the model,
    `source` the source as an entry of the catalogue has it.

    `left_out` are names that no file in the store can have. `config` is the content of CONFIG,
    empty where there is none. `licence` is SPDX's name, None where the source states none. `pair`
    are the languages of a translator that has only one pair. `gate` is the page where the licence
    must be accepted first.
    """

    label: str
    name: str
    source: Mapping[str, Any]
    files: Mapping[str, Announced]
    left_out: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    licence: str | None = None
    licence_url: str | None = None
    languages: tuple[str, ...] = ()
    pair: tuple[str, str] | None = None
    gate: str | None = None


def parted(names: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """The names that files in the store can have, and the others, among them those that the store
    has for files of its own; names with a part that begins with a dot, as `.gitattributes`, are in
    neither."""
    usable, others = [], []
    for name in names:
        if fits(name, "file") and name not in (removing.INVENTORY, *removing.RECORD):
            usable.append(name)
        elif not re.fullmatch(r"(\w[\w.-]*/)*\.\w[\w./-]*", name):
            others.append(name)
    return usable, tuple(others)


@cache
def fits(text: str, *place: str) -> bool:
    """Whether a text can be a value of the catalogue, by the pattern at a place of its schema's
    definitions."""
    rule = json.loads(catalogue.SCHEMA.read_text("utf-8"))["$defs"]
    for key in place:
        rule = rule[key]
    return bool(re.fullmatch(rule["pattern"], text))


def settings(text: bytes, place: str) -> dict[str, Any]:
    """The settings in a CONFIG. Raises Problem, with its place, for what is no JSON object."""
    try:
        value = untrusted.json_value(text)
    except untrusted.Refused as error:
        raise Problem(f"{place}: {error}") from error
    if not isinstance(value, dict):
        raise Problem(f"{place}: no settings of a model, but {untrusted.quoted(value)}")
    return value


def model_name(text: str) -> str:
    """A name for a model made of another text: small letters, digits and hyphens."""
    return re.sub("[^a-z0-9]+", "-", text.casefold())[:_MOST_NAME].strip("-") or "model"


def texts(value: object) -> tuple[str, ...]:
    """The short texts of a value that may be a text or a list of texts."""
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str) and len(each) < 100)
