"""What the jobs of stage 05_pyannote_vad share: those of shards, and the one that decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from subtitling import documents
from subtitling.media import audio_file, loudness
from subtitling.media.audio_file import Sound
from subtitling.sound import apart, vad
from subtitling.sound.vad import Scores, VadOptions

if TYPE_CHECKING:
    from lineage import Stage


@dataclass(frozen=True)
class Heard:
    """A film's sound. Where its channels are heard apart, they are in a row, `apart_ms` from one to
    the other; `duration_ms` is the film's."""

    audio: Sound
    apart_ms: int | None
    duration_ms: int


def opened(io: "Stage", *, in_parts: bool = False) -> Heard:
    """The sound of the stage's film: all of it, or the parts that are read."""
    two = io.params.separate and audio_file.sound_format(io.input.audio).channels == 2
    audio = audio_file.read_speech_audio(io.input.audio, apart=two, in_parts=in_parts)
    duration = audio_file.length_ms(io.input.audio) if two else audio.duration_ms
    io.media_ms(duration)
    return Heard(audio, audio.duration_ms // 2 if two else None, duration)


def decided(io: "Stage", film: Heard, scores: Mapping[str, Scores]) -> documents.Speech:
    """The film's speech regions, from the scores of each model, by its name, the first one first;
    with what there is to say of them on record."""
    options, audio, apart_ms = VadOptions(**io.params.options), film.audio, film.apart_ms
    ears = [documents.Ear(name, tuple(vad.speech(each, options))) for name, each in scores.items()]
    if apart_ms:
        # Without the ear that hears the mix: it can't tell in which channel somebody speaks.
        ears = apart.own(audio, ears, apart_ms)
    elif io.input.get("events"):
        events = documents.load(documents.Events, io.input.events)
        ears.append(documents.Ear("sound_events", tuple(events.spans("speech"))))
    first, quietest = next(iter(scores.values())), partial(loudness.quietest, audio)
    regions = vad.regions(ears, first, audio.duration_ms, options, quietest)
    if apart_ms:
        regions = apart.regions_on_film(regions, apart_ms)
        ears = apart.ears_on_film(ears, apart_ms)
    if io.params.separate and len({region.channel for region in regions}) == 1:
        io.log.warning("there is one channel, or both say the same, or one nothing: one is heard")
    spoken = sum(region.end_ms - region.start_ms for region in regions)
    io.note(regions=len(regions), speech_ms=spoken, audio_ms=film.duration_ms)
    io.note(speech_ms_by_ear={ear.name: sum(b - a for a, b in ear.spans) for ear in ears})
    if not regions:
        io.log.warning("no speech detected in this film: its subtitles will be empty")
    total = film.duration_ms / 1000
    io.log.info("%d speech regions, %.1f of %.1f s", len(regions), spoken / 1000, total)
    return documents.Speech(film.duration_ms, tuple(regions), tuple(ears), apart_ms)
