"""The pictures of docs/report.md: the film page of the demo film, and that of a long film.

Needs `make demo`, `make .venv-page/ready`, Chromium on the PATH and the Noto fonts (Debian:
fonts-noto-core); run as `PYTHONPATH=.venv-page .venv/bin/python bench/page_pictures.py`.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "scripts"), str(ROOT)]

import page_films  # noqa: E402 - the tests' long film


def picture(
    browser: Any,
    source: Path,
    name: str,
    act: Callable[[Any], None],
    width: int,
    height: int,
    scheme: str,
) -> None:
    """What a window of this size shows of the page once `act` has been done, in 224 colours."""
    size = {"width": width, "height": height}
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    page.goto(source.resolve().as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    act(page)
    page.wait_for_timeout(500)
    page.screenshot(path="shot.png")
    Image.open("shot.png").convert("RGB").quantize(224).save(PICTURES / name, optimize=True)


def top(page: Any) -> None:
    """The first screen."""
    page.locator('.row[data-cue="2"]').click()
    page.evaluate("scrollTo(0, 0)")


def watched(cue: int) -> Callable[[Any], None]:
    """The player, the timeline and the thread of a cue."""

    def act(page: Any) -> None:
        page.locator(f'.row[data-cue="{cue}"]').click()
        page.evaluate("document.getElementById('watch').scrollIntoView()")

    return act


def urdu(page: Any) -> None:
    """A cue in the middle of the long film, in Urdu."""
    page.goto(f"{page.url}#cue=ur/1000")
    page.wait_for_timeout(300)
    page.evaluate("document.getElementById('watch').scrollIntoView()")


def main() -> None:
    """Take all the pictures."""
    tale = ROOT / "out" / "tale" / "11_audit" / "film.html"
    hindi = ROOT / "out" / "hindi" / "11_audit" / "film.html"
    with TemporaryDirectory() as scratch, sync_playwright() as playwright:
        os.chdir(scratch)
        long = Path("long.html")
        peaks = bytes(60 + n * n % 120 for n in range(3 * 3600 * 20))
        long.write_text(page_films.html(page_films.long(page_films.small(Path(scratch))), peaks))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        picture(browser, tale, "page_top.png", top, 1280, 720, "light")
        picture(browser, hindi, "page_thread.png", watched(3), 1280, 1250, "light")
        picture(browser, tale, "page_phone.png", watched(2), 390, 844, "light")
        picture(browser, long, "page_dark.png", urdu, 1280, 1000, "dark")
        browser.close()


if __name__ == "__main__":
    main()
