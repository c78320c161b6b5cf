"""The ffmpeg program: which one, and how it is run."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import films
import pytest
from house import DATA, ROOT
from media_limits import limits

from lineage.problem import Problem
from subtitling.media import containers, ffmpeg
from subtitling.workflow import preflight

sys.path.append(str(ROOT / "demo"))
import make_films


@pytest.mark.parametrize(
    ("build", "count"),
    [
        ("ffmpeg version 7.0.2-static https://x", 2),
        ("ffmpeg version 8.1", 1),
        ("ffmpeg version n8.1.2", 0),
        ("ffmpeg version N-118000-gabc", 0),
    ],
)
def test_builds_with_known_holes_are_named_with_the_version_that_mends_them(build, count):
    warnings = ffmpeg.known_holes(build)
    assert len(warnings) == count
    assert all("install 8.1" in warning for warning in warnings)


def program(folder: Path, version: str) -> Path:
    """A program that says it is this version of ffmpeg."""
    folder.mkdir()
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\necho 'ffmpeg version {version} Copyright (c) us'\n", "utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What was chosen before a test and in it is not what others use."""
    for choice in (ffmpeg.program, ffmpeg.build):
        choice.cache_clear()
    yield
    for choice in (ffmpeg.program, ffmpeg.build):
        choice.cache_clear()


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(
    ("on_path", "carried"),
    [
        ("5.1.9-0+deb12u1", True),
        ("99.0", False),
        ("n99.1-3-gabcdef", False),
        ("N-118000-gabc", True),
    ],
)
def test_the_ffmpeg_on_the_path_is_used_where_it_is_newer(tmp_path, monkeypatch, on_path, carried):
    other = program(tmp_path / "bin", on_path)
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE", raising=False)
    monkeypatch.setenv("PATH", f"{other.parent}:{os.environ['PATH']}")
    assert (ffmpeg.program() != str(other)) == carried
    assert ffmpeg.too_old(ffmpeg.build()) is None


@pytest.mark.usefixtures("forgotten")
def test_an_ffmpeg_that_is_asked_for_is_used_and_said_to_be_too_old(tmp_path, monkeypatch):
    old = program(tmp_path / "bin", "4.4.2-0ubuntu0.22.04.1")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(old))
    assert ffmpeg.program() == str(old)
    assert list(preflight.tools()) == [
        f"{old} is ffmpeg version 4.4.2-0ubuntu0.22.04.1, older than 5.1: install imageio-ffmpeg, "
        "which carries a newer one, or put a newer one on the PATH"
    ]


def test_a_run_over_its_time_is_ended():
    begun = time.monotonic()
    with pytest.raises(Problem, match=r"not done after 1 s; limits\.time_factor"):
        ffmpeg.run(
            ["-re", *films.lavfi("sine"), "-t", "60", "-f", "null", "-"],
            0, None, limits(min_run_s=1),
        )  # fmt: skip
    assert time.monotonic() - begun < 10


def test_a_run_that_writes_too_much_is_ended(tmp_path):
    with pytest.raises(Problem, match=r"limits\.max_output_gb"):
        ffmpeg.run(
            [*films.lavfi("sine"), "-t", "600", containers.url(tmp_path / "big.wav")],
            0, None, limits(max_output_gb=0.001),
        )  # fmt: skip
    assert (tmp_path / "big.wav").stat().st_size <= 1_000_000


def test_ffmpeg_writes_no_report_that_the_environment_asks_for(tmp_path, monkeypatch):
    monkeypatch.setenv("FFREPORT", f"file={tmp_path / 'report.txt'}:level=32")
    ffmpeg.run([*films.lavfi("sine"), "-t", "1", "-f", "null", "-"])
    assert not list(tmp_path.iterdir())


def test_a_command_on_record_has_relative_paths_and_can_be_typed():
    arguments = ["-i", "file:/work place/in/it's.mkv", "-map", "0:a?", "file:/elsewhere/x.flac"]
    assert ffmpeg.command_line(arguments, Path("/work place")) == (
        """ffmpeg -i 'file:in/it'"'"'s.mkv' -map '0:a?' file:/elsewhere/x.flac"""
    )


def test_every_command_is_put_on_record_even_one_that_fails(tmp_path):
    notes = {}
    with ffmpeg.recorded(notes.update):
        ffmpeg.run(["-f", "lavfi", "-i", "anullsrc", "-t", "0.1", "-f", "null", "-"])
        with pytest.raises(Problem):
            ffmpeg.run([*ffmpeg.source(tmp_path / "none.mkv"), "-f", "null", "-"])
    ffmpeg.run(["-f", "lavfi", "-i", "anullsrc", "-t", "0.1", "-f", "null", "-"])
    assert ["none.mkv" in command for command in notes["ffmpeg"]] == [False, True]


def test_the_demos_films_are_the_same_bytes_on_any_number_of_processors(tmp_path):
    """As their records are to be."""
    every = os.sched_getaffinity(0)
    made = []
    for number, some in enumerate([every, {min(every)}]):
        os.sched_setaffinity(0, some)
        try:
            film = tmp_path / f"{number}.mkv"
            make_films.make(film, DATA / "hindi_short.flac", *make_films.FILMS["hindi"][1:])
            made.append(film.read_bytes())
        finally:
            os.sched_setaffinity(0, every)
    assert made[0] == made[1]
