"""Spans: stretches of time in order and apart."""

import numpy as np
import pytest

from subtitling import spans


def test_overlaps_and_small_gaps_are_closed() -> None:
    assert spans.joined([(50, 60), (0, 10), (12, 20), (5, 8)], 2) == [(0, 20), (50, 60)]
    assert spans.joined([(0, 10), (13, 20)], 2) == [(0, 10), (13, 20)]
    assert spans.joined([], 2) == []


def test_common_is_where_both_hold() -> None:
    assert spans.common([(0, 10), (20, 30)], [(5, 25), (28, 40)]) == [(5, 10), (20, 25), (28, 30)]
    assert spans.common([(0, 10)], [(10, 20)]) == []
    assert spans.common([(0, 3), (4, 9)], [(0, 5)]) == [(0, 3), (4, 5)]


def test_without_is_where_only_the_first_hold() -> None:
    assert spans.without([(0, 10), (20, 30)], [(5, 25)]) == [(0, 5), (25, 30)]
    assert spans.without([(0, 10)], [(2, 3), (4, 5)]) == [(0, 2), (3, 4), (5, 10)]
    assert spans.without([(0, 10)], [(0, 10)]) == []


def test_share_is_the_part_that_is_covered() -> None:
    assert spans.share((0, 10), [(0, 2), (8, 20)]) == 0.4
    assert spans.share((0, 10), []) == 0.0


def test_pieces_are_equal_and_no_longer_than_allowed() -> None:
    assert spans.pieces((0, 100), 40) == [(0, 33), (33, 66), (66, 100)]
    assert spans.pieces((5, 45), 40) == [(5, 45)]
    assert spans.pieces((5, 5), 40) == []


@pytest.mark.parametrize(
    ("scores", "runs"),
    [
        ([0.1, 0.6, 0.4, 0.4, 0.2, 0.4], [(1, 4)]),  # 0.4 holds what it finds
        ([0.4, 0.6], [(1, 2)]),
        ([0.9, 0.1, 0.9], [(0, 1), (2, 3)]),
        ([0.4, 0.4], []),
        ([], []),
    ],
)
def test_a_run_begins_above_one_threshold_and_ends_below_another(
    scores: list[float], runs: list[tuple[int, int]]
) -> None:
    assert spans.above(np.array(scores), onset=0.5, offset=0.3) == runs
