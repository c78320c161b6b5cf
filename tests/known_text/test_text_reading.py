"""Texts from files, and what is refused."""

import hashlib
from pathlib import Path

import pytest

from lineage.problem import Problem
from subtitling.documents import TextLine
from subtitling.known_text import reading

SRT = """1
00:00:01,000 --> 00:00:02,500
- Who?
- <i>Me.</i>

2
00:00:03,000 --> 00:00:04,000
[door]
"""


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_subtitle_file_keeps_its_breaks_and_times(tmp_path: Path) -> None:
    path = written(tmp_path, "a.srt", SRT)
    text = reading.read(path, "en")
    assert text.timed
    assert text.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert text.lines == (TextLine(2, "Who? Me.", ("- Who?", "- Me."), 1000, 2500),)


def test_names_in_capitals_are_speakers(tmp_path: Path) -> None:
    srt = SRT.replace("- Who?", "- JAI: Who?").replace("[door]", "[door]\nVEERU: It's 5:30.")
    lines = reading.read(written(tmp_path, "a.srt", srt), "en").lines
    assert [(line.rows, line.text, line.speaker) for line in lines] == [
        (("- Who?", "- Me."), "Who? Me.", None),
        (("It's 5:30.",), "It's 5:30.", "VEERU"),
    ]


def test_a_script_has_no_times(tmp_path: Path) -> None:
    text = reading.read(written(tmp_path, "a.script.txt", "JAI: Go.\r\nJAI: Now.\r\n"), "en")
    assert not text.timed
    assert [(line.number, line.speaker, line.text) for line in text.lines] == [
        (1, "JAI", "Go."),
        (2, "JAI", "Now."),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.doc", b"\xd0\xcf\x11\xe0", "its name must end in .txt"),
        ("a.txt", b"%PDF-1.7", "a PDF: export its text"),
        ("a.txt", b"PK\x03\x04rest", "a zipped file, as of Word"),
        ("a.srt", b"\x1f\x8b\x08rest", "compressed: unpack it"),
        ("a.txt", "<p>It was</p>\n<br/>\nnight.\n", "a web page: save its text alone"),
        ("a.txt", "1\n00:01:02,500 --> 00:01:04,000\nCome.\n", "a.txt, line 2: it has times"),
        ("a.txt", "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,,,0,0,0,,Come.\n", "line 2: it has"),
        ("a.ssa", "", "its name must end in .txt"),
        ("a.txt", b"<!DOCTYPE html><html><body>Hi", "a web page: save its text alone"),
        ("a.srt", b"<html>", "a web page"),
        ("a.txt", b"one\nna\xefve\n", "a.txt, line 2: not UTF-8"),
        ("a.txt", "n\x00a\x00", "not text, or UTF-16 without its mark"),
        ("a.txt", "ok\nà¤¹à¤¿à¤¨\n", "a.txt, line 2: UTF-8 that was read as Windows-1252"),
        ("a.txt", b"", "no words that somebody says"),
        ("a.txt", "(laughs)\n[exit]\n", r"no words that somebody says \(2 lines of directions\)"),
    ],
)
def test_another_kind_of_file_is_refused(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(Problem, match=message):
        reading.read(written(tmp_path, name, content), "en")


def test_another_script_than_the_language_s_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "Main aaj ghar aa raha hoon, maa.\n")
    with pytest.raises(Problem, match="written in Latin letters, which Hindi is not"):
        reading.read(path, "hi")
    assert reading.read(path, "auto").language == "auto"


def test_utf_16_with_its_mark_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "मोहन घर आया।\n".encode("utf-16"))
    assert reading.read(path, "hi").lines[0].text == "मोहन घर आया।"
