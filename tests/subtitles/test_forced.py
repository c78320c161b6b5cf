"""Forced narrative: what is said in other languages than the film's own."""

from contextlib import chdir
from pathlib import Path

import recorded

from lineage import Manifest, cli
from lineage.commands import trace
from lineage.record import Job
from subtitling import documents
from subtitling.documents import Region, Segment, Transcript, Word
from subtitling.media import containers, probing
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


def made(folder: Path, *, foreign: bool) -> dict[str, tuple[str, ...]]:
    """The titles and marks of the subtitle tracks of a film, German being spoken in it or not,
    with a forced track in Portuguese."""
    settings = recorded.defaults()
    settings["subtitles"] |= {"forced": ["pt"]}
    settings["mux"] |= {"sidecars": ["srt"]}
    recorded.job(folder, config=settings, foreign=foreign)
    with containers.opened(str(folder / "out/clip/10_mux/final.mkv")) as film:
        streams = probing.streams(film)
    return {s.title or "": s.marks for s in streams if s.kind == "subtitle"}


def test_the_track_is_muxed_flagged_named_and_traced(tmp_path: Path) -> None:
    marks = made(tmp_path, foreign=True)
    assert list(marks) == ["English", "Português", "Português (forced)"]
    assert [title for title in marks if "forced" in marks[title]] == ["Português (forced)"]
    with chdir(tmp_path):
        cues = documents.load(documents.Cues, "out/clip/09_subtitle_gen/pt-forced/cues.json")
        assert [cue.lines for cue in cues.cues] == [("Ninguém dormia.",)]
        job = Job.read(Path("out/clip"))
        for film in (
            Path("out/clip/10_mux/final.mkv"),
            Path("out/clip/10_mux/final.pt.forced.srt"),
        ):
            track = "pt-forced" if film.suffix == ".mkv" else None
            thread = trace.trace(job, film, language=track, number=1, at_ms=None)
            assert tuple(word.text for word in thread.words) == ("Nobody", "slept.")
        assert cli.main(["verify", "out/clip"]) == 0


def test_a_film_of_one_language_has_no_such_track_and_says_why(tmp_path: Path) -> None:
    assert list(made(tmp_path, foreign=False)) == ["English", "Português"]
    with chdir(tmp_path):
        stage = Manifest.load(Path("out/clip/09_subtitle_gen/pt-forced/manifest.json"))
        assert (stage.status, stage.reason) == ("skipped", forced.NOTHING)
        mux = Manifest.load(Path("out/clip/10_mux/manifest.json"))
        assert mux.status == "success" and mux.notes["missing"] == ["pt-forced"]
        assert not Path("out/clip/10_mux/final.pt.forced.srt").exists()
        assert cli.main(["verify", "out/clip"]) == 0
