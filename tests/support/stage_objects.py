"""What Snakemake hands to a stage, made by hand. It imports little, for processes of their own."""

from pathlib import Path
from typing import Any

from snakemake import iocontainers as snake

from subtitling.workflow.snakemake_adapter import named_list

ROOT = Path(__file__).resolve().parents[2]


def rule(
    folder: str,
    *,
    input: dict[str, Any] | None = None,
    output: dict[str, Any] | None = None,
    params: dict[str, Any] | None = None,
    wildcards: dict[str, str] | None = None,
    config: dict[str, Any] | None = None,
) -> snake.Snakemake:
    """What Snakemake would hand to the script of the stage in `folder`, as `out/tale/06_asr`."""
    parts = Path(folder).parts
    known = {"job": parts[1]} if parts[0] == "out" else {"model": parts[1]}
    log = {"manifest": f"{folder}/manifest.json", "text": f"{folder}/stage.log"}
    return snake.Snakemake(
        named_list(snake.InputFiles, input or {}),
        named_list(snake.OutputFiles, {k: f"{folder}/{v}" for k, v in (output or {}).items()}),
        named_list(snake.Params, params or {}),
        named_list(snake.Wildcards, {**known, **(wildcards or {})}),
        1,
        named_list(snake.ResourceList, {}),
        named_list(snake.Log, log),
        config or {},
        parts[2].partition("_")[2] if known.get("job") else "model",
        None,
    )
