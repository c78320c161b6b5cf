"""A film that is spoken half in English and half in German, with nothing configured."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from house import DATA, ROOT, House, clip

from lineage import Manifest
from subtitling import documents
from subtitling.media import audio_file
from subtitling.media.audio_file import SPEECH_RATE

pytestmark = pytest.mark.heavy
GERMAN = (
    "Guten Abend, meine Damen und Herren.",
    "Gestern hat es in den Bergen den ganzen Tag geschneit.",
    "Viele Straßen waren deshalb bis zum Abend gesperrt.",
    "Die Kinder haben sich über den Schnee sehr gefreut.",
    "Morgen wird es wieder wärmer, und am Nachmittag scheint die Sonne.",
)
RATE = SPEECH_RATE


def half_and_half(film: Path) -> None:
    """A person reads English for some 22 s, then espeak-ng German."""
    german = film.with_suffix(".wav")
    read = "import sys; from bench.subtitles import read_aloud; from pathlib import Path;"
    subprocess.run(
        [sys.executable, "-c",
         f"{read} read_aloud(sys.argv[1], 'de', 140, Path(sys.argv[2]))", " ".join(GERMAN), german],
        cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT}"}, check=True,
    )  # fmt: skip
    english, other = (
        audio_file.read_speech_audio(file) for file in (DATA / "two_cities.flac", german)
    )
    pause = np.zeros(RATE, np.float32)
    sound = np.concatenate([english[: 22 * RATE], pause, other[:], pause])
    soundfile.write(german, sound, RATE)
    clip(german, film, len(sound) / RATE)
    german.unlink()


def test_each_half_is_heard_timed_and_translated_in_its_own_language(
    tmp_path: Path,
    models: Path,  # noqa: ARG001 - the store must be there
) -> None:
    house = House(tmp_path / "house")
    half_and_half(house.path / "in" / "half.mkv")
    house.run("half", "--config", "target_languages=[en]")
    job = house.path / "out" / "half"
    spoken = documents.load(documents.Transcript, job / "07_alignment/transcript.json")
    languages = {s.language or spoken.language for s in spoken.segments}
    assert languages == {"en", "de"}
    assert all(0.5 < (s.language_score or 0) <= 1 for s in spoken.segments)
    turn_ms = 22_500
    for segment in spoken.segments:
        assert (segment.language or spoken.language) == ("en" if segment.end_ms < turn_ms else "de")
    german = " ".join(s.text for s in spoken.segments if s.start_ms > turn_ms)
    for word in ("Damen", "Bergen", "Kinder", "Schnee", "Sonne"):
        assert word in german
    asr, timed = (Manifest.load(job / n / "manifest.json") for n in ("06_asr", "07_alignment"))
    assert any("nearly half and half" in warning for warning in asr.warnings)
    assert {k: list(v) for k, v in timed.notes["aligners_by_language"].items()} == {
        "en": ["phonemes"], "de": ["phonemes"]
    }  # fmt: skip
    made = documents.load(documents.Transcript, job / "08_translation/en/transcript.json")
    first = [w for s in made.segments if s.end_ms < turn_ms for w in s.words]
    said = [w for s in spoken.segments if s.end_ms < turn_ms for w in s.words]
    assert [(w.text, w.start_ms) for w in first] == [(w.text, w.start_ms) for w in said]
    english = " ".join(s.text.casefold() for s in made.segments if s.start_ms > turn_ms)
    assert "children" in english and "snow" in english and "schnee" not in english
    assert all(s.untranslated is None for s in made.segments)
    page = (job / "11_audit/film.html").read_text("utf-8")
    assert "nearly half and half" in page
    film = job / "10_mux/final.mkv"
    traced = subprocess.run(
        [sys.executable, "-m", "lineage", "trace", film, "--cue", "1", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "nearly half and half" in json.loads(traced.stdout)["mixed"]
    # In shards, the same.
    whole = (job / "06_asr/transcript.json").read_bytes()
    (house.path / "shards.yaml").write_text("{asr: {shards: 2}}\n")
    house.run("out/half/06_asr/transcript.json", "--configfile", "shards.yaml")
    assert (job / "06_asr/transcript.json").read_bytes() == whole
