"""How well a text that is at hand is placed in the sound: the tables of docs/evaluation.md.

    PYTHONPATH=scripts:. python bench/text.py script DIR --hindi TEXT
    PYTHONPATH=scripts:. python bench/text.py retime TEXT WORK [--ffsubsync FILE] [--alass FILE]

`script` places the whole script of a recording, and one of which every tenth word is wrong, missing
or added, and compares word starts with references that are independent of this project: those of
bench/hearing.py, whose DIR and TEXT these are, and the sentences of tests/data/hindi.json.

`retime` makes a film of 45 minutes: espeak-ng reads lines of an English TEXT with pauses, and half
an hour of music is in the middle; the fastest detector alone finds the speech. Cues with the true
times of its lines are displaced, and put back; what is left of that is measured, beside what other
programs leave.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from bench import hearing
from bench.subtitles import read_aloud
from subtitling import documents
from subtitling.alignment import word_times
from subtitling.alignment.aligners import phonemes
from subtitling.documents import Region, Segment, Speech, Text, TextLine
from subtitling.known_text import onsets, script_alignment, timed_text
from subtitling.media import audio_file
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.track_file import clock

ROOT = Path(__file__).resolve().parents[1]
RATE = 22_050
Cue = tuple[int, int, str]
Line = tuple[int, int, str]


def quiet(_done: float, _total: float) -> None:
    """No progress."""


def placer(
    sound: audio_file.Sound, language: str
) -> Callable[[Sequence[Segment], Sequence[Region]], list[Segment]]:
    """The phoneme aligner on a sound."""
    aligner = phonemes.Phonemes(language)
    return lambda segments, regions: word_times.align(
        aligner, sound, segments, regions, language, 2, quiet
    )


def run(films: dict[str, tuple[Path, str]], work: Path, target: str) -> None:
    """Run the workflow on recordings, each with its language, to one of its files."""
    table = work / "films.tsv"
    rows = [f"{job}\t{media}\t{language}" for job, (media, language) in films.items()]
    table.write_text("\n".join(["job\tmedia\tsource_language", *rows]) + "\n", "utf-8")
    config = work / "config.yaml"
    config.write_text(
        f"films: {table}\ninbox: {work}/none\nseparation: {{when: never}}\n"
        "shots: {enabled: false}\ntext: {beside: false}\n"
        "vad: {model: silero-vad, also: []}\n",
        "utf-8",
    )
    subprocess.run(
        ["snakemake", "--cores", "2", "--configfile", str(config), "--",
         *(f"out/{job}/{target}" for job in films)],
        cwd=ROOT, check=True,
    )  # fmt: skip


# A script without times


@dataclass(frozen=True)
class Reading:
    """A recording, its script in lines, and when words begin by a reference: by line and word."""

    name: str
    language: str
    file: Path
    lines: tuple[str, ...]
    starts: dict[tuple[int, int], int]


def readings(folder: Path, hindi: str, scratch: Path) -> Iterator[Reading]:
    """The recordings with a reference of their words' times."""
    for n, clip in enumerate(hearing.librivox(folder), 1):
        yield _reading(f"librivox{n}", "en", clip.file, clip.words)
    data = ROOT / "tests" / "data"
    tale = scratch / "tale.wav"
    subprocess.run(
        ["ffmpeg", "-y", "-loglevel", "error", "-i", data / "two_cities.flac", "-ar", "16000",
         "-ac", "1", tale],
        check=True,
    )  # fmt: skip
    text = (data / "two_cities.txt").read_text("utf-8")
    plain = re.sub(r"[^a-z ]", "", text.lower().replace("—", " "))
    yield _reading("tale", "en", data / "two_cities.flac", hearing.pocketsphinx(tale, plain))
    clips = hearing.synthetic("hindi", "hi", "hi", hindi, scratch, 0.0)
    for n, clip in enumerate(clips, 1):
        yield _reading(f"hindi_espeak{n}", "hi", clip.file, clip.words)
    rows = json.loads((data / "hindi.json").read_text("utf-8"))
    lines = tuple(row["text"] for row in rows)
    starts = {(n, 0): row["start_ms"] for n, row in enumerate(rows)}
    yield Reading("hindi_clip", "hi", data / "hindi.flac", lines, starts)


def _reading(name: str, language: str, file: Path, words: hearing.Words) -> Reading:
    rows = [words[n : n + 10] for n in range(0, len(words), 10)]
    return Reading(
        name, language, file, tuple(" ".join(word for word, _, _ in row) for row in rows),
        {(n, k): row[k][1] for n, row in enumerate(rows) for k in range(len(row))},
    )  # fmt: skip


def damaged(lines: Sequence[str], seed: int) -> list[list[tuple[str, tuple[int, int] | None]]]:
    """The lines with every tenth word wrong, missing or added; each word with its place in the
    right text, if it has one."""
    chance = random.Random(seed)
    everything = " ".join(lines).split()
    made = []
    for n, line in enumerate(lines):
        row: list[tuple[str, tuple[int, int] | None]] = []
        for k, word in enumerate(line.split()):
            what = chance.random()
            if what < 1 / 30:
                row.append((chance.choice(everything), None))
            elif what < 2 / 30:
                continue
            else:
                row.append((word, (n, k)))
                row += [(chance.choice(everything), None)] * (what < 3 / 30)
        made.append(row)
    return made


def scripts(given: argparse.Namespace) -> None:
    """The table of word starts."""
    hindi = given.hindi.read_text("utf-8")
    with TemporaryDirectory() as scratch:
        some = list(readings(given.dir, hindi, Path(scratch)))
        run({f"bench-{r.name}": (r.file, r.language) for r in some}, Path(scratch),
            "07_alignment/transcript.json")  # fmt: skip
        rows: dict[tuple[str, str], list[int]] = {}
        lost: dict[tuple[str, str], int] = {}
        for reading in some:
            name = re.sub(r"\d+$", "", reading.name)
            for seed in (None, 1, 2, 3):
                kind = "whole" if seed is None else "a tenth wrong"
                late, missing = _errors(reading, seed)
                rows.setdefault((name, kind), []).extend(late)
                lost[name, kind] = lost.get((name, kind), 0) + missing
    print("\n| recording | script | word starts | median | 90 % | most | right words not placed |")
    print("|---|---|---|---|---|---|---|")
    for (name, kind), late in sorted(rows.items()):
        median, ninety = np.percentile(late, [50, 90])
        print(f"| {name} | {kind} | {len(late)} | {median:.0f} ms | {ninety:.0f} ms "
              f"| {max(late)} ms | {lost[name, kind]} |")  # fmt: skip


def _errors(reading: Reading, seed: int | None) -> tuple[list[int], int]:
    folder = ROOT / "out" / f"bench-{reading.name}"
    if seed is None:
        asked = [[(w, (n, k)) for k, w in enumerate(line.split())]
                 for n, line in enumerate(reading.lines)]  # fmt: skip
    else:
        asked = damaged(reading.lines, seed)  # type: ignore[assignment]
    lines = tuple(
        TextLine(n, " ".join(word for word, _ in row)) for n, row in enumerate(asked) if row
    )
    heard = documents.load(documents.Transcript, folder / "07_alignment" / "transcript.json")
    speech = documents.load(documents.Speech, folder / "05_pyannote_vad" / "speech.json")
    sound = audio_file.read_speech_audio(folder / "01_demux" / "audio.flac")
    made = script_alignment.transcript(
        Text("script", "0" * 64, reading.language, False, lines), heard, speech.regions,
        sound.duration_ms, placer(sound, reading.language), quiet,
    )  # fmt: skip
    late, missing = [], 0
    for n, row in enumerate(asked):
        said = [word for word in made.words if word.line == n]
        # In order, so that a word that was added does not stand for the same one further on.
        blocks = SequenceMatcher(
            None, [word for word, _ in row], [word.text for word in said], autojunk=False
        ).get_matching_blocks()
        at = {b.a + k: b.b + k for b in blocks for k in range(b.size)}
        for k, (_, place) in enumerate(row):
            if place in reading.starts and k in at:
                late.append(abs(said[at[k]].start_ms - reading.starts[place]))
            missing += place in reading.starts and k not in at
    return late, missing


# Subtitles with wrong times


def film(text: str, work: Path) -> tuple[Path, list[Line]]:
    """A sound of three quarters of an hour, most of it music, and the times of its lines."""
    chance = random.Random(1)
    words = text.split()
    sounds: list[np.ndarray] = [np.zeros(120 * RATE, np.int16)]  # type: ignore[type-arg]
    lines: list[Line] = []
    at = len(sounds[0])
    piece, music = work / "line.wav", False
    while at < 45 * 60 * RATE and words:
        if at > 8 * 60 * RATE and not music:
            sounds.append(_music(30 * 60))
            at += len(sounds[-1])
            music = True
        size = chance.randrange(3, 13)
        said, words = " ".join(words[:size]), words[size:]
        spoken = read_aloud(said, "en-us", chance.randrange(140, 190), piece)
        with wave.open(str(piece)) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
        lines.append((at * 1000 // RATE + spoken[0][1], at * 1000 // RATE + spoken[-1][2], said))
        pause = np.zeros(round(chance.choice((0.1, 0.3, 0.7, 1.5, 4, 9)) * RATE), np.int16)
        sounds += [samples, pause]
        at += len(samples) + len(pause)
    whole = np.concatenate(sounds).astype(np.float32)
    whole += np.random.default_rng(1).standard_normal(len(whole)).astype(np.float32) * 60
    path = work / "film.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(whole.clip(-32768, 32767).astype(np.int16).tobytes())
    return path, lines


def _music(seconds: int) -> "np.ndarray":  # type: ignore[type-arg]
    """Chords that change twice a second."""
    chance = random.Random(2)
    beat = np.arange(RATE // 2) / RATE
    fade = np.minimum(1, np.minimum(beat, beat[::-1]) * 40)
    scale = [220 * 2 ** (n / 12) for n in (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)]
    beats = [
        fade * sum(np.sin(2 * np.pi * note * beat) for note in chance.sample(scale, 3)) * 2500
        for _ in range(2 * seconds)
    ]
    return np.concatenate(beats).astype(np.int16)


def cases(lines: Sequence[Line]) -> Iterator[tuple[str, list[Cue], list[int]]]:
    """Cues with wrong times, and the right ones of their starts."""
    chance = random.Random(3)
    right = [start for start, _, _ in lines]
    cues = [(start, end + chance.randrange(0, 800), text) for start, end, text in lines]

    def moved(move: Callable[[int], int]) -> list[Cue]:
        return [(move(start), move(end), text) for start, end, text in cues]

    yield "offset of +90 s", moved(lambda ms: ms + 90_000), right
    yield "offset of -90 s", moved(lambda ms: ms - 90_000), right
    yield "rate 25/23.976", moved(lambda ms: round(ms * 25 / (24_000 / 1001))), right
    edges = [right[len(right) * n // 4] for n in (1, 2, 3)]
    yield "three cuts", moved(lambda ms: ms + 60_000 * sum(ms >= edge for edge in edges)), right
    # As a translator writes: fewer cues, that come early or late and stay longer.
    foreign, starts, n = [], [], 0
    while n < len(cues):
        several = 1 + (chance.random() < 0.3 and n + 1 < len(cues))
        start = cues[n][0] + round(chance.gauss(0, 120))
        foreign.append((start - 37_000, cues[n + several - 1][1] - 36_500, "x x x"))
        starts.append(cues[n][0])
        n += several
    yield "foreign language, offset of -37 s", foreign, starts


def retimed(given: argparse.Namespace) -> None:
    """The table of line starts."""
    given.work.mkdir(parents=True, exist_ok=True)
    path, lines = film(given.text.read_text("utf-8"), given.work)
    run({"bench-retime": (path, "en")}, given.work, "05_pyannote_vad/speech.json")
    folder = ROOT / "out" / "bench-retime"
    speech = documents.load(documents.Speech, folder / "05_pyannote_vad" / "speech.json")
    sound = audio_file.read_speech_audio(folder / "01_demux" / "audio.flac")
    others = {"ffsubsync": given.ffsubsync, "alass": given.alass}
    print("\n| case | cues | program | median | 90 % | seconds |\n|---|---|---|---|---|---|")

    def row(name: str, right: list[int], program: str, starts: Callable[[], list[int]]) -> None:
        began = time.monotonic()
        late = np.abs(np.array(starts()) - right)
        median, ninety = np.percentile(late, [50, 90])
        print(f"| {name} | {len(late)} | {program} | {median:.0f} ms | {ninety:.0f} ms "
              f"| {time.monotonic() - began:.0f} |", flush=True)  # fmt: skip

    for name, cues, right in cases(lines):
        fit = partial(_ours, cues, speech, sound)
        row(name, right, "this project, lines", partial(fit, words=False))
        for program, where in others.items():
            if where:
                row(name, right, program, partial(_theirs, program, where, cues, path, given.work))
        if "foreign" not in name and not given.lines:
            row(name, right, "this project, words", partial(fit, words=True))


def _ours(cues: Sequence[Cue], speech: Speech, sound: audio_file.Sound, words: bool) -> list[int]:
    """Where lines begin by the speech, or by their words."""
    begins = onsets.onsets(sound, (region.start_ms for region in speech.regions))
    lines = tuple(TextLine(n, text, (text,), a, b) for n, (a, b, text) in enumerate(cues))
    made = timed_text.transcript(Text("cues", "0" * 64, "en", True, lines), speech, 0, "en", begins)
    if words:
        made = timed_text.aligned(made, speech, placer(sound, "en"))
    starts = {s.words[0].line: s.start_ms for s in made.segments}
    return [starts.get(n, 10**7) for n in range(len(cues))]  # 10,000 s off where it has no place


def _theirs(program: str, where: Path, cues: Sequence[Cue], sound: Path, work: Path) -> list[int]:
    wrong, right = work / "wrong.srt", work / "right.srt"
    late = max(0, -min(start for start, _, _ in cues))  # their files can't begin before the film
    wrong.write_text(
        "".join(
            f"{n}\n{clock(a + late)} --> {clock(b + late)}\n{n} {text}\n\n"
            for n, (a, b, text) in enumerate(cues, 1)
        ),
        "utf-8",
    )
    words = (
        [where, sound, "-i", wrong, "-o", right, "--max-offset-seconds", "120"]
        if program == "ffsubsync"
        else [where, sound, wrong, right]
    )
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    starts = {int(c.lines[0].split()[0]): c.start_ms for c in subtitle_files.read_cues(right)}
    return [starts.get(n, 10**7) for n in range(1, len(cues) + 1)]


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    commands = parser.add_subparsers(required=True)
    script = commands.add_parser("script")
    script.add_argument("dir", type=Path)
    script.add_argument("--hindi", type=Path, required=True)
    script.set_defaults(run=scripts)
    retime = commands.add_parser("retime")
    retime.add_argument("text", type=Path)
    retime.add_argument("work", type=Path)
    retime.add_argument("--ffsubsync", type=Path)
    retime.add_argument("--alass", type=Path)
    retime.add_argument("--lines", action="store_true", help="without placing words")
    retime.set_defaults(run=retimed)
    given = parser.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
