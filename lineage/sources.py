"""The files of this project that a stage's result depends on, from its script's imports.

Snakemake does not look into modules that a script imports. Every rule therefore carries the digest
of these files in its params, so that an edit to a stage's logic reruns that stage and no other.
`lineage` itself is left out: it records results and cannot change them.
"""

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "subtitling"
# A statement that imports from `subtitling`, from the start of its line to its end with brackets.
_IMPORT = re.compile(
    rf"^[ \t]*((?:from|import)[ \t]+{PACKAGE}\b(?:[^\n(\\#]|\\\n)*(?:\((?:[^)#]|#.*)*\))?)",
    re.MULTILINE,
)


@cache
def closure(script: Path) -> tuple[Path, ...]:
    """`script` and every module of `subtitling` that it reaches, at any depth of import, sorted.

    Also finds imports inside functions. Raises FileNotFoundError for a module that is not there.
    """
    reached: set[Path] = set()
    queue = [script]
    while queue:
        path = queue.pop()
        if path not in reached:
            reached.add(path)
            queue += _beside(script.parent, path)
    return tuple(sorted(reached))


def digest(script: Path) -> str:
    """One checksum over the names and contents of `closure(script)`."""
    total = hashlib.sha256()
    for path in closure(script):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(script.parent)} {content}\n".encode())
    return total.hexdigest()


def script(folder: Path, stage: str, wanted: str | None) -> str | None:
    """The name of the script of a stage in `folder` that has this digest; None for none.

    A stage that consists of shards, or shares a model, has several scripts.
    """
    scripts = sorted(folder.glob(f"{stage}*.py")) if wanted else []
    return next((path.name for path in scripts if digest(path) == wanted), None)


# The files beside the scripts that assemble a run and keep its record.
WORKFLOW = ("Snakefile", "rules", "lineage", "config/models.yaml", "config/config.schema.json")


def workflow(root: Path) -> dict[str, str]:
    """A digest of each of `WORKFLOW` that is in `root`, over names and contents."""
    return {name: _of_files(root, name) for name in WORKFLOW if (root / name).exists()}


def _of_files(root: Path, name: str) -> str:
    path, total = root / name, hashlib.sha256()
    files = path.rglob("*") if path.is_dir() else [path]
    for file in sorted(f for f in files if f.suffix in ("", ".smk", ".py", ".json", ".yaml")):
        if file.is_file():
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{file.relative_to(root)} {content}\n".encode())
    return total.hexdigest()


@cache
def imported(path: Path) -> tuple[str, ...]:
    """The `subtitling` modules that `path` imports, by dotted name.

    `from subtitling.recognition import passes` gives `subtitling.recognition.passes`, `from
    subtitling.documents import Cue` gives `subtitling.documents.Cue`.

    Cached, because the scripts share most modules. Only what looks like such an import is parsed (a
    test compares that with parsing everything), because each start of Snakemake waits for this, on
    a cluster three times a job.
    """
    statements = _IMPORT.finditer(path.read_text(encoding="utf-8"))
    return tuple(name for each in statements for name in names(ast.parse(each[1])))


def names(tree: ast.AST) -> Iterator[str]:
    """The `subtitling` names that a piece of Python imports. ValueError for a relative import,
    which the pattern for these statements does not match."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            raise ValueError(f"line {node.lineno}: import by the full name, not relative")
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{PACKAGE}."):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if f"{a.name}.".startswith(f"{PACKAGE}."))


@cache
def _beside(folder: Path, path: Path) -> tuple[Path, ...]:
    """The modules that `path` imports itself, and the packages that contain them."""
    return tuple(dict.fromkeys(file for name in imported(path) for file in _files(folder, name)))


@cache
def _files(folder: Path, name: str) -> tuple[Path, ...]:
    """The module that a dotted name denotes or belongs to, and the packages that contain it."""
    path = folder
    packages: list[Path] = []
    for part in name.split("."):
        if (path / f"{part}.py").is_file():
            return (*packages, path / f"{part}.py")
        path /= part
        if not path.is_dir():
            raise FileNotFoundError(f"{path}.py: imported as {name}, but not there")
        packages.append(path / "__init__.py")
    return tuple(packages)
