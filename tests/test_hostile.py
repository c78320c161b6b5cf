"""The same hostile names, titles and answers through every output: each format has its own signs,
and each output escapes them at its border."""

import csv
import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import av
import page_films
import pytest
import recorded
from docutils.core import publish_doctree
from jinja2 import Environment
from media_limits import LIMITS
from muxed_films import OPTIONS, probed

import lineage
from lineage import cli, terminal, tracks
from lineage.commands import crate
from lineage.commands.verify import verify
from lineage.record import Job
from subtitling import documents
from subtitling.film import glossary
from subtitling.muxing import mux
from subtitling.muxing.subtitle_streams import Track
from subtitling.page import access, gather, overview, page_html
from subtitling.subtitles.formats import deliveries, subtitle_files
from subtitling.subtitles.formats.base import SOUND_ONLY

FORGED = "[clip] 11_audit: All is well"
HOSTILE = (
    "x\x1b]0;PWNED\x07\x1b[2J\x1b[31m\r" + FORGED + "\n" + FORGED + "\x9b31m\u202e\u2028\x85\n\n"
    ".. raw:: html\n\n   <img src=x onerror=alert(1)>\n\n.. include:: secret.env\n\n"
    "`a <javascript:b>`_ "
    "|s| *e* :math:`x` __ http:&#58; </script><b>&amp;\"'{\\an8}#?%20"
)  # fmt: skip
NAME = HOSTILE.replace("/", "∕")  # a file may be called anything but this
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


LONG = HOSTILE + "A" * 1_000_000
# In what a model answers a word has no blanks, and SCC has room for 128 characters.
WORD = "=\x1b[2J\x07\x9b\u202e\u2028</b><img/src=x>{\\an8}alert(1)&amp;</script>"
WORD_SHOWN = "alert(1)"
ATTACHED = "../../../../x\x1b[31m.ttf"


def hostile_film(plain: Path, made: Path) -> None:
    """The same film with every title hostile and endless, and an attachment that leads away."""
    with av.open(str(plain)) as film, av.open(str(made), "w", format="matroska") as target:
        target.metadata.update(title=4 * LONG, comment=LONG)
        lanes = {s.index: target.add_stream_from_template(s) for s in film.streams}
        for lane in lanes.values():
            lane.metadata["title"] = LONG
        target.add_attachment(ATTACHED, "font/ttf", b"a font")
        whole = {"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000)}
        target.set_chapters([{**whole, "metadata": {"title": LONG}}])
        for packet in film.demux():
            if packet.dts is not None:
                packet.stream = lanes[packet.stream.index]
                target.mux(packet)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    workflow = tmp_path_factory.mktemp("workflow")
    recorded.film(workflow / "plain.mkv")
    hostile_film(workflow / "plain.mkv", workflow / "film.mkv")
    documents.save(documents.FilmData(title=HOSTILE), workflow / "film.json")
    documents.save(documents.Glossary((), ()), workflow / "glossary.json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorded, "WORDS", ("It", "was", WORD, "Nobody", "slept."))
        patch.setattr(recorded, "PORTUGUESE", ("Era", WORD, "Ninguém", "dormia."))
        settings = recorded.defaults()
        settings["subtitles"] |= {"formats": list(deliveries.KINDS)}
        yield recorded.job(workflow, NAME, config=settings)


def is_plain(text: str) -> bool:
    """Whether nothing in a text moves a cursor, and no line of it is another's."""
    return not CONTROLS.search(text) and FORGED not in text.splitlines()


def commands(job: Path, target: Path) -> list[list[str]]:
    folder = str(job)
    return [
        ["verify", folder],
        ["trace", folder, "--cue", "1", "--lang", "en"],
        ["trace", f"{folder}/nobody", "--cue", "1"],
        ["diff", folder, folder],
        ["status", folder],
        ["overview", str(job.parent)],
        ["export", folder, "--format", "prov", "--to", str(target / "prov.json")],
        ["export", folder, "--format", "ro-crate", "--to", str(target / "crate"),
         "--workflow", str(recorded.ROOT)],
    ]  # fmt: skip


def test_no_command_prints_what_a_terminal_obeys(
    job: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(job.parents[1])
    for command in commands(job, tmp_path):
        capfd.readouterr()
        cli.main(command)
        printed = capfd.readouterr()
        assert printed.out + printed.err, command
        assert is_plain(printed.out), command
        assert is_plain(printed.err), command


def test_no_log_holds_it(job: Path) -> None:
    logs = [*job.rglob("*.log"), *job.rglob("*.jsonl")]
    assert len(logs) > 9
    for log in logs:
        assert is_plain(log.read_text("utf-8")), log


def test_the_screen_and_the_logs_show_a_message_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with lineage.stage(recorded.rule("out/clip/06_asr")) as io:
        io.log.info("the title is %s", HOSTILE)
        logging.getLogger("engine").warning("%s", HOSTILE)
        io.log.warning("%s", "A" * 4_000_000)
        os.write(1, HOSTILE.encode())
    printed = capfd.readouterr()
    texts = [printed.out, printed.err, *(p.read_text("utf-8") for p in Path("out").rglob("*.log"))]
    for text in texts:
        assert is_plain(text)
        assert len(text) < 100_000
    assert (tmp_path / "out/clip/06_asr/manifest.json").stat().st_size < 100_000


def test_the_pages_show_it_and_do_not_understand_it(job: Path) -> None:
    film = gather.read(Job.read(job), verify(job), page_films.AT, [])
    whole = page_films.html(film)
    layout = recorded.ROOT / "report"
    made = page_html.pages(film, {}, "", access.sheet(film, []), layout)
    rows = [overview.Row(NAME, "failed", {HOSTILE: ["06_asr"]}, None, True, 1, "")]
    listed = overview.html(rows, page_films.AT, layout)
    for html in (whole, listed, *made.values()):
        assert "<img" not in html
        assert '<b>&amp;"' not in html


@dataclass(frozen=True)
class Category:
    """One of the report, as Snakemake has it."""

    name: str


@pytest.mark.parametrize("name", [p.stem for p in recorded.ROOT.glob("report/*.rst")])
def test_no_caption_of_a_report_holds_a_directive(tmp_path: Path, name: str) -> None:
    """As Snakemake makes them: Jinja, then docutils with everything allowed."""
    (tmp_path / "secret.env").write_text("CANARY", "utf-8")
    labels = dict.fromkeys(("subtitles", "cues", "problems", "warnings"), "1")
    labels |= {"film": HOSTILE, "results": "current", "record": "holds", "checked": "now"}
    output = dict.fromkeys(("film", "logs", "quality", "record"), "p")
    shown = {"output": output, "wildcards": {"job": NAME, "lang": "en"}}
    shown["config"] = {"left_out": {NAME: HOSTILE}}
    categories = {Category("Film"): {"": [{"path": "p", "labels": labels}]}}
    text = (recorded.ROOT / f"report/{name}.rst").read_text("utf-8")
    filled = Environment().from_string(text).render(snakemake=shown, categories=categories)
    settings = {"raw_enabled": True, "file_insertion_enabled": True, "report_level": 5,
                "halt_level": 5}  # fmt: skip
    tree = publish_doctree(filled, str(tmp_path / "x.rst"), settings_overrides=settings)
    assert tree.astext().count("alert(1)"), "it is shown"
    kinds = {type(node).__name__ for node in tree.findall()}
    assert kinds.isdisjoint({"raw", "image", "math", "substitution_reference", "literal_block"})
    assert "CANARY" not in tree.astext()


def test_the_film_keeps_its_titles_and_no_name_in_it_leads_away(job: Path) -> None:
    with av.open(str(job / "10_mux/final.mkv"), metadata_encoding="utf-8") as film:
        assert film.metadata["title"] == 4 * LONG
        assert [chapter["metadata"]["title"] for chapter in film.chapters()] == [LONG]
        titles = {s.type: s.metadata.get("title", "") for s in film.streams}
        assert (titles["video"], titles["audio"]) == (LONG, LONG)
        assert is_plain(titles["subtitle"])
        (font,) = [s for s in film.streams if s.type == "attachment"]
        assert font.metadata["filename"] == "x\x1b[31m.ttf"
        assert bytes(font.data) == b"a font"


def test_mp4_keeps_the_titles_and_obeys_nothing(job: Path, tmp_path: Path) -> None:
    film, out = job.parents[1] / "film.mkv", tmp_path / "final.mp4"
    track = Track("pt", job / "09_subtitle_gen/pt/pt.srt", True, False)
    report = mux.write(film, probed(film)[1], [track], out, OPTIONS, LIMITS, lambda *_: None)
    with av.open(str(out), metadata_encoding="utf-8") as made:
        assert made.metadata["title"] == 4 * LONG
        # A chapter's title has 16 bits for its length there, and what is lost is on record.
        assert HOSTILE in made.chapters()[0]["metadata"]["title"]
        assert report.lost_tags == [f"chapter={LONG}"]
        assert [s.type for s in made.streams][:3] == ["video", "audio", "subtitle"]
    (shown,) = tracks.read(out)
    text = " ".join(cue.text for cue in shown.cues)
    assert WORD_SHOWN in text
    assert not CONTROLS.search(text)


def delivered(job: Path) -> list[Path]:
    """The subtitle files of a job, in every format."""
    files = [job / f"09_subtitle_gen/{lang}/{lang}.{deliveries.ending(kind)}"
             for lang in ("en", "pt") for kind in deliveries.KINDS]  # fmt: skip
    assert all(file.is_file() for file in files)
    return files


def test_no_subtitle_file_holds_what_a_model_answered_as_markup(job: Path) -> None:
    for file in delivered(job):
        assert file.stat().st_size < 20_000, file
        if file.suffix == ".stl":  # its control codes are a language of its own; see test_judges.py
            continue
        text = file.read_text("utf-8-sig")
        assert not CONTROLS.search(text), file
        assert FORGED not in text.splitlines(), file
        assert file.suffix == ".scc" or WORD_SHOWN in unescape(text), file
        if text.startswith("<?xml"):
            names = {
                element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()
            }
            assert not names & {"img", "b", "script"}, file
        if file.suffix in (".csv", ".tsv"):
            cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
            assert not [cell for cell in cells if cell[:1] in tuple("=+-@")], file
        if file.suffix == ".scc":
            codes = r"(?:\d\d[:;]){3}\d\d\t(?:[0-9a-f]{4} ?)+"
            assert all(re.fullmatch(codes, line) for line in text.splitlines()[1:] if line), file


def test_an_endless_title_makes_no_endless_record(job: Path) -> None:
    files = [p for p in job.rglob("*") if p.suffix in (".json", ".log", ".jsonl", ".srt", ".vtt")]
    assert len(files) > 30
    assert {p.name: p.stat().st_size for p in files if p.stat().st_size > 200_000} == {}


@pytest.mark.parametrize("kind", subtitle_files.KINDS)
def test_a_subtitle_file_shows_it_as_one_cue_and_obeys_nothing(tmp_path: Path, kind: str) -> None:
    lines = (
        HOSTILE,
        "WEBVTT --> 00:00:01.000",
        "{\\pos(0,0)}<c.x>1\n\n00:00:09,000 --> 00:00:10,000",
    )
    cues = [documents.Cue(f"c0000{n}", 1000 * n, 1000 * n + 900, lines, ()) for n in (1, 2)]
    file = tmp_path / f"en.{kind}"
    subtitle_files.write(cues, file, SOUND_ONLY)
    text = file.read_text("utf-8")
    assert not CONTROLS.search(text)
    assert FORGED not in text.splitlines()
    for read in (subtitle_files.read_cues(file), tracks.read(file)[0].cues):
        assert [(cue.start_ms, cue.end_ms) for cue in read] == [(1000, 1900), (2000, 2900)]
    shown = tracks.read(file)[0].cues[0].text
    for sign in ("alert(1)", "WEBVTT", "00:00:09,000"):
        assert sign in shown
    assert not re.search(r"<(?:img|b|c|/script)" if kind != "ass" else "{", text)


def test_provenance_is_one_document_whatever_its_files_are_called(
    job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(job.parents[1])
    assert cli.main(["export", str(job), "--format", "prov", "--to", str(tmp_path / "p.json")]) == 0
    text = (tmp_path / "p.json").read_text("utf-8")
    assert not CONTROLS.search(text)
    assert len(text) < 200_000
    document = json.loads(text)
    assert {e["prov:label"] for e in document["entity"].values()} >= {
        f"out/{NAME}/01_demux/media.json"
    }
    named = {*document["entity"], *document["activity"], *document["agent"]}
    assert not any(re.search(r"[\s<>\"]", name) for name in named)


def test_the_crate_names_files_by_addresses(job: Path, tmp_path: Path) -> None:
    command = commands(job, tmp_path)[-1]
    assert cli.main(command) == 0
    text = (tmp_path / "crate" / crate.NAME).read_text("utf-8")
    assert not CONTROLS.search(text)
    entities = json.loads(text)["@graph"]
    for entity in entities:
        assert not re.search(r"[\s<>\"\\^`{|}]", entity["@id"]), entity["@id"]
    ids = {entity["@id"] for entity in entities}
    (root,) = [entity for entity in entities if entity["@id"] == "./"]
    assert {part["@id"] for part in root["hasPart"]} <= ids


def test_a_small_table_that_stands_for_millions_of_values_is_refused_at_once(
    tmp_path: Path,
) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 9):
        levels.append(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]")
    table = tmp_path / "terms.yaml"
    body = "".join(f"  {level}\n" for level in levels)
    table.write_text(f"- en: tea\n{body}  hi: *a8\n", "utf-8")
    with pytest.raises(lineage.Problem, match=r"terms\.yaml, line 1: over .* values") as caught:
        glossary.read(table, "clip", hot=True)
    assert len(str(caught.value)) < 500
    table.write_text("- en: [[[[1,2,3],4],5],6]\n  hi: {a: {b: c}}\n", "utf-8")
    with pytest.raises(lineage.Problem, match="line 1"):
        glossary.read(table, "clip", hot=True)


def test_a_message_keeps_its_lines_and_a_line_stays_one() -> None:
    assert terminal.message("one\ntwo\r\x1b[1m") == "one\n    two\\x0d\\x1b[1m"
    assert terminal.line("one\ntwo\tthree हिन्दी \u200d") == "one\\x0atwo\tthree हिन्दी \u200d"
    long = terminal.line("x" * 10**6)
    assert len(long) < 20_000
    assert "984000 characters left out" in long
