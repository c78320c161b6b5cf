"""Who says what in scripts of several kinds."""

import time

import pytest

from subtitling.known_text import screenplay

LIST = """JAI: Where is the coin?
VEERU (laughing): In my pocket.

(They walk on
for a while.)
JAI: [softly] Give it back.
And at 10:30 we leave.
"""


def said(text: str, *, fountain: bool = False) -> list[tuple[int, str | None, str]]:
    return [
        (line.number, line.speaker, line.text)
        for line in screenplay.read(text, fountain=fountain).lines
    ]


def test_a_dialogue_list_has_a_name_in_front_of_a_speech() -> None:
    assert said(LIST) == [
        (1, "JAI", "Where is the coin?"),
        (2, "VEERU", "In my pocket."),
        (6, "JAI", "Give it back."),
        (7, None, "And at 10:30 we leave."),
    ]
    assert screenplay.read(LIST, fountain=False).directions == 1


def test_a_colon_in_running_text_is_no_name() -> None:
    text = "He said one thing: go.\nThe rest is silence.\nNobody moved.\n"
    assert said(text) == [
        (1, None, "He said one thing: go."),
        (2, None, "The rest is silence."),
        (3, None, "Nobody moved."),
    ]


FOUNTAIN = """Title: The Well
Author: Nobody

INT. HOUSE - DAY

A man looks out.

RAM
(whispering)
Is it raining?
It is *raining*.

@McCLANE ^
No. [[a note]]

CUT TO:

~A song is sung
"""


def test_fountain_is_read_by_its_syntax() -> None:
    assert said(FOUNTAIN, fountain=True) == [
        (10, "RAM", "Is it raining? It is raining."),
        (14, "McCLANE", "No."),
        (18, None, "A song is sung"),
    ]


def test_the_usual_screenplay_is_recognised_in_plain_text() -> None:
    text = (
        "EXT. VILLAGE - NIGHT\n\nRain.\n\nGABBAR (O.S.)\nWho is there?\n\n12.\n\nKALIA\nWe are.\n"
    )
    assert said(text) == [(6, "GABBAR", "Who is there?"), (11, "KALIA", "We are.")]


@pytest.mark.parametrize(
    "text",
    [
        "**JAI**: Come.\n\n**VEERU:** No, *you* come.\n",
        "JAI\tCome.\n\nVEERU\tNo, you come.\n",
        "[00:01:02] JAI: Come.\n\n1:02:05.5 - VEERU: No, you come.\n",
    ],
)
def test_names_in_bold_in_a_column_and_after_a_time(text: str) -> None:
    assert said(text) == [(1, "JAI", "Come."), (3, "VEERU", "No, you come.")]


def test_a_time_that_somebody_says_stays() -> None:
    assert said("10:30 is too late.\nLeave now.\nOr never.\n")[0][2] == "10:30 is too late."


def test_a_text_in_capitals_alone_is_no_screenplay() -> None:
    text = "IT WAS NIGHT\nAND COLD\n\nNOBODY CAME\nNOBODY\n\nTHE END\nWAS NEAR\n"
    assert [words for _, _, words in said(text)] == [row for row in text.split("\n") if row]


def test_forced_action_is_no_name() -> None:
    assert said("INT. X\n\nJAI\nCome.\n\n!BANG\nA shot.\n", fountain=True) == [(4, "JAI", "Come.")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(sighs)", ""),
        ("Well (he stops [and coughs]) then", "Well then"),
        ("♪ *La la* ♪", "La la"),
        ("गब्बर（हँसते हुए）आया", "गब्बर आया"),
        ("...", ""),
    ],
)
def test_what_is_spoken_of_a_line(text: str, words: str) -> None:
    assert screenplay.spoken(text) == words


@pytest.mark.parametrize("text", ["[[" * 200_000, "/*" * 200_000, "(" * 200_000 + ")" * 200_000])
def test_what_is_never_closed_takes_no_time(text: str) -> None:
    began = time.monotonic()
    screenplay.read(text, fountain=False)
    assert time.monotonic() - began < 2
