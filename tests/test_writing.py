"""What is heard in one script and written in another, and what is left as it is."""

from pathlib import Path
from typing import Any

import pytest
from conftest import DATA

from subtitling import asr, doubts, hearing, media, writing
from subtitling.model import Form, Glossary, Region, Segment, Term

QUIET: Any = lambda _done, _total: None  # noqa: E731


def test_hindi_in_urdus_letters_is_written_in_devanagari() -> None:
    text = writing.written("مجھے بہت بھوک لگی تھی۔", "hi", ())
    assert text.text == "मुझे बहुत भूख लगी थी।"
    assert text.sure is not None and 0 < text.sure <= 1


@pytest.mark.parametrize(
    ("heard", "language"),
    [
        ("मुझे भूख लगी थी।", "hi"),  # a larger model writes it so by itself
        ("مجھے بھوک لگی تھی", "ur"),
        ("I was hungry.", "hi"),
        ("I was hungry.", "en"),
        ("", "hi"),
    ],
)
def test_what_is_written_right_or_cannot_be_stays_as_it_was_heard(
    heard: str, language: str
) -> None:
    assert writing.written(heard, language, ()) == writing.Text(heard, None)


def test_a_sentence_ends_with_hindis_full_stop() -> None:
    assert writing.written("وہ گھر گیا. وہ سو گیا...", "hi", ()).text == "वह घर गया। वह सो गया..."
    assert writing.written("اس کی عمر 10. وہ", "hi", ()).text.split()[-2] == "10."


def test_hindi_alone_is_heard_freely_and_only_where_nothing_else_is_asked_for() -> None:
    assert writing.free("hi", "auto")
    assert not any(writing.free(code, "auto") for code in ("ur", "ta", "en", "sr"))
    assert not writing.free("hi", "Deva") and not writing.free("hi", "as-heard")


@pytest.mark.parametrize(
    ("heard", "readable"),
    [("وہ گیا", True), ("वह गया", True), ("Woh gaya", False), ("…", True)],
)
def test_latin_letters_are_no_hindi(heard: str, readable: bool) -> None:
    assert writing.readable(heard, "hi") is readable


def test_a_segment_keeps_what_was_heard_beside_what_is_written() -> None:
    heard = Segment("g1", 0, 900, "وہ گھر گیا", (), 0.8, ("r1",))
    made = writing.rewritten(heard, "hi", ())
    assert (made.text, made.heard) == ("वह घर गया", "وہ گھر گیا")
    english = Segment("g1", 0, 900, "He went.", (), 0.8, ("r1",), language="en")
    assert writing.rewritten(english, "hi", ()) == english


def test_names_are_those_of_the_script() -> None:
    forms = (Form("Mohan", None, "Latn"), Form("मोहन", None, "Deva"))
    glossary = Glossary((Term("n1", "character", "keep", forms, (), "", True, ("t",)),), ())
    assert writing.names_of(glossary, "hi") == ["मोहन"]
    assert writing.names_of(glossary, "en") == ["Mohan"]


def test_real_hindi_speech_comes_out_in_devanagari(models: Path, defaults: dict[str, Any]) -> None:
    options = {k: v for k, v in defaults["asr"].items() if k not in ("model", "shards")}
    whisper = asr.Whisper(models / "whisper-base", "cpu", 2, asr.Options(**options), QUIET)
    audio = media.read_speech_audio(DATA / "hindi_short.flac")
    chunk = asr.Chunk.of([Region("r1", 100, audio.duration_ms - 100, 0.9, 100, 100)])
    listener = hearing.Listener(whisper, audio, "hi", QUIET)
    said = listener.said([chunk], [], doubts.Options(**defaults["doubts"]))
    [segment] = [
        writing.rewritten(each, "hi", ()) for each in asr.segments(said.pairs, said.tongues)
    ]
    right = (DATA / "hindi_short.txt").read_text("utf-8").strip()
    assert segment.heard and said.ways == [0]
    assert segment.text.rstrip("।. ") == right.rstrip("।. ")
