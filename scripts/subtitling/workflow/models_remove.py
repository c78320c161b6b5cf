"""`sutradhar models remove`: a model's files are deleted from the store, and its entry from the
person's own list."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lineage import terminal
from lineage.problem import Problem
from subtitling import documents, paths
from subtitling.models import adding, catalogue, errors, local_list, removing, store
from subtitling.models.offers.offer import fits
from subtitling.text.suggestions import meant
from subtitling.workflow import models_list, questions


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sutradhar models remove`."""
    parser.add_argument("name", help="of the model, as `sutradhar models list` has it")
    parser.add_argument(
        "--keep-entry", action="store_true", help="delete the files only; they can be fetched again"
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--configfile", action="append", default=[], type=Path, metavar="FILE")


def main(given: argparse.Namespace) -> int:
    """Delete a model's files from the store, and its entry from your own list. Its record stays,
    and so do folders that are linked into the store, and files that are none of the model's."""
    name, listed = given.name, catalogue.listed()
    folder = paths.STORE / name
    if not fits(name, "name") or not (name in listed or folder.is_dir() or folder.is_symlink()):
        raise Problem(f"{name}: no such model{meant(name, listed) or '; `sutradhar models list`'}")
    with adding.alone(name):
        return _remove(given, folder, catalogue.listed())


def _remove(given: argparse.Namespace, folder: Path, listed: Mapping[str, Any]) -> int:
    name = given.name
    unlisted = name in catalogue.local() and not given.keep_entry
    holding = removing.look(folder, _files(folder, listed.get(name, {}).get("files", {})))
    if name not in listed and not (holding.files or holding.link):
        raise Problem(f"{folder}: no list names its files; delete it by hand if nothing needs it")
    if not (unlisted or holding.files or holding.link):
        raise Problem(f"{name}: the store has none of its files; {_remains(name)}")
    for line in _what(holding, unlisted):
        print(terminal.line(line))
    if used := list(models_list.keys(models_list.configured(given.configfile), name)):
        print(f"the configuration names it: {', '.join(used)}")
    if not (given.yes or questions.agreed("Delete it?")):
        print("nothing was deleted")
        return 1
    removing.delete(holding)
    if unlisted:
        local_list.remove(name)
    else:
        print(_remains(name))
    return 0


def _files(folder: Path, listed: dict[str, str]) -> set[str]:
    """The names of a model's files, by the catalogue and by what another list put there."""
    inventory = folder / removing.INVENTORY
    if folder.is_symlink() or not inventory.is_file() or store.failure(inventory):
        return set(listed)
    return {*listed, *documents.load(documents.StoredModel, inventory).files}


def _what(holding: removing.Holding, unlisted: bool) -> list[str]:
    """What will be deleted and what will not, a line each."""
    lines = []
    if holding.link:
        lines.append(f"{holding.link}: the link; {holding.link.resolve()} stays as it is")
    elif holding.files:
        size = terminal.size(holding.size_bytes)
        lines.append(f"{holding.folder}: {len(holding.files)} files, {size}")
    if paths.STORE.is_symlink() and (holding.link or holding.files):
        lines.append(f"the store is {paths.STORE.resolve()}, which other projects may share")
    if unlisted:
        lines.append(f"{paths.LOCAL_MODELS}: its entry, with the checksums of its first download")
    lines += [f"{path} stays: it is none of the model's files" for path in holding.others]
    return lines


def _remains(name: str) -> str:
    return f"{name} stays listed; `{errors.command(name)}` fetches it again"
