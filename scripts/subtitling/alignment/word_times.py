"""Word times: where in the sound each recognised word is said."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from subtitling.alignment.aligners.base import Aligner
from subtitling.alignment.ctc import Span, place
from subtitling.documents import Region, Segment, Transcript, Word
from subtitling.media import loudness
from subtitling.media.audio_file import SPEECH_RATE, WINDOW_MS, Sound
from subtitling.media.loudness import FRAME_MS
from subtitling.recognition.whisper import Whisper
from subtitling.runtime.progress import Progress
from subtitling.text.languages import clusters, unspaced, width

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, Any]

PAD_MS = 100  # since a region's edges can cut into a sound
_SILENCE_DB = 35  # below the loud tenth of the speech around
_SILENCE_MS = 100  # shorter silence belongs to the word: stops are silent
_PAUSE_INSIDE_MS = 250
_EDGE_MS = 30  # left at a trimmed edge, for soft sounds


@dataclass(frozen=True)
class Placed:
    """A word with its times in the spliced sound; `score` is the aligner's probability, 0 to 1,
    None where the time is an estimate."""

    text: str
    start_ms: int
    end_ms: int
    score: float | None


@dataclass(frozen=True)
class Splice:
    """Stretches of sound put end to end, without the silence between them.

    Attention wanders into pauses and puts words too early; without pauses it can't.
    """

    spans: tuple[tuple[int, int], ...]

    @property
    def duration_ms(self) -> int:
        """Length of the spliced sound."""
        return sum(end - start for start, end in self.spans)

    def original(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """A word's times in the original sound. A word across a splice stays in its larger part."""
        best, best_overlap, offset = None, -1, 0
        for start, end in self.spans:
            a, b = max(start_ms, offset), min(end_ms, offset + end - start)
            if b - a > best_overlap:
                best, best_overlap = (a - offset + start, max(a, b) - offset + start), b - a
            offset += end - start
        if best is None:
            raise ValueError("a splice of nothing")
        return best


def padded(regions: Sequence[Region], total_ms: int, pad_ms: int = PAD_MS) -> list[Region]:
    """The regions with up to `pad_ms` more at both ends, never into a neighbour's."""
    ends = [0, *(region.end_ms for region in regions)]
    starts = [*(region.start_ms for region in regions), total_ms]
    return [
        replace(
            region,
            start_ms=max(region.start_ms - pad_ms, (ends[n] + region.start_ms + 1) // 2),
            end_ms=min(region.end_ms + pad_ms, (region.end_ms + starts[n + 1]) // 2),
        )
        for n, region in enumerate(regions)
    ]


def splice(regions: Sequence[Region]) -> Splice:
    """The splice of these regions, as far as it fits into one window."""
    room = WINDOW_MS
    spans = []
    for region in regions:
        length = min(region.end_ms - region.start_ms, room)
        if length > 0:
            spans.append((region.start_ms, region.start_ms + length))
            room -= length
    return Splice(tuple(spans))


def splices_of(
    audio: Sound, segments: Iterable[Segment], regions: Sequence[Region]
) -> list[Splice]:
    """The sound in which each segment's words are placed."""
    heard = {r.id: r for r in padded(regions, audio.duration_ms)}
    return [splice([heard[r] for r in segment.regions]) for segment in segments]


def whole_words(pieces: Sequence[Placed], spaced: bool) -> list[Placed]:
    """Join pieces of text to words: at spaces, or where a script has none, as they are.

    A piece without letters or digits (punctuation) always goes with the word before it.
    """
    words: list[Placed] = []
    for piece in pieces:
        bare = piece.text.strip()
        inside = words and (
            not any(c.isalnum() for c in bare) if not spaced else not piece.text.startswith(" ")
        )
        if not bare:
            continue
        if inside:
            last = words[-1]
            scores = [s for s in (last.score, piece.score) if s is not None]
            score = min(scores) if any(c.isalnum() for c in bare) else last.score
            words[-1] = Placed(last.text + bare, last.start_ms, piece.end_ms, score)
        else:
            words.append(replace(piece, text=bare))
    return words


def in_order(placed: Sequence[Placed], start_ms: int, end_ms: int) -> list[Placed]:
    """The same words, each at least 1 ms long, none before the last, all inside the bounds.

    Raises ValueError where the bounds hold fewer milliseconds than words.
    """
    if end_ms - start_ms < len(placed):
        raise ValueError(f"{len(placed)} words in {end_ms - start_ms} ms")
    ordered = []
    earliest = start_ms
    for rest, word in zip(range(len(placed) - 1, -1, -1), placed, strict=True):
        start = min(max(word.start_ms, earliest), end_ms - rest - 1)
        end = min(max(word.end_ms, start + 1), end_ms - rest)
        ordered.append(replace(word, start_ms=start, end_ms=end))
        earliest = end
    return ordered


def trimmed(words: Sequence[Placed], levels: "Samples") -> list[Placed]:
    """The words without the silence that attention, which knows no pauses, included in them.

    Sound far below the level of the words around counts as silence; where music or noise fills the
    pauses, there is none. Every word keeps some sound, or all of its time if it has none.
    """
    import numpy as np

    if not words:
        return []
    spoken = levels[words[0].start_ms // FRAME_MS : words[-1].end_ms // FRAME_MS + 1]
    if not len(spoken):
        return list(words)
    loud = levels > np.percentile(spoken, 90) - _SILENCE_DB
    kept = []
    for word in words:
        first, last = word.start_ms // FRAME_MS, -(-word.end_ms // FRAME_MS)
        at = np.flatnonzero(loud[first:last])
        # No word pauses in its middle: of two sounds with silence between, the longer is the word.
        runs = np.split(at, np.flatnonzero(np.diff(at) * FRAME_MS > _PAUSE_INSIDE_MS) + 1)
        at = max(runs, key=len)
        start, end = word.start_ms, word.end_ms
        if len(at):
            begins, ends = (first + int(at[0])) * FRAME_MS, (first + int(at[-1]) + 1) * FRAME_MS
            if begins - start >= _SILENCE_MS:
                start = begins - _EDGE_MS
            if end - ends >= _SILENCE_MS:
                end = ends + _EDGE_MS
        kept.append(replace(word, start_ms=start, end_ms=end))
    return kept


def align(
    aligner: Aligner,
    audio: Sound,
    segments: Sequence[Segment],
    regions: Sequence[Region],
    language: str,
    threads: int,
    progress: Progress,
) -> list[Segment]:
    """The segments with their words placed by an aligner, where it can.

    A segment with less sound than its words need stays without words. The others have every word of
    their text, in order, inside the segment, at least 1 ms long; a word that the aligner has no
    tokens for is placed between its neighbours and has no score.
    """
    from threadpoolctl import threadpool_limits

    splices = splices_of(audio, segments, regions)
    texts = [separate(segment.text, language) for segment in segments]
    # Here and not in the threads: espeak-ng is not thread-safe.
    tokens = ([aligner.tokens(word) for word in words] for words in texts)

    def spans(joined: Splice, wanted: Sequence[Sequence[int]]) -> list[Span | None] | None:
        return place(aligner.emissions(_sound_of(audio, joined)), wanted, aligner.blank)

    aligned: list[Segment] = []
    # Threads that have a sound each, and threads for one product, would only wait for each other.
    products = threadpool_limits(1 if aligner.parallel else None, "blas")
    with products, ThreadPoolExecutor(threads if aligner.parallel else 1) as pool:
        for word_spans in pool.map(spans, splices, tokens):
            segment, joined, words = (
                segments[len(aligned)],
                splices[len(aligned)],
                texts[len(aligned)],
            )
            if word_spans is not None:
                placed = timed(words, word_spans, aligner.frame_ms, aligner.late_ms)
                segment = _with_words(segment, joined, placed, aligner.name)
            aligned.append(segment)
            progress(len(aligned), len(segments))
    return aligned


def timed(
    texts: Sequence[str], spans: Sequence[Span | None], frame_ms: float, late_ms: int
) -> list[Placed]:
    """The words with times in the spliced sound, those without a span between their neighbours.

    A word ends where the next begins, at the latest: starts are more reliable than ends.
    """
    known = [
        None
        if span is None
        else (max(0, round(span.start * frame_ms) - late_ms), round(span.end * frame_ms))
        for span in spans
    ]
    placed: list[Placed] = []
    for n, (text, span, times) in enumerate(zip(texts, spans, known, strict=True)):
        before = placed[-1].end_ms if placed else 0
        if span is None or times is None:
            missing, after = next(
                ((m, t) for m, t in enumerate(known[n:]) if t), (1, (before, before))
            )
            share = max(0, after[0] - before) // missing
            placed.append(Placed(text, before, before + share, None))
            continue
        if placed and placed[-1].end_ms > times[0]:
            cut = max(placed[-1].start_ms + 1, times[0])
            placed[-1] = replace(placed[-1], end_ms=cut)
        placed.append(Placed(text, *times, span.score))
    return placed


def separate(text: str, language: str) -> list[str]:
    """The words of a text; where the language writes no spaces, its characters with their marks and
    the punctuation after them."""
    if not unspaced(language):
        return text.split()
    parts: list[str] = []
    for cluster in clusters(text):
        if parts and not any(c.isalnum() for c in cluster):
            parts[-1] += cluster.strip()
        elif cluster.strip():
            parts.append(cluster)
    return parts


def attend(
    whisper: Whisper,
    audio: Sound,
    segments: Sequence[Segment],
    regions: Sequence[Region],
    language: str,
    progress: Progress,
) -> list[Segment]:
    """The segments with their words placed by the attention of the model that recognised them.

    Every word of a segment's text comes out, in order, inside the segment, at least 1 ms long.
    """
    whisper.load()
    aligned: list[Segment] = []

    def attended(batch: Sequence[Segment]) -> tuple[list[Splice], list[list[Placed]]]:
        splices = splices_of(audio, batch, regions)
        return splices, _attend(whisper, audio, splices, [s.text for s in batch], language)

    for batch, (splices, attention) in whisper.ladder.batches(segments, attended):
        for segment, joined, pieces in zip(batch, splices, attention, strict=True):
            words = whole_words(pieces, spaced=not unspaced(language))
            sound = _sound_of(audio, joined)
            words = trimmed(words, loudness.levels(sound))
            aligned.append(_with_words(segment, joined, words, "attention"))
        progress(len(aligned), len(segments))
    return aligned


def estimated(
    audio: Sound, segments: Sequence[Segment], regions: Sequence[Region], language: str
) -> list[Segment]:
    """The segments with their words spread over their regions by their letters, where neither an
    aligner nor the recogniser can time them. The words have no score."""
    done = []
    for segment, joined in zip(segments, splices_of(audio, segments, regions), strict=True):
        words = spread(separate(segment.text, language), joined.duration_ms)
        done.append(_with_words(segment, joined, words, "estimate"))
    return done


def spread(texts: Sequence[str], duration_ms: int) -> list[Placed]:
    """Words one after the other through `duration_ms`, each as long as its share of the letters,
    as a reader counts them."""
    ends = list(itertools.accumulate(max(1, width(text)) for text in texts))
    edges = [0, *(end * duration_ms // ends[-1] for end in ends)]
    return [
        Placed(text, start, end, None)
        for text, (start, end) in zip(texts, itertools.pairwise(edges), strict=True)
    ]


def row_of(placed: Segment, asked: Segment) -> list[Any]:
    """What an aligner made of a segment, for JSON: nothing where it gave back the one that it was
    asked for."""
    if placed is asked:
        return []
    words = [[w.text, w.start_ms, w.end_ms, w.score] for w in placed.words]
    return [placed.start_ms, placed.end_ms, words]


def placed_by(aligner: str, row: Sequence[Any], asked: Segment) -> Segment:
    """The segment that an aligner made such a row of."""
    if not row:
        return asked
    start_ms, end_ms, words = row
    return replace(
        asked,
        start_ms=start_ms,
        end_ms=end_ms,
        words=tuple(Word("", *word) for word in words),
        aligner=aligner,
    )


def served(segments: Iterable[Segment]) -> dict[str, int]:
    """How many segments each aligner served."""
    return dict(Counter(segment.aligner for segment in segments if segment.aligner))


def served_by_language(transcript: Transcript) -> dict[str, dict[str, int]]:
    """The same for each language that is spoken."""
    return {
        language: served(
            s for s in transcript.segments if (s.language or transcript.language) == language
        )
        for language in transcript.languages
    }


def timing(segments: Sequence[Segment]) -> str:
    """The aligner that served most segments, which the transcript's `timing` names."""
    counts = served(segments)
    return max(counts, key=lambda name: counts[name]) if counts else "none"


def numbered(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """The segments with their words numbered through the whole film."""
    number = itertools.count(1)
    return tuple(
        replace(s, words=tuple(replace(w, id=f"w{next(number):05d}") for w in s.words))
        for s in segments
    )


def _with_words(segment: Segment, joined: Splice, words: Sequence[Placed], aligner: str) -> Segment:
    start, end = joined.spans[0][0], joined.spans[-1][1]
    end = max(end, start + len(words))
    words = in_order([_on_film(word, joined) for word in words], start, end)
    return replace(
        segment,
        start_ms=start,
        end_ms=end,
        words=tuple(Word(id="", **vars(word)) for word in words),
        aligner=aligner,
    )


def _sound_of(audio: Sound, joined: Splice) -> "Samples":
    import numpy as np

    rate = SPEECH_RATE
    sound: Samples = np.concatenate(
        [audio[a * rate // 1000 : b * rate // 1000] for a, b in joined.spans]
    )
    return sound


def _on_film(word: Placed, joined: Splice) -> Placed:
    start, end = joined.original(word.start_ms, word.end_ms)
    return replace(word, start_ms=start, end_ms=end)


def _attend(
    whisper: Whisper, audio: Sound, splices: Sequence[Splice], texts: Sequence[str], language: str
) -> list[list[Placed]]:
    """Word pieces of each text by Whisper's attention, with times in its spliced sound."""
    import numpy as np
    from faster_whisper.audio import pad_or_trim
    from faster_whisper.tokenizer import Tokenizer

    model = whisper.model
    tokenizer = Tokenizer(model.hf_tokenizer, True, task="transcribe", language=language)
    sounds = [_sound_of(audio, joined) for joined in splices]
    # Each text is aligned over its own sound's frames only; the rest of the window is silence.
    features = np.stack([pad_or_trim(model.feature_extractor(sound)) for sound in sounds])
    encoded = model.encode(features)
    tokens = [tokenizer.encode(f" {text}") for text in texts]
    frames = [max(2, joined.duration_ms // 10) for joined in splices]
    rows = model.find_alignment(tokenizer, tokens, encoded, frames)
    return [
        [
            Placed(
                piece["word"],
                round(float(piece["start"]) * 1000),
                round(float(piece["end"]) * 1000),
                round(float(piece["probability"]), 4),
            )
            for piece in row
        ]
        for row in rows
    ]
