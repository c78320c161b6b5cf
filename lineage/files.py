"""Files that are replaced in one step."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """A path to write to, beside `path`, whose place it takes at the end of the block.

    A reader sees the old file or the new one, never a half. Where the block fails, what was written
    is deleted and the old file stays.
    """
    target = Path(path)
    partial = target.with_name(f".{target.name}.partial")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def replace_text(path: Path | str, text: str) -> None:
    """Write `text` to `path` in one step, as UTF-8."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
