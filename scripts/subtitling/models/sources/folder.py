"""A folder of this host."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from subtitling import paths
from subtitling.models.errors import Unreachable
from subtitling.models.sources.base import Request, with_folder


@dataclass(frozen=True)
class Folder:
    """A folder of this host, for models downloaded or converted by hand."""

    path: str
    transfer_bytes: ClassVar = None

    @property
    def label(self) -> str:
        return f"folder {self.path}"

    @property
    def revision(self) -> None:
        return None

    def bring(self, request: Request) -> None:
        for name in request.wanted:
            path = Path(paths.at_home(self.path)) / name
            if not path.is_file():
                raise Unreachable(f"{path} is not there")
            shutil.copyfile(path, with_folder(request.area / name))

    def refusal(self, request: Request) -> str | None:
        source = Path(paths.at_home(self.path))
        missing = [name for name in request.files if not (source / name).is_file()]
        return f"no {', '.join(missing)} there" if missing else None
