"""Text recognised in one script and transliterated into another, or left unchanged."""

from pathlib import Path
from typing import Any

import pytest
from house import DATA

from subtitling.documents import Form, Glossary, Region, Segment, Term
from subtitling.media import audio_file
from subtitling.options import selected
from subtitling.recognition import chunking, passes, whisper, writing
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.language_diarization import Heard
from subtitling.recognition.recogniser import RecognitionOptions

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


def test_english_words_in_their_letters_leave_none_of_urdus_beside_them() -> None:
    assert writing.written("WhatsApp کرو", "hi", ()).text == "WhatsApp करो"
    assert writing.written("www.example.com دیکھو", "hi", ()).text == "www.example.com देखो"
    assert writing.readable("WhatsApp کرو", "hi")


def test_a_sentence_ends_with_hindis_full_stop() -> None:
    assert writing.written("وہ گھر گیا. وہ سو گیا...", "hi", ()).text == "वह घर गया। वह सो गया..."
    assert writing.written("اس کی عمر 10. وہ", "hi", ()).text.split()[-2] == "10."


def test_languages_whose_words_can_be_written_anew_are_heard_freely() -> None:
    assert all(writing.free(code, "auto") for code in ("hi", "bn", "ta", "or", "mr"))
    assert not any(writing.free(code, "auto") for code in ("ur", "en", "sr", "as", "si", "ja"))
    assert writing.free("hi", "auto", latin=True) and not writing.free("ta", "auto", latin=True)
    assert writing.free("hi", "Deva") and writing.free("sr", "Latn") and writing.free("sd", "Deva")
    assert not any(writing.free("hi", chosen) for chosen in ("as-heard", "Latn"))


@pytest.mark.parametrize(
    ("heard", "language", "script", "text"),
    [
        ("Amader desh, sobar!", "bn", "auto", "আমাদের দেশ, সবার!"),
        ("वेळ आहे", "mr", "auto", "वेळ आहे"),
        ("मानव 7 हक्कु.", "kn", "auto", "ಮಾನವ 7 ಹಕ್ಕು."),
        ("سمان", "mr", "auto", "समान"),
        ("मनचाट्चियै पेच्चुच्", "ta", "auto", "மனசாட்சியை பேச்சுச்"),  # exact as it is
        ("यह बहुत अच्छी किताब है।", "ur", "auto", "یہ بہت اچھی کتاب ہے۔"),
        ("Dobro jutro, Đorđe.", "sr", "Cyrl", "Добро јутро, Ђорђе."),
        ("Добро јутро.", "sr", "Latn", "Dobro jutro."),
        ("The meeting is at five.", "ta", "auto", "The meeting is at five."),  # is English
        ("Dobro jutro.", "en", "Deva", "Dobro jutro."),
    ],
)
def test_other_languages_in_their_script(heard: str, language: str, script: str, text: str) -> None:
    made = writing.written(heard, language, (), script)
    assert made == writing.Text(text, None)


@pytest.mark.parametrize(
    ("heard", "language", "text"),
    [
        ("avan 10.30 varuvaan, 9876543210 phone pannu", "ta", "அவன் 10.30"),
        ("mani 5 p.m. varuvaan", "ta", "மணி 5 p.m. வருவான்"),
        ("mani 5pm varuvaan", "ta", "மணி 5pm வருவான்"),
        ("naan C++ padikkiren", "ta", "நான் C++ படிக்கிறேன்"),
        ("H2O venum", "ta", "H2O வேனும்"),
        ("minjal ravi@anjal.in anuppuren", "ta", "ravi@anjal.in"),
        ("#MeToo pathi pesuren", "ta", "#MeToo"),
        ("मानव ७ हक्कु", "kn", "ಮಾನವ 7 ಹಕ್ಕು"),
        ("کمرہ نمبر 7 ۸", "mr", "कमरा नमबर 7 8"),
    ],
)
def test_numbers_addresses_and_tags_are_not_written_anew(
    heard: str, language: str, text: str
) -> None:
    assert text in writing.written(heard, language, ()).text


@pytest.mark.parametrize(
    ("heard", "language"),
    [
        ("Eu não sei o que fazer agora.", "ta"),
        ("Wo ist der Bahnhof, bitte?", "te"),
        ("¿Dónde está mi hermano?", "bn"),
        ("Je ne sais pas quoi faire.", "gu"),
        ("आप कौन हैं?", "ta"),
        ("मैं ठीक हूँ, भाई।", "bn"),
        ("সে বাড়ি গেছে", "hi"),
    ],
)
def test_a_line_in_another_language_stays_in_its_letters(heard: str, language: str) -> None:
    assert writing.written(heard, language, ()) == writing.Text(heard, None)


@pytest.mark.parametrize(
    ("heard", "language", "text"),
    [
        ("kem cho", "gu", "કેમ ચો"),
        ("mi jato", "mr", "मी जतो"),
        ("मनुष्य हक्कुलु अन्नि", "te", "మనుష్య హక్కులు అన్ని"),
        ("मैं घर जा रहा हां", "pa", "ਮੈਂ ਘਰ ਜਾ ਰਹਾ ਹਾਂ"),
    ],
)
def test_what_only_resembles_another_language_is_written_anew(
    heard: str, language: str, text: str
) -> None:
    assert writing.written(heard, language, ()).text == text


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
    assert writing.rewritten(english, "en", ()) == english


def test_names_are_those_of_the_script() -> None:
    forms = (Form("Mohan", None, "Latn"), Form("मोहन", None, "Deva"))
    glossary = Glossary((Term("n1", "character", "keep", forms, (), "", True, ("t",)),), ())
    assert writing.names_of(glossary, "hi") == ["मोहन"]
    assert writing.names_of(glossary, "en") == ["Mohan"]


class Ears:
    """Stands for a loaded recogniser: `answers` are its texts and probabilities, by whether it is
    careful, held to the language's script, and hears one region or several."""

    def __init__(self, options: RecognitionOptions, answers: dict[tuple[bool, bool, bool], Any]):
        self.options, self._answers = options, answers

    def recognise(
        self, _audio: Any, chunks: Any, _language: str, _task: str, _progress: Any,
        careful: bool = False, guarded: bool = True, identify: bool = False,
    ) -> list[chunking.Recognition]:  # fmt: skip
        texts = [self._answers[careful, guarded, len(c.regions) > 1] for c in chunks]
        heard = [tuple(Heard(r, {}) for r in c.regions) if identify else () for c in chunks]
        return [
            chunking.Recognition(text, score, 0.1, compression, heard=known)
            for (text, score, compression), known in zip(texts, heard, strict=True)
        ]


def ears(defaults: dict[str, Any], language: str, answers: Any) -> passes.Listener:
    options = selected(RecognitionOptions, defaults["asr"])
    recogniser: Any = Ears(RecognitionOptions(**options), answers)
    return passes.Listener(recogniser, Any, language, QUIET)  # type: ignore[arg-type]


TWO = chunking.Chunk.of([Region("r1", 0, 2000, 0.9), Region("r2", 2300, 4300, 0.9)])


def test_a_loop_is_heard_again_with_what_is_said_around_it(defaults: dict[str, Any]) -> None:
    listener = ears(
        defaults,
        "en",
        {
            (False, True, True): ("Hello. " * 14, 0.5, 9.0),
            (True, True, True): ("Hello. Where have you been all day?", 0.6, 1.0),
        },
    )
    said = listener.recognise([TWO], [], HallucinationOptions(**defaults["hallucinations"]))
    assert [heard.text for _, heard in said.pairs] == ["Hello. Where have you been all day?"]


def test_a_sound_that_gives_but_one_word_stays_a_loop(defaults: dict[str, Any]) -> None:
    listener = ears(
        defaults,
        "en",
        {
            (False, True, True): ("Shhh! " * 14, 0.5, 9.0),
            (True, True, True): ("Shhh! Shhh. Shhh... Shhh.... Shhh....", 0.6, 2.0),
            (True, True, False): ("Shhh!", 0.6, 1.0),
        },
    )
    said = listener.recognise([TWO], [], HallucinationOptions(**defaults["hallucinations"]))
    assert [heard.text for _, heard in said.pairs] == ["Shhh!"] * 2


def test_a_slogan_is_heard_region_by_region(defaults: dict[str, Any]) -> None:
    listener = ears(
        defaults,
        "en",
        {
            (False, True, True): ("Long live the king! " * 14, 0.5, 9.0),
            (True, True, True): ("King!", 0.6, 1.0),  # a careful hearing says nothing twice
            (True, True, False): ("Long live the king!", 0.6, 1.0),
        },
    )
    said = listener.recognise([TWO], [], HallucinationOptions(**defaults["hallucinations"]))
    assert [heard.text for _, heard in said.pairs] == ["Long live the king!"] * 2


@pytest.mark.parametrize(
    ("held", "text", "other"),
    [
        (
            ("మానవ హక్కుల సార్వజనీన ప్రకటన యొక్క పాఠం", 0.6, 1.0),
            "మానవ హక్కుల సార్వజనీన ప్రకటన యొక్క పాఠం",
            "Manava hakkula sarvajanina prakatana yokka patham",
        ),
        (
            ("మానవ హక్కుల సార్వజనీన ప్రకటన యొక్క పాఠం", 0.3, 1.0),
            "Manava hakkula sarvajanina prakatana yokka patham",
            None,
        ),  # less probable
        (
            ("‏ ‏ ‏", 0.97, 9.0),
            "Manava hakkula sarvajanina prakatana yokka patham",
            None,
        ),  # signs, as small models write
        (("బ బ బ బ బ బ బ బ", 0.9, 3.0), "Manava hakkula sarvajanina prakatana yokka patham", None),
    ],
)
def test_a_script_the_model_knows_is_left_to_it(
    held: Any, text: str, other: str | None, defaults: dict[str, Any]
) -> None:
    free = ("Manava hakkula sarvajanina prakatana yokka patham", 0.5, 1.0)
    listener = ears(defaults, "te", {(False, False, True): free, (False, True, True): held})
    said = listener.recognise([TWO], [], HallucinationOptions(**defaults["hallucinations"]))
    assert [heard.text for _, heard in said.pairs] == [text]
    assert said.others.get(TWO) == other


def test_real_hindi_speech_comes_out_in_devanagari(models: Path, defaults: dict[str, Any]) -> None:
    options = selected(RecognitionOptions, defaults["asr"])
    recogniser = whisper.Whisper(
        models / "whisper-base", "cpu", 2, RecognitionOptions(**options), QUIET
    )
    audio = audio_file.read_speech_audio(DATA / "hindi_short.flac")
    chunk = chunking.Chunk.of([Region("r1", 100, audio.duration_ms - 100, 0.9, 100, 100)])
    listener = passes.Listener(recogniser, audio, "hi", QUIET)
    said = listener.recognise([chunk], [], HallucinationOptions(**defaults["hallucinations"]))
    [segment] = [
        writing.rewritten(each, "hi", ())
        for each in chunking.segments(said.pairs, said.languages, "hi")
    ]
    right = (DATA / "hindi_short.txt").read_text("utf-8").strip()
    assert segment.heard and said.ways == [0]
    assert segment.text.rstrip("।. ") == right.rstrip("।. ")
