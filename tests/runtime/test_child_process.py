"""Work in a process of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from house import ROOT

from lineage.problem import Problem
from subtitling.runtime import child_process

# Where a child process of a test finds this module, and what it imports.
CHILD_PATH = [Path(__file__).parent, ROOT / "tests" / "support"]


def crash(**_) -> None:
    os.kill(os.getpid(), 11)


def hang(**_) -> None:
    time.sleep(60)


def stumble(**_) -> None:
    raise KeyError("a mistake of ours")


def fail(**_) -> None:
    raise Problem("in its own words")


def answer(value: int, progress) -> dict[str, int]:
    print("a library's chatter")
    progress(1, 2)
    return {"value": value}


def test_a_child_answers_and_tells_its_progress(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "")
    seen = []
    got = child_process.call(answer, {"value": 3}, seconds=20, max_file_bytes=10**6,
                     progress=lambda *a: seen.append(a), path=CHILD_PATH)  # fmt: skip
    assert (got, seen) == ({"value": 3}, [(1, 2)])


@pytest.mark.parametrize(
    ("function", "seconds", "text"),
    [(crash, 30, "SIGSEGV"), (hang, 1, "not done after 1 s"), (fail, 30, "in its own words")],
)
def test_a_child_that_fails_is_a_problem_and_not_our_end(function, seconds, text):
    with pytest.raises(Problem, match=text):
        child_process.call(function, {}, seconds=seconds, max_file_bytes=1, path=CHILD_PATH)


def test_a_mistake_of_ours_in_a_child_is_not_blamed_on_the_film():
    with pytest.raises(RuntimeError, match="traceback"):
        child_process.call(stumble, {}, seconds=9, max_file_bytes=10**6, path=CHILD_PATH)


def test_a_child_does_not_outlive_its_parent():
    script = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from pathlib import Path\nimport test_child_process\n"
        "from subtitling.runtime import child_process\n"
        "child_process.call(test_child_process.hang, {}, seconds=60, max_file_bytes=1,"
        " path=[Path(test_child_process.__file__).parent])"
    )
    folders = [str(Path(__file__).parent), str(ROOT / "tests" / "support"), str(ROOT / "scripts")]
    parent = subprocess.Popen([sys.executable, "-c", script, *folders])
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    deadline = time.monotonic() + 20
    while not (pids := children.read_text(encoding="utf-8").split()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    while Path(f"/proc/{pids[0]}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
