"""Greedy decoding of recognisers that write word pieces frame by frame: CTC and the transducer.

CTC: Graves et al. 2006; the transducer (RNN-T): Graves 2012. Of both, the most probable piece of
each frame counts. Pieces are SentencePiece's, which begin a word with U+2581.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from subtitling.documents import Word

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, Any]

BEGIN = "\u2581"
_MOST_AT_ONCE = (
    10  # pieces that a transducer may write in one frame, as the model's own code has it
)


@dataclass(frozen=True)
class Piece:
    """A written piece by its number, the frames [first, end) that it was written in, and its
    probability, 0 to 1."""

    number: int
    first: int
    end: int
    probability: float


@dataclass(frozen=True)
class Decoded:
    """The pieces of a sound, in order, and the mean probability that a frame writes none."""

    pieces: tuple[Piece, ...]
    blank: float

    @property
    def score(self) -> float:
        """e to the mean log probability of the pieces; where there are none, that of the blank."""
        if not self.pieces:
            return self.blank
        return math.exp(fmean(math.log(max(piece.probability, 1e-9)) for piece in self.pieces))


def probabilities(logits: "Values") -> "Values":
    """Softmax over the last axis."""
    import numpy as np

    powers = np.exp(logits - logits.max(-1, keepdims=True))
    shares: Values = powers / powers.sum(-1, keepdims=True)
    return shares


def ctc(logits: "Values", blank: int) -> Decoded:
    """The pieces of a CTC head's output, shape (frames, pieces and blank). The same piece in frames
    that follow one another is written once, with its highest probability."""
    shares = probabilities(logits)
    best = shares.argmax(1)
    pieces: list[Piece] = []
    for frame, number in enumerate(map(int, best)):
        share = float(shares[frame, number])
        if number == blank:
            continue
        if pieces and pieces[-1].number == number and pieces[-1].end == frame:
            last = pieces.pop()
            pieces.append(Piece(number, last.first, frame + 1, max(last.probability, share)))
        else:
            pieces.append(Piece(number, frame, frame + 1, share))
    return Decoded(tuple(pieces), float(shares[:, blank].mean()) if len(shares) else 1.0)


def transducer(
    frames: int, joint: Callable[[int], "Values"], advance: Callable[[int], None], blank: int
) -> Decoded:
    """The pieces of a transducer. `joint` gives the logits of a frame, shape (pieces and blank,),
    after what was written so far, `advance` adds a piece to that."""
    pieces: list[Piece] = []
    silence = 0.0
    for frame in range(frames):
        shares = probabilities(joint(frame))
        silence += float(shares[blank])
        for _ in range(_MOST_AT_ONCE):
            number = int(shares.argmax())
            if number == blank:
                break
            pieces.append(Piece(number, frame, frame + 1, float(shares[number])))
            advance(number)
            shares = probabilities(joint(frame))
    return Decoded(tuple(pieces), silence / frames if frames else 1.0)


def words(
    pieces: Sequence[Piece], spelled: Sequence[str], at_ms: Callable[[int], int]
) -> list[Word]:
    """The words that pieces spell; `at_ms` gives the time at which a frame begins. A word's score
    is the mean probability of its pieces."""
    groups: list[list[Piece]] = []
    for piece in pieces:
        if not groups or spelled[piece.number].startswith(BEGIN):
            groups.append([])
        groups[-1].append(piece)
    made = []
    for group in groups:
        text = "".join(spelled[p.number] for p in group).replace(BEGIN, "")
        if text:
            start_ms, end_ms = at_ms(group[0].first), at_ms(group[-1].end)
            score = fmean(piece.probability for piece in group)
            made.append(Word("", text, start_ms, max(end_ms, start_ms + 1), round(score, 4)))
    return made
