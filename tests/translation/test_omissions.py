"""What a translator left out: when a translation is too short, and what completes it."""

from collections.abc import Mapping, Sequence

import pytest

from subtitling.documents import Word
from subtitling.text.sentences import Sentence
from subtitling.translation.omissions import (
    Loss,
    completed,
    completes,
    halved,
    letters,
    loss,
    lost_names,
    lost_numbers,
    usual_ratios,
)

LICENCE = (
    "Hiermit wird jeder Person die Erlaubnis erteilt, die Software zu benutzen, zu kopieren, zu "
    "ändern, zusammenzufügen, zu verlegen, zu verbreiten, zu unterlizenzieren und zu verkaufen."
)
SHORT = "Permission is hereby granted to use the software, to copy it, and to sell it."
WHOLE = (
    "Permission is hereby granted to any person to use the software, to copy, change, merge, "
    "publish, distribute, sublicense and sell it."
)


def sentence(text: str, pauses: Mapping[int, int] | None = None, name: str = "s1") -> Sentence:
    """A word in 400 ms of every 500; `pauses` are more ms before words, by their numbers."""
    words = []
    at = 0
    for n, part in enumerate(text.split()):
        at += (pauses or {}).get(n, 0)
        words.append(Word(f"w{n}", part, at, at + 400, 1.0))
        at += 500
    return Sentence(name, tuple(words), text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Guten Tag!", 8),
        ("नमस्ते", 5),  # nmste
        ("1947", 16),  # as much as it takes to say it
        ("No, no, no, no!", 2),
        ("Come here, come here. Now.", 11),
        ("", 0),
    ],
)
def test_lengths_are_those_of_speech_in_latin_letters(text: str, count: int) -> None:
    assert letters(text) == pytest.approx(count, abs=1)


def test_what_is_usual_is_the_films_own_the_more_the_longer_it_is() -> None:
    pair, short = ("a" * 40, "b" * 80), ("a" * 40, "b" * 4)
    assert usual_ratios({"s1": short}) == {"s1": 1}
    both = usual_ratios({"s1": short, "s2": pair})
    assert both == {"s1": pytest.approx(2 ** (1 / 9)), "s2": pytest.approx(0.1 ** (1 / 9))}
    film = {f"s{n}": pair for n in range(396)} | {f"t{n}": ("a", "b" * 50) for n in range(500)}
    assert {round(usual, 1) for usual in usual_ratios(film).values()} == {2.0}


def test_items_of_a_list_that_are_left_out_are_a_loss() -> None:
    assert loss(LICENCE, WHOLE, "de", 0.9) is None
    assert loss(LICENCE, SHORT, "de", 0.9) == Loss(0.45)
    assert str(loss(LICENCE, SHORT, "de", 0.9)) == "it has 45% of the length that is usual"


@pytest.mark.parametrize(
    ("source", "target", "language"),
    [
        ("Wer anderen eine Grube gräbt, fällt selbst hinein.", "Curses come home to roost.", "de"),
        ("नहीं, नहीं, नहीं, नहीं, नहीं, मैं वहाँ कभी नहीं जाऊँगा!", "No, I will never go there!", "hi"),
        ("Hurra, hurra, hurra, hurra, hurra, hurra, hurra!", "Hurray!", "de"),
        ("इस साल उन्नीस सौ सैंतालीस में भारत आज़ाद हुआ", "India became free in 1947.", "hi"),
        ("Der Bundesverfassungsgerichtspräsident kam.", "The president of the court came.", "de"),
        ("彼は昨日、東京から大阪まで行きました。", "He went to Osaka yesterday.", "ja"),
        ("Ja, ganz bestimmt.", "Yes.", "de"),
    ],
    ids=["proverb", "said again", "cheers", "a number in words", "a compound", "unspaced", "short"],
)  # fmt: skip
def test_what_is_only_shorter_is_no_loss(source: str, target: str, language: str) -> None:
    assert loss(source, target, language, 1.0) is None


def test_a_smaller_loss_is_one_where_a_number_or_a_name_is_lacking() -> None:
    source = "We met Uradredia in Bombay in the year 1947, when the trains did not go, in Poona."
    target = "Nós nos encontramos em Bombaim no ano em que os trens não andavam."
    lost = loss(source, target, "en", 1.0)
    assert lost and lost.items == ("1947", "Uradredia", "Poona")
    assert "and without 1947, Uradredia, Poona" in str(lost)
    assert lost_numbers("Am 28.12.2015 um 7 Uhr", "On 28 December 2015 at 7") == ["28.12.2015"]
    assert lost_numbers("रु. २५० में", "for 250 rupees") == []
    assert lost_numbers("5,000 Leute", "5 mil pessoas") == []


def test_a_name_in_another_spelling_is_there() -> None:
    assert lost_names("Then came Konstantin home.", "फिर कॉन्स्टेंटिन घर आया।", "en") == []
    assert lost_names("Dann kam die Baumarktkassiererin.", "Then she came.", "de") == []


def test_a_second_answer_counts_only_if_it_is_the_first_one_and_more() -> None:
    pair, usual = ("de", "en"), 0.9
    assert completes(LICENCE, SHORT, WHOLE, pair, usual)
    assert not completes(LICENCE, WHOLE, SHORT, pair, usual)
    another = "The house stood for years on the hill above our town, with five windows and no door."
    assert not completes(LICENCE, SHORT, another, pair, usual)
    assert not completes(LICENCE, SHORT, f"{WHOLE} {WHOLE}", pair, usual)


def test_a_sentence_is_cut_after_clauses_near_its_middle_and_by_sound_at_pauses() -> None:
    text = "Ich kam, und dann sah ich alle Leute im Haus, und ging wieder weg."
    assert [p.text for p in halved(sentence(text), "de", 1)] == [
        "Ich kam, und dann sah ich alle Leute im Haus,", "und ging wieder weg.",
    ]  # fmt: skip
    plain = "ich kam und dann sah ich alle Leute im Haus und ging wieder weg"
    assert len(halved(sentence(plain), "de", 2)) == 1
    paused = sentence(plain, {6: 300})
    assert [p.text for p in halved(paused, "de", 2, by_sound=True)] == [
        "ich kam und dann sah ich", "alle Leute im Haus und ging wieder weg",
    ]  # fmt: skip
    assert halved(paused, "de", 1) == [paused]


class Translator:
    """Answers a sentence in so many pieces with a prepared text."""

    def __init__(self, *answers: Mapping[str, Sequence[str]]):
        self.answers = answers
        self.asked: list[dict[str, int]] = []

    def __call__(self, asked: Mapping[str, Sequence[Sentence]]) -> Mapping[str, Sequence[str]]:
        self.asked.append({i: len(pieces) for i, pieces in asked.items()})
        return self.answers[len(self.asked) - 1]


def test_what_was_left_out_is_asked_for_in_two_pieces_and_then_in_four() -> None:
    units = {"s1": sentence(LICENCE), "s2": sentence("Guten Tag.", name="s2")}
    texts = {"s1": SHORT, "s2": "Hello."}
    head = "Permission is hereby granted to use the software, to copy it, change it, merge it,"
    halves = Translator({"s1": [head, "to publish, distribute, sublicense and sell it."]})
    done = completed(units, texts, ("de", "en"), halves)
    assert (list(done.texts), done.incomplete, halves.asked) == (["s1"], {}, [{"s1": 2}])
    never = Translator({"s1": ["Permission is hereby granted,", "to sell it."]}, {})
    done = completed(units, texts, ("de", "en"), never)
    assert (done.texts, list(done.incomplete)) == ({}, ["s1"])
    assert [asked["s1"] for asked in never.asked] == [2, 4]


def test_where_nothing_is_lacking_nothing_is_asked() -> None:
    units = {"s1": sentence(LICENCE), "s2": sentence("Guten Tag.", name="s2")}
    nobody = Translator()
    done = completed(units, {"s1": WHOLE, "s2": "Hello."}, ("de", "en"), nobody)
    assert (done.texts, done.incomplete, nobody.asked) == ({}, {}, [])
