"""How sure a track is: what a viewer would say of it."""

from dataclasses import replace

import pytest

from subtitling.page import verdict
from subtitling.page.verdict import Evidence, Grade

GOOD = Evidence("whisper-base", "en", 0.94, 0.0, 0.0, 0.03, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("change", "grade", "reason"),
    [
        ({}, Grade.SURE, ""),
        # The smallest model in Hindi, 51 % sure, and the speech that has no cue.
        ({"language": "hi"}, Grade.READ, "gets about 20% of the words wrong in hi"),
        ({"language": "da"}, Grade.DOUBTFUL, "61% of the words wrong in da"),
        ({"language": "ta"}, Grade.READ, "how often whisper-base errs in ta is not known here"),
        (
            {"recogniser": "whisper-large-v3"},
            Grade.READ,
            "large-v3 errs in en is not known",
        ),
        ({"confidence": 0.51}, Grade.DOUBTFUL, "the recogniser was 51% sure of itself"),
        ({"confidence": 0.7}, Grade.READ, "70% sure"),
        ({"unsure": 0.5}, Grade.DOUBTFUL, "less than half sure of 50% of the passages"),
        ({"uncovered": 0.158}, Grade.READ, "16% of the speech has no cue"),
        ({"wordless": 0.2}, Grade.DOUBTFUL, "20% of the speech has no recognised words"),
        ({"removed": 0.1}, Grade.READ, "the text of 10% of the speech was taken out"),
        ({"untranslated": 0.01}, Grade.READ, "1% of the sentences are not translated"),
        (
            {"incomplete": 0.01},
            Grade.READ,
            "1% of the translated sentences lack some of what was said",
        ),
        ({"wordless": 0.2, "by_hand": 0.4}, Grade.READ, "a person changed 40% of the cues"),
        ({"by_hand": 0.0}, Grade.SURE, "a person changed 0% of the cues"),
        # Nobody speaks.
        ({"recogniser": None, "language": None, "confidence": None}, Grade.SURE, ""),
    ],
)
def test_the_worst_figure_decides(change: dict[str, object], grade: Grade, reason: str) -> None:
    graded = verdict.of(replace(GOOD, **change))  # type: ignore[arg-type]
    assert graded.grade == grade
    assert reason in "; ".join(graded.reasons)
    assert bool(graded.reasons) == bool(reason)


def test_the_weightiest_reason_stands_first() -> None:
    graded = verdict.of(replace(GOOD, uncovered=0.15, wordless=0.2))
    assert [reason.partition("%")[0] for reason in graded.reasons] == ["20", "15"]
