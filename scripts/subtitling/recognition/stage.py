"""The recognition stage (06): a film's speech recognised, with its decisions in the manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from subtitling import spans
from subtitling.documents import Correction, Glossary, Region, Segment, Transcript
from subtitling.media.audio_file import Sound
from subtitling.recognition import (
    chunking,
    hallucinations,
    language_diarization,
    names,
    passes,
    script_guard,
    writing,
)
from subtitling.recognition.chunking import Chunk
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.names import NameOptions
from subtitling.recognition.recogniser import Recogniser, RecognitionOptions

if TYPE_CHECKING:
    from lineage.stage import Stage

_MOST_LANGUAGES = 5  # in the manifest


def language_of(
    io: "Stage", recogniser: Recogniser, audio: Sound, chunks: Sequence[Chunk]
) -> tuple[str, float | None]:
    """The film's language and its probability: the configured one, without a probability, or the
    one detected in all of the film's `chunks`."""
    if io.params.language != "auto":
        return io.params.language, None
    probable = list(recogniser.languages(audio, chunks).items())[:_MOST_LANGUAGES]
    language, score = probable[0]
    io.note(languages=dict(probable))
    io.log.info("the language is %s (%.0f %%)", language, 100 * score)
    return language, score


def whole(io: "Stage", transcript: Transcript) -> Transcript:
    """The transcript of a whole film, under the language that is spoken most where none is
    configured."""
    if io.params.language == "auto":
        transcript = language_diarization.in_most_spoken(transcript)
    if mixed := language_diarization.nearly_half(transcript):
        io.log.warning("%s", mixed)
    io.note(spoken=transcript.languages)
    return transcript


def listened(
    io: "Stage",
    listener: passes.Listener,
    chunks: Sequence[Chunk],
    songs: Sequence[spans.Span],
    doubting: HallucinationOptions,
) -> passes.Said:
    """Recognise `chunks`; log the texts that were taken out, and record departures from the
    options."""
    said = listener.recognise(chunks, songs, doubting)
    language, options = listener.language, listener.recogniser.options
    for gone in said.removed:
        io.log.warning("%d ms: taken out, %s: %s", gone.start_ms, gone.reasons, gone.text)
    if said.unguarded:
        guarded = "+".join(script_guard.scripts(language, options.script, options.allow_latin))
        reason = f"nothing credible was heard in {guarded} in {said.unguarded} regions"
        io.degrade("script", guarded, "any", reason)
    if said.held:
        io.log.warning("%d regions made sense only in the script of %s", said.held, language)
    rows = zip(said.pairs, said.languages, strict=True)
    others = [
        [*chunk.span, spoken, probability]
        for (chunk, heard), (spoken, probability) in rows
        if heard.text and spoken != language
    ]
    for start_ms, _, spoken, probability in others:
        sure = "" if probability is None else f" ({100 * probability:.0f} %)"
        io.log.info("%d ms: heard in %s%s, not in %s", start_ms, spoken, sure, language)
    for row in said.rehearings:
        if not row.taken:
            io.log.warning("%d ms: heard in %s after all: %s", row.start_ms, language, row.why)
    io.note(other_languages=others)
    return said


def runs_of(
    transcript: Transcript, regions: Sequence[Region], longest_ms: int
) -> dict[str, list[Chunk]]:
    """All speech in chunks of at most `longest_ms`, by the language that a transcript of it has for
    each region; regions without words are in the film's."""
    spoken = {
        region: segment.language or transcript.language
        for segment in transcript.segments
        for region in segment.regions
    }
    rows = [(spoken.get(region.id, transcript.language), region) for region in regions]
    runs: dict[str, list[Chunk]] = {}
    for code, run in groupby(rows, key=lambda row: row[0]):
        runs.setdefault(code, []).extend(chunking.chunks([region for _, region in run], longest_ms))
    return runs


def segments_of(
    io: "Stage",
    said: passes.Said,
    language: str,
    known: Mapping[str, Sequence[str]],
    options: RecognitionOptions,
) -> list[Segment]:
    """The segments with words, transliterated where they were recognised in another script than
    their language's. `known` are names in the scripts of the languages."""
    rows = [
        (pair, spoken)
        for pair, spoken in zip(said.pairs, said.languages, strict=True)
        if pair[1].text
    ]
    segments = chunking.segments(
        [pair for pair, _ in rows], [spoken for _, spoken in rows], language
    )
    for n, ((chunk, _), _) in enumerate(rows):
        if chunk in said.others:
            segments[n] = replace(segments[n], heard=said.others[chunk])
    spoken = {code for _, (code, _) in rows}
    if not any(writing.rewrites(code, options.script, options.allow_latin) for code in spoken):
        return segments
    for n, segment in enumerate(segments):
        own = segment.language or language
        if writing.rewrites(own, options.script, options.allow_latin):
            segments[n] = writing.rewritten(segment, own, known[own], options.script)
    sure = [each.sure for each in segments if each.sure is not None]
    rewritten = sum(each.heard is not None for each in segments)
    io.note(written_anew=rewritten, least_sure=min(sure, default=None))
    return segments


def worded_of(said: passes.Said) -> hallucinations.Pairs:
    """The chunks in which words were recognised, with their texts."""
    return [(chunk, heard) for chunk, heard in said.pairs if heard.text]


def named(
    io: "Stage",
    listener: passes.Listener,
    said: passes.Said,
    segments: Sequence[Segment],
    glossary: Glossary,
    known: Mapping[str, Sequence[str]],
    naming: NameOptions,
) -> tuple[list[Segment], list[Correction]]:
    """The segments with the names of the glossary corrected, language by language, with a second
    pass for them."""
    corrected, corrections, asked = list(segments), [], []
    for language in known:
        own = [n for n, s in enumerate(segments) if (s.language or listener.language) == language]
        pairs = [worded_of(said)[n] for n in own]
        hotwords, texts, changes = _named(
            io, listener, language, pairs, [segments[n] for n in own], glossary, known, naming
        )
        for n, segment in zip(own, texts, strict=True):
            corrected[n] = segment
        asked += hotwords
        corrections += changes
    corrections.sort(key=lambda change: change.segment)
    io.note(hotwords=asked, corrections=[vars(c) for c in corrections])
    return corrected, corrections


def _named(
    io: "Stage",
    listener: passes.Listener,
    language: str,
    pairs: hallucinations.Pairs,
    segments: Sequence[Segment],
    glossary: Glossary,
    known: Mapping[str, Sequence[str]],
    naming: NameOptions,
) -> tuple[list[str], list[Segment], list[Correction]]:
    """The hotwords of the second pass, if there was one, the segments that are in a language,
    corrected, and the corrections."""
    options = listener.recogniser.options
    corrector = names.Corrector(glossary, language, naming)
    hotwords = names.hotwords(glossary, language, naming, listener.recogniser.tokens)
    again = []
    if naming.correct and hotwords and corrector.listens_again(s.text for s in segments):
        io.log.info("recognising again, with %d hotwords", len(hotwords))
        again = listener.hear([chunk for chunk, _ in pairs], hotwords=hotwords)
    if not corrector.possible:
        io.log.warning("names stay as heard: no list of the words of %s at hand", language)
    texts = [
        writing.written(heard.text, language, known[language], options.script).text
        for heard in again
    ]
    corrected, corrections = corrector.correct_segments(segments, texts)
    return (hotwords if again else []), corrected, corrections
