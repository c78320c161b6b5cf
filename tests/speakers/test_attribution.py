"""Whose words are whose: literal words and turns in, speakers out."""

import pytest

from lineage.problem import Problem
from subtitling.documents import Segment, Speaker, Speakers, Transcript, Turn, Voice, Word
from subtitling.speakers import attribution
from subtitling.text import sentences
from subtitling.text.sentences import SentenceOptions

CUT = SentenceOptions(max_pause_ms=1200, max_duration_ms=15_000)


def words(text: str, each_ms: int = 300, pauses: dict[int, int] | None = None) -> list[Word]:
    """The words of a text, one after the other from 0 on, some after a pause."""
    at, made = 0, []
    for n, part in enumerate(text.split()):
        at += (pauses or {}).get(n, 0)
        made.append(Word(f"w{n}", part, at, at + each_ms, 1.0))
        at += each_ms
    return made


def speakers_of(*turns: tuple[int, int, str], confidence: float = 0.9) -> Speakers:
    made = tuple(Turn(start, end, who, confidence) for start, end, who in turns)
    names = dict.fromkeys(who for _, _, who in turns)
    return Speakers(100_000, made, tuple(Speaker(name, 1) for name in names))


def whose(some: list[Word], speakers: Speakers) -> str:
    """A digit a word: whose it is, or a dot."""
    voices = attribution.of_words(some, speakers)
    return "".join(voices[w.id].speaker[1:] if w.id in voices else "." for w in some)


def test_a_word_is_whose_turn_covers_most_of_it() -> None:
    some = words("Are you there? Yes I am.")
    assert whose(some, speakers_of((0, 900, "s1"), (900, 1800, "s2"))) == "111222"
    assert whose(some, speakers_of((0, 1000, "s1"), (700, 1800, "s2"))) == "111222"


def test_a_word_near_no_turn_has_no_speaker_and_one_beside_it_the_nearest() -> None:
    some = words("One. Two. Three.", pauses={2: 3000})
    assert whose(some, speakers_of((0, 500, "s1"))) == "11."


def test_a_change_goes_to_the_end_of_the_sentence_beside_it() -> None:
    some = words("Will you come home? Not before dark he said.")
    # The turn's edge is one word late, then one word early.
    assert whose(some, speakers_of((0, 1500, "s1"), (1500, 2700, "s2"))) == "111122222"
    assert whose(some, speakers_of((0, 900, "s1"), (900, 2700, "s2"))) == "111122222"


def test_a_change_far_from_any_pause_stays() -> None:
    some = words("one two three four five six seven eight")
    assert whose(some, speakers_of((0, 1200, "s1"), (1200, 2400, "s2"))) == "11112222"


def test_a_lone_word_inside_a_phrase_belongs_to_it_and_an_answer_does_not() -> None:
    turns = speakers_of((0, 600, "s1"), (600, 900, "s2"), (900, 1800, "s1"))
    assert whose(words("this is only one phrase here"), turns) == "111111"
    assert whose(words("is it? No. but it is"), turns) == "112111"


def test_a_word_is_as_sure_as_its_turn_and_as_it_is_covered() -> None:
    some = words("Yes. No.")
    voices_by_word = attribution.of_words(
        some, speakers_of((0, 300, "s1"), (450, 600, "s2"), confidence=0.8)
    )
    assert voices_by_word == {"w0": Voice("s1", 0.8), "w1": Voice("s2", 0.6)}


def test_a_long_turn_that_began_long_before_is_not_overlooked() -> None:
    some = [Word("w0", "Hm.", 60_500, 60_800, 1.0)]
    short = [(n * 1000, n * 1000 + 400, "s2") for n in range(60)]
    assert whose(some, speakers_of((0, 90_000, "s1"), *short)) == "1"


def test_sentences_break_where_speakers_change() -> None:
    some = words("you will come no I stay here")
    voices = attribution.of_words(some, speakers_of((0, 900, "s1"), (900, 2100, "s2")))
    starts = attribution.changes(some, voices)
    assert starts == {"w3"}
    made = sentences.sentences(some, "en", CUT, starts)
    assert [s.text for s in made] == ["you will come", "no I stay here"]


def test_words_that_nobody_is_known_to_say_are_no_change() -> None:
    some = words("a b c")
    assert attribution.changes(some, {"w0": Voice("s1", 1), "w2": Voice("s1", 1)}) == set()


def test_a_translated_sentence_is_its_source_words_speakers() -> None:
    first = Segment("s1", 0, 1, "", (Word("w1", "sim", 0, 1, None),), None, source_words=("a", "b"))
    other = Segment("s2", 1, 2, "", (Word("w2", "não", 1, 2, None),), None, source_words=("c",))
    transcript = Transcript("pt", None, "estimated", (first, other))
    voices = {"a": Voice("s1", 0.8), "b": Voice("s1", 0.6), "x": Voice("s2", 1.0)}
    assert attribution.translated(transcript, voices) == {"w1": Voice("s1", 0.7)}


def test_names_are_written_as_the_rules_have_it() -> None:
    names = {"s1": "Anna", "s2": "Jürgen"}
    assert attribution.labels(names, "[{name}]", ["s1", "s2"])["s2"] == "[Jürgen]"
    assert attribution.labels(names, "{NAME}:", ["s1", "s2", "s3"])["s2"] == "JÜRGEN:"


def test_a_name_for_a_speaker_who_is_not_there_is_an_error_that_tells_who_is() -> None:
    with pytest.raises(Problem, match=r"has s7, but the film's speakers are s1, s2"):
        attribution.labels({"s7": "Anna"}, "[{name}]", ["s1", "s2"])
