"""TTML from anywhere, read by TTML2's rules for times."""

from fractions import Fraction

import pytest

from lineage.problem import Problem
from subtitling.known_text import ttml
from subtitling.known_text.ttml import Rates

RATES = Rates(Fraction(25), Fraction(10_000_000))


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("00:01:02.5", 62_500),
        ("00:01:02:05", 62_200),
        ("1.5h", 5_400_000),
        ("90s", 90_000),
        ("250ms", 250),
        ("50f", 2000),
        ("25000000t", 2500),
    ],
)
def test_time_expressions(text: str, ms: int) -> None:
    assert ttml.milliseconds(text, RATES) == ms


def document(body: str, attributes: str = "") -> bytes:
    return (
        '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling" '
        f'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xml:lang="hi" {attributes}>'
        f"<head/><body>{body}</body></tt>"
    ).encode()


def test_paragraphs_with_breaks_styles_and_nested_times() -> None:
    content = document(
        '<div begin="10s"><p begin="1s" end="3s">One<br/>two</p>'
        '<p begin="4s" dur="2s"><span tts:fontStyle="italic">three</span></p></div>'
        '<p begin="00:00:01:12" end="00:00:02:00">zero</p>',
        'ttp:frameRate="24"',
    )
    cues = ttml.cues(content, "a.ttml")
    assert [(c.line, c.start_ms, c.end_ms, c.lines, c.italic) for c in cues] == [
        (3, 1500, 2000, ("zero",), False),
        (1, 11_000, 13_000, ("One", "two"), False),
        (2, 14_000, 16_000, ("three",), True),
    ]
    assert ttml.language(content, "a.ttml") == "hi"


def test_what_is_no_ttml_is_refused() -> None:
    with pytest.raises(Problem, match="no TTML, its root is <svg>"):
        ttml.cues(b"<svg/>", "a.xml")
    with pytest.raises(Problem, match="not valid XML"):
        ttml.cues(b"<tt>", "a.xml")
    with pytest.raises(Problem, match="paragraph 1: 'soon' is no time"):
        ttml.cues(document('<p begin="soon" end="2s">x</p>'), "a.ttml")
    bomb = b'<!DOCTYPE tt [<!ENTITY a "b">]>' + document("<p>&a;</p>")
    with pytest.raises(Problem, match="declares entities"):
        ttml.cues(bomb, "a.ttml")


def test_spans_within_spans_without_end_are_cut() -> None:
    deep = "<span>" * 5000 + "deep" + "</span>" * 5000
    content = document(f'<p begin="0s" end="2s">plain{deep}</p>')
    assert [cue.lines for cue in ttml.cues(content, "a.ttml")] == [("plain",)]
