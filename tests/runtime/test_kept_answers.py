"""Answers of engines that the last run left."""

import json
from typing import Any

import pytest

from subtitling.runtime.kept_answers import KeptAnswers


def last(kept: KeptAnswers, about: object = "film") -> KeptAnswers:
    """What the next run knows, by way of a file."""
    return KeptAnswers(about, json.loads(json.dumps(kept.answers)))


def test_an_answer_is_taken_where_all_that_it_depends_on_is_the_same() -> None:
    first = KeptAnswers("film")
    key = first.key(["hi", 1000])
    assert first.taken(key) is None
    first.add(key, {"text": "हाँ"})
    assert (first.reused, first.stays) == (0, False)
    second = last(first)
    assert second.taken(second.key(["hi", 1000])) == {"text": "हाँ"}
    assert (second.reused, second.stays) == (1, True)
    assert second.answers == first.answers
    assert second.taken(second.key(["hi", 1001])) is None
    other = last(first, "another film")
    assert other.taken(other.key(["hi", 1000])) is None and not other.stays


def test_what_no_run_needed_is_not_kept_for_the_one_after_it() -> None:
    first = KeptAnswers("film")
    for text in ("yes", "no"):
        first.add(first.key(text), [text])
    second = last(first)
    second.taken(second.key("yes"))
    assert list(second.answers.values()) == [["yes"]]


@pytest.mark.parametrize("empty", [[], {}, 0, ""])
def test_an_empty_answer_is_one(empty: Any) -> None:
    first = KeptAnswers("film")
    assert first.of(lambda: "length", lambda: empty) == empty
    second = last(first)
    assert second.of(lambda: "length", pytest.fail) == empty
    assert second.taken(second.key("length")) == empty


def test_an_answer_made_in_another_precision_than_planned_is_not_taken_for_the_planned() -> None:
    precision = ["float16"]

    def made() -> int:
        precision[:] = ["int8"]  # as where memory runs out
        return 7

    first = KeptAnswers("film")
    assert first.of(lambda: ["tokens", *precision], made) == 7
    second = last(first)
    assert second.of(lambda: ["tokens", "float16"], lambda: 8) == 8
    assert second.of(lambda: ["tokens", "int8"], pytest.fail) == 7
