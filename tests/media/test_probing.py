"""What a film holds, read to its end."""

import struct
from fractions import Fraction
from pathlib import Path

import films
import pytest
from media_limits import LIMITS, limits

from lineage.problem import Problem
from subtitling.media import audio_file, picture_shapes, probing
from subtitling.media.audio_file import NoSound


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
        probing.probe(made / "everything.mkv", limits(**changed))


def test_a_stream_of_an_unknown_codec_is_told_of(tmp_path, made):
    film = tmp_path / "film.mp4"
    film.write_bytes((made / "plain.mp4").read_bytes().replace(b"avc1", b"zzzz"))
    kinds = [(s.kind, s.codec) for s in probing.probe(film, LIMITS).streams]
    assert kinds == [("video", "unknown"), ("audio", "aac")]


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
    assert picture_shapes.shown(*stored, pixel, turned) == want


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
    picture = probing.probe(tmp_path / name, LIMITS).streams[0]
    assert (picture.shown_width, picture.shown_height, picture.hdr) == want


def test_a_film_whose_clock_begins_late_is_no_longer_for_it(tmp_path: Path) -> None:
    films.make(tmp_path, frozenset({"offset.mkv"}))
    probed = probing.probe(tmp_path / "offset.mkv", LIMITS)
    assert 7000 <= probed.duration_ms <= 7100 and probed.start_us >= 3_600_000_000


def test_a_broadcast_tells_what_its_sound_is_when_that_begins_late(tmp_path: Path) -> None:
    films.make(tmp_path, frozenset({"begins_late.ts", "announced.ts", "switching_aac.ts"}))
    late = probing.probe(tmp_path / "begins_late.ts", LIMITS).streams[1]
    assert (late.channels, late.sample_rate, late.end_ms) == (
        6,
        48_000,
        pytest.approx(7000, abs=50),
    )
    announced = probing.probe(tmp_path / "announced.ts", LIMITS).streams
    assert [s.packets == 0 for s in announced] == [False, False, True]
    assert probing.probe(tmp_path / "switching_aac.ts", LIMITS).streams[1].varies


def test_a_film_that_ends_before_its_sound_is_said_to_be_cut_short(made, tmp_path: Path) -> None:
    film, out = tmp_path / "film.mkv", tmp_path / "audio.flac"
    whole = (made / "plain.mkv").read_bytes()
    film.write_bytes(whole[: whole.index(bytes.fromhex("1f43b675")) + 100])  # Matroska's Cluster
    probed = probing.probe(film, LIMITS)
    with pytest.raises(NoSound, match="was the film copied to its end"):
        audio_file.extract_audio(film, probed, probed.streams[1], out, LIMITS, lambda *_: None)
    assert not out.exists()


def test_the_length_is_what_the_film_plays_and_not_what_its_head_says(made, tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    whole = bytearray((made / "plain.mkv").read_bytes())
    at = whole.index(bytes.fromhex("448988"))  # Matroska's Duration, eight bytes
    whole[at + 3 : at + 11] = struct.pack(">d", 36_000_000.0)
    film.write_bytes(whole)
    probed = probing.probe(film, LIMITS)
    assert probed.claimed_ms == 36_000_000
    assert probed.duration_ms == pytest.approx(7000, abs=100)
