"""Make the cues of one language, in every format, and measure them."""

import json
from pathlib import Path

import lineage
from subtitling import documents
from subtitling.runtime import earlier
from subtitling.subtitles import edits, forced, machine_mark
from subtitling.subtitles.formats import deliveries, subtitle_files
from subtitling.subtitles.formats.base import screen_of
from subtitling.subtitles.machine_mark import Mark
from subtitling.subtitles.track import Track, failed

with lineage.stage(snakemake, failed) as io:
    earlier.may_try(io, "run fewer jobs at a time")
    track = Track.of(io)
    io.media_ms(track.film.duration_ms)
    # A track that a person has corrected needs no translation any more.
    missing = None if io.input.get("edit") else track.transcript.failed
    made, transcript = track.made()
    if missing:
        io.skip(f"there is no translation: {missing}")
    elif track.only_foreign and not made and not io.input.get("edit"):
        missing = forced.NOTHING
        io.skip(missing)
    elif not made:
        io.log.warning("no words, so the %s subtitles are empty", track.language)
    if missing:
        io.note(missing=missing)
    if io.input.get("events") and not track.is_part and not missing:
        events = documents.load(documents.Events, io.input.events)
        made = track.labelled(made, events, io.params.sounds_ms)
        for kind, rule in track.unlabelled(made).items():
            label, reason = getattr(track.limit.rules, rule), f"no {rule} for {track.language}"
            io.degrade(f"label of {kind}", track.language, label, f"the rules have {reason}")
    both = io.params.bilingual and io.input.get("spoken") and not missing
    above = track.made_above() if both else []
    taken, by_hand = None, frozenset()
    if io.input.get("edit"):
        base, review = io.input.get("edit_base"), io.input.get("review")
        taken = track.edited(made, transcript, io.input.edit, base, review)
        for line in taken.lines:
            io.log.warning("%s", line)
        by_hand = edits.shown(made) - edits.shown(taken.cues)
        made, changes = taken.cues, len(taken.edit.changes)
        io.note(edit=taken.edit.path, changed_by_hand=changes, taken_out_by_hand=len(by_hand))
        io.note(corrected_by=edits.people(taken.edit), upstream=len(taken.edit.upstream))
    deliveries.clear_others(io.output.cues, track.language, io.params.formats)
    edit = taken.edit if taken else None
    mark = None if io.params.machine_mark == "none" else Mark.of(edit)
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
    documents.save(documents.Cues(track.language, tuple(made), edit, missing), io.output.cues)
    speech = documents.load(documents.Speech, io.input.speech)
    figures = track.measured(made, transcript, by_hand, speech, io.params.min_wordless_ms)
    documents.save_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", io.output.quality)
    broken = {rule: row["broken"] for rule, row in figures["rules"].items() if row["broken"]}
    if "speakers" in figures:
        io.note(speakers=figures["speakers"])
    io.note(cues=len(made), **{k: figures[k] for k in ("sung", "labels")}, broken=broken)
    io.note(adherence=figures["glossary"]["adherence"])
    summary = ", ".join(f"{count} not within {rule}" for rule, count in broken.items())
    io.log.info("%d cues, %s", len(made), summary or "every reading rule kept")
    earlier.drop(io.folder)
