"""The recogniser of each film where a model of IndicConformer is in the store, from the rules
themselves."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from house import ROOT

from lineage.problem import Problem
from subtitling.recognition import indic_conformer
from subtitling.workflow import levels, snakemake_adapter

CONFIG: dict[str, Any] = {"target_languages": ["en"]}
SPOKEN = {"hindi": "hi", "english": "en", "unnamed": "auto", "maithili": "mai", "script": "hi"}
LOCAL, BASE = ("indicconformer", "indic-conformer"), ("whisper", "whisper-base")
MODEL = {
    "licence": "MIT",
    "licence_url": "https://example.org",
    "size_bytes": 9,
    "files": dict.fromkeys(sorted(indic_conformer.SPEC.files), "a" * 64),
    "sources": [{"kind": "folder", "path": "/nowhere"}],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model and films, none of which is read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(levels.VARIABLE, raising=False)
    Path("config").mkdir()
    Path("in").mkdir()
    listed = yaml.safe_dump({"models": {"indic-conformer": MODEL}})
    Path("config/models.local.yaml").write_text(listed, "utf-8")
    for name in MODEL["files"]:
        path = Path("models/indic-conformer", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    rows = ["job\tmedia\tsource_language", *(f"{j}\tin/{j}.mkv\t{t}" for j, t in SPOKEN.items())]
    Path("config/films.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    for job in SPOKEN:
        Path(f"in/{job}.mkv").touch()
    Path("in/script.script.txt").write_text("x", "utf-8")
    return tmp_path


def planned(workflow: Any, job: str, stage: str) -> tuple[dict[str, Any], list[str]]:
    """A stage's parameters, and the models among its inputs."""
    from snakemake.iocontainers import Wildcards

    rule, names = snakemake_adapter.rule_of(workflow, f"out/{job}/{stage}/manifest.json")
    wildcards = Wildcards(fromdict=names)
    inputs, *_ = rule.expand_input(wildcards)
    outputs, _ = rule.expand_output(wildcards)
    resources = rule.expand_resources(wildcards, inputs, 1)
    aside = SimpleNamespace(resources=resources, threads=resources._cores, is_checkpoint=False)
    params, *_ = rule.expand_params(wildcards, inputs, outputs, aside)
    return dict(params.items()), [Path(p).parts[1] for p in inputs if p.startswith("models/")]


def wrong(config: dict[str, Any]) -> str:
    """What a run says before anything is planned."""
    Path("config/config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    with (
        pytest.raises(Problem) as caught,
        snakemake_adapter.loaded(ROOT / "Snakefile"),
    ):
        pass
    return str(caught.value)


@pytest.mark.usefixtures("folder")
def test_each_film_is_heard_by_the_recogniser_that_knows_its_language() -> None:
    Path("config/config.yaml").write_text(
        yaml.safe_dump({**CONFIG, "asr": {"second_ear": True}}), "utf-8"
    )
    with snakemake_adapter.loaded(ROOT / "Snakefile") as workflow:
        heard = {}
        for job in SPOKEN:
            params, models = planned(workflow, job, "06_asr")
            heard[job] = (params["engine"], params["model"]["name"])
            assert models == [params["model"]["name"]]
            assert params["options"]["other_languages"] == (
                [] if heard[job] == LOCAL else levels.AUTO
            )
            timed, _ = planned(workflow, job, "07_alignment")
            assert (timed["engine"], timed["model"]["name"]) == heard[job]
            assert timed["asr"] == params["options"]
        assert heard == {
            "hindi": LOCAL, "english": BASE, "unnamed": BASE, "maithili": LOCAL, "script": LOCAL,
        }  # fmt: skip
        # The other engine is the second ear, and the level's Whisper translates what is said.
        second, _ = planned(workflow, "hindi", "06_second_ear")
        assert (second["engine"], second["model"]["name"]) == BASE
        second, _ = planned(workflow, "unnamed", "06_second_ear")
        assert (second["engine"], second["model"]["name"]) == LOCAL
        translated, models = planned(workflow, "hindi", "08_translation/en")
        assert (translated["engine"], models) == ("whisper", ["whisper-base"])
        assert translated["beside"] == []


@pytest.mark.usefixtures("folder")
def test_a_model_that_does_not_know_a_film_is_refused_with_the_films_row() -> None:
    lines = wrong({**CONFIG, "asr": {"model": "indic-conformer"}}).splitlines()
    assert [line.partition(", source_language: ")[0].strip() for line in lines] == [
        "config/films.tsv, line 3", "config/films.tsv, line 4",
    ]  # fmt: skip
    assert "indicconformer, which recognises the words, does not know English" in lines[0]
    assert lines[0].endswith("; asr.model is indic-conformer: auto chooses for each film")
    assert "auto: indicconformer" in lines[1]


@pytest.mark.usefixtures("folder")
def test_without_a_model_the_command_that_adds_one_is_named() -> None:
    Path("config/models.local.yaml").unlink()
    assert wrong({**CONFIG, "asr": {"engine": "indicconformer"}}) == (
        "config/config.yaml, line 2, asr.engine: no model of indicconformer is listed: `sutradhar "
        "models add hub:ai4bharat/indic-conformer-600m-multilingual` adds one"
    )
    lines = wrong(CONFIG).splitlines()
    assert len(lines) == 1 and "line 5, source_language: mai: whisper" in lines[0]
