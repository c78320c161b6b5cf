"""A folder of a web server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from subtitling.models.sources import http
from subtitling.models.sources.base import Request, checksum, with_folder
from subtitling.models.sources.http import NO_MORE


@dataclass(frozen=True)
class Web:
    """A folder of a web server, by its address."""

    base: str
    transfer_bytes: ClassVar = None

    @property
    def label(self) -> str:
        return f"web {self.base}"

    @property
    def revision(self) -> None:
        return None

    def bring(self, request: Request) -> None:
        import requests

        def get(name: str) -> None:
            path = with_folder(request.area / name)
            have = path.stat().st_size if path.exists() else 0
            asked = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
            with session.get(
                f"{self.base}/{name}", headers=asked, stream=True, timeout=30
            ) as answer:
                if answer.status_code == NO_MORE:
                    path.unlink(missing_ok=True)
                    raise requests.RequestException("what came before is not a part of it")
                # A server without support for ranges sends the whole file.
                with path.open("ab" if answer.status_code == 206 else "wb") as out:
                    for part in answer.iter_content(1 << 20):
                        out.write(part)

        with http.session(None, request.calls, request.most_bytes) as session:
            for name in request.wanted:
                if (
                    checksum(request.area / name) != request.files[name]
                ):  # killed between its last two steps
                    http.persistently(get, name, request.area)

    def refusal(self, request: Request) -> str | None:
        return http.no_answer(f"{self.base}/{next(iter(request.files))}", None, "")
