"""What a job asks of a cluster: literal films in, megabytes and minutes out."""

import pytest
from house import ROOT

from subtitling.workflow import sizing
from subtitling.workflow.sizing import Film, Need

NEED = Need(1000, 400, 5, 10, memory_per_model=3, minutes_per_model_gb=40, minutes_per_gb=2)
FILM = Film(hours=2.0, size_bytes=4_000_000_000)


def test_memory_grows_with_the_film_and_the_model() -> None:
    assert sizing.takes_mb(NEED, Film(0, 0), 0) == 1000
    assert sizing.takes_mb(NEED, FILM, 0) == 1800
    assert sizing.takes_mb(NEED, FILM, 500_000_000) == 3300


def test_a_job_asks_for_more_than_it_takes_and_for_twice_that_when_it_comes_back() -> None:
    asked = [sizing.memory_mb(NEED, FILM, 500_000_000, attempt) for attempt in (1, 2, 3)]
    assert asked == [5550, 11100, 22200]
    assert [sizing.minutes(NEED, FILM, 0, "cpu", attempt) for attempt in (1, 2)] == [99, 198]


def test_only_work_of_a_model_is_quicker_on_a_gpu() -> None:
    assert sizing.minutes(NEED, FILM, 1_000_000_000, "cpu", 1) == 3 * (5 + 100 + 8)
    assert sizing.minutes(NEED, FILM, 1_000_000_000, "cuda", 1) == 3 * (5 + 10 + 8)
    plain = Need(100, 0, 5, 10)
    assert sizing.minutes(plain, FILM, 0, "cuda", 1) == sizing.minutes(plain, FILM, 0, "cpu", 1)


@pytest.mark.parametrize(
    ("size_bytes", "hours"), [(0, 0.0), (900_000_000, 2.0), (60_000_000_000, 5.0)]
)
def test_an_unopened_film_is_guessed_long_but_not_endless(size_bytes: int, hours: float) -> None:
    assert sizing.guessed_hours(size_bytes) == hours


def test_every_stage_that_a_cluster_runs_is_sized() -> None:
    rules = {path: path.read_text("utf-8") for path in (ROOT / "rules").glob("[01]*.smk")}
    unsized = [
        path.name
        for path, text in rules.items()
        if "localrule: True" not in text and "runtime=runtime(" not in text
    ]
    assert unsized == []
