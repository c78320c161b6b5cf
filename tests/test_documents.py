"""The files that pass between stages."""

from pathlib import Path

import pytest

from lineage.problem import Problem
from subtitling.documents import (
    Region,
    Segment,
    Speech,
    Transcript,
    Word,
    load,
    save,
    save_text,
)

SPEECH = Speech(5000, (Region("r1", 0, 1000, 0.5),))


def test_a_document_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    save(SPEECH, path)
    assert load(Speech, path) == SPEECH
    words = (Word("w1", "हाँ", 0, 10, None),)
    transcript = Transcript("hi", None, "none", (Segment("g1", 0, 10, "हाँ", words, 0.5),))
    save(transcript, path)
    assert load(Transcript, path) == transcript
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "not a speech file"),
        ("[]", "not a speech file"),
        ('{"schema": "sutradhar/speech/9"}', "schema is 'sutradhar/speech/9'"),
        (
            '{"schema": "sutradhar/speech/2", "duration_ms": "5", "regions": []}',
            "'5' is no whole number",
        ),
        ('{"schema": "sutradhar/speech/2", "duration_ms": 5, "regions": [], "x": 1}', "(x)"),
        ('{"schema": "sutradhar/speech/2", "duration_ms": 5}', "required field missing"),
    ],
)
def test_what_is_no_such_document_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "speech.json"
    path.write_text(text, "utf-8")
    with pytest.raises(Problem) as problem:
        load(Speech, path)
    assert message in str(problem.value) and str(path) in str(problem.value)


def test_text_is_written_composed(tmp_path: Path) -> None:
    save_text("cafe\u0301", tmp_path / "x.txt")
    assert (tmp_path / "x.txt").read_text("utf-8") == "café"
