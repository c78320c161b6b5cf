"""Which films there are: rows of films.tsv, and files dropped into the inbox."""

import csv
import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage import Problem

# What the inbox takes for a film; anything else in there (notes, subtitles) is left alone.
FILM_ENDINGS = frozenset(
    f".{ending}"
    for ending in (
        *("mkv", "mp4", "m4v", "mov", "avi", "webm", "ts", "m2ts", "mts", "mpg", "mpeg", "vob"),
        *("wmv", "asf", "flv", "ogv", "ogm", "3gp", "mxf", "mp3", "m4a", "wav", "flac", "ogg"),
        *("opus", "aac", "wma", "mka", "ac3", "dts"),
    )
)
_BLOCKS, _BLOCK_BYTES = 16, 65_536


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


def find(
    table: Path, inbox: Path, source_language: str, target_languages: tuple[str, ...]
) -> dict[str, Film]:
    """All films by job; the languages given stand in where a film names none.

    A row goes before a file of the inbox that it names. Problem names file, line and value.
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
        _no_braces(film.media, f"{table}, line {line}, media")
    named = {Path(film.media).absolute() for film in films.values()}
    for path in sorted(inbox.iterdir()) if inbox.is_dir() else []:
        if path.suffix.lower() not in FILM_ENDINGS or path.absolute() in named:
            continue
        job = path.stem
        if job in films:
            raise Problem(f"{path}: {films[job].media} is job {job} already; rename one of them")
        if job.startswith("."):
            continue  # half a copy, by many programs' custom
        _no_braces(str(path), str(inbox))
        films[job] = Film(job, str(path), source_language, target_languages)
    return films


def _no_braces(path: str, where: str) -> None:
    """Snakemake takes braces for wildcards, even in what an input function returns."""
    if set(path) & set("{}"):
        raise Problem(f"{where}: {path}: braces can't be in a film's name here; rename it")


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


def fingerprint(path: Path | str) -> str:
    """Tells one film's content from another's without reading all of it.

    The size and 16 blocks of 64 KiB spread evenly: what a rerun is decided by, so that touching or
    moving a film changes nothing. The full sum of the film is in the record.
    """
    size = Path(path).stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with Path(path).open("rb") as file:
        if size <= _BLOCKS * _BLOCK_BYTES:
            digest.update(file.read())
        else:
            for number in range(_BLOCKS):
                file.seek(number * (size - _BLOCK_BYTES) // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()
