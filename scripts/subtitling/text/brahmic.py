"""Transliterate words between the Brahmic scripts of India, by rule.

They write the same sounds in the same way, and Unicode arranges most of them alike (ISCII's order),
so that a letter of one is at the same place of another's block. What a script lacks or spells
differently is a row of its `_Script`. Devanagari, whose block has a place for every letter of the
others, is the intermediate script between any two of them, and between them and Latin letters.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

_DEVA = 0x0900
_SIZE = 0x80
_VIRAMA, _NUKTA, _ANUSVARA, _CHANDRABINDU = "्", "़", "ं", "ँ"
_CONSONANT = f"[\u0915-\u0939\u0958-\u095f]{_NUKTA}?"
_VOWEL_SIGN = "\u093e-\u094c\u0900-\u0903\u094e\u0962\u0963"
# A nasal sign before a stop sounds as the nasal of its class.
_CLASSES = (("क-घ", "ङ"), ("च-झ", "ञ"), ("ट-ढ", "ण"), ("त-ध", "न"), ("प-भ", "म"))
_SPELLED_NASALS = tuple((f"{_ANUSVARA}(?=[{row}])", nasal + _VIRAMA) for row, nasal in _CLASSES)
_NO_SHORT_E_O = {"ऎ": "ए", "ऒ": "ओ", "ॆ": "े", "ॊ": "ो"}
_NO_OPEN_E_O = {"ऍ": "ऐ", "ऑ": "आ", "ॅ": "ै", "ॉ": "ा"}


@dataclass(frozen=True)
class _Script:
    """A script: where its block begins, what it writes for a letter of Devanagari that it lacks
    (`instead`), and its own spellings, applied to Devanagari `before` or to its own letters `after`
    the letters are moved."""

    start: int
    instead: Mapping[str, str] = field(default_factory=dict)
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()


# Gurmukhi's tippi follows a consonant without a sign and a short vowel, its bindi any other.
_BEFORE_TIPPI = "\u0915-\u0939\u093c\u093f\u0941\u0942\u0905\u0907"
_GEMINATE = rf"({_CONSONANT}){_VIRAMA}(?=\1)"
_SCRIPTS = {
    "Deva": _Script(_DEVA),
    "Beng": _Script(
        0x0980, {"व": "ব", "ळ": "ল", **_NO_SHORT_E_O, **_NO_OPEN_E_O},
        # A y between vowels has a sign of its own.
        (*_SPELLED_NASALS, (rf"(?<=[^\s{_VIRAMA}])य(?!{_NUKTA})", "य़")),
    ),
    "Guru": _Script(
        0x0A00,
        {"ष": "ਸ਼", "ऋ": "ਰਿ", "ृ": "੍ਰਿ", "ॐ": "ੴ", "ः": "", **_NO_SHORT_E_O, **_NO_OPEN_E_O},
        # Only r, h and v are subscripts; a doubled consonant has a sign before it, a nasal one of
        # two signs.
        (
            *((f"{nasal}{_VIRAMA}(?=[{row}])", _ANUSVARA) for row, nasal in _CLASSES),
            ("ड़", "ੜ"), ("ढ़", "ੜ्ह"), (_GEMINATE, "ੱ"), (f"{_VIRAMA}(?![रहव])", ""),
            (f"(?<=[{_BEFORE_TIPPI}]){_ANUSVARA}", "ੰ"),
            (_CHANDRABINDU, _ANUSVARA),
        ),
    ),
    "Gujr": _Script(0x0A80, _NO_SHORT_E_O),
    "Orya": _Script(
        0x0B00, {"व": "ୱ", **_NO_SHORT_E_O, **_NO_OPEN_E_O},
        (*_SPELLED_NASALS, (rf"(?<=[^\s{_VIRAMA}])य(?!{_NUKTA})", "य़")),
    ),
    "Taml": _Script(
        0x0B80,
        {
            "ख": "க", "ग": "க", "घ": "க", "छ": "ச", "झ": "ஜ", "ठ": "ட", "ड": "ட", "ढ": "ட",
            "थ": "த", "द": "த", "ध": "த", "फ": "ப", "ब": "ப", "भ": "ப", "ऋ": "ரி", "ृ": "்ரி",
            "ः": "ஃ", _NUKTA: "", **_NO_OPEN_E_O,
        },
        (*_SPELLED_NASALS, (f"[{_ANUSVARA}{_CHANDRABINDU}]", f"म{_VIRAMA}")),
        # The n of the teeth stands at a word's beginning and before t, the other one elsewhere.
        ((r"(?<=[\u0b80-\u0bff])ந(?!்த)", "ன"),),
    ),
    "Telu": _Script(0x0C00, {_NUKTA: "", **_NO_OPEN_E_O}),
    "Knda": _Script(0x0C80, {_NUKTA: "", **_NO_OPEN_E_O}),
    "Mlym": _Script(
        0x0D00, {_NUKTA: "", _CHANDRABINDU: "ം", **_NO_OPEN_E_O}, _SPELLED_NASALS,
        # Tamil's second n has no letter here; a last consonant without a vowel has its own form.
        (("ഩ", "ന"), ("മ്(?![ഀ-ൿ])", "ം"),
         *((f"{letter}്(?![ഀ-ൿ])", last) for letter, last in zip("നലരളണ", "ൻൽർൾൺ", strict=True))),
    ),
}  # fmt: skip
# Devanagari for letters that only one script has.
_OWN = {
    "ੰ": "ं", "ੱ": "", "ৰ": "र", "ৱ": "व", "ৎ": "त्", "ୱ": "व", "ൻ": "न्", "ൽ": "ल्", "ർ": "र्",
    "ൾ": "ळ्", "ൺ": "ण्", "ൿ": "क्", "ன": "न", "ଵ": "व",
}  # fmt: skip
_ADDAK = re.compile("ੱ([ਕ-ਹ])")
# Letters of Devanagari for sounds of other scripts, which NFD would decompose.
_WHOLE = {"\u0928\u093c": "\u0929", "\u0930\u093c": "\u0931", "\u0933\u093c": "\u0934"}
SCRIPTS = frozenset(_SCRIPTS)


def rewrite(word: str, source: str, target: str) -> str:
    """A word of one of `SCRIPTS` (ISO 15924), or in Latin letters, in another of them.

    Letter by letter: vowels that one script does not write and another does are unknown. Raises
    KeyError for another script.
    """
    middle = from_latin(word, target) if source == "Latn" else _read(word, _SCRIPTS[source].start)
    return unicodedata.normalize("NFC", middle if target == "Deva" else _write(middle, target))


def _read(word: str, start: int) -> str:
    """A word in Devanagari, whose block begins at `start`."""
    if start == _DEVA:
        return _apart(word)
    doubled = _ADDAK.sub(rf"\1{chr(start + 0x4D)}\1", unicodedata.normalize("NFD", word))
    letters = []
    for letter in unicodedata.normalize("NFC", doubled) if start == 0x0D00 else doubled:
        place = ord(letter) - start
        moved = chr(_DEVA + place) if 0 <= place < _SIZE else letter
        letters.append(_OWN.get(letter, moved if _assigned(moved) else letter))
    return "".join(letters).replace(2 * _VIRAMA, _VIRAMA)


def _apart(word: str) -> str:
    """A word of Devanagari with each dot below as a separate sign."""
    text = unicodedata.normalize("NFD", word)
    for parts, letter in _WHOLE.items():
        text = text.replace(parts, letter)
    return text


def _write(word: str, target: str) -> str:
    """A word of Devanagari in another script."""
    script = _SCRIPTS[target]
    text = _apart(word)
    for pattern, instead in script.before:
        text = re.sub(pattern, instead, text)
    letters = []
    for letter in text:
        place = ord(letter) - _DEVA
        if not 0 <= place < _SIZE or letter in "।॥":
            letters.append(letter)
        elif letter in script.instead:
            letters.append(_moved(script.instead[letter], script.start))
        else:
            moved = chr(script.start + place)
            letters.append(moved if _assigned(moved) else "")
    text = "".join(letters)
    for pattern, instead in script.after:
        text = re.sub(pattern, instead, text)
    return text


def _moved(text: str, start: int) -> str:
    """A text with its letters of Devanagari moved to the same places of another block."""
    return "".join(
        chr(ord(c) - _DEVA + start) if _DEVA <= ord(c) < _DEVA + _SIZE else c for c in text
    )


@cache
def _assigned(letter: str) -> bool:
    return unicodedata.category(letter) != "Cn"


# --- Latin letters ----------------------------------------------------------------------------

_CONSONANTS = {
    "tt": "त्त", "kkh": "क्ख", "cch": "च्छ", "chh": "छ", "tth": "त्थ", "ddh": "द्ध", "ksh": "क्ष",
    "gny": "ज्ञ",
    "kh": "ख", "gh": "घ", "ch": "च", "jh": "झ", "th": "थ", "dh": "ध", "ph": "फ", "bh": "भ",
    "sh": "श", "zh": "ऴ", "ng": "ंग", "ck": "क", "k": "क", "g": "ग", "c": "क", "j": "ज",
    "t": "त", "d": "द", "n": "न", "p": "प", "b": "ब", "m": "म", "y": "य", "r": "र", "l": "ल",
    "v": "व", "w": "व", "s": "स", "h": "ह", "q": "क़", "x": "क्स", "z": "ज़", "f": "फ़",
}  # fmt: skip
_DOTTED = {"ṭ": "ट", "ḍ": "ड", "ṇ": "ण", "ḷ": "ळ", "ṣ": "ष", "ś": "श", "ñ": "ञ", "ṅ": "ङ", "ṛ": "ड़"}
# Letters, and the vowel as a sign and as a letter of its own.
_LATIN_VOWELS = {
    "aa": ("ा", "आ"), "ee": ("ी", "ई"), "ii": ("ी", "ई"), "oo": ("ू", "ऊ"), "uu": ("ू", "ऊ"),
    "ai": ("ै", "ऐ"), "au": ("ौ", "औ"), "ou": ("ौ", "औ"), "ei": ("े", "ए"), "ā": ("ा", "आ"),
    "ī": ("ी", "ई"), "ū": ("ू", "ऊ"), "ē": ("े", "ए"), "ō": ("ो", "ओ"), "a": ("", "अ"),
    "i": ("ि", "इ"), "u": ("ु", "उ"), "e": ("े", "ए"), "o": ("ो", "ओ"),
}  # fmt: skip
_SOUNDS: dict[str, str | tuple[str, str]] = {**_CONSONANTS, **_DOTTED, **_LATIN_VOWELS}
_SOUND = re.compile("|".join(sorted(map(re.escape, _SOUNDS), key=len, reverse=True)))
_FLOWING = "यरवल"  # written below the consonant before them


@dataclass(frozen=True)
class _Romanization:
    """How people write a script's languages in Latin letters: which letters have another sound
    there, which have one at a word's end, and whether a vowel between two consonants and at the end
    is not spoken and so not written in Latin letters, but is in the script."""

    letters: Mapping[str, str | tuple[str, str]] = field(default_factory=dict)
    last: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    silent_vowels: bool = True

    def sound(self, letters: str, *, last: bool) -> str | tuple[str, str]:
        """A consonant's letter, or a vowel's sign and letter."""
        at_the_end = self.last.get(letters) if last else None
        return at_the_end or self.letters.get(letters) or _SOUNDS[letters]


_LONG_LAST = {"a": ("ा", "आ"), "i": ("ी", "ई"), "u": ("ू", "ऊ")}
_NORTH = _Romanization(last=_LONG_LAST)
_EAST = _Romanization({"a": ("ा", "आ"), "o": ("", "अ")})
_SOUTH = _Romanization({"th": "त", "dh": "द", "tt": "ट्ट"}, silent_vowels=False)
_ROMANIZATIONS = {
    "Deva": _NORTH, "Guru": _NORTH, "Gujr": _NORTH, "Beng": _EAST,
    "Orya": _Romanization(silent_vowels=False),
    "Taml": _SOUTH, "Telu": _SOUTH, "Knda": _SOUTH, "Mlym": _SOUTH,
}  # fmt: skip


def from_latin(word: str, script: str) -> str:
    """A word in Latin letters, as people write the languages of `script`, in Devanagari: `kya` is
    क्या.

    Where the script has vowels that are not spoken, two consonants are joined without one only
    before y, r, v, l and where the second begins like the first.
    """
    roman = _ROMANIZATIONS[script]
    written, bare = "", False
    sounds = _SOUND.findall(_lettered(word))
    for n, sound in enumerate(sounds):
        own = roman.sound(sound, last=0 < n == len(sounds) - 1)
        if isinstance(own, tuple):
            written += own[0] if bare else own[1]
            bare = False
            continue
        meet = not roman.silent_vowels or own[0] in _FLOWING or sound[0] == sounds[n - 1][0]
        if own[0] == _ANUSVARA:
            own = own if written else own[1:]
        elif bare and meet:
            written += _VIRAMA
        written, bare = written + own, True
    if bare and not roman.silent_vowels:
        written += _VIRAMA
    nasal = "|".join(f"{letter}{_VIRAMA}?(?=[{row}])" for row, letter in _CLASSES[3:])
    return re.sub(rf"(?<=.)(?:{nasal})", _ANUSVARA, written)


def _lettered(word: str) -> str:
    """A word in small letters, without marks except on long vowels and dotted consonants."""
    kept = []
    for letter in unicodedata.normalize("NFC", word.casefold()):
        plain = unicodedata.normalize("NFD", letter)[0]
        kept.append(letter if letter in _SOUNDS else plain)
    return "".join(kept)
