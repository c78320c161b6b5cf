"""Translations by id from the replies of language models."""

import json

import pytest

from subtitling.runtime.worker import Lost
from subtitling.translation.replies import answers, content

ASKED = ["s00007", "s00008"]
BOTH = {"s00007": "um", "s00008": "dois"}
ENTRIES = [{"id": i, "text": text} for i, text in BOTH.items()]
PLAIN = json.dumps({"translations": ENTRIES})


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f'<think>\nA draft: {{"id": "s00007", "text": "uma"}}\n</think>\n{PLAIN}',
        f"Sure! Here it is:\n```json\n{PLAIN}\n```\nAnything else?",
        f"One moment, I think.</think>{PLAIN}",
        json.dumps(ENTRIES),
        json.dumps(BOTH),
        json.dumps({"lines": [{"id": "s00007", "text": "one"}], "translations": ENTRIES}),
        json.dumps({"result": ENTRIES}),
        json.dumps([{"id": 7, "text": "um"}, {"id": 8, "text": "dois"}]),
        json.dumps([{"id": i, "translation": text} for i, text in BOTH.items()]),
        json.dumps([{"id": i, "text": "src", "translation": t} for i, t in BOTH.items()]),
        PLAIN[:-1] + ",}",
        f"A draft:\n{PLAIN.replace('dois', 'duas')}\nBetter:\n{PLAIN}",
        "\n".join(map(json.dumps, ENTRIES)),
        json.dumps([{"ID": i, "Text": text} for i, text in BOTH.items()]),
        json.dumps([{"id": i, "translated_text": text} for i, text in BOTH.items()]),
        json.dumps([{"id": i, "source": "src", "target": text} for i, text in BOTH.items()]),
        json.dumps({i: {"source": "src", "text": text} for i, text in BOTH.items()}),
        json.dumps([{"id": f"[{i.upper()}] ", "text": text} for i, text in BOTH.items()]),
        json.dumps([{"id": "#7", "text": "um"}, {"id": "8.", "text": "dois"}]),
        f"\ufeff{PLAIN}",
    ],
)
def test_what_can_be_read_is_read(text: str) -> None:
    assert answers(text, ASKED) == BOTH


def test_of_a_list_that_breaks_off_the_whole_entries_are_read() -> None:
    assert answers(PLAIN[: PLAIN.index("dois")], ASKED) == {"s00007": "um"}


def test_a_line_may_break_inside_a_string() -> None:
    assert answers(PLAIN.replace("um", "um\nso"), ASKED)["s00007"] == "um\nso"


def test_an_id_with_two_texts_is_left_out() -> None:
    twice = json.dumps([*ENTRIES, {"id": "s00007", "text": "uma"}])
    assert answers(twice, ASKED) == {"s00008": "dois"}


def test_a_number_that_two_ids_have_names_neither() -> None:
    assert set(answers('{"translations": [{"id": 7, "text": "x"}]}', ["a7", "b7"])) == {"7"}


@pytest.mark.parametrize(
    "text",
    [
        "Sure!",
        f"<think>\nA draft: {PLAIN}\nBetter:",
        "",
        "[1, 2]",
        '{"note": "s"}',
        "[" * 5000,
        "[" * 900 + "]" * 900,
        "{" * 5000,
        '{"id": "s00007"}',
    ],
)
def test_without_translations_by_id_the_answer_is_lost(text: str) -> None:
    with pytest.raises(Lost, match=r"no translations by id.*endpoint\.model"):
        answers(text, ASKED)


def test_what_is_said_among_the_reasoning_is_said() -> None:
    assert content({"content": "", "reasoning_content": PLAIN}) == PLAIN
    assert content({"content": "a", "reasoning_content": "b"}) == "a"
