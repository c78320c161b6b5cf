"""A track compared with a person's: SubER's own figures, from an environment of its own."""

import json
import os
from pathlib import Path

import pytest
import recorded

from lineage.problem import Problem
from subtitling.documents import Cue
from subtitling.subtitles import suber
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import SOUND_ONLY
from subtitling.workflow import cli

PYTHON = Path(os.environ.get("SUBER_PYTHON", recorded.ROOT / suber.PYTHON))
needs_suber = pytest.mark.skipif(
    not PYTHON.exists(),
    reason="NOT CHECKED against SubER: it wants an environment of its own; make suber sets it up",
)
THEIRS = [
    Cue("c1", 0, 2000, ("It was the best of times.",), ()),
    Cue("c2", 2100, 4000, ("It was the worst.",), ()),
]
OURS = [
    Cue("c1", 0, 2000, ("It was the best", "of time."), ()),
    Cue("c2", 2100, 4200, ("It was worst.",), ()),
]


def track(path: Path, made: list[Cue]) -> Path:
    subtitle_files.write(made, path, SOUND_ONLY)
    return path


@needs_suber
def test_the_same_track_in_another_format_is_as_near_as_can_be(tmp_path: Path) -> None:
    made = [track(tmp_path / f"a.{kind}", THEIRS) for kind in ("ass", "vtt")]
    metrics = suber.scores(*made, "en", PYTHON)
    assert set(metrics) == set(suber.METRICS)
    assert (metrics["SubER"], metrics["AS-WER-seg"], metrics["t-BLEU"], metrics["AS-chrF"]) == (
        0,
        0,
        100,
        100,
    )


@needs_suber
def test_the_command_gives_subers_figures_beside_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = track(tmp_path / "o.srt", OURS), track(tmp_path / "t.srt", THEIRS)
    known = ["--language", "en", "--reference", str(theirs), "--suber", str(PYTHON)]
    assert cli.main(["quality", str(ours), *known]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["cues"] == 2
    # 3 edits (a break of lines, time, the) of 10 words and the ends of 2 cues.
    assert figures["against_reference"]["SubER"] == 25.0
    assert figures["against_reference"]["AS-WER"] == 20.0


@needs_suber
def test_tracks_may_have_other_numbers_of_cues(tmp_path: Path) -> None:
    label = Cue("c0", 8000, 9000, ("[music]",), (), sound="music")
    more = track(tmp_path / "a.srt", [*THEIRS, label])
    metrics = suber.scores(more, track(tmp_path / "b.srt", THEIRS), "en", PYTHON)
    assert set(metrics) == set(suber.METRICS)
    assert metrics["SubER"] > 0


@needs_suber
def test_japanese_is_parted_into_words(tmp_path: Path) -> None:
    made = [Cue("c1", 0, 2000, ("吾輩は猫である。",), ())]
    other = [Cue("c1", 0, 2000, ("吾輩は犬である。",), ())]
    a, b = track(tmp_path / "a.srt", made), track(tmp_path / "b.srt", other)
    assert 0 < suber.scores(a, b, "ja", PYTHON)["AS-WER"] < 50


@needs_suber
def test_where_lines_break_makes_no_other_words_of_urdu(tmp_path: Path) -> None:
    whole = track(tmp_path / "a.srt", [Cue("c1", 0, 2000, ("وہ دہلی گیا۔",), ())])
    broken = track(tmp_path / "b.srt", [Cue("c1", 0, 2000, ("وہ دہلی", "گیا۔"), ())])
    assert suber.scores(broken, whole, "ur", PYTHON)["AS-WER"] == 0


def test_what_is_missing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = str(track(tmp_path / "a.srt", OURS))
    known = [made, "--language", "en", "--reference", made]
    assert cli.main(["quality", *known, "--suber", str(tmp_path / "none")]) == 2
    assert "build it with `make suber`" in capsys.readouterr().err
    here = tmp_path / "python"
    here.touch()
    with pytest.raises(Problem, match="knows of none in th"):
        suber.scores(Path(made), Path(made), "th", here)
    (tmp_path / "empty.srt").touch()
    with pytest.raises(Problem, match="no cue in it to compare"):
        suber.scores(Path(made), tmp_path / "empty.srt", "en", here)
