"""What is shown of a run: its lines, its terminal, and what Snakemake asks of a logger plugin."""

import io
import logging
import os
import pty
import re
import struct
import termios
from contextlib import suppress
from dataclasses import replace
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest
import recorded
import yte
from house import ROOT
from snakemake.logging import DefaultFormatter
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry
from snakemake_interface_logger_plugins.tests import MockOutputSettings

import lineage
import snakemake_logger_plugin_sutradhar as plugin
from lineage import watch
from subtitling.workflow import run_lines
from subtitling.workflow.run_screen import END, Region, Screen
from subtitling.workflow.run_view import Ended, FilmView, Run, RunView, StageView

RUN = "2026-11-21T00:00:00Z"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUTRADHAR_RUN", RUN)


ASR = StageView("06_asr", "recognising words", 38, 12_000, 20_000)
TALE = FilmView("tale", 7, 14, 52, 80_000, True, (ASR,), ("07_alignment", "10_mux"), (), 0)


def shown(
    view: RunView, width: int = 79, height: int = 24, *, ascii_only: bool = True
) -> list[str]:
    return [
        line.plain for line in run_lines.drawn(view, 62_000, width, height, ascii_only=ascii_only)
    ]


def test_a_terminal_shows_each_film_its_stages_at_work_and_what_waits() -> None:
    assert shown(RunView((TALE,), ("hindi", "sholay"), 1, 4, 20, 56)) == [
        "tale                    ########........  52 %  7 of 14, about 1 min 20 s left",
        "  06_asr recognising w… ######..........  38 %  12 s, about 20 s left",
        "  waiting: 07_alignment, 10_mux",
        "waiting: hindi, sholay",
        "1 of 4 films, 20 of 56 stages done, 1 min 2 s so far",
    ]


def test_the_first_line_says_how_much_there_is_to_do() -> None:
    assert run_lines.of_plan(RunView((), (), 0, 1, 0, 14)) == "1 film, 14 stages to do"
    assert run_lines.of_plan(RunView((), (), 0, 0, 0, 2)) == "2 models to bring"


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("height", [2, 5, 24])
def test_no_line_is_wider_than_the_terminal_and_the_last_is_always_shown(
    width: int, height: int
) -> None:
    from rich.cells import cell_len

    film = FilmView(
        "मोहन और उसके पिता 漢字 " * 5, 1, 2, 50, 0, False, (ASR,) * 9, ("10_mux",) * 40, (), 0
    )
    lines = shown(RunView((film, TALE), ("x" * 90,) * 9, 0, 9, 1, 2), width, height)
    assert all(cell_len(line) <= width for line in lines)
    assert len(lines) <= max(2, height)
    assert lines[-1].startswith("0 of 9 films, 1 of")


def test_names_are_text_and_never_codes_or_markup() -> None:
    evil = "\x1b[2Ja\u202eb[red]c[/red]\r\nd"
    film = FilmView(
        evil, 0, 1, 0, 0, True, (StageView(evil, evil, None, None, None),), (evil,), (evil,), 1
    )
    for line in shown(RunView((film,), (evil,), 0, 2, 0, 1), 200):
        assert not re.search("[\x00-\x1f\x7f\u202e]", line)
        assert "[red]c[/red]" in line or line.startswith("0 of 2 films, 0 of 1 stage done")


def test_a_job_in_a_queue_says_so() -> None:
    starting = StageView("06_asr", "x", None, None, None, 3_000)
    queued = StageView("07_alignment", "x", None, None, None, 600_000)
    lines = shown(
        RunView((FilmView("a", 0, 2, 0, 0, True, (starting, queued), (), (), 0),), (), 0, 1, 0, 2)
    )
    assert lines[1].endswith("starting")
    assert lines[2].endswith("in the queue for 10 min 0 s")


def at_work(*stages: StageView, waiting: tuple[str, ...] = ()) -> list[str]:
    film = FilmView("tale", 2, 14, 20, 0, True, stages, waiting, (), 0)
    lines = shown(RunView((film,), (), 0, 1, 2, 14), 120)[1:-1]
    return [" ".join(line.split()) for line in lines]


def test_the_shards_of_a_stage_are_one_line() -> None:
    one = StageView("05_pyannote_vad/2-of-8", "finding speech, 2-of-8", 40, 12_000, 18_000)
    slow = StageView("05_pyannote_vad/4-of-8", "finding speech, 4-of-8", 10, 11_000, 90_000)
    queued = StageView("05_pyannote_vad/5-of-8", "finding speech, 5-of-8", None, None, None, 3000)
    shots = StageView("05_shots", "finding cuts", 50, 3000, 3000)
    cuts = "05_shots finding cuts ########........ 50 % 3 s, about 3 s left"
    assert at_work(one, shots) == [
        "05_pyannote_vad/2-of-8 finding speech ######.......... 40 % 12 s, about 18 s left", cuts,
    ]  # fmt: skip
    together = "05_pyannote_vad (2 shards) finding speech"
    assert at_work(one, shots, slow) == [
        f"{together} ####............ 25 % 12 s, about 1 min 30 s left", cuts,
    ]  # fmt: skip
    assert at_work(one, queued) == [f"{together} ###............. 20 % 12 s"]
    waiting = replace(queued, name="05_pyannote_vad/6-of-8")
    assert at_work(queued, waiting) == [f"{together} ................ starting"]


def test_shards_that_wait_are_named_once() -> None:
    shards = tuple(f"06_asr/{n}-of-8" for n in range(1, 9))
    assert at_work(waiting=(*shards, "06_asr", "10_mux")) == ["waiting: 06_asr, 10_mux"]


@pytest.mark.parametrize(
    ("state", "live", "line"),
    [
        ("done", False, "tale: timing words: done, 4 s"),
        ("skipped", False, "tale: timing words: not needed, 4 s"),
        ("failed", False, "tale: timing words: FAILED after 4 s; the end of the run says why"),
        ("failed", True, "tale: timing words: FAILED after 4 s; the end of the run says why"),
        ("done", True, None),
    ],
)
def test_a_stage_that_has_ended_is_a_line(state: str, live: bool, line: str | None) -> None:
    ended = Ended("tale", "07_alignment", "timing words", state, 4_000, (), False)
    assert run_lines.of_ended(ended, live=live) == line


PLAN = {
    "out/a/01_demux": [],
    "out/a/06_asr": ["out/a/01_demux"],
    "out/a/10_mux": ["out/a/01_demux", "out/a/06_asr"],
}


def test_what_waits_for_a_failure_is_stopped_unless_it_is_tried_again() -> None:
    run = Run(watch.Plan(RUN, "", 0, "", PLAN), 0)
    run.begin("out/a/01_demux", "a: extracting", 0)
    with pytest.raises(lineage.Problem), lineage.stage(recorded.rule("out/a/01_demux")):
        raise lineage.Problem("no film")
    (ended,) = run.ended(1_000)
    assert (ended.state, ended.doing) == ("failed", "extracting")
    assert [film.waiting for film in run.view(1_000, 9).begun] == [("06_asr", "10_mux")]
    assert run.fail("out/a/01_demux", 2_000) is None  # it was seen on record before
    assert run.view(2_000, 9).begun == ()
    assert run.begin("out/a/01_demux", "a: extracting", 3_000)
    assert run.ended(3_000) == []  # the record is that of the first attempt
    (film,) = run.view(3_000, 9).begun
    assert (film.stages[0].taken_ms, film.waiting, film.stopped) == (None, ("06_asr", "10_mux"), 0)
    with lineage.stage(recorded.rule("out/a/01_demux")):
        pass
    assert [ended.state for ended in run.ended(4_000)] == ["done"]


def test_a_stage_that_fails_alone_stops_nothing() -> None:
    run = Run(watch.Plan(RUN, "", 0, "", PLAN), 0)
    run.begin("out/a/01_demux", "a: extracting", 0)
    with lineage.stage(recorded.rule("out/a/01_demux"), lambda _io, _error: True):
        raise lineage.Problem("no film")
    assert [ended.state for ended in run.ended(1_000)] == ["failed"]
    (film,) = run.view(1_000, 9).begun
    assert (film.waiting, film.failed, film.stopped) == (("06_asr", "10_mux"), ("01_demux",), 0)


def job(folder: str, number: int, **rest: Any) -> logging.LogRecord:
    return event(
        "job_info",
        jobid=number,
        log=[f"{folder}/manifest.json", f"{folder}/stage.log"],
        rule_msg=f"{Path(folder).parts[1]}: working",
        **rest,
    )


def event(
    name: str | None, text: str = "", level: int = logging.INFO, **rest: Any
) -> logging.LogRecord:
    record = logging.LogRecord("snakemake", level, "", 0, text, None, None)
    record.__dict__ |= {"event": name, **rest} if name else rest
    return record


def test_where_there_is_no_terminal_lines_are_plain_and_warnings_are_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watch.plan(Path("out"), {"out/a/01_demux": [], "out/b/01_demux": []})
    stream = io.StringIO()
    screen = Screen(stream, DefaultFormatter(), quiet=False, no_color=False)
    for number, film in enumerate("ab"):
        screen.take(job(f"out/{film}/01_demux", number))
        with lineage.stage(recorded.rule(f"out/{film}/01_demux")) as stage:
            stage.log.warning("ffmpeg has a hole\x1b[2J")
        screen.take(event("job_finished", job_id=number))
    screen.take(event(None, "Select jobs to execute..."))
    screen.take(event(None, "left out: c", logging.WARNING))
    screen.take(event(None, "left out: c", logging.WARNING))
    screen.take(event(None, "a: out/a/10_mux/final.mkv", **{END: True}))
    screen.close()
    times = re.compile(r"\d+ s$", re.M)
    assert times.sub("T", stream.getvalue()).splitlines() == [
        "2 films, 2 stages to do",
        "a: working: WARNING: ffmpeg has a hole\\x1b[2J",
        "a: working: done, T",
        "b: working: done, T",
        "left out: c",
    ]
    assert capsys.readouterr().out == "a: out/a/10_mux/final.mkv\n"


def terminal_of(width: int) -> tuple[int, Any]:
    own, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    return own, os.fdopen(theirs, "w", encoding="utf-8")


def test_what_is_drawn_is_taken_off_before_it_is_drawn_anew_and_at_the_end() -> None:
    own, stream = terminal_of(80)
    with stream:
        region = Region(stream, no_color=True)
        view = RunView((TALE,), (), 0, 1, 7, 14)
        region.draw(view, 1_000)
        first = os.read(own, 65_536).decode()
        assert first.count("\n") == 4
        assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", first)
        region.say("a line that stays")
        assert os.read(own, 65_536).decode() == "\r\x1b[4A\x1b[Ja line that stays\r\n"
        region.draw(view, 1_000)
        os.read(own, 65_536)
        # After a change of the width nothing is taken off, but all is scrolled up.
        ioctl(stream.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
        region.clear()
        assert os.read(own, 65_536).decode() == "\r\n" * 24 + "\x1b[H\x1b[Ja line that stays\r\n"
    os.close(own)


def test_a_terminal_that_does_not_know_its_size_has_the_usual_one() -> None:
    own, stream = terminal_of(0)
    with stream:
        Region(stream, no_color=True).draw(RunView((TALE,), (), 0, 1, 7, 14), 1_000)
        assert "7 of 14, about 1 min 20 s left" in os.read(own, 65_536).decode()
    os.close(own)


def test_a_terminal_that_is_gone_does_not_end_the_run() -> None:
    own, stream = terminal_of(80)
    region = Region(stream)
    os.close(own)
    region.draw(RunView((TALE,), (), 0, 1, 7, 14), 1_000)
    region.say("x")
    with suppress(OSError):
        stream.close()


def test_snakemake_takes_the_plugin_and_it_shows_the_usual_lines_until_it_has_a_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    registry = LoggerPluginRegistry()
    registry.register_plugin(plugin.__name__, plugin)
    assert registry.is_installed("sutradhar")
    handler = plugin.LogHandler(MockOutputSettings(), None)
    assert handler.writes_to_stream and not handler.writes_to_file
    handler.usual.stream = lines = io.StringIO()
    handler.emit(event(None, "Building DAG of jobs..."))
    assert lines.getvalue() == "Building DAG of jobs...\n"
    assert handler.wants_all  # the settings ask for shell commands

    class Faulty:
        def take(self, record: logging.LogRecord) -> None:
            raise ValueError(record.getMessage())

        def close(self) -> None:
            lines.write("closed\n")

    handler.show(Faulty())
    handler.emit(event(None, "a fault of the screen"))
    assert "ValueError: a fault of the screen" in capsys.readouterr().err
    handler.close()
    assert lines.getvalue().endswith("closed\n")


def test_the_profile_names_the_plugin_only_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (ROOT / "profiles/default/config.yaml").read_text("utf-8")
    registry = LoggerPluginRegistry()
    monkeypatch.setattr(registry, "plugins", {})
    without = yte.process_yaml(text, require_use_yte=True)
    registry.register_plugin(plugin.__name__, plugin)
    assert yte.process_yaml(text, require_use_yte=True) == {**without, "logger": ["sutradhar"]}
    assert "logger" not in without and without["cores"] == "all"
