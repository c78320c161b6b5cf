"""The film's glossary: read from tables, merged by rank, and matched in texts."""

import csv
import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from lineage.problem import Problem, raise_all
from lineage.untrusted import quoted
from subtitling import paths
from subtitling.documents import Conflict, FilmData, Form, Glossary, Term
from subtitling.text import languages
from subtitling.text.spelling import foreign, plain, script, sound, tokens
from subtitling.text.suggestions import list_fault, meant

SCHEMA = paths.CONFIG / "glossary.schema.json"
NAMES = frozenset({"name", "character", "person", "place"})
_INFLECTED = frozenset({"kin", "address", "food", "clothing", "culture", "word"})
_LONGEST_FILE = 8 << 20
_MOST_VALUES = 10_000  # in one term
_WINDOW = 4  # the most words of a text in one name


# Reading


def read(path: Path | str, job: str, *, hot: bool) -> list[Term]:
    """The terms of one table (.tsv, .csv, .yaml) that are for this job, in its order.

    The file may be anyone's: Problem names it, the line and what is wrong.
    """
    path = Path(path)
    return [_term(row, where, hot=hot) for where, row in _rows(path) if row.get("film", job) == job]


def _rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """The place and the checked values of each row of a table. The Problem for wrong rows names
    them all, or the first few."""
    if path.stat().st_size > _LONGEST_FILE:
        raise Problem(f"{path}: larger than 8 MiB, so no glossary; `glossary.files` names it")
    try:
        text = unicodedata.normalize("NFC", path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Problem(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    readers = {".tsv": _table, ".csv": _table, ".yaml": _list, ".yml": _list}
    if path.suffix not in readers:
        raise Problem(f"{path}: a glossary is .tsv, .csv or .yaml")
    rows, wrong = [], []
    try:
        for line, row in readers[path.suffix](text, path):
            where = f"{path}, line {line}"
            try:
                rows.append((where, _checked(row, where)))
            except Problem as problem:
                wrong.append(str(problem))
    except Problem as problem:  # no row can be read any further
        wrong.append(str(problem))
    raise_all(wrong)
    return rows


def strays(path: Path | str, jobs: Collection[str]) -> Iterator[str]:
    """A message for each row of a table that names a film without a job."""
    for where, row in _kept_rows(Path(path)):
        film = row.get("film")
        if film is not None and film not in jobs:
            hint = meant(film, jobs) or f"; jobs are {', '.join(jobs) or 'none'}"
            yield f"{where}: for the film {film}, but there is no such job{hint}"


def digest(terms: Iterable[Term]) -> str:
    """The SHA-256 of a table's terms, without notes, column order, line numbers and rank."""
    plain_terms = [asdict(replace(term, sources=(), hot=False)) for term in terms]
    return hashlib.sha256(json.dumps(plain_terms, sort_keys=True).encode()).hexdigest()


def table_rows(path: Path | str, job: str) -> list[dict[str, Any]]:
    """A table's rows for this job as written, without notes and empty lines, whatever the order of
    its columns."""
    return [row for _, row in _kept_rows(Path(path)) if row.get("film", job) == job]


@cache
def _kept_rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """The rows of a table, cached: it does not change while Snakemake plans."""
    return _rows(path)


def _table(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and filled cells of each row; lines that begin with # are comments."""
    tabs = path.suffix == ".tsv"
    reader = csv.DictReader(
        text.splitlines(keepends=True),
        dialect="excel-tab" if tabs else "excel",
        quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL,
        strict=True,
    )
    try:
        for name in reader.fieldnames or ():
            if name not in _plain_columns() and (wrong := _no_column(name)):
                raise Problem(f"{path}: {wrong}")
        for row in reader:
            line = reader.line_num
            if not reader.fieldnames:
                raise Problem(
                    f"{path}, line 1: empty, where the columns' names belong; {_columns()}"
                )
            first = next(iter(row.values())) or ""
            if first.startswith("#") or not any(
                cell.strip() for cell in row.values() if isinstance(cell, str)
            ):
                continue
            if None in row or None in row.values():
                raise Problem(
                    f"{path}, line {line}: not as many cells as the header has columns "
                    f"({len(reader.fieldnames or ())})"
                )
            yield line, {name: cell.strip() for name, cell in row.items() if cell.strip()}
    except csv.Error as error:
        raise Problem(f"{path}, line {reader.reader.line_num}: {error}") from error


def _list(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and values of each entry of a YAML list."""
    import yaml

    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Problem(f"{path}, line {line}: {error.reason}") from error
    line = 1
    try:
        root = loader.get_single_node()
        if root is None:
            return
        if not isinstance(root, yaml.SequenceNode):
            raise Problem(f"{path}, line 1: not a list of terms")
        for node in root.value:
            line = node.start_mark.line + 1
            if _size(node, {}) > _MOST_VALUES:
                raise Problem(f"{path}, line {line}: over {_MOST_VALUES} values, so no term")
            row = loader.construct_object(node, deep=True)
            if not isinstance(row, dict):
                raise Problem(f"{path}, line {line}: {quoted(row)} has no columns; {_columns()}")
            yield line, {str(name): value for name, value in row.items() if value not in ("", None)}
    # An impossible date is a ValueError, and a node that contains itself a RecursionError.
    except (ValueError, RecursionError) as error:
        raise Problem(f"{path}, line {line}: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        reason = getattr(error, "problem", None) or error
        raise Problem(f"{path}, line {line}: {reason}") from error
    finally:
        loader.dispose()


def _size(node: Any, known: dict[int, int]) -> int:
    """The number of values that a YAML node expands to, aliases expanded: a few nested aliases can
    expand without bound."""
    if not isinstance(node.value, list):
        return 1
    if id(node) not in known:
        known[id(node)] = 0  # a node that contains itself raises its own error
        inner = (each for item in node.value
                 for each in (item if isinstance(item, tuple) else (item,)))  # fmt: skip
        known[id(node)] = 1 + sum(_size(each, known) for each in inner)
    return known[id(node)]


def _checked(row: dict[str, Any], where: str) -> dict[str, Any]:
    """A row as the schema has it: its language columns under `forms`, each a list of texts."""
    import jsonschema

    entry = {name: value for name, value in row.items() if name in _plain_columns()}
    entry["forms"] = {
        name: [form.strip() for form in value.split("|")] if isinstance(value, str) else value
        for name, value in row.items()
        if name not in _plain_columns()
    }
    if wrong := next(filter(None, map(_no_column, entry["forms"])), None):
        raise Problem(f"{where}: {wrong}")
    error = jsonschema.exceptions.best_match(_validator().iter_errors(entry))
    if error is not None:
        column = ".".join(str(part) for part in error.path if part != "forms") or "row"
        reason = (
            "no form in any language"
            if error.validator == "minProperties"
            else list_fault(error.instance, str(error.validator)) or f"{error.message:.300}"
        )
        raise Problem(f"{where}, {column}: {reason}")
    return entry


def _term(entry: dict[str, Any], where: str, *, hot: bool) -> Term:
    columns = entry["forms"]
    spoken = languages.primary(next(iter(columns)))
    kinds = _schema()["properties"]
    forms = tuple(form for name in columns for form in _forms(name, columns[name], spoken, where))
    return Term(
        id="",
        kind=entry.get("kind", kinds["kind"]["default"]),
        action=entry.get("action", kinds["action"]["default"]),
        forms=tuple(form for form in forms if form.language == spoken),
        renderings=tuple(form for form in forms if form.language != spoken),
        notes=entry.get("notes", ""),
        hot=hot,
        sources=(where,),
    )


def _forms(column: str, texts: Iterable[str], spoken: str, where: str) -> Iterator[Form]:
    language, wanted, region = languages.parts(column)
    if region and language != spoken:
        language = f"{language}-{region}"
    for text in texts:
        context = None
        if language != spoken and (match := re.fullmatch(r"(.*\S)\s*\(([^()]*)\)", text)):
            text, context = match.groups()
        written = script(text)
        if wanted and foreign(text, column):
            raise Problem(f"{where}, {column}: {quoted(text)} is not written in {wanted}")
        yield Form(text, language, wanted or written, context)


@cache
def _schema() -> dict[str, Any]:
    return dict(json.loads(SCHEMA.read_text("utf-8")))


@cache
def _validator() -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(_schema())


@cache
def _plain_columns() -> frozenset[str]:
    return frozenset(_schema()["properties"]) - {"forms"}


def _columns() -> str:
    known = ", ".join(sorted(_plain_columns()))
    return f"known are {known}, and languages, as hi, hi-Latn, en, pt-BR"


def _no_column(name: str) -> str | None:
    """Why no column can have this name; None where it is a language's, its script named or not."""
    code = languages.meant(name)
    if code and name in (code, *languages.broader(code)):
        return None
    if code:
        return f"unknown column {languages.fault(name)}"
    return f"unknown column {quoted(name)}; {_columns()}"


# The film's own names

# Words of a cast list instead of a name, or beside it.
_NO_NAME = re.compile(
    r"(?i)\b(self|himself|herself|themselves|narrator|host|uncredited|voice|cameo|archive|footage|"
    r"appearance|dancer|extra|credit only)\b|#|\d"
)
_TITLE_WORDS = """
    mr mrs ms miss dr sir madam lady lord young old the inspector constable police officer
    commissioner captain major colonel general judge doctor professor father mother sister
    brother uncle aunt ji sahab saheb sahib shri smt baba of and
"""
_TITLES = frozenset(_TITLE_WORDS.split())


def of_film(film: FilmData) -> list[Term]:
    """Terms for characters by billing, places, then people of cast and crew, all kept untranslated.

    Each word of a character's name is a term too, except for titles and short words.
    """
    terms: dict[str, Term] = {}

    def add(kind: str, names: Sequence[str], where: str, *, hot: bool) -> None:
        if names and plain(names[0]) not in terms:
            forms = tuple(Form(name, None, script(name)) for name in dict.fromkeys(names))
            terms[plain(names[0])] = Term("", kind, "keep", forms, (), "", hot, (where,))

    parts = [
        (name, f"{film.source}, cast {number}")
        for number, person in enumerate(film.cast, 1)
        for name in characters(person.part or "")
    ]
    for name, where in parts:
        add("character", [name], where, hot=True)
    for name, where in parts:
        for word in name.split() if " " in name else []:
            if len(word) > 2 and plain(word.strip(".")) not in _TITLES:
                add("character", [word], where, hot=True)
    for place in film.places:
        add("place", [place], f"{film.source}, places", hot=True)
    for group, people in (("cast", film.cast), ("crew", film.crew)):
        for number, person in enumerate(people, 1):
            names = [person.name, *person.names]
            add("person", names, f"{film.source}, {group} {number}", hot=False)
    return list(terms.values())


def characters(part: str) -> list[str]:
    """The names in a cast's part: `Jai (Jaidev)` gives Jai, Jaidev; `Self - Host` none."""
    pieces = re.split(r"[()/;,]| - |['\"“”‘’](?=\s|$)|(?<=\s)['\"“”‘’]", part)
    names = (" ".join(piece.split()) for piece in pieces)
    return [n for n in names if len(n) > 1 and not _NO_NAME.search(n) and script(n) != "Zyyy"
            and not all(plain(word) in _TITLES for word in n.split())]  # fmt: skip


# Merging


def merge(groups: Sequence[Sequence[Term]]) -> Glossary:
    """Merge several sources into one glossary; earlier groups take precedence.

    Terms are the same where they share a form and are both names or both words. The one of higher
    rank keeps its values and adds those that only the other one has. A name and a word that share a
    form stay two terms, and the form goes to the one of higher rank.
    """
    merged: list[Term] = []
    owners: dict[tuple[str, str], int] = {}
    conflicts: list[Conflict] = []
    for term in (term for group in groups for term in group):
        rivals = list(dict.fromkeys(owners[k] for f in term.forms if (k := _owned(f)) in owners))
        same = [i for i in rivals if (merged[i].kind in NAMES) == (term.kind in NAMES)]
        if same:
            merged[same[0]], disagreements = _joined(merged[same[0]], term)
            conflicts += disagreements
            number = same[0]
        else:
            for rival in (merged[i] for i in rivals):
                conflicts.append(_conflict(rival, term, "kind", rival.kind, term.kind))
            own = tuple(form for form in term.forms if _owned(form) not in owners)
            if not own:
                continue
            merged.append(replace(term, forms=own))
            number = len(merged) - 1
        for form in merged[number].forms:
            owners.setdefault(_owned(form), number)
    numbered = tuple(replace(term, id=f"n{i:04d}") for i, term in enumerate(merged, 1))
    return Glossary(numbered, tuple(conflicts))


def _owned(form: Form) -> tuple[str, str]:
    """The key that two equal forms share: script and letters."""
    return form.script, _joined_words(form.text)


def _joined(won: Term, lost: Term) -> tuple[Term, list[Conflict]]:
    conflicts = []
    if won.action != lost.action:
        conflicts.append(_conflict(won, lost, "action", won.action, lost.action))
    renderings = list(won.renderings)
    for column in dict.fromkeys((f.language, f.script) for f in lost.renderings):
        winning = [f for f in won.renderings if (f.language, f.script) == column]
        losing = [f for f in lost.renderings if (f.language, f.script) == column]
        if not winning:
            renderings += losing
        elif {f.text for f in winning} != {f.text for f in losing}:
            texts = [" | ".join(f.text for f in some) for some in (winning, losing)]
            conflicts.append(_conflict(won, lost, f"{column[0]}-{column[1]}", *texts))
    known = {_owned(form) for form in won.forms}
    return (
        replace(
            won,
            forms=won.forms + tuple(form for form in lost.forms if _owned(form) not in known),
            renderings=tuple(renderings),
            notes=won.notes or lost.notes,
            hot=won.hot or lost.hot,
            sources=won.sources + lost.sources,
        ),
        conflicts,
    )


def _conflict(won: Term, lost: Term, what: str, winning: str, losing: str) -> Conflict:
    return Conflict(won.forms[0].text, what, winning, won.sources[0], losing, lost.sources[0])


# Finding


@dataclass(frozen=True)
class Match:
    """A term in a text, at `text[start:end]`. `how` is `form`, `inflected` or `sound`."""

    start: int
    end: int
    term: str
    how: str


class Finder:
    """Finds a glossary's terms in texts of one language, whole words only."""

    def __init__(self, glossary: Glossary, language: str):
        self._exact: dict[str, Term] = {}
        self._inflected: dict[str, Term] = {}
        self._sounds: dict[str, Term] = {}
        self._scripts = {t.id: {f.script for f in t.forms} for t in glossary.terms}
        for term in glossary.terms:
            for form in term.forms:
                if form.language not in (None, language):
                    continue
                self._exact.setdefault(_joined_words(form.text), term)
                if term.kind in _INFLECTED:
                    for other in inflections(form):
                        self._inflected.setdefault(_joined_words(other), term)
                if term.kind in NAMES and len(key := sound(form.text.replace(" ", ""))) > 2:
                    self._sounds.setdefault(key, term)

    def find(self, text: str) -> list[Match]:
        """The terms in order, the longest at each place.

        Names that differ from a known form only in romanization match too: in another script
        than the known forms', or where they are capitalised.
        """
        words = tokens(text)
        cased = any(word.text[0].isupper() for word in words)
        matches = []
        at = 0
        while at < len(words):
            for count in range(min(_WINDOW, len(words) - at), 0, -1):
                window = words[at : at + count]
                if hit := self._match([w.text for w in window], cased=cased):
                    matches.append(Match(window[0].start, window[-1].end, hit[0].id, hit[1]))
                    at += count
                    break
            else:
                at += 1
        return matches

    def _match(self, words: list[str], *, cased: bool) -> tuple[Term, str] | None:
        joined = "".join(map(plain, words))
        capital = words[0][0].isupper() or not words[0][0].islower()
        for known, how in ((self._exact, "form"), (self._inflected, "inflected")):
            term = known.get(joined)
            if term and self._fits(term, words, capital=capital or not cased):
                return term, how
        term = self._sounds.get(sound("".join(words)))
        foreign = term and script("".join(words)) not in self._scripts[term.id]
        if term and (foreign or (words[0][0].isupper() and len(joined) > 3)):
            return term, "sound"
        return None

    def _fits(self, term: Term, words: list[str], *, capital: bool) -> bool:
        """Whether the words may be this term. A name needs a capital where the text has capitals.
        Words are not joined to match a term of fewer words, except for a name of some length."""
        if term.kind in NAMES:
            return capital and (len(words) == 1 or len("".join(words)) > 4)
        return len(words) in {len(tokens(form.text)) for form in term.forms}


# Regular endings by language and script: Hindi's oblique and plural cases, the English plural. The
# vocative of words in ा is left out: बच्चो is one, but पियो is a verb.
_ENDINGS: dict[tuple[str | None, str], dict[str, tuple[str, ...]]] = {
    ("hi", "Deva"): {"ा": ("े", "ों"), "ी": ("ियाँ", "ियों", "ियो"), "": ("ों", "ें", "ो")},
    ("hi", "Latn"): {"a": ("e", "on"), "i": ("iyan", "iyon", "iyo"), "": ("on", "en")},
    ("en", "Latn"): {"": ("s", "es")},
}


def inflections(form: Form) -> list[str]:
    """Other forms of a noun, as far as they are regular; none for languages not known here."""
    for ending, others in _ENDINGS.get((form.language, form.script), {}).items():
        if form.text.endswith(ending):
            return [form.text.removesuffix(ending) + other for other in others]
    return []


def _joined_words(text: str) -> str:
    return "".join(plain(token.text) for token in tokens(text))
