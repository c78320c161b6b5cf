"""Transfers over HTTP: each call is recorded, interrupted transfers are continued."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from subtitling.models.errors import Unreachable
from subtitling.models.sources.base import ANSWERS_IN_S, TRIES, Call

if TYPE_CHECKING:
    import requests

NO_MORE = 416  # of HTTP: the file has no bytes from that offset on
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


def session(licence_url: str | None, calls: list[Call]) -> requests.Session:
    """A session that records each call and turns refusals into Unreachable; those of a hub name the
    page where the licence is accepted. For other servers, 416 is left to the caller.

    The library would wait half a minute for a dead host, again for each file, and would wrap the
    server's messages into its errors; the session keeps the wait short and the messages clear.
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
            if status >= 400 and (licence_url or status != NO_MORE):
                raise Unreachable(f"HTTP {status} for {url.path}")
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
    for scheme in ("https://", "http://"):
        session.mount(scheme, Adapter(max_retries=retry))
    return session


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
