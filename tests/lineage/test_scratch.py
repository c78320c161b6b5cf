"""Temporary files: in one place a stage, and gone with it, or with its next run."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import recorded

import lineage
from lineage import scratch


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host's place for temporary files of these tests' own."""
    (tmp_path / "host").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "host"))


def left() -> list[Path]:
    return [*Path("host").iterdir()]


def test_a_stage_leaves_no_temporary_file_nor_do_its_children() -> None:
    place = scratch.place_of(Path("out/clip/06_asr"))
    with lineage.stage(recorded.rule("out/clip/06_asr")):
        mine = Path(tempfile.mkdtemp())
        make = "import tempfile; print(tempfile.mkdtemp())"
        theirs = Path(subprocess.check_output([sys.executable, "-c", make], text=True).strip())
        assert mine.parent == theirs.parent == place
    assert left() == []
    assert Path(tempfile.gettempdir()) == Path("host").absolute()
    assert os.environ["TMPDIR"] == str(Path("host").absolute())


def test_what_a_killed_stage_left_goes_with_its_next_run_and_no_other() -> None:
    here = scratch.place_of(Path("out/clip/10_mux"))
    (here / "tmp1").mkdir(parents=True)
    (here / "tmp1/part").write_text("half")
    with lineage.stage(recorded.rule("out/clip/06_asr")):
        pass
    assert left() == [here.relative_to(Path.cwd())]
    with lineage.stage(recorded.rule("out/clip/10_mux")):
        assert [*here.iterdir()] == []
    assert left() == []


def test_a_place_that_is_a_link_elsewhere_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/kept").write_text("x")
    scratch.place_of(Path("out/clip/06_asr")).symlink_to(tmp_path / "other")
    with lineage.stage(recorded.rule("out/clip/06_asr")):
        Path(tempfile.mkdtemp())
    assert [p.name for p in (tmp_path / "other").iterdir()] == ["kept"]
