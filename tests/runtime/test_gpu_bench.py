"""The logic of bench/gpu.py, without a card: its minutes, its figures, its tasks on a CPU."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from house import ROOT

sys.path.append(str(ROOT / "bench"))

import gpu


def test_a_step_begins_only_where_the_longest_of_its_kind_fits_in() -> None:
    now = [0.0]
    budget = gpu.Budget(100, lambda: now[0])
    assert budget.left_s == 90  # the others are for writing
    assert budget.allows("speed", 90) and not budget.allows("speed", 91)
    with budget.step("speed"):
        now[0] += 50
    assert not budget.allows("speed", 10)  # it takes 50, by experience
    assert budget.allows("words", 10)
    now[0] += 60
    assert budget.left_s == 0


@pytest.mark.parametrize(
    ("ours", "theirs", "share"),
    [
        (["a b", "c d"], ["a b c d"], 0.0),
        (["a b c d"], ["a x c d"], 0.25),
        (["a"], ["a b c d"], 0.75),
        ([], [], 1.0),
        (["a"], [], 1.0),
    ],
)
def test_words_that_differ_are_a_share(ours: list[str], theirs: list[str], share: float) -> None:
    assert gpu.differing(ours, theirs) == share


def test_the_memory_of_a_card_is_its_peak_above_that_at_the_start() -> None:
    assert gpu.above_start([300, 900, 700]) == 600
    assert gpu.above_start([]) is None


def test_the_memory_is_sampled_from_before_the_work_on() -> None:
    answers = iter([300, 900, 700])
    with gpu.CardMemory(lambda: next(answers, None)) as memory:
        memory._sampler.join(60)  # it ends with the answers
    assert memory.peak_mb == 600
    assert gpu.CardMemory(gpu.driver_used_mb()).peak_mb is None  # nothing was measured
    with gpu.CardMemory(lambda: None) as without:
        pass
    assert without.peak_mb is None


def bench(folder: Path, seconds: float, **changes: Any) -> gpu.Bench:
    arguments = {"model": folder, "device": "cpu", "windows": 1, "size": "tiny", "longest_s": 90}
    given = gpu.argparse.Namespace(**arguments | changes)
    return gpu.Bench(given, folder, gpu.Budget(seconds))


def child(code: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (
            "raise RuntimeError('CUDA error: out of memory')",
            "RuntimeError: CUDA error: out of memory",
        ),
        ("import os; os.kill(os.getpid(), 9)", "it ended with -9"),
    ],
)
def test_a_fault_of_one_measurement_is_a_row(tmp_path: Path, code: str, why: str) -> None:
    assert bench(tmp_path, 600).ended(child(code)) == {"failed": why}


def test_a_measurement_that_hangs_is_ended_long_before_the_minutes(tmp_path: Path) -> None:
    with child("import time; time.sleep(600)") as hanging:
        ended = bench(tmp_path, 600, longest_s=0.1).ended(hanging)
    assert ended == {"failed": "it was not done after 0.1 s"}
    with child("import time; time.sleep(600)") as hanging:
        assert bench(tmp_path, 0).ended(hanging) == {"failed": "the time was up"}


def test_without_time_every_part_says_what_is_left_out(tmp_path: Path) -> None:
    late = bench(tmp_path, 0)
    late.large.mkdir()
    for folder in (tmp_path, late.large):
        (folder / "model.bin").touch()
    for part in ("words", "ladder", "large", "speed", "others", "two"):
        rows = [*gpu.rows_of(part, late)]
        assert rows and all("left out" in row["failed"] for row in rows), part
    assert next(gpu.rows_of("two", late)) == {"at once": 1, "failed": gpu.NO_TIME}


def test_without_the_weights_of_a_model_what_needs_them_starts_nothing(tmp_path: Path) -> None:
    without = bench(tmp_path, 600)
    parts = ("words", "ladder", "speed", "others", "two")
    rows = [row for part in parts for row in gpu.rows_of(part, without)]
    precisions = len(without.precisions())
    assert len(rows) == 2 + precisions + 1 + len(gpu.BATCHES) + precisions - 1 + 3 + 2
    assert all(row["failed"].startswith("left out") for row in rows)


def test_a_part_that_fails_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: gpu.Bench) -> Iterator[gpu.Row]:
        yield {"what": "one"}
        raise RuntimeError("CUDA failed with error no CUDA-capable device is detected")

    (tmp_path / "tokenizer.json").touch()
    monkeypatch.setattr(gpu, "PARTS", {"broken": broken, "after": lambda _: iter([{"s": 1.0}])})
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--model", str(tmp_path), "--out", str(tmp_path)])
    gpu.main()
    kept = json.loads((tmp_path / "gpu.json").read_text("utf-8"))
    assert [row["what"] for row in kept["broken"][:-1]] == ["one"]
    assert kept["broken"][-1]["failed"].startswith("RuntimeError: CUDA failed with error no CUDA")
    assert kept["after"] == [{"s": 1.0}]
    assert "## broken" in (tmp_path / "gpu.md").read_text("utf-8")


def test_what_was_measured_is_kept_before_the_next_measurement(tmp_path: Path) -> None:
    kept: gpu.Row = {"speed": [{"batch": 16, "s": 2.0}]}
    gpu.keep(tmp_path, kept)
    assert json.loads((tmp_path / "gpu.json").read_text("utf-8")) == kept
    assert "| 16 | 2 |" in (tmp_path / "gpu.md").read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gpu.json", "gpu.md"]


def test_the_same_work_is_measured_once(tmp_path: Path) -> None:
    again = bench(tmp_path, 0)
    task = again.small()
    again._measured[task] = {"s": 3.0, "texts": ["a"]}
    again.once(task, "words", 1).pop("texts")
    assert again.once(task, "words", 1) == {"s": 3.0, "texts": ["a"]}


@pytest.mark.heavy
def test_all_of_it_runs_on_a_cpu(tmp_path: Path, models: Path) -> None:
    given = ["--device", "cpu", "--size", "tiny", "--windows", "1", "--out", str(tmp_path)]
    # As long as a busy machine needs: what is tried is that it ends.
    given += ["--minutes", "60", "--longest-s", "1200", "--model", str(models / "whisper-base")]
    subprocess.run([sys.executable, str(ROOT / "bench" / "gpu.py"), *given], check=True)
    kept = json.loads((tmp_path / "gpu.json").read_text("utf-8"))
    rows = [row for part in gpu.PARTS for row in kept[part]]
    assert [row for row in rows if row.get("failed")] == []
    (same,) = [
        row for row in kept["words"]
        if row["precision"] == "float32" and "differing from the CPU's float32" in row
    ]  # fmt: skip
    assert same["differing from the CPU's float32"] == 0
    assert (tmp_path / "gpu.md").read_text("utf-8").count("## ") == len(gpu.PARTS)
