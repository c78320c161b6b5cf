"""Transliterate Hindi recognised in Urdu's script into Devanagari, and Urdu from Devanagari.

Whisper's small models know spoken Hindi but write it in Urdu's script, and by ear: میں نے, دود,
سالتھی. Each recognised word is compared, sound by sound, with the words of wordfreq's Hindi list
and with their inflected forms. A word's score is how common it is (log10 of its share of all words)
minus the cost of differences; the best path through the sentence takes neighbouring words into
account, and that recognised words may be joined or split. Words that fit no Hindi word are
transliterated letter by letter.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

# Scores are log10 of a probability.
_PER_DIFFERENCE = 2.3
_UNKNOWN, _LETTER_MORE = -6.6, 0.22  # a word that is not listed, and the cost of each letter
_NAME = -3.6  # a word of the glossary
_DERIVED = 1.2  # the cost of an unlisted form of a listed word
_JOINED, _PARTED = 1.2, 1.4
_CANDIDATES, _BEAM = 8, 24
_LONGEST = 24  # letters; longer texts are no words


@dataclass(frozen=True)
class Written:
    """A recognised word in another script, and how sure that is, 0 to 1; None where it is
    transliterated by rule alone."""

    text: str
    sure: float | None


# --- Sounds of both scripts -------------------------------------------------------------------

_VIRAMA, _NUKTA, _ANUSVARA, _CHANDRABINDU = "\u094d", "\u093c", "\u0902", "\u0901"
# A sound, its letters in Devanagari and in Urdu, its place of articulation (-: too easily misheard
# to look a word up by), whether voiced and aspirated, and its distance from the place's plain
# sound.
_SOUNDS = """
k क ک K 0 0 0|kh ख کھ K 0 1 0|g ग گ K 1 0 0|gh घ گھ K 1 1 0|q क़ ق K 0 0 .1|x ख़ خ K 0 1 .1
ğ ग़ غ K 1 0 .1|c च چ C 0 0 0|ch छ چھ C 0 1 0|j ज ج C 1 0 0|jh झ جھ C 1 1 0|z ज़ زذضظ C 1 0 .45
zh झ़ ژ C 1 1 .5|ṭ ट ٹ T 0 0 .4|ṭh ठ ٹھ T 0 1 .4|ḍ ड ڈ T 1 0 .4|ḍh ढ ڈھ T 1 1 .4|t त تطۃة T 0 0 0
th थ تھ T 0 1 0|d द د T 1 0 0|dh ध دھ T 1 1 0|p प پ P 0 0 0|ph फ پھ P 0 1 0|f फ़ ف P 0 1 .2
b ब ب P 1 0 0|bh भ بھ P 1 1 0|s स سصث S 0 0 0|sh शष ش S 0 0 .6|r र ر R 0 0 0|ṛ ड़ ڑ R 0 0 .35
ṛh ढ़ ڑھ R 0 1 .35|l लळ ل L 0 0 0|m म م M 0 0 0|n नणङञ ن - 0 0 0|y य - - 0 0 0|v व - - 0 0 0
h ह ہح - 0 0 0
"""
_PARTS = [entry.split() for entry in _SOUNDS.replace("\n", "|").split("|") if entry]
_PLACE = {sound: place for sound, _, _, place, *_ in _PARTS if place != "-"}
_OF_DEVANAGARI = {
    letters if _NUKTA in letters else letter: sound
    for sound, letters, *_ in ([p[0], unicodedata.normalize("NFD", p[1]), *p[2:]] for p in _PARTS)
    for letter in letters
}
_OF_URDU = {
    letters if letters.endswith("ھ") else letter: sound
    for sound, _, letters, *_ in _PARTS
    if letters != "-"
    for letter in letters
}
_VOWELS = {
    "अ": "a", "आ": "ā", "इ": "i", "ई": "ī", "उ": "u", "ऊ": "ū", "ए": "e", "ऐ": "ai", "ओ": "o",
    "औ": "au", "ऑ": "ɔ", "ऍ": "ai",
}  # fmt: skip
_SIGNS = {
    "ा": "ā", "ि": "i", "ी": "ī", "ु": "u", "ू": "ū", "े": "e", "ै": "ai", "ो": "o", "ौ": "au",
    "ॉ": "ɔ", "ॅ": "ai",
}  # fmt: skip
_STOPS = set("कखगघचछजझटठडढतथदधपफबभ")

# How the vowels and half-vowels of a Hindi word are heard: letters with their costs; `.` is nothing
# written. `$` marks the end of a word, `^` the alif that carries a vowel at its beginning, `-` the
# boundary between two vowels, `~` a nasal vowel, `M` a nasal before a stop.
_HEARD_AS = """
a .0 ا1.1 ی1.2 و1.2 ع.1 َ0 ہ1.5 ِ.5 ُ.5 ے1.2|ā ..95 ا0 ا$0 ہ1.5 ہ$.2 ع.3 ی1.4 و1.4 َ.6
ā$ .1.1 ا$0 ا0 ہ$.15 ع.2 ے$1.3 ی$1.5|i ..05 ی.35 ِ0 ے.4 ا1 و1.1 َ.5 ُ.6|ī ..6 ی0 ِ.2 ے.2 ا1.4 و1.4
i$ ..5 ی$0 ے$.5 ہ$.2|ī$ .1.1 ی$0 ے$.6 ہ$1|u ..05 و.25 ُ0 ا1 ی1.1 ِ.6 َ.6|ū ..6 و0 ُ.2 ا1.4 ی1.4
u$ ..5 و$0|ū$ .1.1 و$0 ع.3|e ..7 ی0 ے0 ے$0 ِ.3 ا1.2 و1.4 ہ1.5 ی$.3|e$ .1.1 ے$0 ی$.6 ہ$.4 ا$1.2
ai ..7 ی0 ے0 ے$0 ا1.3 َ.2 ہ1.5 ی$.3|ai$ .1 ے$0 ی$.6 ہ$.8|o ..8 و0 و$0 ُ.3 ا1.2 ی1.4
o$ .1.1 و$0 ہ$.4|au ..9 و0 و$0 ا1.2 َ.4|au$ .1.1 و$0|^ ..9 ^0 ع0 ء.3 ہ.9
- ..4 ء0 ی.05 و.1 v.1 y.05 ے.3 ع.2 ہ.8|~ ..55 ں0 ن.15 م.9|~$ ..5 ں0 ن.5 م1.2|M ..75 ں.1 ن0 م0
n .1 ن0 ں.4 م.9 ل1.2|a$ ..1 ہ$0 ا$.5|e˘ ..15 ی0 ے0 ِ0 َ.1 ا1.2|o˘ ..25 و0 ُ0 ا1.2
ɔ .1 ا0 ا$0 و.15 َ.3|y ..9 y0 ی0 ے.2 ے$.3 ی$.2 ء.2|y$ ..8 ی$.2 ے$.2 ی.2
v .1 v0 و0 و$0 ف.5 ب.7 م.9 ُ.5|h ..8 h0 ہ0 ہ$0 خ.9 ا$.5|: ..12|^? .0 ^0|^a .0 ا.5 ی1.2 و1.2 َ0
^ā ..6 ا0 ا$0 َ.3|x .1.3 ہ.9 h.7|kh .1.3 ہ1.1 h.9
"""
# Costs of sounds that are heard and stand for nothing.
_SUPERFLUOUS = {
    "ا": 1.2, "ا$": 1.1, "ی": 1.1, "ی$": 1.2, "و": 1.1, "و$": 1.2, "ے": 1.1, "ے$": 0.9, "ہ": 1.5,
    "ہ$": 0.5, "ع": 0.1, "ء": 0.3, "َ": 0.15, "ِ": 0.15, "ُ": 0.15, "ں": 0.6, "^": 1.1, "n": 1.3,
    "h": 1.5, "v": 1.6, "y": 1.6,
}  # fmt: skip
_SOUND_LOST = 1.5
_NO = 9.0
_ALIKE = {("ḍ", "ṛ"): 0.35, ("ḍh", "ṛh"): 0.35, ("d", "ṛ"): 0.7, ("r", "l"): 1.2}


@cache
def _costs() -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """The costs of each sound of Hindi to be heard as another one, or as nothing."""
    heard: dict[str, dict[str, float]] = {}
    for one, _, _, place, voiced, breathed, apart in _PARTS:
        row = heard.setdefault(one, {".": _SOUND_LOST})
        for other, _, _, place2, voiced2, breathed2, apart2 in _PARTS:
            if one == other:
                row[other] = 0.0
            elif place == place2 and place != "-":
                row[other] = (
                    0.8 * (voiced != voiced2)
                    + (0.45 if breathed > breathed2 else 0.7 * (breathed != breathed2))
                    + (1.0 if apart > apart2 else 2.0) * abs(float(apart) - float(apart2))
                )
    for (one, other), cost in _ALIKE.items():
        heard[one][other] = heard[other][one] = cost
    heard["j"]["z"], heard["z"]["j"] = 0.1, 0.4
    for entry in _HEARD_AS.replace("\n", "|").split("|"):
        if entry:
            unit, *ways = entry.split()
            row = heard.setdefault(unit, {})
            for way in ways:
                mark = way[:2] if way[1] == "$" else way[0]
                row["ہ" if mark == "ہ" else _OF_URDU.get(mark, mark)] = float(way[len(mark) :])
    for row in heard.values():
        for mark in "ایوے":
            for known, missing in ((mark, f"{mark}$"), (f"{mark}$", mark)):
                if known in row and missing not in row:
                    row[missing] = row[known]
    lost = {unit: row.pop(".") for unit, row in heard.items()}
    return heard, lost


_LETTERS = str.maketrans(
    {"ه": "ہ", "ة": "ہ", "ۃ": "ہ", "ك": "ک", "ي": "ی", "ى": "ی", "أ": "ا", "إ": "ا", "ٱ": "ا",
     "ٰ": "ا", "ۂ": "ہ", "ۀ": "ہ", "ح": "ہ", "ڪ": "ک", "ۓ": "ئے", "ؤ": "ئو", "ۆ": "و", "ۇ": "و",
     "ې": "ی", "ە": "ہ", "ګ": "گ", "ٲ": "ا", "ۍ": "ی", "ێ": "ی",
     "ـ": None, "ّ": None, "ْ": None, "ٔ": "ئ", "ً": "ن", "\u200c": None, "\u200d": None}
)  # fmt: skip
_HARAKAT = "َُِ"
# Arabic's spelling of the long vowel in Allah, which no letter stands for.
_ALLAH = ("للہ", "للاہ")
# Words not spelled as they are spoken: Arabic greetings with their articles, and rupees.
_SPELLED = {
    "السلام": "अस्सलाम", "علیکم": "अलैकुम", "وعلیکم": "वअलैकुम", "ماشاءاللہ": "माशाअल्लाह",
    "ماشااللہ": "माशाअल्लाह", "انشاءاللہ": "इंशाअल्लाह", "انشااللہ": "इंशाअल्लाह", "روپے": "रुपए",
}  # fmt: skip
_SPELLED_SCORE = -3.6  # as a word of the glossary


def _plain(word: str) -> str:
    """A word in Urdu's own letters, with no marks but short vowels."""
    return unicodedata.normalize("NFKC", word).translate(_LETTERS)


@lru_cache(4096)
def _heard(word: str) -> tuple[str, ...]:
    """The sounds of a word in Urdu's letters, as in `_HEARD_AS`."""
    word = _plain(word).replace(*_ALLAH)
    sounds: list[str] = []
    at = 0
    while at < len(word):
        letter = word[at]
        at += 1
        if word[at : at + 1] == "ھ" and letter + "ھ" in _OF_URDU:
            at += 1
            sounds.append(_OF_URDU[letter + "ھ"])
        elif letter == "ھ" and sounds and sounds[-1] == "و":
            continue  # وھ is v
        elif letter in "ہھ":
            sounds.append("ہ" if sounds else "h")
        elif letter in "وی" and not sounds:
            sounds.append("v" if letter == "و" else "y")
        elif letter in "آا":
            if not sounds:
                sounds.append("^")
            if letter == "آ" or len(sounds) > 1 or sounds[0] != "^":
                sounds.append("ا")
        elif letter == "ئ":
            sounds.append("ء")
        elif letter in _OF_URDU:
            sounds.append(_OF_URDU[letter])
        elif letter in "یےوعںء" or letter in _HARAKAT:
            sounds.append(letter)
    if sounds and sounds[-1] in ("ا", "ہ", "ی", "و", "ے"):
        sounds[-1] += "$"
    return tuple(sounds)


@lru_cache(1024)
def _spoken(word: str) -> tuple[str, ...]:
    """The sounds of a word in Devanagari, as in `_HEARD_AS`."""
    text = unicodedata.normalize("NFD", word)
    sounds: list[str] = []
    consonant = vowel = False  # what the last letter was
    at = 0
    while at < len(text):
        letter = text[at : at + 2] if text[at + 1 : at + 2] == _NUKTA else text[at]
        at += len(letter)
        if letter[0] in _OF_DEVANAGARI or letter in _OF_DEVANAGARI:
            sound = _OF_DEVANAGARI.get(letter) or _OF_DEVANAGARI[letter[0]]
            if consonant:
                sounds.append("a")
            doubled = sounds and text[at - len(letter) - 1] == _VIRAMA
            if doubled and _same(sounds[-1], sound):
                sounds[-1:] = [sound, ":"]
            elif letter == "ञ" and sounds and sounds[-1] == "j":
                sounds[-1:] = ["g", "y"]
            else:
                sounds.append(sound)
            consonant, vowel = True, False
        elif letter in _SIGNS or letter == "ृ":
            sounds += ["r", "i"] if letter == "ृ" else [_SIGNS[letter]]
            consonant, vowel = False, True
        elif letter in _VOWELS or letter == "ऋ":
            if consonant:
                sounds.append("a")
            if not sounds:
                sounds.append("^" if letter != "ऋ" else "r")
            elif vowel or consonant:
                sounds.append("-")
            sound = _VOWELS.get(letter, "i")
            sounds.append(f"^{sound}" if sounds == ["^"] and sound in "aā" else sound)
            consonant, vowel = False, True
        elif letter in (_ANUSVARA, _CHANDRABINDU):
            if consonant:
                sounds.append("a")
            stop = letter == _ANUSVARA and text[at : at + 1] in _STOPS
            sounds.append("M" if stop else "~")
            consonant, vowel = False, False
        elif letter == _VIRAMA:
            consonant = False
    if sounds[:1] == ["s"] and text[1:2] == _VIRAMA:
        sounds.insert(0, "^?")  # اسٹیشن
    for n, sound in enumerate(sounds[1:]):
        if sound == "h" and sounds[n] in ("e", "o"):
            sounds[n] += "˘"  # short before it: मोहन, मेहनत
    if len(sounds) == 1 and consonant:
        sounds.append("a")
    if sounds and sounds[-1] + "$" in _costs()[0]:
        sounds[-1] += "$"
    return tuple(sounds)


def _same(one: str, other: str) -> bool:
    """Whether two sounds in a row are one long sound: क्क, च्छ."""
    return other in (one, one + "h") and one in _PLACE


def _key(sounds: Iterable[str]) -> str:
    """The key to look a word up by: the places of its consonants."""
    return "".join(_PLACE.get(sound, "") for sound in sounds)


# The costs of each sound of a word to be heard as each, and not to be heard at all.
_Sounds = tuple[tuple[dict[str, float], float], ...]


def _expected(word: str) -> _Sounds:
    costs, lost = _costs()
    return tuple((costs[sound], lost[sound]) for sound in _spoken(word))


@lru_cache(4096)
def _extra(heard: tuple[str, ...]) -> tuple[float, ...]:
    """The cost of each sound if it stands for nothing."""
    return tuple(
        0.5 if n and sound == heard[n - 1] else _SUPERFLUOUS.get(sound, _SOUND_LOST)
        for n, sound in enumerate(heard)
    )


def _difference(expected: _Sounds, heard: tuple[str, ...], limit: float) -> float:
    """The cost of the differences between a Hindi word and the heard sounds; anything above `limit`
    counts as infinite."""
    extra = _extra(heard)
    row = [0.0]
    for cost in extra:
        row.append(row[-1] + cost)
    for table, lost in expected:
        get = table.get
        diagonal = row[0]
        least = left = diagonal + lost
        made = [left]
        add = made.append
        for n, sound in enumerate(heard):
            left += extra[n]
            cost = diagonal + get(sound, _NO)
            if cost < left:
                left = cost
            diagonal = row[n + 1]
            cost = diagonal + lost
            if cost < left:
                left = cost
            add(left)
            if left < least:
                least = left
        if least > limit:
            return _NO * 9
        row = made
    return row[-1]


# --- Words ------------------------------------------------------------------------------------

# Misspellings common enough to be in the list.
_MISSPELT = frozenset(
    [
        "मे",
        "मै",
        "मैँ",
        "मेँ",
        "हैँ",
        "हें",
        "नही",
        "नहि",
        "नहीँ",
        "मैने",
        "उन्होने",
        "इन्होने",
        "गॉव",
        "मॉ",
        "मा",
        "हु",
        "हू",
        "क्यो",
    ]
)
_SIGN_ABOVE = "िीेैोौॉ"
_NASAL_ENDS = frozenset(["ाँ", "ूँ", "ुँ", "एँ", "आँ", "ऊँ"])


def _standard(word: str, known: dict[str, float]) -> str:
    """The standard spelling of a listed word, where the list has it: गाँव, बड़ा, गए."""
    for old, new in (("यें", "एँ"), ("ये", "ए"), ("यी", "ई"), ("यीं", "ईं")):
        if word.endswith(old) and word.removesuffix(old) + new in known and len(word) > 2:
            return word.removesuffix(old) + new
    if _ANUSVARA in word:
        nasal = re.sub(rf"(?<![{_SIGN_ABOVE}]){_ANUSVARA}", _CHANDRABINDU, word)
        if nasal in known or nasal[-2:] in _NASAL_ENDS:
            return nasal
    if "ड" in word or "ढ" in word:
        dotted = re.sub(rf"(?<=.)([डढ])(?!{_NUKTA}|{_VIRAMA})", rf"\1{_NUKTA}", word)
        if dotted != word and known.get(dotted, 0) > known[word]:
            return dotted
    return word


@cache
def _lexicon() -> dict[str, float]:
    """The words of Hindi with the log10 of their shares."""
    from math import log10

    from wordfreq import get_frequency_dict

    listed = {
        unicodedata.normalize("NFD", word): share
        for word, share in get_frequency_dict("hi").items()
        if re.fullmatch("[\u0901-\u094d]+", unicodedata.normalize("NFD", word))
    }
    shares: dict[str, float] = {}
    for word, share in listed.items():
        misplaced = re.fullmatch(f"(.+)([क-ह]){_ANUSVARA}", word)  # गावं
        if misplaced and misplaced[1] + _ANUSVARA + misplaced[2] in listed:
            continue
        if word not in _MISSPELT and (len(word) > 1 or word in "व न आ ए ओ"):
            standard = _standard(word, listed)
            shares[standard] = shares.get(standard, 0) + share
    known = {word: log10(share) for word, share in shares.items()}
    for word in list(known):
        for form in _forms(word, known):
            known[form] = max(known.get(form, -9.0), known[word] - _DERIVED)
    return known


def _forms(word: str, known: dict[str, float]) -> Iterator[str]:
    """Inflected forms of a listed word that are not listed themselves."""
    made: list[str] = []
    if known[word] > -3.0:
        return
    if word.endswith("ना") and len(word) > 3:
        stem = word[:-2]
        if stem + "ता" in known or stem + "ते" in known or stem + "ने" in known:
            made += [stem + end for end in ("ता", "ते", "ती", "तीं", "ने", "नी", "कर")]
            if stem[-1] in "ाोे":
                ends = "या ए ई ईं ऊँ एँ ओ ऊँगा ऊँगी एगा एगी एँगे एँगी ओगे ओगी इए"
            elif stem[-1] in _SIGNS:
                ends = ""
            else:
                ends = "ा े ी ीं ूँ ें ो ूँगा ूँगी ेगा ेगी ेंगे ेंगी ोगे ोगी िए"
            made += [stem + end for end in ends.split()]
    elif known[word] > -6.2 and len(word) > 2:
        if word[-1] == "ी":
            made += [word[:-1] + end for end in ("ियाँ", "ियों")]
        elif word[-1] == "ई":
            made += [word[:-1] + end for end in ("इयाँ", "इयों")]
        elif word[-1] == "ा":
            made += [word[:-1] + "ों"]
        elif word[-1] in _OF_DEVANAGARI or word[-1] == _NUKTA:
            made += [word + end for end in ("ों", "ें")]
    yield from made


@dataclass(frozen=True)
class _Entry:
    word: str
    score: float
    sounds: _Sounds
    firm: tuple[dict[str, float], ...]  # costs of the sounds that it is looked up by
    weak: int  # number of its other sounds
    heavy: int  # number of those that cost much not to hear


def _entry(word: str, spelt: str, score: float) -> tuple[str, _Entry]:
    """The key and the entry of a word."""
    costs, lost = _costs()
    spoken = _spoken(spelt)
    firm = tuple(costs[sound] for sound in spoken if sound in _PLACE)
    heavy = sum(lost[sound] >= _HEAVY for sound in spoken if sound not in _PLACE)
    weak = len(spoken) - len(firm)
    return _key(spoken), _Entry(word, score, _expected(spelt), firm, weak, heavy)


_HEAVY = 0.6


@cache
def _index() -> tuple[dict[str, list[_Entry]], dict[str, list[str]]]:
    """The words by their keys, most probable first, and the keys that lack one place of another."""
    index: dict[str, list[_Entry]] = {}
    for word, score in sorted(_lexicon().items(), key=lambda item: (-item[1], item[0])):
        for sound in (word, *_also(word)):
            key, entry = _entry(word, sound, score)
            index.setdefault(key, []).append(entry)
    near: dict[str, list[str]] = {}
    for key in index:
        for part in _shorter(key):
            near.setdefault(part, []).append(key)
    return index, near


def _also(word: str) -> list[str]:
    """Other pronunciations of a word: गाँव as गाओं, which Urdu writes."""
    return [word[:-3] + "ाओं"] if word.endswith("ाँव") else []


def _shorter(key: str) -> set[str]:
    return {key[:n] + key[n + 1 :] for n in range(len(key))}


_DOUBTFUL = -6.0  # no listed word fits well
_STRICT = -6.5  # where words are joined or split, no consonant may be missing
_PLAIN = -4.0  # a word fits so well that it need not be split
# Other places that a heard sound may belong to, and their least cost; and the least cost of another
# number of consonants.
_ELSEWHERE = {"f": ("",), "b": ("",), "ḍ": ("R",), "ḍh": ("R",), "ṛ": ("T",), "ṛh": ("T",)}
_LEAST_ELSEWHERE, _LEAST_LOST = 0.3, 1.1


@lru_cache(8192)
def _candidates(word: str, floor: float = -9.5) -> tuple[tuple[str, float], ...]:
    """The candidates for a recognised word, with scores above `floor`, best first."""
    heard = _heard(word)
    if not heard or len(word) > _LONGEST:
        return ()
    if spelled := _SPELLED.get(_plain(word)):
        return ((unicodedata.normalize("NFD", spelled), _SPELLED_SCORE),)
    index, near = _index()
    key = _key(heard)
    best: dict[str, float] = {}
    _compare(index.get(key, []), heard, best, floor, 0.0)
    if len(key) > 1 and max(best.values(), default=-99.0) < _DOUBTFUL:
        others = {
            _key(heard[:n]) + other + _key(heard[n + 1 :])
            for n, sound in enumerate(heard)
            for other in _ELSEWHERE.get(sound, ())
        }
        for other in sorted(others):
            _compare(index.get(other, []), heard, best, floor, _LEAST_ELSEWHERE)
        keys = set(near.get(key, ())) if floor < _STRICT else set()
        for part in _shorter(key) if floor < _STRICT else ():
            keys.add(part)
            if len(key) > 2:
                keys.update(near.get(part, ()))
        for other in sorted(keys - others - {key}):
            _compare(index.get(other, []), heard, best, floor, _LEAST_LOST)
    if "z" in heard and "j" not in heard:
        for plain in [word for word in best if "ज" in word]:
            dotted = re.sub(f"ज(?!{_NUKTA}|{_VIRAMA}ञ)", f"ज{_NUKTA}", plain)
            best[dotted] = max(best.pop(plain), best.get(dotted, -99.0))
    ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return tuple(ranked[:_CANDIDATES])


def _compare(
    entries: Iterable[_Entry],
    heard: tuple[str, ...],
    best: dict[str, float],
    floor: float,
    least: float,
) -> None:
    """Add to `best` the entries that fit the heard sounds; they differ from them by at least
    `least`."""
    firm = [sound for sound in heard if sound in _PLACE]
    weak = len(heard) - len(firm)
    heavy = sum(_SUPERFLUOUS[sound] >= _HEAVY for sound in heard if sound not in _PLACE)
    scores = sorted(best.values())
    worst = scores[-_CANDIDATES] if len(scores) >= _CANDIDATES else floor
    for entry in entries:
        room = (entry.score - worst) / _PER_DIFFERENCE
        if room < least:
            break
        if not least:  # a lower bound that is quick to compute
            surely = _HEAVY * max(0, entry.heavy - weak, heavy - entry.weak)
            for table, sound in zip(entry.firm, firm, strict=True):
                surely += table[sound]
            if surely > room:
                continue
        difference = _difference(entry.sounds, heard, room)
        score = entry.score - _PER_DIFFERENCE * difference
        if score > worst:
            best[entry.word] = max(score, best.get(entry.word, -99.0))
            scores.append(score)
            scores.sort()
            if len(scores) >= _CANDIDATES:
                worst = max(floor, scores[-_CANDIDATES])


# --- By rule alone ----------------------------------------------------------------------------

_DEVANAGARI = {p[0]: p[1][0] + (_NUKTA if _NUKTA in unicodedata.normalize("NFD", p[1]) else "")
               for p in _PARTS}  # fmt: skip
_WHOLE_VOWEL = {"ا": "आ", "ی": "ई", "و": "ओ", "ے": "ए", "َ": "अ", "ِ": "इ", "ُ": "उ"}
_SIGN = {"ا": "ा", "ی": "ी", "و": "ो", "ے": "े", "َ": "", "ِ": "ि", "ُ": "ु"}


def _unknown(word: str) -> float:
    return _UNKNOWN - _LETTER_MORE * len(word)


def by_rule(word: str) -> str:
    """A word in Urdu's letters in Devanagari, letter by letter."""
    written = ""
    consonant = False
    sounds = [sound.removesuffix("$") for sound in _heard(word)]
    for n, sound in enumerate(sounds):
        after = sounds[n + 1] if n + 1 < len(sounds) else ""
        if sound == "^":
            if after in ("ا", "ی", "و", "ے", "ِ", "ُ"):
                continue
            written += "अ"
        elif sound == "ں":
            written += _ANUSVARA if written[-1:] in _SIGN_ABOVE else _CHANDRABINDU
            consonant = False
        elif sound == "ہ":
            if consonant and not after:
                written += "ा"
                consonant = False
            else:
                written += "ह"
                consonant = True
        elif sound in ("ی", "و") and after in ("ا", "ے") and (consonant or written):
            written += "य" if sound == "ی" else "व"
            consonant = True
        elif sound == "و" and not written:
            written += "व"
            consonant = True
        elif sound == "ی" and not written and n == 0:
            written += "य"
            consonant = True
        elif sound in _SIGN:
            written += _SIGN[sound] if consonant else _WHOLE_VOWEL[sound]
            consonant = False
        elif sound in _DEVANAGARI:
            written += _DEVANAGARI[sound]
            consonant = True
    return written


# --- Neighbours -------------------------------------------------------------------------------


def _set(text: str) -> frozenset[str]:
    return frozenset(unicodedata.normalize("NFD", text).split())


_CASE = _set("ने को से का के की में पर तक")
_BEGINS = _set("और कि लेकिन मगर पर तो अगर जब क्योंकि इसलिए फिर अब या आज कल क्या हाँ नहीं तब यदि जैसे अरे")
_FINITE = _set("है हैं हूँ हो था थे थी थीं कहा बोला पूछा बताया सोचा गया गए गई गा गे गी लगा")
_SUBJECTS = _set("मैं तू तुम आप हम वह वे वो यह ये")
_AFTER_THAT = _SUBJECTS | _set("क्या अगर जब कोई इस उस")
_OF = _set("का के की")
_OBLIQUE = _set("उस इस उन इन किस किन जिस जिन मुझ तुझ")
_AUXILIARY = _set("है हैं हूँ हो था थे थी थीं")
_UNCHANGED = _set(
    "पिता राजा नेता माता दादा नाना चाचा मामा काका बाबा देवता अभिनेता विजेता क्या ना आ जा "
    "महात्मा हवा दुनिया कविता सीमा राधा सेना योजना घटना भाषा सेवा सुरक्षा शिक्षा माँ सभा दवा "
    "जगह वजह वह यह"
)
_PERFECTIVE = _set(
    "रहा रहे रही गया गए गई हुआ हुए हुई किया किए दिया दिए लिया लिए आया आए चला चले चली बैठा बैठे "
    "बैठी खड़ा खड़े खड़ी चुका चुके चुकी लगा लगे लगी पड़ा पड़े पड़ी सका सके सकी बना बने बनी मिला "
    "मिले मिली रखा रखे रखी देखा देखे देखी"
)
_FEMININE = _set(
    "माँ बहन बेटी लड़की औरत रानी दादी नानी बात रात शाम सुबह बारिश कहानी चाय ठंड भूख प्यास उम्र "
    "आँख किताब चीज़ जगह तरह तरफ ओर वजह मदद कोशिश गाड़ी ट्रेन बस सड़क दुकान नदी हवा आवाज़ "
    "ज़िंदगी ज़मीन दुनिया सरकार पुलिस फ़िल्म फिल्म शादी खुशी गलती ग़लती याद मौत जान इज़्ज़त "
    "मोहब्बत दोस्ती नौकरी तबीयत मुलाकात शक्ति भाषा शिक्षा सुरक्षा हालत निगाह मिठाई रोटी सब्ज़ी "
    "खिड़की चिट्ठी गोली कक्षा छुट्टी पत्नी बीवी मम्मी देर रोशनी बिजली घड़ी कुर्सी मेज़ दीवार "
    "चाबी"
)
_MASCULINE = _set(
    "पिता भाई बेटा बेटे लड़का लड़के आदमी घर काम दिन साल समय नाम गाँव शहर देश पानी खाना दूध फल "
    "पेड़ बाप चाचा दादा राजा दोस्त बच्चा बच्चे लोग डॉक्टर साहब स्कूल कमरा कमरे दरवाज़ा दरवाज़े "
    "पैसा पैसे प्यार दिल मन हाथ सिर मुँह खून ख़ून चाँद सूरज जवाब सवाल फ़ोन फोन स्टेशन अधिकार "
    "व्यापार जीवन मामला मामले रास्ता रास्ते घंटा घंटे"
)
_VERBAL_STEMS = _set("कर हो जा आ चल देख ले दे बैठ बोल सोच बन रह लग मिल पढ़ लिख खा पी सुन खेल कह रख")
_PLURAL = _set("वे ये हम लोग आप")
_AFTER_KE = _set(
    "लिए साथ पास बाद पीछे ऊपर नीचे बारे द्वारा कारण अंदर बाहर सामने बीच विरुद्ध खिलाफ अनुसार "
    "बिना अलावा आगे पहले रूप घर पिता भाई माध्यम दौरान"
)
_AFTER_KI = _set("ओर तरह तरफ जगह वजह बात माँ बहन बेटी पत्नी कोशिश मदद")
_SAYS = _set(
    "कहा है हैं हूँ था थे थी हो पूछा बताया बोला बोली सोचा लगा जानता जानती जानते मालूम पता सुना चाहिए देखा ताकि"
)
_NUMBERS = _set("दो तीन चार पाँच छह सात आठ नौ दस बीस सौ कई कितने सभी")

# Words that often occur together, with how many times more often than by chance (log10).
_PAIRS = """
के लिए 1|के साथ 1|के पास 1|के बाद 1|के पीछे 1|के बारे 1.5|बारे में 1|हर सुबह 2.5|हर शाम 2|हर दिन 1
की ओर 2|की तरफ 1|की तरह 1|दोनों ओर 2|चारों ओर 2|बहुत अच्छा 1|बहुत खुश 1|बहुत ठंड 1|एक दिन 1
उस दिन 1|उस रात 1|उसके पिता 1.5|अपने पिता 1.5|मेरे पिता 1.5|पिता ने 1|माँ ने 1|भूख लगी 1
खाना बनाया 1|खाना खाया 1|काम करते 1|काम करता 1|काम करती 1|रहता था 1|रहते थे 1|रहती थी 1|घर आ 1
रोने लगा 1|वे लोग 1.5|ये लोग 1|कहाँ है 1|कहाँ गई 1.5|कहाँ गया 1.5|कहाँ था 1.5|कहाँ हो 1.5
कहाँ से 1|ने कहा 1.5|यह है .3|के रूप 1|रूप में 1.5|पता है 1|पता चला 1.5|पता नहीं 1.5|क्या पता 1
मालूम है 1|की हालत 1|नाम है 1|का नाम 1|ठीक है 1|ठीक नहीं 1|प्राप्त है .7|का अधिकार 1|तरह से 1
तौर पर 1|बार बार 1|धीरे धीरे 2|साथ साथ 1|जल्दी से 1|घंटे तक 1|अभी तक 1.5|हर रात 2.5|हर दिन 1
हर साल 1|हर बार 1|रोज़ सुबह 1|आज सुबह 1.5|आज शाम 1.5|कल रात 1.5|कल सुबह 1.5|सुबह शाम 1|दिन रात 1
रात भर 1.5|दिन भर 1.5|थोड़ी देर 2|कुछ देर 1.5|बड़ी देर 1.5|पहली बार 1.5|एक बार 1|इस बार 1
चाय पी 1.5|चाय पीना 1.5|चाय पीते 1.5|चाय बनाता 1.5|चाय बनाती 1.5|चाय बना 1.5|चाय पिया 1
पानी पी 1.5|दूध पी 1.5|खाना खा 1.5|खाना खाते 1|खाना पका 1.5|भूख लग 1.5|प्यास लगी 1.5|ठंड लग 1.5
डर लग 1.5|नींद आ 1.5|नींद नहीं 1|घर में 1|घर से 1|घर पर 1|घर जा 1|घर चलो 1.5|घर चलते 1.5
स्कूल जा 1|स्कूल में 1|काम कर 1|काम करना 1|बात कर 1|बात है 1|बात करना 1|बात नहीं 1|कोई बात 1.5
कुछ नहीं 1|कोई नहीं 1|कभी नहीं 1|अब नहीं 1|क्यों नहीं 1|मुझे नहीं 1|पता लगा 1.5|मेरा नाम 1.5
आपका नाम 1.5|तुम्हारा नाम 1.5|मेरी माँ 1.5|तुम्हारी माँ 1.5|उसकी माँ 1.5|अपनी माँ 1.5|की माँ 1
माँ की 1|माँ को 1|माँ के 1|माँ बाप 2|पिता को 1.5|पिता के 1.5|पिता की 1.5|पिता का 1.5|पिता जी 1.5
तुम्हारे पिता 1.5|माता पिता 2|मेरे साथ 1|मेरे पास 1|तुम्हारे साथ 1|इसके बाद 1|उसके बाद 1
उसके साथ 1|दूसरी ओर 2|इस ओर 1.5|उस ओर 1.5|चारों तरफ 1.5|याद आ 1|याद है 1|याद कर 1|शुरू हो 1.5
शुरू कर 1.5|बंद कर 1.5|बंद हो 1.5|खड़ा था 1|खड़ा हो 1|खड़े थे 1|बैठ गया 1|बैठ जाओ 1.5|चुप रहो 2
चुप हो 1.5|चुप कर 1.5|चला गया 1.5|चली गई 1.5|चले गए 1.5|आ गया 1|आ गई 1|आ गए 1|हो गया 1|हो गई 1
हो गए 1|हो सकता 1|कर सकता 1|कर सकते 1|कर सकती 1|कर दिया 1|कर दो 1|कर लो 1|दे दो 1|ले लो 1|ले आओ 1
बता दो 1|देख रहा 1|देख लो 1|सुन लो 1|ज़ोर से 1.5|प्यार से 1|प्यार करता 1.5|प्यार करती 1.5
शादी कर 1.5|कैसे हो 1.5|कैसे हैं 1|कौन है 1|कौन हो 1|कहाँ हैं 1|कहाँ जा 1.5|कहाँ गए 1.5
कहाँ थे 1.5|कहाँ थी 1.5|कहाँ चले 1.5|क्या है 1|क्या बात 1.5|क्या करूँ 1|क्या चाहिए 1.5|क्या नाम 1
मुझे चाहिए 1|होना चाहिए 1|जाना चाहिए 1|जाना है 1|करना है 1|बिना किसी 1.5|इस तरह 1.5|उस तरह 1.5
अच्छी तरह 1.5|किस तरह 1.5|जिस तरह 1.5|पूरी तरह 1.5|सही है 1|ग़लत है 1|सच है 1|सच में 1.5
सच बोल 1.5|झूठ बोल 1.5|न दी .7|छोटे से 1|छोटा सा 1|छोटी सी 1|बहुत देर 1|सब कुछ 1.5|बहुत कुछ 1
क्या हुआ 1.5|क्या कर .7|माफ़ कर 1.5
"""


@cache
def _pairs() -> dict[tuple[str, str], float]:
    rows = (entry.split() for entry in _PAIRS.replace("\n", "|").split("|") if entry.strip())
    normal = unicodedata.normalize
    return {(normal("NFD", a), normal("NFD", b)): float(gain) for a, b, gain in rows}


def _fit(clause: tuple[str, ...], word: str) -> float:
    """How well a word follows those before it in its clause, as log10 of odds."""
    last = clause[-1] if clause else ""
    gain = _follows(last, word) + _agrees(last, word)
    if word in _WITH_CLAUSE:
        gain += _in_clause(clause, last, word)
    elif word.endswith(("ूँगा", "ूँगी", "ऊँगा", "ऊँगी")):
        gain += 1.2 if "मैं" in clause else -0.6
    return gain


@lru_cache(65536)
def _follows(last: str, word: str) -> float:
    """How well two words follow each other by the grammar of function words."""
    gain = _pairs().get((last, word), 0.0)
    begins = not last or last in _BEGINS or last in _FINITE
    if word == "मैं":
        gain += 0.7 if begins else -1.0
    elif word == "में" and (begins or last in _SUBJECTS or last in _CASE):
        gain -= 1.6
    if word in _CASE:
        gain -= _case_after(last, word)
    elif last == "मैं" and word in ("है", "हैं"):
        gain -= 2.0
    if word == "कि":
        gain += 1.2 if last in _SAYS else -1.5
    elif word in _OF and ((last in _SAYS and last != "पता") or last in _SUBJECTS or not last):
        gain -= 1.2
    if last in ("कि", "की") and word in _AFTER_THAT:
        gain += 0.8 if last == "कि" else -0.8
    if word == "वे" and not begins and last != "जो":
        gain -= 0.3
    if last == "वह" and word == "लोग":
        gain -= 1.5
    return gain + _asks(last, word, begins) + _needs(last, word)


def _case_after(last: str, word: str) -> float:
    """The penalty for a case marker after a word."""
    against = 0.0
    if last == "मैं" and word != "पर":
        against += 2.0
    if last == "में" and word in ("ने", "को"):
        against += 2.0
    if last in _CASE and (last, word) != ("में", "से"):
        against += 1.5
    if last in _OBLIQUE:
        against += 0.5  # the two are written as one word
    if last == "करके" or (last == "कर" and word in ("का", "की", "को", "ने", "में")):
        against += 1.5
    if last.endswith("ा") and last not in _UNCHANGED:  # लड़का, but लड़के ने
        against += 1.0 if last.endswith(("ना", "का", "या")) else 0.4
    return against


def _asks(last: str, word: str, begins: bool) -> float:
    """Distinguish क्या from किया, and कहाँ from कहा."""
    gain = 0.0
    if (word == "किया" and begins) or (last == "किया" and word in _SUBJECTS):
        gain -= 1.0
    if (word == "क्या" and (begins or last in _SUBJECTS)) or (last == "क्या" and word in _SUBJECTS):
        gain += 0.8
    if last == "कहाँ" and (word in _AUXILIARY or word in _PERFECTIVE or word in ("जा", "से")):
        gain += 0.8
    if last == "कहा" and word in ("गई", "गए", "जा", "है", "हो", "हैं", "थे", "थी"):
        gain -= 0.5
    return gain


def _needs(last: str, word: str) -> float:
    """Words that require others beside them: के लिए, की तरह, करना चाहिए, पैदा हुआ."""
    gain = 0.0
    if last == "के":
        gain += 0.8 if word in _AFTER_KE else -1.0 if word in _AFTER_KI else 0.0
    elif last in ("की", "का") and word in _AFTER_KE:
        gain -= 1.0
    elif last == "की" and word in _AFTER_KI:
        gain += 0.8
    if last == "चाहिए" and word not in _AUXILIARY and word not in _BEGINS:
        gain -= 0.8
    if word == "चाहिए" and last.endswith(("ना", "ने", "नी")):
        gain += 0.8
    if last == "पैदा" and not word.startswith(("हो", "हु", "कर", "कि")):
        gain -= 1.5
    return gain


@lru_cache(65536)
def _agrees(last: str, word: str) -> float:
    """Whether two neighbouring words agree in gender and number."""
    gain = 0.0
    feminine, masculine = word in _FEMININE, word in _MASCULINE
    if (feminine or masculine) and _CHANGING.match(last) and last not in _FEMININE | _MASCULINE:
        gain += 0.5 if last.endswith("ी") == feminine else -1.1
    if last in _NUMBERS and word.endswith("ा"):
        gain -= 0.3
    if word in _AUXILIARY:
        if len(last) > 2 and (last.endswith(("ता", "ते", "ती")) or last in _PERFECTIVE):
            gain += 0.5
            if last.endswith("ा") and word in ("थे", "थी", "थीं", "हैं"):
                gain -= 2.0
            elif last.endswith(("े", "ए")) and word in ("था", "थी", "थीं", "है"):
                gain -= 1.5
            elif last.endswith(("ी", "ई")) and word in ("था", "थे"):
                gain -= 2.5
        elif last in _CASE:
            gain -= 0.7
    return gain


_WITH_CLAUSE = _set("हूँ हैं थे थीं के कहा रहा रहे रही")


def _in_clause(clause: tuple[str, ...], last: str, word: str) -> float:
    """Whether a word agrees with others further back: मैं ... हूँ, बिना ... के, बारिश हो रही."""
    if word == "हूँ":
        return 1.2 if "मैं" in clause else -0.6
    if word == "के":
        return 1.2 if "बिना" in clause[-3:] else 0.0
    if word == "कहा":
        return 0.5 if "ने" in clause or any(w.endswith("ने") for w in clause[-3:]) else -0.3
    if word in ("हैं", "थे", "थीं"):
        plural = not _PLURAL.isdisjoint(clause)
        return 0.5 * plural - 0.5 * ("वह" in clause)
    if last not in _VERBAL_STEMS:
        return 0.0
    subject = clause[-2] if len(clause) > 1 else ""
    if subject in _FEMININE:
        return 1.6 if word == "रही" else 0.0
    return (1.3 if word != "रही" else 0.3) if subject in _MASCULINE else 0.8


# Words that agree with the gender and number of the noun after them.
_CHANGING = re.compile(
    unicodedata.normalize(
        "NFD",
        "^(.*[^ि]क|क|मेर|तेर|हमार|तुम्हार|अपन|छोट|बड़|अच्छ|पूर|दूसर|पहल|ऐस|कैस|नय|पुरान|स)[ाेी]$",
    )
)


# --- The path through a sentence --------------------------------------------------------------

_MARKS = str.maketrans("۔،؟؛٪٬٫٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "।,?;%,.01234567890123456789")
_URDU = (
    "\u0610-\u061a\u0620-\u065f\u066e-\u06d3\u06d5-\u06dc\u06df-\u06e8\u06ea-\u06ef\u06fa-\u06ff"
    "\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc\u200c\u200d"
)
_OTHER = "A-Za-z\u0370-\u052f\u0900-\u0963\u0971-\u0dff"
_URDU_WORD = re.compile(f"[{_URDU}]+")
_LETTERED = re.compile(f"(?=[{_OTHER}]*[{_URDU}])[{_URDU}{_OTHER}]+")
_FOREIGN = re.compile(f"[{_OTHER}]+")
_ENDS = frozenset(".,!?;:।…")
_YEAR = re.compile("(?<=[0-9])ء")  # marks a number as a year, which Hindi does not


@dataclass(frozen=True)
class _Piece:
    """A recognised word: the letters to transliterate, with the text before and after them."""

    lead: str
    core: str
    tail: str


_NO_PIECE = _Piece("", "", "")


def _piece(word: str) -> _Piece:
    text = _YEAR.sub("", word.translate(_MARKS))
    if not _URDU_WORD.search(text):
        return _Piece(text, "", "")
    match = _LETTERED.search(text)
    assert match
    lead, core, tail = text[: match.start()], match[0], text[match.end() :]
    if any(c.isalnum() for c in lead + tail):
        return _Piece(_mixed(text), "", "")
    return _Piece(lead, _FOREIGN.sub(lambda letters: _as_urdu(letters[0]), core), tail)


def _as_urdu(letters: str) -> str:
    """Replace letters of other alphabets within Urdu's, which Whisper sometimes writes: the v of
    گامв, گامவ."""
    named = "".join(unicodedata.name(c, "-").split()[-1][0].lower() for c in letters)
    return _BY_NAME.sub(lambda match: _ROMAN[match[0]], named)


_ROMAN = {
    "aa": "ا", "kh": "کھ", "gh": "گھ", "ch": "چ", "th": "تھ", "dh": "دھ", "ph": "پھ", "bh": "بھ",
    "jh": "جھ", "sh": "ش", "a": "َ", "b": "ب", "c": "ک", "d": "د", "e": "ی", "f": "ف", "g": "گ",
    "h": "ہ", "i": "ِ", "j": "ج", "k": "ک", "l": "ل", "m": "م", "n": "ن", "o": "و", "p": "پ",
    "q": "ق", "r": "ر", "s": "س", "t": "ت", "u": "ُ", "v": "و", "w": "و", "x": "خ", "y": "ی",
    "z": "ز", "-": "",
}  # fmt: skip
_BY_NAME = re.compile("|".join(_ROMAN))


def _mixed(text: str) -> str:
    """Transliterate Urdu's letters among digits and signs, each run by itself."""

    def one(match: "re.Match[str]") -> str:
        best = _candidates(match[0])
        return best[0][0] if best and best[0][1] > _unknown(match[0]) else by_rule(match[0])

    return unicodedata.normalize("NFC", _URDU_WORD.sub(one, text))


@dataclass(frozen=True)
class _Step:
    """The words that the next `count` recognised words become; `listed` if they are known."""

    count: int
    words: tuple[str, ...]
    score: float
    listed: bool = True


@dataclass(frozen=True)
class _Way:
    """A path through the first words: its last step, the path before it, and its clause."""

    score: float
    clause: tuple[str, ...]
    step: _Step | None = None
    back: "_Way | None" = None


def devanagari(words: Sequence[str], names: Collection[str] = ()) -> list[Written]:
    """Hindi words recognised in Urdu's letters, in Devanagari: one result for each, in order.

    A word that is split in two gives both, with a space; of words that are joined, the first gives
    the whole and the others nothing. Words in other letters stay unchanged. `names` are words in
    Devanagari to prefer where they fit.
    """
    pieces = [_piece(word) for word in words]
    named = _named(names)
    steps = [_steps(pieces, at, named) for at in range(len(pieces))]
    ways: list[list[_Way]] = [[_Way(0.0, ())], *([] for _ in pieces)]
    for at, possible in enumerate(steps):
        for way in _best(ways[at]):
            for step in possible:
                ways[at + step.count].append(_onward(way, step, pieces[at + step.count - 1]))
    path: list[_Way] = []
    last: _Way | None = _best(ways[-1])[0]
    while last and last.step:
        path.append(last)
        last = last.back
    path.reverse()
    answers: list[Written] = []
    for number, way in enumerate(path):
        at, end = len(answers), len(answers) + (way.step.count if way.step else 0)
        after = path[number + 1] if number + 1 < len(path) else None
        answers += _written(way, pieces[at:end], _sure(way, after, steps[at]))
    return answers


def _onward(way: _Way, step: _Step, piece: _Piece = _NO_PIECE) -> _Way:
    """A path extended by a step, of which `piece` is the last. Text that is not transliterated, as
    a number, is a word of the clause, too; a dash alone ends it."""
    score, clause = way.score + step.score, way.clause
    words = step.words or tuple(re.findall(r"\w+", piece.lead)[-1:])
    for word in step.words:
        score += _fit(clause, word)
        clause = (*clause[-11:], word)
    if not step.words:
        clause = (*clause[-11:], *words)
    marks = piece.tail if step.words else piece.lead[-1:]
    ends = not words or not _ENDS.isdisjoint(marks)
    return _Way(score, () if ends else clause, step, way)


def _sure(way: _Way, after: _Way | None, steps: Iterable[_Step]) -> float:
    """The probability of a path's last step among those for as many words, between the same
    neighbours."""
    chosen = way.step
    if not chosen or not chosen.words or not way.back:
        return 1.0
    odds: dict[tuple[str, ...], float] = {}
    for step in steps:
        if step.count == chosen.count:
            tried = _onward(way.back, step)
            score = tried.score - way.back.score
            if after and after.step and after.step.words and way.clause:
                score += _fit(tried.clause, after.step.words[0])
            odds[step.words] = max(10**score, odds.get(step.words, 0.0))
    share = odds[chosen.words] / (sum(odds.values()) + 10 ** (_UNKNOWN - 1.0))
    return round(share * (1.0 if chosen.listed else 0.4), 3)


def _written(way: _Way, pieces: Sequence[_Piece], sure: float) -> list[Written]:
    words = way.step.words if way.step else ()
    text = unicodedata.normalize("NFC", " ".join(words))
    whole = Written(pieces[0].lead + text + pieces[-1].tail, sure)
    return [whole, *(Written("", sure) for _ in pieces[1:])]


def _best(ways: list[_Way]) -> list[_Way]:
    """The best paths, one for each last two words and relevant words in the clause before."""
    kept: dict[tuple[object, ...], _Way] = {}
    for way in sorted(ways, key=lambda way: -way.score):
        key = (way.clause[-2:], "मैं" in way.clause, "वह" in way.clause)
        kept.setdefault(key, way)
        if len(kept) == _BEAM:
            break
    return list(kept.values())


def _steps(pieces: Sequence[_Piece], at: int, named: dict[str, list[_Entry]]) -> list[_Step]:
    """The possible steps from a word on: the word alone, split in two, or two or three joined."""
    core = pieces[at].core
    if not core:
        return [_Step(1, (), 0.0)]
    options = dict(_candidates(core, _unknown(core)))
    for word, score in _names(core, named):
        options[word] = max(score, options.get(word, score))
    possible = [_Step(1, (word,), score) for word, score in options.items()]
    rule = by_rule(core)
    if rule not in options:
        possible.append(_Step(1, (rule,) if rule else (), _unknown(core), listed=False))
    if max(options.values(), default=-99.0) < _PLAIN:
        possible += _parted(core)
    for count in (2, 3):
        together = pieces[at : at + count]
        if len(together) < count or together[-2].tail or together[-1].lead:
            break
        if not together[-1].core:
            break
        core += together[-1].core
        cost = _joining(together)
        joined = dict(_candidates(core, _STRICT)[:4])
        for word, score in _names(core, named):
            joined[word] = max(score, joined.get(word, score))
        possible += [_Step(count, (word,), score - cost) for word, score in joined.items()]
    return possible


_PRONOUN = re.compile(
    "^(اُ?س|ا[ُِ]?ن|کس|کن|جس|جن|آپ|ہم|تم|مجھ|تجھ|میں|تو|سب|اُن ?ہوں|انہوں|انھوں|اُنہوں|اُنھوں|اِس)$"
)
_CLITIC = re.compile("^(نے|کو|کا|کے|کی|سے|میں|لیے|لئے|ہوں)$")
_ENDING = re.compile("^(گا|گے|گی|کر)$")


def _joining(pieces: Sequence[_Piece]) -> float:
    """The cost of joining recognised words.

    Nothing where Hindi writes as one word what Urdu separates: pronouns with a case, and the future
    tense. More where each is a common word itself.
    """
    first, second = pieces[0].core, pieces[-1].core
    if len(pieces) == 2 and (
        (_PRONOUN.match(first) and _CLITIC.match(second))
        or _ENDING.match(second)
        or (first == "کر" and second == "کے")
    ):
        return 0.0
    common = all(_candidates(piece.core, -3.2) for piece in pieces)
    return _JOINED * (len(pieces) - 1) + (1.0 if common else 0.0)


@lru_cache(4096)
def _parted(core: str) -> tuple[_Step, ...]:
    """The steps that split a recognised word into two common ones."""
    parted: list[_Step] = []
    for cut in range(1, len(core) if len(core) <= _LONGEST else 1):
        if core[cut] in "ھ" + _HARAKAT:
            continue
        for first, score in _likely(core[:cut]):
            for second, other in _likely(core[cut:]):
                parted.append(_Step(1, (first, second), score + other - _PARTED))
    parted.sort(key=lambda step: (-step.score, step.words))
    return tuple(parted[:4])


def _likely(core: str) -> Iterator[tuple[str, float]]:
    yield from _candidates(core, -4.8)[:3]


def _named(names: Iterable[str]) -> dict[str, list[_Entry]]:
    places: dict[str, list[_Entry]] = {}
    for word in sorted({word for name in names for word in name.split()}):
        key, entry = _entry(unicodedata.normalize("NFD", word), word, _NAME)
        if key or len(entry.sounds) > 2:
            places.setdefault(key, []).append(entry)
    return places


def _names(core: str, named: dict[str, list[_Entry]]) -> Iterator[tuple[str, float]]:
    if named and len(core) > 1:
        heard = _heard(core)
        for entry in named.get(_key(heard), ()):
            difference = _difference(entry.sounds, heard, 1.2)
            if difference <= 1.2:
                yield entry.word, entry.score - _PER_DIFFERENCE * difference


# --- From Devanagari to Urdu ------------------------------------------------------------------

_URDU_LETTERS = {sound: letters[0] for sound, _, letters, *_ in _PARTS if letters != "-"} | {
    sound: letters for sound, _, letters, *_ in _PARTS if letters.endswith("ھ")
}
_URDU_VOWELS = {
    "ā": "ا", "ī": "ی", "ū": "و", "e": "ی", "ai": "ی", "o": "و", "au": "و", "ɔ": "ا", "~": "ں",
    "M": "ن", "n": "ن", "y": "ی", "v": "و", "h": "ہ",
}  # fmt: skip
_URDU_LAST = {"e": "ے", "ai": "ے"}
_URDU_FIRST = {"a": "ا", "i": "ا", "u": "ا", "ī": "ای", "ū": "او", "e": "ای", "ai": "ای",
               "o": "او", "au": "او", "ā": "آ", "ɔ": "آ"}  # fmt: skip


@lru_cache(8192)
def urdu(word: str) -> str:
    """A word in Devanagari in Urdu's script: the listed word that sounds like it, or letter by
    letter."""
    spoken = _spoken(word)
    expected = _expected(word)
    best, most = "", _unknown(word)
    for listed, heard, share in _urdu_index().get(_key(spoken), ()):
        room = (share - most) / _PER_DIFFERENCE
        if room < 0:
            break
        score = share - _PER_DIFFERENCE * _difference(expected, heard, room)
        if score > most:
            best, most = listed, score
    return best or _urdu_by_rule(spoken)


@cache
def _urdu_index() -> dict[str, list[tuple[str, tuple[str, ...], float]]]:
    """Urdu's words by the places of their consonants, the commonest first, with the log10 of their
    shares."""
    from math import log10

    from wordfreq import get_frequency_dict

    index: dict[str, list[tuple[str, tuple[str, ...], float]]] = {}
    for word, share in sorted(get_frequency_dict("ur").items(), key=lambda item: (-item[1], item)):
        if heard := _heard(word):
            index.setdefault(_key(heard), []).append((word, heard, log10(share)))
    return index


def _urdu_by_rule(spoken: Sequence[str]) -> str:
    sounds = [s.strip("^$˘?") or "^" for s in spoken]
    letters = []
    for n, sound in enumerate(sounds):
        first = n == 0 or (n == 1 and sounds[0] == "^")
        if first and sound in _URDU_FIRST:
            letters.append(_URDU_FIRST[sound])
        elif sound == "~" and n < len(sounds) - 1:
            letters.append("ن")
        elif n == len(sounds) - 1 and sound in _URDU_LAST:
            letters.append(_URDU_LAST[sound])
        else:
            letters.append(_URDU_LETTERS.get(sound) or _URDU_VOWELS.get(sound, ""))
    return "".join(letters)
