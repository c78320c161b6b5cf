"""Strange input is refused in words, whatever is wrong with it."""

import math
import os
from pathlib import Path

import pytest

from lineage.untrusted import Refused, content, json_value, quoted


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "NaN", "-Infinity", "1e999", "-1e999", "9" * 20, "9" * 5000, "{", "", "\x00",
     b"\xff\xfe\x00", '{"a": ' * 50_000],
)  # fmt: skip
def test_what_is_no_json_is_refused_shortly(text: str | bytes) -> None:
    with pytest.raises(Refused) as caught:
        json_value(text)
    assert len(str(caught.value)) < 300


def test_numbers_that_do_not_matter_may_be_any() -> None:
    value = json_value('{"a": 1e999, "b": NaN, "c": ' + "9" * 5000 + ', "d": -7}', any_number=True)
    assert value == {"a": math.inf, "b": math.inf, "c": math.inf, "d": -7}
    assert json_value(str(2**63 - 1)) == 2**63 - 1


def test_only_regular_files_of_a_known_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(Refused, match="not a regular file"):
            content(path)
    (tmp_path / "large").write_bytes(bytes(100))
    with pytest.raises(Refused, match="100 bytes, over 99"):
        content(tmp_path / "large", 99)
    assert content(tmp_path / "large") == bytes(100)
    with pytest.raises(FileNotFoundError):
        content(tmp_path / "none")


def test_of_a_large_value_the_beginning_is_shown() -> None:
    value: object = ["x" * 10**6] * 10
    for _ in range(50):
        value = [value] * 10
    assert len(quoted(value)) < 500
    assert len(quoted({"a": "x" * 10**6})) < 500
