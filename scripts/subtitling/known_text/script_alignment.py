"""The transcript of a film whose script is at hand: its words placed in the sound."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lineage.problem import Problem
from subtitling.alignment import word_times
from subtitling.documents import Region, Segment, Text, TextUse, Transcript, Word
from subtitling.known_text import chance, matching, spoken_script
from subtitling.known_text.chance import Placer
from subtitling.known_text.spoken_script import Asked, Chunk
from subtitling.runtime.progress import Progress
from subtitling.text.languages import join

# Of the script's words, those that were recognised. Scripts of other films have less than 0.02,
# right ones more than 0.3; but short ones that a small recogniser hardly understands 0.1 or none.
# There the sound decides, by how many times better the words fit than by chance.
_HARDLY_ANY, _LEAST_SHARE = 0.02, 0.12
_SHORT = 300  # words
_CLEARLY = 1.5


@dataclass(frozen=True)
class _Placed:
    """The words of a chunk, run by run; `segment` is what was aligned, without words where there is
    too little sound."""

    chunk: Chunk
    asked: list[Asked]
    words: list[list[Word]]
    segment: Segment


def transcript(
    text: Text,
    heard: Transcript,
    regions: Sequence[Region],
    total_ms: int,
    timed: Placer,
    progress: Progress,
) -> Transcript:
    """The words of a script, each with its time and line, and among them what was heard and is not
    in the script. `timed` gives segments the times of their words. Raises Problem for the script of
    another film."""
    script = spoken_script.words_of(
        [(line.number, word_times.separate(line.text, heard.language)) for line in text.lines],
        heard.language,
    )
    pairs = matching.matched([w.text for w in script], [w.text for w in heard.words])
    share = matching.share(pairs)
    other = Problem(
        f"{text.source}: {share:.0%} of its words were heard in the film, {_LEAST_SHARE:.0%} at "
        "least are to be expected: is it the text of another film, or of another language?"
    )
    if share < _HARDLY_ANY and len(script) > _SHORT:
        raise other
    runs = spoken_script.runs_of(pairs, script, heard.words)
    speech = [(region.start_ms, region.end_ms) for region in regions]
    chunks = spoken_script.chunks_of(runs, speech, total_ms)
    scores = {w.id: s.score for s in heard.segments for w in s.words}
    language_of = {w.id: s.language for s in heard.segments for w in s.words}
    languages = [_language(chunk, language_of) for chunk in chunks]
    first = _place(chunks, [spoken_script.asked(each) for each in chunks], languages, regions,
                   heard.language, timed)  # fmt: skip
    if share < _LEAST_SHARE:
        sounds = [region for chunk in chunks for region in spoken_script.within(chunk, regions)]
        placed = [each.segment for each in first]
        if (chance.times_chance(placed, sounds, heard.language, timed) or 0.0) < _CLEARLY:
            raise other
    progress(1, 2)
    said = [spoken_script.judged(each.asked, each.words) for each in first]
    changed = [n for n, each in enumerate(first) if said[n] != each.asked]
    again = _place([chunks[n] for n in changed], [said[n] for n in changed],
                   [languages[n] for n in changed], regions, heard.language, timed)  # fmt: skip
    done = dict(enumerate(first)) | dict(zip(changed, again, strict=True))
    speakers = {line.number: line.speaker for line in text.lines}
    segments = [
        segment
        for n, each in done.items()
        for segment in spoken_script.segments(
            each.asked, each.words, heard.language, speakers, regions, each.segment.aligner,
            languages[n],
            scores,
        )
    ]  # fmt: skip
    everything = [each for placed in done.values() for each in placed.asked]
    unspoken = tuple(spoken_script.unspoken(everything, heard.language))
    silent = sum(len(each.run.script) for each in everything if not each.script)
    use = TextUse(
        text.source, text.sha256, round(1 - silent / len(script), 4), unspoken,
        tuple(spoken_script.misheard(everything, heard.language)),
    )  # fmt: skip
    named = [replace(s, id=f"s{n:05d}") for n, s in enumerate(segments, 1)]
    return replace(
        heard,
        segments=word_times.numbered(named),
        timing=word_times.timing(named),
        corrections=(),
        text_use=use,
    )


def _language(chunk: Chunk, language_of: dict[str, str | None]) -> str | None:
    """The language that most words of a chunk were heard in; None for the film's own."""
    codes = Counter(language_of.get(w.id) for run in chunk.runs for w in run.heard)
    return codes.most_common(1)[0][0] if codes else None


def _place(
    chunks: Sequence[Chunk],
    asked: Sequence[list[Asked]],
    languages: Sequence[str | None],
    regions: Sequence[Region],
    language: str,
    timed: Placer,
) -> list[_Placed]:
    own = [spoken_script.within(chunk, regions) for chunk in chunks]
    texts = [spoken_script.texts_of(each) for each in asked]
    segments = [
        Segment("", chunk.start_ms, chunk.end_ms, join(words, language), (), None,
                tuple(r.id for r in mine), language=spoken)
        for chunk, words, mine, spoken in zip(chunks, texts, own, languages, strict=True)
    ]  # fmt: skip
    full = [n for n, words in enumerate(texts) if words and own[n]]
    heard = timed([segments[n] for n in full], [r for n in full for r in own[n]])
    done = dict(zip(full, heard, strict=True))
    return [
        _Placed(chunk, each, _words(each, words, done.get(n)), done.get(n, segments[n]))
        for n, (chunk, each, words) in enumerate(zip(chunks, asked, texts, strict=True))
    ]


def _words(asked: list[Asked], texts: Sequence[str], segment: Segment | None) -> list[list[Word]]:
    if segment is None or not segment.words:
        # There is no sound: what was heard has its own times, and nothing else is said.
        return [
            [
                replace(word, text=text)
                for word, text in zip(each.run.heard, [w.text for w in each.words], strict=True)
            ]
            if each.run.sure or not each.script
            else []
            for each in asked
        ]
    return spoken_script.shared_out(asked, spoken_script.regrouped(segment.words, texts))
