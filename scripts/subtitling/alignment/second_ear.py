"""The second ear: what another recogniser heard, beside the words of the first.

Which of two hearings counts is `choose`'s rule. The first one's words stay, unless an aligner that
belongs to neither finds the second's clearly nearer to the sound; both are on record in any case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from subtitling import spans
from subtitling.alignment import coverage, same_words
from subtitling.alignment.aligners import aligner_table
from subtitling.alignment.same_words import Pairing
from subtitling.alignment.word_timer import Timer
from subtitling.documents import Correction, Region, Rehearing, Segment, Transcript, Word
from subtitling.text.languages import join, width
from subtitling.text.spelling import foreign

REASON = "the second ear heard it otherwise"
BOTH: Final = "both"
FIRST: Final = "first"
SECOND: Final = "second"
_REACH_MS = 500  # between the times that two hearings give to a word
_CLEARLY = 2.0  # times the first's agreement with the sound
_MUCH = 0.2  # more than the first's
_AS_GOOD = 0.8  # of the segment's agreement, which words that the first lacks must have
_LETTER_MS = 40  # the least time for a letter in a pause of the first's words


@dataclass(frozen=True)
class Evidence:
    """What speaks for the second hearing of a stretch.

    `first_fit` and `second_fit` are how well an aligner of neither recogniser fits the words to the
    sound, 0 to 1, None where there is none; `usual_fit` is that of all of the segment as it was.
    `score` is the second recogniser's own probability, 0 to 1, and `gap_ms` the time that the first
    one's words leave free there.
    """

    first: str
    second: str
    first_fit: float | None
    second_fit: float | None
    usual_fit: float | None
    score: float
    gap_ms: int
    corrected: bool = False
    in_script: bool = True


def choose(evidence: Evidence, min_score: float) -> tuple[bool, str]:
    """Whether the second hearing of a stretch counts, and why."""
    if not evidence.second:
        return False, "the second ear heard nothing there"
    if evidence.corrected:
        return False, "a name that was corrected would be replaced"
    if not evidence.in_script:
        return False, "it is in another script"
    if evidence.score < min_score:
        return False, "the second ear is unsure of it"
    if evidence.second_fit is None or evidence.usual_fit is None:
        return False, "no aligner of neither ear can judge"
    if not evidence.first:
        if evidence.gap_ms < _LETTER_MS * width(evidence.second):
            return False, "there is no time for it between the words"
        if evidence.second_fit < _AS_GOOD * evidence.usual_fit:
            return False, f"it fits the sound worse than what is around it, {evidence.second_fit:g}"
        return True, f"it fits the sound, {evidence.second_fit:g}, and nothing stood there"
    first_fit = evidence.first_fit or 0.0
    if evidence.second_fit < max(_CLEARLY * first_fit, first_fit + _MUCH, evidence.usual_fit):
        return False, f"it fits not clearly better, {evidence.second_fit:g} after {first_fit:g}"
    return True, f"it fits the sound clearly better, {evidence.second_fit:g} after {first_fit:g}"


def by_segment(
    segments: Sequence[Segment], heard: Sequence[Segment]
) -> tuple[dict[str, list[Word]], list[Segment]]:
    """The words of the second ear by the id of the segment of the first in whose time they are
    said, and the second's segments of which no word is in any."""
    words: dict[str, list[Word]] = {segment.id: [] for segment in segments}
    alone = []
    for each in heard:
        placed = False
        for word in each.words:
            middle = (word.start_ms + word.end_ms) // 2
            near = [(max(s.start_ms - middle, middle - s.end_ms), s.id) for s in segments
                    if s.channel == each.channel]  # fmt: skip
            distance, name = min(near, default=(_REACH_MS + 1, ""))
            if distance <= _REACH_MS:
                words[name].append(word)
                placed = True
        if not placed:
            alone.append(each)
    return words, alone


def pairings(first: Sequence[Word], second: Sequence[Word], language: str) -> list[Pairing]:
    """The words of two hearings paired, where they are the same and said at about the same time."""

    def possible(a: int, b: int) -> bool:
        return (
            first[a].start_ms <= second[b].end_ms + _REACH_MS
            and second[b].start_ms <= first[a].end_ms + _REACH_MS
        )

    return same_words.aligned(
        [word.text for word in first], [word.text for word in second], language, possible
    )


class SecondEar:
    """Compares a timed transcript in a language with what another recogniser heard. `timer` places
    its words; the second ear must be as sure as `min_score`."""

    def __init__(
        self, timer: Timer, regions: Sequence[Region], language: str, min_score: float
    ) -> None:
        self._timer, self._regions = timer, regions
        self._language, self._min_score = language, min_score
        self._rows: list[Rehearing] = []

    def compared(
        self, transcript: Transcript, heard: Sequence[Segment], languages: Sequence[str]
    ) -> Transcript:
        """The transcript with who heard each word, and with the second ear's words where they
        count. `heard` are its segments with the times of their words; segments that are not in its
        `languages` stay as they are."""
        served = [s for s in transcript.segments if (s.language or self._language) in languages]
        words, alone = by_segment(served, heard)
        score = {id(word): each.score or 0.0 for each in heard for word in each.words}
        corrections = list(transcript.corrections)
        made = []
        for segment in transcript.segments:
            if segment.id not in words or not segment.words:
                made.append(segment)
                continue
            own = [c for c in corrections if c.segment == segment.id]
            done, moved = self._segment(segment, words[segment.id], own, score)
            made.append(done)
            corrections = [c for c in corrections if c.segment != segment.id] + moved
        made += self._added(served, alone)
        ordered = sorted(made, key=lambda s: s.start_ms)
        names = {segment.id: f"g{n:05d}" for n, segment in enumerate(ordered, 1)}
        return replace(
            transcript,
            segments=tuple(replace(s, id=names[s.id]) for s in ordered),
            corrections=tuple(
                replace(c, segment=names[c.segment])
                for c in sorted(corrections, key=lambda c: (c.segment, c.start))
            ),
            rehearings=tuple(
                sorted((*transcript.rehearings, *self._rows), key=lambda row: row.start_ms)
            ),
        )

    def _segment(
        self,
        segment: Segment,
        heard: Sequence[Word],
        corrections: list[Correction],
        score: Mapping[int, float],
    ) -> tuple[Segment, list[Correction]]:
        spoken = segment.language or self._language
        heard = sorted(heard, key=lambda word: word.start_ms)
        pairs = pairings(segment.words, heard, spoken)
        ears: list[Literal["both", "first", "second"]] = [FIRST] * len(segment.words)
        for pair in pairs:
            if pair.same:
                ears[pair.first : pair.first_end] = [BOTH] * (pair.first_end - pair.first)
        # The last first, so that a change moves none that is still to come.
        for pair in reversed(same_words.differences(pairs)):
            new = heard[pair.second : pair.second_end]
            placed, evidence = self._evidence(segment, pair, new, corrections, score)
            taken, why = choose(evidence, self._min_score)
            start, end = _span(segment, pair, new)
            self._rows.append(
                Rehearing(
                    start, end, REASON, evidence.first, evidence.second, evidence.score,
                    evidence.second_fit, taken, why,
                )
            )  # fmt: skip
            if taken and placed:
                before = segment.words
                kept = [*before[: pair.first], *([None] * len(new)), *before[pair.first_end :]]
                corrections = [_moved(c, before, kept, placed, spoken) for c in corrections]
                ears[pair.first : pair.first_end] = [SECOND] * len(new)
                segment = placed
        words = tuple(replace(w, ears=ear) for w, ear in zip(segment.words, ears, strict=True))
        return replace(segment, words=words, agreement=agreement(words)), corrections

    def _evidence(
        self,
        segment: Segment,
        pair: Pairing,
        new: Sequence[Word],
        corrections: Sequence[Correction],
        score: Mapping[int, float],
    ) -> tuple[Segment | None, Evidence]:
        """The segment with the second hearing of a stretch, where it can be placed, and the
        evidence for it."""
        spoken = segment.language or self._language
        old = segment.words[pair.first : pair.first_end]
        second = join((word.text for word in new), spoken)
        evidence = Evidence(
            join((word.text for word in old), spoken),
            second,
            None,
            None,
            None,
            round(min((score[id(word)] for word in new), default=0.0), 4),
            _gap_ms(segment, pair),
            any(_within(c, segment.words, pair, spoken) for c in corrections),
            not foreign(second, spoken),
        )
        if not new or segment.aligner not in aligner_table.ALIGNERS:
            return None, evidence
        texts = [w.text for w in segment.words]
        texts[pair.first : pair.first_end] = [w.text for w in new]
        changed = replace(segment, text=join(texts, spoken), words=())
        [placed] = self._timer.timed([changed], self._regions)
        if placed.aligner != segment.aligner or len(placed.words) != len(texts):
            return None, evidence
        own = placed.words[pair.first : pair.first + len(new)]
        return placed, replace(
            evidence,
            first_fit=coverage.agreement(old),
            second_fit=coverage.agreement(own),
            usual_fit=coverage.agreement(segment.words),
        )

    def _added(self, served: Sequence[Segment], alone: Sequence[Segment]) -> list[Segment]:
        """Segments that only the second ear heard, where the sound bears them out."""
        words = [word for segment in served for word in segment.words]
        usual = coverage.agreement(words)
        said = spans.joined(sorted((word.start_ms, word.end_ms) for word in words), 0)
        made = []
        for n, each in enumerate(alone):
            independent = each.aligner in aligner_table.ALIGNERS
            spoken = [(r.start_ms, r.end_ms) for r in self._regions if r.id in each.regions]
            evidence = Evidence(
                "", each.text, None, coverage.agreement(each.words) if independent else None, usual,
                each.score or 0.0, spans.total(spans.without(spoken, said)),
                in_script=not foreign(each.text, each.language or self._language),
            )  # fmt: skip
            taken, why = choose(evidence, self._min_score)
            self._rows.append(
                Rehearing(
                    each.start_ms, each.end_ms, REASON, "", each.text, evidence.score,
                    evidence.second_fit, taken, why,
                )
            )  # fmt: skip
            if taken:
                own = tuple(replace(word, ears=SECOND) for word in each.words)
                made.append(replace(each, id=f"e{n}", words=own, agreement=0.0))
        return made


def agreement(words: Sequence[Word]) -> float:
    """The share of the letters of some words that both ears heard, 0 to 1."""
    letters = [(width(word.text), word.ears == BOTH) for word in words]
    return round(sum(n for n, both in letters if both) / max(1, sum(n for n, _ in letters)), 4)


def counted(transcript: Transcript) -> dict[str, int]:
    """How many words of a transcript each ear heard."""
    ears = [word.ears for word in transcript.words]
    return {name: ears.count(name) for name in (BOTH, FIRST, SECOND)}


def _span(segment: Segment, pair: Pairing, new: Sequence[Word]) -> spans.Span:
    words = [*segment.words[pair.first : pair.first_end], *new]
    return min(w.start_ms for w in words), max(w.end_ms for w in words)


def _gap_ms(segment: Segment, pair: Pairing) -> int:
    """The time between the words before and after a stretch."""
    before = segment.words[: pair.first]
    after = segment.words[pair.first_end :]
    start = before[-1].end_ms if before else segment.start_ms
    end = after[0].start_ms if after else segment.end_ms
    return max(0, end - start)


def _within(correction: Correction, words: Sequence[Word], pair: Pairing, language: str) -> bool:
    at = coverage.word_at(words, correction.start, language)
    return at is None or pair.first <= at < pair.first_end


def _moved(
    correction: Correction,
    before: Sequence[Word],
    kept: Sequence[Word | None],
    placed: Segment,
    language: str,
) -> Correction:
    """A correction in the text with the second hearing: `kept` are the words of `before` where they
    now stand."""
    at = coverage.word_at(before, correction.start, language)
    after = [old or new for old, new in zip(kept, placed.words, strict=True)]
    if at is None:
        return correction
    return coverage.shifted(correction, before, after, language)
