"""The parts of docs/ that `make docs` writes."""

from pathlib import Path

import pytest

from subtitling.workflow import generated_docs, levels

PAGES = generated_docs.pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_docs_have_what_make_docs_writes(path: Path) -> None:
    assert path.read_text("utf-8") == PAGES[path], "run: make docs"


def test_the_table_of_the_levels_is_a_part_of_its_page() -> None:
    (quality,) = (text for path, text in PAGES.items() if path.name == "quality.md")
    assert levels.markdown() in quality


def test_a_part_is_replaced_between_its_marks_and_nothing_else() -> None:
    page = "a\n<!-- x: made -->\nold\n\nold\n<!-- /x -->\nb\n"
    assert generated_docs.with_part(page, "x", "new") == (
        "a\n<!-- x: made -->\nnew\n<!-- /x -->\nb\n"
    )


@pytest.mark.parametrize(
    "page", ["a", "<!-- x: made -->\na", "<!-- x: m -->\na\n<!-- /x -->\n" * 2]
)
def test_a_page_without_its_marks_is_an_error(page: str) -> None:
    with pytest.raises(ValueError, match="parts x between their marks, not one"):
        generated_docs.with_part(page, "x", "new")
