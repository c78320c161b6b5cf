"""Figures of a translation that need no reference, written beside it as `metrics.json`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import ClassVar

from lineage.problem import Problem
from subtitling.text import word_frequency
from subtitling.text.languages import primary, width
from subtitling.text.spelling import foreign, tokens
from subtitling.translation.batches import repeats
from subtitling.translation.engine import TranslationOptions
from subtitling.translation.translator import Done

_OUTLIER = 3.0  # times the median, or a third of it
_SHORT = 20  # characters; shorter sentences have any ratio


@dataclass(frozen=True)
class Ratio:
    """A sentence whose translation is far longer or shorter than the others'."""

    sentence: str
    ratio: float


@dataclass(frozen=True)
class Lack:
    """A term of the glossary or a number of the source that a translation does not hold."""

    sentence: str
    source: str
    wanted: str
    term: str | None


@dataclass(frozen=True)
class Metrics:
    """08_translation: `metrics.json`.

    `length_ratio` is the median of characters of translation for one of source. `other_script` are
    sentences mostly in another script than the target's, `repeating` those that repeat words more
    often in a row than their source. `adherence` and `number_adherence` are the shares, 0 to 1, of
    required terms and numbers that are held, None where none were required. `incomplete` are
    sentences that certainly lack some of what was said. `undecided` counts
    words that may be a term or a word like it, and are not rendered as a term. `coverage` is the
    share of words that a list of the target's words has, None where there is no list.
    `round_trip_chrf` compares sources with their translations translated back, 0 to 100 (chrF2 of
    sacrebleu).
    """

    SCHEMA: ClassVar = "sutradhar/translation-metrics/1"
    engine: str
    sentences: int
    untranslated: tuple[str, ...]
    length_ratio: float | None
    length_outliers: tuple[Ratio, ...]
    other_script: tuple[str, ...]
    repeating: tuple[str, ...]
    incomplete: tuple[str, ...]
    terms: int
    adherence: float | None
    undecided: int
    numbers: int
    number_adherence: float | None
    lacking: tuple[Lack, ...]
    repaired: int
    coverage: float | None
    round_trip_chrf: float | None
    round_trip_sentences: int


def measured(
    engine: str,
    asked: Mapping[str, str],
    done: Done,
    target: str,
    *,
    back: Mapping[str, str],
) -> Metrics:
    """The figures of a translation. `asked` are the sources by id, `back` some of them translated
    there and back."""
    texts = done.outcome.texts
    ratios = {i: width(texts[i]) / width(asked[i]) for i in asked if i in texts and asked[i]}
    usual = median(ratios.values()) if ratios else None
    verdicts = done.verdicts.values()
    kept = [(k, k in verdict.missing) for verdict in verdicts for k in verdict.demanded]
    terms = [lost for k, lost in kept if k.term]
    numbers = [lost for k, lost in kept if not k.term]
    return Metrics(
        engine=engine,
        sentences=len(asked),
        untranslated=tuple(i for i in asked if i not in texts),
        length_ratio=None if usual is None else round(usual, 3),
        length_outliers=tuple(_outliers(ratios, usual, asked, texts)),
        other_script=tuple(i for i, text in texts.items() if foreign(text, target)),
        repeating=tuple(
            i for i, text in texts.items() if repeats(text) > max(2, repeats(asked[i]))
        ),
        incomplete=tuple(done.outcome.incomplete),
        terms=len(terms),
        adherence=_share(terms),
        undecided=sum(len(verdict.undecided) for verdict in verdicts),
        numbers=len(numbers),
        number_adherence=_share(numbers),
        lacking=tuple(
            Lack(i, asked[i][k.start : k.end], k.wanted[0], k.term)
            for i, verdict in done.verdicts.items()
            for k in verdict.missing
        ),
        repaired=done.repaired,
        coverage=_coverage(texts.values(), target),
        round_trip_chrf=chrf([asked[i] for i in back], list(back.values())),
        round_trip_sentences=len(back),
    )


def check(options: TranslationOptions) -> None:
    """Raise Problem where figures are requested that cannot be computed here."""
    if options.round_trip_sentences and find_spec("sacrebleu") is None:
        raise Problem(
            "translation.round_trip_sentences needs the package sacrebleu, which is not installed "
            "here: set it to 0, or install sacrebleu==2.6.0"
        )


def sample(texts: Mapping[str, str], count: int) -> list[str]:
    """Ids of at most `count` sentences, spread over the whole film."""
    ids = list(texts)
    step = max(1, -(-len(ids) // count)) if count else 0
    return ids[::step] if step else []


def chrf(sources: Sequence[str], back: Sequence[str]) -> float | None:
    """chrF2 (Popović 2015) of a corpus translated there and back; None for an empty one."""
    if not sources:
        return None
    import sacrebleu

    score: float = sacrebleu.corpus_chrf(list(back), [list(sources)]).score
    return round(score, 2)


def _outliers(
    ratios: Mapping[str, float],
    usual: float | None,
    asked: Mapping[str, str],
    texts: Mapping[str, str],
) -> Iterator[Ratio]:
    for i, ratio in ratios.items():
        long_enough = max(len(asked[i]), len(texts[i])) >= _SHORT
        if usual and long_enough and not usual / _OUTLIER <= ratio <= usual * _OUTLIER:
            yield Ratio(i, round(ratio, 3))


def _share(lost: Sequence[bool]) -> float | None:
    return round(1 - sum(lost) / len(lost), 4) if lost else None


def _coverage(texts: Iterable[str], target: str) -> float | None:
    target = primary(target)
    if target not in word_frequency.listed():
        return None
    words = [t.text for text in texts for t in tokens(text) if t.text.isalpha()]
    known = sum(bool(word_frequency.zipf(word, target)) for word in words)
    return round(known / len(words), 4) if words else None
