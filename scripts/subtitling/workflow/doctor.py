"""`sutradhar doctor`: one page about this host and installation, to send with a report of a fault.

It has no values of the environment, and the home folder is written as `~`.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from lineage import facts, redact, terminal
from lineage.problem import Problem
from subtitling import paths
from subtitling.media import ffmpeg
from subtitling.models import catalogue, licences
from subtitling.runtime import devices
from subtitling.text import languages
from subtitling.workflow import (
    configuration,
    doctor_trial,
    levels,
    models_get,
    models_list,
    preflight,
)

SCHEMA = "sutradhar/doctor/1"
_PACKAGES = (
    *("snakemake", "faster-whisper", "ctranslate2", "whisperx", "torch", "onnxruntime"),
    *("transformers", "pyannote-audio", "av", "imageio-ffmpeg"),
)
# The variables that stages read; of each only whether it is set.
_TOKENS = {
    "HF_TOKEN": "gated models of the hub",
    "TMDB_TOKEN": "data of films",
    "TMDB_API_KEY": "data of films",
    "SUTRADHAR_API_KEY": "translation by an endpoint",
    "SUTRADHAR_KEY_PASSPHRASE": "signing",
}
_ADDRESSES = ("HF_ENDPOINT", "TMDB_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
# A language of each script that subtitles of Indian films are in, and English.
_SCRIPTS = ("en", "hi", "bn", "gu", "kn", "ml", "or", "pa", "ta", "te", "ur")
_CGROUP = Path("/sys/fs/cgroup/memory.max")
_ANSWER_S = 30

Page = dict[str, dict[str, str]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sutradhar doctor`."""
    parser.add_argument("--json", action="store_true", help="as JSON, for a program")
    parser.add_argument("--no-trial", action="store_true", help="without subtitling a short clip")
    parser.add_argument("--configfile", action="append", default=[], type=Path, metavar="FILE")


def main(given: argparse.Namespace) -> int:
    """Print one page of what this host has and what each level of quality would use on it, and try
    a short clip: the first thing to send with a report of a fault. It holds no secrets. Exit status
    1: something stands in the way of a run."""
    config, films, faults = _project(given.configfile)
    pages, lacking = page(config, films)
    faults += [*lacking, *problems(config)]
    if not given.no_trial and not lacking:
        trial = doctor_trial.run(config)
        pages["trial"] = trial.rows
        faults += [trial.fault] if trial.fault else []
    pages["in the way of a run"] = dict(enumerated(faults)) or {"": "nothing"}
    print(shown(pages, as_json=given.json), end="")
    return int(bool(faults))


def _project(files: Sequence[Path]) -> tuple[dict[str, Any], list[levels.Film], list[str]]:
    """The configuration of the current folder and its films; the defaults, and what is wrong, where
    they can't be read."""
    faults = []
    try:
        config = models_list.configured(files)
    except Problem as problem:
        faults.append(str(problem))
        config = configuration.load([])
    try:
        return config, models_get.films_of(config), faults
    except Problem as problem:
        film = levels.Film(config["source_language"], tuple(config["target_languages"]))
        return config, [film], [*faults, str(problem)]


def page(config: Mapping[str, Any], films: Sequence[levels.Film]) -> tuple[Page, list[str]]:
    """All sections but the trial, each as names and values; and why some can't be had."""
    sections: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
        "sutradhar": lambda: _installed(config),
        "host": _host,
        "GPU": _gpu,
        "disk": _disk,
        "tools": _tools,
        "fonts": _fonts,
        "models": _models,
        "licences and tokens": _tokens,
        "quality": lambda: _quality(config, films),
    }
    pages: Page = {}
    faults = []
    for title, rows in sections.items():
        try:
            pages[title] = dict(rows())
        except (Problem, OSError, subprocess.SubprocessError) as error:
            pages[title] = {"": f"can't be had: {error}"}
            faults.append(str(error))
    return pages, list(dict.fromkeys(faults))


def problems(config: Mapping[str, Any]) -> list[str]:
    """What stands in the way of any run, by the checks that each run makes."""
    return [*preflight.tools(), *preflight.writable(Path("out")), *preflight.gpu(config["device"])]


def enumerated(faults: list[str]) -> Iterator[tuple[str, str]]:
    """The problems, numbered."""
    yield from ((str(number), text) for number, text in enumerate(faults, 1))


def shown(pages: Page, *, as_json: bool) -> str:
    """The page as text or JSON, without secrets and without the name of the home folder."""
    clean = _cleaner()
    # By text, not by name: under the name of a token stands only whether it is set.
    safe = {
        title: {clean(name): clean(value) for name, value in rows.items()}
        for title, rows in pages.items()
    }
    if as_json:
        return json.dumps({"schema": SCHEMA, **safe}, ensure_ascii=False, indent=2) + "\n"
    lines = []
    for title, rows in safe.items():
        lines.append(f"\n{title}")
        width = max(map(len, rows), default=0)
        for name, value in rows.items():
            lines.append(terminal.message(f"  {name:{width}}  {value}"))
    return "\n".join(lines).lstrip("\n") + "\n"


def _cleaner() -> Callable[[str], str]:
    blank, home = redact.redactor(), str(Path.home())

    def clean(text: str) -> str:
        return blank(text.replace(home, "~") if len(home) > 1 else text)

    return clean


def _installed(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    code = facts.code(paths.ROOT, "", None)
    commit = str(code["commit"] or "not in git")[:12]
    yield "version", _version("sutradhar") or "not installed"
    yield "commit", f"{commit}{', with uncommitted edits' if code['dirty'] else ''}"
    yield "folder", str(paths.ROOT)
    yield "run in", str(Path.cwd())
    yield "Python", f"{platform.python_version()}, {platform.python_implementation()}"
    for name in _PACKAGES:
        yield name, _version(name) or "not installed"
    for engine in levels.BEFORE["best"]:
        built = engine in levels.of_host(config).environments
        yield f"environment of {engine}", "built" if built else f"not built: {paths.make('envs')}"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _host() -> Iterator[tuple[str, str]]:
    hardware = facts.hardware()
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        system = platform.system()
    yield "system", f"{system}, {platform.release()}, {platform.machine()}"
    yield "processor", f"{hardware['cpu']}, {hardware['cores']} cores for this process"
    yield "memory", terminal.size(hardware["memory_bytes"])
    try:
        limit = _CGROUP.read_text("ascii").strip()
    except OSError:
        limit = ""
    if limit.isdigit():
        yield "memory limit", terminal.size(int(limit))
    yield "LANG", "UTF-8" if "utf" in os.environ.get("LANG", "").casefold() else "no UTF-8"


def _gpu() -> Iterator[tuple[str, str]]:
    built = preflight.built_for()
    if not devices.cuda_devices():
        yield "seen", "none by the NVIDIA driver (libcuda.so.1)"
    else:
        driver = preflight.driver_version()
        memory = devices.memory_mb("cuda")
        yield "seen", ", ".join(facts.hardware()["gpus"]) or str(devices.cuda_devices())
        yield "memory of the first", terminal.size((memory or 0) * 1_000_000)
        yield "driver runs CUDA", f"{driver // 1000}.{driver % 1000 // 10}"
    yield "torch is built for", f"CUDA {built}" if built else "CPUs"


def _disk() -> Iterator[tuple[str, str]]:
    for name, folder in (("results, out", Path("out")), ("models", paths.STORE)):
        used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        free = terminal.size(preflight.free_bytes(folder))
        yield name, f"{free} free, {terminal.size(used)} used"
    yield "temporary", f"{terminal.size(shutil.disk_usage(_temporary()).free)} free"


def _temporary() -> Path:
    import tempfile

    return Path(tempfile.gettempdir())


def _tools() -> Iterator[tuple[str, str]]:
    try:
        build = ffmpeg.build()
        yield "ffmpeg", f"{build}, {ffmpeg.program()}"
        for hole in ffmpeg.known_holes(build):
            yield "ffmpeg, warning", hole
    except (Problem, OSError, subprocess.SubprocessError) as error:
        yield "ffmpeg", f"does not run: {error}"
    yield "FFmpeg in PyAV", ffmpeg.library_build()
    for program in ("git", "make", "sbatch"):
        yield program, "on the PATH" if shutil.which(program) else "not on the PATH"


def _fonts() -> Iterator[tuple[str, str]]:
    """By script, for subtitles that are drawn into the picture."""
    if not shutil.which("fc-list"):
        yield "fontconfig", "not installed; players and burn_in may still find fonts"
        return
    for tag in _SCRIPTS:
        done = subprocess.run(
            ["fc-list", f":lang={tag}", "family"],
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=False,
        )
        some = sorted({line.split(",")[0].strip() for line in done.stdout.splitlines() if line})
        named = ", ".join(some[:2])
        more = f" and {len(some) - 2} more" if len(some) > 2 else ""
        yield languages.english_name(tag), f"{named}{more}" if some else "none"


def _models() -> Iterator[tuple[str, str]]:
    here = [row for row in models_list.rows({}) if row.is_here]
    for row in here:
        use = licences.commercial(row.licence)
        yield row.name, f"{terminal.size(row.size_bytes)}, {row.licence}, commercial use: {use}"
    if not here:
        yield "", "none in the store"


def _tokens() -> Iterator[tuple[str, str]]:
    listed = catalogue.listed()
    bound = [name for name, row in listed.items() if licences.commercial(row["licence"]) != "yes"]
    yield "not for every use", ", ".join(bound) or "none"
    for name, use in _TOKENS.items():
        yield name, f"{'set' if os.environ.get(name) else 'not set'} ({use})"
    for name in _ADDRESSES:
        if os.environ.get(name) or os.environ.get(name.lower()):
            yield name, "set"


def _quality(config: Mapping[str, Any], films: Sequence[levels.Film]) -> Iterator[tuple[str, str]]:
    """What each level would use for the folder's films, or for the next."""
    yield "in use", f"{config['quality']}, device {config['device']}"
    listed, at = catalogue.listed(), levels.of_host(config)
    for film in films:
        for level in levels.LEVELS:
            made = levels.choose({**config, "quality": level}, at, film, listed)
            picks = made.picks.values()
            names = [made.recogniser, made.separation]
            names += [f"{pair} {pick.name}" for pair, pick in made.picks.items() if pick.name
                      and pair.startswith("translation")]  # fmt: skip
            pair = f"{film.words}-{'+'.join(film.targets)}"
            yield f"{level}, {pair}", "; ".join([", ".join(names), *levels.reasons(picks)])
