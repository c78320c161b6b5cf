"""Separate voices from music where the music is loud, and write the audio to recognise."""

from contextlib import ExitStack
from pathlib import Path

import lineage
from subtitling import documents
from subtitling.media import audio_file
from subtitling.models import store
from subtitling.runtime import devices
from subtitling.sound import separation
from subtitling.sound.separation import SeparationOptions

with lineage.stage(snakemake) as io:
    options = SeparationOptions(**io.params.options)
    stored = store.ready(io.params.model, io.input.model)
    film = documents.load(documents.Media, io.input.media).audio
    io.media_ms(film.duration_ms)
    events = documents.load(documents.Events, io.input.events)
    planned = separation.plan(events, film.duration_ms, options)
    pieces: list[documents.Piece] = []

    def made(piece: documents.Piece) -> None:
        pieces.append(piece)
        io.progress(len(pieces), len(planned))

    separator = separation.Separator(
        lambda: separation.load(Path(io.input.model).parent, io.params.device),
        io.params.device,
        io.degrade,
    )
    if planned:
        io.model(**vars(stored), precision="float32")
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
    else:
        io.skip("no music")
    form = audio_file.sound_format(io.input.audio)
    with ExitStack() as stack:
        write = {
            name: stack.enter_context(audio_file.writing_sound(io.output.get(name), form))
            for name in ("vocals", "accompaniment", "dialogue")
        }
        for stems in separation.separate(
            lambda: separation.StreamWindow(audio_file.sound_blocks(io.input.audio), form.channels),
            planned, separator.vocals, form, options, made,
        ):  # fmt: skip
            for name, put in write.items():
                put(getattr(stems, name))
    used = sum(piece.end_ms - piece.start_ms for piece in pieces if piece.used)
    io.note(pieces=len(pieces), used=sum(piece.used for piece in pieces), used_ms=used)
    io.log.info("%d pieces separated, %.1f s of them used", len(pieces), used / 1000)
    digest = lineage.sha256(io.output.dialogue)
    name = stored.name if planned else None
    documents.save(documents.Separation(name, digest, tuple(pieces)), io.output.separation)
