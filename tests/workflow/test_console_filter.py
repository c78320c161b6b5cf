"""What of Snakemake's lines is shown."""

import logging
from pathlib import Path

import pytest
import recorded

import lineage
from subtitling.workflow import console_filter

ENDED = """RuleException:
CalledProcessError in file "/x/rules/01_demux.smk", line 26:
Command 'set -euo pipefail;  python /x/01_demux.py' {}"""


def record(
    text: str, level: int = logging.ERROR, log: list[str] | None = None
) -> logging.LogRecord:
    made = logging.LogRecord("snakemake", level, "", 0, text, None, None)
    made.__dict__["log"] = log
    return made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Select jobs to execute...", False),
        ("Execute 2 jobs...", False),
        (ENDED.format("returned non-zero exit status 1."), False),
        (ENDED.format("died with <Signals.SIGKILL: 9>."), False),
        ("Nothing to be done", True),
        ("Complete log(s): /x/.snakemake/log/1.snakemake.log", False),
        ("Elapsed time: 0:00:13.390538", False),
        ("MissingInputException in rule x", True),
    ],
)
def test_what_the_stages_say_better_is_left_out(text: str, shown: bool) -> None:
    assert console_filter.is_news(record(text)) == shown


def test_a_target_is_not_announced_and_a_stage_is() -> None:
    made = record(" Rule: tale, Jobid: 0", logging.INFO, [])
    made.__dict__ |= {"rule_name": "tale", "rule_msg": None, "output": []}
    assert not console_filter.is_news(made)
    made.__dict__ |= {"rule_name": "demux", "rule_msg": "tale: extracting the audio"}
    assert console_filter.is_news(made)


def test_an_error_whose_stage_has_told_why_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = ["out/a/01_demux/manifest.json", "out/a/01_demux/stage.log"]
    assert console_filter.is_news(record("Error in rule demux", log=log)), (
        "it died before it could say"
    )
    with pytest.raises(lineage.Problem), lineage.stage(recorded.rule("out/a/01_demux")):
        raise lineage.Problem("no film")
    assert not console_filter.is_news(record("Error in rule demux", log=log))
    manifest = lineage.Manifest.load(log[0])
    for status, shown in (("running", False), ("success", True)):
        manifest.status = status
        manifest.save(Path(log[0]), str)
        assert console_filter.is_news(record("Error in rule demux", log=log)) == shown, status
    manifest.status = "running"
    manifest.save(Path(log[0]), str)
    by_slurm = record("Error in rule demux", log=log)
    by_slurm.__dict__["aux_logs"] = ["slurm_logs/1.log"]
    assert console_filter.is_news(by_slurm)
    assert console_filter.is_news(record("Job 2: extracting the audio", logging.INFO, log))
