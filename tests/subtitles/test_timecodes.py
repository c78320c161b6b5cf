"""The labels of frames, against the figures of SMPTE ST 12-1 and of clocks."""

from fractions import Fraction

import pytest

from lineage.problem import Problem
from subtitling.subtitles import timecodes
from subtitling.subtitles.timecodes import NTSC, Timecode, rate_of

FILM = Fraction(24_000, 1001)


@pytest.mark.parametrize(
    ("frame_rate", "rate"),
    [
        (23.976, FILM), (23.976023976, FILM), (24.0, Fraction(24)), (25, Fraction(25)),
        (29.97, NTSC), (30.0, Fraction(30)), (47.952, FILM), (48, Fraction(24)),
        (50.0, Fraction(25)), (59.94, NTSC), (60, Fraction(30)), (100, Fraction(25)),
        (12.5, Fraction(25)), (15, Fraction(25)), (26.3, Fraction(25)),
    ],
)  # fmt: skip
def test_rates_are_those_that_broadcast_means(frame_rate: float, rate: Fraction) -> None:
    assert rate_of(frame_rate) == rate


@pytest.mark.parametrize(
    ("frame", "label"),
    [
        (0, "00:00:00;00"), (1799, "00:00:59;29"), (1800, "00:01:00;02"), (3597, "00:01:59;29"),
        (3598, "00:02:00;02"), (17_981, "00:09:59;29"), (17_982, "00:10:00;00"),
        (107_892, "01:00:00;00"), (2_589_407, "23:59:59;29"), (2_589_408, "00:00:00;00"),
    ],
)  # fmt: skip
def test_drop_frame_leaves_two_labels_out_of_nine_minutes_in_ten(frame: int, label: str) -> None:
    assert Timecode(NTSC, drop=True).label(frame) == label


def test_drop_frame_keeps_up_with_the_clock_and_other_labels_do_not() -> None:
    hour = timecodes.Timecode(NTSC).frame(3_600_000)
    assert Timecode(NTSC, drop=True).label(hour) == "01:00:00;00"
    assert Timecode(NTSC).label(hour) == "00:59:56:12"
    assert Timecode(FILM).label(Timecode(FILM).frame(3_600_000)) == "00:59:56:10"
    assert Timecode(Fraction(25)).label(90_000) == "01:00:00:00"


@pytest.mark.parametrize("rate", [FILM, Fraction(24), Fraction(25), NTSC, Fraction(30)])
@pytest.mark.parametrize("start", ["00:00:00:00", "10:00:00:00", "00:58:30;00", "23:59:00;00"])
def test_every_label_leads_back_to_its_frame(rate: Fraction, start: str) -> None:
    code = Timecode.of(rate, start)
    frames = [*range(2000), *range(17_000, 19_000), 107_891, 107_892]
    assert [code.position(code.label(n)) for n in frames] == frames
    assert [code.frame(code.ms(n)) for n in frames] == frames


def test_the_film_begins_with_the_label_that_is_asked_for() -> None:
    assert Timecode.of(Fraction(25), "10:00:00:00").label(26) == "10:00:01:01"
    assert Timecode.of(Fraction(25), "10:00:00;00").label(0) == "10:00:00:00"
    assert Timecode.of(NTSC, "10:00:00;00").label(1800) == "10:01:00;02"
    assert Timecode.of(NTSC, "00:59:00;00").label(0) == "00:59:00;02"  # the first of that minute


def test_what_is_no_label_says_how_one_is_written() -> None:
    with pytest.raises(Problem, match="'10:00:00:25' is no timecode at 25 frames a second"):
        Timecode(Fraction(25)).number("10:00:00:25")
    with pytest.raises(Problem, match="write it as 10:00:00:00"):
        Timecode(Fraction(25)).number("10:00")
