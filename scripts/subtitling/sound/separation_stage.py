"""What the jobs of stage 04_source_separation share: those of shards, and the one that joins."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import lineage
from subtitling import documents
from subtitling.media import audio_file
from subtitling.media.audio_file import SoundFormat
from subtitling.sound import separation
from subtitling.sound.separation import SeparationOptions, Voice
from subtitling.spans import Span

if TYPE_CHECKING:
    from lineage import Stage


def planned(io: "Stage", options: SeparationOptions) -> list[Span]:
    """The pieces of the whole film that are separated, in ms."""
    film = documents.load(documents.Media, io.input.media).audio
    io.media_ms(film.duration_ms)
    events = documents.load(documents.Events, io.input.events)
    return separation.plan(events, film.duration_ms, options)


def save_voices(
    io: "Stage",
    pieces: Sequence[Span],
    voice: Voice,
    form: SoundFormat,
    options: SeparationOptions,
) -> None:
    """Write the voices of a shard's pieces."""
    start = separation.first_sample(pieces, form, options) if pieces else 0
    blocks = audio_file.sound_blocks(io.input.audio, start) if pieces else ()
    film = separation.StreamWindow(blocks, form.channels, start)
    taken = separation.taken(film, pieces, voice, form, options)
    done = separation.save_voices(taken, io.output.voices, lambda n: io.progress(n, len(pieces)))
    io.note(pieces=done)


def save_stems(
    io: "Stage",
    model: str,
    pieces: Sequence[Span],
    voice: Voice,
    form: SoundFormat,
    options: SeparationOptions,
) -> None:
    """Write the stems and the dialogue audio of the whole film, and how each piece was used."""
    made: list[documents.Piece] = []

    def note(piece: documents.Piece) -> None:
        made.append(piece)
        io.progress(len(made), len(pieces))

    with ExitStack() as stack:
        write = {
            name: stack.enter_context(audio_file.writing_sound(io.output.get(name), form))
            for name in ("vocals", "accompaniment", "dialogue")
        }
        for stems in separation.separate(
            lambda: separation.StreamWindow(audio_file.sound_blocks(io.input.audio), form.channels),
            pieces, voice, form, options, note,
        ):  # fmt: skip
            for stem, put in write.items():
                put(getattr(stems, stem))
    used = sum(piece.end_ms - piece.start_ms for piece in made if piece.used)
    io.note(pieces=len(made), used=sum(piece.used for piece in made), used_ms=used)
    io.log.info("%d pieces separated, %.1f s of them used", len(made), used / 1000)
    digest = lineage.sha256(io.output.dialogue)
    name = model if pieces else None
    documents.save(documents.Separation(name, digest, tuple(made)), io.output.separation)
