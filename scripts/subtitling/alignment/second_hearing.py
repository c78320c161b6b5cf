"""The second hearing: recognise speech without words, and words that do not fit, again."""

from collections.abc import Sequence
from dataclasses import replace

from subtitling import spans
from subtitling.alignment import coverage
from subtitling.alignment.aligners import aligner_table
from subtitling.alignment.coverage import Cut, SecondHearingOptions, Stretch
from subtitling.alignment.word_timer import Timer
from subtitling.documents import (
    Correction,
    Region,
    Rehearing,
    Removed,
    Segment,
    Transcript,
    Word,
)
from subtitling.media.audio_file import Sound
from subtitling.recognition import chunking, hallucinations, writing
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.runtime.progress import Progress
from subtitling.text.languages import join
from subtitling.text.spelling import foreign, plain, tokens

# Each pass recognises the speech that the one before left without words: with more sound around it,
# so that no cut falls into a word, then with less, then each speech region by itself, the last two
# without repetition.
_CUTS = (Cut(1500, 4000), Cut(0, 1500), Cut(0, 400, apart=True))
_AS_GOOD = 0.8  # of a segment's agreement with its sound, which more words must keep
_MOSTLY = 0.5
_MORE = 1.25  # times the letters, for which regions heard one by one count
_FITS = "its words fit the sound"
_NOT_FITTING = "its words do not fit the sound"


class SecondHearing:
    """Recognises what is in one language of a film again where its words and its speech do not
    cover each other.

    A second text replaces the first one only on independent evidence: the same aligner fits it to
    the sound no worse, less speech is left without words, and there is no sign of invented text. A
    word that was corrected before is never replaced. `names` are known ones in the language's
    script, see `writing.written`. Segments in other languages, or in another script than the
    language's, are left alone.
    """

    def __init__(
        self,
        timer: Timer,
        audio: Sound,
        language: str,
        songs: Sequence[spans.Span],
        doubting: HallucinationOptions,
        options: SecondHearingOptions,
        progress: Progress,
        names: Sequence[str] = (),
    ):
        self._timer, self._audio, self._language = timer, audio, language
        self._songs, self._doubting, self._options = songs, doubting, options
        self._progress, self._names = progress, names
        self._sound = coverage.Sound(audio.duration_ms, timer.quietest)
        self._segments: list[Segment] = []
        self._film_language = language
        self._corrections: list[Correction] = []
        self._regions: Sequence[Region] = ()
        self._everything: Sequence[Region] = ()
        self._rehearings: list[Rehearing] = []
        self._removed: list[Removed] = []

    def hear(
        self,
        transcript: Transcript,
        regions: Sequence[Region],
        everything: Sequence[Region] | None = None,
    ) -> Transcript:
        """An aligned transcript after the second hearing; `regions` is the speech to cover, of
        `everything` in the film: words are placed as in the first timing, up to the neighbours'
        sound, which may be another shard's."""
        self._everything = everything or regions
        self._segments = list(transcript.segments)
        self._film_language = transcript.language
        self._corrections = list(transcript.corrections)
        foreign = [r for s in transcript.segments if self._foreign(s) for r in s.regions]
        self._regions = coverage.outside(regions, foreign)
        silent: list[spans.Span] = []
        for number, cut in enumerate(_CUTS):
            wanted = self._doubtful() if not number else []
            wanted += [s for s in self._wordless(cut) if not _known(s, silent, wanted)]
            for stretch, heard, words, aligner in self._heard(wanted, careful=number > 0):
                if stretch.segment in {None, *(segment.id for segment in self._segments)}:
                    self._decide(stretch, heard, words, aligner)
                if not heard.text and heard.no_speech > self._doubting.max_no_speech:
                    silent.append(stretch.span)
        ordered = sorted(self._segments, key=lambda s: s.start_ms)
        names = {segment.id: f"g{n:05d}" for n, segment in enumerate(ordered, 1)}
        return replace(
            transcript,
            segments=tuple(replace(s, id=names[s.id]) for s in ordered),
            corrections=tuple(replace(c, segment=names[c.segment]) for c in self._corrections),
            removed=tuple(sorted((*transcript.removed, *self._removed), key=_start)),
            rehearings=tuple(sorted((*transcript.rehearings, *self._rehearings), key=_start)),
        )

    def _foreign(self, segment: Segment) -> bool:
        spoken = segment.language or self._film_language
        return spoken != self._language or foreign(segment.text, self._language)

    @property
    def _label(self) -> str | None:
        """The language of new segments, as segments name it."""
        return None if self._language == self._film_language else self._language

    def _wordless(self, cut: Cut) -> list[Stretch]:
        return coverage.stretches(
            self._segments, self._regions, self._sound, cut, self._songs, self._options
        )

    def _doubtful(self) -> list[Stretch]:
        """Stretches for the segments whose words do not fit their sound, for those whose words
        cover hardly any of it, and, region by region, for those with far too few words."""
        wanted = []
        for segment in self._segments:
            own = [r for r in self._regions if r.id in segment.regions]
            if not own or not segment.words:
                continue
            span = chunking.Chunk.of(own).span
            before, after = own[0].margin_before_ms, own[-1].margin_after_ms
            region = Region(own[0].id, *span, own[0].score, before, after)
            if _misfit(segment.words, segment.aligner) is not None:
                wanted.append(Stretch(region, segment.id, segment.words, coverage.MISFIT))
            elif coverage.thin(segment, own, self._doubting.min_score):
                wanted.append(Stretch(region, segment.id, segment.words, coverage.THIN))
            elif (
                len(own) > 1
                and spans.share(span, self._songs) < _MOSTLY
                and coverage.sparse(segment, own)
            ):
                parts = tuple(own)
                wanted.append(Stretch(region, segment.id, segment.words, coverage.SPARSE, parts))
        return wanted

    def _heard(
        self, wanted: Sequence[Stretch], *, careful: bool
    ) -> list[tuple[Stretch, chunking.Recognition, tuple[Word, ...], str | None]]:
        """The recognition of each stretch, its words and their aligner, the last stretch first, so
        that a change moves no stretch still to come."""
        if not wanted:
            return []
        pieces = [stretch.parts or (stretch.region,) for stretch in wanted]
        chunks = [chunking.Chunk.of([piece]) for some in pieces for piece in some]
        recogniser = self._timer.recogniser
        free = writing.free(
            self._language, recogniser.options.script, recogniser.options.allow_latin
        )
        answers = map(
            self._written,
            recogniser.recognise(
                self._audio, chunks, self._language, "transcribe", self._progress,
                careful=careful, guarded=not free,
            ),
        )  # fmt: skip
        rows = []
        for stretch, some in zip(wanted, pieces, strict=True):
            heard = [(piece, next(answers)) for piece in some]
            if stretch.parts:
                heard = [(piece, self._believed(piece, answer)) for piece, answer in heard]
            timed = [self._alone(piece, answer) for piece, answer in heard if answer.text]
            words = tuple(word for segment in timed for word in segment.words)
            aligner = timed[0].aligner if timed else None
            rows.append(
                (stretch, chunking.together([answer for _, answer in heard]), words, aligner)
            )
        return rows[::-1]

    def _written(self, heard: chunking.Recognition) -> chunking.Recognition:
        """The recognised text, cleaned and in the script of the language."""
        cleaned = chunking.cleaned(heard)
        chosen = self._timer.recogniser.options.script
        text = writing.written(cleaned.text, self._language, self._names, chosen).text
        if text == cleaned.text:
            return cleaned
        return replace(cleaned, text=text, as_heard=cleaned.text)

    def _believed(self, region: Region, heard: chunking.Recognition) -> chunking.Recognition:
        """The recognition of one of several regions, without its text where that is doubtful."""
        doubted = hallucinations.doubts(
            heard, region.end_ms - region.start_ms, False, self._doubting
        )
        unsure = heard.score < self._doubting.min_score
        return replace(heard, text="") if unsure or hallucinations.grave(doubted) else heard

    def _alone(self, region: Region, heard: chunking.Recognition) -> Segment:
        """A segment of the text recognised in a region, with the times of its words."""
        sound = replace(region, start_ms=region.listen_from_ms, end_ms=region.listen_to_ms)
        span = (region.start_ms, region.end_ms)
        alone = Segment(
            "", *span, heard.text, (), heard.score, (region.id,), language=self._label
        )  # fmt: skip
        return self._timer.timed([alone], [sound])[0]

    def _decide(
        self,
        stretch: Stretch,
        heard: chunking.Recognition,
        words: Sequence[Word],
        aligner: str | None,
    ) -> None:
        listened_ms = stretch.region.listen_to_ms - stretch.region.listen_from_ms
        sung = spans.share(stretch.span, self._songs) >= _MOSTLY
        misfit = _misfit(words, aligner)
        # Parts were checked one by one: a call that several of them repeat is no loop.
        doubted = (
            ()
            if stretch.parts
            else hallucinations.doubts(heard, listened_ms, sung, self._doubting, misfit)
        )
        first = join((word.text for word in stretch.words), self._language)
        unsure = (
            heard.score < self._doubting.min_score or heard.no_speech > self._doubting.max_no_speech
        )
        if not words:
            why, taken = "nothing was heard", False
        elif hallucinations.grave(doubted):
            why, taken = "; ".join(doubted), False
        elif heard.score < self._doubting.min_score:
            why, taken = "the recogniser is unsure of it", False
        elif misfit is not None:
            why, taken = _NOT_FITTING, False
        elif foreign(heard.text, self._language):
            why, taken = "it is in another script", False
        elif stretch.segment is None:
            why, taken = self._added(stretch, words, heard.score)
        else:
            why, taken = self._replaced(stretch, words)
        again = _spelled(first) == _spelled(heard.text)
        fits = misfit is None and stretch.reason != coverage.THIN
        no_better = hallucinations.grave(doubted) or (unsure and not (again and fits))
        if stretch.reason in (coverage.MISFIT, coverage.THIN) and not taken and no_better:
            self._take_out(stretch, why)
        self._rehearings.append(
            Rehearing(
                *stretch.span, stretch.reason, first, heard.text, heard.score,
                coverage.agreement(words), taken, why, heard.as_heard,
            )
        )  # fmt: skip

    def _added(self, stretch: Stretch, words: Sequence[Word], score: float) -> tuple[str, bool]:
        """Add a segment for speech that had none, with the words that are not said beside it."""
        beside = [w for s in sorted(self._segments, key=lambda s: s.start_ms) for w in s.words]
        around = {id(word) for word in beside}
        own = [w for w in coverage.merged(stretch, beside, words) if id(w) not in around]
        regions = [r for r in self._regions if _overlap(r, stretch.span)]
        text = join((word.text for word in own), self._language)
        name = f"h{len(self._rehearings)}"
        made = Segment(
            name, *stretch.span, text, (), score, tuple(r.id for r in regions),
            language=self._label,
        )  # fmt: skip
        if not own:
            return "what was heard is said beside it", False
        [placed] = self._timer.timed([made], self._everything)
        if not placed.words:
            return "there is too little sound for its words", False
        if _misfit(placed.words, placed.aligner) is not None:
            return _NOT_FITTING, False
        self._segments.append(placed)
        return _FITS, True

    def _replaced(self, stretch: Stretch, words: Sequence[Word]) -> tuple[str, bool]:
        """Merge the new words into the segment of the stretch, if that improves it."""
        at, segment = self._at(stretch)
        merged = coverage.merged(stretch, segment.words, words)
        old, new = (
            join((w.text for w in some), self._language) for some in (segment.words, merged)
        )
        if new == old:
            return "it holds nothing new", False
        kept = {id(word) for word in merged}
        own = [c for c in self._corrections if c.segment == segment.id]
        places = [coverage.word_at(segment.words, c.start, self._language) for c in own]
        if any(n is None or id(segment.words[n]) not in kept for n in places):
            return "a word that was corrected would be replaced", False
        misfit = _misfit(segment.words, segment.aligner) is not None
        if not misfit and len(coverage.letters(new)) < len(coverage.letters(old)):
            return "it says less", False
        [placed] = self._timer.timed([replace(segment, text=new, words=())], self._everything)
        if not placed.words or placed.aligner != segment.aligner:
            return "there is too little sound for its words", False
        before, after = coverage.agreement(segment.words), coverage.agreement(placed.words)
        if before is not None and after is not None and after < _AS_GOOD * before:
            return f"its words fit the sound worse, {after:g} after {before:g}", False
        if stretch.reason == coverage.SPARSE:
            return self._denser(at, segment, placed)
        bare = self._bare_ms(segment), self._bare_ms(placed)
        if bare[1] > bare[0] - self._options.min_wordless_ms // 2 and not misfit:
            return f"as much speech is left without words, {bare[1]} ms", False
        self._segments[at] = placed
        self._corrections = [
            coverage.shifted(c, segment.words, merged, self._language) if c in own else c
            for c in self._corrections
        ]
        return _FITS, True

    def _denser(self, at: int, segment: Segment, placed: Segment) -> tuple[str, bool]:
        """Take a segment recognised region by region, if it covers its speech clearly better."""
        own = [r for r in self._regions if r.id in segment.regions]
        more = len(coverage.letters(placed.text)) > _MORE * len(coverage.letters(segment.text))
        bare = [coverage.uncovered_ms(own, some.words) for some in (segment, placed)]
        if not more or (bare[1] > bare[0] and coverage.sparse(placed, own)):
            return "it fills its time no better", False
        self._segments[at] = placed
        self._corrections = [c for c in self._corrections if c.segment != segment.id]
        return _FITS, True

    def _take_out(self, stretch: Stretch, why: str) -> None:
        """Remove a segment whose words do not fit the sound, or cover hardly any of it, where the
        second hearing gave nothing credible either."""
        at, segment = self._at(stretch)
        reasons = (
            f"{stretch.reason}: alignment {coverage.agreement(segment.words) or 0:g}, "
            f"score {segment.score or 0:g}",
            f"heard again: {why}",
        )  # fmt: skip
        span = (segment.start_ms, segment.end_ms)
        self._removed.append(Removed(*span, segment.text, reasons, segment.regions))
        del self._segments[at]
        self._corrections = [c for c in self._corrections if c.segment != segment.id]
        self._regions = coverage.outside(self._regions, segment.regions)

    def _at(self, stretch: Stretch) -> tuple[int, Segment]:
        return next((n, s) for n, s in enumerate(self._segments) if s.id == stretch.segment)

    def _bare_ms(self, segment: Segment) -> int:
        own = [r for r in self._regions if r.id in segment.regions]
        words = coverage.compact(segment.words, self._songs, self._options)
        bare = coverage.wordless(own, words, self._options.min_wordless_ms)
        return coverage.speech_ms(own, bare)


def _misfit(words: Sequence[Word], aligner: str | None) -> float | None:
    """The agreement of words with their sound, where it is so low that no word fits; None where it
    is higher, or where no limit was measured for the aligner."""
    least = aligner_table.doubtful(aligner)
    agreement = coverage.agreement(words)
    if agreement is None or least is None or agreement >= least:
        return None
    return agreement


def _spelled(text: str) -> list[str]:
    return [plain(token.text) for token in tokens(text)]


def _overlap(region: Region, span: spans.Span) -> bool:
    return bool(spans.common([(region.start_ms, region.end_ms)], [span]))


def _known(stretch: Stretch, silent: Sequence[spans.Span], wanted: Sequence[Stretch]) -> bool:
    """Whether the stretch was silent in an earlier pass, or its whole segment is recognised again
    anyway."""
    whole = any(other.segment and other.segment == stretch.segment for other in wanted)
    return whole or spans.share(stretch.span, silent) >= _MOSTLY


def _start(row: Rehearing | Removed) -> int:
    return row.start_ms
