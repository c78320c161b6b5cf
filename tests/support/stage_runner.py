"""Runs a stage's script in this process, with Snakemake's own object."""

import runpy
from pathlib import Path
from typing import Any

from house import ROOT, configured
from snakemake.iocontainers import InputFiles, Log, OutputFiles, Params, ResourceList, Wildcards
from snakemake.script import Snakemake

from lineage import Manifest
from subtitling.workflow.snakemake_adapter import named_list


def run(
    script: str,
    folder: str,
    inputs: dict[str, Any],
    outputs: dict[str, str],
    wildcards: dict[str, str] | None = None,
    **params: Any,
) -> Manifest:
    """Run one stage script as its rule does; `outputs` are names of files in the stage's folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    given = Snakemake(
        named_list(InputFiles, inputs),
        OutputFiles(fromdict={key: f"{folder}/{name}" for key, name in outputs.items()}),
        Params(fromdict={**params, "code": None}),
        Wildcards(fromdict=wildcards or {"job": "tale"}),
        2,
        ResourceList(fromdict={}),
        Log(fromdict={"manifest": f"{folder}/manifest.json", "text": f"{folder}/stage.log"}),
        configured(),
        script,
        None,
        str(ROOT / "scripts"),
    )
    runpy.run_path(str(ROOT / "scripts" / script), init_globals={"snakemake": given})
    return Manifest.load(f"{folder}/manifest.json")
