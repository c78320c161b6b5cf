"""A film whose recognition is divided: the same words, cues and film as in one piece."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import DATA, ROOT, House

from lineage import Manifest
from subtitling import media

pytestmark = pytest.mark.heavy
FILM = "out/book/10_mux/final.mkv"


def two_minutes(film: Path) -> Path:
    """The tale nearly three times over: four chunks or more to divide."""
    media.run([
        "-f", "lavfi", "-i", "color=c=navy:size=320x180:rate=25", "-stream_loop", "-1",
        *media.source(DATA / "two_cities.flac"), "-t", "120", "-map", "0:v", "-map", "1:a",
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-f", "matroska", media.url(film),
    ])  # fmt: skip
    return film


def lineage(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lineage", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_shards_give_the_same_film_and_the_record_stays_whole(
    tmp_path: Path,
    models: Path,  # noqa: ARG001 - the store must be there
) -> None:
    whole, divided = House(tmp_path / "whole"), House(tmp_path / "divided")
    film = two_minutes(whole.path / "in" / "book.mkv")
    os.link(film, divided.path / "in" / "book.mkv")
    whole.run(FILM)  # the language is listened for, in each shard too
    (divided.path / "shards.yaml").write_text("asr: {shards: 3}\n", "utf-8")
    divided.run(FILM, "--configfile", "shards.yaml")
    one, other = whole.path / "out/book", divided.path / "out/book"
    for part in ("06_asr/transcript.json", "07_alignment/transcript.json", "10_mux/final.mkv"):
        assert (one / part).read_bytes() == (other / part).read_bytes(), part
    notes = [
        Manifest.load(other / f"06_asr/{n}-of-3/manifest.json").notes["chunks"] for n in (1, 2, 3)
    ]
    assert sum(notes) == Manifest.load(one / "06_asr/manifest.json").notes["chunks"]
    assert min(notes) > 0
    assert lineage("verify", str(other)).returncode == 0
    traced = lineage("trace", str(other / "10_mux/final.mkv"), "--cue", "5")
    assert traced.returncode == 0, traced.stderr
    for stage in ("06_asr/2-of-3", "model whisper-base", "05_pyannote_vad"):
        assert stage in traced.stdout
