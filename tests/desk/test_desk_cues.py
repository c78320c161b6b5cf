"""What can be done with a cue: pure operations, each with the part of the track it replaces."""

import pytest

from lineage.problem import Problem
from subtitling.desk import cues as desk
from subtitling.desk.cues import Bounds, Part, Search, TextCue
from subtitling.subtitles.frames import Frames

AT_25 = Bounds(Frames(25.0), 60_000)
ONE = TextCue("c1", 1000, 3000, "It was the best of times.")
TWO = TextCue("c2", 3080, 5000, "It was the worst of times.")


def new() -> str:
    return "n1"


def test_a_cue_is_split_where_the_second_part_begins_two_frames_apart() -> None:
    part = desk.split(ONE, 11, 2000, 2, AT_25, new)
    assert part.after == (
        TextCue("c1", 1000, 1920, "It was the"),
        TextCue("n1", 2000, 3000, "best of times."),
    )


def test_italics_are_closed_and_opened_again_at_a_split() -> None:
    cue = TextCue("c1", 0, 2000, "<i>so it was</i>")
    first, second = desk.split(cue, 6, 1000, 2, AT_25, new).after
    assert (first.text, second.text) == ("<i>so</i>", "<i>it was</i>")


@pytest.mark.parametrize("at", [0, 25])
def test_a_split_that_leaves_one_side_empty_is_refused(at: int) -> None:
    with pytest.raises(Problem, match="put the cursor where"):
        desk.split(ONE, at, 2000, 2, AT_25, new)


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        (1013, 2990, (1000, 3000)),  # to the nearest frame
        (-500, 900, (0, 880)),
        (2000, 1000, (2000, 2040)),  # a frame at least
        (59_990, 99_000, (59_960, 60_000)),  # within the film
    ],
)
def test_a_cue_stays_on_frames_and_in_the_film(
    start: int, end: int, times: tuple[int, int]
) -> None:
    after = desk.move(ONE, start, end, AT_25).after[0]
    assert (after.start_ms, after.end_ms) == times


def test_joining_keeps_the_text_of_both_and_splitting_undoes_nothing_else() -> None:
    part = desk.join(ONE, TWO)
    whole = TextCue("c1", 1000, 5000, "It was the best of times.\nIt was the worst of times.")
    assert part == Part((ONE, TWO), (whole,))
    assert part.reversed == Part((whole,), (ONE, TWO))


def test_a_new_cue_takes_the_room_that_there_is() -> None:
    assert desk.insert(5000, 6000, 2, AT_25, new).after == (TextCue("n1", 5000, 5920, ""),)
    assert desk.insert(5000, 50_000, 2, AT_25, new).after == (TextCue("n1", 5000, 7000, ""),)


@pytest.mark.parametrize(
    ("written", "saved"),
    [
        ("a\r\n\r\n  b \n", "a\nb"),
        ("00:00 --> 00:01", "00:00 --\u2060> 00:01"),
        ("12", "12\u2060"),
        ("bell\x07\x00", "bell"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u202bسلام\u202c", "سلام"),
        ("{\\an8}<i>up</i>", "{\\an8}<i>up</i>"),
    ],
)
def test_text_is_saved_so_that_the_file_can_be_read(written: str, saved: str) -> None:
    assert desk.clean(written) == saved


def test_the_file_is_read_again_as_it_was_written(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from subtitling.subtitles.formats import subtitle_files

    hostile = "<script>alert(1)</script> --> {\\pos(0,0)} & \\N 7"
    cues = [
        ONE,
        TWO,
        TextCue("c3", 6000, 7000, desk.clean(hostile)),
        TextCue("c4", 8000, 9000, ""),
        TextCue("c5", 9000, 9900, desk.clean("12\n13")),
    ]
    (tmp_path / "en.srt").write_text(desk.file_text(cues), "utf-8")
    again = subtitle_files.read(tmp_path / "en.srt")
    assert [(c.start_ms, c.end_ms, "\n".join(c.body)) for c in again.cues] == [
        (c.start_ms, c.end_ms, c.text) for c in cues if c.text
    ]


def test_lines_from_right_to_left_are_embedded_after_the_place() -> None:
    text = desk.file_text([TextCue("c1", 0, 1000, "{\\an8}وہ گیا\nگھر")])
    assert "{\\an8}\u202bوہ گیا\u202c\n\u202bگھر\u202c\n" in text


@pytest.mark.parametrize(
    ("search", "after"),
    [
        (Search("mohan", "Rohan"), ["Rohan met\nRohan.", "Rohanlal came."]),
        (Search("mohan", "Rohan", whole_words=True), ["Rohan met\nRohan."]),
        (Search("mohan", "Rohan", match_case=True), []),
        (Search("met mohan", "saw Rohan"), ["Mohan saw Rohan."]),
        (Search(".", "!"), ["Mohan met\nMohan!", "Mohanlal came!"]),
        (Search("Mohan", r"\1"), ["\\1 met\n\\1.", "\\1lal came."]),
    ],
)
def test_a_replacement_is_shown_before_it_is_done(search: Search, after: list[str]) -> None:
    cues = [TextCue("a", 0, 9, "Mohan met\nMohan."), TextCue("b", 9, 19, "Mohanlal came.")]
    parts = desk.replaced(cues, search)
    assert [part.after[0].text for part in parts] == after


def test_a_whole_word_of_devanagari_has_its_vowel_signs() -> None:
    cues = [TextCue("a", 0, 9, "मोहन आया"), TextCue("b", 9, 19, "मोहनी आई")]
    parts = desk.replaced(cues, Search("मोहन", "सोहन", whole_words=True))
    assert [part.after[0].text for part in parts] == ["सोहन आया"]


def test_words_go_with_their_part_of_the_text() -> None:
    part = desk.split(ONE, 11, 2000, 2, AT_25, new)
    words = {"c1": tuple(f"w{n}" for n in range(6))}
    assert desk.shared_words(part, words) == {"c1": ("w0", "w1", "w2"), "n1": ("w3", "w4", "w5")}
    assert desk.shared_words(part.reversed, desk.shared_words(part, words)) == words


def test_a_split_is_timed_by_the_word_that_follows() -> None:
    times = [(1000 + 300 * n, 1250 + 300 * n) for n in range(6)]
    assert desk.split_time_ms(ONE, 11, times) == 1900
    assert desk.split_time_ms(ONE, 11, []) == 1880
