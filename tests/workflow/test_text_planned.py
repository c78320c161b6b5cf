"""The rules of films that begin from a text, from the rules themselves."""

from pathlib import Path

import pytest
from house import ROOT

from subtitling.workflow import snakemake_adapter

OWN = """
source_language: hi
target_languages: [hi, pt]
asr: {shards: 2}
"""
TEXTS = {
    "script": "script.script.txt",
    "spoken": "spoken.hi.srt",
    "other": "other.en.srt",
    "none": None,
}
EXPECTED = {
    "script": ("asr_whole", "alignment_script"),
    "spoken": ("asr_text", "alignment_text"),
    "other": ("asr_text", "alignment_text"),
    "none": ("asr_whole", "alignment_whole"),
}


def test_each_kind_of_text_has_its_rules_and_only_some_need_a_recogniser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/config.yaml").write_text(OWN, "utf-8")
    Path("config/films.tsv").touch()
    Path("in").mkdir()
    for job, text in TEXTS.items():
        Path(f"in/{job}.mkv").touch()
        if text:
            Path(f"in/{text}").write_text("x", "utf-8")
    with snakemake_adapter.loaded(ROOT / "Snakefile") as workflow:
        rules = {
            job: tuple(
                snakemake_adapter.rule_of(workflow, f"out/{job}/{stage}/manifest.json")[0].name
                for stage in ("06_asr", "07_alignment")
            )
            for job in TEXTS
        }
        making = {
            job: max(
                rule
                for rule in workflow.rules
                if rule.is_producer(f"out/{job}/06_asr/transcript.json")
            ).name
            for job in TEXTS
        }
    assert rules == EXPECTED
    assert making == {job: asr for job, (asr, _) in EXPECTED.items()}
