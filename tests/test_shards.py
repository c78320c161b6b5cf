"""A film's speech in shards and back: nothing lost, nothing new, the same chunks to hear."""

from dataclasses import replace
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.problem import Problem
from subtitling import shards
from subtitling.documents import Correction, Region, Segment, Speech, Transcript, Word
from subtitling.recognition.chunking import chunks

CHUNK_MS = 30_000


@st.composite
def speeches(draw: st.DrawFn) -> Speech:
    """Any speech: regions up to 28 s long, silences up to a minute."""
    at, regions = 0, []
    steps = st.tuples(st.integers(0, 60_000), st.integers(60, 28_000))
    for number, (silence, length) in enumerate(draw(st.lists(steps, max_size=60)), 1):
        start = at + silence
        at = start + length
        regions.append(Region(f"r{number:05d}", start, at, 0.9))
    return Speech(at + draw(st.integers(0, 60_000)), tuple(regions))


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Any transcript as one piece of work leaves it, some segments with words and a correction."""
    segments, corrections, word = [], [], 0
    for number in range(1, draw(st.integers(0, 30)) + 1):
        words = tuple(
            Word(f"w{word + n + 1:05d}", "शब्द", 1000 * number + n, 1000 * number + n + 1, 0.5)
            for n in range(draw(st.integers(0, 4)))
        )
        word += len(words)
        name = f"g{number:05d}"
        text = " ".join(w.text for w in words)
        segments.append(Segment(name, 1000 * number, 1000 * number + 900, text, words, 0.5))
        if draw(st.booleans()):
            corrections.append(Correction(name, 0, "sobd", "शब्द", "t1", "near", 90.0, 1.0))
    return Transcript("hi", 0.9, "attention", tuple(segments), tuple(corrections))


@given(speeches(), st.integers(1, 12))
def test_the_shards_hear_the_chunks_of_the_whole_each_once_and_in_order(
    speech: Speech, number: int
) -> None:
    whole = chunks(speech.regions, CHUNK_MS)
    parts = [shards.chunks_of(name, whole) for name in shards.names(number)]
    assert len(parts) == number
    assert [chunk for part in parts for chunk in part] == whole


@given(speeches(), st.integers(1, 12))
def test_no_shard_has_more_than_its_share_and_a_chunk(speech: Speech, number: int) -> None:
    whole = chunks(speech.regions, CHUNK_MS)
    lengths = [
        sum(c.end_ms - c.start_ms for c in shards.chunks_of(name, whole))
        for name in shards.names(number)
    ]
    longest = max((c.end_ms - c.start_ms for c in whole), default=0)
    assert max(lengths) <= sum(lengths) / number + longest


@given(transcripts(), st.lists(st.integers(0, 30), max_size=6))
def test_transcripts_of_the_shards_join_to_that_of_the_whole(
    whole: Transcript, cuts: list[int]
) -> None:
    edges = [0, *sorted(min(cut, len(whole.segments)) for cut in cuts), len(whole.segments)]
    parts = [made_alone(whole, a, b) for a, b in pairwise(edges)]
    assert shards.joined(parts) == whole


def made_alone(whole: Transcript, start: int, end: int) -> Transcript:
    """What a shard of some segments is as a job of its own: ids count from 1 again."""
    segments, word, names = [], 0, {}
    for number, segment in enumerate(whole.segments[start:end], 1):
        words = tuple(replace(w, id=f"w{word + n:05d}") for n, w in enumerate(segment.words, 1))
        word += len(words)
        names[segment.id] = f"g{number:05d}"
        segments.append(replace(segment, id=f"g{number:05d}", words=words))
    corrections = tuple(
        replace(c, segment=names[c.segment]) for c in whole.corrections if c.segment in names
    )
    return replace(whole, segments=tuple(segments), corrections=corrections)


@given(transcripts(), st.integers(1, 9))
def test_some_segments_each_join_to_the_whole_transcript(whole: Transcript, number: int) -> None:
    parts = [shards.some(name, whole) for name in shards.names(number)]
    assert shards.joined(parts) == whole


def test_cuts_fall_where_the_shares_end() -> None:
    assert shards.runs([3, 1, 1, 1, 3, 3], 2, int) == [(3, 1, 1, 1), (3, 3)]
    assert shards.runs([9, 1, 1], 3, int) == [(), (9,), (1, 1)]
    assert shards.runs([], 2, int) == [(), ()]


def test_a_shards_name_tells_which_part_it_is_and_of_how_many() -> None:
    assert shards.names(3) == ["1-of-3", "2-of-3", "3-of-3"]
    assert shards.number("2-of-3") == 3
    parts = [shards.part_of(name, "abcdefgh", lambda _: 1) for name in shards.names(3)]
    assert parts == [tuple("abc"), tuple("de"), tuple("fgh")]


def test_shards_in_two_languages_are_an_error_that_says_what_to_do() -> None:
    spoken = (Segment("g00001", 0, 900, "word", (), 0.5),)
    hindi, urdu = Transcript("hi", 0.9, "none", spoken), Transcript("ur", 0.6, "none", spoken)
    with pytest.raises(Problem, match="heard as hi, ur: name the film's source_language"):
        shards.joined([hindi, urdu])


def test_a_silent_shard_has_no_say_about_the_language() -> None:
    hindi = Transcript("hi", 0.9, "none", (Segment("g00001", 0, 900, "शब्द", (), 0.5),))
    silent = Transcript("und", None, "none", ())
    assert shards.joined([silent, hindi, silent]) == hindi
    assert shards.joined([silent, silent]) == silent


def test_each_speech_region_has_one_shard_with_words_or_without() -> None:
    regions = [Region(f"r{n}", 1000 * n, 1000 * n + 900, 1.0) for n in range(6)]
    spoken = [Segment(f"g{n}", 1000 * n, 1000 * n + 900, "a", (), 0.9) for n in (1, 3)]
    whole = Transcript("en", None, "none", tuple(spoken))

    def regions_by_shard(count: int) -> list[list[str]]:
        parts = [shards.regions_of(name, whole, regions) for name in shards.names(count)]
        return [[r.id for r in part] for part in parts]

    assert regions_by_shard(1) == [["r0", "r1", "r2", "r3", "r4", "r5"]]
    assert regions_by_shard(2) == [["r0", "r1", "r2"], ["r3", "r4", "r5"]]
    assert sorted(chain.from_iterable(regions_by_shard(5))) == [r.id for r in regions]
    silent = replace(whole, segments=())
    assert [len(shards.regions_of(name, silent, regions)) for name in shards.names(2)] == [6, 0]


def test_a_shard_knows_the_chunks_beside_its_own() -> None:
    regions = [Region(f"r{n}", n * 20_000, n * 20_000 + 15_000, 0.9) for n in range(4)]
    one, two, three, four = chunks(regions, 16_000)
    assert shards.beside([two, three], [one, two, three, four]) == ([one], [four])
    assert shards.beside([one, two, three, four], [one, two, three, four]) == ([], [])


GRID = shards.Grid(window=120, step=110)


@pytest.mark.parametrize(
    ("samples", "number", "stretches"),
    [
        (0, 2, [(0, 0), (0, 0)]),
        (1, 2, [(0, 1), (0, 0)]),  # of one window, the second shard has none
        (120, 1, [(0, 120)]),
        (230, 2, [(0, 120), (110, 230)]),
        (231, 2, [(0, 230), (220, 231)]),  # of three windows, the last one is short
        (1000, 3, [(0, 340), (330, 670), (660, 1000)]),
    ],
)
def test_a_shard_hears_windows_of_the_whole_sounds_grid(
    samples: int, number: int, stretches: list[tuple[int, int]]
) -> None:
    made = [shards.stretch_of(name, samples, GRID) for name in shards.names(number)]
    assert [(part.start, part.end) for part in made] == stretches


def test_a_stretch_says_whether_it_begins_and_ends_the_sound() -> None:
    made = [shards.stretch_of(name, 1000, GRID) for name in shards.names(3)]
    assert [(part.first, part.last) for part in made] == [
        (True, False), (False, False), (False, True),
    ]  # fmt: skip
    assert [shards.stretch_of(name, 50, GRID) for name in shards.names(2)] == [
        shards.Stretch(0, 50), shards.Stretch(0, 0, first=False, last=False),
    ]  # fmt: skip


@pytest.mark.parametrize("samples", [1, 119, 120, 121, 229, 230, 231, 5000])
@pytest.mark.parametrize("number", [2, 3, 8])
def test_the_stretches_have_each_window_once(samples: int, number: int) -> None:
    """As they are heard in one piece: from the start, while there is more than a window."""
    whole = [0]
    while samples - whole[-1] > GRID.window:
        whole.append(whole[-1] + GRID.step)
    heard: list[int] = []
    for name in shards.names(number):
        part = shards.stretch_of(name, samples, GRID)
        start = part.start
        while part.end > start:
            heard.append(start)
            start += GRID.step if part.end - start > GRID.window else part.end
    assert heard == whole
