"""A project folder of one's own, apart from the code."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from house import DATA, House, clip

from lineage import cli
from lineage.commands.verify import verify
from lineage.problem import Problem
from subtitling.models import errors
from subtitling.workflow import project


def test_a_film_is_done_in_a_folder_of_its_own(tmp_path: Path, house: House) -> None:
    mine = tmp_path / "mine"
    lines = project.init(mine, house.path)
    clip(DATA / "hindi_short.flac", mine / "in" / "clip.mkv", 1)
    command = [sys.executable, "-m", "snakemake", "clip"]
    done = subprocess.run(command, cwd=mine, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "clip: out/clip/10_mux/final.mkv, out/clip/11_audit/film.html" in done.stdout
    assert verify(mine / "out/clip").ok
    crate = ["--format", "ro-crate", "--to", str(tmp_path / "crate")]
    assert cli.main(["export", str(mine / "out/clip"), *crate]) == 0
    assert lines[-1] == "snakemake"
    assert (mine / "docs").readlink() == house.path / "docs"  # pages that messages name
    command_of_message = shlex.split(errors.command("silero-vad"))
    subprocess.run([*command[:2], *command_of_message, "--quiet"], cwd=mine, check=True)
    (mine / "in" / "clip.mkv").rename(mine / "in" / "other.mkv")
    for printed in ([], ["--profile", "gpu", "other"]):
        # Every command that is printed or documented begins here as it does beside the code.
        call = [*command[:3], *printed, "--dry-run"]
        done = subprocess.run(call, cwd=mine, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "other: extracting the audio" in done.stderr + done.stdout


def test_what_is_there_is_left_as_it_is(tmp_path: Path, house: House) -> None:
    mine = tmp_path / "mine"
    (mine / "config").mkdir(parents=True)
    (mine / "config/films.tsv").write_text("job\tmedia\n", "utf-8")
    project.init(mine, house.path)
    project.init(mine, house.path)
    assert (mine / "config/films.tsv").read_text("utf-8") == "job\tmedia\n"
    with pytest.raises(Problem, match="name a folder elsewhere"):
        project.init(house.path / "mine", house.path)
    with pytest.raises(Problem, match=r"films\.tsv is a file: name a folder"):
        project.init(mine / "config/films.tsv", house.path)
