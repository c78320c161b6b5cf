"""Killed at random moments, the run or one of its stages: the record still tells the truth, the
next run completes, and what comes out is what would have come out."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

import pytest
import recorded

from lineage.commands import verify
from lineage.manifest import process_started
from lineage.record import DIED, Job
from subtitling.media import ffmpeg

pytestmark = pytest.mark.heavy

KILLS = 40
# As a film is asked for: all of them, one by its name, or its files.
FILES = ("10_mux/final.mkv", "10_burn_in/en/burnt.en.mp4", "11_audit/film.html")
TARGETS = ((), ("clip",), tuple(f"out/clip/{name}" for name in FILES))
# Where a round starts again, and how many seconds after the first stage has begun it is killed at
# most. What models do takes long, so most rounds start late; each of the others has its own.
STARTS = (
    *[("subtitle_gen", 4)] * 11,
    *[("translation", 6)] * 5,
    *[("burn_in", 2)] * 2,
    *[("preview", 2)] * 2,
    *[("audit", 2)] * 2,
    *[("shots", 2)] * 2,
    *[("lyrics_detection", 4)] * 2,
    *[("sound_events", 6)] * 2,
    ("source_separation", 8),
    ("demux", 40),
)
STAGES = {
    *("01_demux", "02_tmdb", "03_glossary_load", "04_sound_events", "04_source_separation"),
    *("05_pyannote_vad", "05_shots", "06_asr", "07_alignment", "08_lyrics_detection"),
    *("08_translation/pt", "09_subtitle_gen/en", "09_subtitle_gen/pt", "10_burn_in/en", "10_mux"),
    *("11_audit", "11_preview"),
}


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workflow itself with eight seconds of speech for a film, and the models at hand."""
    if not (recorded.ROOT / "models/whisper-base/model.json").exists():
        pytest.skip("NOT CHECKED: no models here; `snakemake models` fetches them")
    folder = tmp_path_factory.mktemp("workflow")
    for name in ("rules", "scripts", "report", "lineage", "config", "profiles", "envs", "models"):
        shutil.copytree(recorded.ROOT / name, folder / name, symlinks=True)
    shutil.copy(recorded.ROOT / "Snakefile", folder)
    speech = ["-i", str(recorded.ROOT / "tests/data/two_cities.flac")]
    picture = ["-f", "lavfi", "-i", "testsrc=size=64x36:rate=24:duration=8"]
    ffmpeg.run([*speech, *picture, "-t", "8", "-c:v", "libx264", "-c:a", "aac",
               str(folder / "clip.mkv")])  # fmt: skip
    rows = "job\tmedia\tsource_language\ttarget_languages\ttitle\tyear\n"
    (folder / "config/films.tsv").write_text(f"{rows}clip\tclip.mkv\ten\ten,pt\t\t\n")
    (folder / "config/config.yaml").write_text("burn_in: {language: en, preset: ultrafast}\n")
    return folder


def run(workflow: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "snakemake", *arguments]
    environment = {k: v for k, v in os.environ.items() if k != "SUTRADHAR_RUN"}
    with (workflow / "run.log").open("ab") as log:
        return subprocess.Popen(command, cwd=workflow, stdout=log, stderr=log, env=environment)


def descendants(pid: int) -> list[int]:
    pids = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in tasks.read_text().split()]
        except OSError:
            continue
        pids += [*children, *(inner for child in children for inner in descendants(child))]
    return pids


def stages(pid: int) -> list[int]:
    """The processes that run a stage's script, below Snakemake's."""
    pids = []
    for child in descendants(pid):
        try:
            command = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
        if b"/scripts/tmp" in command and not command.startswith((b"/bin/", b"/usr/bin/bash")):
            pids.append(child)
    return pids


def tells_the_truth(folder: Path) -> dict[str, str]:
    """Every stage's state, after holding it against the processes that there are."""
    job = Job.read(folder)
    assert set(job.broken.values()) <= {DIED}, "a manifest is always whole, or not there yet"
    states = dict.fromkeys(job.broken, "killed")
    for key, manifest in job.stages.items():
        states[key] = job.state(key)
        if manifest.status == "running":
            lives = process_started(manifest.process["pid"]) == manifest.process["started"]
            now = job.state(key)  # it may have ended, or died, between the two looks
            assert now == ("running" if lives else "killed") or now != states[key]
    return states


def test_killed_at_any_moment_the_record_tells_the_truth_and_the_next_run_completes(
    workflow: Path,
) -> None:
    chance = random.Random(4)
    folder = workflow / "out/clip"
    assert run(workflow).wait() == 0, (workflow / "run.log").read_text()[-3000:]
    assert verify.verify(folder).findings == []
    whole = tells_the_truth(folder)
    assert set(whole) >= STAGES, "a stage that is not run is not killed"
    assert set(whole.values()) <= {"success", "skipped"}
    wanted = {name: (folder / name).read_bytes() for name in FILES[:2]}
    killed, cut_short = {"run": 0, "stage": 0}, set()
    rounds = cycle(chance.sample(STARTS, len(STARTS)))
    while sum(killed.values()) < KILLS:
        start, seconds = next(rounds)
        target = chance.choice(TARGETS)
        process = run(workflow, "--forcerun", start, "--", *target)
        while not stages(process.pid) and process.poll() is None:
            time.sleep(0.05)
        until = time.monotonic() + chance.random() * seconds
        while time.monotonic() < until and process.poll() is None:
            time.sleep(0.05)
        if process.poll() is None:
            working = stages(process.pid)
            single = bool(working) and chance.random() < 0.6
            os.kill(chance.choice(working) if single else process.pid, signal.SIGKILL)
            killed["stage" if single else "run"] += 1
        process.wait()
        cut_short |= {key for key, state in tells_the_truth(folder).items() if state == "killed"}
        # A stage that outlived its run is waited for by the next one.
        assert run(workflow, *target).wait() == 0, (workflow / "run.log").read_text()[-3000:]
        assert tells_the_truth(folder) == whole
        assert verify.verify(folder).findings == []
        for name, content in wanted.items():
            assert (folder / name).read_bytes() == content, name
        print(start, target, killed, sorted(cut_short), flush=True)
    assert killed["run"] >= 5 and killed["stage"] >= 5
    assert {key.partition("/")[0] for key in cut_short} >= {"06_asr", "10_mux", "11_audit"}
