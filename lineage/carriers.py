"""Model weights inside installed packages; they are recorded like those of the store."""

import re
import sys
from collections.abc import Container
from importlib import metadata
from pathlib import Path
from typing import Any

from lineage.manifest import sha256

# The files of a package (and module) that affect results as a model does. A test checks this
# against the data files of the packages that stages import.
CARRIED = {
    "hama": r"hama/assets/asr_.*",
    "budoux": r"budoux/models/.*\.json",
}


def models(before: Container[str], earlier: Container[str] = ()) -> list[dict[str, Any]]:
    """The models of the packages that were imported since `before`, a set of module names, in the
    form of `Stage.model`, and those that made what is taken over from an `earlier` run, by their
    names. Packages are imported only where they are used."""
    used = [
        name for name in CARRIED if name in earlier or (name in sys.modules and name not in before)
    ]
    return [_model(name, CARRIED[name]) for name in used]


def _model(name: str, pattern: str) -> dict[str, Any]:
    distribution = metadata.distribution(name)
    files = [f for f in distribution.files or () if re.fullmatch(pattern, f.as_posix())]
    revision = f"{name}=={distribution.version}"
    return {
        "name": name,
        "source": f"package {revision}",
        "revision": revision,
        "licence": _licence(distribution),
        "files": {file.as_posix(): sha256(str(file.locate())) for file in files},
        "precision": None,
    }


def folder(model: dict[str, Any]) -> Path | None:
    """The folder of a recorded model in a package, if that package is installed in the same
    version; else None."""
    if model["name"] not in CARRIED:
        return None
    try:
        distribution = metadata.distribution(model["name"])
    except metadata.PackageNotFoundError:
        return None
    same = model["revision"] == f"{model['name']}=={distribution.version}"
    return Path(str(distribution.locate_file(""))) if same else None


def _licence(distribution: metadata.Distribution) -> str:
    keys = [key for key in ("License-Expression", "License") if key in distribution.metadata]
    return distribution.metadata[keys[0]] if keys else ""
