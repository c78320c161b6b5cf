"""Films that speak several languages, made of recordings of people: `bench/clips.py` brings them.

    PYTHONPATH=scripts .venv/bin/python bench/clips.py CLIPS
    PYTHONPATH=scripts .venv/bin/python bench/languages.py CLIPS

Each film is several recordings one after the other. For each: the share of its speech, by time,
that is recognised in its own language, and the words that are lost in runs of three or more, with
nothing but the film's language heard (`asr.other_languages: []`) and by default; and what share of
the recognition's time it costs to find the languages. Then every recording by itself, which is in
one language: how much of it is taken for another, before texts are compared.
"""

import argparse
import csv
import sys
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import numpy as np  # noqa: E402
import soundfile  # noqa: E402

from bench.plain import compared  # noqa: E402
from bench.sounds import defaults, regions  # noqa: E402
from subtitling import spans  # noqa: E402
from subtitling.documents import Region  # noqa: E402
from subtitling.media import audio_file  # noqa: E402
from subtitling.media.audio_file import SPEECH_RATE, Sound  # noqa: E402
from subtitling.recognition import (  # noqa: E402
    chunking,
    language_diarization,
    passes,
    whisper,
)
from subtitling.recognition.hallucinations import HallucinationOptions  # noqa: E402
from subtitling.recognition.recogniser import RecognitionOptions  # noqa: E402

RATE = SPEECH_RATE
PAUSE_MS = 1000  # between two scenes
FILMS = (
    ("austen", "emodb_de"),
    ("emodb_de", "jfk", "nst_sv"),
    ("stamps_ru", "jfk", "prompts_ru"),
    ("stamps_es", "commonvoice_ja", "persuasion_es", "stamps_fr"),
    ("fish_nl_hanoi", "beckett", "emodb_de", "fish_nl_electromagnet"),
    ("prompts_it", "stamps_ro", "prompts_en"),
    ("stamps_da", "nst_sv", "mfa_cold_corpus"),
    ("warzone_tutorial", "persuasion_es", "talk_luck"),
    ("fish_cs_windoze", "jfk", "fish_cs_briefcase"),
    ("stamps_bg", "austen", "stamps_el"),
)


@dataclass(frozen=True)
class Scene:
    """A recording at its place in a film, in ms."""

    language: str
    start_ms: int
    end_ms: int
    sentences: tuple[str, ...]


def film(
    folder: Path, names: tuple[str, ...], languages: dict[str, str]
) -> tuple[Any, list[Scene]]:
    """The sound of a film, mono at 16 kHz, and its scenes."""
    pause = np.zeros(PAUSE_MS * RATE // 1000, np.float32)
    parts: list[Any] = []
    scenes = []
    for name in names:
        sound, _ = soundfile.read(folder / f"{name}.flac", dtype="float32")
        start = sum(map(len, parts))
        parts += [sound, pause]
        text = (folder / f"{name}.txt").read_text("utf-8").splitlines()
        scenes.append(
            Scene(languages[name], start * 1000 // RATE, (start + len(sound)) * 1000 // RATE,
                  tuple(filter(None, text)))
        )  # fmt: skip
    return np.concatenate(parts), scenes


def quiet(*_: object) -> None:
    """Report no progress."""


@dataclass
class Timed:
    """A recogniser, and the seconds that its recognition and its finding of languages took."""

    recogniser: whisper.Whisper
    recognition_s: float = 0.0
    languages_s: float = 0.0

    def watch(self) -> None:
        """Time the two from now on, without the loading."""
        self.recogniser.load()
        of: Any = self.recogniser
        recognise, languages = of.recognise, of._heard

        def timed(key: str, call: Any, *args: Any, **how: Any) -> Any:
            began = time.monotonic()
            try:
                return call(*args, **how)
            finally:
                setattr(self, key, getattr(self, key) + time.monotonic() - began)

        of.recognise = partial(timed, "recognition_s", recognise)
        of._heard = partial(timed, "languages_s", languages)


def right(said: passes.Said, spoken: list[Region], scenes: list[Scene]) -> float:
    """The share of the speech that was recognised in its own language, 0 to 1."""
    heard: dict[str, list[spans.Span]] = {}
    for (chunk, text), (language, _) in zip(said.pairs, said.languages, strict=True):
        own = [(r.start_ms, r.end_ms) for r in chunk.regions]
        heard.setdefault(language if text.text else "", []).extend(own)
    total = good = 0
    for scene in scenes:
        within = [(scene.start_ms, scene.end_ms)]
        own = spans.common([(r.start_ms, r.end_ms) for r in spoken], within)
        total += spans.total(own)
        good += spans.total(spans.common(sorted(heard.get(scene.language, [])), own))
    return good / max(1, total)


def lost(said: passes.Said, scenes: list[Scene]) -> int:
    """The words of the scenes that are lost in runs of three or more."""
    count = 0
    for scene in scenes:
        texts = [
            heard.text
            for chunk, heard in said.pairs
            if scene.start_ms <= sum(chunk.span) // 2 < scene.end_ms
        ]
        count += sum(b - a for a, b in compared(scene.sentences, " ".join(texts)).lost)
    return count


def main() -> None:
    """Make the films, listen, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--model", default="whisper-base")
    parser.add_argument("--only", default="", help="films and recordings of this one alone")
    given = parser.parse_args()
    options = RecognitionOptions(**defaults("asr", "engine", "shards"))
    doubting = HallucinationOptions(**defaults("hallucinations"))
    with (given.clips / "LIST.tsv").open(encoding="utf-8") as file:
        languages = {r["name"]: r["language"] for r in csv.DictReader(file, delimiter="\t")}
    timed = Timed(
        whisper.Whisper(ROOT / "models" / given.model, "cpu", 2, options, lambda *_: None)
    )
    timed.watch()
    print("| film | film's language | right before | right after | lost before | lost after |")
    print("|---|---|---|---|---|---|")
    for names in FILMS:
        if given.only in " ".join(names):
            print(row(given.clips, names, languages, timed, options, doubting), flush=True)
    share = timed.languages_s / max(0.001, timed.recognition_s)
    print(
        f"finding the languages took {share:.1%} of the recognition's {timed.recognition_s:.0f} s"
    )
    total = other = 0
    for name in (name for name, code in languages.items() if code != "none"):
        if given.only not in name:
            continue
        audio, spoken, _ = ready(given.clips, (name,), languages)
        chunks = chunking.chunks(spoken, options.chunk_ms)
        language = next(iter(timed.recogniser.languages(audio, chunks)))
        heard = timed.recogniser.identify(audio, chunks)
        settled = language_diarization.settled(heard, language, "auto")
        regions_ms = [
            (each.speech_ms, tag)
            for some, tags in zip(heard, settled, strict=True)
            for each, tag in zip(some, tags, strict=True)
        ]
        wrong = {tag for _, tag in regions_ms} - {language}
        total += sum(ms for ms, _ in regions_ms)
        other += sum(ms for ms, tag in regions_ms if tag != language)
        if wrong:
            print(f"{name}, in {language}: partly {', '.join(sorted(wrong))}", flush=True)
    print(f"recordings in one language: {other / max(1, total):.1%} of the speech in another")


def ready(
    clips: Path, names: tuple[str, ...], languages: dict[str, str]
) -> tuple[Sound, list[Region], list[Scene]]:
    """The sound of a film, its speech regions, and its scenes."""
    sound, scenes = film(clips, names, languages)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "film.flac"
        soundfile.write(file, sound, RATE, subtype="PCM_16")
        return audio_file.read_speech_audio(file), regions(file), scenes


def row(
    clips: Path,
    names: tuple[str, ...],
    languages: dict[str, str],
    timed: Timed,
    options: RecognitionOptions,
    doubting: HallucinationOptions,
) -> str:
    """The table's row of a film."""
    audio, spoken, scenes = ready(clips, names, languages)
    chunks = chunking.chunks(spoken, options.chunk_ms)
    language = next(iter(timed.recogniser.languages(audio, chunks)))
    rows = []
    for others in ([], options.other_languages):
        timed.recogniser.options = replace(options, other_languages=others)
        listener = passes.Listener(timed.recogniser, audio, language, quiet)
        said = listener.recognise(chunks, [], doubting)
        rows.append((right(said, spoken, scenes), lost(said, scenes)))
    tags = " ".join(f"{name} ({languages[name]})" for name in names)
    (before, lost_before), (after, lost_after) = rows
    return f"| {tags} | {language} | {before:.1%} | {after:.1%} | {lost_before} | {lost_after} |"


if __name__ == "__main__":
    main()
