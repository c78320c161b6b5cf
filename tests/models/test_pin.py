"""Models that are on this host only: pinned by checksums, brought into the store from there."""

from pathlib import Path

import pytest
import yaml

from lineage import sha256
from subtitling.models import store
from subtitling.models.catalogue import Model
from subtitling.models.errors import ChecksumError, FetchError
from subtitling.models.sources.folder import Folder
from subtitling.models.sources.hub import Hub
from subtitling.workflow import cli

LICENCE = ["--licence", "MIT", "--licence-url", "https://example.org/licence"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "downloaded"
    folder.mkdir()
    (folder / "modeling.py").write_text("code = 1\n", "utf-8")
    (folder / "model.bin").write_bytes(b"weights")
    (folder / ".gitattributes").touch()
    (folder / "plda").mkdir()
    (folder / "plda" / "plda.npz").write_bytes(b"numbers")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "lock").touch()
    return folder


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Model:
    assert cli.main(["pin", *arguments]) == 0
    ((name, entry),) = yaml.safe_load(capsys.readouterr().out).items()
    return Model.from_dict(name, entry)


def test_every_file_is_pinned_the_code_among_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = printed(capsys, "mine", str(folder), *LICENCE)
    assert model.files == {
        name: sha256(folder / name) for name in ("model.bin", "modeling.py", "plda/plda.npz")
    }
    assert model.sources == (Folder(str(folder)),)


def test_the_hub_goes_before_the_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit = "0123456789" * 4
    model = printed(capsys, "mine", str(folder), *LICENCE, "--repo", "me/it", "--revision", commit)
    assert model.sources == (Hub("me/it", commit), Folder(str(folder)))


def test_a_pinned_folder_fills_the_store_and_a_changed_one_does_not(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = printed(capsys, "mine", str(folder), *LICENCE)
    fetched = store.fetch(model, tmp_path / "store", lambda *_: None)
    assert (fetched.source, fetched.calls) == (f"folder {folder}", ())
    store.verify(model, tmp_path / "store")
    (folder / "modeling.py").write_text("import os\n", "utf-8")
    with pytest.raises(ChecksumError, match=r"modeling\.py has the wrong content"):
        store.fetch(model, tmp_path / "other", lambda *_: None)


def test_a_folder_that_is_gone_cannot_serve(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = printed(capsys, "mine", str(folder), *LICENCE)
    (folder / "model.bin").unlink()
    with pytest.raises(FetchError, match=r"model\.bin is not there"):
        store.fetch(model, tmp_path / "store", lambda *_: None)


def test_what_is_no_model_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pin", "mine", str(tmp_path / "nowhere"), *LICENCE]) == 2
    assert "no folder" in capsys.readouterr().err
    assert cli.main(["pin", "mine", str(tmp_path), *LICENCE]) == 2
    assert "no file; give the folder" in capsys.readouterr().err
