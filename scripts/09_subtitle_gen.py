"""Make the cues of one language, in every format, and measure them."""

import lineage
from subtitling import documents
from subtitling.runtime import earlier
from subtitling.subtitles import forced, stage
from subtitling.subtitles.track import Track, failed

with lineage.stage(snakemake, failed) as io:
    earlier.may_try(io, "run fewer jobs at a time")
    track = Track.of(io)
    io.media_ms(track.film.duration_ms)
    edit = io.input.get("edit")
    # A track that a person has corrected needs no translation any more.
    missing = None if edit else track.transcript.failed
    made, transcript = track.made()
    if missing:
        io.skip(f"there is no translation: {missing}")
    elif track.only_foreign and not made and not edit:
        missing = forced.NOTHING
        io.skip(missing)
    elif not made:
        io.log.warning("no words, so the %s subtitles are empty", track.language)
    if missing:
        io.note(missing=missing)
    if io.input.get("events") and not track.is_part and not missing:
        made = stage.labelled(io, track, made)
    both = io.params.bilingual and io.input.get("spoken") and not missing
    above = track.made_above() if both else []
    taken, removed = None, frozenset()
    if edit:
        taken, removed = stage.corrected(io, track, made, transcript)
        made = taken.cues
    stage.write(io, track, made, above, taken)
    changed = taken.edit if taken else None
    cues = documents.Cues(track.language, tuple(made), changed, missing, track.from_text)
    documents.save(cues, io.output.cues)
    stage.measure(io, track, made, transcript, removed)
    earlier.drop(io.folder)
