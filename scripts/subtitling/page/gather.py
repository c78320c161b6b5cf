"""Gathers what the film page shows from a job's files and its record, as plain data.

Times are integer milliseconds on the film's clock throughout.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lineage import Manifest, sha256, untrusted
from lineage.commands.trace import SUBTITLES
from lineage.commands.trace import Track as Tracks
from lineage.commands.verify import Report
from lineage.problem import Problem
from lineage.record import Job, Reader
from subtitling import documents
from subtitling.page import verdict
from subtitling.subtitles import quality, rules
from subtitling.subtitles.cues import Limits, limits
from subtitling.text import languages
from subtitling.text.spelling import plain, tokens

# Of a longer log the page shows the end; the file itself is beside the page.
_LOG_CHARS = 100_000
_UNSURE = 0.5
_TO = "08_translation/"
_LANES = 8  # voices that the page has room to draw
# Unicode's words for scripts that one language may be in, as ISO 15924 has them.
_SCRIPTS = {"Latin": "Latn", "Devanagari": "Deva", "Arabic": "Arab", "Tamil": "Taml"}

BROKEN = {
    "max_lines": "{:g} lines too many",
    "max_chars_per_line": "a line {:g} characters too long",
    "max_chars_per_second": "{:g} characters a second too fast",
    "min_duration": "{:g} frames too short",
    "max_duration": "{:g} frames too long",
    "min_gap": "gap {:g} frames too small",
    "close_gap": "gap {:g} frames from closed",
    "overlap": "overlaps the next by {:g} ms",
}


@dataclass(frozen=True)
class Band:
    """Stretches of one kind, as music, to draw on the timeline; items: start, end, score, text."""

    name: str
    items: tuple[tuple[int, int, float | None, str], ...]


@dataclass(frozen=True)
class Thread:
    """Where a cue comes from, as indices into the lists of `Track` and `Film`. `problem` is why it
    has no source; `notes` say what was done to it or is wrong with it."""

    sentences: tuple[int, ...] = ()
    words: tuple[int, ...] = ()
    segments: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()
    in_film: str | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Track:
    """One subtitle track: its cues with their threads, its measurements, and the stages behind it,
    the last first. `sentences` are those of its translation; `limit` are its reading rules."""

    language: str
    cues: tuple[documents.Cue, ...]
    threads: tuple[Thread, ...]
    sentences: tuple[documents.Segment, ...]
    quality: dict[str, Any]
    limit: Limits
    steps: tuple[str, ...]
    edit: documents.Edit | None


@dataclass(frozen=True)
class Stage:
    """One stage, from its manifest and log."""

    key: str
    state: str
    manifest: Manifest
    manifest_text: str
    manifest_sha256: str
    log: str


@dataclass(frozen=True)
class Mended:
    """A translation that was corrected or requested again: the first answer and the final one."""

    start_ms: int
    language: str
    first: str
    text: str


@dataclass(frozen=True)
class Film:
    """All data of one film's page. What a job does not have is None or empty."""

    job: str
    folder: str
    data: documents.FilmData
    media: documents.Media
    speech: documents.Speech | None
    cuts_ms: tuple[int, ...]
    spoken: documents.Transcript | None
    tracks: tuple[Track, ...]
    stages: tuple[Stage, ...]
    checked: Report
    checked_at: str
    result: Path | None
    pipeline_log: str = ""
    bands: tuple[Band, ...] = field(default=())
    removed: tuple[documents.Removed, ...] = field(default=())
    heard_again: tuple[documents.Rehearing, ...] = field(default=())
    mended: tuple[Mended, ...] = field(default=())


def read(job: Job, checked: Report, checked_at: str, without: Sequence[str]) -> Film:
    """Gather the film of a job from the files on its record, each checked against its checksum.

    `without` are stages to leave out, as the one that makes the page.
    """
    reader = Reader(job)
    keys = [key for key in job.stages if key.partition("/")[0] not in without]
    done = [key for key in keys if job.stages[key].status in ("success", "skipped")]

    def output(kind: type[documents.Document], key: str, name: str) -> documents.Document | None:
        return reader.output(kind, key, name) if key in done else None

    media = output(documents.Media, "01_demux", "media")
    if media is None:
        raise Problem(f"{job.folder}: 01_demux has not succeeded, so there is no film to show")
    speech = output(documents.Speech, "05_pyannote_vad", "speech")
    shots = output(documents.Shots, "05_shots", "shots")
    spoken = output(documents.Transcript, "07_alignment", "transcript")
    result = next((o.path for o in _outputs(job, "10_mux")), None)
    film = job.locate(result) if result else job.folder
    heard = output(documents.Events, "04_sound_events", "events")
    sung = output(documents.Lyrics, "08_lyrics_detection", "lyrics")
    voices = output(documents.Speakers, "05_speakers", "speakers")
    recognised = output(documents.Transcript, "06_asr", "transcript")
    offset = media.audio.start_ms
    tracks = [
        _track(job, reader, key, film, media, speech)
        for key in done
        if key.startswith(f"{SUBTITLES}/")
        and key not in job.leftovers
        and not job.stages[key].notes.get("missing")
    ]
    translated = [
        output(documents.Transcript, f"08_translation/{track.language}", "transcript")
        for track in tracks
    ]
    logs = sorted((job.folder / "logs").glob("*.log"))
    return Film(
        job=job.folder.name,
        folder=job.recorded,
        data=output(documents.FilmData, "02_tmdb", "film") or documents.FilmData(),
        media=media,
        speech=speech,
        cuts_ms=shots.cuts_ms if shots else (),
        spoken=spoken,
        tracks=tuple(tracks),
        stages=tuple(_stage(job, key) for key in keys),
        checked=_without(checked, job, without),
        checked_at=checked_at,
        result=film if result else None,
        pipeline_log=_end(logs[-1]) if logs else "",
        bands=bands(heard, sung, voices, offset),
        removed=removed(spoken or recognised, offset),
        heard_again=heard_again([spoken, *translated], offset),
        mended=mended(translated, offset),
    )


def bands(
    heard: documents.Events | None,
    sung: documents.Lyrics | None,
    voices: documents.Speakers | None,
    offset: int,
) -> tuple[Band, ...]:
    """The bands of what else was detected, where stages looked for it: music, singing, sung
    regions, and the voices of those who speak most."""
    stretches: dict[str, list[tuple[int, int, float | None, str]]] = {}
    for event in heard.events if heard else ():
        span = (event.start_ms + offset, event.end_ms + offset, event.score, "")
        stretches.setdefault(event.kind.capitalize(), []).append(span)
    for region in sung.regions if sung else ():
        sure = (region.start_ms + offset, region.end_ms + offset, region.confidence, region.id)
        stretches.setdefault("Songs", []).append(sure)
    drawn = tuple(Band(name, tuple(rows)) for name, rows in stretches.items() if name != "Speech")
    return drawn + (_voices(voices, offset) if voices else ())


def _voices(heard: documents.Speakers, offset: int) -> tuple[Band, ...]:
    """A band for each of the `_LANES` speakers who speak most, in the order of their appearance."""
    most = sorted(heard.speakers, key=lambda each: -each.total_ms)[:_LANES]
    rows: dict[str, list[tuple[int, int, float | None, str]]] = {
        each.id: [] for each in heard.speakers if each in most
    }
    for n, turn in enumerate(heard.turns, 1):
        if turn.speaker in rows:
            span = (turn.start_ms + offset, turn.end_ms + offset, turn.confidence, f"t{n:05d}")
            rows[turn.speaker].append(span)
    return tuple(Band(f"Voice {speaker}", tuple(turns)) for speaker, turns in rows.items())


def removed(heard: documents.Transcript | None, offset: int) -> tuple[documents.Removed, ...]:
    """The text that was removed from the transcript, by the last stage that does so."""
    return tuple(
        replace(row, start_ms=row.start_ms + offset, end_ms=row.end_ms + offset)
        for row in (heard.removed if heard else ())
    )


def heard_again(
    transcripts: Sequence[documents.Transcript | None], offset: int
) -> tuple[documents.Rehearing, ...]:
    """The stretches that were recognised again, on the film's clock, in order."""
    rows = [row for each in transcripts if each for row in each.rehearings]
    return tuple(
        replace(row, start_ms=row.start_ms + offset, end_ms=row.end_ms + offset)
        for row in sorted(rows, key=lambda row: row.start_ms)
    )


def mended(transcripts: Sequence[documents.Transcript | None], offset: int) -> tuple[Mended, ...]:
    """The translations whose first answer was replaced, on the film's clock."""
    return tuple(
        Mended(sentence.start_ms + offset, each.language, sentence.first, sentence.text)
        for each in transcripts
        if each
        for sentence in each.segments
        if sentence.first is not None
    )


def _without(checked: Report, job: Job, stages: Sequence[str]) -> Report:
    """The report without the stages that are running now, which make the page itself."""
    folders = tuple(f"{job.folder / stage}/" for stage in stages)
    findings = [
        f for f in checked.findings if not (f.kind == "state" and f.path.startswith(folders))
    ]
    own = sum(key.partition("/")[0] in stages for key in job.stages)
    return Report(**{**vars(checked), "findings": findings, "stages": checked.stages - own})


def _outputs(job: Job, key: str) -> list[Any]:
    return list(job.stages[key].outputs) if key in job.stages else []


def _stage(job: Job, key: str) -> Stage:
    path = job.folder / key / "manifest.json"
    log = job.folder / key / "stage.log"
    return Stage(
        key=key,
        state="left over" if key in job.leftovers else job.state(key),
        manifest=job.stages[key],
        manifest_text=path.read_text("utf-8"),
        manifest_sha256=sha256(path),
        log=_end(log) if log.is_file() else "",
    )


def _end(log: Path) -> str:
    text = log.read_text("utf-8", errors="replace")
    cut = len(text) - _LOG_CHARS
    return text if cut <= 0 else f"[{cut} characters before this are left out]\n{text[cut:]}"


def _track(
    job: Job,
    reader: Reader,
    key: str,
    film: Path,
    media: documents.Media,
    speech: documents.Speech | None,
) -> Track:
    language = key.rpartition("/")[2]
    source = Tracks(job, film, language, reader)
    limit = limits(
        rules.of(job.stages[key].params["rules"], languages.written(language)),
        media.frame_rate or rules.SOUND_ONLY_RATE,
    )
    regions = speech.regions if speech else ()
    return Track(
        language=language,
        cues=source.cues,
        threads=_threads(source, limit, [region.id for region in regions]),
        sentences=source.translated,
        quality=_json(reader.held_output(key, "quality")),
        limit=limit,
        steps=tuple(step.stage for step in source.steps),
        edit=source.edit,
    )


def _json(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = untrusted.json_value(untrusted.content(path))
    return document


def _threads(source: Tracks, limit: Limits, regions: Sequence[str]) -> tuple[Thread, ...]:
    """The thread of each cue; one that lineage cannot follow says why."""
    words = {word.id: n for n, word in enumerate(source.said.words)}
    segments = {segment.id: n for n, segment in enumerate(source.said.segments)}
    sentences = {sentence.id: n for n, sentence in enumerate(source.translated)}
    places = {region: n for n, region in enumerate(regions)}
    excess = quality.excess(source.cues, languages.written(source.language), limit)
    by_hand = {c.cue: c for c in source.edit.changes} if source.edit else {}
    correct_segments: dict[str, list[documents.Correction]] = {}
    for correction in source.said.corrections:
        correct_segments.setdefault(correction.segment, []).append(correction)
    threads = []
    for n, cue in enumerate(source.cues):
        notes = broken(cue.id, excess)
        if cue.id in by_hand:
            ours = by_hand[cue.id].ours
            before = f"; it was: {' / '.join(ours.lines)}" if ours else ""
            notes.append(f"{by_hand[cue.id].what} changed by hand{before}")
        try:
            thread = source.cue(n)
        except Problem as problem:
            threads.append(Thread(problem=str(problem), notes=tuple(notes)))
            continue
        said = {plain(each.text) for word in thread.words for each in tokens(word.text)}
        for segment in thread.segments:
            for c in correct_segments.get(segment.id, []):
                if plain(tokens(c.known)[0].text) in said:
                    notes.append(
                        f"heard as “{c.heard}”, corrected to “{c.known}” "
                        f"(term {c.term}, {c.evidence}, similarity {c.similarity:.0f})"
                    )
        threads.append(
            Thread(
                sentences=tuple(sentences[s.id] for s in thread.translated),
                words=tuple(words[w.id] for w in thread.words),
                segments=tuple(segments[s.id] for s in thread.segments),
                regions=tuple(places[r.id] for r in thread.regions if r.id in places),
                in_film=thread.in_film.partition(":")[0] if thread.in_film else None,
                notes=tuple(notes),
            )
        )
    return tuple(threads)


def broken(cue: str, excess: quality.Excess) -> list[str]:
    """Which reading rules a cue breaks, and by how much, in words."""
    return [
        BROKEN.get(rule, rule + " {:g}").format(rows[cue])
        for rule, rows in excess.items()
        if rows.get(cue, 0) > 0
    ]


def data(film: Film, peaks: bytes, per_second: int, preview: str | None) -> dict[str, Any]:
    """The data of the page's script; lists instead of objects where there are thousands.

    `preview` is the film's sound as a `data:` address, or None.
    """
    import base64

    offset = film.media.audio.start_ms
    return {
        "job": film.job,
        "duration": max(film.media.duration_ms, offset + film.media.audio.duration_ms),
        "offset": offset,
        "peaks": base64.b64encode(peaks).decode(),
        "per_second": per_second,
        "preview": preview,
        "cuts": film.cuts_ms,
        "regions": [
            [r.start_ms + offset, r.end_ms + offset, round(r.score, 3), r.id]
            for r in (film.speech.regions if film.speech else ())
        ],
        "bands": [{"name": b.name, "items": b.items} for b in _drawn(film)],
        "spoken": _spoken(film.spoken, offset) if film.spoken else None,
        "tracks": [{**_track_data(track), **_translated(film, track)} for track in film.tracks],
        "stages": {s.key: _stage_data(s) for s in film.stages},
    }


def _drawn(film: Film) -> list[Band]:
    """The bands of the timeline, with those of removed text and of speech without words."""
    gone = tuple((r.start_ms, r.end_ms, None, r.text) for r in film.removed)
    spans_ = {(a, b) for track in film.tracks for a, b in track.quality.get("wordless", ())}
    bare = tuple((start, end, None, "speech without words") for start, end in sorted(spans_))
    own = [Band("Taken out", gone), Band("No words", bare)]
    return [*film.bands, *(band for band in own if band.items)]


def _spoken(said: documents.Transcript, offset: int) -> dict[str, Any]:
    def row(item: Any) -> list[Any]:
        score = None if item.score is None else round(item.score, 3)
        return [item.start_ms + offset, item.end_ms + offset, item.text, score, item.id]

    def segment(item: documents.Segment) -> list[Any]:
        heard = f" (heard as: {item.heard})" if item.heard else ""
        return row(replace(item, text=item.text + heard))

    return {
        **_language(said.language, said.text),
        "timing": said.timing,
        "words": [row(word) for word in said.words],
        "segments": [segment(each) for each in said.segments],
    }


def _language(code: str, text: str) -> dict[str, str]:
    name = languages.own_name(code) if code != "und" else "unknown language"
    return {
        "code": code,
        "tag": tag(code, text),
        "name": name,
        "english": languages.english_name(code),
        "dir": "rtl" if languages.right_to_left(text[:2000]) else "ltr",
    }


def tag(code: str, text: str) -> str:
    """The language tag for a browser, with the script where it is not the usual one: Hindi in Latin
    letters is `hi-Latn`."""
    import langcodes

    code = languages.written(code)
    script = _SCRIPTS.get(languages.script(text[:2000]))
    usual = langcodes.Language.get(code).maximize().script
    return f"{code}-{script}" if text and script and usual and script != usual else code


def _track_data(track: Track) -> dict[str, Any]:
    text = " ".join(line for cue in track.cues for line in cue.lines)
    return {
        **_language(track.language, text),
        "steps": track.steps,
        "sentences": [[s.id, s.text, s.through, s.incomplete] for s in track.sentences],
        "cues": [
            [
                cue.start_ms,
                cue.end_ms,
                cue.lines,
                cue.id,
                thread.sentences,
                thread.words,
                thread.segments,
                thread.regions,
                thread.in_film,
                thread.problem,
                thread.notes,
            ]
            for cue, thread in zip(track.cues, track.threads, strict=True)
        ],
    }


def _translated(film: Film, track: Track) -> dict[str, Any]:
    """Whether a track was translated from the sound instead of the transcript, and the pivot
    language where it was translated in two steps."""
    notes = {s.key: s.manifest.notes for s in film.stages if s.key in track.steps}
    engines = [each["engine"] for each in notes.values() if "engine" in each]
    through = [each["through"] for each in notes.values() if "through" in each]
    return {
        "by_sound": engines == ["whisper"],
        "through": languages.english_name(through[0]) if through else None,
    }


def _stage_data(stage: Stage) -> dict[str, Any]:
    manifest = stage.manifest
    return {
        "state": stage.state,
        "manifest": stage.manifest_text,
        "sha256": stage.manifest_sha256,
        "log": stage.log,
        "models": manifest.models,
        "code": manifest.code,
        "params": {k: v for k, v in manifest.params.items() if k not in ("code", "model")},
        "warnings": manifest.warnings,
        "degradations": manifest.degradations,
        "attempts": len(manifest.attempts),
        "unrepeatable": manifest.unrepeatable,
    }


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong, and in which stage. `weight` 2 affects the result or the trust in
    it, 1 should be checked, 0 is for information."""

    stage: str
    weight: int
    text: str


def troubles(film: Film) -> list[Trouble]:
    """All that went wrong, the worst first."""
    entries = []
    for stage in film.stages:
        manifest = stage.manifest
        if stage.state == "left over":
            text = "of an earlier run; the film is not made of it any more"
            entries.append(Trouble(stage.key, 0, text))
            continue
        if stage.state not in ("success", "skipped"):
            entries.append(Trouble(stage.key, 2, f"the stage is {stage.state}: {manifest.reason}"))
        for attempt in manifest.attempts:
            messages = "; ".join(error["message"] for error in attempt["errors"])
            why = f": {messages}" if messages else ""
            text = f"attempt {attempt['attempt']} {attempt['status']}{why}"
            entries.append(Trouble(stage.key, 1, text))
        for row in manifest.degradations:
            text = f"{row['what']}: {row['after']} instead of {row['before']}: {row['reason']}"
            entries.append(Trouble(stage.key, 1, text))
        degraded = [f"{r['what']}: {r['after']} instead" for r in manifest.degradations]
        # Warnings about the host are no fault of the film: see `of_host`.
        known = (*degraded, *manifest.notes.get("environment", []))
        entries += [
            Trouble(stage.key, 1, text) for text in manifest.warnings if not text.startswith(known)
        ]
        if stage.state == "skipped":
            entries.append(Trouble(stage.key, 0, f"skipped: {manifest.reason}"))
    for track in film.tracks:
        key = f"{SUBTITLES}/{track.language}"
        for name, what in (("words_lost", "lost"), ("words_added", "added")):
            if words := track.quality.get(name):
                text = f"{len(words)} words {what}: {', '.join(words[:20])}"
                entries.append(Trouble(key, 2, text))
        if regions := track.quality.get("regions_without_cue"):
            text = f"{len(regions)} stretches of speech without a cue: {', '.join(regions[:20])}"
            entries.append(Trouble(key, 1, text))
        if count := sum(1 for t in track.threads if t.problem):
            entries.append(Trouble(key, 1, f"{count} cues have no source that could be followed"))
    entries += [Trouble(f.path, 2, f"{f.kind}: {f.text}") for f in film.checked.findings]
    entries += [Trouble(f.path, 1, f"not checked: {f.text}") for f in film.checked.unchecked]
    return sorted(entries, key=lambda t: -t.weight)


def missing(film: Film) -> list[str]:
    """The languages whose translation has failed, so that there is no track of them."""
    failed = [s.key.split("/")[1] for s in film.stages if s.state == "failed" and _TO in s.key]
    made = {track.language for track in film.tracks}
    return [each for each in dict.fromkeys(failed) if each not in made and each.isalpha()]


def of_host(film: Film) -> list[str]:
    """The warnings of the stages about the host that they ran on, each once."""
    texts = [text for s in film.stages for text in s.manifest.notes.get("environment", [])]
    return list(dict.fromkeys(texts))


def certainty(film: Film, track: Track) -> verdict.Verdict:
    """The verdict on how reliable the words of a track are."""
    segments = film.spoken.segments if film.spoken else ()
    scores = [segment.score for segment in segments if segment.score is not None]
    speech_ms = sum(r.end_ms - r.start_ms for r in film.speech.regions) if film.speech else 0
    gone_ms = sum(row.end_ms - row.start_ms for row in film.removed)
    failed = sum(sentence.untranslated is not None for sentence in track.sentences)
    lacking = sum(sentence.incomplete is not None for sentence in track.sentences)
    heard_by = [
        m["name"] for s in film.stages if s.key.startswith("06_asr") for m in s.manifest.models
    ]
    changed = {change.cue for change in track.edit.changes} if track.edit else set()
    return verdict.of(
        verdict.Evidence(
            recogniser=next(iter(heard_by), None),
            language=film.spoken.language if film.spoken else None,
            confidence=sum(scores) / len(scores) if scores else None,
            unsure=sum(score < _UNSURE for score in scores) / len(scores) if scores else 0.0,
            wordless=track.quality.get("speech_without_words", 0),
            uncovered=track.quality["speech_without_cue"],
            removed=min(1.0, gone_ms / speech_ms) if speech_ms else 0.0,
            untranslated=failed / len(track.sentences) if failed else 0.0,
            incomplete=lacking / len(track.sentences) if lacking else 0.0,
            by_hand=len(changed) / max(1, len(track.cues)) if track.edit else None,
        )
    )


def measures(film: Film) -> list[dict[str, Any]]:
    """The figures of each track, for the tables and the overview of films.

    Confidence is the recogniser's, by segment; an aligner's scores only rate a word's times.
    """
    segments = film.spoken.segments if film.spoken else ()
    scores = [segment.score for segment in segments if segment.score is not None]
    return [
        {
            **_language(track.language, " ".join(track.cues[0].lines) if track.cues else ""),
            "cues": len(track.cues),
            "keeping": round(1 - track.quality["broken_any"], 4),
            "speed": track.quality["chars_per_second"],
            "rules": track.quality["rules"],
            "missed": track.quality["speech_without_cue"],
            "outside": track.quality["cue_outside_speech"],
            "wordless": track.quality.get("speech_without_words", 0),
            "lost": len(track.quality["words_lost"]),
            "by_hand": len(track.quality.get("words_taken_out", ())),
            "incomplete": len(track.quality.get("incomplete", ())),
            "sure": certainty(film, track),
            "translated": bool(track.sentences),
            "confidence": round(sum(scores) / len(scores), 3) if scores else None,
            "unsure": sum(score < _UNSURE for score in scores),
            "passages": len(scores),
        }
        for track in film.tracks
    ]


def worst(track: Track, count: int) -> list[tuple[int, documents.Cue, tuple[str, ...]]]:
    """The cues with the most notes and problems: their numbers from 1, and these."""
    rows = [
        (n, cue, thread.notes + ((thread.problem,) if thread.problem else ()))
        for n, (cue, thread) in enumerate(zip(track.cues, track.threads, strict=True), 1)
    ]
    return sorted((row for row in rows if row[2]), key=lambda row: (-len(row[2]), row[0]))[:count]


def models(film: Film) -> list[dict[str, Any]]:
    """Every model that contributed to the result, with the stages that used it."""
    used: dict[str, dict[str, Any]] = {}
    for stage in film.stages:
        for row in stage.manifest.models:
            known = used.setdefault(f"{row['name']} {row['revision']}", {**row, "stages": []})
            known["stages"].append(stage.key)
    return list(used.values())


def took(film: Film) -> list[tuple[str, float, float]]:
    """When each stage that has ended ran, in seconds after the first began, in that order."""
    ended = [s for s in film.stages if s.manifest.ended_at]
    return without_pauses(
        [
            (s.key, _seconds(s.manifest.started_at), _seconds(str(s.manifest.ended_at)))
            for s in ended
        ]
    )


def without_pauses(spans: Sequence[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """The spans from 0 on, in order, without the gaps between them: the chart of a film that was
    worked on last week and today shows no week of pause."""
    moved = []
    pause, busy = 0.0, None
    for name, start, end in sorted(spans, key=lambda span: span[1]):
        if busy is None or start > busy:
            pause += start - (busy or 0.0)
        busy = max(busy or end, end)
        moved.append((name, round(start - pause, 3), round(end - pause, 3)))
    return moved


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def figures(film: Film) -> Mapping[str, Any]:
    """The content of `summary.json`: the film's figures for the overview of all films."""
    entries = troubles(film)
    tracks = measures(film)
    return {
        "schema": "sutradhar/summary/1",
        "job": film.job,
        "title": film.data.title or film.job,
        "year": film.data.year,
        "duration_ms": film.media.duration_ms,
        "spoken": film.spoken.language if film.spoken else None,
        "tracks": {
            t["code"]: {"cues": t["cues"], "keeping": t["keeping"], "sure": t["sure"].grade.word}
            for t in tracks
        },
        "sure": max((t["sure"].grade for t in tracks), default=verdict.Grade.SURE),
        "confidence": tracks[0]["confidence"] if tracks else None,
        "verified": film.checked.ok,
        "verdict": film.checked.verdict,
        "head": film.checked.head,
        "worst": max((t.weight for t in entries), default=0),
        "problems": sum(t.weight == 2 for t in entries),
        "warnings": sum(t.weight == 1 for t in entries),
        "wall_ms": sum(s.manifest.resources["wall_ms"] for s in film.stages),
        "checked_at": film.checked_at,
    }


def report_of(film: Film) -> dict[str, Any]:
    """The report of `lineage verify`, for a template."""
    checked = film.checked
    grade = "good" if checked.ok else "bad" if checked.findings else "look"
    return {"grade": grade, "verdict": checked.verdict, **asdict(checked)}
