"""The project's own tables in YAML, as config/models.yaml. They are read at every start of
Snakemake, hence by libyaml, which is ten times as fast as PyYAML's own reader."""

from pathlib import Path
from typing import Any


def read(path: Path | str) -> Any:
    """The plain values of a table. Raises YAMLError for what is none."""
    import yaml

    # Builds of PyYAML for rare machines lack libyaml.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(Path(path).read_text("utf-8"), Loader=loader)
