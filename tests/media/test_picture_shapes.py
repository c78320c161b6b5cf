"""Pictures that change the size they are shown in midway."""

from pathlib import Path

import films
import pytest
from media_limits import LIMITS

from subtitling.media import ffmpeg, probing
from subtitling.muxing import stream_plan


def part(path: Path, number: int, codec: str, pixel: str, size: str) -> bytes:
    ffmpeg.run([*films.lavfi(f"testsrc=size={size}:rate=25,setsar={pixel}"),
               *films.lavfi("anullsrc"), "-t", "1", "-c:v", codec, "-c:a", "mp2",
               "-muxdelay", "0", "-output_ts_offset", str(number), str(path)])  # fmt: skip
    return path.read_bytes()


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_a_broadcast_tells_each_shape_of_its_picture(codec: str, tmp_path: Path) -> None:
    """Three parts of a broadcast, one after the other: 4:3, then 16:9 of as many pixels."""
    parts = [("16/15", "80x64"), ("16/15", "80x64"), ("64/45", "80x64"), ("1", "96x64")]
    film = tmp_path / "film.ts"
    film.write_bytes(
        b"".join(
            part(tmp_path / f"{n}.ts", n, codec, pixel, size)
            for n, (pixel, size) in enumerate(parts)
        )
    )
    picture = probing.probe(film, LIMITS).streams[0]
    assert picture.shapes == ("85 x 64", "114 x 64", "96 x 64")
    assert list(stream_plan.lost_shapes([picture])) == [
        ("85 x 64, then 114 x 64, then 96 x 64", "85 x 64")
    ]


@pytest.mark.parametrize("name", ["plain.mkv", "plain.mp4", "program.mpg", "rotated.mp4"])
def test_a_picture_of_one_shape_tells_of_no_change(name: str, tmp_path: Path) -> None:
    films.make(tmp_path, frozenset({name}))
    pictures = [s for s in probing.probe(tmp_path / name, LIMITS).streams if s.kind == "video"]
    assert [s.shapes for s in pictures] == [()]
    assert list(stream_plan.lost_shapes(pictures)) == []
