"""`lineage check` finds a rule that would leave something off the record."""

import shutil
from pathlib import Path

import pytest
import recorded

from lineage import cli
from lineage.commands import check
from lineage.problem import Problem

STAGE = "with lineage.stage(snakemake, kept_answers.failed) as io:"  # of 06_asr.py


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    """A copy of the workflow's own text, to break."""
    for name in ("rules", "scripts", "report", "config", "profiles"):
        shutil.copytree(recorded.ROOT / name, tmp_path / name, symlinks=True)
    shutil.copytree(recorded.ROOT / "lineage", tmp_path / "lineage")
    shutil.copy(recorded.ROOT / "Snakefile", tmp_path)
    return tmp_path


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def faults(workflow: Path) -> dict[str, list[str]]:
    wrong = {rule.name: check.problems(rule) for rule in check.rules(workflow)}
    return {name: texts for name, texts in wrong.items() if texts}


def test_every_rule_of_this_workflow_keeps_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(recorded.ROOT)]) == 0
    assert capsys.readouterr().out.endswith("rules, no problems\n")


@pytest.mark.parametrize(
    ("file", "before", "after", "text"),
    [
        ("rules/06_asr.smk", 'code("06_asr.py")', 'code("07_alignment.py")',
         'its params must have code=code("06_asr.py")'),
        ("rules/06_asr.smk", 'transcript="out/{job}/06_asr/', 'transcript="out/{job}/06b/',
         "its output out/{job}/06b/transcript.json lies outside of its folder out/{job}/06_asr"),
        ("rules/06_asr.smk", "06_asr/stage.log", "06_asr/other.log",
         "its log text is out/{job}/06_asr/other.log, not out/{job}/06_asr/stage.log"),
        ("rules/06_asr.smk", '        text="out/{job}/06_asr/stage.log",\n', "",
         "its log: must name manifest and text, not manifest"),
        ("rules/06_asr.smk", "scripts/06_asr.py", "scripts/07_alignment.py",
         "its script is 07_alignment.py, its folder 06_asr"),
        ("scripts/06_asr.py", STAGE, "with open('x') as io:",
         "06_asr.py does all its work outside of `with lineage.stage(snakemake)`"),
        ("scripts/06_asr.py", STAGE, f"print('before')\n{STAGE}",
         "06_asr.py does all its work outside of `with lineage.stage(snakemake)`"),
    ],
)  # fmt: skip
def test_a_rule_that_keeps_no_record_is_named(
    workflow: Path, file: str, before: str, after: str, text: str
) -> None:
    change(workflow / file, before, after)
    assert text in faults(workflow)["asr"]


def test_the_rules_of_a_film_in_shards_keep_the_record_too(workflow: Path) -> None:
    (workflow / "config" / "config.yaml").write_text("shards: 4\n", encoding="utf-8")
    names = {rule.name for rule in check.rules(workflow)}
    assert {
        "sound_events_shard",
        "sound_events_whole",
        "source_separation_shard",
        "source_separation_whole",
        "pyannote_vad_shard",
        "pyannote_vad_whole",
        "asr_shard",
        "asr_whole",
        "alignment_whole",
        "translation_shard",
        "translation_whole",
    } <= names
    assert faults(workflow) == {}
    change(workflow / "rules" / "06_asr_shards.smk", "rule asr_whole:", "rule other:")
    change(workflow / "rules" / "06_asr_shards.smk", "asr_whole > asr", "other > asr")
    assert faults(workflow) == {"other": ["its folder is 06_asr, not that of other"]}


def test_a_rule_without_a_script_makes_nothing(workflow: Path) -> None:
    with (workflow / "Snakefile").open("a", encoding="utf-8") as file:
        file.write('\nrule extra:\n    output:\n        "x"\n    shell:\n        "touch x"\n')
    assert faults(workflow) == {
        "extra": ["it has outputs but no script, so nothing keeps its record"]
    }


def test_where_there_is_no_workflow_the_answer_says_so(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no Snakefile in it"):
        check.rules(tmp_path)
