"""The second hearing: what is recognised again, and the evidence for replacing the first text."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import numpy as np
import pytest
import soundfile
from house import DATA

from subtitling.alignment import second_hearing, word_timer
from subtitling.alignment.coverage import SecondHearingOptions
from subtitling.documents import Correction, Region, Segment, Transcript, Word
from subtitling.media import audio_file
from subtitling.media.audio_file import Sound
from subtitling.options import selected
from subtitling.recognition import chunking, whisper
from subtitling.recognition.chunking import Recognition
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.runtime.kept_answers import KeptAnswers

QUIET: Any = lambda _done, _total: None  # noqa: E731
WORD_MS = 300


class Timer:
    """Puts words one after the other, from the start of their segment, each as well as `fits`
    says."""

    aligner = "phonemes"
    options = SimpleNamespace(script="auto", allow_latin=False)

    def __init__(self, fits: dict[str, float], *heard: Recognition):
        self.fits, self.heard = fits, list(heard)
        self.asked: list[tuple[list[tuple[int, int]], bool]] = []
        self.placed: dict[str, tuple[Word, ...]] = {}  # by the segment's id, where it matters
        self.recogniser = self

    def recognise(
        self, _audio: Any, chunks: Any, language: str, task: str, *_rest: Any, careful: bool,
        guarded: bool,
    ) -> list[Recognition]:  # fmt: skip
        assert task == "transcribe" and guarded == (language != "hi")
        self.asked.append(([(c.start_ms, c.end_ms) for c in chunks], careful))
        return [self.heard.pop(0) if self.heard else SILENCE for _ in chunks]

    def quietest(self, start_ms: int, end_ms: int) -> int:
        return (start_ms + end_ms) // 2

    def timed(self, segments: Sequence[Segment], _regions: Sequence[Region]) -> list[Segment]:
        return [
            replace(
                s,
                words=self.placed.get(s.id)
                or words(s.text, s.start_ms, self.fits.get(s.text, 0.5)),
                aligner=self.aligner,
            )
            for s in segments
        ]


REST = "to see the sea with all his old friends"
SILENCE = Recognition("", 0.3, 0.9, 1.0)


def heard(text: str, score: float = 0.8, no_speech: float = 0.1) -> Recognition:
    return Recognition(text, score, no_speech, 1.2)


def words(text: str, start_ms: int, score: float = 0.5) -> tuple[Word, ...]:
    return tuple(
        Word("", t, start_ms + n * WORD_MS, start_ms + (n + 1) * WORD_MS, score)
        for n, t in enumerate(text.split())
    )


def segment(id: str, text: str, start_ms: int, *regions: str, score: float = 0.5) -> Segment:
    made = words(text, start_ms, score)
    return Segment(id, start_ms, made[-1].end_ms, text, made, 0.9, regions, aligner="phonemes")


FIRST, SECOND = Region("r1", 0, 2000, 1.0), Region("r2", 5000, 9000, 1.0)


@pytest.fixture
def silence(tmp_path: Path) -> Sound:
    soundfile.write(tmp_path / "silence.flac", np.zeros(16_000 * 12), 16_000)
    return audio_file.read_speech_audio(tmp_path / "silence.flac")


def again(
    timer: Any,
    audio: Sound,
    segments: Sequence[Segment],
    defaults: dict[str, Any],
    regions: Sequence[Region] = (FIRST, SECOND),
    language: str = "en",
    **rest: Any,
) -> Transcript:
    hearing = second_hearing.SecondHearing(
        timer, audio, language, [], HallucinationOptions(**defaults["hallucinations"]),
        SecondHearingOptions(**defaults["second_hearing"]), QUIET, ["मोहन"],
    )  # fmt: skip
    return hearing.hear(Transcript(language, None, "phonemes", tuple(segments), **rest), regions)


WHOLE = segment("g00001", "he came from the house", 0, "r1")
PART = segment("g00002", "and went away", 5000, "r2")


def test_where_words_cover_speech_nothing_is_heard_again(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    timer = Timer({})
    filled = segment("g00002", " ".join(["and"] * 13), 5000, "r2")
    result = again(timer, silence, [WHOLE, filled], defaults)
    assert result.segments == (WHOLE, filled) and timer.asked == [] and result.rehearings == ()


def test_a_clause_that_was_left_out_is_put_where_it_is_said(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    timer = Timer({}, heard(REST))
    was = Correction("g00002", 4, "want", "went", "n1", "near", 90.0, 1.0)
    result = again(timer, silence, [WHOLE, PART], defaults, corrections=(was,))
    [row] = result.rehearings
    assert (row.start_ms, row.end_ms, row.taken) == (6100, 9000, True)
    assert (row.reason, row.first, row.second) == (
        "speech without words", "", REST,
    )  # fmt: skip
    assert result.segments[1].text == f"and went away {REST}"
    assert result.segments[1].regions == ("r2",) and result.corrections == (was,)
    [(asked, careful)] = timer.asked
    assert not careful and 2100 <= asked[0][0] <= 4600 and 10_500 <= asked[0][1] <= 13_000


def test_speech_of_which_nothing_was_heard_has_a_segment_of_its_own(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    timer = Timer({}, heard("and went away to see the sea with his friends"))
    result = again(timer, silence, [WHOLE], defaults)
    assert [(s.id, s.text, s.regions) for s in result.segments] == [
        ("g00001", "he came from the house", ("r1",)),
        ("g00002", "and went away to see the sea with his friends", ("r2",)),
    ]
    assert result.segments[1].score == 0.8


def test_hindi_is_heard_again_freely_and_written_in_devanagari(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    as_heard = "اور موہن اپنے دوستوں کے ساتھ بازار گیا"
    timer = Timer({}, heard(as_heard))
    began = segment("g00001", "मोहन घर से निकला और चला", 0, "r1")
    result = again(timer, silence, [began], defaults, language="hi")
    assert result.segments[1].text == "और मोहन अपने दोस्तों के साथ बाज़ार गया"
    row = result.rehearings[0]
    assert (row.second, row.heard) == (result.segments[1].text, as_heard)


@pytest.mark.parametrize(
    ("second", "fits", "why"),
    [
        (heard("to see the sea at last", 0.3), 0.5, "the recogniser is unsure of it"),
        (
            heard("to see the sea and all the ships that came in", 0.3, 0.7),
            0.5,
            "improbable: score 0.3, no speech 0.7",
        ),
        (heard("Subtitles by the Amara.org community", 0.3), 0.5, "artefact: score 0.3"),
        (heard("to see the sea at last"), 0.01, "its words do not fit the sound"),
        (heard("on and on and on and on and on and on and on"), 0.5, "loop: 6 times the same"),
        (heard("और समुद्र देखने चला गया था वह"), 0.5, "it is in another script"),
        (SILENCE, 0.5, "nothing was heard"),
    ],
)
def test_without_evidence_the_first_answer_stays(
    silence: Sound, defaults: dict[str, Any], second: Recognition, fits: float, why: str
) -> None:
    timer = Timer({second.text: fits}, *[second] * 3)
    result = again(timer, silence, [WHOLE, PART], defaults)
    assert result.segments == (WHOLE, PART)
    assert {(row.taken, row.why) for row in result.rehearings} == {(False, why)}
    assert {row.second for row in result.rehearings} == {second.text}


def test_a_text_that_spoils_what_was_right_is_not_taken(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    second = REST
    timer = Timer({f"and went away {second}": 0.3}, *[heard(second)] * 3)
    result = again(timer, silence, [WHOLE, PART], defaults)
    assert result.segments == (WHOLE, PART)
    assert {row.why for row in result.rehearings} == {
        "its words fit the sound worse, 0.3 after 0.5"
    }


def test_ways_follow_each_other_until_one_hears_something(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    timer = Timer({}, heard("da da", 0.2), heard(REST))
    result = again(timer, silence, [WHOLE, PART], defaults)
    assert [row.taken for row in result.rehearings] == [False, True]
    assert [careful for _, careful in timer.asked] == [False, True]
    silent = Timer({})
    again(silent, silence, [WHOLE, PART], defaults)
    assert len(silent.asked) == 1  # the recogniser itself says that nobody speaks


def test_words_of_which_none_fits_go_where_a_second_hearing_is_no_better(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    made_up = segment("g00002", "Thank you very much.", 5000, "r2", score=0.001)
    text = "That's what I want to do"
    timer = Timer({text: 0.002}, *[heard(text, 0.3)] * 3)
    result = again(timer, silence, [WHOLE, made_up], defaults)
    assert result.segments == (WHOLE,)
    [gone] = result.removed
    assert (gone.text, gone.regions) == ("Thank you very much.", ("r2",))
    assert gone.reasons == (
        "no word fits the sound: alignment 0.001, score 0.9",
        "heard again: improbable: score 0.3, alignment 0.002",
    )
    better = Timer({}, heard("That's what I want to do"))
    result = again(better, silence, [WHOLE, made_up], defaults)
    assert result.segments[1].text == "That's what I want to do" and result.removed == ()


def test_an_improbable_word_over_seconds_of_sound_goes_where_a_second_hearing_is_no_surer(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    oh = replace(segment("g00002", "Oh.", 5000, "r2"), score=0.16)
    result = again(Timer({}, *[heard("Oh!", 0.2)] * 5), silence, [WHOLE, oh], defaults)
    assert result.segments == (WHOLE,)
    assert result.removed[0].reasons[1] == "heard again: the recogniser is unsure of it"
    sure = again(Timer({}, *[heard("Oh!", 0.6)] * 5), silence, [WHOLE, oh], defaults)
    assert [s.text for s in sure.segments] == [WHOLE.text, "Oh."] and sure.removed == ()
    probable = replace(oh, score=0.5)
    result = again(Timer({}, *[heard("Oh!", 0.2)] * 5), silence, [WHOLE, probable], defaults)
    assert result.segments == (WHOLE, probable)
    short = replace(oh, regions=("r3",))
    brief = [FIRST, Region("r3", 5000, 5900, 1.0)]
    result = again(Timer({}), silence, [WHOLE, short], defaults, regions=brief)
    assert result.segments == (WHOLE, short)  # a short answer is one, however improbable


def test_a_words_own_segment_holds_nothing_that_its_neighbours_say(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    near = Region("r0", 1000, 2000, 1.0)
    before = segment("g00001", "he came by", 1000, "r0")
    timer = Timer({}, heard("he came by and went away to see the sea with friends"))
    timer_words = words("he came by", 1000) + words(REST, 2200)
    timer.placed[""] = timer_words
    result = again(
        timer, silence, [before], defaults, regions=[near, Region("r1", 2100, 5000, 1.0)]
    )
    assert [s.text for s in result.segments] == ["he came by", REST]
    assert [w.start_ms for s in result.segments for w in s.words] == sorted(
        w.start_ms for s in result.segments for w in s.words
    )


def test_a_name_that_was_put_right_is_not_replaced(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    smeared = replace(PART, words=(*PART.words[:1], replace(PART.words[1], end_ms=9000)))
    smeared = replace(smeared, text="and went")
    was = Correction("g00002", 4, "want", "went", "n1", "near", 90.0, 1.0)
    timer = Timer({}, *[heard("and wend away with all his old friends")] * 3)
    result = again(timer, silence, [WHOLE, smeared], defaults, corrections=(was,))
    assert result.segments[1].text == "and went"
    assert "a word that was corrected would be replaced" in {r.why for r in result.rehearings}


def test_what_is_in_another_language_or_script_is_left_alone(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    timer = Timer({})
    hindi = replace(PART, language="hi", score=0.001)
    devanagari = segment("g00002", "और चला गया", 5000, "r2", score=0.001)
    for other in (hindi, devanagari):
        result = again(timer, silence, [WHOLE, other], defaults)
        assert result.segments == (WHOLE, other) and timer.asked == []


def test_scores_of_two_aligners_are_not_compared(silence: Sound, defaults: dict[str, Any]) -> None:
    timer = Timer({}, *[heard(REST)] * 3)
    timer.aligner = "attention"
    result = again(timer, silence, [WHOLE, PART], defaults)
    assert result.segments == (WHOLE, PART)
    assert {r.why for r in result.rehearings} == {"there is too little sound for its words"}


def test_a_segment_that_was_taken_out_is_not_heard_of_again(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    made_up = segment("g00002", "and so on", 5000, "r2", score=0.001)
    late = replace(made_up, words=(*made_up.words[:1], *words("so on", 8300, 0.001)))
    timer = Timer({"x y": 0.001}, heard("x y", 0.5), *[heard("x y", 0.2)] * 5)
    result = again(timer, silence, [WHOLE, late], defaults)
    assert len(result.segments) in (1, 2) and result.rehearings


def test_a_call_that_was_heard_once_for_many_is_heard_call_by_call(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    calls = [Region(f"r{n}", 1500 * n, 1500 * n + 1200, 1.0) for n in range(8)]
    call = "long live the king"
    once = segment("g00001", f"{call} {call}", 0, *(r.id for r in calls))
    drawn = tuple(
        replace(w, start_ms=1500 * n, end_ms=1500 * n + 1100) for n, w in enumerate(once.words)
    )
    timer = Timer({}, *[heard(call, 0.9)] * 7, heard("Thank you.", 0.3))
    timer.placed["g00001"] = tuple(w for n in range(7) for w in words(call, 1500 * n))
    result = again(timer, silence, [replace(once, words=drawn)], defaults, regions=calls)
    row, *others = result.rehearings  # of the last call, nothing that can be believed
    assert (row.taken, row.reason) == (True, "far fewer words than time for them")
    assert not any(other.taken for other in others)
    assert result.segments[0].text == " ".join([call] * 7)  # and not what was made up at the end
    assert row.first == once.text and len(timer.asked[0][0]) == 8


def test_words_are_placed_up_to_the_sound_of_another_shard(
    silence: Sound, defaults: dict[str, Any]
) -> None:
    class Recording(Timer):
        around: ClassVar[list[list[str]]] = []

        def timed(self, segments: Sequence[Segment], regions: Sequence[Region]) -> list[Segment]:
            self.around.append([region.id for region in regions])
            return super().timed(segments, regions)

    timer = Recording({}, heard(REST))
    hearing = second_hearing.SecondHearing(
        cast(Any, timer), silence, "en", [], HallucinationOptions(**defaults["hallucinations"]),
        SecondHearingOptions(**defaults["second_hearing"]), QUIET,
    )  # fmt: skip
    result = hearing.hear(Transcript("en", None, "phonemes", ()), [SECOND], [FIRST, SECOND])
    assert [segment.text for segment in result.segments] == [REST]
    assert timer.around[-1] == ["r1", "r2"]


@pytest.fixture(scope="module")
def engines(models: Path, defaults: dict[str, Any]) -> Any:
    """The real aligner and recogniser, as stage 07 has them."""
    options = selected(RecognitionOptions, defaults["asr"])
    recogniser = whisper.Whisper(
        models / "whisper-base", "cpu", 2, RecognitionOptions(**options), QUIET
    )

    def made(audio: Sound) -> word_timer.Timer:
        io: Any = SimpleNamespace(
            params=SimpleNamespace(
                engine="whisper", options=defaults["alignment"], models=[], device="cpu"
            ),
            input=SimpleNamespace(models=[]), threads=2, progress=QUIET, degrade=QUIET,
        )  # fmt: skip
        timer = word_timer.Timer(io, audio, "en", KeptAnswers())
        timer.__dict__["recogniser"] = recogniser
        return timer

    return made


def test_a_lost_clause_of_a_real_reading_is_found(engines: Any, defaults: dict[str, Any]) -> None:
    audio = audio_file.read_speech_audio(DATA / "two_cities.flac")
    timer = engines(audio)
    region = Region("r1", 400, 8900, 1.0, 400, 400)
    chunk = chunking.Chunk.of([region])
    [right] = timer.recogniser.recognise(audio, [chunk], "en", "transcribe", QUIET)
    clauses = re.split(r"(?<=[.,]) ", right.text)
    lost = next(clause for clause in clauses if "worst" in clause)
    left = right.text.replace(lost, "")
    [segment] = timer.timed([Segment("g1", 0, 1, left, (), 0.8, ("r1",))], [region])
    hearing = second_hearing.SecondHearing(
        timer, audio, "en", [], HallucinationOptions(**defaults["hallucinations"]),
        SecondHearingOptions(**defaults["second_hearing"]), QUIET,
    )  # fmt: skip
    result = hearing.hear(Transcript("en", None, "phonemes", (segment,)), [region])
    assert [row.taken for row in result.rehearings] == [True]
    assert "worst of times" in result.segments[0].text.casefold()
    assert result.segments[0].text.casefold().count("times") == right.text.casefold().count("times")


def test_text_that_is_laid_over_noise_is_taken_out(
    engines: Any, defaults: dict[str, Any], tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).standard_normal(16_000 * 6) * 0.05
    soundfile.write(tmp_path / "noise.flac", noise, 16_000)
    audio = audio_file.read_speech_audio(tmp_path / "noise.flac")
    timer = engines(audio)
    region = Region("r1", 1000, 5000, 0.6, 400, 400)
    made_up = Segment("g1", 1000, 5000, "Thank you very much.", (), 0.35, ("r1",))
    hearing = second_hearing.SecondHearing(
        timer, audio, "en", [], HallucinationOptions(**defaults["hallucinations"]),
        SecondHearingOptions(**defaults["second_hearing"]), QUIET,
    )  # fmt: skip
    segments = tuple(timer.timed([made_up], [region]))
    result = hearing.hear(Transcript("en", None, "phonemes", segments), [region])
    assert result.text == ""
