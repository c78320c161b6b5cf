"""Where the picture cuts, and what cues make of it."""

from pathlib import Path
from typing import Any

from subtitling import documents
from subtitling.documents import Cue, Segment, Transcript, Word
from subtitling.media import containers, ffmpeg, probing, shots
from subtitling.media.ffmpeg import Limits
from subtitling.subtitles import cues, frames, quality, rules

LIMIT = frames.frame_rules(rules.of(rules.table("netflix", {}), "en"), 25.0)


def made(cuts_ms: list[int], *words: tuple[str, int, int]) -> list[tuple[int, int]]:
    """The times of the cues of words given by text, start and end."""
    timed_words = tuple(Word(f"w{n}", *word, 1.0) for n, word in enumerate(words))
    spoken = Transcript("en", None, "attention", (Segment("g", 0, 9000, "", timed_words, None),))
    track = cues.cues(spoken, "en", 0, 60_000, LIMIT, cuts_ms)
    return [(cue.start_ms, cue.end_ms) for cue in track]


def test_an_in_time_goes_to_the_cut_just_before_or_after_its_sound():
    word = ("Hello.", 1000, 3000)
    assert made([520], word)[0][0] == 520
    assert made([1320], word)[0][0] == 1320
    assert made([480], word)[0][0] == 1000
    # Nine frames at 25 a second are waited for a cut, as eight at 24; one that is less than half a
    # second later has the in-time half a second before it, 13 frames at 25.
    assert made([1360], word)[0][0] == 1360
    assert made([1400], word)[0][0] == 880
    assert made([1520], word)[0][0] == 1000


def test_an_in_time_goes_to_no_cut_while_somebody_still_speaks():
    assert made([5800], ("Hello.", 1000, 5840), ("Yes.", 6200, 9800))[1][0] == 6200


def test_an_out_time_ends_two_frames_before_a_cut_and_never_before_the_sound():
    assert made([3320], ("Hello.", 1000, 3000)) == [(1000, 3240)]
    assert made([3040], ("Hello.", 1000, 3000)) == [(1000, 3000)]


def test_the_list_of_frames_is_read():
    assert shots.parse("#software: x\n#tb 0: 1/1000\n0, 2000, 2000, 40, 9, 0x1\n") == [2000]
    assert shots.parse("#tb 0: 1/25\n0, 50, 50, 1, 9, 0x1\n0, 100, 100, 1, 9, 0x1\n") == [
        2000,
        4000,
    ]
    assert shots.parse("") == []


def test_ffmpeg_finds_the_cuts_of_a_film(tmp_path: Path, defaults: dict[str, Any]):
    film = tmp_path / "it's a film.mkv"
    pictures = ["color=red", "color=blue", "testsrc=n=0"]
    inputs = [part for p in pictures for part in ("-f", "lavfi", "-i", f"{p}:s=320x180:r=25:d=2")]
    ffmpeg.run([*inputs, "-filter_complex", "concat=n=3", "-f", "matroska", containers.url(film)])
    with containers.opened(film) as container:
        streams = probing.streams(container)
    facts = documents.Media("matroska", 6000, 25.0, streams, documents.Audio(0, "", 0, 0, ""))
    listed = tmp_path / "frames.txt"
    limits = Limits(**defaults["limits"])
    assert shots.find(film, facts, 10, listed, limits, lambda *_: None) == [2000, 4000]
    assert not listed.exists()


def test_cues_beside_and_across_cuts_are_counted():
    track = [Cue("c1", 0, 1920, ("x",), ()), Cue("c2", 2040, 5000, ("x",), ())]
    assert quality.against_shots(track, [2000, 4000], LIMIT) == {
        "cuts": 2, "cues_across_a_cut": 1, "in_times_beside_a_cut": 1, "out_times_beside_a_cut": 0
    }  # fmt: skip
