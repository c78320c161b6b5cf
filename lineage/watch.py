"""The plan of a run and its progress, as `lineage status --watch` shows them.

A run leaves its plan in the folder of all jobs; the progress of a stage is the last percentage in
its log; the time of a stage that has not begun is estimated from those on record that have ended.
"""

import json
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from lineage import untrusted
from lineage.files import replace_text
from lineage.manifest import NAME, InvalidManifest, Manifest, process_started

PLAN = "plan.json"
LOG = "stage.log"
SCHEMA = "sutradhar/plan/1"
_TAIL_BYTES = 8192
_PERCENT = re.compile(r"^(\S+) INFO +\S+ (\d{1,3}) %(?:,.*)?$", re.M)


@dataclass(frozen=True)
class Plan:
    """The plan of a run. `stages` maps each stage's folder to those that it waits for."""

    run_id: str
    host: str
    pid: int
    started: str
    stages: dict[str, list[str]]

    @classmethod
    def load(cls, folder: Path) -> "Plan | None":
        """The plan of the last run in `folder`; None where there is none that can be read."""
        try:
            data = untrusted.json_value(untrusted.content(folder / PLAN))
            return cls(**{k: v for k, v in data.items() if k != "schema"})
        except (OSError, *untrusted.FAILURES):
            return None

    @property
    def going(self) -> bool:
        """Whether the run is still in progress; a run on another host is assumed to be."""
        return self.host != socket.gethostname() or process_started(self.pid) == self.started


def plan(folder: Path, stages: Mapping[str, list[str]]) -> None:
    """Write the plan of this process into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    current = Plan(
        run_id=os.environ["SUTRADHAR_RUN"],
        host=socket.gethostname(),
        pid=os.getpid(),
        started=process_started(os.getpid()) or "",
        stages=dict(stages),
    )
    replace_text(folder / PLAN, json.dumps({"schema": SCHEMA, **asdict(current)}, indent=1) + "\n")


@dataclass(frozen=True)
class Step:
    """One stage of a plan. `state` is waiting, running, done, or how it failed; `left_ms` is None
    without a basis for an estimate."""

    folder: str
    state: str
    percent: int | None
    taken_ms: int
    left_ms: int | None
    waits_for: tuple[str, ...]


def percent(log: str) -> int | None:
    """The last percentage in a stage's log."""
    reports = _PERCENT.findall(log)
    return int(reports[-1][1]) if reports else None


def at_work(
    folder: Path, began_ms: float, now_ms: float, usual_ms: int | None
) -> tuple[int | None, int | None]:
    """How far a running stage is, in per cent by its log, and its time left in ms; times are Unix
    times in ms. Between two reports the time left becomes less by the clock."""
    reports = [
        (ms, int(done))
        for at, done in _PERCENT.findall(tail(folder / LOG))
        if (ms := unix_ms(at)) >= began_ms  # not of an earlier attempt
    ]
    reported_ms, done = reports[-1] if reports else (now_ms, None)
    then = left("running", round(reported_ms - began_ms), done, usual_ms)
    return done, None if then is None else max(0, then - round(now_ms - reported_ms))


def left(
    state: str, taken_ms: int, done_percent: int | None, expected_ms: int | None
) -> int | None:
    """The time left of a stage in ms: from its own percentage, else from `expected_ms`."""
    if state not in ("running", "waiting"):
        return 0
    if state == "running" and done_percent:
        return round(taken_ms * (100 - done_percent) / done_percent)
    return None if expected_ms is None else max(0, expected_ms - taken_ms)


def remaining(steps: list[Step]) -> tuple[int, int]:
    """The time left on the critical path through the steps, in ms, and the number of steps without
    an estimate.

    Stages of one film wait for each other, so that more cores do not shorten this time.
    """
    known = {step.folder: step for step in steps}

    @cache
    def until(folder: str) -> int:
        step = known[folder]
        before = max((until(f) for f in step.waits_for if f in known), default=0)
        return before + (step.left_ms or 0)

    return max(map(until, known), default=0), sum(step.left_ms is None for step in steps)


def expected(stage: str, media_ms: int | None, history: list[Manifest]) -> int | None:
    """The expected time of `stage` for a film of `media_ms`, from the stages on record, in ms."""
    from statistics import median  # with fractions and decimals, at the start of every stage

    like = [m for m in history if m.stage == stage and m.status == "success"]
    measured = [m.resources["real_time_factor"] for m in like]
    factors = [float(factor) for factor in measured if factor]
    if factors and media_ms:
        return round(median(factors) * media_ms)
    walls = [int(m.resources["wall_ms"]) for m in like]
    return round(median(walls)) if walls else None


def steps(root: Path, run: Plan, now_ms: float) -> dict[str, list[Step]]:
    """The plan's stages by job, in its order, with their state at `now_ms` (Unix time).

    `root` is where recorded paths start.
    """
    tops = {Path(folder).parts[0] for folder in run.stages}
    history = [m for top in sorted(tops) for m in manifests(root / top)]
    table: dict[str, list[Step]] = {}
    for folder, waits in run.stages.items():
        parts = Path(folder).parts
        # A stage of a job lies in out/JOB/STAGE; a model in models/NAME.
        job, stage = (parts[1], parts[2]) if len(parts) > 2 else (parts[0], parts[0])
        own = manifest_in(root / folder)
        state, taken = "waiting", 0
        if own and own.run_id >= run.run_id:
            state = own.state(root / folder)
            state = "done" if state in ("success", "skipped") else state
            taken = round(now_ms - unix_ms(own.started_at)) if state == "running" else 0
        usual = expected(stage, media_ms(root / parts[0] / parts[1]), history)
        done, rest = None, left(state, taken, None, usual)
        if state == "running":
            done, rest = at_work(root / folder, now_ms - taken, now_ms, usual)
        table.setdefault(job, []).append(Step(folder, state, done, taken, rest, tuple(waits)))
    return table


def as_text(table: Mapping[str, list[Step]]) -> list[str]:
    """A line for each film, and one for each of its stages that runs, waits or has failed."""
    lines = []
    for job, job_steps in table.items():
        ended = {step.folder for step in job_steps if step.state == "done"}
        ms, unknown = remaining(job_steps)
        about = f", about {duration(ms)} left" if len(ended) < len(job_steps) else ""
        more = f" and {unknown} stages never timed" if unknown and about else ""
        lines.append(f"{job}: {len(ended)} of {len(job_steps)} stages done{about}{more}")
        for step in job_steps:
            name = _short(step.folder)
            if step.state == "running":
                share = "" if step.percent is None else f" {step.percent} %"
                rest = "" if step.left_ms is None else f", about {duration(step.left_ms)} left"
                lines.append(f"  {name} running{share}, {duration(step.taken_ms)} so far{rest}")
            elif step.state == "waiting":
                on = ", ".join(map(_short, nearest(step, job_steps, ended))) or "its turn"
                lines.append(f"  {name} waits for {on}")
            elif step.state != "done":
                lines.append(f"  {name} {step.state}")
    return lines


def nearest(step: Step, job_steps: list[Step], ended: set[str]) -> list[str]:
    """The direct dependencies that a stage waits for, without those implied by others."""
    on = [folder for folder in step.waits_for if folder not in ended]
    implied = {f for other in job_steps if other.folder in on for f in other.waits_for}
    return [folder for folder in on if folder not in implied]


def _short(folder: str) -> str:
    return "/".join(Path(folder).parts[2:]) or folder


def duration(ms: float) -> str:
    """62500 as `1 min 2 s`; from an hour on without seconds."""
    seconds = round(ms / 1000)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds // 60 % 60} min"


def manifests(folder: Path) -> list[Manifest]:
    """All manifests below a folder that can be read."""
    loaded = (manifest_in(path.parent) for path in sorted(folder.rglob(NAME)))
    return [each for each in loaded if each]


def manifest_in(folder: Path) -> Manifest | None:
    """The manifest of a stage's folder; None where it has none that can be read."""
    try:
        return Manifest.load(folder / NAME)
    except (OSError, InvalidManifest):  # not begun, or killed before it could write
        return None


def media_ms(job: Path) -> int | None:
    """The length of the sound of the film in a job's folder, where that is known."""
    try:
        media = untrusted.json_value(untrusted.content(job / "01_demux" / "media.json"))
        return int(media["audio"]["duration_ms"])
    except (OSError, *untrusted.FAILURES):  # not probed yet
        return None


def tail(log: Path) -> str:
    """The last lines of a log, from the start of one; empty where there is none."""
    try:
        with log.open("rb") as file:
            before = max(0, log.stat().st_size - _TAIL_BYTES)
            file.seek(before)
            text = file.read().decode("utf-8", errors="replace")
            return text.partition("\n")[2] if before else text
    except OSError:
        return ""


def unix_ms(moment: str) -> float:
    """A moment of a record as Unix time in ms."""
    return datetime.fromisoformat(moment).timestamp() * 1000
