"""A job's record on the disk: its manifests, and the locations of the files that they name."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from lineage import ledger, tracks
from lineage.manifest import NAME, FileRecord, InvalidManifest, Manifest, sha256
from lineage.problem import Problem

Document = TypeVar("Document")
# The manifest that Snakemake leaves for a stage that was killed before it wrote one.
DIED = "empty: the stage was killed, or the disk was full, before it could write anything"


@dataclass(frozen=True)
class Job:
    """The record in `folder`. `recorded` is the folder as the manifests call it, e.g. `out/tale`.

    `stages` are the manifests that can be read, by their folder within the job, e.g.
    `08_translation/pt`; `broken` gives the reason for each of the others. `workflow` is the folder
    that recorded paths are relative to; `in_place` says that a workflow is in it, with the job at
    the path that the record gives.
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

        Without `workflow` it is derived from the place of `folder`, or is the current folder.
        """
        stages: dict[str, Manifest] = {}
        broken: dict[str, str] = {}
        for path in sorted(folder.rglob(NAME)):
            key = path.parent.relative_to(folder).as_posix()
            try:
                stages[key] = Manifest.load(path)
            except (OSError, InvalidManifest) as error:
                died = path.is_file() and not path.stat().st_size
                broken[key] = DIED if died else str(error)
        sealed = sorted(path.parent for path in folder.glob(f"*/{ledger.NAME}"))
        if sealed and not (folder / ledger.NAME).exists():
            raise Problem(f"{folder} is a folder of jobs, not of one job; name one, as {sealed[0]}")
        if not stages and not broken:
            raise Problem(f"{folder}: no job's record here (no {NAME}); give a folder like out/JOB")
        recorded = _recorded(stages) or folder.name
        roots = [workflow] if workflow else _roots(folder, recorded)
        placed = (root for root in roots if _is_placed(root, recorded, folder))
        root = next(placed, None)
        in_place = root is not None
        root = root or roots[0]
        return cls(folder, recorded, root, in_place, stages, broken)

    def locate(self, path: str) -> Path:
        """The location, existing or not, of the file that the record calls `path`."""
        return self.folder / inside if (inside := self.inside(path)) else self.workflow / path

    def inside(self, path: str) -> str | None:
        """`path` within the job's folder; None where it lies outside."""
        return path.removeprefix(f"{self.recorded}/") if self.owns(path) else None

    def owns(self, path: str) -> bool:
        """Whether a recorded path lies in the job's folder."""
        return path.startswith(f"{self.recorded}/") and is_plain(path)

    def state(self, key: str) -> str:
        """A stage's status, `killed` included."""
        folder = self.folder / key
        state = self.stages[key].state(folder)
        if state != "killed":
            return state
        # Or it ended between the reading of its manifest and the check of its lock.
        return Manifest.load(folder / NAME).state(folder)

    @cached_property
    def leftovers(self) -> frozenset[str]:
        """The stages that the film does not depend on any more, as of a language that was removed
        from the list: no current stage reads from them, and a later run made the film's page, or
        the film where there is no page. Their files are still checked against the record."""
        last = self.stages.get("11_audit") or self.stages.get("10_mux")
        if last is None or last.status not in ("success", "running"):
            return frozenset()
        used: set[str] = set()
        queue = [key for key in self.stages if key.startswith(("10_", "11_"))]
        while queue:
            key = queue.pop()
            if key not in used:
                used.add(key)
                queue += self._read_by(key)
        old = {key for key, m in self.stages.items() if m.run_id < last.run_id}
        return frozenset(key for key in old - used if self.stages[key].status != "running")

    @cached_property
    def failed(self) -> dict[str, str]:
        """The stages of the film that failed, each with the reason."""
        return {
            key: str(manifest.reason)
            for key, manifest in self.stages.items()
            if manifest.status == "failed" and key not in self.leftovers
        }

    @cached_property
    def cut_off(self) -> dict[str, str]:
        """The stages that read what a stage made before its last run, which failed: each with this
        failed one."""
        left = {(f.path, f.sha256) for key in self.failed for f in self.stages[key].outputs}
        return {
            key: self.producer_of(file)
            for key, manifest in self.stages.items()
            for file in manifest.inputs
            if self.producer_of(file) in self.failed and (file.path, file.sha256) not in left
        }

    def producer_of(self, file: FileRecord) -> str:
        """The stage of this job that made an input, by the manifest that it names, or ''."""
        named = file.producer["manifest"] if file.producer else ""
        return (self.inside(named) or "").rpartition("/")[0]

    def _read_by(self, key: str) -> list[str]:
        """The stages of this job that a stage reads from, by the manifests that it names."""
        folders = map(self.producer_of, self.stages[key].inputs)
        return [folder for folder in folders if folder in self.stages]

    @cached_property
    def producers(self) -> dict[str, str]:
        """The stage that has each recorded path among its outputs."""
        return {file.path: key for key, m in self.stages.items() for file in m.outputs}

    def way(self, key: str) -> list[str]:
        """The stages between the film and a stage, this one first; each before its producers."""
        order: list[str] = []
        queue = [key]
        while queue:
            stage = queue.pop(0)
            order = [*(s for s in order if s != stage), stage]
            producers = (self.producers.get(file.path) for file in self.stages[stage].inputs)
            queue += [producer for producer in producers if producer]
        return order


def is_plain(path: str) -> bool:
    """Whether a path has the form that stages record: no `..` leads outside its apparent folder."""
    return path == os.path.normpath(path) and not path.startswith("..") and "\0" not in path


def _roots(folder: Path, recorded: str) -> list[Path]:
    """The folders that recorded paths may be relative to, the likeliest first: above the folder's
    path as written, since `out` may be a link to a larger disk; the current folder; above its
    resolved path."""
    depth = len(Path(recorded).parts)
    written, real = Path(os.path.abspath(folder)), folder.resolve()  # noqa: PTH100 - keeps links
    fit = [p.parents[depth - 1] for p in (written, real)
           if p.parts[-depth:] == Path(recorded).parts]  # fmt: skip
    return [*fit[:1], Path.cwd(), *fit[1:]]


def _is_placed(root: Path, recorded: str, folder: Path) -> bool:
    """Whether a workflow runs in `root` and its path `recorded` is `folder`. Its code may be
    elsewhere (`sutradhar init`)."""
    runs = any((root / name).exists() for name in ("Snakefile", "config/config.yaml", ".snakemake"))
    return runs and (root / recorded).resolve() == folder.resolve()


def containing(path: Path) -> Path:
    """The job's folder that `path`, a file of it or the folder itself, lies in. Problem if none."""
    if not path.exists():
        raise Problem(f"{path} does not exist; give a job's folder like out/JOB, or a file in it")
    for folder in (path, *path.parents, *path.absolute().parents):
        if (folder / ledger.NAME).is_file():
            return folder
    raise Problem(f"{path}: neither it nor a folder above it has a {ledger.NAME}, so no record")


class Reader:
    """Reads what stages wrote, each file only after its checksum matched the one on record.

    Its methods raise Problem for a file that is not on record or differs from it. Each file is read
    once, also a film whose tracks are read for several languages.
    """

    def __init__(self, job: Job):
        self.job = job
        self._seen: dict[Path, str | None] = {}
        self._documents: dict[tuple[Path, type[Any]], Any] = {}
        self.subtitles = cache(tracks.read)

    def output(self, kind: type[Document], key: str, name: str) -> Document:
        """The output named `name` in the rule of the stage `key`, as the document `kind`."""
        files = [f for f in self.job.stages[key].outputs if f.name == name]
        return self._load(kind, key, name, files)

    def input(self, kind: type[Document], key: str, name: str) -> Document:
        """The input named `name` in the rule of the stage `key`, as the document `kind`."""
        return self._load(kind, key, name, self._inputs(key, name))

    def path(self, key: str, name: str) -> Path:
        """The path of the input `name` of the stage `key`; it is not checked."""
        return self.job.locate(self._one(key, name, self._inputs(key, name)).path)

    def held(self, key: str, name: str) -> Path:
        """The input `name` of the stage `key`, checked against its checksum."""
        return self._held(self._one(key, name, self._inputs(key, name)))

    def held_output(self, key: str, name: str) -> Path:
        """The output `name` of the stage `key`, checked against its checksum."""
        files = [f for f in self.job.stages[key].outputs if f.name == name]
        return self._held(self._one(key, name, files))

    def producer(self, key: str, name: str) -> str:
        """The stage that made the input `name` of the stage `key`."""
        path = self._one(key, name, self._inputs(key, name)).path
        if path not in self.job.producers:
            raise Problem(f"{path}: no stage on record made it")
        return self.job.producers[path]

    def part(self, key: str) -> str:
        """The stage with the inputs of `key`: if `key` joined shards, the first shard, since all
        have the same inputs; else `key` itself."""
        shards = self._inputs(key, "shards")
        return self.job.producers.get(shards[0].path, key) if shards else key

    def _inputs(self, key: str, name: str) -> list[Any]:
        return [f for f in self.job.stages[key].inputs if f.name == name]

    def _one(self, key: str, name: str, files: Sequence[Any]) -> Any:
        if len(files) != 1:
            raise Problem(f"{self.job.folder / key}: {len(files)} files called {name} on record")
        return files[0]

    def _load(self, kind: type[Document], key: str, name: str, files: Sequence[Any]) -> Document:
        from subtitling import documents

        path = self._held(self._one(key, name, files))
        if (path, kind) not in self._documents:
            self._documents[path, kind] = documents.load(kind, path)
        document: Document = self._documents[path, kind]
        return document

    def _held(self, record: Any) -> Path:
        path = self.job.locate(record.path)
        if path not in self._seen:
            self._seen[path] = sha256(path) if path.is_file() else None
        if record.sha256 is None or self._seen[path] != record.sha256:
            raise Problem(f"{path} is not what is on record; see lineage verify {self.job.folder}")
        return path


def clock(ms: int) -> str:
    """62500 as `00:01:02.500`."""
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _recorded(stages: dict[str, Manifest]) -> str | None:
    """The job's folder in most of the manifests, so that a single manifest moved from elsewhere has
    no effect."""
    votes = Counter(
        m.folder.removesuffix(f"/{key}")
        for key, m in stages.items()
        if m.folder.endswith(f"/{key}")
    )
    return votes.most_common(1)[0][0] if votes else None
