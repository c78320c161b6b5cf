"""pyannote's own pipeline, put together from a folder: the published networks with random weights,
since the real ones are gated. What they make of a film can only be right by chance; that they are
read, heard and asked for less where memory runs out is what these tests hold."""

import pickle
import tempfile
from pathlib import Path
from typing import Any

# Reads the environment when it is imported, which the stage sets to offline.
import huggingface_hub.constants  # noqa: F401
import numpy as np
import pytest
import torch
import yaml
from house import DATA
from stage_runner import run

from lineage import sha256
from lineage.problem import Problem
from subtitling import documents
from subtitling.media import audio_file
from subtitling.media.audio_file import SPEECH_RATE, Sound
from subtitling.runtime import checkpoints
from subtitling.speakers import pyannote_pipeline
from subtitling.speakers.clustering import ClusteringOptions

SETTINGS: dict[str, Any] = {
    "pipeline": {
        "name": "pyannote.audio.pipelines.SpeakerDiarization",
        "params": {
            "clustering": "VBxClustering",
            "embedding": "$model/embedding",
            "embedding_exclude_overlap": True,
            "plda": "$model/plda",
            "segmentation": "$model/segmentation",
        },
    },
    "params": {
        "clustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8},
        "segmentation": {"min_duration_off": 0.0},
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline's folder as the hub has it, its segmentation small."""
    import random_voices
    from pyannote.audio.core.task import Problem as Task
    from pyannote.audio.core.task import Resolution, Specifications
    from pyannote.audio.models.embedding import WeSpeakerResNet34

    folder = tmp_path_factory.mktemp("random") / "models" / "pyannote-community-1"
    torch.manual_seed(3)
    rng = np.random.default_rng(3)
    random_voices.segmentation(folder / "segmentation" / "pytorch_model.bin", certainty=5)
    embedding = WeSpeakerResNet34()
    embedding.specifications = Specifications(
        problem=Task.REPRESENTATION, resolution=Resolution.CHUNK, duration=5.0
    )
    (folder / "embedding").mkdir()
    hyperparameters = dict(embedding.hparams)
    random_voices.save(folder / "embedding" / "pytorch_model.bin", embedding, hyperparameters)
    (folder / "plda").mkdir()
    np.savez(
        folder / "plda" / "xvec_transform.npz",
        mean1=rng.normal(size=256), mean2=rng.normal(size=128), lda=rng.normal(size=(256, 128)),
    )  # fmt: skip
    np.savez(
        folder / "plda" / "plda.npz",
        mu=rng.normal(size=128), tr=rng.normal(size=(128, 128)), psi=rng.uniform(0.1, 9, 128),
    )  # fmt: skip
    (folder / "config.yaml").write_text(yaml.safe_dump(SETTINGS), "utf-8")
    names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    files = {name: sha256(folder / name) for name in sorted(names)}
    stored = documents.StoredModel("pyannote-community-1", "test", None, "CC-BY-4.0", files)
    documents.save(stored, folder / "model.json")
    return folder


@pytest.fixture(scope="module")
def sound() -> Sound:
    """Eleven seconds: two windows."""
    whole = audio_file.read_speech_audio(DATA / "hindi_short.flac")
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the sound keeps it open
    file.write(whole[: 11 * SPEECH_RATE].tobytes())
    file.flush()
    return Sound(file)


@pytest.fixture(scope="module")
def whole(folder: Path, sound: Sound, defaults: dict[str, Any]) -> documents.Speakers:
    """The pipeline's turns for the whole sound."""
    return pyannote_pipeline.speakers([folder], sound, options(defaults), "cpu", nothing, nothing)


def options(defaults: dict[str, Any], **changed: Any) -> ClusteringOptions:
    own = ("model", "segmentation", "names")
    kept = {key: value for key, value in defaults["speakers"].items() if key not in own}
    return ClusteringOptions(**kept | changed)


def nothing(*_: Any) -> None:
    """Nobody listens."""


def test_turns_lie_in_the_film_and_none_is_certain(whole: documents.Speakers, sound: Sound) -> None:
    assert whole.turns
    assert all(0 <= t.start_ms < t.end_ms <= sound.duration_ms for t in whole.turns)
    assert all(0 < t.confidence < 1 for t in whole.turns)
    assert [s.id for s in whole.speakers] == [f"s{n + 1}" for n in range(len(whole.speakers))]
    assert whole.turns[0].speaker == "s1"


def test_as_many_speakers_are_told_apart_as_are_asked_for_and_progress_is_told(
    folder: Path, sound: Sound, defaults: dict[str, Any]
) -> None:
    reports: list[tuple[float, float]] = []
    asked = options(defaults, min_speakers=2, max_speakers=2, min_turn_ms=0)
    speakers = pyannote_pipeline.speakers(
        [folder], sound, asked, "cpu", nothing, lambda *at: reports.append(at)
    )
    assert [s.id for s in speakers.speakers] == ["s1", "s2"]
    assert reports and all(0 <= done <= total for done, total in reports)


def test_no_more_speakers_are_told_apart_than_there_are_voices(
    folder: Path, sound: Sound, defaults: dict[str, Any]
) -> None:
    asked = options(defaults, min_speakers=40)
    speakers = pyannote_pipeline.speakers([folder], sound, asked, "cpu", nothing, nothing)
    assert 1 <= len(speakers.speakers) < 40
    with pytest.raises(Problem, match=r"min_speakers is 3, more than speakers\.max_speakers, 2"):
        options(defaults, min_speakers=3, max_speakers=2)


def test_where_memory_runs_out_less_is_heard_at_once_and_the_turns_are_the_same(
    folder: Path,
    sound: Sound,
    whole: documents.Speakers,
    defaults: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = pyannote_pipeline.pipeline

    def small(folder: Path) -> Any:
        """As on a GPU with room for two windows."""
        made = real(folder)
        network = made._embedding.model_
        forward = network.forward

        def guarded(waveforms: torch.Tensor, weights: Any = None) -> Any:
            if len(waveforms) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return forward(waveforms, weights=weights)

        network.forward = guarded
        return made

    monkeypatch.setattr(pyannote_pipeline, "pipeline", small)
    steps: list[tuple[Any, ...]] = []
    speakers = pyannote_pipeline.speakers(
        [folder], sound, options(defaults), "cpu", lambda *step: steps.append(step[:3]), nothing
    )
    assert steps == [("batch", 8, 4), ("batch", 4, 2)]
    assert [(t.start_ms, t.end_ms, t.speaker) for t in speakers.turns] == [
        (t.start_ms, t.end_ms, t.speaker) for t in whole.turns
    ]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("pipeline", "name"), "os.system", r"os\.system with VBxClustering"),
        (("pipeline", "params", "clustering"), "KMeansClustering", "with KMeansClustering"),
        (("preprocessors",), "audio", "and preprocessors"),
        (("pipeline", "params", "segmentation_step"), "0.2", "and segmentation_step"),
    ],
)
def test_settings_that_ask_for_other_code_are_refused(
    tmp_path: Path, path: tuple[str, ...], value: str, said: str
) -> None:
    settings = yaml.safe_load(yaml.safe_dump(SETTINGS))
    place = settings
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    with pytest.raises(Problem, match=rf"{said}.*set speakers\.model to it, or to campplus"):
        pyannote_pipeline.pipeline(tmp_path)


class Bomb:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    bomb = tmp_path / "went off"
    torch.save({"hyper_parameters": Bomb(bomb)}, tmp_path / "pytorch_model.bin")
    with pytest.raises(Problem, match="no WeSpeakerResNet34 that can be read safely"):
        checkpoints.load(tmp_path / "pytorch_model.bin", "WeSpeakerResNet34")
    assert not bomb.exists()
    pickle.loads(pickle.dumps(Bomb(bomb)))
    assert bomb.exists(), "the bomb of this test is a dud"


def test_the_stage_hears_a_film_by_the_pipeline_alone(
    tmp_path: Path, folder: Path, defaults: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stored = documents.load(documents.StoredModel, folder / "model.json")
    own = ("model", "segmentation", "names")
    flac = str(DATA / "hindi_short.flac")
    out = "out/tale/05_speakers"
    manifest = run(
        "05_speakers.py",
        out,
        {"sound": flac, "audio": flac, "models": [str(folder / "model.json")]},
        {"speakers": "speakers.json"},
        models=[{"name": stored.name, "files": stored.files}],
        options={k: v for k, v in defaults["speakers"].items() if k not in own},
        device="cpu",
    )
    assert manifest.status == "success"
    assert [each["name"] for each in manifest.models] == ["pyannote-community-1"]
    speakers = documents.load(documents.Speakers, Path(out, "speakers.json"))
    assert manifest.notes["turns"] == len(speakers.turns) > 0
