"""The kinds of sources: a row for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from subtitling.models.errors import ConfigError
from subtitling.models.sources.base import Source
from subtitling.models.sources.converted import Converted
from subtitling.models.sources.firefox import Firefox
from subtitling.models.sources.folder import Folder
from subtitling.models.sources.hub import Hub
from subtitling.models.sources.package import Package
from subtitling.models.sources.web import Web
from subtitling.models.sources.wheels import Wheels

SOURCES: dict[str, Callable[..., Source]] = {
    "hub": Hub,
    "web": Web,
    "wheels": Wheels.of,
    "package": Package,
    "folder": Folder,
    "firefox": Firefox,
    "converted": lambda **keys: Converted(**{**keys, "source": source(keys["source"])}),
}


def source(entry: Mapping[str, Any]) -> Source:
    """The source of an entry of models.yaml. Raises ConfigError for an unknown kind."""
    keys = dict(entry)
    kind = keys.pop("kind", None)
    if kind not in SOURCES:
        raise ConfigError(f"{kind} is not a kind of source; there are {', '.join(SOURCES)}")
    return SOURCES[kind](**keys)
