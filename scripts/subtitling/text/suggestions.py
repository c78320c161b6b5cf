"""What somebody may have meant by a word that nobody knows."""

from collections.abc import Iterable
from difflib import get_close_matches


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or nothing where no word that is known comes near."""
    names = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), names, 1, 0.7)
    return f"; did you mean {names[close[0]]}?" if close else ""
