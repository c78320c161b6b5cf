"""Speech models beside the engines they come from, and checkpoints that are none."""

import io
import os
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from house import DATA

from lineage.problem import Problem
from subtitling import shards
from subtitling.media import audio_file
from subtitling.media.audio_file import SPEECH_RATE
from subtitling.options import selected
from subtitling.sound import pyannet, speech_networks, vad
from subtitling.sound.speech_networks import Pyannote, Silero
from subtitling.sound.vad import VadOptions

CHECKPOINT = "pytorch_model.bin"


def quiet(*_: Any) -> None:
    pass


def scored(network: Any, sound: Any) -> vad.Scores:
    """The scores of a whole sound."""
    heard = network.heard(sound, network.pieces(len(sound), 2), 2, quiet)
    scores: vad.Scores = network.scores(heard, len(sound))
    return scores


def of_pyannote(network: Any, sound: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The scores of pyannote's own class."""
    import torch
    from pyannote.audio import Inference

    inference = Inference(
        network,
        step=speech_networks._STEP / SPEECH_RATE,
        pre_aggregation_hook=lambda scores: np.max(scores, axis=-1, keepdims=True),
    )
    answer = inference({"waveform": torch.from_numpy(sound)[None], "sample_rate": SPEECH_RATE})
    values: np.ndarray[Any, Any] = answer.data[:, 0]
    return values


@pytest.mark.heavy
@pytest.mark.parametrize("samples", [3000, 79_999, 80_000, 101_600, 101_601, 600_001])
@pytest.mark.parametrize("clip", ["hindi.flac", "two_cities.flac"])
def test_the_network_has_the_scores_of_pyannotes_own(
    models: Path, defaults: dict[str, Any], clip: str, samples: int
) -> None:
    from subtitling.runtime import checkpoints

    weights = models / "pyannote-segmentation" / CHECKPOINT
    sound = audio_file.read_speech_audio(DATA / clip)[:samples]
    theirs = of_pyannote(checkpoints.load(weights, "PyanNet"), sound)
    scores = scored(Pyannote(weights), sound)
    assert scores.values.shape == theirs.shape
    # In 32 bits, torch itself is up to 0.002 from what it has in 64.
    assert np.abs(scores.values - theirs).max() < 5e-3
    assert np.abs(scores.values - theirs).mean() < 1e-4
    options = VadOptions(**selected(VadOptions, defaults["vad"]))
    assert vad.speech(scores, options) == vad.speech(replace(scores, values=theirs), options)


@pytest.mark.heavy
def test_a_network_of_sets_of_voices_has_the_scores_of_pyannotes_own(tmp_path: Path) -> None:
    import random_voices

    from subtitling.runtime import checkpoints

    random_voices.segmentation(tmp_path / CHECKPOINT)
    network = checkpoints.load(tmp_path / CHECKPOINT, "PyanNet")
    sound = audio_file.read_speech_audio(DATA / "two_cities.flac")[:400_000]
    theirs = of_pyannote(network, sound)
    scores = scored(Pyannote(tmp_path / CHECKPOINT), sound)
    assert (np.abs(scores.values - theirs) > 1e-3).mean() < 0.01


@pytest.mark.parametrize("seconds", [0.3, 21.0])
def test_silero_has_the_scores_of_faster_whispers_own(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    import faster_whisper
    from faster_whisper.vad import SileroVADModel

    weights = Path(faster_whisper.__file__).parent / "assets" / "silero_vad_v6.onnx"
    sound = audio_file.read_speech_audio(DATA / "two_cities.flac")[: round(seconds * SPEECH_RATE)]
    theirs = SileroVADModel(str(weights))(np.pad(sound, (0, -len(sound) % 512))).reshape(-1)
    assert scored(Silero(weights), sound).values == pytest.approx(theirs, abs=1e-5)
    monkeypatch.setattr(speech_networks, "_SILERO_PIECE", 100 * 512)
    assert scored(Silero(weights), sound).values == pytest.approx(theirs, abs=1e-4)


def test_a_film_without_a_sample_has_no_score(models: Path) -> None:
    weights = models / "pyannote-segmentation" / CHECKPOINT
    nothing: Any = np.zeros(0, np.float32)
    assert len(scored(Pyannote(weights), nothing).values) == 0


def test_the_shards_of_a_sound_have_each_piece_once_and_about_as_much_work(models: Path) -> None:
    store = models / "pyannote-segmentation" / CHECKPOINT, models / "silero-vad"
    networks = [Pyannote(store[0]), Silero(store[1] / "silero_vad_v6.onnx")]
    samples = 3600 * SPEECH_RATE
    whole = [network.pieces(samples, 2) for network in networks]
    takes = []
    joined: list[list[range]] = [[], []]
    for name in shards.names(8):
        own = speech_networks.pieces_of(name, networks, samples, 2)
        for before, some in zip(joined, own, strict=True):
            before += some
        times = [n.takes_us(p, 2) for n, some in zip(networks, own, strict=True) for p in some]
        takes.append(sum(times))
    assert joined == whole
    assert len(whole[0]) == 167 and whole[1] == [range(0, samples, 512)]
    assert max(takes) < 1.2 * sum(takes) / 8
    assert networks[0].pieces(0, 2) == networks[1].pieces(0, 2) == []
    # So short that each of two threads gets one of two batches.
    assert [list(piece) for piece in networks[0].pieces(7 * SPEECH_RATE, 2)] == [
        [0, 21_600], [43_200],
    ]  # fmt: skip


class Runs:
    """Runs a command when it is read by pickle."""

    def __reduce__(self) -> Any:
        return os.system, ("touch ran",)


def archive(path: Path, content: Any, numbers: bytes = b"") -> Path:
    data = io.BytesIO()
    pickle.dump(content, data, protocol=2)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", data.getvalue())
        file.writestr("archive/data/0", numbers)
    return path


def test_nothing_of_a_checkpoint_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Problem, match="holds no PyanNet that can be read safely"):
        pyannet.read(archive(tmp_path / CHECKPOINT, {"state_dict": Runs()}))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [None, [], {}, {"pyannote.audio": 3}, {"pyannote.audio": {}}])
def test_a_checkpoint_of_something_else_is_named(tmp_path: Path, content: Any) -> None:
    with pytest.raises(Problem, match=r"pytorch_model\.bin holds no PyanNet"):
        pyannet.read(archive(tmp_path / CHECKPOINT, content))


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_a_file_that_is_no_archive_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(Problem, match=r"pytorch_model\.bin holds no PyanNet"):
        pyannet.read(tmp_path / CHECKPOINT)


def test_a_tensor_is_what_its_bytes_say() -> None:
    stored = np.arange(10, dtype="<f4")
    assert pyannet._tensor(stored, 2, (2, 3), (3, 1), False, None).tolist() == [
        [2, 3, 4], [5, 6, 7]
    ]  # fmt: skip
    for first, shape, strides in ((5, (2, 3), (3, 1)), (-1, (2,), (1,)), (0, (2, 3), (1, 2))):
        with pytest.raises(pickle.UnpicklingError, match="not stored row by row"):
            pyannet._tensor(stored, first, shape, strides)
