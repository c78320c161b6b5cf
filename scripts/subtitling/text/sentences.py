"""Split words into sentences, the unit of translation.

Whether a sentence ends with a full stop is decided by what follows it: compared with sentence
splitting libraries by `bench/guards.py`.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby

from subtitling.documents import Word
from subtitling.text import word_frequency
from subtitling.text.languages import clusters, join, primary
from subtitling.text.spelling import script, tokens

_CLOSERS = "\"'”’»)]}」』›"
_OPENERS = "\"'“‘„«‹([{「『¿¡-–—♪"
_CLOSED = rf"[{re.escape(_CLOSERS)}]*$"
_SENTENCE_END = re.compile(rf"[.?!…。．？！｡।॥۔؟։።፧༎၊။]+{_CLOSED}")
_MARKS = re.compile(r"[.?!…。．？！｡।॥۔؟”’»)\]}」』›]+")
_CLAUSE_END = re.compile(rf"[,;:—–،؛、，；：-]{_CLOSED}")
_OTHER = {"el": (";",), "hy": (":",)}  # ends of sentences in single languages
# Abbreviations before a name, before a number, and at the end of a phrase, by language; "" is any.
_TITLES = {
    "": "mr mrs ms dr prof st smt pt md mohd डॉ श्री",
    "en": "messrs mx rev hon gen col maj capt cmdr cdr adm lt sgt cpl pvt gov sen rep pres insp"
    " supt fr br mt ft pt sh shri adv asst",
    "es": "sr sra srta sta dra ing lic d dña ud uds gral cap av",
    "pt": "sr sra srta sta dra eng profa av exmo exma gen cap cel d",
    "fr": "mm mme mmes mlle mgr me pr",
    "it": "sig sigg dott avv ing on",
    "de": "hr fr frl hrn dipl ing geb bzw ca str",
    "nl": "dhr mevr mw drs ir ds",
    "ru": "г ул пл им тов гр акад проф инж д стр ст", "uk": "вул пл ім гр акад проф м",
    "pl": "ul inż mgr hab ks im", "ro": "dl dna", "tr": "sn av", "sv": "hr", "da": "hr fr",
    "ta": "திரு திருமதி",
}  # fmt: skip
_NUMBERED = {
    "": "no nos nr n p pp vol art fig cap rs re approx tel ext apt",
    "en": "ch sec sect jan feb mar apr jun jul aug sep sept oct nov dec",
    "es": "núm pág págs", "pt": "núm pág págs", "fr": "chap", "de": "kap abs s", "pl": "str godz",
}  # fmt: skip
_LAST = {
    "": "etc vs inc ltd co corp jr sr",
    "en": "bros dept govt univ ave rd blvd assn est",
    "de": "usw mio mrd", "pt": "ltda cia", "es": "cía", "fr": "cie", "nl": "enz",
    "ru": "руб коп тыс млн",
}  # fmt: skip
# In these languages a full stop makes a number an ordinal: am 3. Mai.
_ORDINALS = "bs cs da de et fi fo hr hu is lb lv nb nn no pl sh sk sl sr tr"
_ORDINAL = frozenset(_ORDINALS.split())
_SYLLABIC = frozenset(["bs", "cs", "hr", "mk", "sh", "sk", "sl", "sr"])  # r, l as only vowels
_INDIC = frozenset(["Deva", "Beng", "Taml", "Telu", "Knda", "Mlym", "Gujr", "Guru", "Orya", "Sinh"])
# On Zipf's scale: `he` and `the` are that common. With a capital they begin a sentence; a cluster
# that common is a word (है) rather than an abbreviation (रु).
_COMMONEST = 6.0
_RARE = 4.0  # rarer words of up to four letters may be abbreviations


class End(IntEnum):
    """Whether a sentence ends with a word."""

    NONE = 0  # it goes on
    POSSIBLE = 1  # it does where a pause follows
    CERTAIN = 2


@dataclass(frozen=True)
class SentenceOptions:
    """See `sentences` in the configuration."""

    max_pause_ms: int
    max_duration_ms: int


@dataclass(frozen=True)
class Sentence:
    """Consecutive words; `id` counts from 1 through the film. `language` is that of one which is
    not in the film's."""

    id: str
    words: tuple[Word, ...]
    text: str
    language: str | None = None

    @property
    def start_ms(self) -> int:
        """The start of its first word."""
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        """The end of its last word."""
        return self.words[-1].end_ms


def end(text: str, following: str = "", language: str = "") -> End:
    """Whether a sentence ends with the word `text`, of a `language`, before the word `following`.

    It continues before a small letter, a number after `No.`, a name after `Lt. Col.`, and after a
    hesitation where the word is repeated. Where a full stop may also be an abbreviation's or an
    initial's, and after an ellipsis, a pause decides.
    """
    language = primary(language)
    mark = _SENTENCE_END.search(text)
    if not mark:
        return End.CERTAIN if text.endswith(_OTHER.get(language, ())) else End.NONE
    after = following.lstrip(_OPENERS + " ")
    stem = text[: mark.start()].lstrip(_OPENERS)
    if not after:
        return End.POSSIBLE if shortened(text, language) else End.CERTAIN
    # Where a script has no capitals, a small letter of another script after it is no evidence.
    capitals = stem.upper() != stem.lower() or not any(map(str.isalpha, stem))
    if (capitals and after[0].islower()) or stem.endswith("("):
        return End.NONE
    stop = mark[0].rstrip(_CLOSERS)
    if stop.endswith(("…", "..")) or not stem:
        return End.NONE if _first(stem) == _first(after) else End.POSSIBLE
    if stop == ".":
        return _full_stop(stem, after, language)
    quoted = stop != mark[0] and not after[0].isupper() and after == following
    return End.POSSIBLE if quoted and stop[-1] in "?!？！" else End.CERTAIN


def ends_sentence(text: str, following: str = "", language: str = "") -> bool:
    """Whether a sentence certainly ends with a word, by the words alone: `times.` and `है।`."""
    return end(text, following, language) is End.CERTAIN


def ends_of(texts: Sequence[str], language: str) -> list[End]:
    """For each word of a text, whether a sentence ends with it; after the last word one does, if it
    may."""
    ends = []
    for n in range(1, len(texts) + 1):
        first = n - 1  # the word that marks belong to: French and Hindi may write a space between
        while first and _MARKS.fullmatch(texts[first]):
            first -= 1
        more = n < len(texts) and _MARKS.fullmatch(texts[n])
        # Two words ahead, the next one may be a dash.
        following = " ".join(texts[n : n + 2])
        ends.append(End.NONE if more else end("".join(texts[first:n]), following, language))
    return ends


def shortened(text: str, language: str) -> bool:
    """Whether the full stop after a word is an abbreviation's, an initial's or an ordinal's."""
    stem, language = text.rstrip(_CLOSERS).lstrip(_OPENERS), primary(language)
    return stem.endswith(".") and (
        any(_listed(table, stem[:-1], language) for table in (_TITLES, _NUMBERED, _LAST))
        or _short(stem[:-1], language)
    )


def _full_stop(stem: str, after: str, language: str) -> End:
    number = after[0].isdecimal() or re.match(r"[IVXLC]{2,}\b", after) is not None
    if _listed(_TITLES, stem, language):
        return End.POSSIBLE if _starts(after, language) else End.NONE
    if number and _listed(_NUMBERED, stem, language):
        return End.NONE
    short = (
        _listed(_LAST, stem, language)
        or _short(stem, language)
        or ((number or stem.islower()) and _rare(stem, language))
    )
    return End.CERTAIN if not short or _starts(after, language) else End.POSSIBLE


def _short(stem: str, language: str) -> bool:
    return (
        _spelled(stem)
        or _without_vowel(stem, language)
        or _cluster(stem, language)
        or (stem.isdecimal() and len(stem) < 3 and language in _ORDINAL)
        or (language == "es" and re.fullmatch(r"([A-Z])\1", stem) is not None)  # EE. UU.
    )


def _rare(stem: str, language: str) -> bool:
    listed = language in word_frequency.listed()
    return listed and 1 < len(stem) < 5 and _frequency(stem, language) < _RARE


def _listed(table: Mapping[str, str], stem: str, language: str) -> bool:
    word = re.sub(r"^.*['’]", "", stem.casefold())  # l'avv.
    return any(word in table.get(key, "").split() for key in ("", language))


def _spelled(stem: str) -> bool:
    """Whether it is one or more initials (J, A.R, p.m, U.S, J.-P)."""
    parts = re.split(r"[.-]+", stem)
    letters = all(part and len(clusters(part)) <= 2 and part[0].isalpha() for part in parts)
    return letters and (len(parts) > 1 or len(stem) == 1)


def _without_vowel(stem: str, language: str) -> bool:
    """Whether it has no vowels, unlike a word, as Sgt and Pvt; not so Hmm and TV."""
    bare = unicodedata.normalize("NFD", stem)
    vowels = "aeiouyæœøı" + ("rl" if language in _SYLLABIC else "")
    return (
        1 < len(stem) < 6
        and bare.isascii() and bare.isalpha() and not stem.isupper()
        and not set(bare.casefold()) & set(vowels)
        and not re.search(r"(.)\1", bare)
    )  # fmt: skip


def _cluster(stem: str, language: str) -> bool:
    """Whether it is a single cluster of an Indic script and no common word: रु, डॉ, ড."""
    indic = script(stem) in _INDIC and len(clusters(stem)) == 1
    return indic and _frequency(stem, language) < _COMMONEST


def _starts(after: str, language: str) -> bool:
    """Whether a word with a capital is so common that it must begin a sentence."""
    word = re.match(r"\w+(?![\w.])", after)
    return bool(word and after[0].isupper() and _frequency(word[0], language) >= _COMMONEST)


def _frequency(word: str, language: str) -> float:
    """A word's frequency on Zipf's scale, 0 to 9; 0 where the language has no list."""
    return word_frequency.zipf(word, language) or 0.0


def _first(text: str) -> str:
    """The first word of a text, folded."""
    return "".join(token.text.casefold() for token in tokens(text)[:1])


def ends_clause(text: str) -> bool:
    """Whether a word closes a clause, as `short,` does."""
    return _CLAUSE_END.search(text) is not None


def sentences(
    words: Sequence[Word],
    language: str,
    options: SentenceOptions,
    starts: Collection[str] = (),
    others: Mapping[str, str] | None = None,
) -> list[Sentence]:
    """All words, in order, split after full stops and pauses; long sentences at a pause inside.

    `starts` are ids of words that always begin a sentence: the first of another speaker, of a song,
    or of the speech after it. `others` are the languages, by id, of words that are not in
    `language`: no sentence holds two, and each is split by the rules of its own.
    """
    known = others or {}
    made: list[Sentence] = []
    for other, run in groupby(words, key=lambda word: known.get(word.id)):
        for group in _groups(list(run), other or language, options, starts):
            text = join((word.text for word in group), other or language)
            made.append(Sentence(f"s{len(made) + 1:05d}", tuple(group), text, other))
    return made


def _groups(
    words: Sequence[Word], language: str, options: SentenceOptions, starts: Collection[str]
) -> list[list[Word]]:
    ends = ends_of([word.text for word in words], language)
    groups: list[list[Word]] = []
    for n, word in enumerate(words):
        ended = n > 0 and _ended(words[n - 1], word, ends[n - 1], options.max_pause_ms)
        if not groups or ended or word.id in starts:
            groups.append([])
        groups[-1].append(word)
    return [p for group in groups for p in _divided(group, options.max_duration_ms)]


def pieces(text: str, most: int, length: Callable[[str], int]) -> list[str]:
    """`text` in pieces of at most `most`, as `length` measures, halved until they fit: cut after
    clauses where there are any, else between words; text without spaces, as Thai and Japanese,
    between letters: the engine would leave out its end."""
    if length(text) <= most:
        return [text]
    words, gap = text.split(), " "
    places = [*range(1, len(words))]
    if not places:
        words, gap = [*text.strip()], ""
        places = [n for n in range(1, len(words)) if unicodedata.category(words[n])[0] != "M"]
    if not places:
        return [text]
    ends = [n for n in places if ends_clause(words[n - 1])]
    at = min(ends or places, key=lambda n: abs(n - len(words) / 2))
    halves = gap.join(words[:at]), gap.join(words[at:])
    if max(map(length, halves)) >= length(text):
        return [text]  # no cut makes it shorter by this measure
    return [piece for half in halves for piece in pieces(half, most, length)]


def _ended(last: Word, word: Word, ends: End, max_pause_ms: int) -> bool:
    """Whether a sentence ends between two words. Half the pause is enough after a comma, which
    recognisers write for full stops, and after an ambiguous full stop."""
    pause = word.start_ms - last.end_ms
    half = ends is End.POSSIBLE or ends_clause(last.text)
    return ends is End.CERTAIN or pause > (max_pause_ms / 2 if half else max_pause_ms)


def _divided(words: list[Word], longest_ms: int) -> list[list[Word]]:
    if len(words) == 1 or words[-1].end_ms - words[0].start_ms <= longest_ms:
        return [words]
    # The longest pause; of equal ones the one nearest to the middle, which keeps this shallow.
    middle = len(words) / 2
    at = max(
        range(1, len(words)),
        key=lambda n: (words[n].start_ms - words[n - 1].end_ms, -abs(n - middle)),
    )
    return [*_divided(words[:at], longest_ms), *_divided(words[at:], longest_ms)]
