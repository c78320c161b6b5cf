"""The small validator that stages can afford agrees with the library that they cannot."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import recorded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage import manifest
from lineage.schema import KEYWORDS, violations

TEXT = st.text(max_size=3)
LEAF = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | TEXT
JSON = LEAF | st.lists(LEAF, max_size=2) | st.dictionaries(TEXT, LEAF, max_size=2)


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    job = recorded.default_job(tmp_path_factory.mktemp("workflow"))
    return [json.loads(path.read_text()) for path in sorted(job.rglob("manifest.json"))]


def agrees(value: Any) -> bool:
    """Whether both say the same of `value`; returns what they say."""
    library = jsonschema.Draft202012Validator(manifest.schema()).is_valid(value)
    assert (violations(value, manifest.schema()) == []) == library
    return library


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(spot for key, item in inner for spot in spots(item, (*path, key)))]


def test_the_manifests_of_a_real_job_are_valid_by_both(manifests: list[Any]) -> None:
    assert all(agrees(value) for value in manifests)


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_both_agree_on_any_change_to_a_manifest(manifests: list[Any], data: st.DataObject) -> None:
    value = copy.deepcopy(data.draw(st.sampled_from(manifests)))
    path = data.draw(st.sampled_from(spots(value)[1:]))
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    if data.draw(st.booleans()):
        del parent[path[-1]]
    else:
        parent[path[-1]] = data.draw(JSON)
    agrees(value)


def test_the_schema_uses_no_keyword_that_the_validator_does_not_know() -> None:
    def words(schema: Any, is_schema: bool = True) -> set[str]:
        if not isinstance(schema, dict):
            return set()
        keywords = set(schema) if is_schema else set()
        for key, item in schema.items():
            names_properties = is_schema and key in ("properties", "$defs")
            keywords |= words(item, not names_properties)
        return keywords

    assert words(manifest.schema()) <= KEYWORDS
    text = Path(manifest.__file__).with_name("manifest.schema.json").read_text()
    assert '"$ref"' not in text.replace('{"$ref": "#/$defs/', ""), "a $ref stands alone"


@pytest.mark.parametrize("value", [1.0, 1.5, True, "1", None])
def test_a_whole_number_is_an_integer_however_it_is_written(value: Any) -> None:
    schema = {"type": "integer", "minimum": 0}
    library = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (violations(value, schema) == []) == library
