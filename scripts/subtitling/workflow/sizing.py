"""What a stage's job asks of a cluster: memory and time, from the film's length and the model.

Asked for too little, a job is killed and comes back with more; asked for far too much, it waits
long for a place. `NEEDS` holds what was measured (`bench/speed.py growth`); jobs ask for more, and
a profile's `set-resources` goes before both.
"""

from dataclasses import dataclass
from math import ceil

GUESSED_BYTES_PER_HOUR = 450_000_000  # 1 Mbit/s, a small film: its length is guessed too long
LONGEST_GUESS_HOURS = 5.0
SNAKEMAKE_MB = 400  # what runs beside a stage on a node: Snakemake, three times over
MEMORY_RESERVE = 1.5  # asked for over what was measured
TIME_RESERVE = 3
GPU_SPEED = 10  # how many times a stage that runs on a GPU is faster there, at the least


@dataclass(frozen=True)
class Need:
    """What one stage takes: `memory_mb` and `minutes` for any film, and more for each of its hours.

    `memory_per_model` are bytes for each byte of the model's files, `minutes_per_model_gb` are
    minutes for each hour of film and GB of model, on four cores. `minutes_per_gb` are for each GB
    of the film's file.
    """

    memory_mb: int
    memory_mb_per_hour: int
    minutes: int
    minutes_per_hour: float
    memory_per_model: float = 0.0
    minutes_per_model_gb: float = 0.0
    minutes_per_gb: float = 0.0


@dataclass(frozen=True)
class Film:
    """What is known of a film before it is opened, and its length."""

    hours: float
    size_bytes: int


# Minutes for any film are what loading a model from a busy shared disk may take.
NEEDS = {
    "demux": Need(100, 0, 3, 1, minutes_per_gb=1),
    "shots": Need(100, 100, 3, 20),
    "pyannote_vad": Need(1100, 350, 5, 4, memory_per_model=1),
    # With Whisper base, on a CPU: at most 650, 600 (by attention) and 680 MB. The sound lies in a
    # file, so length adds little; a GPU's libraries take more of the host, hence the rest.
    "asr": Need(500, 50, 5, 4, memory_per_model=3, minutes_per_model_gb=40),
    # Hears again, at the most all of it.
    "alignment": Need(400, 50, 5, 4, memory_per_model=3, minutes_per_model_gb=60),
    # Whisper hears a passage, and then each sentence for itself where that did not come out.
    "translation": Need(500, 50, 5, 6, memory_per_model=3, minutes_per_model_gb=60),
    # Holds two minutes at a time.
    "sound_events": Need(250, 20, 3, 3),
    # Not measured on a long film: a bound by what it holds of it at a time.
    "speakers": Need(1050, 100, 5, 5, memory_per_model=2),
    "source_separation": Need(2500, 0, 5, 120, memory_per_model=3),
    "lyrics_detection": Need(400, 300, 3, 6),
    "audit": Need(400, 200, 3, 10),
    "preview": Need(200, 50, 3, 30),
    "burn_in": Need(2500, 0, 3, 180),
    "subtitle_gen": Need(100, 50, 2, 1),
    "mux": Need(150, 0, 3, 1, minutes_per_gb=2),
}

# pyannote's whole pipeline compares voices each with each: a bound for five hours, not measured.
_PIPELINE = Need(2000, 2500, 5, 40, memory_per_model=2)


def needs(*, pipeline: bool) -> dict[str, Need]:
    """`NEEDS`, where speakers are told by a whole `pipeline`, or not."""
    return NEEDS | ({"speakers": _PIPELINE} if pipeline else {})


def guessed_hours(size_bytes: int) -> float:
    """How long a film of this size may be, at the most: nobody has looked into it yet."""
    return min(size_bytes / GUESSED_BYTES_PER_HOUR, LONGEST_GUESS_HOURS)


def takes_mb(need: Need, film: Film, model_bytes: int) -> int:
    """Memory in MB that a stage takes by itself."""
    plain = need.memory_mb + need.memory_mb_per_hour * film.hours
    return ceil(plain + need.memory_per_model * model_bytes / 1e6)


def memory_mb(need: Need, film: Film, model_bytes: int, attempt: int) -> int:
    """Memory in MB to ask for; each attempt, counted from 1, asks for twice the last one's."""
    takes = SNAKEMAKE_MB + takes_mb(need, film, model_bytes)
    return ceil(MEMORY_RESERVE * takes) << (attempt - 1)


def minutes(need: Need, film: Film, model_bytes: int, device: str, attempt: int) -> int:
    """Wall time in minutes to ask for, likewise; `device` is cpu or cuda."""
    per_hour = need.minutes_per_hour + need.minutes_per_model_gb * model_bytes / 1e9
    if device == "cuda" and need.memory_per_model:  # only work of a model is faster there
        per_hour /= GPU_SPEED
    takes = need.minutes + per_hour * film.hours + need.minutes_per_gb * film.size_bytes / 1e9
    return ceil(TIME_RESERVE * takes) << (attempt - 1)
