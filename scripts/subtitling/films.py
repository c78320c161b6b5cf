"""Which films there are: rows of films.tsv, and files dropped into the inbox."""

import csv
import shlex
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lineage import Problem
from subtitling import filmdata

# What the inbox takes for a film; anything else in there (notes, subtitles) is left alone.
FILM_ENDINGS = frozenset(
    f".{ending}"
    for ending in (
        *("mkv", "mp4", "m4v", "mov", "avi", "webm", "ts", "m2ts", "mts", "mpg", "mpeg", "vob"),
        *("wmv", "asf", "flv", "ogv", "ogm", "3gp", "mxf", "mp3", "m4a", "wav", "flac", "ogg"),
        *("opus", "aac", "wma", "mka", "ac3", "dts"),
    )
)
_NO_JOBS = frozenset({"overview.html", "plan.json"})  # files that lie in out/ beside the jobs


@dataclass(frozen=True)
class Film:
    """One job: a film and what is wanted of it. `source_language` may be `auto`."""

    job: str
    media: str
    source_language: str
    target_languages: tuple[str, ...]
    title: str | None = None
    year: int | None = None
    tmdb_id: int | None = None


@dataclass(frozen=True)
class Films:
    """All films by job. Those that nothing can be made of are `left_out`: by job, what is wrong
    with the file and what to do about it. One film's fault stops no other."""

    found: dict[str, Film]
    left_out: dict[str, str]


def find(
    table: Path, inbox: Path, source_language: str, target_languages: tuple[str, ...]
) -> Films:
    """All films; the languages given stand in where a film names none.

    A row goes before a file of the inbox that it names. Problem for a table that is wrong; it names
    file, line and value.
    """
    films: dict[str, Film] = {}
    for line, row in _rows(table):
        values: dict[str, Any] = {
            "source_language": source_language,
            "target_languages": target_languages,
            **row,
        }
        film = Film(**{**values, "target_languages": tuple(values["target_languages"])})
        if film.job in films:
            raise Problem(f"{table}, line {line}: job {film.job} stands there twice")
        films[film.job] = film
    named = {Path(film.media).absolute() for film in films.values()}
    of_rows = set(films)
    left_out: dict[str, str] = {}
    for path in sorted(inbox.iterdir()) if inbox.is_dir() else []:
        if path.suffix.lower() not in FILM_ENDINGS or path.absolute() in named:
            continue
        job = path.stem
        if job.startswith("."):
            continue  # half a copy, by many programs' custom
        if job in of_rows:
            left_out[path.name] = f"{path}: a row of {table} is job {job} already; rename the file"
        elif job in films:
            left_out[job] = f"{films[job].media} and {path} are both job {job}; rename one of them"
        else:
            films[job] = Film(job, str(path), source_language, target_languages)
    for job, film in films.items():
        if reason := fault(job, Path(film.media)):
            left_out.setdefault(job, reason)
    return Films({job: film for job, film in films.items() if job not in left_out}, left_out)


def fault(job: str, path: Path) -> str | None:
    """What is wrong with a film's file or its name, so that nothing can be planned with it, and
    what to do about it; None where all is well."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return f"{str(path)!a}: the name is no UTF-8 text; rename the file"
    if set(str(path)) & set("{}"):
        return f"{path}: braces can't be in a film's name here, they are wildcards; rename the file"
    if job.casefold() in _NO_JOBS:
        return f"{path}: out/{job} is a file of this project's own; rename the film"
    try:
        if not path.is_file():
            why = "the link leads nowhere" if path.is_symlink() else "no regular file"
            return f"{path}: {why}; put the film there or take the name away"
        with path.open("rb"):
            pass
        beside = filmdata.sidecar(path)
        if beside:
            with beside.open("rb"):
                pass
        late = next((p for p in (path, beside) if p and p.lstat().st_mtime > time.time()), None)
    except OSError as error:
        return f"{error.filename or path}: {error.strerror}; make it readable, or rename it"
    if late:
        when = datetime.fromtimestamp(late.lstat().st_mtime, UTC).isoformat(" ", "seconds")
        return (
            f"{late}: its time stamp, {when}, lies in the future, and Snakemake takes what is made "
            f"from it for outdated: run touch -h -- {shlex.quote(str(late))}"
        )
    return None


def _rows(table: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and values of each row, empty cells left out."""
    import json

    import jsonschema

    if not table.is_file():
        raise Problem(f"{table}: no such file; `films` in the configuration names it")
    schema = json.loads(SCHEMA.read_text("utf-8"))
    try:
        text = unicodedata.normalize("NFC", table.read_text("utf-8-sig"))
    except UnicodeDecodeError as wrong:
        raise Problem(f"{table}: no UTF-8 text ({wrong}); save it as UTF-8") from None
    reader = csv.DictReader(
        text.splitlines(), dialect="excel-tab", quoting=csv.QUOTE_NONE, strict=True
    )
    unknown = set(reader.fieldnames or ()) - set(schema["properties"])
    if unknown:
        known = ", ".join(schema["properties"])
        raise Problem(f"{table}: unknown columns {sorted(unknown)}; known are {known}")
    for row in reader:
        line = reader.line_num
        if None in row or None in row.values():
            raise Problem(f"{table}, line {line}: not as many cells as the header has columns")
        values: dict[str, Any] = {k: v.strip() for k, v in row.items() if v.strip()}
        if not values or values.get("job", "").startswith("#"):
            continue
        if "target_languages" in values:
            values["target_languages"] = [
                language.strip() for language in values["target_languages"].split(",")
            ]
        for number in ("year", "tmdb_id"):
            if values.get(number, "").isdecimal():
                values[number] = int(values[number])
        error = jsonschema.exceptions.best_match(
            jsonschema.Draft202012Validator(schema).iter_errors(values)
        )
        if error is not None:
            column = ".".join(map(str, error.path)) or "row"
            raise Problem(f"{table}, line {line}, {column}: {error.message}")
        yield line, values


SCHEMA = Path(__file__).resolve().parents[2] / "config" / "films.schema.json"
