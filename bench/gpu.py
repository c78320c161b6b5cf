"""What a card can do: `python bench/gpu.py [--model FOLDER] [--minutes 8] [--out FOLDER]`.

It needs no network, and beside the checkout a small real Whisper (`--model`; one of tiny size in
int8 has 40 MB), whose words are compared. Where that folder has no weights, these parts are left
out, and its tokens are all that the others need. Speed and memory are those of random weights in
the shape of large-v3, made on the spot, which end each text after a usual number of tokens. The
parts:

- `card`: its name, memory, driver, and the precisions that CTranslate2 supports on it.
- `words`: the small model on the card in each precision beside the CPU, in words that differ.
- `ladder`: the small model where so much of the card's memory is free, and the rest is taken: which
  steps down the recogniser takes at the card's own faults, and whether the words are the same.
- `large`: makes the large model.
- `speed`: real-time factor and peak memory by precision and batch.
- `others`: the same work by faster-whisper, and by whisperx with its own speech detection.
- `two`: two recognisers at once on one card, beside one.

Every measurement is a process of its own, so that a fault of the card ends that one only, and one
that hangs is ended. What does not fit into the minutes is named as left out. After each measurement
its row is printed, and OUT/gpu.json and the tables of OUT/gpu.md are written anew, so that nothing
is lost where the script is ended from outside. `--device cpu --size tiny --windows 1` tries all of
it without a card, in a few minutes.
"""

import argparse
import ctypes
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
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts"), str(ROOT / "tests" / "support")]

from tables import as_table  # noqa: E402

from lineage import facts  # noqa: E402

SPEECH = ROOT / "tests" / "data" / "two_cities.flac"
WINDOW_S = 30
WORDS_WINDOWS = 4  # whose words are compared: the speech is shorter, and begins again
TOKENS_A_WINDOW = 100  # of English speech, the prompt's among them
# The default precision of a card first, then the smaller, then the others.
PRECISIONS = ("float16", "int8_float16", "int8", "bfloat16", "float32")
BATCHES = (16, 4, 1, 64)  # what matters most first, since the minutes may end
FREE_MB = (None, 4096, 2048, 1024, 512, 256)
RESERVE_S = 10  # of the minutes, for writing what was measured
SAMPLE_S = 0.05
NO_TIME = "left out: no time"
# What one part may fail with: engines that are not there, calls of other programs, answers.
FAULTS = (ImportError, OSError, RuntimeError, ValueError, subprocess.SubprocessError)

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
    """The peak of the card's memory above that at the start, in MB, sampled from its driver, which
    `used_mb` asks; its answer is None where there is no driver."""

    def __init__(self, used_mb: Callable[[], int | None]) -> None:
        self._used_mb = used_mb
        self._samples: list[int] = []
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "CardMemory":
        self._take()  # before anything of what is measured has begun
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._sampler.join()

    def _take(self) -> bool:
        used = self._used_mb()
        if used is not None:
            self._samples.append(used)
        return used is not None

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_S) and self._take():
            pass

    @property
    def peak_mb(self) -> int | None:
        """None without a driver."""
        return above_start(self._samples)


class _Memory(ctypes.Structure):
    """NVML's nvmlMemory_t, in bytes."""

    _fields_ = [(name, ctypes.c_ulonglong) for name in ("total", "free", "used")]


def driver_used_mb() -> Callable[[], int | None]:
    """Asks the driver for the used memory of the card that the engines take, in MB; the answer is
    None where there is none. A context of CUDA's own would take memory of the card."""
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return lambda: None
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]
    card, memory = ctypes.c_void_p(), _Memory()
    failed = nvml.nvmlInit_v2()
    if visible.isdigit():
        failed = failed or nvml.nvmlDeviceGetHandleByIndex_v2(int(visible), ctypes.byref(card))
    else:
        failed = failed or nvml.nvmlDeviceGetHandleByUUID(visible.encode(), ctypes.byref(card))
    if failed:
        return lambda: None

    def used() -> int | None:
        return (
            None
            if nvml.nvmlDeviceGetMemoryInfo(card, ctypes.byref(memory))
            else memory.used // 1_000_000
        )

    return used


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
    if task.device == "cuda":
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
    from subtitling.options import selected
    from subtitling.recognition.chunking import Chunk
    from subtitling.recognition.recogniser import RecognitionOptions
    from subtitling.recognition.whisper import Whisper

    steps: list[str] = []

    def degrade(_what: str, before: Any, after: Any, _reason: str) -> None:
        steps.append(f"{before} to {after}")

    schema = json.loads((ROOT / "config" / "config.schema.json").read_text("utf-8"))
    asr = {key: rule["default"] for key, rule in schema["properties"]["asr"]["properties"].items()}
    asr |= {"compute_type": task.precision, "batch_size": task.batch, "chunk_ms": 1000 * WINDOW_S}
    asr |= {"beam_size": 5, "allow_latin": True, "other_languages": []}
    options = RecognitionOptions(**selected(RecognitionOptions, asr))
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

    from subtitling.runtime import devices

    if task.device == "cuda":
        devices.load_cublas()
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
        self._used_mb = driver_used_mb()
        self._measured: dict[Task, Row] = {}

    def memory(self) -> CardMemory:
        """Samples the card's memory while it is entered."""
        return CardMemory(self._used_mb)

    def started(self, task: Task) -> "subprocess.Popen[str]":
        """The process of a task."""
        command = [sys.executable, __file__, "--task", json.dumps(asdict(task))]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.scratch
        )

    def limit_s(self) -> float:
        """How long the next process may take."""
        return min(self.args.longest_s, max(1.0, self.budget.left_s))

    def late(self) -> str:
        """Why a process that took too long was ended."""
        if self.budget.left_s:
            return f"it was not done after {self.args.longest_s:g} s"
        return "the time was up"

    def ended(self, child: "subprocess.Popen[str]") -> Row:
        """The figures of a process, or why there are none."""
        try:
            out, said = child.communicate(timeout=self.limit_s())
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return {"failed": self.late()}
        if child.returncode:
            return {"failed": last_line(said, child.returncode)}
        row: Row = json.loads(out.splitlines()[-1])
        return row

    def run(self, task: Task, kind: str, guess_s: float) -> Row:
        """The figures of one task, with the memory that it took."""
        if why := lacking(Path(task.model)):
            return {"failed": why}
        if not self.budget.allows(kind, guess_s):
            return {"failed": NO_TIME}
        with self.budget.step(kind), self.memory() as memory:
            row = self.ended(self.started(task))
        return row if "failed" in row else with_memory(row, memory)

    def once(self, task: Task, kind: str, guess_s: float) -> Row:
        """The same; those of a task that another part has measured are taken from there."""
        if task not in self._measured:
            row = self.run(task, kind, guess_s)
            if "failed" in row:
                return row
            self._measured[task] = row
        return dict(self._measured[task])

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


def lacking(model: Path) -> str | None:
    """Why nothing is measured with a model; None where its weights are there."""
    there = (model / "model.bin").is_file()
    return None if there else f"left out: {model.name} has no weights"


def last_line(said: str, status: int) -> str:
    """What a process that failed said last, or its status where it said nothing, as one that was
    killed for its memory."""
    lines = said.strip().splitlines()
    return lines[-1][:200] if lines else f"it ended with {status}"


def with_memory(row: Row, memory: CardMemory) -> Row:
    """A row with the peak of the card's memory, where there is a card."""
    return row if memory.peak_mb is None else {**row, "MB": memory.peak_mb}


def card(bench: Bench) -> Iterator[Row]:
    """The card's facts."""
    fields = "name,memory.total,memory.free,driver_version,compute_cap"
    if shutil.which("nvidia-smi"):
        command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        for line in answer.stdout.splitlines():
            values = [value.strip() for value in line.split(",")]
            for field, value in zip(fields.split(","), values, strict=False):
                yield {"what": field, "value": value}
    for package in ("ctranslate2", "faster-whisper", "torch", "whisperx"):
        yield {"what": package, "value": installed(package)}
    yield {"what": "precisions", "value": ", ".join(bench.precisions())}


def installed(package: str) -> str:
    """The version of a package, `none` where it is not there."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def words(bench: Bench) -> Iterator[Row]:
    """The small model's words in each precision, beside those of the CPU."""
    windows = min(bench.args.windows, WORDS_WINDOWS)
    by_cpu = {}
    for precision in ("float32", "int8"):
        row = bench.run(
            bench.small(device="cpu", precision=precision, windows=windows), "words", 20
        )
        by_cpu[precision] = row.pop("texts", None)
        yield {"device": "cpu", "precision": precision, **_without_texts(row)}
    for precision in bench.precisions():
        row = bench.run(bench.small(precision=precision, windows=windows), "words", 20)
        texts = row.pop("texts", None)
        for known, theirs in by_cpu.items():
            if texts is not None and theirs is not None:
                row[f"differing from the CPU's {known}"] = differing(texts, theirs)
        yield {"device": bench.args.device, "precision": precision, **_without_texts(row)}


def ladder(bench: Bench) -> Iterator[Row]:
    """The small model in less and less memory."""
    whole = None
    precision = bench.precisions()[0]
    for free_mb in FREE_MB if bench.args.device == "cuda" else FREE_MB[:1]:
        task = bench.small(free_mb=free_mb, precision=precision, batch=64)
        row = bench.run(task, "ladder", 20)
        texts = row.pop("texts", None)
        whole = texts if free_mb is None else whole
        if texts is not None and whole is not None:
            row["differing"] = differing(texts, whole)
        yield {"free MB": free_mb or "all", **_without_texts(row)}


def large(bench: Bench) -> Iterator[Row]:
    """Make the large model."""
    if not bench.budget.allows("large", 60):
        yield {"failed": NO_TIME}
        return
    begun = time.monotonic()
    command = [sys.executable, __file__, "--make", str(bench.large), "--size", bench.args.size]
    command += ["--model", str(bench.args.model)]
    try:
        made = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=bench.budget.left_s
        )
    except subprocess.TimeoutExpired:
        yield {"failed": "the time was up"}
        return
    if made.returncode:
        yield {"failed": last_line(made.stderr, made.returncode)}
        return
    size = (bench.large / "model.bin").stat().st_size / 1e6
    yield {"size": bench.args.size, "MB on disk": size, "s": time.monotonic() - begun}


def speed(bench: Bench) -> Iterator[Row]:
    """The large model by precision and batch: the first precision in all batches, the others in the
    first batch."""
    precisions = bench.precisions()
    pairs = [(precisions[0], batch) for batch in BATCHES]
    pairs += [(precision, BATCHES[0]) for precision in precisions[1:]]
    for precision, batch in pairs:
        # A small batch takes longer for each window, and needs fewer to be timed.
        windows = min(bench.args.windows, 8 * batch)
        task = bench.big(precision=precision, batch=batch, windows=windows)
        yield {
            "precision": precision,
            "batch": batch,
            "windows": windows,
            **_without_texts(bench.once(task, "speed", 40)),
        }


def others(bench: Bench) -> Iterator[Row]:
    """The same work by faster-whisper and by whisperx."""
    for engine in ("ours", "faster"):
        yield {"what": engine, **_without_texts(bench.once(bench.big(engine=engine), "speed", 40))}
    yield {"what": "whisperx, with its start and its speech detection", **_whisperx(bench)}


def _whisperx(bench: Bench) -> Row:
    program = Path(sys.executable).with_name("whisperx")
    if not program.is_file():
        return {"failed": "left out: whisperx is not in this environment"}
    if why := lacking(bench.large):
        return {"failed": why}
    if not bench.budget.allows("whisperx", 60):
        return {"failed": NO_TIME}
    from subtitling.media import ffmpeg

    sound = bench.scratch / "speech.wav"
    seconds = bench.args.windows * WINDOW_S
    write_wav(sound, seconds)
    task = bench.big()
    command = [
        *(str(program), str(sound), "--model", task.model),
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
    with bench.memory() as memory:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False,
                timeout=bench.limit_s(), env=environment,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"failed": bench.late()}
    took = time.monotonic() - begun
    if done.returncode:
        return {"failed": last_line(done.stderr, done.returncode)}
    return with_memory({"s": took, "real-time factor": took / seconds}, memory)


def two(bench: Bench) -> Iterator[Row]:
    """Two recognisers on one card, beside one."""
    one = bench.once(bench.big(), "speed", 40)
    yield {"at once": 1, **_without_texts(one)}
    if "failed" in one:
        yield {"at once": 2, "failed": "left out: there is nothing beside it"}
        return
    if not bench.budget.allows("two", 2 * one["s"] + one["load s"] + 20):
        yield {"at once": 2, "failed": NO_TIME}
        return
    with bench.memory() as memory:
        both = [bench.started(bench.big()) for _ in range(2)]
        rows = [bench.ended(child) for child in both]
    if why := next((row["failed"] for row in rows if "failed" in row), None):
        yield {"at once": 2, "failed": why}
        return
    took = max(row["s"] for row in rows)
    yield with_memory(
        {"at once": 2, "s": took, "of one after the other": took / (2 * one["s"])}, memory
    )


def _without_texts(row: Row) -> Row:
    """A row without what is no column; steps down are one where there were any."""
    steps = "; ".join(row.get("steps", ()))
    kept = {key: value for key, value in row.items() if key not in ("texts", "steps")}
    return {**kept, "steps": steps} if steps else kept


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


PARTS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    part.__name__: part for part in (card, words, ladder, large, speed, others, two)
}


def make(folder: Path, size: str, base: Path) -> None:
    """Make the large model; `base` has the tokens."""
    import tiny_models

    sizes = {"tiny": tiny_models.TINY, "large-v3": tiny_models.LARGE_V3}
    tiny_models.whisper(base, folder, sizes[size], "float16", TOKENS_A_WINDOW)


def rows_of(part: str, bench: Bench) -> Iterator[Row]:
    """The rows of a part; a fault in it is its last one."""
    try:
        yield from PARTS[part](bench)
    except FAULTS as error:
        yield {"failed": f"{type(error).__name__}: {error}"[:200]}


def keep(folder: Path, kept: Row) -> None:
    """Write what was measured until now, as data and as tables."""
    tables = [f"## {part}\n\n{as_table(kept[part])}\n" for part in PARTS if kept.get(part)]
    texts = {"gpu.json": json.dumps(kept, indent=1) + "\n", "gpu.md": "\n".join(tables)}
    for name, text in texts.items():
        half = folder / f".{name}"
        half.write_text(text, "utf-8")
        half.replace(folder / name)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "whisper-base")
    parser.add_argument("--size", default="large-v3", help="large-v3 or tiny")
    parser.add_argument("--windows", type=int, default=64, help="of 30 s, in each measurement")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument(
        "--longest-s", type=float, default=90, help="of a measurement; what takes longer hangs"
    )
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
    if not (args.model / "tokenizer.json").is_file():
        parser.error(f"--model: there is no Whisper for CTranslate2 in {args.model}")
    args.out.mkdir(parents=True, exist_ok=True)
    budget = Budget(60 * args.minutes)
    kept: Row = {
        "machine": {key: value for key, value in facts.hardware().items() if key != "host"},
        "arguments": {key: getattr(args, key) for key in ("device", "size", "windows", "minutes")},
        "model": args.model.name,
    }
    with tempfile.TemporaryDirectory(prefix="sutradhar-gpu-") as scratch:
        bench = Bench(args, Path(scratch), budget)
        for part in [part for part in PARTS if part in (args.parts or PARTS)]:
            kept[part] = []
            for row in rows_of(part, bench):
                kept[part].append(row)
                keep(args.out, kept)
                print(f"{part} ({budget.left_s:.0f} s left): {json.dumps(row)}", flush=True)
    print(f"\n{(args.out / 'gpu.md').read_text('utf-8')}")


if __name__ == "__main__":
    main()
