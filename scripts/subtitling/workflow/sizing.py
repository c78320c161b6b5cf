"""Memory and time to request for a stage's job, from the film's length and the model.

A job that requests too little is killed and retried with more; one that requests far too much waits
long in the queue. `NEEDS` holds the measurements (`bench/speed.py growth`); jobs request more than
these, and a profile's `set-resources` takes precedence over both.
"""

from dataclasses import dataclass
from math import ceil

GUESSED_BYTES_PER_HOUR = 450_000_000  # 1 Mbit/s, as of a small film: guesses are rather too long
LONGEST_GUESS_HOURS = 5.0
SNAKEMAKE_MB = 400  # of the three Snakemake processes beside a stage on a node
MEMORY_RESERVE = 1.5  # factor on what was measured
TIME_RESERVE = 3
GPU_SPEED = 10  # the lowest speed-up of a stage that runs on a GPU


@dataclass(frozen=True)
class Need:
    """The needs of one stage: `memory_mb` and `minutes` for any film, and more for each hour of it.

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
    """The length (before the film is probed, a guess) and size of a film."""

    hours: float
    size_bytes: int


# The minutes for any film cover the loading of a model from a busy shared disk.
NEEDS = {
    "demux": Need(100, 0, 3, 1, minutes_per_gb=1),
    "shots": Need(100, 100, 3, 20),
    "text_fit": Need(300, 100, 3, 1),
    # Of a track, the whole film is read.
    "text_load": Need(150, 0, 3, 0, minutes_per_gb=1),
    "pyannote_vad": Need(600, 50, 5, 4, memory_per_model=1),
    # Joins what shards have heard, and reads the sound.
    "pyannote_vad_whole": Need(200, 50, 3, 1),
    # With Whisper base, on a CPU: at most 650, 600 (by attention) and 680 MB. The sound lies in a
    # file, so length adds little; a GPU's libraries take more of the host, hence the rest.
    "asr": Need(500, 50, 5, 4, memory_per_model=3, minutes_per_model_gb=40),
    "second_ear": Need(500, 50, 5, 4, memory_per_model=3, minutes_per_model_gb=40),
    # Recognises parts again, at most all of the film.
    "alignment": Need(400, 50, 5, 4, memory_per_model=3, minutes_per_model_gb=60),
    # Whisper translates a passage, and then each sentence by itself where that failed.
    "translation": Need(500, 50, 5, 6, memory_per_model=3, minutes_per_model_gb=60),
    # Holds two minutes of sound at a time.
    "sound_events": Need(250, 20, 3, 3),
    # Not measured on a long film: a bound from how much of it is held at a time.
    "speakers": Need(1050, 100, 5, 5, memory_per_model=2),
    "source_separation": Need(2500, 0, 5, 120, memory_per_model=3),
    # Holds a piece at a time, and loads no model.
    "source_separation_whole": Need(200, 0, 3, 2),
    "lyrics_detection": Need(400, 300, 3, 6),
    "audit": Need(400, 200, 3, 10),
    "preview": Need(200, 50, 3, 30),
    "burn_in": Need(2500, 0, 3, 180),
    "subtitle_gen": Need(100, 50, 2, 1),
    "mux": Need(150, 0, 3, 1, minutes_per_gb=2),
}

# pyannote's whole pipeline compares all pairs of voices: a bound for five hours, not measured.
_PIPELINE = Need(2000, 2500, 5, 40, memory_per_model=2)


def needs(*, pipeline: bool) -> dict[str, Need]:
    """`NEEDS`, with those of a whole `pipeline` for the speakers where one is used."""
    return NEEDS | ({"speakers": _PIPELINE} if pipeline else {})


def guessed_hours(size_bytes: int) -> float:
    """An upper estimate of the length of a film of this size that has not been probed yet."""
    return min(size_bytes / GUESSED_BYTES_PER_HOUR, LONGEST_GUESS_HOURS)


def takes_mb(need: Need, film: Film, model_bytes: int) -> int:
    """The memory in MB that a stage itself takes."""
    plain = need.memory_mb + need.memory_mb_per_hour * film.hours
    return ceil(plain + need.memory_per_model * model_bytes / 1e6)


def memory_mb(need: Need, film: Film, model_bytes: int, attempt: int) -> int:
    """Memory in MB to request; each attempt, counted from 1, requests twice the last one's."""
    takes = SNAKEMAKE_MB + takes_mb(need, film, model_bytes)
    return ceil(MEMORY_RESERVE * takes) << (attempt - 1)


def minutes(need: Need, film: Film, model_bytes: int, device: str, attempt: int) -> int:
    """Wall time in minutes to request, doubled likewise; `device` is cpu or cuda."""
    per_hour = need.minutes_per_hour + need.minutes_per_model_gb * model_bytes / 1e9
    if device == "cuda" and need.memory_per_model:  # only a model's work is faster there
        per_hour /= GPU_SPEED
    takes = need.minutes + per_hour * film.hours + need.minutes_per_gb * film.size_bytes / 1e9
    return ceil(TIME_RESERVE * takes) << (attempt - 1)
