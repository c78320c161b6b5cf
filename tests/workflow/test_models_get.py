"""`sutradhar models get`: which models of a level it lists and brings."""

import shutil
from pathlib import Path

import pytest

from lineage.problem import Problem
from subtitling.workflow import cli, levels, models_get


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder whose store has one model of the level draft."""
    (tmp_path / "config").mkdir()
    (tmp_path / "models" / "whisper-base").mkdir(parents=True)
    (tmp_path / "models" / "whisper-base" / "model.json").write_text("{}", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("device", "memory_gb", "expected"),
    [
        ("cuda", None, ("cuda", None)),
        ("cuda", 6, ("cuda", 6000)),
        ("cpu", 7.5, ("cpu", 7500)),
        (None, 3, ("cpu", 3000)),
    ],
)
def test_the_host_that_the_models_are_for(
    folder: Path, device: str | None, memory_gb: float | None, expected: tuple[str, int | None]
) -> None:
    config = models_get.models_list.configured([])
    at = models_get.host(config, device, memory_gb)
    assert (at.device, at.memory_mb) == expected
    assert at.store == {"whisper-base"}
    assert folder.is_dir()


def test_what_is_no_pair_of_languages_is_refused() -> None:
    assert models_get.film("hi-pt-BR") == levels.Film("hi", ("pt-BR",))
    for text, message in {"hi": "no pair", "hin-en": "write hi", "hi-": "no pair"}.items():
        with pytest.raises(Problem, match=message):
            models_get.film(text)


def test_a_level_is_listed_with_sizes_and_licences(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["models", "get", "best", "--for", "hi-en,en-pt", "--device", "cuda", "--memory", "24"]
    assert cli.main([*given, "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "level best on a GPU with 24 GB:"
    names = [line.split()[0] for line in lines[1:-1]]
    assert {"whisper-large-v3", "htdemucs-ft", "firefox-en-pt", "silero-vad"} <= {*names}
    assert any("3.1 GB  to bring" in line for line in lines)
    (folder / "in").mkdir()
    (folder / "config" / "config.yaml").write_text("asr: {model: whisper-base}", "utf-8")
    assert cli.main([*given, "-n"]) == 0
    lines = capsys.readouterr().out.splitlines()
    [base] = [line for line in lines if "whisper-" in line]
    assert "whisper-base" in base
    assert "in the store" in base


def test_what_the_configuration_adds_to_a_level_is_brought_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config" / "config.yaml").write_text(
        "asr: {second_ear: whisper-tiny-en}\n"
        "separation: {when: never}\n"
        "translation: {round_trip_sentences: 4}\n",
        "utf-8",
    )
    assert cli.main(["models", "get", "draft", "--for", "en-pt", "-n"]) == 0
    names = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert {"whisper-tiny-en", "firefox-en-pt", "firefox-pt-en"} <= names
    assert "spleeter-2stems" not in names


def test_a_pair_without_an_engine_is_told_and_the_status_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(folder / "models")
    assert cli.main(["models", "get", "standard", "--for", "hi-fr", "-n"]) == 1
    assert "without hi-fr: no engine translates hi to fr" in capsys.readouterr().out
