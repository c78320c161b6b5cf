"""Known names: given to the recogniser as hotwords, and corrected in its texts."""

from pathlib import Path
from typing import Any

import pytest
from house import DATA

from subtitling.documents import Correction, FilmData, Form, Glossary, Person, Segment, Term
from subtitling.film.glossary import merge, of_film
from subtitling.media import audio_file
from subtitling.options import selected
from subtitling.recognition import names, whisper
from subtitling.recognition.chunking import Chunk
from subtitling.recognition.names import NameOptions
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.text.spelling import plain, tokens


def glossary(*known: str) -> Glossary:
    """Known characters of a film, by billing."""
    cast = tuple(Person(f"Actor {number}", name) for number, name in enumerate(known))
    return merge([of_film(FilmData("TMDB 1", cast=cast))])


SHOLAY = glossary("Veeru", "Basanti", "Jaidev", "Gabbar Singh", "Thakur", "Kaalia", "Sambha", "Ram")


@pytest.fixture
def options(defaults: dict[str, Any]) -> NameOptions:
    return NameOptions(**defaults["names"])


def near(options: NameOptions, text: str, known: Glossary = SHOLAY, language: str = "en") -> str:
    return names.Corrector(known, language, options).correct("g1", text)[0]


@pytest.mark.parametrize(
    ("heard", "right"),
    [
        ("Where is Bassanti?", "Where is Basanti?"),
        ("Viru's horse", "Veeru's horse"),
        ("Jadev and Gabber Singh", "Jaidev and Gabbar Singh"),
        ("KALIYA!", "Kaalia!"),
        ("Bassanti, Bassanti...", "Basanti, Basanti..."),
    ],
)
def test_a_near_miss_of_a_known_name_is_put_right(
    options: NameOptions, heard: str, right: str
) -> None:
    assert near(options, heard) == right


@pytest.mark.parametrize(
    "text",
    [
        "Basanti and Veeru, Gabbar Singh and Jaidev.",  # right already
        "The virus is in the sink. Single, sing, Kabul, Rome, Rum.",  # common words
        "where is bassanti",  # no capital
        "Ham and Rim and Ramu",  # too short a name
        "Sandra, Bassanio, Vera, Thatcher",  # other names
        "",
    ],
)
def test_what_is_no_near_miss_stays(options: NameOptions, text: str) -> None:
    assert names.Corrector(SHOLAY, "en", options).correct("g1", text) == (text, [])


def test_of_two_near_names_none_is_taken(options: NameOptions) -> None:
    known = glossary("Chandrakant", "Chandrakanta")
    assert near(options, "Chandrakante is here", known) == "Chandrakante is here"
    assert near(options, "Chandrakantt is here", glossary("Chandrakant")) == "Chandrakant is here"


def test_devanagari_is_put_right_in_devanagari_only(options: NameOptions) -> None:
    known = glossary("बसंती", "गब्बर")
    assert near(options, "बसंत्ती और गबर आए", known, "hi") == "बसंती और गब्बर आए"
    assert near(options, "बसंत आया, मोहन गया", known, "hi") == "बसंत आया, मोहन गया"
    assert near(options, "Bassanti", known, "hi") == "Bassanti"


def test_a_language_without_a_word_list_is_left_alone(options: NameOptions) -> None:
    corrector = names.Corrector(SHOLAY, "ml", options)
    assert not corrector.possible
    assert corrector.correct("g1", "Bassanti") == ("Bassanti", [])
    assert not corrector.listens_again(["Bassanti"])


PLAIN = "Good morning, Bassanti. Tell Morsi that Samper has the car. Chandra Mucky sings."
TOLD = "Basanti. Tell Mausi that Sambha has Thakur. Chandramukhi sings."
MORE = glossary("Basanti", "Mausi", "Sambha", "Thakur", "Chandramukhi", "Veeru")


@pytest.mark.parametrize(
    ("text", "second_text", "right"),
    [
        (PLAIN, TOLD,
         "Good morning, Basanti. Tell Mausi that Samper has the car. Chandramukhi sings."),
        ("It was the best of times.", "Basanti, Veeru, Thakur.", "It was the best of times."),
        ("It was the best of times.", "", "It was the best of times."),
        ("Veeru is here.", "Viru is here.", "Veeru is here."),
        ("بسنتی آئی", "Basanti", "بسنتی آئی"),
    ],
)  # fmt: skip
def test_of_a_second_hearing_only_names_that_sound_alike_are_believed(
    options: NameOptions, text: str, second_text: str, right: str
) -> None:
    corrected, changes = names.Corrector(MORE, "en", options).correct_from_second_pass(
        "g1", text, second_text
    )
    assert corrected == right
    assert names.undone(corrected, changes) == text


def test_each_change_is_on_record_and_can_be_undone(options: NameOptions) -> None:
    corrector = names.Corrector(MORE, "en", options)
    text = "Bassanti saw Viru. Bassanti ran."
    segment = Segment("g00001", 0, 9000, text, (), 0.9)
    (corrected,), changes = corrector.correct_segments(
        [segment], ["Basanti saw Viru. Bassanti ran."]
    )
    assert corrected.text == "Basanti saw Veeru. Basanti ran."
    basanti, veeru = MORE.terms[0].id, MORE.terms[5].id
    assert [(c.start, c.heard, c.known, c.term, c.evidence) for c in changes] == [
        (0, "Bassanti", "Basanti", basanti, "recognised"),
        (12, "Viru", "Veeru", veeru, "near"),
        (19, "Bassanti", "Basanti", basanti, "near"),
    ]
    assert isinstance(changes[0], Correction)
    assert names.undone(corrected.text, changes) == text


def test_hotwords_are_ranked_in_the_languages_script_and_cut(options: NameOptions) -> None:
    def term(*texts: str, hot: bool = True) -> Term:
        forms = tuple(Form(t, None, "Latn" if t.isascii() else "Deva") for t in texts)
        return Term("", "character", "keep", forms, (), "", hot, ("a",))

    known = merge([[term("वीरू", "Veeru"), term("Jai"), term("जय", "Amitabh", hot=False),
                    term("Gabbar")]])  # fmt: skip
    assert names.hotwords(known, "en", options, len) == ["Veeru", "Jai", "Gabbar"]
    assert names.hotwords(known, "hi", options, len) == ["वीरू"]
    short = NameOptions(**{**vars(options), "hotword_tokens": 10})
    assert names.hotwords(known, "en", short, len) == ["Veeru", "Jai"]
    none = NameOptions(**{**vars(options), "hotword_tokens": 0})
    assert names.hotwords(known, "en", none, len) == []


# With the recogniser.

PLANTED = ("Basanti", "Veeru", "Jaidev", "Mausi", "Sambha", "Kaalia")


class Hearing:
    """What Whisper base hears of a file, without and with the planted names as hotwords."""

    def __init__(self, recogniser: whisper.Whisper, options: NameOptions, file: Path):
        audio = audio_file.read_speech_audio(file)
        length = audio.duration_ms
        chunks = [Chunk(a, min(a + 28000, length), ()) for a in range(0, length, 28000)]
        known = glossary(*PLANTED)
        hot = names.hotwords(known, "en", options, recogniser.tokens)
        assert hot == list(PLANTED)
        said = [
            [
                h.text
                for h in recogniser.recognise(audio, chunks, "en", "transcribe", _quiet, hotwords)
            ]
            for hotwords in ([], hot)
        ]
        segments = [Segment(str(n), 0, 1, text, (), None) for n, text in enumerate(said[0])]
        right, self.changes = names.Corrector(known, "en", options).correct_segments(
            segments, said[1]
        )
        self.plain = " ".join(said[0])
        self.right = " ".join(segment.text for segment in right)


def _quiet(_done: float, _total: float) -> None:
    return


def missed(text: str) -> set[str]:
    heard = {plain(token.text) for token in tokens(text)}
    return {name for name in PLANTED if plain(name) not in heard}


@pytest.fixture(scope="module")
def recogniser(models: Path, defaults: dict[str, Any]) -> whisper.Whisper:
    chosen = selected(RecognitionOptions, defaults["asr"])
    return whisper.Whisper(models / "whisper-base", "cpu", 2, RecognitionOptions(**chosen), print)


def test_planted_names_are_heard_better_with_the_glossary(
    recogniser: whisper.Whisper, options: NameOptions
) -> None:
    hearing = Hearing(recogniser, options, DATA / "names.flac")
    assert len(missed(hearing.plain)) >= 4, hearing.plain
    assert len(missed(hearing.right)) <= 2, hearing.right


def test_speech_without_the_names_stays_as_it_was(
    recogniser: whisper.Whisper, options: NameOptions
) -> None:
    hearing = Hearing(recogniser, options, DATA / "two_cities.flac")
    assert hearing.right == hearing.plain
    assert hearing.changes == []
