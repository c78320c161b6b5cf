"""Licences of weights: their names by SPDX, and whether they allow commercial use."""

import re

# The hub's names of licences, in small letters, by which SPDX has them otherwise.
# https://huggingface.co/docs/hub/repositories-licenses, https://spdx.org/licenses
_SPDX = {
    name.casefold(): name
    for name in (
        "MIT", "Apache-2.0", "MPL-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Unlicense",
        "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-2.0",
        "CC-BY-NC-3.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-3.0",
        "CC-BY-NC-ND-4.0", "CC-BY-ND-4.0",
    )
}  # fmt: skip
_ALSO = {"gpl-3.0": "GPL-3.0-only", "gpl-2.0": "GPL-2.0-only", "agpl-3.0": "AGPL-3.0-only",
         "lgpl-3.0": "LGPL-3.0-only", "cc-by-nc": "CC-BY-NC-4.0"}  # fmt: skip
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9.+-]*")
_MOST = 64  # characters of a name


def spdx(name: object) -> str | None:
    """The SPDX identifier of a licence by the name that a model's card gives it; `LicenseRef-` and
    that name for one that SPDX does not know; None for what is no name, or says nothing."""
    if not isinstance(name, str) or len(name) > _MOST or not _NAME.fullmatch(name.strip()):
        return None
    small = name.strip().casefold()
    if small in ("other", "unknown"):
        return None
    return _ALSO.get(small) or _SPDX.get(small) or f"LicenseRef-{name.strip()}"


def commercial(licence: str) -> str:
    """Whether a licence allows commercial use: `yes`, `no`, or `see licence` where its name does
    not say."""
    if "-NC" in licence.upper():
        return "no"
    return "yes" if licence in {*_SPDX.values(), *_ALSO.values()} else "see licence"


def page(licence: str) -> str | None:
    """SPDX's page with the text of a licence; None for one that it does not know."""
    known = {*_SPDX.values(), *_ALSO.values()}
    return f"https://spdx.org/licenses/{licence}.html" if licence in known else None
