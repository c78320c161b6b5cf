"""Killed at random moments, the run or one of its stages: the record still tells the truth, the
next run completes, and what comes out is what would have come out."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import recorded

from lineage import verify
from lineage.manifest import process_started
from lineage.record import DIED, Job
from subtitling import media

pytestmark = pytest.mark.heavy

KILLS = 30
# Where a round starts again, and how long what follows may take; most rounds start late.
STARTS = [("subtitle_gen", 4)] * 6 + [("translation", 6)] * 3 + [("demux", 40)]


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
    media.run([*speech, *picture, "-t", "8", "-c:v", "libx264", "-c:a", "aac",
               str(folder / "clip.mkv")])  # fmt: skip
    rows = "job\tmedia\tsource_language\ttarget_languages\ttitle\tyear\n"
    (folder / "config/films.tsv").write_text(f"{rows}clip\tclip.mkv\ten\ten,pt\t\t\n")
    return folder


def run(workflow: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "snakemake", *arguments]
    environment = {k: v for k, v in os.environ.items() if k != "SUTRADHAR_RUN"}
    with (workflow / "run.log").open("ab") as log:
        return subprocess.Popen(command, cwd=workflow, stdout=log, stderr=log, env=environment)


def descendants(pid: int) -> list[int]:
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in tasks.read_text().split()]
        except OSError:
            continue
        found += [*children, *(inner for child in children for inner in descendants(child))]
    return found


def stages(pid: int) -> list[int]:
    """The processes that run a stage's script, below Snakemake's."""
    found = []
    for child in descendants(pid):
        try:
            command = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
        if b"/scripts/tmp" in command and not command.startswith((b"/bin/", b"/usr/bin/bash")):
            found.append(child)
    return found


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
    wanted = (folder / "10_mux/final.mkv").read_bytes()
    killed = {"run": 0, "stage": 0}
    seen = set()
    while sum(killed.values()) < KILLS:
        start, seconds = chance.choice(STARTS)
        process = run(workflow, "--forcerun", start)
        until = time.monotonic() + 1 + chance.random() * seconds
        while time.monotonic() < until and process.poll() is None:
            time.sleep(0.05)
        if process.poll() is None:
            working = stages(process.pid)
            single = bool(working) and chance.random() < 0.6
            os.kill(chance.choice(working) if single else process.pid, signal.SIGKILL)
            killed["stage" if single else "run"] += 1
        process.wait()
        seen |= set(tells_the_truth(folder).values())
        # A stage that outlived its run is waited for by the next one.
        assert run(workflow).wait() == 0, (workflow / "run.log").read_text()[-3000:]
        for key, state in tells_the_truth(folder).items():
            assert state == ("skipped" if key == "02_tmdb" else "success"), key
        assert verify.verify(folder).findings == []
        assert (folder / "10_mux/final.mkv").read_bytes() == wanted
        print(killed, flush=True)
    assert killed["run"] >= 5 and killed["stage"] >= 5
    assert "killed" in seen
