"""The project's modules that a script depends on, collected without parsing all of it."""

import ast
from pathlib import Path

import pytest
from house import ROOT

from lineage import sources

SCRIPT = '''"""A stage. It could say: from subtitling import nothing."""
import json
from subtitling import (
    one,  # the first (of all)
    two as second,
)

def work():
    from subtitling.three import deep
    import subtitling.room.four as four  # (not this
    text = "from subtitling import five"
    from subtitling.room import \\
        six
'''


def house(tmp_path: Path, **texts: str) -> Path:
    """A script beside a package with a package in it; `texts` are its modules, dotted by `_`."""
    script = tmp_path / "01_stage.py"
    (tmp_path / "subtitling" / "room").mkdir(parents=True)
    for name, text in {"__init__": "", "room___init__": "", **texts}.items():
        path = tmp_path / "subtitling" / f"{name.replace('room_', 'room/', 1)}.py"
        path.write_text(text, "utf-8")
    return script


def reached(script: Path) -> list[str]:
    files = sources.closure(script)
    return [path.relative_to(script.parent).with_suffix("").as_posix() for path in files]


def test_imports_of_ours_are_found_at_any_place_and_in_any_form(tmp_path: Path) -> None:
    texts = dict.fromkeys(("two", "three", "five", "room_four", "room_six", "room_seven"), "")
    script = house(tmp_path, one="from subtitling.room.seven import thing\n", **texts)
    script.write_text(SCRIPT, "utf-8")
    assert reached(script) == [
        "01_stage", "subtitling/__init__", "subtitling/one", "subtitling/room/__init__",
        "subtitling/room/four", "subtitling/room/seven", "subtitling/room/six",
        "subtitling/three", "subtitling/two",
    ]  # fmt: skip


def test_a_package_counts_with_what_its_init_imports(tmp_path: Path) -> None:
    script = house(
        tmp_path, room___init__="from subtitling import one\n", room_two="", one="", three=""
    )
    script.write_text("from subtitling.room import two\n", "utf-8")
    assert "subtitling/one" in reached(script) and "subtitling/three" not in reached(script)


@pytest.mark.parametrize(
    "line", ["from subtitling import nowhere", "from subtitling.nowhere import x",
             "from subtitling.room import nowhere", "from subtitling.room.nowhere import x"]
)  # fmt: skip
def test_an_import_of_what_is_not_there_is_an_error(tmp_path: Path, line: str) -> None:
    script = house(tmp_path)
    script.write_text(f"{line}\n", "utf-8")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.py: imported as .*, but not there"):
        sources.closure(script)


def test_a_relative_import_is_an_error() -> None:
    tree = ast.parse("from . import x")
    with pytest.raises(ValueError, match="line 1: import by the full name, not relative"):
        list(sources.names(tree))


def test_parsing_every_file_of_ours_whole_finds_the_same() -> None:
    for path in (ROOT / "scripts").glob("**/*.py"):
        whole = sources.names(ast.parse(path.read_text("utf-8")))
        assert sorted(sources.imported(path)) == sorted(whole), path
