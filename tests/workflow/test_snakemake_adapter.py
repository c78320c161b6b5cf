"""What is used of Snakemake beyond its public interface."""

import os
import signal
import threading
from types import SimpleNamespace

import pytest

from lineage.problem import Problem
from subtitling.workflow import snakemake_adapter


def test_a_snakemake_that_keeps_the_files_to_make_again_elsewhere_is_noticed() -> None:
    """That they are made again is tested where an intermediate or a manifest is lost. With another
    Snakemake nothing must be passed over in silence."""
    workflow = SimpleNamespace(dag=SimpleNamespace(forcefiles={"a"}))
    snakemake_adapter.make_again(workflow, ["b"])
    assert workflow.dag.forcefiles == {"a", "b"}
    for other in (SimpleNamespace(), SimpleNamespace(forcefiles=frozenset())):
        with pytest.raises(Problem, match="keeps no set of the files to make again"):
            snakemake_adapter.make_again(SimpleNamespace(dag=other), ["b"])


def test_a_run_that_is_ended_while_it_chooses_jobs_does_not_wait_for_itself() -> None:
    """As Snakemake's handler of SIGTERM does, which takes the lock that is held meanwhile."""
    chooses, ended = threading.Lock(), threading.Event()

    def exit_gracefully(*_: object) -> None:
        if chooses.acquire(timeout=5):
            ended.set()

    before = signal.signal(signal.SIGTERM, exit_gracefully)
    try:
        snakemake_adapter.end_at_any_time()
        with chooses:
            os.kill(os.getpid(), signal.SIGTERM)
        assert ended.wait(5)
    finally:
        signal.signal(signal.SIGTERM, before)
