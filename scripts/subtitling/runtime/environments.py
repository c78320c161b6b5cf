"""Select and check the interpreter of an engine that has an environment of its own.

Snakemake falls back to its own Python silently where conda or a module is missing, so the stage
looks for itself.
"""

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling import paths

ENVS = paths.ENVS
# The packages by which this environment differs from the main one.
_TELLING = ("transformers", "indictranstoolkit")


def pins(environment: str) -> dict[str, str]:
    """The pinned versions by package, from `envs/<environment>.yaml`."""
    import yaml

    listed = yaml.safe_load((ENVS / f"{environment}.yaml").read_text("utf-8"))
    return dict(pin.split("==") for pin in listed["dependencies"][-1]["pip"])


def interpreter(environment: str, built: Path) -> Path:
    """The current interpreter if it has the pinned packages, as with conda or a module; else the
    one that `make envs` built: `built`, as seen from the current folder or from the code's. Raises
    Problem if there is none."""
    wanted = pins(environment)
    if all(_installed(package) == wanted[package] for package in _TELLING):
        return Path(sys.executable)
    for place in (built, paths.ROOT / built):
        if place.is_file():
            return place.absolute()
    raise Problem(
        f"{built} is missing: {environment} has an environment of its own; build it with "
        f"`{paths.make('envs')}`, run with --sdm conda, or name its Python in indictrans2.python"
    )


def check(environment: str, python: Path, packages: dict[str, Any]) -> None:
    """Raise Problem unless the worker's packages have the pinned versions of the environment."""
    wanted = pins(environment)
    for package in _TELLING:
        if packages.get(package) != wanted[package]:
            raise Problem(
                f"{python} has {package} {packages.get(package)}, not {wanted[package]} as "
                f"envs/{environment}.yaml has it: build the environment with `{paths.make('envs')}`"
            )


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
