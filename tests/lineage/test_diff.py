"""`lineage diff`: the same work gives the same bytes, and what made a result differ is named."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import recorded

from lineage import cli
from lineage.commands import diff
from lineage.record import Job
from subtitling.documents import Cue


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("workflow")
    # Here all stages share a process, and with it what has been imported: from the second job on.
    recorded.default_job(tmp_path_factory.mktemp("first"))
    recorded.job(folder, "one")
    recorded.job(folder, "two")
    yield folder


def cue(number: int, start_ms: int, text: str) -> Cue:
    return Cue(f"c{number:05d}", start_ms, start_ms + 1000, (text,), ())


def test_two_runs_of_the_same_give_the_same_bytes_and_say_so(
    workflow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = workflow / "out/one", workflow / "out/two"
    assert (one / "10_mux/final.mkv").read_bytes() == (two / "10_mux/final.mkv").read_bytes()
    assert cli.main(["diff", str(one), str(two)]) == 0
    assert [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()] == (
        ["the same"] * (len(diff.SECTIONS) + 1)
    )


def test_another_setting_is_named_with_the_cues_that_it_changed(
    workflow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config: dict[str, Any] = recorded.defaults()
    changes = {"*": {"max_chars_per_line": 12}}
    config["subtitles"] = {**config["subtitles"], "overrides": changes}
    recorded.job(workflow, "narrow", config=config)
    one, two = Job.read(workflow / "out/one"), Job.read(workflow / "out/narrow")
    rows = [(d.section, d.stage, d.what, d.before, d.after) for d in diff.differences(one, two)]
    setting = "*.max_chars_per_line"
    assert ("parameters", "", f"config.subtitles.overrides.{setting}", None, 12) in rows
    assert ("parameters", "09_subtitle_gen/en", f"rules.{setting}", 42, 12) in rows
    assert {row[0] for row in rows} == {"parameters", "results"}
    changed = [c for c in diff.cue_changes(one, two) if c.language == "en"]
    assert changed[0].before and changed[0].before.lines == ("It was late. Nobody slept.",)
    capsys.readouterr()
    assert cli.main(["diff", str(one.folder), str(two.folder), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["same"] is False


def test_models_code_environment_and_inputs_are_told_apart(workflow: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(workflow / "out/one", tmp_path / "one")
    for path in copy.rglob("manifest.json"):
        data = json.loads(path.read_text())
        data["software"]["packages"]["av"] = "0.1"
        if data["stage"] == "06_asr":
            data["models"][0]["revision"] = "2" * 40
            data["code"]["digest"] = "3" * 64
            data["degradations"] = [{"what": "batch", "before": "16", "after": "8", "reason": "x"}]
        if data["stage"] == "01_demux":
            data["inputs"][0]["sha256"] = "4" * 64
        path.write_text(json.dumps(data))
    rows = list(diff.differences(Job.read(workflow / "out/one"), Job.read(copy)))
    kinds = {(r.section, r.stage, r.what) for r in rows if r.section != "environment"}
    assert kinds == {
        ("inputs", "01_demux", "film"),
        ("models", "06_asr", "tiny.revision"),
        ("code", "06_asr", "digest"),
        ("course", "06_asr", "degraded batch"),
    }
    assert {r.what for r in rows if r.section == "environment"} == {"packages.av"}


def test_a_stage_that_only_one_has_is_told_once(workflow: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(workflow / "out/one", tmp_path / "one")
    shutil.rmtree(copy / "09_subtitle_gen/pt")
    (row,) = diff.differences(Job.read(workflow / "out/one"), Job.read(copy))
    assert (row.section, row.stage, row.before, row.after) == (
        "stages", "09_subtitle_gen/pt", "there", None,
    )  # fmt: skip


def test_cues_are_matched_by_text_and_compared_in_time() -> None:
    before = [cue(1, 0, "a"), cue(2, 2000, "b"), cue(3, 4000, "c"), cue(4, 6000, "d")]
    after = [
        cue(1, 0, "a"),
        cue(2, 2000, "B"),
        cue(3, 4100, "c"),
        cue(4, 6000, "d"),
        cue(5, 8000, "e"),
    ]
    changes = [
        (c.kind, c.before and c.before.id, c.after and c.after.id)
        for c in diff.compare("en", before, after)
    ]
    assert changes == [
        ("text", "c00002", "c00002"),
        ("time", "c00003", "c00003"),
        ("new", None, "c00005"),
    ]
    assert list(diff.compare("en", before, before)) == []
