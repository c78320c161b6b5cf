"""A forked call of Snakemake is the call that `python -m snakemake` makes."""

import os
import subprocess
import sys
from pathlib import Path

from house import snakemake

WORKFLOW = """
import json, os, sys
import beside

ours = [name for name in ("lineage", "subtitling") if name in sys.modules]
print("FACTS", json.dumps([os.getcwd(), sys.path, beside.WHERE, os.environ["OWN"], ours]))

rule all:
    output: "made"
"""


def test_a_forked_call_is_the_command(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(WORKFLOW, "utf-8")
    (tmp_path / "beside.py").write_text("WHERE = 'in the folder of the call'", "utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {**os.environ, "OWN": "of this call", "PYTHONPATH": str(elsewhere)}
    asked = ["--cores", "1", "--dry-run", "not-there"]
    forked = snakemake().call(asked, tmp_path, environment)
    command = subprocess.run(
        [sys.executable, "-m", "snakemake", *asked],
        cwd=tmp_path, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert forked.returncode == command.returncode == 1
    assert facts(forked.stdout) == facts(command.stdout)
    assert "MissingRuleException" in forked.stdout and "MissingRuleException" in command.stdout


def facts(output: str) -> str:
    """What the workflow saw of its process."""
    (line,) = [line for line in output.splitlines() if line.startswith("FACTS")]
    return line
