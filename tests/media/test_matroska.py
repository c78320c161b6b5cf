"""What is read of Matroska's head that FFmpeg does not show."""

import zlib
from fractions import Fraction
from pathlib import Path

import pytest

from subtitling.media.matroska import Head, Hidden, can_hold, hidden, write_heads


def element(kind: str, *parts: bytes) -> bytes:
    """An element by its id, in hexadecimal, with a size of eight bytes."""
    content = b"".join(parts)
    return bytes.fromhex(kind) + (len(content) | 1 << 56).to_bytes(8, "big") + content


def track(kind: int, tag: str = "") -> bytes:
    said = [element("22B59D", tag.encode())] if tag else []
    return element("AE", element("83", bytes([kind])), element("22B59C", b"por"), *said)


EBML = element("1A45DFA3")
TRACKS = element("1654AE6B", track(1), track(2, "pt-BR"), track(16, "xx"), track(17, "zh-Hant"))
EDITION = element("45B9", element("45DD", b"\1"), element("B6", element("6E67", bytes(16))))


def file(path: Path, *parts: bytes) -> Path:
    path.write_bytes(EBML + element("18538067", *parts))
    return path


def test_languages_stand_by_the_streams_that_ffmpeg_has(tmp_path: Path) -> None:
    film = file(tmp_path / "a.mkv", element("1549A966"), TRACKS, element("1F43B675", bytes(99)))
    assert hidden(film) == Hidden({1: "pt-BR", 2: "zh-Hant"}, [])


def test_ordered_chapters_and_linked_segments_are_named(tmp_path: Path) -> None:
    info = element("1549A966", element("3EB923", bytes(16)))
    seen = hidden(file(tmp_path / "a.mkv", info, element("1043A770", EDITION)))
    assert [way.split(":")[0] for way in seen.structure] == [
        "linked segments",
        "ordered chapters",
        "chapters that lie in another file",
    ]


def test_an_edition_that_is_not_ordered_is_as_its_streams_are(tmp_path: Path) -> None:
    plain = element("1043A770", element("45B9", element("45DD", b"\0")))
    assert hidden(file(tmp_path / "a.mkv", plain)) == Hidden()


@pytest.mark.parametrize("length", range(0, len(EBML) + 60, 3))
def test_a_head_that_is_cut_short_says_what_it_can(tmp_path: Path, length: int) -> None:
    whole = EBML + element("18538067", TRACKS)
    (tmp_path / "a.mkv").write_bytes(whole[:length])
    assert hidden(tmp_path / "a.mkv").structure == []


def test_an_element_whose_head_goes_on_behind_its_parent_is_none(tmp_path: Path) -> None:
    cut = element("4DBB", element("53AB", b"\x15")[:3])
    film = file(tmp_path / "a.mkv", element("114D9B74", cut), TRACKS)
    assert hidden(film).languages == {1: "pt-BR", 2: "zh-Hant"}


def test_no_element_is_believed_to_be_longer_than_its_file(tmp_path: Path) -> None:
    film = tmp_path / "a.mkv"
    film.write_bytes(
        EBML + bytes.fromhex("18538067") + b"\x01" + b"\xff" * 7 + TRACKS + b"\0\0\0\0"
    )
    assert hidden(film).languages == {1: "pt-BR", 2: "zh-Hant"}


def short(kind: str, *parts: bytes) -> bytes:
    """An element with its size in one byte, or in two where it must be."""
    content = b"".join(parts)
    size = (
        bytes([0x80 | len(content)]) if len(content) < 127 else (len(content) | 1 << 14).to_bytes(2)
    )
    return bytes.fromhex(kind) + size + content


def with_checksum(kind: str, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return element(kind, b"\xbf\x84" + zlib.crc32(content).to_bytes(4, "little"), content)


SOUND = Head("Hindi (romanized)", "hi-Latn")
DVD = Head("", "", Fraction(64, 45))
SQUARE = Head("", "", Fraction(1))
LONG = Head("x" * 121, "pt-BR", Fraction(104, 63) * Fraction(576, 720))
ROUNDED = Head("", "", Fraction(32, 27), exact=False)
NARROW = short("B0", b"\x02\xd0"), short("BA", b"\x02\x40")
COLOUR = short("55B0", short("55B1", b"\1"))


@pytest.mark.parametrize(
    ("head", "shape", "tag"),
    [
        (SOUND, None, short("22B59D", b"hi-Latn")),
        (DVD, short("54B0", b"\4\0") + short("54BA", b"\x02\x40"), b""),
        (SQUARE, short("54B0", b"\x02\xd0") + short("54BA", b"\x02\x40"), b""),
        (ROUNDED, short("54B0", b"\x03\x55") + short("54BA", b"\x02\x40"), b""),
        (
            LONG,
            short("54B0", b"\x68") + short("54BA", b"\x3f") + short("54B2", b"\3"),
            short("22B59D", b"pt-BR"),
        ),
    ],
    ids=["language", "shape", "square pixels", "whole pixels", "a ratio, a tag and a long title"],
)
def test_what_a_track_says_is_written_into_the_room_that_its_name_leaves(
    tmp_path, head, shape, tag
):
    kind = short("83", b"\1")
    given = kind + short("536E", head.name.encode())
    title = kind + (short("536E", head.title.encode()) if head.title else b"")
    if shape is not None:
        given += short("E0", *NARROW, short("54B2", b"\4"), COLOUR)
        title += short("E0", *NARROW, COLOUR, shape)
    void = short("EC", bytes(len(given) - len(title + tag) - 2))
    other, picture = short("AE", short("83", b"\1")), element("1F43B675", bytes(9))
    film = file(tmp_path / "a.mkv", with_checksum("1654AE6B", other, short("AE", given)), picture)
    write_heads(film, [Head("it asks for nothing"), head])
    want = with_checksum("1654AE6B", other, short("AE", title, tag, void))
    assert film.read_bytes() == EBML + element("18538067", want, picture)
    assert hidden(film).languages == ({1: head.tag} if tag else {})
    pixels = {1: head.pixel if head.exact else Fraction(0x355, 720)}
    assert hidden(film).pixels == (pixels if shape else {})


@pytest.mark.parametrize(("mode", "eye"), [(1, (360, 576)), (11, (360, 576)), (3, (720, 288))])
def test_of_two_pictures_for_two_eyes_one_is_shown(tmp_path, mode, eye):
    stereo, head = short("53B8", bytes([mode])), Head("", "", Fraction(2))
    name, video = short("536E", head.name.encode()), short("E0", *NARROW, stereo)
    film = file(
        tmp_path / "a.mkv", element("1654AE6B", short("AE", short("83", b"\1"), name, video))
    )
    write_heads(film, [head])
    shown = short("54B0", (2 * eye[0]).to_bytes(2)) + short("54BA", eye[1].to_bytes(2))
    assert short("E0", *NARROW, stereo, shown) in film.read_bytes()
    assert hidden(film).pixels == {0: Fraction(2)}


def test_a_head_behind_the_film_is_read_where_its_table_of_contents_says(tmp_path):
    picture = element("1F43B675", bytes(99))

    def listed(place: int) -> bytes:
        where = element("53AB", bytes.fromhex("1654AE6B")), element("53AC", place.to_bytes(8))
        return element("114D9B74", element("4DBB", *where))

    behind = len(listed(0)) + len(picture)
    film = file(tmp_path / "a.mkv", listed(behind), picture, TRACKS)
    assert hidden(film).languages == {1: "pt-BR", 2: "zh-Hant"}
    elsewhere = file(tmp_path / "b.mkv", listed(behind + 1), picture, TRACKS)
    assert hidden(elsewhere) == Hidden()


@pytest.mark.parametrize(("tag", "holds"), [("zh-Hant-TW", True), ("", False), ("p\ufffd", False)])
def test_no_tag_is_written_that_is_none(tag, holds):
    assert can_hold(tag) is holds
    assert not can_hold("x" * 127)
