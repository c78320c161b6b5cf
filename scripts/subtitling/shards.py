"""Divide the work on one long film into shards for many machines, and join their results.

A recogniser hears chunks of neighbouring regions and never across them. Shards are therefore cut
between chunks of the whole film, at silences, and their words are the same to the letter. What a
translator takes together, `EngineSpec.units` says. Networks that score the sound hear the windows
of the whole film's grid, so that their scores are the same to the bit.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, count, pairwise
from typing import Protocol, TypeVar

from lineage.problem import Problem
from subtitling.documents import Correction, Region, Rehearing, Removed, Segment, Transcript

Item = TypeVar("Item")


class Span(Protocol):
    """Anything with a start and an end in the film: a chunk, a region."""

    @property
    def start_ms(self) -> int: ...

    @property
    def end_ms(self) -> int: ...


Spanned = TypeVar("Spanned", bound=Span)


def runs(
    items: Sequence[Item], number: int, weight: Callable[[Item], int]
) -> list[tuple[Item, ...]]:
    """`items` in order, as `number` runs of about equal weight: none is heavier than its share and
    the heaviest item together. Where there are fewer items than runs, some are empty."""
    sums = [0, *accumulate(map(weight, items))]
    # Each cut goes to the item's edge that is nearest to its share of the whole.
    cuts = [0]
    for part in range(1, number):
        share = sums[-1] * part / number
        after = bisect_left(sums, share)
        nearer = (
            after if after == 0 or sums[after] - share <= share - sums[after - 1] else after - 1
        )
        cuts.append(max(cuts[-1], nearer))
    cuts.append(len(items))
    return [tuple(items[a:b]) for a, b in pairwise(cuts)]


def names(number: int) -> list[str]:
    """The names of the shards: `1-of-2`, `2-of-2`."""
    return [f"{part}-of-{number}" for part in range(1, number + 1)]


def number(shard: str) -> int:
    """The number of shards, by the name of one: 3 for `2-of-3`."""
    return int(shard.partition("-of-")[2])


def part_of(shard: str, items: Sequence[Item], weight: Callable[[Item], int]) -> tuple[Item, ...]:
    """The run of items of one shard, by its name, from those of the whole film; see `runs`."""
    part = int(shard.partition("-of-")[0])
    return runs(items, number(shard), weight)[part - 1]


@dataclass(frozen=True)
class Grid:
    """How a network hears a sound: in windows of so many samples, one every `step` samples."""

    window: int
    step: int


@dataclass(frozen=True)
class Stretch:
    """What is heard of a sound, in samples: windows of the whole sound's grid, whether the first
    one and the last one are among them. A stretch without windows is empty."""

    start: int
    end: int
    first: bool = True
    last: bool = True


def stretch_of(shard: str, samples: int, grid: Grid) -> Stretch:
    """What a shard hears of a sound; every shard has about as many windows. The last one of them
    hears the rest of the sound, which may end within a window."""
    count = max(1, 1 - (grid.window - samples) // grid.step) if samples else 0
    own = part_of(shard, range(count), lambda _: 1)
    if not own:
        return Stretch(0, 0, first=False, last=False)
    last = own[-1] == count - 1
    end = samples if last else own[-1] * grid.step + grid.window
    return Stretch(own[0] * grid.step, end, first=own[0] == 0, last=last)


def chunks_of(shard: str, chunks: Sequence[Spanned]) -> list[Spanned]:
    """The chunks of one shard; every shard has about equally long ones."""
    return list(part_of(shard, chunks, lambda c: c.end_ms - c.start_ms))


def beside(
    chunks: Sequence[Spanned], everywhere: Sequence[Spanned]
) -> tuple[list[Spanned], list[Spanned]]:
    """The chunk before those of a shard and the one after them, of the whole film's."""
    first, last = everywhere.index(chunks[0]), everywhere.index(chunks[-1])
    return list(everywhere[max(0, first - 1) : first]), list(everywhere[last + 1 : last + 2])


def some(shard: str, transcript: Transcript) -> Transcript:
    """One shard of a transcript: segments of about equal total length, with their corrections. The
    removed text of the film and what was recognised twice go with the first shard."""
    segments = part_of(shard, transcript.segments, lambda s: s.end_ms - s.start_ms)
    own = {segment.id for segment in segments}
    return replace(
        transcript,
        segments=segments,
        corrections=tuple(c for c in transcript.corrections if c.segment in own),
        removed=transcript.removed if shard.startswith("1-") else (),
        rehearings=transcript.rehearings if shard.startswith("1-") else (),
    )


def regions_of(shard: str, transcript: Transcript, regions: Sequence[Region]) -> list[Region]:
    """The speech regions of one shard, with or without words: from its first segment to
    the next shard's, the first shard from the film's start. Each region has one shard."""
    firsts = [
        some(name, transcript).segments[:1] for name in names(number(shard))
    ]  # none of a shard without segments
    starts = [part[0].start_ms for part in firsts if part]
    mine = firsts[names(number(shard)).index(shard)]
    if not mine:
        return list(regions) if not starts and shard.startswith("1-") else []
    place = starts.index(mine[0].start_ms)
    first = 0 if place == 0 else mine[0].start_ms
    last = starts[place + 1] if place + 1 < len(starts) else None
    return [r for r in regions if r.start_ms >= first and (last is None or r.start_ms < last)]


def joined(parts: Sequence[Transcript]) -> Transcript:
    """Join the shards' transcripts, in order, as if made in one piece: ids of segments and words
    are renumbered, and corrections follow their segments.

    Silent shards have nothing to say about language and timing. Problem where the others disagree
    about the language: a shard that looks for it by itself may hear a song.
    """
    spoken = [part for part in parts if part.segments] or list(parts[:1])
    languages = sorted({part.language for part in spoken})
    if len(languages) > 1:
        raise Problem(
            f"the shards were heard as {', '.join(languages)}: name the film's source_language, "
            "or set asr.shards to 1"
        )
    segments: list[Segment] = []
    corrections: list[Correction] = []
    removed: list[Removed] = []
    rehearings: list[Rehearing] = []
    words = count(1)
    for part in parts:
        names = {}
        for segment in part.segments:
            names[segment.id] = name = f"{segment.id[0]}{len(segments) + 1:05d}"
            numbered = tuple(replace(word, id=f"w{next(words):05d}") for word in segment.words)
            segments.append(replace(segment, id=name, words=numbered))
        removed += part.removed
        rehearings += part.rehearings
        corrections += [replace(c, segment=names[c.segment]) for c in part.corrections]
    first = spoken[0]
    return replace(
        first,
        segments=tuple(segments),
        corrections=tuple(corrections),
        removed=tuple(sorted(removed, key=lambda row: row.start_ms)),
        rehearings=tuple(sorted(rehearings, key=lambda row: row.start_ms)),
    )
