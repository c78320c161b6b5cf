"""The checks of the muxed film: whatever is lost or moved is an error."""

from dataclasses import replace

import pytest
from muxed_films import srt

from lineage.problem import Problem
from subtitling.muxing import checks
from subtitling.muxing.stream_tally import StreamTally, Tally


def row(**changed) -> StreamTally:
    plain = {
        "kind": "video", "codec": "h264", "language": "", "title": "", "marks": (), "packets": 9,
        "bytes": 99, "sum": 7, "first_us": 0, "last_us": 5_000_000,
    }  # fmt: skip
    return StreamTally(**{**plain, **changed})


ABOUT = {"language": "", "title": "", "marks": ()}
WIDE = row(pixel=1.4222)
SOUND = row(kind="audio", codec="aac", language="hin", places_us=(0, 2_500_000, 5_000_000))


def test_a_film_that_holds_what_was_planned_passes_wherever_it_begins():
    later = [
        replace(
            r,
            first_us=r.first_us + 21_000,
            last_us=r.last_us + 21_000,
            places_us=tuple(time + 21_000 for time in r.places_us),
        )
        for r in (row(), SOUND)
    ]
    checks.compare([row(), SOUND], later, "mp4")


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([row()], "holds"),
        ([row(), replace(SOUND, codec="ac3")], "holds"),
        ([row(pixel=1.0), SOUND], "shown with pixels of 1.0000, not 1.4222 times"),
        ([row(tag="pt"), SOUND], "is called"),
        ([WIDE, replace(SOUND, language="eng")], "is called"),
        ([WIDE, replace(SOUND, marks=("default",))], "is called"),
        ([WIDE, replace(SOUND, packets=8)], "has 8 packets, not 9"),
        ([WIDE, replace(SOUND, sum=8)], "other content"),
        ([WIDE, replace(SOUND, first_us=40_000)], "begins 40 ms off"),
        ([WIDE, replace(SOUND, last_us=4_000_000)], "ends -1000 ms off"),
        ([WIDE, replace(SOUND, places_us=(0, 2_603_000, 5_000_000))], "at 2.5 s, 103 ms off"),
    ],
)
def test_whatever_is_lost_or_moved_is_an_error(rows, text):
    with pytest.raises(Problem, match=text):
        checks.compare([row(pixel=64 / 45), SOUND], rows, "matroska,webm")


def test_a_sound_that_the_program_wrote_may_be_off_by_less_than_a_frame_and_a_picture_not():
    near = replace(SOUND, last_us=5_020_000, places_us=(0, 2_480_000, 5_020_000))
    checks.compare([row(), SOUND], [row(), near], "avi", by_program=True)
    for rows, by_program in (
        ([row(), near], False),
        ([row(), replace(SOUND, last_us=5_030_000)], True),
        ([row(last_us=5_020_000), SOUND], True),
    ):
        with pytest.raises(Problem, match="ms off"):
            checks.compare([row(), SOUND], rows, "avi", by_program=by_program)


def test_times_that_were_mended_in_many_packets_are_an_error_and_in_few_are_not():
    few, many = (replace(SOUND, packets=1000, corrected=n, moved_us=300_000) for n in (30, 80))
    checks.compare([row(), few], [row(), replace(SOUND, packets=1000)], "flv")
    with pytest.raises(
        Problem, match="80 of 1000 packets have times in the film that go backwards"
    ):
        checks.compare([row(), many], [row(), replace(SOUND, packets=1000)], "flv")


def test_times_are_kept_of_every_nth_packet_the_same_n_for_the_same_number():
    before, after = Tally(), Tally()
    for number in range(1000):
        before.add(b"a", number * 10, counts=number != 32)
        after.add(b"a", number * 10)
    assert after.row("", "", ABOUT).places_us == tuple(range(0, 10_000, 160))
    assert before.row("", "", ABOUT).places_us == (0, 160, None, *range(480, 10_000, 160))


def test_payload_may_change_its_shape_only_from_containers_that_pack_otherwise():
    changed = [replace(row(), bytes=120, sum=8)]
    checks.compare([row()], changed, "mpegts")
    with pytest.raises(Problem, match="other content"):
        checks.compare([row()], changed, "mov,mp4,m4a,3gp,3g2,mj2")


@pytest.mark.parametrize(
    ("cues", "text"),
    [
        ([], "1 cues, its track in the muxed film 0"),
        ([(1_000_000, 1_400_000, "beat 2")], "cue 1"),
        ([(1_010_000, 1_400_000, "beat 1")], "cue 1"),
    ],
)
def test_a_cue_that_is_missing_or_other_or_elsewhere_is_an_error(tmp_path, cues, text):
    path = srt(tmp_path / "a.srt", [1000])
    checks.check_cues(path, [(1_000_000, 1_400_000, "beat 1")], 0)
    checks.check_cues(path, [(1_021_000, 1_421_000, "beat 1")], 21_000)
    with pytest.raises(Problem, match=text):
        checks.check_cues(path, cues, 0)
