"""On a track for the deaf it is said in which language somebody speaks."""

import pytest
from spoken_words import NETFLIX

from subtitling.documents import Segment, Transcript, Word
from subtitling.subtitles import foreign_speech, rules
from subtitling.subtitles.cues import cues
from subtitling.subtitles.frames import frame_rules


def said(first: int, text: str, language: str | None = None, of: tuple[str, ...] = ()) -> Segment:
    words = tuple(
        Word(f"w{first + n}", part, 1000 * (first + n), 1000 * (first + n) + 900, 0.9)
        for n, part in enumerate(text.split())
    )
    ends = words[0].start_ms, words[-1].end_ms
    return Segment(f"g{first}", *ends, text, words, 0.9, (), of, language=language)


HINDI = Transcript("hi", 0.9, "attention", (
    said(0, "यहाँ आओ।"), said(2, "வணக்கம் நண்பரே.", "ta"), said(4, "எப்படி?", "ta"),
    said(5, "ठीक है।", "hi"),
))  # fmt: skip
ENGLISH = Transcript("en", 0.9, "estimated", (
    said(100, "Come here.", of=("w0", "w1")), said(102, "Hello, friend.", of=("w2", "w3")),
    # Of two languages at once none is said.
    said(104, "How are you? Well.", of=("w4", "w5")),
))  # fmt: skip


@pytest.mark.parametrize(
    ("track", "label"),
    [("hi", "[तमिल में]"), ("hi-Latn", "[Tamil mein]"), ("ja", "[タミル語]"), ("fr", "[en tamoul]")],
)
def test_words_in_another_language_are_labelled_in_that_of_the_track(
    track: str, label: str
) -> None:
    form = rules.of(NETFLIX, track).language_label
    assert foreign_speech.labels(HINDI, HINDI, form, track) == dict.fromkeys(
        ("w2", "w3", "w4"), label
    )


def test_words_of_a_translation_are_said_in_the_language_of_their_source() -> None:
    assert foreign_speech.labels(ENGLISH, HINDI, "IN {LANGUAGE}:", "en") == dict.fromkeys(
        ("w102", "w103"), "IN TAMIL:"
    )


def test_the_label_stands_once_before_the_first_of_such_words() -> None:
    limit = frame_rules(rules.of(NETFLIX, "hi"), 25.0)
    labels = foreign_speech.labels(HINDI, HINDI, limit.rules.language_label, "hi")
    made = cues(HINDI, "hi", 0, 60_000, limit, language_labels=labels)
    shown = [" ".join(cue.lines) for cue in made]
    assert shown == ["यहाँ आओ।", "[तमिल में] வணக்கம் நண்பரே. எப்படி?", "ठीक है।"]
    assert [word for cue in made for word in cue.words] == [f"w{n}" for n in range(7)]
