"""What there is to see of a run at a moment: the films and stages at work, and what waits.

It is made of the events of Snakemake's jobs, the run's plan, and the records that the stages keep,
so that jobs on other machines are seen as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lineage import Manifest, watch
from lineage.manifest import NAME
from lineage.watch import Step

_HISTORY_FILMS = 8  # whose records tell how long a stage takes
MODELS = "models/"  # all models together, beside the films: no film has such a name


@dataclass(frozen=True)
class StageView:
    """A stage at work: its name and what it does in words. `percent` and `left_ms` are None where
    they are not known, `taken_ms` where its job has not begun since `waited_ms`."""

    name: str
    doing: str
    percent: int | None
    taken_ms: int | None
    left_ms: int | None
    waited_ms: int = 0


@dataclass(frozen=True)
class FilmView:
    """A film, or all models together. `left_ms` is the time of the longest way through the stages
    that are left, and `sure` says that each of these has been timed before. `stopped` counts the
    stages that a failed one keeps from being run."""

    job: str
    done: int
    total: int
    percent: int
    left_ms: int
    sure: bool
    stages: tuple[StageView, ...]
    waiting: tuple[str, ...]
    failed: tuple[str, ...]
    stopped: int


@dataclass(frozen=True)
class RunView:
    """The films that were begun and have not ended, those at work first, and the figures of the
    whole run. `waiting` are films, as far as they are not among these."""

    begun: tuple[FilmView, ...]
    waiting: tuple[str, ...]
    films_done: int
    films: int
    stages_done: int
    stages: int


@dataclass(frozen=True)
class Ended:
    """A stage that has ended: `state` is done, skipped or failed; `warnings` are those on its
    record. `film_done` says that it was the last one of its film."""

    job: str
    name: str
    doing: str
    state: str
    taken_ms: int
    warnings: tuple[str, ...]
    film_done: bool


@dataclass
class _Stage:
    folder: str
    waits_for: tuple[str, ...]
    doing: str = ""
    state: str = "waiting"
    began_ms: float = 0
    percent: int | None = None
    stops: bool = False  # those that wait for it
    record: Manifest | None = None
    stamp_ns: int = 0  # of the record's file, which is read again only where it has changed
    over: tuple[str, int] | None = None  # of the last attempt that has ended: its start and number


class Run:
    """The state of a run, kept by its events. Times are Unix times in ms."""

    def __init__(self, plan: watch.Plan, now_ms: float):
        self.began_ms = now_ms
        self._run_id = plan.run_id
        self._stages: dict[str, _Stage] = {}
        self._films: dict[str, list[_Stage]] = {}
        for folder, waits in plan.stages.items():
            self._add(_Stage(folder, tuple(waits)))
        self._history: dict[str, list[Manifest]] | None = None  # by stage
        self._media: dict[str, int] = {}

    def _add(self, stage: _Stage) -> None:
        self._stages[stage.folder] = stage
        self._films.setdefault(job_of(stage.folder), []).append(stage)

    @property
    def films(self) -> list[str]:
        """The films of the run."""
        return [job for job in self._films if job != MODELS]

    def begin(self, folder: str, doing: str, now_ms: float) -> bool:
        """A job was started, or given to a cluster; returns whether it has failed before."""
        if folder not in self._stages:
            self._add(_Stage(folder, ()))
        stage = self._stages[folder]
        again = stage.state == "failed"
        stage.state, stage.began_ms, stage.percent, stage.stops = "running", now_ms, None, False
        stage.doing = doing.removeprefix(f"{job_of(folder)}: ") or name_of(folder)
        return again

    def ended(self, now_ms: float) -> list[Ended]:
        """The stages that have ended by their records, each once. Snakemake says so only where it
        is not told to be quiet about progress, and takes one for a success that failed by its
        record where others go on without it."""
        return [
            self._end(stage, now_ms)
            for stage in self._stages.values()
            if stage.state == "running" and (own := self._own(stage)) and own.status != "running"
        ]

    def _end(self, stage: _Stage, now_ms: float, *, failed: bool = False) -> Ended:
        own = self._own(stage)
        status = own.status if own else "success"
        stage.state = "failed" if failed or status == "failed" else "done"
        if own:
            stage.over = own.started_at, own.attempt
            if stage.state == "done" and self._history is not None:
                self._history.setdefault(own.stage, []).append(own)
        job = job_of(stage.folder)
        return Ended(
            job=job,
            name=name_of(stage.folder),
            doing=stage.doing,
            state="skipped" if status == "skipped" and not failed else stage.state,
            taken_ms=int(own.resources["wall_ms"]) if own else round(now_ms - stage.began_ms),
            warnings=tuple(own.warnings) if own else (),
            film_done=all(each.state == "done" for each in self._films[job]),
        )

    def fail(self, folder: str, now_ms: float) -> Ended | None:
        """A job has failed by Snakemake, so that those that wait for it are not run, unless it is
        tried again. None where its end was already seen on its record."""
        stage = self._stages[folder]
        stage.stops = True
        return self._end(stage, now_ms, failed=True) if stage.state == "running" else None

    def _own(self, stage: _Stage) -> Manifest | None:
        """The record of a stage's present attempt; None where that has not begun."""
        try:
            stamp_ns = (Path(stage.folder) / NAME).stat().st_mtime_ns
        except OSError:
            return None
        if stamp_ns != stage.stamp_ns:
            stage.record, stage.stamp_ns = watch.manifest_in(Path(stage.folder)), stamp_ns
        own = stage.record
        if own is None or own.run_id < self._run_id or (own.started_at, own.attempt) == stage.over:
            return None
        return own

    def view(self, now_ms: float, most: int) -> RunView:
        """What there is to see; of the films that were begun, `most` at most are looked into."""
        if self._history is None:
            self._history = {}
            for record in _history(self.films):
                self._history.setdefault(record.stage, []).append(record)
        states = {job: {stage.state for stage in film} for job, film in self._films.items()}
        at_work = [job for job, of in states.items() if "running" in of]
        waiting = [job for job, of in states.items() if of == {"waiting"} and job != MODELS]
        others = [job for job, of in states.items() if {"waiting"} < of and "running" not in of]
        begun = [job for job in others if any(s.state == "waiting" for s in self._open(job))]
        shown = (at_work + begun)[:most]
        return RunView(
            begun=tuple(self._film(job, now_ms) for job in shown),
            waiting=(*(at_work + begun)[most:], *waiting),
            films_done=sum(of == {"done"} for job, of in states.items() if job != MODELS),
            films=len(self.films),
            stages_done=sum(stage.state == "done" for stage in self._stages.values()),
            stages=len(self._stages),
        )

    def _open(self, job: str) -> list[_Stage]:
        """The stages of a film without those that wait for one that has failed."""
        stages, never = self._films[job], set[str]()
        while more := {
            stage.folder
            for stage in stages
            if stage.state == "waiting"
            and stage.folder not in never
            and any(self._is_stopped(folder, never) for folder in stage.waits_for)
        }:
            never |= more
        return [stage for stage in stages if stage.folder not in never]

    def _is_stopped(self, folder: str, never: set[str]) -> bool:
        return folder in never or (folder in self._stages and self._stages[folder].stops)

    def _film(self, job: str, now_ms: float) -> FilmView:
        stages, history = self._films[job], self._history or {}
        open_stages = self._open(job)
        steps, running = [], []
        for stage in open_stages:
            kind = stage_of(stage.folder)
            usual = watch.expected(kind, self._media_ms(job), history.get(kind, []))
            left = watch.left(stage.state, 0, None, usual)
            if stage.state == "running":
                seen = self._at_work(stage, usual, now_ms)
                running.append(seen)
                left = seen.left_ms
            steps.append(Step(stage.folder, stage.state, None, 0, left, stage.waits_for))
        left_ms, unknown = watch.remaining(steps)
        done = sum(stage.state == "done" for stage in stages)
        parts = sum((stage.percent or 0) / 100 for stage in stages if stage.state == "running")
        return FilmView(
            job=job,
            done=done,
            total=len(stages),
            percent=int(100 * (done + parts) / len(stages)),
            left_ms=left_ms,
            sure=not unknown,
            stages=tuple(running),
            waiting=tuple(name_of(s.folder) for s in open_stages if s.state == "waiting"),
            failed=tuple(name_of(s.folder) for s in stages if s.state == "failed"),
            stopped=len(stages) - len(open_stages),
        )

    def _at_work(self, stage: _Stage, usual: int | None, now_ms: float) -> StageView:
        own = self._own(stage)
        name = name_of(stage.folder)
        if own is None:
            waited_ms = round(now_ms - stage.began_ms)
            return StageView(name, stage.doing, None, None, usual, waited_ms)
        began_ms = watch.unix_ms(own.started_at)
        percent, left = watch.at_work(Path(stage.folder), began_ms, now_ms, usual)
        stage.percent = percent if percent is not None else stage.percent
        return StageView(name, stage.doing, stage.percent, max(0, round(now_ms - began_ms)), left)

    def _media_ms(self, job: str) -> int | None:
        if job not in self._media and (known := watch.media_ms(Path("out") / job)):
            self._media[job] = known
        return self._media.get(job)


def job_of(folder: str) -> str:
    """The film of a stage's folder, out/JOB/STAGE; of a model's, models/NAME, all models."""
    parts = Path(folder).parts
    return parts[1] if len(parts) > 2 else MODELS


def stage_of(folder: str) -> str:
    """The id of a stage, as 08_translation of out/tale/08_translation/pt."""
    parts = Path(folder).parts
    return parts[2] if len(parts) > 2 else parts[0]


def name_of(folder: str) -> str:
    """The name of a stage within its film, as 08_translation/pt; of a model its name."""
    parts = Path(folder).parts
    return "/".join(parts[2:] if len(parts) > 2 else parts[1:])


def _history(films: list[str]) -> Iterator[Manifest]:
    """The records of earlier runs: of the run's films, then of others, the newest first."""
    out = Path("out")
    others = sorted(
        (folder for folder in out.glob("*/") if folder.name not in films),
        key=lambda folder: -folder.stat().st_mtime,
    )
    begun = [out / job for job in films if (out / job).is_dir()]
    for folder in (*begun, *others)[:_HISTORY_FILMS]:
        yield from watch.manifests(folder)
