"""The engine of each pair, and when the route is through English."""

from typing import Any

import pytest

from lineage.problem import Problem
from subtitling.documents import Segment, Transcript, Word
from subtitling.translation import through
from subtitling.translation.routes import Route, by_words, engine_for, of

ENGINES = {"*-en": "whisper", "en-pt": "firefox", "pt-en": "firefox"}
MODELS = {"en-pt": "a", "pt-en": "b"}


def configured(table: dict[str, str]) -> dict[str, Any]:
    return {
        "asr": {"engine": "whisper"},
        "translation": {"engines": table},
        "firefox": {"models": MODELS},
    }


def test_an_exact_pair_goes_before_any_source() -> None:
    assert engine_for(ENGINES, "hi", "en") == "whisper"
    assert engine_for(ENGINES, "pt", "en") == "firefox"


def test_a_language_not_known_yet_takes_the_only_engine_of_its_target() -> None:
    assert engine_for(ENGINES, "auto", "pt") == "firefox"
    assert engine_for(ENGINES, "auto", "en") == "whisper"


def test_a_pair_without_an_engine_is_named() -> None:
    with pytest.raises(Problem, match="no engine translates hi to ta"):
        engine_for(ENGINES, "hi", "ta")


@pytest.mark.parametrize(
    ("more", "source", "target", "route"),
    [
        ({}, "hi", "en", Route("whisper", "hi", through=False)),
        ({}, "en", "pt", Route("firefox", "en", through=False)),
        ({}, "hi", "pt", Route("firefox", "en", through=True)),
        # Only when it is heard is it known whether the one pair fits.
        ({}, "auto", "pt", Route("firefox", "en", through=True)),
        ({}, "auto", "en", Route("whisper", "auto", through=False)),
        # What is configured for the pair comes first, unless it can't.
        ({"hi-pt": "nllb"}, "hi", "pt", Route("nllb", "hi", through=False)),
        ({"*-pt": "endpoint"}, "auto", "pt", Route("endpoint", "auto", through=False)),
        ({"*-pt": "firefox"}, "hi", "pt", Route("firefox", "en", through=True)),
        ({"*-pt": "whisper"}, "hi", "pt", Route("firefox", "en", through=True)),
        ({"*-ta": "indictrans2"}, "hi", "ta", Route("indictrans2", "hi", through=False)),
        # A region's own row, then its language's; never a row of another script.
        ({}, "en", "pt-BR", Route("firefox", "en", through=False)),
        ({}, "hi", "pt-BR", Route("firefox", "en", through=True)),
        ({"en-pt-BR": "endpoint"}, "en", "pt-BR", Route("endpoint", "en", through=False)),
        ({"en-pt-BR": "endpoint"}, "en", "pt", Route("firefox", "en", through=False)),
        ({}, "hi", "en-GB", Route("whisper", "hi", through=False)),
        ({"*-zh-Hant": "nllb"}, "zh", "zh-Hant", Route("nllb", "zh", through=False)),
        ({"*-zh-Hant": "nllb"}, "en", "zh-TW", Route("nllb", "en", through=False)),
        (
            {"*-mni-Mtei": "indictrans2"},
            "en",
            "mni-Mtei",
            Route("indictrans2", "en", through=False),
        ),
    ],
)
def test_the_way_from_one_language_into_another(
    more: dict[str, str], source: str, target: str, route: Route
) -> None:
    assert of(configured({**ENGINES, **more}), source, target) == route


@pytest.mark.parametrize(
    ("table", "source", "target", "message", "ways"),
    [
        (ENGINES, "hi", "ta", "no engine translates hi to ta", ["nllb", "indictrans2", "endpoint"]),
        ({"*-en": "indictrans2"}, "pt", "en", "IndicTrans2 does not translate pt", ["firefox"]),
        ({"*-mai": "firefox"}, "hi", "mai", "no model for hi-mai", ["indictrans2", "nllb"]),
        ({"*-brx": "nllb"}, "en", "brx", "NLLB does not know brx", ["indictrans2"]),
        ({"en-pt": "firefox"}, "hi", "pt", "no engine translates hi to pt", ["nllb"]),
        ({"*-zh": "nllb"}, "en", "zh-Hant", "no engine translates en to zh-Hant", ["nllb"]),
        # What is said is not translated into another language to be written in its own script.
        (
            ENGINES | {"en-zh-Hant": "endpoint"},
            "zh",
            "zh-Hant",
            "no engine translates zh to zh-",
            ["nllb", "endpoint"],
        ),
        ({"*-mni-Mtei": "nllb"}, "en", "mni-Mtei", "NLLB does not know mni-Mtei", ["indictrans2"]),
    ],
)
def test_where_there_is_none_the_engines_that_could_are_named(
    table: dict[str, str], source: str, target: str, message: str, ways: list[str]
) -> None:
    with pytest.raises(Problem, match=message) as problem:
        of(configured(table), source, target)
    ways_told = str(problem.value).partition("what could do")[2]
    assert [way for way in ways if way not in ways_told] == []


def words(first: int, *texts: str) -> tuple[Word, ...]:
    return tuple(
        Word(f"w{first + n:05d}", t, n * 10, n * 10 + 9, None) for n, t in enumerate(texts)
    )


def test_the_second_step_leads_back_to_the_words_that_were_said() -> None:
    english = Transcript("en", None, "estimated", (
        Segment("s00001", 0, 90, "He went.", words(1, "He", "went."), None, source_words=("h1",)),
        Segment("s00002", 100, 190, "गया।", words(3, "गया।"), None, source_words=("h2",),
                untranslated="no words"),
        Segment("s00003", 200, 290, "Home.", words(4, "Home."), None, source_words=("h3", "h4"),
                incomplete="too short"),
    ))  # fmt: skip
    assert through.translated(english)
    spoken = Transcript("hi", 0.9, "attention", (
        Segment("g1", 0, 290, "वह गया। घर को।", words(1, "h"), 0.9),
    ))  # fmt: skip
    assert [s.id for s in through.sentences(english, spoken, "pt")] == ["s00001", "s00003"]
    made = (
        Segment("s00001", 0, 90, "Ele foi.", words(1, "Ele", "foi."), None,
                source_words=("w00001", "w00002")),
        Segment("s00003", 200, 290, "Para casa.", words(3, "Para", "casa."), None,
                source_words=("w00004",)),
    )  # fmt: skip
    segments = through.composed(made, english, "pt")
    assert [(s.text, s.source_words, s.through, s.untranslated) for s in segments] == [
        ("Ele foi.", ("h1",), "He went.", None),
        ("गया।", ("h2",), None, "no words"),
        ("Para casa.", ("h3", "h4"), "Home.", None),
    ]
    assert [s.incomplete for s in segments] == [None, None, "too short"]
    assert [w.id for s in segments for w in s.words] == [f"w{n:05d}" for n in range(1, 6)]
    said = Transcript("en", 0.9, "attention", (Segment("g1", 0, 9, "Hi", words(1, "Hi"), 0.9),))
    assert not through.translated(said)


def test_a_text_that_nobody_says_is_not_translated_by_what_is_heard() -> None:
    assert by_words(configured(ENGINES)) == configured({"en-pt": "firefox", "pt-en": "firefox"})
    with pytest.raises(Problem, match="no engine translates hi to en"):
        of(by_words(configured(ENGINES)), "hi", "en")
