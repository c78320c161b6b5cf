"""What a cue's lines have besides its words: the marks of a song, the dashes of two speakers."""

from collections.abc import Sequence
from dataclasses import replace

from subtitling.subtitles.frames import FrameRules
from subtitling.subtitles.units import Unit


def second_speaker(group: Sequence[Unit]) -> int:
    """The number of the unit at which a second speaker begins; 0 where there is none."""
    return next((n for n, unit in enumerate(group) if n and unit.turn), 0)


def width(group: Sequence[Unit], limit: FrameRules) -> int:
    """The number of characters, with spaces, of a song's marks in a cue of the group, or of the
    dashes of two speakers."""
    if second_speaker(group):
        return sum(map(len, limit.rules.dashes))
    mark = limit.rules.song_mark
    return 2 * (len(mark) + 1) if mark and group[0].sung else 0


def room(group: Sequence[Unit], limit: FrameRules) -> FrameRules:
    """The limit with room left on each line for the marks of the group."""
    left = limit.rules.max_chars_per_line - width(group, limit)
    return replace(limit, rules=replace(limit.rules, max_chars_per_line=max(1, left)))


def marked(group: Sequence[Unit], text: tuple[str, ...], limit: FrameRules) -> tuple[str, ...]:
    """The lines of a cue, with the marks of a song at both ends where it is one, or a dash before
    each of two speakers."""
    if second_speaker(group):
        return tuple(f"{dash}{line}" for dash, line in zip(limit.rules.dashes, text, strict=True))
    if not width(group, limit):
        return text
    mark = limit.rules.song_mark
    begun = (f"{mark} {text[0]}", *text[1:])
    return (*begun[:-1], f"{begun[-1]} {mark}")
