"""A model that is converted after its files were fetched from another source."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace

from subtitling.models import converting
from subtitling.models.errors import StoreError
from subtitling.models.sources.base import Request, Source, checksum, expect, with_folder


@dataclass(frozen=True)
class Converted:
    """What CTranslate2's converter makes of the files of `source`, whose checksums are `files`.

    `precision` is that of the weights that it writes, `made_by` are the versions of the libraries
    that made the files of the catalogue: others may make other bytes.
    """

    source: Source
    files: Mapping[str, str]
    size_bytes: int
    precision: str
    made_by: str

    @property
    def label(self) -> str:
        return f"{self.source.label}, converted"

    @property
    def revision(self) -> str | None:
        return self.source.revision

    @property
    def transfer_bytes(self) -> int:
        return self.size_bytes

    def bring(self, request: Request) -> None:
        originals, made = request.area / "originals", request.area / "made"
        self.source.bring(self._nested(request))
        for name in self.files:
            expect(originals / name, name, self.files[name], self.source.label)
        shutil.rmtree(made, ignore_errors=True)
        converting.convert(originals, made, self.precision)
        for name in request.wanted:
            if (got := checksum(made / name)) != request.files[name]:
                raise StoreError(
                    f"{name}: the converter made other bytes (sha256 {got or 'no file'}) than when "
                    f"the model was added, by {self.made_by}; here it is {converting.versions()}. "
                    "Remove the model and add it again, or take the versions that made it"
                )
            (made / name).replace(with_folder(request.area / name))

    def refusal(self, request: Request) -> str | None:
        return self.source.refusal(self._nested(request))

    def _nested(self, request: Request) -> Request:
        area = request.area / "originals"
        wanted = [name for name in self.files if checksum(area / name) != self.files[name]]
        return replace(
            request, files=self.files, size_bytes=self.size_bytes, wanted=wanted, area=area
        )
