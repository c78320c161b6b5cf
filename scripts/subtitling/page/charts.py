"""Charts of the film page, drawn by Matplotlib as SVG with the page's colours."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# Matplotlib needs fixed colours; each of these is replaced by one of the page's variables.
INK, BAR, LINE, SOFT, WARN = "#010101", "#010102", "#010103", "#010104", "#010105"
_OF_THE_PAGE = {
    INK: "currentColor",
    BAR: "var(--bar)",
    LINE: "var(--limit)",
    SOFT: "var(--grid)",
    WARN: "var(--warn)",
}
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": SOFT,
    "grid.linewidth": 0.6,
}


@dataclass(frozen=True)
class Span:
    """When a stage ran, in seconds from the first one's start."""

    name: str
    start_s: float
    end_s: float
    text: str
    well: bool


def histogram(
    values: Sequence[float], limits: Sequence[float], label: str, name: str, step: float
) -> str:
    """Histogram of a value over the cues, with bars of the width `step` and a dashed line at each
    limit."""
    top = max([*values, *limits, step])
    # A value at an edge belongs to the bar before it, since a value at a limit is within the limit.
    edges = [step * (n + 1e-9) for n in range(int(top / step) + 2)]
    with _drawing(name, label, 5.4, 2.3) as (figure, axes):
        axes.hist([max(value, edges[0]) for value in values], bins=edges, color=BAR)
        for limit in limits:
            axes.axvline(limit, color=LINE, linestyle="--", linewidth=1.6)
        axes.set_xlabel(label)
        axes.set_ylabel("cues")
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.grid(axis="x", visible=False)
        return _svg(figure, name, f"Histogram of {label} over {len(values)} cues")


def along(times_s: Sequence[float], scores: Sequence[float], label: str, name: str) -> str:
    """Scores from 0 to 1 over the film's time: the mean of each interval, shaded down to its
    minimum."""
    ends = max(times_s, default=1.0) or 1.0
    stretches = max(1, min(120, len(times_s) // 4))
    rows: list[list[float]] = [[] for _ in range(stretches)]
    for time, score in zip(times_s, scores, strict=True):
        rows[min(stretches - 1, int(time / ends * stretches))].append(score)
    filled = [(n, row) for n, row in enumerate(rows) if row]
    at = [(n + 0.5) * ends / stretches / 60 for n, _ in filled]
    means = [sum(row) / len(row) for _, row in filled]
    with _drawing(name, label, 11, 2.3) as (figure, axes):
        axes.fill_between(at, [min(row) for _, row in filled], means, color=BAR, alpha=0.25)
        axes.plot(at, means, color=BAR, linewidth=1.8, marker="o" if len(at) < 3 else None)
        axes.set_ylim(0, 1.02)
        axes.set_xlim(0, ends / 60)
        axes.set_xlabel("minutes")
        axes.set_ylabel(label)
        caption = f"{label} along the film: mean {sum(means) / len(means):.2f}" if means else label
        return _svg(figure, name, caption)


def gantt(spans: Sequence[Span], name: str) -> str:
    """Gantt chart of the stages in the order of their starts, each a bar with its text."""
    ends = max((s.end_s for s in spans), default=1.0) or 1.0
    with _drawing(name, "stages", 11, 0.9 + 0.25 * len(spans)) as (figure, axes):
        for row, span in enumerate(spans):
            width = max(span.end_s - span.start_s, ends / 400)
            axes.barh(row, width, left=span.start_s, height=0.6, color=BAR if span.well else WARN)
            late = span.start_s + width > 0.6 * ends
            at = span.start_s - ends / 100 if late else span.start_s + width + ends / 100
            axes.text(at, row, span.text, va="center", ha="right" if late else "left", fontsize=9)
        axes.set_yticks(range(len(spans)), [span.name for span in spans])
        axes.set_ylim(len(spans) - 0.4, -0.6)
        axes.set_xlim(0, ends * 1.02)
        axes.set_xlabel("seconds of work, pauses left out")
        axes.grid(axis="y", visible=False)
        return _svg(figure, name, f"When each of {len(spans)} stages ran, {ends:.0f} s in all")


@contextmanager
def _drawing(name: str, label: str, width: float, height: float) -> Iterator[tuple[Any, Any]]:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**_SETTINGS, "svg.hashsalt": f"{name} {label}"}):
        figure = Figure(figsize=(width, height), layout="tight")
        yield figure, figure.add_subplot()


def _svg(figure: Any, name: str, caption: str) -> str:
    """The figure as an SVG element for a page. `caption` is its label for screen readers."""
    written = io.StringIO()
    figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :]
    # Its style would apply to the whole page; its fonts are not the page's.
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family:[^;\"]*;? ?", "", svg)
    svg = re.sub(r'(id|href|clip-path)="(#|url\(#)?', rf'\1="\2{name}-', svg)
    for own, page_colour in _OF_THE_PAGE.items():
        svg = svg.replace(own, page_colour)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size
    opened = f'<svg class="chart" role="img" aria-label="{caption}" viewBox="{size[0][9:-1]}">'
    return re.sub(r"\s+", " ", re.sub(r"<svg[^>]*>", opened, svg, count=1))
