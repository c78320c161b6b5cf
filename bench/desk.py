"""How fast the desk is on a film of three hours with 5,000 cues, in Chromium.

    PYTHONPATH=.venv-page:scripts:.:tests/support .venv/bin/python bench/desk.py [FOLDER]

makes the film in FOLDER (once; minutes) and prints a table: to open the track, for a keystroke
until it shows, until its rules show and it is saved, to search the list, to preview a replacement.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import recorded
from playwright.sync_api import Page, sync_playwright

from subtitling import documents
from subtitling.media import containers, ffmpeg

HOURS, RATE = 3, 12
SAID = ["So", "she", "said", "that", "nobody", "should", "ever", "go", "there", "again",
        "and", "Mohan", "left."]  # fmt: skip
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")


def film(path: Path) -> None:
    """Three hours of a test picture and a tone."""
    seconds = HOURS * 3600
    ffmpeg.run([
        "-f", "lavfi", "-i", f"testsrc=size=64x36:rate={RATE}:duration={seconds}",
        "-f", "lavfi", "-i", f"sine=frequency=300:sample_rate=16000:duration={seconds}",
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", containers.url(path),
    ])  # fmt: skip


def heard(timing: str, _foreign: bool = False) -> documents.Transcript:
    """A sentence of 13 words each 2.1 s, so that there are 5,000 cues."""
    count = 5000
    segments = []
    for n in range(count):
        start = 2150 * n
        words = tuple(
            documents.Word(
                f"w{n * 13 + k:06d}", SAID[k], start + 150 * k, start + 150 * k + 140,
                ((n * 37 + k * 11) % 100) / 100,
            )
            for k in range(13)
        )  # fmt: skip
        text = " ".join(SAID[:13])
        segments.append(
            documents.Segment(
                f"g{n:05d}", start, start + 1950, text, words if timing != "none" else (),
                ((n * 7) % 100) / 100, ("r00001",),
            )
        )  # fmt: skip
    return documents.Transcript("en", 0.99, timing, tuple(segments))


def made(folder: Path) -> None:
    """The job `clip` in `folder`, with such a film."""
    recorded.heard = heard
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "film.mkv").exists():
        film(folder / "film.mkv")
    recorded.job(folder)


def milliseconds(page: Page, script: str, times: int = 20) -> list[float]:
    """How long an asynchronous script takes in the page, sorted."""
    return sorted(page.evaluate(script) for _ in range(times))


KEYSTROKE = """async () => {
  const text = document.getElementById("text"), before = performance.now();
  text.setRangeText("x", 3, 3, "end");
  text.dispatchEvent(new Event("input"));
  await new Promise(requestAnimationFrame);
  await new Promise((done) => setTimeout(done));
  return performance.now() - before;
}"""
SAVED = """async () => {
  const text = document.getElementById("text"), saved = document.getElementById("saved");
  const before = performance.now();
  text.setRangeText("y", 3, 3, "end");
  text.dispatchEvent(new Event("input"));
  for (const state of ["Saving", "Everything is saved"])
    while (saved.textContent !== state) await new Promise((done) => setTimeout(done, 1));
  return performance.now() - before;
}"""
SEARCH = """async () => {
  const find = document.getElementById("find"), before = performance.now();
  find.value = find.value === "nobody" ? "mohan" : "nobody";
  find.dispatchEvent(new Event("input"));
  await new Promise(requestAnimationFrame);
  await new Promise((done) => setTimeout(done));
  return performance.now() - before;
}"""
PREVIEW = """async () => {
  const box = document.getElementById("replace-find");
  const count = document.getElementById("replace-count");
  const before = performance.now();
  count.textContent = "";
  box.value = box.value === "there" ? "again" : "there";
  box.dispatchEvent(new Event("input"));
  while (!count.textContent) await new Promise((done) => setTimeout(done, 1));
  return performance.now() - before;
}"""


def main() -> None:
    """Make the film, start the desk, measure."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    root = Path(__file__).parents[1]
    if not (folder / "out/clip/10_mux").exists():
        made(folder)
    shutil.rmtree(folder / "edits", ignore_errors=True)
    environment = {**os.environ, "PYTHONPATH": f"{root / 'scripts'}:{root}"}
    command = [sys.executable, "-m", "subtitling.workflow.cli", "desk", "clip", "--no-browser",
               "--port", "0"]  # fmt: skip
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        address = server.stdout.readline().strip()
        try:
            measure(address)
        finally:
            server.terminate()


def measure(address: str) -> None:
    """Print the figures."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page()
        page.goto(address)
        rows = {}
        for name in ("open, the first time", "open again"):
            began = time.monotonic()
            page.goto(f"{address.partition('/?')[0]}/films/clip/en")
            page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
            rows[name] = [1000 * (time.monotonic() - began)]
        print(page.locator("#count").text_content())
        page.evaluate("localStorage.setItem('desk-who', 'Bench')")
        page.locator("#who").fill("Bench")
        page.locator("#text").focus()
        page.evaluate(KEYSTROKE)
        page.wait_for_timeout(3000)
        rows["a keystroke shows"] = milliseconds(page, KEYSTROKE)
        page.wait_for_timeout(3000)
        rows["a keystroke is saved, its rules show"] = milliseconds(page, SAVED)
        rows["search in the list"] = milliseconds(page, SEARCH)
        page.locator("#replace").click()
        rows["preview of a replacement"] = milliseconds(page, PREVIEW, 10)
        browser.close()
    print("| | median ms | worst ms |\n|---|---|---|")
    for name, times in rows.items():
        print(f"| {name} | {statistics.median(times):.0f} | {times[-1]:.0f} |")


if __name__ == "__main__":
    main()
