"""Time the catalogue: makes films like one that exists, then indexes and searches them.

    python bench/catalogue.py out/tale --films 1000 --to FOLDER

Each film has the manifests of the given one, a track in English and one in Hindi, of words in their
natural frequency, and a ledger that seals all of it. Prints the time and the peak memory of
`lineage index`, the same again with nothing changed, and the times of searches.
"""

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from wordfreq import get_frequency_dict  # noqa: E402

from lineage import ledger, sha256  # noqa: E402
from lineage.manifest import NAME  # noqa: E402

LANGUAGES = ("en", "hi")
TRACK = "09_subtitle_gen"
SEARCHES = (
    ["इस ज़िंदगी"], ["zindagi"], ["zindagi", "--lang", "hi"], ["the"], ["kya hai"],
    ["of the world", "--lang", "en"], ["government and the university"], ["qwertyuiop"],
    ["--model", "whisper-base"], ["--degraded"], ["--unreviewed"],
)  # fmt: skip


def main() -> None:
    """Make the films, if they are not there yet, and time the commands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path, help="a job's folder, as out/tale")
    parser.add_argument("--films", type=int, default=1000)
    parser.add_argument("--cues", type=int, default=400, help="of each track")
    parser.add_argument("--to", type=Path, required=True)
    args = parser.parse_args()
    out = args.to / "out"
    began = time.monotonic()
    make(args.film, out, args.films, args.cues)
    print(f"made in {time.monotonic() - began:.0f} s")
    for _ in range(2):
        print(timed(["index", str(out)]))
    print(f"{(out / 'catalogue.sqlite').stat().st_size / 1e6:.0f} MB")
    for words in SEARCHES:
        print(timed(["find", *words, "--in", str(out)], show=False))


def make(template: Path, out: Path, films: int, cues: int) -> None:
    """Make the films that are not there yet."""
    chance = random.Random(10_000)
    words = {code: vocabulary(code) for code in LANGUAGES}
    manifests = {
        path.parent.relative_to(template).as_posix(): path.read_text("utf-8")
        for path in sorted(template.rglob(NAME))
    }
    for number in range(films):
        folder = out / f"film{number:05d}"
        if not (folder / ledger.NAME).exists():
            shutil.rmtree(folder, ignore_errors=True)
            film(folder, template.name, manifests, words, cues, chance)


def vocabulary(code: str) -> tuple[list[str], list[float]]:
    """The words of a language with their summed frequencies."""
    total, words, sums = 0.0, [], []
    for word, share in get_frequency_dict(code).items():
        total += share
        words.append(word)
        sums.append(total)
    return words, sums


def film(
    folder: Path, job: str, manifests: dict[str, str], words: dict, cues: int, chance: random.Random
) -> None:
    """Write one film's record."""
    model = next(text for key, text in manifests.items() if key.startswith(TRACK))
    rows = {key: text for key, text in manifests.items() if not key.startswith((TRACK, "11_"))}
    own = model.split('"folder": "')[1].split('"')[0].rpartition("/")[2]
    rows |= {
        f"{TRACK}/{code}": model.replace(f"{TRACK}/{own}", f"{TRACK}/{code}") for code in words
    }
    for key, text in rows.items():
        stage = folder / key
        stage.mkdir(parents=True)
        manifest = json.loads(
            text.replace(f"out/{job}/", f"out/{folder.name}/").replace(
                f'"{job}"', f'"{folder.name}"'
            )
        )
        if key.startswith(TRACK):
            code = key.rpartition("/")[2]
            track(stage / "cues.json", code, words[code], cues, chance)
            for file in manifest["outputs"]:
                if file["name"] == "cues":
                    file["sha256"] = sha256(stage / "cues.json")
        (stage / NAME).write_text(json.dumps(manifest), "utf-8")
        (stage / "stage.log").touch()
    (folder / "logs").mkdir()
    for key in rows:
        ledger.append(folder, folder / key, "2026-11-29T00:00:00.000Z")


def track(
    path: Path, code: str, words: tuple[list[str], list[float]], cues: int, chance: random.Random
) -> None:
    """Write the cues of a track, seven words each."""
    drawn = chance.choices(words[0], cum_weights=words[1], k=cues * 7)
    rows = [
        {"id": f"c{n + 1:05d}", "start_ms": 5000 * n, "end_ms": 5000 * n + 3000,
         "lines": [" ".join(drawn[7 * n : 7 * n + 7])], "words": [f"w{n + 1:05d}"], "sung": False,
         "italic": False, "sound": None}
        for n in range(cues)
    ]  # fmt: skip
    content = {
        "schema": "sutradhar/cues/1", "language": code, "cues": rows, "edit": None,
    }  # fmt: skip
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def timed(words: Sequence[str], *, show: bool = True) -> str:
    """A command's time, its peak memory, and what it printed."""
    began = time.monotonic()
    command = [sys.executable, "-m", "lineage", *words]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    took = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    lines = done.stdout.splitlines()
    end = lines[-1] if show and lines else f"{len(lines)} lines"
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return f"{took:7.2f} s, at most {peak:.0f} MB: lineage {' '.join(words)}: {end}"


if __name__ == "__main__":
    main()
