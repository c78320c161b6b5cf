"""Where to look first, and which corrections are of names."""

import pytest

from subtitling import documents
from subtitling.desk import doubts, names

WORDS = [documents.Word("w1", "sure", 0, 1, 0.9), documents.Word("w2", "doubt", 1, 2, 0.2)]


def test_an_unsure_word_weighs_more_than_one_that_was_badly_placed() -> None:
    (own,) = doubts.of_words(WORDS, "attention")
    (placed,) = doubts.of_words(WORDS, "phonemes")
    assert (own.text, own.weight) == ("unsure: doubt (0.20)", 4.0)
    assert placed.weight == 1.33
    assert doubts.of_words(WORDS[:1], "attention") == []


def test_words_that_one_of_two_recognisers_heard_are_doubts_by_their_share() -> None:
    both = documents.Word("w1", "one", 0, 1, 0.9, ears="both")
    first = documents.Word("w2", "two", 1, 2, 0.9, ears="first")
    (half,) = doubts.of_ears([both, first])
    assert (half.text, half.weight) == ("heard by one recogniser alone: two (first ear)", 2.5)
    (all_of_them,) = doubts.of_ears([first])
    assert all_of_them.weight == 5
    assert doubts.of_ears([both]) == doubts.of_ears(WORDS) == []


def test_the_agreement_of_two_recognisers_is_the_confidence_of_a_passage() -> None:
    sure = documents.Segment("g1", 0, 1, "x", (), 0.9)
    (unsure,) = doubts.of_segments([sure, documents.Segment("g2", 0, 1, "x", (), 0.4)])
    assert unsure.text == "the passage was heard with 0.40 of 1"
    differing = documents.Segment("g3", 0, 1, "x", (), 0.9, agreement=0.25)
    (apart,) = doubts.of_segments([sure, differing])
    assert (apart.text, apart.weight) == ("two recognisers agree on 25% of the passage", 3.75)
    assert (
        doubts.of_segments([sure, documents.Segment("g4", 0, 1, "x", (), 0.4, agreement=1.0)]) == []
    )


def test_what_is_missing_comes_before_what_is_unsure_and_that_before_layout() -> None:
    sentence = documents.Segment("s1", 0, 1, "x", (), None, incomplete="a clause")
    (lacks,) = doubts.of_sentences([sentence])
    (unsure,) = doubts.of_words(WORDS, "attention")
    (layout,) = doubts.of_rules({"max_lines": 1, "overlap": -20})
    assert lacks.weight > unsure.weight > layout.weight
    assert layout.text == "1 lines too many"


def test_text_that_was_taken_out_belongs_to_the_nearest_cue() -> None:
    times = [(0, 1000), (2000, 3000)]
    assert doubts.nearest(times, [(1200, 1400), (1700, 1900), (2500, 9000)]) == {0: 0, 1: 1, 2: 1}
    assert doubts.nearest([], [(0, 1)]) == {}


@pytest.mark.parametrize(
    ("before", "after", "language", "name"),
    [
        ("Mohon came.", "Mohan came.", "en", ("Mohon", "Mohan")),
        ("Ram Singg came.", "Ram Singh came.", "en", ("Singg", "Singh")),
        ("He came.", "She came.", "en", None),  # no name
        ("Mohon came.", "Mohan left.", "en", None),  # two things
        ("Mohon came.", "mohon came.", "en", None),
        ("Mohon came.", "Mohon came!", "en", None),
    ],
)
def test_a_corrected_name_is_known(
    before: str, after: str, language: str, name: tuple[str, str] | None
) -> None:
    assert names.corrected(before, after, language) == name
