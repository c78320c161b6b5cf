"""When speech begins out of quiet, to a few milliseconds: its loudness rises there.

A detector of speech says where somebody speaks, and its edges are wrong by up to a tenth of a
second. The moment at which a sound becomes louder than what was before is exact, but says nothing
of speech. So it is looked for where speech was detected, and given only where quiet comes before.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from subtitling.media.audio_file import SPEECH_RATE, Sound

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, Any]

_BEFORE_MS, _AFTER_MS = 400, 300  # of an edge of detected speech, where its onset may be
_WINDOW_MS = 4  # whose power is the loudness at its end
_FLOOR = 1e-7  # of the power of full scale: below it are the traces of a codec
_RISE_DB, _CONTRAST_DB = 10, 15  # above the quiet before: of an onset, of the speech after it
_QUIET_SHARE, _LOUD_SHARE = 20, 90  # percentiles that are the quiet, and the speech
_QUIET_MS = 60  # before an onset
_STEADY_MS, _STEADY_SHARE = 30, 0.8  # what follows an onset is loud


def onsets(sound: Sound, edges_ms: Iterable[int]) -> list[int]:
    """The moments, in ms, at which speech begins near the edges of what a detector heard."""
    near = (_onset(sound, at) for at in edges_ms)
    return sorted({at for at in near if at is not None})


def _onset(sound: Sound, edge_ms: int) -> int | None:
    """The onset nearest to an edge; None where the sound before is as loud as the speech."""
    import numpy as np

    first = edge_ms - _BEFORE_MS
    if first < _WINDOW_MS:
        return None
    loudness = _loudness(sound, first, edge_ms + _AFTER_MS)
    if len(loudness) <= _BEFORE_MS:
        return None
    quiet = np.percentile(loudness[:_BEFORE_MS], _QUIET_SHARE)
    if np.percentile(loudness, _LOUD_SHARE) < quiet + _CONTRAST_DB:
        return None
    rises = _rises(loudness > quiet + _RISE_DB)
    at = min(rises, key=lambda ms: abs(ms - _BEFORE_MS), default=None)
    return None if at is None else first + at - 1  # the first loud ms is a window's last


def _loudness(sound: Sound, first_ms: int, last_ms: int) -> "Samples":
    """The loudness at each ms from the first on, in dB."""
    import numpy as np

    step = SPEECH_RATE // 1000
    samples: Samples = sound[(first_ms - _WINDOW_MS) * step : last_ms * step].astype(np.float64)
    sums = np.concatenate([[0.0], np.cumsum(np.square(samples))])[::step]
    power: Samples = np.maximum(sums[_WINDOW_MS:] - sums[:-_WINDOW_MS], 0) / (_WINDOW_MS * step)
    decibels: Samples = 10 * np.log10(power + _FLOOR)
    return decibels


def _rises(loud: "Samples") -> Iterator[int]:
    """Where it becomes loud after enough quiet, and stays so."""
    import numpy as np

    changes: Samples = np.flatnonzero(np.diff(loud.astype(np.int8))) + 1
    for before, at in pairwise([0, *changes.tolist()]):
        steady = loud[at : at + _STEADY_MS]
        if steady[0] and at - before >= _QUIET_MS and steady.mean() >= _STEADY_SHARE:
            yield at
