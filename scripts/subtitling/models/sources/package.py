"""A distribution that is installed in this environment."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from subtitling.models.errors import Unreachable
from subtitling.models.sources.base import Request, append


@dataclass(frozen=True)
class Package:
    """A distribution installed in this environment; its files are copied, never imported."""

    package: str
    version: str
    members: Mapping[str, str]
    transfer_bytes: ClassVar = None

    @property
    def label(self) -> str:
        return f"package {self.revision}"

    @property
    def revision(self) -> str:
        return f"{self.package}=={self.version}"

    def bring(self, request: Request) -> None:
        try:
            installed = importlib.metadata.distribution(self.package)
        except importlib.metadata.PackageNotFoundError:
            raise Unreachable(f"{self.package} is not installed in this environment") from None
        if installed.version != self.version:
            raise Unreachable(f"version {installed.version} is installed, not {self.version}")
        for name in request.wanted:
            (request.area / name).unlink(missing_ok=True)
        for member, name in self.members.items():
            path = Path(str(installed.locate_file(member)))
            if not path.is_file():
                raise Unreachable(f"{member} is not in the installed package")
            if name in request.wanted:
                with path.open("rb") as part:
                    append(part, request.area / name)

    def refusal(self, request: Request) -> str | None:  # noqa: ARG002
        try:
            installed = importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return "not installed"
        return None if installed == self.version else f"version {installed} is installed"
