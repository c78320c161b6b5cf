"""Compare the files with the record: every byte, every link of the chain, the seal.

Exit status 0 only if everything was checked and matches; 3 if everything that was checked matches,
but something on record could not be reached, such as the film of a job that was moved. Checksums
are always computed again. The head printed at the end identifies the whole record: keep it
elsewhere, and --expect later shows whether the record was rewritten, the last manifest and the
ledger included.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from lineage import attestation, carriers, journal, ledger, terminal, tracks, untrusted
from lineage.commands import signatures
from lineage.ledger import Ledger
from lineage.manifest import NAME, FileRecord, InvalidManifest, Manifest, sha256
from lineage.problem import Problem
from lineage.record import Job, Reader, is_plain
from lineage.untrusted import quoted

LOG, ORIGIN = "stage.log", ".origin.json"


Kind = Literal[
    "missing",
    "ledger",
    "head",
    "manifest",
    "state",
    "content",
    "chain",
    "track",
    "extra",
    "signature",
    "unchecked",
]


@dataclass(frozen=True)
class Finding:
    """One difference from the record: its `kind`, its path, and what differs."""

    kind: Kind
    path: str
    text: str


@dataclass
class Report:
    """The result of `verify`. `unchecked` lists what is on record but could not be checked: files
    outside of a job that was moved, weights of a package that is not installed. `signed` says by
    whom and when the head was signed."""

    job: str
    stages: int = 0
    hashed: int = 0
    bytes: int = 0
    head: str | None = None
    lines: int = 0
    signed: str | None = None
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything on record was checked and matches."""
        return not (self.findings or self.unchecked)

    @property
    def verdict(self) -> str:
        """The result in words, used by every page and report."""
        if self.ok:
            return "all is well"
        parts = [_count(len(self.findings), "finding")] if self.findings else []
        if self.unchecked:
            parts.append(f"{len(self.unchecked)} on record not checked")
        return ", ".join(parts) if self.findings else f"no finding, but {parts[0]}"

    @property
    def status(self) -> int:
        """The command's exit status."""
        return 0 if self.ok else 1 if self.findings else 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("job", type=Path, help="the job's folder, e.g. out/tale")
    parser.add_argument(
        "--expect", metavar="SUM", help="a head that you kept elsewhere, to compare"
    )
    parser.add_argument(
        "--signed-by",
        type=Path,
        metavar="ALLOWED_SIGNERS",
        help="the head must be signed by a key in this file (its form: ssh-keygen(1))",
    )
    parser.add_argument(
        "--stamped-by",
        type=Path,
        metavar="PEM",
        help="and the signature stamped by an authority with one of these certificates",
    )
    parser.add_argument(
        "--workflow", type=Path, help="the folder of the workflow, for a job that was moved"
    )


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    report = verify(
        args.job,
        workflow=args.workflow,
        expect=args.expect,
        signed_by=args.signed_by,
        stamped_by=args.stamped_by,
    )
    if args.json:
        answer = {"ok": report.ok, "verdict": report.verdict, **asdict(report)}
        print(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        print(as_text(report), end="")
    return report.status


def verify(
    folder: Path,
    *,
    workflow: Path | None = None,
    expect: str | None = None,
    signature: bool = True,
    signed_by: Path | None = None,
    stamped_by: Path | None = None,
    reader: Reader | None = None,
) -> Report:
    """Check the job in `folder`, and its signature unless it is about to be made anew; the tracks
    of films are those that `reader` of the same job reads, where others use it as well. Raises
    Problem if there is no record."""
    if not folder.is_dir():
        raise Problem(f"{folder} is not a folder; give a job's folder like out/JOB")
    check = _Check(reader or Reader(Job.read(folder, workflow)))
    check.ledger(expect)
    check.manifests()
    check.files()
    check.chain()
    check.models()
    check.tracks()
    check.extras()
    if signature:
        check.signature(signed_by, stamped_by)
    return check.report


def evidence(job: Job) -> list[Finding]:
    """The findings on a job's manifests, their seal and the chain between them. Commands that use
    manifests only refuse a job with such findings."""
    check = _Check(Reader(job))
    check.ledger(None)
    check.manifests()
    check.chain()
    return [f for f in check.report.findings if f.kind != "state" and Path(f.path).name != LOG]


def as_text(report: Report) -> str:
    """The report as text."""
    lines = [f"{report.job}: {report.stages} stages, {report.hashed} files hashed, "
             f"{report.bytes / 1e6:.1f} MB"]  # fmt: skip
    if report.unchecked:
        lines += ["NOT CHECKED:", *(f"  {f.path}: {f.text}" for f in report.unchecked)]
    lines += [f"  {f.kind:<9} {f.path}: {f.text}" for f in report.findings]
    if report.head:
        lines.append(f"head {report.head} after {report.lines} lines of the ledger")
    if report.signed:
        lines.append(report.signed)
    return terminal.lines([*lines, report.verdict])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


class _Check:
    """One pass over one job; each method adds what it finds to `report`."""

    def __init__(self, reader: Reader):
        job = self.job = reader.job
        self._reader = reader
        self.report = Report(str(job.folder), stages=len(job.stages))
        self._sums: dict[Path, str | None] = {}
        self._held: set[tuple[Path, str | None]] = set()
        self._outputs_by_manifest: dict[Path, list[FileRecord]] = {}
        self._absent: set[str] = set()
        self._known = {ledger.NAME, *(f"{attestation.FOLDER}/{n}" for n in attestation.FILES)}
        # A stage holds the lock of its folder until after it has written its line of the ledger.
        self._busy = {
            key for key in job.stages
            if job.state(key) in ("running", "killed") or journal.is_held(job.folder / key)
        }  # fmt: skip

    def _find(self, kind: Kind, path: Path | str, text: str) -> None:
        self.report.findings.append(Finding(kind, str(path), text))

    def _sum(self, path: Path) -> str | None:
        """The file's checksum, computed once per run; None where there is no such file."""
        if path not in self._sums:
            link = path.is_symlink() and path.is_relative_to(self.job.folder)
            self._sums[path] = sha256(path) if path.is_file() and not link else None
            if self._sums[path]:
                self.report.hashed += 1
                self.report.bytes += path.stat().st_size
        return self._sums[path]

    def _hold(self, path: Path, expected: str | None, whose: str) -> None:
        """Compare the file at `path` with the checksum that the stage `whose` has on record."""
        actual = self._sum(path)
        if (path, expected) in self._held:
            return
        self._held.add((path, expected))
        if actual is None:
            self._find("missing", path, f"{whose} has it, but it is not there")
        elif actual != expected:
            self._find(
                "content", path, f"not what {whose} has: sha256 {actual}, on record {expected}"
            )

    def ledger(self, expect: str | None) -> None:
        """Check the seal: its own lines, and the checksums on it."""
        path = self.job.folder / ledger.NAME
        try:
            book = ledger.read(path)
        except FileNotFoundError:
            self._find("missing", path, "no ledger, so nothing is sealed")
            return
        except (ledger.BrokenLedger, OSError) as error:  # a link to itself, or not readable
            self._find("ledger", path, str(error))
            return
        self.report.head, self.report.lines = book.head, len(book.entries)
        for inside, digest in book.sealed.items():
            self._known.add(inside)
            stage = str(Path(inside).parent)
            growing = self._busy if stage == "logs" else stage in self._busy
            if not growing:
                self._hold(self.job.folder / inside, digest, "the ledger")
        for key in {**self.job.stages, **self.job.broken}:
            if f"{key}/{NAME}" not in book.sealed and key not in self._busy:
                self._find("ledger", self.job.folder / key, "this stage has no line in the ledger")
        if expect and not goes_on_from(expect, book):
            self._find("head", path, _unexpected(expect, book))

    def manifests(self) -> None:
        """Check each manifest by itself: schema, path, state, and the log beside it."""
        for key, reason in self.job.broken.items():
            self._known.add(f"{key}/{NAME}")
            self._find("manifest", self.job.folder / key / NAME, reason)
        for key, manifest in self.job.stages.items():
            path = self.job.folder / key / NAME
            self._known |= {f"{key}/{NAME}", f"{key}/{LOG}"}
            if manifest.job is None:
                self._origin(key, manifest)
            for text in _wayward(manifest):
                self._find("manifest", path, text)
            if manifest.folder != f"{self.job.recorded}/{key}":
                self._find("manifest", path, f"it is the manifest of {manifest.folder}")
            state = self.job.state(key)
            if key in self.job.leftovers:
                self._known.add(f"{key}/{journal.NAME}")
            elif state not in ("success", "skipped"):
                self._known.add(f"{key}/{journal.NAME}")
                reason = f": {manifest.reason}" if manifest.reason else ""
                self._find("state", path, f"the stage is {state}{reason}")
            if not (self.job.folder / key / LOG).is_file():
                self._find("missing", self.job.folder / key / LOG, "every stage has a log")
        for folder in self._folders_with_files():
            if folder not in self.job.stages and folder not in self.job.broken:
                self._find("missing", self.job.folder / folder / NAME, "every stage has a manifest")

    def _origin(self, key: str, manifest: Manifest) -> None:
        """Compare the origin of a model, kept beside it for the next run, with the manifest's."""
        path = self.job.folder / key / ORIGIN
        self._known.add(f"{key}/{ORIGIN}")
        if not path.is_file():
            return
        try:
            origin = untrusted.json_value(untrusted.content(path))
        except untrusted.Refused as error:
            origin = str(error)
        if origin not in [[model["source"], model["revision"]] for model in manifest.models]:
            self._find(
                "content", path, f"not the origin that {key} has on record: {quoted(origin)}"
            )

    def _folders_with_files(self) -> list[str]:
        parents = {path.parent.relative_to(self.job.folder).as_posix() for path in self._all()}
        return sorted(parents - {".", "logs", attestation.FOLDER})

    def files(self) -> None:
        """Check outputs, kept intermediates and inputs from outside, byte for byte."""
        for key, manifest in self.job.stages.items():
            outputs = [(f.path, f.sha256) for f in manifest.outputs]
            outputs += [
                (f["path"], f["sha256"]) for f in manifest.intermediate_files if f["retained"]
            ]
            for path, digest in outputs:
                if inside := self.job.inside(path):
                    self._known.add(inside)
                    self._hold(self.job.locate(path), digest, key)
                else:
                    where = self.job.folder / key / NAME
                    self._find("manifest", where, f"{path} lies outside of the job")
            for file in manifest.inputs:
                if not self.job.owns(file.path) and is_plain(file.path):
                    self._given(key, manifest, file)

    def _given(self, key: str, manifest: Manifest, file: FileRecord) -> None:
        """Check an input from outside of the job by its content: a model that was downloaded again,
        or a table with another comment, has the same content as when it was read."""
        path = self.job.locate(file.path)
        if path.is_file() and self._sum(path) != file.sha256:
            noted = manifest.notes.get("content", {}).get(file.path)
            of_store = file.producer and file.producer["stage"] == "models"
            if of_store and self._is_same_model(path, manifest):
                return
            if noted and self._content(path, str(manifest.job)) == noted:
                return
        self._outside(path, file.sha256, key)

    def _is_same_model(self, inventory: Path, manifest: Manifest) -> bool:
        """Whether the store has, under a valid record, a model with the files that the stage has on
        record; the files themselves are checked in `models`."""
        try:
            stored = untrusted.json_value(untrusted.content(inventory))
            files = [m["files"] for m in manifest.models if m["name"] == stored["name"]]
        except untrusted.FAILURES:
            return False
        model_file = (self._sum(inventory), inventory.name)
        outputs = {(f.sha256, Path(f.path).name) for f in self._outputs(inventory.with_name(NAME))}
        return model_file in outputs and all(stored.get("files") == each for each in files)

    @staticmethod
    def _content(path: Path, job: str) -> str | None:
        """The digest of the terms in a table."""
        from subtitling.film import glossary

        try:
            return glossary.digest(glossary.read(path, job, hot=False))
        except Problem:
            return None

    def _outside(self, path: Path, expected: str | None, whose: str) -> None:
        """Check a file outside of the job. If the job was moved and the file cannot be reached,
        report it as unchecked."""
        if self.job.in_place or path.exists():
            self._hold(path, expected, whose)
        else:
            self._unchecked(path, f"{whose} has it, but it lies outside of the job and is not here")

    def _unchecked(self, path: Path | str, text: str) -> None:
        if str(path) not in self._absent:
            self._absent.add(str(path))
            self.report.unchecked.append(Finding("unchecked", str(path), text))

    def chain(self) -> None:
        """Check that each input names the current manifest of its producer and is among its
        outputs."""
        for key, manifest in self.job.stages.items():
            for file in manifest.inputs if key not in self.job.leftovers else ():
                self._link(key, file)

    def _link(self, key: str, file: FileRecord) -> None:
        where = f"{key} reads {file.path}"
        if file.producer is None:
            if self.job.owns(file.path):
                self._find("chain", self.job.folder / key / NAME, f"{where}, which no stage made")
            return
        if not (is_plain(file.path) and is_plain(file.producer["manifest"])):
            return  # reported by `manifests`, and not followed
        path = self.job.locate(file.producer["manifest"])
        actual, named = self._sum(path), file.producer["sha256"]
        if actual is None:
            self._outside(path, named, where)
        elif self.job.owns(file.producer["manifest"]):
            if actual != named and not self._replaced(path, named):
                text = f"{where}, made under another manifest (sha256 {named})"
                self._find("chain", path, text)
            elif self._has_failed(path):
                return  # its outputs are gone; reported by `manifests`
            elif (file.path, file.sha256) not in self._made(path):
                self._find("chain", path, f"{where}, but this manifest made no such file")
        elif actual != named and not self._is_sealed(path, actual):
            self._find("chain", path, f"{where}: neither the manifest of then (sha256 {named}) nor "
                       "one that its own ledger seals")  # fmt: skip
        elif file.path not in {made for made, _ in self._made(path)}:
            self._find("chain", path, f"{where}, but this manifest made no such file")

    def _has_failed(self, manifest: Path) -> bool:
        """Whether the last run of a stage of this job failed."""
        stage = self.job.stages.get(manifest.parent.relative_to(self.job.folder).as_posix())
        return stage is not None and stage.status not in ("success", "skipped")

    def _replaced(self, manifest: Path, digest: str) -> bool:
        """Whether a producer's manifest was sealed with this checksum before the stage ran again.
        Where it made the same file again, Snakemake does not rerun its consumers."""
        book, inside = self._book(manifest)
        return book.ever_sealed(inside, digest)

    def _is_sealed(self, manifest: Path, digest: str) -> bool:
        """Whether a manifest of the store is the latest one on the store's ledger."""
        book, inside = self._book(manifest)
        return book.sealed.get(inside) == digest

    @staticmethod
    def _book(manifest: Path) -> tuple[Ledger, str]:
        """The ledger above a manifest, empty for none that holds, and the manifest's name on it."""
        root = next((p for p in manifest.parents if (p / ledger.NAME).is_file()), manifest.parent)
        try:
            book = ledger.read(root / ledger.NAME)
        except (ledger.BrokenLedger, OSError):  # `ledger` reports faults of the job's own
            book = Ledger((), ())
        return book, str(manifest.relative_to(root))

    def _made(self, manifest: Path) -> set[tuple[str, str | None]]:
        return {(file.path, file.sha256) for file in self._outputs(manifest)}

    def _outputs(self, manifest: Path) -> list[FileRecord]:
        if manifest not in self._outputs_by_manifest:
            try:
                outputs = Manifest.load(manifest).outputs
            except (InvalidManifest, OSError):  # reported elsewhere
                outputs = []
            self._outputs_by_manifest[manifest] = outputs
        return self._outputs_by_manifest[manifest]

    def models(self) -> None:
        """Check the weights themselves, in the store or in the package that contains them."""
        for key, manifest in self.job.stages.items():
            if key in self.job.leftovers:
                continue
            inventories = [
                self.job.locate(f.path)
                for f in manifest.inputs
                if f.producer and f.producer["stage"] == "models" and is_plain(f.path)
            ]
            for model in manifest.models:
                whose = f"{key}, model {model['name']},"
                folder = next(
                    (p.parent for p in inventories if p.parent.name == model["name"]), None
                )
                if manifest.job is None:
                    folder = self.job.folder / key
                    self._known |= {f"{key}/{name}" for name in model["files"]}
                folder = folder or carriers.folder(model)
                if folder is None or not model["files"]:
                    text = f"{whose} is out of reach: {model['source']}"
                    self._unchecked(model["name"], text)
                    continue
                for name, digest in model["files"].items():
                    if is_plain(name) and not name.startswith("/"):
                        self._outside(folder / name, digest, whose)

    def tracks(self) -> None:
        """Check that the films' tracks show the cues and languages of the subtitle files."""
        for manifest in self.job.stages.values():
            films = [f for f in manifest.outputs if f".{f.kind}" in tracks.FILMS]
            missing = manifest.notes.get("missing", [])  # tracks that could not be made
            inputs = [
                f
                for f in manifest.inputs
                if f.name == "tracks" and Path(f.path).stem not in missing
            ]
            files = [f for f in inputs if f".{f.kind}" in tracks.FILES]
            if files and all(self._sum(self.job.locate(f.path)) for f in (*films, *files)):
                for film in films:
                    shift_ms = manifest.notes.get("shift_us", 0) / 1000
                    self._compare(self.job.locate(film.path), files, shift_ms)

    def _compare(self, film: Path, given: list[FileRecord], shift_ms: float) -> None:
        try:
            film_tracks = self._reader.subtitles(film)
            files = {file.path: tracks.read(self.job.locate(file.path))[0].cues for file in given}
        except (Problem, UnicodeDecodeError, IndexError) as error:
            self._find("track", film, f"its subtitles cannot be compared: {error}")
            return
        if len(film_tracks) < len(given):
            self._find("track", film, f"{len(film_tracks)} subtitle tracks, not {len(given)}")
            return
        for file, track in zip(given, film_tracks[len(film_tracks) - len(given) :], strict=True):
            language = Path(file.path).stem
            if not tracks.same_language(track.language, language):
                self._find(
                    "track", film, f"track {track.index} is in {track.language}, not {language}"
                )
            written = files[file.path]
            if track.codec == "mov_text":
                written = tracks.in_turn(written)
            for number, shown, intended in tracks.differences(track.cues, written, shift_ms):
                text = f"track {track.index}, cue {number}: {shown} in the film, {intended} in"
                self._find("track", film, f"{text} {file.path}")
            if len(track.cues) != len(written):
                text = f"{len(track.cues)} cues, {len(written)} in {file.path}"
                self._find("track", film, f"track {track.index}: {text}")

    def extras(self) -> None:
        """Report files that nothing on record accounts for."""
        for path in self._all():
            inside = path.relative_to(self.job.folder).as_posix()
            working = any(inside.startswith(f"{key}/") for key in self._busy)
            if inside not in self._known and not (self._busy and inside.startswith("logs/")):
                if not working:
                    self._find("extra", path, "nothing on record accounts for it")
            elif path.is_symlink():
                self._find("extra", path, "a link stands where a file should")

    def signature(self, signed_by: Path | None, stamped_by: Path | None) -> None:
        """Check the signature of the head, where there is one or one must be."""
        folder = self.job.folder / attestation.FOLDER
        if (folder / attestation.STATEMENT).exists() or signed_by or stamped_by:
            signature = signatures.of(self.job, signed_by, stamped_by)
            self.report.signed = signature.text
            self.report.findings += [
                Finding("signature", str(path), text) for path, text in signature.faults
            ]

    def _all(self) -> Iterator[Path]:
        return (p for p in sorted(self.job.folder.rglob("*")) if p.is_symlink() or not p.is_dir())


def _wayward(manifest: Manifest) -> list[str]:
    """Findings for paths that lead outside their apparent folder, which no stage records. They are
    not followed."""
    paths = [file.path for file in (*manifest.inputs, *manifest.outputs)]
    paths += [f.producer["manifest"] for f in manifest.inputs if f.producer]
    paths += [part["path"] for part in manifest.intermediate_files]
    names = [name for model in manifest.models for name in model["files"]]
    odd = [p for p in (*paths, *names) if not is_plain(p)] + [n for n in names if n[:1] == "/"]
    return [f"no stage records a path like {quoted(path)}" for path in odd]


_PAGE = "11_audit"
_SHORTEST = 16  # digits of a head that pages and reports show at least


def goes_on_from(expect: str, book: ledger.Ledger) -> bool:
    """Whether the ledger is at the expected head, which may be given by its first digits, or has
    gone on from it only to seal the film's page, which prints the head before that."""
    if len(expect) < _SHORTEST:
        return False
    places = [n for n, known in enumerate(book.sums) if known.startswith(expect)]
    added = book.entries[places[0] + 1 :] if len(places) == 1 else None
    return added is not None and all(entry.folder == _PAGE for entry in added)


def _unexpected(expect: str, book: ledger.Ledger) -> str:
    if expect in book.sums:
        after = len(book.sums) - book.sums.index(expect) - 1
        return f"the ledger went through {expect}, but {after} lines were added since"
    return f"the ledger never had the head {expect}: this is another record"
