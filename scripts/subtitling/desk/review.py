"""What people did to a track, as `review.json` has it, for 09_subtitle_gen and for other people."""

import hashlib

from subtitling.desk import history
from subtitling.desk.cues import TextCue, file_text, shown_text
from subtitling.desk.history import Track
from subtitling.documents import By, Comment, Review, ReviewedCue, WrittenCue


def digest(track: Track) -> str:
    """The SHA-256 of the track's file."""
    return hashlib.sha256(file_text(track.in_order).encode()).hexdigest()


def approved(track: Track, sha256: str) -> By | None:
    """Who approved this very version of the track."""
    version, by = track.marks.track or ("", None)
    return by if version == sha256 else None


def review(track: Track, language: str) -> Review:
    """The review of a track as it is."""
    sha256 = digest(track)
    by = history.touched(track)
    once: dict[WrittenCue, TextCue] = {}
    for cue in track.in_order:
        if shown_text(cue):
            once.setdefault(cue.written, cue)
    marks = track.marks
    return Review(
        language,
        sha256,
        tuple(
            ReviewedCue(
                cue.written,
                by.get(cue.id),
                track.approved(cue),
                tuple(sorted(marks.read.get(cue.id, ()))),
                tuple(sorted(marks.played.get(cue.id, ()))),
            )
            for cue in once.values()
        ),
        tuple(history.changes(track)),
        tuple(comments(track)),
        approved(track, sha256),
    )


def comments(track: Track) -> list[Comment]:
    """The comments in the order of their writing. One on a cue that is no more is on the track."""
    some = []
    for number, (by, i, text) in track.marks.comments.items():
        start = track.cues[i].start_ms if i in track.cues else None
        some.append(Comment(by, start, text, number in track.marks.done))
    return some
