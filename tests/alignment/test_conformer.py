"""The phoneme recogniser by numpy, beside the engine of the package that carries it."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from house import DATA

from lineage.problem import Problem
from subtitling.alignment.aligners import conformer
from subtitling.media import audio_file

ASSETS = Path(str(resources.files("hama.assets")))


@pytest.mark.parametrize(
    ("recording", "start_ms", "end_ms"),
    [("hindi_short.flac", 0, 3000), ("two_cities.flac", 20_000, 21_001), ("hindi.flac", 500, 580)],
)
def test_phonemes_are_as_probable_as_by_the_packages_own_engine(
    recording: str, start_ms: int, end_ms: int
) -> None:
    from hama.asr import ASRModel

    sound = audio_file.read_speech_audio(DATA / recording)[16 * start_ms : 16 * end_ms]
    given = {"waveform": sound[None], "waveform_lengths": np.array([len(sound)])}
    answer, frames = ASRModel().session.run(["log_probs", "out_lengths"], given)
    expected = answer[0][: int(frames[0])]
    heard = conformer.read(ASSETS / "asr_waveform.hama").emissions(sound)
    assert heard.shape == expected.shape
    assert np.array_equal(heard.argmax(1), expected.argmax(1))
    assert np.allclose(np.exp(heard), np.exp(expected), atol=0.001)


def test_sound_longer_than_the_networks_is_heard_up_to_its_end() -> None:
    network = conformer.read(ASSETS / "asr_waveform.hama")
    assert network.emissions(np.zeros(16 * 30_010, np.float32)).shape == (1500, 191)


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        ((ASSETS / "encoder.hama").read_bytes(), "stft_real_kernel"),
        ((ASSETS / "asr_waveform.hama").read_bytes()[:200_000], "buffer"),
        (b"HAMAPK\x01", "unpack"),
        (b"ONNX", "does not begin as one"),
    ],
)
def test_a_file_that_holds_another_network_is_refused(
    tmp_path: Path, packed: bytes, why: str
) -> None:
    (tmp_path / "other.hama").write_bytes(packed)
    with pytest.raises(Problem, match=rf"other\.hama holds no .*{why}.*install the version"):
        conformer.read(tmp_path / "other.hama")
