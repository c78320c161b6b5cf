"""The desk in a real browser."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import recorded
from chromium import Axe, Page, expect, needed
from house import ROOT

from lineage.commands import trace
from lineage.record import Job
from subtitling import documents
from subtitling.media import ffmpeg

pytestmark = needed


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    recorded.default_job(folder)
    return folder


class Server:
    """`sutradhar desk` in a folder, as a user starts it."""

    def __init__(self, folder: Path, port: int = 0):
        command = [sys.executable, "-m", "subtitling.workflow.cli", "desk", "--no-browser",
                   "--port", str(port)]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT}"}
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.address = self.process.stdout.readline().strip()

    @property
    def port(self) -> int:
        return int(self.address.split(":")[2].partition("/")[0])

    def kill(self, sent: int = signal.SIGKILL) -> None:
        self.process.send_signal(sent)
        self.process.wait(20)
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def house(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "house")
    return tmp_path / "house"


@pytest.fixture
def desk(house: Path) -> Iterator[Server]:
    server = Server(house)
    yield server
    if server.process.poll() is None:
        server.kill(signal.SIGTERM)


class Tab:
    """A tab with the Portuguese track; `complaints` are console messages and errors."""

    def __init__(self, browser: Any, address: str, who: str = "Asha", **options: Any):
        self.context = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda r: self.hosts.add(r.url.split("/")[2]))
        self.open(address)
        if who:
            self.page.evaluate(f"localStorage.setItem('desk-who', {json.dumps(who)})")
            self.page.reload()
            self.page.wait_for_selector("html[data-ready]", state="attached")

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.goto(f"{address.partition('/?')[0]}/films/clip/pt")
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def saved(self) -> None:
        expect(self.page.locator("#saved")).to_have_text("Everything is saved")


def test_a_film_is_corrected_by_keyboard_alone_killed_started_again_and_approved(
    browser: Any, house: Path, desk: Server
) -> None:
    tab = Tab(browser, desk.address, who="")
    page, keys = tab.page, tab.page.keyboard
    text = page.locator("#text")
    expect(text).to_be_focused()  # on the first doubtful cue
    expect(text).to_have_value("Era tarde. Ninguém dormia.")
    keys.press("Control+End")
    keys.type("!")
    expect(page.locator("#ask-title")).to_have_text("Who are you?")
    keys.type("Asha")
    keys.press("Enter")
    tab.saved()
    for _ in range(17):
        keys.press("ArrowLeft")
    keys.press("Alt+v")
    expect(page.locator("#count")).to_have_text("2 cues")
    expect(text).to_have_value("Era tarde.")
    keys.press("Control+z")
    expect(page.locator("#count")).to_have_text("1 cues")
    keys.press("Control+y")
    expect(page.locator("#count")).to_have_text("2 cues")
    keys.press("Alt+ArrowDown")
    expect(text).to_have_value("Ninguém dormia.!")
    keys.press("Control+End")
    keys.press("Backspace")
    keys.press("Alt+s")
    keys.press("Alt+c")
    keys.type("who says this?")
    keys.press("Enter")
    expect(page.locator("#comments")).to_contain_text("who says this?")
    tab.saved()
    out = page.locator("#cue-out").input_value()

    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    expect(page.locator("#cue-name")).to_have_text("Cue 2 of 2")
    expect(text).to_have_value("Ninguém dormia.")
    expect(page.locator("#cue-out")).to_have_value(out)

    desk.kill()
    keys.press("Control+End")
    keys.type(" Ninguém.")
    expect(page.locator("#saved")).to_contain_text("NOT SAVED")
    again = Server(house, desk.port)
    try:
        other = again.address.partition("token=")[2]
        tab.page.context.clear_cookies()
        cookie = {
            "name": f"desk-{again.port}",
            "value": other,
            "url": f"http://127.0.0.1:{again.port}",
        }
        tab.context.add_cookies([cookie])
        tab.saved()
        assert "Ninguém dormia. Ninguém." in (house / "edits/clip/pt.srt").read_text("utf-8")
        for _ in range(3):  # undo outlives the server
            keys.press("Control+z")
        tab.saved()
        for _ in range(3):
            keys.press("Control+y")
        tab.saved()
        expect(text).to_have_value("Ninguém dormia. Ninguém.")
        keys.press("Control+Enter")
        keys.press("Control+Enter")
        expect(page.locator("#notice")).to_contain_text("No doubtful cue is left")
        keys.press("Alt+Shift+p")
        keys.press("Enter")
        expect(page.locator("#finish")).to_have_text("✓ Approved by Asha")
        tab.saved()
    finally:
        again.kill(signal.SIGTERM)
    review = documents.load(documents.Review, house / "edits/clip/pt.review.json")
    assert review.approved and review.approved.who == "Asha"
    assert len(review.changes) == 1 and len(review.changes[0].after) == 2
    assert [comment.text for comment in review.comments] == ["who says this?"]
    from test_desk_server import muxed, subtitled

    subtitled(house, Path("edits"))
    film = muxed(house)
    shown = house / "shown.srt"
    ffmpeg.run(["-i", str(film), "-map", "0:s:m:language:por", "-f", "srt", str(shown)])
    assert "Ninguém dormia. Ninguém." in shown.read_text("utf-8")
    job = Job.read(house / "out/clip")
    answer = trace.as_text(trace.Track(job, job.folder, "pt").cue(1))
    assert "corrected by Asha on 20" in answer and "approved by Asha on 20" in answer


def test_who_types_before_giving_a_name_loses_no_letter(browser: Any, desk: Server) -> None:
    tab = Tab(browser, desk.address, who="")
    page, text = tab.page, tab.page.locator("#text")
    expect(text).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type(" E depois acordaram todos.", delay=40)
    expect(page.locator("#saved")).to_have_text("Saving")
    expect(page.locator("#ask-title")).to_have_text("Who are you?")
    expect(page.locator("#ask-text")).to_have_value("")
    page.keyboard.type("Asha")
    page.keyboard.press("Enter")
    tab.saved()
    expect(text).to_have_value("Era tarde. Ninguém dormia. E depois acordaram todos.")
    assert tab.complaints == []


def test_two_browsers_at_once_are_told_and_neither_overwrites(
    browser: Any, house: Path, desk: Server
) -> None:
    asha, bela = Tab(browser, desk.address), Tab(browser, desk.address, who="Bela")
    expect(asha.page.locator("#others")).to_contain_text("Bela")
    asha.page.locator("#text").fill("de Asha")
    asha.saved()
    expect(bela.page.locator("#text")).to_have_value("de Asha")
    bela.page.route("**/since", lambda route: route.abort())  # she does not hear of it
    asha.page.locator("#text").fill("de Asha outra vez")
    asha.saved()
    bela.page.locator("#text").fill("de Bela")
    expect(bela.page.locator("#alarm")).to_contain_text("Asha has changed this cue meanwhile")
    expect(bela.page.locator("#alarm")).to_contain_text("de Bela")
    assert "de Asha outra vez" in (house / "edits/clip/pt.srt").read_text("utf-8")


def test_names_rules_search_and_replace(browser: Any, desk: Server) -> None:
    tab = Tab(browser, desk.address)
    page, keys = tab.page, tab.page.keyboard
    page.locator("#text").fill(
        "Mohon veio.\nMohon.\nE agora uma linha que é muito longa para esta tela."
    )
    expect(page.locator("[data-rule=max_lines]")).to_have_class("broken")
    expect(page.locator("[data-rule=line].broken")).to_have_count(1)
    expect(page.locator("#showing")).to_contain_text("Mohon veio.")
    keys.press("Alt+n")
    expect(page.locator("#count")).to_have_text("2 cues")
    tab.saved()
    expect(page.locator("#cue-name")).to_have_text("Cue 2 of 2")
    keys.type("Mohon foi.")
    tab.saved()
    keys.press("Alt+ArrowUp")
    keys.press("Alt+ArrowDown")
    page.locator("#text").fill("Mohan foi.")
    tab.saved()
    keys.press("Alt+ArrowUp")
    expect(page.locator("#offer")).to_contain_text("“Mohon” stands in 1 more cue")
    keys.press("Alt+r")
    expect(page.locator("#replace-rows")).to_contain_text("Mohan veio.")
    keys.press("Enter")
    expect(page.locator("#text")).to_have_value(
        "Mohan veio.\nMohan.\nE agora uma linha que é muito longa para esta tela."
    )
    assert tab.complaints == []
    assert tab.hosts == {f"127.0.0.1:{desk.port}"}


def test_an_edge_that_is_dragged_snaps_to_a_word(browser: Any, desk: Server) -> None:
    tab = Tab(browser, desk.address)
    page = tab.page
    box = page.locator("#lanes").bounding_box()
    assert box
    page.locator("#lanes").scroll_into_view_if_needed()
    box = page.locator("#lanes").bounding_box()
    data = page.evaluate("fetch('/api/clip/pt').then((r) => r.json())")
    start = data["tracks"][0]["cues"][0][0]
    word = next(ms for ms in data["snaps"]["words"] if ms > start + 200)
    span = min(data["duration"], 12_000)

    def x(ms: float) -> float:
        return box["x"] + 84 + (box["width"] - 84) * ms / span

    y = box["y"] + 45
    page.mouse.move(x(start), y)
    page.mouse.down()
    page.mouse.move(x(word + 5), y, steps=5)
    page.mouse.up()
    tab.saved()
    minutes, seconds = divmod(word / 1000, 60)
    expect(page.locator("#cue-in")).to_have_value(f"{int(minutes):02d}:{seconds:06.3f}")


def test_hostile_text_in_cue_name_and_comment_does_nothing(browser: Any, desk: Server) -> None:
    hostile = "</script><img src=x onerror=document.title='caught'><b>&amp;{\\an8}"
    tab = Tab(browser, desk.address, who=hostile)
    page = tab.page
    page.locator("#text").fill(hostile)
    page.locator("#comment").fill(hostile)
    page.locator("#add-comment").click()
    expect(page.locator("#comments")).to_contain_text("<img src=x")
    tab.saved()
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    page.locator("#replace").click()
    page.locator("#replace-find").fill("img")
    expect(page.locator("#replace-rows")).to_contain_text("<img src=x")
    assert page.locator("main img").count() == 0 and page.locator("dialog img").count() == 0
    assert page.title() != "caught"
    assert tab.complaints == []


def test_a_film_that_the_browser_cannot_play_gets_a_copy_and_says_so(
    browser: Any, house: Path, desk: Server
) -> None:
    tab = Tab(browser, desk.address)
    page = tab.page
    page.route("**/media/film", lambda route: route.fulfill(status=200, body=b"no film"))
    page.reload()
    expect(page.locator("#heard")).to_contain_text("a copy made for this browser", timeout=30_000)
    page.wait_for_function("document.getElementById('film').videoWidth > 0")
    assert list((house / "cache/desk").glob("clip-*.webm"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 420])
def test_axe_finds_nothing_to_blame(browser: Any, desk: Server, scheme: str, width: int) -> None:
    view = {"width": width, "height": 900}
    tab = Tab(browser, desk.address, color_scheme=scheme, viewport=view)
    page = tab.page
    page.locator("#text").fill("Uma linha\nduas\ntrês linhas")
    page.locator("#comment").fill("why?")
    page.locator("#add-comment").click()
    tab.saved()
    page.wait_for_timeout(400)
    for box in ("", "help", "replace", "finish"):
        if box:
            page.locator(f"#{box}").click()
        result = Axe().run(page)
        assert result.violations_count == 0, f"{box}: {result.generate_report()}"
        page.keyboard.press("Escape")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    page.goto(f"http://127.0.0.1:{desk.port}/")
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
