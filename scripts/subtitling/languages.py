"""What we know of languages: names, codes, how words are joined, how wide a text is."""

from collections.abc import Iterable

# Written without spaces between words.
UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo"})


def join(texts: Iterable[str], language: str) -> str:
    """Words put together as the language writes them."""
    return ("" if language in UNSPACED else " ").join(texts)


def width(text: str) -> int:
    """Characters as a reader counts them: grapheme clusters (UAX 29), not code points."""
    import regex

    return len(regex.findall(r"\X", text))


def own_name(code: str) -> str:
    """The language's name for itself, capitalised: `hi` gives हिन्दी, `pt` Português."""
    import langcodes

    name = langcodes.Language.get(code).autonym()
    return name[:1].upper() + name[1:]


def three_letters(code: str) -> str:
    """ISO 639-2's bibliographic code, which Matroska's legacy element wants: `de` gives ger."""
    import langcodes

    return str(langcodes.Language.get(code).to_alpha3(variant="B"))
