"""Sentences from words."""

import pytest

from subtitling.documents import Word
from subtitling.text.sentences import (
    End,
    Sentence,
    SentenceOptions,
    end,
    ends_clause,
    ends_of,
    ends_sentence,
    pieces,
    sentences,
)

OPTIONS = SentenceOptions(max_pause_ms=1000, max_duration_ms=10_000)


def words(*timed: tuple[str, int, int]) -> list[Word]:
    return [Word(f"w{n}", text, start, end, 1.0) for n, (text, start, end) in enumerate(timed, 1)]


def texts(made: list[Sentence]) -> list[str]:
    return [sentence.text for sentence in made]


def test_a_full_stop_ends_a_sentence_across_segments() -> None:
    said = words(("It", 0, 100), ("was.", 100, 300), ("Then", 310, 500), ("not.", 500, 700))
    made = sentences(said, "en", OPTIONS)
    assert texts(made) == ["It was.", "Then not."]
    assert [[w.id for w in s.words] for s in made] == [["w1", "w2"], ["w3", "w4"]]
    assert [s.id for s in made] == ["s00001", "s00002"]


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


@pytest.mark.parametrize(
    ("word", "following", "language"),
    [
        ("Look...", "at", "en"),
        ("No…", "no!", "en"),
        ("I...", "I", "en"),
        ("Dê-me…", "água", "pt"),
        ("“Run!”", "and", "en"),
        ("(Why?)", "he", "en"),
        ("No.", "12", "en"),
        ("Fig.", "3", "en"),
        ("Bd.", "IV", "de"),
        ("Lt.", "Col.", "en"),
        ("Sgt.", "Lee", "en"),
        ("Sra.", "Costa", "pt"),
        ("Sr.", "Ramos", "es"),
        ("l'avv.", "Rossi", "it"),
        ("p.m.", "every", "en"),
        ("डॉ.", "शर्मा", "hi"),
        ("Mohd.", "Rafi", "en"),
        ("Sta.", "Rosa", "es"),
        ("EE.", "UU.", "es"),
        ("Mrd.", "Euro", "de"),
    ],
)
def test_a_sentence_goes_on(word: str, following: str, language: str) -> None:
    assert end(word, following, language) is not End.CERTAIN


@pytest.mark.parametrize(
    ("word", "following", "language"),
    [
        ("B.R.", "Chopra", "en"),
        ("J.", "Edgar", "en"),
        ("U.K.", "Parliament", "en"),
        ("ए.के.", "हंगल", "hi"),
        ("रु.", "500", "hi"),
        ("पं.", "रविशंकर", "hi"),
        ("ড.", "সেন", "bn"),
        ("Ravi...", "Are", "en"),
        ("रवि...", "क्या", "hi"),
        ("“भागो!”", "और", "hi"),
        ("3.", "Mai", "de"),
        ("Inc.", "Pune", "en"),
        ("Jr.", "Sharma", "en"),
        ("St.", "The", "en"),
        ("Bldg.", "7", "en"),
    ],
)
def test_where_the_words_alone_do_not_tell_a_pause_does(
    word: str, following: str, language: str
) -> None:
    assert end(word, following, language) is End.POSSIBLE
    near = words((word, 0, 300), (following, 400, 600))
    far = words((word, 0, 300), (following, 901, 1100))
    assert [len(sentences(said, language, OPTIONS)) for said in (near, far)] == [1, 2]


@pytest.mark.parametrize(
    ("word", "following", "language"),
    [
        ("p.m.", "He", "en"),
        ("U.K.", "The", "en"),
        ("No.", "I", "en"),
        ("Hmm.", "Maybe", "en"),
        ("TV.", "Ravi", "en"),
        ("Jr.", "He", "en"),
        ("What...?", "Nothing", "en"),
        ("thirty.", "Ravi", "en"),
        ("is.", "5", "en"),
        ("है.", "मोहन", "hi"),
        ("है।", "मोहन", "hi"),
        ("है।", "okay", "hi"),
        ("¿Qué?", "¡Nada!", "es"),
        ("“Go!”", "“No!”", "en"),
        ("“भागो!”", "“नहीं!”", "hi"),
        ("20.", "Ravi", "en"),
        ("Τι;", "Όχι", "el"),
    ],
)
def test_a_sentence_ends(word: str, following: str, language: str) -> None:
    assert end(word, following, language) is End.CERTAIN


@pytest.mark.parametrize(
    ("text", "language", "ends"),
    [
        ("Vraiment ? Oui !", "fr", [1, 3]),
        ("« Quoi ? » Il rit.", "fr", [3, 5]),
        ("« Quoi ? » dit-il.", "fr", [4]),
        ("वह गया । मैं आया ।", "hi", [2, 5]),
        ("रवि ... रवि ?", "hi", [3]),
    ],
)
def test_marks_apart_from_their_word_end_its_sentence(
    text: str, language: str, ends: list[int]
) -> None:
    judged = ends_of(text.split(), language)
    assert [n for n, one in enumerate(judged) if one is End.CERTAIN] == ends


def test_a_sentence_never_holds_two_languages_and_each_is_split_by_its_own_rules() -> None:
    said = words(
        ("Am", 0, 100), ("3.", 100, 200), ("Mai", 210, 300), ("He", 310, 400), ("went", 400, 500),
    )  # fmt: skip
    made = sentences(said, "en", OPTIONS, others={"w1": "de", "w2": "de", "w3": "de"})
    assert [(s.id, s.text, s.language) for s in made] == [
        ("s00001", "Am 3. Mai", "de"), ("s00002", "He went", None)
    ]  # fmt: skip
    assert len(sentences(said, "en", OPTIONS)) == 2  # in English, it ends with 3.


def test_a_dash_before_the_next_word_is_looked_through() -> None:
    said = words(("Why?", 0, 300), ("—", 310, 320), ("asked", 330, 600), ("Ravi.", 600, 900))
    assert len(sentences(said, "en", OPTIONS)) == 1


def test_a_text_without_spaces_is_cut_between_letters_where_it_is_too_long() -> None:
    assert pieces("これは長い、とても長い文です", 8, len) == ["これは長い、", "とても長い文です"]
    assert pieces("กำลังน้ำ", 4, len) == ["กำลั", "งน้ำ"]  # never before a mark
    assert pieces("n\u0303\u0301", 1, len) == ["n\u0303\u0301"]
    assert pieces("Donaudampfschiff fährt", 16, len) == ["Donaudampfschiff", "fährt"]
