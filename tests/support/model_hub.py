"""A model hub on loopback, with the faults that hubs and networks have; a server of Remote Settings
(Mozilla) and a plain web folder are at the same address."""

import hashlib
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_rightRightRight"
RECORDS = "/v1/buckets/main/collections/translations-models-v2/records"


@dataclass
class Repository:
    """A repository. `large` are files of which the API states the checksum; `sizes` are sizes that
    it states instead of the true ones; `names` are further names in its list."""

    files: dict[str, bytes]
    card: dict[str, Any] = field(default_factory=lambda: {"license": "mit"})
    gated: bool | str = False
    commit: str = COMMIT
    large: set[str] = field(default_factory=set)
    sizes: dict[str, int | None] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)


class ModelHub(ThreadingHTTPServer):
    """`repositories` by owner/name; `web` files by path below /web/; `records` and `attachments` of
    Remote Settings. `sent` are bytes that are sent in the place of a file's, by name; `breaks` the
    lengths at which its next bodies break off; `endless` names whose bodies have no end; `redirect`
    is an address that files are fetched from instead."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories: dict[str, Repository] = {}
        self.web: dict[str, bytes] = {}
        self.records: Any = {"data": []}
        self.attachments: dict[str, bytes] = {}
        self.sent: dict[str, bytes] = {}
        self.breaks: dict[str, list[int]] = {}
        self.endless: set[str] = set()
        self.redirect: str | None = None
        self.status: dict[str, int] = {}  # by a part of the path
        self.log: list[tuple[str, str, str | None]] = []  # method, path, range
        self.tokens: list[tuple[str, str | None]] = []  # path, header

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fetched(self) -> list[str]:
        """The paths of the bodies that were asked for."""
        return [path for method, path, _ in self.log if method == "GET"]


class _Handler(BaseHTTPRequestHandler):
    server: ModelHub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits for the acknowledgement of its head

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        hub, path = self.server, unquote(self.path.partition("?")[0])
        hub.log.append((self.command, path, self.headers["Range"]))
        hub.tokens.append((path, self.headers["Authorization"]))
        for part, status in hub.status.items():
            if part in path:
                return self.say(status)
        if path.startswith("/api/models/"):
            return self.list_files(path.removeprefix("/api/models/"))
        if path == RECORDS:
            return self.send(json.dumps(hub.records).encode())
        if path == "/v1/":
            base = {"attachments": {"base_url": f"{hub.url}/cdn/"}}
            return self.send(json.dumps({"capabilities": base}).encode())
        for prefix, files in (("/cdn/", hub.attachments), ("/web/", hub.web)):
            if path.startswith(prefix) and path.removeprefix(prefix) in files:
                name = path.removeprefix(prefix)
                return self.send(files[name], name)
        repo, _, rest = path.removeprefix("/blob").strip("/").partition("/resolve/")
        commit, _, name = rest.partition("/")
        held = hub.repositories.get(repo)
        if held is None or commit not in (held.commit, "main") or name not in held.files:
            return self.say(404)
        if held.gated and self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.say(403 if self.headers["Authorization"] else 401)
        if hub.redirect is not None and not path.startswith("/blob"):
            data = held.files[name]
            return self.say(302, {
                "Location": f"{hub.redirect}/blob{self.path}", "X-Repo-Commit": held.commit,
                "X-Linked-ETag": f'"{_sum(data)}"', "X-Linked-Size": str(len(data)),
            })  # fmt: skip
        return self.send(held.files[name], name, {"X-Repo-Commit": held.commit})

    def list_files(self, path: str) -> None:
        repo, _, revision = path.partition("/revision/")
        held = self.server.repositories.get(repo)
        if held is None:
            return self.say(401)  # as a hub that does not say what is private
        if revision not in ("", "main", held.commit):
            return self.say(404)
        siblings: list[dict[str, Any]] = []
        for name, data in held.files.items():
            size = held.sizes.get(name, len(data))
            sibling: dict[str, Any] = {"rfilename": name, "size": size}
            if name in held.large:
                sibling["lfs"] = {"sha256": _sum(data), "size": size, "pointerSize": 130}
            siblings.append(sibling)
        siblings += [{"rfilename": name, "size": 1} for name in held.names]
        said = {"id": repo, "sha": held.commit, "gated": held.gated, "cardData": held.card}
        return self.send(json.dumps({**said, "siblings": siblings}).encode())

    def say(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, data: bytes, name: str = "", headers: dict[str, str] | None = None) -> None:
        hub, asked = self.server, self.headers["Range"]
        data = hub.sent.get(name, data)
        if name in hub.endless and self.command == "GET":
            return self.pour()
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if start and start >= len(data):
            return self.say(416)
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("ETag", f'"{_sum(data)}"')
        self.end_headers()
        if self.command == "HEAD":
            return None
        body = data[start:]
        if hub.breaks.get(name):
            body = body[: hub.breaks[name].pop(0)]
            self.close_connection = True
        self.wfile.write(body)
        return None

    def pour(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(bytes(1 << 16))
        except OSError:
            return


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def running() -> Iterator[ModelHub]:
    """A hub that answers until the end of the context."""
    hub = ModelHub()
    threading.Thread(target=hub.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()


def of_folder(folder: Path) -> dict[str, bytes]:
    """The files of a folder, as a repository has them."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def packed(data: bytes) -> bytes:
    """`data` as a file of zstd, in blocks that are not compressed.
    https://datatracker.ietf.org/doc/html/rfc8878"""
    step = 1 << 17
    parts = [data[at : at + step] for at in range(0, len(data), step)] or [b""]
    blocks = [_block(len(part), 0, last=n == len(parts) - 1) + part for n, part in enumerate(parts)]
    return _frame(b"".join(blocks))


def bomb(blocks: int) -> bytes:
    """A file of zstd that stands for so many times 128 KiB of the letter x, in 4 bytes each."""
    one = _block(1 << 17, 1, last=False) + b"x"
    return _frame(one * (blocks - 1) + _block(1 << 17, 1, last=True) + b"x")


def _frame(blocks: bytes) -> bytes:
    # The magic number, a header without sizes or sums, a window of 128 KiB.
    return b"\x28\xb5\x2f\xfd" + bytes([0, 7 << 3]) + blocks


def _block(size: int, kind: int, *, last: bool) -> bytes:
    return struct.pack("<I", size << 3 | kind << 1 | last)[:3]


def record(pair: tuple[str, str], kind: str, data: bytes, **others: Any) -> dict[str, Any]:
    """A record of Remote Settings for a file of Firefox's model of a pair."""
    name = {"model": "model.{}.intgemm.alphas.bin", "lex": "lex.50.50.{}.s2t.bin"}.get(
        kind, f"{kind}.{{}}.spm"
    ).format("".join(pair))
    location = f"main-workspace/translations-models-v2/{kind}-{''.join(pair)}.zst"
    zst = packed(data)
    return {
        "name": name, "fileType": kind, "sourceLanguage": pair[0], "targetLanguage": pair[1],
        "version": "3.0", "architecture": "tiny", "decompressedHash": _sum(data),
        "decompressedSize": len(data),
        "attachment": {"hash": _sum(zst), "size": len(zst), "location": location,
                       "filename": f"{name}.zst", "mimetype": "application/zstd"},
        **others,
    }  # fmt: skip
