"""A job's record as it lies on the disk: its manifests, and where the files that they name are."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lineage import ledger
from lineage.manifest import NAME, InvalidManifest, Manifest
from lineage.stage import Problem


@dataclass(frozen=True)
class Job:
    """The record in `folder`. `recorded` is the folder as the manifests call it, e.g. `out/tale`.

    `stages` are the manifests that can be read, by their folder within the job, e.g.
    `08_translation/pt`; `broken` says of the others why not. `workflow` is where recorded paths
    start; `in_place` says that the job lies in it where the record has it.
    """

    folder: Path
    recorded: str
    workflow: Path
    in_place: bool
    stages: dict[str, Manifest]
    broken: dict[str, str]

    @classmethod
    def read(cls, folder: Path, workflow: Path | None = None) -> "Job":
        """Read every manifest below `folder`. Problem where there is none.

        Without `workflow` it is found from the place of `folder`, or is the current folder.
        """
        stages: dict[str, Manifest] = {}
        broken: dict[str, str] = {}
        for path in sorted(folder.rglob(NAME)):
            key = path.parent.relative_to(folder).as_posix()
            try:
                stages[key] = Manifest.load(path)
            except (OSError, InvalidManifest) as error:
                broken[key] = str(error)
        if not stages and not broken:
            raise Problem(f"{folder}: no job's record here (no {NAME}); give a folder like out/JOB")
        recorded = _recorded(stages) or folder.name
        here = folder.resolve()
        depth = len(Path(recorded).parts)
        fits = here.parts[-depth:] == Path(recorded).parts
        found = workflow or (here.parents[depth - 1] if fits else Path.cwd())
        return cls(folder, recorded, found, found / recorded == here, stages, broken)

    def locate(self, path: str) -> Path:
        """Where the file that the record calls `path` is, or would be."""
        return self.folder / inside if (inside := self.inside(path)) else self.workflow / path

    def inside(self, path: str) -> str | None:
        """`path` within the job's folder; None where it lies outside."""
        return path.removeprefix(f"{self.recorded}/") if self.owns(path) else None

    def owns(self, path: str) -> bool:
        """Whether a recorded path lies in the job's folder."""
        return path.startswith(f"{self.recorded}/")

    def state(self, key: str) -> str:
        """A stage's status, `killed` included."""
        return self.stages[key].state(self.folder / key / "stage.log")

    @cached_property
    def producers(self) -> dict[str, str]:
        """The stage that has each recorded path among its outputs."""
        return {file.path: key for key, m in self.stages.items() for file in m.outputs}


def containing(path: Path) -> Path:
    """The job's folder that `path`, a file of it or the folder itself, lies in. Problem if none."""
    if not path.exists():
        raise Problem(f"{path} does not exist; give a job's folder like out/JOB, or a file in it")
    for folder in (path, *path.parents, *path.absolute().parents):
        if (folder / ledger.NAME).is_file():
            return folder
    raise Problem(f"{path}: neither it nor a folder above it has a {ledger.NAME}, so no record")


def _recorded(stages: dict[str, Manifest]) -> str | None:
    """What most manifests say; one that was moved from elsewhere is outvoted."""
    told = Counter(
        m.folder.removesuffix(f"/{key}")
        for key, m in stages.items()
        if m.folder.endswith(f"/{key}")
    )
    return told.most_common(1)[0][0] if told else None
