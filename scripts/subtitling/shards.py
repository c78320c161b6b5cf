"""One long film on many machines: its speech divided into shards, the transcripts joined again.

A recogniser hears chunks of neighbouring regions and never across them. Shards are therefore cut
between chunks of the whole film, at silences, and their words are the same to the letter.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, count, pairwise
from typing import TypeVar

from lineage import Problem
from subtitling.asr import Chunk
from subtitling.model import Correction, Removed, Segment, Transcript

Item = TypeVar("Item")


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
    """What the shards are called: `1-of-2`, `2-of-2`."""
    return [f"{part}-of-{number}" for part in range(1, number + 1)]


def chunks_of(shard: str, chunks: Sequence[Chunk]) -> list[Chunk]:
    """The chunks of one shard, by its name, out of those of the whole film; every shard has about
    equally long ones."""
    part, _, number = shard.partition("-of-")
    return list(runs(chunks, int(number), lambda c: c.end_ms - c.start_ms)[int(part) - 1])


def joined(parts: Sequence[Transcript]) -> Transcript:
    """One transcript of the shards' ones, in order, as if it had been made in one piece: ids of
    segments and words count through, and corrections follow their segments.

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
    words = count(1)
    for part in parts:
        names = {}
        for segment in part.segments:
            names[segment.id] = name = f"{segment.id[0]}{len(segments) + 1:05d}"
            numbered = tuple(replace(word, id=f"w{next(words):05d}") for word in segment.words)
            segments.append(replace(segment, id=name, words=numbered))
        removed += part.removed
        corrections += [replace(c, segment=names[c.segment]) for c in part.corrections]
    first = spoken[0]
    return replace(
        first,
        segments=tuple(segments),
        corrections=tuple(corrections),
        removed=tuple(removed),
    )
