"""Secrets stay out of what is said; what the record is checked by stays as it is."""

from pathlib import Path

import pytest
import recorded

import lineage
from lineage.commands import verify
from lineage.manifest import Manifest
from lineage.redact import held_by, redactor

CANARY = "canary7f3a9bXYZ"


@pytest.mark.parametrize(
    "name",
    ["OPENAI_KEY", "GH_PAT", "DB_PASS", "MYSQL_PWD", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY",
     "AZURE_OPENAI_AUTH", "PGPASSWORD", "DATABASE_URL", "SENTRY_DSN", "my_api_key", "NPM_CREDS"],
)  # fmt: skip
def test_the_value_of_a_variable_that_is_named_like_a_secret_is_blanked(name: str) -> None:
    assert redactor({name: CANARY})(f"x {CANARY} y") == "x *** y"


@pytest.mark.parametrize(
    "name", ["PWD", "OLDPWD", "GIT_ASKPASS", "HOME", "MONKEY", "COMPASS", "LESSKEYIN", "PATH"]
)
def test_a_variable_that_only_looks_like_one_is_not(name: str) -> None:
    assert redactor({name: CANARY})(CANARY) == CANARY


@pytest.mark.parametrize(
    "text",
    [
        "sk-{0}{0}", "sk-proj-{0}{0}", "sk-ant-api03-{0}{0}", "ghp_{0}{0}", "github_pat_{0}{0}",
        "glpat-{0}{0}", "xoxb-{0}-{0}", "hf_{0}", "hf_ab_cd{0}", "npm_{0}{0}", "gsk_{0}{0}",
        "eyJhbGciOiJIUzI1NiJ9.eyJ{0}{0}.{0}", "secret={0}", "passwd={0}", "client_secret: {0}",
        "Authorization: Token {0}", "Authorization: Bearer {0}", "https://u:{0}@host/x",
        "https://h/v1?key={0}", "https://h/v1?a=b&api_key={0}&c=d", '"db_password": "{0}"',
        "token={0}", "password:{0}", "-----BEGIN PRIVATE KEY-----\n{0}\n-----END PRIVATE KEY-----",
    ],
)  # fmt: skip
def test_what_is_shaped_like_a_key_is_blanked(text: str) -> None:
    redacted = redactor({})(f"before {text.format(CANARY)} after")
    assert CANARY not in redacted
    assert redacted.startswith("before ")
    assert "after" in redacted


@pytest.mark.parametrize(
    "text",
    [
        "The Secret: Dare to Dream", "12 tokens: fine", "tokenizer.json", "max_tokens: 256",
        "a task-force of skilled sk-8ers", "Basic Instinct", "Bearer of news", "key=value",
        "https://example.org/a?page=2", "segment g00001 written as it is", "password must be set",
        "token Zq1 came back", "the authorization was refused",
    ],
)  # fmt: skip
def test_prose_stays_as_it_is(text: str) -> None:
    assert redactor({})(text) == text


def test_a_path_that_holds_a_secret_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MYSQL_PASSWORD", "sholay")
    given = recorded.rule("out/sholay/06_asr", output={"transcript": "transcript.json"})
    with pytest.raises(lineage.Problem, match="MYSQL_PASSWORD") as caught, lineage.stage(given):
        raise AssertionError("it must not get this far")
    assert "sholay" not in str(caught.value)
    assert not (tmp_path / "out").exists()
    assert held_by(["in/sholay.mkv"]) == ["MYSQL_PASSWORD"]


def test_names_and_paths_on_record_are_never_blanked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password may be any word, `success` and the name of a model among them; a film may be
    called like a key."""
    monkeypatch.chdir(tmp_path)
    film = tmp_path / f"token={CANARY}.mkv"
    film.write_bytes(b"film")
    for name, value in (("DB_PASS", "success"), ("A_KEY", "whisper"), ("B_KEY", "model.bin")):
        monkeypatch.setenv(name, value)
    given = recorded.rule("out/clip/06_asr", input={"film": film.name})
    with lineage.stage(given) as io:
        io.model("whisper", source="hub", revision=None, licence="MIT",
                 files={"model.bin": "0" * 64})  # fmt: skip
        io.note(said="a success of whisper")
    saved = Manifest.load("out/clip/06_asr/manifest.json")
    assert saved.status == "success"
    assert saved.inputs[0].path == film.name
    assert (saved.models[0]["name"], list(saved.models[0]["files"])) == ("whisper", ["model.bin"])
    assert saved.notes["said"] == "a *** of ***"
    film.write_bytes(b"FILM")
    (tmp_path / "Snakefile").touch()
    assert {f.kind for f in verify.verify(Path("out/clip")).findings} == {"content"}
