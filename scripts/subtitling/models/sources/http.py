"""Transfers over HTTP: each call is recorded, interrupted transfers are continued."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from subtitling.models.errors import Unreachable
from subtitling.models.sources.base import ANSWERS_IN_S, TRIES, Call
from subtitling.runtime.addresses import keeps_secrets

if TYPE_CHECKING:
    import requests

NO_MORE = 416  # of HTTP: the file has no bytes from that offset on
_NOT_THERE = (403, 404, 410)  # some storages refuse what they do not have
_TOO_MUCH = "more than the model has"
_NO_HEADS = (405, 501)  # HTTP status of servers that do not support HEAD


def persistently(get: Callable[[str], object], name: str, area: Path) -> None:
    """Download a file, and continue an interrupted transfer. Raises Unreachable after `TRIES`."""
    import requests

    cause = ""
    for _ in range(TRIES):
        try:
            get(name)
            return
        except requests.RequestException as error:  # received bytes are kept
            cause = type(error.__cause__ or error).__name__
        except OSError as error:
            if error.errno is not None:  # the disk
                raise
            # The library's error about a wrong length: the transfer cannot be continued.
            shutil.rmtree(area)
            raise Unreachable(f"{name}: not the announced number of bytes") from None
    raise Unreachable(f"{name}: failed {TRIES} times ({cause})")


def session(licence_url: str | None, calls: list[Call], most_bytes: int) -> requests.Session:
    """A session that records each call and turns refusals into Unreachable; those of a hub name the
    page where the licence is accepted. For other servers, 416 is left to the caller. An answer of
    more than `most_bytes` is broken off, and none is followed from https to http.

    The library would wait half a minute for a dead host, again for each file, and would wrap the
    server's messages into its errors; the session keeps the wait short and the messages clear.
    """
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    class Adapter(HTTPAdapter):
        encrypted: bool | None = None  # whether the first request was

        def send(
            self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
        ) -> requests.Response:
            url = urlsplit(request.url or "")
            host = url.hostname or ""
            status = None
            if self.encrypted is None:
                self.encrypted = url.scheme == "https"
            if self.encrypted and not keeps_secrets(request.url or ""):
                raise Unreachable(f"it sends on from https to http, to {host}")
            try:
                response = super().send(request, *args, **kwargs)
                status = response.status_code
            except requests.RequestException as error:
                why = getattr(error.args[0], "reason", error) if error.args else error
                raise Unreachable(f"{host}: {type(why).__name__}") from None
            finally:
                calls.append(Call(host, url.path, status))
            if status >= 400 and (licence_url or status != NO_MORE):
                response.close()
            if licence_url and status in (401, 403):
                raise Unreachable(
                    f"HTTP {status}: accept the licence on {licence_url} and put a token of that"
                    " account into the environment variable HF_TOKEN",
                    status,
                )
            if status >= 400 and (licence_url or status != NO_MORE):
                raise Unreachable(f"HTTP {status} for {url.path}", status)
            response.raw = _Limited(response.raw, url.path, most_bytes)
            return response

    retry = Retry(
        total=TRIES - 1,
        backoff_factor=0.5,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,  # a server may request hours
    )
    session = requests.Session()
    adapter = Adapter(max_retries=retry)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


class _Limited:
    """The body of an answer, of which no more than `most_bytes` are read. It stands in the place of
    urllib3's, since a function in the place of a method of the answer would keep its connection."""

    def __init__(self, body: Any, path: str, most_bytes: int):
        self._body, self._path, self._most_bytes = body, path, most_bytes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        """The parts of the body. Raises Unreachable where there are more."""
        come = 0
        for part in self._body.stream(*args, **kwargs):
            come += len(part)
            if come > self._most_bytes:
                raise Unreachable(f"{self._path}: over {self._most_bytes} bytes, {_TOO_MUCH}")
            yield part


def content(session: requests.Session, url: str, headers: Mapping[str, str] | None = None) -> bytes:
    """The answer of a server. Raises Unreachable where none comes, or one that breaks off."""
    import requests

    try:
        with session.get(url, headers=headers, timeout=ANSWERS_IN_S, stream=True) as answer:
            return answer.content
    except requests.RequestException as error:
        raise Unreachable(f"{urlsplit(url).hostname}: {type(error).__name__}") from error


def sizes(session: requests.Session, base: str, names: Iterable[str]) -> dict[str, int | None]:
    """The sizes of those of some files that a server has in a folder; None for one that it does not
    tell. Raises Unreachable where it answers with anything but the file, or that there is none."""
    import requests

    there: dict[str, int | None] = {}
    for name in names:
        url = f"{base}/{name}"
        try:
            # Not all servers support HEAD; an answer that is not read ends when it is closed.
            asked = session.get(
                url, headers={"Accept-Encoding": "identity"}, timeout=ANSWERS_IN_S, stream=True
            )
        except Unreachable as error:
            if error.status not in _NOT_THERE:
                raise
            continue
        except requests.RequestException as error:
            raise Unreachable(f"{urlsplit(url).hostname}: {type(error).__name__}") from error
        with asked as answer:
            length = answer.headers.get("Content-Length", "")
            if "text/html" not in answer.headers.get("Content-Type", ""):  # a page that says so
                there[name] = int(length) if length.isdigit() else None
    return there


def no_answer(url: str, licence_url: str | None, token: str) -> str | None:
    """Why a file cannot be downloaded, by a HEAD request; None if access is granted."""
    import requests

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = requests.head(url, headers=headers, timeout=ANSWERS_IN_S, allow_redirects=False)
    except requests.RequestException as error:
        return f"no answer ({type(error).__name__})"
    return refusal(answer.status_code, licence_url, bool(token))


def refusal(status: int, licence_url: str | None, has_token: bool) -> str | None:
    """The meaning of the status with which a model hub, or a web server (no `licence_url`),
    answered a HEAD request; None where access is granted."""
    if status in _NO_HEADS:
        return None
    if licence_url and status in (401, 403):
        token = "" if has_token else " and put your token into HF_TOKEN"
        return f"its licence is not granted to you: accept it at {licence_url}{token}"
    return f"HTTP {status}" if status >= 400 else None
