"""A house to run the workflow in, and where the checkout and its data are."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import forked_snakemake

from subtitling.media import containers, ffmpeg
from subtitling.workflow import levels

ROOT = Path(__file__).parents[2]


DATA = ROOT / "tests" / "data"


def raw_configured() -> dict[str, Any]:
    """The configuration as it is where a user sets nothing, from the schema."""
    schema = json.loads((ROOT / "config" / "config.schema.json").read_text("utf-8"))

    def of(rule: dict[str, Any]) -> Any:
        if "properties" in rule:
            return {key: of(value) for key, value in rule["properties"].items()}
        return rule["default"]

    result: dict[str, Any] = of(schema)
    return result


def configured() -> dict[str, Any]:
    """The same for a film, with what `quality` chooses where the store is empty."""
    result = raw_configured()
    nothing = levels.Host(result["device"], None)
    choice = levels.choose(result, nothing, levels.Film("auto", ()), {})
    return levels.settings(result, choice)


_RECORDS = {"manifest.json", "stage.log", "model.json", "ledger.jsonl", ".origin.json"}


def own_store(store: Path, target: Path) -> None:
    """A model store to run on, made of another: its record copied, so that a line added to the
    ledger is not added to the user's, and its weights linked, which are only ever replaced."""

    def take(source: str, there: str) -> str:
        if Path(source).name in _RECORDS:
            return str(shutil.copy2(source, there))
        try:
            os.link(source, there)
        except OSError as error:  # another file system
            if error.errno != errno.EXDEV:
                raise
            shutil.copy2(source, there)
        return there

    # No better models than a clean store has, which `quality` would choose.
    lists = [*levels.RECOGNISERS.values(), *levels.SEPARATORS.values()]
    better = {row.model for some in lists for row in some[:-1]}
    left = shutil.ignore_patterns(*better - {some[-1].model for some in lists})
    shutil.copytree(store, target, copy_function=take, ignore=left)


@cache
def snakemake() -> forked_snakemake.Calls:
    """The one of this process."""
    return forked_snakemake.Calls()


class House:
    """A copy of the workflow to run and to break, with the models of the checkout."""

    def __init__(self, path: Path):
        self.path = path
        path.mkdir()
        for name in (
            "Snakefile",
            "rules",
            "scripts",
            "lineage",
            "config",
            "profiles",
            "report",
            "gpu",
            "slurm",
            "envs",
        ):
            here = ROOT / name
            if here.is_dir() and not here.is_symlink():
                # Compiled modules go along: they fit as long as the time stamps do.
                shutil.copytree(here, path / name, symlinks=True)
            else:
                shutil.copy2(here, path / name, follow_symlinks=False)
        own_store(ROOT / "models", path / "models")
        (path / "in").mkdir()

    def command(self, *arguments: str) -> list[str]:
        """The argument list of a call of snakemake."""
        return [sys.executable, "-m", "snakemake", *arguments]

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Call snakemake here and wait; its output is one text."""
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        done = snakemake().call(arguments, self.path, environment)
        assert not check or done.returncode == 0, done.stdout
        return done

    def planned(self, *arguments: str) -> list[str]:
        """The rules that a call would run, each once, targets left out."""
        # Some profiles hide the table of jobs.
        done = self.run("--quiet", "host", "--dry-run", *arguments)
        table = re.findall(r"^(\w+) +\d+$", done.stdout, re.M)
        return sorted(set(table) - {"subtitle", "translate", "transcribe", "models", "total"})


def clip(sound: Path, film: Path, seconds: float, start: float = 0.0) -> Path:
    """A film of a plain picture and a stretch of `sound`, written to `film`."""
    ffmpeg.run([
        "-f", "lavfi", "-i", "color=c=navy:size=320x180:rate=25", "-ss", str(start),
        "-t", str(seconds), *ffmpeg.source(sound), "-map", "0:v", "-map", "1:a", "-shortest",
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-f", "matroska",
        containers.url(film),
    ])  # fmt: skip
    return film
