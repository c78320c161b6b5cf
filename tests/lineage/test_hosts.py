"""The record where several hosts work in one folder, or a file system has no locks."""

import errno
import fcntl
import os
import socket
from pathlib import Path

import pytest
import recorded
from test_stage import FOLDER, SLEEPS, manifest, snakemake_starts_a_job, started, wait_for
from test_stage import workflow as workflow

import lineage
from lineage import locks
from lineage.commands import verify


def test_a_killed_attempt_names_the_host_and_the_clusters_job() -> None:
    process = started(SLEEPS, SLURM_JOB_ID="4711")
    wait_for(Path("ready"), process)
    assert manifest().process["batch_job"] == "slurm 4711"
    process.kill()
    process.communicate()
    snakemake_starts_a_job()
    with lineage.stage(recorded.rule(FOLDER)):
        pass
    assert [(a["status"], a["host"], a["batch_job"]) for a in manifest().attempts] == [
        ("killed", socket.gethostname(), "slurm 4711")
    ]


def test_whoever_waits_is_told_where_the_other_works() -> None:
    works = 'Path("ready").touch()\nwhile not Path("go").exists():\n    time.sleep(0.01)'
    first = started(works, SLURM_JOB_ID="4711")
    wait_for(Path("ready"), first)
    second = started("pass")
    assert second.stderr
    said = second.stderr.readline()
    Path("go").touch()
    second.communicate(timeout=60)
    first.communicate()
    assert f"still works here ({socket.gethostname()}, slurm 4711); waiting" in said


def test_a_file_system_without_locks_is_warned_of_and_the_record_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with lineage.stage(recorded.rule(FOLDER)) as io:
        io.log.info("a line for both logs")
    saved = manifest()
    assert saved.status == "success"
    assert "is on a file system without locks" in saved.warnings[0]
    assert not Path(FOLDER, ".attempts").exists()
    logs = [*Path("out/clip").glob("logs/*.log"), Path(FOLDER, "stage.log")]
    assert all("a line for both logs" in log.read_text("utf-8") for log in logs)
    assert verify.verify(Path("out/clip")).ok


def test_only_the_want_of_locks_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (tmp_path / "file").open() as one, (tmp_path / "file").open() as two:
        assert locks.take(one.fileno(), fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            locks.take(two.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    with pytest.raises(OSError, match="Bad file descriptor"):
        locks.take(10**6, fcntl.LOCK_EX)
