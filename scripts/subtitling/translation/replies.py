"""Parse a language model's reply into translations by id: JSON, or nearly JSON.

Models write their reasoning first, put the JSON into a fence between sentences, leave out the
object around the list, write ids as numbers or as keys, break lines inside strings, or break off.
Every text under an id that was requested is read; the rest is requested again.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from subtitling.runtime.worker import Lost

# Some servers cut off the opening tag of the reasoning; a reply that does not end it is no answer.
_THOUGHT = re.compile(r"\A(?:\s*<(\w+)>.*?</\1>|.*</think>|\s*<think(?:ing)?>.*\Z)", re.DOTALL)
_NOTHING: dict[str, Any] = {"translations": []}  # well-formed, though empty
_DEEPEST = 4  # lists and objects around an entry
_TRIES = 2000  # places at which JSON is looked for: a hostile answer has an opening at each
# Keys of an entry's translation, the surest first: beside another one, `text` is the source.
_TEXTS = ("translation", "translated_text", "translated", "translatedtext", "target", "text")


def content(message: Mapping[str, Any]) -> Any:
    """The content of a message; some servers put all of it into the reasoning."""
    return message.get("content") or message.get("reasoning_content")


def answers(text: str, asked: Collection[str]) -> dict[str, str]:
    """Translations by id. Ids that occur twice with different texts are left out, but a value that
    answers everything replaces what stands above it: that was a draft.

    Raises Lost where there is none.
    """
    names = _names(asked)
    values = list(_values(_THOUGHT.sub("", text)))
    known: dict[str, set[str]] = {}
    for value in values:
        given: dict[str, set[str]] = {}
        for i, translation in _pairs(value, names):
            given.setdefault(_own(i, names), set()).add(translation)
        if given.keys() >= {*asked}:
            known = {}
        for i, translations in given.items():
            known.setdefault(i, set()).update(translations)
    if not known and _NOTHING not in values:
        raise Lost(
            f"no translations by id in {text.strip()!r:.60}; a model that keeps to JSON is needed "
            "(endpoint.model)"
        )
    return {i: texts.pop() for i, texts in known.items() if len(texts) == 1}


def _names(asked: Collection[str]) -> dict[str, str]:
    """Ids by the names that a model may write: s00007, and 7 where no other has that number."""
    numbers = [re.sub(r"\D", "", i).lstrip("0") for i in asked]
    short = {n: i for n, i in zip(numbers, asked, strict=True) if n and numbers.count(n) == 1}
    return short | {i: i for i in asked}


def _own(name: str, names: Mapping[str, str]) -> str:
    """The id of a name: `[S00007]` and `#7` are s00007; the name itself where none matches."""
    plain = re.sub(r"[\W_]+", "", name)
    tried = (name, plain, plain.lower(), plain.lstrip("0"))
    return next((names[each] for each in tried if each in names), name)


def _values(text: str) -> Iterator[Any]:
    """The largest complete JSON values of a text: of a list that breaks off, its entries."""
    decoder = json.JSONDecoder(strict=False)  # which allows line breaks in strings
    at = 0
    for _ in range(_TRIES):
        opening = re.compile(r"[{\[]").search(text, at)
        if opening is None:
            return
        try:
            value, at = decoder.raw_decode(text, opening.start())
        except (ValueError, RecursionError):
            at = opening.end()
        else:
            yield value


def _pairs(value: Any, names: Mapping[str, str], depth: int = 0) -> Iterator[tuple[str, str]]:
    """Ids and texts of an entry, of a list of them, of an object that holds one, or of a table."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _pairs(entry, names, depth + 1)
    elif isinstance(value, dict) and "translations" in value:
        yield from _pairs(value["translations"], names, depth + 1)
    elif isinstance(value, dict) and isinstance(i := _of(value, "id"), str | int):
        if (said := _said(value)) is not None:
            yield str(i), said
    elif isinstance(value, dict):
        for key, entry in value.items():
            said = _said(entry) if isinstance(entry, dict) else entry
            if isinstance(said, str) and _own(key, names) in names.values():
                yield key, said
            elif isinstance(entry, list | dict):
                yield from _pairs(entry, names, depth + 1)


def _of(entry: Mapping[str, Any], key: str) -> Any:
    """The value of a key, regardless of case."""
    return next((value for name, value in entry.items() if name.lower() == key), None)


def _said(entry: Mapping[str, Any]) -> str | None:
    """The translation in an entry; None where none is certain."""
    return next((said for key in _TEXTS if isinstance(said := _of(entry, key), str)), None)
