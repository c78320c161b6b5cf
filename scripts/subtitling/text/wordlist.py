"""Listed words that sound like one that was written by rule: `আমাদের` for `আমাদর`."""

import unicodedata
from functools import cache

from subtitling.text import brahmic
from subtitling.text.languages import script_of

_PER_LETTER = 1.5  # of the scale of zipf frequencies, log10, that a letter which differs takes off
_MOST_LETTERS = 0.5  # of a word's that may differ
_LISTED = 60_000  # words of a language, the commonest
# Consonants that are mistaken for each other, or written for each other, each by the first of them.
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
    import wordfreq

    lists = wordfreq.available_languages("small")
    return language in lists and script_of(language) in brahmic.SCRIPTS


@cache
def nearest(word: str, language: str) -> str:
    """The listed word that a word in the language's own script most likely stands for; the word
    itself where none is near."""
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
    """A language's words, each with its zipf frequency, by their consonants."""
    import wordfreq

    index: dict[str, list[tuple[str, float]]] = {}
    for word in wordfreq.top_n_list(language, _LISTED):
        spelled = unicodedata.normalize("NFC", word)
        frequency = wordfreq.zipf_frequency(word, language)
        index.setdefault(_sounds(spelled, language), []).append((spelled, frequency))
    return index


def _sounds(word: str, language: str) -> str:
    """A word's consonants, those alike as one and the same neighbours once, and whether it begins
    with a vowel."""
    middle = brahmic.rewrite(word, script_of(language), "Deva")
    sounds = _FIRST_VOWEL if middle[:1] not in _ALIKE else ""
    for letter in middle:
        sound = _ALIKE.get(letter, "")
        if not sounds.endswith(sound):
            sounds += sound
    return sounds
