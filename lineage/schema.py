"""A validator for the part of JSON Schema that the manifest's own schema uses.

Every stage checks the manifest that it writes and those that it reads. The library jsonschema takes
0.1 s to import, twice as long as all of `lineage`; a test compares the two.
"""

import re
from collections.abc import Iterator
from typing import Any

from lineage.untrusted import quoted

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
KEYWORDS = {
    "$schema", "$id", "$defs", "$ref", "title", "description", "type", "const", "enum", "pattern",
    "minimum", "required", "properties", "additionalProperties", "items",
}  # fmt: skip


def violations(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """The violations of `schema` in `value`, as readable lines; empty for none."""
    return list(_walk(value, schema, schema, where or "manifest"))


def _walk(value: Any, schema: Any, root: dict[str, Any], where: str) -> Iterator[str]:
    if schema is True:
        return
    if "$ref" in schema:
        yield from _walk(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, where)
        return
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is(value, name) for name in names):
            yield f"{where}: {quoted(value)} is not of type {' or '.join(names)}"
            return
    if "const" in schema and value != schema["const"]:
        yield f"{where}: {quoted(value)} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {quoted(value)} is none of {schema['enum']}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{where}: {quoted(value)} does not match {schema['pattern']}"
    if _is(value, "number") and value < schema.get("minimum", value):
        yield f"{where}: {value} is below {schema['minimum']}"
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for key in schema.get("required", []):
            if key not in value:
                yield f"{where}: {key} is missing"
        for key, item in value.items():
            rule = known.get(key, schema.get("additionalProperties", True))
            if rule is False:
                yield f"{where}: {key} is not a known key"
            else:
                yield from _walk(item, rule, root, f"{where}.{key}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, schema.get("items", True), root, f"{where}[{index}]")


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if isinstance(value, float) and name == "integer":
        return value.is_integer()
    return isinstance(value, _TYPES[name])
