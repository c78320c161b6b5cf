"""The stretches of sound that are recognised in one piece, and the texts recognised in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from subtitling import spans
from subtitling.documents import Region, Segment, Word
from subtitling.recognition.language_diarization import Heard
from subtitling.text import cleaning

RECOGNISER = "recogniser"  # as what placed the words of a segment
_SAME_MS = 300  # between the starts of a word as two windows hear it: some frames


@dataclass(frozen=True)
class Chunk:
    """Neighbouring speech regions that are recognised in one piece, with their outer margins."""

    start_ms: int
    end_ms: int
    regions: tuple[Region, ...]

    @classmethod
    def of(cls, regions: Sequence[Region]) -> Self:
        """The chunk of neighbouring regions."""
        return cls(regions[0].listen_from_ms, regions[-1].listen_to_ms, tuple(regions))

    @property
    def span(self) -> spans.Span:
        """From its first speech to its last, in ms."""
        return self.regions[0].start_ms, self.regions[-1].end_ms

    @property
    def speech_ms(self) -> int:
        """The duration of its speech, without pauses and margins."""
        return sum(region.end_ms - region.start_ms for region in self.regions)


@dataclass(frozen=True)
class Recognition:
    """The text recognised in a chunk.

    `score` is e to the mean log probability of its tokens, `no_speech` the model's probability that
    nobody speaks, both 0 to 1; `compression` is how many times shorter the text is when packed by
    zlib, as OpenAI's Whisper counts it. `as_heard` is the text before transliteration, where there
    was one. `language` is what it was recognised in; `heard` are the languages of the chunk's
    regions, where they were asked for. `words` are its words with their times, where the recogniser
    gives any.
    """

    text: str
    score: float
    no_speech: float
    compression: float
    as_heard: str | None = None
    language: str = ""
    heard: tuple[Heard, ...] = ()
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Window:
    """A part of a chunk that a recogniser with a short memory hears at once. It is listened to in
    [listen_from, listen_to); the words that begin in [start, end) are its own."""

    start_ms: int
    end_ms: int
    listen_from_ms: int
    listen_to_ms: int


def windows(
    chunk: Chunk, longest_ms: int, overlap_ms: int, quietest: Callable[[int, int], int]
) -> list[Window]:
    """A chunk in windows of at most `longest_ms` of sound: cut at its longest pauses, and where
    there is none, at the moment that `quietest` names between two times. Windows that are cut there
    overlap by `overlap_ms` on each side, so that each hears a word at the cut whole."""
    made = []
    for piece in chunks(chunk.regions, longest_ms) if chunk.regions else [chunk]:
        cuts = [piece.start_ms]
        while piece.end_ms - cuts[-1] > longest_ms - overlap_ms * (len(cuts) > 1):
            last = cuts[-1] + longest_ms - overlap_ms * (1 + (len(cuts) > 1))
            cuts.append(quietest((cuts[-1] + 2 * last) // 3, last))
        edges = [*cuts, piece.end_ms]
        made += [
            Window(a, b, max(piece.start_ms, a - overlap_ms), min(piece.end_ms, b + overlap_ms))
            for a, b in pairwise(edges)
        ]
    return made


def whole_words(parts: Sequence[tuple[Window, Sequence[Word]]]) -> tuple[Word, ...]:
    """The words of neighbouring windows, each once: a word at a cut is the earlier window's, which
    heard it begin."""
    words: list[Word] = []
    for window, heard in parts:
        own = list(heard)
        if window.listen_from_ms < window.start_ms and words:
            last = words[-1]
            same = [
                n
                for n, word in enumerate(own)
                if word.text == last.text and abs(word.start_ms - last.start_ms) <= _SAME_MS
            ]
            own = own[same[0] + 1 :] if same else [w for w in own if _middle_ms(w) >= last.end_ms]
        if window.end_ms < window.listen_to_ms:
            own = [word for word in own if word.start_ms < window.end_ms]
        words += own
    return tuple(words)


def _middle_ms(word: Word) -> int:
    return (word.start_ms + word.end_ms) // 2


def chunks(regions: Sequence[Region], longest_ms: int) -> list[Chunk]:
    """Join neighbouring regions to chunks of at most `longest_ms`: context helps the recogniser.

    A chunk ends at the longest pause of its last third, where a sentence most likely ends.
    """
    joined: list[Chunk] = []
    left = list(regions)
    while left:
        latest = left[0].listen_from_ms + longest_ms
        count = max(1, sum(r.listen_to_ms <= latest for r in left))
        if count < len(left):
            late = left[0].start_ms + longest_ms * 2 // 3
            ends = [n for n in range(1, count + 1) if left[n - 1].end_ms >= late] or [count]
            count = max(ends, key=lambda n: (left[n].start_ms - left[n - 1].end_ms, n))
        joined.append(Chunk.of(left[:count]))
        left = left[count:]
    return joined


def spread_out(items: Sequence[Chunk], count: int) -> list[Chunk]:
    """`count` chunks spread over the film, the longest of each part of it."""
    if len(items) <= count:
        return list(items)
    bounds = [round(part * len(items) / count) for part in range(count + 1)]
    parts = [items[a:b] for a, b in pairwise(bounds)]
    return [max(part, key=lambda chunk: chunk.end_ms - chunk.start_ms) for part in parts]


def cleaned(heard: Recognition) -> Recognition:
    """The recognised text without what is no text, and without combining marks that have no
    letter."""
    return replace(heard, text=cleaning.without_orphans(cleaning.clean(heard.text)))


def own_words(segment: Segment) -> Segment:
    """A segment without the recogniser's words where its text was changed since."""
    spelled = " ".join(word.text for word in segment.words) == segment.text
    return segment if spelled else replace(segment, words=(), aligner=None)


def together(heard: Sequence[Recognition]) -> Recognition:
    """Join the recognitions of several chunks, with the worst figures of those that hold words."""
    worded = [each for each in heard if each.text] or heard
    return Recognition(
        " ".join(each.text for each in worded),
        min(each.score for each in worded),
        max(each.no_speech for each in worded),
        max(each.compression for each in worded),
        " ".join(each.as_heard or each.text for each in worded)
        if any(each.as_heard for each in worded)
        else None,
    )


def segments(
    pairs: Sequence[tuple[Chunk, Recognition]],
    languages: Sequence[tuple[str, float | None]],
    language: str,
) -> list[Segment]:
    """A segment for each chunk, in order, not aligned yet; `languages` are the chunks', each with
    its probability, in a film in `language`."""
    return [
        Segment(
            id=f"g{number:05d}",
            start_ms=chunk.span[0],
            end_ms=chunk.span[1],
            text=heard.text,
            words=heard.words,
            score=heard.score,
            regions=tuple(region.id for region in chunk.regions),
            aligner=RECOGNISER if heard.words else None,
            language=spoken if spoken != language else None,
            language_score=probability,
        )
        for number, ((chunk, heard), (spoken, probability)) in enumerate(
            zip(pairs, languages, strict=True), 1
        )
    ]
