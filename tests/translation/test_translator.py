"""Translation: engines by language pair, ids in and ids out, times from the source."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lineage.problem import Problem
from subtitling.documents import Correction, Form, Glossary, Term, Word
from subtitling.recognition.chunking import Recognition
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.text.sentences import Sentence
from subtitling.translation import firefox, registry
from subtitling.translation.batches import Outcome
from subtitling.translation.engine import TranslationOptions
from subtitling.translation.placeholders import TermChecker
from subtitling.translation.translator import (
    Answer,
    Answers,
    Done,
    Listened,
    answers,
    apart,
    checked,
    done_of,
    joined,
    paired,
    pairs,
    passages,
    segments,
    sounds,
    sources,
    spread,
    with_whisper,
)


def sentence(number: int, start_ms: int, end_ms: int, text: str = "x") -> Sentence:
    word = Word(f"w{number}", text, start_ms, end_ms, 1.0)
    return Sentence(f"s{number}", (word,), text)


def test_a_lost_or_an_unknown_sentence_is_an_error() -> None:
    asked = [sentence(1, 0, 10), sentence(2, 10, 20)]
    assert checked(asked, {"s2": "b  c", "s1": "a"}) == {"s1": "a", "s2": "b c"}
    with pytest.raises(Problem, match=r"given 2 sentences and returned 1: missing \['s2'\]"):
        checked(asked, {"s1": "a"})
    with pytest.raises(Problem, match=r"unknown \['s9'\]"):
        checked(asked, {"s1": "a", "s2": "b", "s9": "c"})


def test_translated_words_share_their_sentences_time_by_length() -> None:
    made = spread("um elefante", [(1000, 2000)], "pt", 4)
    assert [(w.id, w.text, w.start_ms, w.end_ms, w.score) for w in made] == [
        ("w00005", "um", 1000, 1250, None),
        ("w00006", "elefante", 1250, 2000, None),
    ]


def test_without_spaces_each_letter_with_its_marks_is_a_word() -> None:
    made = spread("ที่นี่", [(0, 900)], "th", 0)
    assert [(w.text, w.start_ms, w.end_ms) for w in made] == [("ที่", 0, 450), ("นี่", 450, 900)]


def test_words_get_a_millisecond_each_where_there_is_no_time() -> None:
    assert [(w.start_ms, w.end_ms) for w in spread("a b c", [(5, 6)], "pt", 0)] == [
        (5, 6),
        (6, 7),
        (7, 8),
    ]


def test_a_segment_names_the_words_it_translates() -> None:
    made = segments([sentence(1, 0, 100)], Outcome({"s1": "olá"}), "pt")
    assert [(s.id, s.text, s.source_words, s.untranslated) for s in made] == [
        ("s1", "olá", ("w1",), None)
    ]


def test_a_failed_sentence_shows_its_source_and_is_marked() -> None:
    asked = [sentence(1, 0, 100), sentence(2, 100, 200, "what now")]
    made = segments(asked, Outcome({"s1": "olá"}, {"s2": "it ran away"}), "pt")
    assert [(s.text, s.untranslated) for s in made] == [("olá", None), ("what now", "it ran away")]
    assert pairs(asked, Outcome({"s1": "olá"}, {"s2": "no"})) == "s1\tx\tolá\ns2\twhat now\t\n"


def test_the_first_answer_stays_on_record_beside_the_one_in_its_place() -> None:
    asked = [sentence(1, 0, 100), sentence(2, 100, 200)]
    outcome = Outcome({"s1": "em 1859", "s2": "olá"}, first={"s1": "em 1895"})
    assert [s.first for s in segments(asked, outcome, "pt")] == ["em 1895", None]
    assert pairs(asked, outcome) == "s1\tx\tem 1859\tem 1895\ns2\tx\tolá\n"
    kept = answers(asked, Done(outcome), {}, [])
    again = done_of({"s1": "x", "s2": "x"}, kept, TermChecker(Glossary((), ()), "en", "pt"))
    assert again.outcome == outcome


def test_a_sentence_that_neither_came_back_nor_failed_is_an_error() -> None:
    with pytest.raises(Problem, match="returned 0"):
        segments([sentence(1, 0, 100)], Outcome(), "pt")


DOUBTING = HallucinationOptions(
    min_score=0.37, max_no_speech=0.6, max_compression=2.4, max_repeats=3, max_repeats_sung=6,
    max_letters_per_s=35, min_letters_per_s=3,
)  # fmt: skip


class Recogniser:
    """Gives prepared answers for each moment that it is asked about; the last answer stays."""

    def __init__(self, *rounds: dict[int, Recognition]):
        self.options = SimpleNamespace(chunk_ms=30_000)
        self.asked: list[list[tuple[int, int]]] = []
        self._rounds = rounds

    def recognise(self, _audio: Any, chunks: Any, *_rest: Any, careful: bool) -> list[Recognition]:
        number = len(self.asked)
        assert careful == (number == 2)
        self.asked.append([(c.start_ms, c.end_ms) for c in chunks])
        return [self._rounds[number][c.span[0]] for c in chunks]


def translated(recogniser: Recogniser, *asked: Sentence, **rest: Any) -> Listened:
    audio: Any = SimpleNamespace(duration_ms=60_000)
    whisper: Any = recogniser
    return with_whisper(whisper, audio, asked, "hi", DOUBTING, lambda *_: None, **rest)


def heard(
    text: str, score: float = 0.8, no_speech: float = 0.1, compression: float = 1.2
) -> Recognition:
    return Recognition(text, score, no_speech, compression)


def test_sentences_are_translated_in_context_or_each_for_itself() -> None:
    one, two = sentence(1, 1000, 2000), sentence(2, 2100, 3000)
    whole = Recogniser({1000: heard("He came. He went.")}, {}, {})
    done = translated(whole, one, two)
    assert done == Listened(Outcome({"s1": "He came.", "s2": "He went."}))
    assert whole.asked == [[(600, 3400)], [], []]


def test_what_cannot_be_told_apart_is_one_unit_with_several_sources() -> None:
    asked = [sentence(1, 1000, 2000), sentence(2, 2100, 3000), sentence(3, 5000, 9000, "y")]
    text = "He came and went. Then nobody saw him in the village again."
    done = translated(Recogniser({1000: heard(text)}, {}, {}), *asked)
    assert done.outcome == Outcome(
        {"s1": "He came and went.", "s3": "Then nobody saw him in the village again."},
        {},
        {"s2": "s1"},
    )
    whole = sources({s.id: s.text for s in asked}, done.outcome)
    assert whole == {"s1": "x x", "s3": "y"}
    one, two = segments(asked, done.outcome, "en")
    assert (one.id, one.start_ms, one.end_ms, one.source_words) == ("s1", 1000, 3000, ("w1", "w2"))
    assert (two.id, two.start_ms, two.end_ms) == ("s3", 5000, 9000)
    assert pairs(asked, done.outcome).splitlines()[1] == "s2\tx\t[s1]"
    assert (
        done_of(
            {s.id: s.text for s in asked},
            answers(asked, Done(done.outcome), {}, []),
            TermChecker(Glossary((), ()), "hi", "en"),
        ).outcome
        == done.outcome
    )


def test_the_words_of_a_unit_stand_where_somebody_speaks() -> None:
    made = spread("aa bb cc dd", [(0, 500), (2000, 2500)], "pt", 0)
    assert [(w.start_ms, w.end_ms) for w in made] == [
        (0, 250), (250, 500), (2000, 2250), (2250, 2500),
    ]  # fmt: skip


def test_a_passage_that_no_unit_divides_at_a_turn_is_heard_sentence_by_sentence() -> None:
    one, two = sentence(1, 1000, 2000), sentence(2, 2100, 3000)
    apart = Recogniser(
        {1000: heard("He came and went.")}, {1000: heard("He came"), 2100: heard("He went")}, {}
    )
    done = translated(apart, one, two, turns={"s2"})
    assert done.outcome == Outcome({"s1": "He came", "s2": "He went"})
    assert apart.asked[1] == [(600, 2100), (2000, 3400)]
    assert [(r.second, r.taken, r.why) for r in done.rehearings] == [
        ("He came and went.", False, "parts are unclear"),
        ("He came", True, "nothing speaks against it"),
        ("He went", True, "nothing speaks against it"),
    ]


def test_what_an_engine_makes_up_is_no_translation() -> None:
    made_up = heard("Thank you.", 0.3, 0.7)
    done = translated(Recogniser(*[{1000: made_up}] * 3), sentence(1, 1000, 2000))
    assert done.outcome.texts == {}
    assert done.outcome.failed == {"s1": "artefact: score 0.3, no speech 0.7"}
    assert [row.taken for row in done.rehearings] == [False] * 3
    silent = translated(Recogniser(*[{1000: heard("")}] * 3), sentence(1, 1000, 2000))
    assert silent.outcome.failed == {"s1": "no words"}


def test_a_refrain_is_no_loop() -> None:
    refrain = heard(" ".join(["la"] * 6), compression=1.5)
    asked = sentence(1, 1000, 3000)
    assert translated(Recogniser(*[{1000: refrain}] * 3), asked).outcome.failed
    sung = translated(Recogniser(*[{1000: refrain}] * 3), asked, songs=[(0, 5000)])
    assert sung.outcome.texts == {"s1": refrain.text}


def test_an_improbable_translation_of_what_is_known_to_be_said_stays() -> None:
    text = heard("Brothers and sisters listen", 0.3, 0.9)
    done = translated(Recogniser(*[{1000: text}] * 3), sentence(1, 1000, 3000))
    assert done.outcome.texts == {"s1": "Brothers and sisters listen"}
    assert {row.why for row in done.rehearings} == {"improbable: score 0.3, no speech 0.9"}


def test_a_translation_that_leaves_most_of_the_time_out_is_heard_again_and_the_longest_counts() -> (
    None
):
    rounds = [{0: heard(text)} for text in ("He came", "He came and", "He")]
    done = translated(Recogniser(*rounds), sentence(1, 0, 20_000))
    assert done.outcome == Outcome({"s1": "He came and"})
    assert [(row.taken, row.why) for row in done.rehearings] == [
        (False, "slow: 0.3 letters a second"),
        (True, "slow: 0.5 letters a second"),
        (False, "slow: 0.1 letters a second"),
    ]


def spoken(number: int, start_ms: int, text: str, pause_after: int) -> Sentence:
    """A word every 400 ms, and a pause of a second after one of them."""
    words = []
    for n, part in enumerate(text.split()):
        at = start_ms + 400 * n + (1000 if n > pause_after else 0)
        words.append(Word(f"w{number}{n:02d}", part, at, at + 400, 1.0))
    return Sentence(f"s{number}", tuple(words), text)


LIST = "वह दिल्ली मुंबई कोलकाता चेन्नई हैदराबाद बंगलौर अहमदाबाद पुणे जयपुर और लखनऊ गया था"


@pytest.mark.parametrize(
    ("second_half", "text", "incomplete"),
    [
        (heard("to Bangalore, Ahmedabad, Pune, Jaipur and Lucknow."), True, None),
        (heard("to Bangalore, Ahmedabad, Pune, Jaipur and Lucknow.", 0.2, 0.9), False, 0.38),
        (heard("to Lucknow."), False, 0.38),
    ],
    ids=["complete", "in doubt", "still too short"],
)
def test_what_a_translation_by_sound_left_out_is_heard_in_pieces(
    second_half: Recognition, text: bool, incomplete: float | None
) -> None:
    first = heard("He went to Delhi and Lucknow.")
    left_half = heard("He went to Delhi, Mumbai, Calcutta, Chennai, Hyderabad,")
    asked = spoken(1, 1000, LIST, pause_after=5)
    pieces = {1000: left_half, 4400: second_half}
    recogniser = Recogniser({1000: first}, {}, {}, pieces)
    done = translated(recogniser, asked)
    whole = f"{left_half.text} {second_half.text}"
    assert done.outcome.texts == {"s1": whole if text else first.text}
    assert done.outcome.first == ({"s1": first.text} if text else {})
    assert bool(done.outcome.incomplete) == bool(incomplete)
    assert recogniser.asked[3] == [(600, 3800), (4000, 8000)]
    assert [row.second for row in done.rehearings] == [left_half.text, second_half.text]


def test_a_song_may_be_shorter_than_what_is_sung() -> None:
    first = heard("He went to Delhi and Lucknow.")
    asked = spoken(1, 1000, LIST, pause_after=5)
    done = translated(Recogniser({1000: first}, {}, {}), asked, songs=[(0, 9000)])
    assert done.outcome == Outcome({"s1": first.text})


def test_passages_are_of_one_language_each_and_what_is_skipped_is_not_heard() -> None:
    one, two, three = (
        replace(sentence(n, n * 1000, n * 1000 + 900), language=language)
        for n, language in ((1, None), (2, "de"), (3, "en"))
    )
    asked = []

    class Polyglot(Recogniser):
        def recognise(
            self, _audio: Any, chunks: Any, language: str, *_rest: Any, careful: bool
        ) -> list[Recognition]:
            asked.extend((language, c.start_ms, c.end_ms, careful) for c in chunks)
            return [heard("He came." if language == "hi" else "He went.") for _ in chunks]

    done = translated(Polyglot(), one, two, three, skipped=frozenset(["s3"]))
    assert done.outcome == Outcome({"s1": "He came.", "s2": "He went."})
    assert asked == [("hi", 600, 2000, False), ("de", 1900, 3300, False)]


def test_what_has_no_letters_is_not_asked_for() -> None:
    recogniser = Recogniser({}, {}, {})
    assert translated(recogniser, sentence(1, 0, 60, "।")).outcome == Outcome({"s1": "।"})
    assert recogniser.asked == [[], [], []]


def test_passages_hold_whole_sentences_up_to_their_length() -> None:
    groups = passages([sentence(1, 0, 400), sentence(2, 500, 900), sentence(3, 950, 1500)], 1000)
    assert [[s.id for s in passage] for passage in groups] == [["s1", "s2"], ["s3"]]
    alone = passages([sentence(1, 0, 400), sentence(2, 500, 900)], 0)
    assert [[s.id for s in passage] for passage in alone] == [["s1"], ["s2"]]


def test_sentences_of_a_passage_have_theirs_or_one_for_all_of_them() -> None:
    asked = [sentence(1, 0, 10), sentence(2, 10, 20)]
    assert paired(asked, "He came. Mr. Ali left!") == [
        ([asked[0]], "He came."),
        ([asked[1]], "Mr. Ali left!"),
    ]
    assert paired(asked, "He came and left.") == [(asked, "He came and left.")]
    assert paired(asked, "He came and left.", {"s2"}) is None
    assert paired(asked, "") is None


def test_a_passage_is_heard_with_a_lead_but_never_its_neighbours() -> None:
    chunks = sounds([[sentence(1, 100, 400)], [sentence(2, 450, 900)]], 1000)
    assert [(c.start_ms, c.end_ms) for c in chunks] == [(0, 450), (400, 1000)]


def test_a_firefox_model_is_named_by_its_pair() -> None:
    models = {"en-pt": "a", "pt-en": "b", "en-hi": "c", "ta-hi": "d"}
    assert firefox.model_of(models, "en", "pt") == "a"
    assert firefox.model_of(models, "auto", "pt") == "a"
    assert firefox.model_of(models, "en-GB", "pt-BR") == firefox.model_of(models, "en", "pt") == "a"
    own = models | {"en-pt-BR": "e", "pt-BR-en": "f", "en-zh": "g"}
    assert firefox.model_of(own, "en", "pt-BR") == "e"
    config = {"firefox": {"models": own}}
    assert firefox.SPEC.model_back(config, "en", "pt-BR", "e", ()) == "f"
    assert "no model for en-zh-Hant" in firefox.SPEC.unable(config, "en", "zh-Hant")
    with pytest.raises(Problem, match="names 2 models for auto-hi"):
        firefox.model_of(models, "auto", "hi")
    with pytest.raises(
        Problem, match="names 0 models for hi-en, it has en-pt, pt-en, en-hi, ta-hi"
    ):
        firefox.model_of(models, "hi", "en")


def test_a_firefox_model_of_another_pair_or_without_words_is_told(
    models: Path, tmp_path: Path
) -> None:
    with pytest.raises(Problem, match="not a Firefox model from pt to en"):
        firefox.Firefox(models / "firefox-en-pt", "pt", "en")
    (tmp_path / "model.enpt.intgemm.alphas.bin").write_bytes(b"")
    for target in ("pt", "pt-BR"):
        with pytest.raises(Problem, match=r"without vocab\.enpt"):
            firefox.Firefox(tmp_path, "en", target)
    with pytest.raises(Problem, match="not a Firefox model from en to zh-Hant"):
        firefox.Firefox(tmp_path, "en", "zh-Hant")
    (tmp_path / "model.enpt.intgemm.alphas.bin").rename(tmp_path / "model.enzh_hant.intgemm.bin")
    with pytest.raises(Problem, match="without vocab"):
        firefox.Firefox(tmp_path, "en", "zh-Hant")


def test_firefox_loses_nothing_of_a_long_sentence(models: Path) -> None:
    text = "and he went to the house of his father with the horse, the cow and the goat, " * 20
    answer = firefox.Firefox(models / "firefox-en-pt", "en", "pt").translate(
        {"s1": text}, carefully=False
    )
    assert 19 <= answer["s1"].count("cavalo") <= 21


def test_passages_that_hear_each_others_words_stay_together() -> None:
    groups = apart([[sentence(1, 0, 400)], [sentence(2, 799, 900)], [sentence(3, 1300, 1500)]])
    assert [[s.id for s in group] for group in groups] == [["s1", "s2"], ["s3"]]


OPTIONS = TranslationOptions(batch_size=2, beam_size=5, max_tokens=256, round_trip_sentences=0)
ASR = {
    "compute_type": "auto",
    "batch_size": 4,
    "beam_size": 5,
    "decoder": "rnnt",
    "chunk_ms": 1800,
    "script": "auto",
    "allow_latin": False,
    "other_languages": [],
    "other_language_probability": 0.8,
}
WHISPER = {"asr": ASR}
SENTENCES = [sentence(1, 0, 400), sentence(2, 500, 900), sentence(3, 1300, 1700)]


@pytest.mark.parametrize(
    ("engine", "settings", "expected"),
    [
        ("firefox", {}, [["s1"], ["s2"], ["s3"]]),
        ("nllb", {}, [["s1"], ["s2"], ["s3"]]),
        ("endpoint", {}, [["s1", "s2"], ["s3"]]),
        ("whisper", WHISPER, [["s1", "s2"], ["s3"]]),
        ("whisper", {"asr": {**ASR, "chunk_ms": 1000}}, [["s1", "s2"], ["s3"]]),
        ("whisper", {"asr": {**ASR, "chunk_ms": 30_000}}, [["s1", "s2", "s3"]]),
    ],
)
def test_no_shard_divides_what_an_engine_takes_together(
    engine: str, settings: dict[str, object], expected: list[list[str]]
) -> None:
    units = registry.spec(engine).units(settings, OPTIONS, SENTENCES)
    assert [[s.id for s in unit] for unit in units] == expected


CHANGE = Correction("s3", 0, "Sidnei", "Sydney", "n1", "near", 92.0, 1.0)


def test_answers_of_the_shards_join_to_those_of_the_whole() -> None:
    done = Done(Outcome({"s1": "um", "s3": "Sydney"}, {"s2": "it ran away"}), repaired=1)
    whole = answers(SENTENCES, done, {"s1": "one"}, [CHANGE])
    assert whole == Answers(
        (
            Answer("s1", "um", None, "one"),
            Answer("s2", None, "it ran away", None),
            Answer("s3", "Sydney", None, None),
        ),
        (CHANGE,),
        1,
    )
    parts = [
        answers(SENTENCES[:1], Done(Outcome({"s1": "um"})), {"s1": "one"}, []),
        Answers((), (), 0),
        answers(
            SENTENCES[1:],
            Done(Outcome({"s3": "Sydney"}, {"s2": "it ran away"}), repaired=1),
            {},
            [CHANGE],
        ),
    ]
    assert joined(parts) == whole


def test_a_shard_that_lost_a_sentence_or_made_one_up_is_an_error() -> None:
    with pytest.raises(Problem, match=r"missing \['s3'\]"):
        answers(SENTENCES, Done(Outcome({"s1": "um", "s2": "dois"})), {}, [])
    with pytest.raises(Problem, match=r"unknown \['s9'\]"):
        answers(SENTENCES[:1], Done(Outcome({"s1": "um", "s9": "?"})), {}, [])


def test_answers_are_composed_as_the_file_that_holds_them() -> None:
    result = answers(SENTENCES[:1], Done(Outcome({"s1": "cafe\u0301"})), {}, [])
    assert result.answers[0].text == "caf\u00e9"


def test_what_answers_lack_is_found_over_the_whole_film() -> None:
    form = Form("Sydney Carton", None, "Latn")
    glossary = Glossary((Term("n1", "character", "keep", (form,), (), "", True, ("t",)),), ())
    texts = {"s1": "Sydney Carton left in 1859.", "s2": "Sydney Carton came."}
    film_answers = Answers(
        (Answer("s1", "Sydney Carton saiu em 1895.", None, None), Answer("s2", None, "lost", None)),
        (),
        2,
    )
    done = done_of(texts, film_answers, TermChecker(glossary, "en", "pt"))
    assert (done.outcome.failed, done.repaired) == ({"s2": "lost"}, 2)
    verdict = done.verdicts["s1"]
    assert [texts["s1"][k.start : k.end] for k in verdict.held] == ["Sydney Carton"]
    assert [texts["s1"][k.start : k.end] for k in verdict.missing] == ["1859"]
    assert "s2" not in done.verdicts
