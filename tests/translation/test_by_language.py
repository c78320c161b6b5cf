"""What is done with each sentence of a film that speaks several languages."""

from typing import Any

from subtitling.documents import Segment, Transcript, Word
from subtitling.text.sentences import Sentence
from subtitling.translation.by_language import Share, passed_on, shares, unserved, untouched
from subtitling.translation.through import composed, sentences


def sentence(number: int, language: str | None, text: str = "x") -> Sentence:
    word = Word(f"w{number}", text, number * 100, number * 100 + 90, 0.9)
    return Sentence(f"s{number}", (word,), text, language)


HINDI, ENGLISH, TAMIL = sentence(1, None), sentence(2, "en", "Come in."), sentence(3, "ta")


def row(engine: str, model: str | None, *languages: str) -> dict[str, Any]:
    return {"engine": engine, "model": model and {"name": model}, "languages": languages}


def test_the_targets_language_passes_through_and_what_nobody_serves_is_marked() -> None:
    made = untouched([HINDI, ENGLISH, TAMIL], "hi", "en", [])
    assert made.texts == {"s2": "Come in."}
    assert made.failed == {"s3": unserved("ta", "en")}
    assert untouched([HINDI, ENGLISH, TAMIL], "hi", "en", ["ta"]).failed == {}
    assert untouched([HINDI], "en", "en", []).texts == {"s1": "x"}


def test_each_engine_and_model_has_its_languages_the_films_own_first() -> None:
    beside = [row("whisper", "whisper-base", "ta", "te"), row("nllb", "nllb-600m", "en")]
    own, other = shares([ENGLISH, HINDI, TAMIL], "hi", ("nllb", "nllb-600m"), beside)
    assert own == Share("nllb", "nllb-600m", {"hi": [HINDI], "en": [ENGLISH]}, None)
    assert other == Share("whisper", "whisper-base", {"ta": [TAMIL]}, beside[0])
    assert shares([TAMIL], "hi", ("firefox", "f"), beside) == [other]


def test_in_two_steps_what_is_spoken_in_the_targets_language_stays_as_it_was_said() -> None:
    def words(first: int, *texts: str) -> tuple[Word, ...]:
        return tuple(
            Word(f"w{n:05d}", text, n * 100, n * 100 + 90, None)
            for n, text in enumerate(texts, first)
        )

    spoken = Transcript("hi", 0.9, "phonemes", (
        Segment("g1", 100, 190, "गया।", words(1, "गया।"), 0.9),
        Segment("g2", 200, 390, "Bom dia.", words(2, "Bom", "dia."), 0.9, language="pt"),
        Segment("g3", 400, 490, "Olá.", words(4, "Olá."), 0.9, language="pt"),
    ))  # fmt: skip
    english = Transcript("en", None, "estimated", (
        Segment("s1", 100, 190, "Gone.", words(1, "Gone."), None, source_words=("w00001",)),
        Segment("s2", 200, 390, "Good day.", words(2, "Good", "day."), None,
                source_words=("w00002", "w00003")),
        Segment("s3", 400, 490, "Olá.", words(4, "Olá."), None, source_words=("w00004",),
                untranslated="no words", language="pt"),
    ))  # fmt: skip
    assert passed_on(english, spoken, "pt") == {"s2": "Bom dia.", "s3": "Olá."}
    assert [(s.id, s.text, s.language) for s in sentences(english, spoken, "pt")] == [
        ("s1", "Gone.", None), ("s2", "Bom dia.", "pt")
    ]  # fmt: skip
    [own] = [s for s in composed((), english, "pt") if s.text == "Olá."]
    assert own.untranslated is None and own.language is None
    [foreign] = composed((), english, "fr")
    assert (foreign.untranslated, foreign.language) == ("no words", "pt")
