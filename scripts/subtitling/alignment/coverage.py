"""Comparison of recognised words with speech: stretches of speech without words, words that last
far too long, and how the words of a second hearing are merged there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product

from subtitling import spans
from subtitling.documents import Correction, Region, Removed, Segment, Transcript, Word
from subtitling.media.audio_file import WINDOW_MS
from subtitling.text.languages import clusters, join, width
from subtitling.text.spelling import plain, script, tokens

WORDLESS, SMEARED, MISFIT = "speech without words", "words last too long", "no word fits the sound"
SPARSE = "far fewer words than time for them"
THIN = "improbable, and hardly any of its sound is words"
_REACH_MS = 200  # tolerance before and after a word's time: aligners are no more precise
_SAME_MS = 500  # speech without words is one stretch across shorter pauses and words
_NEAR_MS = 100  # error of a word's edges
_SPARSE_SHARE, _SPARSE_MS = 0.3, 1500  # speech without words; one segment in ten of 75 has more
_THIN_SHARE, _THIN_MS = 0.8, 1000
# Letters a second below which a text is too short: where a letter is a sound, and a syllable.
_SPARSE_LETTERS = {"Latn": 6, "Cyrl": 6, "Grek": 6, "Arab": 5, "Hebr": 5}
_SPARSE_SYLLABLES = 2.5
_LETTER_MS = 150  # for a letter of a word drawn out, but not sung
_DIGIT = 5  # letters in the name of a digit
_LONGEST_MS = 28_000  # of a stretch, without them
_MOSTLY = 0.5
_SEAM_WORDS = 16  # on each side, in which both hearings may have the same words
_LONG_RUN = (3, 12)  # words and letters of a run that hardly occurs twice within a second
_SEAM_MS = (300, 1000)  # difference of times allowed between two hearings of a short or long run
_SEAM_LETTERS = 4


@dataclass(frozen=True)
class SecondHearingOptions:
    """See `second_hearing` in the configuration."""

    enabled: bool
    min_wordless_ms: int
    smeared_ms: int


@dataclass(frozen=True)
class Stretch:
    """A stretch to recognise again: [start, end) in ms of `region`, which has the margins to listen
    to and the id of the first speech region in it. `segment` is the one it lies in, if any, `words`
    are its words in the stretch, `reason` says why it is recognised again. Where there are `parts`,
    they are recognised one by one instead of the whole."""

    region: Region
    segment: str | None
    words: tuple[Word, ...]
    reason: str
    parts: tuple[Region, ...] = ()

    @property
    def span(self) -> spans.Span:
        """From its start to its end, in ms."""
        return self.region.start_ms, self.region.end_ms


@dataclass(frozen=True)
class Cut:
    """How stretches are cut out: at the quietest moment between `least_ms` and `most_ms` around
    them, each of their speech regions `apart` or all in one piece."""

    least_ms: int
    most_ms: int
    apart: bool = False


@dataclass(frozen=True)
class Sound:
    """The sound that stretches are cut from: its length, and its quietest moment between two
    times."""

    total_ms: int
    quietest: Callable[[int, int], int]


def wordless(regions: Sequence[Region], words: Sequence[Word], min_ms: int) -> list[spans.Span]:
    """Stretches of speech without words, of `min_ms` of speech or longer, in ms. A stretch includes
    the short pauses and words within it; its speech alone is `speech_ms`."""
    reach = spans.joined(((w.start_ms - _REACH_MS, w.end_ms + _REACH_MS) for w in words), 0)
    bare = spans.without(_spoken(regions), reach)
    whole = spans.joined(bare, _SAME_MS)
    return [span for span in whole if spans.total(spans.common([span], bare)) >= min_ms]


def speech_ms(regions: Sequence[Region], stretches: Sequence[spans.Span]) -> int:
    """The duration of speech within stretches, which are in order and do not overlap."""
    return spans.total(spans.common(stretches, _spoken(regions)))


def sparse(segment: Segment, regions: Sequence[Region]) -> bool:
    """Whether a segment has far fewer words than its speech has time for; `regions` are its own."""
    total_ms = spans.total(_spoken(regions))
    if total_ms < _SPARSE_MS:
        return False
    bare_ms = uncovered_ms(regions, segment.words)
    text = letters(segment.text)
    least = _SPARSE_LETTERS.get(script(text), _SPARSE_SYLLABLES)
    few = width(text) * 1000 < least * total_ms
    return few or (bare_ms >= _SPARSE_MS and bare_ms >= _SPARSE_SHARE * total_ms)


def thin(segment: Segment, regions: Sequence[Region], min_score: float) -> bool:
    """Whether an improbable segment's words cover hardly any of its speech: text invented over
    music or a breath. `regions` are its own."""
    total_ms, bare_ms = spans.total(_spoken(regions)), uncovered_ms(regions, segment.words)
    improbable = segment.score is not None and segment.score < min_score
    return improbable and bare_ms >= _THIN_MS and bare_ms >= _THIN_SHARE * total_ms


def uncovered_ms(regions: Sequence[Region], words: Sequence[Word]) -> int:
    """The duration of speech that no word covers."""
    near = spans.joined(((w.start_ms - _NEAR_MS, w.end_ms + _NEAR_MS) for w in words), 0)
    return spans.total(spans.without(_spoken(regions), near))


def _spoken(regions: Sequence[Region]) -> list[spans.Span]:
    return spans.joined(((r.start_ms, r.end_ms) for r in regions), 0)


def outside(regions: Sequence[Region], ids: Sequence[str]) -> list[Region]:
    """The regions without those of these ids."""
    gone = frozenset(ids)
    return [region for region in regions if region.id not in gone]


def by_language(regions: Sequence[Region], transcript: Transcript) -> dict[str, list[Region]]:
    """The regions by their language, the film's first: that of the segment they are in, or of the
    nearest one where they are in none."""
    owners = {r: s for s in transcript.segments for r in s.regions}
    divided: dict[str, list[Region]] = {transcript.language: []}
    for region in regions:
        nearest = owners.get(region.id) or min(
            transcript.segments,
            key=lambda s: max(s.start_ms - region.end_ms, region.start_ms - s.end_ms),
            default=None,
        )
        language = (nearest.language if nearest else None) or transcript.language
        divided.setdefault(language, []).append(region)
    return divided


def taken_out(removed: Sequence[Removed]) -> list[str]:
    """The ids of the regions in which text was taken out."""
    return [region for row in removed for region in row.regions]


def smeared(word: Word, smeared_ms: int) -> bool:
    """Whether a word lasts over `smeared_ms` longer than its letters take when drawn out."""
    spoken = sum(_DIGIT if c.isdigit() else 1 for c in clusters(letters(word.text)))
    return word.end_ms - word.start_ms > smeared_ms + _LETTER_MS * spoken


def letters(text: str) -> str:
    """The letters and digits of a text, with their marks."""
    return "".join(token.text for token in tokens(text))


def compact(
    words: Sequence[Word], songs: Sequence[spans.Span], options: SecondHearingOptions
) -> list[Word]:
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
    sound: Sound,
    cut: Cut,
    songs: Sequence[spans.Span],
    options: SecondHearingOptions,
) -> list[Stretch]:
    """The stretches to recognise again, in order: each in one segment, or in none. Two share a
    speech region only where words lie between them.

    `regions` are speech regions of the film; in `songs` words are drawn out.
    """
    owner = {r: segment for segment in segments for r in segment.regions}
    cut_out = []
    for key, run in groupby(regions, key=lambda r: owner[r.id].id if r.id in owner else None):
        part = list(run)
        words = owner[part[0].id].words if key else ()
        for bare in wordless(part, compact(words, songs, options), options.min_wordless_ms):
            pieces = [p for r in part for p in spans.common([(r.start_ms, r.end_ms)], [bare])]
            if cut.apart:
                pieces = [p for p in pieces if p[1] - p[0] >= options.min_wordless_ms // 2]
            for start, end in pieces if cut.apart else _grouped(pieces):
                inside = tuple(w for w in words if start <= _middle(w) < end)
                region = _to_listen((start, end), part, sound, cut)
                reason = SMEARED if inside else WORDLESS
                cut_out.append(Stretch(region, key, inside, reason))
    return cut_out


def _grouped(pieces: Sequence[spans.Span]) -> list[spans.Span]:
    """Join neighbouring pieces of speech, as far as they fit into one stretch."""
    groups: list[spans.Span] = []
    for start, end in pieces:
        if groups and end - groups[-1][0] <= _LONGEST_MS:
            groups[-1] = (groups[-1][0], end)
        else:
            groups.append((start, end))
    return groups


def _to_listen(span: spans.Span, regions: Sequence[Region], sound: Sound, cut: Cut) -> Region:
    start, end = span
    at = next(r for r in regions if r.end_ms > start)
    most = min(cut.most_ms, max(0, WINDOW_MS - (end - start)) // 2)
    least = min(cut.least_ms, most)
    first = sound.quietest(max(0, start - most), max(0, start - least))
    last = sound.quietest(min(sound.total_ms, end + least), min(sound.total_ms, end + most))
    return Region(at.id, start, end, at.score, start - first, max(0, last - end))


def merged(stretch: Stretch, words: Sequence[Word], heard: Sequence[Word]) -> list[Word]:
    """The words around a stretch with the newly recognised ones in its place.

    None of the words around it is lost. The cut sound holds some of them as well: where both
    hearings have the same words at about the same time, that is the seam, and words beyond it are
    taken once; where there is no seam, new words are taken within the stretch only.
    """
    start, end = stretch.span
    if stretch.parts:  # cut at pauses, all of the segment
        return list(heard)
    before = [w for w in words if _middle(w) < start]
    after = [w for w in words if _middle(w) >= end]
    new = list(heard)
    if seam := _seam(before[-_SEAM_WORDS:], new[:_SEAM_WORDS]):
        a, b, size = seam
        rest = before[-_SEAM_WORDS:][a + size :]
        new = _without_first(new[b + size :], rest)
    else:
        new = [w for w in new if _middle(w) >= start - _REACH_MS]
    tail = max(0, len(new) - _SEAM_WORDS)
    if seam := _seam(new[tail:], after[:_SEAM_WORDS]):
        a, b, _ = seam
        new = _without_last(new[: tail + a], after[:b])
    else:
        new = [w for w in new if _middle(w) < end + _REACH_MS]
    return [*before, *new, *after]


def _without_first(new: Sequence[Word], beside: Sequence[Word]) -> list[Word]:
    """New words without the first ones, where they are another hearing of the words `beside`: as
    many letters in the same time."""
    left = list(new)
    room = sum(len(letters(w.text)) for w in beside)
    while left and room > 0 and _middle(left[0]) < beside[-1].end_ms:
        room -= len(letters(left.pop(0).text))
    return left


def _without_last(new: Sequence[Word], beside: Sequence[Word]) -> list[Word]:
    """New words without the last ones, in the same way."""
    left = list(new)
    room = sum(len(letters(w.text)) for w in beside)
    while left and room > 0 and _middle(left[-1]) >= beside[0].start_ms:
        room -= len(letters(left.pop().text))
    return left


def _seam(some: Sequence[Word], others: Sequence[Word]) -> tuple[int, int, int] | None:
    """The best common run of words at about the same time: its place in each of the two, and its
    number of words. A letter weighs more the nearer the two times of its word are."""
    best, most = None, 0.0
    for a, b in product(range(len(some)), range(len(others))):
        pairs = []
        for one, other in zip(some[a:], others[b:], strict=False):
            apart = abs(one.start_ms - other.start_ms)
            if apart > _SEAM_MS[1] or plain(one.text) != plain(other.text):
                break
            pairs.append((width(plain(one.text)), apart))
        count = sum(letters for letters, _ in pairs)
        limit = _SEAM_MS[len(pairs) >= _LONG_RUN[0] and count >= _LONG_RUN[1]]
        if count < _SEAM_LETTERS or any(apart > limit for _, apart in pairs):
            continue
        weight = sum(letters * (1 - apart / (limit + 1)) for letters, apart in pairs)
        if weight > most:
            best, most = (a, b, len(pairs)), weight
    return best


def agreement(words: Sequence[Word]) -> float | None:
    """How well words fit their sound by their aligner, 0 to 1: the mean of their scores, weighted
    by letters; None where none has a score."""
    rows = [(w.score, width(w.text)) for w in words if w.score is not None]
    letters = sum(n for _, n in rows)
    return round(sum(score * n for score, n in rows) / letters, 4) if letters else None


def word_at(words: Sequence[Word], place: int, language: str) -> int | None:
    """The number of the word that holds the character at `place` of the text; None where none
    does."""
    end = 0
    for n, word in enumerate(words):
        end = _starts(words, n, language) + len(word.text)
        if place < end:
            return n
    return None


def shifted(
    correction: Correction, before: Sequence[Word], after: Sequence[Word], language: str
) -> Correction:
    """A correction moved along with its word, in a text whose words were `before` and are `after`:
    its `start` is adjusted."""
    n = word_at(before, correction.start, language)
    place = None if n is None else next((m for m, w in enumerate(after) if w is before[n]), None)
    if n is None or place is None:
        raise ValueError(f"no word of {correction.known!r} at {correction.start}")
    within = correction.start - _starts(before, n, language)
    return replace(correction, start=_starts(after, place, language) + within)


def _starts(words: Sequence[Word], n: int, language: str) -> int:
    return len(join((w.text for w in words[: n + 1]), language)) - len(words[n].text)


def _middle(word: Word) -> int:
    return (word.start_ms + word.end_ms) // 2
