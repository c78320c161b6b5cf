"""Whether a word in a text is a name or a common word: `Will` and `May`, प्रेम and आशा.

Judged by the text alone, not by the source of the name: in doubt it is a common word.
"""

import calendar
import re
from functools import cache

from subtitling.text import word_frequency
from subtitling.text.languages import script_of
from subtitling.text.sentences import end
from subtitling.text.spelling import plain, tokens

# On Zipf's scale, 3 is once in a million words: rarer ones are not in common use, neither as words
# nor as names that every translator knows.
_COMMON = 3.0
# Words as common as this are hardly ever names, and have capitals where a line of verse begins.
_COMMONEST = 5.5
_ENGLISH = "a an the this these those my your his her its our their no every some any"
_DETERMINERS = frozenset(_ENGLISH.split())
_CAPITAL_NOUNS = frozenset({"de", "lb"})
_CASED = frozenset({"Latn", "Cyrl", "Grek"})  # scripts with capitals
_SHORTEST_NAME = 4  # letters
_UNLISTED = 9.0  # in a language without a list every word may be common


def certain(text: str, start: int, stop: int, language: str) -> bool:
    """Whether `text[start:stop]` is a name rather than a word or words: it is rare, or has several
    words, or has a capital inside a sentence with no other one beside it, and is no month, country
    or language. Where nouns or whole titles have capitals, they are no evidence."""
    name = text[start:stop]
    if rare(name, language):
        return True
    words = tokens(name)
    cased = name.upper() != name.lower()
    if len(words) > 1:
        rest = text[:start] + text[stop:]
        return not cased or (all(map(_capital, name.split())) and any(map(str.islower, rest)))
    if not cased or not _capital(name) or text.isupper() or language in _CAPITAL_NOUNS:
        return False
    if _frequency(name, language) >= _COMMONEST or _capital_anyway(name, language):
        return False
    return _lone(text[:start], text[stop:], name, language)


def _lone(before: str, after: str, name: str, language: str) -> bool:
    """Whether a word with a capital stands inside a sentence, alone among words without, and not
    after an article, as English names don't."""
    ahead, behind = before.split(), after.split()
    if not ahead or not re.search(r"[\w,]\s$", before) or end(ahead[-1], name, language):
        return False
    others = (ahead[-1:] if len(ahead) > 1 else []) + behind[:1]
    article = language == "en" and plain(ahead[-1]) in _DETERMINERS
    return not article and not any(map(_capital, others))


def names(text: str, language: str) -> list[str]:
    """The words of a text that are certainly names by its letters: rare, with a capital inside a
    sentence, alone and after no article. None where there are no capitals, nor frequencies."""
    if script_of(language) not in _CASED or language in _CAPITAL_NOUNS:
        return []
    return [
        token.text
        for token in tokens(text)
        if len(token.text) >= _SHORTEST_NAME
        and token.text.istitle()
        and _lone(text[: token.start], text[token.end :], token.text, language)
        and rare(token.text, language)
    ]


def rare(word: str, language: str) -> bool:
    """Whether a word is rare in texts of a language; False where there are no frequencies."""
    return all(_frequency(form, language) < _COMMON for form in {word, plain(word)})


def _capital(word: str) -> bool:
    parts = tokens(word)
    return bool(parts) and parts[0].text[0].isupper()


def _capital_anyway(word: str, language: str) -> bool:
    import langcodes

    if language == "en" and word.casefold() in _calendar():
        return True
    for kind in ("territory", "language"):
        try:
            langcodes.find_name(kind, word, language)
        except LookupError:
            continue
        return True
    return False


@cache
def _calendar() -> frozenset[str]:
    names = (*calendar.month_name, *calendar.day_name)
    return frozenset(name.casefold() for name in names)


def _frequency(word: str, language: str) -> float:
    known = word_frequency.zipf(word, language)
    return _UNLISTED if known is None else known
