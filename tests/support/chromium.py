"""Chromium, driven by Playwright, for the tests that look at a page.

Without them these tests are skipped, and say so; `make test-page` makes that a failure.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PROGRAM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Browser, Page, expect, sync_playwright

    MISSING = "" if PROGRAM else "no chromium on the PATH (Debian: apt-get install chromium)"
except ImportError as error:
    MISSING = f"not tried in a browser: {error}"
    Axe = Browser = Page = expect = Any  # type: ignore[assignment, misc]

if MISSING and os.environ.get("SUTRADHAR_BROWSER") == "required":
    raise RuntimeError(MISSING)
needed = pytest.mark.skipif(bool(MISSING), reason=MISSING)

__all__ = ["Axe", "Browser", "Page", "expect", "launched", "needed"]


@contextmanager
def launched() -> Iterator[Any]:
    """A browser without windows."""
    with sync_playwright() as playwright:
        # Root may not use the sandbox; pages have no network and only our own files.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = playwright.chromium.launch(executable_path=PROGRAM, args=options)
        yield chromium
        chromium.close()
