"""The trial of `sutradhar doctor`: a short clip through the workflow, with times and memory."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage import Manifest, terminal
from lineage.problem import Problem
from subtitling import paths
from subtitling.media import containers, ffmpeg
from subtitling.models import catalogue
from subtitling.recognition import registry as recognisers
from subtitling.workflow import levels, project

CLIP = paths.ROOT / "tests" / "data" / "two_cities.flac"
CLIP_S = 20
_AT_MOST_S = 900
_TARGET = "out/trial/09_subtitle_gen/en/en.srt"
_LAST_LINES = 5
_SHOWN = 60  # characters of what was recognised


@dataclass(frozen=True)
class Trial:
    """What a trial showed, as names and values, and what went wrong, if anything did."""

    rows: dict[str, str]
    fault: str | None = None


def run(config: Mapping[str, Any]) -> Trial:
    """Subtitle an English clip in a temporary folder, by the quality and on the device of the
    configuration, with the models of the store alone."""
    config = _english(config)
    own = {name: config[name] for name in ("quality", "device")}
    own["asr"] = {"model": config["asr"]["model"]}
    settings = own | {
        "source_language": "en",
        "separation": {"when": "never"},
        "tmdb": {"ask": False},
        "audit": {"enabled": False},
    }
    if missing := _missing(config):
        names = ", ".join(missing)
        return Trial({"": f"not tried: {names} not in the store; `snakemake models` brings them"})
    with tempfile.TemporaryDirectory(prefix="sutradhar-trial-") as place:
        folder = Path(place)
        project.init(folder)
        (folder / "config" / "config.yaml").write_text(json.dumps(settings), "utf-8")
        (folder / "models").unlink()
        (folder / "models").symlink_to(paths.STORE.absolute())
        if paths.LOCAL_MODELS.is_file():
            shutil.copy(paths.LOCAL_MODELS, folder / paths.LOCAL_MODELS)
        try:
            _film(folder / "in" / "trial.mkv")
            return _tried(folder)
        except (Problem, OSError, subprocess.SubprocessError) as error:
            return Trial({"": f"failed: {error}"}, f"the trial failed: {error}")


def _english(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with a recogniser that knows English."""
    model = config["asr"]["model"]
    if recognisers.readers(catalogue.listed()).get(model) != levels.WHISPER:
        model = levels.AUTO
    return {**config, "asr": {**config["asr"], "engine": levels.AUTO, "model": model}}


def _missing(config: Mapping[str, Any]) -> list[str]:
    """The models that the trial needs and the store lacks."""
    at = levels.of_host(config)
    chosen = levels.choose(config, at, levels.Film("en", ("en",)), catalogue.listed())
    wanted = [chosen.recogniser, config["sound_events"]["model"], config["vad"]["model"]]
    wanted += [name for name in config["vad"]["also"] if name != "sound_events"]
    return [name for name in dict.fromkeys(wanted) if name not in at.store]


def _film(path: Path) -> None:
    ffmpeg.run([
        "-f", "lavfi", "-i", "color=c=navy:size=320x180:rate=25", *ffmpeg.source(CLIP),
        "-t", str(CLIP_S), "-map", "0:v", "-map", "1:a", "-c:v", "libx264",
        "-preset", "ultrafast", "-c:a", "aac", "-f", "matroska", containers.url(path),
    ])  # fmt: skip


def _tried(folder: Path) -> Trial:
    command = [sys.executable, "-m", "snakemake", "--cores", "all", "--quiet", "all"]
    command += ["--", _TARGET]
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=_AT_MOST_S,
        check=False,
    )
    seconds = time.monotonic() - began
    rows = {"clip": f"{CLIP_S} s of English, in all {seconds:.0f} s"}
    for path in sorted(folder.glob("out/trial/*/manifest.json")):
        manifest = Manifest.load(path)
        rows[manifest.stage] = _stage(manifest)
    track = folder / _TARGET
    if done.returncode or not track.is_file():
        last = " | ".join(done.stdout.strip().splitlines()[-_LAST_LINES:])
        return Trial(rows | {"failed": last}, f"the trial failed: {last}")
    said = [line for line in track.read_text("utf-8").splitlines() if line and not _is_frame(line)]
    return Trial(rows | {"read": " ".join(said)[:_SHOWN]})


def _is_frame(line: str) -> bool:
    return line.isdigit() or "-->" in line


def _stage(manifest: Manifest) -> str:
    used = manifest.resources
    text = f"{used['wall_ms'] / 1000:.1f} s, {terminal.size(used['peak_memory_bytes'])}"
    if used["gpu_peak_memory_bytes"]:
        text += f", {terminal.size(used['gpu_peak_memory_bytes'])} of the GPU"
    names = ", ".join(model["name"] for model in manifest.models)
    reason = f", {manifest.reason}" if manifest.status == "failed" else ""
    return f"{manifest.status}, {text}{f', {names}' if names else ''}{reason}"
