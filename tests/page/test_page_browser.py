"""The film page in a real browser."""

import hashlib
import time
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import page_films
import pytest
from chromium import Axe, Page, expect, needed

from subtitling import documents
from subtitling.media import containers, ffmpeg, preview, waveform
from subtitling.page import overview
from subtitling.page.gather import Film

pytestmark = needed


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return page_films.small(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The small sound of the film, as its page holds it."""
    folder = tmp_path_factory.mktemp("sound")
    tone = "sine=frequency=300:sample_rate=16000:duration=3"
    ffmpeg.run(["-f", "lavfi", "-i", tone, containers.url(folder / "sound.flac")])
    preview.write(folder / "sound.flac", 3000, folder / "s.webm", 24_000, lambda _done, _of: None)
    content = b64encode((folder / "s.webm").read_bytes()).decode()
    return f"data:audio/webm;base64,{content}"


class Opened:
    """A page opened from a file; `complaints` are console messages and errors, `asked` every
    request that it made but for itself."""

    def __init__(self, browser: Any, path: Path, html: str, **options: Any):
        path.write_text(html, encoding="utf-8")
        self.page: Page = browser.new_context(**options).new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def quiet(self) -> bool:
        """Whether it neither complained nor asked anyone for anything."""
        others = [url for url in self.asked[1:] if not url.startswith(("data:", "blob:"))]
        return self.complaints == [] and others == []


def test_a_track_can_be_chosen_and_taken_away(browser: Any, film: Film, tmp_path: Path) -> None:
    shown = Opened(browser, tmp_path / "film.html", page_films.html(film))
    page = shown.page
    page.locator("#timeline").focus()
    page.keyboard.press("PageDown")
    expect(page.locator("#showing")).to_have_text("It was late. Nobody slept.")
    page.get_by_label("Português").check(force=True)
    expect(page.locator("#showing")).to_have_text("Era tarde. Ninguém dormia.")
    expect(page.locator("#showing")).to_have_attribute("lang", "pt")
    expect(page.locator(".row .x").first).to_have_text("Era tarde. Ninguém dormia.")
    page.get_by_label("none").check(force=True)
    expect(page.locator("#showing")).to_have_text("")
    assert shown.quiet()


def test_a_click_on_a_word_goes_to_its_sound(
    browser: Any, film: Film, sound: str, tmp_path: Path
) -> None:
    shown = Opened(browser, tmp_path / "film.html", page_films.html(film, sound=sound))
    page = shown.page
    page.wait_for_function("document.getElementById('film').readyState > 0")
    page.locator(".row").first.click()
    page.get_by_role("button", name="late.").click()
    page.wait_for_function("document.getElementById('film').currentTime >= 1.3")
    assert film.spoken
    assert film.spoken.words[2].start_ms == 1300
    played = page.evaluate("document.getElementById('film').currentTime")
    assert 1.3 <= played < 3.0
    assert shown.quiet()


def test_a_cues_thread_leads_to_the_very_model_and_manifest(
    browser: Any, film: Film, tmp_path: Path
) -> None:
    shown = Opened(browser, tmp_path / "film.html", page_films.html(film))
    page = shown.page
    page.get_by_label("Português").check(force=True)
    page.locator(".row").first.click()
    thread = page.locator("#thread")
    expect(thread).to_contain_text("Era tarde.")
    for text in ("It", "was", "late.", "g00001", "r00001", "track 3"):
        expect(thread).to_contain_text(text)
    expect(thread).to_contain_text(hashlib.sha256(b"weights").hexdigest())
    manifest = next(s.manifest_sha256 for s in film.stages if s.key == "08_translation/pt")
    expect(thread).to_contain_text(manifest)
    assert shown.quiet()


def test_the_page_can_be_used_without_a_mouse(browser: Any, film: Film, tmp_path: Path) -> None:
    shown = Opened(browser, tmp_path / "film.html", page_films.html(page_films.long(film, 1)))
    page = shown.page
    line = page.locator("#timeline")
    line.focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    expect(line).to_have_attribute("aria-valuenow", "6")
    page.keyboard.press("Enter")
    expect(page.locator("#thread-title")).to_be_focused()
    expect(page.locator("#thread-title")).to_have_text("Cue 3 of 1125, English")
    page.locator("#rows").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#showing")).to_contain_text("(4)")
    line.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(line).to_have_attribute("aria-valuenow", "1")
    assert shown.quiet()


def test_text_that_was_taken_out_is_found_on_the_timeline(
    browser: Any, film: Film, tmp_path: Path
) -> None:
    gone = documents.Removed(2000, 2500, "Thanks for watching", ("heard in music",), ())
    html = page_films.html(replace(film, removed=(gone,)))
    shown = Opened(browser, tmp_path / "film.html", html)
    shown.page.get_by_role("link", name="00:00:02.000").click()
    expect(shown.page.locator("#timeline")).to_have_attribute("aria-valuenow", "2")
    expect(shown.page.locator("#legend")).to_contain_text("taken out")
    assert shown.quiet()


def test_a_film_without_a_word_has_a_quiet_page(browser: Any, film: Film, tmp_path: Path) -> None:
    shown = Opened(browser, tmp_path / "film.html", page_films.html(page_films.silent(film)))
    page = shown.page
    page.locator("#timeline").focus()
    for key in ("PageDown", "ArrowRight", "Enter", " ", "+", "-", "End"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Next cue").click()
    expect(page.locator("#count")).to_have_text("0 cues")
    assert shown.quiet()


def test_hostile_text_does_nothing(browser: Any, film: Film, tmp_path: Path) -> None:
    html = page_films.html(page_films.hostile(film))
    shown = Opened(browser, tmp_path / "film.html", html)
    page = shown.page
    page.locator(".row").first.click()
    for paper in page.locator("details > summary").all():
        paper.click()
    expect(page.locator("#showing")).to_contain_text("</script><img src=x onerror=")
    expect(page.locator("#thread .said")).to_contain_text("<b>&amp;")
    assert page.locator("img").count() == 0
    assert page.title() != "caught"
    assert shown.quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_to_blame(
    browser: Any, film: Film, tmp_path: Path, scheme: str, width: int
) -> None:
    view = {"width": width, "height": 900}
    html = page_films.html(film)
    shown = Opened(browser, tmp_path / "film.html", html, color_scheme=scheme, viewport=view)
    page = shown.page
    page.locator(".row").first.click()
    page.locator("details[data-stage] > summary").first.click()
    page.wait_for_timeout(300)
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0


def test_three_hours_open_within_three_seconds_and_scroll(
    browser: Any, film: Film, tmp_path: Path
) -> None:
    long = page_films.long(film)
    peaks = bytes(n * 7 % 251 for n in range(3 * 3600 * waveform.PER_SECOND))
    html = page_films.html(long, peaks)
    assert len(html.encode()) < 8_000_000
    began = time.monotonic()
    shown = Opened(browser, tmp_path / "film.html", html)
    took = time.monotonic() - began
    page = shown.page
    cues = len(long.tracks[0].cues)
    assert cues == 3375
    assert page.locator(".row").count() < 40
    scrolled = page.evaluate(
        """async () => {
          const box = document.getElementById("scroller"), times = [];
          let before = performance.now();
          for (let n = 0; n < 60; n++) {
            box.scrollTop += 3000;
            document.getElementById(n % 2 ? "in" : "out").click();
            await new Promise(requestAnimationFrame);
            const now = performance.now(); times.push(now - before); before = now;
          }
          return times.sort((a, b) => a - b)[57];
        }"""
    )
    page.locator("#scroller").evaluate("box => box.scrollTop = box.scrollHeight")
    expect(page.locator(f'.row[data-cue="{cues - 1}"]')).to_be_visible()
    page.goto(f"{page.url}#cue=ta/2000")
    expect(page.locator("#thread-title")).to_have_text("Cue 2000 of 3375, Tamil")
    assert shown.quiet()
    assert took < 3, took
    assert scrolled < 100, scrolled


def test_all_films_are_sorted_by_a_click_on_a_heading(browser: Any, tmp_path: Path) -> None:
    rows = [
        overview.Row(name, "done", {}, {
            "title": name, "tracks": {"en": {"cues": 9, "keeping": kept}}, "problems": 0,
            "warnings": 0, "verified": True, "duration_ms": 60_000,
        }, True, 1000, "2026-11-21T10:00:00Z")
        for name, kept in (("Sholay", 0.9), ("Anand", 1.0), ("Deewar", 0.95))
    ]  # fmt: skip
    html = overview.html(rows, page_films.AT, page_films.REPORT)
    shown = Opened(browser, tmp_path / "overview.html", html)
    names = shown.page.locator("tbody td:first-child a")
    expect(names).to_have_text(["Sholay", "Anand", "Deewar"])
    shown.page.get_by_role("button", name="Film").click()
    expect(names).to_have_text(["Anand", "Deewar", "Sholay"])
    shown.page.get_by_role("button", name="Layout").click()
    expect(names).to_have_text(["Sholay", "Deewar", "Anand"])
    shown.page.get_by_role("button", name="Layout").click()
    expect(names).to_have_text(["Anand", "Deewar", "Sholay"])
    result = Axe().run(shown.page)
    assert result.violations_count == 0, result.generate_report()
    assert shown.quiet()


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_the_page_hands_out_the_track_as_the_stage_wrote_it(
    browser: Any, film: Film, tmp_path: Path, kind: str
) -> None:
    from subtitling.subtitles.formats import subtitle_files
    from subtitling.subtitles.formats.base import SOUND_ONLY

    track = film.tracks[0]
    hostile = "<b>no</b> {\\an8} --> & 1 \\N"
    cues = (
        documents.Cue("c1", 0, 999, ("It was late.", "12"), ()),
        documents.Cue("c2", 1000, 1900, (hostile,), (), place=8),
        documents.Cue("c3", 2000, 2900, ("sung", "twice"), (), italic=True),
        documents.Cue("c4", 2950, 2990, ("a loud word",), (), marked=("a <b>loud</b> word",)),
    )
    threads = (track.threads[0],) * len(cues)
    given = replace(film, tracks=(replace(track, cues=cues, threads=threads),))
    shown = Opened(browser, tmp_path / "film.html", page_films.html(given))
    with shown.page.expect_download() as download:
        shown.page.locator(f"#take-{kind}").click()
    assert download.value.suggested_filename == f"clip.{track.language}.{kind}"
    subtitle_files.write(cues, tmp_path / f"as_made.{kind}", SOUND_ONLY)
    made = Path(download.value.path()).read_text("utf-8")
    assert made == (tmp_path / f"as_made.{kind}").read_text("utf-8")
    assert shown.quiet()
