"""What a translation must keep: terms and numbers are found, hidden, put back and counted."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from subtitling import batches, translate
from subtitling.firefox import Firefox
from subtitling.model import Form, Glossary, Term
from subtitling.protect import Keeper, masked, restored


def term(
    id: str, kind: str, action: str, forms: dict[str, str], renderings: dict[str, str] | None = None
) -> Term:
    def made(told: dict[str, str], free: bool) -> tuple[Form, ...]:
        found = []
        for column, texts in told.items():
            language, _, script = column.partition("-")
            for text in texts.split("|"):
                context = None
                if "(" in text:
                    text, _, context = text.rstrip(")").partition(" (")
                found.append(Form(text, None if free else language, script, context))
        return tuple(found)

    return Term(id, kind, action, made(forms, kind == "character"), made(renderings or {}, False),
                "", True, ("a table, line 1",))  # fmt: skip


GLOSSARY = Glossary(
    (
        term("n1", "character", "keep", {"hi-Deva": "मोहन", "hi-Latn": "Mohan"}),
        term("n2", "place", "keep", {"hi-Deva": "दिल्ली"}, {"en-Latn": "Delhi"}),
        term("n3", "food", "translate", {"hi-Deva": "रोटी"}, {"en-Latn": "flatbread"}),
        term("n4", "exclamation", "translate", {"hi-Deva": "अरे"}, {"en-Latn": "hey"}),
        term("n5", "word", "translate", {"hi-Deva": "सच"}, {"en-Latn": "truth|true"}),
        term("n6", "character", "keep", {"hi-Deva": "चाँदनी"}),
        term("n7", "character", "keep", {"en-Latn": "Sydney Carton"}),
        term("n8", "word", "translate", {"en-Latn": "ring"}, {"pt-Latn": "argola"}),
    ),
    (),
)


def wanted(text: str, source: str = "hi", target: str = "en") -> list[str]:
    return [kept.wanted[0] for kept in Keeper(GLOSSARY, source, target).expected(text)]


def test_names_and_single_renderings_are_kept_and_numbers_with_them() -> None:
    assert wanted("मोहन दिल्ली में पाँच लाख की रोटी") == ["Mohan", "Delhi", "5 lakh", "flatbread"]


def test_what_the_tone_or_the_sentence_decides_is_the_translators() -> None:
    assert wanted("अरे सच बोलो") == []


def test_a_name_that_has_no_form_in_the_targets_script_is_the_engines() -> None:
    assert wanted("चाँदनी आई") == []


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        ("Mohan lives in Delhi.", []),
        ("Mohan's house is Delhi's.", []),
        ("The Mohans of Delhi", []),
        ("mohan, delhi", []),
        ("Mohandas lives in Delhi.", []),
        ("Mohammed lives in Delhi.", ["Mohan"]),
        ("He lives there.", ["Mohan", "Delhi"]),
    ],
)
def test_a_term_may_have_an_ending_but_must_be_there(answer: str, lacks: list[str]) -> None:
    keeper = Keeper(GLOSSARY, "hi", "en")
    kept = keeper.expected("मोहन दिल्ली में रहता है")
    assert [one.wanted[0] for one in keeper.missing(kept, answer)] == lacks


@pytest.mark.parametrize(
    ("source", "text", "target", "answer", "lost"),
    [
        ("hi", "पाँच लाख दो", "en", "Give me 5 lakh.", False),
        ("hi", "पाँच लाख दो", "en", "Give me five hundred thousand.", False),
        ("hi", "पाँच लाख दो", "en", "Give me 500,000.", False),
        ("hi", "पाँच लाख दो", "en", "Give me five million.", True),
        ("hi", "पाँच लाख दो", "en", "Give me 5.", True),
        ("en", "for 10 years", "pt", "por dez anos", False),
        ("en", "in 1859", "pt", "em 1895", True),
        ("en", "3 and 3", "hi", "3 और चार", True),
    ],
)
def test_numbers_are_compared_by_value(
    source: str, text: str, target: str, answer: str, lost: bool
) -> None:
    keeper = Keeper(GLOSSARY, source, target)
    assert bool(keeper.missing(keeper.expected(text), answer)) == lost


def test_a_placeholder_goes_in_and_comes_back() -> None:
    keeper = Keeper(GLOSSARY, "hi", "en")
    text = "मोहन दिल्ली में"
    hidden, back = masked(text, keeper.expected(text), "Zq{}")
    assert (hidden, back) == ("Zq1 Zq2 में", {1: "Mohan", 2: "Delhi"})
    assert restored("In Zq2, zq1 waits.", back, "Zq{}") == "In Delhi, Mohan waits."


@pytest.mark.parametrize("answer", ["Zq1 waits.", "Zq1 and Zq1 in Zq2", "Zq1 Zq2 Zq3", "Zq12"])
def test_a_placeholder_lost_doubled_or_made_up_gives_nothing_back(answer: str) -> None:
    assert restored(answer, {1: "Mohan", 2: "Delhi"}, "Zq{}") is None


def test_a_placeholder_that_was_taken_apart_is_put_together() -> None:
    assert restored("# Zq1 waits", {1: "Mohan"}, "#Zq{}") == "Mohan waits"
    assert restored("Zq 1 waits", {1: "Mohan"}, "Zq{}") == "Mohan waits"


def test_the_glossary_is_told_with_contexts_to_who_can_read() -> None:
    told = Keeper(GLOSSARY, "hi", "en").told("अरे मोहन, सच")
    assert told == {"अरे": "hey", "मोहन": "Mohan", "सच": "truth | true"}


class Forgetful:
    """An engine that knows no names, and leaves placeholders alone."""

    placeholder = "Zq{}"
    by_length = True

    def __init__(self, **words: str):
        self.words = words
        self.asked: list[str] = []

    def translate(self, texts: Any, *, carefully: bool) -> Any:  # noqa: ARG002
        self.asked += texts.values()
        return {
            i: " ".join(self.words.get(w, "somebody") if not w.startswith("Zq") else w
                        for w in text.split())
            for i, text in texts.items()
        }  # fmt: skip

    def reduce(self) -> None:
        return None


def test_a_lost_term_is_translated_again_behind_a_placeholder_and_only_then() -> None:
    engine = Forgetful(आया="came", दिल्ली="Delhi")
    done = translate.with_engine(
        {"s1": "मोहन आया", "s2": "दिल्ली आया"},
        engine,
        Keeper(GLOSSARY, "hi", "en"),
        size=8,
        progress=lambda *_: None,
    )
    assert done.outcome.texts == {"s1": "Mohan came", "s2": "Delhi came"}
    assert engine.asked == ["मोहन आया", "दिल्ली आया", "Zq1 आया"]
    assert (done.missing, done.repaired) == ({}, 1)


def test_a_term_that_cannot_be_brought_back_is_on_record() -> None:
    class Stubborn(Forgetful):
        def translate(self, texts: Any, *, carefully: bool) -> Any:  # noqa: ARG002
            return dict.fromkeys(texts, "nobody came")

    done = translate.with_engine(
        {"s1": "मोहन आया"},
        Stubborn(),
        Keeper(GLOSSARY, "hi", "en"),
        size=8,
        progress=lambda *_: None,
    )
    assert done.outcome.texts == {"s1": "nobody came"}
    assert [kept.term for kept in done.missing["s1"]] == ["n1"]


def test_firefox_keeps_its_placeholders_and_with_them_the_terms(models: Path) -> None:
    texts = {
        "s1": "Sydney Carton lost the ring.",
        "s2": "Give the ring to Sydney Carton.",
        "s3": "Where is the ring?",
    }
    with Firefox(models / "firefox-en-pt", "en", "pt") as engine:
        done = translate.with_engine(
            texts, engine, Keeper(GLOSSARY, "en", "pt"), size=8, progress=lambda *_: None
        )
    assert done.missing == {}
    assert all("argola" in text for text in done.outcome.texts.values())
    assert all("Sydney Carton" in done.outcome.texts[i] for i in ("s1", "s2"))
    assert done.repaired == 3


def test_a_value_is_no_more_in_an_answer_than_it_stands_there() -> None:
    keeper = Keeper(GLOSSARY, "hi", "en")
    kept = keeper.expected("3 या 3")
    assert [one.value for one in kept] == [Decimal(3), Decimal(3)]
    assert len(keeper.missing(kept, "3 or 4")) == 1


def test_nothing_is_suspicious_but_what_is() -> None:
    assert batches.suspicious("a b", "c d") is None
    assert batches.suspicious("a", " ") == "it came back empty"
    assert batches.suspicious("a", "b <unk> c") == "it came back with <unk>"
    assert batches.suspicious("a", "no no no no no") == "it ran away: 14 characters for 1"
    assert batches.suspicious("na na na na na", "não não não não não") is None
    assert batches.suspicious("short", "word " + "x y z " * 40)


@pytest.mark.heavy
def test_five_thousand_sentences_come_back_from_firefox(models: Path) -> None:
    texts = {f"s{n}": f"He gave the ring to number {n}." for n in range(5000)}
    with Firefox(models / "firefox-en-pt", "en", "pt") as engine:
        done = translate.with_engine(
            texts, engine, Keeper(GLOSSARY, "en", "pt"), size=64, progress=lambda *_: None
        )
    assert set(done.outcome.texts) == set(texts)
    held = sum(len(kept) for kept in done.kept.values())
    lacking = sum(len(lost) for lost in done.missing.values())
    assert 1 - lacking / held > 0.99
