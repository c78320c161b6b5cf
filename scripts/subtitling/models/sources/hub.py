"""A repository of a model hub."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from subtitling.models.errors import Unreachable
from subtitling.models.sources import http
from subtitling.models.sources.base import Request
from subtitling.runtime.addresses import keeps_secrets


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
            self.repo,
            revision=self.revision,
            endpoint=address or None,
            token=token,
            local_dir=request.area,
            cache_dir=request.area / ".cache",
        )
        configure_http_backend(lambda: http.session(request.licence_url, request.calls))
        try:
            for name in request.wanted:
                http.persistently(get, name, request.area)
        finally:
            configure_http_backend()

    def refusal(self, request: Request) -> str | None:
        from huggingface_hub import hf_hub_url

        endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or None
        file = next(iter(request.files))
        url = hf_hub_url(self.repo, file, revision=self.revision, endpoint=endpoint)
        return http.no_answer(
            url, request.licence_url, "".join(os.environ.get("HF_TOKEN", "").split())
        )
