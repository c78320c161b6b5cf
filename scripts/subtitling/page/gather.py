"""Gather the data of the film page from a job's files and its record.

Times are integer milliseconds on the film's clock throughout.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lineage import Manifest, sha256, untrusted
from lineage.commands.trace import SUBTITLES
from lineage.commands.trace import Track as Tracks
from lineage.commands.verify import Report
from lineage.problem import Problem
from lineage.record import Job, Reader
from subtitling import documents
from subtitling.page import threads
from subtitling.page.threads import Thread
from subtitling.subtitles import rules
from subtitling.subtitles.frames import FrameRules, frame_rules
from subtitling.text import languages

# Of a longer log, the page shows the end; the whole file is beside the page.
_LOG_CHARS = 100_000

_LANES = 8  # the most voices that the page can draw


@dataclass(frozen=True)
class Band:
    """Intervals of one kind, such as music, to draw on the timeline; items: start, end, score,
    text."""

    name: str
    items: tuple[tuple[int, int, float | None, str], ...]


@dataclass(frozen=True)
class Track:
    """One subtitle track: its cues with their threads, its measurements, and the stages behind it,
    the last first. `sentences` are those of its translation; `limit` are its reading rules."""

    language: str
    cues: tuple[documents.Cue, ...]
    threads: tuple[Thread, ...]
    sentences: tuple[documents.Segment, ...]
    quality: dict[str, Any]
    limit: FrameRules
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
class Correction:
    """A translation that was corrected or requested again: the first answer and the final one."""

    start_ms: int
    language: str
    first: str
    text: str


@dataclass(frozen=True)
class Film:
    """All data of one film's page. Missing data is None or empty."""

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
    corrected: tuple[Correction, ...] = field(default=())


def read(
    job: Job,
    checked: Report,
    checked_at: str,
    without: Sequence[str],
    only: Collection[str] | None = None,
    reader: Reader | None = None,
) -> Film:
    """Gather the film of a job from the files on its record, each checked against its checksum.

    `without` are stages to leave out, such as the one that makes the page; `only` are the tracks to
    read, where not all are wanted.
    """
    reader = reader or Reader(job)
    keys = [key for key in job.stages if key.partition("/")[0] not in without]
    # A stage that failed alone may have its earlier result.
    done = [
        key
        for key in keys
        if job.stages[key].status in ("success", "skipped") or "kept_from" in job.stages[key].notes
    ]

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
    events = output(documents.Events, "04_sound_events", "events")
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
        and (only is None or key.rpartition("/")[2] in only)
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
        bands=bands(events, sung, voices, offset),
        removed=removed(spoken or recognised, offset),
        heard_again=rehearings([spoken, *translated], offset),
        corrected=corrected(translated, offset),
    )


def bands(
    heard: documents.Events | None,
    sung: documents.Lyrics | None,
    voices: documents.Speakers | None,
    offset: int,
) -> tuple[Band, ...]:
    """The bands of other detections, if their stages ran: music, singing, sung regions, and the
    voices of the main speakers."""
    stretches: dict[str, list[tuple[int, int, float | None, str]]] = {}
    for event in heard.events if heard else ():
        span = (event.start_ms + offset, event.end_ms + offset, event.score, "")
        stretches.setdefault(event.kind.capitalize().replace("_", " "), []).append(span)
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
    """The text that was removed from the transcript, from the last stage that removes any."""
    return tuple(
        replace(row, start_ms=row.start_ms + offset, end_ms=row.end_ms + offset)
        for row in (heard.removed if heard else ())
    )


def rehearings(
    transcripts: Sequence[documents.Transcript | None], offset: int
) -> tuple[documents.Rehearing, ...]:
    """The intervals that were recognised again, on the film's clock, in order."""
    rows = [row for each in transcripts if each for row in each.rehearings]
    return tuple(
        replace(row, start_ms=row.start_ms + offset, end_ms=row.end_ms + offset)
        for row in sorted(rows, key=lambda row: row.start_ms)
    )


def corrected(
    transcripts: Sequence[documents.Transcript | None], offset: int
) -> tuple[Correction, ...]:
    """The translations whose first answer was replaced, on the film's clock."""
    return tuple(
        Correction(sentence.start_ms + offset, each.language, sentence.first, sentence.text)
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
    limit = frame_rules(
        rules.recorded(
            job.stages[key].params["rules"], languages.written(language), job.folder.name
        ),
        media.frame_rate or rules.SOUND_ONLY_RATE,
    )
    regions = speech.regions if speech else ()
    return Track(
        language=language,
        cues=source.cues,
        threads=threads.threads(source, limit, [region.id for region in regions]),
        sentences=source.translated,
        quality=_json(reader.held_output(key, "quality")),
        limit=limit,
        steps=tuple(step.stage for step in source.steps),
        edit=source.edit,
    )


def _json(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = untrusted.json_value(untrusted.content(path))
    return document
