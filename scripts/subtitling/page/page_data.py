"""The data of the page's script, as plain values for JSON."""

from dataclasses import replace
from typing import Any

from subtitling import documents
from subtitling.page.gather import Band, Film, Stage, Track
from subtitling.page.threads import Thread
from subtitling.subtitles.formats.track_file import BOTTOM
from subtitling.text import languages

# The ISO 15924 codes of scripts by Unicode's names, for languages with several scripts.
_SCRIPTS = {"Latin": "Latn", "Devanagari": "Deva", "Arabic": "Arab", "Tamil": "Taml"}


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
    removed = tuple((r.start_ms, r.end_ms, None, r.text) for r in film.removed)
    spans_ = {(a, b) for track in film.tracks for a, b in track.quality.get("wordless", ())}
    bare = tuple((start, end, None, "speech without words") for start, end in sorted(spans_))
    own = [Band("Taken out", removed), Band("No words", bare)]
    return [*film.bands, *(band for band in own if band.items)]


def _spoken(transcript: documents.Transcript, offset: int) -> dict[str, Any]:
    def row(item: Any) -> list[Any]:
        score = None if item.score is None else round(item.score, 3)
        return [item.start_ms + offset, item.end_ms + offset, item.text, score, item.id]

    def segment(item: documents.Segment) -> list[Any]:
        heard = f" (heard as: {item.heard})" if item.heard else ""
        return row(replace(item, text=item.text + heard))

    return {
        **language(transcript.language, transcript.text),
        "timing": transcript.timing,
        "words": [row(word) for word in transcript.words],
        "segments": [segment(each) for each in transcript.segments],
    }


def language(code: str, text: str) -> dict[str, str]:
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

    language, _, region = languages.parts(code)
    code = languages.written(code)
    script = _SCRIPTS.get(languages.script(text[:2000]))
    usual = langcodes.Language.get(code).maximize().script
    unusual = text and script and usual and script != usual
    return "-".join(filter(None, (language, script, region))) if unusual else code


def _track_data(track: Track) -> dict[str, Any]:
    text = " ".join(line for cue in track.cues for line in cue.lines)
    return {
        **language(track.language, text),
        "steps": track.steps,
        "sentences": [[s.id, s.text, s.through, s.incomplete] for s in track.sentences],
        "cues": [row(cue, thread) for cue, thread in zip(track.cues, track.threads, strict=True)],
    }


def row(cue: documents.Cue, thread: Thread) -> list[Any]:
    """A cue and what it comes from, as the script reads it; its italics, place and styles come
    last, where they are not the usual ones."""
    usual = not cue.italic and cue.place == BOTTOM and not cue.marked
    return [
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
        *([] if usual else [[cue.italic, cue.place, cue.marked]]),
    ]


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
