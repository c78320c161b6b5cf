"""The sources of each cue, and the notes about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lineage.commands.trace import Track as Tracks
from lineage.problem import Problem
from subtitling import documents
from subtitling.subtitles import quality
from subtitling.subtitles.frames import FrameRules
from subtitling.text import languages
from subtitling.text.spelling import plain, tokens

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
class Thread:
    """The sources of a cue, as indices into the lists of `Track` and `Film`. `problem` is why it
    has no source; `notes` list the changes to it and its faults."""

    sentences: tuple[int, ...] = ()
    words: tuple[int, ...] = ()
    segments: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()
    in_film: str | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()


def threads(source: Tracks, limit: FrameRules, regions: Sequence[str]) -> tuple[Thread, ...]:
    """The thread of each cue; if lineage cannot trace a cue, its thread has the reason."""
    words = {word.id: n for n, word in enumerate(source.transcript.words)}
    segments = {segment.id: n for n, segment in enumerate(source.transcript.segments)}
    sentences = {sentence.id: n for n, sentence in enumerate(source.translated)}
    places = {region: n for n, region in enumerate(regions)}
    excess = quality.excess(source.cues, languages.written(source.language), limit)
    by_hand = {c.cue: c for c in source.edit.changes} if source.edit else {}
    correct_segments: dict[str, list[documents.Correction]] = {}
    for correction in source.transcript.corrections:
        correct_segments.setdefault(correction.segment, []).append(correction)
    threads = []
    for n, cue in enumerate(source.cues):
        notes = broken(cue.id, excess)
        if cue.id in by_hand:
            generated = by_hand[cue.id].ours
            before = f"; it was: {' / '.join(generated.lines)}" if generated else ""
            notes.append(f"{by_hand[cue.id].what} changed by hand{before}")
        try:
            thread = source.cue(n)
        except Problem as problem:
            threads.append(Thread(problem=str(problem), notes=tuple(notes)))
            continue
        spoken = {plain(each.text) for word in thread.words for each in tokens(word.text)}
        for segment in thread.segments:
            for c in correct_segments.get(segment.id, []):
                if plain(tokens(c.known)[0].text) in spoken:
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
    """The reading rules that a cue breaks, and by how much, in words."""
    return [
        BROKEN.get(rule, rule + " {:g}").format(rows[cue])
        for rule, rows in excess.items()
        if rows.get(cue, 0) > 0
    ]
