"""Adapter to parts of Snakemake beyond its public interface: the parsed rules, and the object that
a rule passes to its script."""

import os
import re
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lineage.problem import Problem
from subtitling import paths


@dataclass(frozen=True)
class StageJob:
    """One run of a stage's script: the script, and the object that it gets as `snakemake`."""

    script: Path
    given: Any


def stages_import_from(folder: str) -> None:
    """Let the processes of stages look for modules in `folder` first, before the checkout that the
    environment was set up from: the record names this checkout's code as what ran."""
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    others = [place for place in places if place not in ("", folder)]
    os.environ["PYTHONPATH"] = os.pathsep.join([folder, *others])


def stages_import_packages(folder: str) -> None:
    """The same for `folder`'s packages alone, after what the caller of Snakemake named itself: by
    links to them in Snakemake's folder of this workflow."""
    place = Path(".snakemake", "sutradhar").absolute()
    place.mkdir(parents=True, exist_ok=True)
    for package in ("lineage", "subtitling"):
        link, target = place / package, Path(folder, package).resolve()
        if link.resolve() != target:
            new = place / f"{package}.{os.getpid()}"
            new.symlink_to(target)
            new.replace(link)
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    others = [each for each in places if each not in ("", str(place))]
    os.environ["PYTHONPATH"] = os.pathsep.join([*others, str(place)])


def end_at_any_time() -> None:
    """Let SIGTERM, by which a cluster, systemd and containers end a run, do so at any time.

    Snakemake's handler takes a lock that is held while jobs are chosen. A signal in that moment
    made it wait for itself, for ever; in a thread of its own it waits for the choice to be made.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler):
        signal.signal(
            signal.SIGTERM, lambda *given: threading.Thread(target=handler, args=given).start()
        )


def make_again(workflow: Any, files: Iterable[str]) -> None:
    """Let the plan that Snakemake is making run the jobs of files that exist.

    There is no public way: `--forcerun` is of the command line, which a rule can't add to, and a
    parameter that says that a record is missing would differ once more in the next run. Raises
    Problem where Snakemake keeps these files elsewhere, so that no lost record stays unnoticed.
    """
    forced = getattr(workflow.dag, "forcefiles", None)
    if not isinstance(forced, set):
        raise Problem(f"Snakemake {version('snakemake')} keeps no set of the files to make again")
    forced.update(files)


@contextmanager
def loaded(snakefile: Path, config: Sequence[Path] = (), cores: int = 2) -> Iterator[Any]:
    """The workflow of a Snakefile, read in the current folder. Raises Problem where it can't be."""
    from snakemake.api import SnakemakeApi
    from snakemake.exceptions import WorkflowError
    from snakemake.settings.enums import Quietness
    from snakemake.settings.types import (
        ConfigSettings,
        DAGSettings,
        OutputSettings,
        ResourceSettings,
    )

    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        try:
            workflow_api = api.workflow(
                resource_settings=ResourceSettings(cores=cores),
                config_settings=ConfigSettings(configfiles=config),
                snakefile=snakefile,
            )
            workflow = workflow_api._workflow
        except SystemExit as end:  # it said what is wrong with the configuration
            raise Problem(str(end)) from end
        except (WorkflowError, SyntaxError) as error:
            raise Problem(f"{snakefile}: Snakemake cannot read it: {error}") from error
        workflow.dag_settings = DAGSettings()
        yield workflow


def snakefile() -> Path:
    """The Snakefile of the current folder, or where there is none the project's own."""
    here = Path("Snakefile")
    return here if here.is_file() else paths.ROOT / "Snakefile"


def rules(folder: Path) -> Any:
    """The rules of the workflow in `folder`. Problem where there is none."""
    snakefile = folder / "Snakefile"
    if not snakefile.is_file():
        raise Problem(f"{folder}: no Snakefile in it; give the folder of the workflow")
    with chdir(folder), loaded(snakefile) as workflow:
        return list(workflow.rules)


def stage_job(workflow: Any, folder: str) -> StageJob:
    """The job that makes the stage folder `folder`, as out/tale/06_asr, from its rule's own input
    functions and parameters. Problem where no rule makes it, or where what it reads is missing."""
    from snakemake.exceptions import WorkflowError
    from snakemake.iocontainers import Wildcards
    from snakemake.script import Snakemake

    rule, names = rule_of(workflow, f"{folder}/manifest.json")
    wildcards = Wildcards(fromdict=names)
    try:
        inputs, *_ = rule.expand_input(wildcards)
        outputs, _ = rule.expand_output(wildcards)
        resources = rule.expand_resources(wildcards, inputs, 1)
        aside = SimpleNamespace(resources=resources, threads=resources._cores, is_checkpoint=False)
        params, *_ = rule.expand_params(wildcards, inputs, outputs, aside)
        log = rule.expand_log(wildcards)
    except WorkflowError as error:
        said = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = next((line for line in said if not line.endswith(":")), "no reason given")
        raise Problem(f"{folder}: {reason}") from error
    missing = [str(path) for path in inputs if not Path(path).exists()]
    if missing:
        raise Problem(f"{folder}: make what it reads first: {', '.join(missing)}")
    script = (Path(rule.snakefile).parent / rule.script).resolve()
    given = Snakemake(
        inputs, outputs, params, wildcards, resources._cores, resources, log, workflow.config,
        rule.name, None, str(script.parent),
    )  # fmt: skip
    return StageJob(script, given)


def named_list(kind: type, values: Mapping[str, Any]) -> Any:
    """One of Snakemake's named lists, as `InputFiles`; a value may be a list of files."""
    from snakemake.iocontainers import Params

    made = kind()
    for name, value in values.items():
        start = len(made)
        several = isinstance(value, list) and kind is not Params
        made.extend(value if several else [value])
        made._set_name(name, start, end=len(made) if several else None)
    return made


def rule_of(workflow: Any, manifest: str) -> tuple[Any, Mapping[str, str]]:
    """The rule with this manifest, the first by the order of rules, and its wildcards."""
    making = []
    for rule in workflow.rules:
        pattern = dict(rule.log.items()).get("manifest")
        match = re.fullmatch(pattern.regex(), manifest) if pattern else None
        if match and _allowed(rule, match.groupdict()):
            making.append((rule, match.groupdict()))
    if making:
        first = max(rule for rule, _ in making)
        return next(pair for pair in making if pair[0] == first)
    raise Problem(f"{manifest}: no rule makes it; name a stage's folder, as out/tale/06_asr")


def _allowed(rule: Any, wildcards: Mapping[str, str]) -> bool:
    """Whether a rule's constraints, which its logs do not have, allow these wildcards."""
    constraints = rule.wildcard_constraints.items()
    return all(
        re.fullmatch(some, wildcards[name]) for name, some in constraints if name in wildcards
    )
