"""Channels of a track: one of them by name, none that is not there, and how alike two are."""

from pathlib import Path

import films
import numpy as np
import pytest
from media_limits import LIMITS

from lineage.problem import Problem
from subtitling.documents import Stream
from subtitling.media import audio_file, channels, ffmpeg, probing


def track(layout: str | None, count: int) -> Stream:
    return Stream(1, "audio", "aac", "en", None, True, 0, None, channels=count, layout=layout)


@pytest.mark.parametrize(
    ("layout", "count", "wanted", "picked"),
    [
        ("stereo", 2, "mix", None),
        ("stereo", 2, "separate", None),
        ("stereo", 2, "left", "FL"),
        ("stereo", 2, "right", "FR"),
        ("downmix", 2, "right", "DR"),
        ("5.1(side)", 6, "centre", "FC"),
        ("7.1", 8, "left", "FL"),
        ("mono", 1, "centre", "FC"),
        ("3 channels (FL+FR+LFE)", 3, "right", "FR"),
        ("2 channels", 2, "right", "c1"),
        ("4 channels", 4, "left", "c0"),
        (None, 2, "left", "c0"),
    ],
)
def test_a_channel_is_chosen_by_the_name_that_the_layout_gives_it(
    layout: str | None, count: int, wanted: str, picked: str | None
) -> None:
    given = channels.arguments("film.mkv", track(layout, count), wanted)
    assert bool(given) == bool(picked)
    assert not given or given[1].endswith(f"pan=mono|c0={picked}")


@pytest.mark.parametrize(
    ("layout", "count", "wanted", "said"),
    [
        ("stereo", 2, "centre", r"stereo \(FL FR\)"),
        ("quad", 4, "centre", r"quad \(FL FR BL BR\)"),
        ("mono", 1, "left", r"mono \(FC\)"),
        ("4 channels", 4, "centre", "4 channels: take"),
        ("1 channels", 1, "right", "1 channels: take"),
        ("ambisonic 1", 4, "left", "ambisonic 1: take"),
    ],
)
def test_a_channel_that_is_not_there_is_an_error_with_the_films_layout(
    layout: str, count: int, wanted: str, said: str
) -> None:
    with pytest.raises(Problem, match=f"demux.channels is {wanted}, but audio stream 1 is {said}"):
        channels.arguments("film.mkv", track(layout, count), wanted)


def tones(folder: Path, layout: str, *hertz: int) -> Path:
    """A second of sound with a tone in each channel."""
    film = folder / "film.mka"
    each = "|".join(f"0.5*sin({hz}*2*PI*t)" for hz in hertz)
    graph = f"aevalsrc={each}:s=48000:d=1:c={layout}"
    ffmpeg.run([*films.lavfi(graph), "-c:a", "flac", str(film)])
    return film


@pytest.mark.parametrize(
    ("layout", "wanted", "hertz"),
    [("stereo", "right", 300), ("5.1", "centre", 500), ("5.1", "left", 100)],
)
def test_what_comes_out_is_that_channel_alone(
    layout: str, wanted: str, hertz: int, tmp_path: Path
) -> None:
    film = tones(
        tmp_path, layout, *([100, 300, 500, 40, 700, 900] if layout == "5.1" else [100, 300])
    )
    probed = probing.probe(film, LIMITS)
    flac = tmp_path / "audio.flac"
    mixed = channels.arguments(film, probed.streams[0], wanted)
    length = audio_file.extract_audio(
        film, probed, probed.streams[0], flac, LIMITS, lambda *_: None, mixed
    )
    assert length == 1000 and audio_file.sound_format(flac).channels == 1
    spectrum = np.abs(np.fft.rfft(audio_file.read_speech_audio(flac)[:]))
    assert spectrum.argmax() == hertz
    assert np.sort(spectrum)[-3] < 0.05 * spectrum.max()


@pytest.mark.parametrize("wanted", ["left", "right"])
def test_a_channel_goes_on_where_the_sound_becomes_mono(wanted: str, tmp_path: Path) -> None:
    parts = [tmp_path / "1.ts", tmp_path / "2.ts"]
    for n, (path, count) in enumerate(zip(parts, ("2", "1"), strict=True)):
        ffmpeg.run([
            *films.lavfi("sine=440:r=48000:d=2"), "-ac", count, "-c:a", "aac",
            "-output_ts_offset", str(2 * n), "-muxdelay", "0", str(path),
        ])  # fmt: skip
    film, flac = tmp_path / "film.ts", tmp_path / "audio.flac"
    film.write_bytes(b"".join(path.read_bytes() for path in parts))
    probed = probing.probe(film, LIMITS)
    assert probed.streams[0].varies
    mixed = channels.arguments(film, probed.streams[0], wanted)
    length = audio_file.extract_audio(
        film, probed, probed.streams[0], flac, LIMITS, lambda *_: None, mixed
    )
    assert length == pytest.approx(4000, abs=60)
    sound = audio_file.read_speech_audio(flac)[:]
    assert min(np.abs(sound[at : at + 8000]).max() for at in range(0, 56_000, 8000)) > 0.05
