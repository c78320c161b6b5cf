"""Weights that come inside of a package: they are models as much as those of the store."""

import re
import sys
from collections.abc import Container
from importlib import metadata
from pathlib import Path
from typing import Any

from lineage.manifest import sha256

# By the package, and module, that carries them, what of it decides on results as a model does. A
# test holds this against what the packages that stages import bring along.
CARRIED = {
    "hama": r"hama/assets/asr_.*",
    "budoux": r"budoux/models/.*\.json",
}


def models(before: Container[str]) -> list[dict[str, Any]]:
    """The models of the packages that were imported since `before`, the modules of then, as
    `Stage.model` has them: they are imported only where they are used."""
    used = [name for name in CARRIED if name in sys.modules and name not in before]
    return [_model(name, CARRIED[name]) for name in used]


def _model(name: str, pattern: str) -> dict[str, Any]:
    found = metadata.distribution(name)
    files = [f for f in found.files or () if re.fullmatch(pattern, f.as_posix())]
    told = f"{name}=={found.version}"
    return {
        "name": name,
        "source": f"package {told}",
        "revision": told,
        "licence": _licence(found),
        "files": {file.as_posix(): sha256(str(file.locate())) for file in files},
        "precision": None,
    }


def folder(model: dict[str, Any]) -> Path | None:
    """Where the files of a model on record lie that a package carries, where that is installed here
    in the very version; else None."""
    if model["name"] not in CARRIED:
        return None
    try:
        found = metadata.distribution(model["name"])
    except metadata.PackageNotFoundError:
        return None
    same = model["revision"] == f"{model['name']}=={found.version}"
    return Path(str(found.locate_file(""))) if same else None


def _licence(found: metadata.Distribution) -> str:
    keys = [key for key in ("License-Expression", "License") if key in found.metadata]
    return found.metadata[keys[0]] if keys else ""
