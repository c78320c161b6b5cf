"""Each stage's script on the demo film `tale`, with Snakemake's own object, in this process."""

import csv
import json
import os
import subprocess
import sys
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

# Reads the environment when it is imported. The stages set it to offline, and the store's tests,
# which share this process, do not want that.
import huggingface_hub.constants  # noqa: F401
import jiwer
import numpy as np
import pysubs2
import pytest
import yaml
from house import DATA, ROOT, own_store
from stage_runner import run

from lineage import Manifest, cli, sha256
from lineage.problem import Problem
from subtitling import documents
from subtitling.alignment.aligners.phonemes import Phonemes
from subtitling.media import audio_file, containers, ffmpeg, probing
from subtitling.options import selected
from subtitling.recognition import whisper
from subtitling.runtime import earlier
from subtitling.sound.events import EventOptions
from subtitling.sound.separation import SeparationOptions
from subtitling.workflow import snakemake_adapter
from subtitling.workflow.run_stage import run as run_stage_job

sys.path.append(str(ROOT / "demo"))
import make_films

MODELS = yaml.safe_load((ROOT / "config" / "models.yaml").read_text("utf-8"))["models"]
PAGES = ("film", "quality", "record", "logs")
FILM = documents.FilmData(
    title="A Tale of Two Cities",
    original_language="en",
    year=1935,
    cast=(documents.Person("Ronald Colman", "Sydney Carton"),),
)
COMPARED = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.SubstituteRegexes({"[—–-]": " "}),
        jiwer.RemovePunctuation(),
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
        jiwer.ReduceToListOfListOfWords(),
    ]
)


OWN = """
source_language: auto
target_languages: [en, pt]
translation: {engines: {"*-en": whisper, "*-pt": firefox}}
subtitles: {formats: [srt, vtt, ass, imsc, stl, csv], timecode_start: "10:00:00:00"}
mux: {sidecars: [srt, imsc]}
"""
STAGES = (
    "02_tmdb", "03_glossary_load", "01_demux", "04_sound_events", "04_source_separation",
    "05_pyannote_vad", "05_shots", "06_asr", "07_alignment", "08_lyrics_detection",
    "08_translation/en", "08_translation/pt", "09_subtitle_gen/en", "09_subtitle_gen/pt",
    "10_mux", "11_preview", "11_audit",
)  # fmt: skip
STORE = (
    "whisper-base", "pyannote-segmentation", "silero-vad", "fireredvad-aed", "spleeter-2stems",
    "firefox-en-pt",
)  # fmt: skip


def run_stage(folder: str) -> Manifest:
    """A stage's script in this process, from its own rule, as a run has it."""
    earlier.keep(Path(folder))
    with snakemake_adapter.loaded(ROOT / "Snakefile") as workflow:
        run_stage_job(snakemake_adapter.stage_job(workflow, folder))
    return Manifest.load(f"{folder}/manifest.json")


class Tale:
    """The whole path on one film; `manifests` are those of the stages."""

    def __init__(self, store: Path):
        Path("in").mkdir()
        make_films.make(
            Path("in/tale.mkv"), DATA / "two_cities.flac", "eng", "color=c=navy:s=320x180:r=24"
        )
        documents.save(FILM, "in/tale.film.json")
        Path("config").mkdir()
        Path("config/config.yaml").write_text(OWN, "utf-8")
        Path("config/films.tsv").touch()
        # The checkout's files under a record of our own.
        own_store(store, Path("models"))
        folders = {name: f"models/{name}" for name in STORE}
        folders |= {name: f"out/tale/{name}" for name in STAGES}
        self.manifests = {}
        with snakemake_adapter.loaded(ROOT / "Snakefile") as workflow:
            for name, folder in folders.items():
                run_stage_job(snakemake_adapter.stage_job(workflow, folder))
                self.manifests[name] = Manifest.load(f"{folder}/manifest.json")


pytestmark = pytest.mark.usefixtures("tale")


@pytest.fixture(scope="module")
def tale(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Any:
    """The tale, subtitled, in the folder that the tests run in."""
    before, environment = Path.cwd(), dict(os.environ)
    os.chdir(tmp_path_factory.mktemp("tale"))
    yield Tale(models)
    os.chdir(before)
    os.environ.clear()
    os.environ.update(environment)  # stages go offline for good; later tests speak to loopback


def test_every_stage_succeeds_and_says_so(tale: Tale) -> None:
    statuses = {name: m.status for name, m in tale.manifests.items()}
    # There is no music in it.
    assert statuses.pop("04_source_separation") == "skipped"
    assert statuses.pop("08_translation/en") == "skipped"  # it is spoken
    assert statuses == dict.fromkeys(statuses, "success")


def test_clean_speech_stays_as_it_is_to_the_sample() -> None:
    before, after = (
        np.concatenate(list(audio_file.sound_blocks(f"out/tale/{name}.flac")), axis=1)
        for name in ("01_demux/audio", "04_source_separation/dialogue")
    )
    assert np.array_equal(before, after)


def test_the_words_are_the_books() -> None:
    heard = Path("out/tale/07_alignment/transcript.txt").read_text("utf-8").replace("\n", " ")
    book = (DATA / "two_cities.txt").read_text("utf-8")
    rate = jiwer.wer(book, heard, reference_transform=COMPARED, hypothesis_transform=COMPARED)
    assert rate < 0.03, heard


def test_the_language_is_found_by_listening() -> None:
    transcript = documents.load(documents.Transcript, "out/tale/06_asr/transcript.json")
    assert transcript.language == "en"
    assert transcript.language_score and transcript.language_score > 0.9
    noted = Manifest.load("out/tale/06_asr/manifest.json").notes["languages"]
    assert next(iter(noted.items())) == ("en", transcript.language_score)
    assert len(noted) == 5


def test_every_word_has_a_time_in_order_inside_its_segment() -> None:
    transcript = documents.load(documents.Transcript, "out/tale/07_alignment/transcript.json")
    for segment in transcript.segments:
        assert [w.text for w in segment.words] == segment.text.split()
        assert segment.words[0].start_ms >= segment.start_ms
        assert segment.words[-1].end_ms <= segment.end_ms
    words = transcript.words
    assert all(w.end_ms > w.start_ms for w in words)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(words))
    assert len({w.id for w in words}) == len(words)


def test_the_portuguese_has_a_sentence_for_each_english_one() -> None:
    rows = Path("out/tale/08_translation/pt/pairs.tsv").read_text("utf-8").splitlines()
    pairs = {english: portuguese for _, english, portuguese in (row.split("\t") for row in rows)}
    assert pairs["It was the best of times."] == "Foi o melhor dos tempos."
    assert all(pairs.values())


def test_the_translation_is_measured() -> None:
    metrics = json.loads(Path("out/tale/08_translation/pt/metrics.json").read_text("utf-8"))
    assert metrics["untranslated"] == metrics["other_script"] == metrics["repeating"] == []
    assert 0.7 < metrics["length_ratio"] < 1.5
    assert metrics["coverage"] > 0.95


def test_each_format_shows_the_same_cues() -> None:
    for lang in ("en", "pt"):
        cues = documents.load(documents.Cues, f"out/tale/09_subtitle_gen/{lang}/cues.json").cues
        for kind in ("srt", "vtt", "ass"):
            track = pysubs2.load(f"out/tale/09_subtitle_gen/{lang}/{lang}.{kind}")
            assert [event.plaintext.split("\n") for event in track] == [list(c.lines) for c in cues]
        timed = ElementTree.parse(f"out/tale/09_subtitle_gen/{lang}/{lang}.imsc.ttml").getroot()
        shown = [" ".join(p.itertext()) for p in timed.iter("{http://www.w3.org/ns/ttml}p")]
        assert shown == [" ".join(c.lines) for c in cues]
        listed = Path(f"out/tale/09_subtitle_gen/{lang}/{lang}.csv").read_text("utf-8-sig")
        rows = list(csv.DictReader(StringIO(listed)))
        assert [row["text"] for row in rows] == ["\n".join(c.lines) for c in cues]
        assert all(row["timecode in"].startswith("10:00:") for row in rows)
        assert any(row["source"] for row in rows) == (lang == "pt")


def test_every_configured_format_is_on_record(tale: Tale) -> None:
    made = {Path(each.path).name for each in tale.manifests["09_subtitle_gen/pt"].outputs}
    assert made == {
        "pt.srt", "pt.vtt", "pt.ass", "pt.imsc.ttml", "pt.stl", "pt.csv", "pt.credential.json",
        "cues.json", "quality.json",
    }  # fmt: skip


def test_no_word_is_lost_on_the_way_to_the_screen() -> None:
    for lang in ("en", "pt"):
        quality = json.loads(Path(f"out/tale/09_subtitle_gen/{lang}/quality.json").read_text())
        assert quality["words_lost"] == quality["words_added"] == []
        assert quality["words_in_order"]
        for rule, row in quality["rules"].items():
            assert row["broken"] == 0, rule


def test_the_film_holds_its_streams_and_both_tracks() -> None:
    with containers.opened("out/tale/10_mux/final.mkv") as container:
        streams = probing.streams(container)
    assert [(s.kind, s.codec, s.language, s.title) for s in streams] == [
        ("video", "h264", None, None),
        ("audio", "aac", "eng", None),
        ("subtitle", "subrip", "eng", "English"),
        ("subtitle", "subrip", "por", "Português"),
    ]


def test_subtitles_stand_beside_the_film_by_choice_and_on_record(tale: Tale) -> None:
    made = {Path(file.path).name: file for file in tale.manifests["10_mux"].outputs}
    beside = [f"final.{lang}.{ending}" for lang in ("en", "pt") for ending in ("srt", "imsc.ttml")]
    assert list(made) == ["final.mkv", *beside]
    assert made["final.en.srt"].sha256 == sha256("out/tale/09_subtitle_gen/en/en.srt")


def test_the_page_tells_of_the_whole_film_and_holds_its_sound() -> None:
    pages = {part: Path(f"out/tale/11_audit/{part}.html").read_text("utf-8") for part in PAGES}
    assert "<title>A Tale of Two Cities: subtitles and their record</title>" in pages["film"]
    assert '"preview":"data:audio/webm;base64,' in pages["film"]
    weights = MODELS["whisper-base"]["files"]["model.bin"]
    assert weights in pages["film"]
    assert weights in pages["record"]
    summary = json.loads(Path("out/tale/11_audit/summary.json").read_text("utf-8"))
    assert summary["tracks"] == {
        "en": {"cues": 13, "keeping": 1.0, "sure": "No doubts"},
        "pt": {"cues": 12, "keeping": 1.0, "sure": "No doubts"},
    }
    assert summary["spoken"] == "en"
    sheet = json.loads(Path("out/tale/11_audit/accessibility.json").read_text("utf-8"))
    assert [row["in_the_spoken_language"] for row in sheet["tracks"]] == [True, False]
    assert Path("out/tale/11_audit/ad_gaps.csv").read_text("utf-8").startswith("number,in,out,")
    assert (summary["problems"], summary["verified"]) == (0, True), pages["record"]


def test_what_the_last_run_heard_and_timed_stays_and_is_not_asked_for_again(
    tale: Tale, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("is not needed")

    def outputs(folder: str) -> dict[str, bytes]:
        names = [file.path for file in tale.manifests[folder].outputs]
        return {name: Path(name).read_bytes() for name in names}

    with monkeypatch.context() as nothing:
        nothing.setattr(whisper.Whisper, "_loaded", never)
        nothing.setattr(Phonemes, "__init__", never)
        nothing.setattr(audio_file.SoundInParts, "_decode", never)
        for folder in ("06_asr", "07_alignment"):
            first, before = tale.manifests[folder], outputs(folder)
            again = run_stage(f"out/tale/{folder}")
            assert outputs(folder) == before
            assert "reused" not in first.notes and again.notes.pop("reused") >= 2
            assert again.notes == first.notes
            # What made it stays on record, also where it is not loaded.
            assert again.models == first.models
            assert again.software["packages"].items() >= first.software["packages"].items()
    answers = Path("out/tale/07_alignment/answers.jsonl")
    assert Manifest.load("out/tale/07_alignment/manifest.json").intermediate_files == [
        {"path": str(answers), "retained": True, "sha256": sha256(answers),
         "reason": "answers of engines, for the next run"}
    ]  # fmt: skip
    forged = answers.read_text("utf-8").replace("times", "tides")
    assert forged != answers.read_text("utf-8")
    answers.write_text(forged, "utf-8")
    before = outputs("07_alignment")
    anew = run_stage("out/tale/07_alignment")
    assert outputs("07_alignment") == before and "reused" not in anew.notes
    assert any("answers.jsonl is not what its run left there" in w for w in anew.warnings)


@pytest.mark.heavy
@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_seconds_of_a_cue_give_the_same_words_again(tale: Tale, language: str) -> None:
    assert "06_asr" in tale.manifests
    assert cli.main(["replay", "out/tale", "--lang", language, "--cue", "3"]) == 0


def test_a_second_fetch_of_a_model_brings_nothing() -> None:
    again = run_stage("models/whisper-base")
    assert again.calls == []


def test_a_model_with_a_wrong_byte_is_not_loaded(tmp_path: Path) -> None:
    for name in ("model.json", "pytorch_model.bin"):
        (tmp_path / name).write_bytes(Path(f"models/pyannote-segmentation/{name}").read_bytes())
    content = bytearray((tmp_path / "pytorch_model.bin").read_bytes())
    content[1000] ^= 1
    (tmp_path / "pytorch_model.bin").write_bytes(content)
    wanted = {"name": "pyannote", "files": MODELS["pyannote-segmentation"]["files"]}
    audio = {"audio": "out/tale/01_demux/audio.flac", "models": [str(tmp_path / "model.json")]}
    options = {"onset": 0.5, "offset": 0.3, "min_speech_ms": 60, "min_silence_ms": 100,
               "max_region_ms": 28_000, "margin_ms": 400}  # fmt: skip
    given = {"models": [wanted], "options": options, "device": "cpu", "separate": False}
    with pytest.raises(Problem, match=r"pytorch_model\.bin has the wrong content: expected sha256"):
        run("05_pyannote_vad.py", "out/tale/wrong", audio, {"speech": "speech.json"}, **given)
    assert Manifest.load("out/tale/wrong/manifest.json").status == "failed"
    assert not Path("out/tale/wrong/speech.json").exists()


def test_a_full_disk_is_on_record(tmp_path: Path, defaults: dict[str, Any]) -> None:
    if os.geteuid():
        pytest.skip("only root can mount the small disk that this fills")
    small = tmp_path / "out"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", small], check=True)
    try:
        with pytest.raises(Problem, match="No space left on device"):
            run(
                "01_demux.py",
                f"{small}/tale/01_demux",
                {"film": "in/tale.mkv", "known": "out/tale/02_tmdb/film.json"},
                {"media": "media.json", "audio": "audio.flac"},
                audio_track="auto",
                channels="mix",
                language="en",
                film="",
                limits=defaults["limits"],
            )
        manifest = Manifest.load(small / "tale/01_demux/manifest.json")
        assert manifest.status == "failed"
        assert "No space left" in (manifest.reason or "")
        left = {path.name for path in (small / "tale/01_demux").iterdir()}
        assert left == {".attempts", "manifest.json", "stage.log"}
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_film_that_is_taken_apart_is_listened_to_twice_for_songs(
    defaults: dict[str, Any],
) -> None:
    o = "out/short"
    Path(f"{o}/01_demux").mkdir(parents=True)
    flac = f"{o}/01_demux/audio.flac"
    ffmpeg.run([*ffmpeg.source(DATA / "hindi_short.flac"), "-f", "flac", containers.url(flac)])
    audio = documents.Audio(0, "", 0, 3800, "")
    documents.save(documents.Media("flac", 3800, None, (), audio), f"{o}/01_demux/media.json")
    heard = documents.Events(3800, (documents.Event("music", 0, 3800, 0.9),))
    Path(f"{o}/04_sound_events").mkdir()
    documents.save(heard, f"{o}/04_sound_events/events.json")
    files = {
        "media": f"{o}/01_demux/media.json",
        "audio": flac,
        "events": f"{o}/04_sound_events/events.json",
    }
    separated = run(
        "04_source_separation.py",
        f"{o}/04_source_separation",
        {**files, "model": "models/spleeter-2stems/model.json"},
        {
            **{name: f"{name}.flac" for name in ("vocals", "accompaniment", "dialogue")},
            "separation": "separation.json",
        },
        {"job": "short"},
        model={"name": "spleeter-2stems", "files": MODELS["spleeter-2stems"]["files"]},
        options=selected(SeparationOptions, defaults["separation"]),
        device="cpu",
    )
    assert separated.status == "success"
    assert [m["name"] for m in separated.models] == ["spleeter-2stems"]
    document = documents.load(documents.Separation, f"{o}/04_source_separation/separation.json")
    # Nothing but a voice: the music is soft, and the dialogue stays as it was.
    assert [(p.start_ms, p.end_ms, p.used) for p in document.pieces] == [(0, 3800, False)]
    assert document.dialogue_sha256 == separated.outputs[2].sha256
    parts = (
        np.concatenate(list(audio_file.sound_blocks(path)), axis=1).astype(float)
        for path in (
            flac,
            *(
                f"{o}/04_source_separation/{n}.flac"
                for n in ("dialogue", "vocals", "accompaniment")
            ),
        )
    )
    film, dialogue, vocals, accompaniment = parts
    assert np.array_equal(dialogue, film)
    scale = audio_file.sound_format(flac).full_scale
    assert np.abs(vocals + accompaniment - film).max() < 1e-4 * scale
    segment = documents.Segment("g00001", 0, 3800, "एक दो", (), None)
    Path(f"{o}/07_alignment").mkdir()
    transcript = documents.Transcript("hi", None, "attention", (segment,))
    documents.save(transcript, f"{o}/07_alignment/transcript.json")
    sung = run(
        "08_lyrics_detection.py",
        f"{o}/08_lyrics_detection",
        {
            "events": files["events"],
            "audio": flac,
            "transcript": f"{o}/07_alignment/transcript.json",
            "separation": f"{o}/04_source_separation/separation.json",
            "vocals": f"{o}/04_source_separation/vocals.flac",
            "model": "models/fireredvad-aed/model.json",
        },
        {"lyrics": "lyrics.json"},
        {"job": "short"},
        options=defaults["lyrics"],
        events=selected(EventOptions, defaults["sound_events"]),
        model={"name": "fireredvad-aed", "files": MODELS["fireredvad-aed"]["files"]},
    )
    assert sung.status == "success"
    lyrics = documents.load(documents.Lyrics, f"{o}/08_lyrics_detection/lyrics.json")
    assert [row.label for row in lyrics.labels] == ["speech"]
