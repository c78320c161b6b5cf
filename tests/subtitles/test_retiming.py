"""Times of cues that a person has rewritten: those of their words."""

from dataclasses import replace

import pytest

from subtitling.documents import Change, Cue, Word
from subtitling.subtitles import frames, retiming, rules

LIMIT = frames.frame_rules(rules.of(rules.table("netflix", {}), "en"), 25.0)
# A word each half second from 1 s on, 400 ms long; the sound begins 200 ms into the film.
WORDS = [Word(f"w{n}", f"word{n}", 1000 + 500 * n, 1400 + 500 * n, None) for n in range(12)]
OFFSET_MS, LENGTH_MS = 200, 20_000


def cue(number: int, start_ms: int, end_ms: int, *words: int, text: str = "some words") -> Cue:
    return Cue(f"c{number}", start_ms, end_ms, (text,), tuple(f"w{n}" for n in words))


def retimed(cues: list[Cue], *ids: str) -> retiming.Retimed:
    return retiming.retimed(cues, ids, WORDS, OFFSET_MS, LENGTH_MS, LIMIT)


def test_the_halves_of_a_split_cue_come_with_their_words() -> None:
    before = [cue(1, 1200, 4600, 0, 1, 2), cue(2, 1200, 4600, 3, 4, 5), cue(3, 5000, 6600, 8, 9)]
    done = retimed(before, "c1", "c2")
    # From word 0 at 1200 ms until two frames before word 3 at 2700 ms, from there to word 5's end.
    assert [(c.start_ms, c.end_ms) for c in done.cues] == [(1200, 2600), (2680, 4120), (5000, 6600)]
    assert done.kept == []


def test_a_cue_that_holds_two_lasts_until_the_last_word_ends() -> None:
    done = retimed([cue(1, 1200, 1900, 0, 1, 2, 3), cue(2, 9000, 9990, 11)], "c1")
    assert (done.cues[0].start_ms, done.cues[0].end_ms) == (1200, 3120)


def test_a_longer_text_stays_until_it_is_read_and_ends_before_the_next_comes() -> None:
    long = cue(1, 1200, 1500, 0, text="x" * 40)  # 2 s at 20 characters a second
    assert retimed([long, cue(2, 9000, 9990, 11)], "c1").cues[0].end_ms == 3200
    assert retimed([long, cue(2, 2400, 3400, 2)], "c1").cues[0].end_ms == 2320


def test_untouched_cues_stay_to_the_millisecond() -> None:
    odd = [cue(1, 1203, 1899, 0), cue(2, 2101, 2999, 2), cue(3, 3333, 4444, 4)]
    done = retimed(odd, "c2")
    assert (done.cues[0], done.cues[2]) == (odd[0], odd[2])
    assert done.cues[1].start_ms >= 1899 + 80


@pytest.mark.parametrize(
    ("lost", "why"),
    [(cue(2, 2400, 2900), "no word"), (cue(2, 2400, 2900, 11), "no room")],
)
def test_a_cue_without_a_word_or_room_stays_and_is_named(lost: Cue, why: str) -> None:
    before = [cue(1, 1200, 1900, 0), lost, cue(3, 3000, 3900, 4)]
    done = retimed(before, "c2")
    assert done.cues == before
    assert len(done.kept) == 1 and why in done.kept[0] and "00:00:02" in done.kept[0]


def test_times_that_a_person_has_set_alone_are_no_rewriting() -> None:
    changes = [Change("time", "c1", cue(1, 0, 1, 0)), Change("text and time", "c2", None)]
    changes += [Change("added", "c3", None), Change("removed", None, cue(4, 0, 1)),
                Change("look", "c5", None)]  # fmt: skip
    assert retiming.rewritten(changes) == {"c2", "c3"}


def test_no_cue_overlaps_the_one_before_it() -> None:
    early = [cue(1, 1200, 2500, 0), replace(cue(2, 2600, 3600, 1), lines=("two",))]
    done = retimed(early, "c2")  # its word is said at 1700 ms, while the first cue is shown
    assert done.cues[1].start_ms >= 2500 + 80
