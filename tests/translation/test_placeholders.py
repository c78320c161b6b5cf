"""What a translation must keep: terms and numbers are recognised, masked, restored and counted."""

from pathlib import Path
from typing import Any

import pytest

from subtitling.documents import Form, Glossary, Term
from subtitling.film.glossary import read
from subtitling.recognition.names import NameOptions
from subtitling.translation import batches, translator
from subtitling.translation.batches import Outcome
from subtitling.translation.firefox import Firefox
from subtitling.translation.placeholders import TermChecker, masked, renderings, restored


def term(
    id: str, kind: str, action: str, forms: dict[str, str], renderings: dict[str, str] | None = None
) -> Term:
    def made(columns: dict[str, str], free: bool) -> tuple[Form, ...]:
        forms = []
        for column, texts in columns.items():
            language, _, script = column.partition("-")
            for text in texts.split("|"):
                context = None
                if "(" in text:
                    text, _, context = text.rstrip(")").partition(" (")
                forms.append(Form(text, None if free else language, script, context))
        return tuple(forms)

    return Term(id, kind, action, made(forms, kind == "character"), made(renderings or {}, False),
                "", True, ("a table, line 1",))  # fmt: skip


GLOSSARY = Glossary(
    (
        term("n1", "character", "keep", {"hi-Deva": "सांभा", "hi-Latn": "Sambha"}),
        term("n2", "place", "keep", {"hi-Deva": "रामगढ़"}, {"en-Latn": "Ramgarh"}),
        term("n3", "food", "translate", {"hi-Deva": "खिचड़ा"}, {"en-Latn": "stew"}),
        term("n4", "exclamation", "translate", {"hi-Deva": "अरे"}, {"en-Latn": "hey"}),
        term("n5", "word", "translate", {"hi-Deva": "सच"}, {"en-Latn": "truth|true"}),
        term("n6", "character", "keep", {"hi-Deva": "चाँदनी"}),
        term("n7", "character", "keep", {"en-Latn": "Sydney Carton"}),
        term("n8", "word", "translate", {"en-Latn": "ring"}, {"pt-Latn": "argola"}),
        term("n9", "character", "keep", {"hi-Deva": "प्रेम", "en-Latn": "Prem"}),
        term("n10", "character", "keep", {"en-Latn": "Hope"}),
    ),
    (),
)


def wanted(text: str, source: str = "hi", target: str = "en") -> list[str]:
    return [kept.wanted[0] for kept in TermChecker(GLOSSARY, source, target).expected(text)]


def test_names_and_single_renderings_are_kept() -> None:
    assert wanted("सांभा ने खिचड़ा खाया") == ["Sambha", "stew"]


@pytest.mark.parametrize("target", ["pt", "pt-BR"])
def test_a_near_miss_of_a_name_is_put_right_in_every_region(
    target: str, defaults: dict[str, Any]
) -> None:
    forms = {"hi-Deva": "बसंती", "hi-Latn": "Basanti"}
    known = Glossary((term("n1", "character", "keep", forms),), ())
    keeper = TermChecker(known, "hi", target)
    sources = {"s00001": "बसंती कहाँ है?"}
    done = translator.compared(sources, Outcome({"s00001": "Onde está Bassanti?"}), keeper)
    naming = NameOptions(**defaults["names"])
    assert len(translator.correct_names(sources, done, keeper, known, naming)) == 1
    assert done.outcome.texts == {"s00001": "Onde está Basanti?"}


@pytest.mark.parametrize(
    ("target", "rendering"),
    [("pt", "autocarro"), ("pt-BR", "ônibus"), ("pt-PT", "autocarro"), ("zh", "公交车"),
     ("zh-TW", "公車"), ("zh-Hant", "公車"), ("es", None)],
)  # fmt: skip
def test_a_region_has_its_own_rendering_or_its_languages(
    tmp_path: Path, target: str, rendering: str | None
) -> None:
    table = tmp_path / "own.tsv"
    row = ("bus", "autocarro", "ônibus", "公交车", "公車", "word", "translate")
    head = ("en", "pt", "pt-BR", "zh", "zh-Hant", "kind", "action")
    table.write_text("\t".join(head) + "\n" + "\t".join(row) + "\n", "utf-8")
    (bus,) = read(table, "x", hot=True)
    assert renderings(bus, "bus", target) == ((rendering,) if rendering else ())


def test_what_the_tone_or_the_sentence_decides_is_the_translators() -> None:
    assert wanted("अरे सच बोलो") == []


def test_a_name_that_has_no_form_in_the_targets_script_is_the_engines() -> None:
    assert wanted("चाँदनी आई") == []


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [("मुझे तुमसे प्रेम है", "hi", "en"), ("Hope is a good thing.", "en", "pt")],
)
def test_what_may_be_a_word_is_not_demanded(text: str, source: str, target: str) -> None:
    keeper = TermChecker(GLOSSARY, source, target)
    assert keeper.expected(text) == []
    assert len(keeper.compared(text, "x").undecided) == 1


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        ("Sambha lives in Ramgarh.", []),
        ("Sambha's house is Ramgarh's.", []),
        ("The Sambhas of Ramgarh", []),
        ("sambha, ramgarh", []),
        ("Sambhadas lives in Ramgarh.", []),
        ("Sameer lives in Ramgarh.", ["Sambha"]),
        ("He lives there.", ["Sambha"]),
    ],
)
def test_a_term_may_have_an_ending_but_must_be_there(answer: str, lacks: list[str]) -> None:
    keeper = TermChecker(GLOSSARY, "hi", "en")
    kept = keeper.expected("सांभा रामगढ़ में रहता है")
    lacking = keeper.missing([k for k in kept if k.term == "n1"], answer)
    assert [one.wanted[0] for one in lacking] == lacks


@pytest.mark.parametrize(
    ("source", "text", "target", "answer", "held", "missing"),
    [
        ("en", "in 1859", "pt", "em 1859", ["1859"], []),
        ("en", "in 1859", "pt", "em 1895", [], ["1859"]),
        ("en", "in 1859", "pt", "naquele ano", [], []),
        ("hi", "पाँच लाख दो", "en", "Give me 5 lakh.", [], []),
        ("en", "for 10 years", "pt", "por dez anos", [], []),
    ],
)
def test_digits_are_compared_with_digits(
    source: str, text: str, target: str, answer: str, held: list[str], missing: list[str]
) -> None:
    verdict = TermChecker(GLOSSARY, source, target).compared(text, answer)
    assert [k.wanted[0] for k in verdict.held] == held
    assert [k.wanted[0] for k in verdict.missing] == missing


def test_a_placeholder_goes_in_and_comes_back() -> None:
    keeper = TermChecker(GLOSSARY, "hi", "en")
    text = "सांभा ने खिचड़ा खाया"
    hidden, back = masked(text, keeper.expected(text), "Zq{}")
    assert (hidden, back) == ("Zq1 ने Zq2 खाया", {1: "Sambha", 2: "stew"})
    assert restored("In Zq2, zq1 waits.", back, "Zq{}") == "In stew, Sambha waits."


@pytest.mark.parametrize("answer", ["Zq1 waits.", "Zq1 and Zq1 in Zq2", "Zq1 Zq2 Zq3", "Zq12"])
def test_a_placeholder_lost_doubled_or_made_up_gives_nothing_back(answer: str) -> None:
    assert restored(answer, {1: "Mohan", 2: "Delhi"}, "Zq{}") is None


def test_a_placeholder_that_was_taken_apart_is_put_together() -> None:
    assert restored("# Zq1 waits", {1: "Mohan"}, "#Zq{}") == "Mohan waits"
    assert restored("Zq 1 waits", {1: "Mohan"}, "Zq{}") == "Mohan waits"


def test_the_glossary_is_told_with_contexts_to_who_can_read() -> None:
    hints = TermChecker(GLOSSARY, "hi", "en").glossary_hints("अरे प्रेम, सच")
    assert hints == {"अरे": "hey", "प्रेम": "Prem", "सच": "truth | true"}


class Forgetful:
    """An engine that knows no names, and leaves placeholders alone."""

    placeholder = "Zq{}"
    by_length = True
    reads_terms = False
    pair = ("en", "en")

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


def made(engine: Any, texts: dict[str, str], source: str, target: str) -> translator.Done:
    keeper = TermChecker(GLOSSARY, source, target)
    return translator.with_engine(texts, engine, keeper, size=8, progress=lambda *_: None)


def test_a_lost_term_is_translated_again_behind_a_placeholder_and_only_then() -> None:
    engine = Forgetful(आया="came", प्रेम="love")
    done = made(engine, {"s1": "सांभा आया", "s2": "प्रेम आया"}, "hi", "en")
    assert done.outcome.texts == {"s1": "Sambha came", "s2": "love came"}
    assert engine.asked == ["सांभा आया", "प्रेम आया", "Zq1 आया"]
    assert (done.missing, done.repaired) == ({}, 1)
    assert done.outcome.first == {"s1": "somebody came"}


def test_a_term_that_cannot_be_brought_back_is_on_record() -> None:
    class Stubborn(Forgetful):
        def translate(self, texts: Any, *, carefully: bool) -> Any:  # noqa: ARG002
            return dict.fromkeys(texts, "nobody came")

    done = made(Stubborn(), {"s1": "सांभा आया"}, "hi", "en")
    assert done.outcome.texts == {"s1": "nobody came"}
    assert [kept.term for kept in done.missing["s1"]] == ["n1"]


def test_a_second_answer_that_says_something_else_does_not_count() -> None:
    class Confused(Forgetful):
        def translate(self, texts: Any, *, carefully: bool) -> Any:  # noqa: ARG002
            return {
                i: "Zq1 what is that thing" if "Zq" in text else "he went to the market"
                for i, text in texts.items()
            }

    done = made(Confused(), {"s1": "सांभा बाज़ार गया"}, "hi", "en")
    assert done.outcome.texts == {"s1": "he went to the market"}
    assert (done.repaired, done.outcome.first) == (0, {})


def test_a_word_is_a_term_where_the_engine_takes_it_in_the_terms_sense() -> None:
    class Senses(Forgetful):
        said = {  # noqa: RUF012
            "the ring": "o anel", "ring me": "liga para mim", "ring": "anel", "the Zq1": "a Zq1",
        }  # fmt: skip

        def translate(self, texts: Any, *, carefully: bool) -> Any:  # noqa: ARG002
            return {i: self.said[text] for i, text in texts.items()}

    done = made(Senses(), {"s1": "the ring", "s2": "ring me"}, "en", "pt")
    assert done.outcome.texts == {"s1": "a argola", "s2": "liga para mim"}
    assert done.outcome.first == {"s1": "o anel"}


def test_garbled_digits_are_put_right_in_the_first_answer() -> None:
    class Garbling(Forgetful):
        def translate(self, texts: Any, *, carefully: bool) -> Any:  # noqa: ARG002
            return dict.fromkeys(texts, "Nasceu em 1895.")

    done = made(Garbling(), {"s1": "He was born in 1859."}, "en", "pt")
    assert done.outcome.texts == {"s1": "Nasceu em 1859."}
    assert (done.outcome.first, done.repaired) == ({"s1": "Nasceu em 1895."}, 1)


def test_firefox_keeps_its_placeholders_and_with_them_the_terms(models: Path) -> None:
    texts = {
        "s1": "I gave Sydney Carton a ring.",
        "s2": "Give the ring to Sydney Carton.",
        "s3": "Where is the ring?",
    }
    with Firefox(models / "firefox-en-pt", "en", "pt") as engine:
        done = translator.with_engine(
            texts, engine, TermChecker(GLOSSARY, "en", "pt"), size=8, progress=lambda *_: None
        )
    assert done.missing == {}
    assert all("argola" in text for text in done.outcome.texts.values())
    assert all("Sydney Carton" in done.outcome.texts[i] for i in ("s1", "s2"))
    assert done.repaired == 3


SAME = ("en", "en")


def test_nothing_is_suspicious_but_what_is() -> None:
    assert batches.suspicious("a b", "c d", SAME) is None
    assert batches.suspicious("a", " ", SAME) == "it came back empty"
    assert batches.suspicious("a", "b <unk> c", SAME) == "it came back with <unk>"
    assert batches.suspicious("a", "no no no no no", SAME) == "it ran away: 14 characters for 1"
    assert batches.suspicious("na na na na na", "não não não não não", SAME) is None
    assert batches.suspicious("short", "word " + "x y z " * 40, SAME)


@pytest.mark.heavy
def test_five_thousand_sentences_come_back_from_firefox(models: Path) -> None:
    texts = {f"s{n}": f"He gave the ring to number {n}." for n in range(5000)}
    with Firefox(models / "firefox-en-pt", "en", "pt") as engine:
        done = translator.with_engine(
            texts, engine, TermChecker(GLOSSARY, "en", "pt"), size=64, progress=lambda *_: None
        )
    assert set(done.outcome.texts) == set(texts)
    held = sum(len(verdict.demanded) for verdict in done.verdicts.values())
    lacking = sum(len(lost) for lost in done.missing.values())
    assert 1 - lacking / held > 0.99
