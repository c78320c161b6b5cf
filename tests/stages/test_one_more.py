"""One more of a kind is a module and a row in its table, and nothing else: a translation engine, a
recogniser, a subtitle format."""

from pathlib import Path

import pytest
from house import DATA, House, clip

from lineage import Manifest
from subtitling.media import ffmpeg

ENGINE = '''"""Shouts what it is given, for a test."""

from contextlib import nullcontext

from subtitling.translation.engine import EngineSpec


class Toy:
    placeholder = "Zq{}"
    by_length = True
    reads_terms = False
    precision = "none"
    pair = ("en", "pt")

    def translate(self, texts, *, carefully):
        return {i: text.upper() for i, text in texts.items()}

    def reduce(self):
        return None


SPEC = EngineSpec(
    name="toy",
    open=lambda work, context, log: nullcontext(Toy()),
    needs="toy",
    record=lambda work, engine: {
        "name": "toy", "source": "a test", "revision": None, "licence": "MIT", "files": {},
    },
)
'''
FORMAT = '''"""A line a cue, for a test: in-time, out-time, text."""

from subtitling.subtitles.formats.base import Format
from subtitling.subtitles.formats.track_file import Shown, Track


class Toy(Format):
    kind = "toy"

    def write(self, cues, screen, above):
        return "".join(f"{c.start_ms}|{c.end_ms}|{'/'.join(c.lines)}\\n" for c in cues)

    def read(self, path, lines):
        rows = [line.split("|", 2) for line in lines]
        return Track(path, "toy", tuple(
            Shown(n, int(start), int(end), (text,), tuple(text.split("/")))
            for n, (start, end, text) in enumerate(rows, 1)
        ))

    def again(self, cue, number):
        return f"{cue.start_ms}|{cue.end_ms}|{cue.body[0]}\\n"


FORMAT = Toy()
'''
RECOGNISER = '''"""Hears the same words everywhere, for a test."""

from subtitling.recognition.chunking import Recognition
from subtitling.recognition.language_diarization import Heard
from subtitling.recognition.recogniser import RecogniserSpec


class Toy:
    precision = "none"

    def __init__(self, folder, device, threads, options, degrade, attempt=1):
        self.options = options

    def languages(self, audio, heard):
        return {"en": 1.0}

    def identify(self, audio, heard):
        return [() for _ in heard]

    def tokens(self, text):
        return len(text)

    def recognise(self, audio, heard, language, task, progress, hotwords=(), **how):
        return [
            Recognition(
                "Five old kings went home.", 0.9, 0.0, 1.0,
                heard=tuple(Heard(region, {language: 1.0}) for region in chunk.regions),
            )
            for chunk in heard
        ]


SPEC = RecogniserSpec("toy", Toy, frozenset({"en"}), lambda tag: tag)
'''
OWN = """
source_language: en
asr: {engine: toy, model: whisper-base}
second_hearing: {enabled: false}
target_languages: [pt]
translation: {engines: {en-pt: toy}}
subtitles: {formats: [srt, vtt, ass, toy]}
mux: {sidecars: [toy]}
"""


def add_row(path: Path, imports: tuple[str, str], row: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for before, after in (imports, row):
        assert text.count(before) == 1, (path, before)
        text = text.replace(before, after)
    path.write_text(text, "utf-8")


@pytest.mark.heavy
def test_a_film_goes_through_a_toy_recogniser_engine_and_format(house: House) -> None:
    ours = house.path / "scripts" / "subtitling"
    engines, formats = ours / "translation", ours / "subtitles" / "formats"
    (ours / "recognition" / "toy.py").write_text(RECOGNISER, "utf-8")
    add_row(
        ours / "recognition" / "registry.py",
        ("import indic_conformer, whisper\n", "import indic_conformer, toy, whisper\n"),
        ("(whisper.SPEC, indic_conformer.SPEC)", "(whisper.SPEC, indic_conformer.SPEC, toy.SPEC)"),
    )
    (engines / "toy.py").write_text(ENGINE, "utf-8")
    add_row(
        engines / "registry.py",
        ("nllb, whisper_speech\n", "nllb, toy, whisper_speech\n"),
        ("        firefox.SPEC,\n", "        firefox.SPEC,\n        toy.SPEC,\n"),
    )
    (formats / "toy.py").write_text(FORMAT, "utf-8")
    add_row(
        formats / "subtitle_files.py",
        ("import ass, srt, vtt\n", "import ass, srt, toy, vtt\n"),
        ("ass.FORMAT)}\n", "ass.FORMAT, toy.FORMAT)}\n"),
    )
    clip(DATA / "two_cities.flac", house.path / "in" / "book.mkv", 8)
    (house.path / "config" / "config.yaml").write_text(OWN, "utf-8")
    house.run("book")
    folder = house.path / "out" / "book"
    rows = (folder / "09_subtitle_gen" / "pt" / "pt.toy").read_text("utf-8").splitlines()
    assert rows and "FIVE OLD KINGS" in rows[0].replace("/", " ")
    assert all(row.count("|") == 2 and row == row.upper() for row in rows)
    assert (folder / "10_mux" / "final.pt.toy").read_text("utf-8").splitlines() == rows
    manifest = Manifest.load(folder / "08_translation" / "pt" / "manifest.json")
    assert [model["name"] for model in manifest.models] == ["toy"]
    shown = house.path / "shown.srt"
    film = folder / "10_mux" / "final.mkv"
    ffmpeg.run(["-i", str(film), "-map", "0:s:0", "-f", "srt", str(shown)])
    words = [word for row in rows for word in row.split("|", 2)[2].replace("/", " ").split()]
    assert [word for word in words if word not in shown.read_text("utf-8")] == []
