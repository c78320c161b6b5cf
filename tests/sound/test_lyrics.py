"""08_lyrics_detection: sung regions, and labels of segments."""

from typing import Any

import pytest

from subtitling.documents import (
    Event,
    Events,
    Label,
    Lyrics,
    Segment,
    SungRegion,
    Transcript,
    Word,
)
from subtitling.sound import lyrics
from subtitling.sound.lyrics import LyricsOptions


@pytest.fixture
def options(defaults: dict[str, Any]) -> LyricsOptions:
    return LyricsOptions(**defaults["lyrics"])


def heard(*rows: tuple[str, int, int]) -> Events:
    return Events(100_000, tuple(Event(kind, start, end, 0.9) for kind, start, end in rows))


def region(start_ms: int, end_ms: int) -> SungRegion:
    return SungRegion("s00001", start_ms, end_ms, 0.9, 1.0, 1.0, 0.0)


def segment(text: str, word_ms: int = 400, start_ms: int = 0) -> Segment:
    """A segment of words that each last so long, one after another."""
    parts = text.split()
    words = tuple(
        Word(f"w{n}", part, start_ms + n * word_ms, start_ms + (n + 1) * word_ms, 1.0)
        for n, part in enumerate(parts)
    )
    return Segment("g1", start_ms, start_ms + len(parts) * word_ms, text, words, 1.0)


def label(one: Segment, sung: list[SungRegion], options: LyricsOptions) -> Label:
    return lyrics.labels(Transcript("hi", None, "attention", (one,)), sung, [], options)[0]


def test_a_breath_belongs_to_the_song(options: LyricsOptions) -> None:
    regions = lyrics.regions(heard(("singing", 1000, 4000), ("singing", 5500, 9000)), options)
    assert [(r.start_ms, r.end_ms) for r in regions] == [(1000, 9000)]
    assert regions[0].singing == 0.8125


def test_a_pause_in_which_somebody_speaks_is_no_breath(options: LyricsOptions) -> None:
    regions = lyrics.regions(
        heard(("singing", 1000, 4000), ("speech", 4000, 5500), ("singing", 5500, 9000)), options
    )
    assert [(r.start_ms, r.end_ms) for r in regions] == [(1000, 4000), (5500, 9000)]


def test_a_hum_is_no_song(options: LyricsOptions) -> None:
    assert lyrics.regions(heard(("singing", 1000, 3000)), options) == []


def test_speech_over_a_song_is_speech(options: LyricsOptions) -> None:
    events = heard(("singing", 0, 20_000), ("speech", 4000, 6000), ("speech", 7900, 9000))
    sung = lyrics.regions(events, options)
    spoken = lyrics.talk(events, sung)
    assert spoken == [(4000, 9000)]
    for start_ms, expected in ((4000, "speech"), (10_000, "song")):
        one = Transcript(
            "en", None, "attention", (segment("say it to her again now", 500, start_ms),)
        )
        assert lyrics.labels(one, sung, spoken, options)[0].label == expected


def test_a_moment_of_speech_in_a_song_is_a_slip_of_the_detector(options: LyricsOptions) -> None:
    events = heard(("singing", 0, 20_000), ("speech", 4000, 4900))
    assert lyrics.talk(events, lyrics.regions(events, options)) == []


def test_no_sound_gives_no_region(options: LyricsOptions) -> None:
    assert lyrics.regions(heard(), options) == []
    assert lyrics.regions(heard(("speech", 0, 9000), ("music", 0, 9000)), options) == []


def test_words_in_a_sung_region_are_a_song_and_others_are_speech(options: LyricsOptions) -> None:
    one = segment("तुम कहाँ हो मैं यहाँ हूँ आओ न")
    assert label(one, [region(0, 4000)], options).label == "song"
    assert label(one, [region(9000, 14_000)], options).label == "speech"
    both = label(one, [region(0, 1600)], options)
    assert (both.label, both.sung) == ("both", 0.5)


def test_a_no_said_over_and_over_in_dialogue_is_no_song(options: LyricsOptions) -> None:
    one = segment("नहीं नहीं नहीं नहीं नहीं नहीं नहीं नहीं")
    labelled = label(one, [], options)
    assert (labelled.label, labelled.confidence) == ("speech", 1.0)
    assert lyrics.repetition(["नहीं"] * 8) == 0.0


def test_words_alone_make_no_song_and_unmake_none(options: LyricsOptions) -> None:
    refrain = "row row row your boat, row row row your boat, row row row your boat"
    assert label(segment(refrain, 900), [], options).label == "speech"
    prose = "the committee considered several alternative propositions yesterday afternoon"
    assert label(segment(prose, 300), [region(0, 9000)], options).label == "song"


def test_words_shift_the_balance_where_the_sound_is_in_doubt(options: LyricsOptions) -> None:
    refrain = "row row row your boat, row row row your boat, row row row your boat"
    prose = "the committee considered several alternative propositions, none passed"
    for text, word_ms, expected in ((refrain, 900, "song"), (prose, 250, "both")):
        one = segment(text, word_ms)
        sung = [region(0, int(0.7 * one.end_ms))]
        assert label(one, sung, options).label == expected


def test_a_segment_without_words_is_judged_by_its_time(options: LyricsOptions) -> None:
    for end_ms in (1000, 2000):
        one = Segment("g1", 1000, end_ms, "", (), None)
        assert label(one, [region(0, 4000)], options).label == "song"


def test_lines_that_end_alike_rhyme() -> None:
    assert lyrics.rhyme("I saw the light, I felt the night, I was alright") == 1.0
    assert lyrics.rhyme("मेरा जूता है जापानी, ये पतलून इंग्लिशतानी, सर पे लाल टोपी रूसी") == 0.5
    assert lyrics.rhyme("no, no, no, no") == 0.0


@pytest.mark.parametrize(
    ("word", "count"), [("boat", 1), ("committee", 3), ("हिन्दी", 2), ("नमस्ते", 3), ("...", 1)]
)
def test_syllables_are_counted_in_any_script(word: str, count: int) -> None:
    assert lyrics.syllables(word) == count


def test_labels_of_segments_go_before_regions() -> None:
    def labelled(kind: str, start_ms: int, end_ms: int) -> Label:
        return Label("g", start_ms, end_ms, kind, 1.0, 0.5, 0.0)

    song = Lyrics(
        (region(0, 10_000),), ((6500, 8000),),
        (labelled("speech", 0, 2000), labelled("both", 2000, 6000), labelled("song", 9000, 12_000)),
    )  # fmt: skip
    assert not song.sung(500, 1000)
    assert song.sung(3000, 4000)
    assert song.sung(6000, 6500)
    assert not song.sung(7000, 7500)  # spoken over it
    assert song.sung(11_000, 11_500)
    assert not song.sung(12_500, 13_000)


def test_a_song_and_what_is_spoken_after_it_begin_sentences_of_their_own() -> None:
    segments = tuple(
        Segment(f"g{n}", n, n + 1, "x", (Word(f"w{n}", "x", n, n + 1, None),), None)
        for n in range(5)
    )
    kinds = ["speech", "song", "song", "both", "speech"]
    labels = [Label(f"g{n}", n, n + 1, kind, 1.0, 0.0, 0.0) for n, kind in enumerate(kinds)]
    assert lyrics.turns(Transcript("hi", None, "none", segments), labels) == {"w1", "w3"}
