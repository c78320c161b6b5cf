"""The cost of the record for a film of ten minutes.

Prints what each stage spends on its record (start, checksums, logs, manifest, ledger) on files of
the size that such a film has, and the ratio to the time that its stages take in all. It is
processor time, its own and its child processes', so that other work on the machine does not count.
Ends with 1 where the ratio is above the two percent allowed.

    python bench/record_overhead.py out/tale --film-mb 700 --audio-mb 55
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts"), str(ROOT / "tests" / "support")]

ALLOWED = 0.02
# What each stage of a job reads and writes: big files by name, others are small.
STAGES = {
    "01_demux": (["film"], ["audio"]),
    "05_pyannote_vad": (["audio"], []),
    "06_asr": (["audio"], []),
    "07_alignment": (["audio"], []),
    "08_translation/en": (["audio"], []),
    "09_subtitle_gen/en": ([], []),
    "09_subtitle_gen/pt": ([], []),
    "10_mux": (["film"], ["film"]),
}
LINES = 500  # of an engine's chatter a stage


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("job", type=Path, help="a job of this machine, for how long stages take")
    parser.add_argument("--film-mb", type=int, default=700)
    parser.add_argument("--audio-mb", type=int, default=55)
    args = parser.parse_args()
    run_s = _ten_minutes_s(args.job)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["SUTRADHAR_RUN"] = "2026-11-21T00:00:00Z"
        Path("Snakefile").touch()
        sizes = {"film": args.film_mb << 20, "audio": args.audio_mb << 20}
        _write(Path("film.mkv"), sizes["film"])
        total = sum(_cost(stage, *files, sizes) for stage, files in STAGES.items())
    ratio = total / run_s
    print(f"in all {total:.2f} s of the {run_s:.0f} s that the stages take: {100 * ratio:.2f} %")
    return 1 if ratio > ALLOWED else 0


def _ten_minutes_s(folder: Path) -> float:
    """The time of the stages of `folder`, scaled to ten minutes of film."""
    import json

    from lineage.record import Job

    worked_ms = sum(m.resources["wall_ms"] for m in Job.read(folder).stages.values())
    film_ms = json.loads((folder / "01_demux/media.json").read_text())["duration_ms"]
    return float(worked_ms / film_ms * 600)


def _cost(stage: str, reads: list[str], writes: list[str], sizes: dict[str, int]) -> float:
    import recorded

    import lineage

    audio = "out/clip/01_demux/audio.flac"
    given = {name: {"film": "film.mkv", "audio": audio}[name] for name in reads}
    made = {name: {"film": "final.mkv", "audio": "audio.flac"}[name] for name in writes}
    snakemake = recorded.rule(f"out/clip/{stage}", input=given, output={**made, "x": "x.json"})
    start = _cpu_s()
    with lineage.stage(snakemake) as io:
        inside = _cpu_s(threads=False)
        for name in writes:
            _write(Path(getattr(io.output, name)), sizes[name])
        Path(io.output.x).write_text("{}")
        work = _cpu_s(threads=False) - inside
        # The engine would have printed this anyway.
        for number in range(LINES):
            logging.getLogger("engine").debug("line %d", number)
    cost = _cpu_s() - start - work
    print(f"{stage:<20} {cost:6.2f} s")
    return cost


def _cpu_s(*, threads: bool = True) -> float:
    """Of this process, all its threads and its children; or of this thread alone."""
    if not threads:
        return time.thread_time()
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _write(path: Path, size: int) -> None:
    block = os.urandom(1 << 20)
    with path.open("wb") as file:
        for _ in range(size >> 20):
            file.write(block)


if __name__ == "__main__":
    sys.exit(main())
