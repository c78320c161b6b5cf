"""A track that fails fails alone: the film is muxed with the others, or with its earlier track."""

from pathlib import Path

import pytest
import recorded

import lineage
from lineage import Manifest
from subtitling import documents
from subtitling.documents import Cue, Cues
from subtitling.runtime import earlier
from subtitling.subtitles import track

FOLDER = Path("out/a/09_subtitle_gen/en")
OUTPUTS = {"srt": "en.srt", "stl": "en.stl", "cues": "cues.json", "quality": "quality.json"}
GOOD = Cues("en", (Cue("c00001", 0, 900, ("It was late.",), ("w00001",)),))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("transcript.json").write_text("the words", "utf-8")


def stage(*, fails: bool, alone: bool = True) -> Manifest:
    """One run of the stage, before which Snakemake has deleted its outputs."""
    given = recorded.rule(
        str(FOLDER),
        input={"transcript": "transcript.json"},
        output=OUTPUTS,
        params={"formats": ["srt", "stl"], "alone": alone},
        wildcards={"lang": "en"},
    )
    for name in OUTPUTS.values():
        (FOLDER / name).unlink(missing_ok=True)
    with lineage.stage(given, track.failed) as io:
        if fails:
            raise lineage.Problem("edits/a/en.srt, line 2: not a time")
        for path in io.output:
            Path(path).write_text("made", "utf-8")
        documents.save(GOOD, io.output.cues)
        earlier.drop(io.folder)
    return Manifest.load(FOLDER / "manifest.json")


def test_without_an_earlier_track_there_is_none_and_the_reason_is_in_its_place() -> None:
    manifest = stage(fails=True)
    assert (manifest.status, manifest.reason) == ("failed", "edits/a/en.srt, line 2: not a time")
    made = documents.load(Cues, FOLDER / "cues.json")
    assert (made.cues, made.missing) == ((), manifest.reason)
    assert manifest.notes["missing"] == manifest.reason
    assert {Path(file.path).name for file in manifest.outputs} == {*OUTPUTS.values()}
    assert (FOLDER / "en.stl").read_bytes() == b""
    assert earlier.failed_try(FOLDER) == manifest.started_at


def test_the_earlier_track_of_the_same_words_stays_until_one_is_made() -> None:
    first = stage(fails=False)
    for _ in range(2):
        earlier.keep(FOLDER)
        manifest = stage(fails=True)
        assert documents.load(Cues, FOLDER / "cues.json") == GOOD
        assert (manifest.status, manifest.notes["kept_from"]) == ("failed", first.started_at)
        assert "missing" not in manifest.notes
    Path("transcript.json").write_text("other words", "utf-8")
    assert "kept_from" not in stage(fails=True).notes
    assert documents.load(Cues, FOLDER / "cues.json").missing
    assert stage(fails=False).status == "success"
    assert not [*FOLDER.glob(".earlier-*")]


def test_in_a_workflow_that_has_ours_as_a_module_the_job_fails() -> None:
    with pytest.raises(lineage.Problem):
        stage(fails=True, alone=False)
    assert not (FOLDER / "cues.json").exists()
