"""What a language model wrote, as translations by id: JSON, or what models make of it.

They think aloud first, put the JSON into a fence between sentences, leave out the object around the
list, write ids as numbers or as keys, break lines inside strings, or break off. Whatever stands
there under an id that was asked for is read; the rest is asked for again.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from subtitling.worker import Lost

# Some servers cut off where the thoughts begin.
_THOUGHT = re.compile(r"\A(?:\s*<(\w+)>.*?</\1>|.*</think>)", re.DOTALL)
_NOTHING: dict[str, Any] = {"translations": []}  # well said, though it says nothing
_DEEPEST = 4  # lists and objects around an entry
_TRIES = 2000  # places at which JSON is looked for: a hostile answer has an opening at each
_TEXTS = ("translation", "text")  # the entry's own; where both are there, `text` is the source's


def content(message: Mapping[str, Any]) -> Any:
    """What a message says; some servers put all of it among the reasoning."""
    return message.get("content") or message.get("reasoning_content")


def answers(text: str, asked: Collection[str]) -> dict[str, str]:
    """Translations by id. Ids that stand there twice with different texts are left out.

    Lost where there is none.
    """
    names = _names(asked)
    values = list(_values(_THOUGHT.sub("", text)))
    known: dict[str, set[str]] = {}
    for i, translation in (pair for value in values for pair in _pairs(value, names)):
        own = names.get(i, names.get(i.lstrip("0"), i))
        known.setdefault(own, set()).add(translation)
    if not known and _NOTHING not in values:
        raise Lost(
            f"no translations by id in {text.strip()!r:.60}; a model that keeps to JSON is needed "
            "(endpoint.model)"
        )
    return {i: texts.pop() for i, texts in known.items() if len(texts) == 1}


def _names(asked: Collection[str]) -> dict[str, str]:
    """Ids by what a model may call them: s00007, and 7 where no other has that number."""
    numbers = [re.sub(r"\D", "", i).lstrip("0") for i in asked]
    short = {n: i for n, i in zip(numbers, asked, strict=True) if n and numbers.count(n) == 1}
    return short | {i: i for i in asked}


def _values(text: str) -> Iterator[Any]:
    """The JSON values of a text, each as large as it is whole: of a list that breaks off, its
    entries."""
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
    elif isinstance(value, dict) and "id" in value:
        said = next((value[key] for key in _TEXTS if isinstance(value.get(key), str)), None)
        if isinstance(value["id"], str | int) and said is not None:
            yield str(value["id"]), said
    elif isinstance(value, dict):
        for key, entry in value.items():
            if isinstance(entry, str) and key in names:
                yield key, entry
            elif isinstance(entry, list | dict):
                yield from _pairs(entry, names, depth + 1)
