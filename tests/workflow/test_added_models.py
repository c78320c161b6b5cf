"""Models that are added from a hub on loopback, from `models add` to the subtitles."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import model_hub
import pytest
import tiny_models
import unconverted_whisper
import yaml
from house import DATA, House, clip
from model_hub import ModelHub, Repository

from lineage import Manifest
from lineage.problem import Problem
from subtitling.models import converting, store
from subtitling.models.catalogue import Model
from subtitling.models.errors import ChecksumError, StoreError

pytestmark = pytest.mark.heavy

SPOKEN = "hindi_short.flac"
CONFIG = """
separation: {when: never}
shots: {enabled: false}
nllb: {model: nllb-200-1-3b}
translation: {engines: {"*-en": whisper, "hi-fr": nllb}}
"""
HINDI, NLLB = "whisper-hindi-large-v2", "nllb-200-1-3b"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[ModelHub]:
    """A hub with the real Whisper base, as the people who fine-tune it publish theirs, and with an
    NLLB of random weights."""
    folder = tmp_path_factory.mktemp("hub")
    unconverted_whisper.write(models / "whisper-base", folder / "whisper", safe=False, old=True)
    tiny_models.nllb_source(folder / "nllb", "64")
    with model_hub.running() as hub:
        os.environ |= {"HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1"}
        card = {"license": "apache-2.0", "language": ["hi"]}
        hub.repositories = {
            f"vasista22/{HINDI}": Repository(
                model_hub.of_folder(folder / "whisper"), card, large={"pytorch_model.bin"}
            ),
            "facebook/nllb-200-1.3B": Repository(model_hub.of_folder(folder / "nllb")),
        }
        yield hub


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, models: Path, hub: ModelHub  # noqa: ARG001
) -> House:  # fmt: skip
    """A house to which both models were added by the command, with a film in Hindi."""
    house = House(tmp_path_factory.mktemp("added") / "house")
    for reference in (f"hub:vasista22/{HINDI}", "hub:facebook/nllb-200-1.3B"):
        sutradhar(house, "models", "add", reference, "--yes", "--allow-pickles")
    clip(DATA / SPOKEN, house.path / "in" / "film.mkv", 4)
    table = "job\tmedia\tsource_language\ttarget_languages\nfilm\tin/film.mkv\thi\ten,fr\n"
    (house.path / "config" / "films.tsv").write_text(table, "utf-8")
    (house.path / "config" / "config.yaml").write_text(CONFIG, "utf-8")
    return house


def sutradhar(house: House, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "subtitling.workflow.cli", *arguments],
        cwd=house.path, env={**os.environ, "PYTHONPATH": str(house.path / "scripts")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def listed(house: House) -> dict[str, Any]:
    text = (house.path / "config" / "models.local.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text)["models"])


def test_an_added_recogniser_and_translator_make_subtitles_without_the_hub(
    house: House, hub: ModelHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    asked = len(hub.log)
    words = {}
    for model in (HINDI, "whisper-base"):
        house.run("transcribe", "--config", f"asr={{model: {model}}}")
        words[model] = (house.path / "out/film/07_alignment/transcript.txt").read_text("utf-8")
    # The same weights, converted once more.
    assert words[HINDI] == words["whisper-base"] and "दिल्ली" in words[HINDI]
    house.run("film", "--config", f"asr={{model: {HINDI}}}")
    assert (house.path / "out/film/10_mux/final.mkv").is_file()
    assert (house.path / "out/film/09_subtitle_gen/fr/fr.srt").read_text("utf-8")
    assert len(hub.log) == asked
    stage = Manifest.load(house.path / "out/film/08_translation/by-nllb-200-1-3b/manifest.json")
    assert stage.models[0]["name"] == NLLB
    store_manifest = Manifest.load(house.path / "models" / HINDI / "manifest.json")
    assert store_manifest.notes["first_trust"] == listed(house)[HINDI]["first_trust"]
    assert store_manifest.models[0]["source"] == f"hub vasista22/{HINDI}, converted"
    assert store_manifest.models[0]["licence"] == "Apache-2.0"


def test_what_is_converted_again_has_the_same_bytes_and_another_original_is_refused(
    house: House, hub: ModelHub, tmp_path: Path
) -> None:
    for name in (HINDI, NLLB):
        store.fetch(Model.from_dict(name, listed(house)[name]), tmp_path / name, lambda *_: None)
        for file in listed(house)[name]["files"]:
            here, there = house.path / "models" / name / file, tmp_path / name / file
            assert here.read_bytes() == there.read_bytes()
    hub.sent["config.json"] = b'{"model_type": "whisper"}'
    with pytest.raises(ChecksumError, match=r"config\.json has the wrong content"):
        store.fetch(Model.from_dict(NLLB, listed(house)[NLLB]), tmp_path / "other", lambda *_: None)
    hub.sent.clear()


def test_other_bytes_of_the_converter_are_told_with_the_versions(
    house: House, tmp_path: Path
) -> None:
    entry = json.loads(json.dumps(listed(house)[NLLB]))
    entry["files"]["model.bin"] = "0" * 64
    with pytest.raises(StoreError, match=r"made other bytes .* by ctranslate2 .* here it is ctr"):
        store.fetch(Model.from_dict(NLLB, entry), tmp_path / "other", lambda *_: None)


def test_weights_that_are_missing_are_not_made_up(hub: ModelHub, tmp_path: Path) -> None:
    from safetensors.torch import load, save

    files = dict(hub.repositories["facebook/nllb-200-1.3B"].files)
    weights = load(files["model.safetensors"])
    lost = next(name for name in weights if name.endswith("fc1.weight"))
    del weights[lost]
    files["model.safetensors"] = save(weights, {"format": "pt"})
    source = tmp_path / "source"
    source.mkdir()
    for name, data in files.items():
        (source / name).write_bytes(data)
    with pytest.raises(Problem, match=f"no weights for {lost}"):
        converting.convert(source, tmp_path / "made", "float16")
    for name, data in {"config.json": b"{", "tokenizer.json": b"[]"}.items():
        shutil.copytree(source, tmp_path / f"with-{name}")
        (tmp_path / f"with-{name}" / "model.safetensors").write_bytes(
            hub.repositories["facebook/nllb-200-1.3B"].files["model.safetensors"]
        )
        (tmp_path / f"with-{name}" / name).write_bytes(data)
        with pytest.raises(Problem, match=r"cannot be converted|damaged or malicious"):
            converting.convert(tmp_path / f"with-{name}", tmp_path / f"from-{name}", "float16")
