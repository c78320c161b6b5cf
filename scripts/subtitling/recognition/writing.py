"""Transliteration of recognised text into the script that its language is written in.

Whisper's small models recognise the languages of India but write them in a neighbour's script:
Hindi in Urdu's, Bengali in Latin letters, Kannada in Devanagari. Restricted to the tokens of the
right script they write rubbish; so they may write any script, and the words are transliterated.
`_writer` holds the pairs of scripts for which that can be done.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from subtitling.documents import Glossary, Segment
from subtitling.text import brahmic, serbian, transliteration, word_frequency, wordlist
from subtitling.text.languages import script_of
from subtitling.text.sentences import End, ends_of
from subtitling.text.spelling import script, tokens
from subtitling.text.transliteration import Written

# Transliterates the words of a text into another script; names are known ones in that script.
Writer = Callable[[Sequence[str], Collection[str]], list[Written]]

# The language that sounds like another one, and that a recogniser writes instead of it.
NEIGHBOURS = {"hi": "ur"}
# Languages of India that a recogniser may write in any script. Assamese and Sinhala are not among
# them: they have letters that `brahmic` does not know.
_OF_INDIA = frozenset(["bn", "gu", "hi", "kn", "ml", "mr", "ne", "or", "pa", "sa", "ta", "te"])
# Those that are written in Devanagari where that is configured.
_ALSO_IN_DEVANAGARI = frozenset(["ks", "sd", "ur"])
_MARK = re.compile(r"[।,;?]+(?=\W*$)")
_URDUS = str.maketrans("।,;?", "۔،؛؟")
_KNOWN_ZIPF = 3.0  # one of a million words
# The share of a text's letters in words of another language from which the text counts as being in
# it. English is everywhere in India; other languages need a larger share and several words, since
# some words match by chance.
_MOSTLY, _NEARLY_ALL = 0.5, 0.7
_SEVERAL = 3
_HINDIS_KIN = frozenset(["gu", "pa", "ur"])  # most of whose words are Hindi's as well
# Addresses, tags, a.m., C++: what is written in its own letters in any script.
_AS_IT_IS = re.compile(r"[@#_+]|://|\w\.\w")


@dataclass(frozen=True)
class Text:
    """A text in its script, and how sure its spelling is, 0 to 1: the mean over its words; None
    where it is as it was recognised, or was transliterated by a rule without alternatives."""

    text: str
    sure: float | None


def target(language: str, chosen: str) -> str:
    """The ISO 15924 code of the script to write a language in: `chosen` is `asr.script`."""
    return script_of(language) if chosen in ("auto", "as-heard") else chosen


def free(language: str, chosen: str, latin: bool = False) -> bool:
    """Whether a recogniser may write a language in any script: `chosen` is `asr.script`, `latin` is
    `asr.allow_latin`: Latin letters that are allowed beside a script must not be transliterated."""
    if chosen == "as-heard":
        return False
    written = target(language, chosen)
    if chosen == "auto":
        return language in _OF_INDIA and (language in NEIGHBOURS or not latin)
    return any(_writer(language, other, written) for other in ("Latn", "Cyrl", "Arab", "Deva"))


def rewrites(language: str, chosen: str, latin: bool) -> bool:
    """Whether recognised text of a language is transliterated where it is in another script. Urdu
    is restricted to its own, but may come in Devanagari where nothing credible is in its own."""
    return free(language, chosen, latin) or (language, chosen) == ("ur", "auto")


def weighed(heard: str, language: str, chosen: str) -> bool:
    """Whether the words of a text are transliterated with knowledge of the language, and not just
    letter by letter."""
    source = _source(heard, language)
    return _writer(language, source, target(language, chosen)) is transliteration.devanagari


def readable(heard: str, language: str, chosen: str = "auto") -> bool:
    """Whether a text is in the language's script, or in one that can be transliterated into it."""
    written, source = target(language, chosen), _source(heard, language)
    if source in ("Zyyy", written):
        return True
    if language in NEIGHBOURS and source == "Latn":
        return False
    return _writer(language, source, written) is not None


def _source(heard: str, language: str) -> str:
    """The script that a text is in. Hindi text may hold more letters of English words than of its
    neighbour's script; it counts as the latter, which readers of Hindi can't read."""
    arabic = language in NEIGHBOURS and any(script(c) == "Arab" for c in heard if c.isalpha())
    return "Arab" if arabic and script(heard) == "Latn" else script(heard)


def written(heard: str, language: str, names: Collection[str], chosen: str = "auto") -> Text:
    """A text in its language's script. `names` are known names in that script, which are preferred.

    A text that is in another language, as English, stays as it was recognised.
    """
    source = _source(heard, language)
    write = _writer(language, source, target(language, chosen))
    if write is None or not readable(heard, language, chosen) or _another(heard, source, language):
        return Text(heard, None)
    words = [word for word in write(heard.split(), names) if word.text]
    known = [word.sure for word in words if word.sure is not None]
    sure = round(sum(known) / len(words), 4) if known else None
    texts = [word.text for word in words]
    if language == "hi":
        texts = list(map(_stopped, texts, ends_of(texts, language)))
    return Text(" ".join(texts), sure)


def _writer(language: str, source: str, written: str) -> Writer | None:
    """The writer of a language's words from one script into another; None where there is none. A
    new pair of scripts is a row here."""
    if source == written:
        return None
    if (language, source, written) == ("hi", "Arab", "Deva"):
        return transliteration.devanagari
    if language in ("ur", "hi") and (source, written) == ("Deva", "Arab"):
        return _in_urdu
    if language == "sr" and {source, written} == {"Latn", "Cyrl"}:
        return _each(source, serbian.cyrillic if written == "Cyrl" else serbian.latin)
    if written not in brahmic.SCRIPTS or language not in _OF_INDIA | _ALSO_IN_DEVANAGARI:
        return None
    # Latin letters leave vowels and kinds of t open, which a word list may decide; the other
    # scripts are exact.
    if source == "Latn":
        return _each(source, lambda word: _listed(brahmic.rewrite(word, source, written), language))
    if source in brahmic.SCRIPTS:
        return _each(source, lambda word: brahmic.rewrite(word, source, written))
    if source == "Arab":
        return _each(
            source, lambda word: brahmic.rewrite(transliteration.by_rule(word), "Deva", written)
        )
    return None


def _each(source: str, write: Callable[[str], str]) -> Writer:
    """A writer of words of one script, one by one, each with its punctuation unchanged."""

    def words(heard: Sequence[str], names: Collection[str]) -> list[Written]:  # noqa: ARG001
        return [Written(_inside(word, source, write), None) for word in heard]

    return words


def _in_urdu(heard: Sequence[str], names: Collection[str]) -> list[Written]:  # noqa: ARG001
    """Words recognised in Devanagari, in Urdu's letters, with Urdu's punctuation at their ends."""
    texts = (_inside(word, "Deva", transliteration.urdu) for word in heard)
    return [Written(_MARK.sub(lambda m: m[0].translate(_URDUS), text), None) for text in texts]


def _inside(text: str, source: str, write: Callable[[str], str]) -> str:
    """A word with its letters of `source` transliterated, and all else unchanged; numbers, which
    scripts have their own digits for, in ASCII."""
    if _AS_IT_IS.search(text):
        return text
    parts, end = [], 0
    for token in tokens(text):
        parts += [text[end : token.start], _anew(token.text, source, write)]
        end = token.end
    return "".join((*parts, text[end:]))


def _anew(token: str, source: str, write: Callable[[str], str]) -> str:
    if token.isdecimal():
        return "".join(str(unicodedata.digit(c)) for c in token)
    return write(token) if all(script(c) == source for c in token if c.isalnum()) else token


def _listed(word: str, language: str) -> str:
    return wordlist.nearest(word, language) if wordlist.has(language) else word


def _another(text: str, source: str, language: str) -> bool:
    """Whether most of a text is common words of another language in its script."""
    words = [token.text for token in tokens(text) if not token.text.isdigit()]
    return any(
        sum(len(w) for w in words if (word_frequency.zipf(w, other) or 0) >= _KNOWN_ZIPF)
        > (_MOSTLY if other == "en" else _NEARLY_ALL) * sum(map(len, words))
        for other in _others(source, language, few=len(words) < _SEVERAL)
    )


def _others(written: str, language: str, *, few: bool) -> list[str]:
    """The languages with a word list that a text in a script may be in, rather than in the film's:
    those with large lists for Latin letters. Serbian's neighbours are too similar."""
    import wordfreq

    if written == "Latn":
        large = wordfreq.available_languages("large") if language in _OF_INDIA and not few else ()
        return ["en", *(code for code in large if code != "en" and script_of(code) == "Latn")]
    if written not in brahmic.SCRIPTS or language in _HINDIS_KIN:
        return []
    return [code for code in wordfreq.available_languages() if script_of(code) == written]


def _stopped(word: str, end: End) -> str:
    """A word of Hindi with Hindi's full stop where a sentence ends with it, not in डॉ. or "…"."""
    ends = end is End.CERTAIN and word.endswith(".") and not word.endswith("..")
    return f"{word[:-1]}।" if ends and not word[:-1].isdigit() else word


def rewritten(
    segment: Segment, language: str, names: Collection[str], chosen: str = "auto"
) -> Segment:
    """A segment in the script of its language, with the recognised text where it was in another
    script."""
    text = written(segment.text, language, names, chosen)
    if text.text == segment.text:
        return segment
    return replace(segment, text=text.text, heard=segment.text, sure=text.sure)


def names_of(glossary: Glossary, language: str) -> list[str]:
    """The forms of a glossary's terms in the script of a language."""
    own = script_of(language)
    return [f.text for term in glossary.terms for f in term.forms if f.script == own]
