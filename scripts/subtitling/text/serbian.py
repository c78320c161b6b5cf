"""Serbian in both of its scripts, which have a letter or a pair of letters for each sound."""

import re
import unicodedata

_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "ђ": "đ", "е": "e", "ж": "ž", "з": "z",
    "и": "i", "ј": "j", "к": "k", "л": "l", "љ": "lj", "м": "m", "н": "n", "њ": "nj", "о": "o",
    "п": "p", "р": "r", "с": "s", "т": "t", "ћ": "ć", "у": "u", "ф": "f", "х": "h", "ц": "c",
    "ч": "č", "џ": "dž", "ш": "š",
}  # fmt: skip
_CYRILLIC = {latin: cyrillic for cyrillic, latin in _LATIN.items()}
_SOUND = re.compile("|".join(sorted(_CYRILLIC, key=len, reverse=True)), re.IGNORECASE)


def latin(word: str) -> str:
    """A word in Serbian's Cyrillic letters in Latin ones: Љубав is Ljubav, ЉУБАВ is LJUBAV."""
    loud = word.isupper() and len(word) > 1
    letters = (
        _LATIN.get(c.lower(), c) if c.islower() else _capital(_LATIN.get(c.lower(), c), loud)
        for c in word
    )
    return "".join(letters)


def cyrillic(word: str) -> str:
    """A word in Serbian's Latin letters in Cyrillic ones. Where n and j, or d and ž, are two sounds
    (injekcija, nadživeti), they become one letter: no rule distinguishes them."""

    def one(match: "re.Match[str]") -> str:
        sound = _CYRILLIC[match[0].lower()]
        return sound.upper() if match[0][0].isupper() else sound

    return _SOUND.sub(one, unicodedata.normalize("NFC", word))


def _capital(letters: str, loud: bool) -> str:
    return letters.upper() if loud else letters.capitalize()
