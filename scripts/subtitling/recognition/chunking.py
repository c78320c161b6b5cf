"""The stretches of sound that are recognised in one piece, and the texts recognised in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from subtitling import spans
from subtitling.documents import Region, Segment
from subtitling.recognition.language_diarization import Heard
from subtitling.text import cleaning


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
    regions, where they were asked for.
    """

    text: str
    score: float
    no_speech: float
    compression: float
    as_heard: str | None = None
    language: str = ""
    heard: tuple[Heard, ...] = ()


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
            words=(),
            score=heard.score,
            regions=tuple(region.id for region in chunk.regions),
            language=spoken if spoken != language else None,
            language_score=probability,
        )
        for number, ((chunk, heard), (spoken, probability)) in enumerate(
            zip(pairs, languages, strict=True), 1
        )
    ]
