"""CTC forced alignment: the frames of a sound that belong to each of its known words."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Frames = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Span:
    """A word's frames [start, end); `score` is the mean probability of its tokens, 0 to 1."""

    start: int
    end: int
    score: float


def place(
    emissions: "Frames", words: Sequence[Sequence[int]], blank: int
) -> list[Span | None] | None:
    """The frames of each word, in order; None for words without tokens.

    `emissions` are log probabilities, shape (frames, tokens); a word is the numbers of its tokens.
    The most probable path by Viterbi through the tokens with blanks between, as in Graves et al.,
    "Connectionist Temporal Classification" (ICML 2006), section 4.1. None instead of a list where
    there are fewer frames than the tokens need, or no tokens.
    """
    import numpy as np

    flat = [token for word in words for token in word]
    repeats = sum(a == b for a, b in pairwise(flat))
    frames = len(emissions)
    if not flat or frames < len(flat) + repeats:
        return None
    # States are blank, token, blank, token ... blank.
    states = np.full(2 * len(flat) + 1, blank)
    states[1::2] = flat
    # A blank between two tokens may be left out unless they are the same.
    jump: Frames = np.zeros(len(states), bool)
    jump[3::2] = states[3::2] != states[1:-2:2]
    path = _best_path(emissions[:, states].astype(np.float64), jump)
    return _words(emissions, words, path)


def _best_path(emissions: "Frames", jump: "Frames") -> "Frames":
    """The most probable state of each frame, by the states' log probabilities, shape (frames,
    states). From one frame to the next a path stays, goes on by one, or, where it may `jump` to a
    state, by two; of equally probable ones it is the first of these."""
    import numpy as np

    frames, states = emissions.shape
    # Two states that cannot be reached lie before the first, so that all have two before them.
    scores: Frames = np.full((frames, states + 2), -np.inf)
    scores[0, 2:4] = emissions[0, :2]
    barred = np.where(jump, 0, -np.inf)
    two: Frames = np.empty(states)
    for before, now, heard in zip(scores, scores[1:, 2:], emissions[1:], strict=False):
        np.maximum(before[2:], before[1:-1], out=now)
        np.add(before[:-2], barred, out=two)
        np.maximum(now, two, out=now)
        np.add(now, heard, out=now)
    at = states - 1 if scores[-1, -1] >= scores[-1, -2] else states - 2
    path: Frames = np.empty(frames, np.int64)
    path[-1] = at
    for frame in range(frames - 2, -1, -1):
        two_back, one_back, stay = scores[frame, at : at + 3]
        if jump[at] and two_back > max(one_back, stay):
            at -= 2
        elif one_back > stay:
            at -= 1
        path[frame] = at
    return path


def _words(emissions: "Frames", words: Sequence[Sequence[int]], path: Any) -> list[Span | None]:
    import numpy as np

    spans: list[Span | None] = []
    state = 1
    for word in words:
        if not word:
            spans.append(None)
            continue
        last = state + 2 * (len(word) - 1)
        first_frame, end = np.searchsorted(path, state), np.searchsorted(path, last, "right")
        best = [
            emissions[np.searchsorted(path, s) : np.searchsorted(path, s, "right"), token].max()
            for s, token in zip(range(state, last + 1, 2), word, strict=True)
        ]
        score = round(float(np.exp(best).mean()), 4)
        spans.append(Span(int(first_frame), int(end), score))
        state = last + 2
    return spans
