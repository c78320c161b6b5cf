"""Each text that did not reach the screen is told, with its reason and its second."""

from dataclasses import replace
from pathlib import Path

import pytest
import recorded

from lineage import cli
from lineage.commands import removed
from subtitling import documents

HEARD = recorded.heard("attention")


def _rows(transcript: documents.Transcript) -> list[tuple[object, ...]]:
    return [
        (row.kind, row.start_ms, row.before, row.after, row.evidence)
        for row in removed.of_speech(transcript, 1000)
    ]


def test_invented_text_has_the_reasons_for_which_it_was_taken_out() -> None:
    gone = documents.Removed(2600, 2900, "Thanks for watching", ("no speech 0.91",), ("r00001",))
    assert _rows(replace(HEARD, removed=(gone,))) == [
        ("taken out", 3600, "Thanks for watching", None, "no speech 0.91")
    ]


@pytest.mark.parametrize(("taken", "count"), [(True, 1), (False, 0)])
def test_what_was_heard_again_changed_only_where_it_was_taken(taken: bool, count: int) -> None:
    row = documents.Rehearing(500, 900, "no words", "It", "He was", 0.8, 0.5, taken, "it fits")
    assert len(_rows(replace(HEARD, rehearings=(row,)))) == count


def test_names_scripts_and_answers_keep_the_first_text() -> None:
    name = documents.Correction("g00001", 0, "Molly", "Mali", "t1", "near", 90.0, 2.0)
    written = replace(HEARD.segments[0], heard="اٹ واز", sure=0.7)
    rows = _rows(replace(HEARD, segments=(written,), corrections=(name,)))
    assert [(row[0], row[2]) for row in rows] == [("name", "Molly"), ("script", "اٹ واز")]
    answer = replace(recorded.translated().segments[0], first="Era?", incomplete="no number")
    rows = removed.of_translation("pt", documents.Transcript("pt", None, "estimated", (answer,)), 0)
    assert [(row.before, row.after, row.evidence) for row in rows] == [
        ("Era?", "Era tarde.", "no number")
    ]


def test_a_person_s_change_and_a_word_that_no_cue_shows_are_told() -> None:
    cue = documents.Cue("c1", 500, 900, ("It is",), ("w00001", "w00002"))
    first, gone = replace(cue, lines=("It was",)), replace(cue, id="c2", lines=("late.",))
    changes = (documents.Change("text", "c1", first), documents.Change("removed", None, gone))
    edit = documents.Edit("edits/x/en.srt", "0" * 64, changes)
    rows = list(removed.of_track("en", documents.Cues("en", (cue,), edit), HEARD, 0))
    assert [(row.kind, row.before, row.after) for row in rows] == [
        ("by hand", "It was", "It is"),
        ("by hand", "late.", None),
    ]
    rows = list(removed.of_track("en", documents.Cues("en", (cue,)), HEARD, 0))
    assert [(row.kind, row.start_ms, row.before) for row in rows] == [
        ("not shown", 1300, "late. Nobody slept.")
    ]
    assert not list(removed.of_track("en-songs", documents.Cues("en-songs", (cue,)), HEARD, 0))


def test_a_record_that_does_not_hold_gives_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = recorded.default_job(tmp_path)
    assert cli.main(["removed", str(job)]) == 0
    assert capsys.readouterr().out == "0 texts removed or changed\n"
    path = job / "07_alignment/manifest.json"
    path.write_text(path.read_text("utf-8").replace("tiny", "huge"), "utf-8")
    assert cli.main(["removed", str(job)]) == 2
