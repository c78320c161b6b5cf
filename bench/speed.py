"""Where the time goes: `python bench/speed.py [PART ...] [--minutes M ...] [--films N ...]`.

Parts are `job` (a film from end to end beside the whisperx command line and faster-whisper, and the
time in which no stage worked), `engines` (recognition alone, beside these, by threads and batch),
`rerun` (calls with nothing or little to do), `changed` (a word changed in a long film's glossary),
`plan` (how long Snakemake plans for many films),
`shards` (a film undivided and in eight shards, as on eight machines), `slots` (films on a Slurm of
one node with one and two slots), `growth` (time and memory for films of several lengths) and `long`
(the same for three hours). Without a part: all of them; `slots` needs root and Slurm (`make
test-slurm` installs it), and says so where it can't be run.

Everything is made in a scratch folder from tests/data: real speech, over and over. The tables are
printed, and kept with the machine's facts in bench/speed.json, a part each. Figures compare what
ran in one call on one machine. On a busy one, threads that wait for each other spin, so that CPU
time grows too: take `--threads 1` with OMP_NUM_THREADS=1 there, and the CPU's ratios.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts"), str(ROOT / "tests" / "support")]

from tables import as_table  # noqa: E402

from lineage import Manifest, facts  # noqa: E402
from subtitling.media import containers, ffmpeg  # noqa: E402
from subtitling.workflow import sizing  # noqa: E402

RESULTS = Path(__file__).with_suffix(".json")
SPEECH = ROOT / "tests" / "data" / "two_cities.flac"
WHISPER = ROOT / "models" / "whisper-base"
PARTS_OF_WORKFLOW = (
    *("Snakefile", "rules", "scripts", "lineage", "config", "profiles", "envs", "report"),
)
LINKS = ("gpu", "slurm")
BATCH = 4  # our default of asr.batch_size
ENGLISH = ["--config", "source_language=en"]
TWO_LANGUAGES = [*ENGLISH, "target_languages=[en, pt]"]

FASTER_WHISPER = """
import sys
from faster_whisper import BatchedInferencePipeline, WhisperModel
model = WhisperModel(sys.argv[2], compute_type="int8", cpu_threads=int(sys.argv[3]))
segments, _ = BatchedInferencePipeline(model).transcribe(
    sys.argv[1], language="en", batch_size=int(sys.argv[4]), word_timestamps=True)
print(sum(len(segment.words) for segment in segments))
"""

Row = dict[str, Any]


def house(folder: Path, code: Path = ROOT) -> Path:
    """A copy of the workflow in `folder`, from this checkout or another, with this one's models."""
    folder.mkdir(parents=True)
    for name in PARTS_OF_WORKFLOW:
        here = code / name
        if here.is_dir():
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(here, folder / name, symlinks=True, ignore=skipped)
        else:
            shutil.copy2(here, folder / name)
    for name in LINKS:
        (folder / name).symlink_to(f"profiles/{name}")
    (folder / "models").symlink_to(ROOT / "models")
    (folder / "in").mkdir()
    # The same model, whatever else is in the store.
    (folder / "config" / "config.yaml").write_text("asr: {model: whisper-base}\n", "utf-8")
    return folder


def film(path: Path, seconds: float) -> Path:
    """A plain picture and a book read aloud for so long."""
    ffmpeg.run([
        "-f", "lavfi", "-i", "color=c=navy:size=320x180:rate=25", "-stream_loop", "-1",
        *ffmpeg.source(SPEECH), "-t", str(seconds), "-map", "0:v", "-map", "1:a", "-c:v", "libx264",
        "-preset", "ultrafast", "-c:a", "aac", "-f", "matroska", containers.url(path),
    ])  # fmt: skip
    return path


@dataclass(frozen=True)
class Spent:
    """Seconds that something took, seconds of processors, which a busy machine changes less, and
    the memory of its largest process."""

    wall_s: float
    cpu_s: float
    mb: float


def timed(command: list[str], folder: Path, **environment: str) -> Spent:
    """Time and memory of a command; its output is shown only where it fails."""
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(
            command, cwd=folder, stdout=said, stderr=said, env={**os.environ, **environment}
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        took = Spent(time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)
        if child.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read()}")
    return took


def snakemake(folder: Path, threads: int, *arguments: str) -> Spent:
    """Time and memory of a call of the workflow."""
    command = [sys.executable, "-m", "snakemake", "--cores", str(threads)]
    return timed([*command, *arguments], folder)


def manifests(folder: Path, job: str) -> list[Manifest]:
    """The manifests of a film's stages, in order of their start."""
    records = [
        Manifest.load(p) for p in (folder / "out" / job).glob("[0-9][0-9]_*/**/manifest.json")
    ]
    return sorted(records, key=lambda m: m.started_at)


def busy_s(stages: list[Manifest]) -> float:
    """Seconds in which any of the stages worked."""
    total, reached = 0.0, 0.0
    for stage in stages:
        begun, ended = _at(stage.started_at), _at(stage.ended_at or stage.started_at)
        total += max(0.0, ended - max(begun, reached))
        reached = max(reached, ended)
    return total


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def job(scratch: Path, args: argparse.Namespace) -> list[Row]:
    """The whole job beside the others, on one film."""
    here = house(scratch / "job")
    source = film(here / "in" / "film.mkv", 60 * args.job_minutes)
    tools = scratch / "tools"
    aligner(tools)
    ours = snakemake(here, args.threads, "out/film/10_mux/final.mkv", *TWO_LANGUAGES)
    stages = manifests(here, "film")
    aligned = ("--align_model", str(tools / "align"))
    whisperx = by_whisperx(source, tools, args.threads, BATCH, *aligned)
    floor = by_faster_whisper(source, tools, args.threads, BATCH)
    rows: list[Row] = [
        {
            "what": what,
            "s": spent.wall_s,
            "CPU s": spent.cpu_s,
            "to whisperx": spent.wall_s / whisperx.wall_s,
            "CPU to whisperx": spent.cpu_s / whisperx.cpu_s,
        }
        for what, spent in (
            ("the whole job, film to film", ours),
            ("whisperx, film to SRT", whisperx),
            ("faster-whisper, film to words", floor),
        )
    ]
    idle = ours.wall_s - busy_s(stages)
    rows.append({"what": "no stage at work", "s": idle, "of the job": idle / ours.wall_s})
    for stage in stages:
        rows.append({
            "what": stage.folder.split("film/")[-1],
            "s": (wall := stage.resources["wall_ms"] / 1000),
            "CPU s": stage.resources["cpu_ms"] / 1000,
            "of the job": wall / ours.wall_s,
        })  # fmt: skip
    return rows


def by_whisperx(source: Path, tools: Path, threads: int, batch: int, *rest: str) -> Spent:
    """The whisperx command on a film."""
    command = [
        *(str(Path(sys.executable).with_name("whisperx")), str(source), "--model", str(WHISPER)),
        *("--batch_size", str(batch), "--threads", str(threads), "--compute_type", "int8"),
        *("--device", "cpu", "--language", "en", "--output_format", "srt"),
        *("--output_dir", str(tools / "srt"), *rest),
    ]
    return timed(
        command,
        tools,
        HF_HUB_OFFLINE="1",
        NLTK_DATA=str(tools / "nltk"),
        PATH=f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}",
    )


def by_faster_whisper(source: Path, tools: Path, threads: int, batch: int) -> Spent:
    """faster-whisper's batched engine on a film, with its own voice detection and word times."""
    given = (str(source), str(WHISPER), str(threads), str(batch))
    return timed([sys.executable, "-c", FASTER_WHISPER, *given], tools)


def engines(scratch: Path, args: argparse.Namespace) -> list[Row]:
    """Recognition by threads and chunks at once, beside the others with the same of both."""
    here = house(scratch / "engines")
    tools = scratch / "tools"
    aligner(tools)
    seconds = 60 * args.engine_minutes
    source = film(scratch / "film.mkv", seconds)
    rows: list[Row] = []
    for threads in args.engine_threads:
        name = f"threads{threads}"
        os.link(source, here / "in" / f"{name}.mkv")
        for batch in args.engine_batches:
            chosen = scratch / f"batch{batch}.yaml"
            chosen.write_text(f"{{asr: {{batch_size: {batch}}}}}\n")
            target = f"out/{name}/06_asr/transcript.json"
            snakemake(here, threads, target, *ENGLISH, "--configfile", str(chosen))
            used = {m.stage: m.resources for m in manifests(here, name)}
            heard, speech = used["06_asr"], used["05_pyannote_vad"]
            both = {key: heard[key] + speech[key] for key in ("wall_ms", "cpu_ms")}
            both["peak_memory_bytes"] = max(heard["peak_memory_bytes"], speech["peak_memory_bytes"])
            spent = {
                what: Spent(
                    took["wall_ms"] / 1e3, took["cpu_ms"] / 1e3, took["peak_memory_bytes"] / 1e6
                )
                for what, took in (("06_asr", heard), ("05 and 06", both))
            }
            spent["faster-whisper"] = by_faster_whisper(source, tools, threads, batch)
            spent["whisperx, not aligned"] = by_whisperx(
                source, tools, threads, batch, "--no_align"
            )
            rows += [
                {
                    "threads": threads,
                    "batch": batch,
                    "what": what,
                    "s": took.wall_s,
                    "real-time factor": took.wall_s / seconds,
                    "CPU s": took.cpu_s,
                    "MB": took.mb,
                }
                for what, took in spent.items()
            ]
    return rows


def aligner(folder: Path) -> None:
    """What the whisperx command wants beside a model: an aligner of the usual size (wav2vec2 base,
    94 million weights, here random, so that its times are nonsense and its work is not), an empty
    sentence splitter, and an ffmpeg on the PATH."""
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    align, marks = folder / "align", ["<pad>", "<s>", "</s>", "<unk>", "|"]
    align.mkdir(parents=True)
    marks += list("ETAONIHSRDLUMWCFGYPBVK'XJQZ")
    (align / "vocab.json").write_text(json.dumps({m: n for n, m in enumerate(marks)}), "utf-8")
    torch.manual_seed(0)
    Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=len(marks))).save_pretrained(align)
    words = Wav2Vec2CTCTokenizer(align / "vocab.json")
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), words).save_pretrained(align)
    punkt = folder / "nltk" / "tokenizers" / "punkt_tab" / "english"
    punkt.mkdir(parents=True)
    for name in ("collocations.tab", "sent_starters.txt", "abbrev_types.txt", "ortho_context.tab"):
        (punkt / name).touch()
    (folder / "bin").mkdir()
    (folder / "bin" / "ffmpeg").symlink_to(ffmpeg.program())


def rerun(scratch: Path, args: argparse.Namespace) -> list[Row]:
    """Calls with nothing, or little, to do; on a film of one minute that is done."""
    here = house(scratch / "rerun")
    film(here / "in" / "film.mkv", 60)
    target = "out/film/10_mux/final.mkv"
    empty = scratch / "empty"
    empty.mkdir()
    (empty / "Snakefile").write_text("rule all:\n    input: []\n", "utf-8")
    (scratch / "narrow.yaml").write_text(
        'subtitles: {overrides: {"*": {max_chars_per_line: 37}}}\n'
    )
    settings = [*ENGLISH, "--configfile", str(scratch / "narrow.yaml")]
    calls = (
        ("Snakemake alone, an empty workflow", empty, []),
        ("the film, from nothing", here, [target, *ENGLISH]),
        ("the film again: nothing to do", here, [target, *ENGLISH]),
        ("a changed subtitle rule to a new film", here, [target, *settings]),
    )
    rows: list[Row] = []
    stages: list[Manifest] = []
    for what, folder, arguments in calls:
        spent = snakemake(folder, args.threads, *arguments)
        rows.append({"what": what, "s": spent.wall_s, "CPU s": spent.cpu_s})
        stages = stages or manifests(here, "film")
    for row in rows:
        row["to empty"] = row["s"] / rows[0]["s"]
    for stage in stages:
        used = stage.resources
        rows.append({
            "what": f"from nothing: {stage.folder.split('film/')[-1]}",
            "s": used["wall_ms"] / 1000,
            "CPU s": used["cpu_ms"] / 1000,
            "MB": used["peak_memory_bytes"] / 1e6,
        })  # fmt: skip
    return rows


def changed(scratch: Path, args: argparse.Namespace) -> list[Row]:
    """A word changed in a glossary, after the film was made: each stage's time, first and again.
    The film, which repeats one text, does not say it: any other word would touch much of it."""
    here = house(scratch / "changed")
    film(here / "in" / "film.mkv", 60 * args.changed_minutes)
    terms = here / "terms.csv"
    (here / "mine.yaml").write_text("glossary: {files: [terms.csv]}\n")
    made: list[dict[str, Manifest]] = []
    total: list[Spent] = []
    for rendering in ("guilhotina", "lâmina"):
        terms.write_text(f"en,pt,kind,action\nguillotine,{rendering},word,translate\n", "utf-8")
        target = ("out/film/10_mux/final.mkv", *TWO_LANGUAGES, "--configfile", "mine.yaml")
        total.append(snakemake(here, args.threads, *target))
        made.append({m.folder.split("film/")[-1]: m for m in manifests(here, "film")})
    first, again = made
    rows: list[Row] = [_again("the whole job", *((t.wall_s, t.cpu_s) for t in total))]
    for stage, manifest in again.items():
        before = first[stage]
        if manifest.run_id != before.run_id:
            times = (
                tuple(m.resources[key] / 1000 for key in ("wall_ms", "cpu_ms"))
                for m in (before, manifest)
            )
            row = _again(stage, *times)
            asked = manifest.notes.get("sentences", manifest.notes.get("chunks"))
            rows.append(row | {"asked for": asked, "reused": manifest.notes.get("reused")})
    return rows


def _again(what: str, first: tuple[float, ...], again: tuple[float, ...]) -> Row:
    return {
        "what": what,
        "first: s": first[0],
        "CPU s": first[1],
        "again: s": again[0],
        "CPU s, again": again[1],
        "to first": again[0] / first[0],
        "CPU to first": again[1] / first[1],
    }


def growth(scratch: Path, args: argparse.Namespace) -> list[Row]:
    """Time and memory of each stage for films of several lengths, alone on the machine each."""
    here = house(scratch / "growth")
    rows: list[Row] = []
    for minutes in args.minutes:
        name = f"m{minutes:g}"
        film(here / "in" / f"{name}.mkv", 60 * minutes)
        total = snakemake(here, args.threads, f"out/{name}/10_mux/final.mkv", *TWO_LANGUAGES)
        rows.append({
            "minutes": minutes,
            "stage": "all",
            "s": total.wall_s,
            "CPU s": total.cpu_s,
            "CPU s a minute": total.cpu_s / minutes,
        })  # fmt: skip
        for stage in manifests(here, name):
            used = stage.resources
            rows.append({
                "minutes": minutes,
                "stage": stage.folder.split(f"{name}/")[-1],
                "s": used["wall_ms"] / 1000,
                "CPU s": used["cpu_ms"] / 1000,
                "CPU s a minute": used["cpu_ms"] / 1000 / minutes,
                "MB": used["peak_memory_bytes"] / 1e6,
            })  # fmt: skip
    return rows


def long(scratch: Path, args: argparse.Namespace) -> list[Row]:
    """The same for a film of three hours, which takes most of one."""
    return growth(scratch, argparse.Namespace(**{**vars(args), "minutes": [180]}))


def shards(scratch: Path, args: argparse.Namespace) -> list[Row]:
    """Films undivided and in shards. They run here one after the other; the way that is longest,
    over stages that wait for each other, is what as many machines as shards would take. What a film
    of three hours would take is calculated from two lengths, each stage by itself."""
    here = house(scratch / "shards")
    rows: list[Row] = []
    ways: dict[tuple[int, str], list[dict[str, int]]] = {}
    slowest: dict[tuple[int, str], list[dict[str, int]]] = {}
    for minutes in args.shard_minutes:
        source = film(scratch / f"{minutes:g}.mkv", 60 * minutes)
        for number in (1, args.shards):
            name = f"m{minutes:g}shards{number}"
            os.link(source, here / "in" / f"{name}.mkv")
            divided = scratch / f"{name}.yaml"
            divided.write_text(f"shards: {number}\n")
            asked = (*TWO_LANGUAGES, "--configfile", str(divided))
            # Each shard alone: most request more cores than there are.
            alone = ("--set-threads", f"sound_events_shard={args.threads}") if number > 1 else ()
            snakemake(here, args.threads, f"out/{name}/10_mux/final.mkv", *asked, *alone)
            stages = manifests(here, name)
            for key in ("wall_ms", "cpu_ms"):
                way = longest(stages, key)
                ways.setdefault((number, key), []).append(way)
                slowest.setdefault((number, key), []).append(slowest_of(stages, key))
                of = {"minutes": minutes, "shards": number, "of": key.partition("_")[0]}
                seconds = {stage: ms / 1000 for stage, ms in way.items()}
                rows.append(of | {"s": sum(seconds.values())} | seconds)
    if len(args.shard_minutes) == 2:
        for key in ("wall_ms", "cpu_ms"):
            for slower in (1, _SLOWER):
                whole, divided_s = (
                    three_hours(args.shard_minutes, ways[n, key][-1], slowest[n, key], slower)
                    for n in (1, args.shards)
                )
                rows.append({
                    "minutes": 180, "shards": args.shards, "of": key.partition("_")[0],
                    "recogniser": f"{slower} times as slow", "s": divided_s,
                    "undivided": whole, "to undivided": divided_s / whole,
                })  # fmt: skip
    return rows


_SLOWER = 20  # about whisper-large-v3, which has 21 times as many weights as base
_RECOGNISING = ("06_asr shard", "06_asr", "07_alignment shard", "07_alignment")


def three_hours(
    minutes: list[float], way: dict[str, int], stages: list[dict[str, int]], slower: int
) -> float:
    """Seconds that a film of three hours takes on the way, each stage on a straight line through
    its time for two lengths; with a recogniser so many times as slow."""
    total = 0.0
    for name in way:
        first, second = (each.get(name, 0) for each in stages)
        a_minute = max(0.0, (second - first) / (minutes[1] - minutes[0]))
        times = slower if name in _RECOGNISING else 1
        total += second + a_minute * (180 * times - minutes[1])
    return total / 1000


def slowest_of(stages: list[Manifest], key: str) -> dict[str, int]:
    """What each stage takes, and the slowest of its shards."""
    taken: dict[str, int] = {}
    for stage in stages:
        name = stage_name(stage)
        taken[name] = max(taken.get(name, 0), stage.resources[key])
    return taken


def stage_name(stage: Manifest) -> str:
    """`06_asr`, `08_translation/pt`, or `06_asr shard`."""
    return re.sub(r"/\d+-of-\d+$", " shard", stage.folder.split("/", 2)[2])


def longest(stages: list[Manifest], key: str) -> dict[str, int]:
    """The stages one after the other, by name, that take the longest in all, with what each takes;
    stages wait for those whose files they read."""
    ways: dict[str, dict[str, int]] = {}
    for stage in stages:  # in order of their start: producers come first
        before = {str(Path(f.producer["manifest"]).parent) for f in stage.inputs if f.producer}
        way = max(
            (ways[b] for b in before & ways.keys()), key=lambda w: sum(w.values()), default={}
        )
        ways[stage.folder] = {**way, stage_name(stage): stage.resources[key]}
    return max(ways.values(), key=lambda way: sum(way.values()))


def plan(scratch: Path, args: argparse.Namespace) -> list[Row]:
    """A dry run of everything, for many films of which nothing is there."""
    rows: list[Row] = []
    source = film(scratch / "film.mkv", 1)
    for films in args.films:
        here = house(scratch / f"plan{films}")
        for number in range(films):
            os.link(source, here / "in" / f"film{number:05}.mkv")
        took = snakemake(here, args.threads, "--dry-run", "--quiet")
        rows.append({"films": films, "s": took.wall_s, "CPU s": took.cpu_s})
    return rows


def slots(scratch: Path, args: argparse.Namespace) -> list[Row]:
    """Films of a minute on Slurm, a job a film, on a node that takes one and then two at a time."""
    from slurm_cluster import Cluster

    source = film(scratch / "film.mkv", 60)
    rows: list[Row] = []
    for count in (1, 2):
        here = house(scratch / f"slots{count}")
        for number in range(args.slot_films):
            os.link(source, here / "in" / f"film{number:02}.mkv")
        (scratch / f"slurm{count}").mkdir()
        with Cluster(scratch / f"slurm{count}", slots=count):
            took = snakemake(
                here, 1, *ENGLISH, "--profile", "slurm", "--slurm-status-command", "squeue",
                "--seconds-between-status-checks", "2", "--latency-wait", "10",
                "--slurm-init-seconds-before-status-checks", "2",
                "--groups", *(f"{stage}=film" for stage in sizing.NEEDS),
            )  # fmt: skip
        rows.append({"slots": count, "films": args.slot_films, "s": took.wall_s})
    rows[1]["efficiency"] = rows[0]["s"] / rows[1]["s"] / 2
    return rows


# And how many minutes each takes, about, on two quiet cores with the default arguments.
PARTS: dict[str, tuple[Callable[[Path, argparse.Namespace], list[Row]], int]] = {
    "rerun": (rerun, 1),
    "plan": (plan, 1),
    "changed": (changed, 16),
    "job": (job, 6),
    "engines": (engines, 10),
    "shards": (shards, 4),
    "slots": (slots, 32),
    "growth": (growth, 20),
    "long": (long, 25),
}


def impossible(part: str) -> str | None:
    """Why a part can't be measured here; None where it can."""
    if part == "slots" and (os.geteuid() or shutil.which("slurmctld") is None):
        return "needs root and Slurm, which `make test-slurm` installs"
    return None


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--job-minutes", type=float, default=10, help="length of the job's film")
    parser.add_argument("--engine-minutes", type=float, default=5)
    parser.add_argument("--engine-threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--engine-batches", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--threads", type=int, default=2, help="cores, for us and for others")
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 10, 60])
    parser.add_argument("--changed-minutes", type=float, default=120)
    parser.add_argument("--films", type=int, nargs="+", default=[1, 100, 1000])
    parser.add_argument("--slot-films", type=int, default=20)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--shard-minutes", type=float, nargs="+", default=[10, 40])
    args = parser.parse_args()
    parts = args.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    # The stages are compared as a user runs them: with compiled bytecode.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in parts:
        part, minutes = PARTS[name]
        if why := impossible(name):
            print(f"\n{name}: NOT MEASURED: it {why}", flush=True)
            continue
        print(f"\n{name}: about {minutes} minutes by default on two quiet cores", flush=True)
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="sutradhar-speed-") as scratch:
            loads = [os.getloadavg()[0]]
            rows = part(Path(scratch), args)
            loads.append(os.getloadavg()[0])
        machine = {k: v for k, v in facts.hardware().items() if k != "host"}
        at = datetime.now(UTC).isoformat(timespec="minutes")
        asked = {k: v for k, v in vars(args).items() if k != "parts"}
        kept[name] = {
            "at": at,
            "machine": machine,
            "took s": round(time.monotonic() - begun),
            "load before and after": loads,
            "arguments": asked,
            "rows": rows,
        }
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
        load = " and ".join(f"{value:.1f}" for value in loads)
        print(f"\n{name} ({machine['cores']} cores, load {load} before and after)\n")
        print(as_table(rows), flush=True)


if __name__ == "__main__":
    main()
