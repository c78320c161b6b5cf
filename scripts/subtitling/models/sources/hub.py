"""A repository of a model hub."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, urlsplit

from subtitling.models.errors import Unreachable
from subtitling.models.sources import http
from subtitling.models.sources.base import Request
from subtitling.runtime.addresses import keeps_secrets

HUB = "https://huggingface.co"
TOKEN = "HF_TOKEN"


@dataclass(frozen=True)
class Hub:
    """A repository on a model hub, at one commit."""

    repo: str
    revision: str
    transfer_bytes: ClassVar = None

    @property
    def label(self) -> str:
        return f"hub {self.repo}"

    def bring(self, request: Request) -> None:
        # huggingface_hub reads these when it is imported: no usage reports, no second transfer
        # protocol with a cache of its own, no bars over the caller's progress display.
        os.environ.update(
            HF_HUB_DISABLE_TELEMETRY="1",
            HF_HUB_DISABLE_XET="1",
            HF_HUB_DISABLE_PROGRESS_BARS="1",
            HF_HUB_ENABLE_HF_TRANSFER="0",
        )
        from huggingface_hub import configure_http_backend, constants, hf_hub_download

        if constants.HF_HUB_OFFLINE:  # as it was when the library was imported
            raise Unreachable("HF_HUB_OFFLINE is set")
        address, token = access()
        get = functools.partial(
            hf_hub_download,
            self.repo,
            revision=self.revision,
            endpoint=address,
            # False keeps the token in the home folder unread.
            token=token or False,
            local_dir=request.area,
            cache_dir=request.area / ".cache",
        )
        configure_http_backend(
            lambda: http.session(request.licence_url, request.calls, request.most_bytes)
        )
        try:
            for name in request.wanted:
                http.persistently(get, name, request.area)
        finally:
            configure_http_backend()

    def refusal(self, request: Request) -> str | None:
        try:
            address, token = access()
        except Unreachable as reason:
            return str(reason)
        file = next(iter(request.files))
        return http.no_answer(
            url(address, self.repo, self.revision, file), request.licence_url, token
        )


def access() -> tuple[str, str]:
    """The hub's address and the person's token, empty for none, both from the environment alone.
    Raises Unreachable where the token would go in clear, or the hub is not to be asked."""
    if os.environ.get("HF_HUB_OFFLINE", "").casefold() in ("1", "true", "yes", "on"):
        raise Unreachable("HF_HUB_OFFLINE is set")
    address = os.environ.get("HF_ENDPOINT", "").rstrip("/") or HUB
    token = "".join(os.environ.get(TOKEN, "").split())
    if token and not keeps_secrets(address):
        host = urlsplit(address).hostname
        raise Unreachable(f"{TOKEN} would go in clear to {host}: give HF_ENDPOINT with https")
    return address, token


def url(address: str, repo: str, revision: str, file: str) -> str:
    """The address of a file in a repository."""
    return f"{address}/{repo}/resolve/{revision}/{quote(file)}"
