"""The slurm profile on a real Slurm (see slurm_cluster.py): `make test-slurm` runs these."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from house import DATA, ROOT, House, clip
from slurm_cluster import Cluster, Job

from lineage import Manifest
from subtitling.media import containers, ffmpeg
from subtitling.workflow import sizing

sys.path.append(str(ROOT / "demo"))
import make_films

pytestmark = pytest.mark.slurm

DEMO = (
    "job\tmedia\tsource_language\ttarget_languages\n"
    "tale\tin/tale.mkv\ten\ten,pt\n"
    "hindi\tin/hindi.mkv\thi\ten\n"
)
# What a test adds to the profile: this cluster has no accounting, and nobody wants to wait.
QUICK = [
    *("--slurm-status-command", "squeue", "--seconds-between-status-checks", "2"),
    *("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "10"),
]
SPEECH = "out/clip/05_pyannote_vad/speech.json"
# A film's stages in one job: for short films, whose jobs would mostly be Snakemake's own start.
ONE_JOB = ["--groups", *(f"{stage}=film" for stage in sizing.NEEDS)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture
def clip_house(house: House) -> House:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 3.8)
    return house


def submit(house: House, *arguments: str, check: bool = True) -> str:
    """Run through the slurm profile and wait; its output."""
    return house.run(*arguments, "--profile", "slurm", *QUICK, check=check).stdout


def submitting(house: House, *arguments: str) -> subprocess.Popen[str]:
    """The same without waiting."""
    return subprocess.Popen(
        house.command(*arguments, "--profile", "slurm", *QUICK),
        cwd=house.path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(ready: Callable[[], bool], run: "subprocess.Popen[str]", seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.1)


def of(jobs: list[Job], rule: str, film: str = "clip") -> list[Job]:
    """The jobs of a rule, by the comment that the plugin gives each."""
    return [job for job in jobs if job.comment.startswith(f"rule_{rule}_wildcards_{film}")]


def new_jobs(cluster: Cluster, before: list[Job]) -> list[Job]:
    return [job for job in cluster.jobs() if job.id > max((j.id for j in before), default=0)]


def stage(house: House, path: str) -> Manifest:
    return Manifest.load(house.path / "out" / path / "manifest.json")


def vad_runs(house: House) -> bool:
    manifest = house.path / "out/clip/05_pyannote_vad/manifest.json"
    return manifest.is_file() and Manifest.load(manifest).status == "running"


def lineage(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lineage", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_both_demo_films_come_out_as_from_a_local_run(
    cluster: Cluster,
    models: Path,  # noqa: ARG001 - the store must be there
    tmp_path: Path,
) -> None:
    houses = [House(tmp_path / name) for name in ("here", "there")]
    here, there = houses
    for house in houses:
        (house.path / "config" / "films.tsv").write_text(DEMO, "utf-8")
    for job, (sound, language, _) in make_films.FILMS.items():
        film = here.path / "in" / f"{job}.mkv"
        make_films.make(film, DATA / sound, language, "color=c=navy:s=320x180:r=24")
        os.link(film, there.path / "in" / film.name)
    here.run()
    submit(there, "--set-resources", "alignment:gpu=1")
    for job in make_films.FILMS:
        done = lineage("diff", f"{here.path}/out/{job}", f"{there.path}/out/{job}")
        assert done.returncode == 0, done.stdout
        assert lineage("verify", f"{there.path}/out/{job}").returncode == 0
    jobs = cluster.jobs()
    assert {job.state for job in jobs} == {"COMPLETED"}
    done = cluster.finished()
    assert done.count("JobState=COMPLETED") == done.count("JobId=") == len(jobs)
    film = sizing.Film(stage_hours(there, "tale"), (there.path / "in/tale.mkv").stat().st_size)
    (asr,) = of(jobs, "asr", "tale")
    weights = 147_882_941
    assert asr.memory_mb == pytest.approx(
        sizing.memory_mb(sizing.NEEDS["asr"], film, weights, 1), abs=10
    )
    assert asr.minutes == sizing.minutes(sizing.NEEDS["asr"], film, weights, "cpu", 1)
    assert asr.cpus == stage(there, "tale/06_asr").resources["threads"]
    assert stage(there, "tale/06_asr").process["batch_job"] == f"slurm {asr.id}"
    assert [job.gpus for job in of(jobs, "alignment", "tale")] == [1]
    assert asr.gpus == 0
    # What needs a network ran here, and cues and mux of a film were one job.
    assert stage(there, "tale/02_tmdb").process["batch_job"] is None
    finish = [
        stage(there, f"tale/{s}").process["batch_job"] for s in ("09_subtitle_gen/en", "10_mux")
    ]
    assert finish[0] == finish[1] is not None


def stage_hours(house: House, job: str) -> float:
    import json

    media = json.loads((house.path / f"out/{job}/01_demux/media.json").read_text("utf-8"))
    return float(media["duration_ms"]) / 3_600_000


def test_a_job_over_its_memory_comes_back_larger(cluster: Cluster, clip_house: House) -> None:
    before = cluster.jobs()
    said = submit(clip_house, SPEECH, "--set-resources", "pyannote_vad:mem_mb=800*3**(attempt-1)")
    assert "Trying to restart" in said
    first, second = of(new_jobs(cluster, before), "pyannote_vad")
    assert (first.state, first.memory_mb) == ("FAILED", 800)
    assert (second.state, second.memory_mb) == ("COMPLETED", 2400)
    slurms = clip_house.path / ".snakemake/slurm_logs/rule_pyannote_vad/clip" / f"{first.id}.log"
    assert "exceeded memory limit" in slurms.read_text("utf-8")
    saved = stage(clip_house, "clip/05_pyannote_vad")
    assert (saved.status, saved.attempt) == ("success", 2)
    (attempt,) = saved.attempts
    assert (attempt["status"], attempt["batch_job"]) == ("killed", f"slurm {first.id}")


def test_a_drained_node_and_a_new_controller_only_delay_the_run(
    cluster: Cluster, clip_house: House
) -> None:
    before = cluster.jobs()
    node = f"NodeName={cluster.node}"
    cluster.control("update", node, "State=DRAIN", "Reason=test")
    run = submitting(clip_house, SPEECH)
    try:
        wait_for(lambda: bool(new_jobs(cluster, before)), run)
        time.sleep(3)
        assert [job.state for job in new_jobs(cluster, before)] == ["PENDING"]
        cluster.control("update", node, "State=RESUME")
        wait_for(lambda: vad_runs(clip_house), run)
        cluster.stop("slurmctld")
        time.sleep(3)
        cluster.start("slurmctld")
        said = run.communicate(timeout=600)[0]
    finally:
        run.kill()
        if "DRAIN" in cluster.control("show", "node", cluster.node):
            cluster.control("update", node, "State=RESUME")  # for the tests that follow
    assert run.returncode == 0, said
    assert {job.state for job in new_jobs(cluster, before)} == {"COMPLETED"}
    assert stage(clip_house, "clip/05_pyannote_vad").attempt == 1


def test_a_job_that_a_person_cancelled_is_on_record_and_a_rerun_completes(
    cluster: Cluster, clip_house: House
) -> None:
    before = cluster.jobs()
    run = submitting(clip_house, SPEECH, "--retries", "0")
    try:
        wait_for(lambda: vad_runs(clip_house), run)
        (cancelled,) = of(new_jobs(cluster, before), "pyannote_vad")
        subprocess.run(["scancel", str(cancelled.id)], check=True)
        said = run.communicate(timeout=300)[0]
    finally:
        run.kill()
    assert run.returncode != 0
    assert "CANCELLED" in said
    submit(clip_house, SPEECH)
    saved = stage(clip_house, "clip/05_pyannote_vad")
    assert (saved.status, saved.attempt) == ("success", 2)
    assert saved.attempts[0]["batch_job"] == f"slurm {cancelled.id}"
    states = [job.state for job in of(new_jobs(cluster, before), "pyannote_vad")]
    assert states == ["CANCELLED", "COMPLETED"]


def make_minute(film: Path) -> Path:
    """A film of one minute: the tale, and its beginning again."""
    ffmpeg.run([
        "-f", "lavfi", "-i", "color=c=navy:size=320x180:rate=25", "-stream_loop", "-1",
        *ffmpeg.source(DATA / "two_cities.flac"), "-t", "60", "-map", "0:v", "-map", "1:a",
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-f", "matroska",
        containers.url(film),
    ])  # fmt: skip
    return film


def test_a_batch_of_twenty_films_runs_a_job_each(cluster: Cluster, house: House) -> None:
    before = cluster.jobs()
    minute = make_minute(house.path / "in" / "film00.mkv")
    for number in range(1, 20):
        os.link(minute, minute.with_name(f"film{number:02}.mkv"))
    submit(house, *ONE_JOB, "--config", "source_language=en")
    jobs = new_jobs(cluster, before)
    assert [job.state for job in jobs] == ["COMPLETED"] * 20
    done = lineage("status", "--json", str(house.path / "out"))
    assert done.returncode == 0, done.stdout
    ran = {stage(house, f"film{n:02}/06_asr").process["batch_job"] for n in range(20)}
    assert ran == {f"slurm {job.id}" for job in jobs}
