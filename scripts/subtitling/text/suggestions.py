"""Suggestions for an unknown word."""

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or nothing where no known word is similar."""
    names = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), names, 1, 0.7)
    return f"; did you mean {names[close[0]]}?" if close else ""


def list_fault(values: Sequence[object], validator: str) -> str | None:
    """What is wrong with a list by JSON Schema's `minItems` or `uniqueItems`; None for others."""
    if validator == "minItems":
        return "is empty; give one at least"
    if validator == "uniqueItems":
        twice = [value for value, count in Counter(map(str, values)).items() if count > 1]
        return f"has {', '.join(twice)} more than once"
    return None
