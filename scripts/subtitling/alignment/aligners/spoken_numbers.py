"""Numbers as they are spoken."""

import re

# Languages of India that `indic_numtowords` covers; it fails in Sindhi from 100 on.
_INDIAN_NUMBERS = frozenset(
    (
        *("as", "bn", "brx", "doi", "gu", "hi", "kn", "kok", "ks", "mai", "ml", "mni", "mr"),
        *("ne", "or", "pa", "sa", "sat", "ta", "te", "ur"),
    )
)


def spelled_out(word: str, language: str) -> str:
    """A word with its numbers in words, where a library supports the language: in lakhs and crores
    for those of India."""
    import indic_numtowords
    import num2words

    def words(match: re.Match[str]) -> str:
        number = int(match[0])
        if language in _INDIAN_NUMBERS:
            return str(indic_numtowords.num2words(str(number), lang=language))
        try:
            return str(num2words.num2words(number, lang=language))
        except (NotImplementedError, OverflowError):
            return match[0]

    return re.sub(r"\d+", words, word)
