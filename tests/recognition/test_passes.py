"""The passes of recognition: each recognises only what the one before left in doubt."""

from collections.abc import Sequence
from typing import Any

import pytest

from subtitling.documents import Region
from subtitling.recognition import hallucinations, passes, whisper

QUIET: Any = lambda *_: None  # noqa: E731
LOOP = ("I know. " * 20, 0.9, 9.0)
INVENTED = ("Thanks for watching!", 0.1, 1.0)
ONE, OTHER = (Region(f"r{n}", n * 5000, n * 5000 + 4000, 0.9) for n in (1, 2))
BOTH = whisper.Chunk.of([ONE, OTHER])
FIRST, SECOND = whisper.Chunk.of([ONE]), whisper.Chunk.of([OTHER])

Answer = tuple[str, float, float]  # text, score, compression


class Scripted:
    """Stands for a loaded recogniser: its answers by language, way and chunk; what is not named
    is silence. Keeps what it was asked."""

    def __init__(
        self,
        options: whisper.Options,
        answers: dict[tuple[str, str, whisper.Chunk], Answer],
        languages: dict[whisper.Chunk, str],
    ):
        self.options, self.answers, self.languages = options, answers, languages
        self.asked: list[tuple[str, str, whisper.Chunk]] = []

    def recognise(
        self, _audio: Any, chunks: Sequence[whisper.Chunk], language: str, _task: str,
        _progress: Any, careful: bool = False, guarded: bool = True, hotwords: Sequence[str] = (),
    ) -> list[whisper.Recognition]:  # fmt: skip
        way = "names" if hotwords else "careful" if careful else "held" if guarded else "free"
        keys = [(language, way, chunk) for chunk in chunks]
        self.asked += keys
        texts = [self.answers.get(key, ("", 0.0, 1.0)) for key in keys]
        return [
            whisper.Recognition(text, score, 0.1, compression) for text, score, compression in texts
        ]

    def chunk_languages(
        self, _audio: Any, chunks: Sequence[whisper.Chunk], language: str
    ) -> list[str]:
        return [self.languages.get(chunk, language) for chunk in chunks]


@pytest.fixture
def listen(defaults: dict[str, Any]) -> Any:
    def made(
        language: str,
        answers: dict[tuple[str, str, whisper.Chunk], Answer],
        languages: dict[whisper.Chunk, str] | None = None,
    ) -> tuple[passes.Said, Scripted]:
        known = {k: v for k, v in defaults["asr"].items() if k not in ("model", "shards")}
        recogniser = Scripted(whisper.Options(**known), answers, languages or {})
        listener = passes.Listener(recogniser, None, language, QUIET)  # type: ignore[arg-type]
        return listener.recognise(
            [BOTH], [], hallucinations.Options(**defaults["hallucinations"])
        ), recogniser

    return made


def texts(said: passes.Said) -> list[tuple[str, whisper.Chunk]]:
    return [(heard.text, chunk) for chunk, heard in said.pairs]


def test_what_makes_sense_at_once_is_heard_once(listen: Any) -> None:
    said, recogniser = listen(
        "en", {("en", "held", BOTH): ("We went home and said nothing of it to anybody.", 0.9, 1.0)}
    )
    assert texts(said) == [("We went home and said nothing of it to anybody.", BOTH)]
    assert recogniser.asked == [("en", "held", BOTH)] and not said.removed


def test_what_makes_no_sense_is_heard_in_the_languages_of_its_regions(listen: Any) -> None:
    said, recogniser = listen(
        "en",
        {
            ("en", "held", BOTH): LOOP,
            ("en", "held", FIRST): ("We went home and said nothing of it to anybody.", 0.9, 1.0),
            ("de", "held", SECOND): ("Dann gingen wir alle nach Hause.", 0.9, 1.0),
        },
        {SECOND: "de"},
    )
    assert texts(said) == [
        ("We went home and said nothing of it to anybody.", FIRST),
        ("Dann gingen wir alle nach Hause.", SECOND),
    ]
    assert said.other_languages == {SECOND: "de"}
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


def test_names_are_listened_for_in_the_films_language_only(listen: Any) -> None:
    _, recogniser = listen("en", {})
    listener = passes.Listener(recogniser, None, "en", QUIET)  # type: ignore[arg-type]
    heard = whisper.Recognition("Hallo.", 0.9, 0.1, 1.0)
    recogniser.answers[("en", "names", FIRST)] = ("Hello, Carton.", 0.9, 1.0)
    again = listener.recognise_with_names([(FIRST, heard), (SECOND, heard)], ["Carton"], {SECOND})
    assert [each.text for each in again] == ["Hello, Carton.", "Hallo."]
