"""What several tests share: the defaults, real media, and a house to run the workflow in."""

import errno
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from subtitling.media import media

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"


def configured() -> dict[str, Any]:
    """The configuration as it is where a user sets nothing, from the schema."""
    schema = json.loads((ROOT / "config" / "config.schema.json").read_text("utf-8"))

    def of(rule: dict[str, Any]) -> Any:
        if "properties" in rule:
            return {key: of(value) for key, value in rule["properties"].items()}
        return rule["default"]

    result: dict[str, Any] = of(schema)
    return result


@pytest.fixture(scope="session")
def defaults() -> dict[str, Any]:
    """The same, for a test."""
    return configured()


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

    shutil.copytree(store, target, copy_function=take)


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
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
        )
        assert not check or done.returncode == 0, done.stdout
        return done

    def planned(self, *arguments: str) -> list[str]:
        """The rules that a call would run, each once, targets left out."""
        # Some profiles hide the table of jobs.
        done = self.run("--quiet", "host", "--dry-run", *arguments)
        table = re.findall(r"^(\w+) +\d+$", done.stdout, re.M)
        return sorted(set(table) - {"subtitle", "translate", "transcribe", "models", "total"})


@pytest.fixture(scope="module")
def engines_offline() -> Iterator[None]:
    """Gives the environment back: engines go offline for good, other tests speak to loopback."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@contextmanager
def fetching_models() -> Iterator[None]:
    """One process at a time: the lock is on the folder of the checkout, and leaves no file."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@pytest.fixture(scope="session")
def models() -> Path:
    """The checkout's model store, filled as a user fills it."""
    wanted = ["models", "models/firefox-en-pt/model.json", "models/firefox-pt-en/model.json"]
    # The workers of pytest-xdist would all fetch them.
    with fetching_models():
        subprocess.run([sys.executable, "-m", "snakemake", *wanted], cwd=ROOT, check=True)
    return ROOT / "models"


@pytest.fixture
def house(tmp_path: Path, models: Path) -> House:  # noqa: ARG001 - the store must be there
    """A house of its own for one test."""
    return House(tmp_path / "house")


@pytest.fixture(scope="session")
def small_nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small NLLB of random weights, converted as the real one is."""
    folder = tmp_path_factory.mktemp("small") / "nllb"
    builder = [sys.executable, str(ROOT / "tests" / "tiny_models.py"), "nllb", str(folder)]
    subprocess.run(builder, check=True, capture_output=True)
    return folder


def clip(sound: Path, film: Path, seconds: float, start: float = 0.0) -> Path:
    """A film of a plain picture and a stretch of `sound`, written to `film`."""
    media.run([
        "-f", "lavfi", "-i", "color=c=navy:size=320x180:rate=25", "-ss", str(start),
        "-t", str(seconds), *media.source(sound), "-map", "0:v", "-map", "1:a", "-shortest",
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-f", "matroska", media.url(film),
    ])  # fmt: skip
    return film
