"""Transliteration by rule: between Brahmic scripts, and Serbian in both of its own."""

import pytest

from subtitling.text import serbian, wordlist
from subtitling.text.brahmic import SCRIPTS, rewrite


@pytest.mark.parametrize(
    ("word", "source", "target", "written"),
    [
        ("संबंध", "Deva", "Beng", "সম্বন্ধ"),  # the nasal sign as the nasal of its class
        ("समय", "Deva", "Beng", "সময়"),  # y between vowels has a sign of its own
        ("पंजाबी", "Deva", "Guru", "ਪੰਜਾਬੀ"),  # tippi
        ("नहीं", "Deva", "Guru", "ਨਹੀਂ"),  # bindi
        ("पक्का", "Deva", "Guru", "ਪੱਕਾ"),  # addak
        ("ਪੱਕਾ", "Guru", "Deva", "पक्का"),
        ("पढ़ाई", "Deva", "Guru", "ਪੜ੍ਹਾਈ"),
        ("भारत", "Deva", "Taml", "பாரத"),  # Tamil writes no breath and no voice
        ("मानव", "Deva", "Knda", "ಮಾನವ"),
        ("ज़िंदगी", "Deva", "Telu", "జిందగీ"),  # no dot below there
        ("நான்", "Taml", "Mlym", "നാൻ"),  # a last n without a vowel is a letter of its own
        ("ന്റെ", "Mlym", "Deva", "न्ऱॆ"),
        ("வாழ்க", "Taml", "Mlym", "വാഴ്ക"),
        ("ইয়ার", "Beng", "Deva", "इय़ार"),
    ],
)
def test_one_script_of_india_in_another(word: str, source: str, target: str, written: str) -> None:
    assert rewrite(word, source, target) == written


@pytest.mark.parametrize(
    ("word", "target", "written"),
    [
        ("kya", "Deva", "क्या"),
        ("sundar", "Deva", "सुंदर"),
        ("pakka", "Guru", "ਪੱਕਾ"),
        ("kém", "Gujr", "કેમ"),  # the recogniser's accents are no letters
        ("mūrti", "Gujr", "મૂરતી"),
        ("sobar", "Beng", "সবার"),  # Bengali's unwritten vowel is an o
        ("namaste", "Telu", "నమస్తే"),  # no vowel is left out in the south
        ("avan", "Mlym", "അവൻ"),
        ("mathu", "Knda", "ಮತು"),
    ],
)
def test_latin_letters_as_people_write_their_language(word: str, target: str, written: str) -> None:
    assert rewrite(word, "Latn", target) == written


@pytest.mark.parametrize("script", sorted(SCRIPTS - {"Deva"}))
def test_a_script_comes_back_from_devanagari(script: str) -> None:
    words = {
        "Beng": "মানুষের অধিকার", "Guru": "ਮਨੁੱਖੀ ਅਧਿਕਾਰਾਂ", "Gujr": "માનવ અધિકારો",
        "Orya": "ମାନବ ଅଧିକାର", "Taml": "மனித உரிமைகள் ஒவ்வொரு", "Telu": "మానవ హక్కుల ప్రకటన",
        "Knda": "ಮಾನವ ಹಕ್ಕುಗಳ ಘೋಷಣೆ", "Mlym": "മനുഷ്യാവകാശങ്ങൾ എല്ലാവരും",
    }[script].split()  # fmt: skip
    assert [rewrite(rewrite(w, script, "Deva"), "Deva", script) for w in words] == words


def test_a_script_that_is_none_of_them_is_an_error() -> None:
    with pytest.raises(KeyError):
        rewrite("слово", "Cyrl", "Deva")


def test_a_listed_word_that_sounds_the_same_counts() -> None:
    assert wordlist.has("bn") and wordlist.has("ta")
    assert not any(wordlist.has(code) for code in ("te", "or", "en", "ur"))
    assert wordlist.nearest("আমাদর", "bn") == "আমাদের"
    assert wordlist.nearest("মানুষ", "bn") == "মানুষ"
    assert wordlist.nearest("তমাকে", "bn") == "তোমাকে"  # and not তাকে, which has no m
    assert wordlist.nearest("ঝঝঝঝঝ", "bn") == "ঝঝঝঝঝ"


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [("Љубав", "Ljubav"), ("ЊЕГОШ", "NJEGOŠ"), ("џеп", "džep"), ("Ђорђе", "Đorđe"), ("к2", "k2")],
)
def test_serbian_both_ways(cyrillic: str, latin: str) -> None:
    assert serbian.latin(cyrillic) == latin
    assert serbian.cyrillic(latin) == cyrillic
