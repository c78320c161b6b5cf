"""The subtitle stage (09): a track's labels, a person's corrections, files and figures."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from subtitling import documents
from subtitling.documents import Cue, Transcript
from subtitling.subtitles import edits, machine_mark
from subtitling.subtitles.edits import Taken
from subtitling.subtitles.formats import deliveries, subtitle_files
from subtitling.subtitles.formats.base import screen_of
from subtitling.subtitles.machine_mark import Mark
from subtitling.subtitles.track import Track

if TYPE_CHECKING:
    from lineage.stage import Stage


def labelled(io: "Stage", track: Track, made: Sequence[Cue]) -> list[Cue]:
    """The cues with labels of sounds; labels that are not in the track's language are recorded."""
    events = documents.load(documents.Events, io.input.events)
    cues = track.labelled(made, events, io.params.sounds_ms)
    for kind, rule in track.unlabelled(cues).items():
        label, reason = getattr(track.limit.rules, rule), f"no {rule} for {track.language}"
        io.degrade(f"label of {kind}", track.language, label, f"the rules have {reason}")
    return cues


def corrected(
    io: "Stage", track: Track, made: Sequence[Cue], transcript: Transcript
) -> tuple[Taken, frozenset[str]]:
    """The track as a person corrected it, and the words that were taken out."""
    base, review = io.input.get("edit_base"), io.input.get("review")
    taken = track.edited(made, transcript, io.input.edit, base, review)
    for line in taken.lines:
        io.log.warning("%s", line)
    removed = edits.shown(made) - edits.shown(taken.cues)
    changes = len(taken.edit.changes)
    io.note(edit=taken.edit.path, changed_by_hand=changes, taken_out_by_hand=len(removed))
    io.note(corrected_by=edits.people(taken.edit), upstream=len(taken.edit.upstream))
    return taken, removed


def write(
    io: "Stage", track: Track, made: Sequence[Cue], above: Sequence[Cue], taken: Taken | None
) -> None:
    """Write the cues in every format, with the mark that a machine made them and its credential.
    `above` are cues of the language above in a bilingual track."""
    deliveries.clear_others(io.output.cues, track.language, io.params.formats)
    mark = None if io.params.machine_mark == "none" else _mark(track, taken)
    programme = track.programme(made, io.wildcards.job, io.params.timecode_start, mark)
    for kind in io.params.formats:
        if kind in subtitle_files.KINDS:
            subtitle_files.write(made, io.output.get(kind), screen_of(track.film.streams), above)
            continue
        for less in deliveries.write(kind, made, io.output.get(kind), programme):
            io.degrade(less.what, less.wanted, less.used, less.reason)
    if taken:
        # In the edited format, features that only it has are kept: fonts, karaoke, regions.
        documents.save_text(subtitle_files.text(taken.track), io.output.get(taken.track.kind))
    beside = Path(io.output.cues).with_name(f"{track.language}{machine_mark.CREDENTIAL}")
    beside.unlink(missing_ok=True)
    if mark:
        for kind in set(io.params.formats) & set(subtitle_files.KINDS):
            subtitle_files.mark(io.output.get(kind), mark)
        files = [Path(io.output.get(kind)) for kind in io.params.formats]
        machine_mark.write_credential(beside, track.language, mark, files)


def _mark(track: Track, taken: Taken | None) -> Mark:
    return Mark.of(taken.edit if taken else None, from_text=track.from_text)


def measure(
    io: "Stage",
    track: Track,
    made: Sequence[Cue],
    transcript: Transcript,
    removed: frozenset[str],
) -> None:
    """Write the track's figures, and the most important of them to the record; `removed` are the
    words that a person took out."""
    speech = documents.load(documents.Speech, io.input.speech)
    figures = track.measured(made, transcript, removed, speech, io.params.min_wordless_ms)
    documents.save_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", io.output.quality)
    broken = {rule: row["broken"] for rule, row in figures["rules"].items() if row["broken"]}
    if "speakers" in figures:
        io.note(speakers=figures["speakers"])
    io.note(cues=len(made), **{k: figures[k] for k in ("sung", "labels")}, broken=broken)
    io.note(adherence=figures["glossary"]["adherence"])
    summary = ", ".join(f"{count} not within {rule}" for rule, count in broken.items())
    io.log.info("%d cues, %s", len(made), summary or "every reading rule kept")
