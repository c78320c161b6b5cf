"""Files of arrays: what the networks heard in a shard, on its way to the job that joins them."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage import files
from lineage.problem import Problem

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, Any]


def save(arrays: Mapping[str, "Values"], path: Path | str) -> None:
    """Write arrays by name, the same bytes for the same content."""
    import numpy as np

    with files.replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def joined(paths: Sequence[Path | str]) -> dict[str, "Values"]:
    """The arrays of several files, by name, one after the other. Problem where a file holds no
    arrays, or others than the first one."""
    import numpy as np

    parts = [_load(path) for path in paths]
    try:
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    except (LookupError, ValueError) as error:
        raise Problem(f"{paths[0]} and its neighbours do not go together: {error}") from error


def _load(path: Path | str) -> dict[str, "Values"]:
    import numpy as np

    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (ValueError, OSError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise Problem(f"{path}: no file of arrays: {error}; delete it and run again") from error
