"""Models that a person adds, lists and removes by `sutradhar models`, from a hub on loopback."""

import json
import os
import pickle
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import model_hub
import pytest
import yaml
from house import ROOT
from model_hub import COMMIT, TOKEN, ModelHub, Repository, bomb, packed, record

from subtitling import documents
from subtitling.models import adding, catalogue, licences, local_list, risks, store
from subtitling.models.catalogue import Model
from subtitling.models.errors import ConfigError, FetchError
from subtitling.models.kinds import recognise
from subtitling.models.offers.offer import Announced, Offer
from subtitling.workflow import cli

LIST = Path("config/models.local.yaml")
# What CTranslate2's Whispers consist of; no engine loads these.
READY = {
    "config.json": b'{"lang_ids": [1], "alignment_heads": []}',
    "model.bin": b"\6\0\0\0weights" * 1000,
    "tokenizer.json": b"{}",
    "vocabulary.json": b"[]",
}
REFERENCE = "hub:someone/Whisper_Hindi.v2"
NAME = "whisper-hindi-v2"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelHub]:
    for name in [name for name in os.environ if name.startswith("HF_")]:
        monkeypatch.delenv(name)
    with model_hub.running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("FIREFOX_ENDPOINT", hub.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield hub


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with a store of its own, which is the current folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "Snakefile").touch()
    return folder


def call(*arguments: str, answers: str = "", monkeypatch: Any = None) -> int:
    if monkeypatch:
        monkeypatch.setattr(sys, "stdin", StringIO(answers))
    return cli.main(["models", *arguments])


def added() -> dict[str, Any]:
    return dict(yaml.safe_load(LIST.read_text("utf-8"))["models"]) if LIST.exists() else {}


def in_store() -> list[str]:
    return sorted(
        path.relative_to("models").as_posix()
        for path in Path("models").rglob("*")
        if path.is_file()
    )


def serve(hub: ModelHub, files: dict[str, bytes] = READY, **others: Any) -> Repository:
    held = Repository(dict(files), **others)
    hub.repositories["someone/Whisper_Hindi.v2"] = held
    return held


# Adding


def test_a_model_of_a_hub_is_shown_fetched_listed_and_then_the_stores(
    hub: ModelHub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(hub, {**READY, "train.py": b"boom()", "README.md": b"<script>"}, large={"model.bin"})
    assert call("add", REFERENCE, answers="y\ny\n", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr().out
    assert f"hub someone/Whisper_Hindi.v2 at {COMMIT}" in said
    assert "a Whisper for CTranslate2" in said
    assert "MIT (commercial use: yes), https://huggingface.co/someone/Whisper_Hindi.v2" in said
    assert "left out  'train.py', 'README.md'" in said
    assert "asr: {model: whisper-hindi-v2}" in said
    entry = added()[NAME]
    assert entry["files"].keys() == READY.keys()
    assert entry["sources"] == [
        {"kind": "hub", "repo": "someone/Whisper_Hindi.v2", "revision": COMMIT}
    ]
    assert entry["first_trust"]["source"] == f"hub someone/Whisper_Hindi.v2 at {COMMIT}"
    assert in_store() == sorted(f"{NAME}/{name}" for name in (*READY, store.ORIGIN))
    model = Model.from_dict(NAME, catalogue.listed()[NAME])
    store.verify(model, Path("models") / NAME)
    asked = len(hub.log)
    assert store.fetch(model, Path("models") / NAME, lambda *_: None).revision == COMMIT
    assert len(hub.log) == asked


@pytest.mark.parametrize(("answers", "fetches"), [("n\n", False), ("y\nn\n", True), ("\n", False)])
def test_nothing_is_added_without_a_yes(
    hub: ModelHub, answers: str, fetches: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(hub)
    assert call("add", REFERENCE, answers=answers, monkeypatch=monkeypatch) == 1
    assert any(path.endswith("model.bin") for path in hub.fetched()) is fetches
    assert (added(), in_store()) == ({}, [])


def test_where_nobody_answers_the_option_for_scripts_is_named(
    hub: ModelHub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(hub)
    assert call("add", REFERENCE, answers="", monkeypatch=monkeypatch) == 2
    assert "--yes" in capsys.readouterr().err


def test_a_later_fetch_must_bring_the_same_bytes(hub: ModelHub) -> None:
    serve(hub)
    assert call("add", REFERENCE, "--yes") == 0
    model = Model.from_dict(NAME, catalogue.listed()[NAME])
    elsewhere = Path("elsewhere")
    store.fetch(model, elsewhere, lambda *_: None)
    store.verify(model, elsewhere)
    (elsewhere / "model.bin").unlink()
    hub.sent["model.bin"] = b"\6\0\0\0other weights"
    with pytest.raises(store.ChecksumError, match=r"model\.bin has the wrong content"):
        store.fetch(model, elsewhere, lambda *_: None)
    assert not (elsewhere / "model.bin").exists()


def test_bytes_that_the_hub_itself_states_otherwise_are_not_trusted(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    held = serve(hub, large={"model.bin"})
    hub.sent["model.bin"] = bytes(len(held.files["model.bin"]))
    assert call("add", REFERENCE, "--yes") == 2
    assert "model.bin has the wrong content" in capsys.readouterr().err
    assert (added(), in_store_of_models()) == ({}, [])


def in_store_of_models() -> list[str]:
    return [name for name in in_store() if not name.startswith(".adding/")]


def test_a_file_of_another_size_than_announced_is_not_taken(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub, sizes={"model.bin": 999_999})
    assert call("add", REFERENCE, "--yes") == 2
    assert "model.bin has 11000 bytes, not 999999 as was announced" in capsys.readouterr().err
    assert in_store_of_models() == []


def test_a_transfer_that_breaks_off_goes_on_by_the_same_command(hub: ModelHub) -> None:
    big = bytes(range(256)) * (12 << 12)  # the library keeps what came in steps of 10 MiB
    serve(hub, {**READY, "model.bin": b"\6" + big})
    hub.breaks = {"model.bin": [11 << 20, 99, 99]}
    assert call("add", REFERENCE, "--yes") == 2
    before = len(hub.log)
    assert call("add", REFERENCE, "--yes") == 0
    ranges = [asked for method, path, asked in hub.log[before:] if path.endswith("model.bin")]
    assert any(asked and int(asked[6:].rstrip("-")) >= 10 << 20 for asked in ranges)
    store.verify(Model.from_dict(NAME, catalogue.listed()[NAME]), Path("models") / NAME)


def test_files_come_from_where_the_hub_sends(hub: ModelHub) -> None:
    serve(hub)
    with model_hub.running() as storage:
        storage.repositories = hub.repositories
        hub.redirect = storage.url
        assert call("add", REFERENCE, "--yes") == 0
        assert any("/blob/" in path for path in storage.fetched())
    assert added()[NAME]["sources"][0]["revision"] == COMMIT


def test_the_revision_is_resolved_to_a_commit_and_another_commit_is_another_source(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    held = serve(hub)
    assert call("add", f"{REFERENCE}@main", "--yes") == 0
    assert call("add", f"{REFERENCE}@{COMMIT}", "--name", "again", "--yes") == 2
    assert f"it is listed as {NAME}, added 20" in capsys.readouterr().err
    held.commit = "f" * 40
    assert call("add", REFERENCE, "--yes") == 2
    assert f"there is a model {NAME} already" in capsys.readouterr().err
    assert call("add", REFERENCE, "--name", "whisper-newer", "--yes") == 0
    assert added()["whisper-newer"]["sources"][0]["revision"] == "f" * 40
    assert call("add", f"{REFERENCE}@{COMMIT}", "--yes") == 2
    assert "HTTP 404" in capsys.readouterr().err


def test_the_address_of_a_repositorys_page_is_a_reference(hub: ModelHub) -> None:
    serve(hub)
    assert (
        call("add", f"https://huggingface.co/someone/Whisper_Hindi.v2/tree/{COMMIT}", "--yes") == 0
    )
    assert list(added()) == [NAME]


@pytest.mark.parametrize("token", [None, "hf_wrong", TOKEN])
def test_a_gated_model_is_asked_for_before_anything_is_fetched(
    hub: ModelHub, token: str | None, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    serve(hub, gated="manual")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    status = call("add", REFERENCE, "--yes")
    if token == TOKEN:
        assert (status, list(added())) == (0, [NAME])
        assert TOKEN not in LIST.read_text("utf-8") + capsys.readouterr().out
        return
    said = capsys.readouterr().err
    assert status == 2
    assert "accept it at https://huggingface.co/someone/Whisper_Hindi.v2" in said
    assert ("HF_TOKEN" in said) is (token is None)
    assert hub.fetched() == ["/api/models/someone/Whisper_Hindi.v2"]


@pytest.mark.usefixtures("hub")
def test_a_repository_that_is_private_or_none_is_refused_with_both_reasons(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call("add", REFERENCE, "--yes") == 2
    said = capsys.readouterr().err
    assert "HF_TOKEN" in said and "or the name is wrong" in said


@pytest.mark.usefixtures("hub")
def test_a_token_does_not_go_in_clear(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.example.org")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert call("add", REFERENCE, "--yes") == 2
    assert "would go in clear to hub.example.org" in capsys.readouterr().err


def test_more_than_the_limit_is_not_fetched(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub, sizes={"model.bin": 30 * 10**9, "config.json": None})
    assert call("add", REFERENCE, "--yes") == 2
    assert "30.0 GB, over the limit of 20.0 GB" in capsys.readouterr().err
    assert not any(path.endswith("model.bin") for path in hub.fetched())
    assert call("add", REFERENCE, "--yes", "--limit-gb", "0.00001") == 2


def test_a_file_without_an_end_is_broken_off(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub, sizes={"model.bin": None})
    hub.endless = {"model.bin"}
    assert call("add", REFERENCE, "--yes", "--limit-gb", "0.001") == 2
    assert "more than the model has" in capsys.readouterr().err
    assert (
        sum(path.stat().st_size for path in Path("models").rglob("*") if path.is_file()) < 9 << 20
    )


@pytest.mark.parametrize(
    ("name", "content", "option"),
    [
        ("model.pt", b"x", "--allow-pickles"),
        ("weights.dat", pickle.dumps({"a": [1, 2]}), "--allow-pickles"),
        ("modeling_x.py", b"x = 1", "--allow-code"),
        ("run.dat", b"#!/bin/sh\nrm -rf /\n", "--allow-code"),
        ("lib.dat", b"\x7fELF\2\1\1", "--allow-code"),
    ],
)
def test_files_that_can_run_code_are_named_and_refused_unless_asked_for(
    hub: ModelHub, name: str, content: bytes, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub, {"config.json": b"{}", name: content})
    assert call("add", REFERENCE, "--yes") == 2
    said = capsys.readouterr().err
    assert f": {name}; give {option} if you trust its maker" in said
    assert (added(), in_store_of_models()) == ({}, [])
    assert call("add", REFERENCE, "--yes", option) == 0
    assert name in added()[NAME]["files"]


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", "a\nb", "C:\\x", "-rf", "a b"]
)
def test_files_with_hostile_names_are_named_and_never_fetched(
    hub: ModelHub, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub, names=[name])
    assert call("add", REFERENCE, "--yes") == 0
    said = capsys.readouterr().out
    assert f"refused   for their names: {name!r}" in said
    assert added()[NAME]["files"].keys() == READY.keys()
    assert len(said.splitlines()) < 50


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ({"license": "apache-2.0"}, "Apache-2.0"),
        ({"license": "cc-by-nc-4.0"}, "CC-BY-NC-4.0"),
        ({"license": ["mit"]}, "MIT"),
        ({"license": "other", "license_name": "tongyi"}, "LicenseRef-tongyi"),
        ({"license": "openrail"}, "LicenseRef-openrail"),
        ({"license": ["mit", "gpl-3.0"]}, None),
        ({"license": "other"}, None),
        ({"license": "<script>alert(1)</script>"}, None),
        ({"license": {"a": 1}}, None),
        ({}, None),
    ],
)
def test_the_licence_is_that_of_the_card_or_a_person_names_it(
    hub: ModelHub, card: dict[str, Any], licence: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub, card=card)
    if licence is None:
        assert call("add", REFERENCE, "--yes") == 2
        assert "name the licence with --licence" in capsys.readouterr().err
        assert call("add", REFERENCE, "--yes", "--licence", "MIT") == 0
    else:
        assert call("add", REFERENCE, "--yes") == 0
    assert added()[NAME]["licence"] == (licence or "MIT")


@pytest.mark.parametrize(
    "answer",
    [b"[]", b"{", b'{"sha": 1, "siblings": []}', b'{"sha": "x", "siblings": []}', b"[" * 99_999,
     json.dumps({"sha": COMMIT, "siblings": [1]}).encode(),
     json.dumps({"sha": COMMIT, "siblings": [], "cardData": []}).encode(),
     json.dumps({"sha": COMMIT, "siblings": [{"rfilename": "a", "lfs": 3}]}).encode()],
)  # fmt: skip
def test_a_hub_that_answers_nonsense_is_an_error_of_one_line(
    hub: ModelHub, answer: bytes, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    hub.web["api"] = answer
    monkeypatch.setattr(
        model_hub._Handler, "list_files", lambda handler, _path: handler.send(answer)
    )
    assert call("add", REFERENCE, "--yes") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.usefixtures("hub")
def test_outside_of_a_project_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    assert call("add", REFERENCE, "--yes") == 2
    assert "sutradhar init FOLDER" in capsys.readouterr().err
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "A", "a/b", "", "whisper-base"])
def test_a_name_that_no_model_can_have_is_refused(hub: ModelHub, name: str) -> None:
    serve(hub)
    assert call("add", REFERENCE, "--yes", "--name", name) == (0 if name == "" else 2)


# Firefox's models


WORDS = {"model": b"marian" * 999, "vocab": b"words", "lex": b"short"}


def offer_pair(hub: ModelHub, pair: tuple[str, str], data: dict[str, bytes], **others: Any) -> None:
    for kind, content in data.items():
        row = record(pair, kind, content, **others)
        row["attachment"]["location"] += str(len(hub.attachments))
        hub.records["data"].append(row)
        hub.attachments[row["attachment"]["location"]] = packed(content)


def test_firefoxs_newest_release_for_a_pair_is_added_and_keeps_the_pairs_that_are_there(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    offer_pair(hub, ("en", "hi"), {**WORDS, "model": b"older"}, version="3.0")
    offer_pair(hub, ("en", "hi"), WORDS, version="3.1")
    offer_pair(hub, ("en", "hi"), {**WORDS, "model": b"trial"}, version="3.2a1")
    offer_pair(hub, ("en", "hi"), {**WORDS, "model": b"for another engine"}, version="9.0")
    offer_pair(hub, ("en", "hi"), {"model": b"no vocabulary"}, version="3.9")
    offer_pair(hub, ("hi", "en"), WORDS)
    assert call("add", "firefox:en-hi", "--yes") == 0
    model = Model.from_dict("firefox-en-hi", catalogue.listed()["firefox-en-hi"])
    folder = Path("models/firefox-en-hi")
    assert (folder / "model.enhi.intgemm.alphas.bin").read_bytes() == WORDS["model"]
    store.verify(model, folder)
    again = Path("again")
    assert store.fetch(model, again, lambda *_: None).revision == "3.1"
    store.verify(model, again)
    said = capsys.readouterr().out
    assert (
        "firefox: {models: {en-pt: firefox-en-pt, pt-en: firefox-pt-en, en-hi: firefox-en-hi}}"
        in said
    )
    assert "en-hi: firefox}" in said
    assert call("add", "firefox:en-ta", "--yes") == 2
    assert "no model from en to ta that can be used here; with one of them it has en-hi, hi-en" in (
        capsys.readouterr().err
    )


def test_what_firefox_packed_must_be_what_it_states(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    offer_pair(hub, ("en", "hi"), WORDS)
    whole = dict(hub.attachments)
    faults = {
        "wrong content": packed(b"other words"),
        "cannot be unpacked": b"no zstd at all",
        "more than the model has": bytes(3 << 20),
    }
    for words, wrong in faults.items():
        hub.attachments = {**whole, next(iter(whole)): wrong}
        assert call("add", "firefox:en-hi", "--yes") == 2
        assert words in capsys.readouterr().err
    assert (added(), in_store_of_models()) == ({}, [])


def test_a_few_bytes_that_stand_for_many_fill_neither_disk_nor_memory(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    offer_pair(hub, ("en", "hi"), WORDS)
    hub.attachments[next(iter(hub.attachments))] = bomb(64)
    assert call("add", "firefox:en-hi", "--yes") == 2
    assert "cannot be unpacked" in capsys.readouterr().err
    sizes = [path.stat().st_size for path in Path("models").rglob("*") if path.is_file()]
    assert sum(sizes) < 3 << 20


@pytest.mark.parametrize("change", [
    {"name": "../../x"}, {"decompressedHash": None}, {"decompressedHash": "zz"},
    {"attachment": None}, {"decompressedSize": "many"}, {"version": "3.0 \n"},
])  # fmt: skip
def test_records_that_are_none_are_an_error_of_one_line(
    hub: ModelHub, change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    offer_pair(hub, ("en", "hi"), WORDS)
    for row in hub.records["data"]:
        row |= change
    assert call("add", "firefox:en-hi", "--yes") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


# Folders and addresses


def downloaded(folder: Path, files: dict[str, bytes] = READY) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_a_folder_is_copied_and_its_card_states_the_licence(tmp_path: Path) -> None:
    card = b"---\nlicense: cc-by-nc-4.0\nlanguage: hi\n---\n# A model\n"
    folder = downloaded(tmp_path / "My Whisper", {**READY, "README.md": card})
    assert call("add", str(folder), "--yes") == 0
    entry = added()["my-whisper"]
    assert (entry["licence"], entry["licence_url"]) == (
        "CC-BY-NC-4.0", "https://spdx.org/licenses/CC-BY-NC-4.0.html",
    )  # fmt: skip
    assert entry["sources"] == [{"kind": "folder", "path": str(folder)}]
    assert (folder / "model.bin").read_bytes() == READY["model.bin"]


def test_a_folder_without_a_card_needs_a_licence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = downloaded(tmp_path / "w")
    assert call("add", str(folder), "--yes") == 2
    assert "--licence" in capsys.readouterr().err
    assert call("add", str(folder), "--yes", "--licence", "LicenseRef-own") == 2
    assert "--licence-url" in capsys.readouterr().err
    url = ["--licence-url", "https://example.org/l"]
    assert call("add", str(folder), "--yes", "--licence", "LicenseRef-own", *url) == 0


def test_a_web_folder_is_asked_for_the_files_that_models_have(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.web = {f"models/w/{name}": data for name, data in {**READY, "other.npz": b"z"}.items()}
    base = f"{hub.url}/web/models/w"
    assert call("add", f"{base}/", "--yes", "--licence", "MIT") == 0
    assert added()["w"]["files"].keys() == READY.keys()
    store.fetch(Model.from_dict("w", added()["w"]), Path("again"), lambda *_: None)
    named = ["--file", "other.npz", "--name", "o"]
    assert call("add", base, "--yes", "--licence", "MIT", *named) == 0
    assert list(added()["o"]["files"]) == ["other.npz"]
    assert call("add", f"{base}/other.npz", "--name", "p", "--yes", "--licence", "MIT") == 0
    assert added()["p"]["files"] == added()["o"]["files"]
    assert call("add", base, "--yes", "--file", "none.bin") == 2
    assert "it has no none.bin" in capsys.readouterr().err
    assert call("add", f"{hub.url}/web/nothing", "--yes") == 2
    assert "--file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "reference",
    ["foo:bar", "hub:x", "hub:a/../b", "hub:", "firefox:enhi", "firefox:", "https://x y/z",
     "http://example.org/x", "https://a.org/x?y=1", "/nowhere/at/all", "hub:a/b@"],
)  # fmt: skip
def test_what_is_no_reference_is_an_error_of_one_line(
    hub: ModelHub, reference: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("add", reference, "--yes") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert hub.log == []


# The person's own list


def test_the_own_list_is_read_beside_the_projects_own_and_as_strictly(hub: ModelHub) -> None:
    serve(hub)
    assert call("add", REFERENCE, "--yes") == 0
    assert {NAME, "whisper-base"} <= catalogue.listed().keys()
    text = LIST.read_text("utf-8")
    LIST.write_text(text.replace("licence: MIT", "licence: MIT\n    surprise: 1"), "utf-8")
    with pytest.raises(ConfigError, match=r"models\.local\.yaml.*surprise"):
        catalogue.listed()
    again = text.partition("models:\n")[2]
    LIST.write_text(text + again, "utf-8")
    with pytest.raises(ConfigError, match=rf"line \d+: {NAME} is already in line 4; delete one"):
        catalogue.listed()
    LIST.write_text(text.replace(f"{NAME}:", "whisper-base:"), "utf-8")
    with pytest.raises(ConfigError, match="whisper-base: config/models"):
        catalogue.listed()


def test_entries_and_comments_of_others_stay_when_one_is_added_or_removed(hub: ModelHub) -> None:
    serve(hub)
    assert call("add", REFERENCE, "--yes", "--name", "one") == 0
    one = LIST.read_text("utf-8").replace("licence: MIT", "licence: MIT  # as its card says")
    LIST.write_text(one.rstrip("\n"), "utf-8")
    hub.repositories["someone/Whisper_Hindi.v2"].commit = "a" * 40
    assert call("add", REFERENCE, "--yes", "--name", "two") == 0
    both = LIST.read_text("utf-8")
    assert both.startswith(one) and list(added()) == ["one", "two"]
    assert call("remove", "one", "--yes") == 0
    assert list(added()) == ["two"] and "as its card says" not in LIST.read_text("utf-8")
    assert LIST.read_text("utf-8").startswith("# Models that")
    assert call("remove", "two", "--yes") == 0
    assert not LIST.exists()


# Listing and removing


def test_the_list_says_what_is_here_what_it_may_be_used_for_and_by_what_it_is_used(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub, card={"license": "cc-by-nc-4.0"})
    assert call("add", REFERENCE, "--yes") == 0
    Path("config/config.yaml").write_text(f"asr: {{model: {NAME}}}\n", "utf-8")
    capsys.readouterr()
    assert call("list") == 0
    table = capsys.readouterr().out.partition("\n\n")[0]
    rows = {line.split()[0]: line.split()[1:] for line in table.splitlines()}
    assert rows[NAME] == ["(added)", "11", "kB", "yes", "CC-BY-NC-4.0", "no", "asr.model"]
    assert rows["whisper-base"] == ["147.9", "MB", "no", "MIT", "yes", "-"]
    assert rows["silero-vad"][-1] == "vad.also"
    assert call("list", "--here") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_removing_deletes_the_models_files_and_nothing_else(
    hub: ModelHub, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    serve(hub)
    assert call("add", REFERENCE, "--yes") == 0
    folder = Path("models") / NAME
    (folder / "notes.txt").write_text("mine")
    (folder / "manifest.json").write_text("{}")
    outside = downloaded(tmp_path / "mine")
    (folder / "linked").symlink_to(outside)
    (folder / "model.bin").unlink()
    (folder / "model.bin").symlink_to(outside / "model.bin")
    assert call("remove", NAME, answers="n\n", monkeypatch=monkeypatch) == 1
    assert (folder / "config.json").exists() and NAME in added()
    assert call("remove", NAME, answers="y\n", monkeypatch=monkeypatch) == 0
    assert "notes.txt stays" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == [
        "linked",
        "manifest.json",
        "notes.txt",
    ]
    assert {path.name for path in outside.iterdir()} == READY.keys()
    assert added() == {}


def test_a_folder_that_is_linked_into_the_store_stays(tmp_path: Path) -> None:
    outside = downloaded(tmp_path / "mine")
    Path("models").mkdir()
    Path("models/whisper-base").symlink_to(outside)
    assert call("remove", "whisper-base", "--yes") == 0
    assert not Path("models/whisper-base").is_symlink()
    assert {path.name for path in outside.iterdir()} == READY.keys()


def test_files_behind_a_linked_folder_of_the_models_stay(tmp_path: Path) -> None:
    outside = downloaded(tmp_path / "mine", {"plda.npz": b"x", "xvec_transform.npz": b"y"})
    folder = Path("models/pyannote-community-1")
    folder.mkdir(parents=True)
    (folder / "plda").symlink_to(outside)
    (folder / "config.yaml").touch()
    assert call("remove", "pyannote-community-1", "--yes") == 0
    assert not folder.exists()
    assert {path.name for path in outside.iterdir()} == {"plda.npz", "xvec_transform.npz"}


def test_an_added_model_can_go_from_the_disk_and_stay_listed(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub)
    assert call("add", REFERENCE, "--yes") == 0
    assert call("remove", NAME, "--keep-entry", "--yes") == 0
    assert "fetches it again" in capsys.readouterr().out
    assert (list(added()), in_store()) == ([NAME], [])
    store.fetch(Model.from_dict(NAME, added()[NAME]), Path("models") / NAME, lambda *_: None)
    assert call("remove", "whispr-hindi-v2", "--yes") == 2
    assert f"did you mean {NAME}?" in capsys.readouterr().err
    assert call("remove", "../config", "--yes") == 2


@pytest.mark.parametrize("text", ["", "models:", "models: {../x: {licence: MIT}}", "models: \t"])
def test_a_list_of_your_own_that_is_spoilt_is_named_with_what_to_do(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Path("config/models.local.yaml")
    own.parent.mkdir(exist_ok=True)
    own.write_text(text, "utf-8")
    assert call("list") == 2
    said = capsys.readouterr().err
    assert said.startswith("sutradhar: config/models.local.yaml: ")
    assert "correct that by hand, or delete the file and add its models again" in said


def test_a_model_that_could_not_be_brought_can_be_removed(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub)
    assert call("add", REFERENCE, "--yes") == 0
    folder = Path("models") / NAME
    (folder / "model.bin").unlink()
    documents.save(documents.AbsentModel(NAME, "no source"), folder / "model.json")
    assert call("remove", NAME, "--yes") == 0
    assert (added(), folder.exists()) == ({}, False)
    assert capsys.readouterr().err == ""


def test_the_store_of_another_list_is_not_overwritten(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub)
    downloaded(Path("models") / NAME, {"model.bin": b"another project's"})
    assert call("add", REFERENCE, "--yes") == 2
    assert "holds another model" in capsys.readouterr().err
    assert (Path("models") / NAME / "model.bin").read_bytes() == b"another project's"


# Kinds, risks and licences, by the rule


def offer(files: str, config: dict[str, Any] | None = None, name: str = "x") -> Offer:
    return Offer(
        "it", name, {}, {each: Announced(1) for each in files.split()}, config=config or {},
        languages=("hi",),
    )  # fmt: skip


INDIC = "config.json model.safetensors dict.SRC.json model.SRC modeling_indictrans.py"


@pytest.mark.parametrize(
    ("offered", "title", "files", "keys"),
    [
        (
            offer("config.json pytorch_model.bin model.safetensors vocab.json merges.txt runs/x",
                  {"model_type": "whisper"}),
            "a Whisper of Transformers",
            "model.safetensors config.json vocab.json merges.txt",
            {"asr.model": "NAME"},
        ),
        (
            offer("config.json model.safetensors.index.json model-00001-of-00002.safetensors "
                  "model-00002-of-00002.safetensors model.fp32-00001-of-00002.safetensors",
                  {"model_type": "m2m_100"}),
            "an NLLB of Transformers",
            "model.safetensors.index.json model-00001-of-00002.safetensors "
            "model-00002-of-00002.safetensors config.json",
            {"nllb.model": "NAME", "translation.engines": {"hi-fr": "nllb"}},
        ),
        (
            offer("config.json model.bin tokenizer.json shared_vocabulary.txt"),
            "an NLLB for CTranslate2",
            "config.json model.bin tokenizer.json shared_vocabulary.txt",
            {"nllb.model": "NAME", "translation.engines": {"hi-fr": "nllb"}},
        ),
        (
            offer(INDIC, {"model_type": "IndicTrans"}, "indictrans2-en-indic-dist-200m"),
            "an IndicTrans2, en-indic",
            "model.safetensors config.json dict.SRC.json model.SRC modeling_indictrans.py",
            {"indictrans2.en_indic": "NAME", "translation.engines": {"en-hi": "indictrans2"}},
        ),
        (
            offer(INDIC, {"model_type": "IndicTrans", "encoder_vocab_size": 122706,
                          "decoder_vocab_size": 32296}, "mine"),
            "an IndicTrans2, indic-en",
            "model.safetensors config.json dict.SRC.json model.SRC modeling_indictrans.py",
            {"indictrans2.indic_en": "NAME", "translation.engines": {"hi-en": "indictrans2"}},
        ),
        (
            offer("config.json model.safetensors vocab.json",
                  {"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForCTC"]}),
            "a wav2vec2 aligner",
            "model.safetensors config.json vocab.json",
            {"alignment.models": {"hi": "NAME"}},
        ),
        (
            offer("config.json model_onnx.py assets/ctc_decoder.onnx assets/encoder.onnx "
                  "assets/language_masks.json assets/onnx__MatMul_12 assets/preprocessor.ts "
                  "assets/layers.0.norm_out.weight assets/vocab.json", {"model_type": "iasr"}),
            "an IndicConformer",
            "assets/ctc_decoder.onnx assets/encoder.onnx assets/language_masks.json "
            "assets/onnx__MatMul_12 assets/layers.0.norm_out.weight assets/vocab.json",
            {"asr.engine": "auto"},
        ),
        (offer("a.onnx b.json"), "a model of a kind that is not known here", "a.onnx b.json", {}),
    ],
)  # fmt: skip
def test_a_kind_is_known_by_its_files_and_settings(
    offered: Offer, title: str, files: str, keys: dict[str, Any]
) -> None:
    kind = recognise(offered)
    assert (kind.title, kind.files, kind.keys) == (title, tuple(files.split()), keys)


def test_risks_are_seen_by_name_and_by_content(tmp_path: Path) -> None:
    names = ["pytorch_model.bin", "x/model.PT", "a.py", "model.bin", "model.safetensors", "b.json"]
    assert risks.by_name(names) == {
        "pytorch_model.bin": "pickle", "x/model.PT": "pickle", "a.py": "code",
    }  # fmt: skip
    # As torch.save writes now, and as it began: with a pickle of a number.
    with zipfile.ZipFile(tmp_path / "model.bin", "w") as archive:
        archive.writestr("archive/data.pkl", b"x")
    (tmp_path / "old.bin").write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + b"more")
    # A length of 640 bytes, as safetensors begin, is a pickle's mark, too.
    harmless = {"header": b"\x80\x02" + bytes(6) + b"{}", "zeros": bytes(2048), "none": b""}
    for name, data in harmless.items():
        (tmp_path / name).write_bytes(data)
    every = [path.name for path in tmp_path.iterdir() if path.is_file()]
    assert risks.by_content(tmp_path, every) == {"model.bin": "pickle", "old.bin": "pickle"}


@pytest.mark.parametrize(
    ("licence", "commercial"),
    [("MIT", "yes"), ("CC-BY-NC-4.0", "no"), ("LicenseRef-llama3", "see licence"),
     ("CC-BY-NC-SA-4.0", "no"), ("GPL-3.0-only", "yes"), ("LicenseRef-cc-by-nc-x", "no")],
)  # fmt: skip
def test_whether_a_licence_allows_commercial_use(licence: str, commercial: str) -> None:
    assert licences.commercial(licence) == commercial


def test_an_entry_without_a_source_in_reach_says_so(hub: ModelHub) -> None:
    serve(hub)
    assert call("add", REFERENCE, "--yes") == 0
    hub.status["/resolve/"] = 404
    with pytest.raises(FetchError, match="HTTP 404"):
        store.fetch(Model.from_dict(NAME, added()[NAME]), Path("elsewhere"), lambda *_: None)


def test_what_is_known_by_name_is_added_by_one_command(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    indic = dict.fromkeys(INDIC.split(), b"1") | {"config.json": b'{"model_type": "IndicTrans"}'}
    for repo in ("indictrans2-indic-en-dist-200M", "indictrans2-indic-en-1B"):
        hub.repositories[f"ai4bharat/{repo}"] = Repository(dict(indic))
    assert call("list") == 0
    commands = [
        line.split("  ")[1].split()[2:]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("  sutradhar models add indictrans2-indic-en")
    ]
    assert commands == [
        ["add", "indictrans2-indic-en", "--allow-code"],
        ["add", "indictrans2-indic-en-1b", "--allow-code"],
    ]
    for command in commands:
        assert call(*command, "--yes") == 0
    said = capsys.readouterr().out
    # Where `quality` chooses the engines, it takes this one by itself.
    assert "translation:" not in said and said.count("envs") == 2
    # The defaults name the first; the second needs a line.
    assert said.count("the configuration uses it already: indictrans2.indic_en") == 1
    assert said.count("indictrans2: {indic_en: indictrans2-indic-en-1b}") == 1
    assert added()["indictrans2-indic-en"]["sources"][0]["repo"].endswith("dist-200M")
    assert added()["indictrans2-indic-en-1b"]["sources"][0]["repo"].endswith("1B")
    assert call("list") == 0
    assert "add indictrans2-indic-en " not in capsys.readouterr().out


def test_the_reference_of_a_known_model_gives_it_its_name(hub: ModelHub) -> None:
    offer_pair(hub, ("hi", "en"), WORDS)
    assert call("add", "firefox-hi-en", "--yes") == 0
    hub.repositories["ai4bharat/indictrans2-en-indic-dist-200M"] = Repository(
        dict.fromkeys(INDIC.split(), b"{}")
    )
    reference = "hub:AI4Bharat/IndicTrans2-en-indic-dist-200M"
    hub.repositories["AI4Bharat/IndicTrans2-en-indic-dist-200M"] = hub.repositories.pop(
        "ai4bharat/indictrans2-en-indic-dist-200M"
    )
    assert call("add", f"{reference}@main", "--yes", "--allow-code") == 0
    assert list(added()) == ["firefox-hi-en", "indictrans2-en-indic"]


@pytest.mark.parametrize("name", ["model.json", "manifest.json", "stage.log"])
def test_files_with_the_names_of_the_stores_own_are_not_taken(
    hub: ModelHub, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub, {"config.json": b"{}", name: b"{}"})
    assert call("add", REFERENCE, "--yes") == 0
    assert f"refused   for their names: {name!r}" in capsys.readouterr().out
    assert list(added()[NAME]["files"]) == ["config.json"]


@pytest.mark.parametrize("limit", ["nan", "-1", "0", "inf", "many"])
def test_a_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(SystemExit):
        call("add", REFERENCE, f"--limit-gb={limit}")


def test_a_command_that_was_interrupted_before_its_files_were_moved_is_made_good_by_the_next_fetch(
    hub: ModelHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(hub)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("subtitling.models.adding.put_into_store", interrupted)
    assert call("add", REFERENCE, "--yes") == 130
    assert list(added()) == [NAME]
    store.fetch(Model.from_dict(NAME, added()[NAME]), Path("models") / NAME, lambda *_: None)
    assert call("remove", NAME, "--yes") == 0
    assert in_store() == []


def test_a_whisper_of_one_language_leaves_the_translating_to_another(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    for card, line in (
        ({"license": "mit", "language": ["hi"]}, True),
        ({"license": "mit", "language": ["en", "hi", "ta"]}, False),
    ):
        held = serve(hub, card=card)
        held.commit = f"{len(card['language'])}" * 40
        assert call("add", REFERENCE, "--yes", "--name", f"w-{line}".casefold()) == 0
        said = capsys.readouterr().out
        assert ("whisper: {model: whisper-base}" in said) is line


def test_a_hub_that_is_not_to_be_asked_is_not(
    hub: ModelHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert call("add", REFERENCE, "--yes") == 2
    assert "HF_HUB_OFFLINE is set" in capsys.readouterr().err
    assert hub.log == []


def test_a_file_of_settings_that_is_not_there_is_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call("list", "--configfile", "none.yaml") == 2
    assert "none.yaml does not exist" in capsys.readouterr().err


# Several commands at once


def process(*arguments: str) -> "subprocess.Popen[str]":
    """`sutradhar models` in a process of its own, in the current folder."""
    command = [sys.executable, "-m", "subtitling.workflow.cli", "models", *arguments]
    path = os.pathsep.join([str(ROOT / "scripts"), str(ROOT)])
    return subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_of_entries_that_are_added_or_removed_at_the_same_moment_none_is_lost(
    tmp_path: Path,
) -> None:
    """Each change reads the whole list and replaces it."""
    entry = {
        "licence": "MIT",
        "licence_url": "https://example.org/licence",
        "size_bytes": 1,
        "files": {"model.bin": "0" * 64},
        "sources": [{"kind": "hub", "repo": "a/b", "revision": COMMIT}],
    }
    for n in range(8):
        local_list.add(f"old-{n}", entry, tmp_path / LIST)
    code = (
        "import sys, json; from pathlib import Path; from subtitling.models import local_list\n"
        "path, n, entry = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for k in range(4):\n"
        "    local_list.add(f'new-{n}-{k}', entry, path)\n"
        "    local_list.remove(f'old-{4 * int(n) + k}', path)\n"
    )
    path = os.pathsep.join([str(ROOT / "scripts"), str(ROOT)])
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / LIST), str(n), json.dumps(entry)],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(2)
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert [worker.communicate() and worker.returncode for worker in workers] == [0, 0]
    left = yaml.safe_load((tmp_path / LIST).read_text("utf-8"))["models"]
    assert sorted(left) == [f"new-{n}-{k}" for n in range(2) for k in range(4)]
    assert [path.name for path in (tmp_path / LIST.parent).iterdir()] == [LIST.name]


def test_a_model_that_another_command_adds_at_this_moment_is_left_to_it(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub, large={"model.bin"})
    first = process("add", REFERENCE)  # it waits for an answer, with the model's lock
    assert first.stdin
    assert first.stdout
    while "files" not in first.stdout.readline():
        assert first.poll() is None
    for other in (("add", REFERENCE, "--yes"), ("add", REFERENCE, "--yes", "--name", NAME)):
        assert call(*other) == 2
        assert f"{NAME}: another command adds or removes it" in capsys.readouterr().err
    assert hub.fetched() == [] or not any(p.endswith("model.bin") for p in hub.fetched())
    out, _ = first.communicate("y\ny\n", timeout=120)
    assert first.returncode == 0, out
    assert call("add", REFERENCE, "--yes") == 2  # it is listed now
    assert added().keys() == {NAME}
    model = Model.from_dict(NAME, catalogue.listed()[NAME])
    store.verify(model, Path("models") / NAME)
    assert in_store() == sorted(f"{NAME}/{name}" for name in (*READY, store.ORIGIN))
    assert not (Path("models") / store.ADDING).exists()


def test_an_interrupted_question_ends_the_command_in_one_line(hub: ModelHub) -> None:
    serve(hub)
    first = process("add", REFERENCE)
    assert first.stdout
    while "vocabulary" not in first.stdout.readline():
        assert first.poll() is None
    first.send_signal(signal.SIGINT)
    said, _ = first.communicate(timeout=120)
    assert first.returncode == 130
    assert said.endswith("sutradhar: interrupted\n")
    assert "Traceback" not in said
    assert (added(), in_store()) == ({}, [])


def test_a_model_that_is_being_added_is_not_removed(
    hub: ModelHub, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub)
    assert call("add", REFERENCE, "--yes") == 0
    with adding.alone(NAME):
        assert call("remove", NAME, "--yes") == 2
    assert "another command adds or removes it" in capsys.readouterr().err
    assert added().keys() == {NAME}
    assert call("remove", NAME, "--yes") == 0


def test_two_models_are_added_at_the_same_moment(hub: ModelHub) -> None:
    serve(hub, large={"model.bin"})
    hub.repositories["someone/other"] = Repository({**READY, "model.bin": b"\6\0\0\0other"})
    commands = [
        process("add", REFERENCE, "--yes"),
        process("add", "hub:someone/other", "--yes"),
    ]
    said = [command.communicate(timeout=240)[0] for command in commands]
    assert [command.returncode for command in commands] == [0, 0], said
    assert added().keys() == {NAME, "other"}
    for name in added():
        store.verify(Model.from_dict(name, catalogue.listed()[name]), Path("models") / name)
    assert not (Path("models") / store.ADDING).exists()


def test_the_lock_of_a_killed_command_is_none(hub: ModelHub) -> None:
    serve(hub)
    lock = Path("models") / store.ADDING / f"{NAME}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    assert call("add", REFERENCE, "--yes") == 0
    assert not lock.exists()
