"""Remove from a text what is no text: control characters and stray marks."""

import unicodedata

_KEPT_FORMATS = frozenset("\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")


def clean(text: str) -> str:
    """`text` without control and direction characters, halves of surrogate pairs and noncharacters;
    spaces and line breaks are folded to single spaces.

    The joiners that Indic and Persian spelling needs are kept, and so are Arabic's number signs.
    """
    # What is printable throughout, as nearly all text is, has nothing that is dropped.
    return " ".join((text if text.isprintable() else "".join(map(_cleaned, text))).split())


def without_orphans(text: str) -> str:
    """`text` without combining marks that follow no letter, as a recogniser restricted to a script
    may write: they would be shown on a dotted circle."""
    import regex

    return " ".join(regex.sub(r"(?<![\p{L}\p{M}\p{N}\u200c\u200d])\p{M}+", "", text).split())


def _cleaned(c: str) -> str:
    category = unicodedata.category(c)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    nonchar = ord(c) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(c) <= 0xFDEF
    dropped = category == "Cs" or nonchar or (category == "Cf" and c not in _KEPT_FORMATS)
    return "" if dropped else c
