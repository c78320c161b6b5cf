"""The sources of each cue, and the notes about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lineage.commands.trace import Track as Tracks
from lineage.commands.trace import by_hand
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


class Threads:
    """The threads of a track's cues. `limit` are its reading rules, `regions` the ids of those of
    speech, in order."""

    def __init__(self, source: Tracks, limit: FrameRules, regions: Sequence[str]):
        self._source, self._limit = source, limit
        self._words = {word.id: n for n, word in enumerate(source.transcript.words)}
        self._segments = {segment.id: n for n, segment in enumerate(source.transcript.segments)}
        self._sentences = {sentence.id: n for n, sentence in enumerate(source.translated)}
        self._places = {region: n for n, region in enumerate(regions)}
        self._corrections: dict[str, list[documents.Correction]] = {}
        for correction in source.transcript.corrections:
            self._corrections.setdefault(correction.segment, []).append(correction)

    def of(self, cue: documents.Cue, n: int, excess: quality.Excess) -> Thread:
        """The thread of the cue at `n`; if lineage cannot trace it, the thread has the reason."""
        notes = broken(cue.id, excess)
        hand = self._source.handwork.get(cue.id)
        if hand and (hand.what or hand.corrected):
            notes.append(by_hand(hand))
        try:
            thread = self._source.of(cue, n)
        except Problem as problem:
            return Thread(problem=str(problem), notes=tuple(notes))
        corrected = [c for s in thread.segments for c in self._corrections.get(s.id, [])]
        spoken = {
            plain(each.text)
            for word in (thread.words if corrected else ())
            for each in tokens(word.text)
        }
        notes += [
            f"heard as “{c.heard}”, corrected to “{c.known}” "
            f"(term {c.term}, {c.evidence}, similarity {c.similarity:.0f})"
            for c in corrected
            if plain(tokens(c.known)[0].text) in spoken
        ]
        return Thread(
            sentences=tuple(self._sentences[s.id] for s in thread.translated),
            words=tuple(self._words[w.id] for w in thread.words),
            segments=tuple(self._segments[s.id] for s in thread.segments),
            regions=tuple(self._places[r.id] for r in thread.regions if r.id in self._places),
            in_film=thread.in_film.partition(":")[0] if thread.in_film else None,
            notes=tuple(notes),
        )


def threads(source: Tracks, limit: FrameRules, regions: Sequence[str]) -> tuple[Thread, ...]:
    """The thread of each cue."""
    excess = quality.excess(source.cues, languages.written(source.language), limit)
    every = Threads(source, limit, regions)
    return tuple(every.of(cue, n, excess) for n, cue in enumerate(source.cues))


def broken(cue: str, excess: quality.Excess) -> list[str]:
    """The reading rules that a cue breaks, and by how much, in words."""
    return [
        BROKEN.get(rule, rule + " {:g}").format(rows[cue])
        for rule, rows in excess.items()
        if rows.get(cue, 0) > 0
    ]
