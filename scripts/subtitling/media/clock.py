"""The film's clock: 0 where the container starts, and no jumps."""

from fractions import Fraction

JUMP_US = 10_000_000


class Base:
    """The unit of a stream's times, a fraction of a second."""

    __slots__ = ("_den", "_num")

    def __init__(self, seconds: Fraction):
        self._num, self._den = seconds.numerator * 1_000_000, seconds.denominator

    def micro(self, time: int) -> int:
        """A time in this unit as microseconds."""
        return time * self._num // self._den

    def ticks(self, time_us: int) -> int:
        """Microseconds in this unit, rounded."""
        return (2 * time_us * self._den + self._num) // (2 * self._num)


class Clock:
    """Puts timestamps on the film's clock, in microseconds.

    Transport and program streams may reset their time midway: joined recordings, broadcasts. Then
    every stream jumps, and what follows is moved to continue the film. A jump is more than
    `JUMP_US` away both from the stream's own last time and from the file's; a gap in one stream (no
    sound for a while) is near the file's time, and a stream that runs apart from the others is near
    its own, so neither is taken for one.
    """

    def __init__(self, start_us: int, *, may_jump: bool):
        self._offsets = [-start_us]
        self._may_jump = may_jump
        self._offset: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._step: dict[int, int] = {}
        self._now: int | None = None

    @property
    def jumps(self) -> int:
        """The number of resets so far."""
        return len(self._offsets) - 1

    def place(self, stream: int, time_us: int) -> int:
        """Return a time of `stream` on the film's clock; to be called in file order for each
        stream."""
        if not self._may_jump:
            return time_us + self._offsets[0]
        offset = self._offset.get(stream, self._offsets[-1])
        now = self._now
        if now is not None and self._leaps(stream, time_us + offset, now):
            offset = min(self._offsets, key=lambda known: abs(time_us + known - now))
            if stream in self._last and abs(time_us + offset - now) > JUMP_US:
                offset = self._last[stream] + self._step.get(stream, 0) - time_us
                self._offsets.append(offset)
        placed = time_us + offset
        self._offset[stream] = offset
        if stream in self._last:
            self._step[stream] = max(0, placed - self._last[stream])
        self._last[stream] = self._now = placed
        return placed

    def _leaps(self, stream: int, placed: int, now: int) -> bool:
        own = self._last.get(stream)
        return abs(placed - now) > JUMP_US and (own is None or abs(placed - own) > JUMP_US)
