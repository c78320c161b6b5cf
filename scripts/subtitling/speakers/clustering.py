"""Speaker diarization: speech is cut into pieces of one voice, and similar voices are clustered.

Windows that overlap say, frame by frame, whether somebody speaks, whether two do, and where one
voice gives way to another. Between those places lies speech of one voice, which is cut into pieces
of a second or two. Each piece gives an embedding, a vector for its voice; embeddings with similar
directions are one speaker's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem
from subtitling import spans
from subtitling.documents import Speaker, Speakers, Turn

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

# The pairwise comparison takes memory by the square of their number: 72 MB.
_COMPARED = 3000
# How fast confidence falls when another speaker's voice is nearly as similar, in cosine.
_SOFTNESS = 0.25
# Windows may place the same change of voice this many frames apart.
_SLACK = 5


# First frame or ms, the one after the last, speaker, confidence.
Row = tuple[int, int, int, float]


@dataclass(frozen=True)
class ClusteringOptions:
    """See `speakers` in the configuration."""

    step_ms: int
    max_distance: float
    min_speakers: int
    max_speakers: int
    min_speaker_ms: int
    piece_ms: int
    min_voice_ms: int
    min_turn_ms: int
    min_gap_ms: int
    batch_size: int

    def __post_init__(self) -> None:
        if 0 < self.max_speakers < self.min_speakers:
            raise Problem(
                f"speakers.min_speakers is {self.min_speakers}, more than speakers.max_speakers, "
                f"{self.max_speakers}: lower the one, or raise the other"
            )


@dataclass(frozen=True)
class Frames:
    """Averages of overlapping windows over a film's frames, one each `step_ms`, each array of shape
    (frames,): the number of voices, `speak`, and the share of windows in which another voice begins
    there, `changes`. `first_ms` is where the first frame begins."""

    speak: "Array"
    changes: "Array"
    first_ms: float
    step_ms: float

    def ms(self, frame: int) -> int:
        """The start of a frame, in ms."""
        return max(0, round(self.first_ms + frame * self.step_ms))


class Votes:
    """Accumulates windows, in any order, into the `Frames` of a film of so many frames."""

    def __init__(self, frames: int) -> None:
        import numpy as np

        self._cover: Array = np.zeros(frames, np.float32)
        self._speak: Array = np.zeros(frames, np.float32)
        self._changes: Array = np.zeros(frames, np.float32)

    def add(self, start: int, active: "Array") -> None:
        """Add a window that begins at frame `start`, shape (frames, voices): who speaks."""
        active = active[: len(self._cover) - start]
        several = active.sum(1)
        part = slice(start, start + len(active))
        self._cover[part] += 1
        self._speak[part] += several
        both = (several[1:] > 0) & (several[:-1] > 0)
        self._changes[start + 1 : start + len(active)] += both & (active[1:] != active[:-1]).any(1)

    def frames(self, first_ms: float, step_ms: float) -> Frames:
        """The averages."""
        import numpy as np

        cover = np.maximum(1, self._cover)
        return Frames(self._speak / cover, self._changes / cover, first_ms, step_ms)


def pieces(frames: Frames, options: ClusteringOptions) -> list[spans.Span]:
    """Pieces of speech of one voice, in frames, in order: cut where it pauses, where two speak,
    where another voice begins, and where it is longer than `piece_ms`."""
    import numpy as np

    alone = np.round(frames.speak) == 1
    changes = _changes(frames.changes)
    pieces_of_voices = []
    for start, end in spans.above(alone.astype(np.int8), 0.5, 0.5):
        edges = [start, *(at for at in changes if start + _SLACK < at < end - _SLACK), end]
        for a, b in pairwise(edges):
            pieces_of_voices += spans.pieces((a, b), max(1, int(options.piece_ms / frames.step_ms)))
    return pieces_of_voices


def _changes(share: "Array") -> list[int]:
    """Frames at which another voice begins in half of the windows, within some frames."""
    import numpy as np

    near = np.convolve(share, np.ones(2 * _SLACK + 1), "same")
    runs = spans.above((near >= 0.5).astype(np.int8), 0.5, 0.5)
    around = [(max(0, a - _SLACK), min(len(share), b + _SLACK)) for a, b in runs]
    return [round(float(np.average(np.arange(a, b), weights=share[a:b]))) for a, b in around]


def speakers(
    frames: Frames,
    cut: Sequence[spans.Span],
    embeddings: "Array",
    duration_ms: int,
    options: ClusteringOptions,
) -> Speakers:
    """The turns of a film's speakers, who are numbered in the order in which they come.

    `embeddings`, shape (pieces, numbers), are of length 1, or 0 where a piece is too short for any;
    such a piece is assigned to the speaker of the nearest one.
    """
    import numpy as np

    lasting = np.array([(end - start) * frames.step_ms for start, end in cut])
    voiced = np.any(embeddings, axis=1) if len(cut) else np.zeros(0, bool)
    if not voiced.any():
        return Speakers(duration_ms, (), ())
    centres = _centres(embeddings[voiced], lasting[voiced], options)
    near = embeddings @ centres.T
    who = near.argmax(1)
    sure = sureness(near, who, options.max_distance)
    known = np.flatnonzero(voiced)
    for n in np.flatnonzero(~voiced):
        nearest = known[np.abs(known - n).argmin()]
        who[n], sure[n] = who[nearest], sure[nearest] / 2
    rows = [(a, b, int(k), float(s)) for (a, b), k, s in zip(cut, who, sure, strict=True)]
    rows += _together(frames, rows)
    turns = joined(rows, frames.step_ms, options)
    in_ms = [(frames.ms(start), frames.ms(end), who, sure) for start, end, who, sure in turns]
    return named(in_ms, duration_ms)


def named(rows: Iterable[Row], duration_ms: int) -> Speakers:
    """The turns of rows in ms, whose speakers are numbered in the order in which they come."""
    names: dict[int, str] = {}
    turns = []
    for start, end, speaker, confidence in rows:
        name = names.setdefault(speaker, f"s{len(names) + 1}")
        if min(end, duration_ms) > start:
            turns.append(Turn(start, min(end, duration_ms), name, round(confidence, 4)))
    totals: dict[str, int] = {}
    for turn in turns:
        totals[turn.speaker] = totals.get(turn.speaker, 0) + turn.end_ms - turn.start_ms
    return Speakers(duration_ms, tuple(turns), tuple(Speaker(*row) for row in totals.items()))


def sureness(near: "Array", who: "Array", max_distance: float) -> "Array":
    """Confidence that each voice is that of its assigned speaker, shape (voices,), below 1.

    `near`, shape (voices, speakers), are cosines to the speakers' middles, and `who`, shape
    (voices,), is the speaker each was given to. The alternatives are the other speakers, and an
    unknown one whose voice is just too different to be the same.
    """
    import numpy as np

    others = np.c_[near, np.full(len(near), 1 - max_distance)]
    chosen = near[np.arange(len(near)), who]
    sure: Array = 1 / np.exp((others - chosen[:, None]) / _SOFTNESS).sum(1)
    return sure


def _together(frames: Frames, rows: Sequence[Row]) -> list[Row]:
    """Rows for overlapped speech: the speakers just before and just after it."""
    import numpy as np

    rows_of_overlap = []
    starts = np.array([row[0] for row in rows])
    for start, end in spans.above((np.round(frames.speak) > 1).astype(np.int8), 0.5, 0.5):
        at = int(np.searchsorted(starts, start))
        beside = {rows[n][2]: rows[n][3] / 2 for n in (at - 1, at) if 0 <= n < len(rows)}
        rows_of_overlap += [(start, end, who, sure) for who, sure in beside.items()]
    return rows_of_overlap


def joined(rows: Iterable[Row], step_ms: float, options: ClusteringOptions) -> list[Row]:
    """Rows in order, one speaker's neighbouring ones merged, with pauses closed and too short ones
    dropped. A row's numbers are `step_ms` each."""
    last: dict[int, int] = {}
    merged: list[tuple[int, int, int, float]] = []
    for start, end, who, sure in sorted(rows):
        n = last.get(who)
        if n is not None and (start - merged[n][1]) * step_ms <= options.min_gap_ms:
            before = merged[n]
            length, more = before[1] - before[0], end - start
            mean = (before[3] * length + sure * more) / (length + more)
            merged[n] = (before[0], max(before[1], end), who, mean)
        else:
            last[who] = len(merged)
            merged.append((start, end, who, sure))
    return [row for row in merged if (row[1] - row[0]) * step_ms >= options.min_turn_ms]


def _centres(rows: "Array", lasting_ms: "Array", options: ClusteringOptions) -> "Array":
    """Centroids of the clusters of voices, shape (speakers, numbers), each of length 1."""
    import numpy as np

    if (long := lasting_ms >= options.min_voice_ms).any():
        rows, lasting_ms = rows[long], lasting_ms[long]
    chosen = np.unique(np.linspace(0, len(rows) - 1, _COMPARED).astype(int))
    share = len(rows) / len(chosen)
    labels = grouped(rows[chosen], lasting_ms[chosen] * share, options)
    return _middles(rows[chosen], labels, range(labels.max() + 1))


def _middles(rows: "Array", labels: "Array", wanted: Sequence[int]) -> "Array":
    import numpy as np

    middles: Array = np.stack([rows[labels == k].mean(0) for k in wanted])
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    return middles


def grouped(rows: "Array", lasting_ms: "Array", options: ClusteringOptions) -> "Array":
    """Cluster voices; the speaker of each, numbered from 0. `rows`, shape (voices, numbers), are of
    length 1.

    Groups are joined, the nearest first, while the mean distance (1 - cosine) of their voices is at
    most `max_distance`. A group that speaks for less than `min_speaker_ms` is no speaker of its
    own. Where that makes too few or too many, groups are joined until there are as many as asked
    for.
    """
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    if len(rows) == 1:
        return np.zeros(1, int)
    tree = linkage(np.maximum(0, pdist(rows, "cosine")), "average")

    def cut(limit: float, criterion: str) -> "Array":
        numbers: Array = np.unique(fcluster(tree, limit, criterion), return_inverse=True)[1]
        return numbers.reshape(-1)

    labels = _without_small(
        rows, cut(options.max_distance, "distance"), lasting_ms, options.min_speaker_ms
    )
    count = int(labels.max()) + 1
    most = options.max_speakers or len(rows)
    wanted = min(max(count, options.min_speakers), most)
    return labels if wanted == count else cut(wanted, "maxclust")


def _without_small(rows: "Array", labels: "Array", lasting_ms: "Array", least_ms: int) -> "Array":
    """The labels, with members of small clusters reassigned to the nearest of the others."""
    import numpy as np

    totals = np.bincount(labels, lasting_ms)
    large = [k for k, total in enumerate(totals) if total >= least_ms] or [int(totals.argmax())]
    near = rows @ _middles(rows, labels, large).T
    reassigned: Array = np.where(
        np.isin(labels, large), np.searchsorted(large, labels), near.argmax(1)
    )
    return reassigned
