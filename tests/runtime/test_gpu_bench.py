"""The logic of bench/gpu.py, without a card: its minutes, its figures, its tasks on a CPU."""

import json
import subprocess
import sys
from pathlib import Path

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


def test_a_fault_of_one_measurement_is_a_row(tmp_path: Path) -> None:
    arguments = gpu.argparse.Namespace(model=tmp_path, device="cpu", windows=1, size="tiny")
    bench = gpu.Bench(arguments, tmp_path, gpu.Budget(60))
    child = subprocess.Popen(
        [sys.executable, "-c", "raise RuntimeError('CUDA error: out of memory')"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert bench.ended(child) == {"failed": "RuntimeError: CUDA error: out of memory"}
    late = gpu.Bench(arguments, tmp_path, gpu.Budget(0))
    assert late.run(late.small(), "words", 1) == {"failed": "left out: no time"}
    assert [row["failed"] for row in gpu.two(late)[1:]] == ["left out: no time"]


@pytest.mark.heavy
def test_all_of_it_runs_on_a_cpu(tmp_path: Path, models: Path) -> None:
    given = ["--device", "cpu", "--size", "tiny", "--windows", "1", "--out", str(tmp_path)]
    given += ["--model", str(models / "whisper-base")]
    subprocess.run([sys.executable, str(ROOT / "bench" / "gpu.py"), *given], check=True)
    kept = json.loads((tmp_path / "gpu.json").read_text("utf-8"))
    rows = [row for part in gpu.PARTS for row in kept[part]]
    assert [row for row in rows if row.get("failed")] == []
    (same,) = [row for row in kept["words"] if row["precision"] == "float32"]
    assert same["differing from the CPU's float32"] == 0
