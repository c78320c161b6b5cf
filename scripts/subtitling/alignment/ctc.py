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
    scores = np.full(len(states), -np.inf)
    scores[:2] = emissions[0, states[:2]]
    came: Frames = np.zeros(
        (frames, len(states)), np.int8
    )  # how many states back the best path was
    for frame in range(1, frames):
        one = np.concatenate([[-np.inf], scores[:-1]])
        two = np.where(jump, np.concatenate([[-np.inf, -np.inf], scores[:-2]]), -np.inf)
        choices = np.stack([scores, one, two])
        came[frame] = choices.argmax(axis=0)
        scores = choices.max(axis=0) + emissions[frame, states]
    at = len(states) - 1 if scores[-1] >= scores[-2] else len(states) - 2
    path: Frames = np.empty(frames, np.int64)
    for frame in range(frames - 1, -1, -1):
        path[frame] = at
        at -= int(came[frame, at])
    return _words(emissions, words, path)


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
