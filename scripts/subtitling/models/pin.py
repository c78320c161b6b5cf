"""`sutradhar pin`: make an entry for config/models.yaml from a folder with a model.

For models whose checksums this project cannot list: gated ones, and converted ones.
"""

import argparse
import textwrap
from pathlib import Path
from typing import Any

from lineage import sha256
from lineage.problem import Problem
from subtitling.models.catalogue import Model


def entry(
    folder: Path, licence: str, licence_url: str, repo: str | None, revision: str | None
) -> dict[str, Any]:
    """The entry, every file with its checksum, code included; names that begin with a dot are left
    out. If `repo` and `revision` are given, the hub is tried before the folder."""
    if not folder.is_dir():
        raise Problem(f"{folder}: no folder; give the one that the model was downloaded to")
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    names = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    if not names:
        raise Problem(f"{folder}: no file; give the folder that the model was downloaded to")
    hub = [{"kind": "hub", "repo": repo, "revision": revision}] if repo else []
    return {
        "licence": licence,
        "licence_url": licence_url,
        "size_bytes": sum((folder / name).stat().st_size for name in names),
        "files": {name.as_posix(): sha256(folder / name) for name in names},
        "sources": [*hub, {"kind": "folder", "path": str(folder)}],
    }


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sutradhar pin`."""
    parser.add_argument("name", help="of the model, in config/models.yaml")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--licence", required=True, help="SPDX identifier")
    parser.add_argument("--licence-url", required=True, help="where it is read, and accepted")
    parser.add_argument("--repo", help="owner/name on the hub")
    parser.add_argument("--revision", help="the hub's commit, 40 digits")


def main(arguments: argparse.Namespace) -> int:
    """Print an entry for config/models.yaml from a folder with a model in it."""
    import yaml

    model = entry(
        arguments.folder,
        arguments.licence,
        arguments.licence_url,
        arguments.repo,
        arguments.revision,
    )
    Model.from_dict(arguments.name, model)
    # Indented like the entries of the file.
    print(textwrap.indent(yaml.safe_dump({arguments.name: model}, sort_keys=False), "  "), end="")
    return 0
