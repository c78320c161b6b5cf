"""`sutradhar init`: make a project folder with films, settings and results outside the code.

`sutradhar init FOLDER` makes it. The code's folder then stays as it was cloned, and the record
names its commit without edits.
"""

import argparse
import json
from pathlib import Path

from lineage.problem import Problem
from subtitling import paths

# Like `include:`, but with the default target, which that would drop.
_SNAKEFILE = """# The workflow, for the films of this folder; `sutradhar init` made this file.
workflow.include({}, overwrite_default_target=True)
"""
ROOT = paths.ROOT


def init(folder: Path, root: Path = ROOT) -> list[str]:
    """Create the files of a project, keep existing ones, and return lines on what to do next.

    Models, profiles and docs of the code's folder are linked and its Snakefile is included, so that
    every command and every page that a message names is the same in both places. Raises Problem for
    a folder inside of the code's.
    """
    if folder.resolve().is_relative_to(root):
        raise Problem(f"{folder} is inside of {root}: name a folder elsewhere")
    if folder.exists() and not folder.is_dir():
        raise Problem(f"{folder} is a file: name a folder")
    columns = json.loads((root / "config" / "films.schema.json").read_text("utf-8"))["properties"]
    for path, text in {
        "config/config.yaml": (root / "config" / "config.yaml").read_text("utf-8"),
        "config/films.tsv": "\t".join(columns) + "\n",
        "Snakefile": _SNAKEFILE.format(json.dumps(str(root / "Snakefile"), ensure_ascii=False)),
    }.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.write_text(text, encoding="utf-8")
    (folder / "in").mkdir(exist_ok=True)
    (root / "models").mkdir(exist_ok=True)
    for name in ("models", "profiles", "gpu", "slurm", "docs"):
        if not (folder / name).exists() and not (folder / name).is_symlink():
            (folder / name).symlink_to(root / name)
    return [
        f"cd {folder}",
        "put films into in/, or a row for each into config/films.tsv; settings go into "
        "config/config.yaml",
        "snakemake",
    ]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sutradhar init`."""
    parser.add_argument("folder", type=Path)


def main(given: argparse.Namespace) -> int:
    """Make a folder for films, settings and results outside the code."""
    print("\n".join(init(given.folder)))
    return 0
