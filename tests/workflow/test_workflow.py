"""The workflow as a user calls it: the whole path, what reruns, profiles, and what is killed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_server import Server
from house import DATA, ROOT, House, clip

from lineage import Manifest, sha256, tracks
from lineage.commands.verify import verify
from subtitling import documents
from subtitling.media import containers, probing
from subtitling.subtitles.formats import subtitle_files

TARGET = "out/clip/10_mux/final.mkv"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, models: Path) -> House:  # noqa: ARG001
    """A project in which a 3.8 s Hindi film was subtitled, its language detected by listening."""
    house = House(tmp_path_factory.mktemp("done") / "house")
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 3.8)
    house.run(TARGET)
    return house


def test_a_film_dropped_into_the_inbox_comes_out_subtitled(done: House) -> None:
    transcript = documents.load(
        documents.Transcript, done.path / "out/clip/07_alignment/transcript.json"
    )
    assert transcript.language == "hi"
    english = (done.path / "out/clip/09_subtitle_gen/en/en.srt").read_text("utf-8")
    assert re.search(r"father.*Delhi", " ".join(english.split()))
    with containers.opened(done.path / TARGET) as container:
        streams = probing.streams(container)
    assert [(s.kind, s.codec, s.language, s.title) for s in streams] == [
        ("video", "h264", None, None),
        ("audio", "aac", None, None),
        ("subtitle", "subrip", "eng", "English"),
    ]


def test_every_sum_on_record_is_the_files_and_the_producers(done: House) -> None:
    manifests = {
        str(p.relative_to(done.path)): Manifest.load(p)
        for p in sorted(done.path.glob("out/clip/**/manifest.json"))
    }
    assert len(manifests) == 13
    for path, manifest in manifests.items():
        # Nothing says which film this is, and there is no music in it.
        idle = "02_tmdb" in path or "04_source_separation" in path
        assert manifest.status == ("skipped" if idle else "success"), path
        assert (done.path / path).with_name("stage.log").is_file()
        for record in manifest.outputs:
            assert record.sha256 == sha256(done.path / record.path)
        for record in manifest.inputs:
            assert record.sha256 == sha256(done.path / record.path)
            if record.path.startswith("out/"):
                producer = record.producer
                assert producer and producer["sha256"] == sha256(done.path / producer["manifest"])
                made = {r.path: r.sha256 for r in manifests[producer["manifest"]].outputs}
                assert made[record.path] == record.sha256


def test_models_are_on_record_with_their_sums(done: House) -> None:
    manifest = Manifest.load(done.path / "out/clip/06_asr/manifest.json")
    names = {m["name"]: m["files"] for m in manifest.models}
    assert names["whisper-base"]["model.bin"] == sha256(done.path / "models/whisper-base/model.bin")


def test_a_second_call_does_nothing(done: House) -> None:
    assert done.planned(TARGET) == []


def test_a_better_model_in_the_store_makes_a_film_again(done: House) -> None:
    better = done.path / "models" / "whisper-small" / "model.json"
    better.parent.mkdir()
    better.write_text("{}", "utf-8")
    try:
        plan = done.run("--quiet", "host", "--dry-run", TARGET).stdout
        small = "quality standard: clip: recogniser whisper-small, separation spleeter-2stems"
        assert small in plan.splitlines()
        assert re.search(r"^asr +1$", plan, re.M)
        assert not re.search(r"^(demux|pyannote_vad|source_separation) +1$", plan, re.M)
    finally:
        shutil.rmtree(better.parent)
    reason = Manifest.load(done.path / "out/clip/06_asr/manifest.json").params["quality"]
    assert (reason["level"], reason["name"]) == ("standard", "whisper-base")
    assert "whisper-small would be better and is not in the store" in reason["why"]


@pytest.mark.heavy
def test_a_model_that_is_removed_does_not_make_a_film_again(done: House) -> None:
    store, away = done.path / "models" / "whisper-base", done.path / "away"
    store.rename(away)
    try:
        assert done.planned(TARGET) == []
        assert done.planned(TARGET, "--config", "quality=best") == []
    finally:
        away.rename(store)


def test_touching_anything_reruns_nothing(done: House) -> None:
    time.sleep(0.01)
    for pattern in (
        "in/*",
        "out/clip/**/*",
        "models/*/*",
        "scripts/**/*.py",
        "config/*",
        "rules/*",
    ):
        for path in done.path.glob(pattern):
            if path.is_file():
                os.utime(path)
    assert done.planned(TARGET) == []


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("subtitles/cues.py", ["mux", "subtitle_gen"]),
        ("muxing/mux.py", ["mux"]),
        ("translation/translator.py", ["mux", "subtitle_gen", "translation"]),
        (
            "sound/vad.py",
            [
                *("alignment", "asr", "lyrics_detection", "mux", "pyannote_vad", "subtitle_gen"),
                "translation",
            ],
        ),
        ("sound/lyrics.py", ["lyrics_detection", "mux", "subtitle_gen", "translation"]),
    ],
)
def test_editing_a_module_reruns_the_stages_that_import_it(
    done: House, module: str, rules: list[str]
) -> None:
    path = done.path / "scripts" / "subtitling" / module
    kept = path.read_text("utf-8")
    path.write_text(kept + "\n# edited\n", "utf-8")
    try:
        assert done.planned(TARGET) == rules
    finally:
        path.write_text(kept, "utf-8")


def test_a_parameter_reruns_its_stage_and_what_follows(done: House) -> None:
    (done.path / "narrow.yaml").write_text(
        'subtitles: {overrides: {"*": {max_chars_per_line: 37}}}\n', "utf-8"
    )
    planned = done.planned(TARGET, "--configfile", "narrow.yaml")
    assert planned == ["mux", "subtitle_gen"]


def test_a_sidecar_and_a_glossary_rerun_what_depends_on_them(done: House) -> None:
    everything = ["alignment", "asr", "demux", "glossary_load", "lyrics_detection", "mux"]
    everything.append("pyannote_vad")
    further = ["shots", "sound_events", "source_separation", "subtitle_gen", "tmdb", "translation"]
    sidecar = done.path / "in" / "clip.nfo"
    sidecar.write_text("<movie><title>A clip</title></movie>", "utf-8")
    planned = done.planned(TARGET)
    sidecar.unlink()
    assert planned == [*everything, *further]
    (done.path / "mine.tsv").write_text("hi\nमोहन\n", "utf-8")
    planned = done.planned(TARGET, "--config", "glossary={files: [mine.tsv]}")
    assert {"asr", "glossary_load"} <= set(planned)
    assert {"tmdb", "demux"}.isdisjoint(planned)


OWN = """\
glossary: {files: [mine.tsv]}
mux: {fonts: [mine.ttf], track_format: ass}
speakers: {names: {clip: {s1: Asha}}}
"""
TO_THE_END = ["mux", "subtitle_gen"]
TRANSLATED = ["lyrics_detection", *TO_THE_END, "translation"]
HEARD = ["alignment", "asr", *TRANSLATED]
BEFORE = ["demux", "pyannote_vad", "shots", "sound_events", "source_separation"]


@pytest.fixture(scope="module")
def edited(done: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The same house, where all that a person may write is there and was used in a run."""
    path = tmp_path_factory.mktemp("edited") / "house"
    shutil.copytree(done.path, path, symlinks=True)
    done = House.__new__(House)
    done.path = path
    texts = {
        "in/clip.film.json": '{"schema": "sutradhar/film/1", "title": "A clip"}',
        "mine.tsv": "hi\ten\nमोहन\tMohan\n",
        "own.yaml": OWN,
    }
    for path, text in texts.items():
        (done.path / path).write_text(text, "utf-8")
    (done.path / "mine.ttf").write_bytes(b"\0\1\0\0" + bytes(60))
    made = done.path / "out/clip/09_subtitle_gen/en"
    (done.path / "edits/clip").mkdir(parents=True)
    for copy, name in (("en.srt", "en.srt"), ("cues.json", "en.ours.json")):
        (done.path / "edits/clip" / copy.replace("cues.json", name)).write_bytes(
            (made / copy).read_bytes()
        )
    done.run(TARGET, "--configfile", "own.yaml")
    assert done.planned(TARGET, "--configfile", "own.yaml") == []
    return done


def test_halves_of_a_line_that_a_person_has_split_get_the_times_of_their_words(
    edited: House,
) -> None:
    path = edited.path / "edits/clip/en.srt"
    kept = path.read_text("utf-8")
    whole, *rest = subtitle_files.read(path).cues
    times, words = kept.splitlines()[1], " ".join(whole.lines).split()
    first, second = " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])
    after = "\n\n".join([f"1\n{times}\n{first}", f"2\n{times}\n{second}", *kept.split("\n\n")[1:]])
    path.write_text(after, "utf-8")
    command = [sys.executable, "-m", "subtitling.workflow.cli", "edits", "retime", "clip", "en"]
    try:
        done = subprocess.run(
            [*command, "--configfile", "own.yaml"],
            cwd=edited.path, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": "scripts:."},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "2 of 2 rewritten lines have new times" in done.stdout
        one, two, *others = subtitle_files.read(path).cues
        assert (one.lines, two.lines) == ((first,), (second,))
        assert whole.start_ms - 40 <= one.start_ms < one.end_ms < two.start_ms < two.end_ms
        assert [(c.start_ms, c.end_ms) for c in others] == [(c.start_ms, c.end_ms) for c in rest]
        assert path.with_name(".en.srt.before").read_text("utf-8") == after
    finally:
        path.with_name(".en.srt.before").unlink(missing_ok=True)
        path.write_text(kept, "utf-8")


MORE_EDITS = [
    ("own.yaml", "track_format: ass", "track_format: srt", ["mux"]),
    ("own.yaml", "glossary", "subtitles: {speakers: names}\nglossary", TO_THE_END),
    ("own.yaml", "glossary", "names: {correct: false}\nglossary", HEARD),
    ("own.yaml", "glossary", "sentences: {max_pause_ms: 9}\nglossary", ["translation", "mux"]),
    ("own.yaml", "glossary", "lyrics: {song_from: 0.8}\nglossary", TRANSLATED),
    ("own.yaml", "glossary", "tmdb: {ask: false}\nglossary", ["tmdb"]),
    ("own.yaml", "glossary", "limits: {max_streams: 9}\nglossary", ["demux", "mux", "shots"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "before", "after", "rules"),
    [
        ("in/clip.film.json", "A clip", "Another", ["tmdb", "glossary_load", *BEFORE, *HEARD]),
        ("mine.tsv", "Mohan", "Mohun", ["glossary_load", *HEARD]),
        ("mine.tsv", "", "# a note\n\n", []),
        ("config/glossary/hinglish.tsv", "\tkin\t", "\tword\t", ["glossary_load", *HEARD]),
        ("edits/clip/en.srt", "00:00:0", "00:00:00", TO_THE_END),
        ("edits/clip/en.ours.json", "c00001", "c00009", TO_THE_END),
        ("mine.ttf", "\0", "\1", ["mux"]),
        ("config/subtitle_rules.yaml", "per_line: 42", "per_line: 41", TO_THE_END),
        ("own.yaml", "s1: Asha", "s1: Uma", []),
        ("own.yaml", "glossary: {", "glossary: {hinglish: false, ", ["glossary_load", *HEARD]),
        ("own.yaml", "glossary", "subtitles: {edits: none}\nglossary", TO_THE_END),
        ("own.yaml", "glossary", "source_language: hi\nglossary", [*BEFORE, *HEARD]),
        ("own.yaml", "glossary", "target_languages: [en, pt]\nglossary", ["translation", "mux"]),
        ("own.yaml", "glossary", "asr: {beam_size: 1}\nglossary", HEARD),
        ("config/films.tsv", "", "clip\tin/clip.mkv\t\t\tAnother\t\n", ["tmdb"]),
        *(pytest.param(*row, marks=pytest.mark.heavy) for row in MORE_EDITS),
    ],
)  # fmt: skip
def test_a_change_that_a_person_makes_is_never_ignored(
    edited: House, path: str, before: str, after: str, rules: list[str]
) -> None:
    file = edited.path / path
    kept, stat = file.read_bytes(), file.stat()
    assert before.encode() in kept
    changed = kept.replace(before.encode(), after.encode(), 1) if before else kept + after.encode()
    file.write_bytes(changed)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    try:
        planned = edited.planned(TARGET, "--configfile", "own.yaml")
    finally:
        file.write_bytes(kept)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert set(rules) <= set(planned)
    assert bool(rules) == bool(planned)
    # Nothing before the first stage that is concerned.
    order = ["tmdb", "glossary_load", "demux", "sound_events", "asr", "translation"]
    first = next((n for n, rule in enumerate(order) if rule in rules), len(order))
    assert not set(order[:first]) & set(planned)


# Every key of the configuration: another value than it has, and the first rule that this reruns;
# none where the key has no part in this film, as the options of an engine that is not used.
EVERY_KEY = {
    "films": ("other.tsv", None),
    "inbox": ("other", "tmdb"),
    "device": ("cuda", "source_separation"),
    "quality": ("best", None),  # of what the store has, it chooses the same
    "shards": (2, "sound_events_shard"),
    "source_language": ("hi", "demux"),
    "target_languages": (["en", "pt"], "translation"),
    "demux.audio_track": (1, "demux"),
    "demux.channels": ("left", "demux"),
    "tmdb.ask": (False, "tmdb"),
    "tmdb.language": ("hi", "tmdb"),
    "tmdb.on_ambiguous": ("first", "tmdb"),
    "tmdb.people": (9, "tmdb"),
    "tmdb.cache": ("elsewhere", "tmdb"),
    "glossary.files": ([], "glossary_load"),
    "glossary.hinglish": (False, "glossary_load"),
    "text.beside": (False, None),
    "text.times": ("trusted", None),
    "text.lines": ("recut", None),
    "sound_events.model": ("yamnet", "sound_events"),
    "sound_events.noises": ("yamnet", "sound_events"),
    "sound_events.onset": (0.6, "sound_events"),
    "sound_events.offset": (0.2, "sound_events"),
    "sound_events.min_event_ms": (210, "sound_events"),
    "sound_events.min_gap_ms": (310, "sound_events"),
    "sound_events.singing_ms": (1010, "sound_events"),
    "separation.when": ("always", "source_separation"),
    "separation.model": ("htdemucs", "source_separation"),
    "separation.dialogue_mix": (0.6, "source_separation"),
    "separation.min_music_db": (-5, "source_separation"),
    "separation.max_music_db": (17, "source_separation"),
    "separation.min_music_ms": (2010, "source_separation"),
    "separation.max_gap_ms": (1010, "source_separation"),
    "separation.piece_ms": (15010, "source_separation"),
    "separation.margin_ms": (2010, "source_separation"),
    "separation.fade_ms": (210, "source_separation"),
    "vad.model": ("silero-vad", "pyannote_vad"),
    "vad.also": ([], "pyannote_vad"),
    "vad.onset": (0.6, "pyannote_vad"),
    "vad.offset": (0.3, "pyannote_vad"),
    "vad.min_speech_ms": (70, "pyannote_vad"),
    "vad.min_silence_ms": (110, "pyannote_vad"),
    "vad.max_region_ms": (27000, "pyannote_vad"),
    "vad.margin_ms": (410, "pyannote_vad"),
    "speakers.model": ("campplus", "speakers"),
    "speakers.segmentation": ("pyannote-segmentation", None),
    "speakers.names": ({}, None),
    "speakers.min_speakers": (2, None),
    "speakers.max_speakers": (3, None),
    "speakers.max_distance": (0.6, None),
    "speakers.min_speaker_ms": (3010, None),
    "speakers.piece_ms": (3010, None),
    "speakers.min_voice_ms": (1010, None),
    "speakers.min_turn_ms": (260, None),
    "speakers.min_gap_ms": (310, None),
    "speakers.step_ms": (2510, None),
    "speakers.batch_size": (9, None),
    "shots.enabled": (False, "subtitle_gen"),
    "shots.threshold": (11, "shots"),
    "asr.engine": ("whisper", None),  # as auto takes where no other's model is in the store
    "asr.model": ("whisper-small", "asr"),
    "asr.compute_type": ("int8", "asr"),
    "asr.batch_size": (5, "asr"),
    "asr.beam_size": (4, "asr"),
    "asr.decoder": ("ctc", "asr"),
    "asr.chunk_ms": (29000, "asr"),
    "asr.script": ("as-heard", "asr"),
    "asr.allow_latin": (True, "asr"),
    "asr.other_languages": ([], "asr"),
    "asr.other_language_probability": (0.7, "asr"),
    "asr.second_ear": ("whisper-small", "second_ear"),
    "asr.shards": (2, "asr_shard"),
    "hallucinations.min_score": (0.36, "asr"),
    "hallucinations.max_no_speech": (0.5, "asr"),
    "hallucinations.max_compression": (2.5, "asr"),
    "hallucinations.max_repeats": (6, "asr"),
    "hallucinations.max_repeats_sung": (13, "asr"),
    "hallucinations.max_letters_per_s": (36, "asr"),
    "hallucinations.min_letters_per_s": (2, "asr"),
    "second_hearing.enabled": (False, "alignment"),
    "second_hearing.min_wordless_ms": (1010, "alignment"),
    "second_hearing.smeared_ms": (810, "alignment"),
    "alignment.aligner": ("attention", "alignment"),
    "alignment.models": ({"en": "wav2vec2-base-960h"}, "alignment"),
    "names.hotword_tokens": (190, "asr"),
    "names.correct": (False, "asr"),
    "names.min_similarity": (85, "asr"),
    "names.max_frequency": (3.1, "asr"),
    "lyrics.max_breath_ms": (2010, "lyrics_detection"),
    "lyrics.min_region_ms": (2510, "lyrics_detection"),
    "lyrics.text_weight": (0.3, "lyrics_detection"),
    "lyrics.song_from": (0.8, "lyrics_detection"),
    "lyrics.speech_to": (0.2, "lyrics_detection"),
    "sentences.max_pause_ms": (1210, "translation"),
    "sentences.max_duration_ms": (15010, "translation"),
    "translation.engines": ({"*-en": "nllb"}, "translation_shared"),
    "translation.batch_size": (17, "translation"),
    "translation.beam_size": (4, "translation"),
    "translation.max_tokens": (255, "translation"),
    "translation.round_trip_sentences": (1, "translation"),
    "translation.share_model": (False, None),
    "translation.shards": (2, "translation_shard"),
    "indictrans2.indic_en": ("other", None),
    "indictrans2.en_indic": ("other", None),
    "indictrans2.indic_indic": ("other", None),
    "indictrans2.python": ("other", None),
    "indictrans2.precision": ("int8", None),
    "indictrans2.start_s": (601, None),
    "indictrans2.request_s": (601, None),
    "whisper.model": ("whisper-small", "translation"),
    "firefox.models": ({}, None),
    "nllb.model": ("other", None),
    "nllb.precision": ("int8", None),
    "endpoint.url": ("http://127.0.0.1:9/v1", None),
    "endpoint.model": ("other", None),
    "endpoint.neighbours": (3, None),
    "endpoint.timeout_s": (121, None),
    "endpoint.max_tokens": (4095, None),
    "endpoint.price_in": (1, None),
    "endpoint.price_out": (1, None),
    "subtitles.rules": ("bbc", "subtitle_gen"),
    "subtitles.overrides": ({"*": {"max_lines": 1}}, "subtitle_gen"),
    "subtitles.bilingual": (True, "subtitle_gen"),
    "subtitles.audience": ("children", "subtitle_gen"),
    "subtitles.sdh": (True, "subtitle_gen"),
    "subtitles.sdh_applause_ms": (2010, "subtitle_gen"),
    "subtitles.sdh_music_ms": (5010, "subtitle_gen"),
    "subtitles.speakers": ("names", "subtitle_gen"),
    "subtitles.romanized": (["hi"], None),
    "subtitles.songs": (["en"], "subtitle_gen"),
    "subtitles.forced": (["en"], "subtitle_gen"),
    "subtitles.formats": (["srt", "vtt", "ass", "ttml"], "subtitle_gen"),
    "subtitles.timecode_start": ("10:00:00:00", "subtitle_gen"),
    "subtitles.machine_mark": ("none", "subtitle_gen"),
    "subtitles.edits": ("none", "subtitle_gen"),
    "mux.default_track": ("none", "mux"),
    "mux.forced_tracks": (["en"], "mux"),
    "mux.container": ("mp4", "mux"),
    "mux.track_format": ("srt", "mux"),
    "mux.fonts": ([], "mux"),
    "mux.check_s": (61, "mux"),
    "mux.find_fonts": (True, "mux"),
    "mux.sidecars": (["srt"], "mux"),
    "burn_in.language": ("en", "burn_in"),
    "burn_in.container": ("mkv", None),
    "burn_in.crf": (21, None),
    "burn_in.preset": ("fast", None),
    "audit.enabled": (False, None),
    "audit.preview": ("none", "audit"),
    "audit.max_mb": (5, "preview"),
    "audit.ad_gap_ms": (2000, "audit"),
    "record.operator": ("Archive", None),
    "record.sign_key": ("key", None),
    "record.time_stamp": ("", None),
    "limits.max_streams": (255, "demux"),
    "limits.max_width_px": (16383, "demux"),
    "limits.max_height_px": (16383, "demux"),
    "limits.max_duration_h": (47, "demux"),
    "limits.max_output_gb": (499, "demux"),
    "limits.time_factor": (4, "demux"),
    "limits.min_run_s": (3601, "demux"),
}  # fmt: skip
# What a row of films.tsv may say, in the place of the same for all films.
EVERY_COLUMN = {
    "media": ("other/clip.mkv", "tmdb"),
    "source_language": ("hi", "demux"),
    "target_languages": ("en pt", "translation"),
    "title": ("Another", "tmdb"),
    "year": ("1975", "tmdb"),
    "tmdb_id": ("11216", "tmdb"),
    "text": ("other/own.script.txt", "text_load"),
    "text_language": ("en", None),
}
ORDER = (
    *("text_load", "tmdb", "glossary_load", "demux", "sound_events_shard", "sound_events"),
    *("source_separation_shard", "source_separation", "pyannote_vad_shard", "pyannote_vad"),
    *("shots", "speakers", "asr_shard", "asr", "second_ear", "alignment", "lyrics_detection"),
    *(
        "translation_shared",
        "translation_shard",
        "translation",
        "subtitle_gen",
        "mux",
        "burn_in",
        "preview",
        "audit",
    ),
)


def test_every_key_and_column_has_its_row_in_the_tables() -> None:
    def keys(rule: dict[str, Any], above: str = "") -> Iterator[str]:
        for name, each in rule["properties"].items():
            if "properties" in each:
                yield from keys(each, f"{above}{name}.")
            else:
                yield f"{above}{name}"

    schema = json.loads((ROOT / "config" / "config.schema.json").read_text("utf-8"))
    assert [*EVERY_KEY] == [*keys(schema)]
    films = json.loads((ROOT / "config" / "films.schema.json").read_text("utf-8"))
    assert {*EVERY_COLUMN} == {*films["properties"]} - {"job"}


@pytest.fixture(scope="module")
def paged(edited: House) -> House:
    """The same house, with the film's page."""
    edited.run("clip", "--configfile", "own.yaml")
    (edited.path / "other").mkdir()
    shutil.copy(edited.path / "in" / "clip.mkv", edited.path / "other")
    (edited.path / "other" / "own.script.txt").write_text("It was night.\n", "utf-8")
    (edited.path / "other.tsv").write_text("job\tmedia\n", "utf-8")
    return edited


def first_planned(house: House, config: dict[str, Any]) -> str | None:
    """The rule that a configuration reruns first."""
    (house.path / "changed.yaml").write_text(json.dumps(config), "utf-8")
    planned = house.planned("clip", "--configfile", "own.yaml", "changed.yaml")
    assert set(planned) <= {*ORDER, "asr_whole", "alignment_shard", "alignment_whole", "model",
                            "sound_events_whole", "source_separation_whole", "pyannote_vad_whole",
                            "alignment_heard", "alignment_script",
                            "translation_whole", "clip"}  # fmt: skip
    return next((rule for rule in ORDER if rule in planned), None)


@pytest.mark.heavy
@pytest.mark.parametrize("key", EVERY_KEY)
def test_every_key_reruns_the_stage_that_it_belongs_to(paged: House, key: str) -> None:
    value, first = EVERY_KEY[key]
    config: Any = value
    for name in reversed(key.split(".")):
        config = {name: config}
    assert first_planned(paged, config) == first


@pytest.mark.heavy
@pytest.mark.parametrize("column", EVERY_COLUMN)
def test_every_column_reruns_the_stage_that_it_belongs_to(paged: House, column: str) -> None:
    value, first = EVERY_COLUMN[column]
    row = {"job": "clip", "media": "in/clip.mkv", column: value}
    text = "\t".join(row) + "\n" + "\t".join(row.values()) + "\n"
    (paged.path / "row.tsv").write_text(text, "utf-8")
    assert first_planned(paged, {"films": "row.tsv"}) == first


@pytest.mark.parametrize(
    "lines",
    [
        ("glossary: {files: [mien.tsv]}", "glossary.files: mien.tsv does not exist"),
        ("mux: {fonts: [mien.ttf]}", "mux.fonts: mien.ttf does not exist"),
        (
            "asr: {model: whisper-bse}",
            "wrong.yaml, line 1, asr.model: config/models.yaml has no model whisper-bse; did",
        ),
        ("asr: {modell: x}", "wrong.yaml, line 1, asr.modell: no such key; did you mean model?"),
        ("source_language: hin", "wrong.yaml, line 1, source_language: 'hin': write hi for Hindi"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_an_error_of_one_line(
    done: House, lines: tuple[str, str]
) -> None:
    (done.path / "wrong.yaml").write_text(lines[0], "utf-8")
    failed = done.run(TARGET, "--dry-run", "--configfile", "wrong.yaml", check=False)
    assert failed.returncode != 0
    last = failed.stdout.strip().splitlines()[-1]
    assert lines[1] in last


def test_what_is_not_used_is_named(done: House) -> None:
    there = {
        "edits/veru/en.srt": "edits/veru/: there is no job veru",
        "edits/clip/en.srt.txt": "edits/clip/en.srt.txt: not used: tracks of clip are en",
        "edits/clip/pt.srt": "edits/clip/pt.srt: not used",
        "in/new/other.mkv": "in/new/other.mkv: films in folders are not looked for",
    }
    for path in there:
        (done.path / path).parent.mkdir(parents=True, exist_ok=True)
        (done.path / path).write_text("x", "utf-8")
    (done.path / "rows.tsv").write_text("hi\tfilm\nमोहन\tclap\n", "utf-8")
    try:
        given = (
            "glossary={files: [rows.tsv]}",
            "asr={second_ear: whisper-tiny-en}",
            "source_language=hi",
        )
        output = done.run(TARGET, "--dry-run", "--config", *given).stdout
    finally:
        for path in there:
            (done.path / path).unlink()
    assert (
        "rows.tsv, line 2: for the film clap, but there is no such job; did you mean clip?"
        in output
    )
    assert [line for line in there.values() if line not in output] == []
    assert "clip: without the second ear: whisper-tiny-en does not know Hindi" in output


def test_another_film_under_the_same_name_is_a_new_film(done: House) -> None:
    film = done.path / "in" / "clip.mkv"
    content = film.read_bytes()
    stat = film.stat()
    film.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(film, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    try:
        assert "demux" in done.planned(TARGET)
    finally:
        film.write_bytes(content)
        os.utime(film, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_a_lost_intermediate_or_manifest_is_made_again(done: House, tmp_path: Path) -> None:
    speech = done.path / "out/clip/05_pyannote_vad/speech.json"
    record = done.path / "out/clip/04_sound_events/manifest.json"
    lost = {"pyannote_vad", "sound_events"}
    away = speech.rename(tmp_path / "speech.json"), record.rename(tmp_path / "manifest.json")
    try:
        assert lost <= set(done.planned(TARGET))  # whichever way the film is asked for
        assert lost <= set(done.planned("out/clip/11_audit/film.html"))
        assert lost <= set(done.planned())
        assert "pyannote_vad" in done.planned("out/clip/05_pyannote_vad/speech.json")
        assert done.planned("out/clip/06_asr/transcript.json") == []  # which does not need them
    finally:
        away[0].rename(speech)
        away[1].rename(record)
    assert done.planned(TARGET) == []


@pytest.mark.heavy
def test_a_film_that_is_asked_for_by_its_file_heals_whatever_is_lost(
    done: House, tmp_path: Path
) -> None:
    page = "out/clip/11_audit/film.html"
    done.run(TARGET, page)
    job = done.path / "out/clip"
    stages = sorted(p.parent for p in job.rglob("manifest.json"))
    named = {file.path for p in stages for file in Manifest.load(p / "manifest.json").outputs}
    records = [p / name for p in stages for name in ("manifest.json", "stage.log")]
    for lost in [*stages, *(done.path / name for name in sorted(named)), *records]:
        made = Manifest.load((lost if lost in stages else lost.parent) / "manifest.json")
        away = lost.rename(tmp_path / "away")
        planned = done.planned(page if made.stage.startswith("11_") else TARGET)
        away.rename(lost)
        assert made.rule in planned, lost
    assert len(stages) > 12
    assert len(named) > 20


@pytest.mark.parametrize(
    ("stage", "target"),
    [
        ("01_demux", "out/clip/01_demux/media.json"),
        pytest.param("06_asr", "out/clip/06_asr/transcript.json", marks=pytest.mark.heavy),
    ],
)
def test_a_killed_run_is_picked_up_where_it_stopped(house: House, stage: str, target: str) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 3.8)
    manifest = house.path / "out" / "clip" / stage / "manifest.json"
    with subprocess.Popen(
        house.command(target),
        cwd=house.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        while not manifest.is_file():
            assert run.poll() is None, "the run ended before the stage began"
            time.sleep(0.005)
        os.killpg(run.pid, signal.SIGKILL)
    assert Manifest.load(manifest).state(manifest.parent) == "killed"
    house.run(target)
    ended = Manifest.load(manifest)
    assert (ended.status, ended.attempt) == ("success", 2)
    assert [attempt["status"] for attempt in ended.attempts] == ["killed"]
    assert not list(house.path.glob("out/clip/**/.*"))


def test_a_stage_left_running_by_a_killed_snakemake_is_waited_for(house: House) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 3.8)
    manifest = house.path / "out/clip/06_asr/manifest.json"
    target = "out/clip/06_asr/transcript.json"
    with subprocess.Popen(
        house.command(target), cwd=house.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        while not manifest.is_file():
            assert run.poll() is None, "the run ended before the stage began"
            time.sleep(0.005)
        run.kill()  # Snakemake alone; its stage goes on
    again = house.run(target)
    assert "another process still works here" in again.stdout
    assert Manifest.load(manifest).status == "success"


@pytest.mark.parametrize("profile", ["gpu", "slurm", "profiles/demo", "profiles/gpu"])
def test_every_profile_plans_the_whole_path(house: House, profile: str) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    if "demo" in profile:
        (house.path / "demo").mkdir()
        table = "job\tmedia\tsource_language\ttarget_languages\nclip\tin/clip.mkv\thi\ten\n"
        (house.path / "demo" / "films.tsv").write_text(table, "utf-8")
    planned = house.planned("--profile", profile, TARGET)
    stages = {
        "tmdb",
        "glossary_load",
        "demux",
        "sound_events",
        "source_separation",
        "pyannote_vad",
        "asr",
        "alignment",
        "lyrics_detection",
        "translation",
        "subtitle_gen",
        "mux",
        "shots",
    }
    assert stages <= set(planned)


def test_speakers_are_told_apart_by_choice_alone(house: House) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    assert "speakers" not in house.planned(TARGET)
    chosen = ("--config", "speakers={model: campplus}")
    assert "speakers" in house.planned(TARGET, *chosen)
    output = house.run(TARGET, "--dry-run", "--quiet", "host", *chosen).stdout
    for reader in ("translating to en", "making the en subtitles"):
        _, _, reason = output.partition(reader)
        assert "05_speakers/speakers.json" in reason.partition("Job ")[0]
    wrong = house.run("--dry-run", "--config", "speakers={model: nobody}", check=False)
    assert "config/models.yaml has no model nobody" in wrong.stdout


def test_applause_is_listened_for_by_choice_alone(house: House) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    yamnet = "models/yamnet/model.json"
    dry = (TARGET, "--dry-run", "--quiet", "host")
    assert yamnet not in house.run(*dry).stdout
    assert yamnet in house.run(*dry, "--config", "sound_events={noises: yamnet}").stdout


def test_a_whisper_that_cannot_translate_is_an_error_before_the_first_job(house: House) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    turbo = "asr={model: whisper-large-v3-turbo}"
    hindi = "source_language=hi"
    refused = house.run(TARGET, "--dry-run", "--config", hindi, turbo, check=False)
    assert "job clip: whisper-large-v3-turbo was not trained to translate" in refused.stdout
    both = "whisper={model: whisper-base}"
    output = house.run(
        TARGET, "--dry-run", "--quiet", "host", "--config", hindi, turbo, both
    ).stdout
    assert "models/whisper-large-v3-turbo/model.json" in output
    house.run(TARGET, "--dry-run", "--config", "source_language=en", turbo)


def test_a_run_for_a_gpu_stops_early_on_a_host_without(house: House) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    done = house.run("--profile", "gpu", TARGET, check=False)
    assert done.returncode != 0
    assert "finds no GPU on this host" in done.stdout
    assert not (house.path / "out").exists()


def test_an_unknown_key_is_an_error_that_names_it(house: House) -> None:
    done = house.run("--dry-run", "--config", "asr={modle: x}", check=False)
    assert done.returncode != 0
    assert "modle" in done.stdout


def test_a_model_that_translates_into_none_of_a_films_languages_has_no_job(house: House) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    target = "out/clip/08_translation/by-whisper-base/answers.json"
    done = house.run("--dry-run", target, check=False)
    assert done.returncode != 0
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("job clip: no job translates with whisper-base into several of its")
    assert "Traceback" not in done.stdout


def test_a_job_that_is_not_there_is_answered_with_those_that_are(house: House) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    done = house.run("--dry-run", "out/sholay/10_mux/final.mkv", check=False)
    assert "no film for job sholay" in done.stdout
    assert "Jobs: clip" in done.stdout


def test_stages_run_the_code_of_their_own_checkout(house: House) -> None:
    """Not that of the checkout which the environment was set up from."""
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    module = house.path / "scripts" / "subtitling" / "film" / "tmdb.py"
    text = module.read_text("utf-8")
    module.write_text(f"{text}\nimport sys\nprint('own code', file=sys.stderr)\n", "utf-8")
    done = house.run("out/clip/02_tmdb/film.json")
    assert "own code" in done.stdout


def test_without_a_film_the_models_of_any_film_are_brought(house: House) -> None:
    assert house.planned("models") == []
    shutil.rmtree(house.path / "models" / "whisper-base")
    assert house.planned("models") == ["model"]


@pytest.mark.parametrize("name", ["models", "all"])
def test_a_film_may_be_called_as_a_rule_is(house: House, name: str) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / f"{name}.mkv", 1)
    assert "mux" in house.planned()


_TRACKS = """
from pathlib import Path
from snakemake.iocontainers import Wildcards
from subtitling.workflow import snakemake_adapter
with snakemake_adapter.loaded(Path("Snakefile"), [Path("own.yaml")]) as workflow:
    rule, names = snakemake_adapter.rule_of(workflow, "out/clip/10_mux/manifest.json")
    inputs, *_ = rule.expand_input(Wildcards(fromdict=names))
    print("tracks:", *(Path(path).parent.name for path in inputs.tracks))
"""


def tracks_of_film(house: House) -> list[str]:
    """The tracks that the mux is given, in order."""
    done = subprocess.run(
        [sys.executable, "-c", _TRACKS], cwd=house.path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": f"{house.path / 'scripts'}:{house.path}"},
    )  # fmt: skip
    return done.stdout.partition("tracks: ")[2].split()


def test_a_romanized_track_stands_after_the_one_of_its_language(house: House) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    table = "job\tmedia\tsource_language\ttarget_languages\nclip\tin/clip.mkv\thi\thi,en\n"
    (house.path / "config" / "films.tsv").write_text(table, "utf-8")
    own = house.path / "own.yaml"
    own.write_text("subtitles: {romanized: [hi], sdh: true}\n", "utf-8")
    assert tracks_of_film(house) == ["hi", "hi-Latn", "en"]
    done = house.run("--dry-run", "--configfile", str(own), "--forceall")
    assert "clip: making the hi-Latn subtitles" in done.stdout
    assert "08_translation/hi" not in done.stdout


def test_tracks_are_planned_by_their_tags_and_translations_by_their_words(house: House) -> None:
    clip(DATA / "two_cities.flac", house.path / "in" / "clip.mkv", 1)
    targets = "en-GB,pt,pt-BR,hi-Latn,zh-Hant,hi"
    table = f"job\tmedia\tsource_language\ttarget_languages\nclip\tin/clip.mkv\ten-US\t{targets}\n"
    (house.path / "config" / "films.tsv").write_text(table, "utf-8")
    (house.path / "own.yaml").write_text(
        'translation: {engines: {"*-en": whisper, en-pt: firefox, "*-hi": nllb}}\n'
        "subtitles: {songs: [pt-BR], forced: [en-GB, pt], romanized: [hi]}\n",
        "utf-8",
    )
    done = house.run("--dry-run", "--configfile", "own.yaml", "--forceall")
    assert "WITHOUT zh-Hant: job clip: no engine translates en-US to zh-Hant" in done.stdout
    parts = ["en-GB", "en-GB-forced", "pt", "pt-forced", "pt-BR", "pt-BR-songs", "hi-Latn", "hi"]
    assert tracks_of_film(house) == parts
    # What is said in other languages than English is translated into it; the rest is as it is.
    into = re.findall(r"translating to (\S+)", done.stdout)
    assert sorted(set(into) - {"all"}) == ["en-GB", "hi", "pt", "pt-BR"]


@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.heavy), "auto"])
def test_a_round_trip_brings_the_model_of_the_way_back(house: House, language: str) -> None:
    clip(DATA / "two_cities.flac", house.path / "in" / "clip.mkv", 1)
    table = f"job\tmedia\tsource_language\ttarget_languages\nclip\tin/clip.mkv\t{language}\tpt\n"
    (house.path / "config" / "films.tsv").write_text(table, "utf-8")
    own = house.path / "own.yaml"
    wanted = "out/clip/08_translation/pt/transcript.json"
    for trips, back in ((0, False), (3, True)):
        own.write_text(f"translation: {{round_trip_sentences: {trips}}}\n", "utf-8")
        done = house.run("--dry-run", "--forceall", wanted, "--configfile", str(own))
        assert "bringing the model firefox-en-pt" in done.stdout
        assert ("bringing the model firefox-pt-en" in done.stdout) is back


def test_indictrans2_translates_back_where_that_model_is_listed(house: House) -> None:
    clip(DATA / "two_cities.flac", house.path / "in" / "clip.mkv", 1)
    table = "job\tmedia\tsource_language\ttarget_languages\nclip\tin/clip.mkv\ten\tta\n"
    (house.path / "config" / "films.tsv").write_text(table, "utf-8")
    engines = '{engines: {"*-ta": indictrans2}, round_trip_sentences: 3}'
    (house.path / "own.yaml").write_text(f"translation: {engines}\n", "utf-8")
    for name in ("en-indic", "indic-en"):
        with (house.path / "config" / "models.yaml").open("a", encoding="utf-8") as listed:
            listed.write(
                f"  indictrans2-{name}:\n    licence: MIT\n    licence_url: https://example.org\n"
                f"    size_bytes: 9\n    files: {{a.bin: {'a' * 64}}}\n"
                "    sources: [{kind: folder, path: /nowhere}]\n"
            )
        done = house.run("--dry-run", "translate", "--configfile", "own.yaml")
        assert "bringing the model indictrans2-en-indic" in done.stdout
        assert ("bringing the model indictrans2-indic-en" in done.stdout) is (name == "indic-en")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("hi\ten", "config/models.yaml has no model indictrans2-indic-en"),
        ("en\tta", "config/models.yaml has no model indictrans2-en-indic"),
        ("auto\ten", "name the film's source_language"),
        ("pt\ten", "IndicTrans2 does not translate pt to en"),
    ],
)
def test_an_engine_that_lacks_something_says_so_before_anything_runs(
    house: House, row: str, words: str
) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    table = f"job\tmedia\tsource_language\ttarget_languages\nclip\tin/clip.mkv\t{row}\n"
    (house.path / "config" / "films.tsv").write_text(table, "utf-8")
    engines = 'translation={engines: {"*-en": indictrans2, "*-ta": indictrans2}}'
    done = house.run("--dry-run", "--config", engines, check=False)
    assert done.returncode != 0
    assert words in " ".join(done.stdout.split())


SHARDED = ("sound_events", "source_separation", "pyannote_vad", "asr", "alignment", "translation")


@pytest.mark.parametrize(
    ("settings", "divided"),
    [
        ("shards: 1", ()),
        ("shards: 2", SHARDED),
        ("asr: {shards: 2}", ("asr", "alignment")),
        ("{shards: 2, asr: {shards: 1}, translation: {shards: 1}}", SHARDED[:3]),
        ("{shards: 2, separation: {when: never}}", (SHARDED[0], *SHARDED[2:])),
    ],
)
def test_shards_divide_every_slow_stage_that_has_no_number_of_its_own(
    house: House, settings: str, divided: tuple[str, ...]
) -> None:
    clip(DATA / "two_cities.flac", house.path / "in" / "clip.mkv", 1)
    (house.path / "own.yaml").write_text(f"{settings}\n", "utf-8")
    words = ("--config", "source_language=en", "target_languages=[pt]")
    planned = house.planned("clip", "--configfile", "own.yaml", *words)
    parts = {rule for rule in planned if rule.endswith(("_shard", "_whole"))}
    assert parts == {f"{rule}_{kind}" for rule in divided for kind in ("shard", "whole")}
    assert not set(divided) & set(planned)


@pytest.mark.parametrize(
    ("targets", "changed", "shared"),
    [
        ("en,pt,fr", "", ["pt", "fr"]),
        ("en,pt,fr", ", share_model: false", []),
        ("en,pt,fr", ", shards: 2", []),
        # Nothing translates into ja: said where it is asked for, and no hindrance to the others.
        ("pt,ja", "", ["pt"]),
    ],
)
def test_languages_of_one_model_have_one_job_that_loads_it(
    house: House, targets: str, changed: str, shared: list[str]
) -> None:
    clip(DATA / "two_cities.flac", house.path / "in" / "clip.mkv", 1)
    table = f"job\tmedia\tsource_language\ttarget_languages\nclip\tin/clip.mkv\ten\t{targets}\n"
    (house.path / "config" / "films.tsv").write_text(table, "utf-8")
    own = house.path / "own.yaml"
    own.write_text(f'translation: {{engines: {{"*-pt": nllb, "*-fr": nllb}}{changed}}}\n', "utf-8")
    wanted = [
        f"out/clip/08_translation/{lang}/pairs.tsv" for lang in ("pt", "fr") if lang in targets
    ]
    done = house.run("--dry-run", *wanted, "--quiet", "host", "--configfile", str(own))
    together = "clip: translating to all languages of nllb-200-distilled-600m"
    assert done.stdout.count(together) == bool(shared)
    answers = "08_translation/by-nllb-200-distilled-600m/answers.json"
    for lang in shared:
        assert re.search(rf"translating to {lang}\nReason: .*{answers}", done.stdout)


def test_a_broken_film_fails_with_a_manifest_and_leaves_the_others_whole(house: House) -> None:
    (house.path / "in" / "notes.mkv").write_text("no film", "utf-8")
    (house.path / "in" / "empty.mp4").touch()
    name = "Rock 'n' \"Roll\" $x% मेरी फ़िल्म"
    clip(DATA / "hindi_short.flac", house.path / "in" / f"{name}.mkv", 1)
    targets = [f"out/{job}/01_demux/media.json" for job in ("notes", "empty", name)]
    done = house.run(*targets, check=False)
    assert done.returncode != 0
    assert "in/notes.mkv: cannot be read as a film" in done.stdout
    assert (house.path / targets[2]).is_file()
    for job in ("notes", "empty"):
        manifest = Manifest.load(house.path / f"out/{job}/01_demux/manifest.json")
        assert manifest.status == "failed"
        assert manifest.errors[0]["type"] == "Problem"
        assert sorted(p.name for p in (house.path / f"out/{job}/01_demux").iterdir()) == [
            ".attempts",
            "manifest.json",
            "stage.log",
        ]


def test_the_report_holds_the_page_and_says_whether_it_is_current(done: House) -> None:
    page = "out/clip/11_audit/film.html"
    done.run(page)
    done.run("--report", "report.html", page)
    report = (done.path / "report.html").read_text("utf-8")
    assert page in report
    for category in ("Film", "Subtitles", "Quality", "Record", "Logs"):
        assert f'"{category}"' in report
    assert '"results": "current"' in report
    assert "NOT CURRENT:" not in report
    (done.path / "shorter.yaml").write_text("sentences: {max_pause_ms: 900}\n", "utf-8")
    done.run("--report", "stale.zip", page, "--configfile", "shorter.yaml")
    with zipfile.ZipFile(done.path / "stale.zip") as packed:
        stale = packed.read("stale/report.html").decode()
    assert "RESULTS ARE NOT CURRENT" in stale
    assert '"results": "NOT CURRENT: audit, mux, subtitle_gen, translation would run"' in stale


def test_a_film_without_a_page_has_a_report_too(done: House) -> None:
    done.run("--report", "report.html", TARGET)
    assert (done.path / "report.html").stat().st_size > 100_000


def test_a_language_that_nothing_translates_into_fails_alone(house: House) -> None:
    clip(DATA / "hindi_short.flac", house.path / "in" / "clip.mkv", 1)
    table = "job,media,source_language,target_languages\nclip,in/clip.mkv,hi,en ta pt\n"
    (house.path / "config" / "films.tsv").write_text(table, "utf-8")
    output = house.run("--dry-run", "clip").stdout
    assert "WITHOUT ta: job clip: no engine translates hi to ta" in output
    assert "what could do Hindi to Tamil: endpoint" in output
    assert "clip: pt is made in two steps, through English" in output
    for planned in ("no ta subtitles", "translating to pt", "putting the subtitles into the film"):
        assert f"clip: {planned}" in output
    done = house.run("out/clip/08_translation_refused/ta/never", check=False)
    assert done.returncode != 0
    said = "clip: NOT DONE: 08_translation_refused/ta: job clip: no engine translates"
    assert said in done.stdout
    manifest = Manifest.load(house.path / "out/clip/08_translation_refused/ta/manifest.json")
    assert manifest.status == "failed"
    (house.path / "config" / "films.tsv").write_text(table.replace("en ta pt", "ta"), "utf-8")
    alone = house.run("--dry-run", check=False)
    assert alone.returncode != 0
    assert alone.stdout.strip().splitlines()[-1].startswith("WITHOUT ta: job clip: no engine")


@pytest.mark.heavy
@pytest.mark.parametrize("extra", [(), ("--workflow-profile", "none", "--cores", "2")])
@pytest.mark.parametrize("shards", [1, 2])
def test_a_language_that_fails_while_it_runs_fails_alone(
    done: House, tmp_path: Path, extra: tuple[str, ...], shards: int
) -> None:
    """With and without `keep-going`, which the default profile has, in one piece and in shards."""
    house = House.__new__(House)
    house.path = tmp_path / "house"
    shutil.copytree(done.path, house.path, symlinks=True)
    server = Server()
    server.faults = ["500"] * 1000
    engines = {"*-en": "whisper", "en-pt": "endpoint"}
    config = {
        "target_languages": ["en", "pt"],
        "translation": {"engines": engines, "shards": shards},
        "endpoint": {"url": server.url, "model": "small"},
    }
    (house.path / "dead.yaml").write_text(json.dumps(config), "utf-8")
    config = {"target_languages": ["en", "pt"]}
    (house.path / "good.yaml").write_text(json.dumps(config), "utf-8")

    def shown() -> list[str | None]:
        return [track.language for track in tracks.read(house.path / TARGET)]

    dead = ("clip", "--configfile", "dead.yaml", *extra)
    good = ("clip", "--configfile", "good.yaml", *extra)
    try:
        failed = house.run(*dead, check=False)
        assert failed.returncode != 0
        lines = failed.stdout.strip().splitlines()
        (said,) = [line for line in lines[-6:] if line.startswith("clip: NOT DONE: ")]
        assert "08_translation/pt" in said
        assert "HTTP 500" in said
        assert shown() == ["eng"]
        assert {f.kind for f in verify(house.path / "out/clip").findings} == {"state"}
        page = (house.path / "out/clip/11_audit/film.html").read_text("utf-8")
        assert "Without Portuguese, which could not be made." in page
        # The next run tries it again, and all is well once it can be done.
        assert "translating to pt" in house.run(*dead, "--dry-run").stdout
        house.run(*good)
        assert shown() == ["eng", "por"]
        assert verify(house.path / "out/clip").ok
        assert "Nothing to be done" in house.run(*good, "--dry-run").stdout
        # What was there stays, should the server be lost afterwards.
        kept = (house.path / "out/clip/09_subtitle_gen/pt/pt.srt").read_bytes()
        failed = house.run(*dead, check=False)
        assert failed.returncode != 0
        assert "The film keeps the one that was made at" in failed.stdout
        assert (house.path / "out/clip/09_subtitle_gen/pt/pt.srt").read_bytes() == kept
        assert shown() == ["eng", "por"]
    finally:
        server.end()


@pytest.mark.heavy
def test_a_language_whose_model_cannot_be_brought_fails_alone(done: House, tmp_path: Path) -> None:
    house = House.__new__(House)
    house.path = tmp_path / "house"
    shutil.copytree(done.path, house.path, symlinks=True)
    place, listed = house.path / "nllb", house.path / "config/models.yaml"
    place.mkdir()
    files = dict.fromkeys(("model.bin", "config.json"), "0" * 64)
    entry = {"licence": "MIT", "licence_url": "https://hub.test", "size_bytes": 1000,
             "files": files, "sources": [{"kind": "folder", "path": str(place)}]}  # fmt: skip
    models = yaml.safe_load(listed.read_text("utf-8"))
    models["models"]["mine"] = entry
    listed.write_text(yaml.safe_dump(models), "utf-8")
    config = {
        "target_languages": ["en", "pt"],
        "translation": {"engines": {"*-en": "whisper", "en-pt": "nllb"}},
        "nllb": {"model": "mine"},
    }
    (house.path / "own.yaml").write_text(json.dumps(config), "utf-8")
    both = ("clip", "--configfile", "own.yaml")
    for present in (False, True):  # the second time its files are there, with the wrong content
        if present:
            for name in files:
                (place / name).touch()
        failed = house.run(*both, check=False)
        assert failed.returncode != 0
        assert ("cannot be downloaded" in failed.stdout) == (not present)
        assert "models/mine: NOT DONE: " in failed.stdout
        assert "clip: NOT DONE: 08_translation/pt: the model mine is not in the store" in (
            failed.stdout
        )
        assert [track.language for track in tracks.read(house.path / TARGET)] == ["eng"]
        assert "bringing the model mine" in house.run(*both, "--dry-run").stdout
    alone = house.run("models/mine/model.json", check=False)
    assert alone.returncode != 0
    assert "models/mine: NOT DONE: config.json has the wrong content" in alone.stdout
    (house.path / "own.yaml").write_text(json.dumps({**config, "target_languages": ["pt"]}))
    for name in files:
        (place / name).unlink()
    refused = house.run(*both, check=False)
    assert "this run can't be done:\nthe model mine is not in models" in refused.stdout


@pytest.mark.heavy
def test_a_track_whose_corrected_file_is_wrong_fails_alone(done: House, tmp_path: Path) -> None:
    house = House.__new__(House)
    house.path = tmp_path / "house"
    shutil.copytree(done.path, house.path, symlinks=True)
    both = ("clip", "--config", "target_languages=[en,pt]")
    edit = house.path / "edits/clip/pt.srt"
    edit.parent.mkdir(parents=True)
    edit.write_text("1\n00:00:01,000 -> 00:00:02,000\nOi\n", "utf-8")

    def ends(status: int, film: list[str]) -> list[str]:
        ended = house.run(*both, check=False)
        assert ended.returncode == status, ended.stdout
        assert [track.language for track in tracks.read(house.path / TARGET)] == film
        return ended.stdout.strip().splitlines()

    lines = ends(1, ["eng"])
    why = "clip: NOT DONE: 09_subtitle_gen/pt: edits/clip/pt.srt, line 2: "
    assert lines[-5].startswith(why)
    assert lines[-3].startswith("  made in spite of it: out/clip/10_mux/final.mkv")
    page = (house.path / "out/clip/11_audit/film.html").read_text("utf-8")
    assert "Without Portuguese, which could not be made." in page
    edit.write_text("1\n00:00:00,100 --> 00:00:00,900\nOi\n", "utf-8")
    ends(0, ["eng", "por"])
    # What was corrected stays in the film while the file is wrong again.
    edit.write_text("1\n00:00:00,100 -> 00:00:00,900\nOi!\n", "utf-8")
    assert "The film keeps the one that was made at" in ends(1, ["eng", "por"])[-5]
    assert "Oi\n" in (house.path / "out/clip/09_subtitle_gen/pt/pt.srt").read_text("utf-8")


@pytest.mark.heavy
def test_a_translation_that_dies_each_time_fails_alone(done: House, tmp_path: Path) -> None:
    """As one that the kernel takes the memory from."""
    house = House.__new__(House)
    house.path = tmp_path / "house"
    shutil.copytree(done.path, house.path, symlinks=True)
    script = house.path / "scripts/08_translation.py"
    text = script.read_text("utf-8")
    before = "    metrics.check(options)\n"
    assert before in text
    dies = "    if io.wildcards.lang == 'pt':\n        __import__('os').abort()\n"
    script.write_text(text.replace(before, before + dies), "utf-8")
    failed = house.run("clip", "--config", "target_languages=[en,pt]", check=False)
    assert failed.returncode != 0
    assert "08_translation/pt: 3 tries died one after the other" in failed.stdout
    assert [track.language for track in tracks.read(house.path / TARGET)] == ["eng"]


def test_a_film_that_failed_is_named_in_the_report_and_does_not_end_it(done: House) -> None:
    broken = done.path / "in" / "broken.mkv"
    broken.write_bytes(bytes(20_000))
    try:
        done.run("clip")
        assert done.run("broken", check=False).returncode != 0
        done.run("--report", "part.html")
    finally:
        broken.unlink()
    report = (done.path / "part.html").read_text("utf-8")
    assert "NOT IN THIS REPORT" in report
    assert "broken: 01_demux: in/broken.mkv: cannot be read as a film" in report
    assert "out/clip/11_audit/film.html" in report
