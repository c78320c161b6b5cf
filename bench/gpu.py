"""What a card can do: `python bench/gpu.py [--model FOLDER] [--minutes 8] [--out FOLDER]`.

It needs no network, and beside the checkout a small real Whisper (`--model`; one of tiny size in
int8 has 40 MB), whose words are compared. Speed and memory are those of random weights in the shape
of large-v3, made on the spot, which end each text after a usual number of tokens. The parts:

- `card`: its name, memory, driver, and the precisions that CTranslate2 supports on it.
- `words`: the small model on the card in each precision beside the CPU, in words that differ.
- `ladder`: the small model where so much of the card's memory is free, and the rest is taken: which
  steps down the recogniser takes at the card's own faults, and whether the words are the same.
- `large`: makes the large model.
- `speed`: real-time factor and peak memory by precision and batch.
- `others`: the same work by faster-whisper, and by whisperx with its own speech detection.
- `two`: two recognisers at once on one card, beside one.

Every measurement is a process of its own, so that a fault of the card ends that one only. What does
not fit into the minutes is named as left out. The tables are printed after each part, and kept with
the machine's facts in OUT/gpu.json. `--device cpu --size tiny` tries all of it without a card.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts"), str(ROOT / "tests" / "support")]

from lineage import facts  # noqa: E402
from subtitling.media import ffmpeg  # noqa: E402

SPEECH = ROOT / "tests" / "data" / "two_cities.flac"
WINDOW_S = 30
TOKENS_A_WINDOW = 100  # of English speech, the prompt's among them
# The default precision of a card first, then the smaller, then the others.
PRECISIONS = ("float16", "int8_float16", "int8", "bfloat16", "float32")
BATCHES = (16, 4, 1, 64)  # what matters most first, since the minutes may end
FREE_MB = (None, 4096, 2048, 1024, 512, 256)
RESERVE_S = 10  # of the minutes, for writing what was measured

Row = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One measurement: an `engine` (ours, faster) on so many windows of 30 s. `free_mb` is what is
    left of the card's memory, None for all."""

    engine: str
    model: str
    device: str
    precision: str
    batch: int
    windows: int
    free_mb: int | None = None


class Budget:
    """The seconds that are left. A step begins only where the time of the longest one of its kind
    so far, or a guess, fits in."""

    def __init__(self, total_s: float, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._end = clock() + total_s - RESERVE_S
        self._longest: dict[str, float] = {}

    @property
    def left_s(self) -> float:
        """The seconds until the end, 0 after it."""
        return max(0.0, self._end - self._clock())

    def allows(self, kind: str, guess_s: float) -> bool:
        """Whether another step of a kind fits in."""
        return self._longest.get(kind, guess_s) <= self.left_s

    @contextmanager
    def step(self, kind: str) -> Iterator[None]:
        """Take the time of a step."""
        begun = self._clock()
        yield
        self._longest[kind] = max(self._longest.get(kind, 0.0), self._clock() - begun)


class CardMemory:
    """The peak of the card's memory above that at the start, in MB, sampled by its driver."""

    def __init__(self) -> None:
        self._samples: list[int] = []
        self._sampler: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> "CardMemory":
        command = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        if shutil.which(command[0]):
            self._sampler = subprocess.Popen(
                [*command, "--loop-ms=100"], stdout=subprocess.PIPE, text=True
            )
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
            while not self._samples and self._sampler.poll() is None:
                time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._sampler and self._reader:
            self._sampler.terminate()
            self._sampler.wait()
            self._reader.join()
            if self._sampler.stdout:
                self._sampler.stdout.close()

    def _read(self) -> None:
        for line in self._sampler.stdout if self._sampler and self._sampler.stdout else ():
            if line.strip().isdigit():
                self._samples.append(int(line))

    @property
    def peak_mb(self) -> int | None:
        """None without a driver."""
        return above_start(self._samples)


def above_start(samples: Sequence[int]) -> int | None:
    """The peak of samples above the first; None where there are none."""
    return max(samples) - samples[0] if samples else None


def differing(ours: Sequence[str], theirs: Sequence[str]) -> float:
    """The share of words of `theirs` that are not at their place in `ours`."""
    a, b = " ".join(ours).split(), " ".join(theirs).split()
    same = sum(
        block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    )
    return 1 - same / max(1, len(a), len(b))


# --- in a process of its own -------------------------------------------------------------------


def measured(task: Task) -> Row:
    """Do a task here; its figures and texts."""
    import numpy as np
    from faster_whisper.audio import decode_audio

    held = taken(task.free_mb) if task.free_mb is not None else None
    speech = decode_audio(str(SPEECH), sampling_rate=16_000)
    samples = task.windows * WINDOW_S * 16_000
    audio = np.resize(speech, samples)
    begun = time.monotonic()
    run, steps = (_ours if task.engine == "ours" else _faster)(task)
    loaded = time.monotonic()
    run(audio[: WINDOW_S * 16_000])  # kernels are chosen and loaded at the first use
    warm = time.monotonic()
    texts = run(audio)
    took = time.monotonic() - warm
    del held
    return {
        "load s": loaded - begun,
        "s": took,
        "real-time factor": took / (task.windows * WINDOW_S),
        "steps": steps,
        "texts": texts,
    }


def taken(free_mb: int) -> Any:
    """Take the card's memory but so much of it, while the result lives."""
    import torch

    free, _ = torch.cuda.mem_get_info()
    return torch.empty(max(0, free - free_mb * 2**20), dtype=torch.uint8, device="cuda")


def _ours(task: Task) -> tuple[Callable[[Any], list[str]], list[str]]:
    from subtitling.recognition.chunking import Chunk
    from subtitling.recognition.recogniser import RecognitionOptions
    from subtitling.recognition.whisper import Whisper

    steps: list[str] = []

    def degrade(_what: str, before: Any, after: Any, _reason: str) -> None:
        steps.append(f"{before} to {after}")

    options = RecognitionOptions(
        compute_type=task.precision, batch_size=task.batch, beam_size=5, chunk_ms=1000 * WINDOW_S,
        script="auto", allow_latin=True, other_languages=[], other_language_probability=1.0,
    )  # fmt: skip
    threads = len(os.sched_getaffinity(0))
    whisper = Whisper(Path(task.model), task.device, threads, options, degrade)
    whisper.load()

    def run(audio: Any) -> list[str]:
        ends = range(1000 * WINDOW_S, len(audio) // 16 + 1, 1000 * WINDOW_S)
        chunks = [Chunk(end - 1000 * WINDOW_S, end, ()) for end in ends]
        said = whisper.recognise(audio, chunks, "en", "transcribe", lambda *_: None, guarded=False)
        return [each.text for each in said]

    return run, steps


def _faster(task: Task) -> tuple[Callable[[Any], list[str]], list[str]]:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = WhisperModel(task.model, device=task.device, compute_type=task.precision)
    pipeline = BatchedInferencePipeline(model)

    def run(audio: Any) -> list[str]:
        count = len(audio) // (16_000 * WINDOW_S)
        clips = [{"start": n * WINDOW_S, "end": (n + 1) * WINDOW_S} for n in range(count)]
        segments, _ = pipeline.transcribe(
            audio, language="en", batch_size=task.batch, clip_timestamps=clips
        )
        return [segment.text.strip() for segment in segments]

    return run, []


# --- the parts ---------------------------------------------------------------------------------


class Bench:
    """What the parts share: arguments, the time that is left, the scratch folder."""

    def __init__(self, args: argparse.Namespace, scratch: Path, budget: Budget):
        self.args, self.scratch, self.budget = args, scratch, budget
        self.large = scratch / "large"

    def started(self, task: Task) -> "subprocess.Popen[str]":
        """The process of a task."""
        command = [sys.executable, __file__, "--task", json.dumps(asdict(task))]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.scratch
        )

    def ended(self, child: "subprocess.Popen[str]") -> Row:
        """The figures of a process, or why there are none."""
        try:
            out, said = child.communicate(timeout=max(1.0, self.budget.left_s))
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return {"failed": "the time was up"}
        if child.returncode:
            last = said.strip().splitlines()[-1:] or [f"it ended with {child.returncode}"]
            return {"failed": last[0][:200]}
        row: Row = json.loads(out.splitlines()[-1])
        return row

    def run(self, task: Task, kind: str, guess_s: float) -> Row:
        """The figures of one task, with the memory that it took."""
        if not self.budget.allows(kind, guess_s):
            return {"failed": "left out: no time"}
        with self.budget.step(kind), CardMemory() as memory:
            row = self.ended(self.started(task))
        return row if memory.peak_mb is None else {**row, "MB": memory.peak_mb}

    def small(self, **changes: Any) -> Task:
        """A task of the small model."""
        task = Task("ours", str(self.args.model), self.args.device, "float32", 4, self.args.windows)
        return replace(task, **changes)

    def big(self, **changes: Any) -> Task:
        """A task of the large model."""
        default = self.precisions()[0]
        task = Task("ours", str(self.large), self.args.device, default, 16, self.args.windows)
        return replace(task, **changes)

    def precisions(self) -> list[str]:
        """The precisions that the device supports, those that matter most first."""
        import ctranslate2

        supported = ctranslate2.get_supported_compute_types(self.args.device)
        return [each for each in PRECISIONS if each in supported]


def card(bench: Bench) -> list[Row]:
    """The card's facts."""
    fields = "name,memory.total,memory.free,driver_version,compute_cap"
    rows: list[Row] = [{"what": "precisions", "value": ", ".join(bench.precisions())}]
    if shutil.which("nvidia-smi"):
        command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        for line in answer.stdout.splitlines():
            values = [value.strip() for value in line.split(",")]
            rows += [
                {"what": field, "value": value}
                for field, value in zip(fields.split(","), values, strict=False)
            ]
    return rows


def words(bench: Bench) -> list[Row]:
    """The small model's words in each precision, beside those of the CPU."""
    cpu = {
        precision: bench.run(bench.small(device="cpu", precision=precision), "words", 20)
        for precision in ("float32", "int8")
    }
    rows = []
    for precision in bench.precisions():
        row = bench.run(bench.small(precision=precision), "words", 20)
        texts = row.pop("texts", None)
        for known, by_cpu in cpu.items():
            if texts is not None and "texts" in by_cpu:
                row[f"differing from the CPU's {known}"] = differing(texts, by_cpu["texts"])
        rows.append({"precision": precision, **row})
    return rows


def ladder(bench: Bench) -> list[Row]:
    """The small model in less and less memory."""
    rows, whole = [], None
    precision = bench.precisions()[0]
    for free_mb in FREE_MB if bench.args.device == "cuda" else FREE_MB[:1]:
        task = bench.small(free_mb=free_mb, precision=precision, batch=64)
        row = bench.run(task, "ladder", 20)
        texts = row.pop("texts", None)
        whole = texts if free_mb is None else whole
        if texts is not None and whole is not None:
            row["differing"] = differing(texts, whole)
        row["steps"] = "; ".join(row.get("steps", []))
        rows.append({"free MB": free_mb or "all", **row})
    return rows


def large(bench: Bench) -> list[Row]:
    """Make the large model."""
    if not bench.budget.allows("large", 60):
        return [{"failed": "left out: no time"}]
    begun = time.monotonic()
    command = [sys.executable, __file__, "--make", str(bench.large), "--size", bench.args.size]
    command += ["--model", str(bench.args.model)]
    try:
        made = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=bench.budget.left_s
        )
    except subprocess.TimeoutExpired:
        return [{"failed": "the time was up"}]
    if made.returncode:
        return [{"failed": made.stderr.strip().splitlines()[-1][:200]}]
    size = (bench.large / "model.bin").stat().st_size / 1e6
    return [{"size": bench.args.size, "MB on disk": size, "s": time.monotonic() - begun}]


def speed(bench: Bench) -> list[Row]:
    """The large model by precision and batch: the first precision in all batches, the others in the
    first batch."""
    precisions = bench.precisions()
    pairs = [(precisions[0], batch) for batch in BATCHES]
    pairs += [(precision, BATCHES[0]) for precision in precisions[1:]]
    return [
        {"precision": precision, "batch": batch}
        | _without_texts(
            bench.run(
                # A small batch takes longer for each window, and needs fewer to be timed.
                bench.big(
                    precision=precision, batch=batch, windows=min(bench.args.windows, 8 * batch)
                ),
                "speed",
                40,
            )
        )
        for precision, batch in pairs
    ]


def others(bench: Bench) -> list[Row]:
    """The same work by faster-whisper and by whisperx."""
    rows = [
        {"what": engine} | _without_texts(bench.run(bench.big(engine=engine), "speed", 40))
        for engine in ("ours", "faster")
    ]
    if not bench.budget.allows("whisperx", 60):
        return [*rows, {"what": "whisperx", "failed": "left out: no time"}]
    sound = bench.scratch / "speech.wav"
    seconds = bench.args.windows * WINDOW_S
    write_wav(sound, seconds)
    task = bench.big()
    command = [
        *(str(Path(sys.executable).with_name("whisperx")), str(sound), "--model", task.model),
        *("--device", task.device, "--compute_type", task.precision, "--language", "en"),
        *("--batch_size", str(task.batch), "--no_align", "--output_format", "srt"),
        *("--output_dir", str(bench.scratch / "srt")),
    ]
    programs = bench.scratch / "bin"  # whisperx calls an ffmpeg by its name
    programs.mkdir(exist_ok=True)
    (programs / "ffmpeg").unlink(missing_ok=True)
    (programs / "ffmpeg").symlink_to(ffmpeg.program())
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PATH": path}
    begun = time.monotonic()
    with CardMemory() as memory:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False,
                timeout=max(1.0, bench.budget.left_s), env=environment,
            )  # fmt: skip
            failed = done.stderr.strip().splitlines()[-1][:200] if done.returncode else None
        except subprocess.TimeoutExpired:
            failed = "the time was up"
    took = time.monotonic() - begun
    row: Row = {"what": "whisperx, with its start and its speech detection", "s": took}
    row |= {"failed": failed} if failed else {"real-time factor": took / seconds}
    return [*rows, row if memory.peak_mb is None else {**row, "MB": memory.peak_mb}]


def two(bench: Bench) -> list[Row]:
    """Two recognisers on one card, beside one."""
    one = bench.run(bench.big(), "speed", 40)
    if "failed" in one or not bench.budget.allows("two", 2 * one["s"] + one["load s"] + 20):
        return [
            {"at once": 1, **_without_texts(one)},
            {"at once": 2, "failed": "left out: no time"},
        ]
    with CardMemory() as memory:
        both = [bench.started(bench.big()) for _ in range(2)]
        rows = [bench.ended(child) for child in both]
    if why := next((row["failed"] for row in rows if "failed" in row), None):
        return [{"at once": 1, **_without_texts(one)}, {"at once": 2, "failed": why}]
    took = max(row["s"] for row in rows)
    at_once: Row = {"at once": 2, "s": took, "of one after the other": took / (2 * one["s"])}
    at_once |= {} if memory.peak_mb is None else {"MB": memory.peak_mb}
    return [{"at once": 1, **_without_texts(one)}, at_once]


def _without_texts(row: Row) -> Row:
    return {key: value for key, value in row.items() if key not in ("texts", "steps")}


def write_wav(path: Path, seconds: int) -> None:
    """Real speech, over and over."""
    import wave

    import numpy as np
    from faster_whisper.audio import decode_audio

    sound = np.resize(decode_audio(str(SPEECH), sampling_rate=16_000), seconds * 16_000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((sound * 32767).astype("<i2").tobytes())


PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    part.__name__: part for part in (card, words, ladder, large, speed, others, two)
}


def make(folder: Path, size: str, base: Path) -> None:
    """Make the large model; `base` has the tokens."""
    import tiny_models

    sizes = {"tiny": tiny_models.TINY, "large-v3": tiny_models.LARGE_V3}
    tiny_models.whisper(base, folder, sizes[size], "float16", TOKENS_A_WINDOW)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "whisper-base")
    parser.add_argument("--size", default="large-v3", help="large-v3 or tiny")
    parser.add_argument("--windows", type=int, default=64, help="of 30 s, in each measurement")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.model = args.model.absolute()
    if args.task:
        print(json.dumps(measured(Task(**json.loads(args.task)))))
        return
    if args.make:
        make(args.make, args.size, args.model)
        return
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if not (args.model / "model.bin").is_file():
        parser.error(f"--model: there is no Whisper for CTranslate2 in {args.model}")
    from speed import as_table

    args.out.mkdir(parents=True, exist_ok=True)
    budget = Budget(60 * args.minutes)
    kept: Row = {
        "machine": {key: value for key, value in facts.hardware().items() if key != "host"},
        "arguments": {key: getattr(args, key) for key in ("device", "size", "windows", "minutes")},
        "model": args.model.name,
    }
    with tempfile.TemporaryDirectory(prefix="sutradhar-gpu-") as scratch:
        bench = Bench(args, Path(scratch), budget)
        for name in [part for part in PARTS if part in (args.parts or PARTS)]:
            rows = PARTS[name](bench)
            kept[name] = rows
            (args.out / "gpu.json").write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
            print(f"\n{name} ({budget.left_s:.0f} s left)\n\n{as_table(rows)}", flush=True)


if __name__ == "__main__":
    main()
