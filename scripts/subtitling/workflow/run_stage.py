"""`sutradhar run-stage`: one stage in this process, with its rule's inputs, for a debugger."""

import argparse
import runpy
import sys
from pathlib import Path

from lineage.problem import Problem
from subtitling.runtime import earlier
from subtitling.workflow import snakemake_adapter


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sutradhar run-stage`."""
    parser.add_argument("folder", help="the stage's, as out/tale/09_subtitle_gen/en")
    parser.add_argument("--configfile", action="append", default=[], type=Path, metavar="FILE")


def main(given: argparse.Namespace) -> int:
    """Run one stage of a film again, in this process; its inputs must exist. With a debugger:
    python -m pdb -m subtitling.workflow.cli run-stage FOLDER."""
    with snakemake_adapter.loaded(snakemake_adapter.snakefile(), given.configfile) as workflow:
        folder = given.folder.rstrip("/")
        job = snakemake_adapter.stage_job(workflow, folder)
        if job.given.rule in workflow.globals.get("RESUMING", ()):
            earlier.keep(Path(folder))  # as a run does
        run(job)
    return 0


def run(job: snakemake_adapter.StageJob) -> None:
    """Run the stage's script. Raises Problem where it exits with an error."""
    for path in job.given.output:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(job.script.parent))  # as Snakemake has it for scripts
    try:
        runpy.run_path(str(job.script), init_globals={"snakemake": job.given})
    except SystemExit as end:
        if end.code:
            raise Problem(f"{job.script.name} ended with {end.code}") from end
    finally:
        sys.path.remove(str(job.script.parent))
