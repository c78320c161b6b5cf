"""The history of a track: what follows from it, and what undoing does."""

from dataclasses import replace

import pytest

from subtitling.desk import history, review
from subtitling.desk.cues import Part, TextCue
from subtitling.desk.history import Conflict, Entry, Kind, Track
from subtitling.documents import By, ReviewedChange, WrittenCue

A = TextCue("a", 0, 1000, "one")
B = TextCue("b", 1000, 2000, "two")


def begun() -> Track:
    return Track([Entry(1, By("", "t0"), "begin", (Part((), (A, B)),))])


def do(track: Track, who: str, kind: Kind, *parts: Part, **more: object) -> None:
    number = len(track.entries) + 1
    track.add(Entry(number, By(who, f"t{number}"), kind, parts, **more))  # type: ignore[arg-type]


def undo(track: Track, who: str) -> None:
    some = track.undoing(who)
    assert some
    do(track, who, "undo", *some[1], of=tuple(some[0]))


def redo(track: Track, who: str) -> None:
    some = track.redoing(who)
    assert some
    do(track, who, "redo", *some[1], of=tuple(some[0]))


def text(cue: TextCue, text_: str) -> Part:
    return Part((cue,), (replace(cue, text=text_),))


def test_a_run_of_keystrokes_is_undone_at_once_and_done_again() -> None:
    track = begun()
    do(track, "Asha", "text", text(A, "one."), run="r1")
    do(track, "Asha", "text", text(track.cues["a"], "one.."), run="r1")
    do(track, "Asha", "text", text(B, "two!"), run="r2")
    undo(track, "Asha")
    assert (track.cues["a"].text, track.cues["b"].text) == ("one..", "two")
    undo(track, "Asha")
    assert track.cues == {"a": A, "b": B}
    assert track.undoing("Asha") is None
    redo(track, "Asha")
    redo(track, "Asha")
    assert (track.cues["a"].text, track.cues["b"].text) == ("one..", "two!")
    assert track.redoing("Asha") is None


def test_undo_outlives_a_restart() -> None:
    track = begun()
    for n in range(200):
        do(track, "Asha", "text", text(track.cues["a"], f"one {n}"), run=f"r{n}")
    rows = [history.plain(entry) for entry in track.entries]
    again = Track(map(history.entry_of, rows))
    assert again.entries == track.entries
    for _ in range(200):
        undo(again, "Asha")
    assert again.cues == {"a": A, "b": B}


def test_everybody_undoes_their_own_work_alone() -> None:
    track = begun()
    do(track, "Asha", "text", text(A, "one!"), run="r1")
    do(track, "Bela", "text", text(B, "two!"), run="r2")
    undo(track, "Asha")
    assert (track.cues["a"], track.cues["b"].text) == (A, "two!")


def test_what_somebody_else_changed_since_is_not_undone_under_them() -> None:
    track = begun()
    do(track, "Asha", "text", text(A, "one!"), run="r1")
    do(track, "Bela", "text", text(track.cues["a"], "one!?"), run="r2")
    before = dict(track.cues)
    with pytest.raises(Conflict):
        undo(track, "Asha")
    assert track.cues == before


def test_two_who_change_one_cue_do_not_overwrite_each_other() -> None:
    track = begun()
    do(track, "Asha", "text", text(A, "hers"))
    with pytest.raises(Conflict) as conflict:
        do(track, "Bela", "text", text(A, "his"))
    assert conflict.value.cues == ("a",)
    assert track.cues["a"].text == "hers"


def test_an_approval_is_of_a_cue_as_it_was() -> None:
    track = begun()
    do(track, "Asha", "approve", cues=("a",))
    assert track.approved(A) == By("Asha", "t2")
    do(track, "Bela", "text", text(A, "one!"), run="r")
    assert track.approved(track.cues["a"]) is None
    undo(track, "Bela")
    assert track.approved(track.cues["a"]) == By("Asha", "t2")


def test_the_review_tells_what_was_changed_from_what_to_what_whatever_was_between() -> None:
    track = begun()
    halves = (replace(A, end_ms=500, text="o"), TextCue("n", 500, 1000, "ne"))
    do(track, "Asha", "split", Part((A,), halves))
    do(track, "Bela", "text", text(track.cues["n"], "new"))
    do(track, "Bela", "text", text(B, "2"))
    do(track, "Bela", "text", text(track.cues["b"], "two"))
    assert history.changes(track) == [
        ReviewedChange(
            (WrittenCue(0, 1000, "one"),),
            (WrittenCue(0, 500, "o"), WrittenCue(500, 1000, "new")),
            (By("Asha", "t2"), By("Bela", "t3")),
        )
    ]
    done = review.review(track, "en")
    assert [row.corrected and row.corrected.who for row in done.cues] == ["Asha", "Bela", None]


def test_the_approval_of_a_track_falls_with_its_next_change() -> None:
    track = begun()
    do(track, "Asha", "approve track", value=review.digest(track))
    assert review.review(track, "en").approved == By("Asha", "t2")
    do(track, "Bela", "text", text(A, "one!"), run="r")
    assert review.review(track, "en").approved is None


def test_comments_stay_with_their_cue_until_they_are_done() -> None:
    track = begun()
    do(track, "Asha", "comment", value="who is this?", cues=("b",))
    do(track, "Bela", "delete", Part((B,), ()))
    do(track, "Bela", "done", value="2")
    (comment,) = review.comments(track)
    assert (comment.by.who, comment.start_ms, comment.done) == ("Asha", None, True)
