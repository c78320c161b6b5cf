"""How well a track keeps the reading rules: measured on every track, every time."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from subtitling.cues import Options
from subtitling.languages import width
from subtitling.model import Cue, Word

_WORST = 5


def measure(made: Sequence[Cue], words: Sequence[Word], options: Options) -> dict[str, Any]:
    """Each rule with the share of cues that keep it and the ids of the worst that do not.

    Speed is grapheme clusters a second, width grapheme clusters a line. `words_lost` and
    `words_added` compare the cues with the transcript and must be empty.
    """
    pairs = list(pairwise(made))
    excess: dict[str, dict[str, float]] = {
        "max_lines": {c.id: len(c.lines) - options.max_lines for c in made},
        "max_chars_per_line": {
            c.id: max(map(width, c.lines)) - options.max_chars_per_line for c in made
        },
        "max_chars_per_second": {c.id: speed(c) - options.max_chars_per_second for c in made},
        "min_duration_ms": {c.id: options.min_duration_ms - _duration(c) for c in made},
        "max_duration_ms": {c.id: _duration(c) - options.max_duration_ms for c in made},
        "min_gap_ms": {a.id: options.min_gap_ms - (b.start_ms - a.end_ms) for a, b in pairs},
        "overlap": {a.id: a.end_ms - b.start_ms for a, b in pairs},
    }
    shown = [word for cue in made for word in cue.words]
    known = [word.id for word in words]
    return {
        "cues": len(made),
        "rules": {rule: _kept(values) for rule, values in excess.items()},
        "words_lost": sorted(set(known) - set(shown)),
        "words_added": sorted(set(shown) - set(known)),
        "words_in_order": shown == known,
    }


def speed(cue: Cue) -> float:
    """Grapheme clusters a second, a line break counting as a space."""
    return width(" ".join(cue.lines)) * 1000 / _duration(cue)


def _duration(cue: Cue) -> int:
    return cue.end_ms - cue.start_ms


def _kept(excess: dict[str, float]) -> dict[str, Any]:
    broken = sorted((v, k) for k, v in excess.items() if v > 1e-9)[::-1]
    share = 1 - len(broken) / len(excess) if excess else 1.0
    return {
        "kept": round(share, 4),
        "broken": len(broken),
        "worst": [k for _, k in broken[:_WORST]],
    }
