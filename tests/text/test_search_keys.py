"""Words are found in every spelling that people use for them."""

import pytest

from subtitling.text import search_keys


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("ज़िंदगी", "जिंदगी ज़िन्दगी जिन्दगी zindagi jindagee zindgi Zindagī"),
        ("कितने", "kitne kitney"),
        ("आदमी", "aadmi admi"),
        ("क्यों", "kyon kyun kyu"),
        ("बड़ा", "बडा bada bara badaa"),
        ("हूँ", "हूं hoon hun hu"),
        ("में", "mein main me"),
        ("नहीं", "nahin nahi nahii"),
        ("यह", "yeh ye yah"),
        ("अच्छा", "achha accha acha achchha"),
        ("बहुत", "bahut bohot"),
        ("फ़िल्म", "फिल्म film philm"),
        ("ख़ुशी", "खुशी khushi"),
        ("शोले", "sholay shole sholey"),
        ("Москва", "moskva Moskwa"),
    ],
)
def test_all_these_ways_to_type_a_word_lead_to_it(text: str, typed: str) -> None:
    for way in typed.split():
        same = search_keys.written(way) == search_keys.written(text)
        assert same or search_keys.sounds(text) in search_keys.asked(way), way


@pytest.mark.parametrize(
    ("one", "other"), [("चाय", "गाय"), ("दिल", "दिन"), ("रात", "बात"), ("माँ", "पिता")]
)
def test_other_words_have_other_keys(one: str, other: str) -> None:
    assert search_keys.sounds(one) not in search_keys.asked(other)
    assert search_keys.written(one) != search_keys.written(other)


def test_writing_differs_in_nothing_that_one_would_not_type() -> None:
    assert search_keys.written("Don’t go, ÉRIC — १२!") == ["dont", "go", "eric", "12"]
    assert search_keys.written("東京へ") == ["東", "京", "へ"]
    assert search_keys.written('" -- ♪') == []


def test_a_long_question_has_few_ways() -> None:
    assert len(search_keys.asked("main " * 40)) == 16
