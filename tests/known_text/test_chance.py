"""Whether words fit better than by chance."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from subtitling.documents import Region, Segment, Word
from subtitling.known_text import chance

SOUNDS = [Region("r1", 0, 9000, 1.0)]


def segment(text: str, *scores: float | None) -> Segment:
    words = tuple(
        Word("", word, n, n + 1, score)
        for n, (word, score) in enumerate(zip(text.split(), scores, strict=True))
    )
    return Segment("", 0, 9000, text, words, None, ("r1",))


def test_words_are_compared_with_themselves_in_reverse_order() -> None:
    asked: list[tuple[str, tuple[str, ...], tuple[Word, ...]]] = []

    def timed(segments: Sequence[Segment], regions: Sequence[Region]) -> list[Segment]:
        assert regions == SOUNDS
        asked.extend((s.text, s.regions, s.words) for s in segments)
        return [replace(s, words=segment(s.text, 0.1, 0.2, None).words) for s in segments]

    placed = [segment("it was night", 0.7, None, 0.5), segment("no sound at", None, None, None)]
    assert chance.times_chance(placed, SOUNDS, "en", timed) == pytest.approx(4.0)
    assert asked == [("night was it", ("r1",), ())]


def test_some_segments_from_all_over_the_film_are_enough() -> None:
    asked: list[str] = []

    def timed(segments: Sequence[Segment], _regions: Sequence[Region]) -> list[Segment]:
        asked.extend(s.text for s in segments)
        return [replace(s, words=segment(s.text, 0.5).words) for s in segments]

    placed = [segment(f"w{n}", 0.5) for n in range(80)]
    assert chance.times_chance(placed, SOUNDS, "en", timed) == 1.0
    assert asked == [f"w{n}" for n in range(0, 80, 10)]


def test_without_scores_nobody_can_tell() -> None:
    assert chance.times_chance([], SOUNDS, "en", lambda s, _: [*s]) is None
    assert chance.times_chance([segment("it", 0.5)], SOUNDS, "en", lambda s, _: [*s]) is None
