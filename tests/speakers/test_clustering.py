"""Who speaks when: from what windows say to turns, on literal frames and voices."""

from typing import Any

import numpy as np

from subtitling.documents import Speaker, Speakers, Turn
from subtitling.speakers import clustering
from subtitling.speakers.clustering import ClusteringOptions

OPTIONS = ClusteringOptions(
    step_ms=5000,
    max_distance=0.7,
    min_speakers=1,
    max_speakers=0,
    min_speaker_ms=0,
    piece_ms=2000,
    min_voice_ms=0,
    min_turn_ms=0,
    min_gap_ms=0,
    batch_size=4,
)
STEP_MS = 100.0


def options(**more: Any) -> ClusteringOptions:
    return ClusteringOptions(**{**vars(OPTIONS), **more})


def frames(speak: str, changes: str = "") -> clustering.Frames:
    """A digit a frame: how many speak; an x where another voice begins."""
    marks = changes.ljust(len(speak), ".")
    return clustering.Frames(
        np.array([float(c) for c in speak], np.float32),
        np.array([float(c == "x") for c in marks], np.float32),
        0.0,
        STEP_MS,
    )


def voice(*degrees: float) -> np.ndarray:
    """Voices that lie so many degrees apart, as embeddings of two numbers."""
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], 1).astype(np.float32)


def turns_of(
    speak: str, degrees: tuple[float, ...], changes: str = "", **more: Any
) -> list[tuple[int, int, str]]:
    heard, chosen = frames(speak, changes), options(**more)
    cut = clustering.pieces(heard, chosen)
    speakers = clustering.speakers(heard, cut, voice(*degrees), len(speak) * 100, chosen)
    return [(turn.start_ms, turn.end_ms, turn.speaker) for turn in speakers.turns]


def test_windows_are_averaged_and_a_change_of_voice_needs_no_common_names() -> None:
    first = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], bool)
    votes = clustering.Votes(5)
    votes.add(0, first)
    votes.add(1, first[1:, ::-1])  # the same voices, by other numbers
    averages = votes.frames(0.0, STEP_MS)
    assert averages.speak.tolist() == [1, 1, 1, 1, 0]
    assert averages.changes.tolist() == [0, 0, 1, 0, 0]


def test_a_window_that_reaches_over_the_films_end_is_cut() -> None:
    votes = clustering.Votes(2)
    votes.add(1, np.ones((4, 3), bool))
    assert votes.frames(0.0, STEP_MS).speak.tolist() == [0, 3]


def test_speech_is_cut_at_pauses_at_overlaps_and_where_it_is_long() -> None:
    assert clustering.pieces(frames("1111001111211111"), OPTIONS) == [(0, 4), (6, 10), (11, 16)]
    assert clustering.pieces(frames("1" * 50), OPTIONS) == [(0, 16), (16, 33), (33, 50)]


def test_speech_is_cut_where_the_windows_hear_another_voice_begin() -> None:
    assert clustering.pieces(frames("1" * 20, "." * 12 + "x"), OPTIONS) == [(0, 12), (12, 20)]
    # What is said by a few windows only is no change.
    few = frames("1" * 20)
    few.changes[12] = 0.4
    assert clustering.pieces(few, OPTIONS) == [(0, 20)]


def test_two_changes_near_each_other_are_one_between_them() -> None:
    few = frames("1" * 20)
    few.changes[6] = few.changes[14] = 0.4
    assert clustering.pieces(few, OPTIONS) == [(0, 10), (10, 20)]


def test_voices_that_are_alike_are_one_speaker_and_come_in_order() -> None:
    assert turns_of("111001110111", (80, 0, 90)) == [
        (0, 300, "s1"),
        (500, 800, "s2"),
        (900, 1200, "s1"),
    ]


def test_a_pause_within_a_turn_is_closed_and_a_short_turn_dropped() -> None:
    assert turns_of("111011100010", (0, 5, 90), min_gap_ms=100, min_turn_ms=200) == [(0, 700, "s1")]


def test_where_two_speak_it_is_those_before_and_after() -> None:
    assert turns_of("1112211", (0, 90)) == [(0, 500, "s1"), (300, 700, "s2")]


def test_as_many_speakers_are_told_apart_as_are_asked_for() -> None:
    speak, degrees = "11011011011", (0, 20, 75, 90)
    assert {row[2] for row in turns_of(speak, degrees)} == {"s1", "s2"}
    assert {row[2] for row in turns_of(speak, degrees, max_speakers=1)} == {"s1"}
    assert {row[2] for row in turns_of(speak, degrees, min_speakers=3)} == {"s1", "s2", "s3"}


def test_who_says_next_to_nothing_is_taken_for_the_nearest() -> None:
    rows = voice(0, 2, 40, 90, 91)
    lasting = np.array([2000.0, 2000.0, 300.0, 2000.0, 2000.0])
    strict = options(max_distance=0.1)
    assert len(set(clustering.grouped(rows, lasting, strict))) == 3
    labels = clustering.grouped(rows, lasting, options(max_distance=0.1, min_speaker_ms=1000))
    assert labels[0] == labels[1] == labels[2] != labels[3] == labels[4]


def test_a_piece_too_short_for_a_voice_is_the_nearest_ones_and_less_sure() -> None:
    heard = frames("1111110111111")
    cut = [(0, 6), (7, 8), (8, 13)]
    embeddings = np.concatenate([voice(0), np.zeros((1, 2), np.float32), voice(90)])
    speakers = clustering.speakers(heard, cut, embeddings, 1300, OPTIONS)
    assert [(t.start_ms, t.end_ms, t.speaker) for t in speakers.turns] == [
        (0, 600, "s1"),
        (700, 800, "s1"),
        (800, 1300, "s2"),
    ]
    assert speakers.turns[1].confidence < speakers.turns[0].confidence / 1.9
    assert speakers.speakers == (Speaker("s1", 700), Speaker("s2", 500))


def test_a_voice_between_two_speakers_is_less_sure() -> None:
    rows = voice(0, 0, 44, 90, 90)
    cut = [(0, 9), (10, 19), (20, 24), (25, 34), (35, 44)]
    speakers = clustering.speakers(frames("1" * 44), cut, rows, 4400, options(max_speakers=2))
    sure = {turn.start_ms: turn.confidence for turn in speakers.turns}
    assert sure[2000] < min(sure[0], sure[2500]) - 0.05


def test_even_a_film_of_one_voice_is_not_certain() -> None:
    speakers = clustering.speakers(frames("1111"), [(0, 2), (2, 4)], voice(0, 10), 400, OPTIONS)
    assert len(speakers.speakers) == 1
    assert 0.9 < speakers.turns[0].confidence < 0.95


def test_silence_has_no_speakers() -> None:
    assert clustering.speakers(frames("000"), [], np.zeros((0, 2)), 300, OPTIONS) == Speakers(
        300, (), ()
    )


def test_a_turn_ends_with_the_film() -> None:
    speakers = clustering.speakers(frames("111"), [(0, 3)], voice(0), 250, OPTIONS)
    assert speakers.turns == (Turn(0, 250, "s1", 0.9427),)


def test_many_voices_are_compared_by_a_part_of_them_and_all_are_given_a_speaker() -> None:
    count = 3200
    heard = frames("10" * count)
    cut = [(2 * n, 2 * n + 1) for n in range(count)]
    rows = voice(*([0, 90] * (count // 2)))
    speakers = clustering.speakers(heard, cut, rows, count * 200, OPTIONS)
    assert [turn.speaker for turn in speakers.turns] == ["s1", "s2"] * (count // 2)
