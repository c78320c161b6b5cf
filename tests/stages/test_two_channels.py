"""A speaker in each channel: both are heard, also while they talk at once, and a copy only once."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from house import DATA, House

from lineage import Manifest

pytestmark = pytest.mark.heavy
LEFT, RIGHT = "two_cities", "names"


def stereo(path: Path, left: np.ndarray, right: np.ndarray, rate: int) -> None:
    longest = max(len(left), len(right))
    both = [np.pad(side, (0, longest - len(side))) for side in (left, right)]
    random = np.random.default_rng(1)
    hiss = 0.0005 * random.standard_normal((longest, 2))
    soundfile.write(path, np.stack(both, axis=1) + hiss, rate, subtype="PCM_16")


def transcript(house: House, job: str, stage: str = "07_alignment") -> dict[str, Any]:
    path = house.path / f"out/{job}/{stage}/transcript.json"
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


def said(segments: list[dict[str, Any]], channel: int) -> str:
    return " ".join(s["text"] for s in segments if s["channel"] == channel).lower()


def test_two_who_talk_at_once_are_both_in_the_film(
    tmp_path: Path,
    models: Path,  # noqa: ARG001 - the store must be there
) -> None:
    house = House(tmp_path / "house")
    (left, rate), (right, _) = (soundfile.read(DATA / f"{name}.flac") for name in (LEFT, RIGHT))
    left, right = left[: 22 * rate], np.concatenate([np.zeros(2 * rate), right])
    right = np.pad(right, (0, max(0, len(left) - len(right))))[: len(left)]
    stereo(house.path / "in/two.flac", left + 0.08 * right, right + 0.08 * left, rate)
    stereo(house.path / "in/once.flac", left, left, rate)
    (house.path / "channels.yaml").write_text("demux: {channels: separate}\n")
    wanted = ["out/two/10_mux/final.mkv", "out/once/07_alignment/transcript.json"]
    english = ["--config", "source_language=en", "target_languages=[en, pt]"]
    house.run(*wanted, "--configfile", "channels.yaml", *english)
    segments = transcript(house, "two")["segments"]
    assert [s["start_ms"] for s in segments] == sorted(s["start_ms"] for s in segments)
    first, second = said(segments, 0), said(segments, 1)
    for words, there, elsewhere in (
        (("best of times", "season of", "despair"), first, second),
        (("good morning", "waited for an hour", "taken the horses"), second, first),
    ):
        assert all(each in there and each not in elsewhere for each in words), (there, elsewhere)
    portuguese = transcript(house, "two", "08_translation/pt")["segments"]
    assert [s["start_ms"] for s in portuguese] == sorted(s["start_ms"] for s in portuguese)
    assert sum(len(s["source_words"]) for s in portuguese) == sum(len(s["words"]) for s in segments)
    cues = json.loads((house.path / "out/two/09_subtitle_gen/en/cues.json").read_text("utf-8"))
    shown = [cue["words"] for cue in cues["cues"]]
    assert sorted(w for words in shown for w in words) == [
        word["id"] for s in segments for word in s["words"]
    ]
    assert all(
        a["end_ms"] <= b["start_ms"] for a, b in zip(cues["cues"], cues["cues"][1:], strict=False)
    )
    once = transcript(house, "once")["segments"]
    assert {s["channel"] for s in once} == {0}
    assert said(once, 0).count("best of times") == 1
    log = (house.path / "out/once/05_pyannote_vad/stage.log").read_text("utf-8")
    assert "both say the same, or one nothing: one is heard" in log
    # A word that is not said changes nothing, and nothing is listened to again.
    (house.path / "terms.csv").write_text("en,pt\nguillotine,guilhotina\n", "utf-8")
    with (house.path / "channels.yaml").open("a") as more:
        more.write("glossary: {files: [terms.csv]}\n")
    before = [transcript(house, "two", stage) for stage in ("06_asr", "07_alignment")]
    house.run(*wanted, "--configfile", "channels.yaml", *english)
    assert before == [transcript(house, "two", stage) for stage in ("06_asr", "07_alignment")]
    for stage in ("06_asr", "07_alignment"):
        notes = Manifest.load(house.path / f"out/two/{stage}/manifest.json").notes
        assert notes["reused"] >= 2  # both channels


def test_a_text_is_placed_in_both_channels_together(
    tmp_path: Path,
    models: Path,  # noqa: ARG001 - the store must be there
) -> None:
    house = House(tmp_path / "house")
    (left, rate), (right, _) = (soundfile.read(DATA / f"{name}.flac") for name in (LEFT, RIGHT))
    left = left[: 13 * rate]
    right = np.concatenate([np.zeros(13 * rate), right[: 6 * rate]])
    stereo(house.path / "in/noted.flac", left, right, rate)
    (house.path / "in/noted.en.srt").write_text(
        "1\n00:00:01,160 --> 00:00:02,600\nIt was the best of times,\n\n"
        "2\n00:00:10,700 --> 00:00:12,900\nit was the epoch of incredulity,\n\n"
        "3\n00:00:13,100 --> 00:00:15,000\nGood morning.\n"
    )
    (house.path / "channels.yaml").write_text("demux: {channels: separate}\n")
    house.run(
        "out/noted/07_alignment/transcript.json", "--configfile", "channels.yaml", "--config",
        "source_language=en", "separation={when: never}",
    )  # fmt: skip
    segments = transcript(house, "noted")["segments"]
    assert [s["aligner"] for s in segments] == ["phonemes"] * 3
    assert [s.get("channel") for s in segments] == [None] * 3
