"""Make the cues of one language, in every format, and measure them."""

import json
from dataclasses import replace

import lineage
from subtitling import documents
from subtitling.subtitles import cues, edits, quality, rules, sound_labels
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import screen_of
from subtitling.text import languages, romanization

with lineage.stage(snakemake) as io:
    transcript = documents.load(documents.Transcript, io.input.transcript)
    speech = documents.load(documents.Speech, io.input.speech)
    film = documents.load(documents.Media, io.input.media)
    io.media_ms(film.duration_ms)
    language, offset = io.wildcards.lang, film.audio.start_ms
    rate = film.frame_rate or rules.SOUND_ONLY_RATE
    limit = cues.limits(rules.of(io.params.rules, languages.written(language)), rate)
    cuts = documents.load(documents.Shots, io.input.shots).cuts_ms if io.input.get("shots") else ()
    lyrics = documents.load(documents.Lyrics, io.input.lyrics)
    length = film.duration_ms
    own, write = languages.base(language), romanization.writer(language)
    spoken = documents.load(documents.Transcript, io.input.get("spoken", io.input.transcript))
    only_songs = language.endswith(languages.SONGS)
    found = (
        documents.load(documents.Speakers, io.input.speakers) if io.input.get("speakers") else None
    )
    form = limit.rules.speaker_label
    told = cues.Told.of(found, spoken, transcript, io.params.names, form) if found else None
    # A track that a person has corrected needs no translation any more.
    missing = None if io.input.get("edit") else transcript.failed
    made = cues.cues(transcript, own, offset, length, limit, cuts, lyrics, write, told)
    if only_songs:
        made, transcript = cues.songs_alone(made, transcript)
    if missing:
        io.skip(f"there is no translation: {missing}")
        io.note(missing=missing)
    elif not made:
        io.log.warning("no words, so the %s subtitles are empty", language)
    if io.input.get("events") and not only_songs and not missing:
        events = documents.load(documents.Events, io.input.events)
        for kind in io.params.sounds_ms:
            rule = sound_labels.rule_of(kind)
            if events.spans(kind) and not rules.has_own(io.params.rules, language, rule):
                reason = f"the rules have no {rule} for {language}"
                io.degrade(f"label of {kind}", language, getattr(limit.rules, rule), reason)
        sung = [(region.start_ms, region.end_ms) for region in lyrics.regions]
        made = sound_labels.labelled(made, events, sung, offset, limit, io.params.sounds_ms)
    above, edit, by_hand = [], None, frozenset()
    if io.params.bilingual and io.input.get("spoken") and not missing:
        spoken_limit = cues.limits(rules.of(io.params.rules, spoken.language), rate)
        unnamed = cues.Told.of(found, spoken, spoken, {}, form) if found else None
        above = cues.cues(
            spoken, spoken.language, offset, length, spoken_limit, cuts, lyrics, told=unnamed
        )
        above = cues.songs_alone(above, spoken)[0] if only_songs else above
    if io.input.get("edit"):
        words = [replace(word, text=write(word.text)) for word in transcript.words]
        slack, base = limit.rules.max_duration_ms, io.input.get("edit_base")
        taken = edits.taken(io.input.edit, base, made, words, length, slack)
        for line in taken.lines:
            io.log.warning("%s", line)
        ours, made, edit = made, taken.cues, taken.edit
        by_hand = edits.shown(ours) - edits.shown(made)
        io.note(edit=edit.path, changed_by_hand=len(edit.changes), taken_out_by_hand=len(by_hand))
    screen = screen_of(film.streams)
    for kind in subtitle_files.KINDS:
        subtitle_files.write(made, io.output.get(kind), screen, above)
    if edit:
        # In the kind that was edited, what only that can say stays: fonts, karaoke, regions.
        documents.save_text(subtitle_files.text(taken.track), io.output.get(taken.track.kind))
    documents.save(documents.Cues(language, tuple(made), edit, missing), io.output.cues)
    heard = [r for r in speech.regions if not only_songs or lyrics.sung(r.start_ms, r.end_ms)]
    measured = quality.report(
        made, transcript, heard, languages.written(language), offset, limit, cuts, by_hand
    )
    measured |= quality.of_words(spoken.words, heard, offset, io.params.min_wordless_ms)
    glossary = documents.load(documents.Glossary, io.input.glossary)
    measured["glossary"] = quality.against_glossary(made, transcript, spoken, glossary, write)
    if told:
        measured["speakers"] = quality.of_speakers(made)
        io.note(speakers=measured["speakers"])
    documents.save_text(
        json.dumps(measured, indent=1, ensure_ascii=False) + "\n", io.output.quality
    )
    broken = {rule: row["broken"] for rule, row in measured["rules"].items() if row["broken"]}
    io.note(cues=len(made), **{k: measured[k] for k in ("sung", "labels")}, broken=broken)
    io.note(adherence=measured["glossary"]["adherence"])
    told_of = ", ".join(f"{count} not within {rule}" for rule, count in broken.items())
    io.log.info("%d cues, %s", len(made), told_of or "every reading rule kept")
