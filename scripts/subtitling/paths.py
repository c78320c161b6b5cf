"""Paths of the parts of a checkout."""

import shlex
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1]
ROOT = SCRIPTS.parent
CONFIG = ROOT / "config"
ENVS = ROOT / "envs"
MODELS = CONFIG / "models.yaml"
LOCAL_MODELS = Path("config/models.local.yaml")  # of the current folder, a person's own project
STORE = Path("models")  # of the current folder, which in a project is a link to the checkout's


def shown(path: Path) -> str:
    """A path for a message: relative where it lies in the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def make(target: str) -> str:
    """The command that makes a target of the Makefile, also from a project folder of one's own."""
    return f"make {target}" if Path.cwd() == ROOT else f"make -C {shlex.quote(str(ROOT))} {target}"


def at_home(path: str) -> str:
    """`path` with the home folder in the place of a `~/` that it begins with; `~name` is a name."""
    return str(Path(path).expanduser()) if path.startswith("~/") else path
