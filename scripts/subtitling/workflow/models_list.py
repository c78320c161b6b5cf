"""`sutradhar models list`: the models that are listed, and those that are in the store."""

import argparse
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage import terminal
from subtitling import paths
from subtitling.models import catalogue, licences
from subtitling.models.offers import known

_CONFIG = Path("config/config.yaml")
_HEADS = ("model", "size", "in the store", "licence", "commercial use", "named by")


# The keys that may be left to `quality`.
_CHOSEN = ("asr.model", "separation.model", "translation.engines")


@dataclass(frozen=True)
class Row:
    """A model: `is_here` says whether all of its files are in the store, `named_by` has the keys
    of the configuration that name it, `is_added` whether it is in the person's own list."""

    name: str
    size_bytes: int
    is_here: bool
    licence: str
    named_by: tuple[str, ...]
    is_added: bool

    def cells(self) -> tuple[str, ...]:
        """What the table says of it, by column."""
        name = f"{self.name} (added)" if self.is_added else self.name
        return (
            name,
            terminal.size(self.size_bytes),
            "yes" if self.is_here else "no",
            self.licence,
            licences.commercial(self.licence),
            ", ".join(self.named_by) or "-",
        )


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sutradhar models list`."""
    parser.add_argument("--here", action="store_true", help="only those that are in the store")
    parser.add_argument("--configfile", action="append", default=[], type=Path, metavar="FILE")


def main(given: argparse.Namespace) -> int:
    """List all models: size, whether in the store, licence, commercial use or not, and the keys of
    the configuration that name each."""
    config = configured(given.configfile)
    every = rows(config)
    print(*table(row for row in every if row.is_here or not given.here), sep="\n")
    if given.here:
        return 0
    level, chosen = config["quality"], [key for key in _CHOSEN if _value(config, key) == "auto"]
    if chosen:
        print(
            f"\nquality {level} chooses {', '.join(chosen)}; `sutradhar doctor` says which models"
        )
    print(
        "",
        "known, but not listed yet; with licence, and commercial use or not:",
        *to_add({row.name for row in every}),
        sep="\n",
    )
    return 0


def _value(config: Mapping[str, Any], key: str) -> Any:
    section, _, last = key.partition(".")
    return config[section][last]


def rows(config: Mapping[str, Any]) -> list[Row]:
    """All models of both lists, in their order."""
    added = catalogue.local()
    return [
        Row(
            name,
            entry["size_bytes"],
            all((paths.STORE / name / file).is_file() for file in entry["files"]),
            entry["licence"],
            tuple(keys(config, name)),
            name in added,
        )
        for name, entry in catalogue.listed().items()
    ]


def table(listed: Iterable[Row]) -> list[str]:
    """The lines of the table, below its heads."""
    cells = [_HEADS, *(row.cells() for row in listed)]
    return _aligned(cells)


def _aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [terminal.line("  ".join(map(str.ljust, row, widths)).rstrip()) for row in cells]


def to_add(listed: Collection[str]) -> list[str]:
    """The models that one command adds to those that are listed, a line each."""
    cells = [
        (f"  {known.command(name)}", model.licence, licences.commercial(model.licence))
        for name, model in known.KNOWN.items()
        if name not in listed
    ]
    return _aligned(cells)


def keys(value: Any, name: str, above: Sequence[str] = ()) -> Iterator[str]:
    """The keys of the configuration whose value is this name, as `asr.model`."""
    if value == name:
        yield ".".join(above)
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list):
        items = (("", each) for each in value)
    for key, each in items:
        yield from keys(each, name, (*above, *([str(key)] if key != "" else [])))


def configured(files: Sequence[Path]) -> dict[str, Any]:
    """The configuration of the current folder with its defaults. Raises Problem for a wrong one."""
    from subtitling.workflow import configuration

    configuration.check_files({"--configfile": map(str, files)})
    return configuration.load([*([_CONFIG] if _CONFIG.is_file() else []), *files])
