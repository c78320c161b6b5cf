"""What `lineage export` writes is what the public tools for it accept."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import recorded

import lineage
from lineage import cli, sources
from lineage.commands import crate, prov, verify
from lineage.record import Job

CRATE_PYTHON = Path(
    os.environ.get("CRATE_PYTHON", recorded.ROOT / ".venv-crate/bin/python")
).absolute()


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield recorded.default_job(tmp_path_factory.mktemp("workflow"))


@pytest.fixture(scope="module")
def made(job: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("crates") / "clip"
    assert export(job, "ro-crate", target) == 0
    return target


LATER = "2026-11-21T00:00:01Z"
REASON = "no engine translates en to ta"


@pytest.fixture
def partial(job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The job with a language that no engine translates into, which failed alone."""
    workflow = tmp_path / "workflow"
    shutil.copytree(job.parents[1], workflow)
    monkeypatch.chdir(workflow)
    monkeypatch.setenv("SUTRADHAR_RUN", LATER)
    fails(recorded.rule(
        "out/clip/08_translation_refused/ta",
        output={"never": "never"},
        params={"why": REASON, "code": recorded.code("08_translation_refused")},
    ), "08_translation_refused.py")  # fmt: skip
    return workflow / "out/clip"


def fails(given: Any, script: str) -> None:
    with pytest.raises(lineage.Problem):
        recorded.script(script, given)


def export(job: Path, kind: str, target: Path, workflow: Path = recorded.ROOT) -> int:
    asked = ["export", str(job), "--format", kind, "--to", str(target)]
    return cli.main([*asked, "--workflow", str(workflow)])


def graph(target: Path) -> dict[str, Any]:
    document = json.loads((target / crate.NAME).read_text(encoding="utf-8"))
    return {entity["@id"]: entity for entity in document["@graph"]}


@pytest.mark.skipif(
    not CRATE_PYTHON.exists(),
    reason="NOT CHECKED by roc-validator and runcrate: they want an environment of their own; "
    "make test-crate sets it up",
)
def test_the_public_validators_accept_the_crate(made: Path, partial: Path, tmp_path: Path) -> None:
    assert export(partial, "ro-crate", tmp_path / "partial") == 0
    script = recorded.ROOT / "tests" / "support" / "validate_crate.py"
    for crate_folder, actions in ((made, 10), (tmp_path / "partial", 11)):
        command = [str(CRATE_PYTHON), str(script), str(crate_folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        for profile in ("process", "workflow", "provenance"):
            assert f"{profile}-run-crate: " in done.stdout
        assert f"runcrate report: {actions} actions" in done.stdout


def test_the_crate_holds_every_file_that_it_names_and_names_every_file_that_it_holds(
    made: Path,
) -> None:
    named = {i for i, e in graph(made).items() if "File" in e["@type"] and not i.startswith("ni:")}
    there = {p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file()}
    assert named == there - {crate.NAME}


def test_every_reference_in_the_crate_leads_somewhere(made: Path) -> None:
    entities = graph(made)

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from [value["@id"]] if set(value) == {"@id"} else []
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    missing = {r for e in entities.values() for r in references(list(e.values()))} - set(entities)
    assert {r for r in missing if not r.startswith("http")} == set()


def test_the_job_in_the_crate_still_verifies(made: Path) -> None:
    report = verify.verify(made / "out/clip")
    assert report.findings == []
    assert report.unchecked


def test_the_same_record_gives_the_same_crate(job: Path, made: Path, tmp_path: Path) -> None:
    assert export(job, "ro-crate", tmp_path / "again") == 0
    assert (tmp_path / "again" / crate.NAME).read_bytes() == (made / crate.NAME).read_bytes()


def test_no_step_of_the_way_is_left_out(job: Path, made: Path) -> None:
    entities = graph(made)
    assert {i for i, e in entities.items() if e["@type"] == "HowToStep"} == {
        f"workflow/Snakefile#{stage}" for stage in Job.read(job).stages
    }
    asr = entities["#06_asr"]
    assert asr["instrument"] == {"@id": "workflow/scripts/06_asr.py"}
    assert asr["result"] == {"@id": "out/clip/06_asr/transcript.json"}
    read = [entities[item["@id"]]["name"] for item in asr["object"]]
    assert read == ["audio.flac", "media.json", "speech.json", "model.json", "model.bin", "code"]


def test_prov_tells_what_every_file_was_derived_from(job: Path, tmp_path: Path) -> None:
    target = tmp_path / "clip.json"
    assert export(job, "prov", target) == 0
    document = json.loads(target.read_text(encoding="utf-8"))
    assert document == prov.document(Job.read(job))
    label = {key: entity["prov:label"] for key, entity in document["entity"].items()}
    derived = {
        (label[d["prov:generatedEntity"]], label[d["prov:usedEntity"]])
        for d in document["wasDerivedFrom"].values()
    }
    assert ("out/clip/10_mux/final.mkv", "film.mkv") in derived
    assert ("out/clip/06_asr/transcript.json", "tiny/model.bin") in derived
    assert set(document["activity"]) == {f"stage:{key}" for key in Job.read(job).stages}


def test_a_job_that_does_not_verify_is_not_passed_on(
    job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = job / "06_asr/extra"
    extra.touch()
    assert export(job, "ro-crate", tmp_path / "crate") == 2
    extra.unlink()
    assert "does not verify" in capsys.readouterr().err
    assert not (tmp_path / "crate").exists()


def test_code_that_did_not_make_the_job_is_not_passed_off_as_its_own(
    job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scripts = job.parents[1] / "scripts"
    scripts.mkdir()
    try:
        assert export(job, "ro-crate", tmp_path / "crate", workflow=job.parents[1]) == 2
    finally:
        scripts.rmdir()
    assert "is not what made 01_demux" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    ["Snakefile", "rules/06_asr.smk", "config/models.yaml", "lineage/commands/crate.py",
     "scripts/subtitling/recognition/whisper.py"],
)  # fmt: skip
def test_an_edit_of_any_part_of_the_workflow_is_noticed(
    job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for part in ("Snakefile", "rules", "lineage", "config", "scripts"):
        (tmp_path / "workflow").mkdir(exist_ok=True)
        target, source = tmp_path / "workflow" / part, recorded.ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    shutil.copy(job.parents[1] / "film.mkv", tmp_path / "workflow")
    shutil.copytree(job.parents[1] / "models", tmp_path / "workflow/models")
    for beside in ("film.json", "glossary.json"):
        shutil.copy(job.parents[1] / beside, tmp_path / "workflow")
    assert export(job, "ro-crate", tmp_path / "first", tmp_path / "workflow") == 0
    with (tmp_path / "workflow" / name).open("a", encoding="utf-8") as file:
        file.write("\n# another line\n")
    sources.imported.cache_clear()
    assert export(job, "ro-crate", tmp_path / "second", tmp_path / "workflow") == 2
    assert "is not what made" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["06_asr_whole", "08_translation_shared", "06_asr"])
def test_a_stage_that_is_made_by_several_scripts_names_the_one_that_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = f"out/clip/{name[:2]}_{name.split('_')[1]}"
    with lineage.stage(recorded.rule(folder, params={"code": recorded.code(name)})):
        pass
    exported = Job.read(Path("out/clip"))
    assert next(iter(exported.stages.values())).code["script"] == f"{name}.py"
    assert export(Path("out/clip"), "ro-crate", tmp_path / "crate") == 0
    (action,) = [e for e in graph(tmp_path / "crate").values() if e["@id"] == f"#{folder[9:]}"]
    assert action["instrument"] == {"@id": f"workflow/scripts/{name}.py"}


def test_nothing_that_is_there_is_overwritten(job: Path, tmp_path: Path) -> None:
    (tmp_path / "crate").mkdir()
    assert export(job, "ro-crate", tmp_path / "crate") == 2


def test_what_there_is_of_a_film_is_exported_and_says_what_failed(
    partial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = "08_translation_refused/ta"
    assert export(partial, "ro-crate", tmp_path / "crate") == 0
    assert f"FAILED: {stage}: {REASON}\n" in capsys.readouterr().out
    entities = graph(tmp_path / "crate")
    for action in (f"#{stage}", "#run"):
        assert entities[action]["actionStatus"] == "http://schema.org/FailedActionStatus"
        assert REASON in entities[action]["error"]
    assert entities["#10_mux"]["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert f"What failed: {stage}: {REASON}" in entities["./"]["description"]
    assert {f.kind for f in verify.verify(tmp_path / "crate/out/clip").findings} == {"state"}
    assert export(partial, "prov", tmp_path / "prov.json") == 0
    document = json.loads((tmp_path / "prov.json").read_text("utf-8"))
    assert document["activity"][f"stage:{stage}"]["st:reason"] == REASON


def test_files_of_a_run_before_a_failure_are_not_passed_on_as_of_this_one(
    partial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("transcript.json", "manifest.json", "stage.log"):
        (partial / "06_asr" / name).unlink()  # as Snakemake does before a stage runs again
    with (
        pytest.raises(lineage.Problem),
        lineage.stage(recorded.rule("out/clip/06_asr", params={"code": recorded.code("06_asr")})),
    ):
        raise lineage.Problem("no memory")
    assert export(partial, "ro-crate", tmp_path / "crate") == 2
    assert "06_asr failed (no memory), and 07_alignment is of a run before" in (
        capsys.readouterr().err
    )


def test_a_stage_that_failed_before_it_had_read_its_film_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("film.mkv").open("wb") as film:
        film.truncate(4_000_000_000)
    given = recorded.rule(
        "out/clip/01_demux",
        input={"film": "film.mkv"},
        params={"code": recorded.code("01_demux")},
    )
    with pytest.raises(lineage.Problem), lineage.stage(given):
        raise lineage.Problem("no film")
    report = verify.verify(Path("out/clip"))
    assert {f.kind for f in report.findings} == {"state"}
    assert [f.text for f in report.unchecked] == ["01_demux failed before it had read it"]
    assert export(Path("out/clip"), "prov", tmp_path / "prov.json") == 0
    assert export(Path("out/clip"), "ro-crate", tmp_path / "crate") == 0
    assert graph(tmp_path / "crate")["#01_demux"]["object"] == [
        {"@id": "#unread/film.mkv"}, {"@id": "#01_demux/code"}
    ]  # fmt: skip
