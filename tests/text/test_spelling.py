"""Comparison of spellings."""

import pytest

from subtitling.text.spelling import foreign, plain, script, sound, tokens


@pytest.mark.parametrize(
    "spellings",
    [
        ["Shahrukh", "SHAHRUKH", "shahrukh"],
        ["हिन्दी", "हिंदी"],
        ["चम्पा", "चंपा"],
        ["हँसी", "हंसी"],
        ["ज़ुबैर", "जुबैर", "\u095bुबैर"],
        ["क्षमा", "क्\u200dषमा"],
        ["Penélope", "Penelope", "Pene\u0301lope"],
    ],
)
def test_what_writers_vary_counts_for_nothing(spellings: list[str]) -> None:
    assert len({plain(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("कमल", "कमाल"), ("दिन", "दीन"), ("जन्म", "जंम"), ("बड़ा", "बडी"), ("Mohan", "Mohen")],
)
def test_other_words_stay_other_words(one: str, other: str) -> None:
    assert plain(one) != plain(other)


@pytest.mark.parametrize(
    "spellings",
    [
        ["ShahRukh", "Shahrukh", "शाहरुख", "शाहरुख़", "ਸ਼ਾਹਰੁਖ", "শাহরুখ"],
        ["Basanti", "Basantee", "बसंती", "बसन्ती"],
        ["Veeru", "Viru", "Weeru", "वीरू"],
        ["Thakur", "Thakoor", "ठाकुर"],
        ["Lakshmi", "Laxmi", "लक्ष्मी"],
        ["Zubair", "Zubeir", "Jubair", "ज़ुबैर"],
        ["Farhan", "Pharhan", "फ़रहान"],
        ["Singh", "सिंह"],
        ["Krishna", "कृष्ण", "कृष्णा"],
    ],
)
def test_romanizations_of_a_name_sound_alike(spellings: list[str]) -> None:
    assert len({sound(spelling) for spelling in spellings}) == 1, list(map(sound, spellings))


def test_names_that_differ_sound_different() -> None:
    names = ["Mohan", "Mohini", "Meena", "Mona", "Ram", "Rahim", "Rohit", "Raj", "Vijay", "Ajay"]
    assert len({sound(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("text", "code"),
    [("Jai", "Latn"), ("जय", "Deva"), ("جے", "Arab"), ("ஜெய்", "Taml"), ("王", "Hani"),
     ("7", "Zyyy"), ("Jai जय हो", "Deva")],
)  # fmt: skip
def test_a_text_has_the_script_of_most_of_its_letters(text: str, code: str) -> None:
    assert script(text) == code


def test_words_keep_their_marks_and_part_at_apostrophes() -> None:
    words = tokens("Jai's माँ, फ़िल्म-वाला!")
    assert [token.text for token in words] == ["Jai", "s", "माँ", "फ़िल्म", "वाला"]
    assert [(t.start, t.end) for t in words][:2] == [(0, 3), (4, 5)]


@pytest.mark.parametrize(
    ("text", "language", "is_foreign"),
    [
        ("he went", "en", False),
        ("he went", "hi", True),
        ("वह गया", "hi", False),
        ("وہ گیا", "hi", True),
        ("…", "hi", False),
        ("彼は行った", "ja", False),
        ("カメラ", "ja", False),
        ("他走了", "zh", False),
        ("그는 갔다", "ko", False),
    ],
)
def test_a_text_is_foreign_in_another_script_than_its_languages(
    text: str, language: str, is_foreign: bool
) -> None:
    assert foreign(text, language) is is_foreign
