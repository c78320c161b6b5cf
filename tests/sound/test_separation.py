"""04_source_separation: where it pays, how pieces are put together, and the engines."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from house import DATA, ROOT

from lineage.problem import Problem
from subtitling import shards
from subtitling.documents import Event, Events, Piece
from subtitling.media import audio_file
from subtitling.media.audio_file import SoundFormat
from subtitling.sound import separation
from subtitling.sound.separation import SeparationOptions, StreamWindow

RATE = 1000
MONO = SoundFormat(RATE, 1, "s16")


@pytest.fixture
def auto(defaults: dict[str, Any]) -> SeparationOptions:
    section = {k: v for k, v in defaults["separation"].items() if k != "model"}
    return SeparationOptions(**section)


def heard(*rows: tuple[str, int, int]) -> Events:
    return Events(100_000, tuple(Event(kind, start, end, 0.9) for kind, start, end in rows))


def options(**changes: Any) -> SeparationOptions:
    values: dict[str, Any] = {
        "when": "always", "dialogue_mix": 0.25, "min_music_db": 0.0,
        "max_music_db": 20.0, "min_music_ms": 0, "max_gap_ms": 0, "piece_ms": 1000,
        "margin_ms": 100, "fade_ms": 20,
    }  # fmt: skip
    return SeparationOptions(**values | changes)


# Where


def test_only_music_is_taken_apart(auto: SeparationOptions) -> None:
    assert separation.plan(heard(("speech", 0, 9000), ("singing", 0, 9000)), 60_000, auto) == []
    assert separation.plan(heard(("music", 5000, 9000)), 60_000, auto) == [(5000, 9000)]


def test_a_jingle_is_let_be_and_a_pause_belongs_to_the_music(auto: SeparationOptions) -> None:
    assert separation.plan(heard(("music", 0, 1900)), 60_000, auto) == []
    music = heard(("music", 0, 1500), ("music", 2500, 4000))
    assert separation.plan(music, 60_000, auto) == [(0, 4000)]


def test_long_music_becomes_pieces_within_the_film(auto: SeparationOptions) -> None:
    assert separation.plan(heard(("music", 0, 50_000)), 40_000, auto) == [
        (0, 13_333), (13_333, 26_666), (26_666, 40_000)
    ]  # fmt: skip


def test_always_is_all_of_the_film_and_of_nothing_it_is_nothing() -> None:
    assert separation.plan(heard(), 1500, options()) == [(0, 750), (750, 1500)]
    assert separation.plan(heard(), 0, options()) == []


# Putting together


def film(samples: int, channels: int = 1) -> np.ndarray:
    noise = np.random.default_rng(7).integers(-9000, 9000, (channels, samples))
    return noise.astype(np.int16)


def run(
    sound: np.ndarray, planned: list[tuple[int, int]], given: SeparationOptions, share: float = 0.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Piece]]:
    """The three stems where the voice is a fixed share of the sound."""
    pieces: list[Piece] = []
    blocks = [sound[:, at : at + 37] for at in range(0, sound.shape[1], 37)]
    form = SoundFormat(RATE, len(sound), "s16")
    stems = list(
        separation.separate(
            lambda: StreamWindow(blocks, len(sound)), planned,
            lambda mix, inside: share * mix[:, inside], form, given, pieces.append,
        )
    )  # fmt: skip
    joined = (
        np.concatenate([getattr(s, name) for s in stems], axis=1)
        for name in ("vocals", "accompaniment", "dialogue")
    )
    vocals, accompaniment, dialogue = joined
    return vocals, accompaniment, dialogue, pieces


def test_outside_of_its_pieces_the_film_stays_as_it_is() -> None:
    sound = film(30_000, 2)
    vocals, accompaniment, dialogue, _ = run(sound, [(12_000, 13_000)], options())
    outside = np.r_[0:11_990, 13_010:30_000]
    assert np.array_equal(dialogue[:, outside], sound[:, outside])
    assert not vocals[:, outside].any()
    assert not accompaniment[:, outside].any()
    assert not np.array_equal(dialogue, sound)


def test_pieces_that_touch_have_no_seam() -> None:
    sound = film(5000)
    vocals, accompaniment, _, pieces = run(
        sound, [(0, 1000), (1000, 2000), (2000, 3500), (3500, 5000)], options()
    )
    assert np.abs(vocals - 0.5 * sound).max() <= 1
    assert np.abs(vocals.astype(int) + accompaniment - sound).max() <= 1
    assert len(pieces) == 4


def test_pieces_closer_than_a_fade_do_not_double() -> None:
    sound = film(3000)
    vocals, _, _, _ = run(sound, [(500, 1000), (1005, 2000)], options())
    assert np.abs(vocals).max() <= np.abs(0.5 * sound).max() + 1


def test_the_dialogue_has_the_voice_and_some_of_the_mix() -> None:
    sound = film(3000)
    _, _, dialogue, _ = run(sound, [(0, 3000)], options(dialogue_mix=0.25))
    assert np.abs(dialogue - sound * (0.5 + 0.25) / 1.25).max() <= 1


def test_soft_music_leaves_the_dialogue_alone_and_is_on_record() -> None:
    sound = film(3000)
    given = options(when="auto", min_music_db=3)
    _, _, dialogue, pieces = run(sound, [(1000, 2000)], given, share=0.5)
    assert pieces == [Piece(1000, 2000, 0.0, False)]
    assert np.array_equal(dialogue, sound)
    _, _, dialogue, pieces = run(sound, [(1000, 2000)], given, share=0.4)
    assert pieces == [Piece(1000, 2000, 3.5, True)]
    assert not np.array_equal(dialogue, sound)


def test_what_is_left_of_loud_music_is_no_voice() -> None:
    sound = film(3000)
    given = options(when="auto")
    assert run(sound, [(1000, 2000)], given, share=0.12)[3] == [Piece(1000, 2000, 17.3, True)]
    assert run(sound, [(1000, 2000)], given, share=0.08)[3] == [Piece(1000, 2000, 21.2, False)]


def test_levels_are_compared_while_the_voice_sounds() -> None:
    music = np.full((1, 1000), 0.2, np.float32)
    voice = music.copy()
    voice[:, 300:] = 1e-3
    assert separation.level_db(voice, music, 100) == 0.0
    assert separation.level_db(np.zeros((1, 1000), np.float32), music, 100) is None
    assert separation.level_db(voice[:, :30], music[:, :30], 100) == 0.0


def test_a_silent_piece_has_no_level_and_stays_silent() -> None:
    sound = np.zeros((1, 3000), np.int16)
    vocals, accompaniment, dialogue, pieces = run(sound, [(0, 3000)], options())
    assert pieces == [Piece(0, 3000, None, False)]
    assert not any(stem.any() for stem in (vocals, accompaniment, dialogue))


@pytest.mark.parametrize("length", [0, 1, 999, 1000, 1001, 2500])
def test_a_sound_that_ends_before_its_pieces_loses_nothing(length: int) -> None:
    sound = film(length)
    if length:
        _, _, dialogue, _ = run(sound, [(0, 1000), (1000, 2000), (2000, 3000)], options())
        assert dialogue.shape == sound.shape
    else:
        form = SoundFormat(RATE, 1, "s16")
        made = separation.separate(
            lambda: StreamWindow([], 1),
            [(0, 1000)],
            lambda mix, inside: mix[:, inside],
            form,
            options(),
            lambda _: None,
        )
        assert list(made) == []


@pytest.mark.parametrize("number", [1, 2, 3, 8])
def test_voices_that_shards_have_saved_give_the_same_stems(tmp_path: Path, number: int) -> None:
    """Of pieces that touch, of one after a gap, and of one in which the sound ends."""
    sound, given = film(11_000, 2), options(min_music_db=-99)
    planned = [(0, 1000), (1000, 2000), (2000, 3000), (5000, 6000), (10_500, 12_000)]
    form = SoundFormat(RATE, 2, "s16")

    def voice(mix: np.ndarray, inside: slice) -> np.ndarray:
        return np.cumsum(mix, axis=1, dtype=np.float32)[:, inside] / 100  # of all around it

    def stems(voice: separation.Voice) -> list[np.ndarray]:
        made = separation.separate(
            lambda: StreamWindow([sound], 2), planned, voice, form, given, lambda _: None
        )
        return [np.stack([each.vocals, each.accompaniment, each.dialogue]) for each in made]

    paths = []
    for name in shards.names(number):
        own = shards.part_of(name, planned, lambda span: span[1] - span[0])
        start = separation.first_sample(own, form, given) if own else 0
        tape = StreamWindow([sound[:, start:]], 2, start)
        paths.append(tmp_path / f"{name}.f32")
        pieces = separation.taken(tape, own, voice, form, given)
        assert separation.save_voices(pieces, paths[-1], lambda _: None) == len(own)
    whole, divided = stems(voice), stems(separation.SavedVoices(paths).voice)
    assert np.array_equal(np.concatenate(whole, axis=2), np.concatenate(divided, axis=2))
    with pytest.raises(Problem, match="fewer pieces than are planned"):
        stems(separation.SavedVoices(paths[: number // 2]).voice)
    paths[0].write_bytes(paths[0].read_bytes()[:-1] or b"x")
    with pytest.raises(Problem, match="ends within a piece; delete it and run again"):
        stems(separation.SavedVoices(paths).voice)


def test_full_scale_stays_within_the_format() -> None:
    sound = np.full((1, 3000), 32_767, np.int16)
    sound[:, ::2] = -32_768
    _, accompaniment, dialogue, _ = run(sound, [(0, 3000)], options(), share=-1.0)
    assert accompaniment.max() == 32_767
    assert accompaniment.min() == -32_768
    assert dialogue.dtype == np.int16


def test_a_tape_keeps_no_more_than_a_stretch() -> None:
    tape = StreamWindow((np.full((1, 10), n, np.int16) for n in range(1000)), 1)
    assert list(tape.stretch(15, 25)[0]) == [1] * 5 + [2] * 5
    assert list(tape.stretch(20, 22)[0]) == [2, 2]
    assert list(tape.stretch(9995, 20_000)[0]) == [999] * 5
    assert tape.stretch(20_000, 20_010).shape == (1, 0)


# Engines


class Cramped:
    """An engine on a GPU that has room for three seconds, or for nothing at all."""

    rate, longest_s = RATE, 8.0

    def __init__(self, room_s: float):
        self.room_s, self.device = room_s, "cuda"

    def to(self, device: str) -> None:
        self.device = device

    def vocals(self, mix: torch.Tensor, segment_s: float) -> torch.Tensor:
        if self.device == "cuda" and segment_s > self.room_s:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return mix


@pytest.mark.parametrize(
    ("room_s", "taken"),
    [
        (9.0, []),
        (3.0, [("segment_s", 8.0, 4.0), ("segment_s", 4.0, 2.0)]),
        (
            0.0,
            [
                *[("segment_s", 8.0, 4.0), ("segment_s", 4.0, 2.0)],
                *[("device", "cuda", "cpu"), ("segment_s", 2.0, 8.0)],
            ],
        ),
    ],
)
def test_where_memory_runs_out_segments_get_shorter_and_the_cpu_is_last(
    room_s: float, taken: list[tuple[Any, ...]]
) -> None:
    steps: list[tuple[Any, ...]] = []
    separator = separation.Separator(
        lambda: Cramped(room_s), "cuda", lambda *step: steps.append(step[:3])
    )
    sound = np.ones((1, 4000), np.float32)
    for _ in range(2):
        assert np.array_equal(separator.vocals(sound, RATE), sound)
    assert steps == taken


def tone(rate: int, channels: int, seconds: float = 2.0) -> np.ndarray:
    at = np.arange(int(rate * seconds)) / rate
    wave = 0.3 * np.sin(2 * np.pi * 440 * at) * (1 + np.sin(2 * np.pi * 5 * at)) / 2
    return np.tile(wave, (channels, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def spleeter(models: Path) -> separation.Separator:
    engine = separation.load(models / "spleeter-2stems", "cpu")
    return separation.Separator(lambda: engine, "cpu", lambda *_: None)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44_100, 2), (48_000, 2), (96_000, 1)])
def test_a_voice_has_the_shape_and_rate_of_its_sound(
    spleeter: separation.Separator, rate: int, channels: int
) -> None:
    sound = tone(rate, channels)
    voice = spleeter.vocals(sound, rate)
    assert voice.shape == sound.shape
    assert voice.dtype == np.float32
    assert np.abs(voice).max() <= 1


def test_silence_and_clipped_sound_go_through(spleeter: separation.Separator) -> None:
    silent = np.zeros((2, 44_100), np.float32)
    assert np.abs(spleeter.vocals(silent, 44_100)).max() < 1e-6
    clipped = np.clip(20 * tone(44_100, 2), -1, 1)
    assert np.isfinite(spleeter.vocals(clipped, 44_100)).all()


def test_the_voice_is_heard_and_the_instruments_are_not(spleeter: separation.Separator) -> None:
    speech = audio_file.read_speech_audio(DATA / "two_cities.flac")[:]
    speech = speech[2 * 16_000 : 8 * 16_000][None]
    kept = spleeter.vocals(speech, 16_000)
    assert separation.level_db(kept, speech - kept, 1600) < -10  # type: ignore[operator]
    chord = sum(tone(16_000, 1, 6.0) * np.float32(0.3) for _ in range(2))
    kept = spleeter.vocals(chord, 16_000)
    assert separation.level_db(kept, chord - kept, 1600) > 10  # type: ignore[operator]


def small_demucs(folder: Path) -> None:
    """The real architecture and file format, small and with random weights: the real ones are not
    to be had from a package index."""
    from demucs.htdemucs import HTDemucs
    from safetensors.torch import save_file

    size: dict[str, Any] = {"channels": 8, "depth": 4, "nfft": 1024, "t_layers": 1, "t_heads": 2}
    size |= {"bottom_channels": 16, "t_hidden_scale": 1.0, "segment": 2}
    torch.manual_seed(1)
    net = HTDemucs(sources=["drums", "bass", "other", "vocals"], **size)
    segment = {"_type": "fraction", "numerator": 2, "denominator": 1}
    stored = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": "[]",
        "kwargs": json.dumps({"sources": net.sources, **size, "segment": segment}),
    }
    save_file(net.state_dict(), folder / "small.safetensors", metadata=stored)


def test_demucs_takes_a_mix_apart_with_weights_from_a_local_folder(tmp_path: Path) -> None:
    small_demucs(tmp_path)
    engine = separation.load(tmp_path, "cpu")
    assert engine.longest_s == Fraction(2)
    separator = separation.Separator(lambda: engine, "cpu", lambda *_: None)
    sound = tone(48_000, 2, 2.5)
    voice = separator.vocals(sound, 48_000)
    assert voice.shape == sound.shape
    assert np.array_equal(voice, separator.vocals(sound, 48_000))  # no chance in it
    assert "demucs.api" not in sys.modules  # which would bring codecs of its own


MEASURED = """
import resource, sys
from pathlib import Path
sys.path[:0] = sys.argv[3].split(":")
from subtitling.media import audio_file, containers, ffmpeg
from subtitling.sound import separation
folder, minutes, weights = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[4])
options = separation.SeparationOptions("always", 0.25, 0, 20, 0, 0, 15_000, 2000, 200)
film = folder / f"{minutes}.flac"
ffmpeg.run(["-f", "lavfi", "-i", f"sine=300:r=16000:d={60 * minutes}", containers.url(film)])
engine = separation.Separator(lambda: separation.load(weights, "cpu"), "cpu", lambda *_: None)
form = audio_file.sound_format(film)
with audio_file.writing_sound(folder / "out.flac", form) as write:
    for stems in separation.separate(
        lambda: separation.StreamWindow(audio_file.sound_blocks(film), 1),
        separation.plan(None, 60_000 * minutes, options),
        engine.voice_at(form.rate), form, options, lambda _: None,
    ):
        write(stems.dialogue)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.heavy
def test_an_hour_takes_as_much_memory_as_ten_minutes(tmp_path: Path, models: Path) -> None:
    weights = models / "spleeter-2stems"
    root = ROOT
    ours = f"{root / 'scripts'}:{root}"
    ten, sixty = (
        int(
            subprocess.run(
                [sys.executable, "-c", MEASURED, tmp_path, str(minutes), ours, weights],
                check=True, capture_output=True, text=True,
            ).stdout
        )
        for minutes in (10, 60)
    )  # fmt: skip
    print(f"10 min: {ten / 1024:.0f} MB, 60 min: {sixty / 1024:.0f} MB")
    assert sixty < 1.1 * ten


# Files


@pytest.mark.parametrize("kind", ["s16", "s32"])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_written_is_read_to_the_bit(tmp_path: Path, kind: str, channels: int) -> None:
    form = SoundFormat(22_050, channels, kind)
    sound = np.random.default_rng(3).integers(-(1 << 15), 1 << 15, (channels, 10_001))
    stored = sound.astype(np.int16) if kind == "s16" else (sound << 16 | 0x700).astype(np.int32)
    with audio_file.writing_sound(tmp_path / "a.flac", form) as write:
        for at in range(0, 10_001, 999):
            write(stored[:, at : at + 999])
    assert audio_file.sound_format(tmp_path / "a.flac") == form
    read = np.concatenate(list(audio_file.sound_blocks(tmp_path / "a.flac")), axis=1)
    assert np.array_equal(read, stored)
    assert [p.name for p in tmp_path.iterdir()] == ["a.flac"]


def test_a_file_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    (tmp_path / ".a.flac.partial").write_bytes(b"left by a killed run")
    with (
        pytest.raises(ZeroDivisionError),
        audio_file.writing_sound(tmp_path / "a.flac", MONO) as write,
    ):
        write(np.zeros((1, 9000), np.int16))
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
