"""Words compared with speech: stretches without words, and merging a second hearing's words."""

from typing import Any

import pytest

from subtitling.alignment import coverage
from subtitling.alignment.coverage import Cut, SecondHearingOptions, Sound, Stretch
from subtitling.documents import Correction, Region, Removed, Segment, Transcript, Word

OPTIONS = SecondHearingOptions(enabled=True, min_wordless_ms=1000, smeared_ms=800)


def region(start_ms: int, end_ms: int) -> Region:
    return Region(f"r{start_ms}", start_ms, end_ms, 1.0)


def words(*rows: tuple[str, int, int]) -> tuple[Word, ...]:
    return tuple(Word("", text, start, end, 0.5) for text, start, end in rows)


def said(text: str, start_ms: int, word_ms: int = 300) -> tuple[Word, ...]:
    """The words of a text one after the other."""
    return words(
        *(
            (t, start_ms + n * word_ms, start_ms + (n + 1) * word_ms)
            for n, t in enumerate(text.split())
        )
    )


def texts(some: Any) -> str:
    return " ".join(word.text for word in some)


def test_speech_is_without_words_where_none_is_near_for_long_enough() -> None:
    regions = [region(0, 3000), region(5000, 9000)]
    heard = words(("so", 500, 700), ("he", 5000, 5300), ("came", 8000, 9000))
    assert coverage.wordless(regions, heard, 1000) == [(900, 3000), (5500, 7800)]
    assert coverage.wordless(regions, heard, 2200) == [(5500, 7800)]
    assert coverage.wordless(regions, (), 1000) == [(0, 3000), (5000, 9000)]
    assert coverage.wordless([], heard, 1000) == []


def test_a_short_pause_does_not_end_a_stretch_and_does_not_count_as_speech() -> None:
    assert coverage.wordless([region(0, 400), region(600, 1000)], (), 800) == [(0, 1000)]
    assert coverage.wordless([region(0, 400), region(600, 1000)], (), 801) == []
    assert coverage.wordless([region(0, 700), region(1300, 2000)], (), 1000) == []
    apart = [region(0, 400), region(800, 1200), region(1600, 2000)]
    assert coverage.wordless(apart, (), 1000) == [(0, 2000)]
    assert coverage.speech_ms(apart, [(0, 2000)]) == 1200


@pytest.mark.parametrize(
    ("text", "length_ms", "too_long"),
    [
        ("age", 1250, False),
        ("age", 1251, True),
        ("— age.", 1251, True),
        ("wisdom", 1300, False),
        ("1,2,3,4", 3800, False),
        ("१२", 2300, False),
        ("१२", 2301, True),
    ],
)
def test_a_word_is_smeared_that_lasts_far_longer_than_its_letters_take(
    text: str, length_ms: int, too_long: bool
) -> None:
    [word] = words((text, 0, length_ms))
    assert coverage.smeared(word, 800) is too_long


def test_a_word_that_is_sung_may_be_drawn_out() -> None:
    heard = words(("oh", 0, 4000), ("so", 5000, 9000))
    assert coverage.compact(heard, [(0, 4500)], OPTIONS) == [heard[0]]


def segment(id: str, heard: tuple[Word, ...], *regions: Region) -> Segment:
    return Segment(id, 0, 1, texts(heard), heard, 0.9, tuple(r.id for r in regions))


SOUND = Sound(60_000, lambda start, _end: start)


def test_what_is_heard_again_lies_in_one_segment_or_in_none() -> None:
    first, second, third = region(0, 4000), region(4100, 6000), region(9000, 11_000)
    segments = [segment("g1", said("it was the age", 0), first), segment("g2", (), third)]
    cut_out = coverage.stretches(segments, [first, second, third], SOUND, Cut(0, 500), [], OPTIONS)
    assert [(s.segment, s.span, s.region.id, s.words, s.reason) for s in cut_out] == [
        ("g1", (1400, 4000), "r0", (), "speech without words"),
        (None, (4100, 6000), "r4100", (), "speech without words"),
        ("g2", (9000, 11_000), "r9000", (), "speech without words"),
    ]


def test_a_stretch_is_cut_out_at_the_quietest_near_it_and_within_the_film() -> None:
    asked = []

    def quietest(start_ms: int, end_ms: int) -> int:
        asked.append((start_ms, end_ms))
        return end_ms

    [one] = coverage.stretches(
        [], [region(8000, 10_500)], Sound(12_000, quietest), Cut(500, 3000), [], OPTIONS
    )
    assert asked == [(5000, 7500), (11_000, 12_000)]
    assert (one.region.listen_from_ms, one.region.listen_to_ms) == (7500, 12_000)


def test_words_smeared_over_several_calls_are_heard_again_together_or_call_by_call() -> None:
    calls = [region(0, 1500), region(1900, 3400), region(3800, 5300)]
    heard = words(("of", 0, 1600), ("wisdom.", 1900, 4400), ("It", 4400, 5300))
    segments = [segment("g1", heard, *calls)]
    whole = coverage.stretches(segments, calls, SOUND, Cut(0, 0), [], OPTIONS)
    assert [(s.span, texts(s.words), s.reason) for s in whole] == [
        ((0, 4200), "of wisdom.", "words last too long")
    ]
    apart = coverage.stretches(segments, calls, SOUND, Cut(0, 0, apart=True), [], OPTIONS)
    assert [s.span for s in apart] == [(0, 1500), (1900, 3400)]  # the rest is no word's length


def test_no_region_is_parted_and_nothing_is_longer_than_what_is_heard_at_once() -> None:
    regions = [region(0, 28_000), region(28_000, 45_000), region(45_100, 50_000)]
    cut_out = coverage.stretches([], regions, SOUND, Cut(1500, 4000), [], OPTIONS)
    assert [s.span for s in cut_out] == [(0, 28_000), (28_000, 50_000)]
    assert all(s.region.listen_to_ms - s.region.listen_from_ms <= 30_000 for s in cut_out)


def test_a_segment_is_sparse_that_says_far_less_than_its_speech_has_time_for() -> None:
    calls = [region(0, 1300), region(1700, 3000), region(3400, 4700)]
    once = segment("g1", said("it was the age of wisdom", 0, 700), *calls)
    each = segment("g1", said(" ".join(["it was the age of wisdom"] * 3), 0, 260), *calls)
    assert coverage.sparse(once, calls) and not coverage.sparse(each, calls)
    hindi = segment("g1", said("यह बुद्धि का युग था और यह मूर्खता का युग था", 0, 420), *calls)
    assert not coverage.sparse(hindi, calls)  # a letter is a syllable
    tight = segment("g1", said(" ".join(["wisdom"] * 9), 0, 150), *calls)
    assert coverage.uncovered_ms(calls, tight.words) == 2600
    assert coverage.sparse(tight, calls)
    assert not coverage.sparse(once, [region(0, 1300)])  # too short to tell


def stretch(start_ms: int, end_ms: int, *inside: Word) -> Stretch:
    return Stretch(Region("r1", start_ms, end_ms, 1.0, 400, 400), "g1", inside, "")


def test_what_was_heard_goes_between_the_words_around_it() -> None:
    have = (*said("it was the", 0), *said("of wisdom", 5000))
    new = coverage.merged(stretch(1100, 4800), have, said("best of times", 1500))
    assert texts(new) == "it was the best of times of wisdom"


def test_smeared_words_give_way() -> None:
    have = (*said("it was", 0), *words(("age", 1000, 5000)), *said("of wisdom", 5000))
    new = coverage.merged(stretch(900, 4900, have[2]), have, said("the best of times", 1500))
    assert texts(new) == "it was the best of times of wisdom"


def test_words_that_both_hearings_have_stand_once() -> None:
    have = (*said("it was the", 0), *said("the worst of times", 4000))
    second = (*said("was the best of times, it was", 300, 400), *said("the Worst of", 4100))
    new = coverage.merged(stretch(1000, 3900), have, second)
    assert texts(new) == "it was the best of times, it was the worst of times"


def test_what_is_heard_otherwise_around_a_stretch_stands_once_and_as_it_was() -> None:
    have = (*said("he came from hear", 0), *said("and when a way", 4000))
    second = (*said("came from here to see the sea", 300), *said("then went away", 3700))
    new = coverage.merged(stretch(1200, 3600), have, second)
    assert texts(new) == "he came from hear to see the sea and when a way"


def test_no_word_around_a_stretch_is_lost_though_the_seam_lies_further_away() -> None:
    have = (*said("it was the best of times", 0), *said("of wisdom", 6000))
    second = (*said("it was the", 0), *said("worst and so on", 3000))
    new = coverage.merged(stretch(2000, 5800), have, second)
    assert texts(new) == "it was the best of times worst and so on of wisdom"


@pytest.mark.parametrize("period_ms", [400, 800, 2000])
def test_a_call_that_is_repeated_is_not_taken_for_the_one_before(period_ms: int) -> None:
    def calls(first: int, last: int) -> tuple[Word, ...]:
        return words(*(("Ganga!", n * period_ms, n * period_ms + 300) for n in range(first, last)))

    new = coverage.merged(
        stretch(3 * period_ms - 50, 7 * period_ms - 50),
        (*calls(0, 3), *calls(7, 9)),
        calls(1, 8),
    )
    assert [w.start_ms for w in new] == [n * period_ms for n in range(9)]


def test_of_the_neighbours_words_none_comes_in_with_a_cut() -> None:
    have = (*said("come here", 0), *said("go away", 4000))
    second = (*said("hear", 350), *said("my friend", 1500), *said("so", 4300))
    assert texts(coverage.merged(stretch(900, 3700), have, second)) == (
        "come here my friend go away"
    )


@pytest.mark.parametrize(("language", "starts"), [("en", (3, 12)), ("ja", (2, 9))])
def test_a_correction_follows_its_word(language: str, starts: tuple[int, int]) -> None:
    have = said("so Kartn came", 0)
    new = [have[0], *said("and then", 300), *have[1:]]
    was = Correction("g1", starts[0], "Cartoon", "Kartn", "n1", "near", 90.0, 1.0)
    assert coverage.shifted(was, have, new, language).start == starts[1]
    assert [coverage.word_at(have, at, "en") for at in (0, 3, 7, 8, 12, 13)] == [
        0,
        1,
        1,
        2,
        2,
        None,
    ]
    with pytest.raises(ValueError, match="no word of 'Kartn'"):
        coverage.shifted(was, have, [have[0]], language)


def test_how_well_words_fit_is_a_mean_by_letters() -> None:
    some = [Word("", "a", 0, 1, 1.0), Word("", "bcd", 1, 2, 0.2), Word("", "e", 2, 3, None)]
    assert coverage.agreement(some) == 0.4
    assert coverage.agreement(some[2:]) is None


def test_where_text_was_taken_out_nothing_is_heard_again() -> None:
    some = [region(0, 900), region(1000, 1900)]
    gone = Removed(0, 900, "you", ("artefact",), ("r0",))
    assert coverage.outside(some, coverage.taken_out([gone])) == some[1:]


def test_speech_without_words_is_heard_in_the_language_beside_it() -> None:
    first, second, third, last = (region(at, at + 900) for at in (0, 1000, 5000, 8000))
    made = (
        Segment("g1", 0, 900, "नहीं", (), 0.9, (first.id,)),
        Segment("g2", 8000, 8900, "No.", (), 0.9, (last.id,), language="en"),
    )
    transcript = Transcript("hi", 0.9, "none", made)
    assert coverage.by_language([first, second, third, last], transcript) == {
        "hi": [first, second], "en": [third, last]
    }  # fmt: skip
    assert coverage.by_language([first], Transcript("hi", 0.9, "none", ())) == {"hi": [first]}
