"""A person's own list of models, config/models.local.yaml: entries written and deleted, comments
and other entries left as they are."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lineage import files, locks
from lineage.problem import Problem
from subtitling import paths
from subtitling.models import catalogue

_BEGINNING = """\
# Models that `sutradhar models add` added, beside those of config/models.yaml. Their checksums are
# those of the files that came then (first_trust); every later download must have the same.
models:
"""


def add(name: str, entry: Mapping[str, Any], path: Path = paths.LOCAL_MODELS) -> None:
    """Write an entry at the end of the list, after any command that changes it at this moment.
    Raises Problem where the list cannot take it, or has one of the name."""
    with locks.held(_lock(path)):
        listed = _read(path)
        if name in listed:
            raise Problem(f"{path}: there is a model {name} already")
        before = path.read_text("utf-8") if path.is_file() else _BEGINNING
        models = _models(before)
        if models and not before.endswith("\n"):
            before += "\n"
        column = models[0][0].start_mark.column if models else 2
        _replace(path, f"{before}{shown(name, entry, column)}", {**listed, name: dict(entry)})


def remove(name: str, path: Path = paths.LOCAL_MODELS) -> None:
    """Delete an entry, and the list with its last one. Raises Problem where it has none of the
    name, or is not written in lines."""
    with locks.held(_lock(path)):
        left = _read(path)
        if name not in left:
            raise Problem(f"{path}: no model {name}")
        del left[name]
        if not left:
            path.unlink()
            return
        text = path.read_text("utf-8")
        models = _models(text)
        starts = [key.start_mark.line for key, _ in models]
        at = [key.value for key, _ in models].index(name)
        lines = text.splitlines(keepends=True)
        end = starts[at + 1] if at + 1 < len(starts) else models[at][1].end_mark.line
        _replace(path, "".join(lines[: starts[at]] + lines[end:]), left)


def shown(name: str, entry: Mapping[str, Any], column: int = 2) -> str:
    """An entry as it is written into the list."""
    text = yaml.safe_dump({name: dict(entry)}, sort_keys=False, allow_unicode=True, width=100)
    return textwrap.indent(text, " " * column)


def _lock(path: Path) -> Path:
    """The file whose lock a command holds while it changes the list, which is replaced itself."""
    return path.with_name(f".{path.name}.lock")


def _read(path: Path) -> dict[str, Any]:
    return catalogue.raw(path) if path.is_file() else {}


def _models(text: str) -> list[tuple[yaml.Node, yaml.Node]]:
    """The names and entries of a list as YAML's nodes, which know their lines."""
    root = yaml.compose(text, yaml.SafeLoader)
    entries = root.value[0][1] if isinstance(root, yaml.MappingNode) else None
    return list(entries.value) if isinstance(entries, yaml.MappingNode) else []


def _replace(path: Path, text: str, wanted: Mapping[str, Any]) -> None:
    """Write the list, if it then says what is wanted."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        document = None
    if document != {"models": dict(wanted)}:
        raise Problem(
            f"{path}: it is not written line by line, as YAML's blocks; correct it by hand"
        )
    catalogue.check(document)
    files.replace_text(path, text)  # as it is: the path of a folder may not be in NFC
