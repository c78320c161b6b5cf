"""The languages of MP4's tracks by their tags, box by box."""

import struct
from pathlib import Path

import pytest

from subtitling.media import mp4


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def handler(name: str) -> bytes:
    return box(b"hdlr", bytes(8) + b"sbtl" + bytes(12) + name.encode() + b"\0")


def track(number: int, *media: bytes, version: int = 0) -> bytes:
    times = bytes(16 if version else 8)
    head = box(b"tkhd", bytes([version, 0, 0, 1]), times, struct.pack(">I", number), bytes(60))
    return box(b"trak", head, box(b"mdia", box(b"mdhd", bytes(24)), *media))


def elng(tag: bytes) -> bytes:
    return box(b"elng", bytes(4) + tag + b"\0")


def test_tags_are_written_where_the_names_of_handlers_made_room(tmp_path: Path) -> None:
    film, tags = tmp_path / "final.mp4", ["", "pt-BR", "zh-Hant"]
    names = ["VideoHandler", "Português (Brasil)", ""]
    given = [handler(mp4.padded(name, tag)) for name, tag in zip(names, tags, strict=True)]
    behind = box(b"mdat", b"packets")
    film.write_bytes(
        box(b"ftyp", b"isom")
        + box(b"moov", *(track(n, g) for n, g in enumerate(given, 1)))
        + behind
    )
    mp4.write_languages(film, tags)
    wanted = (
        track(1, handler("VideoHandler")),
        track(2, handler("Português (Brasil)"), elng(b"pt-BR")),
        track(3, handler(""), elng(b"zh-Hant")),
    )
    assert film.read_bytes() == box(b"ftyp", b"isom") + box(b"moov", *wanted) + behind
    assert mp4.languages(film) == {2: "pt-BR", 3: "zh-Hant"}


def test_tags_are_read_by_the_numbers_of_tracks_wherever_they_stand(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    tracks = track(7, elng(b"es-419"), handler("a"), version=1), track(2, handler("b"))
    film.write_bytes(box(b"free", b"") + box(b"moov", box(b"mvhd", bytes(100)), *tracks))
    assert mp4.languages(film) == {7: "es-419"}


def test_timed_text_that_is_forced_says_so_of_all_its_samples(tmp_path: Path) -> None:
    def text(flags: int) -> bytes:
        entry = box(b"tx3g", bytes(6), b"\0\1", struct.pack(">I", flags), bytes(26))
        entries = box(b"stsd", bytes(4), struct.pack(">I", 1), entry)
        return box(b"minf", box(b"nmhd", bytes(4)), box(b"stbl", entries))

    film = tmp_path / "final.mp4"
    film.write_bytes(box(b"moov", track(1), track(2, text(0)), track(3, text(0))))
    mp4.mark_forced(film, [True, False, True])
    wanted = track(1), track(2, text(0)), track(3, text(0xC0000000))
    assert film.read_bytes() == box(b"moov", *wanted)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"moov", box(b"moov", track(1, elng(b"x" * 100))),
        # A size of 64 bits, of which the end of the file has only the beginning.
        struct.pack(">I4s", 1, b"moov"), struct.pack(">I4s", 7, b"moov") + bytes(8),
        struct.pack(">I4s", 900, b"moov") + track(1, elng(b"pt-BR")),
    ],
)  # fmt: skip
def test_a_damaged_file_has_no_tags(tmp_path: Path, content: bytes) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(content)
    assert mp4.languages(film) == {}
