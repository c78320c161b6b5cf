"""Sentences from words: the unit of translation."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from subtitling.languages import join
from subtitling.model import Word

_CLOSERS = "\"'”’»)]}」』"
_SENTENCE_END = re.compile(rf"[.?!…。？！।॥۔؟։][{re.escape(_CLOSERS)}]*$")
_CLAUSE_END = re.compile(rf"[,;:—–،؛、，；：-][{re.escape(_CLOSERS)}]*$")
# A full stop after these, or after a single letter, ends no sentence.
ABBREVIATIONS = frozenset(
    ["mr", "mrs", "ms", "dr", "st", "prof", "jr", "sr", "vs", "etc", "डॉ", "श्री"]
)


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
    shortened = stem in ABBREVIATIONS or (len(stem) == 1 and stem.isalpha())
    return not (bare.endswith(".") and shortened)


def ends_clause(text: str) -> bool:
    """Whether a word closes a clause, as `short,` does."""
    return _CLAUSE_END.search(text) is not None


def sentences(
    words: Sequence[Word], language: str, options: Options, starts: Collection[str] = ()
) -> list[Sentence]:
    """All words, in order, cut after full stops and pauses; what is too long, at a pause inside.

    `starts` are ids of words that begin a sentence whatever stands before them: another speaker's
    first, a song's, or that of what is spoken after it.
    """
    groups: list[list[Word]] = []
    for word in words:
        ended = bool(groups) and _ended(groups[-1][-1], word, options.max_pause_ms)
        if not groups or ended or word.id in starts:
            groups.append([])
        groups[-1].append(word)
    pieces = [p for group in groups for p in _divided(group, options.max_duration_ms)]
    return [
        Sentence(f"s{n:05d}", tuple(piece), join((w.text for w in piece), language))
        for n, piece in enumerate(pieces, 1)
    ]


def pieces(text: str, most: int, length: Callable[[str], int]) -> list[str]:
    """`text` in as few pieces as are each at most `most` long, as `length` measures: cut after
    clauses where there are any, else between words. A single word is never cut."""
    words = text.split()
    if len(words) < 2 or length(text) <= most:
        return [text]
    middle = len(words) / 2
    ends = [n for n in range(1, len(words)) if ends_clause(words[n - 1])]
    at = min(ends or range(1, len(words)), key=lambda n: abs(n - middle))
    halves = " ".join(words[:at]), " ".join(words[at:])
    return [piece for half in halves for piece in pieces(half, most, length)]


def _ended(last: Word, word: Word, max_pause_ms: int) -> bool:
    """Whether a sentence ends between two words. Recognisers write commas for full stops, so after
    one half the pause is enough."""
    pause = word.start_ms - last.end_ms
    enough = max_pause_ms / 2 if ends_clause(last.text) else max_pause_ms
    return ends_sentence(last.text) or pause > enough


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
