"""Text written into a subtitle file comes out as text in every reader."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.problem import Problem
from subtitling.documents import Cue
from subtitling.media import containers, ffmpeg
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import Screen
from subtitling.subtitles.formats.subtitle_files import KINDS
from subtitling.text.cleaning import clean

SCREEN = Screen(1920, 1080)
HOSTILE = [
    "a --> b",
    "00:00:01,000 --> 00:00:02,000",
    "<i>not italic</i> <font color=red>x</font>",
    "1 < 2 > 0 & 3 &amp; &lt;b&gt; &rlm;",
    "WEBVTT NOTE STYLE",
    "C:\\New\\names \\h \\n",
    "-- ♪ […] ‘quoted’ ♪",
    "क़ानून, हिन्दी क्‍ष",
    "e\u0301 — naïve",
    "42",
    "-Yes.",  # the second of two speakers
    "--> there",  # one who says "-> there"
    "{} {a} {*} }{",
    "{\\an8}up {\\b1}bold{\\b0}",
]


def cue(*lines: str, start_ms: int = 0, number: int = 1) -> Cue:
    return Cue(f"c{number:05d}", start_ms, start_ms + 1000, lines, ())


def test_clean_drops_what_is_no_text():
    assert clean("a\u202eb\u0000c\ud800\ufeff\n\n d\u2028e\u200f\ufdd0") == "ab c d e"


def test_clean_keeps_the_joiners_that_spelling_needs():
    assert clean("क्\u200dष می\u200cخواهم") == "क्\u200dष می\u200cخواهم"


@pytest.mark.parametrize("kind", KINDS)
def test_times_and_lines_come_back(tmp_path: Path, kind: str):
    made = [cue("one", "two", start_ms=3_601_230), cue("three", start_ms=3_603_330, number=2)]
    subtitle_files.write(made, tmp_path / f"t.{kind}", SCREEN)
    assert subtitle_files.read_cues(tmp_path / f"t.{kind}") == made


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)  # the first example waits for the disk of a busy machine
@given(lines=st.lists(st.lists(st.text(), min_size=1, max_size=3), min_size=1, max_size=4))
def test_any_text_comes_back_as_it_was_meant(tmp_path_factory, kind: str, lines: list[list[str]]):
    made = [cue(*parts, start_ms=2000 * n, number=n) for n, parts in enumerate(lines, 1)]
    path = tmp_path_factory.mktemp("any") / f"t.{kind}"
    subtitle_files.write(made, path, SCREEN)
    assert [c.lines for c in subtitle_files.read_cues(path)] == [
        t for c in made if (t := meant(c, kind))
    ]


def meant(made: Cue, kind: str) -> tuple[str, ...]:
    """The lines as text, NFC; ASS has no braces."""
    import unicodedata

    lines = (clean(unicodedata.normalize("NFC", clean(line))) for line in made.lines)
    braces = str.maketrans("{}", "()") if kind == "ass" else {}
    return tuple(line.translate(braces) for line in lines if line)


@pytest.mark.parametrize(("kind", "seen_as"), [("srt", "ass"), ("vtt", "ass"), ("ass", "srt")])
def test_ffmpeg_reads_what_was_meant(tmp_path: Path, kind: str, seen_as: str):
    texts = [*HOSTILE, "{\\an8}up {\\b1}bold{\\b0}", "{comment}", "} { {{"]
    made = [cue(text, "below", start_ms=2000 * n, number=n) for n, text in enumerate(texts, 1)]
    subtitle_files.write(made, tmp_path / f"t.{kind}", SCREEN)
    ffmpeg.run([
        *ffmpeg.source(tmp_path / f"t.{kind}", "webvtt" if kind == "vtt" else kind),
        "-f", seen_as, containers.url(tmp_path / "seen"),
    ])  # fmt: skip
    content = (tmp_path / "seen").read_text("utf-8")
    shown = from_ass(content) if seen_as == "ass" else from_srt(content)
    assert shown == [list(meant(c, kind)) for c in made]


def from_ass(content: str) -> list[list[str]]:
    """What each event shows: ffmpeg's own escapes undone, since 8 with an empty block of tags after
    them. Tags would stay and be seen."""
    content = content.replace("\\{{}", "{")
    texts = [line.split(",", 9)[9] for line in content.splitlines() if "Dialogue:" in line]
    return [
        [clean(line.replace("\\{", "{").replace("\\}", "}")) for line in text.split("\\N")]
        for text in texts
    ]


def from_srt(content: str) -> list[list[str]]:
    """What each cue shows, without the font that ffmpeg writes around a style's text."""
    parts = re.split(r"^\d+\n[\d:,]+ --> [\d:,]+\n", content, flags=re.MULTILINE)[1:]
    texts = [part.removesuffix("\n\n") for part in parts]
    bare = [re.sub(r'\A<font face="Noto Sans" size="\d+">|</font>\Z', "", text) for text in texts]
    return [[clean(line) for line in text.split("\n")] for text in bare]


def test_urdu_is_embedded_right_to_left(tmp_path: Path):
    made = [cue("وہ Delhi گیا۔")]
    for kind in KINDS:
        subtitle_files.write(made, tmp_path / f"t.{kind}", SCREEN)
    assert "\u202bوہ Delhi گیا۔\u202c" in (tmp_path / "t.srt").read_text("utf-8")
    assert "\u202bوہ Delhi گیا۔\u202c" in (tmp_path / "t.vtt").read_text("utf-8")
    assert "\u202bوہ Delhi گیا۔\u202c" in (tmp_path / "t.ass").read_text("utf-8")
    assert all(subtitle_files.read_cues(tmp_path / f"t.{kind}") == made for kind in KINDS)


def test_vtt_cues_carry_settings(tmp_path: Path):
    subtitle_files.write([cue("x")], tmp_path / "t.vtt", SCREEN)
    text = (tmp_path / "t.vtt").read_text("utf-8")
    assert "00:00:00.000 --> 00:00:01.000 line:92%,end position:50% size:90% align:center\n" in text


def test_ass_letters_fit_an_upright_film(tmp_path: Path):
    subtitle_files.write([cue("x")], tmp_path / "t.ass", Screen(1080, 1920))
    assert "Default,Noto Sans,60," in (tmp_path / "t.ass").read_text("utf-8")


def test_ass_names_a_font_of_the_script(tmp_path: Path):
    fonts = {"नमस्ते": "Noto Sans Devanagari", "வணக்கம்": "Noto Sans Tamil", "hello": "Noto Sans"}
    for text, font in fonts.items():
        subtitle_files.write([cue(text)], tmp_path / "t.ass", SCREEN)
        assert f"Default,{font}," in (tmp_path / "t.ass").read_text("utf-8")


def test_a_bilingual_track_keeps_its_own_language_when_read(tmp_path: Path):
    subtitle_files.write([cue("Hello")], tmp_path / "t.ass", SCREEN, above=[cue("नमस्ते")])
    assert "Above,,0,0,0,,नमस्ते" in (tmp_path / "t.ass").read_text("utf-8")
    assert subtitle_files.read_cues(tmp_path / "t.ass") == [cue("Hello")]


def test_what_is_no_subtitle_file_says_what_to_do(tmp_path: Path):
    (tmp_path / "t.srt").write_bytes("été".encode("latin-1"))
    with pytest.raises(Problem, match=r"not UTF-8 \(byte 0\); save it as UTF-8"):
        subtitle_files.read_cues(tmp_path / "t.srt")
    (tmp_path / "t.srt").write_text("hello\n")
    with pytest.raises(Problem, match=r"no cue in it can be read as \.srt"):
        subtitle_files.read_cues(tmp_path / "t.srt")
    with pytest.raises(Problem, match=r"must end in \.srt, \.vtt, \.ass"):
        subtitle_files.read_cues(tmp_path / "t.txt")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("srt", "<i>♪ row your ♪</i>"),
        ("vtt", "<i>♪ row your ♪</i>"),
        ("ass", r"{\i1}♪ row your ♪{\i0}"),
    ],
)
def test_italics_are_the_formats_own_and_nothing_else_is(
    tmp_path: Path, kind: str, text: str
) -> None:
    made = [Cue("c1", 0, 1000, ("♪ row your ♪",), (), sung=True, italic=True), cue("<i>x</i>")]
    subtitle_files.write(made, tmp_path / f"t.{kind}", SCREEN)
    written = (tmp_path / f"t.{kind}").read_text("utf-8")
    assert text in written
    assert subtitle_files.read_cues(tmp_path / f"t.{kind}")[0].lines == ("♪ row your ♪",)
    assert "<i>x" not in written or kind == "ass"


def test_overrides_that_a_person_wrote_are_markup_and_other_braces_are_text(tmp_path: Path):
    track = tmp_path / "edit.srt"
    track.write_text("1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>up</i> {and away}\n\n", "utf-8")
    assert [c.lines for c in subtitle_files.read_cues(track)] == [("up {and away}",)]
