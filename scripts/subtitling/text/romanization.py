"""Tracks in Latin letters, and Hindi as people write it: मोहन is mohan, without diacritics.

The letters of Hindi are anyascii's. Beyond it, this module decides which of the vowels that
Devanagari does not write are spoken (schwa deletion), and how a nasal sign sounds before what
follows.
"""

import re
from collections.abc import Callable

from subtitling.text import languages, serbian

_VIRAMA, _NUKTA = "\u094d", "\u093c"
_SIGNS = "\u093e-\u094c\u0946\u094a\u0962\u0963"  # vowels written on a consonant
_ANUSVARA = "\u0902"  # a consonant: ज़िंदगी is zindagi; chandrabindu is none: हँसना is hansna
_NASAL = f"\u0901{_ANUSVARA}"
# A consonant with what is written on it, or anything else.
_UNIT = re.compile(
    rf"(?P<onset>(?:[\u0915-\u0939]{_NUKTA}?{_VIRAMA})*[\u0915-\u0939]{_NUKTA}?)"
    rf"(?P<sign>[{_SIGNS}]|{_VIRAMA}|)(?P<nasal>[{_NASAL}]?)"
    rf"|(?P<vowel>[\u0904-\u0914\u0960\u0961])(?P<nasal_>[{_NASAL}]?)"
    r"|(?P<other>.)"
)
_WORD = re.compile("[\u0900-\u0963\u0970-\u097f\u200c\u200d]+")
# Words that are not romanized letter by letter.
_WHOLE = {"में": "mein"}
_LETTERS = {
    "ज्ञ": "gy", "च्छ": "chchh", "च": "ch", "छ": "chh", "श": "sh", "ष": "sh", "ऋ": "ri", "ृ": "ri",
    "ॠ": "ri", "ॄ": "ri", "ॐ": "om",
    "ज़": "z", "झ़": "zh", "फ़": "f", "ड़": "r", "ढ़": "rh", "क़": "q", "ख़": "kh", "ग़": "gh",
    "ऑ": "o", "ॉ": "o", "ऍ": "e", "ॅ": "e", "व": "v", "ङ": "n", "ञ": "n", "ः": "h", "ऽ": "'",
}  # fmt: skip
_LETTER = re.compile("|".join(sorted(map(re.escape, _LETTERS), key=len, reverse=True)))
_SIGN = re.compile(f"[{_VIRAMA}{_NUKTA}\u200c\u200d]")
_LABIAL = "पफबभम"
_FLOWING = "यरलवनणम"  # sonorants, which need the vowel after them after a harder sound


def base(code: str) -> str:
    """The tag whose words a track shows: `hi-Latn` those of hi, `pt-BR-songs` those of pt-BR."""
    return languages.primary(code) if _romanizes(code) else languages.written(code)


def writer(code: str) -> Callable[[str], str]:
    """The function that writes words of its language for the track `code`."""
    return _romanizes(code) or str


def adds_capitals(code: str) -> bool:
    """Whether a track is written in Latin letters from a script that has no capitals."""
    return _romanizes(code) is hindi


def _romanizes(code: str) -> Callable[[str], str] | None:
    """The function that puts the language's own script into the track's, where that is needed."""
    write = _WRITERS.get(languages.primary(code))
    return write if write and languages.script_of(code) == "Latn" else None


def hindi(text: str) -> str:
    """A text with its Devanagari in Latin letters, the rest unchanged."""
    import unicodedata

    # NFD: letters with a dot below have two spellings.
    plain = unicodedata.normalize("NFD", text).replace("।", ".").replace("॥", ".")
    plain = "".join(str(ord(c) - 0x0966) if "०" <= c <= "९" else c for c in plain)
    return unicodedata.normalize("NFC", _WORD.sub(lambda match: _word(match[0]), plain))


def _word(word: str) -> str:
    from anyascii import anyascii

    if word in _WHOLE:
        return _WHOLE[word]
    units = [match.groupdict() for match in _UNIT.finditer(word)]
    silent = _silent(units)
    parts = []
    for n, unit in enumerate(units):
        after = units[n + 1]["onset"] if n + 1 < len(units) else None
        schwa = "a" if _bare(unit) and n not in silent else ""
        nasal = unit["nasal"] or unit["nasal_"]
        hum = ("m" if after and after[0] in _LABIAL else "n") if nasal else ""
        own = (unit["onset"] or "") + (unit["sign"] or "") + (unit["vowel"] or unit["other"] or "")
        spelt = _LETTER.sub(lambda match: _LETTERS[match[0]], own)
        parts.append(anyascii(_SIGN.sub("", spelt)) + schwa + hum)
    return "".join(parts)


def _bare(unit: dict[str, str | None]) -> bool:
    """Whether a unit is a consonant without a vowel sign: it has a schwa, if that is spoken."""
    return bool(unit["onset"]) and not unit["sign"]


def _silent(units: list[dict[str, str | None]]) -> set[int]:
    """The units whose schwa is not spoken.

    The last one of a word, unless its consonants could not be said without it; and, from the right,
    one between a vowel with a consonant and a consonant with a vowel, VC_CV (Ohala 1983, Aspects of
    Hindi Phonology). Boundaries inside compounds are unknown: असफल becomes asphal.
    """
    silent: set[int] = set()
    last = len(units) - 1
    if last > 0 and _bare(units[last]) and not units[last]["nasal"] and _ends(units[last]["onset"]):
        silent.add(last)
    for n in range(last - 1, 0, -1):
        unit, before, after = units[n], units[n - 1], units[n + 1]
        single = all(_VIRAMA not in (u["onset"] or _VIRAMA) for u in (unit, after))
        spoken = before["vowel"] or (before["onset"] and before["sign"] != _VIRAMA)
        follows = n + 1 not in silent and after["sign"] != _VIRAMA
        nasal = unit["nasal"] or before["nasal"] == _ANUSVARA
        if _bare(unit) and not nasal and single and spoken and follows:
            silent.add(n)
    return silent


def _ends(onset: str | None) -> bool:
    """Whether a word can end with these consonants: dost and dharm, but mitra and rajya."""
    parts = (onset or "").replace(_NUKTA, "").split(_VIRAMA)
    if len(parts) == 1:
        return True
    return parts[-1] != "य" and (parts[-1] not in _FLOWING or parts[-2] in _FLOWING)


# Languages that are not written in Latin letters, but can be surely: a new one is a row here.
_WRITERS = {"hi": hindi, "sr": serbian.latin}
