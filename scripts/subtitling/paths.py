"""Paths of the parts of a checkout."""

from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1]
ROOT = SCRIPTS.parent
CONFIG = ROOT / "config"
ENVS = ROOT / "envs"
