"""Look up the listed word that sounds like a transliterated one: `আমাদের` for `আমাদর`."""

import unicodedata
from functools import cache

from subtitling.text import brahmic, word_frequency
from subtitling.text.languages import script_of

_PER_LETTER = 1.5  # penalty for a letter that differs, on the log10 scale of zipf frequencies
_MOST_LETTERS = 0.5  # share of a word's letters that may differ
_LISTED = 60_000  # words of a language, the commonest
# Consonants that are confused with or written for each other, mapped to the first of each row.
_ALIKE = {
    letter: row[0]
    for row in (
        "कखगघ", "चछजझ", "टठडढतथदध", "पफबभव", "सषश", "नणङञम\u0929ंँ", "र\u0931", "लळ\u0934", "य", "ह",
    )
    for letter in row
}  # fmt: skip
_FIRST_VOWEL = "अ"


@cache
def has(language: str) -> bool:
    """Whether there is a list of a language's words, in a script of India."""
    return language in word_frequency.listed("small") and script_of(language) in brahmic.SCRIPTS


@cache
def nearest(word: str, language: str) -> str:
    """The listed word that a word in the language's own script most likely is; the word itself
    where none is similar."""
    from rapidfuzz.distance import Levenshtein

    best, most = word, float("-inf")
    for listed, frequency in _index(language).get(_sounds(word, language), ()):
        differ = Levenshtein.distance(word, listed)
        score = frequency - _PER_LETTER * differ
        if differ <= _MOST_LETTERS * len(word) and score > most:
            best, most = listed, score
    return best


@cache
def _index(language: str) -> dict[str, list[tuple[str, float]]]:
    """A language's words with their zipf frequencies, by their consonants."""
    import wordfreq

    index: dict[str, list[tuple[str, float]]] = {}
    for word in wordfreq.top_n_list(language, _LISTED):
        spelled = unicodedata.normalize("NFC", word)
        frequency = wordfreq.zipf_frequency(word, language)
        index.setdefault(_sounds(spelled, language), []).append((spelled, frequency))
    return index


def _sounds(word: str, language: str) -> str:
    """A word's key: its consonants, similar ones as one and repeated ones once, after a vowel if it
    begins with one."""
    middle = brahmic.rewrite(word, script_of(language), "Deva")
    sounds = _FIRST_VOWEL if middle[:1] not in _ALIKE else ""
    for letter in middle:
        sound = _ALIKE.get(letter, "")
        if not sounds.endswith(sound):
            sounds += sound
    return sounds
