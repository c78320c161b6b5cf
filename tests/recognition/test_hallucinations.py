"""Tokens that a recogniser may not write, and texts that are rejected as invented."""

from dataclasses import replace
from typing import Any

import pytest

from subtitling.documents import Region
from subtitling.recognition.chunking import Chunk, Recognition
from subtitling.recognition.hallucinations import (
    HallucinationOptions,
    accepted,
    doubts,
    most_repeats,
    repeating,
)
from subtitling.recognition.language_diarization import chunk_language
from subtitling.recognition.passes import runs_by_language
from subtitling.recognition.script_guard import forbidden, scripts, token_bytes
from subtitling.recognition.whisper import Setting, ladder
from subtitling.text.cleaning import without_orphans


def test_languages_that_are_confused_are_held_to_their_script() -> None:
    assert scripts("hi", "auto", latin=False) == ("Deva",)
    assert scripts("ur", "auto", latin=True) == ("Arab", "Latn")
    assert scripts("pa", "auto", latin=False) == ("Guru",)
    assert scripts("en", "auto", latin=False) == scripts("hi", "as-heard", latin=False) == ()
    assert scripts("sr", "Cyrl", latin=False) == ("Cyrl",)


@pytest.mark.parametrize(
    ("token", "allowed"),
    [
        ("न".encode(), True),
        (" न".encode(), True),
        (b"abc", False),
        ("م".encode(), False),
        (b"12, ", True),
        ("।".encode(), True),
        (b"\xe0\xa4", True),  # begins a letter of Devanagari
        (b"\xe0", True),  # may begin one
        (b"\xd9", False),  # begins a letter of Arabic
        (b"\xa4\xa8", True),  # ends a letter begun before
        ("न".encode() + b"\xe0\xa6", False),  # goes on in Bengali
        ("\u064b".encode(), False),  # a vowel sign that Arabic shares with Syriac
    ],
)
def test_a_token_is_forbidden_where_no_letter_of_the_script_can_come_of_it(
    token: bytes, allowed: bool
) -> None:
    assert forbidden([token], ("Deva",)) == ([] if allowed else [0])


def test_tokens_spell_bytes_as_gpt2_does() -> None:
    assert token_bytes(["Ġthe", "à¤¨"]) == [b" the", "न".encode()]


def test_marks_that_sit_on_no_letter_are_dropped() -> None:
    assert without_orphans("ू़ माके ् की॒ 4ि") == "माके की॒ 4ि"


DOUBTING = HallucinationOptions(
    min_score=0.37, max_no_speech=0.6, max_compression=2.4, max_repeats=3, max_repeats_sung=6,
    max_letters_per_s=35, min_letters_per_s=2,
)  # fmt: skip


def heard(
    text: str, score: float = 0.8, no_speech: float = 0.1, compression: float = 1.2
) -> Recognition:
    return Recognition(text, score, no_speech, compression)


@pytest.mark.parametrize("text", ["No.", "OK", "हाँ", "जी", "नहीं नहीं नहीं", "Thank you."])
def test_short_answers_are_words_however_improbable(text: str) -> None:
    assert doubts(heard(text), 900, False, DOUBTING) == ()
    if text != "Thank you.":
        assert doubts(heard(text, 0.1, 0.9, 3.0), 900, False, DOUBTING) == ()


def test_one_weak_sign_is_not_enough_and_two_are() -> None:
    text = "we shall see what comes"
    assert doubts(heard(text, score=0.2), 2000, False, DOUBTING) == ()
    assert doubts(heard(text, 0.2, 0.7), 2000, False, DOUBTING) == (
        "improbable: score 0.2, no speech 0.7",
    )


def test_an_artefact_is_one_only_in_acoustic_doubt() -> None:
    assert doubts(heard("Thanks for watching!"), 2000, False, DOUBTING) == ()
    assert doubts(heard("Thanks for watching!", 0.3), 2000, False, DOUBTING) == (
        "artefact: score 0.3",
    )


def test_a_loop_is_longer_in_a_song() -> None:
    text = "la la la la la"
    assert doubts(heard(text), 3000, False, DOUBTING) == ("loop: 5 times the same",)
    assert doubts(heard(text), 3000, True, DOUBTING) == ()


def test_no_mouth_is_that_fast_and_slow_speech_is_heard_again() -> None:
    assert doubts(heard("once upon a time there was"), 500, False, DOUBTING) == (
        "too fast: 42 letters a second",
    )
    assert doubts(heard("yes"), 9000, False, DOUBTING) == ("slow: 0.3 letters a second",)
    assert doubts(heard(""), 9000, False, DOUBTING) == ("slow: no words",)
    assert doubts(heard("» » »"), 900, False, DOUBTING) == ("no letters",)
    assert doubts(heard(""), 900, False, DOUBTING) == ()


@pytest.mark.parametrize(
    ("words", "times"), [("", 0), ("a", 1), ("a b a b a b", 3), ("x a a a a y", 4), ("a b c a", 1)]
)
def test_repeats_are_counted_in_words_and_in_phrases(words: str, times: int) -> None:
    assert most_repeats(words.split()) == times


def test_a_text_that_its_neighbours_repeat_is_a_loop_but_for_the_first() -> None:
    same = "so it goes on"
    assert repeating([same, same, "So it goes on!", same, "other"], 3) == [
        False, True, True, True, False,
    ]  # fmt: skip
    assert repeating([same, same, same], 3) == [False] * 3
    assert repeating(["no"] * 9, 3) == [False] * 9


def chunk(*regions: tuple[int, int]) -> Chunk:
    made = tuple(Region(f"r{start}", start, end, 1.0) for start, end in regions)
    return Chunk(made[0].start_ms, made[-1].end_ms, made)


def heard_by(
    *answers: dict[int, list[tuple[int, Recognition]]],
) -> tuple[list[Any], list[list[int]]]:
    """Ways of hearing that know in what parts they hear what, and what each was asked for."""
    asked: list[list[int]] = [[] for _ in answers]

    def way(number: int) -> Any:
        def hear(some: Any) -> list[Any]:
            asked[number] += [c.start_ms for c in some]
            return [
                [(chunk((start, c.end_ms)), heard) for start, heard in answers[number][c.start_ms]]
                for c in some
            ]

        return hear

    return [way(n) for n in range(len(answers))], asked


LOOP = heard("on and on and on and on and on")


def test_a_doubtful_chunk_is_heard_again_in_parts_and_only_what_stays_in_doubt_goes() -> None:
    ways, asked = heard_by(
        {0: [(0, heard("a good line"))], 2000: [(2000, LOOP)]},
        {2000: [(2000, heard("it goes on")), (5000, LOOP)]},
        {5000: [(5000, LOOP)]},
    )
    result = accepted([chunk((0, 1000)), chunk((2000, 7000))], ways, [], DOUBTING)
    assert asked == [[0, 2000], [2000], [5000]]
    assert [(c.start_ms, h.text) for c, h in result.pairs] == [
        (0, "a good line"),
        (2000, "it goes on"),
        (5000, ""),
    ]
    assert result.ways == [0, 1, 2]
    assert [(r.start_ms, r.text, r.reasons, r.regions) for r in result.removed] == [
        (5000, LOOP.text, ("loop: 4 times the same",), ("r5000",))
    ]


def test_a_call_that_is_heard_again_and_again_stays_unless_its_sound_is_in_doubt() -> None:
    call = heard("Long live the king!", 0.9, 0.01)
    chunks = [chunk((1000 * n, 1000 * n + 900)) for n in range(8)]
    ways, asked = heard_by({c.start_ms: [(c.start_ms, call)] for c in chunks}, {}, {})
    result = accepted(chunks, ways, [], DOUBTING)
    assert [h.text for _, h in result.pairs] == [call.text] * 8
    assert result.removed == [] and asked[1:] == [[], []]
    unsure = replace(call, no_speech=0.7)
    rounds = [{c.start_ms: [(c.start_ms, unsure)] for c in chunks}] * 2
    ways, _ = heard_by(*rounds)
    result = accepted(chunks, ways, [], DOUBTING)
    assert [r.start_ms for r in result.removed] == [c.start_ms for c in chunks[1:]]
    assert result.removed[0].reasons == (
        "loop: the same as the texts before it, no speech 0.7",
    )  # fmt: skip


def test_what_no_later_way_has_anything_to_add_to_goes_as_it_was_heard() -> None:
    ways, _ = heard_by({0: [(0, LOOP)]}, {0: []})
    result = accepted([chunk((0, 3000))], ways, [], DOUBTING)
    assert result.ways == [0] and [r.text for r in result.removed] == [LOOP.text]


def test_a_last_way_of_hearing_is_tried_before_anything_goes() -> None:
    urdu = heard("وہ دہلی میں کام کرتا ہے")
    ways, asked = heard_by({0: [(0, heard("» »"))]}, {0: [(0, heard("» »"))]}, {0: [(0, urdu)]})
    result = accepted([chunk((0, 3000))], ways, [], DOUBTING)
    assert asked == [[0], [0], [0]] and result.ways == [2] and result.removed == []
    assert [h.text for _, h in result.pairs] == [urdu.text]


def test_a_slow_chunk_keeps_the_hearing_that_found_much_more_and_never_goes() -> None:
    ways, asked = heard_by(
        {0: [(0, heard("yes she is"))]},
        {0: [(0, heard("yes she was"))]},
        {0: [(0, heard("yes, she is here"))]},
        {},
    )
    result = accepted([chunk((0, 9000))], ways, [], DOUBTING)
    assert [h.text for _, h in result.pairs] == ["yes, she is here"] and result.removed == []
    assert asked == [[0], [0], [0], []] and result.ways == [2]


def test_neighbours_in_one_language_are_heard_together() -> None:
    regions = [chunk((0, 900)), chunk((1000, 1900)), chunk((2000, 2900)), chunk((3000, 3900))]
    runs = runs_by_language(regions, ["en", "en", "hi", "en"])
    assert [(c.start_ms, c.end_ms, [r.id for r in c.regions], t) for c, t in runs] == [
        (0, 1900, ["r0", "r1000"], "en"),
        (2000, 2900, ["r2000"], "hi"),
        (3000, 3900, ["r3000"], "en"),
    ]


def test_another_language_is_believed_only_where_the_model_is_sure() -> None:
    others = ["en", "ta"]
    assert chunk_language({"hi": 0.1, "en": 0.85}, "hi", others, 0.8) == "en"
    assert chunk_language({"hi": 0.2, "en": 0.5, "ta": 0.2}, "hi", others, 0.8) == "hi"
    assert chunk_language({"ur": 0.9, "hi": 0.05}, "hi", others, 0.8) == "hi"
    assert chunk_language({"fr": 1.0}, "hi", [], 0.8) == "hi"
    assert chunk_language({"fr": 0.9, "ur": 1.0}, "hi", "auto", 0.8) == "fr"


def test_out_of_memory_the_batch_is_halved_then_the_precision_then_the_device() -> None:
    steps = ladder(Setting("cuda", "float16", 4))
    assert [(step.device, step.precision, step.batch) for step in steps] == [
        ("cuda", "float16", 4), ("cuda", "float16", 2), ("cuda", "float16", 1),
        ("cuda", "int8", 1), ("cpu", "int8", 1),
    ]  # fmt: skip
    assert ladder(Setting("cpu", "int8", 2)) == [
        Setting("cpu", "int8", 2),
        Setting("cpu", "int8", 1),
    ]
