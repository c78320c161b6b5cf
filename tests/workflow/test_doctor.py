"""`sutradhar doctor`: what it says of a host, and what it never says."""

import json
from pathlib import Path

import pytest

from subtitling.workflow import cli, doctor, doctor_trial

SECRETS = {
    "HF_TOKEN": "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345",
    "TMDB_API_KEY": "0123456789abcdef0123456789abcdef",
    "SUTRADHAR_API_KEY": "plainwordsecret",
    "MY_OWN_PASSWORD": "hunter2hunter2",
    "HTTPS_PROXY": "http://mohan:geheimnis@proxy.test:3128",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder in a home folder, in whose path a secret stands."""
    home = tmp_path / "mohan"
    here = home / SECRETS["SUTRADHAR_API_KEY"]
    (here / "config").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(here)
    return here


def test_no_value_of_the_environment_is_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config" / "config.yaml").write_text("quality: best", "utf-8")
    for more in ([], ["--json"]):
        assert cli.main(["doctor", "--no-trial", *more]) == 0
        shown = capsys.readouterr().out
        assert [value for value in SECRETS.values() if value in shown] == []
        assert "geheimnis" not in shown
        assert str(folder.parent) not in shown
    document = json.loads(shown)
    assert document["schema"] == doctor.SCHEMA
    assert document["sutradhar"]["run in"] == "~/***"
    tokens = document["licences and tokens"]
    assert tokens["HF_TOKEN"] == "set (gated models of the hub)"
    assert tokens["TMDB_TOKEN"] == "not set (data of films)"
    assert tokens["HTTPS_PROXY"] == "set"
    assert document["models"] == {"": "none in the store"}
    assert document["quality"]["in use"] == "best, device cpu"
    assert document["quality"]["draft, auto-en"] == "whisper-base, spleeter-2stems"
    assert "whisper-large-v3" in document["quality"]["best, auto-en"]


def test_what_stands_in_the_way_is_told_and_the_status_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config" / "config.yaml").write_text("device: cuda", "utf-8")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert cli.main(["doctor", "--no-trial"]) == 1
    shown = capsys.readouterr().out
    assert "1  device is cuda, but the NVIDIA driver" in shown


def test_a_wrong_configuration_is_told_beside_the_rest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config" / "config.yaml").write_text("qualty: best", "utf-8")
    assert cli.main(["doctor", "--no-trial"]) == 1
    shown = capsys.readouterr().out
    assert "1  config/config.yaml, line 1, qualty: no such key; did you mean quality?" in shown
    assert "processor" in shown
    (folder / "config" / "config.yaml").write_text("quality: best", "utf-8")
    (folder / "config" / "models.local.yaml").write_text("models: [1", "utf-8")
    assert cli.main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "processor" in shown
    assert "1  config/models.local.yaml: while parsing" in shown


def test_a_trial_never_downloads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.is_dir()
    assert cli.main(["doctor"]) == 0
    trial = capsys.readouterr().out.partition("\ntrial\n")[2]
    assert trial.startswith("    not tried: whisper-base, fireredvad-aed, pyannote-segmentation")


@pytest.mark.heavy
def test_a_trial_shows_what_each_stage_took(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(models.parent)
    config = doctor.models_list.configured([])
    trial = doctor_trial.run({**config, "quality": "draft"})
    assert trial.fault is None
    assert trial.rows["read"].startswith("It was the best of times")
    assert trial.rows["06_asr"].startswith("success, ")
    assert trial.rows["06_asr"].endswith("whisper-base")
