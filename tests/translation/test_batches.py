"""Batches that lose no translation, and the figures of a translation."""

import json
from pathlib import Path
from typing import Any

import pytest

from subtitling.documents import Glossary, Word
from subtitling.runtime.worker import Lost
from subtitling.text import languages, sentences
from subtitling.text.sentences import SentenceOptions
from subtitling.translation import batches, metrics, placeholders, translator


class Counting:
    """An engine that counts what it was asked, and dies when it was asked enough."""

    placeholder = "Zq{}"
    by_length = True
    reads_terms = False
    pair = ("en", "en")

    def __init__(self, dies_after: int = 10**6):
        self.asked: list[str] = []
        self._dies_after = dies_after

    def translate(self, texts: Any, *, carefully: bool) -> Any:  # noqa: ARG002
        if len(self.asked) >= self._dies_after:
            raise KeyboardInterrupt
        self.asked += texts
        return {i: text.upper() for i, text in texts.items()}

    def reduce(self) -> None:
        return None


TEXTS = {f"s{n}": f"line {n}" for n in range(10)}


def run(engine: Any, texts: dict[str, str], path: Path, about: str = "m") -> dict[str, str]:
    kept = batches.TranslationCache(path, about)
    return batches.translate(texts, engine, size=2, progress=lambda *_: None, kept=kept).texts


def test_of_the_last_run_only_what_means_the_same_is_taken(tmp_path: Path) -> None:
    texts = {"s1": "Ele veio.", "s2": "Ela foi."}
    last, now = tmp_path / "sentences.jsonl", tmp_path / "done.jsonl"
    near = {"s1": "a", "s2": "b"}
    batches.TranslationCache(last, "m", lambda i, _: near[i]).add(
        texts, {"s1": "He came.", "s2": "She left."}
    )
    near["s2"] = "another neighbour"
    cache = batches.TranslationCache(now, "m", lambda i, _: near[i], last)
    assert cache.of(texts) == {"s1": "He came."} and cache.reused == 1
    assert cache.of(texts) == {"s1": "He came."} and cache.reused == 1
    assert len(now.read_text("utf-8").splitlines()) == 1
    assert batches.TranslationCache(now, "another model", finished=last).of(texts) == {}


def test_a_killed_stage_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "done.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run(Counting(dies_after=6), TEXTS, path)
    path.write_bytes(path.read_bytes() + b'["cut off in the mid')
    engine = Counting()
    assert run(engine, TEXTS, path) == {i: text.upper() for i, text in TEXTS.items()}
    assert engine.asked == ["s6", "s7", "s8", "s9"]


def test_another_model_or_another_text_is_translated_anew(tmp_path: Path) -> None:
    path = tmp_path / "done.jsonl"
    run(Counting(), TEXTS, path)
    engine = Counting()
    run(engine, {"s1": "line 1", "s2": "another"}, path)
    assert engine.asked == ["s2"]
    run(engine, {"s1": "line 1"}, path, about="another model")
    assert engine.asked == ["s2", "s1"]


def test_neighbours_stay_together_for_an_engine_that_wants_them() -> None:
    engine = Counting()
    engine.by_length = False
    batches.translate({"s1": "long line", "s2": "x"}, engine, size=2, progress=lambda *_: None)
    assert engine.asked == ["s1", "s2"]


def test_an_answer_that_ran_away_is_asked_for_once_more_and_carefully() -> None:
    class Runaway(Counting):
        careful: list[bool] = []  # noqa: RUF012

        def translate(self, texts: Any, *, carefully: bool) -> Any:
            self.careful.append(carefully)
            return dict.fromkeys(texts, "fine" if carefully else "no no no no no no")

    engine = Runaway()
    outcome = batches.translate({"s1": "x"}, engine, size=2, progress=lambda *_: None)
    assert (outcome.texts, engine.careful) == ({"s1": "fine"}, [False, True])


def test_an_answer_with_an_unknown_word_is_kept_without_it_and_told() -> None:
    class Unknowing(Counting):
        def translate(self, texts: Any, *, carefully: bool) -> Any:  # noqa: ARG002
            return dict.fromkeys(texts, "he saw <unk> there")

    outcome = batches.translate({"s1": "x"}, Unknowing(), size=2, progress=lambda *_: None)
    assert outcome.texts == {"s1": "he saw there"}
    assert outcome.warnings == ["s1 is kept, though it came back with <unk>"]


def test_an_engine_that_only_fails_is_given_up() -> None:
    class Broken(Counting):
        def translate(self, texts: Any, *, carefully: bool) -> Any:  # noqa: ARG002
            raise Lost("it ended (status 1)")

    with pytest.raises(translator.Problem, match=r"13 times.*status 1"):
        batches.translate(TEXTS, Broken(), size=1, progress=lambda *_: None)


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("one", 1), ("no no no", 3), ("a b a b a b", 3), ("a b c a b d", 1)],
)
def test_repetition_is_counted_in_words_and_phrases(text: str, count: int) -> None:
    assert batches.repeats(text) == count


def test_metrics_name_the_sentences_that_stand_out() -> None:
    asked = {"s1": "Where is the old man now?", "s2": "He went home to his mother.", "s3": "Why?",
             "s4": "In 1859 he was there."}  # fmt: skip
    texts = {"s1": "Onde está o velho agora?", "s2": "घर", "s4": "Em 1895 ele estava lá."}
    keeper = placeholders.TermChecker(Glossary((), ()), "en", "pt")
    done = translator.compared(asked, batches.Outcome(texts, {"s3": "it ran away"}), keeper)
    figures = metrics.measured("firefox", asked, done, "pt", back={})
    assert figures.untranslated == ("s3",)
    assert figures.other_script == ("s2",)
    assert [o.sentence for o in figures.length_outliers] == ["s2"]
    assert (figures.terms, figures.adherence) == (0, None)
    assert (figures.numbers, figures.number_adherence) == (1, 0.0)
    assert [(lack.sentence, lack.source) for lack in figures.lacking] == [("s4", "1859")]
    assert figures.round_trip_chrf is None


def test_the_way_back_is_compared() -> None:
    pytest.importorskip("sacrebleu", reason="no sacrebleu: round trips are not measured here")
    assert metrics.chrf(["the cat sat"], ["the cat sat"]) == 100.0
    score = metrics.chrf(["the cat sat"], ["a dog stood"])
    assert score is not None and score < 40
    assert metrics.chrf([], []) is None


def test_a_sample_is_from_all_over_the_film() -> None:
    assert metrics.sample(dict.fromkeys("abcdefghij", ""), 3) == ["a", "e", "i"]
    assert metrics.sample(dict.fromkeys("ab", ""), 3) == ["a", "b"]
    assert metrics.sample(dict.fromkeys("ab", ""), 0) == []


@pytest.mark.parametrize(
    ("code", "name"),
    [("hi", "hin_Deva"), ("en", "eng_Latn"), ("pt", "por_Latn"), ("ar", "arb_Arab"),
     ("or", "ory_Orya"), ("ne", "npi_Deva"), ("zh", "zho_Hans"), ("pa", "pan_Guru"),
     ("mni", "mni_Beng"), ("ur", "urd_Arab")],
)  # fmt: skip
def test_languages_have_their_names_in_flores(code: str, name: str) -> None:
    assert languages.flores(code) == name


def test_a_sentence_starts_where_a_song_or_a_speaker_does() -> None:
    words = [Word(f"w{n}", text, n * 100, n * 100 + 90, 1.0) for n, text in enumerate("abcd")]
    options = SentenceOptions(max_pause_ms=1000, max_duration_ms=9000)
    cut = sentences.sentences(words, "en", options, starts={"w2"})
    assert [s.text for s in cut] == ["a b", "c d"]


def test_what_is_too_long_is_cut_at_clauses_then_anywhere() -> None:
    def count(text: str) -> int:
        return len(text.split())

    assert sentences.pieces("a b c d", 9, count) == ["a b c d"]
    assert sentences.pieces("a b c, d e f", 4, count) == ["a b c,", "d e f"]
    assert sentences.pieces("a b c d e f", 3, count) == ["a b c", "d e f"]
    assert sentences.pieces("abc", 0, count) == ["abc"]
    assert " ".join(sentences.pieces("a, b, c d e f g h", 2, count)) == "a, b, c d e f g h"


def test_what_is_kept_is_a_line_a_sentence(tmp_path: Path) -> None:
    run(Counting(), {"s1": "नमस्ते"}, tmp_path / "done.jsonl")
    ((key, text),) = map(json.loads, (tmp_path / "done.jsonl").read_text("utf-8").splitlines())
    assert (len(key), text) == (64, "नमस्ते")


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Where is my brother?", ("en", "pt")),
        ("He has gone home to the village.", ("en", "pt")),
        ("Onde está a minha irmã?", ("pt", "en")),
        ("मेरा भाई कहाँ है?", ("hi", "en")),
        ("माझा भाऊ कुठे आहे सांग", ("mr", "ne")),
    ],
)
def test_a_sentence_that_came_back_as_it_was_is_an_echo(text: str, pair: tuple[str, str]) -> None:
    assert batches.echoes(text, text, pair)
    assert batches.echoes(text, f"“{text}”", pair)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("OK.", ("en", "pt")),
        ("No!", ("en", "es")),
        ("Mohan! Mohan!", ("en", "pt")),
        ("Taj Mahal Hotel, Mumbai.", ("en", "pt")),
        ("Sydney Carton", ("en", "fr")),
        ("1947", ("en", "pt")),
        ("Animal.", ("en", "pt")),
        ("I love you, my friend.", ("hi", "en")),
        ("Where is he?", ("en", "en")),
    ],
)
def test_what_is_the_same_in_both_languages_is_no_echo(text: str, pair: tuple[str, str]) -> None:
    assert not batches.echoes(text, text, pair)


def test_an_echo_is_asked_again_alone_and_then_marked() -> None:
    class Parrot(Counting):
        pair = ("en", "pt")

        def translate(self, texts: Any, *, carefully: bool) -> Any:
            self.asked += texts
            return {i: "Vem!" if carefully and i == "s1" else text for i, text in texts.items()}

    engine = Parrot()
    texts = {"s1": "Come here with me!", "s2": "Where is my brother?"}
    outcome = batches.translate(texts, engine, size=2, progress=lambda *_: None)
    assert outcome.texts == {"s1": "Vem!"}
    assert outcome.failed == {"s2": "it came back untranslated"}


@pytest.mark.parametrize(
    ("source", "answer", "text"),
    [
        ("He left.", '"Ele saiu."', "Ele saiu."),
        ("He left.", "«Ele saiu.»", "Ele saiu."),
        ('"He left."', '"Ele saiu."', '"Ele saiu."'),
        ('"Go!" he said.', '"Vai!" disse ele.', '"Vai!" disse ele.'),
        ("Go, he said, go.", '"Vai", disse, "vai"', '"Vai", disse, "vai"'),
        ("He left.", "s00012: Ele saiu.", "Ele saiu."),
        ("He left.", "[s00012] Ele saiu.", "Ele saiu."),
        ("He left.", "12. Ele saiu.", "Ele saiu."),
        ("Twelve left.", "12 saíram.", "12 saíram."),
        ("12. He left.", "12. Ele saiu.", "12. Ele saiu."),
        ("He left.", "Ele saiu. (Note: an idiom)", "Ele saiu."),
        ("He left.", "Ele saiu. [lit. he went away]", "Ele saiu."),
        ("He left.", "Ele saiu. (Nota: formal)", "Ele saiu."),
        ("He left, too.", "Il partit (notamment lui).", "Il partit (notamment lui)."),
        ("He left, at last.", "Ele saiu (enfim, mais tarde).", "Ele saiu (enfim, mais tarde)."),
        ("He left.", "Ele saiu.\n\nNote: formal.", "Ele saiu."),
        ("Thanks.", "Obrigado (a)", "Obrigado (a)"),
        ("He left (at last: gone).", "Saiu (enfim: foi).", "Saiu (enfim: foi)."),
        ("He left. So?", "Ele saiu.\\nE então?", "Ele saiu. E então?"),
        ("He left. So?", "Ele saiu.<br>E então?", "Ele saiu. E então?"),
        ("He said: no.", "Ele\ndisse: não.", "Ele disse: não."),
        ("He left.", "**Ele saiu.**", "Ele saiu."),
        ("He left.", "`Ele saiu.`", "Ele saiu."),
        ("He left.", "```\nEle saiu.\n```", "Ele saiu."),
        ("He left.", "- Ele saiu.", "Ele saiu."),
        ("Left? Yes.", "- Saiu? - Sim.", "- Saiu? - Sim."),
        ("- Left.", "- Saiu.", "- Saiu."),
        ("He left.", "Tradução: Ele saiu.", "Ele saiu."),
        ("He left.", 'Translation: "Ele saiu."', "Ele saiu."),
        ("He left.", "Sure, here is the translation:\nEle saiu.", "Ele saiu."),
        ("The translator said no.", "O tradutor disse: não.", "O tradutor disse: não."),
        ("He said no.", "Ele disse:\nnão.", "Ele disse: não."),
        ("He left.", "<text>Ele saiu.</text>", "Ele saiu."),
        ("He never left.", "Ele <i>nunca</i>, nunca saiu.", "Ele nunca, nunca saiu."),
        ("He left.", "<p>Ele saiu.</p>", "Ele saiu."),
        ("He left.", "{\\an8}Ele saiu.", "Ele saiu."),
        ("Tom & Jerry left.", "Tom &amp; Jerry sa&iacute;ram.", "Tom & Jerry saíram."),
        ("He left.", '\\"Ele saiu.\\"', "Ele saiu."),
        ("He left.", "‘Ele saiu.’", "Ele saiu."),
        ("He left.", "Ele saiu * * *", "Ele saiu * * *"),
        ("Note that he left.", "(Nota: ele saiu.)", "(Nota: ele saiu.)"),
        ("It came with <unk>.", "Veio com <unk>.", "Veio com <unk>."),
    ],
)
def test_an_answer_is_taken_without_what_is_put_around_it(
    source: str, answer: str, text: str
) -> None:
    assert batches.bare("s00012", source, answer) == text


def test_what_has_no_letters_is_not_asked_for() -> None:
    engine = Counting()
    outcome = batches.translate(
        {"s1": "...", "s2": "yes", "s3": "।"}, engine, size=2, progress=lambda *_: None
    )
    assert outcome.texts == {"s1": "...", "s2": "YES", "s3": "।"}
    assert engine.asked == ["s2"]


def test_a_bracket_that_the_source_has_not_is_asked_again_and_then_kept_and_told() -> None:
    class Adding(Counting):
        def translate(self, texts: Any, *, carefully: bool) -> Any:  # noqa: ARG002
            self.asked += texts
            return dict.fromkeys(texts, "Ele saiu (foi embora).")

    engine = Adding()
    outcome = batches.translate({"s1": "He left."}, engine, size=2, progress=lambda *_: None)
    assert (outcome.texts, engine.asked) == ({"s1": "Ele saiu (foi embora)."}, ["s1", "s1"])
    assert outcome.warnings == [f"s1 is kept, though {batches.ADDED}"]


def test_an_engine_that_was_away_for_a_moment_costs_no_sentence() -> None:
    class Away(Counting):
        """Gone at its second to fourth call."""

        calls = 0

        def translate(self, texts: Any, *, carefully: bool) -> Any:
            self.calls += 1
            if 2 <= self.calls <= 4:
                raise Lost("connection refused")
            return super().translate(texts, carefully=carefully)

    outcome = batches.translate(TEXTS, Away(), size=1, progress=lambda *_: None)
    assert outcome.failed == {}
    assert outcome.texts == {i: text.upper() for i, text in TEXTS.items()}
    assert outcome.restarts == 3
