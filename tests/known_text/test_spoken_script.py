"""Which words of a script are said, and where they are looked for."""

from subtitling.documents import Region, Word
from subtitling.known_text import spoken_script
from subtitling.known_text.matching import matched
from subtitling.known_text.spoken_script import Asked, Chunk, Run, ScriptWord


def words(text: str, start_ms: int = 0, each_ms: int = 400, score: float = 0.5) -> list[Word]:
    return [
        Word(f"w{n}", word, start_ms + n * each_ms, start_ms + (n + 1) * each_ms - 20, score)
        for n, word in enumerate(text.split())
    ]


def runs(script: str, heard: str) -> list[tuple[bool, str, str]]:
    own = spoken_script.words_of([(1, script.split())], "en")
    said = words(heard)
    pairs = matched([w.text for w in own], [w.text for w in said])
    return [
        (run.sure, " ".join(w.text for w in run.script), " ".join(w.text for w in run.heard))
        for run in spoken_script.runs_of(pairs, own, said)
    ]


def test_punctuation_that_stands_alone_goes_with_a_word() -> None:
    made = spoken_script.words_of([(3, ["—", "Yes", "—", "no", "?"]), (4, ["..."])], "en")
    assert made == [ScriptWord("— Yes —", 3), ScriptWord("no ?", 3)]
    assert spoken_script.words_of([(1, ["「", "今", "日"])], "ja")[0] == ScriptWord("「今", 1)


def test_sure_words_and_runs_of_doubt() -> None:
    assert runs("he went to the old mill", "he went with the old windmill today") == [
        (True, "he went", "he went"),
        (False, "to", "with"),
        (True, "the old", "the old"),
        (False, "mill", "windmill today"),
    ]


def test_a_short_word_alone_among_many_doubtful_ones_is_not_sure() -> None:
    script = "come here one two three four five the six seven eight nine ten"
    heard = "come here alpha beta gamma delta epsilon the zeta eta theta iota kappa"
    assert [sure for sure, _, _ in runs(script, heard)] == [True, False]


def test_a_word_without_time_to_be_said_is_not_placed() -> None:
    near = words("the best of")
    far = [Word("x", "times", 6000, 6400, 0.5)]
    sure = [Run(True, (ScriptWord("a", 1),), tuple(some)) for some in (near, far)]
    long = Run(False, tuple(ScriptWord("extraordinarily", 1) for _ in range(3)), ())
    asked = spoken_script.asked(Chunk((sure[0], long, sure[1]), 0, 7000))
    assert [each.script for each in asked] == [True, True, True]
    soon = Run(True, (ScriptWord("a", 1),), tuple(words("times", 1200)))
    asked = spoken_script.asked(Chunk((sure[0], long, soon), 0, 2000))
    assert [each.script for each in asked] == [True, False, True]


def judged(run: Run, score: float) -> bool:
    sure = Run(
        True, tuple(ScriptWord(w, 1) for w in ["it", "was", "so"]), tuple(words("it was so"))
    )
    asked = [Asked(sure, True), Asked(run, True)]
    placed = [words("it was so"), words(" ".join(w.text for w in run.script), score=score)]
    return spoken_script.judged(asked, placed)[1].script


def test_what_fits_the_sound_is_said() -> None:
    added = Run(False, (ScriptWord("elephant", 2),), ())
    assert not judged(added, 0.1)
    assert judged(added, 0.4)
    clear = Run(False, (ScriptWord("elephant", 2),), tuple(words("thursday", score=0.5)))
    assert not judged(clear, 0.02)
    unclear = Run(False, (ScriptWord("elephant", 2),), tuple(words("thursday", score=0.05)))
    assert judged(unclear, 0.02)
    alike = Run(False, (ScriptWord("tea", 2),), tuple(words("teal", score=0.5)), 0.6)
    assert judged(alike, 0.02)


def test_chunks_end_in_pauses_and_stay_short() -> None:
    heard = [w for n in range(12) for w in words("one two three four five", n * 6000, 1000)]
    run = Run(True, tuple(ScriptWord(w.text, 1) for w in heard), tuple(heard))
    chunks = spoken_script.chunks_of([run], [(0, 72_000)], 72_000)
    assert [(c.start_ms, c.end_ms) for c in chunks] == [
        (0, 23_490),
        (23_490, 47_490),
        (47_490, 72_000),
    ]
    assert sum(len(r.script) for c in chunks for r in c.runs) == 60


def test_an_unheard_scene_is_divided_over_its_speech() -> None:
    before, after = words("good night"), words("good morning", 100_000)
    script = tuple(ScriptWord("word", 2) for _ in range(30))
    some = [
        Run(True, (ScriptWord("good", 1), ScriptWord("night", 1)), tuple(before)),
        Run(False, script, ()),
        Run(True, (ScriptWord("good", 3), ScriptWord("morning", 3)), tuple(after)),
    ]
    chunks = spoken_script.chunks_of(some, [(0, 800), (20_000, 40_000), (60_000, 70_000)], 110_000)
    unheard = [(c.start_ms, c.end_ms, len(r.script)) for c in chunks for r in c.runs if not r.sure]
    assert unheard == [(20_000, 40_000, 20), (60_000, 70_000, 10)]


def test_words_in_other_pieces_of_the_same_text() -> None:
    placed = [Word("", "Good", 0, 90, 0.9), Word("", "bye,", 100, 190, 0.5)]
    placed += [Word("", "then", 300, 400, None)]
    assert spoken_script.regrouped(placed, ["Goodbye,", "th", "en"]) == [
        Word("", "Goodbye,", 0, 190, 0.5),
        Word("", "th", 300, 400, None),
        Word("", "en", 300, 400, None),
    ]


def test_the_speech_of_a_stretch() -> None:
    regions = [Region("r1", 0, 1000, 1.0), Region("r2", 1500, 4000, 1.0)]
    assert [(r.start_ms, r.end_ms) for r in spoken_script.speech_within(500, 2000, regions)] == [
        (500, 1000),
        (1500, 2000),
    ]
    assert [(r.start_ms, r.end_ms) for r in spoken_script.speech_within(5000, 6000, regions)] == [
        (5000, 6000)
    ]


def test_a_line_is_a_segment_and_what_was_heard_keeps_its_score() -> None:
    own = (ScriptWord("It", 1), ScriptWord("was.", 1), ScriptWord("So.", 2))
    sure = Asked(Run(True, own, tuple(words("it was so"))), True)
    more = Asked(Run(False, (ScriptWord("Never", 3),), tuple(words("indeed", 1200))), False)
    placed = [words("It was. So."), words("indeed", 1200)]
    regions = [Region("r1", 0, 5000, 1.0)]
    made = list(
        spoken_script.segments(
            [sure, more], placed, "en", {1: "JAI", 2: None}, regions, "phonemes", None, {"w0": 0.8}
        )
    )
    assert [(s.text, s.speaker, s.score, [w.line for w in s.words]) for s in made] == [
        ("It was.", "JAI", None, [1, 1]),
        ("So.", None, None, [2]),
        ("indeed", None, 0.8, [None]),
    ]
    assert [(row.line, row.text) for row in spoken_script.unspoken([sure, more], "en")] == [
        (3, "Never")
    ]
