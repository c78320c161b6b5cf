"""Show the state, time and warnings of each stage of a job, or of all jobs; also during a run.

Exit status 0 where nothing failed and nothing was killed.
"""

import argparse
import json
import re
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from lineage import ledger, terminal, watch
from lineage.commands.verify import evidence
from lineage.manifest import NAME
from lineage.problem import Problem
from lineage.record import DIED, Job

_EVERY_S = 1.0
# The parts of a line that change every second: time taken, time left, last digit of the percentage.
_TIMES = re.compile(r", [^,]* so far.*|, about .*|(?<=\d)\d %")
_HEADER = (
    "stage",
    "state",
    "attempt",
    "time",
    "x real time",
    "peak memory",
    "warnings",
    "degraded",
)


@dataclass(frozen=True)
class Row:
    """One stage. `real_time_factor` is seconds of work for a second of sound; `doubt` says how its
    manifest, the source of these values, differs from the sealed one; `outdated` of which stage it
    reads something that has been made anew since."""

    stage: str
    state: str
    attempt: int
    started_at: str
    wall_ms: int | None
    real_time_factor: float | None
    peak_memory_bytes: int | None
    gpu_peak_memory_bytes: int | None
    warnings: list[str]
    degradations: list[dict[str, str]]
    reason: str | None
    doubt: str | None = None
    outdated: str | None = None


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path("out"),
        help="a job's folder, or the one of all jobs: out",
    )
    parser.add_argument(
        "--watch", action="store_true", help="show the run in progress until it ends"
    )


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.watch:
        follow(args.folder)
    now = datetime.now(UTC)
    tables = {str(folder): rows(Job.read(folder), now) for folder in jobs(args.folder)}
    if args.json:
        shown = {job: [asdict(row) for row in table] for job, table in tables.items()}
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        print("\n".join(as_text(job, table) for job, table in tables.items()), end="")
    every = [row.state for table in tables.values() for row in table]
    doubtful = any(row.doubt for table in tables.values() for row in table)
    return 1 if doubtful or {"failed", "killed", "broken"} & set(every) else 0


def follow(folder: Path) -> None:
    """Show the progress of the run in `folder` (of all jobs) until it ends: redrawn each second on
    a terminal, else a line for each change. Raises Problem if there is no plan of a run."""
    first = watch.Plan.load(folder)
    if first is None:
        raise Problem(f"{folder}: no run has begun here; give the folder of all jobs, as out")
    shown: list[str] = []
    while True:
        run = watch.Plan.load(folder) or first
        going = run.going
        lines = watch.as_text(watch.steps(folder.parent, run, time.time() * 1000))
        if sys.stdout.isatty():
            print("\x1b[H\x1b[2J" + terminal.lines(lines), end="", flush=True)
        else:
            for line in news(lines, shown):
                print(terminal.line(line), flush=True)
        shown = lines
        if not going:
            return
        time.sleep(_EVERY_S)


def news(lines: list[str], before: list[str]) -> list[str]:
    """The lines that differ from `before` in more than their times and the last digit of
    percentages."""
    known = {_TIMES.sub("", line) for line in before}
    return [line for line in lines if _TIMES.sub("", line) not in known]


def jobs(folder: Path) -> list[Path]:
    """`folder` itself where it is a job's, else the jobs in it. Problem where there are none."""
    if any(folder.glob(f"[0-9][0-9]_*/**/{NAME}")):
        return [folder]
    folders = [inner for inner in sorted(folder.glob("*")) if any(inner.glob(f"**/{NAME}"))]
    if not folders:
        if not folder.is_dir():
            raise Problem(
                f"there is no folder {folder} in {Path.cwd()}: go to where snakemake runs, or give "
                "the path of out, or of out/JOB"
            )
        raise Problem(f"{folder}: no job has been started in it; give out, or out/JOB")
    return folders


def rows(job: Job, now: datetime) -> list[Row]:
    """The job's stages in order; for one that still runs, the time taken so far."""
    table = [
        Row(
            key,
            "killed" if reason == DIED else "broken",
            0,
            "",
            None,
            None,
            None,
            None,
            [],
            [],
            reason,
        )
        for key, reason in job.broken.items()
    ]
    findings = evidence(job)
    doubts = {each.path: each.text for each in findings if each.kind != "outdated"}
    outdated = {each.path: each.text for each in findings if each.kind == "outdated"}
    everything = doubts.get(str(job.folder / ledger.NAME))
    for key, manifest in job.stages.items():
        state = job.state(key)
        own = [doubts.get(str(job.folder / key)), doubts.get(str(job.folder / key / NAME))]
        used = manifest.resources
        ended = state not in ("running", "killed")
        so_far = (now - datetime.fromisoformat(manifest.started_at)).total_seconds() * 1000
        table.append(
            Row(
                stage=key,
                state=state,
                attempt=manifest.attempt,
                started_at=manifest.started_at,
                wall_ms=used["wall_ms"] if ended else round(so_far) if state == "running" else None,
                real_time_factor=used["real_time_factor"],
                peak_memory_bytes=used["peak_memory_bytes"] if ended else None,
                gpu_peak_memory_bytes=used["gpu_peak_memory_bytes"],
                warnings=manifest.warnings,
                degradations=manifest.degradations,
                reason=manifest.reason,
                # A stage that still runs is sealed at its end.
                doubt=next(filter(None, [everything, *own]), None) if ended else None,
                outdated=outdated.get(str(job.folder / key / NAME), "").removeprefix(f"{key} ")
                or None,
            )
        )
    return sorted(table, key=lambda row: row.stage)


def as_text(job: str, table: list[Row]) -> str:
    """The table for people, with doubts, reasons and warnings below it."""
    cells = [_HEADER, *(_cells(row) for row in table)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(_HEADER))]
    left = 2  # stage and state are words; the others are figures
    lines = [
        "  ".join(
            c.ljust(w) if n < left else c.rjust(w)
            for n, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    notes = [f"  {row.stage}: DOES NOT HOLD: {row.doubt}" for row in table if row.doubt]
    notes += [f"  {row.stage}: OUT OF DATE: {row.outdated}" for row in table if row.outdated]
    notes += [f"  {row.stage}: {row.reason}" for row in table if row.reason]
    notes += [f"  {row.stage}: warning: {text}" for row in table for text in row.warnings]
    return terminal.lines([job, *(line.rstrip() for line in lines), *notes])


def _cells(row: Row) -> tuple[str, ...]:
    memory = row.peak_memory_bytes
    return (
        row.stage,
        row.state,
        str(row.attempt),
        "-" if row.wall_ms is None else f"{row.wall_ms / 1000:.1f} s",
        "-" if row.real_time_factor is None else f"{row.real_time_factor:.3f}",
        "-" if memory is None else f"{memory / (1 << 20):.0f} MiB",
        str(len(row.warnings)),
        str(len(row.degradations)),
    )
