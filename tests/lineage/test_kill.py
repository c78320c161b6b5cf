"""Killed at random moments, the run or one of its stages: the record still tells the truth, the
next run completes, and what comes out is what would have come out."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest
import recorded

from lineage.commands import verify
from lineage.manifest import NAME, InvalidManifest, Manifest, process_started
from lineage.record import DIED, Job
from subtitling.media import ffmpeg

pytestmark = pytest.mark.heavy

KILLS = 40
# As a film is asked for: all of them, one by its name, or its files.
FILES = ("10_mux/final.mkv", "10_burn_in/en/burnt.en.mp4", "11_audit/film.html")
TARGETS = ((), ("clip",), tuple(f"out/clip/{name}" for name in FILES))
# The stages to kill: the folder of each, its rule, and how many seconds it works at most.
STAGES = {
    "01_demux": ("demux", 1.0),
    "02_tmdb": ("tmdb", 0.2),
    "03_glossary_load": ("glossary_load", 0.3),
    "04_sound_events": ("sound_events", 2.0),
    "04_source_separation": ("source_separation", 1.0),
    "05_pyannote_vad": ("pyannote_vad", 3.0),
    "05_shots": ("shots", 0.5),
    "06_asr": ("asr", 5.0),
    "07_alignment": ("alignment", 3.0),
    "08_lyrics_detection": ("lyrics_detection", 0.5),
    "08_translation/pt": ("translation", 1.5),
    "09_subtitle_gen/en": ("subtitle_gen", 0.5),
    "09_subtitle_gen/pt": ("subtitle_gen", 0.5),
    "10_burn_in/en": ("burn_in", 1.0),
    "10_mux": ("mux", 1.0),
    "11_audit": ("audit", 1.0),
    "11_preview": ("preview", 0.5),
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


def running(manifest: Path, since_ns: int, process: subprocess.Popen[bytes]) -> int | None:
    """The process of the stage of `manifest`, as soon as it has begun anew; None if it never did,
    or has ended."""
    while process.poll() is None:
        try:
            if manifest.stat().st_mtime_ns != since_ns:
                begun = Manifest.load(manifest)
                return begun.process["pid"] if begun.status == "running" else None
        except (OSError, InvalidManifest):
            pass  # Snakemake deletes it, or leaves it empty, before the stage begins
        time.sleep(0.005)
    return None


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
    assert set(whole) == set(STAGES)
    assert set(whole.values()) <= {"success", "skipped"}
    wanted = {name: (folder / name).read_bytes() for name in FILES[:2]}
    killed: Counter[tuple[str, str]] = Counter()
    cut_short: set[str] = set()
    stages = cycle(chance.sample(sorted(STAGES), len(STAGES)))
    while killed.total() < KILLS or cut_short < set(STAGES):
        assert killed.total() < 3 * KILLS, f"never cut short: {set(STAGES) - cut_short}"
        stage = next(stages)
        rule, seconds = STAGES[stage]
        manifest = folder / stage / NAME
        target = chance.choice(TARGETS)
        whom = chance.choice(["run", "stage"]) if stage in cut_short else "stage"
        since = manifest.stat().st_mtime_ns
        process = run(workflow, "--forcerun", rule, "--", *target)
        pid = running(manifest, since, process)
        time.sleep(chance.random() * seconds if stage in cut_short else 0)
        if pid and process.poll() is None and Manifest.load(manifest).status == "running":
            os.kill(pid if whom == "stage" else process.pid, signal.SIGKILL)
            if whom == "stage":  # a translation that dies is tried again in the same run
                cut_short.add(stage)
            killed[whom, "clip" if target == ("clip",) else f"{len(target)} files"] += 1
        process.wait()
        cut_short.update(k for k, state in tells_the_truth(folder).items() if state == "killed")
        # A stage that outlived its run is waited for by the next one.
        assert run(workflow, *target).wait() == 0, (workflow / "run.log").read_text()[-3000:]
        assert tells_the_truth(folder) == whole
        assert verify.verify(folder).findings == []
        for name, content in wanted.items():
            assert (folder / name).read_bytes() == content, name
        print(stage, dict(killed), sorted(cut_short), flush=True)
    assert len(killed) == 2 * len(TARGETS)
