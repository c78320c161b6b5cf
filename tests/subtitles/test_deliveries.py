"""Delivery files, read by decoders of this file's own, which follow the standards and not us."""

import csv
import io
import re
import struct
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from delivered import HOSTILE, LATIN, LINES, hostile, track
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.problem import Problem
from subtitling.documents import Cue, Voice
from subtitling.subtitles.formats import cea608, deliveries, scc
from subtitling.subtitles.formats.deliveries import DELIVERIES
from subtitling.subtitles.formats.delivery import Programme
from subtitling.text.cleaning import clean

TIMED_TEXT = ("ttml", "imsc", "ebu-tt-d")
RATES = (23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 59.94, 12.5)
TT = "{http://www.w3.org/ns/ttml}"
STYLING, PARAMETER = (f"{TT[:-1]}#{name}}}" for name in ("styling", "parameter"))
XML = "{http://www.w3.org/XML/1998/namespace}"


def programme(language: str = "en", rate: float = 25.0, start: str = "00:00:00:00") -> Programme:
    return Programme("A <film> &\x01 more", language, rate, start)


def made(tmp_path: Path, kind: str, cues: list[Cue], about: Programme) -> Path:
    path = tmp_path / f"{about.language}.{deliveries.ending(kind)}"
    deliveries.write(kind, cues, path, about)
    return path


def seconds(time: str) -> float:
    hours, minutes, rest = time.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def cue(*lines: str, start_ms: int = 4000, end_ms: int = 8000, **more: object) -> Cue:
    return Cue("c00001", start_ms, end_ms, lines, (), **more)  # type: ignore[arg-type]


# --- TTML, IMSC and EBU-TT-D


@pytest.mark.parametrize("language", LINES)
@pytest.mark.parametrize("kind", TIMED_TEXT)
def test_timed_text_has_each_cue_with_its_look(tmp_path: Path, kind: str, language: str) -> None:
    cues = track(language, 23.976)
    root = ElementTree.parse(made(tmp_path, kind, cues, programme(language, 23.976))).getroot()
    assert root.tag == f"{TT}tt"
    assert root.get(f"{XML}lang") == language
    assert root.get(f"{PARAMETER}timeBase") == "media"
    styles = {s.get(f"{XML}id"): s for s in root.iter(f"{TT}style")}
    regions = {r.get(f"{XML}id"): r for r in root.iter(f"{TT}region")}
    paragraphs = list(root.iter(f"{TT}p"))
    assert len(paragraphs) == len(cues)
    for paragraph, each in zip(paragraphs, cues, strict=True):
        lines, letters = [""], []
        for child in paragraph:
            if child.tag == f"{TT}br":
                lines.append("")
                continue
            assert child.tag == f"{TT}span"
            looks = [styles[name].get(f"{STYLING}fontStyle") for name in child.get("style").split()]
            lines[-1] += child.text or ""
            letters += ["italic" in looks] * len((child.text or "").strip())
        assert tuple(lines) == each.lines
        times = [round(seconds(paragraph.get(name)) * 1000) for name in ("begin", "end")]
        assert times == [each.start_ms, each.end_ms]
        assert all(letters) == each.italic
        assert any(letters) == bool(each.italic or each.marked)
        region = regions[paragraph.get("region")]
        top = float(region.get(f"{STYLING}origin").split()[1].rstrip("%"))
        assert (top < 20) == (each.place == 8)
        assert styles[paragraph.get("style")].get(f"{STYLING}textAlign") == "center"
        rtl = styles[paragraph.get("style")].get(f"{STYLING}direction") == "rtl"
        assert rtl == (language in ("ur", "ar"))


def test_lengths_of_timed_text_are_percentages_and_regions_lie_apart(tmp_path: Path) -> None:
    for kind in TIMED_TEXT:
        root = ElementTree.parse(made(tmp_path, kind, track("en"), programme())).getroot()
        sizes = {e.get(f"{STYLING}fontSize") for e in root.iter()} - {None}
        assert sizes == {"100%" if kind == "ttml" else "80%"}
        spans = []
        for region in root.iter(f"{TT}region"):
            origin, extent = (region.get(f"{STYLING}{n}").split() for n in ("origin", "extent"))
            assert all(value.endswith("%") for value in [*origin, *extent])
            top = float(origin[1].rstrip("%"))
            spans.append((top, top + float(extent[1].rstrip("%"))))
        spans.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
        assert spans[0][0] >= 10 and spans[-1][1] <= 90  # the title-safe area


@pytest.mark.parametrize(
    ("rate", "whole", "multiplier"),
    [(23.976, "24", "1000 1001"), (24.0, "24", None), (25.0, "25", None), (50.0, "50", None),
     (29.97, "30", "1000 1001"), (59.94, "60", "1000 1001"), (12.5, "12", "25 24")],
)  # fmt: skip
def test_timed_text_says_the_frame_rate(
    tmp_path: Path, rate: float, whole: str, multiplier: str | None
) -> None:
    for kind in ("ttml", "imsc"):
        root = ElementTree.parse(made(tmp_path, kind, [cue("x")], programme("en", rate))).getroot()
        assert root.get(f"{PARAMETER}frameRate") == whole
        assert root.get(f"{PARAMETER}frameRateMultiplier") == multiplier


def test_ebu_tt_d_keeps_the_rules_that_it_has_beyond_ttml(tmp_path: Path) -> None:
    root = ElementTree.parse(made(tmp_path, "ebu-tt-d", track("en"), programme())).getroot()
    claimed = root.find(".//{urn:ebu:tt:metadata}conformsToStandard")
    assert claimed is not None and claimed.text == "urn:ebu:tt:distribution:2018-04"
    assert {name for name in root.attrib if name.startswith(PARAMETER)} == {
        f"{PARAMETER}timeBase", f"{PARAMETER}cellResolution",
    }  # fmt: skip
    body = root.find(f"{TT}body")
    assert body is not None
    for element in body.iter():
        assert not [name for name in element.attrib if name.startswith(STYLING)]
        if element.tag in (f"{TT}div", f"{TT}p"):
            assert element.get(f"{XML}id")
    times = [p.get(name) for p in root.iter(f"{TT}p") for name in ("begin", "end")]
    assert all(re.fullmatch(r"\d{2,}:[0-5]\d:[0-5]\d\.\d{3}", time) for time in times)


# --- EBU STL


ACCENTS = {0xC1: "\u0300", 0xC2: "\u0301", 0xC3: "\u0302", 0xC4: "\u0303", 0xC7: "\u0307",
           0xC8: "\u0308", 0xCB: "\u0327", 0xCE: "\u0328", 0xCF: "\u030c"}  # fmt: skip
LATIN_00 = {0xA4: "$", 0xB9: "’", 0xA9: "‘", 0xD5: "♪", 0xF8: "ł", 0xFA: "œ", 0xFB: "ß"}


def stl_text(field: bytes) -> tuple[list[str], list[bool]]:
    """The lines of a text field of EBU Tech 3264, and for each letter whether it is italic."""
    lines, italics, italic, accent = [""], [], False, ""
    for code in field.rstrip(b"\x8f"):
        if code in ACCENTS:
            accent = ACCENTS[code]
        elif code in (0x80, 0x81):
            italic = code == 0x80
        elif code == 0x8A:
            lines.append("")
        else:
            assert 0x20 <= code <= 0x7E or code in LATIN_00, hex(code)
            letter = LATIN_00.get(code, chr(code)) + accent
            lines[-1], accent = lines[-1] + letter, ""
            italics += [italic] if letter != " " else []
    return [unicodedata.normalize("NFC", line) for line in lines], italics


def stl_cues(content: bytes) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], int, int, bytes]]:
    """Per cue: the four numbers of its in-time and its out-time, row, justification and text."""
    blocks = [content[at : at + 128] for at in range(1024, len(content), 128)]
    assert int(content[238:243]) == len(blocks)
    number, text = 0, b""
    for block in blocks:
        assert struct.unpack("<H", block[1:3])[0] == number
        text += block[16:].rstrip(b"\x8f")
        if block[3] == 0xFF:
            yield tuple(block[5:9]), tuple(block[9:13]), block[13], block[14], text
            number, text = number + 1, b""
    assert int(content[243:248]) == number


@pytest.mark.parametrize("language", ["en", "fr", "pt", "pl", "hi-Latn"])
def test_stl_has_each_cue_with_its_look(tmp_path: Path, language: str) -> None:
    cues = track(language)
    content = made(tmp_path, "stl", cues, programme(language)).read_bytes()
    assert content[:16] == b"850STL25.01000" + {
        "en": b"09", "fr": b"0F", "pt": b"21", "pl": b"20", "hi-Latn": b"6B",
    }[language]  # fmt: skip
    assert content[16:48].rstrip() == b"A <film> & more"
    assert content[448:1024] == b" " * 576
    for (start, end, row, side, field), each in zip(stl_cues(content), cues, strict=True):
        for time, ms in ((start, each.start_ms), (end, each.end_ms)):
            hours, minutes, whole, frames = time
            frame = ((hours * 60 + minutes) * 60 + whole) * 25 + frames
            assert int(frame * 1000 / 25) == ms
        lines, italics = stl_text(field)
        assert lines == [line.replace("…", "...") for line in each.lines]
        assert all(italics) == each.italic and any(italics) == bool(each.italic or each.marked)
        assert (row == 1) == (each.place == 8)
        assert each.place == 8 or row + len(lines) == 22
        assert side == 2


@pytest.mark.parametrize(
    ("rate", "start", "code", "label"),
    [
        (23.976, "10:00:00:00", b"STL23.01", (10, 59, 56, 10)),
        (24.0, "10:00:00:00", b"STL24.01", (11, 0, 0, 0)),
        (25.0, "00:00:00:00", b"STL25.01", (1, 0, 0, 0)),
        (50.0, "10:00:00;00", b"STL25.01", (11, 0, 0, 0)),
        (29.97, "00:00:00:00", b"STL30.01", (0, 59, 56, 12)),
        (29.97, "10:00:00;00", b"STL30.01", (11, 0, 0, 0)),
        (59.94, "10:00:00;00", b"STL30.01", (11, 0, 0, 0)),
    ],
)
def test_stl_counts_frames_as_broadcast_does(
    tmp_path: Path, rate: float, start: str, code: bytes, label: tuple[int, ...]
) -> None:
    hour = [cue("x", start_ms=3_600_000, end_ms=3_602_000)]
    content = made(tmp_path, "stl", hour, programme("en", rate, start)).read_bytes()
    assert content[3:11] == code
    assert content[256:264].decode() == re.sub("[:;]", "", start)
    assert next(stl_cues(content))[0] == label


def test_a_long_text_goes_on_in_further_blocks_of_stl(tmp_path: Path) -> None:
    lines = ("é" * 100, "b" * 100)
    content = made(tmp_path, "stl", [cue(*lines)], programme()).read_bytes()
    assert [content[at + 3] for at in range(1024, len(content), 128)] == [0, 1, 0xFF]
    assert stl_text(next(stl_cues(content))[-1])[0] == list(lines)


# --- SCC


def scc_pairs(content: str) -> Iterator[tuple[int, int]]:
    """The pairs of bytes without parity, each with its frame since label zero."""
    lines = content.split("\n\n")
    assert lines[0] == "Scenarist_SCC V1.0"
    last = -1
    for line in lines[1:]:
        label, words = line.strip().split("\t")
        hours, minutes, whole, frames = (int(part) for part in re.split("[:;]", label))
        minutes += 60 * hours
        frame = (60 * minutes + whole) * 30 + frames
        frame -= 2 * (minutes - minutes // 10) if ";" in label else 0
        for n, word in enumerate(words.split()):
            assert frame + n > last, "two pairs in one frame"
            last = frame + n
            both = int(word, 16)
            assert all(byte.bit_count() % 2 for byte in (both >> 8, both & 255)), "odd parity"
            yield last, both & 0x7F7F


@pytest.mark.parametrize("language", LATIN)
@pytest.mark.parametrize("start", ["10:00:00;00", "10:00:00:00"])
def test_scc_shows_and_erases_to_the_frame(tmp_path: Path, language: str, start: str) -> None:
    cues = track(language, 23.976)
    about = programme(language, 23.976, start)
    content = made(tmp_path, "scc", cues, about).read_text("utf-8")
    zero = 10 * 3600 * 30 - (1080 if ";" in start else 0)
    sent = [(frame - zero, word) for frame, word in scc_pairs(content)]
    shown = [a[0] for a, b in pairwise(sent) if a[1] == b[1] == 0x142F]
    erased = [a[0] for a, b in pairwise(sent) if a[1] == b[1] == 0x142C]
    rate = 30_000 / 1001
    assert shown == [round(each.start_ms * rate / 1000) for each in cues]
    assert erased == [round(each.end_ms * rate / 1000) for each in cues]


def test_the_bytes_of_a_caption_are_those_of_the_standard(tmp_path: Path) -> None:
    # Row 15 at column 13; capital and small letters; a note and an accent, with its stand-in.
    content = made(tmp_path, "scc", [cue("Hi ♪É")], programme("en", 29.97)).read_text("utf-8")
    loaded = content.split("\t")[1].split("\n")[0]
    assert loaded == "9420 9420 94ae 94ae 9476 9476 97a1 97a1 c8e9 2080 9137 9137 4580 92a1 92a1"


def test_captions_fit_the_columns_and_come_back_in_words() -> None:
    lines = (
        "This is a line of forty-two characters, yes",
        "and here is another one, as long as that",
    )
    held = scc.FORMAT.hold([cue(*lines)], programme("en", 29.97))
    rows = held[0].text.split("\n")
    assert len(rows) == 3 and all(len(row) <= 32 for row in rows)
    assert " ".join(rows) == " ".join(lines)
    two = scc.FORMAT.hold([cue("-This one says more than a row holds", "-And I.")], programme())
    assert two[0].text.split("\n") == ["-This one says more", "than a row holds", "-And I."]
    with pytest.raises(Problem, match="takes 7 rows of 32 columns, and there are 4"):
        scc.FORMAT.hold([cue("word " * 40)], programme())


def test_a_caption_without_time_to_be_loaded_comes_late_and_says_so(tmp_path: Path) -> None:
    long = (
        "This is a line of forty-two characters, yes",
        "and here is another one, as long as that",
    )
    cues = [cue("No.", start_ms=4000, end_ms=4800), cue(*long, start_ms=4880, end_ms=9000)]
    less = deliveries.write("scc", cues, tmp_path / "en.scc", programme("en", 25.0))
    assert [each.what for each in less] == ["in-times of en.scc"]
    assert re.fullmatch(r"1 of 2 later, by \d{3,4} ms", less[0].used)
    held = scc.FORMAT.hold(cues, programme("en", 25.0))
    sent = [word for _, word in scc_pairs((tmp_path / "en.scc").read_text("utf-8"))]
    assert held[1].start - held[0].start - 2 >= sum(map(len, scc._loading(held[1])))
    assert sent.count(0x142F) == 4


# --- lists


def test_a_table_has_times_timecodes_speakers_and_both_languages(tmp_path: Path) -> None:
    about = Programme("film", "en", 29.97, "10:00:00;00", {"s1": "Mohan"}, {"c00001": "मोहन ने कहा"})
    spoken = cue("-Who is there?", "-I am.", start_ms=60_060, end_ms=62_000,
                 voices=(Voice("s1", 0.9), Voice("s2", 0.8)))  # fmt: skip
    content = made(tmp_path, "csv", [spoken], about).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows == [{
        "number": "1", "in": "00:01:00.060", "out": "00:01:02.000",
        "timecode in": "10:01:00;02", "timecode out": "10:01:02;00", "seconds": "1.940",
        "speakers": "Mohan, s2", "text": "\u2060-Who is there?\n\u2060-I am.",
        "source": "मोहन ने कहा",
    }]  # fmt: skip
    tabs = made(tmp_path, "tsv", [spoken], about).read_text("utf-8-sig")
    assert tabs.splitlines()[1].startswith("1\t00:01:00.060\t00:01:02.000\t10:01:00;02\t")


def test_plain_text_is_the_cues_with_an_empty_line_between(tmp_path: Path) -> None:
    path = made(tmp_path, "txt", [cue("one", "two"), cue("♪ three ♪", italic=True)], programme())
    assert path.read_text("utf-8") == "one\ntwo\n\n♪ three ♪\n"
    urdu = made(tmp_path, "txt", [cue("وہ Delhi گیا۔")], programme("ur")).read_text("utf-8")
    assert urdu == "\u202bوہ Delhi گیا۔\u202c\n"


# --- all of them


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", DELIVERIES)
def test_hostile_text_is_text_in_every_format(tmp_path: Path, kind: str, rate: float) -> None:
    path = made(tmp_path, kind, hostile(), programme("en", rate, "10:00:00:00"))
    held = DELIVERIES[kind].read(path.read_bytes(), programme("en", rate, "10:00:00:00"))
    said = [" ".join(each.text.split()) for each in held]
    assert said == [f"{clean(text)} below" for text in HOSTILE]
    content = path.read_bytes()
    if kind in TIMED_TEXT:
        assert ElementTree.fromstring(content).find(f".//{TT}script") is None
    if kind in ("csv", "tsv"):
        cells = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""),
                           "excel" if kind == "csv" else "excel-tab")  # fmt: skip
        parts = [part.strip() for row in cells for cell in row for part in re.split("[,;\n]", cell)]
        assert not [part for part in parts if part.startswith(tuple("=+-@\t\r"))]


@pytest.mark.parametrize("kind", DELIVERIES)
@settings(deadline=None, max_examples=25)
@given(
    lines=st.lists(
        st.lists(
            st.text(st.sampled_from("abÉñ♪’$ -=<&\n\x80\x8a\u202e*{"), max_size=70), max_size=3
        ),
        max_size=4,
    )
)
def test_any_text_comes_back_as_it_was_meant(
    tmp_path_factory: pytest.TempPathFactory, kind: str, lines: list[list[str]]
) -> None:
    cues = [cue(*parts, start_ms=4000 + 9000 * n, end_ms=11_000 + 9000 * n)
            for n, parts in enumerate(lines)]  # fmt: skip
    path = made(tmp_path_factory.mktemp("any"), kind, cues, programme("en", 29.97))
    held = DELIVERIES[kind].read(path.read_bytes(), programme("en", 29.97))
    want = [clean(" ".join(each.lines)).replace(" ", "") for each in cues]
    letters = [each.text.replace("\n", "").replace(" ", "") for each in held]
    assert [text.replace("’", "'") for text in letters] == [w.replace("’", "'") for w in want if w]


@pytest.mark.parametrize(
    ("kind", "language", "text", "said"),
    [
        ("stl", "hi", "नमस्ते", "stl can't hold the Devanagari letter 'न'"),
        ("scc", "ur", "وہ", "scc can't hold the Arabic letter 'و'"),
        ("scc", "pl", "Łódź", "scc can't hold the Latin letter 'Ł'"),
        ("stl", "vi", "Việt", "stl can't hold the Latin letter 'ệ'"),
        ("stl", "en", "smile 🙂", "stl can't hold the character '🙂'"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_by_name(
    tmp_path: Path, kind: str, language: str, text: str, said: str
) -> None:
    path = tmp_path / f"{language}.{kind}"
    with pytest.raises(Problem, match=re.escape(said)) as refused:
        deliveries.write(kind, [cue("ok"), cue(text)], path, programme(language))
    assert f"in the track {language}" in str(refused.value)
    assert not path.exists()


@pytest.mark.parametrize(
    ("kind", "language", "less"),
    [
        ("stl", "hi", "its script, Devanagari"), ("scc", "ja", "its script, Japanese"),
        ("stl", "ur", "its script, Arabic"), ("scc", "ru", "its script, Cyrillic"),
        ("scc", "pl", "its letters, ą ć ę ł ń ś ź ż"), ("stl", "vi", "its letters, ơ ư ệ"),
        ("stl", "pl", None), ("stl", "pt", None), ("scc", "fr", None), ("scc", "hi-Latn", None),
        ("imsc", "ja", None), ("srt", "hi", None),
    ],
)  # fmt: skip
def test_what_a_format_lacks_is_known_before_a_film_is_made(
    kind: str, language: str, less: str | None
) -> None:
    assert deliveries.lacks(kind, language) == less
    assert (kind in deliveries.held([kind, "txt"], language)) == (less is None)


def test_what_is_written_in_other_characters_is_told(tmp_path: Path) -> None:
    less = deliveries.write("stl", [cue("Wait… – no")], tmp_path / "en.stl", programme())
    assert [(each.what, each.used) for each in less] == [
        ("characters of en.stl", "1 of 1 in others, 'Wait… – no' as 'Wait... - no'")
    ]
    exact = deliveries.write("imsc", [cue("Wait… – no")], tmp_path / "en.ttml", programme())
    assert exact == []


@pytest.mark.parametrize("kind", DELIVERIES)
def test_a_track_without_cues_makes_a_file_without_any(tmp_path: Path, kind: str) -> None:
    path = made(tmp_path, kind, [], programme())
    assert DELIVERIES[kind].read(path.read_bytes(), programme()) == []


@pytest.mark.parametrize("kind", ["imsc", "stl", "scc"])
def test_five_thousand_cues_are_written_and_read_again(tmp_path: Path, kind: str) -> None:
    cues = [cue(f"Line {n}", "below", start_ms=4000 + 3000 * n, end_ms=6000 + 3000 * n)
            for n in range(5000)]  # fmt: skip
    about = programme("en", 29.97, "00:00:00;00")
    content = made(tmp_path, kind, cues, about).read_bytes()
    assert len(DELIVERIES[kind].read(content, about)) == 5000


@pytest.mark.parametrize("place", range(1, 10))
@pytest.mark.parametrize("width", [1, 30, 31, 32])
def test_captions_of_any_width_stand_at_any_place(tmp_path: Path, place: int, width: int) -> None:
    made(tmp_path, "scc", [cue("x" * width, place=place)], programme("en", 29.97))
    (held,) = scc.FORMAT.hold([cue("x" * width, place=place)], programme("en", 29.97))
    assert (held.place - 1) // 3 == (place - 1) // 3
    assert held.place == place or width >= 31


def test_overlapping_cues_become_one_caption_at_a_time() -> None:
    cues = [cue("one", start_ms=4000, end_ms=8000), cue("two", start_ms=6000, end_ms=10_000)]
    held = scc.FORMAT.hold(cues, programme("en", 29.97))
    assert [each.text for each in held] == ["one", "one\ntwo", "two"]


def test_parity_is_odd_and_a_wrong_one_is_seen() -> None:
    assert cea608.with_parity(0x1420) == 0x9420
    assert cea608.without_parity(0x9420) == 0x1420
    with pytest.raises(ValueError, match="parity of 1420"):
        cea608.without_parity(0x1420)
