"""Where the cues of a file with wrong times belong, by where somebody speaks."""

import random

import pytest

from subtitling import spans
from subtitling.known_text import fitting
from subtitling.known_text.fitting import Place
from subtitling.spans import Span

PAUSES_MS = (150, 300, 400, 700, 1500, 4000, 9000)


def lines(minutes: int, seed: int) -> list[Span]:
    """The times of lines of dialogue."""
    chance, at, made = random.Random(seed), 3000, []
    while at < minutes * 60_000:
        length = min(7000, max(500, round(chance.lognormvariate(7.6, 0.5))))
        made.append((at, at + length))
        at += length + chance.choice(PAUSES_MS)
    return made


def speech(said: list[Span], seed: int) -> list[Span]:
    """What a detector makes of them: edges that are wrong, some missed, and others' speech."""
    chance = random.Random(seed)
    heard = [
        (max(0, start + round(chance.gauss(0, 50))), end + round(chance.gauss(40, 80)))
        for start, end in said
        if chance.random() > 0.05
    ]
    others = [chance.randrange(said[-1][1]) for _ in range(len(said) // 8)]
    return spans.joined([*heard, *((at, at + 1500) for at in others)], 100)


SAID = lines(12, 1)
HEARD = speech(SAID, 2)
LENGTH_MS = SAID[-1][1] + 5000


def errors(fit: fitting.Fit, cues: list[Span], said: list[Span]) -> list[int]:
    return [
        abs(place.span(cue)[0] - start)
        for place, cue, (start, _) in zip(fit.places, cues, said, strict=True)
        if place
    ]


@pytest.mark.parametrize(
    ("rate", "offset_ms"), [(1.0, 0), (1.0, 90_000), (1.0, -1500), (25 / (24000 / 1001), 777)]
)
def test_an_offset_and_a_rate(rate: float, offset_ms: int) -> None:
    cues = [(round(a * rate) + offset_ms, round(b * rate) + offset_ms) for a, b in SAID]
    fit = fitting.fitted(cues, HEARD, (), LENGTH_MS)
    assert fit.sure
    assert None not in fit.places
    assert max(errors(fit, cues, SAID)) <= 60
    assert len(fitting.stretches(fit.places)) == 1


def test_breaks_for_advertisements() -> None:
    def late(ms: int) -> int:
        return 120_000 * sum(ms > SAID[len(SAID) * n // 4][0] for n in (1, 2, 3))

    cues = [(a + late(a), b + late(a)) for a, b in SAID]
    fit = fitting.fitted(cues, HEARD, (), LENGTH_MS)
    assert max(errors(fit, cues, SAID)) <= 60
    assert [place.rate for _, _, place in fitting.stretches(fit.places)] == [1.0] * 4


def test_lines_of_a_scene_that_the_film_lacks_have_no_place() -> None:
    gone = (240_000, 330_000)
    kept = [not (gone[0] <= a < gone[1] or gone[0] < b <= gone[1]) for a, b in SAID]
    shorter = gone[1] - gone[0]
    film = [
        (a - shorter * (a >= gone[1]), b - shorter * (a >= gone[1]))
        for (a, b), here in zip(SAID, kept, strict=True)
        if here
    ]
    fit = fitting.fitted(SAID, speech(film, 3), (), film[-1][1] + 5000)
    placed = [place is not None for place in fit.places]
    assert sum(a and not b for a, b in zip(placed, kept, strict=True)) <= 2
    own = iter(film)
    late = [
        abs(place.span(cue)[0] - next(own)[0]) if place else next(own)[0] * 0
        for place, cue, here in zip(fit.places, SAID, kept, strict=True)
        if here
    ]
    assert max(late) <= 60


def test_the_text_of_another_film_is_not_sure() -> None:
    fit = fitting.fitted(lines(12, 9), HEARD, (), LENGTH_MS)
    assert not fit.sure
    assert not fit.few


def test_a_short_text_that_fits_stays_where_it_is() -> None:
    cues = [(1000, 2000), (2500, 4000), (6000, 7000)]
    fit = fitting.fitted(cues, [(1000, 2000), (2500, 4000), (6000, 7000)], (), 9000)
    assert fit.places == (Place(1.0, 0),) * 3


def test_without_speech_nothing_is_sure() -> None:
    fit = fitting.fitted([(1000, 2000), (2500, 4000)], [], (), 9000)
    assert fit.few
    assert not fit.sure


@pytest.mark.parametrize(
    ("rate", "offset_ms"), [(1.0, 90_437), (1.0, -1503), (25 / (24000 / 1001), 777)]
)
def test_onsets_tell_an_offset_to_the_millisecond(rate: float, offset_ms: int) -> None:
    cues = [(round(a * rate) + offset_ms, round(b * rate) + offset_ms) for a, b in SAID]
    chance = random.Random(4)
    late = [chance.choice((0, 0, 1, 2, 15, 40, 60)) for _ in SAID]  # as plosives are heard
    onsets = sorted(start + ms for (start, _), ms in zip(SAID, late, strict=True))
    fit = fitting.fitted(cues, HEARD, onsets, LENGTH_MS)
    assert max(errors(fit, cues, SAID)) <= 3
    assert all(place and place.exact for place in fit.places)


def test_a_file_that_is_off_by_less_than_a_frame_stays() -> None:
    cues = [(a - 35, b - 35) for a, b in SAID]
    fit = fitting.fitted(cues, HEARD, [start for start, _ in SAID], LENGTH_MS)
    assert {(place.rate, place.offset_ms) for place in fit.places if place} == {(1.0, 0)}


def test_cues_that_come_by_chance_begin_with_their_speech() -> None:
    chance = random.Random(5)
    cues = sorted((a + 37_000 + round(chance.gauss(0, 120)), b + 37_000) for a, b in SAID)
    onsets = [start for start, _ in SAID]
    fit = fitting.fitted(cues, HEARD, onsets, LENGTH_MS)
    assert not any(place.exact for place in fit.places if place)
    placed = [place.span(cue)[0] for place, cue in zip(fit.places, cues, strict=True) if place]
    before = sorted(abs(at - start) for at, start in zip(placed, onsets, strict=True))
    begun = fitting.begun(placed, fit.places, onsets)
    after = sorted(abs(at - start) for at, start in zip(begun, onsets, strict=True))
    assert before[len(before) // 2] > 60
    assert after[len(after) * 9 // 10] == 0


def test_cues_of_a_stretch_that_is_exact_stay_and_so_do_cues_without_an_onset() -> None:
    exact, loose = Place(1.0, 0, 20), Place(1.0, 0, 160)
    starts, onsets = [1000, 5000, 8000, 8100], [1030, 5200, 8090]
    assert fitting.begun(starts, [exact] * 4, onsets) == starts
    # 8090 is that of 8100, which is nearer; with a spread of 160 a cue moves by 297 at most.
    assert fitting.begun(starts, [loose] * 4, onsets) == [1030, 5200, 8000, 8090]
    assert fitting.begun([1000], [loose], [1310]) == [1000]
    assert fitting.begun([1000], [Place(1.0, 0)], [1010]) == [1000]
    assert fitting.begun([1000], [loose], []) == [1000]
