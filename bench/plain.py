"""The project's words beside those of plain library calls, on recordings of third parties.

    PYTHONPATH=scripts .venv/bin/python bench/clips.py CLIPS
    PYTHONPATH=scripts .venv/bin/python bench/plain.py CLIPS WORK [--workflow NAME=DIR ...]

CLIPS holds recordings with what is said in them. Ours is the workflow itself up to the timed words,
run in WORK; `--workflow` adds another checkout, to compare with what was before. The plain calls
are faster-whisper, batched and sequential with its speech filter, and WhisperX with pyannote's, all
with the same model, int8, beam 5, everything else by default. What is there already in WORK is not
made again, so an edit costs only what it changes.

A clip with NAME.en.txt, what is said in English, is translated as well, by each system's Whisper.

Prints for each clip word errors, words lost in runs of three or more that some plain call heard,
and words invented; then the sums, with 95 % intervals by bootstrap over the sentences of the texts,
character errors, chrF of the English, how much of the recordings' speech nobody listens to, and the
time of the stages.
"""

import argparse
import csv
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import jiwer  # noqa: E402

from bench.hearing import plain  # noqa: E402
from bench.speed import house  # noqa: E402
from lineage import Manifest, sha256  # noqa: E402
from subtitling import spans  # noqa: E402
from subtitling.media import audio_file  # noqa: E402

MODEL = ROOT / "models" / "whisper-base"
RUN = 3  # words lost in a row that make a clause
MISSED_MS = 500
SPEECH = "05_pyannote_vad/speech.json"
_DRAWS = 1000


@dataclass(frozen=True)
class Clip:
    """A recording, and the sentences that are said in it."""

    name: str
    language: str
    sound: Path
    sentences: tuple[str, ...]
    english: str | None = None  # what is said, in English


@dataclass(frozen=True)
class Compared:
    """A transcript held against its text: errors for each sentence and its words, the runs of words
    that are lost, as places in the text, and how many words stand for none of it."""

    errors: tuple[int, ...]
    words: tuple[int, ...]
    lost: tuple[tuple[int, int], ...]
    inserted: int

    @property
    def rate(self) -> float:
        """Word errors in percent."""
        return 100 * sum(self.errors) / max(1, sum(self.words))


def clips(folder: Path, only: str) -> list[Clip]:
    """What `bench/clips.py` made; where nobody speaks, English is listened for."""
    with (folder / "LIST.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        Clip(
            row["name"],
            row["language"] if row["language"] != "none" else "en",
            folder / f"{row['name']}.flac",
            tuple(filter(None, (folder / f"{row['name']}.txt").read_text("utf-8").splitlines())),
            _text(folder / f"{row['name']}.en.txt"),
        )
        for row in rows
        if re.search(only, row["name"])
    ]


def _text(file: Path) -> str | None:
    return " ".join(file.read_text("utf-8").split()) if file.exists() else None


def compared(sentences: Sequence[str], heard: str) -> Compared:
    """Hold what was heard against what is said. An inserted word counts for the sentence it is in.

    Words are compared without case and punctuation.
    """
    texts = [plain(sentence).split() for sentence in sentences]
    home = [n for n, words in enumerate(texts) for _ in words]
    errors = [0] * len(texts)
    lost, inserted = [], 0
    if not home:
        return Compared((), (), (), len(plain(heard).split()))
    output = jiwer.process_words(" ".join(map(" ".join, texts)), plain(heard))
    for piece in output.alignments[0]:
        at, end = piece.ref_start_idx, piece.ref_end_idx
        if piece.type == "insert":
            count = piece.hyp_end_idx - piece.hyp_start_idx
            errors[home[min(at, len(home) - 1)]] += count
            inserted += count
        elif piece.type != "equal":
            for word in range(at, end):
                errors[home[word]] += 1
        if piece.type == "delete" and end - at >= RUN:
            lost.append((at, end))
    return Compared(tuple(errors), tuple(map(len, texts)), tuple(lost), inserted)


def lost_alone(ours: Compared, others: Sequence[Compared]) -> list[tuple[int, int]]:
    """Our lost runs of which some other transcript has a word or more."""
    return [
        run
        for run in ours.lost
        if any(not any(a < run[1] and run[0] < b for a, b in other.lost) for other in others)
    ]


def worse_by(ours: Sequence[Compared], other: Sequence[Compared]) -> tuple[float, float, float]:
    """By how many percent of the words our errors exceed the other's, and the 95 % interval, drawn
    over sentences."""
    rows = [
        (a - b, n)
        for one, two in zip(ours, other, strict=True)
        for a, b, n in zip(one.errors, two.errors, one.words, strict=True)
    ]
    if not rows:
        return (0.0, 0.0, 0.0)
    rng = random.Random(1)

    def rate(some: Sequence[tuple[int, int]]) -> float:
        return 100 * sum(d for d, _ in some) / max(1, sum(n for _, n in some))

    drawn = sorted(rate(rng.choices(rows, k=len(rows))) for _ in range(_DRAWS))
    return rate(rows), drawn[_DRAWS // 40], drawn[-_DRAWS // 40]


def batched(clip: Clip, task: str) -> str:
    """faster-whisper's batched call."""
    segments, _ = _pipeline().transcribe(
        str(clip.sound), language=clip.language, batch_size=4, task=task
    )
    return " ".join(segment.text.strip() for segment in segments)


def sequential(clip: Clip, task: str) -> str:
    """faster-whisper's call with its speech filter."""
    segments, _ = _pipeline().model.transcribe(
        str(clip.sound), language=clip.language, vad_filter=True, task=task
    )
    return " ".join(segment.text.strip() for segment in segments)


def whisperx(clip: Clip, task: str) -> str:
    """WhisperX's call with pyannote's speech filter, words not aligned."""
    import whisperx as library

    if "whisperx" not in _LOADED:
        _LOADED["whisperx"] = library.load_model(
            str(MODEL), "cpu", compute_type="int8", threads=2, vad_method="pyannote"
        )
    # Its own decoder calls an ffmpeg on the PATH; the samples are the same.
    sound = audio_file.read_speech_audio(clip.sound)[:]
    result = _LOADED["whisperx"].transcribe(sound, batch_size=4, language=clip.language, task=task)
    return " ".join(segment["text"].strip() for segment in result["segments"])


_LOADED: dict[str, Any] = {}
CALLS: dict[str, Callable[[Clip, str], str]] = {
    "batched": batched, "sequential": sequential, "whisperx": whisperx,
}  # fmt: skip


def _pipeline() -> Any:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    if "pipeline" not in _LOADED:
        model = WhisperModel(str(MODEL), device="cpu", compute_type="int8", cpu_threads=2)
        _LOADED["pipeline"] = BatchedInferencePipeline(model)
    return _LOADED["pipeline"]


def plainly(name: str, clip: Clip, work: Path, task: str = "transcribe") -> str:
    """What a plain call hears, from the file that the last run left for the same sound."""
    of = name if task == "transcribe" else f"{name}.{task}"
    kept = work / "plain" / f"{clip.name}.{sha256(clip.sound)[:12]}.{of}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        text = CALLS[name](clip, task)
        seconds = round(time.monotonic() - began, 1)
        kept.write_text(json.dumps({"text": text, "seconds": seconds}, ensure_ascii=False))
        print(f"{clip.name}: {name} {seconds} s", file=sys.stderr)
    return str(json.loads(kept.read_text())["text"])


@dataclass(frozen=True)
class Ours:
    """What a workflow hears in a clip, its English where that is asked for, and how many seconds
    each of its stages took."""

    text: str
    english: str
    seconds: dict[str, float]
    wordless_ms: int
    rehearings: tuple[dict[str, Any], ...]


def by_workflow(code: Path, all_clips: Sequence[Clip], folder: Path) -> dict[str, Ours]:
    """The workflow's transcripts of the clips, up to date with the code."""
    if not folder.exists():
        house(folder, code)
    else:
        for part in ("scripts", "rules", "lineage", "config", "profiles", "report"):
            subprocess.run(["cp", "-a", f"{code / part}/.", str(folder / part)], check=True)
        subprocess.run(["cp", "-a", str(code / "Snakefile"), str(folder)], check=True)
    rows = [f"{c.name}\t{c.sound.resolve()}\t{c.language}\ten" for c in all_clips]
    table = "job\tmedia\tsource_language\ttarget_languages\n" + "\n".join(rows) + "\n"
    (folder / "config" / "films.tsv").write_text(table, encoding="utf-8")
    tracks = {
        c.name: f"out/{c.name}/08_translation/en/transcript.json" for c in all_clips if c.english
    }
    command = [
        sys.executable, "-m", "snakemake", "--cores", "2", "--quiet", "all", "--",
        "transcribe", *tracks.values(),
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
    transcripts = {}
    for clip in all_clips:
        job = folder / "out" / clip.name
        stages = {m.stage: m for m in map(Manifest.load, job.glob("0[4-7]_*/manifest.json"))}
        transcripts[clip.name] = Ours(
            (job / "07_alignment" / "transcript.txt").read_text("utf-8"),
            _english(folder / tracks[clip.name]) if clip.english else "",
            {name: m.resources["wall_ms"] / 1000 for name, m in stages.items()},
            stages["07_alignment"].notes.get("speech_without_words_ms", 0),
            tuple(
                json.loads((job / "07_alignment" / "transcript.json").read_text("utf-8")).get(
                    "rehearings", ()
                )
            ),
        )
    return transcripts


def _english(transcript: Path) -> str:
    segments = json.loads(transcript.read_text("utf-8"))["segments"]
    return " ".join(segment["text"] for segment in segments)


def by_letters(all_clips: Sequence[Clip], results: dict[str, dict[str, str]]) -> None:
    """Print the character errors of every system, and of each clip that has English chrF."""
    spoken = [clip for clip in all_clips if clip.sentences]
    for name, texts in results.items():
        said = [plain(" ".join(clip.sentences)) for clip in spoken]
        rate = 100 * jiwer.cer(said, [plain(texts[clip.name]) for clip in spoken])
        print(f"{name}: character errors {rate:.1f} %")


def in_english(all_clips: Sequence[Clip], results: dict[str, dict[str, str]]) -> None:
    """Print the chrF of each clip's English, by system; 100 is the text itself."""
    from sacrebleu.metrics import CHRF

    for clip in filter(lambda clip: clip.english, all_clips):
        scores = (
            f"{name} {CHRF().corpus_score([texts[clip.name]], [[clip.english]]).score:.1f}"
            for name, texts in results.items()
        )
        print(f"{clip.name} in English, chrF: {', '.join(scores)}")


def missed(all_clips: Sequence[Clip], folder: Path) -> tuple[float, float, float]:
    """Of the speech in the clips, by its loudness before anything was mixed into it: what percent
    the recogniser does not get to hear, in stretches of half a second or more, what percent it gets
    beside it, half a second around speech left out, and how many hours of speech there are."""
    speech_ms = lost_ms = false_ms = 0
    for clip in all_clips:
        reference = clip.sound.with_name(f"{clip.name}.speech.tsv")
        if not reference.exists():
            continue
        rows = reference.read_text("utf-8").splitlines()
        spoken = [(int(a), int(b)) for a, _, b in (row.partition("\t") for row in rows)]
        spoken = spans.joined(spoken, 0)
        document = json.loads((folder / "out" / clip.name / SPEECH).read_text("utf-8"))
        heard = spans.joined(
            (
                (
                    r["start_ms"] - r.get("margin_before_ms", 0),
                    r["end_ms"] + r.get("margin_after_ms", 0),
                )
                for r in document["regions"]
            ),
            0,
        )
        around = spans.joined(((a - MISSED_MS, b + MISSED_MS) for a, b in spoken), 0)
        lost = spans.without(spoken, heard)
        lost_ms += sum(b - a for a, b in lost if b - a >= MISSED_MS)
        false_ms += spans.total(spans.without(heard, around))
        speech_ms += spans.total(spoken)
    spoken_ms = max(1, speech_ms)
    return 100 * lost_ms / spoken_ms, 100 * false_ms / spoken_ms, speech_ms / 3_600_000


def heard_again(all_clips: Sequence[Clip], some: dict[str, Ours]) -> str:
    """What second hearings brought: how many there were and how many were taken, where somebody
    speaks and where nobody does, and what share of the words taken stand in the text."""
    spoken = [(row, c) for c in all_clips if c.sentences for row in some[c.name].rehearings]
    silent = [row for c in all_clips if not c.sentences for row in some[c.name].rehearings]
    words = right = 0
    for row, clip in spoken:
        if row["taken"]:
            said = set(plain(" ".join(clip.sentences)).split())
            heard = plain(row["second"]).split()
            words += len(heard)
            right += sum(word in said for word in heard)
    taken = [sum(row["taken"] for row in rows) for rows in ([row for row, _ in spoken], silent)]
    return (
        f"heard again {len(spoken)} times where somebody speaks, taken {taken[0]}, {right} of "
        f"their {words} words are in the text; {len(silent)} where nobody does, taken {taken[1]}"
    )


def table(all_clips: Sequence[Clip], results: dict[str, dict[str, str]]) -> None:
    """Prints errors, clauses lost and words invented of every clip and system."""
    names = list(results)
    held = {
        name: {c.name: compared(c.sentences, results[name][c.name]) for c in all_clips}
        for name in names
    }
    print(f"| clip | words | {' | '.join(names)} | clauses that only ours lost |")
    print("|---" * (len(names) + 3) + "|")
    spoken = [clip for clip in all_clips if clip.sentences]
    for clip in spoken:
        mine, *_ = [held[name][clip.name] for name in names]
        said = plain(" ".join(clip.sentences)).split()
        alone = lost_alone(mine, [held[name][clip.name] for name in names if name in CALLS])
        clauses = "; ".join(" ".join(said[a:b]) for a, b in alone)
        cells = " | ".join(f"{held[name][clip.name].rate:.1f}" for name in names)
        print(f"| {clip.name} | {len(said)} | {cells} | {clauses} |")
    print("\n| | word errors, % | words in lost clauses | invented where nobody speaks "
          "| ours beside it, % of words |")  # fmt: skip
    print("|---|---|---|---|---|")
    for name in names:
        some = [held[name][clip.name] for clip in spoken]
        rate = 100 * sum(sum(s.errors) for s in some) / sum(sum(s.words) for s in some)
        clauses = sum(b - a for s in some for a, b in s.lost)
        invented = sum(held[name][c.name].inserted for c in all_clips if not c.sentences)
        difference = worse_by([held[names[0]][clip.name] for clip in spoken], some)
        beside = "{:+.1f} ({:+.1f} to {:+.1f})".format(*difference)
        print(f"| {name} | {rate:.1f} | {clauses} | {invented} | {beside} |")
    best = [n for n in names if n in CALLS]
    worse = []
    for clip in spoken:
        name = min(best, key=lambda n: held[n][clip.name].rate)
        amount, low, high = worse_by([held[names[0]][clip.name]], [held[name][clip.name]])
        if low > 0:
            worse.append(f"{clip.name}: {name} by {amount:.1f} ({low:.1f} to {high:.1f})")
    print("\nClips on which the best plain call is surely better:", "; ".join(worse) or "none")


def main() -> None:
    """Run what is not there yet, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("clips", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--only", default="", help="names of clips, a regular expression")
    parser.add_argument(
        "--workflow", action="append", default=[], metavar="NAME=DIR", help="another checkout"
    )
    given = parser.parse_args()
    wanted = clips(given.clips, given.only)
    codes = {"ours": ROOT, **dict(pair.split("=", 1) for pair in given.workflow)}
    mine = {
        name: by_workflow(Path(code), wanted, given.work / name) for name, code in codes.items()
    }
    results = {name: {k: v.text for k, v in some.items()} for name, some in mine.items()}
    results |= {name: {c.name: plainly(name, c, given.work) for c in wanted} for name in CALLS}
    table(wanted, results)
    by_letters(wanted, results)
    translated = [clip for clip in wanted if clip.english]
    english = {
        name: {c.name: some[c.name].english for c in translated} for name, some in mine.items()
    }
    english |= {
        name: {c.name: plainly(name, c, given.work, "translate") for c in translated}
        for name in CALLS
    }
    in_english(translated, english)
    for name, some in mine.items():
        seconds = {
            stage: sum(one.seconds.get(stage, 0) for one in some.values())
            for stage in ("04_sound_events", "05_pyannote_vad", "06_asr", "07_alignment")
        }
        times = ", ".join(f"{stage} {spent:.0f} s" for stage, spent in seconds.items())
        bare = sum(one.wordless_ms for one in some.values()) / 1000
        lost, false, hours = missed(wanted, given.work / name)
        print(
            f"\n{name}: {times}; speech without words {bare:.1f} s; of {hours:.2f} hours of speech "
            f"{lost:.2f} % not listened to in stretches of {MISSED_MS} ms, {false:.1f} % beside "
            f"it; {heard_again(wanted, some)}"
        )


if __name__ == "__main__":
    main()
