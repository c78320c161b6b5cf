"""Films that begin from a text at hand, from the inbox to the muxed film."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from house import DATA, House, clip

from lineage import Manifest

pytestmark = pytest.mark.heavy

SECONDS = 13
SAID = (
    (1160, 2600, "It was the best of times,"),
    (2700, 4700, "it was the worst of times,"),
    (5000, 6300, "it was the age of wisdom,"),
    (6600, 8300, "it was the age of foolishness,"),
    (8750, 10_400, "it was the epoch of belief,"),
    (10_700, 12_900, "it was the epoch of incredulity,"),
)
LATE_MS = 7000
CONFIG = """
source_language: en
target_languages: [en]
separation: {when: never}
shots: {enabled: false}
"""


def srt(late_ms: int, *lines: str) -> str:
    def clock(ms: int) -> str:
        return f"00:00:{ms // 1000:02d},{ms % 1000:03d}"

    return "".join(
        f"{n}\n{clock(start + late_ms)} --> {clock(end + late_ms)}\n{text}\n\n"
        for n, ((start, end, _), text) in enumerate(zip(SAID, lines, strict=True), 1)
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, models: Path) -> House:  # noqa: ARG001
    """A house with three films, each with a text beside it, and without a recogniser."""
    house = House(tmp_path_factory.mktemp("texts") / "house")
    shutil.move(house.path / "models" / "whisper-base", house.path / "whisper-base")
    inbox = house.path / "in"
    for name in ("script", "late", "other"):
        clip(DATA / "two_cities.flac", inbox / f"{name}.mkv", SECONDS)
    script = [f"READER: {text}" for _, _, text in SAID]
    script.insert(3, "(He turns the page.)")
    script.insert(5, "READER: Nobody ever reads this sentence here at all,")
    (inbox / "script.script.txt").write_text("\n".join(script) + "\n", "utf-8")
    (inbox / "late.en.srt").write_text(srt(LATE_MS, *(text for _, _, text in SAID)), "utf-8")
    portuguese = ("Foi o melhor dos tempos,", "foi o pior dos tempos,", "a idade da sabedoria,",
                  "a idade da tolice,", "a época da crença,", "a época da descrença.")  # fmt: skip
    (inbox / "other.pt.srt").write_text(srt(0, *portuguese), "utf-8")
    (house.path / "own.yaml").write_text(CONFIG, "utf-8")
    (house.path / "pt.yaml").write_text(CONFIG.replace("[en]", "[pt]"), "utf-8")
    return house


def traced(house: House, film: str, number: int) -> str:
    return subprocess.run(
        [sys.executable, "-m", "lineage", "trace", film, "--cue", str(number)],
        cwd=house.path, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def cues(house: House, job: str, language: str) -> list[tuple[int, str]]:
    path = house.path / "out" / job / "09_subtitle_gen" / language / "cues.json"
    made = json.loads(path.read_text("utf-8"))["cues"]
    return [(cue["start_ms"], " ".join(cue["lines"])) for cue in made]


def test_late_subtitles_are_put_right_without_a_recogniser(house: House) -> None:
    done = house.run("late", "--configfile", "own.yaml")
    assert "late: begins from the text in/late.en.srt, subtitles in English" in done.stdout
    assert not (house.path / "models" / "whisper-base").exists()
    made = cues(house, "late", "en")
    assert [text for _, text in made] == [text for _, _, text in SAID]
    late = [abs(at - start) for (at, _), (start, _, _) in zip(made, SAID, strict=True)]
    assert max(late) <= 250
    text = traced(house, "out/late/10_mux/final.mkv", 3)
    assert "text    in/late.en.srt, line 10, sha256" in text
    alone = house.planned("late", "--configfile", "own.yaml")
    assert alone == []
    path = house.path / "in" / "late.en.srt"
    path.write_text(path.read_text("utf-8").replace("wisdom", "reason"), "utf-8")
    again = house.planned("late", "--configfile", "own.yaml")
    assert {"text_load", "asr_text", "alignment_text", "subtitle_gen", "mux"} <= {*again}
    assert "pyannote_vad" not in again


def test_subtitles_in_another_language_are_what_is_shown(house: House) -> None:
    house.run("other", "--configfile", "pt.yaml")
    assert not (house.path / "models" / "whisper-base").exists()
    assert cues(house, "other", "pt")[0][1] == "Foi o melhor dos tempos,"
    assert "in/other.pt.srt, line 2" in traced(house, "out/other/10_mux/final.mkv", 1)


def test_a_script_is_placed_by_what_is_heard(house: House) -> None:
    shutil.move(house.path / "whisper-base", house.path / "models" / "whisper-base")
    house.run("script", "--configfile", "own.yaml")
    folder = house.path / "out" / "script" / "07_alignment"
    transcript = json.loads((folder / "transcript.json").read_text("utf-8"))
    assert transcript["text_use"]["unspoken"] == [
        {"line": 6, "text": "Nobody ever reads this sentence here at all,"}
    ]
    assert {segment["speaker"] for segment in transcript["segments"]} == {"READER"}
    words = " ".join(segment["text"] for segment in transcript["segments"])
    assert words == " ".join(text for _, _, text in SAID)
    warned = Manifest.load(folder / "manifest.json").warnings
    assert any("in/script.script.txt, line 6: nobody says Nobody" in text for text in warned)
    assert "in/script.script.txt, line 1" in traced(house, "out/script/10_mux/final.mkv", 1)
