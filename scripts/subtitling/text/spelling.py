"""Keys to compare spellings: scripts, accents, nukta and nasal signs, romanized sounds."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache

from subtitling.text.languages import script_of

# ISO 15924's codes for the first word of a letter's name in Unicode.
_SCRIPTS = {
    "LATIN": "Latn", "DEVANAGARI": "Deva", "ARABIC": "Arab", "BENGALI": "Beng", "TAMIL": "Taml",
    "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym", "GUJARATI": "Gujr",
    "GURMUKHI": "Guru", "ORIYA": "Orya", "SINHALA": "Sinh", "CYRILLIC": "Cyrl", "GREEK": "Grek",
    "HEBREW": "Hebr", "THAI": "Thai", "HANGUL": "Hang", "HIRAGANA": "Hira", "KATAKANA": "Kana",
    "CJK": "Hani", "GEORGIAN": "Geor", "ARMENIAN": "Armn", "ETHIOPIC": "Ethi", "KHMER": "Khmr",
    "LAO": "Laoo", "MYANMAR": "Mymr", "TIBETAN": "Tibt",
}  # fmt: skip
_NUKTAS = "\u093c\u09bc\u0a3c\u0abc\u0b3c\u0cbc"
_DROPPED = re.compile(f"[{_NUKTAS}\u0300-\u036f\u200b-\u200d\u2060]")
# A nasal consonant without vowel, before a stop of its own class, may be written as anusvara:
# हिन्दी and हिंदी, चम्पा and चंपा.
_NASALS = re.compile("ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])")
# One sound, several romanizations, in the order of replacement.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ngh", "nh"), ("ksh|x", "ks"), ("ch", "c"), ("sh", "s"), ("ph", "f"), ("ck|q", "k"),
        ("w", "v"), ("z", "j"),
        ("ee|ea|ie", "i"), ("oo|ou", "u"), ("ai|ay|ei|ey", "e"), ("au|aw|ow", "o"), ("y", "i"),
        (r"(?<=.)a", ""), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A word of a text: `text[start:end]`."""

    start: int
    end: int
    text: str


def tokens(text: str) -> list[Token]:
    """The words of a text, marks with their letters; apostrophes and hyphens separate words."""
    return [Token(m.start(), m.end(), m[0]) for m in _words().finditer(text)]


@cache
def _words() -> "re.Pattern[str]":
    import regex

    pattern: re.Pattern[str] = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}\u200c\u200d]*")
    return pattern


def script(text: str) -> str:
    """The ISO 15924 code of the script of most letters of the text; Zyyy for none."""
    letters = Counter(c for c in text if unicodedata.category(c)[0] in "LM")
    names: Counter[str] = Counter()
    for letter, count in letters.items():
        name = unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]
        names[name] += count
    return _SCRIPTS.get(names.most_common(1)[0][0], "Zzzz") if names else "Zyyy"


def foreign(text: str, language: str) -> bool:
    """Whether most letters of a text are in another script than the language's own.

    A text without letters (Zyyy) is not; Japanese and Chinese share one script and have more.
    """
    same = {"Jpan": {"Hira", "Kana", "Hani"}, "Kore": {"Hang"}, "Hans": {"Hani"}, "Hant": {"Hani"}}
    own = script_of(language)
    return script(text) not in {"Zyyy", own, *same.get(own, ())}


def plain(word: str) -> str:
    """A word without optional or varying signs: case, accents, nukta, nasal signs."""
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", word).casefold())
    text = _DROPPED.sub("", text).replace("\u0901", "\u0902")
    return unicodedata.normalize("NFC", _NASALS.sub("\u0902", text))


def sound(word: str) -> str:
    """A rough key of how a name sounds, the same for its romanizations and for Indic scripts.

    Short and long vowels are equal, `a` is left out except in front: Shah Rukh, Shahrukh and शाहरुख
    all give `shrukh`. Too rough to match one word to another of the same script.
    """
    from anyascii import anyascii

    text = re.sub("\u0902(?=[प-म])", "म", plain(word)).replace("\u0902", "न")
    text = text.replace("ऋ", "रि").replace("ृ", "्रि")
    key = "".join(c for c in anyascii(text).lower() if c.isascii() and c.isalpha())
    for pattern, replacement in _SOUNDS:
        key = pattern.sub(replacement, key)
    return key
