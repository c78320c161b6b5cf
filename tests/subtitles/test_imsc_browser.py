"""Timed text as the package imsc of npm draws it in Chromium: what is on the screen when.

`make test-formats` fetches the package; IMSC_PICTURES names a folder for pictures to look at.
"""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import recorded
from chromium import launched, needed
from delivered import LINES, hostile, track

from subtitling.documents import Cue
from subtitling.subtitles.formats import deliveries
from subtitling.subtitles.formats.delivery import Programme, rows_of
from subtitling.text.cleaning import clean

IMSC = Path(os.environ.get("IMSC", recorded.ROOT / ".venv-formats/imsc.all.min.js"))
PICTURES = os.environ.get("IMSC_PICTURES")
KINDS = ("ttml", "imsc", "ebu-tt-d")
WIDTH, HEIGHT = 1280, 720
pytestmark = [
    needed,
    pytest.mark.skipif(
        not IMSC.exists(), reason="NOT CHECKED by imsc: make test-formats fetches the package"
    ),
]
# What is on the screen at `ms`: each line of text with its box, and what imsc complains of.
DRAW = """([xml, ms]) => {
  const wrong = [];
  const report = (message) => { wrong.push(message); return false; };
  const handler = {info: () => false, warn: () => false, error: report, fatal: report};
  const read = imsc.fromXML(xml, handler);
  const screen = document.getElementById('screen');
  screen.replaceChildren();
  const isd = imsc.generateISD(read, ms / 1000, handler);
  imsc.renderHTML(isd, screen, null, HEIGHT, WIDTH, false, handler);
  const spans = [...screen.querySelectorAll('span')].filter((s) => !s.querySelector('span'));
  const seen = spans.filter((s) => s.textContent.trim()).map((s) => {
    const box = s.getBoundingClientRect(), look = getComputedStyle(s);
    return {text: s.textContent, top: box.top, bottom: box.bottom, left: box.left,
            right: box.right, italic: look.fontStyle === 'italic', direction: look.direction};
  });
  return {wrong, seen, times: read.getMediaTimeEvents()};
}""".replace("HEIGHT", str(HEIGHT)).replace("WIDTH", str(WIDTH))


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with launched() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_content(
            "<body style='margin:0;background:#1b2a41'><div id='screen' style='position:absolute;"
            f"width:{WIDTH}px;height:{HEIGHT}px'></div>"
        )
        page.add_script_tag(path=str(IMSC))
        yield page


def letters(text: str) -> str:
    return "".join(text.split())


def slanted(cue: Cue) -> str:
    return letters("".join(t for row in rows_of(cue, frozenset("i")) for t, style in row if style))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LINES)
def test_each_cue_is_drawn_in_its_time_and_place(
    page: Any, tmp_path: Path, language: str, kind: str
) -> None:
    cues = track(language, 23.976)
    path = tmp_path / f"{language}.{deliveries.ending(kind)}"
    deliveries.write(kind, cues, path, Programme("x", language, 23.976, "00:00:00:00"))
    xml = path.read_text("utf-8")
    for number, cue in enumerate(cues):
        drawn = page.evaluate(DRAW, [xml, (cue.start_ms + cue.end_ms) // 2])
        assert drawn["wrong"] == []
        rows = drawn["seen"]
        text = letters("".join(row["text"] for row in rows))
        assert text == letters("".join(cue.lines)), (kind, cue)
        middle = (rows[0]["top"] + rows[-1]["bottom"]) / 2
        assert (middle < HEIGHT / 2) == (cue.place == 8), (kind, cue)
        for row in rows:
            assert row["top"] >= 0.05 * HEIGHT and row["bottom"] <= 0.95 * HEIGHT
            assert row["left"] >= 0.05 * WIDTH - 1 and row["right"] <= 0.95 * WIDTH + 1
        assert letters("".join(r["text"] for r in rows if r["italic"])) == slanted(cue)
        rtl = language in ("ur", "ar")
        assert {row["direction"] for row in rows} == {"rtl" if rtl else "ltr"}
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{language}-{kind}-{number:02}.png")
    for a, b in pairwise(cues):
        between = page.evaluate(DRAW, [xml, (a.end_ms + b.start_ms) // 2])
        assert between["seen"] == []
    bounds = {ms for cue in cues for ms in (cue.start_ms, cue.end_ms)}
    assert {round(1000 * second) for second in drawn["times"]} - {0} == bounds


def test_text_that_looks_like_markup_is_drawn_as_text(page: Any, tmp_path: Path) -> None:
    for kind in KINDS:
        path = tmp_path / f"en.{deliveries.ending(kind)}"
        deliveries.write(kind, hostile(), path, Programme("x", "en", 25.0, "00:00:00:00"))
        for cue in hostile():
            drawn = page.evaluate(DRAW, [path.read_text("utf-8"), cue.start_ms + 100])
            text = letters("".join(row["text"] for row in drawn["seen"]))
            assert text == letters(clean(" ".join(cue.lines))), kind
