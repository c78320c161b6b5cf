"""`lineage status --watch`: how far a run has come, what waits for what, how long it will take."""

import os
import threading
import time
from pathlib import Path

import pytest
import recorded

import lineage
from lineage import Manifest, cli, watch
from lineage.commands import status
from lineage.watch import Step


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUTRADHAR_RUN", "2026-11-21T00:00:00Z")


@pytest.mark.parametrize(
    ("log", "share"),
    [
        ("2026-11-21T10:00:00.000Z INFO    06_asr 42 %\n", 42),
        ("2026-11-21T10:00:00.000Z INFO    08_translation/pt 7 %, about 3 s left\n", 7),
        ("… INFO    06_asr 42 %\n… INFO    06_asr 55 %\n… DEBUG   06_asr 90 %|###\n", 55),
        ("… INFO    06_asr the language is hi (99 %)\n", None),
        ("", None),
    ],
)
def test_the_last_percentage_of_a_log_counts(log: str, share: int | None) -> None:
    assert watch.percent(log) == share


@pytest.mark.parametrize(
    ("state", "taken", "percent", "usual", "left"),
    [
        ("running", 30_000, 25, 10_000, 90_000),  # its own pace goes before that of others
        ("running", 4_000, None, 10_000, 6_000),
        ("running", 14_000, None, 10_000, 0),
        ("waiting", 0, None, 10_000, 10_000),
        ("waiting", 0, None, None, None),
        ("done", 0, None, 10_000, 0),
        ("failed", 0, None, 10_000, 0),
    ],
)
def test_what_is_left_of_a_stage(
    state: str, taken: int, percent: int | None, usual: int | None, left: int | None
) -> None:
    assert watch.left(state, taken, percent, usual) == left


def test_what_is_left_of_a_film_is_its_longest_way() -> None:
    steps = [
        Step("out/a/01", "done", None, 0, 0, ()),
        Step("out/a/05", "running", 50, 10, 10, ("out/a/01",)),
        Step("out/a/06", "waiting", None, 0, 100, ("out/a/01", "out/a/05")),
        Step("out/a/05b", "waiting", None, 0, 30, ("out/a/01",)),
        Step("out/a/10", "waiting", None, 0, None, ("out/a/06", "out/a/05b")),
    ]
    assert watch.remaining(steps) == (110, 1)


def test_a_stage_waits_for_what_is_nearest() -> None:
    steps = [
        Step("out/a/01", "running", None, 0, 0, ()),
        Step("out/a/06", "waiting", None, 0, 5, ("out/a/01",)),
        Step("out/a/10", "waiting", None, 0, 5, ("out/a/01", "out/a/06")),
    ]
    assert watch.as_text({"a": steps})[2:] == ["  06 waits for 01", "  10 waits for 06"]


def test_how_long_a_stage_takes_is_told_by_those_that_ended() -> None:
    history = []
    for job, factor in (("a", 0.5), ("b", 0.7), ("c", 0.6)):
        with lineage.stage(recorded.rule(f"out/{job}/06_asr")):
            pass
        manifest = Manifest.load(f"out/{job}/06_asr/manifest.json")
        manifest.resources |= {"real_time_factor": factor, "wall_ms": 1000}
        history.append(manifest)
    assert watch.expected("06_asr", 60_000, history) == 36_000
    assert watch.expected("06_asr", None, history) == 1000
    assert watch.expected("10_mux", 60_000, history) is None


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(0, "0 s"), (59_400, "59 s"), (62_500, "1 min 2 s"), (3_600_000, "1 h 0 min")],
)
def test_a_time_is_told_as_people_do(ms: int, shown: str) -> None:
    assert watch.duration(ms) == shown


def test_a_run_is_watched_until_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    watch.plan(
        Path("out"),
        {"out/clip/01_demux": [], "out/clip/06_asr": ["out/clip/01_demux"]},
    )
    go, end = threading.Event(), threading.Event()

    def work() -> None:
        with lineage.stage(recorded.rule("out/clip/01_demux")) as io:
            io.log.info("%d %%, about %s left", 40, "3 s")
            go.set()
            end.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    go.wait(10)
    run = watch.Plan.load(Path("out"))
    assert run and run.going
    lines = watch.as_text(watch.steps(Path(), run, time.time() * 1000))
    end.set()
    thread.join()
    assert lines[0].startswith("clip: 0 of 2 stages done, about ")
    assert lines[0].endswith(" and 1 stages never timed")
    assert lines[1].startswith("  01_demux running 40 %, ")
    assert lines[2] == "  06_asr waits for 01_demux"
    after = watch.as_text(watch.steps(Path(), run, time.time() * 1000))
    assert after[0].startswith("clip: 1 of 2 stages done")
    assert after[1] == "  06_asr waits for its turn"
    # Of a run whose process is gone, the state is shown once.
    text = Path("out/plan.json").read_text()
    Path("out/plan.json").write_text(text.replace(f'"pid": {os.getpid()}', '"pid": 0'))
    capsys.readouterr()
    assert cli.main(["status", "out", "--watch"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("clip: 1 of 2 stages done")


def test_a_stage_of_an_earlier_run_waits_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with lineage.stage(recorded.rule("out/clip/01_demux")):
        pass
    monkeypatch.setenv("SUTRADHAR_RUN", "2026-11-22T00:00:00Z")
    watch.plan(Path("out"), {"out/clip/01_demux": []})
    run = watch.Plan.load(Path("out"))
    assert run
    (step,) = watch.steps(Path(), run, 0)["clip"]
    assert step.state == "waiting"
    assert step.left_ms is not None  # the earlier run tells how long it takes


def test_plain_lines_tell_only_what_is_new() -> None:
    before = ["a: 1 of 3 stages done, about 20 s left", "  06_asr running 41 %, 3 s so far"]
    assert (
        status.news(
            ["a: 1 of 3 stages done, about 19 s left", "  06_asr running 44 %, 4 s so far"], before
        )
        == []
    )
    assert status.news(["  06_asr running 52 %, 9 s so far, about 8 s left"], before) == [
        "  06_asr running 52 %, 9 s so far, about 8 s left"
    ]


def test_where_no_run_has_begun_there_is_nothing_to_watch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["status", "out", "--watch"]) == 2
    assert "no run has begun here" in capsys.readouterr().err


def test_a_stage_says_how_long_it_will_still_take(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 100.0, 104.0, 110.0, 115.0])
    with lineage.stage(recorded.rule("out/clip/06_asr")) as io:
        io._progress_at = 95.0
        with monkeypatch.context() as patch:
            patch.setattr(time, "monotonic", lambda: next(clock))
            for done in (0, 10, 20, 25):
                io.progress(done, 100)
    log = Path("out/clip/06_asr/stage.log").read_text()
    assert "06_asr 25 %, about 30 s left" in log
