"""Whether a translation left out some of what its source says, and a second try in pieces.

Lengths are compared in letters of a rough romanization, in which all languages need about as many
for the same text (0.7 to 1.4 times: docs/translation.md), and with what is usual elsewhere in the
film. Short texts vary more than long ones, so less is asked of them. Where the translation lacks
parts, numbers or names of its source, a smaller loss of length is enough.
"""

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from statistics import median

from subtitling.recognition import occurrences
from subtitling.text import numbers, spelling
from subtitling.text.break_points import BreakPoint, joints
from subtitling.text.languages import clusters, join, unspaced
from subtitling.text.sentences import Sentence

# Translates the pieces of each sentence, by its id: as many answers, all credible, or none.
Ask = Callable[[Mapping[str, Sequence[Sentence]]], Mapping[str, Sequence[str]]]

_SHORTEST = 30  # letters of a source, from which a loss is known
_LEAST = 0.001  # of the usual length, so that a logarithm is there
_DIGIT = 4  # letters of a digit that is spoken
_MOST_REPEATED = 4  # words in a row that are said again
_PRIOR = 8  # sentences that "as many letters" counts for, beside those of the film
# The spread of the log ratio of lengths in translations by people: of long texts, and what a single
# letter adds to its square.
_SPREAD, _SPREAD_OF_A_LETTER = 0.1, 1.3
# The loss, in spreads, that is one by itself, where parts are lacking, and numbers or names.
_LOSS, _LOSS_OF_PARTS, _LOSS_OF_ITEMS = 3.2, 1.8, 0.7
_TOO_LONG = 2.0  # the gain, in spreads, that makes a second answer worthless
_PARTS_LOST, _PARTS_LEFT = 2, 0.6  # at least so many, and at most this share left
_SOUNDS_ALIKE = 60  # similarity of a name in two spellings or scripts, 0 to 100
_PART_ENDS = re.compile(r"[,;:،؛、，；：।॥。．](?!\d)|[.!?؟！？…](?=\s|$)| [-–—] ")
_NEAREST = 0.2  # to its ends, as a share of its letters, a sentence is cut
_PAUSE_MS = 250  # where speech may be cut
_CUTS = (1, 2)  # how often a sentence is halved: in two, then in four pieces


@dataclass(frozen=True)
class Completed:
    """What became of translations that lack something: `texts` that hold it, by id, and the reasons
    why others are `incomplete`."""

    texts: dict[str, str]
    incomplete: dict[str, str]


def completed(
    units: Mapping[str, Sentence],
    texts: Mapping[str, str],
    pair: tuple[str, str],
    ask: Ask,
    *,
    by_sound: bool = False,
) -> Completed:
    """Translate sentences again in pieces where their translations in `texts` lack something.

    `units` are the sentences by id, `pair` their language and the translations'. Sound is cut at
    pauses, too. The answers count together where they hold what the first one lacks, see
    `completes`.
    """
    source, target = pair
    usual = usual_ratios({i: (units[i].text, text) for i, text in texts.items()})
    losses = {i: loss(units[i].text, text, source, usual[i]) for i, text in texts.items()}
    lost = {i: str(loss_of) for i, loss_of in losses.items() if loss_of}
    better: dict[str, str] = {}
    for times in _CUTS:
        asked = {i: halved(units[i], source, times, by_sound) for i in lost if i not in better}
        asked = {i: pieces for i, pieces in asked.items() if len(pieces) > times}
        for i, answers in (ask(asked) if asked else {}).items():
            text = join(answers, target)
            if completes(units[i].text, texts[i], text, pair, usual[i]):
                better[i] = text
    return Completed(better, {i: why for i, why in lost.items() if i not in better})


def halved(sentence: Sentence, language: str, times: int, by_sound: bool = False) -> list[Sentence]:
    """A sentence cut in two, and each piece again, as many `times`: after a sentence or clause that
    ends in it, or, by sound, at a pause, near its middle. Pieces that can't be cut stay whole."""
    at = _cut(sentence, language, by_sound) if times else None
    if at is None:
        return [sentence]
    halves = (sentence.words[:at], sentence.words[at:])
    return [
        piece
        for words in halves
        for piece in halved(
            replace(sentence, words=words, text=join((w.text for w in words), language)),
            language, times - 1, by_sound,
        )
    ]  # fmt: skip


def _cut(sentence: Sentence, language: str, by_sound: bool) -> int | None:
    words = sentence.words
    ends = [*accumulate(len(word.text) for word in words)]
    kinds = joints([word.text for word in words], language)
    best: tuple[int, float, int] | None = None
    for n in range(1, len(words)):
        off = abs(ends[n - 1] / ends[-1] - 0.5)
        paused = by_sound and words[n].start_ms - words[n - 1].end_ms >= _PAUSE_MS
        kind = min(kinds[n - 1], BreakPoint.CLAUSE) if paused else kinds[n - 1]
        if kind <= BreakPoint.CLAUSE and off <= 0.5 - _NEAREST:
            best = min(best or (kind, off, n), (kind, off, n))
    return best[2] if best else None


@dataclass(frozen=True)
class Loss:
    """A translation that has `share` of the usual length, 0 to 1, and not the `items`."""

    share: float
    items: tuple[str, ...] = ()

    def __str__(self) -> str:
        without = f", and without {', '.join(self.items)}" if self.items else ""
        return f"it has {self.share:.0%} of the length that is usual{without}"


def letters(text: str) -> int:
    """About how many letters a text has when it is written in Latin ones, as it is spoken. What is
    said again at once counts once: translators leave out a third `no`."""
    from anyascii import anyascii

    once: list[str] = []
    for token in spelling.tokens(anyascii(text).lower()):
        once.append(token.text)
        for n in range(1, _MOST_REPEATED + 1):
            if len(once) >= 2 * n and once[-n:] == once[-2 * n : -n]:
                del once[-n:]
                break
    return sum(_DIGIT if c.isdigit() else 1 for word in once for c in word)


def usual_ratios(pairs: Mapping[str, tuple[str, str]]) -> dict[str, float]:
    """For each source with its translation, by id: letters of translation for one of source that
    are usual elsewhere in the film. That is the median of the others, and nearer to one the fewer
    they are."""
    lengths = {i: (letters(source), letters(target)) for i, (source, target) in pairs.items()}
    ratios = {i: math.log(b / a) for i, (a, b) in lengths.items() if a >= _SHORTEST and b}
    ranked = sorted(ratios.values())
    usual = {}
    for i in pairs:
        others = ranked[:]
        if i in ratios:
            del others[bisect_left(ranked, ratios[i])]
        weight = len(others) / (len(others) + _PRIOR)
        usual[i] = math.exp(median(others) * weight) if others else 1.0
    return usual


def loss(source: str, target: str, language: str, usual: float) -> Loss | None:
    """What a translation `target` lacks of a `source` in `language`; None where that is not
    certain. `usual` is its own of `usual_ratios`."""
    said = letters(source)
    if said < _SHORTEST:
        return None
    share = letters(target) / (said * usual)
    shorter = -math.log(max(share, _LEAST)) / _spread(said)
    if shorter < _LOSS_OF_ITEMS:
        return None
    items = [*lost_numbers(source, target), *lost_names(source, target, language)]
    before, after = parts(source), parts(target)
    fewer = before - after >= _PARTS_LOST and after <= _PARTS_LEFT * before
    if items or shorter >= _LOSS or (fewer and shorter >= _LOSS_OF_PARTS):
        return Loss(round(share, 2), tuple(items))
    return None


def completes(source: str, first: str, second: str, pair: tuple[str, str], usual: float) -> bool:
    """Whether a `second` translation holds what the `first` lacks: it lacks nothing, is no longer
    than is usual, and has the first one's numbers, names, and half of its words."""
    language = pair[0]
    said = letters(source)
    long = letters(second) > said * usual * math.exp(_TOO_LONG * _spread(said))
    if long or letters(second) <= letters(first) or loss(source, second, language, usual):
        return False
    still = {*lost_numbers(source, second), *lost_names(source, second, language)}
    before = {*lost_numbers(source, first), *lost_names(source, first, language)}
    cut = clusters if unspaced(pair[1]) else lambda text: [t.text for t in spelling.tokens(text)]
    known, given = (Counter(map(spelling.plain, cut(text))) for text in (first, second))
    return still <= before and (known & given).total() * 2 >= known.total()


def _spread(said: int) -> float:
    """The spread of the log ratio of lengths, for a source of so many letters."""
    return math.hypot(_SPREAD, _SPREAD_OF_A_LETTER / math.sqrt(said))


def parts(text: str) -> int:
    """How many marks divide a text into clauses, items of a list, and sentences."""
    return len(_PART_ENDS.findall(text.strip().rstrip(".!?।。！？")))


def lost_numbers(source: str, target: str) -> list[str]:
    """Numbers of two digits and more that the translation has in no place, nor within another."""
    digits = " ".join(n.digits for n in numbers.numbers(target))
    asked = [n for n in numbers.numbers(source) if len(n.digits) > 1 and n.significant]
    return [n.text for n in asked if n.significant not in digits]


def lost_names(source: str, target: str, language: str) -> list[str]:
    """Names of the source (see `occurrences.names`) that nothing in the translation sounds like."""
    from rapidfuzz import fuzz

    heard = [spelling.sound(token.text) for token in spelling.tokens(target)]
    return [
        name
        for name in occurrences.names(source, language)
        if not any(fuzz.ratio(spelling.sound(name), other) >= _SOUNDS_ALIKE for other in heard)
    ]
