"""`sutradhar models get`: the models of a level of `quality`, for hosts without a network."""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lineage import terminal
from lineage.problem import Problem
from subtitling import paths
from subtitling.models import catalogue, licences
from subtitling.recognition import registry as recognisers
from subtitling.text import languages
from subtitling.workflow import films, levels, models_list
from subtitling.workflow.snakemake_adapter import snakefile

_MB_PER_GB = 1000


@dataclass(frozen=True)
class Wanted:
    """A model that a level needs: its size, licence, and whether it is in the store."""

    name: str
    size_bytes: int
    licence: str
    is_here: bool


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sutradhar models get`."""
    parser.add_argument("level", choices=levels.LEVELS)
    parser.add_argument(
        "--for",
        dest="pairs",
        default=[],
        type=lambda text: text.split(","),
        metavar="PAIRS",
        help="pairs of languages, spoken and read, as hi-en,hi-ta; without it those of the "
        "configuration",
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), help="of the host that will use them")
    parser.add_argument(
        "--memory",
        type=float,
        metavar="GB",
        help="of that device; without it that of this host, or with another --device any",
    )
    parser.add_argument("--configfile", action="append", default=[], type=Path, metavar="FILE")
    parser.add_argument("-n", "--dry-run", action="store_true", help="list them, bring none")


def main(given: argparse.Namespace) -> int:
    """Bring all models of a level into the store, so that films can be made without a network. Keys
    of the configuration that name a model go before the level."""
    config = models_list.configured(given.configfile)
    config = {**config, "quality": given.level}
    at = host(config, given.device, given.memory)
    listed = catalogue.listed()
    config = {**config, "device": at.device}
    wanted = [film(pair) for pair in given.pairs] or films_of(config)
    rows = [
        Wanted(name, listed[name]["size_bytes"], listed[name]["licence"], name in at.store)
        for name in needed(config, at, wanted, listed)
    ]
    without = [*levels.untranslated(config, at, wanted, listed)]
    print(*lines(given.level, at, rows), *without, sep="\n", flush=True)
    missing = [row.name for row in rows if not row.is_here]
    if given.dry_run or not missing:
        return int(bool(without))
    targets = [f"{paths.STORE}/{name}/model.json" for name in missing]
    settings = ["--configfile", *map(str, given.configfile)] if given.configfile else []
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile())]
    command += [*settings, "--", *targets]
    return subprocess.run(command, check=False).returncode or int(bool(without))


def host(config: Mapping[str, Any], device: str | None, memory_gb: float | None) -> levels.Host:
    """The host that the models are for: this one, where nothing else is said of it."""
    here = levels.of_host(config)
    if device is None and memory_gb is None:
        return here
    if device not in (None, here.device):
        here = replace(here, device=device, memory_mb=None, off_device={})
    return here if memory_gb is None else replace(here, memory_mb=round(memory_gb * _MB_PER_GB))


def film(pair: str) -> levels.Film:
    """A film of a pair of languages. Raises Problem for what is none."""
    try:
        spoken, read = languages.pair(pair)
    except ValueError:
        raise Problem(f"--for {pair}: no pair of languages, spoken and read, as hi-en") from None
    for tag in (spoken, read):
        if wrong := languages.fault(tag):
            raise Problem(f"--for {pair}: {wrong}")
    return levels.Film(spoken, (read,))


def films_of(config: Mapping[str, Any]) -> list[levels.Film]:
    """The films of the current folder; where there is none, what the configuration says of the
    next."""
    spoken, targets = config["source_language"], tuple(config["target_languages"])
    table = Path(config["films"])
    if not table.is_file():  # outside of a project
        return [levels.Film(spoken, targets)]
    known = films.find(table, Path(config["inbox"]), spoken, targets).by_job
    rows = {(row.source_language, tuple(row.target_languages)) for row in known.values()}
    return [levels.Film(*row) for row in sorted(rows) or [(spoken, targets)]]


def needed(
    config: Mapping[str, Any],
    at: levels.Host,
    films: Sequence[levels.Film],
    listed: Mapping[str, Any],
) -> list[str]:
    """The models of a level and the others that every film needs, by name."""
    always = [config["sound_events"]["model"], config["vad"]["model"]]
    always += [name for name in config["vad"]["also"] if name in listed]
    always += [*config["alignment"]["models"].values()]
    always += [
        name
        for name in (config["sound_events"]["noises"], config["speakers"]["model"])
        if name != "none"
    ]
    asr = config["asr"]
    if ear := recognisers.second_ear(asr["second_ear"], asr["engine"], asr["model"], listed):
        always.append(ear[1])
    names = dict.fromkeys([*levels.wanted(config, at, films, listed), *always])
    if unknown := sorted(names.keys() - listed.keys()):
        raise Problem(
            f"{', '.join(unknown)}: in no list of models; `sutradhar models add` adds one"
        )
    return list(names)


def lines(level: str, at: levels.Host, rows: Sequence[Wanted]) -> list[str]:
    """What a level needs, as a table, and what is to be brought."""
    place = "a GPU" if at.device == "cuda" else "a CPU"
    memory = "" if at.memory_mb is None else f" with {at.memory_mb / _MB_PER_GB:.3g} GB"
    width = max(len(row.name) for row in rows)
    table = [
        f"  {row.name:{width}}  {terminal.size(row.size_bytes):>8}  "
        f"{'in the store' if row.is_here else 'to bring    '}  {row.licence}"
        + ("" if licences.commercial(row.licence) == "yes" else ", see its licence before use")
        for row in rows
    ]
    missing = [row for row in rows if not row.is_here]
    total = terminal.size(sum(row.size_bytes for row in missing))
    end = f"{len(missing)} to bring, {total}" if missing else "all are in the store"
    return [f"level {level} on {place}{memory}:", *table, end]
