"""An algorithm's options: out of a section of the configuration that has other keys too, and out of
a record."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from lineage.problem import Problem

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Options = TypeVar("Options", bound="DataclassInstance")


def selected(options: "type[DataclassInstance]", section: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of `section` that are fields of the dataclass `options`; what a stage finds out by
    itself is in no section."""
    names = [field.name for field in fields(options)]
    return {name: section[name] for name in names if name in section}


def recorded(options: type[Options], values: Mapping[str, Any], job: str) -> Options:
    """The options that a stage of a job has on record. Raises Problem, with the way out, where they
    are those of another version of the workflow, which had others."""
    names = {field.name for field in fields(options)}
    if differing := sorted(names ^ set(values)):
        raise Problem(
            f"{job} was made by another version of the workflow ({', '.join(differing)} differ): "
            f"run snakemake {job}, which makes again what is needed"
        )
    return options(**values)
