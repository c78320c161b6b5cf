"""The stages with IndicConformer as their recogniser, by a small model that answers tones."""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import tiny_conformer
from stage_runner import run

from lineage import Manifest, sha256
from subtitling import documents
from subtitling.documents import Region
from subtitling.options import selected
from subtitling.recognition import indic_conformer
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.runtime import earlier

AT = [(0.5, 0.9, 0), (1.1, 1.3, 1), (1.3, 1.5, 2), (2.2, 2.6, 3)]


def sounding(file: Path) -> None:
    at = np.arange(16_000 * 3) / 16_000
    sound = np.random.default_rng(25).normal(0, 1e-4, len(at))
    for start, end, which in AT:
        tone = 0.3 * np.sin(2 * np.pi * tiny_conformer.HZ[which] * at)
        sound += tone * np.clip(np.minimum(at - start, end - at) / 0.02, 0, 1)
    soundfile.write(file, sound, 16_000)


def test_two_ears_hear_a_language_without_an_aligner_with_the_recognisers_times(
    tmp_path: Path, defaults: dict[str, Any], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    model = tiny_conformer.tones(tmp_path / "models" / "tiny")
    files = {str(f.relative_to(model)): sha256(f) for f in model.rglob("*") if f.is_file()}
    stored = documents.StoredModel("tiny", "test", None, "MIT", files)
    documents.save(stored, model / "model.json")
    sounding(Path("sound.flac"))
    documents.save(documents.Speech(3000, (Region("r1", 300, 2800, 0.9),)), Path("speech.json"))
    documents.save(documents.Events(3000, ()), Path("events.json"))
    documents.save(documents.Glossary((), ()), Path("glossary.json"))
    audio = documents.Audio(0, "", 0, 3000, sha256("sound.flac"))
    documents.save(documents.Media("matroska", 3000, 25.0, (), audio), Path("media.json"))
    inputs = {
        "audio": "sound.flac", "sound": "media.json", "speech": "speech.json",
        "events": "events.json", "glossary": "glossary.json", "model": str(model / "model.json"),
    }  # fmt: skip
    options = selected(RecognitionOptions, defaults["asr"]) | {
        "other_languages": [], "decoder": "ctc",
    }  # fmt: skip
    same = {
        "engine": "indicconformer", "model": {"name": "tiny", "files": files}, "device": "cpu",
        "hallucinations": defaults["hallucinations"],
    }  # fmt: skip
    second = "out/tale/06_second_ear"

    def listen(decoder: str = "rnnt") -> list[Manifest]:
        for folder in ("out/tale/06_asr", second):
            earlier.keep(Path(folder))
        one = run(
            "06_asr.py", "out/tale/06_asr", inputs, {"transcript": "transcript.json"}, **same,
            options=options, names=defaults["names"], language="sat",
        )  # fmt: skip
        two = run(
            "06_second_ear.py", second,
            {**inputs, "transcript": "out/tale/06_asr/transcript.json"},
            {"transcript": "transcript.json"}, **same, options={**options, "decoder": decoder},
        )  # fmt: skip
        return [one, two]

    heard, other = listen()
    assert [(each["name"], each["precision"]) for each in heard.models] == [("tiny", "float32")]
    before = [m.outputs[0].sha256 for m in (heard, other)]
    with monkeypatch.context() as nothing:
        nothing.setattr(indic_conformer, "Network", None)
        again = listen()
    assert [m.notes["reused"] for m in again] == [1, 1]
    assert [m.outputs[0].sha256 for m in again] == before
    assert [m.models for m in again] == [heard.models, other.models]
    assert ["reused" in m.notes for m in listen("ctc")] == [True, False]
    listen()
    assert other.notes["languages"] == ["sat"]
    timed = run(
        "07_alignment.py", "out/tale/07_alignment",
        {
            **inputs, "transcript": "out/tale/06_asr/transcript.json", "models": [],
            "second": f"{second}/transcript.json",
        },
        {"transcript": "transcript.json", "text": "transcript.txt"}, **same,
        asr=options, options=defaults["alignment"], second_hearing=defaults["second_hearing"],
        models=[], second_ear=("indicconformer", "tiny"),
    )  # fmt: skip
    assert timed.notes["heard_by"] == {"both": 3, "first": 0, "second": 0}
    assert timed.notes["aligners"] == {"recogniser": 1}
    transcript = documents.load(documents.Transcript, Path("out/tale/07_alignment/transcript.json"))
    assert [word.text for word in transcript.words] == ["ᱚᱱᱟ", "ᱫᱤᱱ", "ᱠᱟᱱᱟ"]
    assert [word.id for word in transcript.words] == ["w00001", "w00002", "w00003"]
    for word, start_ms in zip(transcript.words, (500, 1100, 2200), strict=True):
        assert abs(word.start_ms - start_ms) <= 90 and (word.score or 0) > 0.9
