"""Scripts of which little was recognised."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lineage.problem import Problem
from subtitling.documents import Region, Segment, Text, TextLine, Transcript, Word
from subtitling.known_text import script_alignment

SAID = (
    "morning comes early when nobody sleeps",
    "bring water from the deep well",
    "seven horses crossed that bridge yesterday",
    "mother never opened his letter",
    "quiet people often break first",
)
OTHERS = tuple(
    word
    for row in (
        "zippy fjord umpire blazed quartz junk vexing pygmy dwarf hockey",
        "glyphs waltz jumbo fuzzy kiosk oxygen azure cabbage dragged lunch",
    )
    for word in row.split()
)
REGIONS = [Region("r1", 0, 20_000, 1.0)]
TEXT = Text("a.txt", "0" * 64, "en", False, tuple(TextLine(n, s) for n, s in enumerate(SAID, 1)))


def heard(*right: str) -> Transcript:
    """Some right words, in order, among many that are not in the script."""
    texts = [*OTHERS[:10], *right, *OTHERS[10:]]
    step = 20_000 // len(texts)
    words = tuple(
        Word(f"w{n}", text, n * step, (n + 1) * step, 0.5) for n, text in enumerate(texts)
    )
    segment = Segment("s1", 0, 20_000, " ".join(texts), words, None, ("r1",))
    return Transcript("en", None, "none", (segment,))


def placer(backwards: float):  # type: ignore[no-untyped-def]
    """An aligner by which words fit better in the order of the script than backwards."""

    def timed(segments: Sequence[Segment], _regions: Sequence[Region]) -> list[Segment]:
        made = []
        for segment in segments:
            texts = segment.text.split()
            step = (segment.end_ms - segment.start_ms) // len(texts)
            score = 0.6 if "morning" not in texts or texts[0] == "morning" else backwards
            words = tuple(
                Word(
                    "", text, segment.start_ms + n * step, segment.start_ms + (n + 1) * step, score
                )
                for n, text in enumerate(texts)
            )
            made.append(replace(segment, words=words, aligner="phonemes"))
        return made

    return timed


def placed(transcript: Transcript, backwards: float, text: Text = TEXT) -> Transcript:
    return script_alignment.transcript(
        text, transcript, REGIONS, 20_000, placer(backwards), lambda _done, _total: None
    )


def test_where_little_was_recognised_the_sound_decides() -> None:
    little = heard("horses", "mother")
    made = placed(little, 0.1)
    assert {word.line for word in made.words} >= {1, 2, 3, 4, 5}
    with pytest.raises(Problem, match=r"a.txt: 0% of its words were heard"):
        placed(little, 0.6)


def test_a_long_script_of_which_nothing_was_recognised_is_that_of_another_film() -> None:
    lines = tuple(TextLine(n, SAID[n % 5]) for n in range(60))
    with pytest.raises(Problem, match=r"a.txt: 0% of its words were heard"):
        placed(heard(), 0.1, replace(TEXT, lines=lines))
