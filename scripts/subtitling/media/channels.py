"""The channels of a track: which of them is listened to."""

import re
from collections.abc import Sequence
from pathlib import Path

from lineage.problem import Problem
from subtitling.documents import Stream

MIX, SEPARATE = "mix", "separate"
# By ffmpeg's names: of a plain layout, and of a stereo mix of surround sound.
_SIDES = {"left": ("FL", "DL"), "right": ("FR", "DR"), "centre": ("FC",)}
_NAMELESS = {"left": 0, "right": 1}  # places in a layout whose channels have no names


def arguments(film: Path | str, track: Stream, wanted: str) -> list[str] | None:
    """ffmpeg's arguments that make one channel of a track; None where they are mixed, or kept.
    Raises Problem where the track has no such channel."""
    if wanted in (MIX, SEPARATE):
        return None
    layout = track.layout or f"{track.channels or 0} channels"
    names = names_of(layout)
    if not names and _NAMELESS.get(wanted, 99) < _count(layout):
        return ["-af", f"pan=mono|c0=c{_NAMELESS[wanted]}"]
    for name in _SIDES[wanted]:
        if name in names:
            # A broadcast may change its channels midway: mono is in both of two then.
            return ["-af", f"aformat=channel_layouts={layout},pan=mono|c0={name}"]
    raise Problem(
        f"{film}: demux.channels is {wanted}, but audio stream {track.index} is {layout}"
        f"{f' ({chr(32).join(names)})' if names else ''}: take another channel, or mix"
    )


def names_of(layout: str) -> Sequence[str]:
    """The channels of one of ffmpeg's layouts, in order, by its names; empty where they have none:
    `5.1` gives FL FR FC LFE BL BR, `4 channels` nothing."""
    import av

    if named := re.search(r"\(([^()]*\+[^()]*)\)", layout):
        return tuple(named[1].split("+"))
    if _count(layout) or layout.startswith("ambisonic"):
        return ()
    return tuple(channel.name for channel in av.AudioLayout(layout).channels)


def _count(layout: str) -> int:
    """The number of channels without names."""
    given = re.fullmatch(r"(\d+) channels", layout)
    return int(given[1]) if given else 0
