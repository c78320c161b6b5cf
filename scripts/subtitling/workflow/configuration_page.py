"""`sutradhar configuration`: the configuration's schema as a documentation page."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from subtitling import paths

SCHEMA = paths.CONFIG / "config.schema.json"

_HEAD = """# Configuration

Write into `config/config.yaml` the keys whose values should differ from the defaults below. An
unknown key is an error. `make docs` generates this page from `config/config.schema.json`, the only
place of a default.
"""


def page(schema: dict[str, Any]) -> str:
    """Markdown: a table of the plain keys, then one for each section, in the schema's order."""
    plain = {k: v for k, v in schema["properties"].items() if "properties" not in v}
    parts = [_HEAD, *_table(plain)]
    for name, section in schema["properties"].items():
        if "properties" in section:
            parts += [
                f"\n## `{name}`\n\n{section['description']}\n",
                *_table(section["properties"]),
            ]
    return "\n".join(parts) + "\n"


def _table(properties: dict[str, Any]) -> Iterator[str]:
    yield "| key | default | meaning |"
    yield "|---|---|---|"
    for name, rule in properties.items():
        default = json.dumps(rule["default"], ensure_ascii=False)
        choices = f" One of {', '.join(map(str, rule['enum']))}." if "enum" in rule else ""
        yield f"| `{name}` | `{default}` | {rule['description']}{choices} |"


def arguments(parser: argparse.ArgumentParser) -> None:
    """`sutradhar configuration` takes none."""


def main(_given: argparse.Namespace) -> int:
    """Print docs/configuration.md, made from the schema."""
    print(page(json.loads(SCHEMA.read_text("utf-8"))), end="")
    return 0
