"""Which of two hearings counts, and who heard each word."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from lineage.problem import Problem
from subtitling.alignment import second_ear
from subtitling.alignment.second_ear import Evidence, SecondEar
from subtitling.documents import Correction, Region, Segment, Transcript, Word
from subtitling.recognition import registry

CLEAR = Evidence("author", "or for", 0.3, 0.6, 0.55, 0.9, 400)


@pytest.mark.parametrize(
    ("evidence", "taken", "why"),
    [
        (CLEAR, True, "it fits the sound clearly better, 0.6 after 0.3"),
        # Better by a third, or by little: in doubt the first stays.
        (replace(CLEAR, second_fit=0.4), False, "it fits not clearly better, 0.4 after 0.3"),
        (
            replace(CLEAR, first_fit=0.1, second_fit=0.25, usual_fit=0.2),
            False, "it fits not clearly better, 0.25 after 0.1",
        ),
        # Better by far, and worse than the words around: a hard place for the aligner.
        (
            replace(CLEAR, first_fit=0.2, second_fit=0.5),
            False, "it fits not clearly better, 0.5 after 0.2",
        ),
        (
            replace(CLEAR, first_fit=0.0, second_fit=0.2, usual_fit=0.2),
            True, "it fits the sound clearly better, 0.2 after 0",
        ),
        (
            replace(CLEAR, first_fit=0.7, second_fit=0.7),
            False, "it fits not clearly better, 0.7 after 0.7",
        ),
        # No aligner, or one that is the recogniser itself.
        (replace(CLEAR, second_fit=None), False, "no aligner of neither ear can judge"),
        (replace(CLEAR, score=0.3), False, "the second ear is unsure of it"),
        (replace(CLEAR, corrected=True), False, "a name that was corrected would be replaced"),
        (replace(CLEAR, in_script=False), False, "it is in another script"),
        (replace(CLEAR, second=""), False, "the second ear heard nothing there"),
        # Nothing of the first's stands there.
        (
            replace(CLEAR, first="", first_fit=None),
            True, "it fits the sound, 0.6, and nothing stood there",
        ),
        (
            replace(CLEAR, first="", first_fit=None, gap_ms=199),
            False, "there is no time for it between the words",
        ),
        (
            replace(CLEAR, first="", first_fit=None, second_fit=0.4),
            False, "it fits the sound worse than what is around it, 0.4",
        ),
        (replace(CLEAR, first="", usual_fit=None), False, "no aligner of neither ear can judge"),
    ],
)  # fmt: skip
def test_choose(evidence: Evidence, taken: bool, why: str) -> None:
    assert second_ear.choose(evidence, 0.37) == (taken, why)


def words(text: str, start_ms: int = 0, score: float = 0.5) -> tuple[Word, ...]:
    """Half a second each, with the score that a word's sound has."""
    return tuple(
        Word("", each, start_ms + 500 * n, start_ms + 500 * n + 400, score)
        for n, each in enumerate(text.split())
    )


def segment(name: str, text: str, start_ms: int = 0, **more: Any) -> Segment:
    own = words(text, start_ms)
    region = (f"r-{name}",)
    return Segment(
        name,
        start_ms,
        start_ms + 500 * len(own),
        text,
        own,
        0.9,
        region,
        aligner="phonemes",
        **more,
    )


class Timer:
    """Gives words half a second each, and those that are in `fits` their own score."""

    def __init__(self, **fits: float) -> None:
        self.fits = fits

    def timed(self, segments: Sequence[Segment], _regions: Sequence[Region]) -> list[Segment]:
        return [
            replace(
                s,
                words=tuple(
                    replace(w, score=self.fits.get(w.text, 0.5)) for w in words(s.text, s.start_ms)
                ),
            )
            for s in segments
        ]


def compared(
    first: Sequence[Segment],
    second: Sequence[Segment],
    timer: Timer,
    corrections: Sequence[Correction] = (),
    known: Sequence[str] = ("en",),
) -> Transcript:
    regions = [Region(r, s.start_ms, s.end_ms, 1.0) for s in [*first, *second] for r in s.regions]
    ear = SecondEar(timer, regions, "en", 0.37)  # type: ignore[arg-type]
    transcript = Transcript("en", None, "phonemes", tuple(first), tuple(corrections))
    return ear.compared(transcript, second, known)


def told(transcript: Transcript) -> str:
    signs = {"both": "", "first": "<", "second": ">", None: "?"}
    return " ".join(f"{signs[w.ears]}{w.text}" for w in transcript.words)


def test_each_word_says_who_heard_it_and_the_first_ones_stay() -> None:
    first = [segment("g00001", "it came for good author evil")]
    second = [segment("g00001", "it came for good or for evil")]
    done = compared(first, second, Timer())
    assert told(done) == "it came for good <author evil"
    assert done.segments[0].text == "it came for good author evil"
    assert done.segments[0].agreement == round(17 / 23, 4) == done.segments[0].confidence
    (row,) = done.rehearings
    assert (row.first, row.second, row.taken) == ("author", "or for", False)
    assert row.reason == second_ear.REASON


def test_words_that_fit_the_sound_clearly_better_count() -> None:
    whole = segment("g00001", "it came for good author evil")
    scored = (replace(w, score=0.1 if w.text == "author" else 0.5) for w in whole.words)
    first = [replace(whole, words=tuple(scored))]
    second = [segment("g00001", "it came for good or for evil")]
    correction = Correction("g00001", 24, "evel", "evil", "t", "near", 90.0, 1.0)
    done = compared(first, second, Timer(), [correction])
    assert told(done) == "it came for good >or >for evil"
    assert done.segments[0].text == "it came for good or for evil"
    # The correction went along with its word.
    assert done.segments[0].text[done.corrections[0].start :].startswith("evil")
    assert [row.taken for row in done.rehearings] == [True]
    kept = compared(first, second, Timer(), [replace(correction, start=17, known="author")])
    assert told(kept) == "it came for good <author evil"


def test_speech_that_the_first_lacks_is_added_where_the_sound_bears_it_out() -> None:
    first = [segment("g00001", "one two"), segment("g00002", "five six", 9000)]
    second = [
        segment("g00001", "one two"), segment("g00002", "three four", 4000),
        segment("g00003", "five six", 9000),
    ]  # fmt: skip
    done = compared(first, second, Timer())
    assert told(done) == "one two >three >four five six"
    assert [s.id for s in done.segments] == ["g00001", "g00002", "g00003"]
    weak = [second[0], replace(second[1], score=0.2), second[2]]
    assert told(compared(first, weak, Timer())) == "one two five six"
    placed = [second[0], replace(second[1], aligner="estimate"), second[2]]
    assert told(compared(first, placed, Timer())) == "one two five six"


def test_segments_in_a_language_that_the_second_does_not_know_stay() -> None:
    first = [segment("g00001", "one two"), segment("g00002", "eins zwei", 4000, language="de")]
    done = compared(first, [segment("g00001", "one two")], Timer())
    assert told(done) == "one two ?eins ?zwei"
    assert [s.agreement for s in done.segments] == [1.0, None]
    silent = compared(first, [], Timer())
    assert told(silent) == "<one <two ?eins ?zwei"
    assert silent.segments[0].agreement == 0
    assert compared([], [], Timer()).segments == ()


def test_the_model_of_the_second_ear() -> None:
    whisper = {"files": {"model.bin": "", "config.json": "", "vocabulary.txt": ""}}
    indic = {"files": {f"assets/{n}": "" for n in (
        "encoder.onnx", "ctc_decoder.onnx", "vocab.json", "language_masks.json")}}  # fmt: skip
    nllb = {"files": {"model.bin": "", "config.json": "", "shared_vocabulary.txt": ""}}
    models = {"whisper-base": whisper, "whisper-small": whisper, "nllb": nllb}

    def chosen(wanted: bool | str, **more: Any) -> tuple[str, str] | None:
        return registry.second_ear(wanted, "whisper", "whisper-base", models | more)

    assert chosen(False) is None and chosen("false") is None
    assert chosen("whisper-small") == ("whisper", "whisper-small")
    several = {"indic-conformer-600m": indic}
    assert chosen(True, **several) == ("indicconformer", "indic-conformer-600m")
    assert chosen("true", **several) == ("indicconformer", "indic-conformer-600m")
    # Beside another engine, the Whisper that the level has.
    beside = registry.second_ear(True, "indicconformer", "auto", models | several, "whisper-small")
    assert beside == ("whisper", "whisper-small")
    for wanted, message in (
        (True, "no model of another engine"),
        ("whisper-smal", "did you mean whisper-small"),
        ("whisper-base", "hears already"),
        ("nllb", "is no recogniser's model"),
    ):
        with pytest.raises(Problem, match=message):
            chosen(wanted)
    assert registry.knows("whisper", "whisper-tiny-en", "en")
    assert not registry.knows("whisper", "whisper-tiny-en", "hi")
    assert registry.knows("whisper", "whisper-tiny", "hi")
    assert registry.knows("indicconformer", "indic", "auto")
