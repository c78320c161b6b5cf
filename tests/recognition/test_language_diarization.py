"""Which language is spoken when, settled over neighbouring regions."""

import pytest

from subtitling.documents import Region, Segment, Transcript
from subtitling.recognition.language_diarization import (
    Heard,
    alike,
    in_most_spoken,
    nearly_half,
    settled,
)


def heard(*rows: tuple[float, dict[str, float]]) -> list[Heard]:
    """Regions of so many seconds one after the other, with their languages' probabilities."""
    regions, at = [], 0
    for seconds, probabilities in rows:
        end = at + round(seconds * 1000)
        regions.append(Heard(Region(f"r{at}", at, end, 0.9), probabilities))
        at = end + 500
    return regions


HINDI, URDU, ENGLISH = {"hi": 0.95, "ur": 0.03}, {"ur": 0.9, "hi": 0.05}, {"en": 0.97, "hi": 0.01}


@pytest.mark.parametrize(
    ("rows", "languages"),
    [
        ([(3, HINDI), (8, ENGLISH), (3, HINDI)], "hi en hi"),  # a scene
        ([(3, HINDI), (2, ENGLISH), (2, ENGLISH), (4, ENGLISH)], "hi en en en"),
        ([(3, HINDI), (1.5, ENGLISH), (3, HINDI)], "hi hi hi"),  # an exclamation
        ([(3, HINDI), (9, {"en": 0.5, "hi": 0.45}), (3, HINDI)], "hi hi hi"),  # Hinglish
        ([(9, URDU), (9, URDU)], "hi hi"),  # what sounds like the film's language
        ([(8, ENGLISH), (2, {"ja": 0.6, "en": 0.1}), (8, ENGLISH)], "en en en"),  # noise
        ([(8, ENGLISH), (9, {"ta": 0.5, "en": 0.02})], "en ta"),
        ([(20, {}), (9, HINDI)], "hi hi"),  # nothing is told of its language
    ],
)
def test_a_scene_is_a_change_of_language_and_a_word_is_none(
    rows: list[tuple[float, dict[str, float]]], languages: str
) -> None:
    assert settled([heard(*rows)], "hi", "auto") == [languages.split()]


@pytest.mark.parametrize(
    ("others", "language"), [([], "hi"), (["ta"], "hi"), (["ta", "en"], "en"), ("auto", "en")]
)
def test_only_what_is_allowed_is_heard(others: str | list[str], language: str) -> None:
    assert settled([heard((20, ENGLISH))], "hi", others) == [[language]]


def test_a_neighbour_that_is_named_is_told_from_the_films_language() -> None:
    assert settled([heard((9, HINDI), (20, URDU))], "hi", ["ur"]) == [["hi", "ur"]]


def test_two_that_are_taken_for_each_other_do_not_alternate() -> None:
    one, other = {"hr": 0.5, "sr": 0.4}, {"sr": 0.5, "hr": 0.4}
    [[*languages]] = settled([heard((6, one), (6, other), (7, one))], "en", "auto")
    assert languages == ["hr", "hr", "hr"]


def test_a_chunk_is_decided_with_its_neighbours_alone() -> None:
    chunks = [heard((5, HINDI)), heard((4, {"en": 0.5, "hi": 0.4})), heard((20, ENGLISH))]
    far = heard((28, ENGLISH))
    assert settled(chunks, "hi", "auto") == [["hi"], ["en"], ["en"]]
    assert settled([far, *chunks], "hi", "auto")[2:] == [["en"], ["en"]]
    assert settled(chunks[:2], "hi", "auto")[1] == ["hi"]


def test_likeness_is_mutual() -> None:
    assert alike("hi") >= {"hi", "ur"} <= alike("ur") and alike("fi") == {"fi"}


def transcript(*rows: tuple[int, str | None]) -> Transcript:
    segments = [
        Segment(f"g{n:05d}", n * 100_000, n * 100_000 + ms, "…", (), 0.9, language=language,
                language_score=0.8)
        for n, (ms, language) in enumerate(rows, 1)
    ]  # fmt: skip
    return Transcript("de", 0.5, "none", tuple(segments))


def test_a_film_is_in_the_language_that_is_spoken_most() -> None:
    made = in_most_spoken(transcript((3000, None), (2000, "en"), (4000, "en")))
    assert made.language == "en" and made.language_score == 0.8
    assert [s.language for s in made.segments] == ["de", None, None]
    assert made.languages == {"en": 0.6667, "de": 0.3333}
    same = transcript((3000, None), (2000, "en"))
    assert in_most_spoken(same) == same


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [(50, None), (50, "en")],
            "50 % German and 50 % English",
        ),
        (
            [(58, None), (42, "en")],
            "58 % German and 42 % English",
        ),
        ([(70, None), (30, "en")], None),
        ([(70, None)], None),
        ([], None),
    ],
)
def test_a_film_of_two_halves_is_said_to_be_one(
    rows: list[tuple[int, str | None]], said: str | None
) -> None:
    expected = said and f"the film is nearly half and half: {said}"
    assert nearly_half(transcript(*rows)) == expected
