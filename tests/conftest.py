"""What several tests share: the defaults, real media, and a house to run the workflow in."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from house import ROOT, House, configured, snakemake

# Each of pytest-xdist's processes has a core: threads of several on one spin, waiting for each
# other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def defaults() -> dict[str, Any]:
    """The same, for a test."""
    return configured()


@pytest.fixture(scope="module", autouse=True)
def own_environment() -> Iterator[None]:
    """Give the environment back after each file, and begin with one that belongs to no run.

    Engines go offline for good, where other tests speak to loopback; a workflow that is planned in
    this process names its run, to which every stage of another file would belong, too.
    """
    before = dict(os.environ)
    os.environ.pop("SUTRADHAR_RUN", None)
    yield
    os.environ.clear()
    os.environ.update(before)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that of two processes none is left with them at the end."""
    items.sort(key=lambda item: item.path.parent.name not in ("workflow", "stages"))


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
        done = snakemake().call(wanted, ROOT, os.environ)
    assert done.returncode == 0, done.stdout
    return ROOT / "models"


@pytest.fixture
def house(tmp_path: Path, models: Path) -> House:  # noqa: ARG001 - the store must be there
    """A house of its own for one test."""
    return House(tmp_path / "house")


@pytest.fixture(scope="session")
def small_nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small NLLB of random weights, converted as the real one is."""
    folder = tmp_path_factory.mktemp("small") / "nllb"
    builder = [
        sys.executable,
        str(ROOT / "tests" / "support" / "tiny_models.py"),
        "nllb",
        str(folder),
    ]
    subprocess.run(builder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for the tests that are marked `chromium.needed`."""
    import chromium

    with chromium.launched() as running:
        yield running
