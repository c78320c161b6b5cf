"""Transcripts of words that are spoken at an even pace."""

from collections.abc import Sequence

from subtitling.documents import (
    Segment,
    Transcript,
    Word,
)
from subtitling.subtitles import rules

NETFLIX = rules.table("netflix", {})


def transcript(
    words: Sequence[Word], language: str = "en", timing: str = "attention", each: int = 10_000
) -> Transcript:
    """Segments of `each` words."""
    parts = [tuple(words[n : n + each]) for n in range(0, len(words), each)]
    segments = tuple(
        Segment(f"g{n:05d}", part[0].start_ms, part[-1].end_ms, "", part, None)
        for n, part in enumerate(parts, 1)
    )
    return Transcript(language, None, timing, segments)


def spoken(text: str, word_ms: int = 300, pauses_ms: dict[int, int] | None = None) -> list[Word]:
    """The words of `text` one after the other from 1 s on, `pauses_ms` before some, by number."""
    at, made = 1000, []
    for n, part in enumerate(text.split()):
        at += (pauses_ms or {}).get(n, 0)
        made.append(Word(f"w{n + 1:05d}", part, at, at + word_ms, 1.0))
        at += word_ms
    return made
