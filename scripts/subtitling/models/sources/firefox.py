"""Attachments of Mozilla's Remote Settings: Firefox's models, packed by zstd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from subtitling.models import converting
from subtitling.models.sources.base import UNKNOWN, Request, checksum, with_folder
from subtitling.models.sources.web import Web


@dataclass(frozen=True)
class Firefox:
    """Packed files of a web server: `files` maps the model's files to their paths below `base`;
    `version` is Mozilla's of the model."""

    base: str
    version: str
    files: Mapping[str, str]
    transfer_bytes: ClassVar = None

    @property
    def label(self) -> str:
        return f"firefox {self.base}"

    @property
    def revision(self) -> str:
        return self.version

    def bring(self, request: Request) -> None:
        packed = request.area / "packed"
        for name in request.wanted:
            path, target = self.files[name], with_folder(request.area / name)
            if checksum(target) == request.files[name]:
                continue  # unpacked before the last run was killed
            sizes = request.size_bytes, request.licence_url
            Web(self.base).bring(Request({path: UNKNOWN}, *sizes, [path], packed, request.calls))
            try:
                converting.unpack(packed / path, target, request.most_bytes)
            finally:
                (packed / path).unlink()

    def refusal(self, request: Request) -> str | None:
        path = next(iter(self.files.values()))
        return Web(self.base).refusal(Request({path: UNKNOWN}, 1, request.licence_url))
