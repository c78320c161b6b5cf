"""IndicTrans2 in its own environment, on a stand-in that repeats its source; docs/translation.md
says what that shows and what it does not."""

import dataclasses
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from house import ROOT

from lineage.problem import Problem
from subtitling.documents import Form, Glossary, Term
from subtitling.runtime import environments
from subtitling.translation import batches, placeholders, translator
from subtitling.translation.indictrans2 import IndicTrans2, IndicTrans2Options, direction
from subtitling.translation.indictrans2_server import unmarked

PYTHON = ROOT / ".venv-indictrans2" / "bin" / "python"
needed = pytest.mark.skipif(not PYTHON.is_file(), reason="no .venv-indictrans2: run make envs")
log: list[str] = []


def options(**changed: Any) -> IndicTrans2Options:
    chosen = IndicTrans2Options(python=str(PYTHON), precision="auto", start_s=120, request_s=60)
    return dataclasses.replace(chosen, **changed)


def opened(folder: Path, source: str = "hi", target: str = "en", **changed: Any) -> IndicTrans2:
    return IndicTrans2(
        folder,
        device="cpu",
        threads=1,
        beam_size=2,
        max_tokens=64,
        options=options(**changed),
        log=log.append,
    ).aim(source, target)


def run(engine: Any, texts: dict[str, str], size: int = 8) -> batches.Outcome:
    return batches.translate(texts, engine, size=size, progress=lambda *_: None)


@pytest.fixture(scope="module")
def copier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "copier"
    builder = [
        str(PYTHON),
        str(ROOT / "tests" / "support" / "tiny_models.py"),
        "indictrans2",
        str(folder),
    ]
    subprocess.run([*builder, "copy"], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def engine(copier: Path) -> Iterator[IndicTrans2]:
    with opened(copier) as engine:
        yield engine


LINES = [
    "मोहन अपनी माँ के साथ रहता था।",
    "हर सुबह वह चाय बनाता था।",
    "क्यों?",
    "उसके पिता दिल्ली में काम करते थे, और वह दस साल का था।",
]


def test_each_pair_has_a_family_of_models() -> None:
    assert direction("hi", "en") == "indic-en"
    assert direction("en", "ta") == "en-indic"
    assert direction("mr", "ta") == "indic-indic"
    assert direction("en", "mni-Mtei") == direction("en-IN", "sd-Deva") == "en-indic"
    refused = ("pt", "en"), ("auto", "en"), ("en", "en"), ("en-GB", "en"), ("en", "ta-Latn")
    for pair in refused:
        with pytest.raises(Problem, match="choose another engine"):
            direction(*pair)


def test_without_its_environment_the_command_that_builds_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="build it with `make envs`"):
        opened(tmp_path, python=str(tmp_path / "python"))


def test_another_environment_than_the_pinned_one_is_refused() -> None:
    with pytest.raises(Problem, match=r"has transformers 4\.57\.6, not 4\.53\.2"):
        environments.check("indictrans2", PYTHON, {"transformers": "4.57.6"})


@needed
@pytest.mark.heavy
def test_every_sentence_comes_back_as_its_own(engine: IndicTrans2) -> None:
    texts = {f"s{n}": LINES[n % 4] for n in range(20)}
    outcome = run(engine, texts)
    assert (outcome.failed, outcome.warnings) == ({}, [])
    expected = {text: text.replace("।", ".") for text in LINES}
    for i, text in outcome.texts.items():
        assert "".join(text.split()).rstrip("।.") == "".join(expected[texts[i]].split()).rstrip(".")


@needed
@pytest.mark.heavy
def test_it_tells_its_own_versions_and_they_are_not_ours(engine: IndicTrans2) -> None:
    from importlib import metadata

    facts = engine.facts()
    assert facts["packages"]["transformers"] == "4.53.2" != metadata.version("transformers")
    assert facts["packages"]["torch"].partition("+")[0] == "2.8.0"


@needed
@pytest.mark.heavy
def test_a_sentence_that_is_too_long_is_translated_clause_by_clause(engine: IndicTrans2) -> None:
    text = ", ".join(["हर सुबह वह चाय बनाता था"] * 12)
    outcome = run(engine, {"s1": text})
    assert outcome.texts["s1"].count("चाय") == 12


@needed
@pytest.mark.heavy
def test_a_sentence_is_measured_as_the_toolkit_writes_it(copier: Path) -> None:
    # The stand-in knows no Tamil letter, so that a word is one piece; the toolkit writes it in
    # Devanagari.
    said = " ".join(f"அவன் தன் தாயுடன் வாழ்ந்தான் {number}," for number in range(11, 21))
    with opened(copier, "ta", "en") as engine:
        answer = engine.translate({"s1": said}, carefully=False)["s1"]
    assert [number for number in range(11, 21) if str(number) in answer] == [*range(11, 21)]


@needed
@pytest.mark.heavy
def test_placeholders_are_numbered_alike_in_every_run(
    copier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toolkit = (
        "from IndicTransToolkit.processor import IndicProcessor as P;"
        "print(P(inference=True).preprocess_batch(['#Zq1 #Zq2 #Zq3'], 'eng_Latn', 'hin_Deva'))"
    )
    seen = set()
    for seed in "123":
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        done = subprocess.run([str(PYTHON), "-c", toolkit], capture_output=True, check=True)
        seen.add(done.stdout)
    assert len(seen) > 1  # why it matters
    with opened(copier, "en", "hi") as engine:
        engine.facts()
        told_of = Path(f"/proc/{engine.worker.facts['pid']}/environ").read_bytes().split(b"\0")
    assert b"PYTHONHASHSEED=0" in told_of


@needed
@pytest.mark.heavy
def test_weights_that_are_not_there_are_a_problem_at_once(copier: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(copier, tmp_path / "copier"))
    weights = load_file(folder / "model.safetensors")
    lost = next(name for name in sorted(weights) if "fc1.weight" in name)
    del weights[lost]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with opened(folder) as engine, pytest.raises(Problem, match=f"no weights for {lost}"):
        engine.facts()


@needed
@pytest.mark.heavy
def test_a_mark_of_the_tokenizer_in_a_text_is_text(engine: IndicTrans2) -> None:
    said = {"s1": "मोहन </s> अपनी माँ", "s2": "<unk> <s> क्यों?", "s3": "हर सुबह", "s4": "<pad>"}
    starts = engine.worker.starts
    outcome = run(engine, said)
    # The stand-in's vocabulary has no slash.
    assert {i: text.replace(" ", "") for i, text in outcome.texts.items()} == {
        i: text.replace(" ", "").replace("/", "") for i, text in said.items()
    }
    assert engine.worker.starts == max(starts, 1)


def test_marks_are_broken_up_and_nothing_else() -> None:
    marks = ["<s>", "</s>", "<unk>"]
    assert unmarked("a <<s>> b </s>", marks) == "a << s>> b < /s>"
    assert unmarked("5 < 6 <i>", marks) == "5 < 6 <i>"


@needed
@pytest.mark.heavy
def test_the_toolkits_own_placeholders_carry_ours(engine: IndicTrans2) -> None:
    terms = Glossary(
        (
            Term(
                id="n1",
                kind="food",
                action="translate",
                forms=(Form("चाय", "hi", "Deva"),),
                renderings=(Form("chai", "en", "Latn"),),
                notes="",
                hot=False,
                sources=("a table",),
            ),
        ),
        (),
    )
    done = translator.with_engine(
        {"s1": LINES[1], "s2": LINES[0]},
        engine,
        placeholders.TermChecker(terms, "hi", "en"),
        size=8,
        progress=lambda *_: None,
    )
    assert (done.missing, done.repaired) == ({}, 1)
    assert "chai" in done.outcome.texts["s1"]


@needed
@pytest.mark.heavy
def test_a_worker_killed_in_the_middle_costs_no_line(copier: Path) -> None:
    texts = {f"s{n}": LINES[n % 4] for n in range(40)}
    with opened(copier) as engine:
        pid = engine.worker.start()["pid"]
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
        outcome = run(engine, texts, size=2)
        assert engine.worker.starts == 2
    assert set(outcome.texts) == set(texts)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@needed
@pytest.mark.heavy
def test_where_memory_runs_out_it_goes_to_int8(copier: Path) -> None:
    with opened(copier) as engine:
        before = run(engine, {"s1": LINES[0]}).texts
        lesser = engine.reduce()
        assert lesser and (lesser.before, lesser.after) == ("cpu float32", "cpu int8")
        assert run(engine, {"s1": LINES[0]}).texts == before
        assert (engine.precision, engine.reduce()) == ("int8", None)


@needed
@pytest.mark.heavy
def test_a_model_folder_without_its_code_is_a_problem_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    with opened(tmp_path) as engine, pytest.raises(Problem, match="it ended"):
        engine.facts()
    assert time.monotonic() - began < 60


@needed
@pytest.mark.heavy
def test_five_thousand_sentences_come_back_as_five_thousand(copier: Path) -> None:
    texts = {f"s{n:05d}": f"{LINES[n % 4][:-1]} {n}" for n in range(5000)}
    with opened(copier) as engine:
        outcome = run(engine, texts, size=64)
    assert set(outcome.texts) == set(texts)
    assert all(str(int(i[1:])) in text.replace(" ", "") for i, text in outcome.texts.items())
