"""The conformance sheet of a film: what was measured of its access for those who cannot hear or
see, and what nobody checked. It never claims that a film conforms; a person does.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lineage.commands.trace import SUBTITLES
from lineage.record import clock
from subtitling import spans
from subtitling.media import audio_tracks
from subtitling.page.gather import Film, Track
from subtitling.text import languages

State = Literal["met", "not met", "not checked"]
STATEMENT = (
    "This sheet states what was measured and what nobody checked. It claims no conformance: that "
    "is for a person who has watched the film."
)
# What the requirements are taken from.
DOCUMENTS = {
    "MIB": (
        "Guidelines for Accessibility of Content on Platforms of Publishers of Online Curated "
        "Content (OTT Platforms) for Persons with Hearing and Visual Impairment, Ministry of "
        "Information & Broadcasting, India, 2026-02-06; as press releases report them (read "
        "2026-11-29): a feature each for those who cannot hear and who cannot see, and marks CC, "
        "AD and ISL. Its own text was not at hand"
    ),
    "EN": (
        "EN 301 549 V3.2.1 (2021-03), clauses 7.1.1 to 7.1.4, 7.2 and 9.1.2 (which is WCAG 2.1, "
        "1.2); as published reproductions have it (read 2026-11-29)"
    ),
    "rules": "the reading rules of the track, config/subtitle_rules.yaml, with their own sources",
}
_HEADER = (
    "number", "in", "out", "in_ms", "out_ms", "length_ms", "shot", "shots_begin", "music_ms",
    "sung_ms",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One requirement, the documents that have it, by the keys of `DOCUMENTS`, whether it is met as
    far as it was measured, and by what evidence."""

    requirement: str
    documents: tuple[str, ...]
    state: State
    evidence: str


@dataclass(frozen=True)
class Gap:
    """A stretch in which nobody speaks, on the film's clock. `shot` is that in which it begins,
    from 1, None where cuts were not looked for; `shots_begin` is how many begin in it."""

    start_ms: int
    end_ms: int
    shot: int | None
    shots_begin: int
    music_ms: int
    sung_ms: int


def sheet(film: Film, gaps: Sequence[Gap]) -> dict[str, Any]:
    """The content of `accessibility.json`."""
    return {
        "schema": "sutradhar/accessibility/1",
        "job": film.job,
        "title": film.data.title or film.job,
        "duration_ms": film.media.duration_ms,
        "checked_at": film.checked_at,
        "statement": STATEMENT,
        "documents": DOCUMENTS,
        "film": [asdict(check) for check in _of_film(film, gaps)],
        "tracks": [
            {
                "language": track.language,
                "for_the_deaf": _is_for_deaf(film, track),
                "in_the_spoken_language": _is_spoken(film, track),
                "checks": [asdict(check) for check in _of_track(film, track)],
            }
            for track in film.tracks
        ],
    }


def gaps_of(film: Film, least_ms: int) -> list[Gap]:
    """The stretches of at least `least_ms` in which nobody speaks, by the speech that was detected,
    from the film's first moment to its last."""
    offset = film.media.audio.start_ms
    regions = film.speech.regions if film.speech else ()
    spoken = spans.joined(((r.start_ms + offset, r.end_ms + offset) for r in regions), 0)
    bands = {band.name: [(row[0], row[1]) for row in band.items] for band in film.bands}
    cuts = film.cuts_ms
    looked = cuts or any(s.key == "05_shots" for s in film.stages)
    return [
        Gap(
            start,
            end,
            1 + sum(cut <= start for cut in cuts) if looked else None,
            sum(start < cut < end for cut in cuts),
            *(_common_ms((start, end), bands.get(name, [])) for name in ("Music", "Songs")),
        )
        for start, end in spans.without([(0, film.media.duration_ms)], spoken)
        if end - start >= least_ms
    ]


def gaps_csv(gaps: Sequence[Gap]) -> str:
    """`ad_gaps.csv`: times in ms and as hours, minutes, seconds and ms."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(_HEADER)
    for n, gap in enumerate(gaps, 1):
        times = clock(gap.start_ms), clock(gap.end_ms)
        length_ms = gap.end_ms - gap.start_ms
        shot = "" if gap.shot is None else gap.shot
        rows.writerow((
            n, *times, gap.start_ms, gap.end_ms, length_ms, shot, gap.shots_begin, gap.music_ms,
            gap.sung_ms,
        ))  # fmt: skip
    return out.getvalue()


def _common_ms(span: spans.Span, others: Sequence[spans.Span]) -> int:
    return spans.total(spans.common([span], spans.joined(others, 0)))


def _of_film(film: Film, gaps: Sequence[Gap]) -> Iterator[Check]:
    own = [track for track in film.tracks if _is_spoken(film, track)]
    deaf = [track.language for track in own if _is_for_deaf(film, track)]
    named = ", ".join(track.language for track in own) or "none"
    yield Check(
        "Captions in the language that is spoken, for the deaf and hard of hearing",
        ("MIB", "EN"),
        "met" if deaf else "not met",
        f"tracks in the spoken language: {named}; for the deaf: {', '.join(deaf) or 'none'}",
    )
    audio = [s for s in film.media.streams if s.kind == "audio"]
    described = [
        facts
        for facts in (audio_tracks.facts_of(n, s) for n, s in enumerate(audio))
        if facts.kind == audio_tracks.DESCRIPTION
    ]
    total = spans.total((gap.start_ms, gap.end_ms) for gap in gaps)
    yield Check(
        "Audio description for the blind",
        ("MIB", "EN"),
        "not checked" if described else "not met",
        f"sound tracks of the film that say so: {len(described)}, none of them listened to; "
        f"silences that could hold it: {len(gaps)}, {total / 1000:.0f} s in all (ad_gaps.csv)",
    )
    muxed = next((s for s in film.stages if s.key == "10_mux"), None)
    held = film.result is not None and muxed is not None and muxed.state == "success"
    yield Check(
        "Captions are in the delivered file, at their times",
        ("EN",),
        "met" if held else "not met",
        "10_mux read every track of the finished file again and compared it" if held else "no film",
    )
    yield Check(
        "Sign language; marks CC, AD and ISL before the film is played; a player that shows "
        "captions within 100 ms and lets their look be changed",
        ("MIB", "EN"),
        "not checked",
        "those are the platform's, and not in the files",
    )


def _of_track(film: Film, track: Track) -> Iterator[Check]:
    quality = track.quality
    yield _complete(quality)
    yield _in_time(track)
    speed = quality["rules"]["max_chars_per_second"]
    limit = track.limit.rules.max_chars_per_second
    yield Check(
        "Captions can be read in their time",
        ("rules",),
        "not met" if speed["broken"] else "met",
        f"{speed['broken']} of {quality['cues']} cues are faster than {limit:g} characters a "
        f"second; the fastest has {quality['chars_per_second']['highest']:g}",
    )
    yield _speakers(quality)
    yield _sounds(film, track)
    yield _read(track)
    yield Check(
        "Captions hide nothing that matters in the picture, and writing in it is captioned",
        ("EN",),
        "not checked",
        "the picture was not looked at",
    )


def _complete(quality: dict[str, Any]) -> Check:
    lacking = {
        "stretches of speech of a second or more without a caption": quality["regions_without_cue"],
        "words lost": quality["words_lost"],
        "sentences that lack some of what was said": quality.get("incomplete", ()),
        "stretches of speech without recognised words": quality.get("wordless", ()),
    }
    counted = [f"{len(rows)} {what}" for what, rows in lacking.items()]
    return Check(
        "Captions are complete",
        ("EN",),
        "not met" if any(lacking.values()) else "met",
        f"{', '.join(counted)}; speech that no model detected is in no figure",
    )


def _in_time(track: Track) -> Check:
    translated, frames = bool(track.sentences), track.limit.rules.max_in_time_frames
    row = track.quality["in_time"]
    worst = max((abs(off) for off in row["worst"].values()), default=0)
    evidence = f"{row['broken']} captions begin more than {frames} frames from their first sound"
    evidence += f", the furthest {worst} frames, so that they can be read" if worst else ""
    if translated:
        evidence += "; the sound of a translated word is an estimate"
    state: State = "not met" if row["broken"] else "not checked" if translated else "met"
    return Check("Captions are in time with the sound", ("EN",), state, evidence)


def _speakers(quality: dict[str, Any]) -> Check:
    what, heard = "Captions tell who speaks", quality.get("speakers")
    if heard is None:
        return Check(what, ("EN",), "not checked", "speakers were not told apart")
    return Check(
        what,
        ("EN",),
        "not met" if heard["unknown"] else "not checked",
        f"{len(heard['cues'])} voices told apart, {heard['unknown']} captions with none; whether a "
        "voice is the right one, and its speaker in the picture, was not checked",
    )


def _sounds(film: Film, track: Track) -> Check:
    what = "Captions tell of music and sounds that matter"
    if not _is_for_deaf(film, track):
        return Check(what, ("EN",), "not met", "the track is not for the deaf: it labels no sounds")
    count = track.quality["labels"]
    heard = next((s.manifest for s in film.stages if s.key == "04_sound_events"), None)
    noises = bool(heard and heard.params.get("noises"))
    listened = "music and noises" if noises else "music alone"
    return Check(
        what,
        ("EN",),
        "not checked",
        f"{count} labels; listened for: {listened}; which sounds matter only a person can tell",
    )


def _read(track: Track) -> Check:
    what, approved = "Captions say what is said", track.edit.approved if track.edit else None
    if approved:
        return Check(what, ("EN",), "met", f"approved by {approved.who}, {approved.at}")
    return Check(what, ("EN",), "not checked", "nobody has approved the track")


def _is_for_deaf(film: Film, track: Track) -> bool:
    key = f"{SUBTITLES}/{track.language}"
    return any(s.key == key and s.manifest.params.get("sdh") for s in film.stages)


def _is_spoken(film: Film, track: Track) -> bool:
    part = languages.part(track.language)
    spoken = film.spoken.language if film.spoken else None
    if part or spoken is None:
        return False
    # In whatever script: those who read Hindi in Latin letters alone hear Hindi.
    return languages.same_words(*map(languages.primary, (track.language, spoken)))
