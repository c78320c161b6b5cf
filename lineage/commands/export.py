"""Export the record in a standard format: a Workflow Run RO-Crate, or W3C PROV.

`ro-crate` makes a new folder with the job, the workflow's code and `ro-crate-metadata.json`. `prov`
writes PROV-JSON. Only a job whose record holds is exported. What failed, as one of several
languages, is on record: the export names it, with the reason. Files outside the job, such as the
film and the models, are named by their checksums and not copied.
"""

import argparse
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lineage import sources, terminal
from lineage.commands import crate, prov
from lineage.commands.verify import Report, verify
from lineage.manifest import NAME, Manifest
from lineage.problem import Problem
from lineage.record import Job

CODE = ("Snakefile", "rules", "scripts", "report", "lineage", "config", "LICENSE")
# The user's lists and settings, which may name other films and may have changed since.
_OWN = ("config.yaml", "films.tsv", "edits")
_waste = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", *_OWN)


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
    parser.add_argument(
        "--workflow", type=Path, help="the folder of the workflow, for a job that was moved"
    )


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    job = Job.read(args.job, args.workflow)
    if args.to.exists():
        raise Problem(f"--to {args.to}: it exists already; give a new name")
    report = verify(args.job, workflow=args.workflow)
    _check(job, report)
    if args.format == "prov":
        _write(prov.document(job), args.to)
    else:
        made_of(job, args.to, report.verdict)
    unchecked = [asdict(row) for row in report.unchecked]
    if args.json:
        answer = {"format": args.format, "to": str(args.to), "head": report.head}
        print(json.dumps({**answer, "failed": job.failed, "unchecked": unchecked}))
    else:
        lines = [f"FAILED: {stage}: {why}" for stage, why in job.failed.items()]
        lines += [f"NOT CHECKED: {row['path']}: {row['text']}" for row in unchecked]
        lines.append(f"{args.to}: the record of {args.job} as {args.format}, head {report.head}")
        print(terminal.lines(lines), end="")
    return 0


def _check(job: Job, report: Report) -> None:
    """Raise Problem where the record does not hold. That a stage failed is none of its faults, as
    long as nothing is left that was made of what the stage had made before."""
    failures = {str(job.folder / key / NAME) for key in job.failed}
    faults = [f for f in report.findings if f.kind != "state" or f.path not in failures]
    if faults:
        raise Problem(
            f"{job.folder} does not verify ({len(report.findings)} findings), so its record is not "
            f"passed on; see lineage verify {job.folder}"
        )
    for stage, failed in job.cut_off.items():
        raise Problem(
            f"{job.folder}: {failed} failed ({job.failed[failed]}), and {stage} is of a run before "
            "that, so the record is not passed on: run the job again"
        )


def made_of(job: Job, target: Path, verdict: str) -> None:
    """Assemble the crate of `job`, of which `verify` says `verdict`, in the folder `target`.

    The job lies in it where its paths say, the code in `workflow/`. Raises Problem where the code
    at hand is not the code that made the job.
    """
    code = _code(job)
    for stage, manifest in job.stages.items():
        _is_at_hand(job, stage, manifest, code)
    partial = target.with_name(f".{target.name}.partial")
    (partial / crate.CODE).mkdir(parents=True)
    shutil.copytree(job.folder, partial / job.recorded)
    for name in CODE:
        source = code / name
        if source.is_dir():
            shutil.copytree(source, partial / crate.CODE / name, symlinks=True, ignore=_waste)
        elif source.is_file():
            shutil.copy2(source, partial / crate.CODE / name)
    # Not the file, which may have changed since: the configuration that the last stage has on
    # record. JSON is YAML.
    (partial / crate.CODE / "config").mkdir(exist_ok=True)
    last = max(job.stages.values(), key=lambda manifest: manifest.started_at)
    _write(last.config, partial / crate.CODE / "config" / "config.yaml")
    _write(crate.metadata(job, _files(partial), verdict), partial / crate.NAME)
    partial.rename(target)


def _code(job: Job) -> Path:
    """The folder of the code: the job's own workflow, or, if that holds films and settings only
    (`sutradhar init`), the clone of this command."""
    own = job.workflow / "scripts"
    return job.workflow if own.is_dir() else Path(__file__).resolve().parents[2]


def _is_at_hand(job: Job, stage: str, manifest: Manifest, code: Path) -> None:
    """Raise Problem if `code` is not the code that made a stage: its script with all its imports,
    or the workflow's own files."""
    scripts, wanted = code / "scripts", manifest.code["digest"]
    differ = []
    if sources.script(scripts, manifest.stage, wanted) is None:
        differ.append(f"no script of {scripts} has the digest {wanted}")
    now = sources.workflow(code)
    then = manifest.code.get("workflow", {})
    differ += [str(code / name) for name in then if now.get(name) != then[name]]
    if differ:
        raise Problem(
            f"what is at hand is not what made {stage} of {job.folder}: {', '.join(differ)}; "
            f"give the workflow at commit {manifest.code['commit']} with --workflow, or run the "
            "job again"
        )


def _files(target: Path) -> list[str]:
    return sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file())


def _write(document: dict[str, Any], path: Path) -> None:
    # ASCII only, so that no text of a film can act as a control sequence in a viewer.
    text = json.dumps(document, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
