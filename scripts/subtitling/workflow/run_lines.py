"""The lines of a run's screen: plain ones on what has ended, and those drawn on a terminal."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from lineage import terminal
from lineage.watch import duration
from subtitling.workflow.run_view import MODELS, Ended, FilmView, RunView, StageView

if TYPE_CHECKING:
    from rich.text import Text

# Cells of a line: the bar, the percentage, and what is said after it; the label has the others.
_BAR, _PERCENT, _REST = 16, 7, 32
_LABEL = 22, 60  # at least, where there is room for a bar, and at most
_QUEUED_AFTER_MS = 15_000


def head(job: str) -> str:
    """What stands before a line about a film; models are named in what is done."""
    return "" if job == MODELS else f"{job}: "


def of_ended(ended: Ended, *, live: bool) -> str | None:
    """The line about a stage that has ended; None where a terminal has shown enough of it."""
    title = f"{head(ended.job)}{ended.doing}"
    took = duration(ended.taken_ms)
    if ended.state == "failed":
        return f"{title}: FAILED after {took}; the end of the run says why"
    if not live:
        return f"{title}: {'not needed' if ended.state == 'skipped' else 'done'}, {took}"
    if ended.job == MODELS:
        return f"{title}: done, {took}"
    return f"{ended.job}: all stages done" if ended.film_done else None


def of_plan(view: RunView) -> str:
    """The first line of a run: how much there is to do."""
    if not view.films:  # a run that only brings models
        return f"{_count(view.stages, 'model')} to bring"
    return f"{_count(view.films, 'film')}, {_count(view.stages, 'stage')} to do"


def of_work(job: str, stage: StageView) -> str:
    """The line about a stage at work, where there is no terminal."""
    share = "" if stage.percent is None else f"{stage.percent} %, "
    return f"{head(job)}{stage.doing}: {share}{_times(stage)}"


def drawn(
    view: RunView, taken_ms: int, width: int, height: int, *, ascii_only: bool
) -> "list[Text]":
    """The lines of a terminal, of `width` cells at most: each film and its stages at work, what
    waits, and the whole run as the last. What does not fit into `height` is left out."""
    lines: list[Text] = []
    left_out = []
    for film in view.begun:
        block = list(_film(film, width, ascii_only=ascii_only))
        if len(lines) + len(block) + 2 > height and lines:
            left_out.append(film.job)
        else:
            lines += block
    if waiting := [*left_out, *view.waiting]:
        lines.append(_line([("waiting: ", "dim"), (_some(waiting, width - 9), "dim")], width))
    films = f"{view.films_done} of {_count(view.films, 'film')}, " if view.films > 1 else ""
    stages = f"{view.stages_done} of {_count(view.stages, 'stage')} done"
    return [
        *lines[: max(1, height - 1)],
        _line([(f"{films}{stages}, {duration(taken_ms)} so far", "bold")], width),
    ]


def _film(film: FilmView, width: int, *, ascii_only: bool) -> "Iterator[Text]":
    job = "models" if film.job == MODELS else film.job
    left = f", {'about' if film.sure else 'over'} {duration(film.left_ms)} left"
    rest = f"{film.done} of {film.total}{left if film.left_ms else ''}"
    yield _bar(job, "bold", film.percent, rest, width, ascii_only=ascii_only)
    for stage in _with_shards_as_one(film.stages):
        label = f"  {stage.name} {stage.doing}"
        yield _bar(label, "", stage.percent, _times(stage), width, ascii_only=ascii_only)
    if film.failed:
        stopped = f"; {_count(film.stopped, 'stage')} stopped by it" if film.stopped else ""
        yield _line([(f"  failed: {', '.join(film.failed)}{stopped}", "red")], width)
    if film.waiting:
        waiting = list(dict.fromkeys(map(_undivided, film.waiting)))
        then = _some(waiting, width - 11)
        yield _line([("  waiting: ", "dim"), (then, "dim")], width)


def _with_shards_as_one(stages: tuple[StageView, ...]) -> Iterator[StageView]:
    """The stages at work, in which the shards of a stage are one: with their mean share, and the
    longest of their times."""
    groups: dict[str, list[StageView]] = {}
    for stage in stages:
        groups.setdefault(_undivided(stage.name), []).append(stage)
    for name, some in groups.items():
        shard = some[0].name.removeprefix(f"{name}/")
        doing = some[0].doing.removesuffix(f", {shard}")
        if len(some) == 1:
            yield replace(some[0], doing=doing)
            continue
        shares = [stage.percent for stage in some]
        begun = [stage.taken_ms for stage in some if stage.taken_ms is not None]
        left = [stage.left_ms for stage in some if stage.left_ms is not None]
        yield StageView(
            name=f"{name} ({len(some)} shards)",
            doing=doing,
            percent=sum(share or 0 for share in shares) // len(some) if any(shares) else None,
            taken_ms=max(begun, default=None),
            left_ms=max(left) if len(left) == len(some) else None,
            waited_ms=max(stage.waited_ms for stage in some),
        )


def _undivided(name: str) -> str:
    """The name of a stage that this is a shard of, or its own."""
    return re.sub(r"/\d+-of-\d+$", "", name)


def _times(stage: StageView) -> str:
    if stage.taken_ms is None:
        queued = stage.waited_ms > _QUEUED_AFTER_MS
        return f"in the queue for {duration(stage.waited_ms)}" if queued else "starting"
    left = "" if stage.left_ms is None else f", about {duration(stage.left_ms)} left"
    return f"{duration(stage.taken_ms)}{left}"


def _bar(
    label: str, style: str, percent: int | None, rest: str, width: int, *, ascii_only: bool
) -> "Text":
    from rich.cells import set_cell_size

    room = width - _PERCENT - _REST - 1
    wide = room - _BAR >= _LABEL[0]
    cells = max(8, min(_LABEL[1], room - _BAR if wide else room))
    full, empty = ("#", ".") if ascii_only else ("━", "─")
    share = _BAR * (percent or 0) // 100
    parts = [(set_cell_size(_clipped(label, cells), cells) + " ", style)]
    if wide:
        parts += [(full * share, "green"), (empty * (_BAR - share) + " ", "dim")]
    parts.append((f"{percent:3} %  " if percent is not None else "       ", ""))
    return _line([*parts, (rest, "")], width)


def _line(parts: list[tuple[str, str]], width: int) -> "Text":
    """One line of a terminal. Names are untrusted: they are text, never markup or codes."""
    from rich.text import Text

    line = Text.assemble(*((terminal.line(text), style) for text, style in parts))
    line.truncate(width, overflow="ellipsis")
    return line


def _clipped(text: str, cells: int) -> str:
    from rich.cells import cell_len, set_cell_size

    text = terminal.line(text)
    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1).rstrip() + "…"


def _some(names: "tuple[str, ...] | list[str]", width: int) -> str:
    """As many names as there is room for, and the number of the others."""
    shown = list(names)
    while len(shown) > 1 and len(_and_more(shown, names)) > width:
        shown.pop()
    return _and_more(shown, names)


def _and_more(shown: list[str], names: "tuple[str, ...] | list[str]") -> str:
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
