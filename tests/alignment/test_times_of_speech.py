"""From probabilities to regions, chunks, and words at the times when they are said."""

import tempfile
from dataclasses import replace

import numpy as np
import pytest

from subtitling.alignment.word_times import (
    Placed,
    Splice,
    in_order,
    padded,
    splice,
    trimmed,
    whole_words,
)
from subtitling.documents import Ear, Region, Speech
from subtitling.media.audio_file import Sound
from subtitling.media.loudness import levels as loudness
from subtitling.media.loudness import quietest
from subtitling.recognition.chunking import Chunk, chunks, spread_out
from subtitling.sound.vad import Scores, VadOptions, regions, speech

VAD = VadOptions(
    onset=0.5, offset=0.4, min_speech_ms=30, min_silence_ms=30, max_region_ms=1000, margin_ms=100
)
NOTHING = Scores(np.zeros(0), 0, 10)


def spans(
    scores: list[float], options: VadOptions = VAD, first_ms: float = 0
) -> list[tuple[int, int]]:
    return speech(Scores(np.array(scores), first_ms, 10), options)


def samples_as_sound(samples: np.ndarray) -> Sound:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the sound keeps it open
    file.write(samples.tobytes())
    file.flush()
    return Sound(file)


def middle(start_ms: int, end_ms: int) -> int:
    return (start_ms + end_ms) // 2


def region(number: int, start_ms: int, end_ms: int) -> Region:
    return Region(f"r{number}", start_ms, end_ms, 1.0)


def test_speech_begins_above_onset_and_lasts_until_below_offset() -> None:
    assert spans([0, 0.45, 0.6, 0.45, 0.45, 0.41, 0.3, 0.45]) == [(20, 60)]


def test_speech_to_the_very_ends_is_found() -> None:
    assert spans([0.9] * 5) == [(0, 50)]
    assert spans([]) == spans([0.1] * 5) == []


def test_short_silence_is_filled_and_short_speech_is_dropped() -> None:
    assert spans([1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0]) == [(0, 80)]


def test_times_are_those_of_the_frames() -> None:
    assert spans([0, 1, 1, 1, 1], first_ms=31.0) == [(41, 81)]


def test_speech_is_what_any_ear_hears() -> None:
    ears = [Ear("one", ((0, 200), (900, 1000))), Ear("other", ((150, 400), (425, 500)))]
    made = regions(ears, Scores(np.array([0.5] * 25), 0, 10), 2000, VAD, middle)
    assert [(r.id, r.start_ms, r.end_ms, r.score) for r in made] == [
        ("r00001", 0, 500, 0.5),  # 25 ms are no silence
        ("r00002", 900, 1000, 0.0),
    ]


def test_a_region_has_margins_as_far_as_its_pauses_go() -> None:
    ears = [Ear("one", ((40, 200), (320, 400), (900, 1000)))]
    asked = []

    def quietest(start_ms: int, end_ms: int) -> int:
        asked.append((start_ms, end_ms))
        return 280

    made = regions(ears, NOTHING, 1070, VAD, quietest)
    assert asked == [(230, 290)]  # the inner half of a pause that has no room for two margins
    assert [(r.listen_from_ms, r.listen_to_ms) for r in made] == [
        (0, 280),
        (280, 500),
        (800, 1070),
    ]


def test_speech_that_is_too_long_is_cut_at_its_quietest_and_nothing_is_heard_twice() -> None:
    asked = []

    def quietest(start_ms: int, end_ms: int) -> int:
        asked.append((start_ms, end_ms))
        return 1700 if start_ms < 1700 else 2500

    made = regions([Ear("one", ((1000, 3000),))], NOTHING, 4000, VAD, quietest)
    assert asked == [(1500, 2000), (2200, 2700)]
    assert [(r.listen_from_ms, r.start_ms, r.end_ms, r.listen_to_ms) for r in made] == [
        (900, 1000, 1700, 1700),
        (1700, 1700, 2500, 2500),
        (2500, 2500, 3000, 3100),
    ]


def test_no_region_is_longer_with_its_margins_than_the_recogniser_hears() -> None:
    options = replace(VAD, max_region_ms=30_000, margin_ms=1000)
    made = regions([Ear("one", ((2000, 200_000),))], NOTHING, 300_000, options, lambda _, end: end)
    assert max(r.listen_to_ms - r.listen_from_ms for r in made) <= 30_000
    assert (made[0].start_ms, made[-1].end_ms) == (2000, 200_000)


def test_speech_ends_with_the_sound() -> None:
    made = regions([Ear("one", ((0, 120), (200, 250)))], NOTHING, 100, VAD, middle)
    assert [(r.start_ms, r.end_ms, r.margin_after_ms) for r in made] == [(0, 100, 0)]
    assert regions([], NOTHING, 100, VAD, middle) == []


def test_what_hears_a_stretch_is_told_with_its_share() -> None:
    heard = Speech(1000, (), (Ear("one", ((0, 500),)), Ear("other", ((450, 600),))))
    assert heard.heard_by(400, 500) == {"one": 1.0, "other": 0.5}
    assert heard.heard_by(700, 800) == {}


def test_the_quietest_moment_is_where_the_sound_is_least_for_a_tenth_of_a_second() -> None:
    samples = np.full(16_000, 0.1, np.float32)
    samples[4000:4160] = 0  # ten milliseconds of a stop
    samples[8000:12_000] = 0.001
    assert quietest(samples_as_sound(samples), 0, 1000) == 625
    assert quietest(samples_as_sound(samples), 100, 104) == 102


def test_regions_are_joined_to_chunks_of_the_length_allowed() -> None:
    heard = chunks([region(1, 0, 400), region(2, 500, 900), region(3, 950, 1500)], 1000)
    assert [(c.start_ms, c.end_ms, [r.id for r in c.regions]) for c in heard] == [
        (0, 900, ["r1", "r2"]),
        (950, 1500, ["r3"]),
    ]
    assert chunks([], 1000) == []


def test_a_chunk_reaches_into_the_pauses_and_counts_them() -> None:
    spoken = [
        Region("r1", 400, 700, 1.0, 100, 50),
        Region("r2", 800, 1200, 1.0, 50, 100),
        Region("r3", 1400, 1500, 1.0, 100, 400),
    ]
    assert [(c.start_ms, c.end_ms) for c in chunks(spoken, 1000)] == [(300, 1300), (1300, 1900)]
    assert [(c.start_ms, c.end_ms) for c in chunks(spoken[:2], 999)] == [(300, 750), (750, 1300)]
    [first, _] = chunks(spoken, 1000)
    assert (first.span, first.speech_ms) == ((400, 1200), 700)


def test_a_chunk_ends_at_the_longest_pause_of_its_last_third() -> None:
    spoken = [region(1, 0, 500), region(2, 510, 700), region(3, 800, 900), region(4, 950, 1400)]
    made = chunks(spoken, 1000)
    assert [(c.start_ms, c.end_ms) for c in made] == [(0, 700), (800, 1400)]


def test_a_language_is_judged_by_long_chunks_from_all_over_the_film() -> None:
    lengths = [10, 30, 20, 5, 50, 40]
    made = [Chunk(100 * n, 100 * n + length, ()) for n, length in enumerate(lengths)]
    assert [c.end_ms - c.start_ms for c in spread_out(made, 3)] == [30, 20, 50]
    assert spread_out(made[:2], 3) == made[:2]


def test_regions_are_padded_up_to_the_middle_of_a_pause() -> None:
    wider = padded([region(1, 50, 200), region(2, 260, 400)], 1000)
    assert [(r.start_ms, r.end_ms) for r in wider] == [(25, 230), (230, 500)]


def test_spliced_times_go_back_to_where_they_were_said() -> None:
    joined = splice([region(1, 1000, 1500), region(2, 3000, 3400)])
    assert joined.duration_ms == 900
    assert joined.original(0, 100) == (1000, 1100)
    assert joined.original(500, 600) == (3000, 3100)


def test_a_word_over_a_splice_stays_in_its_larger_part() -> None:
    joined = Splice(((1000, 1500), (3000, 3400)))
    assert joined.original(450, 600) == (3000, 3100)
    assert joined.original(300, 520) == (1300, 1500)


def test_a_splice_holds_no_more_than_a_window() -> None:
    joined = splice([region(1, 0, 20_000), region(2, 21_000, 41_000), region(3, 42_000, 43_000)])
    assert joined.spans == ((0, 20_000), (21_000, 31_000))


def test_pieces_become_the_words_of_the_text() -> None:
    pieces = [
        Placed(text, n, n + 1, score)
        for n, (text, score) in enumerate(
            [(" well", 0.9), ("-", 0.1), ("known", 0.5), (" “", 0.3), ("yes", 0.8), (".”", 0.2)]
        )
    ]
    words = whole_words(pieces, spaced=True)
    assert [(w.text, w.start_ms, w.end_ms) for w in words] == [
        ("well-known", 0, 3),
        ("“yes.”", 3, 6),
    ]
    assert [
        w.text for w in whole_words([Placed("今日", 0, 1, 1), Placed("。", 1, 2, 1)], False)
    ] == ["今日。"]


def test_words_come_out_in_order_inside_their_bounds_and_last() -> None:
    said = [Placed("a", 500, 400, 1), Placed("b", 100, 100, 1), Placed("c", 900, 2000, 1)]
    ordered = in_order(said, 200, 1000)
    assert [(w.start_ms, w.end_ms) for w in ordered] == [(500, 501), (501, 502), (900, 1000)]
    crowded = in_order([Placed("x", 999, 999, 1)] * 3, 0, 3)
    assert [(w.start_ms, w.end_ms) for w in crowded] == [(0, 1), (1, 2), (2, 3)]
    with pytest.raises(ValueError, match="3 words in 2 ms"):
        in_order(said, 0, 2)


def test_a_word_keeps_no_silence() -> None:
    levels = np.full(200, -90.0)
    levels[50:100] = -20
    words = trimmed([Placed("word", 0, 2000, 1)], levels)
    assert [(w.start_ms, w.end_ms) for w in words] == [(470, 1030)]


def test_of_two_sounds_with_a_pause_between_the_longer_is_the_word() -> None:
    levels = np.full(200, -90.0)
    levels[0:20] = -20
    levels[100:200] = -20
    words = trimmed([Placed("word", 0, 2000, 1)], levels)
    assert [(w.start_ms, w.end_ms) for w in words] == [(970, 2000)]


def test_where_music_fills_the_pauses_words_keep_their_times() -> None:
    said = [Placed("a", 0, 700, 1), Placed("b", 700, 2000, 1)]
    assert trimmed(said, np.full(200, -20.0)) == said


def test_loudness_is_in_decibels_a_frame() -> None:
    levels = loudness(np.concatenate([np.zeros(160), np.full(160, 0.1)]).astype(np.float32))
    assert [round(float(level)) for level in levels] == [-120, -20]
