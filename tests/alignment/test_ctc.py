"""The frames of each word, and the tokens of words."""

import itertools

import numpy as np
import pytest

from lineage.problem import Problem
from subtitling.alignment.aligners.aligner_table import Choice, choose
from subtitling.alignment.aligners.phonemes import Phonemes, known_phonemes
from subtitling.alignment.aligners.spoken_numbers import spelled_out
from subtitling.alignment.ctc import Span, place
from subtitling.alignment.espeak import phonemes, voice
from subtitling.alignment.word_times import Placed, numbered, separate, served, timed, timing
from subtitling.documents import Segment, Word


def emissions(*best: int, sure: float = 0.97, tokens: int = 4) -> np.ndarray:
    """Log probabilities in which frame n is most likely `best[n]`; 0 is the blank."""
    low = (1 - sure) / (tokens - 1)
    return np.log([[sure if t == b else low for t in range(tokens)] for b in best])


def test_words_are_placed_on_the_frames_of_their_tokens() -> None:
    spans = place(emissions(0, 1, 1, 0, 2, 0, 0, 3, 3, 0), [[1, 2], [3]], blank=0)
    assert spans == [Span(1, 5, 0.97), Span(7, 9, 0.97)]


def test_a_token_said_twice_needs_a_blank_between() -> None:
    spans = place(emissions(1, 1, 0, 1, 2), [[1], [1], [2]], blank=0)
    assert spans is not None
    assert [(span.start, span.end) for span in spans if span] == [(0, 2), (3, 4), (4, 5)]


def test_words_without_tokens_have_no_place() -> None:
    assert place(emissions(1, 0, 2), [[1], [], [2]], blank=0) == [
        Span(0, 1, 0.97),
        None,
        Span(2, 3, 0.97),
    ]


def test_nothing_is_placed_in_fewer_frames_than_tokens() -> None:
    assert place(emissions(1, 1), [[1], [1]], blank=0) is None
    assert place(emissions(1, 2), [[], []], blank=0) is None
    assert place(np.zeros((0, 4)), [[1]], blank=0) is None


def test_a_token_that_is_not_heard_is_placed_in_order_with_a_low_score() -> None:
    spans = place(emissions(1, 0, 0, 2), [[1], [3], [2]], blank=0)
    assert spans is not None and spans[1] is not None
    assert 1 <= spans[1].start < spans[1].end <= 3 and spans[1].score == 0.01


def test_the_most_probable_of_all_paths_is_taken() -> None:
    rng = np.random.default_rng(5)
    for words in ([[1]], [[1, 1], [2]], [[1, 2], [], [1]]):
        heard = np.log(rng.dirichlet(np.ones(3), 7))
        flat = [token for word in words for token in word]
        paths = [
            path
            for path in itertools.product(range(3), repeat=7)
            if [token for token, _ in itertools.groupby(path) if token] == flat
        ]
        best = max(paths, key=lambda path: sum(heard[range(7), path]))
        starts = [n for n in range(7) if best[n] and (not n or best[n - 1] != best[n])]
        spans = place(heard, words, blank=0)
        assert spans is not None
        firsts = np.cumsum([0, *map(len, words)])[:-1]
        assert [span and span.start for span in spans] == [
            starts[first] if word else None for first, word in zip(firsts, words, strict=True)
        ]


def test_a_lead_is_taken_off_starts_and_ends_give_way_to_them() -> None:
    spans = [Span(10, 20, 0.9), Span(21, 30, 0.8)]
    assert timed(["a", "b"], spans, frame_ms=20, late_ms=95) == [
        Placed("a", 105, 325, 0.9),
        Placed("b", 325, 600, 0.8),
    ]


def test_words_without_a_place_share_the_time_between_their_neighbours() -> None:
    spans = [Span(0, 10, 0.9), None, None, Span(20, 30, 0.8), None]
    words = timed(["a", "1", "2", "b", "3"], spans, frame_ms=10, late_ms=0)
    assert [(w.text, w.start_ms, w.end_ms, w.score) for w in words] == [
        ("a", 0, 100, 0.9),
        ("1", 100, 150, None),
        ("2", 150, 200, None),
        ("b", 200, 300, 0.8),
        ("3", 300, 300, None),
    ]


def test_words_are_parted_as_the_language_parts_them() -> None:
    assert separate("It was.  Is", "en") == ["It", "was.", "Is"]
    assert separate("今日。 は", "ja") == ["今", "日。", "は"]


def test_word_ids_count_through_the_film() -> None:
    made = [
        Segment(i, 0, 9, "x", (Word("", "x", 0, 4, None), Word("", "y", 4, 9, None)), None)
        for i in ("g1", "g2")
    ]
    assert [w.id for s in numbered(made) for w in s.words] == [
        "w00001",
        "w00002",
        "w00003",
        "w00004",
    ]


def test_phonemes_that_the_model_knows_are_its_tokens() -> None:
    tokens = {"d͡ʒ": 1, "d": 2, "ʒ": 3, "ʌ": 4, "ː": 5}
    assert known_phonemes("ˈd͡ʒʌːdʒX", tokens) == [1, 4, 2, 3]


def test_espeak_says_words_numbers_and_foreign_words() -> None:
    assert phonemes("sense", "en-us") == "sˈɛns"
    assert phonemes("25", "hi") == "pˈʌcːis"
    assert phonemes("घर", "hi") == "ɡʰˈʌɾ"
    assert "(" not in phonemes("hello", "hi")
    assert voice("en") == "en-us" and voice("xx") is None and voice("ja") is None


def test_numbers_are_spelled_out_where_the_language_is_known() -> None:
    assert spelled_out("25th", "en") == "twenty-fiveth"
    assert spelled_out("२५", "xx") == "२५"
    assert spelled_out("1947", "hi") == "एक हज़ार नौ सौ सैंतालीस"
    assert spelled_out("२५", "hi") == "पच्चीस" and spelled_out("007", "ta") == "ஏழு"
    assert spelled_out("100000", "mr") == "एक लाख"
    assert spelled_out("12345678901", "ur").split()[:3] == ["ایک", "دو", "تین"]


def test_the_best_aligner_is_the_first() -> None:
    assert choose("hi", "auto", {}) == [Choice("phonemes"), Choice("attention")]
    assert choose("hi", "auto", {"hi": "w2v", "mms": "mms-fa"}) == [
        Choice("wav2vec2", "w2v"),
        Choice("phonemes"),
        Choice("mms", "mms-fa"),
        Choice("attention"),
    ]
    assert choose("ja", "auto", {}) == [Choice("attention")]
    assert choose("hi", "attention", {}) == [Choice("attention")]


def test_an_aligner_that_cannot_serve_is_an_error() -> None:
    with pytest.raises(Problem, match=r"alignment\.aligner is mms, which can't serve hi"):
        choose("hi", "mms", {})


def test_the_phoneme_model_hears_sound_in_frames_of_20_ms() -> None:
    aligner = Phonemes("hi")
    heard = aligner.emissions(np.zeros(16_000, np.float32))
    assert heard.shape[1] == 191 and abs(len(heard) - 50) <= 1
    assert np.allclose(np.exp(heard).sum(axis=1), 1, atol=1e-4)
    assert len(aligner.tokens("घर")) == 3 and aligner.tokens("।") == []


def test_a_transcript_is_named_by_the_aligner_that_served_most_segments() -> None:
    by = ["phonemes", "attention", "attention", None]
    made = [Segment(f"g{n}", 0, 1, "", (), None, aligner=name) for n, name in enumerate(by)]
    assert served(made) == {"phonemes": 1, "attention": 2}
    assert timing(made) == "attention" and timing(made[3:]) == timing([]) == "none"
