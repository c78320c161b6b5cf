"""Words that are the same though they are written otherwise, and two texts aligned by them.

What a language's spelling leaves open is no difference: signs that may be left out, old and new
spellings, numbers in digits or words, words joined or parted, and a word in Latin letters or in the
language's own. This is the idea of OIWER (arXiv 2603.00941); its lists of variants, made by a
language model and read by people, are replaced by the rules below, which need no list.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from subtitling.alignment.aligners.spoken_numbers import spelled_out
from subtitling.text import search_keys
from subtitling.text.languages import primary, script_of
from subtitling.text.spelling import plain, script, tokens

_MOST = 3  # words that may be joined or parted
# Where nukta makes another letter, and not another spelling: য and য়, ଡ and ଡ଼.
_NUKTA_COUNTS = frozenset(["Beng", "Orya"])
# One letter, several code points or conjuncts.
_LETTERS = {
    "ൺ": "ണ്", "ൻ": "ന്", "ർ": "ര്", "ൽ": "ല്", "ൾ": "ള്", "ൿ": "ക്", "ൎ": "ര്",
    "ৎ": "ত্", "ੰ": "ਂ", "ي": "ی", "ى": "ی", "ك": "ک", "ه": "ہ", "ھ": "ہ", "ۃ": "ہ", "ة": "ہ",
}  # fmt: skip
_LETTER = re.compile("|".join(_LETTERS))
_VOWEL_SIGNS = re.compile("[\u064b-\u0652\u0670]")  # Arabic's, which Urdu seldom writes
# A nasal consonant before a stop of its class, in the blocks that are laid out as Devanagari's
# (Gujarati, Odia, Telugu, Kannada): सम्बन्ध and संबंध. `plain` has Devanagari's.
_CLASSES = ((0x19, 0x15, 0x18), (0x1E, 0x1A, 0x1D), (0x23, 0x1F, 0x22), (0x28, 0x24, 0x27),
            (0x2E, 0x2A, 0x2D))  # fmt: skip
_NASALS = tuple(
    (
        re.compile(
            "|".join(
                f"{chr(block + nasal)}{chr(block + 0x4D)}"
                f"(?=[{chr(block + first)}-{chr(block + last)}])"
                for nasal, first, last in _CLASSES
            )
        ),
        chr(block + 0x02),
    )
    for block in (0x0A80, 0x0B00, 0x0C00, 0x0C80)
)
# Hindi's two spellings after a vowel (Central Hindi Directorate, 1967 and later: गए, older गये), and
# the visarga that many leave out inside a word: दुःख, दुख.
_HINDI = (
    (re.compile("(?<=.)(?<!\u094d)ये(?=ं?$)"), "ए"),
    (re.compile("(?<=.)(?<!\u094d)यी(?=ं?$)"), "ई"),
    (re.compile("\u0903(?=.)"), ""),
)
_HINDIS = frozenset(["hi", "mai", "doi", "ne", "mr"])
# English as Indian scripts write its sounds: school and स्कूल, phone and फोन.
_ENGLISH = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("sch|sc(?=[aou])", "sk"), ("ck|qu", "k"), ("tch", "ch"), (r"tion\b", "shn"),
        ("c(?=[eiy])", "s"), ("c(?!h)", "k"), ("ight", "ait"), (r"(?<=[^\W\d_]{2})e\b", ""),
    )
)  # fmt: skip
_VOWELS = re.compile("[aeiouy]")  # which English spells in many ways
# Tamil has one letter for voiced and voiceless stops.
_VOICED = str.maketrans("gdbj", "ktpc")


@dataclass(frozen=True)
class Pairing:
    """Words [first, first_end) of one text and [second, second_end) of another that stand for each
    other; one of the two may be empty."""

    first: int
    first_end: int
    second: int
    second_end: int
    same: bool


@lru_cache(1 << 16)
def key(word: str, language: str) -> str:
    """A word as all its spellings in a language have it: letters and digits in words, without what
    may be left out; empty for signs alone."""
    text = unicodedata.normalize("NFKC", word).casefold()
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    if any(c.isdecimal() for c in text):
        text = re.sub(r"(?<=\d)[,\u066c](?=\d)", "", text)
        text = spelled_out(text, primary(language))
    written = script(text)
    if written in ("Latn", "Cyrl", "Grek", "Zyyy", "Zzzz"):  # whose accents tell words apart
        return "".join(token.text for token in tokens(text))
    if written in _NUKTA_COUNTS:
        text = text.replace("\u0981", "\u0982").replace("\u200d", "").replace("\u200c", "")
        text = unicodedata.normalize("NFC", text)
    else:
        text = plain(text)
    text = _VOWEL_SIGNS.sub("", _LETTER.sub(lambda m: _LETTERS[m[0]], text))
    for pattern, nasal in _NASALS:
        text = pattern.sub(nasal, text)
    text = "".join(token.text for token in tokens(text))
    if primary(language) in _HINDIS:
        for pattern, replacement in _HINDI:
            text = pattern.sub(replacement, text)
    return text


def same(first: str, second: str, language: str) -> bool:
    """Whether two texts of a word or a few are the same words of a language, spelled otherwise, or
    one of them in another script as it sounds."""
    return _alike(_spelled(first, language), _spelled(second, language))


@dataclass(frozen=True)
class _Spelled:
    """Words as `key` has them together, their script, and roughly how they sound."""

    key: str
    script: str
    sound: str


def _alike(one: _Spelled, other: _Spelled) -> bool:
    if one.key == other.key:
        return True
    if one.script == other.script or not one.sound or not other.sound:
        return False
    if "Taml" in (one.script, other.script):
        return one.sound.translate(_VOICED) == other.sound.translate(_VOICED)
    return one.sound == other.sound


@lru_cache(1 << 16)
def _spelled(text: str, language: str) -> _Spelled:
    written = script(text)
    sound = ""
    if written not in ("Zyyy", "Zzzz"):
        latin = text.casefold()
        for pattern, replacement in _ENGLISH if written == "Latn" else ():
            latin = pattern.sub(replacement, latin)
        sound = "".join(search_keys.sounds(latin))
        sound = sound[:1] + _VOWELS.sub("", sound[1:])
    return _Spelled("".join(key(part, language) for part in text.split()), written, sound)


def aligned(
    first: Sequence[str],
    second: Sequence[str],
    language: str,
    possible: Callable[[int, int], bool] = lambda _a, _b: True,
) -> list[Pairing]:
    """The words of two texts of a language paired with the fewest differences (Levenshtein's
    distance), where up to three words may be the same as one. `possible` says of the numbers of two
    words whether they can be the same, for what else is known of them."""
    known = [
        [[_spelled(" ".join(texts[n : n + size]), language) for size in range(1, _MOST + 1)]
         for n in range(len(texts))]
        for texts in (first, second)
    ]  # fmt: skip
    sizes = [(n, m) for n in range(1, _MOST + 1) for m in range(1, _MOST + 1) if 1 in (n, m)]
    best: dict[tuple[int, int], tuple[int, tuple[int, int, bool]]] = {(0, 0): (0, (0, 0, True))}

    def offer(a: int, b: int, cost: int, step: tuple[int, int, bool]) -> None:
        if (a, b) not in best or cost < best[a, b][0]:
            best[a, b] = cost, step

    for a in range(len(first) + 1):
        for b in range(len(second) + 1):
            cost = best[a, b][0]
            left, right = len(first) - a, len(second) - b
            for n, m in sizes:
                if (
                    n <= left
                    and m <= right
                    and _alike(known[0][a][n - 1], known[1][b][m - 1])
                    and possible(a, b)
                ):
                    offer(a + n, b + m, cost, (n, m, True))
            if left and right:
                offer(a + 1, b + 1, cost + 1, (1, 1, False))
            if left:
                offer(a + 1, b, cost + 1, (1, 0, False))
            if right:
                offer(a, b + 1, cost + 1, (0, 1, False))
    pairs = []
    a, b = len(first), len(second)
    while a or b:
        n, m, alike = best[a, b][1]
        pairs.append(Pairing(a - n, a, b - m, b, alike))
        a, b = a - n, b - m
    return pairs[::-1]


def differences(pairs: Sequence[Pairing]) -> list[Pairing]:
    """The stretches in which two texts differ, each between words that are the same."""
    joined: list[Pairing] = []
    for n, pair in enumerate(pairs):
        if pair.same:
            continue
        if n and not pairs[n - 1].same:
            last = joined.pop()
            pair = Pairing(last.first, pair.first_end, last.second, pair.second_end, False)
        joined.append(pair)
    return joined


def error_rate(references: Sequence[str], texts: Sequence[str], language: str) -> float:
    """The share of the references' words that are wrong, left out or added, spellings apart: OIWER.
    Words that stand for one another in another number count as the reference has them."""
    wrong = words = 0
    for reference, text in zip(references, texts, strict=True):
        said, heard = reference.split(), text.split()
        words += len(said)
        for pair in aligned(said, heard, language):
            if not pair.same:
                wrong += 1
    return wrong / max(1, words)


def fidelity(text: str, language: str) -> float:
    """The share of a text's letters that are in the script of its language, 0 to 1; 1 for none."""
    own = script_of(language)
    letters = [c for c in text if unicodedata.category(c)[0] == "L"]
    return sum(script(c) == own for c in letters) / len(letters) if letters else 1.0
