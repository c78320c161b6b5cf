"""Stages 04 and 05 of a film in shards: the same files as in one piece, byte for byte."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from house import DATA, ROOT, House, clip, own_store

from lineage import Manifest
from lineage.problem import Problem
from subtitling import shards
from subtitling.shards import Grid
from subtitling.sound import arrays, events
from subtitling.workflow import snakemake_adapter
from subtitling.workflow.run_stage import run as run_stage_job

STAGES = {
    "04_sound_events": ("events.json",),
    "04_source_separation": (
        "vocals.flac",
        "accompaniment.flac",
        "dialogue.flac",
        "separation.json",
    ),
    "05_pyannote_vad": ("speech.json",),
}
RATE = 22_050


def speech(seconds: float, start: float = 0) -> np.ndarray:
    sound, rate = soundfile.read(DATA / "two_cities.flac")
    wanted = np.arange(round(seconds * RATE)) / RATE + start
    return np.interp(wanted * rate, np.arange(len(sound)), sound)


def film(kind: str) -> np.ndarray:
    """Sound of shape (samples, channels)."""
    if kind == "long speech":
        return speech(43.21)[:, None]
    if kind == "speech":
        return speech(17)[:, None]
    if kind == "two channels":
        return np.stack([speech(12.5), np.roll(speech(12.5, 30), RATE)], axis=1)
    return np.zeros((2 * RATE, 1))


@pytest.fixture
def work(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder to run stages in, with windows so short that a short film has several."""
    environment = dict(os.environ)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(events, "GRID", Grid(15 * 16_000, 5 * 16_000))
    own_store(models, Path("models"))
    Path("in").mkdir()
    Path("config").mkdir()
    Path("config/films.tsv").touch()
    yield tmp_path
    os.environ.clear()
    os.environ.update(environment)  # stages go offline for good


def run(number: int, channels: str, *folders: str) -> None:
    """Stages' scripts in this process, from their own rules."""
    Path("config/config.yaml").write_text(
        f"{{shards: {number}, demux: {{channels: {channels}}}, tmdb: {{ask: false}},"
        "separation: {when: always, model: spleeter-2stems, piece_ms: 7000, margin_ms: 500}}\n"
    )
    with snakemake_adapter.loaded(ROOT / "Snakefile") as workflow:
        for folder in folders:
            run_stage_job(snakemake_adapter.stage_job(workflow, folder))


def results() -> dict[str, bytes]:
    return {
        f"{stage}/{name}": Path(f"out/film/{stage}/{name}").read_bytes()
        for stage, names in STAGES.items()
        for name in names
    }


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize(
    ("kind", "channels", "numbers"),
    [
        pytest.param("long speech", "mix", [2, 3, 8], marks=pytest.mark.heavy),
        ("speech", "mix", [3]),
        pytest.param("two channels", "separate", [3], marks=pytest.mark.heavy),
        ("silence", "mix", [3]),
    ],
)
def test_a_films_sound_in_shards_is_heard_as_in_one_piece(
    kind: str, channels: str, numbers: list[int]
) -> None:
    soundfile.write("in/film.flac", film(kind), RATE, subtype="PCM_16")
    run(
        1,
        channels,
        "out/film/02_tmdb",
        "out/film/01_demux",
        *(f"out/film/{stage}" for stage in STAGES),
    )
    whole = results()
    noted = {s: Manifest.load(f"out/film/{s}/manifest.json").notes for s in STAGES}
    for number in numbers:
        parts = shards.names(number)
        for stage, names in STAGES.items():
            for name in names:
                Path(f"out/film/{stage}/{name}").unlink()
            folder = f"out/film/{stage}"
            run(number, channels, *(f"{folder}/{part}" for part in parts), folder)
            again = Manifest.load(f"{folder}/manifest.json").notes
            assert again == noted[stage] | {"shards": number}
        made = results()
        assert [name for name in whole if made[name] != whole[name]] == []
    for stage in STAGES:
        shorn = [Manifest.load(f"out/film/{stage}/{part}/manifest.json") for part in parts]
        # Of a short film some have nothing to do, and say so.
        assert {m.status for m in shorn} <= {"success", "skipped"}
        assert any(m.status == "success" and m.models for m in shorn)
        assert all(m.status == "success" or not m.notes.get("pieces") for m in shorn)


def test_what_shards_have_heard_goes_together_or_is_refused(tmp_path: Path) -> None:
    first, second, other = (tmp_path / f"{n}.npz" for n in range(3))
    arrays.save({"a": np.ones((2, 3), np.float32)}, first)
    arrays.save({"a": np.zeros((1, 3), np.float32)}, second)
    arrays.save({"b": np.zeros((1, 3), np.float32)}, other)
    assert arrays.joined([first, second])["a"].tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0]]
    assert first.read_bytes() != second.read_bytes()
    with pytest.raises(Problem, match=r"0\.npz and its neighbours do not go together"):
        arrays.joined([first, other])


@pytest.mark.parametrize("content", [b"", b"no arrays", b"PK\x03\x04 cut off"])
def test_a_file_that_is_spoilt_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "heard.npz"
    path.write_bytes(content)
    with pytest.raises(Problem, match=r"heard\.npz: no file of arrays: .*; delete it and run"):
        arrays.joined([path])


@pytest.mark.heavy
def test_after_a_shard_was_lost_it_alone_is_made_again(
    tmp_path: Path,
    models: Path,  # noqa: ARG001 - the store must be there
) -> None:
    house = House(tmp_path / "house")
    clip(DATA / "two_cities.flac", house.path / "in" / "book.mkv", 20)
    (house.path / "own.yaml").write_text("shards: 3\n", "utf-8")
    wanted = ("out/book/05_pyannote_vad/speech.json", "--configfile", "own.yaml")
    house.run(*wanted)
    speech_file = house.path / "out/book/05_pyannote_vad/speech.json"
    whole, heard = speech_file.read_bytes(), speech_file.parent / "2-of-3" / "heard.npz"
    heard.write_bytes(heard.read_bytes()[:-100])
    speech_file.unlink()
    failed = house.run(*wanted, check=False)
    assert (
        failed.returncode and "2-of-3/heard.npz is not what 05_pyannote_vad made" in failed.stdout
    )
    heard.unlink()
    assert house.planned(*wanted) == ["pyannote_vad_shard", "pyannote_vad_whole"]
    decides = (*wanted, "changed.yaml")
    (house.path / "changed.yaml").write_text("vad: {onset: 0.6}\n", "utf-8")
    done = house.run(*wanted)
    assert "finding speech, 2-of-3" in done.stdout
    assert "finding speech, 1-of-3" not in done.stdout
    assert speech_file.read_bytes() == whole
    # What decides hears nothing again.
    assert house.planned(*decides) == ["pyannote_vad_whole"]
