"""Forced narrative: what is said in other languages than the film's own."""

from subtitling.documents import Region, Segment, Transcript, Word
from subtitling.subtitles import forced


def words(first: int, count: int) -> tuple[Word, ...]:
    numbers = range(first, first + count)
    return tuple(Word(f"w{n}", "la", n * 1000, n * 1000 + 900, 0.9) for n in numbers)


def segment(id: str, said: tuple[Word, ...], language: str | None = None) -> Segment:
    text = " ".join(word.text for word in said)
    return Segment(id, said[0].start_ms, said[-1].end_ms, text, said, 0.9, language=language)


SPOKEN = Transcript("hi", 0.9, "attention", (
    segment("g1", words(0, 4)), segment("g2", words(4, 4), "en"), segment("g3", words(8, 4), "hi"),
    segment("g4", words(12, 2), "ta"),
))  # fmt: skip


def ids(transcript: Transcript) -> list[str]:
    return [each.id for each in transcript.segments]


def test_of_what_was_said_the_segments_in_another_language_are_left() -> None:
    assert ids(forced.alone(SPOKEN, SPOKEN)) == ["g2", "g4"]
    plain = Transcript("hi", 0.9, "attention", SPOKEN.segments[:1])
    assert forced.alone(plain, plain).segments == ()


def test_of_a_translation_the_sentences_of_mostly_such_words_are_left() -> None:
    def sentence(id: str, *of: int) -> Segment:
        source = tuple(f"w{n}" for n in of)
        return Segment(id, 0, 900, "Oi", words(90, 1), None, source_words=source)

    translated = Transcript("pt-BR", None, "estimated", (
        sentence("s1", 0, 1, 2, 3, 4), sentence("s2", 4, 5, 6), sentence("s3", 7, 8),
        sentence("s4", 3, 12, 13),
    ))  # fmt: skip
    assert ids(forced.alone(translated, SPOKEN)) == ["s2", "s4"]


def test_the_speech_it_must_cover_is_in_another_language() -> None:
    heard = [
        Region("r1", 0, 3900, 0.9),
        Region("r2", 3900, 7900, 0.9),
        Region("r3", 8000, 16_000, 0.9),
    ]
    assert [r.id for r in forced.regions(heard, SPOKEN)] == ["r2"]
