"""The catalogue of many films: `catalogue.sqlite` in the folder of all jobs.

It is made from the sealed records and can be made anew at any time; it is never the record itself.
A film is read again when its ledger has changed, and only what its ledger seals is taken in. Some
films at a time are stored in one transaction, so a run that was killed goes on where it was.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage import cue_tree, ledger, untrusted
from lineage.ledger import Ledger
from lineage.manifest import NAME, InvalidManifest, Manifest, sha256
from lineage.problem import Problem
from lineage.record import Job

if TYPE_CHECKING:
    from subtitling.documents import Cue, Cues

FILE = "catalogue.sqlite"
VERSION = 1  # of the tables and the search keys; a catalogue of another one is made anew
_TOGETHER = 32  # films in one transaction
_WAIT_S = 30.0  # for another process that writes
_SUBTITLES = "09_subtitle_gen/"
_TABLES = """
CREATE TABLE film(id INTEGER PRIMARY KEY, job TEXT UNIQUE, seal TEXT, head TEXT, problem TEXT);
CREATE TABLE stage(id INTEGER PRIMARY KEY, film INTEGER, key TEXT, rule TEXT, code TEXT,
                   sources TEXT, environment INTEGER);
CREATE INDEX stage_of_film ON stage(film);
CREATE INDEX stage_by_code ON stage(code);
CREATE TABLE environment(id INTEGER PRIMARY KEY, sum TEXT UNIQUE);
CREATE TABLE package(environment INTEGER, name TEXT, version TEXT);
CREATE INDEX package_by_name ON package(name, version);
CREATE INDEX stage_by_environment ON stage(environment);
CREATE TABLE model(id INTEGER PRIMARY KEY, sum TEXT UNIQUE, name TEXT, revision TEXT);
CREATE TABLE weights(model INTEGER, sha256 TEXT, file TEXT);
CREATE INDEX weights_by_sum ON weights(sha256);
CREATE TABLE stage_model(stage INTEGER, model INTEGER, PRIMARY KEY(model, stage)) WITHOUT ROWID;
CREATE INDEX stage_model_of_stage ON stage_model(stage);
CREATE TABLE degradation(stage INTEGER, text TEXT);
CREATE INDEX degradation_of_stage ON degradation(stage);
CREATE TABLE track(id INTEGER PRIMARY KEY, film INTEGER, key TEXT, language TEXT, cues INTEGER,
                   corrected INTEGER, approved TEXT, approved_cues INTEGER);
CREATE INDEX track_of_film ON track(film);
CREATE TABLE track_stage(track INTEGER, stage INTEGER, PRIMARY KEY(stage, track)) WITHOUT ROWID;
CREATE INDEX track_stage_of_track ON track_stage(track);
CREATE TABLE cue(id INTEGER PRIMARY KEY, track INTEGER, number INTEGER, start_ms INTEGER,
                 text TEXT);
CREATE INDEX cue_of_track ON cue(track);
CREATE VIRTUAL TABLE keys USING fts5(language, written, sounds, content='', columnsize=0,
                                     tokenize="ascii");
"""


@dataclass
class Indexed:
    """What a run did: the films read, those left as they were, those that are gone, and why each
    of the others could not be taken in."""

    read: int = 0
    unchanged: int = 0
    gone: int = 0
    problems: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """A cue that was searched for. `is_current` is false where the film has another one there, or
    its ledger has changed since the catalogue was made."""

    job: str
    language: str
    number: int
    start_ms: int
    text: str
    is_current: bool


def seal(folder: Path) -> str | None:
    """What tells that a job's ledger has not changed: its size and its time; None for no job."""
    try:
        state = (folder / ledger.NAME).stat()
    except OSError:
        return None
    return f"{state.st_size} {state.st_mtime_ns}"


def jobs(folder: Path) -> dict[str, str]:
    """The jobs in a folder of jobs, each with its `seal`."""
    seals = ((path.name, seal(path)) for path in sorted(folder.iterdir()))
    return {name: state for name, state in seals if state}


@contextmanager
def opened(folder: Path, *, writing: bool = False) -> Iterator[sqlite3.Connection]:
    """The catalogue of the jobs in `folder`. Raises Problem where it is missing, of another version
    or no catalogue; with `writing` it is then made empty."""
    path = folder / FILE
    if not folder.is_dir():
        raise Problem(f"{folder} is not a folder; give the folder of all jobs, as out")
    if not writing and not path.is_file():
        raise Problem(f"{folder} has no {FILE}: run lineage index {folder}")
    if writing and path.is_file() and not _is_readable(path):
        path.unlink()
    try:
        mode = "rwc" if writing else "ro"
        place = f"{path.absolute().as_uri()}?mode={mode}"
        with closing(_connected(place)) as base:
            if not writing and _version(base) != VERSION:
                raise Problem(f"{path} is of another version: run lineage index {folder}")
            if writing and _version(base) != VERSION:
                base.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
            base.execute("PRAGMA cache_size = -65536")
            yield base
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise Problem(f"{path} is in use by another lineage index; wait for it") from error
        raise Problem(
            f"{path}: {error}; delete it and run lineage index {folder}: it is made from the "
            "records alone"
        ) from error


def _connected(place: str) -> sqlite3.Connection:
    return sqlite3.connect(place, timeout=_WAIT_S, uri=True, isolation_level=None)


def _is_readable(path: Path) -> bool:
    """Whether there is a catalogue of this version at `path`."""
    try:
        with closing(sqlite3.connect(path)) as base:
            return _version(base) == VERSION
    except sqlite3.DatabaseError:
        return False


def _version(base: sqlite3.Connection) -> int:
    return int(base.execute("PRAGMA user_version").fetchone()[0])


def update(folder: Path, progress: Any = None) -> Indexed:
    """Bring the catalogue up to date: films whose ledger changed are read again. `progress` is
    called with the number of films done and of all that are to be read."""
    done = Indexed()
    with opened(folder, writing=True) as base:
        present = jobs(folder)
        known = dict(base.execute("SELECT job, seal FROM film"))
        with _transaction(base):
            for job in known.keys() - present.keys():
                _forget(base, job)
                done.gone += 1
        wanted = [job for job, state in present.items() if known.get(job) != state]
        done.unchanged = len(present) - len(wanted)
        for some in (wanted[n : n + _TOGETHER] for n in range(0, len(wanted), _TOGETHER)):
            with _transaction(base):
                for job in some:
                    _forget(base, job)
                    _take_in(base, folder / job, present[job])
            done.read += len(some)
            if progress:
                progress(done.read, len(wanted))
        done.problems = dict(
            base.execute("SELECT job, problem FROM film WHERE problem IS NOT NULL ORDER BY job")
        )
    return done


@contextmanager
def _transaction(base: sqlite3.Connection) -> Iterator[None]:
    base.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        base.execute("ROLLBACK")
        raise
    base.execute("COMMIT")


def _forget(base: sqlite3.Connection, job: str) -> None:
    """Delete a film with all that belongs to it."""
    for (film,) in base.execute("SELECT id FROM film WHERE job = ?", (job,)).fetchall():
        tracks = base.execute("SELECT id, language FROM track WHERE film = ?", (film,)).fetchall()
        for track, language in tracks:
            rows = base.execute("SELECT id, text FROM cue WHERE track = ?", (track,))
            gone = [("delete", row, *_keys(language, text)) for row, text in rows]
            base.executemany(
                "INSERT INTO keys(keys, rowid, language, written, sounds) VALUES(?, ?, ?, ?, ?)",
                gone,
            )
            base.execute("DELETE FROM cue WHERE track = ?", (track,))
            base.execute("DELETE FROM track_stage WHERE track = ?", (track,))
        stages = base.execute("SELECT id FROM stage WHERE film = ?", (film,)).fetchall()
        for table in ("stage_model", "degradation"):
            base.executemany(f"DELETE FROM {table} WHERE stage = ?", stages)
        base.execute("DELETE FROM stage WHERE film = ?", (film,))
        base.execute("DELETE FROM track WHERE film = ?", (film,))
        base.execute("DELETE FROM film WHERE id = ?", (film,))


def _take_in(base: sqlite3.Connection, folder: Path, state: str) -> None:
    """Store a film, or why it has no record that holds."""
    try:
        book = ledger.read(folder / ledger.NAME)
        job = Job.read(folder)
        stages = {key: m for key, m in job.stages.items() if key not in job.leftovers}
        tracks = {key: _cues(job, key) for key in stages if key.startswith(_SUBTITLES)}
        _refuse_unsealed(job, book)
    except (Problem, OSError, InvalidManifest, ledger.BrokenLedger) as error:
        base.execute(
            "INSERT INTO film(job, seal, problem) VALUES(?, ?, ?)", (folder.name, state, str(error))
        )
        return
    film = _insert(base, "film(job, seal, head)", folder.name, state, book.head)
    ids = {key: _stage(base, film, key, manifest) for key, manifest in stages.items()}
    for key, document in tracks.items():
        if document is not None:
            _track(base, film, key, document, [ids[k] for k in job.way(key) if k in ids])


def _refuse_unsealed(job: Job, book: Ledger) -> None:
    """Raise Problem for a manifest that is not the sealed one, or can't be read."""
    for key, reason in job.broken.items():
        raise Problem(f"{key}: {reason}")
    sealed = book.sealed
    for key in job.stages:
        path = f"{key}/{NAME}"
        if job.state(key) not in ("running", "killed") and sealed.get(path) != sha256(
            job.folder / path
        ):
            raise Problem(f"{path} is not what the ledger seals; see lineage verify {job.folder}")


def _cues(job: Job, key: str) -> "Cues | None":
    """The cues of a track, as they are on record; None where the stage did not end. Problem for a
    file that is not on record."""
    from subtitling import documents

    made = [file for file in job.stages[key].outputs if file.name == "cues"]
    if job.stages[key].status not in ("success", "skipped") or not made:
        return None
    path = job.locate(made[0].path)
    if sha256(path) != made[0].sha256:
        raise Problem(f"{path} is not what is on record; see lineage verify {job.folder}")
    document: Cues = documents.load(documents.Cues, path)
    return document


def _stage(base: sqlite3.Connection, film: int, key: str, manifest: Manifest) -> int:
    software = manifest.software
    packages = {**software["packages"], "python": software["python"]}
    versions = {(name, str(version)) for name, version in packages.items()}
    versions |= {(name, text) for name, text in software["tools"].items()}
    for worker in software.get("workers", {}).values():
        versions |= set(worker["packages"].items())
    environment, is_new = _shared(base, "environment", sorted(versions))
    if is_new:
        rows = [(environment, *pair) for pair in sorted(versions)]
        base.executemany("INSERT INTO package VALUES(?, ?, ?)", rows)
    code = manifest.code
    stage = _insert(
        base, "stage(film, key, rule, code, sources, environment)",
        film, key, manifest.rule, code["commit"], code["digest"], environment,
    )  # fmt: skip
    for used in manifest.models:
        model, is_new = _shared(base, "model", [used["name"], used["revision"], used["files"]])
        if is_new:
            base.execute(
                "UPDATE model SET name = ?, revision = ? WHERE id = ?",
                (used["name"], used["revision"], model),
            )
            rows = [(model, digest, name) for name, digest in used["files"].items()]
            base.executemany("INSERT INTO weights VALUES(?, ?, ?)", rows)
        base.execute("INSERT OR IGNORE INTO stage_model VALUES(?, ?)", (stage, model))
    for row in manifest.degradations:
        text = f"{row['what']}: {row['after']} instead of {row['before']} ({row['reason']})"
        base.execute("INSERT INTO degradation VALUES(?, ?)", (stage, text))
    return stage


def _track(base: sqlite3.Connection, film: int, key: str, document: "Cues", way: list[int]) -> None:
    edit = document.edit
    approved = edit.approved.who if edit and edit.approved else None
    language = key.removeprefix(_SUBTITLES)
    track = _insert(
        base, "track(film, key, language, cues, corrected, approved, approved_cues)",
        film, key, language, len(document.cues), len(edit.changes) if edit else 0, approved,
        sum(hand.approved is not None for hand in edit.hands) if edit else 0,
    )  # fmt: skip
    base.executemany("INSERT INTO track_stage VALUES(?, ?)", [(track, stage) for stage in way])
    first = int(base.execute("SELECT coalesce(max(id), 0) FROM cue").fetchone()[0]) + 1
    texts = list(enumerate(map(_text, document.cues), first))
    base.executemany(
        "INSERT INTO cue VALUES(?, ?, ?, ?, ?)",
        [
            (row, track, row - first + 1, document.cues[row - first].start_ms, text)
            for row, text in texts
        ],
    )
    base.executemany(
        "INSERT INTO keys(rowid, language, written, sounds) VALUES(?, ?, ?, ?)",
        [(row, *_keys(language, text)) for row, text in texts],
    )


def _text(cue: "Cue") -> str:
    return _one("\n".join(cue.lines))


def _one(text: str) -> str:
    """A text without what JSON may hold and no database does: halves of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def _keys(language: str, text: str) -> tuple[str, str, str]:
    """What a cue is searched by."""
    from subtitling.text import search_keys

    heard = search_keys.sounds(text) if search_keys.has_sounds(language) else []
    return language.lower(), " ".join(search_keys.written(text)), " ".join(heard)


def _shared(base: sqlite3.Connection, table: str, content: Any) -> tuple[int, bool]:
    """The row for a content that many films share, and whether it is new."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    row = base.execute(f"SELECT id FROM {table} WHERE sum = ?", (digest,)).fetchone()
    return (int(row[0]), False) if row else (_insert(base, f"{table}(sum)", digest), True)


def _insert(base: sqlite3.Connection, into: str, *values: Any) -> int:
    marks = ", ".join("?" * len(values))
    return int(base.execute(f"INSERT INTO {into} VALUES({marks})", values).lastrowid or 0)


def search(folder: Path, text: str, language: str | None, most: int) -> list[Hit]:
    """The cues that have these words, best first: as one phrase in this spelling, then by their
    sound, then all of them in any order. Each cue once."""
    rows: dict[int, None] = {}
    with opened(folder) as base:
        for query in _queries(text, language):
            if len(rows) < most:
                answer = base.execute(
                    "SELECT rowid FROM keys WHERE keys MATCH ? ORDER BY rowid LIMIT ?",
                    (query, most + len(rows)),
                )
                rows |= dict.fromkeys(row for (row,) in answer)
        hits = [hit for row in list(rows)[:most] if (hit := _hit(base, folder, row))]
    return hits


def _hit(base: sqlite3.Connection, folder: Path, row: int) -> Hit | None:
    """A row of the index as a hit. It is compared with the film's own cues."""
    answer = base.execute(
        "SELECT film.job, film.seal, track.language, cue.number, cue.start_ms, cue.text "
        "FROM cue JOIN track ON track.id = cue.track JOIN film ON film.id = track.film "
        "WHERE cue.id = ?",
        (row,),
    ).fetchone()
    if answer is None or list(map(type, answer)) != [str, str, str, int, int, str]:
        return None
    job, state, language, number, start_ms, text = answer
    place = folder / Path(job).name
    there = _on_record(place, language, number)
    is_current = seal(place) == state and there == [language, number, start_ms, text]
    return Hit(job, language, number, start_ms, text, is_current)


def _on_record(folder: Path, language: str, number: int) -> list[Any] | None:
    """A cue as its film has it; None where there is none."""
    path = folder / f"{_SUBTITLES}{Path(language).name}" / cue_tree.NAME
    try:
        cue = untrusted.json_value(untrusted.content(path))["cues"][number - 1]
        return [language, number, cue["start_ms"], _one("\n".join(cue["lines"]))]
    except (OSError, *untrusted.FAILURES):
        return None


def _queries(text: str, language: str | None) -> Iterator[str]:
    """What FTS is asked, the narrowest first."""
    from subtitling.text import search_keys

    words = search_keys.written(text)
    heard = search_keys.asked(text)
    if not words:
        raise Problem(f"{text!r} has no letters to search for")
    within = f'language : ^"{_quoted(language.lower())}" AND ' if language else ""
    yield f"{within}written : {_phrase(words)}"
    ways = " OR ".join(_phrase(way) for way in heard)
    yield f"{within}sounds : ({ways})"
    if len(words) > 1:
        yield f"{within}written : ({' AND '.join(_phrase([word]) for word in words)})"
        every = " OR ".join(f"({' AND '.join(_phrase([key]) for key in way)})" for way in heard)
        yield f"{within}sounds : ({every})"


def _phrase(words: Sequence[str]) -> str:
    return f'"{" ".join(words)}"'


def _quoted(text: str) -> str:
    return text.replace('"', '""')


def changed_since(folder: Path) -> int:
    """The number of films that changed, came or went since the catalogue was made."""
    with opened(folder) as base:
        known = set(base.execute("SELECT job, seal FROM film"))
    present = set(jobs(folder).items())
    return len({job for job, _ in known ^ present})


@dataclass(frozen=True)
class Used:
    """A stage of a film that a search is about, and what in it is: a model, a degradation ..."""

    job: str
    stage: str
    rule: str
    what: str


@dataclass(frozen=True)
class Touched:
    """A track that comes from such stages."""

    key: str
    cues: int
    stages: tuple[str, ...]


@dataclass(frozen=True)
class Unreviewed:
    """A track without an approval: its cues, those that people changed, and those that they
    approved one by one."""

    job: str
    language: str
    cues: int
    corrected: int
    approved_cues: int


_MODEL = (
    "SELECT stage, name || coalesce(' ' || revision, '') FROM stage_model JOIN model ON id = model"
)
_SELECTIONS = {
    "model": (
        f"{_MODEL} WHERE name = :given OR id IN "
        "(SELECT model FROM weights WHERE sha256 GLOB :prefix)"
    ),
    "code": (
        "SELECT id, 'commit ' || code FROM stage WHERE code GLOB :prefix OR sources GLOB :prefix"
    ),
    "package": (
        "SELECT stage.id, name || ' ' || version FROM package JOIN stage USING(environment) "
        "WHERE name = :name AND (:version = '' OR version = :version)"
    ),
    "degraded": "SELECT stage, text FROM degradation",
}


def used(base: sqlite3.Connection, kind: str, given: str = "") -> list[Used]:
    """The stages that a model (by its name or the sum of one of its files), a commit, or a package
    (`name` or `name==version`) has a part in, or that are degraded. A sum may be shortened to 8
    digits, a commit to 7. Raises Problem for one that is too short."""
    name, _, version = given.partition("==")
    least = {"model": 8, "code": 7}.get(kind, 0)
    digits = given.lower()
    is_sum = len(digits) >= least and not digits.strip("0123456789abcdef")
    if kind == "code" and not is_sum:
        raise Problem(f"--code {given}: give at least 7 digits of a commit")
    values = {
        "given": given, "prefix": f"{digits}*" if is_sum else "", "version": version,
        "name": name.lower().replace("_", "-"),
    }  # fmt: skip
    rows = base.execute(
        f"WITH some(stage, what) AS ({_SELECTIONS[kind]}) "
        "SELECT DISTINCT job, key, rule, what FROM some JOIN stage ON stage.id = some.stage "
        "JOIN film ON film.id = stage.film ORDER BY job, key, what",
        {key: value for key, value in values.items() if f":{key}" in _SELECTIONS[kind]},
    )
    return [Used(*row) for row in rows]


def touched(base: sqlite3.Connection, job: str, stages: Set[str]) -> list[Touched]:
    """The tracks of a film that come from these stages."""
    marks = ", ".join("?" * len(stages))
    rows = base.execute(
        "SELECT track.key, track.cues, group_concat(stage.key, ' ') FROM film "
        "JOIN stage ON stage.film = film.id JOIN track_stage ON track_stage.stage = stage.id "
        f"JOIN track ON track.id = track_stage.track WHERE job = ? AND stage.key IN ({marks}) "
        "GROUP BY track.id ORDER BY track.key",
        (job, *sorted(stages)),
    )
    return [Touched(key, cues, tuple(sorted(keys.split()))) for key, cues, keys in rows]


def unreviewed(base: sqlite3.Connection, language: str | None) -> list[Unreviewed]:
    """The tracks that nobody approved as a whole."""
    rows = base.execute(
        "SELECT job, language, cues, corrected, approved_cues FROM track "
        "JOIN film ON film.id = track.film WHERE approved IS NULL AND (? IS NULL OR language = ?) "
        "ORDER BY job, track.key",
        (language, language),
    )
    return [Unreviewed(*row) for row in rows]
