"""Applause: from a model of YAMNet's inputs and outputs. The real weights are on a hub alone; what
stands in for them calls loud sound applause."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from house import DATA
from stage_runner import run

from lineage import sha256
from lineage.problem import Problem
from subtitling import documents, shards
from subtitling.documents import Event, Events
from subtitling.shards import Stretch
from subtitling.sound import noises
from subtitling.sound.events import EventOptions

OPTIONS = EventOptions(onset=0.5, offset=0.3, min_event_ms=200, min_gap_ms=480, singing_ms=1000)


# Columns of no matter for the names of all classes, but for those of applause.
OTHERS = {name for kind, names in noises.KINDS.items() if kind != "applause" for name in names}
NAMES = {58: "Clapping", 62: "Applause", **{100 + n: name for n, name in enumerate(sorted(OTHERS))}}


class Loud(torch.nn.Module):
    """Probabilities of 521 classes each 0.48 s: that of applause is how loud it is."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = torch.nn.AvgPool1d(15_600, stride=7_680)
        self.classes = torch.nn.Linear(1, 521, bias=False)
        torch.nn.init.zeros_(self.classes.weight)
        self.classes.weight.data[62] = 4

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        return self.classes(self.mean(waveform.abs()[None, None])[0].T).clamp(0, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model's folder, as the store has it."""
    from torch.onnx._internal import onnx_proto_utils

    folder = tmp_path_factory.mktemp("yamnet")
    made = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        # It looks for functions that this network has not, with a package that is not installed.
        patch.setattr(onnx_proto_utils, "_add_onnxscript_fn", lambda model, _: model)
        torch.onnx.export(
            Loud(), (torch.zeros(46_800),), made, dynamo=False,
            input_names=["waveform"], output_names=["scores"], dynamic_axes={"waveform": {0: "n"}},
        )  # fmt: skip
    (folder / "yamnet.onnx").write_bytes(made.getvalue())
    class_map(folder, NAMES)
    return folder


def class_map(folder: Path, named: dict[int, str]) -> Path:
    rows = [f'{n},/m/{n},"{named.get(n, f"Sound {n}")}"' for n in range(521)]
    path = folder / "yamnet_class_map.csv"
    path.write_text("\n".join(["index,mid,display_name", *rows]), "utf-8")
    return path


def blocks(sound: np.ndarray, size: int = 16_000) -> Iterator[Any]:
    yield from (sound[at : at + size].astype(np.float32) for at in range(0, len(sound), size))


def silence_but(seconds: float, *loud: tuple[float, float]) -> np.ndarray:
    sound = np.zeros(round(seconds * 16_000), np.float32)
    for start, end in loud:
        sound[round(start * 16_000) : round(end * 16_000)] = 0.25
    return sound


def noises_of(folder: Path, sound: np.ndarray, size: int = 16_000) -> list[Event]:
    part = Stretch(0, len(sound))
    scores = noises.heard(blocks(sound, size), part, folder, lambda *_: None)
    return noises.events(scores, len(sound) // 16, OPTIONS)


def test_applause_is_found_where_it_is_whatever_the_blocks(folder: Path) -> None:
    sound = silence_but(300, (20, 26), (118, 125), (299, 300))
    whole = noises_of(folder, sound)
    assert [event.kind for event in whole] == ["applause", "applause", "applause"]
    edges = [(round(e.start_ms / 1000, 1), round(e.end_ms / 1000, 1)) for e in whole]
    for (start, end), (true_start, true_end) in zip(
        edges, [(20, 26), (118, 125), (299, 300)], strict=True
    ):
        assert start == pytest.approx(true_start, abs=0.5)
        assert end == pytest.approx(true_end, abs=0.5)
    assert noises_of(folder, sound, 777) == whole
    assert noises_of(folder, sound, 5_000_000) == whole


@pytest.mark.parametrize("seconds", [100, 120.5, 365.0, 480.495])
def test_shards_hear_what_the_whole_hears(folder: Path, seconds: float) -> None:
    sound = silence_but(seconds, (20, 26), (60, 62), (90, 99))

    def scores(part: Stretch) -> np.ndarray:
        own = blocks(sound[part.start : part.end])
        return noises.heard(own, part, folder, lambda *_: None)

    whole = scores(Stretch(0, len(sound)))
    for number in (2, 3, 8):
        parts = [shards.stretch_of(n, len(sound), noises.GRID) for n in shards.names(number)]
        assert np.array_equal(np.concatenate([scores(part) for part in parts]), whole)


def test_a_bang_is_no_applause_and_a_film_of_a_moment_is_no_error(folder: Path) -> None:
    assert noises_of(folder, silence_but(10, (4, 4.3))) == []
    assert noises_of(folder, silence_but(0.2)) == []
    assert noises_of(folder, np.zeros(0)) == []


def test_a_model_of_another_kind_is_told(folder: Path, tmp_path: Path) -> None:
    columns = noises.columns_of(folder / "yamnet_class_map.csv")
    assert columns["applause"] == [62, 58]
    assert {NAMES[column] for column in columns["crying"]} == {
        "Crying, sobbing", "Baby cry, infant cry", "Wail, moan"
    }  # fmt: skip
    with pytest.raises(Problem, match=r"has no class Applause: it is not YAMNet's"):
        noises.columns_of(class_map(tmp_path, {**NAMES, 62: "Other"}))


def test_events_of_other_kinds_stand_among_the_others_in_order_of_their_start() -> None:
    music, speech, claps = (
        Event("music", 0, 5000, 0.9), Event("speech", 7000, 9000, 0.9),
        Event("applause", 6000, 8000, 0.7),
    )  # fmt: skip
    assert Events(9000, (music, speech)).and_also([claps]).events == (music, claps, speech)


def test_the_stage_hears_applause_beside_speech(
    folder: Path,
    models: Path,
    tmp_path: Path,
    defaults: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {name: sha256(folder / name) for name in ("yamnet.onnx", "yamnet_class_map.csv")}
    documents.save(
        documents.StoredModel("yamnet", "test", None, "MIT", files), folder / "model.json"
    )
    detector = documents.load(documents.StoredModel, models / "fireredvad-aed" / "model.json")
    film = documents.Media("matroska", 3800, 25.0, (), documents.Audio(0, "", 0, 3800, ""))
    documents.save(film, Path("media.json"))
    chosen = {k: v for k, v in defaults["sound_events"].items() if k not in ("model", "noises")}
    manifest = run(
        "04_sound_events.py",
        "out/tale/04_sound_events",
        {
            "media": "media.json",
            "audio": str(DATA / "hindi_short.flac"),
            "model": str(models / "fireredvad-aed" / "model.json"),
            "noises": str(folder / "model.json"),
        },
        {"events": "events.json"},
        model={"name": detector.name, "files": detector.files},
        noises={"name": "yamnet", "files": files},
        # What stands in for the model takes speech, which is loud, for applause.
        options=chosen | {"onset": 0.2, "offset": 0.1},
    )
    assert [each["name"] for each in manifest.models] == ["fireredvad-aed", "yamnet"]
    detected = documents.load(documents.Events, Path("out/tale/04_sound_events/events.json"))
    assert {event.kind for event in detected.events} == {"speech", "applause"}
    assert manifest.notes["heard_ms"]["applause"] == detected.length_ms("applause") > 1000
