"""Which of our modules a script depends on, found without parsing all of it."""

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
    import subtitling.four as four  # (not this
    text = "from subtitling import five"
    from subtitling import \\
        six
'''


def test_imports_of_ours_are_found_at_any_place_and_in_any_form(tmp_path: Path) -> None:
    ours = tmp_path / "subtitling"
    ours.mkdir()
    script = tmp_path / "01_stage.py"
    script.write_text(SCRIPT, "utf-8")
    for name, text in {
        "one": "import subtitling.seven\n",
        **dict.fromkeys(("two", "three", "four", "five", "six", "seven"), ""),
    }.items():
        (ours / f"{name}.py").write_text(text, "utf-8")
    found = [path.stem for path in sources.closure(script)]
    assert found == ["01_stage", "four", "one", "seven", "six", "three", "two"]


def test_an_import_of_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    script = tmp_path / "01_stage.py"
    script.write_text("from subtitling import nowhere\n", "utf-8")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.py: imported, but not there"):
        sources.closure(script)


def test_parsing_every_file_of_ours_whole_finds_the_same() -> None:
    for path in (ROOT / "scripts").glob("**/*.py"):
        whole = sources.names(ast.parse(path.read_text("utf-8")))
        assert sorted(sources.imported(path)) == sorted(whole), path
