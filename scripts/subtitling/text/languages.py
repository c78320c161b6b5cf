"""Languages: names, codes, how words are joined, how wide a text is."""

import unicodedata
from collections import Counter
from collections.abc import Iterable

# Written without spaces between words.
UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo"})

# Suffixes of a track's code: the language's words in Latin letters, and its songs alone.
ROMANIZED, SONGS = "-Latn", "-songs"


def join(texts: Iterable[str], language: str) -> str:
    """Join words as the language writes them."""
    return ("" if language in UNSPACED else " ").join(texts)


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


def script_of(code: str) -> str:
    """The ISO 15924 code of the script that a language is mostly written in: `hi` gives Deva."""
    import langcodes

    return langcodes.Language.get(code).maximize().script or "Zyyy"


def script_name(code: str) -> str:
    """The English name of a script by its ISO 15924 code: `Deva` gives Devanagari."""
    import langcodes

    return str(langcodes.Language.make(script=code).script_name())


def flores(code: str) -> str:
    """FLORES-200's name of a language: `hi` gives hin_Deva, `ar` arb_Arab, `pt` por_Latn."""
    import langcodes

    three = langcodes.Language.get(code).to_alpha3()
    return f"{_FLORES.get(three, three)}_{script_of(code)}"


def meant(text: str) -> str | None:
    """The code of the language that a text names: `hin`, `Hindi`, `HI` and `hi-IN` give hi, `pt-BR`
    pt. None where it names no language of ISO 639."""
    import langcodes

    word = text.strip().replace("_", "-")
    try:
        first = word.partition("-")[0].lower()
        if len(first) <= 3:
            code = first if len(first) == 2 else langcodes.standardize_tag(first, macro=True)
            named = langcodes.Language.get(code, normalize=False)
            if named.is_valid() and not named.language_name("en").startswith("Unknown"):
                return code
        return langcodes.find(word).language
    except (LookupError, ValueError):
        return None


def fault(text: str) -> str | None:
    """The error in a text as a language's code, and the correction; None for a valid code.

    Codes are the shortest of ISO 639: two letters where there are two.
    """
    code = meant(text)
    if code == text:
        return None
    if code is None:
        return f"{text!r} is the code of no language; write two letters, as hi, ta or en"
    import langcodes

    name = langcodes.Language.get(code).language_name("en")
    more = "; regions and scripts can't be chosen" if {"-", "_"} & set(text) else ""
    return f"{text!r}: write {code} for {name}{more}"


def base(code: str) -> str:
    """The language of a track: `hi-Latn` is in hi, `pt-songs` in pt."""
    return code.removesuffix(ROMANIZED).removesuffix(SONGS)


def written(code: str) -> str:
    """The written form of a track, which rules depend on: `pt-songs` is written as pt is."""
    return code.removesuffix(SONGS)


def own_name(code: str) -> str:
    """The language's own name, capitalised: `hi` gives हिन्दी, `pt` Português; for a romanized
    track, whose readers may know no other script, the English one: `hi-Latn` Hindi (romanized). A
    track of the songs alone is marked: `pt-songs` Português (songs)."""
    import langcodes

    tag = langcodes.Language.get(base(code))
    if code.endswith(ROMANIZED):
        return f"{tag.language_name()} (romanized)"
    name = tag.autonym()
    return name[:1].upper() + name[1:] + (" (songs)" if code.endswith(SONGS) else "")


def english_name(code: str) -> str:
    """The English name: `hi` gives Hindi, `pt-songs` Portuguese (songs)."""
    import langcodes

    songs = " (songs)" if code.endswith(SONGS) else ""
    return str(langcodes.Language.get(written(code)).display_name()) + songs


def three_letters(code: str) -> str:
    """The ISO 639-2 bibliographic code, for Matroska's legacy element: `de` gives ger."""
    import langcodes

    return str(langcodes.Language.get(code).to_alpha3(variant="B"))
