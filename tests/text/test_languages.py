"""Tags of languages, and what follows from them."""

import pytest

from subtitling.text import languages, tag_formats
from subtitling.text.break_points import joints
from subtitling.text.languages import meant
from subtitling.text.numbers import written
from subtitling.text.romanization import base, writer


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("hi", "hi"), ("hin", "hi"), ("Hindi", "hi"), ("हिन्दी", "hi"), ("HI", "hi"),
        ("por", "pt"), ("cmn", "zh"), ("mai", "mai"), ("ori", "or"), ("tam", "ta"),
        ("fil", "fil"), ("bho", "bho"), ("sat", "sat"), ("mni", "mni"), ("doi", "doi"),
        ("pt-BR", "pt-BR"), ("pt_br", "pt-BR"), ("por-BR", "pt-BR"), ("es-419", "es-419"),
        ("zh-Hant", "zh-Hant"), ("zh-hant-tw", "zh-Hant-TW"), ("sr-Latn", "sr-Latn"),
        ("hi-Latn", "hi-Latn"), ("hin-Latn", "hi-Latn"), ("hi-IN", "hi-IN"), ("nb", "nb"),
        # What the registry has another tag for, and the script that a language has anyway.
        ("iw", "he"), ("tl", "fil"), ("sh", "sr-Latn"), ("en-UK", "en-GB"), ("hi-Deva", "hi"),
        # Variants, extensions and private use say nothing here.
        ("de-1996", "de"), ("en-x-foo", "en"), ("en-US-u-ca-gregory", "en-US"), ("en-XX", "en"),
        ("Brazilian Portuguese", "pt-BR"), ("Simplified Chinese", "zh-Hans"),
        ("xx", None), ("zzz", None), ("Englsh", None), ("", None), ("und", None), ("mul", None),
        ("zxx", None), ("\0enen", None), ("qaa", None), ("pt-", None), ("a-b", None),
    ],
)  # fmt: skip
def test_languages_are_understood_by_name_and_by_any_code(text: str, tag: str | None) -> None:
    assert meant(text) == tag
    wrong = languages.fault(text)
    assert (wrong is None) == (text == tag)
    assert tag is None or wrong is None or f"write {tag} for " in wrong


@pytest.mark.parametrize(
    ("text", "form", "wrong"),
    [
        ("auto", "tag|auto", None), ("auto", "tag", "'auto' is the code of no language"),
        ("*-zh-Hant", "pair", None), ("pt-BR-en", "pair", None), ("en-es-419", "pair", None),
        ("zh-Hant-sr-Latn", "pair", None), ("mai-en-GB", "pair", None),
        ("Hindi-en", "pair", "write hi-en"), ("en", "pair", "no pair of languages"),
        ("pt-BR-songs", "track", None), ("hi-Latn", "track", None), ("en-forced", "track", None),
        ("por-songs", "track", "write pt for Portuguese"),
    ],
)  # fmt: skip
def test_a_text_is_of_a_format_or_corrected(text: str, form: str, wrong: str | None) -> None:
    assert (tag_formats.fault(text, form) is None) == (wrong is None)
    assert wrong is None or wrong in str(tag_formats.fault(text, form))


def test_both_tags_of_a_pair_are_told_apart() -> None:
    assert languages.pair("en-pt-BR") == ("en", "pt-BR")
    assert languages.pair("zh-Hant-TW-sr-Latn") == ("zh-Hant-TW", "sr-Latn")
    assert languages.pair("*-es-419") == ("*", "es-419")
    with pytest.raises(ValueError, match="no pair"):
        languages.pair("en")


@pytest.mark.parametrize(
    ("tag", "tags"),
    [
        ("pt", ("pt", "pt-Latn")), ("pt-BR", ("pt-BR", "pt-Latn", "pt")),
        ("zh-TW", ("zh-TW", "zh-Hant")), ("zh-CN", ("zh-CN", "zh-Hans", "zh")),
        ("hi-Latn", ("hi-Latn",)), ("es-419", ("es-419", "es-Latn", "es")),
        ("pt-BR-songs", ("pt-BR", "pt-Latn", "pt")),
    ],
)  # fmt: skip
def test_a_broader_tag_is_of_the_same_script(tag: str, tags: tuple[str, ...]) -> None:
    assert languages.broader(tag) == tags


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("pt", "pt-BR", True), ("pt-PT", "pt-BR", True), ("no", "nb", True), ("tl", "fil", True),
        ("zh", "zh-CN", True), ("zh", "zh-Hant", False), ("zh-TW", "zh-Hant", True),
        ("sr", "sr-Latn", False), ("no", "nn", False), ("hr", "sr-Latn", False),
        ("hi", "ur", False), ("lb", "de", False), ("auto", "en", False),
    ],
)  # fmt: skip
def test_words_serve_for_another_tag_in_the_same_script(one: str, other: str, same: bool) -> None:
    assert languages.same_words(one, other) is languages.same_words(other, one) is same


@pytest.mark.parametrize(
    ("track", "tag", "own", "english", "three", "words"),
    [
        ("hi", "hi", "हिन्दी", "Hindi", "hin", "hi"),
        ("hi-Latn", "hi-Latn", "Hindi (romanized)", "Hindi (Latin)", "hin", "hi"),
        ("pt-BR", "pt-BR", "Português (Brasil)", "Portuguese (Brazil)", "por", "pt-BR"),
        ("zh-TW", "zh-TW", "中文（台灣）", "Chinese (Taiwan)", "chi", "zh-TW"),
        ("sr-Latn", "sr-Latn", "Srpski (latinica)", "Serbian (Latin)", "srp", "sr"),
        ("sr-ME", "sr-ME", "Srpski (Crna Gora)", "Serbian (Montenegro)", "srp", "sr"),
        ("pt-songs", "pt", "Português (songs)", "Portuguese (songs)", "por", "pt"),
        ("en-forced", "en", "English (forced)", "English (forced)", "eng", "en"),
        ("hi-Latn-songs", "hi-Latn", "Hindi (romanized) (songs)", "Hindi (Latin) (songs)", "hin",
         "hi"),
    ],
)  # fmt: skip
def test_a_track_has_a_tag_names_and_words(
    track: str, tag: str, own: str, english: str, three: str, words: str
) -> None:
    assert (languages.written(track), languages.own_name(track)) == (tag, own)
    assert (languages.english_name(track), languages.three_letters(track)) == (english, three)
    assert base(track) == words
    assert languages.three_letters("de", "T") == "deu"


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("pt-BR", "por_Latn"), ("zh-Hant", "zho_Hant"), ("zh-TW", "zho_Hant"), ("zh", "zho_Hans"),
        ("fil", "tgl_Latn"), ("tl", "tgl_Latn"), ("fa-AF", "prs_Arab"), ("fa", "pes_Arab"),
        ("mni-Mtei", "mni_Mtei"), ("mni", "mni_Beng"), ("sat", "sat_Olck"), ("mai", "mai_Deva"),
    ],
)  # fmt: skip
def test_an_engine_knows_a_tag_by_its_language_and_script(tag: str, name: str) -> None:
    assert languages.flores(tag) == name


def test_serbian_and_hindi_are_written_in_latin_letters() -> None:
    assert writer("sr-Latn")("Љубав") == writer("sr-ME-forced")("Љубав") == "Ljubav"
    assert writer("hi-Latn-songs")("मोहन") == "mohan"
    assert writer("sr")("Љубав") == "Љубав"


@pytest.mark.parametrize(
    ("target", "number"),
    [("pt-BR", "1.234,5"), ("es", "1.234,5"), ("es-MX", "1,234.5"), ("de-AT", "1.234,5"),
     ("de-CH", "1,234.5"), ("en-GB", "1,234.5")],
)  # fmt: skip
def test_numbers_are_separated_as_in_the_region(target: str, number: str) -> None:
    assert written("1,234.5", "en", target) == number


def test_a_tag_of_a_language_has_its_sentences_and_phrases() -> None:
    words = ["O", "Sr.", "Silva", "chegou", "de", "Lisboa."]
    assert joints(words, "pt-BR") == joints(words, "pt")
    assert languages.join(["我", "們"], "zh-Hant") == "我們"
    assert joints(["今天", "天氣", "很好"], "zh-TW") == joints(["今天", "天氣", "很好"], "yue")
