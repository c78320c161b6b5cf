"""The parts of docs/ that are made from the code: `make docs` writes them, a test compares them."""

import json
import re
from pathlib import Path

from lineage import files
from subtitling import paths
from subtitling.workflow import configuration_page, levels

_DOCS = paths.ROOT / "docs"


def pages() -> dict[Path, str]:
    """The pages with generated parts, as they should be."""
    schema = json.loads(configuration_page.SCHEMA.read_text("utf-8"))
    quality = _DOCS / "quality.md"
    return {
        _DOCS / "configuration.md": configuration_page.page(schema),
        quality: with_part(quality.read_text("utf-8"), "levels", levels.markdown()),
    }


def with_part(page: str, name: str, part: str) -> str:
    """A page with this text between its lines `<!-- NAME: ... -->` and `<!-- /NAME -->`. Raises
    ValueError where it does not have each once."""
    marks = rf"(<!-- {name}: [^\n]*-->\n).*?(\n<!-- /{name} -->)"
    page, count = re.subn(marks, lambda m: f"{m[1]}{part}{m[2]}", page, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{count} parts {name} between their marks, not one")
    return page


if __name__ == "__main__":
    for path, text in pages().items():
        files.replace_text(path, text)
