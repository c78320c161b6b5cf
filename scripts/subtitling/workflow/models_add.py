"""`sutradhar models add`: a model of a hub, of Firefox's, of a folder or a web server is added to
the person's own list and put into the store."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from lineage import terminal
from lineage.problem import Problem
from subtitling import paths
from subtitling.models import adding, catalogue, kinds, licences, local_list, risks
from subtitling.models.adding import Plan
from subtitling.models.offers import references
from subtitling.models.sources.base import Call
from subtitling.workflow import levels, models_list, questions

_MOST_NAMES = 12  # of files, in a list of them


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sutradhar models add`."""
    parser.add_argument("reference", help=references.FORMS)
    parser.add_argument("--name", help="of the model here, instead of the one that it brings")
    parser.add_argument("--licence", help="SPDX identifier, where its card does not name it")
    parser.add_argument("--licence-url", help="https page with the licence")
    parser.add_argument(
        "--file", action="append", default=[], help="a file at an address; may be repeated"
    )
    parser.add_argument("--allow-code", action="store_true", help="take program code, too")
    parser.add_argument("--allow-pickles", action="store_true", help="take pickles, too")
    parser.add_argument(
        "--limit-gb", type=_gigabytes, default=20, help="most to be fetched; default: 20"
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--configfile", action="append", default=[], type=Path, metavar="FILE")


def main(given: argparse.Namespace) -> int:
    """Add a model to your own list, config/models.local.yaml. It shows what the source has, its
    licence and size, and fetches it; then it shows the entry with the checksums of what came, and
    writes it. It says which lines of the configuration use the model."""
    if not Path("Snakefile").is_file():
        raise Problem(
            f"{Path.cwd()} is no project: go to one, or make one with `sutradhar init FOLDER`"
        )
    config = models_list.configured(given.configfile)
    listed = catalogue.listed()
    calls: list[Call] = []
    offer = references.look_up(given.reference, calls, given.file)
    plan = adding.plan(offer, kinds.recognise(offer), _wishes(given), listed)
    with adding.alone(plan.name):
        # It may have been added while this command asked the source.
        adding.check_name(plan.name, catalogue.listed())
        return _add(plan, calls, config, asks=not given.yes)


def _add(plan: Plan, calls: list[Call], config: Mapping[str, Any], *, asks: bool) -> int:
    adding.check_free(paths.STORE / plan.name)
    print(*map(terminal.line, summary(plan)), sep="\n")
    if asks and not questions.agreed("Fetch it?"):
        print("nothing was fetched")
        return 1
    entry = _fetched(plan, calls)
    print(*map(terminal.line, local_list.shown(plan.name, entry).splitlines()), sep="\n")
    if asks and not questions.agreed(f"Write this into {paths.LOCAL_MODELS}?"):
        adding.leave(plan)
        print("nothing was added; what was fetched is deleted")
        return 1
    # The entry first: what is listed and not here can be fetched, what is here and not listed is
    # nobody's.
    adding.check_free(paths.STORE / plan.name, entry["files"])
    local_list.add(plan.name, entry)
    adding.put_into_store(plan, entry)
    print(f"{plan.name} is in {paths.STORE} and listed in {paths.LOCAL_MODELS}")
    print(*map(terminal.line, advice(plan, config)), sep="\n")
    return 0


def _gigabytes(text: str) -> float:
    value = float(text)
    if not 0 < value < 10**6:
        raise ValueError
    return value


def _wishes(given: argparse.Namespace) -> adding.Wishes:
    allowed = {risks.CODE: given.allow_code, risks.PICKLE: given.allow_pickles}
    return adding.Wishes(
        given.name,
        given.licence,
        given.licence_url,
        [kind for kind, allows in allowed.items() if allows],
        int(given.limit_gb * 10**9),
    )


def _fetched(plan: Plan, calls: list[Call]) -> dict[str, Any]:
    """Fetch and finish a model. Raises Problem where the person interrupts it."""
    try:
        adding.fetch(plan, calls, questions.progress("fetched"))
        if plan.kind.is_converted:
            print("converting it for CTranslate2", file=sys.stderr)
        return adding.finish(plan)
    except KeyboardInterrupt:
        raise Problem(f"interrupted; the same command goes on from {plan.area}") from None


def summary(plan: Plan) -> Iterator[str]:
    """What is to be fetched, a line each."""
    offer, kind = plan.offer, plan.kind
    risky = risks.by_name(kind.files)
    total = plan.size_bytes
    yield offer.label
    yield f"  what      {kind.title}{', to be converted for CTranslate2' * kind.is_converted}"
    yield f"  name      {plan.name}"
    commercial = licences.commercial(plan.licence)
    yield f"  licence   {plan.licence} (commercial use: {commercial}), {plan.licence_url}"
    if offer.gate:
        yield f"  gated     its licence must be accepted on {offer.gate}; it is, with your token"
    yield f"  files     {len(kind.files)}, {terminal.size(total) if total else 'of unknown size'}"
    for name in kind.files[:_MOST_NAMES]:
        size = offer.files[name].size_bytes
        mark = f"  {risky[name]}" if name in risky else ""
        yield f"    {name}  {'?' if size is None else terminal.size(size)}{mark}"
    if len(kind.files) > _MOST_NAMES:
        yield f"    and {len(kind.files) - _MOST_NAMES} more"
    if left := [name for name in offer.files if name not in kind.files]:
        yield f"  left out  {_some(left)}"
    if offer.left_out:
        yield f"  refused   for their names: {_some(offer.left_out)}"


def _some(names: Any) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(map(repr, names[:_MOST_NAMES])) + (f" and {more} more" if more > 0 else "")


def advice(plan: Plan, config: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the configuration that use a model, where they are not there yet."""
    if not plan.kind.keys:
        yield "no key of the configuration is known for this kind of model; see docs/models.md"
        return
    wanted = settings(plan.kind.keys, plan.name, config)
    if "asr" in wanted and plan.is_of_one_language and not config["whisper"]["model"]:
        # Empty, it is the recogniser's.
        wanted["whisper"] = {"model": _translator(config)}
        yield "a Whisper that was trained on one language may translate no more: keep one that does"
    if wanted:
        yield "to use it, write into config/config.yaml:"
    else:
        yield f"the configuration uses it already: {', '.join(plan.kind.keys)}"
    for section, value in wanted.items():
        flow = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6)
        yield f"  {section}: {flow.strip()}"
    if any("indictrans2" in key for key in plan.kind.keys):
        yield f"and build its environment once: {paths.make('envs')}"


def _translator(config: Mapping[str, Any]) -> str:
    """The Whisper that translates sound, also where `quality` chooses it."""
    film = levels.Film(levels.AUTO, tuple(config["target_languages"]))
    return levels.choose(config, levels.of_host(config), film, catalogue.listed()).whisper


def settings(
    keys: Mapping[str, Any], name: str, config: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What to write, by section: the keys whose value is another now. A table replaces the
    default's whole, so it has the rows that are there; engines that `quality` takes by itself need
    none."""
    wanted: dict[str, dict[str, Any]] = {}
    for key, value in keys.items():
        section, _, last = key.partition(".")
        now = config[section][last]
        if now == levels.AUTO and isinstance(value, Mapping):
            by_itself = {*levels.BEFORE[config["quality"]]} >= {*value.values()}
            now = value if by_itself else levels.ENGINES
        if isinstance(value, Mapping):
            rows = {row: name if each == kinds.NAME else each for row, each in value.items()}
            there = {row: each for row, each in now.items() if row not in rows}
            value = now if rows.items() <= now.items() else {**there, **rows}
        elif value == kinds.NAME:
            value = name
        if value != now:
            wanted.setdefault(section, {})[last] = value
    return wanted
