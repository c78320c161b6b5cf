"""What is used of Snakemake beyond its public interface."""

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
