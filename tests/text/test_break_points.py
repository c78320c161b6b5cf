"""Break points of a text."""

import pytest

from subtitling.text.break_points import BreakPoint, joints

S, C, P, _, B = BreakPoint


def after(text: str, language: str) -> dict[str, BreakPoint]:
    """What stands after each word."""
    words = text.split()
    return dict(zip(words, joints(words, language), strict=True))


def test_nothing_has_no_joints():
    assert joints([], "en") == []


@pytest.mark.parametrize(
    ("text", "language", "bound"),
    [
        ("see the old house", "en", "the"),
        ("she has gone home", "en", "she has"),
        ("we didn't know", "en", "we didn't"),
        ("ask Mr. Holmes now", "en", "Mr."),
        ("with Mahatma Gandhi today", "en", "with Mahatma"),
        ("about 10 years later", "en", "about 10"),
        ("it took two hundred days", "en", "it two"),
        ("मोहन ने किताब पढ़ी थी आज", "hi", "मोहन पढ़ी"),
        ("घर के सामने में गया", "hi", "घर सामने में"),
        ("मोहन नहीं आया", "hi", "नहीं"),
        ("موہن نے کتاب پڑھی تھی آج", "hi", "موہن پڑھی"),
        ("vi a casa velha dele", "pt", "a"),
        ("das Haus ist alt", "de", "das"),
    ],
)
def test_small_words_names_and_numbers_bind(text: str, language: str, bound: str):
    binding = [word for word, joint in after(text, language).items() if joint is B]
    assert binding == bound.split()


def test_a_phrase_begins_before_conjunctions_and_prepositions():
    assert after("we stayed there because it rained", "en")["there"] is P
    assert after("वह घर आया क्योंकि बारिश थी", "hi")["आया"] is P


def test_an_object_may_end_a_phrase():
    assert after("I saw you in town", "en")["you"] is P
    assert after("what you saw there", "en")["you"] is B


def test_punctuation_ends_sentences_and_clauses():
    joint_after = after("Well, no. वह आया। कहाँ؟ here", "en")
    assert [joint_after[w] for w in ("Well,", "no.", "आया।", "कहाँ؟")] == [C, S, S, S]


def test_an_abbreviation_ends_no_sentence_and_a_plain_no_does():
    assert after("Dr. Rao came", "en")["Dr."] is B
    assert after("No. Never", "en")["No."] is S


def test_japanese_chinese_and_thai_phrases_come_from_budoux():
    for language, text, ends in [
        ("ja", "今日は天気がいいですね", {3, 6}),
        ("th", "วันนี้อากาศดีมาก", {6, 11, 13}),
    ]:
        break_points = joints(list(text), language)
        assert {n for n, joint in enumerate(break_points) if joint is P} >= {
            end - 1 for end in ends
        }
        assert B in break_points


def test_a_script_without_spaces_and_without_a_model_may_break_anywhere():
    assert joints(list("ខ្មែរ"), "km")[:-1] == [_] * 4
