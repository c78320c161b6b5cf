"""Alignment of a translation's sentences with those of its source by their times."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from subtitling.translation.sentence_alignment import Unit, aligned


def test_as_many_sentences_of_like_lengths_are_one_by_one() -> None:
    assert aligned([1000, 3000, 2000], [11, 29, 20]) == [
        Unit((0, 1), (0, 1)), Unit((1, 2), (1, 2)), Unit((2, 3), (2, 3)),
    ]  # fmt: skip


def test_two_that_became_one_are_a_unit() -> None:
    assert aligned([1000, 1000, 4000], [20, 40]) == [Unit((0, 2), (0, 1)), Unit((2, 3), (1, 2))]
    assert aligned([2000, 4000], [10, 10, 40]) == [Unit((0, 1), (0, 2)), Unit((1, 2), (2, 3))]


def test_what_no_time_tells_apart_is_one_unit() -> None:
    assert aligned([5000, 5000], [10, 90]) == [Unit((0, 2), (0, 2))]
    assert aligned([900, 900, 900], [30]) == [Unit((0, 3), (0, 1))]


def test_a_turn_is_never_inside_of_a_unit() -> None:
    assert aligned([1000, 1000, 4000], [20, 40], [2]) == [
        Unit((0, 2), (0, 1)),
        Unit((2, 3), (1, 2)),
    ]
    assert aligned([1000, 1000, 4000], [20, 40], [1]) is None


def test_nothing_is_aligned_with_nothing() -> None:
    assert aligned([], [1]) is None
    assert aligned([1], []) is None
    assert aligned([1], [0]) is None


lengths = st.lists(st.integers(1, 9000), min_size=1, max_size=8)


@given(lengths, lengths)
def test_every_sentence_is_in_one_unit_and_in_order(source: list[int], target: list[int]) -> None:
    units = aligned(source, target)
    assert units is not None
    for side, count in (("source", len(source)), ("target", len(target))):
        places = [getattr(unit, side) for unit in units]
        assert (places[0][0], places[-1][1]) == (0, count)
        assert all(a[1] == b[0] and a[0] < a[1] for a, b in pairwise([*places, (count, count)]))
