"""Keys by which cues are searched: one for the spellings of a word, and one for its sound.

`written` is `spelling.plain` of each word. `sounds` brings words of other scripts and their
transcriptions into one form, coarser than `spelling.sound`, for what people type: ज़िंदगी, जिन्दगी,
zindagi and jindagee are all `jndgi`. It keeps the consonants, without aspiration, and the first and
the last vowel.
"""

import unicodedata
from functools import lru_cache
from itertools import islice, product

import regex

from subtitling.text import languages, romanization, spelling

_ALONE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_WORD = regex.compile(rf"{_ALONE}\p{{M}}*|(?:(?!{_ALONE})[\p{{L}}\p{{M}}\p{{N}}])+")
_NOTHING = regex.compile(r"(?<=\p{L})['’ʼ](?=\p{L})|[\p{Cf}]")
_LAST_NASAL = regex.compile("[\u0901\u0902](?![\u0900-\u0963\u0970-\u097f])")
_DIGIT = regex.compile(r"\p{Nd}")
_FLAP = regex.compile("([\u0921\u0922])\u093c")
_MOST_VARIANTS = 16


def written(text: str) -> list[str]:
    """The words of a text without differences of writing; the letters where there are no spaces."""
    return [word for part in text.split() for word in _written(part)]


def sounds(text: str) -> list[str]:
    """The sounds of the words of a text, one key each."""
    return [key for part in text.split() for key in _sounds(part)]


def asked(text: str) -> list[list[str]]:
    """What `sounds` may be where somebody types `text`: the last n may stand for a nasal vowel, as
    in hoon, and an r for the flap that most write as d, as in bara. At most 16 ways."""
    ways = [_ways(word) for word in _spoken(text) if _key(word)]
    return [list(way) for way in islice(product(*ways), _MOST_VARIANTS)]


def has_sounds(code: str) -> bool:
    """Whether the cues of the track `code` are searched by sound too: those in other letters than
    Latin ones, and those that are written in Latin letters only here, as hi-Latn."""
    return languages.script_of(code) != "Latn" or romanization.writer(code) is not str


# Texts are keyed word by word, since the same words come again and again.
@lru_cache(1 << 17)
def _written(text: str) -> tuple[str, ...]:
    plain = spelling.plain(_NOTHING.sub("", text))
    return tuple(_WORD.findall(_DIGIT.sub(lambda m: str(unicodedata.decimal(m[0])), plain)))


@lru_cache(1 << 17)
def _sounds(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(_key, _spoken(text))))


def _spoken(text: str) -> list[str]:
    """The words in Latin letters."""
    from anyascii import anyascii

    parts = unicodedata.normalize("NFD", _NOTHING.sub("", text))
    devanagari = _FLAP.sub(r"\1", _LAST_NASAL.sub("", parts))
    latin = anyascii(romanization.hindi(devanagari)).lower()
    return list(map(str, regex.findall("[a-z0-9]+", latin)))


_REWRITTEN = [
    (regex.compile(pattern), sound)
    for pattern, sound in (
        ("c+h+(?:c*h*)*", "c"), ("sh", "s"), ("zh|z", "j"), ("ph", "f"), ("q", "k"), ("w", "v"),
        ("x", "ks"), ("jn", "gy"), ("([kgtdbjrl])h", r"\1"), ("(?<=[aeiou])y(?=[aeiou])", ""),
        ("(?<=i)y", ""), ("[ae]y$", "e"), ("(?<=[^aeiou])y$", "i"), ("m(?=[pb])", "n"),
        ("n(?=s)", ""), (r"([^aeiou0-9])\1+", r"\1"),
    )
]  # fmt: skip
# Words that nobody spells as they are written.
_SAID = {"yah": "ye", "yeh": "ye", "vah": "vo", "voh": "vo"}
_LAST = {"ai": "e", "ei": "e", "ee": "i", "oo": "o", "au": "o", "ou": "o"}
_VOWEL = {"a": "a", "e": "e", "i": "i", "o": "o", "u": "o"}
_FIRST = {"a": "a", "e": "i", "i": "i", "o": "o", "u": "o"}


@lru_cache(1 << 16)
def _key(word: str) -> str:
    for pattern, sound in _REWRITTEN:
        word = pattern.sub(sound, word)
    word = _SAID.get(word, word)
    first, body, last = regex.fullmatch("([aeiou]*)(.*?)([aeiou]*)", word).groups()
    if not body:
        first, last = first[:1], first[-1] if len(set(first)) > 1 else ""
    end = _LAST.get(last) or _VOWEL.get(last[-1:], "")
    return f"{_FIRST.get(first[:1], '')}{regex.sub('[aeiou]', '', body)}{end}"


@lru_cache(1 << 10)
def _ways(word: str) -> tuple[str, ...]:
    flapped = regex.sub("(?<=[aeiou])r(?=[aeiou]|h)", "d", word)
    spelt = [word, flapped, *(w[:-1] for w in (word, flapped) if regex.search("[aeiou]n$", w))]
    return tuple(dict.fromkeys(filter(None, map(_key, spelt))))
