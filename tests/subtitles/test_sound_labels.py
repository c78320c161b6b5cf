"""Music is labelled where nobody speaks or sings, and where there is no cue."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subtitling.documents import Cue, Event, Events, Mood, Song
from subtitling.subtitles import quality, rules
from subtitling.subtitles.frames import frame_rules
from subtitling.subtitles.sound_labels import MOODS, NOISES, Sounds, labelled

LIMIT = frame_rules(rules.of(rules.table("netflix", {}), "de"), 25.0)


def heard(*rows: tuple[str, int, int]) -> Events:
    return Events(60_000, tuple(Event(kind, start, end, 0.9) for kind, start, end in rows))


def said(*times: tuple[int, int]) -> list[Cue]:
    return [
        Cue(f"c{n:05d}", start, end, ("So.",), (f"w{n}",))
        for n, (start, end) in enumerate(times, 1)
    ]


def labels(
    made: list[Cue], events: Events, sung: tuple[tuple[int, int], ...] = (), offset_ms: int = 0
) -> list[tuple[int, int]]:
    least = {"applause": 2000, "music": 5000}
    done = labelled(made, Sounds(events, sung, offset_ms), LIMIT, least)
    assert [c.id for c in done] == [f"c{n:05d}" for n in range(1, len(done) + 1)]
    assert [c.words for c in done if c.words] == [c.words for c in made]
    figures = quality.measure(done, "de", LIMIT)
    assert not any(row["broken"] for row in figures["rules"].values())
    assert figures["labels"] == len(done) - len(made)
    assert {c.lines for c in done if c.sound == "music"} <= {("[Musik]",)}
    assert {c.lines for c in done if c.sound == "applause"} <= {("[Applaus]",)}
    return [(c.start_ms, c.end_ms) for c in done if c.sound]


@pytest.mark.parametrize(
    ("cues", "events", "expected"),
    [
        # It comes with the music, and goes when it has been seen.
        ([], [("music", 2000, 20_000)], [(2000, 5000)]),
        # A cue in the way keeps it off by half a second (13 frames).
        ([(2000, 4000)], [("music", 2000, 20_000)], [(4520, 7520)]),
        ([(8000, 9000)], [("music", 2000, 20_000)], [(2000, 5000)]),
        # Too short, alone or between cues.
        ([], [("music", 2000, 6900)], []),
        ([(1000, 2000), (7500, 8500)], [("music", 0, 8500)], []),
        # Somebody speaks or sings.
        ([], [("music", 0, 20_000), ("speech", 3000, 14_000), ("singing", 14_000, 20_000)], []),
        ([], [("music", 0, 9000), ("speech", 1000, 3000)], [(3000, 6000)]),
        # Each stretch of music once.
        ([(9000, 9900)], [("music", 0, 20_000), ("music", 30_000, 40_000)],
         [(0, 3000), (30_000, 33_000)]),
        ([], [("speech", 0, 20_000)], []),
        # Applause is labelled sooner, and before the music that it is given to.
        ([], [("applause", 1000, 3500)], [(1000, 3480)]),
        ([], [("applause", 1000, 2900)], []),
        ([], [("music", 0, 20_000), ("applause", 10_000, 14_000)], [(0, 3000), (10_000, 13_000)]),
        ([], [("music", 0, 20_000), ("applause", 0, 14_000)], [(0, 3000), (3520, 6520)]),
    ],
)  # fmt: skip
def test_a_label_stands_where_music_is_alone(
    cues: list, events: list, expected: list[tuple[int, int]]
) -> None:
    assert labels(said(*cues), heard(*events)) == expected


def test_a_song_that_was_found_later_is_no_mere_music() -> None:
    assert labels([], heard(("music", 0, 20_000)), ((1000, 18_000),)) == []


def test_events_are_on_the_clock_of_the_sound() -> None:
    assert labels([], heard(("music", 0, 20_000)), offset_ms=600) == [(600, 3600)]
    assert labels([], heard(("music", 0, 20_000)), offset_ms=-600) == [(0, 3000)]


def texts(
    events: Events,
    offset_ms: int = 0,
    songs: tuple[Song, ...] = (),
    moods: tuple[Mood, ...] = MOODS,
) -> list[tuple[int, str, str | None]]:
    """In-time, text and kind of each label."""
    sounds = Sounds(events, (), offset_ms, songs, moods)
    done = labelled([], sounds, LIMIT, {**dict.fromkeys(NOISES, 0), "music": 5000})
    return [(cue.start_ms, cue.lines[0], cue.sound) for cue in done]


def test_music_is_labelled_with_the_mood_that_most_of_it_has() -> None:
    music = ("music", 2000, 12_000)
    assert texts(heard(music, ("sad_music", 2000, 8000), ("happy_music", 8000, 12_000))) == [
        (2000, "[traurige Musik]", "music")
    ]
    assert texts(heard(music, ("sad_music", 2000, 6000))) == [(2000, "[Musik]", "music")]
    # A language without a word for the mood has its word for music.
    assert texts(heard(music, ("sad_music", 2000, 12_000)), moods=()) == [
        (2000, "[Musik]", "music")
    ]
    assert texts(heard(music, ("sad_music", 2000, 12_000)), offset_ms=500) == [
        (2520, "[traurige Musik]", "music")
    ]
    # A mood alone is no music.
    assert texts(heard(("sad_music", 2000, 12_000))) == []


def test_music_whose_title_is_known_is_labelled_with_it() -> None:
    music = ("music", 2000, 12_000)
    songs = (Song("Für\n{name} </i>\x00", 1000, 11_000), Song("Later", 20_000, 30_000))
    both = heard(music, ("sad_music", 2000, 12_000), ("music", 41_000, 47_000))
    assert texts(both, songs=songs) == [
        (2000, "[♪ “Für {name} </i>” ♪]", "music"), (41_000, "[Musik]", "music")
    ]  # fmt: skip
    # One that no line holds is left out.
    assert texts(heard(music), songs=(Song("x" * 60, 0, 20_000),)) == [(2000, "[Musik]", "music")]


def test_noises_are_labelled_before_music_and_not_again_at_once() -> None:
    shots = [("gunshot", at, at + 1500) for at in (3000, 7000, 12_000, 30_000)]
    assert texts(heard(("music", 0, 9900), *shots, ("dog", 50_000, 50_500))) == [
        (3000, "[Schüsse]", "gunshot"), (30_000, "[Schüsse]", "gunshot")
    ]  # fmt: skip


EDGES = st.lists(st.integers(0, 600), max_size=12, unique=True).map(sorted)


@given(cues=EDGES, music=EDGES, voices=EDGES, offset_ms=st.integers(-5000, 5000))
def test_labels_never_meet_a_cue_or_a_voice(
    cues: list[int], music: list[int], voices: list[int], offset_ms: int
) -> None:
    def stretches(edges: list[int], step_ms: int) -> list[tuple[int, int]]:
        return [(a * step_ms, b * step_ms) for a, b in pairwise(edges)][::2]

    made = said(*stretches(cues, 120))
    events = heard(
        *(("music", *span) for span in stretches(music, 97)),
        *(("speech", *span) for span in stretches(voices, 89)),
    )
    done = labelled(made, Sounds(events, (), offset_ms), LIMIT, {"music": 1000})
    assert [(c.start_ms, c.end_ms) for c in done if not c.sound] == stretches(cues, 120)
    excess = quality.excess(done, "de", LIMIT)
    names = {c.id for c in done if c.sound}
    for rule in ("min_duration", "max_duration", "max_chars_per_second", "overlap"):
        assert not [k for k in names if excess[rule].get(k, 0) > 0], rule
    for a, b in pairwise(done):
        if a.sound or b.sound:
            assert b.start_ms - a.end_ms >= 480
    for cue in done:
        if cue.sound:
            span = (cue.start_ms - offset_ms, cue.end_ms - offset_ms)
            assert not quality._common([span], stretches(voices, 89))
