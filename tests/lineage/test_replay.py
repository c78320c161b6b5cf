"""What a cue's seconds give again is compared word by word, and what differs besides is told."""

from dataclasses import replace
from pathlib import Path

import pytest
import recorded

from lineage.commands import replay
from lineage.commands.diff import Difference
from lineage.commands.trace import Track
from lineage.problem import Problem
from lineage.record import Job, Reader
from subtitling.workflow import replaying, snakemake_adapter


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded.default_job(tmp_path_factory.mktemp("workflow"))


def test_words_and_sentences_of_the_cue_are_compared_with_those_of_then(job: Path) -> None:
    cue = Track(Job.read(job), job, "pt").cue(0)
    heard = recorded.heard("attention")
    segment = heard.segments[0]
    late = tuple(replace(w, text="early." if w.text == "late." else w.text, end_ms=w.end_ms + 20)
                 for w in segment.words)  # fmt: skip
    other = replace(heard, segments=(replace(segment, words=late),))
    spoken, translated = "07_alignment", "08_translation/pt"
    same = list(replay.texts(cue, {spoken: heard, translated: recorded.translated()}))
    assert [(text.what, text.is_same, text.moved_ms) for text in same] == [
        ("words", True, 0),
        ("sentences", True, None),
    ]
    words, _ = replay.texts(cue, {spoken: other, translated: recorded.translated()})
    assert (words.is_same, words.moved_ms, words.after[2]) == (False, 20, "early.")
    (gone, _) = replay.texts(cue, {spoken: replace(heard, segments=()), translated: other})
    assert gone.after == ()


def test_the_answer_says_what_differs_besides() -> None:
    row = Difference("code", "06_asr", "digest", "a" * 64, "b" * 64)
    text = replay.Replayed("words", ("late.",), ("early.",))
    answer = replay.Answer("en", 3, (text,), (row,), ("a GPU adds in no fixed order",), ())
    assert replay.as_text(answer).splitlines() == [
        "en cue 3: NOT THE SAME",
        "  words on record: late.",
        "  words now:       early.",
        "  what differs besides:",
        "  06_asr: digest: aaaaaaaaaaaa… -> bbbbbbbbbbbb…",
        "  may differ in any run: a GPU adds in no fixed order",
    ]


def test_a_file_that_is_another_stops_it(job: Path) -> None:
    record = Job.read(job)
    (audio,) = (file for file in record.stages["06_asr"].inputs if file.name == "audio")
    with pytest.raises(Problem, match="not what is on record"):
        replay._refuse_another(record, replace(audio, sha256="0" * 64))
    with pytest.raises(Problem, match="is not here"):
        replay._refuse_another(record, replace(audio, path="models/gone.json"))


def test_the_stages_are_those_from_the_recogniser_to_the_translation(job: Path) -> None:
    record = Job.read(job)
    chain, left_out = replay._chain(record, Reader(record), "09_subtitle_gen/pt")
    assert [key for key, _ in chain] == ["06_asr", "07_alignment", "08_translation/pt"]
    assert left_out == []


def test_the_names_of_inputs_are_those_of_the_rules() -> None:
    rules = {rule.name: rule for rule in snakemake_adapter.rules(recorded.ROOT)}
    assert {*replaying._ROLES} <= {name for name, _ in rules["translation"].params.items()}
    assert "models" in {name for name, _ in rules["alignment"].input.items()}
    assert "beside" in {name for name, _ in rules["translation"].params.items()}
