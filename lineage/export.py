"""The record in the words of others: a Workflow Run RO-Crate, or W3C PROV.

`ro-crate` makes a new folder with the job, the workflow's code and `ro-crate-metadata.json`. `prov`
writes PROV-JSON. Only a job that verifies is exported. What lies outside the job, as the film and
the models, is named by its sum and not copied.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from lineage import crate, prov, sources
from lineage.record import Job
from lineage.stage import Problem
from lineage.verify import verify

CODE = ("Snakefile", "rules", "scripts", "report", "lineage", "config", "LICENSE")
_WASTE = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("job", type=Path, help="the job's folder, e.g. out/tale")
    parser.add_argument("--format", choices=("ro-crate", "prov"), required=True)
    parser.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="PATH",
        help="a new folder; for prov a file",
    )
    parser.add_argument("--workflow", type=Path, help="the workflow of a job that was moved")


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    job = Job.read(args.job, args.workflow)
    if args.to.exists():
        raise Problem(f"--to {args.to}: it is there already; give a new name")
    report = verify(args.job, workflow=args.workflow)
    if not report.ok:
        raise Problem(
            f"{args.job} does not verify ({len(report.findings)} findings), so its record is not "
            f"passed on; see lineage verify {args.job}"
        )
    if args.format == "prov":
        _write(prov.document(job), args.to)
    else:
        made_of(job, args.to)
    if args.json:
        print(json.dumps({"format": args.format, "to": str(args.to), "head": report.head}))
    else:
        print(f"{args.to}: the record of {args.job} as {args.format}, head {report.head}")
    return 0


def made_of(job: Job, target: Path) -> None:
    """Put the crate of `job` together in the new folder `target`.

    The job lies in it where its paths say, the code in `workflow/`. Raises Problem where the code
    at hand is not the code that made the job.
    """
    for stage, manifest in job.stages.items():
        script = job.workflow / "scripts" / f"{manifest.stage}.py"
        if not script.is_file() or sources.digest(script) != manifest.code["digest"]:
            raise Problem(
                f"{script} is not the code that made {stage} of {job.folder} (its digest "
                f"is not {manifest.code['digest']}); give the workflow at commit "
                f"{manifest.code['commit']} with --workflow, or run the job again"
            )
    partial = target.with_name(f".{target.name}.partial")
    (partial / crate.CODE).mkdir(parents=True)
    shutil.copytree(job.folder, partial / job.recorded)
    for name in CODE:
        found = job.workflow / name
        if found.is_dir():
            shutil.copytree(found, partial / crate.CODE / name, symlinks=True, ignore=_WASTE)
        elif found.is_file():
            shutil.copy2(found, partial / crate.CODE / name)
    _write(crate.metadata(job, _files(partial)), partial / crate.NAME)
    partial.rename(target)


def _files(target: Path) -> list[str]:
    return sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file())


def _write(document: dict[str, Any], path: Path) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
