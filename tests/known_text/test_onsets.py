"""When speech begins out of quiet."""

import tempfile

import numpy as np
import pytest

from subtitling.known_text import onsets
from subtitling.media.audio_file import SPEECH_RATE, Sound


def sound(begins_ms: int, quiet: float, loud: float) -> Sound:
    """Three seconds of noise, louder for half a second."""
    chance = np.random.default_rng(1)
    level = np.full(3 * SPEECH_RATE, quiet)
    level[begins_ms * 16 : (begins_ms + 500) * 16] = loud
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the sound keeps it open
    file.write((chance.standard_normal(len(level)) * level).astype(np.float32).tobytes())
    file.flush()
    return Sound(file)


@pytest.mark.parametrize("edge_ms", [1203, 1150, 1337])
def test_an_onset_near_an_edge_is_exact(edge_ms: int) -> None:
    [onset] = onsets.onsets(sound(1237, 0.001, 0.1), [edge_ms])
    assert abs(onset - 1237) <= 1


@pytest.mark.parametrize(
    ("begins_ms", "quiet", "loud", "edge_ms"),
    [
        (1237, 0.05, 0.1, 1237),  # music before it
        (1237, 0.0, 0.0, 1237),
        (1237, 0.001, 0.1, 2700),  # nothing begins there
        (237, 0.001, 0.1, 237),  # too little before it
        (2990, 0.001, 0.1, 2999),  # a click at the end
    ],
)
def test_without_a_rise_out_of_quiet_there_is_none(
    begins_ms: int, quiet: float, loud: float, edge_ms: int
) -> None:
    assert onsets.onsets(sound(begins_ms, quiet, loud), [edge_ms, 10_000]) == []


def test_edges_of_one_onset_give_it_once() -> None:
    assert len(onsets.onsets(sound(1237, 0.001, 0.1), [1200, 1250])) == 1
