"""Suggestions for an unknown word."""

from collections.abc import Iterable
from difflib import get_close_matches


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or nothing where no known word is similar."""
    names = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), names, 1, 0.7)
    return f"; did you mean {names[close[0]]}?" if close else ""
