"""Cues: their words, their lines and their times."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from spoken_words import NETFLIX, spoken, transcript

from subtitling.documents import (
    Cue,
    Cues,
    Lyrics,
    Segment,
    SungRegion,
    Transcript,
    Voice,
    Word,
    load,
    save,
)
from subtitling.subtitles import quality, rules
from subtitling.subtitles.cues import cues
from subtitling.subtitles.frames import FrameRules, frame_rules
from subtitling.subtitles.timing import _in_at_cut
from subtitling.subtitles.units import SpeakerLabels
from subtitling.text.cleaning import clean
from subtitling.text.languages import clusters, join, unspaced

HOUR_MS = 3_600_000


def limit_for(language: str, rate: float = 25.0) -> FrameRules:
    return frame_rules(rules.of(NETFLIX, language), rate)


def shown(text: str, language: str = "en", **timing: object) -> list[tuple[str, ...]]:
    """The lines of the cues that are made of `text`."""
    words = spoken(text, **timing)  # type: ignore[arg-type]
    made = cues(transcript(words, language), language, 0, HOUR_MS, limit_for(language))
    return [cue.lines for cue in made]


def timed(
    words: Sequence[Word], language: str = "en", rate: float = 25.0, **more: int
) -> list[Cue]:
    given = {"offset_ms": 0, "duration_ms": HOUR_MS, **more}
    return cues(transcript(words, language), language, limit=limit_for(language, rate), **given)


# Division


def test_short_sentences_share_a_cue_on_a_line_each():
    assert shown("It was the spring of hope. It was the winter of despair.") == [
        ("It was the spring of hope.", "It was the winter of despair.")
    ]


def test_what_fits_one_line_stands_on_one_line():
    assert shown("We were all going direct to heaven.") == [
        ("We were all going direct to heaven.",)
    ]


def test_a_line_breaks_at_the_comma_and_never_after_an_article():
    assert shown("When he came back to the village, the old house had been sold.") == [
        ("When he came back to the village,", "the old house had been sold.")
    ]
    assert shown("She put the letter that her father wrote on the table.") == [
        ("She put the letter", "that her father wrote on the table.")
    ]


def test_the_lower_line_is_the_longer_one():
    (upper, lower) = shown("Nobody in the village had ever seen such an elephant.")[0]
    assert len(upper) <= len(lower)


def test_a_silence_parts_cues():
    assert shown("Wait a moment please I will come", pauses_ms={4: 2000}) == [
        ("Wait a moment please",),
        ("I will come",),
    ]


def test_a_name_and_a_number_stay_whole():
    text = (
        "yesterday we met old friends and then our dear Mahatma Gandhi spoke for 30 minutes there"
    )
    lines = [line for cue in shown(text) for line in cue]
    assert not any(line.endswith(("Mahatma", "30")) for line in lines)


def test_a_hindi_postposition_stays_with_its_noun_and_an_auxiliary_with_its_verb():
    text = "मोहन ने अपनी माँ के लिए बाज़ार से ताज़ी सब्ज़ियाँ और मीठे आम ख़रीदे थे और घर की ओर चल पड़ा था"
    starts = {line.split()[0] for cue in shown(text, "hi") for line in cue}
    assert not starts & {"ने", "के", "लिए", "से", "थे", "की", "था"}


def test_japanese_breaks_between_phrases():
    text = "今日は天気がいいので公園まで散歩に行きましょう"
    words = [Word(f"w{n}", c, 500 * n, 500 * n + 500, 1.0) for n, c in enumerate(text)]
    made = cues(transcript(words, "ja"), "ja", 0, HOUR_MS, limit_for("ja"))
    parts = [line for cue in made for line in cue.lines]
    assert "".join(parts) == text
    assert all(
        part.endswith(("は", "ので", "まで", "に", "しょう", "が", "いい")) for part in parts
    )


def test_thai_vowels_written_apart_stay_with_their_consonants():
    words = [Word(f"w{n}", c, 40 * n, 40 * n + 40, None) for n, c in enumerate("ที่นี่มีน้ำ" * 12)]
    made = cues(transcript(words, "th"), "th", 0, HOUR_MS, limit_for("th"))
    lines = [line for cue in made for line in cue.lines]
    assert "".join(lines) == "ที่นี่มีน้ำ" * 12
    assert all(line[0] in "ทนม" for line in lines)


def test_a_translated_sentence_ends_its_cue_even_without_a_full_stop():
    words = spoken("he came home late that evening she was not there any more", 400)
    made = cues(transcript(words, "en", "estimated", 6), "en", 0, HOUR_MS, limit_for("en"))
    assert [" ".join(c.lines) for c in made] == [
        "he came home late that evening", "she was not there any more"
    ]  # fmt: skip


def test_a_word_too_wide_for_a_line_is_shown_all_the_same():
    wide = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"
    assert (wide,) in shown(f"Das war {wide} damals", "de")


# Times


def test_a_cue_comes_with_its_sound_and_stays_to_be_read():
    made = timed([Word("w1", "No.", 1010, 1100, 1.0)])
    assert [(c.start_ms, c.end_ms) for c in made] == [(1000, 1840)]  # 21 frames of 40 ms are 5/6 s


def test_times_lie_on_frames_at_the_films_own_rate():
    made = timed(spoken("One two three four. " * 20, 250), rate=24000 / 1001)
    frames = [t * 24 / 1001 for c in made for t in (c.start_ms, c.end_ms)]
    assert all(abs(f - round(f)) < 0.025 for f in frames)  # a millisecond is 0.024 frames


def test_the_audio_offset_is_applied_and_nothing_starts_before_the_film():
    words = spoken("Late. Later.", 500, {1: 3000})
    assert [c.start_ms for c in timed(words, offset_ms=2000)] == [3000, 6480]
    assert timed(words, offset_ms=-1200)[0].start_ms == 0


def test_a_small_gap_is_closed_to_two_frames_and_a_long_one_left():
    text = "This is the first sentence of them all today, it was a long long one then."
    near = timed(spoken(f"{text} {text}", 400, {15: 400}))
    far = timed(spoken(f"{text} {text}", 400, {15: 1400}))
    assert near[1].start_ms - near[0].end_ms == 80
    assert far[1].start_ms - far[0].end_ms > 500


def in_turn(texts: Sequence[str], start_ms: int, each_ms: int) -> list[Word]:
    return [
        Word(f"w{start_ms + n}", text, start_ms + each_ms * n, start_ms + each_ms * (n + 1), 1.0)
        for n, text in enumerate(texts)
    ]


def test_a_cue_that_cannot_be_read_borrows_the_time_a_neighbour_can_spare():
    quick = ["Unquestionably", "extraordinary", "circumstances", "notwithstanding."]
    slow = ["and", "so", "we", "all", "waited", "there"]
    words = [*in_turn(["Yes."], 1000, 300), *in_turn(quick, 3000, 500), *in_turn(slow, 5100, 900)]
    made = timed(words)
    figures = quality.measure(made, "en", limit_for("en"))
    assert figures["rules"]["max_chars_per_second"]["broken"] == 0
    assert made[1].lines[0].startswith("Unq")
    assert made[1].start_ms < 3000 or made[2].start_ms > 5080


def test_a_translation_too_long_for_its_sentence_runs_on_into_the_silence_after_it():
    text = "This translation has a great many more words than were ever spoken in the film itself."
    words = spoken(text, 80)  # 16 words in 1.3 s
    made = cues(transcript(words, "en", "estimated"), "en", 0, HOUR_MS, limit_for("en"))
    assert sum(len(c.words) for c in made) == 16
    assert quality.measure(made, "en", limit_for("en"))["broken_any"] == 0


def test_what_cannot_be_read_for_want_of_time_is_reported_and_not_cut():
    words = spoken("Extraordinarily uninterrupted conversationalists, " * 12, 150)
    made = timed(words)
    assert [i for c in made for i in c.words] == [w.id for w in words]
    row = quality.measure(made, "en", limit_for("en"))["rules"]["max_chars_per_second"]
    assert row["broken"] > 0 and row["worst"]


def test_no_cue_outlasts_the_film():
    assert timed(spoken("The end.", 200), duration_ms=1400)[-1].end_ms == 1400


# Whatever comes


LETTERS = {
    "en": "abcdefgh Theof.,?!'",
    "hi": "कखगनसरमहि़ीाे्ंैया।, नेकोहै",
    "ta": "கசதநமயரவிீுெ்ா.",
    "ur": "ابپتکگنےہیں۔،",
    "ar": "ابتثجحخدرسلمنهوي؟",
    "ja": "今日は天気がいいですね。、カナx",
    "zh": "今天天气很好，我们去公园。",
    "th": "กขคงนมยรลวสหอาิีึืุูเแโใไ่้์ ",
    "ko": "한국어문장입니다.",
    "de": "ÄÖÜaeioußst.,- ",
}
RATES = st.sampled_from([24000 / 1001, 24.0, 25.0, 30.0, 60.0])
CUTS = st.lists(st.integers(0, 60_000), max_size=30)
ODD = "\u0000\n\u200d\u202e\ud800\u0301👩‍👩‍👧…\ufeff{}<>\\-->"


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Words of any script, at sane times, absurd times, and all at once."""
    language = draw(st.sampled_from(sorted(LETTERS)))
    letters = st.sampled_from(LETTERS[language])
    texts = draw(
        st.lists(
            st.one_of(
                st.text(letters, min_size=1, max_size=9),
                st.text(letters, min_size=1, max_size=3),
                st.text(st.sampled_from(ODD), min_size=1, max_size=3),
                st.text(letters, min_size=40, max_size=60),
            ),
            max_size=60,
        )
    )
    sane = st.tuples(st.integers(0, 900), st.integers(1, 900))
    absurd = st.tuples(st.integers(-100_000, 100_000), st.integers(-50_000, 50_000))
    once = st.just((0, 0))
    steps = draw(st.sampled_from([sane, sane, absurd, once]))
    words, at = [], draw(st.integers(-1000, 5000))
    for n, text in enumerate(texts):
        wait, last = draw(steps)
        words.append(Word(f"w{n:05d}", text, at + wait, at + wait + last, None))
        at += wait + last
    timing = draw(st.sampled_from(["attention", "estimated"]))
    return transcript(words, language, timing, draw(st.integers(1, 12)))


@given(transcripts(), RATES, st.integers(-500, 500), CUTS)
@settings(max_examples=1200, deadline=None, suppress_health_check=list(HealthCheck))
@example(transcript([]), 25.0, 0, [])
def test_whatever_the_words_and_times_every_rule_is_kept_or_reported(
    given_words: Transcript, rate: float, offset_ms: int, cuts_ms: list[int]
):
    check_all(given_words, rate, offset_ms, cuts_ms)


@pytest.mark.heavy
@given(transcripts(), RATES, st.integers(-500, 500), CUTS)
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_words_and_times_ten_thousand_times(
    given_words: Transcript, rate: float, offset_ms: int, cuts_ms: list[int]
):
    check_all(given_words, rate, offset_ms, cuts_ms)


def check_all(given_words: Transcript, rate: float, offset_ms: int, cuts_ms: Sequence[int]) -> None:
    language = given_words.language
    limit = limit_for(language, rate)
    made = cues(given_words, language, offset_ms, HOUR_MS, limit, cuts_ms)
    words = given_words.words
    visible = [w for w in words if clean(w.text)]
    assert bool(made) == bool(visible)
    if made:
        assert [i for c in made for i in c.words] == [w.id for w in words]
    assert letters(line for c in made for line in c.lines) == letters(clean(w.text) for w in words)
    for cue in made:
        assert 0 <= cue.start_ms < cue.end_ms
        assert all(line and line == clean(line) for line in cue.lines)
        assert len(cue.lines) <= limit.rules.max_lines
        assert cue.end_ms - cue.start_ms <= limit.rules.max_duration_ms + 1
    gap_ms = 2 * 1000 / rate
    for before, after in pairwise(made):
        assert after.start_ms - before.end_ms >= gap_ms - 1
    check_reported(made, words, language, limit)


def letters(texts: Iterable[str]) -> str:
    """All but spaces, in order; three dots and the ellipsis are one."""
    return "".join(texts).replace(" ", "").replace("…", "...")


def check_reported(
    made: Sequence[Cue], words: Sequence[Word], language: str, limit: FrameRules
) -> None:
    """What is broken by a count of the test's own is broken in the report, and for want of time."""
    kept = quality.measure(made, language, limit)["rules"]
    held = limit.rules
    frame_ms = 1000 / limit.frames.rate
    wide = [c for c in made if any(len(clusters(x)) > held.max_chars_per_line for x in c.lines)]
    assert kept["max_chars_per_line"]["broken"] == len(wide)
    texts = {w.id: clean(w.text) for w in words}
    for cue in wide:
        visible = [texts[i] for i in cue.words if texts[i]]
        assert len(visible) == 1 or unspaced(language)
    hurried = 0
    for n, cue in enumerate(made):
        chars = len(clusters(join(cue.lines, language)))
        need = max(held.min_duration_ms, chars * 1000 / held.max_chars_per_second)
        if cue.end_ms - cue.start_ms < need - frame_ms:
            hurried += 1
            longest = cue.end_ms - cue.start_ms > held.max_duration_ms - frame_ms - 1
            last = n + 1 == len(made)
            until = HOUR_MS if last else made[n + 1].start_ms - 2 * frame_ms
            assert longest or cue.end_ms > until - frame_ms
    reported = kept["max_chars_per_second"]["broken"] + kept["min_duration"]["broken"]
    assert reported >= hurried


@pytest.mark.heavy
def test_a_film_of_three_hours_takes_seconds():
    text = "It was a long day, and the old man said that nobody had come to the house. "
    words = spoken(text * 1700, 370)
    started = time.process_time()
    made = timed(words, duration_ms=4 * HOUR_MS)
    took = time.process_time() - started
    assert words[-1].end_ms > 2.9 * HOUR_MS
    assert len(made) >= 1700
    assert took < 20


SUNG = Lyrics((SungRegion("s00001", 2000, 60_000, 0.9, 1.0, 1.0, 0.0),), (), ())


def song(text: str, language: str = "en", word_ms: int = 400) -> list[Cue]:
    """Cues of a text whose words begin at 0, those after two seconds sung."""
    words = tuple(
        Word(f"w{n}", part, n * word_ms, n * word_ms + word_ms, 1.0)
        for n, part in enumerate(text.split())
    )
    one = Segment("g1", 0, len(words) * word_ms, text, words, 1.0)
    limit = limit_for(language)
    spoken = Transcript(language, None, "attention", (one,))
    return cues(spoken, language, 0, 90_000, limit, (), SUNG)


def test_what_is_sung_stands_apart_marked_and_in_italics() -> None:
    made = song("he said to her hello, row row row your boat")
    assert [(c.lines, c.sung, c.italic) for c in made] == [
        (("he said to her hello,",), False, False),
        (("♪ row row row your boat ♪",), True, True),
    ]


def test_hindi_songs_are_marked_and_upright() -> None:
    made = song("उसने कहा कि सुनो ज़रा मेरा जूता है जापानी", "hi")
    assert (made[-1].lines, made[-1].italic) == (("♪ मेरा जूता है जापानी ♪",), False)


def test_marks_fit_the_lines_and_are_read_in_time() -> None:
    made = song("one two three four five " + "melody and thunder over the hill " * 8, word_ms=250)
    sung = [cue for cue in made if cue.sung]
    assert len(sung) > 3
    for cue in sung:
        assert cue.lines[0].startswith("♪ ") and cue.lines[-1].endswith(" ♪")
        assert max(map(len, cue.lines)) <= 42


def test_notes_of_the_recogniser_are_not_doubled() -> None:
    made = song("he said to her hello, ♪ row row your boat ♪")
    assert made[-1].lines == ("♪ row row your boat ♪",)
    assert [w for c in made for w in c.words] == [f"w{n}" for n in range(11)]


# Speakers


def labelled(
    given_words: Sequence[Word], whose: str, labels: dict[str, str] | None = None
) -> SpeakerLabels:
    """A digit a word: who says it; a dot for nobody known."""
    voices = {
        word.id: Voice(f"s{who}", 0.8)
        for word, who in zip(given_words, whose, strict=True)
        if who != "."
    }
    return SpeakerLabels(voices, labels or {})


def said(
    text: str, whose: str, labels: dict[str, str] | None = None, language: str = "en", **more: Any
) -> list[tuple[str, ...]]:
    """The lines of cues in which more than one speaks."""
    given_words = spoken(text, **more)
    speaker_labels = labelled(given_words, whose, labels)
    made = cues(
        transcript(given_words),
        language,
        0,
        HOUR_MS,
        limit_for(language),
        speaker_labels=speaker_labels,
    )
    return [cue.lines for cue in made]


def test_two_speakers_stand_apart_where_there_is_time():
    text = "Where have you been all these years? I was at home with my mother."
    assert said(text, "1111111" + "2222222") == [
        ("Where have you been all these years?",),
        ("I was at home with my mother.",),
    ]


def test_two_who_speak_in_haste_share_a_cue_with_a_line_and_a_dash_each():
    assert said("Coming? Yes.", "12", word_ms=350) == [("-Coming?", "-Yes.")]


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("pt", ("- Coming?", "- Yes.")),
        ("nl", ("Coming?", "-Yes.")),
        ("bg", ("Coming?", "- Yes.")),
    ],
)
def test_the_dashes_of_two_speakers_are_those_of_the_language(language: str, lines: tuple):
    assert said("Coming? Yes.", "12", word_ms=350, language=language) == [lines]


@pytest.mark.parametrize(
    ("rate", "before", "start"),
    # Frames from the sound to the cut, and from the cue to it.
    [(24, 8, 0), (24, 9, 12), (24, 11, 12), (24, 12, 12), (24, 13, 13), (25, 9, 0), (25, 10, 13),
     (25, 12, 13), (60, 22, 0), (60, 23, 30), (60, 29, 30), (60, 31, 31)],
)  # fmt: skip
def test_an_in_time_before_a_cut_waits_for_it_or_comes_half_a_second_before_it(
    rate: float, before: int, start: int
):
    limit, cut = limit_for("en", rate), 200
    word = Word("w1", "Hello.", limit.frames.ms(cut - before) + 1, limit.frames.ms(cut + 60), 0.9)
    [cue] = cues(transcript([word]), "en", 0, HOUR_MS, limit, [limit.frames.ms(cut)])
    assert limit.frames.nearest(cue.start_ms) == cut - start
    report = quality.against_words([cue], [word], 0, limit, [limit.frames.ms(cut)])
    assert report["in_time"]["broken"] == 0 or start == 0
    beside = quality.against_shots([cue], [limit.frames.ms(cut)], limit)["in_times_beside_a_cut"]
    assert beside == 0


def test_a_cue_is_not_pulled_before_a_cut_into_the_one_before_it():
    limit = limit_for("en", 24)
    assert [_in_at_cut(191, free, [200], limit) for free in (188, 189)] == [188, 191]


def test_channels_that_were_heard_apart_are_speakers():
    said_words = spoken("Coming? Yes.", word_ms=350)
    segments = [
        Segment(f"g{n}", w.start_ms, w.end_ms, w.text, (w,), 0.9, channel=n)
        for n, w in enumerate(said_words)
    ]
    heard = Transcript("en", 0.9, "ctc", tuple(segments))
    labels = SpeakerLabels.by_segment(heard, heard)
    [cue] = cues(heard, "en", 0, HOUR_MS, limit_for("en"), speaker_labels=labels)
    assert cue.lines == ("-Coming?", "-Yes.")
    assert [voice.speaker for voice in cue.voices] == ["left", "right"]
    assert SpeakerLabels.by_segment(transcript(said_words), heard) is None
    named = replace(
        heard,
        segments=tuple(
            replace(segment, channel=None, speaker=name)
            for segment, name in zip(segments, ("JAI", "VEERU"), strict=True)
        ),
    )
    by_text = SpeakerLabels.by_segment(named, named)
    assert by_text is not None
    assert [voice.speaker for voice in by_text.voices.values()] == ["JAI", "VEERU"]


def test_never_more_than_two_share_a_cue():
    made = said("Tea? No. Coffee? Yes. Sugar? No.", "121212", word_ms=250)
    assert all(len(lines) <= 2 for lines in made)
    assert [line for lines in made for line in lines if not line.startswith("-")] == []


def test_a_change_of_speaker_breaks_a_cue_inside_a_sentence():
    assert said("you will come with us no I stay here", "111112222", word_ms=400) == [
        ("you will come with us",),
        ("no I stay here",),
    ]


def test_what_does_not_fit_a_line_each_is_not_put_together():
    long = "Nobody in the whole village ever saw him again. "
    made = said(long + "Who?", "1" * 9 + "2", word_ms=100)
    assert all(not line.startswith("-") for lines in made for line in lines)


def test_a_name_stands_where_its_speaker_begins_and_nowhere_else():
    labels = {"s1": "[Anna]"}
    text = "I have seen him. He was at the station again. When was that? Last night."
    made = said(text, "1111" + "111111" + "222" + "11", labels, word_ms=500)
    assert made == [
        ("[Anna] I have seen him.",),
        ("He was at the station again.",),
        ("When was that?",),
        ("[Anna] Last night.",),
    ]
    assert said("Coming? Yes.", "12", labels, word_ms=350) == [("-[Anna] Coming?", "-Yes.")]


def test_a_word_that_nobody_is_known_to_say_is_whoevers_spoke_before():
    assert said("Well then, good night.", "1..1") == [("Well then, good night.",)]


def test_a_cue_tells_who_speaks_in_it_and_how_sure_that_is():
    some = spoken("Coming? Yes.", 350)
    made = cues(
        transcript(some), "en", 0, HOUR_MS, limit_for("en"), speaker_labels=labelled(some, "12")
    )
    assert [cue.voices for cue in made] == [(Voice("s1", 0.8), Voice("s2", 0.8))]


def test_a_song_has_no_speakers():
    some = song("he said to her hello, row row row your boat")
    words = tuple(Word(f"w{n}", "la", n * 400, n * 400 + 400, 1.0) for n in range(10))
    one = Transcript("en", None, "attention", (Segment("g1", 0, 4000, "", words, 1.0),))
    made = cues(
        one, "en", 0, 90_000, limit_for("en"), (), SUNG,
        speaker_labels=labelled(words, "1212121212", {"s1": "[Anna]"}),
    )  # fmt: skip
    assert len(some) == 2
    sung = [cue for cue in made if cue.sung]
    assert sung and all(cue.voices == () for cue in sung)
    assert all("Anna" not in line and not line.startswith("-") for c in sung for line in c.lines)


@given(transcripts(), RATES, st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_whoever_speaks_no_word_is_lost_and_two_have_a_line_each(
    given_words: Transcript, rate: float, chance: Any, named: bool
):
    words = given_words.words
    whose = "".join(chance.choice("11223.") for _ in words)
    labels = {"s1": "[Anna]", "s2": "[Q]"} if named else {}
    limit = limit_for(given_words.language, rate)
    language = given_words.language
    made = cues(
        given_words, language, 0, HOUR_MS, limit, speaker_labels=labelled(words, whose, labels)
    )
    if made:
        assert [i for c in made for i in c.words] == [w.id for w in words]
    shared = {cue.id for cue in made if len(cue.voices) > 1}
    shown = []
    for cue in made:
        assert len(cue.voices) <= 2
        assert len(cue.lines) <= limit.rules.max_lines
        lines = cue.lines
        if cue.id in shared:
            assert len(lines) == 2 and all(line.startswith("-") for line in lines)
            assert all(len(clusters(x)) <= limit.rules.max_chars_per_line for x in lines)
            lines = tuple(line[1:] for line in lines)
        shown += lines
    bare = letters(shown)
    for label in labels.values():
        bare = bare.replace(label, "")
    assert bare == letters(clean(w.text) for w in words)
    for before, after in pairwise(made):
        assert after.start_ms - before.end_ms >= 2 * 1000 / rate - 1


def test_without_speakers_a_file_of_cues_says_nothing_of_them(tmp_path: Path):
    some = spoken("Coming? Yes.", 350)
    for name, who in (("with", labelled(some, "12")), ("without", None)):
        made = cues(transcript(some), "en", 0, HOUR_MS, limit_for("en"), speaker_labels=who)
        save(Cues("en", tuple(made)), tmp_path / name)
        assert load(Cues, tmp_path / name).cues == tuple(made)
    assert "voices" in (tmp_path / "with").read_text("utf-8")
    assert "voices" not in (tmp_path / "without").read_text("utf-8")
