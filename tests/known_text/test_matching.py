"""Which words of a script are which of the words that were heard."""

import random
import time

from subtitling.known_text import matching
from subtitling.known_text.matching import Pair


def pairs(script: str, heard: str) -> list[tuple[str | None, str | None]]:
    a, b = script.split(), heard.split()
    return [
        (
            None if p.script is None else a[p.script],
            None if p.heard is None else " ".join(b[n] for n in (p.heard, p.also) if n is not None),
        )
        for p in matching.matched(a, b)
    ]


def test_words_that_are_missing_added_and_misheard() -> None:
    assert pairs("It was, a dark and stormy night!", "it was dark an stormy old night") == [
        ("It", "it"),
        ("was,", "was"),
        ("a", None),
        ("dark", "dark"),
        ("and", "an"),
        ("stormy", "stormy"),
        (None, "old"),
        ("night!", "night"),
    ]


def test_one_word_that_is_two_in_the_other_text() -> None:
    assert pairs(
        "everyone came to the other way—in short", "every one came to the other way in short"
    ) == [
        ("everyone", "every one"),
        ("came", "came"),
        ("to", "to"),
        ("the", "the"),
        ("other", "other"),
        ("way—in", "way in"),
        ("short", "short"),
    ]
    assert pairs("we can not go", "we cannot go") == [
        ("we", "we"),
        ("can", "cannot"),
        ("not", "cannot"),
        ("go", "go"),
    ]


def test_another_script_is_compared_by_its_sounds() -> None:
    heard = "mohan apni maa ke saath gaon mein rehta tha"
    script = "मोहन अपनी माँ के साथ गाँव में रहता था।"
    assert matching.share(matching.matched(script.split(), heard.split())) > 0.3


def test_the_share_counts_runs_of_words_alone() -> None:
    alike = [Pair(n, n, 1.0) for n in range(4)]
    assert matching.share([*alike, Pair(4, None), Pair(5, 4, 1.0)]) == 4 / 6


def test_a_long_script_is_matched_in_seconds_and_across_a_missing_scene() -> None:
    chance = random.Random(1)
    words = [f"w{chance.randrange(4000)}" for _ in range(20_000)]
    heard = [w if chance.random() > 0.1 else f"x{n}" for n, w in enumerate(words)]
    del heard[9000:11_000]
    began = time.monotonic()
    made = matching.matched(words, heard)
    assert time.monotonic() - began < 20
    right = sum(
        p.script == p.heard + (2000 if p.heard >= 9000 else 0)
        for p in made
        if p.script is not None and p.heard is not None and p.likeness == 1.0
    )
    assert right > 15_500
