"""Sound as files: what is heard of a track, and how long it is."""

from dataclasses import replace
from pathlib import Path

import films
import numpy as np
import pytest
import soundfile
from media_limits import LIMITS

from lineage.problem import Problem
from subtitling.media import audio_file, ffmpeg, probing
from subtitling.media.audio_file import SoundFormat


def test_what_two_channels_cancel_out_is_heard_from_the_louder():
    tone = np.sin(np.arange(1600) / 9).astype(np.float32)
    opposite = np.stack([0.5 * tone, -0.52 * tone], axis=1)
    assert np.array_equal(audio_file.louder(opposite.mean(axis=1), opposite), opposite[:, 1])
    for left, right in ((1, 1), (1, 0), (0, 0.3), (1, -0.3), (0, 0)):
        sides = np.stack([left * tone, right * tone], axis=1)
        mixed = sides.mean(axis=1)
        assert audio_file.louder(mixed, sides) is mixed


def test_a_stream_that_begins_midway_is_told_of(tmp_path, caplog):
    """What opening a broadcast looks at, beginning and end, has one sound, the middle has two."""
    parts = []
    noise = "nullsrc=size=640x480:rate=25,noise=alls=100:allf=t"
    for number, sounds in enumerate((1, 2, 1)):
        part = tmp_path / f"{number}.ts"
        ffmpeg.run([*films.lavfi(noise), *films.lavfi(films.SOUND), "-t", "1",
                   "-map", "0", *["-map", "1"] * sounds, "-c:v", "mpeg2video", "-q:v", "1",
                   "-c:a", "mp2", "-output_ts_offset", str(number), str(part)])  # fmt: skip
        parts.append(part.read_bytes())
    film, out = tmp_path / "film.ts", tmp_path / "audio.flac"
    nothing = (b"\x47\x1f\xff\x10" + bytes(184)) * 90_000
    film.write_bytes(parts[0] + parts[1] + nothing + parts[2])
    probed = probing.probe(film, LIMITS)
    assert [s.kind for s in probed.streams] == ["video", "audio"]
    audio_file.extract_audio(film, probed, probed.streams[1], out, LIMITS, lambda *_: None)
    assert "a further audio stream begins at 2." in caplog.text


@pytest.mark.parametrize(("loudest", "silent"), [(0, True), (8, True), (9, False)])
def test_silence_is_where_no_sample_can_be_heard(loudest, silent, tmp_path):
    form = SoundFormat(16_000, 1, "s16")
    with audio_file.writing_sound(tmp_path / "a.flac", form) as write:
        block = np.zeros((1, 4000), np.int16)
        block[0, 3999] = -loudest
        write(block)
    assert audio_file.is_silent(tmp_path / "a.flac") is silent


def test_a_film_of_opposite_phase_is_heard(tmp_path):
    films.make(tmp_path, frozenset({"opposite.mkv"}))
    heard = audio_file.read_speech_audio(tmp_path / "opposite.mkv")
    assert abs(heard.duration_ms - 7000) < 50
    assert np.abs(heard[:]).max() > 0.7


def test_a_sound_that_comes_out_longer_than_it_is_is_an_error(made, tmp_path: Path) -> None:
    film, out = made / "plain.mkv", tmp_path / "audio.flac"
    probed = probing.probe(film, LIMITS)
    track = replace(probed.streams[1], end_ms=4000)
    with pytest.raises(Problem, match="its cues would be late"):
        audio_file.extract_audio(film, probed, track, out, LIMITS, lambda *_: None)
    assert not list(tmp_path.iterdir())


def test_a_change_of_format_is_read_in_what_ffmpeg_says():
    refused = "[graph_0_in_0_1 @ 0x55] Changing audio frame properties on the fly is not supported."
    assert audio_file.changes_format(["Guessed channel layout", refused])
    assert not audio_file.changes_format(["[mp2 @ 0x55] Header missing", ""])


@pytest.mark.parametrize(("channels", "steps"), [((6, 2), 2), ((2, 2), 1)])
def test_a_sound_is_decoded_in_two_steps_only_where_its_format_changes(channels, steps, tmp_path):
    """AC-3, whose changes only a decoder sees."""
    parts = [tmp_path / "1.ts", tmp_path / "2.ts"]
    for n, (path, count) in enumerate(zip(parts, channels, strict=True)):
        ffmpeg.run([
            *films.lavfi("sine=440:r=48000:d=2"), "-ac", str(count), "-c:a", "ac3",
            "-output_ts_offset", str(2 * n), "-muxdelay", "0", str(path),
        ])  # fmt: skip
    film = tmp_path / "film.ts"
    film.write_bytes(b"".join(path.read_bytes() for path in parts))
    probed, commands = probing.probe(film, LIMITS), []
    with ffmpeg.recorded(lambda ffmpeg: commands.append(ffmpeg[-1])):
        length = audio_file.extract_audio(
            film, probed, probed.streams[0], tmp_path / "audio.flac", LIMITS, lambda *_: None
        )
    assert length == pytest.approx(4000, abs=60)
    assert [" | " in command for command in commands] == [False, True][:steps]


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (44_100, 1), (11_025, 2)])
def test_sound_that_is_read_in_parts_has_the_same_samples(
    tmp_path: Path, rate: int, channels: int
) -> None:
    """Whichever part is read first, and where the channels cancel each other out."""
    random = np.random.default_rng(1)
    sound = 0.1 * random.standard_normal((round(131.7 * rate), channels))
    sound[: 70 * rate, -1] = -sound[: 70 * rate, 0]
    flac = tmp_path / "sound.flac"
    soundfile.write(flac, sound, rate, subtype="PCM_16")
    for apart in {False, channels == 2}:
        whole = audio_file.read_speech_audio(flac, apart=apart)
        parts = audio_file.read_speech_audio(flac, apart=apart, in_parts=True)
        assert len(parts) == len(whole)
        for start, end in ((2_000_000, 2_200_000), (950_000, 970_001), (0, 10), (0, len(whole))):
            assert np.array_equal(parts[start:end], whole[start:end])
    blocks = list(audio_file.speech_blocks(flac, from_s=59, most=40_000))
    assert [len(block) for block in blocks] == [16_000, 16_000, 8000]
    mixed = audio_file.read_speech_audio(flac)
    assert np.array_equal(np.concatenate(blocks), mixed[59 * 16_000 : 59 * 16_000 + 40_000])
    assert audio_file.speech_samples(flac) == len(mixed)


@pytest.mark.parametrize("start", [0, 1, 4607, 4608, 100_000, 219_999, 220_000])
def test_samples_are_read_from_any_one_on(tmp_path: Path, start: int) -> None:
    sound = np.random.default_rng(1).integers(-9000, 9000, (220_000, 2)).astype(np.int16)
    soundfile.write(tmp_path / "sound.flac", sound, 22_050, subtype="PCM_16")
    blocks = [np.zeros((2, 0), np.int16), *audio_file.sound_blocks(tmp_path / "sound.flac", start)]
    assert np.array_equal(np.concatenate(blocks, axis=1), sound[start:].T)
