"""The worker process: whatever befalls it, no line is lost and no other one is harmed."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from house import ROOT

from lineage.problem import Problem
from subtitling.runtime.worker import Lost, NoMemory, Worker
from subtitling.translation import batches

HERE = ROOT / "tests" / "support"


def worker(request_s: float = 20, **settings: Any) -> Worker:
    return Worker(
        Path(sys.executable),
        "odd_worker",
        settings,
        start_s=20,
        request_s=request_s,
        log=log.append,
        path=[HERE],
    )


log: list[str] = []


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    log.clear()
    yield


class Upper:
    """An engine over the worker."""

    placeholder = "Zq{}"
    by_length = True
    reads_terms = False
    pair = ("en", "en")

    def __init__(self, over: Worker):
        self.worker = over
        self.sizes: list[int] = []
        self.reduced = False

    def translate(self, texts: Any, *, carefully: bool) -> Any:
        self.sizes.append(len(texts))
        return self.worker.ask({"texts": dict(texts), "carefully": carefully})

    def reduce(self) -> batches.Reduced | None:
        if self.reduced:
            return None
        self.reduced = True
        self.worker.become({"room": 1000})
        return batches.Reduced("precision", "float32", "int8")


def run(texts: dict[str, str], over: Worker, size: int = 4) -> batches.Outcome:
    return batches.translate(texts, Upper(over), size=size, progress=lambda *_: None)


def test_one_process_answers_every_request() -> None:
    with worker() as w:
        assert w.ask({"texts": {"s1": "a"}}) == {"s1": "A"}
        pid = w.facts["pid"]
        assert w.ask({"texts": {"s2": "ß\u2028x"}}) == {"s2": "SS\u2028X"}
        assert (w.starts, w.facts["pid"]) == (1, pid)
    assert "a library prints" in log
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_does_not_see_our_packages_or_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "odd_worker.py").write_text("raise SystemExit('a stranger')", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with worker() as w:
        assert w.ask({"texts": {"s1": "a"}}) == {"s1": "A"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("crash", r"it ended \(status 1\): .*ValueError: a bug"),
        ("segfault", r"it ended \(SIGSEGV\)"),
        ("garbage", "no JSON: '<html>"),
        ("late", "it answered 0 to request 1"),
        ("true", "it answered True to request 1"),
        ("real", r"it answered 1\.0 to request 1"),
        ("empty", "an answer without result to request 1"),
        ("deep", "no JSON: "),
    ],
)
def test_a_worker_that_is_lost_says_how_and_starts_anew(text: str, words: str) -> None:
    with worker() as w:
        with pytest.raises(Lost, match=words):
            w.ask({"texts": {"s1": text}})
        assert w.ask({"texts": {"s1": "a"}}) == {"s1": "A"}
        assert w.starts == 2


def test_a_worker_that_hangs_is_ended_in_time() -> None:
    with worker(request_s=0.5) as w:
        w.start()
        began = time.monotonic()
        with pytest.raises(Lost, match=r"no answer in 0\.5 s"):
            w.ask({"texts": {"s1": "hang"}})
        assert time.monotonic() - began < 3


def test_a_worker_that_was_killed_wanted_memory() -> None:
    with worker() as w, pytest.raises(NoMemory, match="when memory runs out"):
        w.ask({"texts": {"s1": "killed"}})


def test_a_worker_that_has_no_memory_goes_on() -> None:
    with worker(room=3) as w:
        with pytest.raises(NoMemory, match="CUDA out of memory"):
            w.ask({"texts": {"s1": "abcd"}})
        assert w.ask({"texts": {"s1": "abc"}}) == {"s1": "ABC"}
        assert w.starts == 1


def test_a_worker_that_cannot_start_is_a_problem_at_once() -> None:
    with worker(fault="problem") as w, pytest.raises(Problem, match="run make envs"):
        w.ask({"texts": {}})
    with worker(fault="crash") as w, pytest.raises(Problem, match="no such module"):
        w.ask({"texts": {}})
    with worker(fault="memory") as w, pytest.raises(NoMemory, match="does not fit"):
        w.ask({"texts": {}})


TEXTS = {f"s{n}": f"line {n}" for n in range(1, 11)}


@pytest.mark.parametrize("fault", ["crash", "killed", "segfault", "garbage", "late"])
def test_a_fault_that_does_not_come_back_costs_no_line(fault: str, tmp_path: Path) -> None:
    texts = {**TEXTS, "s4": f"once {fault}"}
    with worker(once=str(tmp_path)) as w:
        outcome = run(texts, w)
    assert outcome.failed == {}
    assert set(outcome.texts) == set(texts)
    assert outcome.texts["s7"] == "LINE 7"


@pytest.mark.parametrize("fault", ["crash", "killed", "garbage", "drop"])
def test_a_sentence_that_always_fails_fails_alone(fault: str) -> None:
    with worker() as w:
        outcome = run({**TEXTS, "s4": fault}, w)
    assert list(outcome.failed) == ["s4"]
    assert set(outcome.texts) == set(TEXTS) - {"s4"}


def test_a_sentence_that_hangs_fails_alone() -> None:
    with worker(request_s=0.5) as w:
        outcome = run({**TEXTS, "s4": "hang"}, w)
    assert outcome.failed == {"s4": "no answer in 0.5 s"} or list(outcome.failed) == ["s4"]
    assert set(outcome.texts) == set(TEXTS) - {"s4"}


def test_what_nobody_asked_for_is_left_out_and_told() -> None:
    with worker() as w:
        outcome = run({**TEXTS, "s4": "add"}, w)
    assert set(outcome.texts) == set(TEXTS)
    assert any("s99" in warning for warning in outcome.warnings)


def test_without_memory_batches_are_halved_for_good() -> None:
    steps: list[batches.Reduced] = []
    with worker(room=15) as w:
        engine = Upper(w)
        outcome = batches.translate(
            TEXTS, engine, size=8, progress=lambda *_: None, degrade=lambda r, _: steps.append(r)
        )
    assert engine.sizes == [8, 4, 2, 2, 2, 2, 2]
    assert [(r.before, r.after) for r in steps] == [("8", "4"), ("4", "2")]
    assert set(outcome.texts) == set(TEXTS)


def test_where_one_sentence_is_too_much_the_engine_makes_itself_smaller() -> None:
    steps: list[batches.Reduced] = []
    with worker(room=3) as w:
        outcome = batches.translate(
            TEXTS, Upper(w), size=2, progress=lambda *_: None, degrade=lambda r, _: steps.append(r)
        )
    assert [r.what for r in steps] == ["batch_size", "precision"]
    assert set(outcome.texts) == set(TEXTS)
