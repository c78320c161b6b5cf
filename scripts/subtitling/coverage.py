"""Recognised words held against speech: where somebody speaks and no words stand, where words last
far longer than anybody takes to say them, and how what a second hearing gives is put there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product

from subtitling import spans
from subtitling.languages import clusters, width
from subtitling.model import Correction, Region, Removed, Segment, Word
from subtitling.spelling import plain, tokens

_REACH_MS = 200  # a word is heard so long before and after its time: aligners are no surer
_SAME_MS = 500  # speech without words is one stretch over shorter pauses and words
_LETTER_MS = 150  # of a word drawn out, but not sung
_DIGIT = 5  # letters that a digit's name has
_LONGEST_MS = 20_000  # of a stretch that is heard again in one piece
_MOSTLY = 0.5
_ANCHOR_WORDS = 16  # on each side of a seam, in which both hearings may have the same words
_ANCHOR_LETTERS = 4
_ANCHOR_MS = 1000  # by which the two may put them apart


@dataclass(frozen=True)
class Options:
    """See `second_hearing` in the configuration."""

    enabled: bool
    min_wordless_ms: int
    smeared_ms: int


@dataclass(frozen=True)
class Stretch:
    """Speech in which words are missing, [start, end) in ms of `region`, which has the margins to
    listen to and the id of the first speech region in it. `segment` is the one it lies in, if any;
    `words` are those of it that stand in the stretch, smeared over it."""

    region: Region
    segment: str | None
    words: tuple[Word, ...]

    @property
    def span(self) -> spans.Span:
        """From its start to its end, in ms."""
        return self.region.start_ms, self.region.end_ms

    @property
    def reason(self) -> str:
        """Why it is heard again."""
        return "words last too long" if self.words else "speech without words"


@dataclass(frozen=True)
class Cut:
    """How stretches are cut out: at the quietest moment between `least_ms` and `most_ms` around
    them, each of their speech regions `apart` or all in one piece."""

    least_ms: int
    most_ms: int
    apart: bool = False


def wordless(regions: Sequence[Region], words: Sequence[Word], min_ms: int) -> list[spans.Span]:
    """Where somebody speaks for `min_ms` or longer and no words stand, in ms."""
    reach = spans.joined(((w.start_ms - _REACH_MS, w.end_ms + _REACH_MS) for w in words), 0)
    spoken = spans.joined(((r.start_ms, r.end_ms) for r in regions), 0)
    bare = spans.joined(spans.without(spoken, reach), _SAME_MS)
    return [span for span in bare if spans.total(spans.common([span], spoken)) >= min_ms]


def outside(regions: Sequence[Region], removed: Sequence[Removed]) -> list[Region]:
    """The regions in which no text was taken out."""
    gone = {region for row in removed for region in row.regions}
    return [region for region in regions if region.id not in gone]


def smeared(word: Word, smeared_ms: int) -> bool:
    """Whether a word lasts longer than its letters take, drawn out, and `smeared_ms` more."""
    spoken = sum(_DIGIT if c.isdigit() else 1 for c in clusters(letters(word.text)))
    return word.end_ms - word.start_ms > smeared_ms + _LETTER_MS * spoken


def letters(text: str) -> str:
    """The letters and digits of a text, with their marks."""
    return "".join(token.text for token in tokens(text))


def compact(words: Sequence[Word], songs: Sequence[spans.Span], options: Options) -> list[Word]:
    """The words that do not last too long, and those that are sung."""
    return [
        word
        for word in words
        if not smeared(word, options.smeared_ms)
        or spans.share((word.start_ms, word.end_ms), songs) >= _MOSTLY
    ]


def stretches(
    segments: Sequence[Segment],
    regions: Sequence[Region],
    quietest: Callable[[int, int], int],
    cut: Cut,
    songs: Sequence[spans.Span],
    options: Options,
) -> list[Stretch]:
    """What to hear again, in order: each in one segment, or in none.

    `regions` are speech regions of the film, `quietest` tells the quietest moment between two; in
    `songs` words are drawn out.
    """
    owner = {r: segment for segment in segments for r in segment.regions}
    found = []
    for key, run in groupby(regions, key=lambda r: owner[r.id].id if r.id in owner else None):
        part = list(run)
        words = owner[part[0].id].words if key else ()
        for bare in wordless(part, compact(words, songs, options), options.min_wordless_ms):
            each = [span for r in part for span in spans.common([(r.start_ms, r.end_ms)], [bare])]
            each = [span for span in each if span[1] - span[0] >= options.min_wordless_ms // 2]
            for whole in each if cut.apart else [bare]:
                for piece in spans.pieces(whole, _LONGEST_MS):
                    found.append(_stretch(piece, key, part, words, quietest, cut))
    return found


def _stretch(
    span: spans.Span,
    segment: str | None,
    regions: Sequence[Region],
    words: Sequence[Word],
    quietest: Callable[[int, int], int],
    cut: Cut,
) -> Stretch:
    start, end = span
    inside = tuple(w for w in words if start <= _middle(w) < end)
    at = next(r for r in regions if r.end_ms > start)
    before = start - quietest(max(0, start - cut.most_ms), max(0, start - cut.least_ms))
    after = quietest(end + cut.least_ms, end + cut.most_ms) - end
    return Stretch(Region(at.id, start, end, at.score, before, after), segment, inside)


def merged(stretch: Stretch, words: Sequence[Word], heard: Sequence[Word]) -> list[Word]:
    """The words of a segment with those heard of a stretch of it in their place.

    A cut holds some words of its neighbours as well. Where both hearings have the same words at
    about the same time, near a seam, the seam is there: from then on the other hearing counts.
    Where they have none in common, words count on their own side of the stretch's edge.
    """
    region = stretch.region
    before = [w for w in words if _middle(w) < region.start_ms]
    after = [w for w in words if _middle(w) >= region.end_ms]
    new = list(heard)
    if seam := _seam(before[-_ANCHOR_WORDS:], new[:_ANCHOR_WORDS]):
        a, b, size = seam
        before = before[: max(0, len(before) - _ANCHOR_WORDS) + a + size]
        new = new[b + size :]
    else:
        new = [w for w in new if _middle(w) >= region.start_ms - _REACH_MS]
    tail = max(0, len(new) - _ANCHOR_WORDS)
    if seam := _seam(new[tail:], after[:_ANCHOR_WORDS]):
        a, b, _ = seam
        new, after = new[: tail + a], after[b:]
    else:
        new = [w for w in new if _middle(w) < region.end_ms + _REACH_MS]
    return [*before, *new, *after]


def _seam(some: Sequence[Word], others: Sequence[Word]) -> tuple[int, int, int] | None:
    """The longest run of words that both have at about the same time: where it is in each of them,
    and of how many words."""
    best = None
    for a, b in product(range(len(some)), range(len(others))):
        size = 0
        for one, other in zip(some[a:], others[b:], strict=False):
            near = abs(one.start_ms - other.start_ms) <= _ANCHOR_MS
            if not near or plain(one.text) != plain(other.text):
                break
            size += 1
        letters = sum(width(word.text) for word in some[a : a + size])
        if letters >= _ANCHOR_LETTERS and (best is None or letters > best[0]):
            best = (letters, a, b, size)
    return best[1:] if best else None


def agreement(words: Sequence[Word]) -> float | None:
    """How well words fit their sound by their aligner, 0 to 1: the mean of their scores, each by
    its letters; None where none has a score."""
    rows = [(w.score, width(w.text)) for w in words if w.score is not None]
    letters = sum(n for _, n in rows)
    return round(sum(score * n for score, n in rows) / letters, 4) if letters else None


def shifted(correction: Correction, before: Sequence[Word], after: Sequence[Word]) -> Correction:
    """A correction of a segment whose words were `before` and are `after`, some of them the same:
    `start` follows its word. Where that is gone it stays, as a fact of what was done."""
    at = 0
    for word in before:
        end = at + len(word.text) + 1
        if at <= correction.start < end:
            places = [n for n, w in enumerate(after) if w is word]
            for n in places:
                start = sum(len(w.text) + 1 for w in after[:n]) + correction.start - at
                return replace(correction, start=start)
        at = end
    return correction


def _middle(word: Word) -> int:
    return (word.start_ms + word.end_ms) // 2
