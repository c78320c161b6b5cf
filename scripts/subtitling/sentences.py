"""Sentences from words: the unit of translation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from subtitling.languages import join
from subtitling.model import Word

_CLOSERS = "\"'”’»)]}」』"
_SENTENCE_END = re.compile(rf"[.?!…。？！।॥۔؟։][{re.escape(_CLOSERS)}]*$")
_CLAUSE_END = re.compile(rf"[,;:—–،؛、，；：-][{re.escape(_CLOSERS)}]*$")
# A full stop after these, or after a single letter, ends no sentence.
_ABBREVIATIONS = frozenset("mr mrs ms dr st prof jr sr no vs etc डॉ श्री".split())


@dataclass(frozen=True)
class Options:
    """See `sentences` in the configuration."""

    max_pause_ms: int
    max_duration_ms: int


@dataclass(frozen=True)
class Sentence:
    """Consecutive words; `id` counts from 1 through the film."""

    id: str
    words: tuple[Word, ...]
    text: str

    @property
    def start_ms(self) -> int:
        """Where its first word starts."""
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        """Where its last word ends."""
        return self.words[-1].end_ms


def ends_sentence(text: str) -> bool:
    """Whether a word closes a sentence: `times.` and `है।` do, `Mr.` and `J.` do not."""
    if not _SENTENCE_END.search(text):
        return False
    bare = text.rstrip(_CLOSERS)
    stem = bare[:-1].lstrip("([{\"'“‘").casefold()
    return not (bare.endswith(".") and (stem in _ABBREVIATIONS or (len(stem) == 1 and stem.isalpha())))


def ends_clause(text: str) -> bool:
    """Whether a word closes a clause, as `short,` does."""
    return _CLAUSE_END.search(text) is not None


def sentences(words: Sequence[Word], language: str, options: Options) -> list[Sentence]:
    """All words, in order, cut after full stops and long pauses; too long ones at a pause inside."""
    groups: list[list[Word]] = []
    for word in words:
        ended = (
            not groups
            or ends_sentence(groups[-1][-1].text)
            or word.start_ms - groups[-1][-1].end_ms > options.max_pause_ms
        )
        if ended:
            groups.append([])
        groups[-1].append(word)
    pieces = [p for group in groups for p in _divided(group, options.max_duration_ms)]
    return [
        Sentence(f"s{n:05d}", tuple(piece), join((w.text for w in piece), language))
        for n, piece in enumerate(pieces, 1)
    ]


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
