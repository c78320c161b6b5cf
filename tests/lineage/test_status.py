"""`lineage status` tells how stages are doing, while they do it."""

import json
import threading
from pathlib import Path

import pytest
import recorded

import lineage
from lineage import cli
from lineage.commands import status
from lineage.problem import Problem


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def table(
    capsys: pytest.CaptureFixture[str], *asked: str
) -> tuple[int, dict[str, list[dict[str, object]]]]:
    capsys.readouterr()
    code = cli.main(["status", *asked, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_running_stage_shows_the_time_it_has_taken_so_far(
    capsys: pytest.CaptureFixture[str],
) -> None:
    go, end = threading.Event(), threading.Event()

    def work() -> None:
        with lineage.stage(recorded.rule("out/clip/06_asr")):
            go.set()
            end.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    go.wait(10)
    code, shown = table(capsys, "out")
    end.set()
    thread.join()
    (row,) = shown["out/clip"]
    assert (code, row["stage"], row["state"], row["peak_memory_bytes"]) == (
        0,
        "06_asr",
        "running",
        None,
    )
    assert isinstance(row["wall_ms"], int)
    code, shown = table(capsys, "out/clip")
    assert (code, shown["out/clip"][0]["state"]) == (0, "success")


def test_where_nothing_was_run_the_message_says_where_to_go() -> None:
    with pytest.raises(Problem, match=r"there is no folder out in .*: go to where snakemake runs"):
        status.jobs(Path("out"))
    Path("out").mkdir()
    with pytest.raises(Problem, match="out: no job has been started in it"):
        status.jobs(Path("out"))


def test_a_failure_is_shown_with_its_reason_and_in_the_exit_status(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with lineage.stage(recorded.rule("out/clip/01_demux")) as io:
        io.media_ms(1000)
        io.log.warning("the sound ends early")
        io.degrade("batch", 16, 8, "memory")
    with pytest.raises(lineage.Problem), lineage.stage(recorded.rule("out/clip/06_asr")):
        raise lineage.Problem("the model is missing")
    capsys.readouterr()
    assert cli.main(["status", "out"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "out/clip"
    assert lines[2].split()[:3] == ["01_demux", "success", "1"]
    assert lines[2].split()[-2:] == ["2", "1"]
    assert lines[3].split()[:2] == ["06_asr", "failed"]
    assert "  06_asr: the model is missing" in lines
    assert "  01_demux: warning: the sound ends early" in lines


def test_a_manifest_that_cannot_be_read_is_shown_as_broken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with lineage.stage(recorded.rule("out/clip/06_asr")):
        pass
    Path("out/clip/06_asr/manifest.json").write_text("{}")
    code, shown = table(capsys, "out/clip")
    assert (code, shown["out/clip"][0]["state"]) == (1, "broken")


def test_where_nothing_was_started_the_answer_says_what_to_give(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["status", "."]) == 2
    assert "give out, or out/JOB" in capsys.readouterr().err
