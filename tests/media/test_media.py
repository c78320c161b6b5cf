"""Opening films: what is refused, that nothing else is read, and that limits hold."""

import ctypes
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import films
import numpy as np
import pytest
from house import ROOT
from media_limits import LIMITS, limits

from lineage.problem import Problem
from subtitling.media import audio_tracks, media
from subtitling.runtime import child_process
from subtitling.workflow import preflight

# Where a child process of a test finds this module, and what it imports.
CHILD_PATH = [Path(__file__).parent, ROOT / "tests" / "support"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    films.make(folder, frozenset({"plain.mkv", "plain.mp4", "late_sound.ts", "everything.mkv"}))
    return folder


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
    assert media.kind_by_content(head) == what


@pytest.mark.parametrize(
    ("build", "count"),
    [
        ("ffmpeg version 7.0.2-static https://x", 2),
        ("ffmpeg version 8.1", 1),
        ("ffmpeg version n8.1.2", 0),
        ("ffmpeg version N-118000-gabc", 0),
    ],
)
def test_builds_with_known_holes_are_named_with_the_version_that_mends_them(build, count):
    warnings = media.known_holes(build)
    assert len(warnings) == count
    assert all("install 8.1" in warning for warning in warnings)


def program(folder: Path, version: str) -> Path:
    """A program that says it is this version of ffmpeg."""
    folder.mkdir()
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\necho 'ffmpeg version {version} Copyright (c) us'\n", "utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What was chosen before a test and in it is not what others use."""
    for choice in (media.ffmpeg, media.ffmpeg_build):
        choice.cache_clear()
    yield
    for choice in (media.ffmpeg, media.ffmpeg_build):
        choice.cache_clear()


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(
    ("on_path", "carried"),
    [
        ("5.1.9-0+deb12u1", True),
        ("99.0", False),
        ("n99.1-3-gabcdef", False),
        ("N-118000-gabc", True),
    ],
)
def test_the_ffmpeg_on_the_path_is_used_where_it_is_newer(tmp_path, monkeypatch, on_path, carried):
    other = program(tmp_path / "bin", on_path)
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE", raising=False)
    monkeypatch.setenv("PATH", f"{other.parent}:{os.environ['PATH']}")
    assert (media.ffmpeg() != str(other)) == carried
    assert media.too_old(media.ffmpeg_build()) is None


@pytest.mark.usefixtures("forgotten")
def test_an_ffmpeg_that_is_asked_for_is_used_and_said_to_be_too_old(tmp_path, monkeypatch):
    old = program(tmp_path / "bin", "4.4.2-0ubuntu0.22.04.1")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(old))
    assert media.ffmpeg() == str(old)
    assert list(preflight.tools()) == [
        f"{old} is ffmpeg version 4.4.2-0ubuntu0.22.04.1, older than 5.1: install imageio-ffmpeg, "
        "which carries a newer one, or put a newer one on the PATH"
    ]


def test_what_two_channels_cancel_out_is_heard_from_the_louder():
    tone = np.sin(np.arange(1600) / 9).astype(np.float32)
    opposite = np.stack([0.5 * tone, -0.52 * tone], axis=1)
    assert np.array_equal(media.louder(opposite.mean(axis=1), opposite), opposite[:, 1])
    for left, right in ((1, 1), (1, 0), (0, 0.3), (1, -0.3), (0, 0)):
        sides = np.stack([left * tone, right * tone], axis=1)
        mixed = sides.mean(axis=1)
        assert media.louder(mixed, sides) is mixed


def test_a_stream_that_begins_midway_is_told_of(tmp_path, caplog):
    """What opening a broadcast looks at, beginning and end, has one sound, the middle has two."""
    parts = []
    noise = "nullsrc=size=640x480:rate=25,noise=alls=100:allf=t"
    for number, sounds in enumerate((1, 2, 1)):
        part = tmp_path / f"{number}.ts"
        media.run([*films.lavfi(noise), *films.lavfi(films.SOUND), "-t", "1",
                   "-map", "0", *["-map", "1"] * sounds, "-c:v", "mpeg2video", "-q:v", "1",
                   "-c:a", "mp2", "-output_ts_offset", str(number), str(part)])  # fmt: skip
        parts.append(part.read_bytes())
    film, out = tmp_path / "film.ts", tmp_path / "audio.flac"
    nothing = (b"\x47\x1f\xff\x10" + bytes(184)) * 90_000
    film.write_bytes(parts[0] + parts[1] + nothing + parts[2])
    probed = media.probe(film, LIMITS)
    assert [s.kind for s in probed.streams] == ["video", "audio"]
    media.extract_audio(film, probed, probed.streams[1], out, LIMITS, lambda *_: None)
    assert "a further audio stream begins at 2." in caplog.text


@pytest.mark.parametrize(("loudest", "silent"), [(0, True), (8, True), (9, False)])
def test_silence_is_where_no_sample_can_be_heard(loudest, silent, tmp_path):
    form = media.SoundFormat(16_000, 1, "s16")
    with media.writing_sound(tmp_path / "a.flac", form) as write:
        block = np.zeros((1, 4000), np.int16)
        block[0, 3999] = -loudest
        write(block)
    assert media.is_silent(tmp_path / "a.flac") is silent


def test_a_film_of_opposite_phase_is_heard(tmp_path):
    films.make(tmp_path, frozenset({"opposite.mkv"}))
    heard = media.read_speech_audio(tmp_path / "opposite.mkv")
    assert abs(heard.duration_ms - 7000) < 50
    assert np.abs(heard[:]).max() > 0.7


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
                media.probe(film, LIMITS)
            # The same without our look at the content: ffmpeg's own lists must hold.
            with pytest.raises(Problem, match="ffmpeg failed"):
                media.run([*media.source(film), "-f", "flac", media.url(out)], 0, None, LIMITS)
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
        media.probe(film, LIMITS)
        media.decoding_errors(film, 1, LIMITS)
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
        media.probe(film, LIMITS)
        media.decoding_errors(film, 1, LIMITS)
    assert set(names) == {"film.mkv"}


@pytest.mark.parametrize(
    "name",
    ["-i.mkv", "it's \"quoted\".mkv", "two\nlines.mkv", "100%03d.mkv", "फ़िल्म.mkv", "a:b|c;d.mkv",
     "[glob]*?.mkv", "concat:x.mkv", "http:x.mkv", "$(id) `id`.mkv", " .mkv"],
)  # fmt: skip
def test_any_name_names_a_film(tmp_path, made, name):
    film = tmp_path / name
    film.write_bytes((made / "plain.mkv").read_bytes())
    probed = media.probe(film, LIMITS)
    track = audio_tracks.choose(probed.streams, "auto", "auto", None).track
    out = tmp_path / f"{name}.flac"
    assert media.extract_audio(film, probed, track, out, LIMITS, lambda *_: None) > 6900
    assert sorted(tmp_path.iterdir()) == sorted([film, out])


def test_only_regular_files_are_opened(tmp_path):
    pipe = tmp_path / "pipe.mkv"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "none.mkv", Path("/dev/zero")):
        with pytest.raises(Problem, match="no regular file"):
            media.probe(path, LIMITS)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"max_streams": 6}, "7 streams; limits.max_streams is 6"),
        ({"max_width_px": 100}, "stream 0 is 160 x 90 pixels"),
        ({"max_height_px": 89}, "limits.max_height_px are 4096 and 89"),
        ({"max_duration_h": 0.001}, "0.0 hours long; limits.max_duration_h is 0.001"),
    ],
)
def test_a_film_over_a_limit_is_refused_by_its_name(made, changed, text):
    with pytest.raises(Problem, match=text):
        media.probe(made / "everything.mkv", limits(**changed))


def test_a_run_over_its_time_is_ended():
    begun = time.monotonic()
    with pytest.raises(Problem, match=r"not done after 1 s; limits\.time_factor"):
        media.run(
            ["-re", *films.lavfi("sine"), "-t", "60", "-f", "null", "-"],
            0, None, limits(min_run_s=1),
        )  # fmt: skip
    assert time.monotonic() - begun < 10


def test_a_run_that_writes_too_much_is_ended(tmp_path):
    with pytest.raises(Problem, match=r"limits\.max_output_gb"):
        media.run(
            [*films.lavfi("sine"), "-t", "600", media.url(tmp_path / "big.wav")],
            0, None, limits(max_output_gb=0.001),
        )  # fmt: skip
    assert (tmp_path / "big.wav").stat().st_size <= 1_000_000


def test_ffmpeg_writes_no_report_that_the_environment_asks_for(tmp_path, monkeypatch):
    monkeypatch.setenv("FFREPORT", f"file={tmp_path / 'report.txt'}:level=32")
    media.run([*films.lavfi("sine"), "-t", "1", "-f", "null", "-"])
    assert not list(tmp_path.iterdir())


def crash(**_) -> None:
    os.kill(os.getpid(), 11)


def hang(**_) -> None:
    time.sleep(60)


def stumble(**_) -> None:
    raise KeyError("a mistake of ours")


def fail(**_) -> None:
    raise Problem("in its own words")


def answer(value: int, progress) -> dict[str, int]:
    print("a library's chatter")
    progress(1, 2)
    return {"value": value}


def test_a_child_answers_and_tells_its_progress(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "")
    seen = []
    got = child_process.call(answer, {"value": 3}, seconds=20, max_file_bytes=10**6,
                     progress=lambda *a: seen.append(a), path=CHILD_PATH)  # fmt: skip
    assert (got, seen) == ({"value": 3}, [(1, 2)])


@pytest.mark.parametrize(
    ("function", "seconds", "text"),
    [(crash, 30, "SIGSEGV"), (hang, 1, "not done after 1 s"), (fail, 30, "in its own words")],
)
def test_a_child_that_fails_is_a_problem_and_not_our_end(function, seconds, text):
    with pytest.raises(Problem, match=text):
        child_process.call(function, {}, seconds=seconds, max_file_bytes=1, path=CHILD_PATH)


def test_a_mistake_of_ours_in_a_child_is_not_blamed_on_the_film():
    with pytest.raises(RuntimeError, match="traceback"):
        child_process.call(stumble, {}, seconds=9, max_file_bytes=10**6, path=CHILD_PATH)


def test_a_child_does_not_outlive_its_parent():
    script = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from pathlib import Path\nimport test_media\n"
        "from subtitling.runtime import child_process\n"
        "child_process.call(test_media.hang, {}, seconds=60, max_file_bytes=1,"
        " path=[Path(test_media.__file__).parent])"
    )
    folders = [str(Path(__file__).parent), str(ROOT / "tests" / "support"), str(ROOT / "scripts")]
    parent = subprocess.Popen([sys.executable, "-c", script, *folders])
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    deadline = time.monotonic() + 20
    while not (pids := children.read_text(encoding="utf-8").split()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    while Path(f"/proc/{pids[0]}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_stream_of_an_unknown_codec_is_told_of(tmp_path, made):
    film = tmp_path / "film.mp4"
    film.write_bytes((made / "plain.mp4").read_bytes().replace(b"avc1", b"zzzz"))
    kinds = [(s.kind, s.codec) for s in media.probe(film, LIMITS).streams]
    assert kinds == [("video", "unknown"), ("audio", "aac")]


def test_a_command_on_record_has_relative_paths_and_can_be_typed():
    arguments = ["-i", "file:/work place/in/it's.mkv", "-map", "0:a?", "file:/elsewhere/x.flac"]
    assert media.command_line(arguments, Path("/work place")) == (
        """ffmpeg -i 'file:in/it'"'"'s.mkv' -map '0:a?' file:/elsewhere/x.flac"""
    )


def test_every_command_is_put_on_record_even_one_that_fails(tmp_path):
    notes = {}
    with media.recorded(notes.update):
        media.run(["-f", "lavfi", "-i", "anullsrc", "-t", "0.1", "-f", "null", "-"])
        with pytest.raises(Problem):
            media.run([*media.source(tmp_path / "none.mkv"), "-f", "null", "-"])
    media.run(["-f", "lavfi", "-i", "anullsrc", "-t", "0.1", "-f", "null", "-"])
    assert ["none.mkv" in command for command in notes["ffmpeg"]] == [False, True]


@pytest.mark.parametrize(
    ("stored", "pixel", "turned", "want"),
    [
        ((1920, 1080), 1, 0, (1920, 1080)),
        ((720, 576), Fraction(64, 45), 0, (1024, 576)),
        ((1920, 1080), 1, 180, (1920, 1080)),
        ((1920, 1080), 1, -90, (1080, 1920)),
        ((720, 576), Fraction(64, 45), 270, (576, 1024)),
        ((720, 576), Fraction(1, 5000), 0, (720, 576)),
    ],
)
def test_a_picture_is_shown_turned_and_with_square_pixels(stored, pixel, turned, want):
    assert media.shown(*stored, pixel, turned) == want


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("rotated.mp4", (90, 160, None)),
        ("rotated_180.mp4", (160, 90, None)),
        ("anamorphic.mkv", (228, 90, None)),
        ("hdr.mkv", (160, 90, "pq")),
        ("hlg.mkv", (160, 90, "hlg")),
    ],
)
def test_the_film_tells_how_its_picture_is_shown(name, want, tmp_path):
    films.make(tmp_path, frozenset({name}))
    picture = media.probe(tmp_path / name, LIMITS).streams[0]
    assert (picture.shown_width, picture.shown_height, picture.hdr) == want


def test_a_film_whose_clock_begins_late_is_no_longer_for_it(tmp_path: Path) -> None:
    films.make(tmp_path, frozenset({"offset.mkv"}))
    probed = media.probe(tmp_path / "offset.mkv", LIMITS)
    assert 7000 <= probed.duration_ms <= 7100 and probed.start_us >= 3_600_000_000


def test_a_broadcast_tells_what_its_sound_is_when_that_begins_late(tmp_path: Path) -> None:
    films.make(tmp_path, frozenset({"begins_late.ts", "announced.ts", "switching_aac.ts"}))
    late = media.probe(tmp_path / "begins_late.ts", LIMITS).streams[1]
    assert (late.channels, late.sample_rate, late.end_ms) == (
        6,
        48_000,
        pytest.approx(7000, abs=50),
    )
    announced = media.probe(tmp_path / "announced.ts", LIMITS).streams
    assert [s.packets == 0 for s in announced] == [False, False, True]
    assert media.probe(tmp_path / "switching_aac.ts", LIMITS).streams[1].varies


def test_a_sound_that_comes_out_longer_than_it_is_is_an_error(made, tmp_path: Path) -> None:
    film, out = made / "plain.mkv", tmp_path / "audio.flac"
    probed = media.probe(film, LIMITS)
    track = replace(probed.streams[1], end_ms=4000)
    with pytest.raises(Problem, match="its cues would be late"):
        media.extract_audio(film, probed, track, out, LIMITS, lambda *_: None)
    assert not list(tmp_path.iterdir())


def test_a_film_that_ends_before_its_sound_is_said_to_be_cut_short(made, tmp_path: Path) -> None:
    film, out = tmp_path / "film.mkv", tmp_path / "audio.flac"
    whole = (made / "plain.mkv").read_bytes()
    film.write_bytes(whole[: whole.index(bytes.fromhex("1f43b675")) + 100])  # Matroska's Cluster
    probed = media.probe(film, LIMITS)
    with pytest.raises(media.NoSound, match="was the film copied to its end"):
        media.extract_audio(film, probed, probed.streams[1], out, LIMITS, lambda *_: None)
    assert not out.exists()


def test_the_length_is_what_the_film_plays_and_not_what_its_head_says(made, tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    whole = bytearray((made / "plain.mkv").read_bytes())
    at = whole.index(bytes.fromhex("448988"))  # Matroska's Duration, eight bytes
    whole[at + 3 : at + 11] = struct.pack(">d", 36_000_000.0)
    film.write_bytes(whole)
    probed = media.probe(film, LIMITS)
    assert probed.claimed_ms == 36_000_000
    assert probed.duration_ms == pytest.approx(7000, abs=100)
