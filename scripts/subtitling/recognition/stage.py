"""The recognition stage (06): a film's speech recognised, with its decisions in the manifest."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from subtitling import spans
from subtitling.documents import Correction, Glossary, Segment
from subtitling.media.audio_file import Sound
from subtitling.recognition import hallucinations, names, passes, script_guard, whisper, writing
from subtitling.recognition.whisper import Chunk, Whisper

if TYPE_CHECKING:
    from lineage.stage import Stage

_MOST_LANGUAGES = 5  # in the manifest


def language_of(
    io: "Stage", recogniser: Whisper, audio: Sound, chunks: Sequence[Chunk]
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


def listened(
    io: "Stage",
    listener: passes.Listener,
    chunks: Sequence[Chunk],
    songs: Sequence[spans.Span],
    doubting: hallucinations.Options,
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
    for chunk, chunk_language in said.other_languages.items():
        io.log.warning("%d ms: heard in %s, not in %s", chunk.start_ms, chunk_language, language)
    if said.held:
        io.log.warning("%d regions made sense only in the script of %s", said.held, language)
    io.note(other_languages=[[c.start_ms, c.end_ms, t] for c, t in said.other_languages.items()])
    return said


def segments_of(
    io: "Stage", said: passes.Said, language: str, known: Sequence[str], options: whisper.Options
) -> list[Segment]:
    """The segments with words, transliterated where they were recognised in another script. `known`
    are names in the language's script."""
    worded = worded_of(said)
    segments = whisper.segments(worded, said.other_languages)
    for n, (chunk, _) in enumerate(worded):
        if chunk in said.others:
            segments[n] = replace(segments[n], heard=said.others[chunk])
    if not writing.rewrites(language, options.script, options.allow_latin):
        return segments
    segments = [writing.rewritten(each, language, known, options.script) for each in segments]
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
    known: Sequence[str],
    naming: names.Options,
) -> tuple[list[Segment], list[Correction]]:
    """The segments with the names of the glossary corrected, with a second pass for them."""
    language, options = listener.language, listener.recogniser.options
    corrector = names.Corrector(glossary, language, naming)
    hotwords = names.hotwords(glossary, language, naming, listener.recogniser.tokens)
    again = []
    if naming.correct and hotwords and corrector.listens_again(s.text for s in segments):
        io.log.info("recognising again, with %d hotwords", len(hotwords))
        again = listener.recognise_with_names(worded_of(said), hotwords, said.other_languages)
    if not corrector.possible:
        io.log.warning("names stay as heard: no list of the words of %s at hand", language)
    texts = [writing.written(heard.text, language, known, options.script).text for heard in again]
    corrected, corrections = corrector.correct_segments(segments, texts)
    io.note(hotwords=hotwords if again else [], corrections=[vars(c) for c in corrections])
    return corrected, corrections
