"""Measurements as tables."""

from typing import Any


def as_table(rows: list[dict[str, Any]]) -> str:
    """Rows as Markdown; a column for every key that any row has."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    lines = [keys, ["---"] * len(keys)]
    lines += [[_cell(row.get(key, "")) for key in keys] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) and value < 100 else (
        f"{value:.0f}" if isinstance(value, float) else str(value)
    )  # fmt: skip
