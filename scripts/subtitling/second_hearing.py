"""A second hearing of speech that lacks words, and of words that do not fit their sound."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from subtitling import asr, coverage, doubts, loudness, spans
from subtitling.coverage import Cut, Stretch
from subtitling.languages import join
from subtitling.media import Sound
from subtitling.model import (
    Correction,
    Region,
    Rehearing,
    Removed,
    Segment,
    Transcript,
    Word,
)
from subtitling.spelling import plain, tokens
from subtitling.timing import Timer

# Each way hears what the one before left without words: with more around it, so that no cut falls
# into a word, then with less, then each speech region for itself, the last two without loops.
_CUTS = (Cut(1500, 4000), Cut(0, 1500), Cut(0, 400, apart=True))
_AS_GOOD = 0.8  # of a segment's agreement with its sound, which more words must keep
_MOSTLY = 0.5
_FITS = "its words fit the sound"


class SecondHearing:
    """Hears a film again where its words and its speech do not cover each other.

    A second text takes the first one's place only on evidence beside itself: an aligner fits it to
    the sound no worse, less speech is left without words, and nothing speaks for an invention.
    """

    def __init__(
        self,
        timer: Timer,
        audio: Sound,
        language: str,
        songs: Sequence[spans.Span],
        doubting: doubts.Options,
        options: coverage.Options,
        progress: Callable[[float, float], None],
    ):
        self._timer, self._audio, self._language = timer, audio, language
        self._songs, self._doubting, self._options = songs, doubting, options
        self._progress = progress
        self._segments: list[Segment] = []
        self._corrections: list[Correction] = []
        self._regions: Sequence[Region] = ()
        self._rehearings: list[Rehearing] = []
        self._removed: list[Removed] = []

    def hear(self, transcript: Transcript, regions: Sequence[Region]) -> Transcript:
        """What comes of an aligned transcript; `regions` is the speech it is to cover."""
        self._segments = list(transcript.segments)
        self._corrections = list(transcript.corrections)
        self._regions = regions
        silent: list[spans.Span] = []
        for number, cut in enumerate(_CUTS):
            wanted = self._misfits() if not number else []
            wanted += [s for s in self._wordless(cut) if not _known(s, silent, wanted)]
            for stretch, heard in self._heard(wanted, careful=number > 0):
                self._decide(stretch, heard)
                if not heard.text and heard.no_speech > self._doubting.max_no_speech:
                    silent.append(stretch.span)
        ordered = sorted(self._segments, key=lambda s: s.start_ms)
        names = {segment.id: f"g{n:05d}" for n, segment in enumerate(ordered, 1)}
        return replace(
            transcript,
            segments=tuple(replace(s, id=names[s.id]) for s in ordered),
            corrections=tuple(replace(c, segment=names[c.segment]) for c in self._corrections),
            removed=tuple(sorted((*transcript.removed, *self._removed), key=_start)),
            rehearings=tuple(sorted(self._rehearings, key=_start)),
        )

    def _wordless(self, cut: Cut) -> list[Stretch]:
        quietest = partial(loudness.quietest, self._audio)
        return coverage.stretches(
            self._segments, self._regions, quietest, cut, self._songs, self._options
        )

    def _misfits(self) -> list[Stretch]:
        """The segments of which no word fits its sound, as stretches."""
        found = []
        for segment in self._segments:
            if self._misfit(coverage.agreement(segment.words)) is None:
                continue
            own = [r for r in self._regions if r.id in segment.regions]
            whole = asr.Chunk.of(own)
            before, after = own[0].margin_before_ms, own[-1].margin_after_ms
            region = Region(own[0].id, *whole.span, own[0].score, before, after)
            found.append(Stretch(region, segment.id, segment.words))
        return found

    def _misfit(self, agreement: float | None) -> float | None:
        """The agreement, where it is so low that nothing fits; None where it is not, or unknown."""
        least = self._timer.doubtful
        if agreement is None or least is None or agreement >= least:
            return None
        return agreement

    def _heard(
        self, wanted: Sequence[Stretch], *, careful: bool
    ) -> list[tuple[Stretch, asr.Heard]]:
        """What is heard of each stretch, the last first: so the places of the others stand."""
        if not wanted:
            return []
        chunks = [asr.Chunk.of([stretch.region]) for stretch in wanted]
        found = self._timer.whisper.recognise(
            self._audio, chunks, self._language, "transcribe", self._progress, careful=careful
        )
        return [*zip(wanted, map(asr.cleaned, found), strict=True)][::-1]

    def _decide(self, stretch: Stretch, heard: asr.Heard) -> None:
        region, span = stretch.region, stretch.span
        sound = replace(region, start_ms=region.listen_from_ms, end_ms=region.listen_to_ms)
        alone = Segment("", *span, heard.text, (), heard.score, (region.id,))
        words = self._timer.timed([alone], [sound])[0].words if heard.text else ()
        agreement = coverage.agreement(words)
        sung = spans.share(span, self._songs) >= _MOSTLY
        misfit = self._misfit(agreement)
        doubted = doubts.doubts(heard, sound.end_ms - sound.start_ms, sung, self._doubting, misfit)
        first = join((word.text for word in stretch.words), self._language)
        if not words:
            why, taken = "nothing was heard", False
        elif doubts.grave(doubted):
            why, taken = "; ".join(doubted), False
        elif heard.score < self._doubting.min_score:
            why, taken = "the recogniser is unsure of it", False
        elif len(coverage.letters(heard.text)) < len(coverage.letters(first)):
            why, taken = "it says less", False
        elif misfit is not None:
            why, taken = "its words do not fit the sound", False
        elif stretch.segment is None:
            why, taken = self._added(stretch, replace(alone, words=words))
        else:
            why, taken = self._replaced(stretch, words)
        same = [plain(t.text) for t in tokens(first)] == [plain(t.text) for t in tokens(heard.text)]
        unsure = heard.score < self._doubting.min_score
        unsure = unsure or heard.no_speech > self._doubting.max_no_speech
        if stretch.segment and not taken and (doubts.grave(doubted) or (unsure and not same)):
            self._take_out(stretch, why)
        self._rehearings.append(
            Rehearing(*span, stretch.reason, first, heard.text, heard.score, agreement, taken, why)
        )

    def _added(self, stretch: Stretch, segment: Segment) -> tuple[str, bool]:
        own = tuple(
            r.id for r in self._regions if spans.common([(r.start_ms, r.end_ms)], [stretch.span])
        )
        self._segments.append(replace(segment, id=f"h{len(self._rehearings)}", regions=own))
        return _FITS, True

    def _replaced(self, stretch: Stretch, words: Sequence[Word]) -> tuple[str, bool]:
        at, segment = self._at(stretch)
        merged = coverage.merged(stretch, segment.words, words)
        text = join((word.text for word in merged), self._language)
        if text == segment.text:
            return "it holds nothing new", False
        found = self._timer.timed([replace(segment, text=text, words=())], self._regions)[0]
        if len(found.words) != len(merged):
            return "there is too little sound for its words", False
        before, after = coverage.agreement(segment.words), coverage.agreement(found.words)
        if before is not None and after is not None and after < _AS_GOOD * before:
            return f"its words fit the sound worse, {after:g} after {before:g}", False
        bare = self._bare_ms(segment), self._bare_ms(found)
        if bare[1] > bare[0] - self._options.min_wordless_ms // 2 and self._misfit(before) is None:
            return f"as much speech is left without words, {bare[1]} ms", False
        self._segments[at] = found
        self._corrections = [
            coverage.shifted(c, segment.words, merged) if c.segment == segment.id else c
            for c in self._corrections
        ]
        return _FITS, True

    def _take_out(self, stretch: Stretch, why: str) -> None:
        """Take a segment out of which no word fits the sound, where the second hearing gave another
        text, or none, that can't be believed either."""
        at, segment = self._at(stretch)
        misfit = self._misfit(coverage.agreement(segment.words))
        if misfit is None:
            return
        reasons = (f"alignment {misfit:g}", f"heard again: {why}")
        span = (segment.start_ms, segment.end_ms)
        self._removed.append(Removed(*span, segment.text, reasons, segment.regions))
        del self._segments[at]
        self._corrections = [c for c in self._corrections if c.segment != segment.id]
        self._regions = [r for r in self._regions if r.id not in segment.regions]

    def _at(self, stretch: Stretch) -> tuple[int, Segment]:
        return next((n, s) for n, s in enumerate(self._segments) if s.id == stretch.segment)

    def _bare_ms(self, segment: Segment) -> int:
        own = [r for r in self._regions if r.id in segment.regions]
        words = coverage.compact(segment.words, self._songs, self._options)
        return spans.total(coverage.wordless(own, words, self._options.min_wordless_ms))


def _known(stretch: Stretch, silent: Sequence[spans.Span], wanted: Sequence[Stretch]) -> bool:
    """Whether nothing was to be heard there before, or its whole segment is heard again anyhow."""
    whole = any(other.segment and other.segment == stretch.segment for other in wanted)
    return whole or spans.share(stretch.span, silent) >= _MOSTLY


def _start(row: Rehearing | Removed) -> int:
    return row.start_ms
