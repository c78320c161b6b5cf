"""A whole job in two seconds, for tests: a real film of three seconds, every stage under the real
stage context, and the real scripts wherever no model is needed. Only what a model would hear is
given literally."""

import atexit
import os
import runpy
import shutil
import tempfile
from contextlib import chdir
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from snakemake import iocontainers as snake
from snakemake.utils import validate
from stage_objects import ROOT, rule

import lineage
from lineage import sources
from subtitling import documents
from subtitling.media import ffmpeg
from subtitling.subtitles.formats import deliveries
from subtitling.subtitles.rules import table

WORDS = ("It", "was", "late.", "Nobody", "slept.")
PORTUGUESE = ("Era", "tarde.", "Ninguém", "dormia.")
NO_LYRICS = documents.Lyrics((), (), ())
LYRICS = documents.Lyrics((documents.SungRegion("l00001", 1500, 2600, 0.9, 0.9, 0.9, 0.0),), (), ())


def defaults() -> dict[str, Any]:
    """The configuration as its schema fills it."""

    config: dict[str, Any] = {}
    validate(config, str(ROOT / "config/config.schema.json"))
    return config


def script(name: str, given: snake.Snakemake) -> None:
    """Run a stage's own script."""
    runpy.run_path(str(ROOT / "scripts" / name), init_globals={"snakemake": given})


def code(stage: str) -> str:
    """The digest that a rule has of its script."""
    return sources.digest(ROOT / "scripts" / f"{stage}.py")


def film(path: Path, seconds: int = 3, codecs: tuple[str, str] = ("libx264", "aac")) -> None:
    """A small film: a test picture, a tone, no subtitles."""
    picture = ["-f", "lavfi", "-i", f"testsrc=size=64x36:rate=24:duration={seconds}"]
    tone = ["-f", "lavfi", "-i", f"sine=frequency=300:sample_rate=16000:duration={seconds}"]
    fast = ["-deadline", "realtime"] if codecs[0] == "libvpx" else ["-preset", "ultrafast"]
    coded = ["-c:v", codecs[0], *fast, "-c:a", codecs[1], "-metadata:s:a:0", "language=eng",
             "-fflags", "+bitexact", "-flags", "+bitexact"]  # fmt: skip
    ffmpeg.run([*picture, *tone, *coded, str(path)])


def words(texts: tuple[str, ...], score: float | None) -> tuple[documents.Word, ...]:
    """Words of 0.4 s, one after the other, from half a second on."""
    return tuple(
        documents.Word(f"w{n:05d}", text, 100 + 400 * n, 500 + 400 * n, score)
        for n, text in enumerate(texts, 1)
    )


def heard(timing: str, foreign: bool = False) -> documents.Transcript:
    """What the recogniser would have understood: one segment with five words, or where part of it
    is `foreign`, two, the second of which was said in German."""
    spoken = words(WORDS, 0.9) if timing != "none" else ()
    if foreign:
        ours = documents.Segment("g00001", 500, 1700, " ".join(WORDS[:3]), spoken[:3], 0.9)
        theirs = documents.Segment(
            "g00002", 1700, 2500, " ".join(WORDS[3:]), spoken[3:], 0.9, language="de"
        )
        two = (replace(segment, regions=("r00001",)) for segment in (ours, theirs))
        return documents.Transcript("en", 0.99, timing, tuple(two))
    text = " ".join(WORDS)
    segment = documents.Segment("g00001", 500, 2500, text, spoken, 0.9, regions=("r00001",))
    return documents.Transcript("en", 0.99, timing, (segment,))


def translated() -> documents.Transcript:
    """The two sentences of `heard` in Portuguese."""
    made = words(PORTUGUESE, None)
    first = documents.Segment(
        "s00001", 500, 1700, " ".join(PORTUGUESE[:2]), made[:2], None,
        source_words=("w00001", "w00002", "w00003"),
    )  # fmt: skip
    second = documents.Segment(
        "s00002", 1700, 2500, " ".join(PORTUGUESE[2:]), made[2:], None,
        source_words=("w00004", "w00005"),
    )  # fmt: skip
    return documents.Transcript("pt", None, "estimated", (first, second))


def default_job(workflow: Path) -> Path:
    """The job `clip` with the default settings in `workflow`, an empty folder; returns its folder.

    Its stages ran once for all tests of this process. A record names no folder above the
    workflow's, so that a copy with its time stamps is a job like any other.
    """
    shutil.copytree(_default_workflow(), workflow, dirs_exist_ok=True)
    return workflow / "out" / "clip"


@cache
def _default_workflow() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sutradhar-recorded-"))
    atexit.register(shutil.rmtree, folder)
    job(folder)
    return folder


def job(
    workflow: Path,
    name: str = "clip",
    *,
    config: dict[str, Any] | None = None,
    hindi: str = "",
    foreign: bool = False,
) -> Path:
    """Run every stage of the job `name` in `workflow`; returns its folder. With `hindi`, all that
    is said in it, there are tracks in Hindi, in both scripts; with `foreign`, part of it is said in
    another language."""
    settings = config or defaults()
    with chdir(workflow), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUTRADHAR_RUN", "2026-11-21T00:00:00Z")
        _job(f"out/{name}", settings, hindi, foreign)
    return workflow / "out" / name


def _job(out: str, settings: dict[str, Any], hindi: str, foreign: bool) -> None:
    Path("Snakefile").touch()
    if not Path("film.mkv").exists():
        film(Path("film.mkv"))
    if not Path("film.json").exists():
        documents.save(documents.FilmData(), "film.json")
        documents.save(documents.Glossary((), ()), "glossary.json")
    if not Path("models/tiny/model.json").exists():
        _model()
    described, audio = f"{out}/01_demux/media.json", f"{out}/01_demux/audio.flac"
    speech = f"{out}/05_pyannote_vad/speech.json"
    aligned = f"{out}/07_alignment/transcript.json"
    known = {
        "audio": audio,
        "media": described,
        "speech": speech,
        "model": "models/tiny/model.json",
    }
    script("01_demux.py", rule(
        f"{out}/01_demux", input={"film": "film.mkv", "known": "film.json"},
        output={"media": "media.json", "audio": "audio.flac"}, config=settings,
        params={"audio_track": "auto", "channels": "mix", "language": "en",
                "limits": settings["limits"],
                "code": code("01_demux")},
    ))  # fmt: skip
    regions = (documents.Region("r00001", 450, 2600, 0.98),)
    _stage(f"{out}/05_pyannote_vad", {k: known[k] for k in ("media", "audio", "model")},
           {"speech": (documents.Speech(3000, regions), "speech.json")}, settings)  # fmt: skip
    _stage(
        f"{out}/06_asr",
        known,
        {"transcript": (heard("none", foreign), "transcript.json")},
        settings,
    )
    _stage(f"{out}/07_alignment", {**known, "transcript": f"{out}/06_asr/transcript.json"},
           {"transcript": (heard("attention", foreign), "transcript.json")}, settings)  # fmt: skip
    _stage(f"{out}/08_lyrics_detection", {"transcript": aligned},
           {"lyrics": (LYRICS if settings["subtitles"]["songs"] else NO_LYRICS, "lyrics.json")},
           settings)  # fmt: skip
    lyrics = f"{out}/08_lyrics_detection/lyrics.json"
    _stage(f"{out}/08_translation/pt", {"transcript": aligned},
           {"transcript": (translated(), "transcript.json")}, settings, lang="pt")  # fmt: skip
    extras = {}
    if settings["subtitles"]["sdh"]:
        music = documents.Events(3000, (documents.Event("music", 2600, 3000, 0.8),))
        _stage(f"{out}/04_sound_events", {k: known[k] for k in ("media", "audio", "model")},
               {"events": (music, "events.json")}, settings)  # fmt: skip
        extras["events"] = f"{out}/04_sound_events/events.json"
    if settings["speakers"]["model"] != "none":
        said = (documents.Turn(450, 1750, "s1", 0.9), documents.Turn(1700, 2600, "s2", 0.8))
        heard_of = (documents.Speaker("s1", 1300), documents.Speaker("s2", 900))
        _stage(f"{out}/05_speakers", {k: known[k] for k in ("media", "audio", "model")},
               {"speakers": (documents.Speakers(3000, said, heard_of), "speakers.json")},
               settings)  # fmt: skip
        extras["speakers"] = f"{out}/05_speakers/speakers.json"
    reading = table(settings["subtitles"]["rules"], settings["subtitles"]["overrides"])
    tracks = {"en": aligned, "pt": f"{out}/08_translation/pt/transcript.json"}
    if hindi:
        all_said = tuple(f"w{n:05d}" for n, _ in enumerate(WORDS, 1))
        spread = words(tuple(hindi.split()), None)
        whole = documents.Segment("s00001", 500, 2500, hindi, spread, None, source_words=all_said)
        heard_whole = documents.Transcript("hi", None, "estimated", (whole,))
        _stage(f"{out}/08_translation/hi", {"transcript": aligned},
               {"transcript": (heard_whole, "transcript.json")}, settings, lang="hi")  # fmt: skip
        tracks |= dict.fromkeys(("hi", "hi-Latn"), f"{out}/08_translation/hi/transcript.json")
    tracks |= {f"{lang}-songs": tracks[lang] for lang in settings["subtitles"]["songs"]}
    tracks |= {f"{lang}-forced": tracks[lang] for lang in settings["subtitles"]["forced"]}
    for lang, source in tracks.items():
        kinds = settings["subtitles"]["formats"]
        made = {kind: f"{lang}.{deliveries.ending(kind)}" for kind in kinds}
        script("09_subtitle_gen.py", rule(
            f"{out}/09_subtitle_gen/{lang}",
            input={
                "media": described, "speech": speech, "transcript": source, "lyrics": lyrics,
                **extras, "glossary": "glossary.json",
                **({} if source == aligned else {"spoken": aligned}),
            },
            output={
                **made, "cues": "cues.json", "quality": "quality.json",
                "credential": f"{lang}.credential.json",
            },
            config=settings,
            params={
                "rules": reading,
                "bilingual": settings["subtitles"]["bilingual"],
                "min_wordless_ms": 1000,
                "sounds_ms": {
 "applause": settings["subtitles"]["sdh_applause_ms"],
 "music": settings["subtitles"]["sdh_music_ms"],
 },
                "sdh": settings["subtitles"]["sdh"],
                "names": settings["speakers"]["names"].get(Path(out).name, {}),
                "formats": kinds,
                "timecode_start": settings["subtitles"]["timecode_start"],
                "machine_mark": settings["subtitles"]["machine_mark"],
                "code": code("09_subtitle_gen"),
            },
            wildcards={"job": Path(out).name, "lang": lang},
        ))  # fmt: skip
    muxed = settings["mux"]
    kind = {"mkv": muxed["track_format"], "mp4": "srt", "webm": "vtt"}[muxed["container"]]
    files = [f"{out}/09_subtitle_gen/{lang}/{lang}" for lang in tracks]
    script("10_mux.py", rule(
        f"{out}/10_mux",
        input={"film": "film.mkv", "media": described,
               "sidecars": [f"{file}.{k}" for file in files for k in muxed["sidecars"]],
               "tracks": [f"{file}.{kind}" for file in files], "fonts": [],
               "cues": [f"{out}/09_subtitle_gen/{lang}/cues.json" for lang in tracks]},
        output={"film": f"final.{muxed['container']}"}, config=settings,
        params={"languages": list(tracks), "default_track": "first",
                "forced_tracks": [lang for lang in tracks if lang.endswith("-forced")],
                "find_fonts": False,
                "machine_mark": settings["subtitles"]["machine_mark"],
                "check_s": settings["mux"]["check_s"],
                "limits": settings["limits"], "code": code("10_mux")},
    ))  # fmt: skip


def _model() -> None:
    with lineage.stage(rule("models/tiny", output={"inventory": "model.json"})) as io:
        weights = io.folder / "model.bin"
        weights.write_bytes(b"weights")
        files = {"model.bin": lineage.sha256(weights)}
        io.model("tiny", source="test", revision="1" * 40, licence="MIT", files=files)
        documents.save(
            documents.StoredModel("tiny", "test", "1" * 40, "MIT", files), io.output.inventory
        )


def _stage(
    folder: str,
    given: dict[str, Any],
    made: dict[str, tuple[Any, str]],
    settings: dict[str, Any],
    lang: str | None = None,
) -> None:
    """A stage whose model's answer is given: `made` maps output names to document and file name."""
    snakemake = rule(
        folder, input=given, output={k: name for k, (_, name) in made.items()}, config=settings,
        params={"code": code(Path(folder).parts[2])}, wildcards={"lang": lang} if lang else {},
    )  # fmt: skip
    with lineage.stage(snakemake) as io:
        if "model" in given:
            files = {"model.bin": lineage.sha256("models/tiny/model.bin")}
            io.model("tiny", source="test", revision="1" * 40, licence="MIT", files=files)
        io.media_ms(3000)
        for name, (document, _) in made.items():
            documents.save(document, getattr(io.output, name))


def touch_as_snakemake(path: Path) -> None:
    """Update the time of every output, as Snakemake does after the job."""
    os.utime(path)
