"""List every film, track and cue that a model, a package, a glossary entry or a commit had a part
in, and the command that makes them anew.

A model is named by the SHA-256 of one of its files; a glossary entry by any of its writings. With
-o the cues as they are now are kept in a file; after the films were made again, --after FILE says
which of them changed. Of a glossary entry, the cues that show it are listed, and those of the names
that were corrected by it; films where it is in the glossary only are counted.
"""

import argparse
import json
import shlex
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from lineage import catalogue, terminal, untrusted
from lineage.commands import diff
from lineage.files import replacing
from lineage.problem import Problem
from lineage.record import Job, Reader

if TYPE_CHECKING:
    from subtitling.documents import Cue, Term

SCHEMA = "sutradhar/recall/1"
_GLOSSARY = "03_glossary_load"


@dataclass(frozen=True)
class Recalled:
    """A track that was touched, and by which stages. `touched` are the numbers of its touched cues,
    None for all of them."""

    job: str
    track: str
    stages: tuple[str, ...]
    cues: int
    touched: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Concerned:
    """A film of the answer: its stages that are to run again, with their rules, and the glossary's
    terms where those are asked for."""

    job: str
    stages: dict[str, str]
    terms: "tuple[Term, ...]" = ()


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--model", metavar="SHA256", help="the sum of a model's file, or its name")
    which.add_argument("--package", metavar="NAME==VERSION", help="a package, or one version of it")
    which.add_argument("--code", metavar="COMMIT", help="the commit that stages ran under")
    which.add_argument("--glossary", metavar="ENTRY", help="a term, in any of its writings")
    which.add_argument(
        "--after", type=Path, metavar="FILE", help="which cues changed since -o FILE"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="keep the cues in a file")
    parser.add_argument("--in", dest="folder", type=Path, default=Path("out"), metavar="FOLDER",
                        help="the folder of all jobs; default: out")  # fmt: skip


def main(args: argparse.Namespace) -> int:
    """Run the command. Exit status 0: an answer; 1: nothing was touched, or with --after, a cue
    changed; 3: films changed since the catalogue was made, so the answer may not be whole."""
    if args.after:
        return _compare(args.folder, args.after, args.json)
    if args.output and args.output.exists():
        raise Problem(f"{args.output} exists already; give a new name")
    with catalogue.opened(args.folder) as base:
        films = list(_by_term(args.folder, args.glossary) if args.glossary else _by_use(base, args))
        rows = [row for film in films for row in _tracks(base, args.folder, film)]
    if args.output:
        _keep(args.folder, rows, args.output)
    command = _command(films)
    if args.json:
        answer = {"tracks": [asdict(row) for row in rows], "films": len(films), "command": command}
        print(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        print(terminal.lines([*map(_line, rows), *_summary(films, rows, command)]), end="")
    stale = catalogue.changed_since(args.folder)
    if stale:
        text = f"NOT WHOLE: {stale} films changed since: run lineage index {args.folder}"
        print(terminal.line(text), file=sys.stderr)
    return 3 if stale else 0 if films else 1


def _by_use(base: sqlite3.Connection, args: argparse.Namespace) -> Iterator[Concerned]:
    given = {"model": args.model, "code": args.code, "package": args.package}
    kind = next(kind for kind, value in given.items() if value is not None)
    rows = catalogue.used(base, kind, given[kind])
    for job, some in groupby(rows, attrgetter("job")):
        yield Concerned(job, {row.stage: row.rule for row in some})


def _by_term(folder: Path, entry: str) -> Iterator[Concerned]:
    """The films whose glossary has the entry. Their glossaries are read, since a catalogue of all
    entries of all films would be larger than these."""
    from subtitling import documents
    from subtitling.text import search_keys

    wanted = search_keys.written(entry)
    for name in catalogue.jobs(folder):
        path = folder / name / _GLOSSARY / "glossary.json"
        if not path.is_file():
            continue
        terms = documents.load(documents.Glossary, path).terms
        fit = tuple(
            term
            for term in terms
            if wanted in [search_keys.written(f.text) for f in (*term.forms, *term.renderings)]
        )
        if fit:
            yield Concerned(name, {_GLOSSARY: "glossary_load"}, fit)


def _tracks(base: sqlite3.Connection, folder: Path, film: Concerned) -> Iterator[Recalled]:
    job = Job.read(folder / film.job) if film.terms else None
    for track in catalogue.touched(base, film.job, film.stages.keys()):
        if job is None:
            yield Recalled(film.job, track.key, track.stages, track.cues)
        elif numbers := _showing(job, track.key, film.terms):
            yield Recalled(film.job, track.key, track.stages, track.cues, numbers)


def _showing(job: Job, key: str, terms: "Sequence[Term]") -> tuple[int, ...]:
    """The numbers of the cues that show one of the terms, or a name that was corrected by it."""
    from subtitling import documents
    from subtitling.text import search_keys

    reader = Reader(job)
    cues = reader.output(documents.Cues, key, "cues").cues
    transcript = reader.input(documents.Transcript, key, "transcript")
    ids = {term.id for term in terms}
    corrected = {row.segment for row in transcript.corrections if row.term in ids}
    words = {w.id for s in transcript.segments if s.id in corrected for w in s.words}
    forms = {
        f" {' '.join(search_keys.written(form.text))} "
        for term in terms for form in (*term.forms, *term.renderings)
    }  # fmt: skip
    shown = (f" {' '.join(search_keys.written(' '.join(cue.lines)))} " for cue in cues)
    return tuple(
        number
        for number, (cue, text) in enumerate(zip(cues, shown, strict=True), 1)
        if words.intersection(cue.words) or any(form in text for form in forms)
    )


def _line(row: Recalled) -> str:
    numbers = ", ".join(map(str, row.touched)) if row.touched else f"all {row.cues}"
    return f"{row.job}  {row.track}  cues: {numbers}  by {', '.join(row.stages)}"


def _summary(
    films: Sequence[Concerned], rows: Sequence[Recalled], command: str | None
) -> list[str]:
    cues = sum(len(row.touched) if row.touched else row.cues for row in rows)
    shown = len({row.job for row in rows})
    lines = [f"{shown} films, {len(rows)} tracks, {cues} cues"]
    if len(films) > shown:
        lines.append(f"{len(films) - shown} more films had it, and no cue of theirs shows it")
    if command:
        lines.append("to make them anew, with the profile and the configuration of their runs:")
        lines.append(command)
    return lines


def _command(films: Sequence[Concerned]) -> str | None:
    """The command that runs the stages of these films again, and all that follows them."""
    if not films:
        return None
    rules = dict.fromkeys(rule for film in films for rule in film.stages.values())
    return shlex.join(["snakemake", "--forcerun", *rules, "--", *(film.job for film in films)])


def _keep(folder: Path, rows: Sequence[Recalled], target: Path) -> None:
    """Write the present cues of the tracks, a line of JSON each."""
    with replacing(target) as partial, partial.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"schema": SCHEMA}) + "\n")
        for name, some in groupby(rows, attrgetter("job")):
            job = Job.read(folder / name)
            for row in some:
                cues = [[cue.start_ms, cue.end_ms, *cue.lines] for cue in _cues(job, row.track)]
                kept = {**asdict(row), "cues": cues}
                file.write(json.dumps(kept, ensure_ascii=False) + "\n")


def _cues(job: Job, key: str) -> "tuple[Cue, ...]":
    from subtitling import documents

    if key not in job.stages:
        return ()
    document: documents.Cues = Reader(job).output(documents.Cues, key, "cues")
    return document.cues


def _compare(folder: Path, kept: Path, as_json: bool) -> int:
    """Print which cues of the kept tracks changed since."""
    changed = []
    for name, track, before in _kept(kept):
        for row in diff.compare(track.rpartition("/")[2], before, _cues(_job(folder, name), track)):
            changed.append({"job": name, **asdict(row)})
            if not as_json:
                print(terminal.line(f"{name} {diff.cue_line(row)}"))
    if as_json:
        print(json.dumps(changed, ensure_ascii=False, indent=1))
    else:
        print(f"{len(changed)} cues changed since {kept} was written")
    return 1 if changed else 0


def _kept(path: Path) -> "Iterator[tuple[str, str, list[Cue]]]":
    """The job, the track and the cues of each line of a kept file. Raises Problem."""
    from subtitling.documents import Cue

    try:
        with path.open(encoding="utf-8") as file:
            if untrusted.json_value(file.readline())["schema"] != SCHEMA:
                raise ValueError("it has another schema")
            for line in file:
                data = untrusted.json_value(line)
                cues = [
                    Cue("", start, end, tuple(map(str, lines)), ())
                    for start, end, *lines in data["cues"]
                ]
                yield str(data["job"]), str(data["track"]), cues
    except (OSError, *untrusted.FAILURES) as error:
        raise Problem(f"{path}: no list of lineage recall -o: {error}") from error


def _job(folder: Path, name: str) -> Job:
    if Path(name).name != name:
        raise Problem(f"{untrusted.quoted(name)} is no job's name")
    return Job.read(folder / name)
