"""Figures of a film: measurements of its tracks, its models, and the time of its stages."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from subtitling import documents
from subtitling.page import film_troubles, page_data, verdict
from subtitling.page.film_troubles import UNSURE
from subtitling.page.gather import Film, Track


def measures(film: Film) -> list[dict[str, Any]]:
    """The figures of each track, for the tables and the overview of films.

    Confidence is the recogniser's, by segment; an aligner's scores only rate a word's times.
    """
    segments = film.spoken.segments if film.spoken else ()
    scores = [s.confidence for s in segments if s.confidence is not None]
    return [
        {
            **page_data.language(
                track.language, " ".join(track.cues[0].lines) if track.cues else ""
            ),
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
            "sure": film_troubles.certainty(film, track),
            "translated": bool(track.sentences),
            "confidence": round(sum(scores) / len(scores), 3) if scores else None,
            "unsure": sum(score < UNSURE for score in scores),
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


def chosen(film: Film) -> list[str]:
    """What `quality` chose for the stages, and why no better model."""
    rows = [stage.manifest.params.get("quality") for stage in film.stages]
    lines = [
        f"Quality {row['level']}: {row['what']} {row['name'] or 'as at every level'}: {row['why']}"
        for row in rows
        if isinstance(row, Mapping) and {"level", "what", "name", "why"} <= row.keys()
    ]
    return list(dict.fromkeys(lines))


def took(film: Film) -> list[tuple[str, float, float]]:
    """The spans of the stages that have ended, in seconds after the first start, in order."""
    ended = [s for s in film.stages if s.manifest.ended_at]
    return without_pauses(
        [
            (s.key, _seconds(s.manifest.started_at), _seconds(str(s.manifest.ended_at)))
            for s in ended
        ]
    )


def without_pauses(spans: Sequence[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """The spans from 0 on, in order, without the gaps between them: the chart of a film with stages
    of last week and of today shows no pause of a week."""
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
    entries = film_troubles.troubles(film)
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
