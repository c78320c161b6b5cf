"""Where to look first: how doubtful a cue is, and why.

A doubt is a reason to look, not a verdict. What certainly lacks something comes before what the
engines were unsure of, and that before what is only laid out badly.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from subtitling import documents
from subtitling.page.film_troubles import UNSURE
from subtitling.page.threads import BROKEN

Kind = Literal["incomplete", "removed", "untranslated", "unsure", "name", "speech", "rule"]

# How much a doubt weighs; a cue's are added up.
WEIGHTS: dict[Kind, float] = {
    "incomplete": 8, "removed": 6, "untranslated": 6, "unsure": 5, "speech": 4, "name": 3,
    "rule": 1,
}  # fmt: skip
_AROUND = 4  # cues before and after that may be nearest: few overlap
_UNPLACED = 0.35  # below this an aligner is not sure where a word is


@dataclass(frozen=True)
class Doubt:
    """One reason to look at a cue, and how much it weighs."""

    kind: Kind
    weight: float
    text: str


def of_words(words: Sequence[documents.Word], timing: str) -> list[Doubt]:
    """Words that the recogniser was unsure of, where the scores are its own; more of them weigh
    more, up to twice as much. An aligner's scores say how surely a word was placed, which weighs
    a third."""
    own = timing == "attention"
    least = UNSURE if own else _UNPLACED
    some = [word for word in words if word.score is not None and word.score < least]
    if not some:
        return []
    worst = min(word.score for word in some if word.score is not None)
    weight = WEIGHTS["unsure"] * (1 - worst) * min(2.0, 1 + (len(some) - 1) / 4)
    names = ", ".join(f"{word.text} ({word.score:.2f})" for word in some[:4])
    more = f" and {len(some) - 4} more" if len(some) > 4 else ""
    if own:
        return [Doubt("unsure", round(weight, 2), f"unsure: {names}{more}")]
    return [Doubt("unsure", round(weight / 3, 2), f"not surely placed: {names}{more}")]


def of_segments(segments: Sequence[documents.Segment]) -> list[Doubt]:
    """Passages of which the recogniser was less than half sure; where there were two recognisers,
    those of which they agree on less than half."""
    unsure = [(s.confidence, s.agreement is None) for s in segments if s.confidence is not None]
    if not unsure or min(unsure)[0] >= UNSURE:
        return []
    least, alone = min(unsure)
    text = f"the passage was heard with {least:.2f} of 1" if alone else (
        f"two recognisers agree on {least:.0%} of the passage"
    )  # fmt: skip
    return [Doubt("unsure", round(WEIGHTS["unsure"] * (1 - least), 2), text)]


def of_ears(words: Sequence[documents.Word]) -> list[Doubt]:
    """Words that only one of two recognisers heard so; the greater their share, the more they
    weigh."""
    some = [word for word in words if word.ears not in (None, "both")]
    if not some:
        return []
    names = ", ".join(f"{word.text} ({word.ears} ear)" for word in some[:4])
    more = f" and {len(some) - 4} more" if len(some) > 4 else ""
    weight = WEIGHTS["unsure"] * len(some) / len(words)
    return [Doubt("unsure", round(weight, 2), f"heard by one recogniser alone: {names}{more}")]


def of_sentences(sentences: Sequence[documents.Segment]) -> list[Doubt]:
    """Translations that certainly lack something, and sentences that were not translated."""
    some = []
    for sentence in sentences:
        if sentence.incomplete is not None:
            text = f"the translation is incomplete: {sentence.incomplete}"
            some.append(Doubt("incomplete", WEIGHTS["incomplete"], text))
        if sentence.untranslated is not None:
            text = f"not translated: {sentence.untranslated}"
            some.append(Doubt("untranslated", WEIGHTS["untranslated"], text))
    return some


def of_names(
    corrections: Sequence[documents.Correction], lacking: Sequence[Mapping[str, str]]
) -> list[Doubt]:
    """Names that were corrected after recognition, and terms that the cue should show and lacks,
    each with what was `said` and what is `wanted`."""
    some = [
        Doubt("name", WEIGHTS["name"], f"heard as “{c.heard}”, written “{c.known}”")
        for c in corrections
    ]
    return some + [
        Doubt("name", WEIGHTS["name"], f"“{row['said']}” should be “{row['wanted']}”")
        for row in lacking
    ]


def of_removed(removed: Sequence[documents.Removed]) -> list[Doubt]:
    """Text that was taken out beside the cue, and may have been said after all."""
    return [
        Doubt("removed", WEIGHTS["removed"], f"taken out: “{r.text}” ({', '.join(r.reasons)})")
        for r in removed
    ]


def of_speech(outside: float, wordless: bool) -> list[Doubt]:
    """A cue that is mostly `outside` of speech (a share), or beside speech without words."""
    some = []
    if outside > 0.5:
        some.append(Doubt("speech", WEIGHTS["speech"], f"{outside:.0%} of it is outside of speech"))
    if wordless:
        some.append(Doubt("speech", WEIGHTS["speech"], "beside it is speech without words"))
    return some


def of_rules(excess: Mapping[str, float]) -> list[Doubt]:
    """Reading rules that are broken, by their excess."""
    return [
        Doubt("rule", WEIGHTS["rule"], BROKEN.get(rule, rule + " {:g}").format(value))
        for rule, value in excess.items()
        if value > 0
    ]


def nearest(times: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The number of the cue, by the number of each span, that the span lies in or beside: the one
    that overlaps it most, else the nearest. Nothing where there are no cues. `times` are those of
    cues in order."""

    def distance(cue: tuple[int, int], span: tuple[int, int]) -> int:
        return max(cue[0], span[0]) - min(cue[1], span[1])

    if not times:
        return {}
    starts = [start for start, _ in times]
    near = {}
    for n, span in enumerate(spans):
        first = max(0, bisect_right(starts, span[0]) - _AROUND)
        last = min(len(times), bisect_right(starts, span[1]) + _AROUND)
        near[n] = min(range(first, last), key=lambda k: (distance(times[k], span), k))
    return near
