"""From a text with times to a transcript: lines placed by the speech, words by an aligner."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lineage.problem import Problem
from subtitling import spans
from subtitling.alignment import word_times
from subtitling.documents import (
    Region,
    Segment,
    Speech,
    Stretch,
    Text,
    TextUse,
    Transcript,
    Unspoken,
    Word,
)
from subtitling.known_text import chance, fitting, spoken_script
from subtitling.known_text.chance import Placer
from subtitling.known_text.fitting import Place
from subtitling.text.languages import join, width

_LONGEST_MS = 24_000  # of a chunk, without its margins; an aligner hears 30 s
_MARGIN_MS = 1500  # before and after a chunk, where its lines may be said
_LEAST_GAP_MS = 300  # at which a chunk may end before it is full
_FITS = 0.3  # of the usual score of a word: lines with less are not placed by it
_FAR_MS = 1500  # from its time in the text, after which a line's place is not believed
_NOISE_MS = 250  # an aligner's own errors reach 173 ms on the readings of docs/evaluation.md
_LEAST_SHARE = 0.3  # of the words, for a text to be that of the film
_FEW = 30  # words, of which the share says nothing
_CHANCE = 1.2  # times as well as in reverse order is no better than by chance
OWN = "text"  # the timing of words whose times are the text's own


def transcript(
    text: Text,
    speech: Speech,
    start_ms: int,
    language: str,
    onsets: Sequence[int] | None,
) -> Transcript:
    """The lines of a text as segments without words, on the clock of the sound, which begins at
    `start_ms` of the film's. They are moved to where somebody speaks, by the `onsets` of speech
    that are known to the millisecond; a few lines stay where they are unless they surely fit
    elsewhere. Without onsets, None, the text's times are trusted. Raises Problem for a text that
    does not fit the film."""
    times = [_times(line.start_ms, line.end_ms, start_ms) for line in text.lines]
    places: Sequence[Place | None] = [Place(1.0, 0)] * len(times)
    if onsets is not None:
        regions = [(region.start_ms, region.end_ms) for region in speech.regions]
        fit = fitting.fitted(times, spans.joined(regions, 0), onsets, speech.duration_ms)
        if not fit.sure and not fit.few:
            raise Problem(
                f"{text.source}: {fit.share:.0%} of its lines can be laid on the film's speech, "
                f"{fit.by_chance:.0%} by chance alone: is it the text of another film? If it is "
                "not, text: {times: trusted} takes its times as they are"
            )
        places = fit.places if fit.sure else places
    placed = [
        place.span(cue) if place else (0, 0) for cue, place in zip(times, places, strict=True)
    ]
    starts = fitting.begun([start for start, _ in placed], places, onsets or ())
    segments, unspoken = [], []
    for line, place, (early, end), begun in zip(text.lines, places, placed, starts, strict=True):
        # A cue that would lose half of its time belongs to other words than those that begin there.
        start = begun if end - begun > (end - early) // 2 else early
        start, end = max(0, start), min(end, speech.duration_ms)
        if place is None or end <= start:
            unspoken.append(Unspoken(line.number, line.text))
            continue
        near = tuple(r.id for r in speech.regions if r.start_ms < end and start < r.end_ms)
        words = (Word("", line.text, start, end, None, line.number),)
        segments.append(Segment("", start, end, line.text, words, None, near, speaker=line.speaker))
    segments.sort(key=lambda segment: segment.start_ms)
    numbers = [line.number for line in text.lines]
    use = TextUse(
        text.source,
        text.sha256,
        round(len(segments) / len(text.lines), 4),
        tuple(unspoken),
        stretches=tuple(
            Stretch(
                numbers[first], numbers[last], round(place.rate, 6), place.offset_ms,
                place.spread_ms,
            )
            for first, last, place in fitting.stretches(places)
        ),
        own_times=tuple(
            number for number, place in zip(numbers, places, strict=True) if place and place.exact
        ),
    )  # fmt: skip
    named = tuple(replace(s, id=f"s{n:05d}") for n, s in enumerate(segments, 1))
    return Transcript(language, None, "none", word_times.numbered(named), text_use=use)


def _times(start_ms: int | None, end_ms: int | None, earlier_ms: int) -> spans.Span:
    assert start_ms is not None
    assert end_ms is not None
    return start_ms - earlier_ms, end_ms - earlier_ms


def estimated(transcript: Transcript) -> Transcript:
    """The transcript with the words of each line spread over its time."""
    spread = [_spread(segment, transcript.language) for segment in transcript.segments]
    return replace(transcript, segments=word_times.numbered(spread), timing=OWN)


def _spread(segment: Segment, language: str) -> Segment:
    begin, line = segment.start_ms, segment.words[0].line
    texts = word_times.separate(segment.text, language)
    placed = word_times.spread(texts, max(segment.end_ms - begin, len(texts)))
    words = tuple(
        Word("", w.text, begin + w.start_ms, begin + max(w.end_ms, w.start_ms + 1), None, line)
        for w in placed
    )
    return replace(segment, words=words)


@dataclass(frozen=True)
class _Chunk:
    """Lines that are aligned together, in the sound from `start_ms` to `end_ms`."""

    lines: tuple[Segment, ...]
    start_ms: int
    end_ms: int


def aligned(transcript: Transcript, speech: Speech, timed: Placer) -> Transcript:
    """The transcript with each line's words where they are said. A line whose words do not fit the
    sound near its time keeps that, its words spread over it; so do all where nothing can place
    them. One that has its `own_times` in the text keeps them where its words do not contradict: a
    person timed it as well as an aligner does. Raises Problem where hardly any words fit, or all of
    them no better than by chance. `timed` gives segments the times of their words."""
    language, use = transcript.language, transcript.text_use
    assert use is not None
    chunks = list(_chunks(transcript.segments, speech.duration_ms))
    asked, sounds = _asked(chunks, speech, language)
    done = timed(asked, sounds)
    first = _lines(chunks, done, language)
    if not any(line.words for line in first):  # no aligner serves the language
        return estimated(transcript)
    if sum(len(line.words) for line in first) >= _FEW:
        _check_chance(use.source, chance.times_chance(done, sounds, language, timed))
    scores = sorted(w.score for line in first for w in line.words if w.score is not None)
    usual = scores[len(scores) // 2] if scores else 0.0
    good = {line.id for line in first if _fits(line, usual)}
    # A line that is not said spoils the places of those beside it: they are placed again without.
    again = [c for c in chunks if 0 < sum(line.id in good for line in c.lines) < len(c.lines)]
    less = [replace(c, lines=tuple(s for s in c.lines if s.id in good)) for c in again]
    better = {
        line.id: line for line in _lines(less, timed(*_asked(less, speech, language)), language)
    }
    by_id = {line.id: line for line in first} | better
    made, own = [], []
    for line in transcript.segments:
        new, number = by_id[line.id], line.words[0].line
        late = abs(new.words[0].start_ms - line.start_ms) if new.words else 0
        if line.id not in good or late > _FAR_MS:
            made.append(_spread(line, language))
        elif (
            number in use.own_times and late <= _NOISE_MS and new.end_ms <= line.end_ms + _NOISE_MS
        ):
            made.append(_begun(new, line))
            own.append(number)
        else:
            made.append(new)
    counts = [(len(line.words), line.aligner is not None) for line in made]
    total, placed = sum(n for n, _ in counts), sum(n for n, yes in counts if yes)
    if total >= _FEW and placed < _LEAST_SHARE * total:
        raise Problem(
            f"{use.source}: {placed / total:.0%} of its words fit the sound where its times have "
            f"them, {_LEAST_SHARE:.0%} at least are to be expected: is it the text of another "
            "film, or in another language than text_language says?"
        )
    use = replace(use, share=round(placed / max(1, total), 4), own_times=tuple(sorted(own)))
    ordered = sorted(made, key=lambda line: line.words[0].start_ms)
    return replace(
        transcript,
        segments=word_times.numbered(ordered),
        timing=word_times.timing(ordered) if placed else OWN,
        text_use=use,
    )


def _check_chance(source: str, times: float | None) -> None:
    if times is not None and times < _CHANCE:
        raise Problem(
            f"{source}: its words fit the sound {times:.1f} times as well as in reverse order, "
            f"{_CHANCE} at least are to be expected: is it the text of another film, or in another "
            "language than text_language says? If it is not, source_language: auto takes its words "
            "with its times"
        )


def _begun(new: Segment, line: Segment) -> Segment:
    """The line with the words of `new` and its own times, the first word beginning with it."""
    start = line.start_ms
    later = [
        replace(word, start_ms=max(start, word.start_ms), end_ms=max(start + 1, word.end_ms))
        for word in new.words
    ]
    words = (replace(later[0], start_ms=start), *later[1:])
    return replace(new, start_ms=start, end_ms=line.end_ms, words=words)


def _fits(line: Segment, usual: float) -> bool:
    scores = [(w.score, width(w.text)) for w in line.words if w.score is not None]
    letters = sum(length for _, length in scores)
    mean = sum(score * length for score, length in scores) / letters if letters else 0.0
    return bool(letters) and mean >= _FITS * usual


def _chunks(lines: Sequence[Segment], total_ms: int) -> Iterator[_Chunk]:
    """Lines in a row, cut where there is time between them, at long gaps always: somebody may say
    there what the text lacks."""
    groups: list[list[Segment]] = []
    for line in lines:
        last = groups[-1] if groups else None
        gap_ms = line.start_ms - last[-1].end_ms if last else 0
        length_ms = line.end_ms - last[0].start_ms if last else 0
        if last and gap_ms <= 2 * _MARGIN_MS and length_ms <= _LONGEST_MS:
            last.append(line)
            continue
        if last and len(last) > 1:
            # The widest gap of the second half is a better cut than the last one.
            gaps = [b.start_ms - a.end_ms for a, b in itertools.pairwise(last)]
            half = len(gaps) // 2
            best = half + max(range(len(gaps) - half), key=lambda n: gaps[half + n])
            after = line.start_ms - last[-1].end_ms
            fits = line.end_ms - last[best + 1].start_ms <= _LONGEST_MS
            if fits and gaps[best] > max(after, 0) and after < _LEAST_GAP_MS:
                groups[-1], rest = last[: best + 1], last[best + 1 :]
                groups.append([*rest, line])
                continue
        groups.append([line])
    for n, group in enumerate(groups):
        start, end = group[0].start_ms, max(line.end_ms for line in group)
        before = max(line.end_ms for line in groups[n - 1]) if n else 0
        after = groups[n + 1][0].start_ms if n + 1 < len(groups) else total_ms
        first = max(start - _MARGIN_MS, min(start, (before + start) // 2))
        last_ms = min(end + _MARGIN_MS, max(end, (end + after) // 2))
        yield _Chunk(tuple(group), max(0, first), min(total_ms, max(last_ms, first + 1)))


def _asked(
    chunks: Sequence[_Chunk], speech: Speech, language: str
) -> tuple[list[Segment], list[Region]]:
    """The text of each chunk as one segment, and the sound to place it in."""
    asked, sounds = [], []
    for chunk in chunks:
        own = spoken_script.speech_within(chunk.start_ms, chunk.end_ms, speech.regions)
        text = join((line.text for line in chunk.lines), language)
        ids = tuple(region.id for region in own)
        asked.append(Segment("", chunk.start_ms, chunk.end_ms, text, (), None, ids))
        sounds += own
    return asked, sounds


def _lines(chunks: Sequence[_Chunk], placed: Sequence[Segment], language: str) -> list[Segment]:
    """The lines of chunks with their words, without any where there is too little sound."""
    pairs = zip(chunks, placed, strict=True)
    return [line for chunk, each in pairs for line in _lines_of(chunk, each, language)]


def _lines_of(chunk: _Chunk, placed: Segment, language: str) -> list[Segment]:
    if not placed.words:
        return [replace(line, words=()) for line in chunk.lines]
    texts = [word_times.separate(line.text, language) for line in chunk.lines]
    words = iter(spoken_script.regrouped(placed.words, [text for row in texts for text in row]))
    made = []
    for line, row in zip(chunk.lines, texts, strict=True):
        number = line.words[0].line
        own = tuple(replace(next(words), line=number) for _ in row)
        start, end = own[0].start_ms, max(word.end_ms for word in own)
        made.append(replace(line, words=own, start_ms=start, end_ms=end, aligner=placed.aligner))
    return made
