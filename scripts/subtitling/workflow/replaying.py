"""Stages run again as their manifests have them: inputs, parameters, code.

Each has a process of its own, as in a run of Snakemake: python -m subtitling.workflow.replaying.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lineage import sources, terminal
from lineage.manifest import Manifest
from lineage.problem import Problem
from subtitling import paths
from subtitling.runtime import devices
from subtitling.workflow import run_stage
from subtitling.workflow.snakemake_adapter import StageJob, named_list

# Inputs that are lists by their rules, also with one file or none.
_LISTS = ("models", "beside")
# Inputs that may be one file: it is on record by one of the names.
_ROLES = ("model", "reverse_model")
# The answers of a job that translated the whole film into several languages.
_LEFT_OUT = ("shared",)


def run(manifest: Path, whole: Path, folder: str, changed: Mapping[str, Any]) -> None:
    """Run the stage of a manifest in the current folder, with `folder` as its own, and with the
    parameters of the record but for the `changed` ones. Its outputs are those of the manifest
    `whole`, another one where that is a shard's. Raises Problem where it is not possible.

    Where there is no GPU, the CPU is used.
    """
    given = [str(manifest), str(whole), folder, json.dumps(changed)]
    command = [sys.executable, "-m", __name__, *given]
    search = os.pathsep.join([str(paths.ROOT), str(paths.ROOT / "scripts")])
    # What a stage prints is not the answer.
    done = subprocess.run(
        command, stdout=sys.stderr, env={**os.environ, "PYTHONPATH": search}, check=False
    )
    if done.returncode:
        raise Problem(f"{folder} could not be run again; what it printed says why")


def _run_here(manifest: Manifest, whole: Manifest, folder: str, changed: Mapping[str, Any]) -> None:
    name = manifest.code.get("script")
    if not name:
        raise Problem(f"{manifest.folder}: its code is on no record, so it can't be run again")
    script = paths.ROOT / "scripts" / Path(name).name
    if not script.is_file():
        raise Problem(f"{manifest.folder} was made by {name}, which this version has not")
    params = {**manifest.params, "code": sources.digest(script), **changed}
    if params.get("device") == "cuda" and devices.missing("cuda"):
        params["device"] = "cpu"
    run_stage.run(StageJob(script, _given(manifest, whole, folder, params)))


def _given(manifest: Manifest, whole: Manifest, folder: str, params: Mapping[str, Any]) -> Any:
    from snakemake import iocontainers as snake

    inputs: dict[str, Any] = {name: [] for name in _LISTS}
    for file in manifest.inputs:
        if file.name in _LISTS:
            inputs[file.name].append(file.path)
        elif file.name and file.name not in _LEFT_OUT:
            inputs[file.name] = file.path
    for role in _ROLES:
        wanted = params.get(role)
        if role not in inputs and isinstance(wanted, dict):
            same = [f.path for f in manifest.inputs if Path(f.path).parent.name == wanted["name"]]
            if same:
                inputs[role] = same[0]
    outputs = {f.name: f"{folder}/{Path(f.path).name}" for f in whole.outputs if f.name}
    wildcards = {key: value for key, value in manifest.wildcards.items() if key != "shard"}
    log = {"manifest": f"{folder}/manifest.json", "text": f"{folder}/stage.log"}
    return snake.Snakemake(
        named_list(snake.InputFiles, inputs), named_list(snake.OutputFiles, outputs),
        named_list(snake.Params, params), named_list(snake.Wildcards, wildcards),
        manifest.resources["threads"], named_list(snake.ResourceList, {}),
        named_list(snake.Log, log), manifest.config, manifest.rule, None,
    )  # fmt: skip


def main() -> int:
    """Run one stage, given on the command line by what `run` gets."""
    manifest, whole, folder, changed = sys.argv[1:]
    try:
        _run_here(Manifest.load(manifest), Manifest.load(whole), folder, json.loads(changed))
    except Problem as problem:
        print(terminal.message(f"ERROR: {problem}"), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
