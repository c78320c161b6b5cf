"""The formats that each track is planned in, from the rules themselves."""

from pathlib import Path

import pytest
from house import ROOT

from subtitling.workflow import snakemake_adapter

OWN = """
source_language: en
target_languages: [en, hi, pl]
subtitles: {formats: [srt, imsc, stl, scc], romanized: [hi]}
"""
FOLDER = "out/clip/09_subtitle_gen"


def test_a_track_is_planned_in_the_formats_that_can_hold_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/config.yaml").write_text(OWN, "utf-8")
    Path("config/films.tsv").touch()
    Path("in").mkdir()
    Path("in/clip.mkv").touch()
    with snakemake_adapter.loaded(ROOT / "Snakefile") as workflow:
        made = {
            lang: [
                sorted({*dict(rule.output.items())} - {"cues", "quality"})
                for rule in workflow.rules
                if rule.is_producer(f"{FOLDER}/{lang}/cues.json")
            ]
            for lang in ("en", "hi", "hi-Latn", "pl", "pl-songs")
        }
    assert made == {
        "en": [["credential", "imsc", "scc", "srt", "stl"]],
        "hi": [["credential", "imsc", "srt"]],
        "hi-Latn": [["credential", "imsc", "scc", "srt", "stl"]],
        "pl": [["credential", "imsc", "srt", "stl"]],
        "pl-songs": [["credential", "imsc", "srt", "stl"]],
    }
