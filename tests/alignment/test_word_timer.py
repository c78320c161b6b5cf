"""Word times by the real engines, with and without those of a last run."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from house import DATA

from subtitling.alignment import word_times
from subtitling.alignment.aligners.phonemes import Phonemes
from subtitling.alignment.word_timer import Timer
from subtitling.documents import Region, Segment
from subtitling.media import audio_file
from subtitling.media.audio_file import read_speech_audio
from subtitling.options import selected
from subtitling.recognition import whisper
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.runtime.kept_answers import KeptAnswers

QUIET: Any = lambda *_: None  # noqa: E731
READING = DATA / "two_cities.flac"
REGIONS = [Region(f"r{n}", n * 2500, n * 2500 + 2400, 0.9) for n in range(4)]
SEGMENTS = [
    Segment("g1", 0, 2400, "It was the best of times,", (), 0.9, ("r0",)),
    Segment("g2", 2500, 4900, "it was the worst of times,", (), 0.9, ("r1",)),
    Segment("g3", 5000, 9900, "it was the age of wisdom, of foolishness", (), 0.9, ("r2", "r3")),
    # Nobody says as much in so short a time.
    Segment("g4", 0, 2400, "unaccountably " * 40, (), 0.9, ("r0",)),
]  # fmt: skip


class Engines:
    """What a stage gives a timer, and the segments that the engines were asked for."""

    def __init__(self, models: Path, defaults: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
        self.asked: list[str] = []
        options = RecognitionOptions(**selected(RecognitionOptions, defaults["asr"]))
        self.recogniser = whisper.Whisper(models / "whisper-base", "cpu", 2, options, QUIET)
        self.options = defaults["alignment"]
        for name in ("align", "attend"):
            monkeypatch.setattr(word_times, name, self.counted(getattr(word_times, name)))

    def counted(self, made: Any) -> Any:
        def place(engine: Any, audio: Any, segments: Sequence[Segment], *rest: Any) -> Any:
            self.asked += [segment.id for segment in segments]
            return made(engine, audio, segments, *rest)

        return place

    def timer(self, kept: KeptAnswers, aligner: str = "auto") -> Timer:
        params = SimpleNamespace(
            engine="whisper", model={"name": "whisper-base"}, models=[],
            options={**self.options, "aligner": aligner}, device="cpu",
        )  # fmt: skip
        io: Any = SimpleNamespace(
            params=params, input=SimpleNamespace(models=[]), threads=2, progress=QUIET,
            degrade=QUIET, log=SimpleNamespace(warning=QUIET),
        )  # fmt: skip
        timer = Timer(io, read_speech_audio(READING, in_parts=True), "en", kept)
        timer.__dict__["_engine_itself"] = self.recogniser
        return timer


@pytest.fixture
def engines(models: Path, defaults: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Engines:
    return Engines(models, defaults, monkeypatch)


def never(*_: object, **__: object) -> None:
    raise AssertionError("is not needed")


def last(kept: KeptAnswers, about: object = None) -> KeptAnswers:
    """What a next run takes from the answers of this one, by way of its file."""
    return KeptAnswers(about, json.loads(json.dumps(kept.answers)))


@pytest.mark.parametrize("aligner", ["auto", "attention"])
def test_what_the_last_run_placed_stays_to_the_letter(
    engines: Engines, aligner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = KeptAnswers()
    timed = engines.timer(first, aligner).timed(SEGMENTS, REGIONS)
    assert [s.aligner for s in timed[:3]] == ["phonemes" if aligner == "auto" else aligner] * 3
    assert first.reused == 0 and set(engines.asked) == {"g1", "g2", "g3", "g4"}
    engines.asked.clear()
    again = last(first)
    # Neither a model nor the sound is needed.
    with monkeypatch.context() as nothing:
        nothing.setattr(Phonemes, "__init__", never)
        nothing.setattr(whisper.Whisper, "_loaded", never)
        nothing.setattr(audio_file.SoundInParts, "_decode", never)
        assert engines.timer(again, aligner).timed(SEGMENTS, REGIONS) == timed
    assert engines.asked == [] and again.reused == len(first.answers)
    assert json.dumps(again.answers, sort_keys=True) == json.dumps(first.answers, sort_keys=True)


@pytest.mark.parametrize("aligner", ["auto", pytest.param("attention", marks=pytest.mark.heavy)])
def test_only_what_is_placed_in_another_way_is_placed_anew(engines: Engines, aligner: str) -> None:
    some = SEGMENTS[:3]
    first = KeptAnswers()
    engines.timer(first, aligner).timed(some, REGIONS)
    changed = [some[0], replace(some[1], text="it was the worst of all times,"), some[2]]
    elsewhere = [*REGIONS[:3], replace(REGIONS[3], end_ms=9700)]
    for segments, regions, asked in (
        (changed, REGIONS, ["g2"]),
        (some, elsewhere, ["g3"]),
        ([replace(some[0], id="h1"), some[1]], REGIONS, []),
        ([replace(some[0], language="pt")], REGIONS, ["g1"]),
    ):
        engines.asked.clear()
        fresh = engines.timer(KeptAnswers(), aligner).timed(segments, regions)
        engines.asked.clear()
        assert engines.timer(last(first), aligner).timed(segments, regions) == fresh
        assert engines.asked == asked
    engines.asked.clear()
    engines.timer(last(first, "another sound"), aligner).timed(some, REGIONS)
    assert engines.asked == ["g1", "g2", "g3"]
