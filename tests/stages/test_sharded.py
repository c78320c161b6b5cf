"""A film in shards: the same film as in one piece."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from house import DATA, ROOT, House, clip

from lineage import Manifest
from subtitling.media import containers, ffmpeg

pytestmark = pytest.mark.heavy
SHARDS = ("1-of-3", "2-of-3", "3-of-3")


def two_minutes(sound: Path, film: Path) -> Path:
    """A reading over and over: four chunks or more to divide."""
    ffmpeg.run([
        "-f", "lavfi", "-i", "color=c=navy:size=320x180:rate=25", "-stream_loop", "-1",
        *ffmpeg.source(sound), "-t", "120", "-map", "0:v", "-map", "1:a",
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-f", "matroska",
        containers.url(film),
    ])  # fmt: skip
    return film


def lineage(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lineage", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("sound", "languages", "target"),
    [("two_cities", "[en, pt]", "pt"), ("hindi", "[en]", "en")],
    ids=["firefox", "whisper"],
)
def test_shards_give_the_same_film_and_the_record_stays_whole(
    tmp_path: Path,
    models: Path,  # noqa: ARG001 - the store must be there
    sound: str,
    languages: str,
    target: str,
) -> None:
    whole, divided = House(tmp_path / "whole"), House(tmp_path / "divided")
    film = two_minutes(DATA / f"{sound}.flac", whole.path / "in" / "book.mkv")
    os.link(film, divided.path / "in" / "book.mkv")
    wanted = ["out/book/10_mux/final.mkv", "--config", f"target_languages={languages}"]
    whole.run(*wanted)  # the language is listened for, in each shard too
    (divided.path / "shards.yaml").write_text("shards: 3\n")
    divided.run(*wanted, "--configfile", "shards.yaml")
    one, other = whole.path / "out/book", divided.path / "out/book"
    translation = f"08_translation/{target}"
    for part in (
        "04_sound_events/events.json",
        *(f"04_source_separation/{n}" for n in ("dialogue.flac", "separation.json")),
        "05_pyannote_vad/speech.json",
        "06_asr/transcript.json",
        "07_alignment/transcript.json",
        *(f"{translation}/{n}" for n in ("transcript.json", "transcript.txt", "pairs.tsv")),
        f"{translation}/metrics.json",
        "10_mux/final.mkv",
    ):
        assert (one / part).read_bytes() == (other / part).read_bytes(), part
    for stage, what in (
        ("06_asr", "chunks"),
        ("07_alignment", "words"),
        (translation, "sentences"),
    ):
        parts = [Manifest.load(other / stage / n / "manifest.json").notes[what] for n in SHARDS]
        assert sum(parts) == Manifest.load(one / stage / "manifest.json").notes[what]
        # What an engine takes together is not divided, so that one of three may have nothing.
        assert sum(part > 0 for part in parts) >= 2
    assert lineage("verify", str(other)).returncode == 0
    diff = json.loads(lineage("diff", str(one), str(other), "--json").stdout)
    assert not diff["cues"]
    assert not [row for row in diff["differences"] if row["section"] == "results"]
    film_there = str(other / "10_mux/final.mkv")
    traced = lineage("trace", film_there, "--cue", "5", "--lang", target)
    assert traced.returncode == 0, traced.stderr
    for stage in (translation, "07_alignment", "06_asr"):
        assert re.search(rf"{stage}/[123]-of-3", traced.stdout)
    for stage in ("model whisper-base", "05_pyannote_vad"):
        assert stage in traced.stdout
    # A word that is not said in the film changes nothing, and nothing is asked for again.
    (divided.path / "terms.csv").write_text("en,pt,hi\nguillotine,guilhotina,गिलोटिन\n", "utf-8")
    (divided.path / "mine.yaml").write_text("glossary: {files: [terms.csv]}\n")
    divided.run(*wanted, "--configfile", "shards.yaml", "mine.yaml")
    for stage in ("06_asr", "07_alignment", translation):
        parts = [Manifest.load(other / stage / n / "manifest.json") for n in SHARDS]
        assert all("reused" in part.notes for part in parts if part.status == "success"), stage
        whole_file = f"{stage}/transcript.json"
        assert (one / whole_file).read_bytes() == (other / whole_file).read_bytes(), stage
    assert lineage("verify", str(other)).returncode == 0


def test_a_language_added_to_one_or_to_two_leaves_those_as_they_are(
    tmp_path: Path,
    models: Path,  # noqa: ARG001 - the store must be there
    small_nllb: Path,
) -> None:
    house = House(tmp_path / "house")
    clip(DATA / "two_cities.flac", house.path / "in" / "book.mkv", 6)
    add = [sys.executable, "-m", "subtitling.workflow.cli", "models", "add", str(small_nllb)]
    add += ["--name", "small-nllb", "--licence", "MIT", "--licence-url", "https://example.org"]
    subprocess.run([*add, "--yes"], cwd=house.path, check=True)
    # So short that an answer of random weights is not taken for one that ran away.
    settings = '{engines: {"*-pt": nllb, "*-fr": nllb, "*-hi": nllb}, max_tokens: 16}'
    (house.path / "own.yaml").write_text(
        f"translation: {settings}\nnllb: {{model: small-nllb}}\n", "utf-8"
    )

    def ask(targets: str) -> list[str]:
        table = "job\tmedia\tsource_language\ttarget_languages\nbook\tin/book.mkv\ten\t"
        (house.path / "config" / "films.tsv").write_text(f"{table}{targets}\n", "utf-8")
        planned = house.planned("translate", "--configfile", "own.yaml")
        house.run("translate", "--configfile", "own.yaml")
        return planned

    def made() -> dict[str, int]:
        files = (house.path / "out/book/08_translation").glob("*/[at]*.json")
        return {f"{file.parent.name}/{file.name}": file.stat().st_mtime_ns for file in files}

    assert {"translation", "translation_shared"} <= set(ask("pt"))
    first = made()
    assert ask("pt,fr") == ["translation"]
    second = made()
    assert first.items() <= second.items() and len(second) == 3
    assert ask("pt,fr,hi") == ["translation"]
    assert second.items() <= made().items()
    assert ask("pt") == []
    assert lineage("verify", str(house.path / "out/book")).returncode == 0
