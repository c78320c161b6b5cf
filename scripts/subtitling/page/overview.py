"""The overview page of all films of a folder: a row each, the worst first, in any state."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lineage import Manifest, terminal, untrusted
from lineage.commands.status import jobs, rows
from lineage.manifest import NAME as MANIFEST
from lineage.problem import Problem
from lineage.record import Job, Reader
from lineage.watch import duration

NAME = "overview.html"
FILM_SUFFIXES = (".mkv", ".mp4", ".webm")
# The states of a film, from the worst to the best.
_STATES = ("failed", "broken", "killed", "running", "unfinished", "done")
_NOT_DONE = _STATES[:3]
_WHY = {
    "killed": "ended before it could say why, as where memory is short, the disk is full or the "
    "host is shut down; fewer jobs at a time (--cores) or a smaller model need less memory"
}
_STOPPED = "stopped by the failure above"
_LOG = "stage.log"


@dataclass(frozen=True)
class Row:
    """One film. `summary` is its `summary.json`, None where its page has not been written;
    `current` says that no stage has run since. `faults` are the reasons why a film is not done,
    each with the stages that give it, `environment` the warnings of its stages about their host,
    and `earlier_film` says that the existing muxed film was made by a run before the failure."""

    job: str
    state: str
    faults: dict[str, list[str]]
    summary: dict[str, Any] | None
    current: bool
    wall_ms: int
    at: str
    environment: tuple[str, ...] = ()
    earlier_film: bool = False

    @property
    def text(self) -> str:
        """Why the film is not done."""
        return "; ".join(_fault(why, stages) for why, stages in self.faults.items())

    @property
    def keeping(self) -> float | None:
        """The lowest share, over its tracks, of cues that keep every reading rule."""
        tracks = (self.summary or {}).get("tracks") or {}
        return min((track["keeping"] for track in tracks.values()), default=None)

    @property
    def rank(self) -> tuple[Any, ...]:
        """The sort key: the smaller, the worse."""
        summary = self.summary or {}
        return (
            _STATES.index(self.state),
            summary.get("verified", False),
            -summary.get("problems", 0),
            self.keeping if self.keeping is not None else 0,
            -summary.get("warnings", 0),
            self.job,
        )


def of(folder: Path, now: datetime) -> Row:
    """The row of the job in `folder`."""
    record = Job.read(folder)
    stages = rows(record, now)
    audit = record.stages.get("11_audit")
    summary, doubt = _summary(record, audit)
    doubts = [f"{row.stage}: {row.doubt}" for row in stages if row.doubt]
    doubts += [doubt] if doubt else []

    open_ones = [r for r in stages if r.state in _STATES and r.stage not in record.leftovers]
    state = min((r.state for r in open_ones), key=_STATES.index, default="")
    state = state or ("done" if summary else "unfinished")
    worst = [row for row in open_ones if row.state == state]
    faults: dict[str, list[str]] = {}
    for row in worst:
        faults.setdefault(row.reason or _WHY.get(row.state, row.state), []).append(row.stage)
    if doubts and state != "failed":  # as the figures are in doubt
        state, faults = "broken", {f"the record does not hold: {doubts[0]}": []}
    return Row(
        job=folder.name,
        state=state,
        faults=faults,
        earlier_film=any(_made_before(record, row.stage) for row in worst),
        summary=summary,
        current=audit is not None
        and all(_before(m, audit) for key, m in record.stages.items() if key != "11_audit"),
        wall_ms=sum(row.wall_ms or 0 for row in stages),
        environment=tuple(
            text for m in record.stages.values() for text in m.notes.get("environment", [])
        ),
        at=max((m.ended_at or m.started_at for m in record.stages.values()), default=""),
    )


def _fault(why: str, stages: Sequence[str]) -> str:
    return f"{', '.join(stages)}: {why}" if stages else why


def _summary(record: Job, audit: Manifest | None) -> tuple[dict[str, Any] | None, str | None]:
    """A film's `summary.json` if it is the one on record; else None, with the reason if any."""
    if audit is None or audit.status != "success":
        return None, None
    try:
        path = Reader(record).held_output("11_audit", "summary")
        return dict(untrusted.json_value(untrusted.content(path))), None
    except Problem as problem:
        return None, str(problem)


def _made_before(record: Job, failed: str) -> bool:
    """Whether the muxed film is of a run before the one in which a stage failed."""
    film, stage = record.stages.get("10_mux"), record.stages.get(failed)
    if film is None or stage is None:
        return False
    return failed == "10_mux" or film.run_id < stage.run_id


def _before(stage: Manifest, page: Manifest) -> bool:
    return (stage.ended_at or stage.started_at) <= page.started_at


def films(folder: Path, now: datetime) -> list[Row]:
    """The rows of all jobs in `folder`, the worst first. Problem where there are none."""
    return sorted((of(job, now) for job in jobs(folder)), key=lambda row: row.rank)


def html(table: Sequence[Row], made_at: str, layout: Path) -> str:
    """The page; `layout` is the folder of its template."""
    from markupsafe import Markup

    from subtitling.page import page_html

    script = (layout / "overview.js").read_text("utf-8")
    return str(
        page_html.environment(layout)
        .get_template("overview.html.j2")
        .render(
            rows=table,
            environment=sorted({text for row in table for text in row.environment}),
            made_at=made_at,
            policy=page_html.policy(script),
            style=Markup((layout / "film.css").read_text("utf-8")),
            script=Markup(script),
        )
    )


def write(folder: Path, layout: Path) -> Path:
    """Write the page of all jobs in `folder` into it; returns the page's path."""
    now = datetime.now(UTC)
    return _written(films(folder, now), folder, layout, now)


def _written(table: Sequence[Row], folder: Path, layout: Path, now: datetime) -> Path:
    from subtitling import documents

    target = folder / NAME
    documents.save_text(html(table, now.isoformat(timespec="seconds"), layout), target)
    return target


def after_run(
    folder: Path,
    layout: Path,
    planned: Sequence[str],
    stopped: Collection[str] = (),
    failed: Mapping[Path, str] = MappingProxyType({}),
    took_ms: float | None = None,
) -> str:
    """Write the page at the end of a run, also a failed one; returns the text for the screen.

    `planned` are the jobs of the run, `stopped` those of them with stages that were not reached;
    `failed` are the folders of the stages outside of films, as models, that failed, with the
    reasons; `took_ms` is the time of the run.
    """
    now = datetime.now(UTC)
    table: list[Row] = []
    try:
        table = films(folder, now)
        overall = f"All films: {_written(table, folder, layout, now)}"
    except (Problem, OSError) as problem:  # as where the disk is full
        overall = terminal.message(f"No overview of the films: {problem}")
        if not any(folder.glob(f"*/**/{MANIFEST}")):
            overall = "No film was worked on."
    known = {row.job: row for row in table}
    endings = (_ending(folder / job, known.get(job), job in stopped, now) for job in planned)
    rows = [row for row in endings if row]
    done = sum(row.state == "done" for row in rows)
    within = "" if took_ms is None else f" in {duration(took_ms)}"
    count = [f"{done} of {len(rows)} films done{within}"] if len(rows) > 1 else []
    if len(rows) == done == 1 and within:
        count = [f"Done{within}"]
    again = "Remove the cause and run the same command again: what is done stays."
    faulty = failed or any(row.state in _NOT_DONE for row in rows)
    return "\n".join([
        *(_ended(row, folder) for row in rows if row.state not in _NOT_DONE),
        *(_not_done(str(place), why, place / _LOG) for place, why in failed.items()),
        *(_ended(row, folder) for row in rows if row.state in _NOT_DONE),
        *count,
        overall,
        *([again] if faulty else []),
    ])  # fmt: skip


def _ending(folder: Path, known: Row | None, stopped: bool, now: datetime) -> Row | None:
    """The row of a film at the end of a run, which may have stopped before the film's last stage
    without a fault in any stage of the film. None where no stage was to be run. `known` is the row
    where it has been made already."""
    begun = any(folder.glob(f"[0-9][0-9]_*/**/{MANIFEST}"))
    empty = Row(folder.name, "unfinished", {}, None, True, 0, "")
    row = (known or of(folder, now)) if begun else empty
    if stopped and row.state not in _NOT_DONE:
        return replace(row, state="failed", faults={_STOPPED: []}, earlier_film=True)
    return row if begun else None


def _not_done(name: str, why: str, more: Path | str) -> str:
    return f"{name}: NOT DONE: {terminal.message(why)}" + (f"\n  more: {more}" if more else "")


def _ended(row: Row, folder: Path) -> str:
    """The lines about a film: its path, or each reason why it is not done, with the log."""
    place = folder / row.job
    films = sorted(path for path in place.glob("10_mux/final.*") if path.suffix in FILM_SUFFIXES)
    page = place / "11_audit" / "film.html"
    results = [str(path) for path in (*films, *([page] if page.is_file() else []))]
    if row.state not in _NOT_DONE:
        good = [f"  {how_good(row.summary)}"] if row.summary and row.current else []
        return "\n".join([f"{row.job}: {', '.join(results) or row.state}", *good])
    lines = []
    for why, stages in row.faults.items():
        elsewhere = f"lineage verify {place}" if row.state == "broken" else ""
        more = place / stages[0] / _LOG if stages else elsewhere
        lines.append(_not_done(row.job, _fault(why, stages), more))
    if results:
        before = "of an earlier run: " if row.earlier_film else "made in spite of it: "
        lines.append(f"  {before}{', '.join(results)}")
    return "\n".join(lines)


def how_good(summary: Mapping[str, Any]) -> str:
    """The verdict on a film by its `summary.json`, in a line: the words of its page, how far each
    track can be relied on, and what is on record against it."""
    from subtitling.page.page_html import verdict_words

    tracks = summary["tracks"]
    keeping = all(track["keeping"] == 1 for track in tracks.values())
    _, word = verdict_words(max(summary["worst"], summary["sure"], 0 if keeping else 1))
    by_grade: dict[str, list[str]] = {}
    for lang, track in tracks.items():
        by_grade.setdefault(track["sure"].lower(), []).append(lang)
    sure = [f"{', '.join(langs)}: {grade}" for grade, langs in by_grade.items()]
    counts = [
        f"{summary[key]} {key if summary[key] > 1 else key[:-1]}"
        for key in ("problems", "warnings")
        if summary[key]
    ]
    layout = [] if keeping else ["not every cue keeps the reading rules"]
    return terminal.line("; ".join([word, *sure, *layout, *counts]))
