"""What was heard, in the script that its language is written in.

Whisper's small models hear Hindi well and write it in Urdu's script. Held to Devanagari by their
tokens they write rubbish; so they write as they can, and the words are written anew. Another pair
of scripts is one row of `_WRITERS`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from subtitling import transliteration
from subtitling.languages import script_of
from subtitling.model import Glossary, Segment
from subtitling.sentences import End, ends_of
from subtitling.spelling import foreign, script

# By language and the script that its sounds are written in: writes words in the language's own.
_WRITERS: dict[
    tuple[str, str], Callable[[Sequence[str], Collection[str]], list[transliteration.Written]]
] = {("hi", "Arab"): transliteration.devanagari}


# The language that a recogniser takes for another one by ear, and writes.
NEIGHBOURS = {"hi": "ur"}


@dataclass(frozen=True)
class Text:
    """A text as it is written, and how sure that is, 0 to 1: the mean over its words; None where it
    is as it was heard."""

    text: str
    sure: float | None


def free(language: str, chosen: str) -> bool:
    """Whether a recogniser may write a language in any script: `chosen` is `asr.script`."""
    return chosen == "auto" and any(language == known for known, _ in _WRITERS)


def readable(heard: str, language: str) -> bool:
    """Whether a text is in the language's script, or in one that it can be written anew from."""
    return not foreign(heard, language) or (language, script(heard)) in _WRITERS


def written(heard: str, language: str, names: Collection[str]) -> Text:
    """A text in its language's script. `names` are known names in that script, which go first."""
    write = _WRITERS.get((language, script(heard)))
    if write is None:
        return Text(heard, None)
    words = [word for word in write(heard.split(), names) if word.text]
    sure = sum(word.sure for word in words) / max(1, len(words))
    texts = [word.text for word in words]
    ends = map(_stopped, texts, ends_of(texts, language))
    return Text(" ".join(ends), round(sure, 4))


def _stopped(word: str, end: End) -> str:
    """A word of Hindi with Hindi's full stop where a sentence ends with it, not in डॉ. or "…"."""
    ends = end is End.CERTAIN and word.endswith(".") and not word.endswith("..")
    return f"{word[:-1]}।" if ends and not word[:-1].isdigit() else word


def rewritten(segment: Segment, language: str, names: Collection[str]) -> Segment:
    """A segment in the script of the film's language, with what was heard, if it is in another."""
    if segment.language is not None:
        return segment
    text = written(segment.text, language, names)
    if text.sure is None:
        return segment
    return replace(segment, text=text.text, heard=segment.text, sure=text.sure)


def names_of(glossary: Glossary, language: str) -> list[str]:
    """The forms of a glossary's terms in the script of a language."""
    own = script_of(language)
    return [f.text for term in glossary.terms for f in term.forms if f.script == own]
