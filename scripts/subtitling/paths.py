"""Paths of the parts of a checkout."""

from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1]
ROOT = SCRIPTS.parent
CONFIG = ROOT / "config"
ENVS = ROOT / "envs"


def at_home(path: str) -> str:
    """`path` with the home folder in the place of a `~/` that it begins with; `~name` is a name."""
    return str(Path(path).expanduser()) if path.startswith("~/") else path
