"""Detect songs, by the sound first; the words only shift the result.

Repetition, rhyme and slow syllables are signs of a song, but "नहीं नहीं नहीं" is also said in
anger. So words alone do not make a song, and a text without these signs that is sung is one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from subtitling import spans
from subtitling.documents import Events, Label, Segment, SungRegion, Transcript, Word
from subtitling.text.languages import clusters

# Syllables a second. Conversation has 4 to 6 in most languages (Pellegrino, Coupé and Marsico, "A
# cross-language perspective on speech information rate", Language 87, 2011); lines of songs, held
# notes and all, mostly less than 3.
_SPOKEN_RATE, _SUNG_RATE = 5.0, 2.5
_PHRASE = 3  # words of a phrase that is repeated; shorter ones are repeated in any dialogue
_RHYME = 3  # last letters that two lines share, in Latin letters for every script
_LEAST_WORDS = 6  # fewer say nothing about repetition or pace
_SURE = 1.0
_WORD_GAP_MS = 2000  # shorter pauses belong to the speech
_LEAST_TALK_MS = 1000


@dataclass(frozen=True)
class LyricsOptions:
    """See `lyrics` in the configuration."""

    max_breath_ms: int
    min_region_ms: int
    text_weight: float
    song_from: float
    speech_to: float


def regions(events: Events, options: LyricsOptions) -> list[SungRegion]:
    """Sung regions, with pauses for breath closed, in order and disjoint."""
    singing = [event for event in events.events if event.kind == "singing"]
    by_kind = {kind: events.spans(kind) for kind in ("speech", "singing", "music")}
    # Pauses in which somebody speaks are not closed.
    stretches = _joined_unless(by_kind["singing"], by_kind["speech"], options.max_breath_ms)
    rows: list[SungRegion] = []
    for span in stretches:
        if span[1] - span[0] < options.min_region_ms:
            continue
        inside = [e for e in singing if span[0] <= e.start_ms and e.end_ms <= span[1]]
        length = sum(e.end_ms - e.start_ms for e in inside)
        score = sum(e.score * (e.end_ms - e.start_ms) for e in inside) / length
        rows.append(
            SungRegion(
                id=f"s{len(rows) + 1:05d}",
                start_ms=span[0],
                end_ms=span[1],
                confidence=round(score, 4),
                singing=round(spans.share(span, by_kind["singing"]), 4),
                music=round(spans.share(span, by_kind["music"]), 4),
                speech=round(spans.share(span, by_kind["speech"]), 4),
            )
        )
    return rows


def _joined_unless(
    singing: Sequence[spans.Span], speech: Sequence[spans.Span], breath_ms: int
) -> list[spans.Span]:
    joined: list[spans.Span] = []
    for start, end in singing:
        if joined and start - joined[-1][1] <= breath_ms:
            pause = (joined[-1][1], start)
            if pause[0] == pause[1] or spans.share(pause, speech) < 0.5:
                joined[-1] = (joined[-1][0], end)
                continue
        joined.append((start, end))
    return joined


def talk(events: Events, sung: Sequence[SungRegion]) -> list[spans.Span]:
    """Spans of speech over a song; in the song itself speech is detected only for moments."""
    speech = spans.joined(events.spans("speech"), _WORD_GAP_MS)
    long = [span for span in speech if span[1] - span[0] >= _LEAST_TALK_MS]
    return spans.common([(region.start_ms, region.end_ms) for region in sung], long)


def labels(
    transcript: Transcript,
    sung: Sequence[SungRegion],
    spoken: Sequence[spans.Span],
    options: LyricsOptions,
) -> list[Label]:
    """Label each segment, in order; `spoken` is the result of `talk`."""
    sung_spans = [(region.start_ms, region.end_ms) for region in sung]
    return [
        _label(segment, spans.without(sung_spans, spoken), options)
        for segment in transcript.segments
    ]


def turns(transcript: Transcript, labels: Sequence[Label]) -> set[str]:
    """The ids of the words that begin a song, or begin the speech after one."""
    song = {label.segment: label.label == "song" for label in labels}
    worded = [segment for segment in transcript.segments if segment.words]
    return {
        segment.words[0].id
        for before, segment in pairwise(worded)
        if song.get(before.id, False) != song.get(segment.id, False)
    }


def _label(segment: Segment, sung: Sequence[spans.Span], options: LyricsOptions) -> Label:
    words = [(w.start_ms, w.end_ms) for w in segment.words if w.end_ms > w.start_ms]
    timed = words or [(segment.start_ms, max(segment.end_ms, segment.start_ms + 1))]
    length = spans.total(timed)
    share = sum(spans.share(span, sung) * (span[1] - span[0]) for span in timed) / length
    text = evidence(segment)
    # Without singing, or within a song, the words change nothing.
    shift = options.text_weight * text if 0 < share < _SURE else 0.0
    balance = min(1.0, max(0.0, share + shift))
    if balance >= options.song_from:
        label, confidence = "song", balance
    elif balance <= options.speech_to:
        label, confidence = "speech", 1 - balance
    else:
        middle = (options.song_from + options.speech_to) / 2
        reach = (options.song_from - options.speech_to) / 2
        label, confidence = "both", 1 - abs(balance - middle) / reach / 2
    return Label(
        segment=segment.id,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        label=label,
        confidence=round(confidence, 4),
        sung=round(share, 4),
        text=round(text, 4),
    )


def evidence(segment: Segment) -> float:
    """Evidence of a segment's words: -1 for speech, 0 for nothing, 1 for a song.

    Half of it is the pace, the other half repeated phrases and rhyming lines.
    """
    words = [word.casefold() for word in re.findall(r"[\w\u0900-\u0dff']+", segment.text)]
    if len(words) < _LEAST_WORDS:
        return 0.0
    form = max(repetition(words), rhyme(segment.text))
    return round((pace(segment.words) + form) / 2, 4)


def repetition(words: Sequence[str]) -> float:
    """The share of words in a phrase that is repeated later without overlap; a single word said
    repeatedly is not a phrase."""
    seen: dict[Sequence[str], int] = {}
    again: set[int] = set()
    for n in range(len(words) - _PHRASE + 1):
        phrase = tuple(words[n : n + _PHRASE])
        if len(set(phrase)) == 1:
            continue
        first = seen.setdefault(phrase, n)
        if n >= first + _PHRASE:
            again |= {*range(first, first + _PHRASE), *range(n, n + _PHRASE)}
    return len(again) / len(words) if words else 0.0


def rhyme(text: str) -> float:
    """The share of neighbouring lines, divided by punctuation, that rhyme with different last
    words."""
    from anyascii import anyascii

    lines = [part.split() for part in re.split(r"[,.!?;:…।॥\n]+", text)]
    ends = [anyascii(line[-1]).casefold() for line in lines if line]
    pairs = list(pairwise(ends))
    if len(pairs) < 2:
        return 0.0
    alike: list[bool] = [a != b and a[-_RHYME:] == b[-_RHYME:] for a, b in pairs]
    return sum(alike) / len(pairs)


def pace(words: Sequence[Word]) -> float:
    """-1 for words spoken at least as fast as in conversation, 1 for slow, held words."""
    length = sum(word.end_ms - word.start_ms for word in words)
    if not length:
        return 0.0
    rate = 1000 * sum(syllables(word.text) for word in words) / length
    middle, reach = (_SPOKEN_RATE + _SUNG_RATE) / 2, (_SPOKEN_RATE - _SUNG_RATE) / 2
    return max(-1.0, min(1.0, (middle - rate) / reach))


def syllables(word: str) -> int:
    """Estimate the number of syllables of a word: groups of vowels, in any script."""
    from anyascii import anyascii

    if re.search(r"[\u0900-\u0dff]", word):
        # Indic scripts write a syllable as a cluster; one that ends in a virama has no vowel.
        return max(1, sum(not cluster.endswith("\u094d") for cluster in clusters(word)))
    return max(1, len(re.findall(r"[aeiouy]+", anyascii(word).casefold())))
