"""Two channels heard apart: what is a copy, and one transcript of both, by time."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from subtitling.documents import (
    Correction,
    Ear,
    Region,
    Rehearing,
    Segment,
    Speech,
    Transcript,
    Word,
)
from subtitling.media import audio_file
from subtitling.media.audio_file import WINDOW_MS
from subtitling.sound import apart
from subtitling.text.sentences import SentenceOptions

RATE = 16_000
APART_MS = 100_000


def words(first: int, start_ms: int, *texts: str, pause_after: int = -1) -> tuple[Word, ...]:
    """A word every 500 ms; a second more after one of them."""
    starts = [start_ms + 500 * n + (1000 if 0 <= pause_after < n else 0) for n in range(len(texts))]
    return tuple(
        Word(f"w{first + n:05d}", text, at, at + 400, 0.9)
        for n, (text, at) in enumerate(zip(texts, starts, strict=True))
    )


def segment(name: str, channel: int | None, said: tuple[Word, ...], **more: object) -> Segment:
    text = " ".join(word.text for word in said)
    return Segment(
        name, said[0].start_ms, said[-1].end_ms, text, said, 0.9, ("r1",), channel=channel, **more
    )  # type: ignore[arg-type]


def test_channels_are_heard_one_after_the_other_and_stand_in_the_film_side_by_side() -> None:
    row = [
        Region("r1", 0, 900, 0.9),
        Region("r2", 5000, 6000, 0.9, 100, 200),
        Region("r3", APART_MS + 500, APART_MS + 1500, 0.9),
    ]
    film = apart.regions_on_film(row, APART_MS)
    assert [(r.id, r.start_ms, r.end_ms, r.channel) for r in film] == [
        ("r1", 0, 900, 0), ("r3", 500, 1500, 1), ("r2", 5000, 6000, 0),
    ]  # fmt: skip
    heard = apart.in_a_row(film, APART_MS)
    assert [(r.id, r.start_ms, r.end_ms) for r in heard] == [
        (r.id, r.start_ms, r.end_ms) for r in row
    ]
    assert apart.in_a_row(film, None) == film
    assert apart.everywhere([(1, 2)], APART_MS) == [(1, 2), (APART_MS + 1, APART_MS + 2)]
    assert apart.spans_on_film([(7, 9), (APART_MS + 5, APART_MS + 6)], APART_MS) == [(7, 9), (5, 6)]


def test_a_transcript_goes_there_and_back_with_its_words() -> None:
    first = segment("g00001", None, words(1, 0, "yes"))
    second = segment("g00002", None, words(2, APART_MS + 200, "no"))
    again = Rehearing(APART_MS + 200, APART_MS + 600, "x", "", "no", 0.9, None, True, "y")
    row = Transcript("en", 0.9, "ctc", (first, second), rehearings=(again,))
    film = apart.on_film(row, APART_MS)
    assert [(s.channel, s.start_ms, s.words[0].start_ms) for s in film.segments] == [
        (0, 0, 0), (1, 200, 200),
    ]  # fmt: skip
    assert film.rehearings[0].start_ms == 200
    back = apart.heard(film, APART_MS)
    assert [(s.start_ms, s.words) for s in back.segments] == [
        (s.start_ms, s.words) for s in row.segments
    ]
    assert apart.on_film(row, None) is row


def test_two_who_talk_at_once_are_both_there_each_where_they_speak() -> None:
    long = words(1, 0, "I", "came", "home.", "Nobody", "was", "there", "at", "all.", pause_after=5)
    other = words(9, 1200, "Who", "came?")
    transcript = Transcript(
        "en", 0.9, "ctc", (segment("g00001", 0, long), segment("g00002", 1, other))
    )
    made = apart.by_time(transcript)
    assert [(s.id, s.channel, s.text) for s in made.segments] == [
        ("g00001", 0, "I came home."),
        ("g00002", 1, "Who came?"),
        ("g00003", 0, "Nobody was there"),
        ("g00004", 0, "at all."),
    ]
    assert [w.id for w in made.words] == [f"w{n:05d}" for n in range(1, 11)]
    assert sorted(w.text for w in made.words) == sorted(w.text for w in (*long, *other))
    asked = apart.sentences_of(made, SentenceOptions(2000, 15_000), ())
    assert [(s.id, s.text, s.start_ms) for s in asked] == [
        ("s00001", "I came home.", 0),
        ("s00002", "Who came?", 1200),
        ("s00003", "Nobody was there at all.", 1500),
    ]
    row = apart.sentences_in_a_row(asked, made, APART_MS)
    assert [(s.id, s.start_ms) for s in row] == [
        ("s00001", 0), ("s00003", 1500), ("s00002", APART_MS + 1200),
    ]  # fmt: skip


def test_a_segment_with_a_corrected_name_stays_whole_and_its_correction_with_it() -> None:
    other = segment("g00001", 1, words(1, 100, "Who", "came?"))
    named = segment("g00002", 0, words(3, 0, "Konrad", "came.", "He", "left."))
    correction = Correction("g00002", 0, "Conrad", "Konrad", "n1", "near", 90, 2.0)
    made = apart.by_time(Transcript("en", 0.9, "ctc", (other, named), (correction,)))
    assert [(s.id, s.text) for s in made.segments] == [
        ("g00001", "Konrad came. He left."), ("g00002", "Who came?"),
    ]  # fmt: skip
    assert [c.segment for c in made.corrections] == ["g00001"]


def test_for_a_text_the_speech_of_both_channels_is_one() -> None:
    said = (
        Region("r1", 0, 900, 0.9, channel=0),
        Region("r2", 500, 700, 0.8, channel=1),
        Region("r3", 850, 1500, 0.7, channel=1),
        Region("r4", 1500, 2000, 0.6, channel=0),
    )
    one = apart.together(Speech(9000, said, apart_ms=APART_MS))
    assert one == Speech(9000, (Region("r1", 0, 1500, 0.9), Region("r4", 1500, 2000, 0.6)))
    assert apart.together(one) is one


def test_a_film_whose_channels_are_mixed_stays_as_it_is() -> None:
    late_first = (
        segment("g00001", None, words(1, 900, "a")),
        segment("g00002", None, words(2, 0, "b")),
    )
    transcript = Transcript("en", 0.9, "ctc", late_first)
    assert apart.by_time(transcript) is transcript
    assert [s.text for s in apart.sentences_of(transcript, SentenceOptions(1000, 15_000), ())] == [
        "a b"
    ]


def voice(seed: int, seconds: int = 6) -> np.ndarray:
    """Noise with the syllables of speech."""
    random = np.random.default_rng(seed)
    samples = seconds * RATE
    loud = np.repeat(random.uniform(0.1, 1, seconds * 5), RATE // 5)
    return (0.1 * loud * random.standard_normal(samples)).astype(np.float32)


def delayed(sound: np.ndarray, ms: int) -> np.ndarray:
    return np.concatenate([np.zeros(ms * RATE // 1000, np.float32), sound])[: len(sound)]


def in_a_room(sound: np.ndarray) -> np.ndarray:
    """With the echoes of a furnished room, a fifth of a second long, and some hiss."""
    random = np.random.default_rng(3)
    echoes = random.standard_normal(RATE // 5) * np.exp(-np.arange(RATE // 5) / (RATE / 40))
    echoes[: 6 * RATE // 1000] = 0
    echoes[6 * RATE // 1000] = 8
    heard = np.convolve(sound, echoes)[: len(sound)]
    heard *= np.abs(sound).max() / np.abs(heard).max()
    return (heard + 0.002 * random.standard_normal(len(sound))).astype(np.float32)


A, B = voice(1), voice(2)


@pytest.mark.parametrize(
    ("left", "right", "kept"),
    [
        (A, A, (True, False)),
        (A, 0.1 * delayed(A, 8), (True, False)),
        (0.1 * delayed(A, 8) + 0.005 * B, A, (False, True)),
        (A, -A, (True, False)),
        (A, B, (True, True)),
        (A + 0.2 * delayed(B, 5), B + 0.2 * delayed(A, 5), (True, True)),
        (A, 0.3 * B, (True, True)),
        (0.25 * A + 0.08 * B, B + 0.02 * A, (True, True)),
        (A, 0.2 * in_a_room(A), (True, False)),
    ],
    ids=["the same", "softer and later", "in the other", "turned", "two", "crosstalk", "softer",
         "much softer", "in a room"],
)  # fmt: skip
def test_a_copy_is_heard_once_and_two_voices_twice(
    left: np.ndarray, right: np.ndarray, kept: tuple[bool, bool], tmp_path: Path
) -> None:
    flac = tmp_path / "two.flac"
    soundfile.write(flac, np.stack([left, right], axis=1), RATE, subtype="PCM_16")
    sound = audio_file.read_speech_audio(flac, apart=True)
    apart_ms = sound.duration_ms // 2
    assert apart_ms >= 6000 + WINDOW_MS
    both = ((0, 6000), (apart_ms, apart_ms + 6000))
    [ear] = apart.own(sound, [Ear("silero", both)], apart_ms)
    assert ear.spans == tuple(span for span, there in zip(both, kept, strict=True) if there)


def test_each_of_two_who_answer_one_another_is_heard_in_their_own_channel(tmp_path: Path) -> None:
    quiet = np.zeros_like(A)
    left = np.concatenate([A, 0.1 * B, A, quiet])
    right = np.concatenate([0.1 * A, B, B, quiet])
    flac = tmp_path / "two.flac"
    soundfile.write(flac, np.stack([left, right], axis=1), RATE, subtype="PCM_16")
    sound = audio_file.read_speech_audio(flac, apart=True)
    late = sound.duration_ms // 2
    [ear] = apart.own(sound, [Ear("silero", ((0, 18_000), (late, late + 18_000)))], late)
    first, second = (
        [(a - at, b - at) for a, b in ear.spans if a // late == n] for n, at in enumerate((0, late))
    )
    for spans_, wanted in ((first, [(0, 6000), (12_000, 18_000)]), (second, [(6000, 18_000)])):
        assert np.array(spans_) == pytest.approx(np.array(wanted), abs=700)
