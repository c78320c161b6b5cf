"""The order of the packages: imports run one way, and there is no circle."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from house import ROOT

from lineage import sources
from subtitling import ROOMS

SCRIPTS = ROOT / "scripts"
HOUSE = SCRIPTS / "subtitling"


def room(name: str) -> str:
    """`subtitling.recognition.whisper` is in `recognition`; `subtitling.spans` in none."""
    part = name.split(".")[1]
    return part if (HOUSE / part).is_dir() else ""


def imports() -> Iterator[tuple[Path, str]]:
    for path in sorted(HOUSE.rglob("*.py")):
        for name in sources.names(ast.parse(path.read_text("utf-8"))):
            yield path.relative_to(HOUSE), name


def test_every_room_is_in_the_order() -> None:
    packages = {path.parent.name for path in HOUSE.glob("*/__init__.py")}
    assert packages == set(ROOMS)


def test_every_package_is_installed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    here = {p.parent.relative_to(SCRIPTS) for p in HOUSE.rglob("__init__.py")}
    here |= {p.parent.relative_to(SCRIPTS) for p in SCRIPTS.glob("snakemake_*/__init__.py")}
    here |= {p.parent.relative_to(ROOT) for p in (ROOT / "lineage").rglob("__init__.py")}
    assert set(listed["tool"]["setuptools"]["packages"]) == {".".join(p.parts) for p in here}


def test_a_room_imports_only_those_before_it() -> None:
    upward = []
    for path, name in imports():
        here, there = path.parts[0] if len(path.parts) > 1 else "", room(name)
        if not here:
            wrong = there not in ("", "runtime")
        else:
            wrong = bool(there) and ROOMS.index(there) > ROOMS.index(here)
        if wrong:
            upward.append(f"{path} imports {name}")
    assert upward == []


def test_every_room_says_what_it_is_for() -> None:
    for name in ROOMS:
        text = ast.get_docstring(ast.parse((HOUSE / name / "__init__.py").read_text("utf-8")))
        assert text and text.endswith("."), name


def test_snakemake_is_imported_by_the_workflow_alone() -> None:
    for path in HOUSE.rglob("*.py"):
        if path.parent.name == "workflow":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        names = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
        names += [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        assert not [name for name in names if name.split(".")[0] == "snakemake"], path


def test_of_whisperx_only_the_loader_of_its_models_is_used() -> None:
    """Its aligner gives other times from version to version (docs/hearing.md)."""
    taken = {
        (node.module, alias.name)
        for path in HOUSE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("whisperx")
        for alias in node.names
    }
    assert taken == {("whisperx.alignment", "load_align_model")}
