"""Select an algorithm's options from a section of the configuration that has other keys too."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def selected(options: "type[DataclassInstance]", section: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of `section` that are fields of the dataclass `options`; what a stage finds out by
    itself is in no section."""
    names = [field.name for field in fields(options)]
    return {name: section[name] for name in names if name in section}
