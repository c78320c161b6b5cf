"""What the public sees beside the code: one version, one set of checks, the catalog's demands."""

import tomllib

import pytest
import yaml
from house import ROOT


def test_the_citation_names_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert f"\n## {project['version']}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_public_checks_are_those_that_a_submission_is_judged_by() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    steps = [step.get("run") for step in workflow["jobs"]["test"]["steps"]]
    assert "bash .ci/run" in steps


@pytest.mark.parametrize("path", ["Snakefile", "README.md", "LICENSE", "config/README.md"])
def test_the_workflow_catalog_finds_what_it_looks_for(path: str) -> None:
    """Of its standardized usage all but `workflow/Snakefile`: as a module of another workflow this
    one must be a clone, since its rules import the packages beside them."""
    assert (ROOT / path).is_file()


def test_the_catalogs_own_file_says_how_to_run_the_workflow() -> None:
    path = ROOT / ".snakemake-workflow-catalog.yml"
    usage = yaml.safe_load(path.read_text("utf-8"))["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["software-stack-deployment"]["conda"]
    assert list((ROOT / "envs").glob("*.yaml"))
