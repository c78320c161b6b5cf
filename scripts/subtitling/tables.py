"""The project's own tables in YAML, as config/models.yaml. They are read at every start of
Snakemake, hence by libyaml, which is ten times as fast as PyYAML's own reader."""

from functools import cache
from pathlib import Path
from typing import Any


def read(path: Path | str) -> Any:
    """The plain values of a table. Raises YAMLError for what is none, and for a key that stands
    twice, of which YAML would silently take the last."""
    import yaml

    return yaml.load(Path(path).read_text("utf-8"), Loader=_loader())


@cache
def _loader() -> Any:
    import yaml

    # Builds of PyYAML for rare machines lack libyaml.
    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(safe):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            lines: dict[str, int] = {}
            for key in (each for each, _ in node.value if isinstance(each, yaml.ScalarNode)):
                if key.value in lines:
                    raise yaml.YAMLError(
                        f"line {key.start_mark.line + 1}: {key.value} is already in line "
                        f"{lines[key.value]}; delete one of them"
                    )
                lines[key.value] = key.start_mark.line + 1
            return super().construct_mapping(node, deep)

    return Loader
