"""The figures of a track's report."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from subtitling.documents import (
    Cue,
    Form,
    Glossary,
    Region,
    Segment,
    Term,
    Transcript,
    Word,
)
from subtitling.subtitles import quality, rules
from subtitling.subtitles.frames import frame_rules
from subtitling.text import romanization
from subtitling.workflow import cli

LIMIT = frame_rules(rules.of(rules.table("netflix", {}), "en"), 25.0)


def cue(number: int, start_ms: int, end_ms: int, *lines: str, words: tuple[str, ...] = ()) -> Cue:
    return Cue(f"c{number}", start_ms, end_ms, lines, words)


def broken(*made: Cue, language: str = "en") -> dict[str, dict]:
    by_rule = quality.measure(made, language, LIMIT)["rules"]
    return {rule: row["worst"] for rule, row in by_rule.items() if row["broken"]}


def test_a_good_track_breaks_nothing():
    assert broken(cue(1, 0, 1000, "Hello there."), cue(2, 1080, 2000, "Good morning.")) == {}


@pytest.mark.parametrize(
    ("made", "rule", "worst"),
    [
        ([cue(1, 0, 6000, "one", "two", "three")], "max_lines", {"c1": 1}),
        ([cue(1, 0, 6000, "x" * 45)], "max_chars_per_line", {"c1": 3}),
        ([cue(1, 0, 1000, "x" * 24)], "max_chars_per_second", {"c1": 4}),
        ([cue(1, 0, 800, "Hi.")], "min_duration", {"c1": 1}),
        ([cue(1, 0, 7200, "Hi.")], "max_duration", {"c1": 5}),
        ([cue(1, 0, 1000, "Hi."), cue(2, 1040, 2040, "Ho.")], "min_gap", {"c1": 1}),
        ([cue(1, 0, 1000, "Hi."), cue(2, 1400, 2400, "Ho.")], "close_gap", {"c1": 3}),
    ],
)
def test_each_rule_is_told_by_how_much_it_is_broken(made: list, rule: str, worst: dict):
    assert broken(*made) == {rule: worst}


def test_an_overlap_is_told():
    assert broken(cue(1, 0, 1000, "Hi."), cue(2, 900, 2000, "Ho."))["overlap"] == {"c1": 100}


def test_a_devanagari_conjunct_counts_as_one_character():
    assert broken(cue(1, 0, 3000, "न्दी" * 42), language="hi") == {}


def test_speed_is_given_in_characters_and_in_code_points():
    figures = quality.measure([cue(1, 0, 1000, "हिन्दी")], "hi", LIMIT)
    assert figures["chars_per_second"]["median"] == 2
    assert figures["code_points_per_second"]["median"] == 6


def test_words_lost_added_and_moved_are_told():
    words = [Word(f"w{n}", "x", 1000 * n, 1000 * n + 500, None) for n in range(4)]
    made = [cue(1, 0, 900, "x", words=("w1", "w0")), cue(2, 1000, 1900, "x", words=("w2", "w9"))]
    figures = quality.against_words(made, words, 0, LIMIT)
    assert figures["words_lost"] == ["w3"]
    assert figures["words_added"] == ["w9"]
    assert not figures["words_in_order"]


def test_an_in_time_far_from_the_first_sound_is_told_in_frames():
    words = [Word("w1", "x", 1000, 1500, None)]
    early = quality.against_words([cue(1, 840, 1800, "x", words=("w1",))], words, 0, LIMIT)
    near = quality.against_words([cue(1, 960, 1800, "x", words=("w1",))], words, 0, LIMIT)
    assert early["in_time"]["worst"] == {"c1": -4}
    assert near["in_time"]["broken"] == 0


def test_cue_time_outside_speech_and_speech_without_a_cue_are_told():
    regions = [
        Region("r1", 0, 2000, 0.9),
        Region("r2", 5000, 6000, 0.9),
        Region("r3", 9000, 9100, 1),
    ]
    figures = quality.against_speech([cue(1, 1000, 3000, "x")], regions, 500)
    assert figures["cue_outside_speech_ms"] == 500
    assert figures["speech_without_cue_ms"] == 500 + 1000 + 100
    assert figures["regions_without_cue"] == ["r2"]


def test_a_label_of_music_is_no_cue_outside_speech():
    label = Cue("c2", 5000, 8000, ("[music]",), (), sound="music")
    figures = quality.against_speech(
        [cue(1, 1000, 2000, "x"), label], [Region("r1", 0, 2000, 1)], 0
    )
    assert figures["cue_outside_speech_ms"] == 0
    assert quality.against_words([label], [], 0, LIMIT)["words_lost"] == []
    measured = quality.measure([label], "en", LIMIT)
    assert (measured["labels"], measured["ends"]["sentence"]) == (1, 0.0)


SAMBHA = Term(
    "n1", "character", "keep", (Form("सांभा", None, "Deva"), Form("Sambha", None, "Latn")), (), "",
    False, (),
)  # fmt: skip
PREM = Term(
    "n2", "character", "keep", (Form("प्रेम", None, "Deva"), Form("Prem", None, "Latn")), (), "",
    False, (),
)  # fmt: skip


def said(language: str, text: str, **change: object) -> Transcript:
    """One segment with these words."""
    words = tuple(Word(f"w{n}", part, n, n + 1, None) for n, part in enumerate(text.split()))
    segment = Segment("s1", 0, 9, text, words, None, source_words=tuple(change.pop("of", ())))
    return Transcript(language, None, "estimated", (replace(segment, **change),))


def test_sentences_that_lack_some_of_what_was_said_are_listed() -> None:
    for lacking, listed in ((None, []), ("it has 40% of the length", ["s1"])):
        shown = said("en", "He came", incomplete=lacking)
        assert quality.report([], shown, [], "en", 0, LIMIT, [])["incomplete"] == listed


@pytest.mark.parametrize(
    ("english", "adherence", "lacking"),
    [
        ("It is Sambha, his father says.", 1.0, []),
        ("It is Sambha’s father.", 1.0, []),
        (
            "It is his father.",
            0.0,
            [{"cue": "c1", "segment": "s1", "said": "सांभा", "wanted": "Sambha", "term": "n1"}],
        ),
    ],
)
def test_names_of_the_glossary_are_looked_for_in_the_cues_of_their_sentence(
    english: str, adherence: float, lacking: list
):
    hindi = said("hi", "यह सांभा है।")
    shown = said("en", english, of=("w0", "w1", "w2"))
    ids = tuple(word.id for word in shown.words)
    half = len(ids) // 2
    made = [
        cue(1, 0, 900, " ".join(english.split()[:half]), words=ids[:half]),
        cue(2, 1000, 1900, " ".join(english.split()[half:]), words=ids[half:]),
        cue(3, 2000, 2900, "Sambha", words=("w99",)),
    ]
    figures = quality.against_glossary(made, shown, hindi, Glossary((SAMBHA,), ()))
    assert figures == {"terms": 1, "adherence": adherence, "undecided": 0, "lacking": lacking}


def test_names_are_expected_in_the_script_of_the_cues():
    hindi = said("hi", "यह सांभा है।")
    made = [cue(1, 0, 900, "yah sambha hai.", words=("w0", "w1", "w2"))]
    glossary = Glossary((SAMBHA,), ())
    figures = quality.against_glossary(made, hindi, hindi, glossary, romanization.hindi)
    assert (figures["terms"], figures["lacking"]) == (1, [])


def test_a_sentence_that_has_no_translation_lacks_no_name():
    hindi = said("hi", "यह सांभा है।")
    shown = said("en", "यह सांभा है।", of=("w0", "w1", "w2"), untranslated="failed")
    figures = quality.against_glossary([], shown, hindi, Glossary((SAMBHA,), ()))
    assert figures == {"terms": 0, "adherence": None, "undecided": 0, "lacking": []}


def test_a_name_that_is_a_word_counts_only_where_it_stands_as_a_name():
    hindi = said("hi", "मुझे तुमसे प्रेम है।")
    glossary = Glossary((PREM,), ())

    def counted(english: str) -> tuple[int, float | None, int]:
        shown = said("en", english, of=("w0", "w1", "w2", "w3"))
        made = [cue(1, 0, 900, english, words=tuple(word.id for word in shown.words))]
        figures = quality.against_glossary(made, shown, hindi, glossary)
        return figures["terms"], figures["adherence"], figures["undecided"]

    assert counted("I love you.") == (0, None, 1)
    assert counted("I love you, Prem.") == (1, 1.0, 0)


def test_the_command_judges_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    track = tmp_path / "t.srt"
    track.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello there.\n")
    assert cli.main(["quality", str(track), "--language", "en"]) == 0
    assert json.loads(capsys.readouterr().out)["cues"] == 1
    track.write_text("1\n00:00:00,000 --> 00:00:00,200\nHello there.\n")
    assert cli.main(["quality", str(track), "--language", "en"]) == 1
    assert cli.main(["quality", str(tmp_path / "none.srt"), "--language", "en"]) == 2
    assert "none.srt" in capsys.readouterr().err


def test_speech_without_words_is_told_with_its_share_and_places():
    regions = [Region("r1", 0, 3000, 0.9), Region("r2", 4000, 5000, 0.9)]
    words = [Word("w1", "so", 0, 400, 0.9), Word("w2", "far", 4100, 4900, 0.9)]
    assert quality.of_words(words, regions, 100, 1000) == {
        "speech_without_words_ms": 2400,
        "speech_without_words": 0.6,
        "wordless": [[700, 3100]],
    }
    nothing = {"speech_without_words_ms": 0, "speech_without_words": 0.0, "wordless": []}
    assert quality.of_words(words, [], 100, 1000) == nothing
