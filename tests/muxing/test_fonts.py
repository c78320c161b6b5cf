"""Fonts of the host: which a track asks for, and that no other is taken for it."""

import shutil
from pathlib import Path

import pytest

from lineage.problem import Problem
from subtitling import documents
from subtitling.muxing import fonts
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import Screen


def test_a_track_asks_for_the_fonts_of_the_styles_that_are_used(tmp_path: Path) -> None:
    path = tmp_path / "hi.ass"
    hindi = [documents.Cue("c1", 0, 900, ("यह है",), ())]
    english = [documents.Cue("c1", 0, 900, ("this is",), ())]
    subtitle_files.write(hindi, path, Screen(640, 360), above=english)
    assert fonts.wanted(path) == ["Noto Sans Devanagari", "Noto Sans"]
    subtitle_files.write([], path, Screen(640, 360))
    assert fonts.wanted(path) == []


def test_signs_of_fontconfigs_own_are_escaped() -> None:
    assert fonts.pattern("A-B: C,D=\\", "hi") == r"A\-B\: C\,D\=\\:lang=hi"


@pytest.mark.parametrize(
    ("answer", "file"),
    [
        ("/f/a.ttf\nNoto Sans,Noto Sans Light", Path("/f/a.ttf")),
        ("/f/a.ttf\nnoto sans", Path("/f/a.ttf")),
        ("/f/b.ttf\nDejaVu Sans", None),
        ("", None),
    ],
)
def test_the_nearest_font_is_not_taken_for_the_one_asked_for(
    answer: str, file: Path | None
) -> None:
    assert fonts.matched(answer, "Noto Sans") == file


@pytest.mark.skipif(not shutil.which("fc-match"), reason="this host has no fontconfig")
def test_a_font_that_nobody_has_is_not_found() -> None:
    assert fonts.find("No Such Font, surely: 7-1", "hi") is None


def test_without_fontconfig_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Problem, match=r"mux\.fonts"):
        fonts.find("Noto Sans", "hi")
