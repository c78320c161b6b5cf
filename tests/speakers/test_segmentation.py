"""The networks that hear voices: with random weights, and the real ones where marked heavy."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import av

# Reads the environment when it is imported, which the stage sets to offline.
import huggingface_hub.constants  # noqa: F401
import numpy as np
import pytest
import torch
from house import DATA, ROOT
from stage_runner import run

from lineage import sha256
from lineage.problem import Problem
from subtitling import documents
from subtitling.media import audio_file, containers
from subtitling.speakers import clustering, segmentation


class Held:
    """Sound in memory."""

    def __init__(self, sound: np.ndarray):
        self.sound = sound.astype(np.float32)

    def __len__(self) -> int:
        return len(self.sound)

    def __getitem__(self, wanted: slice) -> np.ndarray:
        return self.sound[wanted]


@pytest.fixture(scope="module")
def random_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both networks as they are published, small where they may be, with random weights, by name in
    a store of their own."""
    import random_voices

    from subtitling.speakers import campplus

    store = tmp_path_factory.mktemp("random") / "models"
    torch.manual_seed(3)
    files = {"segmentation": "pytorch_model.bin", "campplus": "campplus_cn_en_common.pt"}
    random_voices.segmentation(store / "segmentation" / files["segmentation"])
    (store / "campplus").mkdir()
    torch.save({
        # As it is after training, deviations are about 1 and what is added about 0.
        name: torch.ones(shape) if name.endswith("running_var")
        else torch.randn(shape) / max(1, np.prod(shape[1:])) ** 0.5
        for name, shape in campplus.shapes().items()
    }, store / "campplus" / files["campplus"])  # fmt: skip
    for name, file in files.items():
        sums = {file: sha256(store / name / file)}
        stored = documents.StoredModel(name, "test", None, "MIT", sums)
        documents.save(stored, store / name / "model.json")
    return {name: store / name / "model.json" for name in ("campplus", "segmentation")}


def listener(stored: dict[str, Path], batch: int = 4, degrade: Any = None) -> segmentation.Listener:
    return segmentation.Listener(
        stored["segmentation"].with_name("pytorch_model.bin"),
        stored["campplus"].with_name("campplus_cn_en_common.pt"),
        segmentation.Setting("cpu", batch),
        degrade or (lambda *_: None),
    )


def noise(seconds: float) -> Held:
    return Held(0.1 * np.random.default_rng(1).standard_normal(round(seconds * 16_000)))


def nothing(*_: float) -> None:
    """Progress that is discarded."""


def test_windows_cover_the_whole_sound_and_do_not_depend_on_the_batch(
    random_models: dict[str, Path],
) -> None:
    sound = noise(23.4)
    one, all_ = (
        listener(random_models, batch).frames(sound, 2500, nothing)  # type: ignore[arg-type]
        for batch in (1, 8)
    )
    assert one.ms(len(one.speak)) == pytest.approx(23_400, abs=40)
    assert np.array_equal(one.speak, all_.speak)
    assert np.array_equal(one.changes, all_.changes)


def test_a_voice_is_heard_the_same_alone_and_in_company(random_models: dict[str, Path]) -> None:
    sound = noise(8)
    heard = clustering.Frames(np.ones(470, np.float32), np.zeros(470, np.float32), 0, 16.875)
    cut = [(0, 100), (100, 200), (205, 210), (300, 420)]
    alone, together = (
        listener(random_models, batch).embeddings(sound, cut, heard, nothing)  # type: ignore[arg-type]
        for batch in (1, 4)
    )
    assert np.allclose(alone, together, atol=1e-5)
    assert np.allclose(np.linalg.norm(alone, axis=1), [1, 1, 0, 1], atol=1e-5)


def test_where_memory_runs_out_less_is_heard_at_once_and_nothing_is_lost(
    random_models: dict[str, Path],
) -> None:
    steps: list[tuple[Any, ...]] = []
    heard = listener(random_models, 4, lambda *step: steps.append(step[:3]))
    real = heard._segmentation

    class Small(torch.nn.Module):
        """As a GPU with room for one window."""

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            if len(batch) > 1:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return real(batch)

    heard._segmentation = Small()
    sound = noise(25)
    segmented = heard.frames(sound, 5000, nothing)  # type: ignore[arg-type]
    assert steps == [("batch", 4, 2), ("batch", 2, 1)]
    whole = listener(random_models).frames(sound, 5000, nothing)  # type: ignore[arg-type]
    assert np.array_equal(segmented.speak, whole.speak)


def test_after_the_smallest_batch_comes_the_cpu_and_then_nothing() -> None:
    steps = segmentation.ladder(segmentation.Setting("cuda", 2))
    assert [(step.device, step.batch) for step in steps] == [("cuda", 2), ("cuda", 1), ("cpu", 1)]
    assert segmentation.ladder(segmentation.Setting("cpu", 1)) == [segmentation.Setting("cpu", 1)]


def stage(
    folder: Path, flac: Path, stored: list[Path], defaults: dict[str, Any]
) -> documents.Speakers:
    """What the stage's script makes of a sound."""
    models = [documents.load(documents.StoredModel, path) for path in stored]
    own = ("model", "segmentation", "names")
    manifest = run(
        "05_speakers.py",
        str(folder),
        {"sound": str(flac), "audio": str(flac), "models": [str(path) for path in stored]},
        {"speakers": "speakers.json"},
        models=[{"name": each.name, "files": each.files} for each in models],
        options={k: v for k, v in defaults["speakers"].items() if k not in own},
        device="cpu",
    )
    assert manifest.status == "success"
    assert [each["name"] for each in manifest.models] == [each.name for each in models]
    speakers = documents.load(documents.Speakers, folder / "speakers.json")
    assert manifest.notes["turns"] == len(speakers.turns)
    return speakers


def test_the_stage_writes_turns_that_lie_in_the_film(
    tmp_path: Path,
    random_models: dict[str, Path],
    defaults: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    speakers = stage(
        Path("out/tale/05_speakers"), DATA / "hindi_short.flac",
        [random_models["campplus"], random_models["segmentation"]], defaults,
    )  # fmt: skip
    with containers.opened(DATA / "hindi_short.flac") as container:
        assert speakers.duration_ms == pytest.approx(container.duration / 1000, abs=1)
    assert all(0 <= t.start_ms < t.end_ms <= speakers.duration_ms for t in speakers.turns)
    assert {t.speaker for t in speakers.turns} == {s.id for s in speakers.speakers}


def test_weights_of_another_network_are_refused(random_models: dict[str, Path]) -> None:
    from subtitling.speakers import campplus

    with pytest.raises(Problem, match=r"pytorch_model\.bin holds no CAM\+\+"):
        campplus.CamPlus(random_models["segmentation"].with_name("pytorch_model.bin"))


def test_a_segmentation_of_another_kind_is_refused_with_the_one_to_take(
    random_models: dict[str, Path], models: Path
) -> None:
    with pytest.raises(Problem, match=r"set speakers\.segmentation to pyannote-segmentation-3"):
        segmentation.Listener(
            models / "pyannote-segmentation" / "pytorch_model.bin",
            random_models["campplus"].with_name("campplus_cn_en_common.pt"),
            segmentation.Setting("cpu", 1),
            lambda *_: None,
        )


@pytest.mark.heavy
def test_two_readers_are_two_speakers_and_each_is_known_again(
    tmp_path: Path, defaults: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ["campplus", "pyannote-segmentation-3"]
    stored = [ROOT / "models" / name / "model.json" for name in wanted]
    asked = [f"models/{name}/model.json" for name in wanted]
    subprocess.run([sys.executable, "-m", "snakemake", *asked], cwd=ROOT, check=True)
    sounds = [
        audio_file.read_speech_audio(DATA / name) for name in ("two_cities.flac", "hindi.flac")
    ]
    second, pause = 16_000, np.zeros(8_000, np.float32)
    turns = [sounds[n % 2][n // 2 * 5 * second : (n // 2 + 1) * 5 * second] for n in range(6)]
    whole = np.concatenate([part for turn in turns for part in (turn, pause)])
    monkeypatch.chdir(tmp_path)
    flac = tmp_path / "both.flac"
    with av.open(str(flac), "w") as container:
        stream = container.add_stream("flac", rate=second, layout="mono", format="s16")
        scaled = np.clip(whole * 32_767, -32_768, 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(scaled[None], format="s16", layout="mono")
        frame.sample_rate = second
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    speakers = stage(Path("out/tale/05_speakers"), flac, stored, defaults)
    middles = [n * 5500 + 2500 for n in range(6)]
    who = ["".join(sorted({t.speaker for t in speakers.turns if t.start_ms <= m + 1000
                           and t.end_ms >= m - 1000})) for m in middles]  # fmt: skip
    assert who == ["s1", "s2"] * 3
