"""Languages: names, tags, how words are joined, how wide a text is."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

# Written without spaces between words.
_UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo"})

# A tag of BCP 47 as it is written here: language, script, region.
TAG = r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?"
# Suffixes of a track's code: its songs alone, and what is said in other languages than the film's.
SONGS, FORCED = "-songs", "-forced"
TRACK = f"{TAG}({SONGS}|{FORCED})?"
# ISO 639's codes for what is no single language.
_NO_LANGUAGE = frozenset({"und", "mul", "mis", "zxx"})


def unspaced(code: str) -> bool:
    """Whether a language is written without spaces between words."""
    return primary(code) in _UNSPACED


def join(texts: Iterable[str], language: str) -> str:
    """Join words as the language writes them."""
    return ("" if unspaced(language) else " ").join(texts)


def clusters(text: str) -> list[str]:
    """Characters as a reader counts them: extended grapheme clusters (UAX 29), not code points.

    An Indic conjunct is one cluster with its vowel sign (rule GB9c): `हिन्दी` gives हि, न्दी.
    """
    import regex

    graphemes: list[str] = regex.findall(r"\X", text)
    return graphemes


def width(text: str) -> int:
    """The number of characters as a reader counts them."""
    return len(text) if text.isascii() else len(clusters(text))


def script(text: str) -> str:
    """The script of most of its letters, by its Unicode name: `Latin`, `Devanagari`, `Arabic`.

    Latin for a text without letters.
    """
    counts = Counter(
        unicodedata.name(letter, "LATIN").partition(" ")[0].capitalize()
        for letter in text
        if unicodedata.category(letter)[0] == "L"
    )
    return counts.most_common(1)[0][0] if counts else "Latin"


def right_to_left(text: str) -> bool:
    """Whether most of its letters are written from right to left."""
    counts = Counter(unicodedata.bidirectional(c) for c in text)
    return counts["R"] + counts["AL"] > counts["L"]


# Codes of FLORES-200, NLLB and IndicTrans2 that differ from ISO 639-3's of the macrolanguage.
_FLORES = {
    "ara": "arb", "aze": "azj", "fas": "pes", "fil": "tgl", "kok": "gom", "kur": "kmr",
    "lav": "lvs", "mlg": "plt", "mon": "khk", "msa": "zsm", "nep": "npi", "nor": "nob",
    "ori": "ory", "pus": "pbt", "que": "quy", "sqi": "als", "swa": "swh", "uzb": "uzn",
    "yid": "ydd",
}  # fmt: skip


@cache
def script_of(code: str) -> str:
    """The ISO 15924 code of the script that a tag is written in: `hi` gives Deva, `hi-Latn` Latn,
    `zh-TW` Hant."""
    import langcodes

    return langcodes.Language.get(written(code)).maximize().script or "Zyyy"


def script_name(code: str) -> str:
    """The English name of a script by its ISO 15924 code: `Deva` gives Devanagari."""
    import langcodes

    return str(langcodes.Language.make(script=code).script_name())


def flores(code: str) -> str:
    """FLORES-200's name of a language: `hi` gives hin_Deva, `ar` arb_Arab, `pt-BR` por_Latn,
    `zh-Hant` zho_Hant."""
    import langcodes

    three = "prs" if code == "fa-AF" else langcodes.Language.get(code).to_alpha3()
    return f"{_FLORES.get(three, three)}_{script_of(code)}"


@lru_cache(maxsize=4096)
def meant(text: str) -> str | None:
    """The tag of BCP 47 that a text names, in its canonical form by langcodes: `hin`, `Hindi` and
    `HI` give hi, `pt_br` pt-BR, `zh-cmn-Hant` zh-Hant, `hi-Deva` hi. None where it names no
    language."""
    import langcodes

    word = text.strip().replace("_", "-")
    if not word.isprintable():  # the library's index fails on a zero byte
        return None
    try:
        if not re.fullmatch("[A-Za-z]{2,3}(-.*)?", word):
            word = langcodes.find(word).to_tag()
        macro = len(word.partition("-")[0]) == 3  # ISO 639-3 has codes for parts of many languages
        named = langcodes.Language.get(langcodes.standardize_tag(word, macro=macro))
    except (LookupError, ValueError):
        return None
    if named.language in _NO_LANGUAGE or not _has_name(named, "language"):
        return None
    known = {
        part: value
        for part in ("script", "territory")
        if (value := getattr(named, part)) and _has_name(named, part)
    }
    return langcodes.Language.make(language=named.language, **known).to_tag()


def _has_name(tag: Any, part: str) -> bool:
    """Whether a part of a tag has a name: all registered ones have, but for those of private use,
    which begin with these letters. The names themselves take long to load."""
    value = getattr(tag, part)
    if value and value[0] not in "qQXZ" and tag.is_valid():
        return True
    return not str(getattr(tag, f"{part}_name")("en")).startswith("Unknown")


def fault(text: str) -> str | None:
    """The error in a text as a language's tag, and the correction; None for a canonical tag."""
    code = meant(text)
    if code == text:
        return None
    if code is None:
        return (
            f"{text!r} is the code of no language; write a tag of BCP 47, as hi, mai, pt-BR or "
            "zh-Hant"
        )
    return f"{text!r}: write {code} for {english_name(code)}"


def pair(text: str) -> tuple[str, str]:
    """The two tags of a pair, the first of which may be `*`: `en-pt-BR` gives en and pt-BR. Raises
    ValueError for what is none."""
    both = re.fullmatch(rf"(?P<source>\*|{TAG})-(?P<target>{TAG})", text)
    if both is None:
        raise ValueError(f"{text!r} is no pair of tags, as en-pt-BR")
    return both["source"], both["target"]


def parts(code: str) -> tuple[str, str | None, str | None]:
    """A tag's language, script and region, as they are written: `pt-BR` gives pt, None, BR."""
    language, *rest = written(code).split("-")
    script = next((each for each in rest if len(each) == 4), None)
    return language, script, next((each for each in rest if len(each) < 4), None)


def primary(code: str) -> str:
    """The language of a tag, without its script and region: `pt-BR` gives pt."""
    return code.partition("-")[0]


def written(code: str) -> str:
    """The tag of a track, which rules depend on: `pt-songs` is written as pt is."""
    return code.removesuffix(SONGS).removesuffix(FORCED)


def part(code: str) -> str:
    """The part of a language's track that a track is: `pt-songs` gives songs, `pt` nothing."""
    return code[len(written(code)) + 1 :]


@cache
def broader(code: str) -> tuple[str, ...]:
    """The tags to look something up by, the best first, where a table need not have every tag:
    `pt-BR`, then pt; `zh-TW`, then zh-Hant. What is written in another script is never among them:
    nothing of zh holds for zh-Hant."""
    language, script = primary(code), script_of(code)
    usual = script_of(language) == script
    tags = (written(code), f"{language}-{script}", *([language] if usual else []))
    return tuple(dict.fromkeys(tags))


@cache
def same_words(one: str, other: str) -> bool:
    """Whether the words of one tag serve for another: the same language in the same script, as
    pt and pt-BR, no and nb; but not zh and zh-Hant."""
    import langcodes

    near = langcodes.tag_distance(primary(one), primary(other)) <= 1
    return near and script_of(one) == script_of(other)


def own_name(code: str) -> str:
    """The tag's name in its language, capitalised: `hi` gives हिन्दी, `pt-BR` Português (Brasil);
    of Hindi in Latin letters, whose readers may know no other script, the English one: `hi-Latn`
    Hindi (romanized). A track of a part is marked: `pt-songs` Português (songs)."""
    import langcodes

    tag = langcodes.Language.get(written(code))
    marked = f" ({part(code)})" if part(code) else ""
    if (tag.language, tag.script) == ("hi", "Latn"):
        return f"{tag.language_name()} (romanized){marked}"
    in_script = langcodes.Language.make(language=tag.language, script=script_of(code))
    name = tag.display_name(in_script)
    return name[:1].upper() + name[1:] + marked


def english_name(code: str) -> str:
    """The English name: `hi` gives Hindi, `pt-BR` Portuguese (Brazil), `pt-songs` Portuguese
    (songs)."""
    import langcodes

    marked = f" ({part(code)})" if part(code) else ""
    return str(langcodes.Language.get(written(code)).display_name()) + marked


def name_in(code: str, other: str) -> str:
    """The name of a language in another one, in the letters that a track in that has: of `ta` in hi
    तमिल, in pt tâmil, and in hi-Latn, since no table has it so, the English Tamil."""
    import langcodes

    reader = (
        "en" if other != primary(other) and script_of(other) != script_of(primary(other)) else other
    )
    return str(langcodes.Language.get(code).display_name(reader))


def three_letters(code: str, variant: str = "B") -> str:
    """The ISO 639-2 code: bibliographic, for Matroska's legacy element (`de` gives ger), or with
    the variant T terminological, for MP4 (`de` gives deu)."""
    import langcodes

    return str(langcodes.Language.get(written(code)).to_alpha3(variant=variant))
