"""The films of a run: rows of films.tsv, and files in the inbox."""

import csv
import mimetypes
import re
import shlex
import time
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lineage.problem import Problem, raise_all
from subtitling import paths
from subtitling.film import sidecars
from subtitling.text import languages, suggestions

# Endings of files in the inbox that are films; any other file (notes, subtitles) is left alone.
FILM_ENDINGS = frozenset(
    f".{ending}"
    for ending in (
        *("mkv", "mp4", "m4v", "mov", "avi", "webm", "ts", "m2ts", "mts", "mpg", "mpeg", "vob"),
        *("wmv", "asf", "flv", "ogv", "ogm", "3gp", "mxf", "mp3", "m4a", "wav", "flac", "ogg"),
        *("opus", "aac", "wma", "mka", "ac3", "dts", "wtv"),
    )
)
_NO_JOBS = frozenset({"overview.html", "plan.json"})  # files that lie in out/ beside the jobs
_PATH_VARIABLE = re.compile(r"<[a-z][a-z0-9_]*>")  # Snakemake replaces these in paths
_SUBTITLES = frozenset({".srt", ".vtt", ".ass", ".ssa", ".sub", ".idx", ".sup", ".nfo"})


@dataclass(frozen=True)
class Film:
    """One job: a film and its options. `source_language` may be `auto`; `text` is the one that is
    at hand, as `known_text.sources` reads it; `where` is the place that the job was read from, for
    messages."""

    job: str
    media: str
    source_language: str
    target_languages: tuple[str, ...]
    title: str | None = None
    year: int | None = None
    tmdb_id: int | None = None
    text: str | None = None
    text_language: str | None = None
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class Films:
    """All films `by_job`. Films that cannot be processed are `left_out`: by job, the fault of the
    file and its remedy. A fault of one film does not stop the others."""

    by_job: dict[str, Film]
    left_out: dict[str, str]


def find(
    table: Path, inbox: Path, source_language: str, target_languages: tuple[str, ...]
) -> Films:
    """All films; the languages given are the defaults of films that name none.

    A row takes precedence over a file of the inbox that it names. Raises Problem for an invalid
    table; it names file, line and value.
    """
    films: dict[str, Film] = {}
    twice: list[str] = []
    for line, row in _rows(table):
        values: dict[str, Any] = {
            "source_language": source_language,
            "target_languages": target_languages,
            **row,
        }
        where = f"{table}, line {line}"
        values["target_languages"] = tuple(values["target_languages"])
        film = Film(**values, where=where)
        if film.job in films:
            twice.append(f"{where}: duplicate job {film.job}, see {films[film.job].where}")
        films.setdefault(film.job, film)
    raise_all(twice)
    named = {Path(film.media).absolute() for film in films.values()}
    of_rows = set(films)
    left_out: dict[str, str] = {}
    for path in sorted(inbox.iterdir()) if inbox.is_dir() else []:
        if path.suffix.lower() not in FILM_ENDINGS or path.absolute() in named:
            continue
        job = path.stem
        if job.startswith("."):
            continue  # many programs use this ending for a partial copy
        if job in of_rows:
            left_out[path.name] = f"{path}: a row of {table} is job {job} already; rename the file"
        elif job in films:
            left_out[job] = f"{films[job].media} and {path} are both job {job}; rename one of them"
        else:
            films[job] = Film(
                job, str(path), source_language, target_languages, where="the configuration"
            )
    for job, film in films.items():
        if reason := fault(job, Path(film.media)):
            left_out.setdefault(job, f"{reason} ({film.where})" if job in of_rows else reason)
    return Films({job: film for job, film in films.items() if job not in left_out}, left_out)


def no_target(
    target: str,
    rules: Collection[str],
    known: Films,
    models: Collection[str],
    made: Callable[[str], bool],
) -> str | None:
    """Why a target on the command line cannot be made; None if it may be.

    `rules` are the names of the rules that can be targets, `models` those of the models in the
    store; `made` tells whether a rule makes a file.
    """
    if target in rules or not Path(target).parts:
        return None
    top, *rest = Path(target).parts
    jobs = f"Jobs: {', '.join(known.by_job) or 'none'}"
    if top == "models" and rest:
        name = rest[0]
        if name not in models:
            return f"{target}: no model {name}{suggestions.meant(name, models)}"
        return None if made(target) else f"{target}: give models/{name}/model.json"
    if rest and (top != "out" or rest[0] in _NO_JOBS):
        media = Path(target)
        if job := next((j for j, film in known.by_job.items() if Path(film.media) == media), None):
            return f"{target} is a film: give the name of its job, {job}"
        if made(target) or media.exists():
            return None
        close = suggestions.meant(media.stem, known.by_job) or "."
        return f"{target}: there is no such file, and nothing makes it{close} {jobs}"
    job = rest[0] if rest else target
    if job in known.by_job:
        if rest == [job]:
            return f"{target} is a folder: give the name of its job, {job}"
        if not rest or made(target) or Path(target).is_file():
            return None
        return f"{target}: nothing makes this; for all results of the film give its job, {job}"
    if not rest and Path(target).exists():
        return None
    left = {Path(name).stem: why for name, why in known.left_out.items()} | known.left_out
    if job in left:
        return f"{target}: {left[job]}"
    names = [*known.by_job, *([] if rest else rules)]
    close = suggestions.meant(job, names) or suggestions.meant(Path(job).stem, names) or "."
    return f"no film for job {job}{close} {jobs}"


def fault(job: str, path: Path) -> str | None:
    """The fault of a film's file or its name because of which it cannot be planned, with its
    remedy; None where there is none."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return f"{str(path)!a}: the name is not UTF-8 text; rename the file"
    if any(unicodedata.category(sign) == "Cc" for sign in f"{job}{path}"):
        return (
            f"{path}: a film's name must not contain control characters, which Snakemake prints "
            "to the terminal; rename the file"
        )
    if set(str(path)) & set("{}"):
        return f"{path}: a film's name must not contain braces (wildcards); rename the file"
    if variable := _PATH_VARIABLE.search(f"{job}/{path}"):
        return (
            f"{path}: {variable[0]} must not be in a film's name, Snakemake would replace it by "
            "another text; rename the file"
        )
    if job.casefold() in _NO_JOBS:
        return f"{path}: out/{job} is a file of this project's own; rename the film"
    try:
        if path.is_dir():
            films = [p.name for p in sorted(path.iterdir()) if p.suffix.lower() in FILM_ENDINGS]
            some = f", as one of {', '.join(films[:5])}" if films else ""
            return f"{path}: a folder; name the film in it{some}"
        if not path.is_file():
            return f"{path}: {_lack(path)}; put the film there or remove the name"
        with path.open("rb"):
            pass
        beside = sidecars.sidecar(path)
        if beside:
            with beside.open("rb"):
                pass
        return next(filter(None, (of_the_future(p) for p in (path, beside) if p)), None)
    except OSError as error:
        return f"{error.filename or path}: {error.strerror}; make it readable, or rename it"


def of_the_future(path: Path) -> str | None:
    """The remedy for a file whose time stamp lies in the future; None where it does not. A link has
    its own time stamp, which Snakemake uses. OSError where there is no such file."""
    stamp = path.lstat().st_mtime
    if stamp <= time.time():
        return None
    when = datetime.fromtimestamp(stamp, UTC).isoformat(" ", "seconds")
    return (
        f"{path}: its time stamp, {when}, lies in the future, and Snakemake takes what is made "
        f"from it for outdated: run touch -h -- {shlex.quote(str(path))}, or where that can't be "
        "written, name a link to it in its place"
    )


def _lack(path: Path) -> str:
    """The reason why there is no file."""
    if path.is_symlink():
        return "the link leads nowhere"
    return "not a regular file" if path.exists() else "there is no such file"


def strays(inbox: Path, films: Iterable[Film]) -> Iterator[str]:
    """Files in the inbox that look like films but are no jobs: a line for each."""
    named = {Path(film.media).absolute() for film in films}
    beside = {path.with_suffix("") for path in named}
    for path in sorted(inbox.iterdir()) if inbox.is_dir() else []:
        if path.name.startswith(".") or path.name == "README.md" or path.absolute() in named:
            continue
        if path.is_dir():
            inside = [p for p in sorted(path.rglob("*")) if p.suffix.lower() in FILM_ENDINGS]
            mine = [p for p in inside if p.absolute() not in named]
            if mine:
                yield (
                    f"{mine[0]}: films in folders are not looked for; move it into {inbox}/, or "
                    "give it a row in films.tsv"
                )
        elif _like_a_film(path) and not _belongs(path.absolute(), beside):
            yield (f"{path}: not a film by its ending; if it is one, give it a row in films.tsv")


def _like_a_film(path: Path) -> bool:
    """Whether a file without a film's ending may be a film: it is not text, a picture or
    subtitles."""
    kind = mimetypes.guess_type(path.name)[0] or ""
    text = kind.startswith(("text/", "image/", "application/"))
    return path.suffix.lower() not in {*FILM_ENDINGS, *_SUBTITLES} and not text


def _belongs(path: Path, films: Collection[Path]) -> bool:
    """Whether a file is named after a film beside it, as its sidecar, subtitles or poster."""
    return any(path.parent == film.parent and path.name.startswith(film.name) for film in films)


def _rows(table: Path) -> list[tuple[int, dict[str, Any]]]:
    """Line number and values of each row, empty cells left out. The Problem for wrong rows names
    them all, or the first few."""
    import json

    schema = json.loads(SCHEMA.read_text("utf-8"))
    columns = schema["properties"]
    cells, faults = _cells(table, tuple(columns))
    (line, header), *rows = cells or [(1, [])]
    unknown = [name for name in header if name and name not in columns]
    if unknown:
        known = ", ".join(columns)
        hints = "".join(suggestions.meant(name, columns) for name in unknown)
        raise Problem(f"{table}, line {line}: unknown columns {unknown}{hints}; known are {known}")
    read, wrong = [], []
    for line, row in rows:
        try:
            if values := _values(header, row, schema):
                read.append((line, values))
        except Problem as problem:
            wrong.append(f"{table}, line {line}{problem}")
    raise_all([*wrong, *faults])
    return read


def _values(header: Sequence[str], row: Sequence[str], schema: dict[str, Any]) -> dict[str, Any]:
    """The values of a row by column; nothing for an empty row and for a comment. The Problem of a
    wrong row begins with its column."""
    import jsonschema

    if len(row) != len(header) and any(row):
        raise Problem(
            f": {len(row)} cells, but the header has {len(header)} columns; give each column its "
            "cell, an empty one too"
        )
    values: dict[str, Any] = {k: v for k, v in zip(header, row, strict=False) if v}
    if "" in values:
        raise Problem(f": {values['']!r} stands in a column without a name")
    if not values or row[0].startswith("#"):
        return {}
    for column in ("source_language", "target_languages", "text_language"):
        codes = [code for code in re.split(r"[,;\s]+", values.get(column, "")) if code]
        for code in codes:
            if wrong := None if code == "auto" else languages.fault(code):
                raise Problem(f", {column}: {wrong}")
        if codes and column == "target_languages":
            values[column] = codes
    for number in ("year", "tmdb_id"):
        if (whole := sidecars.whole_number(values.get(number, ""))) is not None:
            values[number] = whole
    for column in schema["required"]:
        if column not in values:
            about = schema["properties"][column]["description"]
            raise Problem(f", {column}: empty. {about}".rstrip("."))
    validator = jsonschema.Draft202012Validator(schema)
    if error := jsonschema.exceptions.best_match(validator.iter_errors(values)):
        column = ".".join(map(str, error.path))
        about = error.schema.get("description", "")
        general = f"{error.message}. {about}".rstrip(" .")
        said = suggestions.list_fault(error.instance, str(error.validator)) or general
        raise Problem(f", {column}: {said}")
    values["media"] = paths.at_home(values["media"])
    if "title" in values:
        values["title"] = " ".join(values["title"].split())
    return values


def _cells(table: Path, columns: Sequence[str]) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """The line number and the cells of each row that is not empty, and what is wrong with the row
    at which they end, if there is such. They are separated by tabs, commas or semicolons, as the
    header is, and may be quoted, as spreadsheets write them."""
    lines = _text(table).split("\n")
    mark = lines[0].removeprefix("sep=").strip() if lines[0].startswith("sep=") else ""
    first = next(
        (
            n
            for n, line in enumerate(lines)
            if n >= bool(mark) and line.strip(" \t,;#") and line[0] != "#"
        ),
        None,
    )
    if first is None:
        return [], []
    separator = mark or next((each for each in "\t;," if each in lines[first]), "")
    if not separator and lines[first].strip() not in columns:
        raise Problem(
            f"{table}, line {first + 1}: separate the cells by tabs, commas or semicolons, not by "
            "spaces, as in: job,media,source_language,target_languages"
        )
    rest = [f"{line}\n" for line in lines[first:]]
    table_rows: list[tuple[int, list[str]]] = []
    faults: list[str] = []
    rows: Iterable[tuple[int, list[str]]]
    if separator == "\t":
        rows = enumerate((_unquoted(line[:-1].split("\t")) for line in rest), 1)
    else:
        rows = _quoted(rest, separator or ",", f"{table}, line", first)
    try:
        for number, row in rows:
            if any(cells := [cell.strip() for cell in row]):
                table_rows.append((first + number, cells))
    except Problem as problem:
        faults.append(str(problem))
    if not table_rows:
        return [], faults
    width = max(
        n for n, cell in enumerate(table_rows[0][1], 1) if cell
    )  # a spreadsheet's empty columns
    return [
        (line, cells[:width] + [cell for cell in cells[width:] if cell])
        for line, cells in table_rows
    ], faults


def _quoted(
    lines: Sequence[str], separator: str, where: str, before: int
) -> Iterator[tuple[int, list[str]]]:
    """Rows by RFC 4180, each with the number of its last line."""
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    ended = 0  # the last line of the last complete row
    try:
        for row in reader:
            ended = reader.line_num
            yield ended, row
    except csv.Error:
        line = before + ended + 1
        raise Problem(
            f"{where} {line}: quotes must enclose a whole cell, from its beginning to its end; "
            "write one that is part of a cell twice"
        ) from None


def _unquoted(cells: Sequence[str]) -> list[str]:
    """Cells without the quotes that a spreadsheet puts around some; a quote elsewhere is text."""
    return [
        cell[1:-1].replace('""', '"')
        if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")
        else cell
        for cell in cells
    ]


def _text(table: Path) -> str:
    """The table as text: UTF-8, or UTF-16 if it begins with a byte order mark, as Excel writes
    it."""
    if not table.is_file():
        raise Problem(
            f"{table}: {'a folder' if table.is_dir() else 'no such file'}; `films` in the "
            "configuration names it. Give a file, it may be empty"
        )
    content = table.read_bytes()
    if content.startswith(b"PK\3\4"):
        raise Problem(f"{table}: a spreadsheet; save it as CSV UTF-8, or as text with tabs")
    coding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = unicodedata.normalize("NFC", content.decode(coding))
    except UnicodeDecodeError as wrong:
        raise Problem(f"{table}: not UTF-8 text ({wrong}); save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


SCHEMA = paths.CONFIG / "films.schema.json"
