"""The page of all films: the worst stands first, whatever state it is in."""

import json
from datetime import UTC, datetime
from pathlib import Path

import page_films
import pytest
import recorded

import lineage
from lineage import cli
from lineage.commands.verify import verify
from lineage.manifest import NAME
from lineage.record import Job
from subtitling.page import overview

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def of_done(job: str, **others: object) -> overview.Row:
    """A film that is done, but for what is given."""
    summary = {
        "title": job, "verified": True, "problems": 0, "warnings": 0, "duration_ms": 60_000,
        "tracks": {"en": {"cues": 9, "keeping": 1.0}},
    }  # fmt: skip
    return overview.Row(job, "done", {}, {**summary, **others}, True, 1000, "2026-11-21T10:00:00Z")


def asked(*jobs: str) -> dict[str, set[str]]:
    """The stages that a run was asked for: all that these films have."""
    return {
        job: {f.parent.relative_to(f"out/{job}").as_posix() for f in Path(f"out/{job}").rglob(NAME)}
        for job in jobs
    }


def test_the_worse_a_film_is_the_earlier_it_stands() -> None:
    table = [
        of_done("good"),
        of_done("warned", warnings=3),
        of_done(
            "fast", tracks={"en": {"cues": 9, "keeping": 1.0}, "pt": {"cues": 9, "keeping": 0.5}}
        ),
        of_done("lost", problems=1),
        of_done("forged", verified=False),
        overview.Row("half", "unfinished", {}, None, False, 0, ""),
        overview.Row("dead", "failed", {"no model": ["06_asr"]}, None, False, 0, ""),
    ]
    ranked = [row.job for row in sorted(table, key=lambda row: row.rank)]
    assert ranked == ["dead", "half", "forged", "lost", "fast", "warned", "good"]


def test_a_failed_film_says_why_and_a_title_cannot_act(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with lineage.stage(recorded.rule("out/good/01_demux")):
        pass
    with pytest.raises(lineage.Problem), lineage.stage(recorded.rule("out/bad/06_asr")):
        raise lineage.Problem("the model is missing")
    summary = {**(of_done("good").summary or {}), "title": page_films.HOSTILE}
    given = recorded.rule("out/good/11_audit", output={"summary": "summary.json"})
    with lineage.stage(given) as io:
        Path(io.output.summary).write_text(json.dumps(summary), "utf-8")
    with lineage.stage(recorded.rule("out/good/01_demux")):
        pass
    capsys.readouterr()
    assert cli.main(["overview"]) == 0
    assert capsys.readouterr().out == "out/overview.html\n"
    text = Path("out/overview.html").read_text("utf-8")
    assert text.index("bad") < text.index("good/11_audit/film.html")
    assert "06_asr: the model is missing" in text
    assert "changed since" in text  # a stage ended, and no page on record came after it
    assert "<img" not in text


def test_where_nothing_was_started_a_run_still_ends_well(tmp_path: Path) -> None:
    said = overview.after_run(tmp_path, page_films.REPORT, {"a": ()}).text
    assert said == "No film was worked on."


def test_what_is_warned_of_the_host_stands_once_over_all_films(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hole = "ffmpeg 7.0.2 has a hole <b>: install 8.1.2"
    for job in ("one", "two"):
        with lineage.stage(recorded.rule(f"out/{job}/01_demux")) as io:
            io.log.warning("%s", hole)
            io.note(environment=[hole])
    text = overview.write(Path("out"), page_films.REPORT).read_text("utf-8")
    assert text.count("ffmpeg 7.0.2 has a hole &lt;b&gt;: install 8.1.2") == 1
    assert "Host warnings" in text
    assert lineage.Manifest.load(Path("out/one/01_demux/manifest.json")).warnings == [hole]


def test_the_end_of_a_run_says_where_each_film_is_or_why_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(lineage.Problem), lineage.stage(recorded.rule("out/five/01_demux")) as io:
        raise lineage.Problem("cannot be read as a film")
    with lineage.stage(recorded.rule("out/tale/10_mux", output={"film": "final.mkv"})) as io:
        Path(io.output.film).touch()
    (Path("out/tale/11_audit")).mkdir()
    Path("out/tale/11_audit/film.html").touch()
    jobs = asked("five", "tale", "none")
    lines = overview.after_run(Path("out"), page_films.REPORT, jobs).text.splitlines()
    assert lines == [
        "tale: out/tale/10_mux/final.mkv, out/tale/11_audit/film.html",
        "five: NOT DONE: 01_demux: cannot be read as a film",
        "  more: out/five/01_demux/stage.log",
        "0 of 2 films done",
        "All films: out/overview.html",
        "Remove the cause and run the same command again: what is done stays.",
    ]


@pytest.mark.parametrize(
    ("sure", "keeping", "problems", "warnings", "line"),
    [
        ("No doubts", 1, 0, 0, "All is well; en, pt: no doubts"),
        ("No doubts", 0.9, 0, 1, "Worth a look; en, pt: no doubts; not every cue keeps the reading "
         "rules; 1 warning"),
        ("Not to be relied on", 1, 2, 0, "Not to be relied on; en: no doubts; pt: not to be relied "
         "on; 2 problems"),
    ],
)  # fmt: skip
def test_the_verdict_on_a_film_is_a_line(
    sure: str, keeping: float, problems: int, warnings: int, line: str
) -> None:
    tracks = {
        "en": {"cues": 1, "keeping": 1, "sure": "No doubts"},
        "pt": {"cues": 1, "keeping": keeping, "sure": sure},
    }
    worst = 2 if problems else 1 if warnings else 0
    grade = 0 if sure == "No doubts" else 2
    counts = {"problems": problems, "warnings": warnings}
    assert overview.how_good({"tracks": tracks, "sure": grade, "worst": worst, **counts}) == line


def test_a_run_says_how_long_it_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for job in ("a", "b"):
        with lineage.stage(recorded.rule(f"out/{job}/01_demux")):
            pass
    text = overview.after_run(Path("out"), page_films.REPORT, asked("a", "b"), took_ms=62_000).text
    assert "0 of 2 films done in 1 min 2 s" in text.splitlines()


def test_the_end_of_a_run_has_each_reason_once_with_its_stages_and_the_films_that_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUTRADHAR_RUN", "2026-01-01T00:00:00Z")
    for stage, why in {
        "08_translation/fr": "HTTP 401",
        "08_translation/pt": "no model",
        "08_translation/ta": "HTTP 401",
    }.items():
        with pytest.raises(lineage.Problem), lineage.stage(recorded.rule(f"out/tale/{stage}")):
            raise lineage.Problem(why)
    with lineage.stage(recorded.rule("out/tale/10_mux", output={"film": "final.mkv"})) as io:
        Path(io.output.film).touch()
    lines = overview.after_run(Path("out"), page_films.REPORT, asked("tale")).text.splitlines()
    assert lines[:5] == [
        "tale: NOT DONE: 08_translation/fr, 08_translation/ta: HTTP 401",
        "  more: out/tale/08_translation/fr/stage.log",
        "tale: NOT DONE: 08_translation/pt: no model",
        "  more: out/tale/08_translation/pt/stage.log",
        "  made in spite of it: out/tale/10_mux/final.mkv",
    ]
    # The record that does not hold is no stage's fault.
    manifest = Path("out/tale/10_mux/manifest.json")
    manifest.write_text(manifest.read_text("utf-8") + "\n", "utf-8")
    for folder in Path("out/tale/08_translation").iterdir():
        with lineage.stage(recorded.rule(str(folder))):
            pass
    lines = overview.after_run(Path("out"), page_films.REPORT, asked("tale")).text.splitlines()
    assert lines[0].startswith("tale: NOT DONE: the record does not hold: 10_mux")
    assert lines[1] == "  more: lineage verify out/tale"


def test_a_film_that_waits_for_a_model_that_failed_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though no stage of it failed, and an earlier run has made it."""
    monkeypatch.chdir(tmp_path)
    with lineage.stage(recorded.rule("out/tale/10_mux", output={"film": "final.mkv"})) as io:
        Path(io.output.film).touch()
    models = {Path("models/big"): "no network"}
    given = asked("tale", "new", "old"), ["tale", "new"], models
    lines = overview.after_run(Path("out"), page_films.REPORT, *given).text.splitlines()
    assert lines == [
        "models/big: NOT DONE: no network",
        "  more: models/big/stage.log",
        "tale: NOT DONE: stopped by the failure above",
        "  of an earlier run: out/tale/10_mux/final.mkv",
        "new: NOT DONE: stopped by the failure above",
        "0 of 2 films done",
        "All films: out/overview.html",
        "Remove the cause and run the same command again: what is done stays.",
    ]


def test_a_failure_that_a_later_run_did_not_ask_for_again_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a language that was taken off the list, or of shards that are no more."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUTRADHAR_RUN", "2026-01-01T00:00:00Z")
    with pytest.raises(lineage.Problem), lineage.stage(recorded.rule("out/a/08_translation/ta")):
        raise lineage.Problem("nothing translates that")
    states = {}
    for run in ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"):
        monkeypatch.setenv("SUTRADHAR_RUN", run)
        with lineage.stage(recorded.rule("out/a/10_mux")):
            pass
        row = overview.of(Path("out/a"), datetime.now(UTC))
        states[run[:10]] = row.state, {f.kind for f in verify(Path("out/a")).findings}
    assert states == {"2026-01-01": ("failed", {"state"}), "2026-01-02": ("unfinished", set())}


def test_a_track_that_is_asked_for_no_more_is_no_fault_of_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def made(stage: str, text: str, source: str | None = None) -> str:
        given = {"words": source} if source else {}
        rule = recorded.rule(f"out/a/{stage}", input=given, output={"words": "words.txt"})
        with lineage.stage(rule) as io:
            Path(io.output.words).write_text(text, "utf-8")
        return f"out/a/{stage}/words.txt"

    for day, lang in (("01", "en"), ("02", "pt")):
        monkeypatch.setenv("SUTRADHAR_RUN", f"2026-01-{day}T00:00:00Z")
        heard = made("07_alignment", f"heard on day {day}")
        made("10_mux", "film", made(f"09_subtitle_gen/{lang}", lang, heard))
    assert Job.read(Path("out/a")).leftovers == {"09_subtitle_gen/en"}
    assert verify(Path("out/a")).findings == []
    # What it holds still counts.
    Path("out/a/09_subtitle_gen/en/words.txt").write_text("ens", "utf-8")
    assert [f.kind for f in verify(Path("out/a")).findings] == ["content"]


def test_the_end_of_a_run_names_the_stage_that_failed_and_not_those_that_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cues = recorded.rule("out/tale/09_subtitle_gen/en", output={"srt": "en.srt"})
    with lineage.stage(cues) as io:
        Path(io.output.srt).touch()
    made = {"srt": "out/tale/09_subtitle_gen/en/en.srt"}
    with lineage.stage(recorded.rule("out/tale/10_mux", input=made)):
        pass
    Path("out/tale/10_mux/final.mkv").touch()
    monkeypatch.setenv("SUTRADHAR_RUN", "2999-01-01T00:00:00Z")
    with pytest.raises(lineage.Problem), lineage.stage(cues):
        raise lineage.Problem("edits/tale/en.srt, line 6: ends before it begins")
    text = overview.of(Path("out/tale"), datetime.now(UTC)).text
    assert text == "09_subtitle_gen/en: edits/tale/en.srt, line 6: ends before it begins"
    lines = overview.after_run(Path("out"), page_films.REPORT, asked("tale")).text.splitlines()
    assert lines[2] == "  of an earlier run: out/tale/10_mux/final.mkv"


def test_a_run_that_ends_early_says_what_is_of_an_earlier_run_and_has_done_what_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `snakemake transcribe` after a change, or while a language fails."""
    monkeypatch.chdir(tmp_path)

    def made(stage: str, text: str, given: dict[str, str]) -> dict[str, str]:
        path = f"out/a/{stage}/words.txt"
        rule = recorded.rule(f"out/a/{stage}", input=given, output={"words": "words.txt"})
        Path(path).unlink(missing_ok=True)
        with lineage.stage(rule):
            Path(path).write_text(text, "utf-8")
        return {"words": path}

    monkeypatch.setenv("SUTRADHAR_RUN", "2026-01-01T00:00:00Z")
    heard = made("07_alignment", "heard", {})
    with pytest.raises(lineage.Problem), lineage.stage(recorded.rule("out/a/08_translation/ta")):
        raise lineage.Problem("nothing translates that")
    made("10_mux", "film", made("08_translation/en", "translated", heard))
    Path("out/a/10_mux/final.mkv").touch()
    monkeypatch.setenv("SUTRADHAR_RUN", "2026-01-02T00:00:00Z")
    early = {"a": {"07_alignment"}}
    ending = overview.after_run(Path("out"), page_films.REPORT, early)
    assert ending.is_done
    lines = ending.text.splitlines()
    assert lines[:3] == [
        "a: done as far as it was asked for",
        "  not asked for: 08_translation/ta: nothing translates that",
        "  of an earlier run: out/a/10_mux/final.mkv",
    ]
    assert not overview.after_run(Path("out"), page_films.REPORT, asked("a")).is_done
    with lineage.stage(recorded.rule("out/a/08_translation/ta")):
        pass
    made("07_alignment", "heard anew", {})
    row = overview.of(Path("out/a"), datetime.now(UTC))
    old = {"of an earlier run than what it is made from": ["08_translation/en"]}
    assert (row.state, row.faults) == ("outdated", old)
    ending = overview.after_run(Path("out"), page_films.REPORT, early)
    assert ending.is_done
    why = "of an earlier run than what it is made from"
    assert ending.text.splitlines()[:3] == [
        "a: done as far as it was asked for",
        f"  not asked for: 08_translation/en: {why}",
        "  of an earlier run: out/a/10_mux/final.mkv",
    ]
    # A run that was to make all of it and left something old has not done what it says.
    ending = overview.after_run(Path("out"), page_films.REPORT, asked("a"))
    assert not ending.is_done
    assert ending.text.startswith(f"a: NOT DONE: 08_translation/en: {why}\n")
