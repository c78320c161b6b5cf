"""The passes of recognition: each recognises only what the one before left in doubt."""

from collections.abc import Sequence
from typing import Any

import pytest

from subtitling.documents import Region
from subtitling.options import selected
from subtitling.recognition import chunking, passes
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.language_diarization import Heard
from subtitling.recognition.recogniser import RecognitionOptions

QUIET: Any = lambda *_: None  # noqa: E731
LOOP = ("I know. " * 20, 0.9, 9.0)
INVENTED = ("Thanks for watching!", 0.1, 1.0)
ONE, OTHER = (Region(f"r{n}", n * 5000, n * 5000 + 4000, 0.9) for n in (1, 2))
BOTH = chunking.Chunk.of([ONE, OTHER])
FIRST, SECOND = chunking.Chunk.of([ONE]), chunking.Chunk.of([OTHER])

# A scene in English and one in German.
HERE, THERE = (chunking.Chunk.of([Region(f"r{n}", start, start + 10_000, 0.9)])
               for n, start in ((3, 1000), (4, 12_000)))  # fmt: skip
SCENES = chunking.Chunk.of([*HERE.regions, *THERE.regions])
ENGLISH, GERMAN = {"en": 0.98, "nl": 0.01}, {"de": 0.99}
WENT_HOME = ("We went home and said nothing of it to anybody.", 0.9, 1.0)
GINGEN = ("Dann gingen wir alle nach Hause, und keiner sagte ein Wort.", 0.9, 1.0)
IN_ENGLISH = (
    "We went home and said nothing of it to anybody. Then we all went home, and that was that.",
    0.8,
    1.0,
)

Answer = tuple[str, float, float]  # text, score, compression


class Scripted:
    """Stands for a loaded recogniser: its answers by language, way and chunk; what is not named
    is silence. It is sure of the languages of regions. Keeps what it was asked."""

    def __init__(
        self,
        options: RecognitionOptions,
        answers: dict[tuple[str, str, chunking.Chunk], Answer],
        languages: dict[str, dict[str, float]],
    ):
        self.options, self.answers, self.languages = options, answers, languages
        self.asked: list[tuple[str, str, chunking.Chunk]] = []

    def recognise(
        self, _audio: Any, chunks: Sequence[chunking.Chunk], language: str, _task: str,
        _progress: Any, careful: bool = False, guarded: bool = True, hotwords: Sequence[str] = (),
        identify: bool = False,
    ) -> list[chunking.Recognition]:  # fmt: skip
        way = "names" if hotwords else "careful" if careful else "held" if guarded else "free"
        keys = [(language, way, chunk) for chunk in chunks]
        self.asked += keys
        texts = [self.answers.get(key, ("", 0.0, 1.0)) for key in keys]
        spoken = self.identify(_audio, chunks) if identify else [()] * len(chunks)
        return [
            chunking.Recognition(text, score, 0.1, compression, heard=heard)
            for (text, score, compression), heard in zip(texts, spoken, strict=True)
        ]

    def identify(self, _audio: Any, chunks: Sequence[chunking.Chunk]) -> list[tuple[Heard, ...]]:
        return [
            tuple(Heard(region, self.languages.get(region.id, {})) for region in chunk.regions)
            for chunk in chunks
        ]


@pytest.fixture
def listen(defaults: dict[str, Any]) -> Any:
    def made(
        language: str,
        answers: dict[tuple[str, str, chunking.Chunk], Answer],
        languages: dict[str, dict[str, float]] | None = None,
        others: str | list[str] = "auto",
        chunks: Sequence[chunking.Chunk] = (BOTH,),
    ) -> tuple[passes.Said, Scripted]:
        known = selected(RecognitionOptions, defaults["asr"])
        known["other_languages"] = others
        recogniser = Scripted(RecognitionOptions(**known), answers, languages or {})
        listener = passes.Listener(recogniser, None, language, QUIET)  # type: ignore[arg-type]
        return listener.recognise(
            chunks, [], HallucinationOptions(**defaults["hallucinations"])
        ), recogniser

    return made


def texts(said: passes.Said) -> list[tuple[str, chunking.Chunk]]:
    return [(heard.text, chunk) for chunk, heard in said.pairs]


def test_what_makes_sense_at_once_is_heard_once(listen: Any) -> None:
    said, recogniser = listen(
        "en", {("en", "held", BOTH): ("We went home and said nothing of it to anybody.", 0.9, 1.0)}
    )
    assert texts(said) == [("We went home and said nothing of it to anybody.", BOTH)]
    assert recogniser.asked == [("en", "held", BOTH)] and not said.removed


def test_a_chunk_in_two_languages_is_divided_where_the_language_changes(listen: Any) -> None:
    said, recogniser = listen(
        "en",
        {
            ("en", "held", SCENES): IN_ENGLISH,
            ("en", "held", HERE): WENT_HOME,
            ("de", "held", THERE): GINGEN,
        },
        {"r3": ENGLISH, "r4": GERMAN},
        chunks=[SCENES],
    )
    assert texts(said) == [(WENT_HOME[0], HERE), (GINGEN[0], THERE)]
    assert said.languages == [("en", 0.98), ("de", 0.99)]
    assert recogniser.asked == [
        ("en", "held", SCENES), ("en", "held", HERE), ("de", "held", THERE)
    ]  # fmt: skip
    [row] = said.rehearings
    assert (row.start_ms, row.end_ms) == THERE.span
    assert (row.first, row.second) == (IN_ENGLISH[0], GINGEN[0])
    assert row.taken and row.why == "German, 99 %"


@pytest.mark.parametrize("answer", [LOOP, ("", 0.0, 1.0)], ids=["doubtful", "empty"])
def test_where_nothing_credible_is_heard_in_the_other_language_the_first_text_stays(
    listen: Any, answer: Answer
) -> None:
    said, _ = listen(
        "en",
        {("en", "held", SCENES): IN_ENGLISH, ("en", "held", HERE): WENT_HOME,
         ("de", "held", THERE): answer},
        {"r3": ENGLISH, "r4": GERMAN},
        chunks=[SCENES],
    )  # fmt: skip
    assert texts(said) == [(IN_ENGLISH[0], SCENES)]
    assert said.languages[0][0] == "en" and not said.rehearings[0].taken


@pytest.mark.parametrize("others", [[], ["fr"]])
def test_a_language_that_is_not_allowed_is_not_listened_for(listen: Any, others: Any) -> None:
    said, recogniser = listen(
        "en", {("en", "held", SCENES): IN_ENGLISH}, {"r3": ENGLISH, "r4": GERMAN}, others, [SCENES]
    )
    assert texts(said) == [(IN_ENGLISH[0], SCENES)]
    assert recogniser.asked == [("en", "held", SCENES)]


def test_the_shards_of_a_film_divide_their_chunks_as_the_whole_does(
    listen: Any, defaults: dict[str, Any]
) -> None:
    """The last region of the first shard is German only by what follows it."""
    ambiguous, german = Region("r5", 31_000, 37_000, 0.9), Region("r6", 38_000, 58_000, 0.9)
    chunks = [SCENES, chunking.Chunk.of([ambiguous]), chunking.Chunk.of([german])]
    languages = {"r3": ENGLISH, "r4": ENGLISH, "r5": {"en": 0.4, "de": 0.55}, "r6": GERMAN}
    said, recogniser = listen("en", {}, languages, chunks=chunks)
    assert [language for language, _ in said.languages] == ["en", "de", "de"]
    shard = passes.Listener(
        recogniser, None, "en", QUIET, before=[SCENES], after=[chunks[2]]  # type: ignore[arg-type]
    )  # fmt: skip
    options = HallucinationOptions(**defaults["hallucinations"])
    assert shard.recognise([chunks[1]], [], options).languages[0][0] == "de"


def test_what_makes_no_sense_is_heard_in_the_languages_of_its_regions(listen: Any) -> None:
    said, recogniser = listen(
        "en",
        {
            ("en", "held", BOTH): LOOP,
            ("en", "held", FIRST): WENT_HOME,
            ("de", "held", SECOND): GINGEN,
        },
        {"r1": ENGLISH, "r2": GERMAN},
    )
    assert texts(said) == [(WENT_HOME[0], FIRST), (GINGEN[0], SECOND)]
    assert said.languages == [("en", 0.98), ("de", 0.99)]
    assert recogniser.asked[1:] == [("en", "held", FIRST), ("de", "held", SECOND)]


def test_where_the_whole_is_no_better_its_regions_are_heard_one_by_one(listen: Any) -> None:
    said, recogniser = listen(
        "en",
        {
            ("en", "held", BOTH): LOOP,
            ("en", "careful", BOTH): LOOP,
            ("en", "careful", FIRST): ("I know the way.", 0.9, 1.0),
            ("en", "careful", SECOND): ("Do you?", 0.9, 1.0),
        },
    )
    assert texts(said) == [("I know the way.", FIRST), ("Do you?", SECOND)]
    ways = [way for _, way, _ in recogniser.asked]
    assert ways == ["held", "careful", "careful", "careful"] and not said.removed


def test_what_no_pass_makes_credible_is_taken_out_and_stays_on_record(listen: Any) -> None:
    loops = {("en", way, chunk): LOOP for way in ("held", "careful", "free")
             for chunk in (BOTH, FIRST, SECOND)}  # fmt: skip
    said, _ = listen("en", loops)
    assert [text for text, _ in texts(said)] == ["", ""]
    assert [(r.start_ms, r.end_ms) for r in said.removed] == [(5000, 9000), (10_000, 14_000)]
    assert all(r.text == LOOP[0].strip() and "loop" in r.reasons[0] for r in said.removed)


def test_the_last_pass_hears_one_region_in_any_script_and_leaves_its_neighbour_alone(
    listen: Any,
) -> None:
    said, recogniser = listen(
        "ur",
        {
            ("ur", "held", BOTH): LOOP,
            ("ur", "careful", FIRST): ("میں یہ راستہ جانتا ہوں۔", 0.9, 1.0),
            ("ur", "careful", SECOND): INVENTED,
            ("ur", "free", SECOND): ("Do you know the way?", 0.9, 1.0),
        },
    )
    assert texts(said) == [("میں یہ راستہ جانتا ہوں۔", FIRST), ("Do you know the way?", SECOND)]
    assert recogniser.asked[-1] == ("ur", "free", SECOND) and said.unguarded == 1


def test_names_are_listened_for_in_the_language_of_each_chunk(listen: Any) -> None:
    _, recogniser = listen("en", {})
    listener = passes.Listener(recogniser, None, "en", QUIET)  # type: ignore[arg-type]
    listener.languages["r2"] = "de"
    recogniser.answers[("en", "names", FIRST)] = ("Hello, Carton.", 0.9, 1.0)
    recogniser.answers[("de", "names", SECOND)] = ("Hallo, Carton.", 0.9, 1.0)
    again = listener.hear([FIRST, SECOND], hotwords=["Carton"])
    assert [(h.text, h.language) for h in again] == [
        ("Hello, Carton.", "en"), ("Hallo, Carton.", "de")
    ]  # fmt: skip
