"""A film's frames, and the rules of reading counted in them."""

from dataclasses import dataclass
from math import ceil, floor

from subtitling.subtitles.rules import Rules


@dataclass(frozen=True)
class Frames:
    """The film's frames. A time is that of a frame, rounded down to a millisecond, so that the cue
    appears with that frame, and not before."""

    rate: float

    def ms(self, frame: int) -> int:
        """The time of a frame in ms."""
        return floor(round(frame * 1000 / self.rate, 6))

    def at(self, ms: float) -> int:
        """The frame that is shown at a time."""
        return floor(round(ms * self.rate / 1000, 6))

    def nearest(self, ms: float) -> int:
        """The frame that begins nearest to a time."""
        return round(ms * self.rate / 1000)

    def count(self, ms: float) -> int:
        """The smallest number of frames that last at least `ms`."""
        return ceil(round(ms * self.rate / 1000, 6))

    @property
    def half_second(self) -> int:
        """The frames of half a second, as style guides count them: 12 at 24, 13 at 25."""
        return floor(self.rate / 2 + 0.5)

    @property
    def hold(self) -> int:
        """The most frames that an in-time waits for a cut: fewer than three quarters of half a
        second, 8 at 24, 9 at 25, 22 at 60.

        Netflix Timed Text Style Guide, Subtitle Timing Guidelines: 8 frames at 24; at other rates
        as Subtitle Edit scales them.
        """
        return floor(0.75 * self.half_second + 0.5) - 1


@dataclass(frozen=True)
class FrameRules:
    """Rules at a film's frame rate; durations are numbers of frames."""

    rules: Rules
    frames: Frames
    shortest: int
    longest: int
    gap: int
    close_gap: int

    def needed(self, chars: int) -> int:
        """The shortest duration of a text of `chars` characters, in frames."""
        return max(
            1, self.shortest, self.frames.count(chars * 1000 / self.rules.max_chars_per_second)
        )


def frame_rules(rules: Rules, rate: float) -> FrameRules:
    """The rules for a film of `rate` frames a second."""
    frames = Frames(rate)
    return FrameRules(
        rules,
        frames,
        shortest=frames.count(rules.min_duration_ms),
        longest=max(1, frames.at(rules.max_duration_ms)),
        gap=rules.min_gap_frames,
        close_gap=frames.count(rules.close_gap_ms),
    )
