"""What is read of Matroska's head that FFmpeg does not show."""

from pathlib import Path

import pytest

from subtitling.matroska import Hidden, hidden


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


def test_no_element_is_believed_to_be_longer_than_its_file(tmp_path: Path) -> None:
    film = tmp_path / "a.mkv"
    film.write_bytes(
        EBML + bytes.fromhex("18538067") + b"\x01" + b"\xff" * 7 + TRACKS + b"\0\0\0\0"
    )
    assert hidden(film).languages == {1: "pt-BR", 2: "zh-Hant"}
