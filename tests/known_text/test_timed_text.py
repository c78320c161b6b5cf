"""Transcripts from texts with times."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lineage.problem import Problem
from subtitling.documents import Region, Segment, Speech, Text, TextLine, Word
from subtitling.known_text import timed_text

TEXT = Text(
    "a.en.srt",
    "0" * 64,
    "en",
    True,
    (
        TextLine(2, "It was night.", ("It was", "night."), 1000, 2000),
        TextLine(6, "Nobody came.", ("Nobody came.",), 3000, 4000),
        TextLine(10, "Late credits", ("Late credits",), 95_000, 99_000),
    ),
)
SPEECH = Speech(10_000, (Region("r1", 1000, 2000, 1.0), Region("r2", 3000, 4000, 1.0)))


def test_lines_become_segments_and_what_is_after_the_film_is_unspoken() -> None:
    made = timed_text.transcript(TEXT, SPEECH, 500, "en", None)
    assert [(s.id, s.start_ms, s.end_ms, s.text, s.regions) for s in made.segments] == [
        ("s00001", 500, 1500, "It was night.", ("r1",)),
        ("s00002", 2500, 3500, "Nobody came.", ("r2",)),
    ]
    assert made.text_use is not None
    assert [(row.line, row.text) for row in made.text_use.unspoken] == [(10, "Late credits")]
    assert [(s.first, s.last, s.rate, s.offset_ms) for s in made.text_use.stretches] == [
        (2, 10, 1.0, 0)
    ]


def test_words_in_another_language_are_spread_over_their_line() -> None:
    made = timed_text.estimated(timed_text.transcript(TEXT, SPEECH, 0, "en", None))
    assert [(w.id, w.text, w.start_ms, w.end_ms, w.score, w.line) for w in made.words] == [
        ("w00001", "It", 1000, 1181, None, 2),
        ("w00002", "was", 1181, 1454, None, 2),
        ("w00003", "night.", 1454, 2000, None, 2),
        ("w00004", "Nobody", 3000, 3545, None, 6),
        ("w00005", "came.", 3545, 4000, None, 6),
    ]
    assert made.timing == timed_text.OWN


def placer(score: float, late_ms: int = 0, right: str = ""):  # type: ignore[no-untyped-def]
    """An aligner that lays the words of a text at equal distances, later than they should be. They
    fit as well as the score where they begin with the `right` one."""

    def timed(segments: Sequence[Segment], _regions: Sequence[Region]) -> list[Segment]:
        made = []
        for segment in segments:
            texts = segment.text.split()
            fits = score if segment.text.startswith(right) else score / 4
            step = (segment.end_ms - segment.start_ms) // len(texts)
            words = tuple(
                Word("", text, segment.start_ms + n * step + late_ms,
                     segment.start_ms + (n + 1) * step + late_ms, fits)
                for n, text in enumerate(texts)
            )  # fmt: skip
            made.append(replace(segment, words=words, aligner="phonemes"))
        return made

    return timed


def test_lines_get_the_times_of_their_words() -> None:
    lines = timed_text.transcript(TEXT, SPEECH, 0, "en", None)
    made = timed_text.aligned(lines, SPEECH, placer(0.5))
    assert made.timing == "phonemes"
    assert [(s.aligner, [w.line for w in s.words]) for s in made.segments] == [
        ("phonemes", [2, 2, 2]),
        ("phonemes", [6, 6]),
    ]
    assert made.segments[0].words[0].start_ms == 500  # half of the pause before


def test_a_line_whose_words_land_far_away_keeps_its_time() -> None:
    lines = timed_text.transcript(TEXT, SPEECH, 0, "en", None)
    made = timed_text.aligned(lines, SPEECH, placer(0.5, late_ms=4000))
    assert [(s.start_ms, s.aligner) for s in made.segments] == [(1000, None), (3000, None)]


MANY = tuple(TextLine(n, "some words of it", ("x",), n * 200, n * 200 + 150) for n in range(1, 45))


def test_a_text_whose_words_fit_nowhere_is_refused() -> None:
    lines = timed_text.transcript(replace(TEXT, lines=MANY), SPEECH, 0, "en", None)
    with pytest.raises(Problem, match=r"a.en.srt: 0% of its words fit the sound"):
        timed_text.aligned(lines, SPEECH, placer(0.5, late_ms=20_000, right="some"))


def test_a_text_whose_words_fit_as_well_in_reverse_order_is_refused() -> None:
    lines = timed_text.transcript(replace(TEXT, lines=MANY), SPEECH, 0, "en", None)
    with pytest.raises(Problem, match=r"fit the sound 1.0 times as well as in reverse order"):
        timed_text.aligned(lines, SPEECH, placer(0.5))
    few = timed_text.transcript(replace(TEXT, lines=MANY[:7]), SPEECH, 0, "en", None)
    assert timed_text.aligned(few, SPEECH, placer(0.5)).timing == "phonemes"


def test_without_an_aligner_all_lines_keep_their_times() -> None:
    lines = timed_text.transcript(TEXT, SPEECH, 0, "en", None)
    made = timed_text.aligned(lines, SPEECH, lambda segments, _regions: list(segments))
    assert made == timed_text.estimated(lines)


@pytest.mark.parametrize(
    ("begins_ms", "ends_ms", "own"), [(1100, 2200, True), (900, 1900, True), (1300, 1900, False),
                                      (1000, 2300, False)],
)  # fmt: skip
def test_a_line_that_a_person_timed_as_well_keeps_its_times(
    begins_ms: int, ends_ms: int, own: bool
) -> None:
    lines = timed_text.transcript(replace(TEXT, lines=TEXT.lines[:1]), SPEECH, 0, "en", None)
    assert lines.text_use is not None
    exact = replace(lines, text_use=replace(lines.text_use, own_times=(2,)))
    words = (Word("", "It", begins_ms, 1400, 0.5), Word("", "was", 1400, 1700, 0.5),
             Word("", "night.", 1700, ends_ms, 0.5))  # fmt: skip
    made = timed_text.aligned(
        exact, SPEECH, lambda asked, _: [replace(s, words=words, aligner="p") for s in asked]
    )
    assert made.text_use is not None
    assert made.text_use.own_times == ((2,) if own else ())
    [line] = made.segments
    assert (line.start_ms, line.end_ms) == ((1000, 2000) if own else (begins_ms, ends_ms))
    assert line.words[0].start_ms == (1000 if own else begins_ms)
    assert [word.start_ms for word in line.words[1:]] == [1400, 1700]


def test_lines_far_from_each_other_are_placed_apart() -> None:
    asked: list[Segment] = []

    def timed(segments: Sequence[Segment], _regions: Sequence[Region]) -> list[Segment]:
        asked.extend(segments)
        return list(segments)

    speech = Speech(20_000, (Region("r1", 0, 20_000, 1.0),))
    rows = [(1000, 2000), (2500, 3500), (9000, 9900), (12_800, 14_000)]
    text = replace(
        TEXT, lines=tuple(TextLine(n, f"L{n}", ("x",), *row) for n, row in enumerate(rows))
    )
    timed_text.aligned(timed_text.transcript(text, speech, 0, "en", None), speech, timed)
    assert [(s.text, s.start_ms, s.end_ms) for s in asked] == [
        ("L0 L1", 500, 5000), ("L2 L3", 7500, 15_500)
    ]  # fmt: skip
