"""NLLB on CTranslate2, on a model of its architecture with random weights, converted as it is."""

from pathlib import Path
from typing import Any

import pytest

from lineage.problem import Problem
from subtitling.translation import batches
from subtitling.translation.nllb import Nllb

LINES = [
    "It was the best of times.",
    "He went home and told nobody what he had seen.",
    "Why?",
    "It was the age of wisdom, it was the worst of times.",
]


@pytest.fixture(scope="module")
def folder(small_nllb: Path) -> Path:
    return small_nllb


def opened(folder: Path, source: str = "en", target: str = "pt", **changed: Any) -> Nllb:
    options = {"device": "cpu", "threads": 1, "beam_size": 2, "max_tokens": 32, "precision": "auto"}
    return Nllb(folder, **{**options, **changed}).aim(source, target)


def plainly(folder: Path, text: str, source: str, target: str) -> str:
    """The same by the library's own call."""
    import ctranslate2
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = ctranslate2.Translator(str(folder), compute_type="int8", intra_threads=1)
    tokens = [source, *tokenizer.encode(text, add_special_tokens=False).tokens, "</s>"]
    (result,) = model.translate_batch(
        [tokens], target_prefix=[[target]], beam_size=2, max_decoding_length=32
    )
    ids = [tokenizer.token_to_id(token) for token in result.hypotheses[0][1:]]
    return str(tokenizer.decode(ids, skip_special_tokens=True)).strip()


def test_it_says_what_the_library_says(folder: Path) -> None:
    with opened(folder) as engine:
        answers = engine.translate({f"s{n}": line for n, line in enumerate(LINES)}, carefully=False)
    assert list(answers.values()) == [plainly(folder, x, "eng_Latn", "por_Latn") for x in LINES]


def test_the_target_language_decides(folder: Path) -> None:
    answers = {}
    for target in ("pt", "fr"):
        with opened(folder, target=target) as engine:
            answers[target] = engine.translate({"s1": LINES[1]}, carefully=False)["s1"]
    assert answers["pt"] != answers["fr"]


def test_a_mark_in_a_text_is_text(folder: Path) -> None:
    asked: list[list[str]] = []
    with opened(folder) as engine:
        model = engine._loaded()

        class Listening:
            def translate_batch(self, sources: list[list[str]], **given: Any) -> Any:
                asked.extend(sources)
                return model.translate_batch(sources, **given)

        engine._model = Listening()
        assert engine.translate({"s1": "He </s> fra_Latn <s> home."}, carefully=False)["s1"]
    ((first, *middle, last),) = asked
    assert (first, last) == ("eng_Latn", "</s>")
    assert not {"</s>", "<s>", "fra_Latn"} & set(middle)


def test_a_language_that_it_has_not_is_named(folder: Path) -> None:
    with pytest.raises(Problem, match="NLLB has no deu_Latn, which de is"):
        opened(folder, target="de")


def test_a_long_sentence_is_cut_at_its_clauses(folder: Path) -> None:
    text = ", ".join(["it was the worst of times"] * 8)
    with opened(folder) as engine:
        assert engine.translate({"s1": text}, carefully=False)["s1"]


def test_it_goes_down_its_ladder(folder: Path) -> None:
    with opened(folder, precision="float32") as engine:
        assert engine.precision == "float32"
        assert engine.reduce() == batches.Reduced("device and precision", "cpu float32", "cpu int8")
        assert engine.reduce() is None
        assert engine.translate({"s1": LINES[0]}, carefully=True)["s1"]
    with pytest.raises(Problem, match="no float16 on cpu"):
        opened(folder, precision="float16")


@pytest.mark.heavy
def test_five_thousand_sentences_are_accounted_for(folder: Path) -> None:
    texts = {f"s{n}": f"{LINES[n % 4]} {n}" for n in range(5000)}
    with opened(folder) as engine:
        outcome = batches.translate(texts, engine, size=64, progress=lambda *_: None)
    assert set(outcome.texts) | set(outcome.failed) == set(texts)
    assert not set(outcome.texts) & set(outcome.failed)
