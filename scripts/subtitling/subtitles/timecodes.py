"""SMPTE timecode: the label of each frame, as 10:00:00:00, with and without drop frame.

Source: SMPTE ST 12-1:2014. Its clause on drop frame leaves out, at 30 counted frames, the labels 00
and 01 of every minute but each tenth, so that labels keep up with a clock at 30000/1001 frames a
second. Above 30 frames a second a label stands for a pair of frames, as it says too.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property

from lineage.problem import Problem

NTSC = Fraction(30_000, 1001)
# What broadcast means by 23.976, 24, 25, 29.97 and 30.
_RATES = (Fraction(24_000, 1001), Fraction(24), Fraction(25), NTSC, Fraction(30))
_OTHERS = Fraction(25)
_NEAR = 0.0005  # 23.976 and 24 are twice as far apart
_LABEL = re.compile(r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)[:;](\d\d)", re.ASCII)
DROPPED_PER_MINUTE = 2


@cache
def rate_of(frame_rate: float) -> Fraction:
    """The exact rate that labels are counted at for a film of `frame_rate` frames a second; half of
    it above 30. What broadcast does not know (12.5, a varying rate) is counted at 25."""
    for rate in _RATES:
        for frames_per_label in (1, 2, 4):
            if abs(frame_rate / float(rate * frames_per_label) - 1) < _NEAR:
                return rate
    return _OTHERS


@dataclass(frozen=True)
class Timecode:
    """Labels for frames at `rate`; `drop` leaves labels out, `first` is the number, counted from
    label zero, of the label that the film's first frame has."""

    rate: Fraction
    drop: bool = False
    first: int = 0

    @classmethod
    @cache
    def of(cls, rate: Fraction, start: str) -> "Timecode":
        """With the label of the film's first frame. A semicolon before its frames asks for drop
        frame, which only 29.97 has; at other rates it is a colon."""
        bare = cls(rate, drop=";" in start and rate == NTSC)
        return cls(rate, bare.drop, bare.number(start))

    @cached_property
    def nominal(self) -> int:
        """The number of frames that are counted in a second of labels."""
        return round(self.rate)

    def frame(self, ms: float) -> int:
        """The frame of the film that begins nearest to a time."""
        return round(ms * self.rate / 1000)

    def ms(self, frame: int) -> int:
        """The time of a frame, rounded down to a millisecond, as `frames.Frames` has it."""
        return int(frame * 1000 / self.rate)

    def label(self, frame: int) -> str:
        """The label of a frame of the film; a day after 00:00:00:00 they begin again."""
        number = frame + self.first
        if self.drop:
            ten_minutes = 10 * 60 * self.nominal - 9 * DROPPED_PER_MINUTE
            minute = 60 * self.nominal - DROPPED_PER_MINUTE
            tens, rest = divmod(number, ten_minutes)
            # The first minute of ten is whole.
            minutes = max(0, rest - DROPPED_PER_MINUTE) // minute
            number += DROPPED_PER_MINUTE * (9 * tens + minutes)
        seconds, frames = divmod(number, self.nominal)
        hours, minutes, seconds = seconds // 3600 % 24, seconds // 60 % 60, seconds % 60
        mark = ";" if self.drop else ":"
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{frames:02d}"

    def number(self, label: str) -> int:
        """The number of a label, counted from label zero. Raises Problem for what is none."""
        match = _LABEL.fullmatch(label)
        if not match or int(match[4]) >= self.nominal:
            raise Problem(
                f"{label!r} is no timecode at {float(self.rate):.6g} frames a second: write it as "
                "10:00:00:00, with a semicolon before the frames for drop frame"
            )
        hours, minutes, seconds, frames = map(int, match.groups())
        if self.drop and minutes % 10 and not seconds:
            frames = max(frames, DROPPED_PER_MINUTE)  # the labels before it do not exist
        minutes += 60 * hours
        number = (60 * minutes + seconds) * self.nominal + frames
        return number - DROPPED_PER_MINUTE * (minutes - minutes // 10) * self.drop

    @cached_property
    def day(self) -> int:
        """The number of labels of a day, after which they begin again."""
        return self.number(f"23:59:59:{self.nominal - 1:02d}") + 1

    def position(self, label: str) -> int:
        """The frame of the film that has a label, less than a day after its first."""
        return (self.number(label) - self.first) % self.day
