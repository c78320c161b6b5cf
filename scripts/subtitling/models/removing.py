"""What is deleted of a model in the store, and what is left.

Only the files that the catalogue or the store names as the model's are deleted. Its record stays
(manifest, log), links are deleted themselves and never followed.
"""

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from subtitling.models.store import ADDING, ORIGIN, PARTIAL

INVENTORY = "model.json"
RECORD = ("manifest.json", "stage.log")


@dataclass(frozen=True)
class Holding:
    """What the store has of a model: `files` are the paths to delete, links among them, `others`
    are left because nobody named them. `link` is the folder itself where it is a link."""

    folder: Path
    files: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()
    link: Path | None = None

    @property
    def size_bytes(self) -> int:
        """What deleting frees."""
        return sum(path.lstat().st_size for path in self.files)


def look(folder: Path, names: Collection[str]) -> Holding:
    """What is in the folder of a model in the store whose files have these names."""
    if folder.is_symlink():
        return Holding(folder, link=folder)
    own = {*names, INVENTORY, ORIGIN}
    parents = {str(parent) for name in own for parent in Path(name).parents} - {"."}
    files, others = [], []
    for path in _paths(folder):
        name = path.relative_to(folder).as_posix()
        if name in own or name.startswith(f"{PARTIAL}/") or (name in parents and path.is_symlink()):
            files.append(path)
        elif name not in RECORD and not name.startswith("."):
            others.append(path)
    return Holding(folder, tuple(files), tuple(others))


def delete(holding: Holding) -> None:
    """Delete the files of a holding, and the folders that are empty then. What a killed command
    left while it added the model goes, too."""
    for left in holding.folder.parent.glob(f"{ADDING}/{holding.folder.name}@*"):
        shutil.rmtree(left)
    if holding.link:
        holding.link.unlink()
        return
    for path in holding.files:
        path.unlink()
    if (holding.folder / PARTIAL).is_dir():
        shutil.rmtree(holding.folder / PARTIAL)
    for above, _, _ in os.walk(holding.folder, topdown=False):
        if not any(Path(above).iterdir()):
            Path(above).rmdir()


def _paths(folder: Path) -> list[Path]:
    """All files below a folder, and all links, which are not followed."""
    some = []
    for above, folders, files in os.walk(folder):
        links = [name for name in folders if Path(above, name).is_symlink()]
        some += [Path(above, name) for name in sorted([*files, *links])]
    return some
