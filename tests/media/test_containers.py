"""Opening files: nothing but the film itself is opened."""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from media_limits import LIMITS

from lineage.problem import Problem
from subtitling.media import audio_file, audio_tracks, containers, ffmpeg, probing


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"#EXTM3U\n#EXT-X-VERSION:3\n", "an HLS playlist"),
        (b"\xef\xbb\xbf  ffconcat version 1.0\nfile x", "an ffconcat script"),
        (b"<?xml version='1.0'?>\n<MPD xmlns='x'>", "a DASH or IMF manifest"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "an SDP session"),
        (b"<!DOCTYPE html>", "a page or document, as HTML or XML"),
        (b"[playlist]\nFile1=", "a playlist"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01", None),
        (b"\x00\x00\x00 ftypisom", None),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"G@\x11\x10", None),
    ],
)
def test_what_points_to_media_is_told_by_its_first_bytes(head, what):
    assert containers.kind_by_content(head) == what


@contextmanager
def opens_of(folder: Path) -> Iterator[list[str]]:
    """Names of the files of `folder` that are opened meanwhile, by the kernel's inotify."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch, opened = libc.inotify_init1(os.O_NONBLOCK), 0x20
    assert libc.inotify_add_watch(watch, os.fsencode(folder), opened) >= 0
    names: list[str] = []
    try:
        yield names
        data = os.read(watch, 1 << 16)
        while data:
            _, _, _, size = struct.unpack_from("iIII", data)
            names.append(os.fsdecode(data[16 : 16 + size].rstrip(b"\0")))
            data = data[16 + size :]
    except BlockingIOError:
        return
    finally:
        os.close(watch)


def test_the_watch_sees_an_opened_file(tmp_path):
    (tmp_path / "a").write_text("x", encoding="utf-8")
    with opens_of(tmp_path) as names:
        (tmp_path / "a").read_text(encoding="utf-8")
    assert names == ["a"]


def pointers(secret: Path, address: str) -> dict[str, bytes]:
    """Files under a film's name that would have `secret` read or `address` called."""
    return {
        "hls_file.mp4": f"#EXTM3U\n#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode(),
        "hls_http.mkv": f"#EXTM3U\n#EXTINF:10,\nhttp://{address}/a.ts\n#EXT-X-ENDLIST\n".encode(),
        "hls_key.mp4": (
            f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="http://{address}/k"\n#EXTINF:1,\n'
            f"{secret.name}\n#EXT-X-ENDLIST\n"
        ).encode(),
        "concat.mkv": f"ffconcat version 1.0\nfile {secret.name}\n".encode(),
        "concat_http.mp4": f"ffconcat version 1.0\nfile http://{address}/a.mkv\n".encode(),
        "dash.mp4": (
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
            'mediaPresentationDuration="PT9S"><Period><AdaptationSet mimeType="video/mp4">'
            f'<Representation id="1" bandwidth="1"><BaseURL>http://{address}/a.mp4</BaseURL>'
            "</Representation></AdaptationSet></Period></MPD>"
        ).encode(),
        "entity.mkv": (
            f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file://{secret}">]><MPD>&b;</MPD>'
        ).encode(),
        "session.mp4": (
            f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=video {address.split(':')[1]} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
        ).encode(),
        "frame%03d.mkv": b"not a film, and its name is a pattern of names",
        "script.avi": f'AviSource("{secret}")\n'.encode(),
    }


@pytest.mark.parametrize("name", sorted(pointers(Path("/x"), "a:1")))
def test_no_file_and_no_address_that_a_film_names_is_touched(tmp_path, made, name):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    secret = secrets / "secret.mkv"
    secret.write_bytes((made / "plain.mkv").read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        film = secrets / name
        film.write_bytes(pointers(secret, address)[name])
        (secrets / "frame001.mkv").write_bytes(secret.read_bytes())
        out = tmp_path / "out.flac"
        with opens_of(secrets) as names:
            with pytest.raises(Problem, match=r"not a film|cannot be read"):
                probing.probe(film, LIMITS)
            # The same without our look at the content: ffmpeg's own lists must hold.
            with pytest.raises(Problem, match="ffmpeg failed"):
                ffmpeg.run(
                    [*ffmpeg.source(film), "-f", "flac", containers.url(out)], 0, None, LIMITS
                )
        assert set(names) == {name}
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert not out.exists() or not out.stat().st_size


def test_a_quicktime_track_that_lies_in_another_file_is_not_fetched(tmp_path, made):
    secret = tmp_path / "secret.mov"
    secret.write_bytes((made / "plain.mp4").read_bytes())
    data = (made / "plain.mp4").read_bytes()
    entry = data.index(b"url \0\0\0\1") - 4
    place = f"file://{secret}\0".encode()
    changed = bytearray(data)
    changed[entry : entry + 12] = struct.pack(">I4sI", 12 + len(place), b"url ", 0) + place
    at = 0
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        at = data.index(box, at) - 4
        changed[at : at + 4] = (int.from_bytes(changed[at : at + 4], "big") + len(place)).to_bytes(
            4, "big"
        )
    film = tmp_path / "film.mov"
    film.write_bytes(changed)
    with opens_of(tmp_path) as names:
        probing.probe(film, LIMITS)
        ffmpeg.decoding_errors(film, 1, LIMITS)
    assert set(names) == {"film.mov"}


def test_a_linked_matroska_segment_is_not_fetched(tmp_path, made):
    data = (made / "plain.mkv").read_bytes()
    (tmp_path / "secret.mkv").write_bytes(data)
    at = data.index(b"\x57\x41")  # the name of the program that wrote it: as long as a link
    size = data[at + 2] & 0x7F
    link = b"\x3e\x83\xbb" + bytes([0x80 | size - 1]) + b"secret.mkv".ljust(size - 1, b"\0")
    film = tmp_path / "film.mkv"
    film.write_bytes(data[:at] + link + data[at + 3 + size :])
    with opens_of(tmp_path) as names:
        probing.probe(film, LIMITS)
        ffmpeg.decoding_errors(film, 1, LIMITS)
    assert set(names) == {"film.mkv"}


@pytest.mark.parametrize(
    "name",
    ["-i.mkv", "it's \"quoted\".mkv", "two\nlines.mkv", "100%03d.mkv", "फ़िल्म.mkv", "a:b|c;d.mkv",
     "[glob]*?.mkv", "concat:x.mkv", "http:x.mkv", "$(id) `id`.mkv", " .mkv"],
)  # fmt: skip
def test_any_name_names_a_film(tmp_path, made, name):
    film = tmp_path / name
    film.write_bytes((made / "plain.mkv").read_bytes())
    probed = probing.probe(film, LIMITS)
    track = audio_tracks.choose(probed.streams, "auto", "auto", None).track
    out = tmp_path / f"{name}.flac"
    assert audio_file.extract_audio(film, probed, track, out, LIMITS, lambda *_: None) > 6900
    assert sorted(tmp_path.iterdir()) == sorted([film, out])


def test_only_regular_files_are_opened(tmp_path):
    pipe = tmp_path / "pipe.mkv"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "none.mkv", Path("/dev/zero")):
        with pytest.raises(Problem, match="not a regular file"):
            probing.probe(path, LIMITS)
