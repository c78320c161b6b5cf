"""A person's subtitle files: read once, strictly, with the line of what is wrong."""

import re
from pathlib import Path

import pytest

from lineage.problem import Problem
from subtitling.media import containers, ffmpeg
from subtitling.subtitles.formats import subtitle_files, track_file
from subtitling.subtitles.formats.base import SOUND_ONLY

ASS = """[Script Info]
PlayResY: 300
WrapStyle: 2

[V4+ Styles]
Format: Name, Fontname, Italic, Alignment
Style: Default,Arial,0,2
Style: Sign,Arial,-1,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def given(folder: Path, kind: str, text: str) -> track_file.Track:
    path = folder / f"en.{kind}"
    path.write_bytes(text.encode())
    return subtitle_files.read(path)


def cues(track: track_file.Track) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(cue.start_ms, cue.end_ms, cue.lines) for cue in track.cues]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The text of a cue taken away, its number and times left.
        (
            "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nb\n",
            [(3000, 4000, ("b",))],
        ),
        (
            "1\n00:00:01,000 --> 00:00:02,000\n2\n00:00:03,000 --> 00:00:04,000\nb\n",
            [(3000, 4000, ("b",))],
        ),
        # One added at the end.
        (
            "2\n00:00:03,000 --> 00:00:04,000\nb\n\n9\n00:00:01,000 --> 00:00:02,000\na\n",
            [(1000, 2000, ("a",)), (3000, 4000, ("b",))],
        ),
        # Numbers that are text: at the end, in front, alone, before a cue that has no number.
        ("1\n00:00:01,000 --> 00:00:02,000\na\n1859\n", [(1000, 2000, ("a", "1859"))]),
        ("1\n00:00:01,000 --> 00:00:02,000\n1859\n", [(1000, 2000, ("1859",))]),
        (
            "00:00:01,000 --> 00:00:02,000\na\n1859\n\n00:00:03,000 --> 00:00:04,000\nb\n",
            [(1000, 2000, ("a", "1859")), (3000, 4000, ("b",))],
        ),
        # Whole seconds, no hours, a point, positions of SubRip, other ends of lines.
        ("1\r\n00:00:01 --> 00:00:02\r\na\r\n", [(1000, 2000, ("a",))]),
        ("1\r00:01,500 --> 00:02.250\ra\r", [(1500, 2250, ("a",))]),
        ("1\n00:00:01,000 --> 00:00:02,000 X1:40 X2:600 Y1:20 Y2:50\na\n", [(1000, 2000, ("a",))]),
        # Blank lines inside a cue, and between all lines.
        ("1\n00:00:01,000 --> 00:00:02,000\na\n\nb\n", [(1000, 2000, ("a", "b"))]),
        (
            "1\n\n00:00:01,000 --> 00:00:02,000\n\na\n\n2\n\n00:00:03 --> 00:00:04\n\nb\n\n",
            [(1000, 2000, ("a",)), (3000, 4000, ("b",))],
        ),
        # Times that are said.
        (
            "1\n00:00:01,000 --> 00:00:02,000\nFrom 10:30 - 11:45\n10:30 - 11:45\n",
            [(1000, 2000, ("From 10:30 - 11:45", "10:30 - 11:45"))],
        ),
        ("", []),
        ("\n\n \n", []),
    ],
)
def test_subrip_is_read_as_it_is_meant(
    tmp_path: Path, text: str, expected: list[tuple[int, int, tuple[str, ...]]]
) -> None:
    track = given(tmp_path, "srt", text)
    assert cues(track) == expected
    assert cues(given(tmp_path, "srt", subtitle_files.text(track))) == expected


TIMES = "1\n00:00:01,000 --> 00:00:02,000\na\n\n2\n{}\nb\n"


@pytest.mark.parametrize(
    "times",
    [
        "00:00:06:583 --> 00:00:08:083",
        "00:00:06,583 -> 00:00:08,083",
        "00:00:06,583 - 00:00:08,083",
        "00:00:06,583 → 00:00:08,083",
        "00:00:06,5 --> 00:00:08,0",
        "00:00:66,583 --> 00:01:08,083",
        "00:00:06,583 -->",
        "००:००:०६,५८३ --> ००:००:०८,०८३",
        "0:6 -- > 0:8 -->",
    ],
)
def test_times_that_are_none_are_refused_with_their_line(tmp_path: Path, times: str) -> None:
    with pytest.raises(Problem, match=rf"en\.srt, line 6: {re.escape(repr(times))} are no times"):
        given(tmp_path, "srt", TIMES.format(times))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TIMES.format("00:00:08,083 --> 00:00:06,583"), "line 6: the out-time .* is not after"),
        (TIMES.format("00:00:06,583 --> 00:00:06,583"), "line 6: the out-time .* is not after"),
        (TIMES.format("here it goes on"), "line 5: the number 2 has no times below it"),
        (
            "1\n00:00:01,000 --> 00:00:02,000\na\n\n2\n",
            "line 5: the number 2 has no times below it",
        ),
        (
            TIMES.format("here it goes on").replace("2\n", "2.\n00:00:06 --> 00:00:08\n"),
            r"line 5: '2\.' stands where the number of a cue belongs",
        ),
        ("1\n00:00:01,000 --> 00:00:02,000\n{\\pos(1.2.3,-)}a --> \n", "line 3: .* are no times"),
        (
            "\n\nWEBVTT\n\n00:01.000 --> 00:02.000 line:5%\nHi\n",
            r"by its first line it is no \.srt but \.vtt; name it so",
        ),
        ("[Script Info]\n", r"by its first line it is no \.srt but \.ass; name it so"),
        ("Hello\n\n1\n00:00:01,000 --> 00:00:02,000\na\n", "line 1: no cue in it can be read"),
        (
            "1\n00:00:01,000 --> 00:00:02,000\nsee --> there\n",
            "line 3: 'see --> there' are no times",
        ),
    ],
)
def test_what_could_be_lost_or_shown_by_mistake_is_refused(
    tmp_path: Path, text: str, expected: str
) -> None:
    with pytest.raises(Problem, match=expected):
        given(tmp_path, "srt", text)


@pytest.mark.parametrize(
    ("kind", "text", "place", "marked", "italic"),
    [
        ("srt", "{\\an8}up <i>there</i>", 8, ("up <i>there</i>",), False),
        ("srt", "{\\a6}<font color=red>up</font>", 8, (), False),
        ("srt", "<i>all of\nit</i>", 2, (), True),
        ("srt", "<b>R&D <i>and</i>\nmore</b> < 3", 2,
         ("<b>R&amp;D </b><b><i>and</i></b>", "<b>more</b> &lt; 3"), False),
        ("vtt", "<v Asha>R&amp;D <i.loud>and</i></v>", 2, ("R&amp;D <i>and</i>",), False),
        ("ass", "{\\an9}up {\\i1}there{\\i0}", 9, ("up <i>there</i>",), False),
        ("ass", "{\\pos(100,20)}up", 8, (), False),
        ("ass", "{\\pos(1,..)}up", 2, (), False),
        ("ass", "{\\k20}one {\\k30}two", 2, (), False),
        ("ass", "{a note}plain{\\r}", 2, (), False),
    ],
)  # fmt: skip
def test_places_and_styles_are_kept_in_every_format(
    tmp_path: Path, kind: str, text: str, place: int, marked: tuple[str, ...], italic: bool
) -> None:
    head = {
        "srt": "1\n00:00:01,000 --> 00:00:02,000\n",
        "vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n",
    }
    line = f"Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{text}\n"
    track = given(tmp_path, kind, ASS + line if kind == "ass" else f"{head[kind]}{text}\n")
    (cue,) = track.cues
    assert (cue.place, cue.marked, cue.italic) == (place, marked, italic)
    made = subtitle_files.cues(track)
    for other in subtitle_files.KINDS:
        path = tmp_path / f"again.{other}"
        subtitle_files.write(made, path, SOUND_ONLY)
        assert subtitle_files.read_cues(path) == made, other


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ("", 2),
        ("line:92%,end position:50% size:90% align:center", 2),
        ("line:5%,start", 8),
        ("line:0", 8),
        ("line:-1 align:start", 1),
        ("line:50% align:right", 6),
        ("position:10% line:.. size:x", 2),
    ],
)
def test_settings_of_webvtt_are_places(tmp_path: Path, settings: str, place: int) -> None:
    track = given(tmp_path, "vtt", f"WEBVTT\n\n00:01.000 --> 00:02.000 {settings}\na\n")
    assert [cue.place for cue in track.cues] == [place]
    assert f"00:00:02.000 {settings}".strip() in subtitle_files.text(track)


# By https://www.w3.org/TR/webvtt1/#file-parsing.
@pytest.mark.parametrize(
    ("text", "expected", "faults"),
    [
        ("WEBVTT\n\nid\n00:01.000 --> 00:02.000\na\n", ["a"], 0),
        ("WEBVTT - title\nStyle: x\n\n00:01.000 --> 00:02.000\na\n", ["a"], 0),
        ("WEBVTT\n00:01.000 --> 00:02.000\na\n", ["a"], 0),
        ("WEBVTT\n\nNOTE no cue\nat all\n\n00:01.000 --> 00:02.000\na\n", ["a"], 0),
        ("WEBVTT\n\nSTYLE\n::cue { color: red }\n\n00:01.000 --> 00:02.000\na\n", ["a"], 0),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\n00:03.000 --> 00:04.000\nb\n", ["a", "b"], 0),
        ("WEBVTT\n\n00:60.000 --> 01:02.000\na\n\n00:03.000 --> 00:04.000\nb\n", ["b"], 1),
        ("WEBVTT\n\n00:01.00 --> 00:02.000\na\n", [], 1),
        ("WEBVTT\n\n00:01,000 --> 00:02,000\na\n", [], 1),
        ("WEBVTT\n\n0:00:01.000-->100:00:02.000\na\n", ["a"], 0),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n<c.x>a</c> <00:01.500>b </> &lt;i&gt; &amp\n",
         ["a b <i> &"], 0),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\0b\n", ["a\ufffdb"], 0),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na <b\n", ["a"], 1),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n5 < 6\n", ["5"], 1),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n<b>a</b> <00:01.500>b <c.red>c</c>\n", ["a b c"], 0),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\na\n2\n00:03.000 --> 00:04.000\nb\n",
            ["a 2", "b"], 1,
        ),
        ("WEBVTT\n\nlost text\n\n00:01.000 --> 00:02.000\na\n", ["a"], 1),
        ("WEBVTT\n", [], 0),
    ],
)  # fmt: skip
def test_webvtt_is_read_by_its_standard(
    tmp_path: Path, text: str, expected: list[str], faults: int
) -> None:
    track = given(tmp_path, "vtt", text)
    assert [" ".join(cue.lines) for cue in track.cues] == expected
    assert len(track.faults) == faults
    assert all(re.search(r"en\.vtt, line \d+: ", fault) for fault in track.faults)


def test_a_signature_of_another_file_is_no_webvtt(tmp_path: Path) -> None:
    for text in ("WEBVTTx\n\n00:01.000 --> 00:02.000\na\n", "1\n00:01.000 --> 00:02.000\na\n"):
        with pytest.raises(Problem, match=r"line 1: a \.vtt file begins with the word WEBVTT"):
            given(tmp_path, "vtt", text)


def test_ass_keeps_all_that_only_it_can_say(tmp_path: Path) -> None:
    extra = "\n[Aegisub Extradata]\nData: 1,x,y\n"
    events = (
        "Comment: 0,0:00:00.00,0:00:00.00,Default,,0,0,0,,a note, with a comma\n"
        "Dialogue: 0,0:00:03.00,0:00:04.00,Sign,,0,0,0,fx,{\\fad(1,2)}later, on\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\p1}m 0 0 l 9 0{\\p0}drawn\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\p1}m 0 0 l 9 0\n"
        "Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,\n"
    )
    track = given(tmp_path, "ass", ASS + events + extra)
    assert [cue.lines for cue in track.cues] == [("drawn",), (), ("later, on",)]
    assert (track.cues[2].place, track.cues[2].italic) == (8, True)
    lines = events.splitlines(keepends=True)
    assert subtitle_files.text(track) == ASS + "".join(lines[n] for n in (0, 2, 3, 1)) + extra


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Dialogue: 0,0:00:01.5,0:00:02.00,Default,,0,0,0,,a",
            "line 12: '0:00:01.5' and .* no times",
        ),
        ("Dialogue: 0,0:00:01,583,0:00:02,083,Default,,0,0,0,,a", "line 12: .* are no times"),
        ("Dialogue: 0,0:00:02.00,0:00:01.00,Default,,0,0,0,,a", "line 12: the out-time"),
        ("Dialogue: 0,0:00:01.00,0:00:02.00,a", "line 12: fewer fields"),
    ],
)
def test_what_is_wrong_in_ass_is_refused_with_its_line(
    tmp_path: Path, line: str, expected: str
) -> None:
    with pytest.raises(Problem, match=expected):
        given(tmp_path, "ass", f"{ASS}{line}\n")


def test_ass_may_name_its_columns_in_another_order(tmp_path: Path) -> None:
    head = ASS.replace("Layer, Start, End, Style, Name", "Style, End, Start, Layer, Name")
    line = "Dialogue: Sign,0:00:02.00,0:00:01.00,0,,0,0,0,,a, b\n"
    track = given(tmp_path, "ass", head + line)
    assert cues(track) == [(1000, 2000, ("a, b",))]
    again = "Dialogue: 0,0:00:01.00,0:00:02.00,Sign,,0,0,0,,a, b\n"
    assert subtitle_files.text(track) == ASS + again


@pytest.mark.parametrize("kind", subtitle_files.KINDS)
def test_what_is_written_again_is_what_ffmpeg_reads(tmp_path: Path, kind: str) -> None:
    texts = {
        "srt": "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>one</i>\n\n1859\n2\n"
        "00:00:01,000 --> 00:00:02,000\ntwo\n\n3\n00:00:01,000 --> 00:00:02,000\ntwo\n",
        "vtt": "WEBVTT\n\nx\n00:01.000 --> 00:02.000 line:5%\n<i>one</i>\n1859\n\n"
        "00:01.000 --> 00:02.000\ntwo\n",
        "ass": f"{ASS}Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{{\\an8}}one\\N1859\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,two\n",
    }
    track = given(tmp_path, kind, texts[kind].replace("\n\n1859", "\n1859\n"))
    again = tmp_path / f"again.{kind}"
    again.write_text(subtitle_files.text(track), "utf-8")
    demuxer = {"vtt": "webvtt"}.get(kind, kind)
    ffmpeg.run([*ffmpeg.source(again, demuxer), "-f", "ass", containers.url(tmp_path / "seen.ass")])
    seen = subtitle_files.read(tmp_path / "seen.ass")
    assert cues(seen) == cues(track) == [(1000, 2000, ("one", "1859")), (1000, 2000, ("two",))]


@pytest.mark.parametrize(
    "line", ["goes on here", "Dialog: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,a", "dialogue: x"]
)
def test_a_line_of_ass_that_would_be_lost_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "en.ass"
    cue = "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,a"
    path.write_text(f"[Events]\n; by hand\n\n{cue}\n{line}\n[Aegisub Extradata]\nData: 1\n")
    track = subtitle_files.read(path)
    assert [cue.lines for cue in track.cues] == [("a",)]
    assert [fault.partition(" belongs to")[0] for fault in track.faults] == [
        f"{path}, line 5: {line!r}"
    ]
