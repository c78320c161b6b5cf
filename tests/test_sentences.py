"""Sentences from words."""

import pytest

from subtitling.model import Word
from subtitling.sentences import Options, Sentence, ends_clause, ends_sentence, sentences

OPTIONS = Options(max_pause_ms=1000, max_duration_ms=10_000)


def words(*timed: tuple[str, int, int]) -> list[Word]:
    return [Word(f"w{n}", text, start, end, 1.0) for n, (text, start, end) in enumerate(timed, 1)]


def texts(found: list[Sentence]) -> list[str]:
    return [sentence.text for sentence in found]


def test_a_full_stop_ends_a_sentence_across_segments() -> None:
    said = words(("It", 0, 100), ("was.", 100, 300), ("Then", 310, 500), ("not.", 500, 700))
    found = sentences(said, "en", OPTIONS)
    assert texts(found) == ["It was.", "Then not."]
    assert [[w.id for w in s.words] for s in found] == [["w1", "w2"], ["w3", "w4"]]
    assert [s.id for s in found] == ["s00001", "s00002"]


def test_a_long_pause_ends_a_sentence_without_a_full_stop() -> None:
    said = words(("जी", 0, 300), ("हाँ", 1301, 1600))
    assert texts(sentences(said, "hi", OPTIONS)) == ["जी", "हाँ"]
    assert texts(sentences(words(("जी", 0, 300), ("हाँ", 1300, 1600)), "hi", OPTIONS)) == ["जी हाँ"]


def test_after_a_comma_half_the_pause_is_enough() -> None:
    said = words(("one,", 0, 300), ("two,", 801, 900), ("three", 1400, 1600))
    assert texts(sentences(said, "en", OPTIONS)) == ["one,", "two, three"]


def test_what_is_too_long_is_divided_at_its_longest_pause() -> None:
    said = words(("a", 0, 4000), ("b", 4100, 6000), ("c", 6500, 11_000))
    assert texts(sentences(said, "en", OPTIONS)) == ["a b", "c"]


def test_languages_without_spaces_are_joined_without() -> None:
    assert texts(sentences(words(("今日", 0, 100), ("は。", 100, 200)), "ja", OPTIONS)) == [
        "今日は。"
    ]


def test_no_words_make_no_sentences() -> None:
    assert sentences([], "en", OPTIONS) == []


@pytest.mark.parametrize("text", ["times.", "है।", "what?!", "«fin.»", "رہا۔", "end…", "好。"])
def test_these_end_a_sentence(text: str) -> None:
    assert ends_sentence(text)


@pytest.mark.parametrize("text", ["Mr.", "J.", "short,", "word", "डॉ.", "3"])
def test_these_do_not_end_a_sentence(text: str) -> None:
    assert not ends_sentence(text)


def test_clause_ends() -> None:
    assert ends_clause("short,") and ends_clause("way—") and not ends_clause("way.")
