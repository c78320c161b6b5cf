"""The problems of a film, and the reliability of its tracks."""

import re
from dataclasses import dataclass

from lineage.commands.trace import SUBTITLES
from subtitling.page import verdict
from subtitling.page.gather import Film, Track
from subtitling.text import languages

UNSURE = 0.5
_MAKING = ("08_translation/", "08_translation_refused/", f"{SUBTITLES}/")


@dataclass(frozen=True)
class Trouble:
    """A problem, and its stage. `weight` 2 affects the result or the trust in it, 1 should be
    checked, 0 is for information."""

    stage: str
    weight: int
    text: str


def troubles(film: Film) -> list[Trouble]:
    """All problems of the film, the worst first."""
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
    """The tracks that could not be made, or whose translation has failed."""
    failed = [
        s.key.split("/")[1]
        for s in film.stages
        if s.state == "failed" and s.key.startswith(_MAKING)
    ]
    made = {track.language for track in film.tracks}
    tracks = [each for each in dict.fromkeys(failed) if re.fullmatch(languages.TRACK, each)]
    return [each for each in tracks if each not in made]


def of_host(film: Film) -> list[str]:
    """The warnings of the stages about their host, each once."""
    texts = [text for s in film.stages for text in s.manifest.notes.get("environment", [])]
    return list(dict.fromkeys(texts))


def certainty(film: Film, track: Track) -> verdict.Verdict:
    """The verdict on how reliable the words of a track are."""
    segments = film.spoken.segments if film.spoken else ()
    scores = [s.confidence for s in segments if s.confidence is not None]
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
            unsure=sum(score < UNSURE for score in scores) / len(scores) if scores else 0.0,
            wordless=track.quality.get("speech_without_words", 0),
            uncovered=track.quality["speech_without_cue"],
            removed=min(1.0, gone_ms / speech_ms) if speech_ms else 0.0,
            untranslated=failed / len(track.sentences) if failed else 0.0,
            incomplete=lacking / len(track.sentences) if lacking else 0.0,
            by_hand=len(changed) / max(1, len(track.cues)) if track.edit else None,
        )
    )
