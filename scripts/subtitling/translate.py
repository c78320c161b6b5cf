"""Translation of sentences: ids go in with texts and come back with texts, none lost or added."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import ClassVar

from lineage import Problem
from subtitling import batches, doubts, names, protect
from subtitling.asr import Chunk, Heard, Whisper, cleaned
from subtitling.languages import UNSPACED, clusters, width
from subtitling.media import Sound
from subtitling.model import Correction, Glossary, Region, Rehearing, Segment, Word
from subtitling.sentences import Sentence, ends_sentence
from subtitling.spelling import tokens

Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class Options:
    """See `translation` in the configuration."""

    batch_size: int
    beam_size: int
    max_tokens: int
    round_trip_sentences: int


# Engines whose one model translates into many languages.
MANY = frozenset({"indictrans2", "nllb"})
_LEAD_MS = 400  # heard before and after a sentence, where its neighbours leave room


def engine_for(table: Mapping[str, str], source: str, target: str) -> str:
    """The engine for a pair of languages: an exact row, then `*-target`.

    For `auto`, whose language is not known yet, any row with that target. Problem where none fits.
    """
    for pair in (f"{source}-{target}", f"*-{target}"):
        if pair in table:
            return table[pair]
    if source == "auto":
        found = {engine for pair, engine in table.items() if pair.endswith(f"-{target}")}
        if len(found) == 1:
            return found.pop()
    raise Problem(
        f"no engine translates {source} to {target}; translation.engines has {', '.join(table)}"
    )


def checked(sentences: Sequence[Sentence], texts: Mapping[str, str]) -> dict[str, str]:
    """`texts` by sentence id, in order. Raises Problem unless every id came back exactly once."""
    asked = [sentence.id for sentence in sentences]
    missing = [i for i in asked if i not in texts]
    unknown = sorted(set(texts) - set(asked))
    if missing or unknown:
        raise Problem(
            f"the translator was given {len(asked)} sentences and returned {len(texts)}: "
            f"missing {missing[:5]}, unknown {unknown[:5]}"
        )
    return {i: " ".join(texts[i].split()) for i in asked}


@dataclass
class Done:
    """What came of the sentences. `kept` and `missing` are, by id, what a translation had to hold
    and what it lacks in the end; `repaired` counts those that a placeholder brought back.
    `rehearings` are those that were heard again."""

    outcome: batches.Outcome
    kept: dict[str, list[protect.Kept]] = field(default_factory=dict)
    missing: dict[str, list[protect.Kept]] = field(default_factory=dict)
    repaired: int = 0
    rehearings: list[Rehearing] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """What came of one sentence: its translation, or why it `failed`. `back` is the translation
    translated back, where that was asked for."""

    id: str
    text: str | None
    failed: str | None
    back: str | None


@dataclass(frozen=True)
class Answers:
    """What came of a film's sentences, or of those of one shard: then it is kept as
    08_translation's `<shard>/answers.json`, under the ids of the whole film."""

    SCHEMA: ClassVar = "sutradhar/answers/1"
    answers: tuple[Answer, ...]
    corrections: tuple[Correction, ...]
    repaired: int
    rehearings: tuple[Rehearing, ...] = ()


@dataclass(frozen=True)
class InLanguage:
    """What came of all of a film's sentences in one language; where that is None, `left` says why
    they are left to the language's own job."""

    language: str
    answers: Answers | None
    left: str | None


@dataclass(frozen=True)
class Shared:
    """What one loaded model translated: 08_translation's `by-<model>/answers.json`."""

    SCHEMA: ClassVar = "sutradhar/shared-answers/1"
    languages: tuple[InLanguage, ...]


def answers(
    asked: Sequence[Sentence],
    done: Done,
    back: Mapping[str, str],
    corrections: Sequence[Correction],
) -> Answers:
    """What came of `asked`, in their order. Raises Problem for an id that was lost or made up."""
    texts, failed = done.outcome.texts, done.outcome.failed
    checked(asked, {**texts, **failed})
    return Answers(
        tuple(
            # NFC, as every file of ours is: shards are read from files.
            Answer(s.id, _nfc(texts.get(s.id)), _nfc(failed.get(s.id)), _nfc(back.get(s.id)))
            for s in asked
        ),
        tuple(corrections),
        done.repaired,
        tuple(done.rehearings),
    )


def joined(parts: Sequence[Answers]) -> Answers:
    """The answers of all shards of a film, in order, as if they had been given in one piece."""
    return Answers(
        tuple(chain.from_iterable(part.answers for part in parts)),
        tuple(chain.from_iterable(part.corrections for part in parts)),
        sum(part.repaired for part in parts),
        tuple(chain.from_iterable(part.rehearings for part in parts)),
    )


def done_of(texts: Mapping[str, str], found: Answers, keeper: protect.Keeper) -> Done:
    """What `found` holds and lacks of what translations of `texts` must hold."""
    outcome = batches.Outcome(
        {a.id: a.text for a in found.answers if a.text is not None},
        {a.id: a.failed for a in found.answers if a.failed is not None},
    )
    done = compared(texts, outcome, keeper)
    done.repaired = found.repaired
    return done


def _nfc(text: str | None) -> str | None:
    return None if text is None else unicodedata.normalize("NFC", text)


def with_engine(
    texts: Mapping[str, str],
    engine: batches.Engine,
    keeper: protect.Keeper,
    *,
    size: int,
    progress: Progress,
    kept: batches.Kept | None = None,
    degrade: batches.Degrade = lambda *_: None,
) -> Done:
    """Each text translated; those that lost a term or a number, again with placeholders in their
    place. A second answer counts only if it holds all that the first one lacked."""

    def run(some: Mapping[str, str]) -> batches.Outcome:
        return batches.translate(
            some, engine, size=size, progress=progress, kept=kept, degrade=degrade
        )

    form = engine.placeholder

    outcome = run(texts)
    done = compared(texts, outcome, keeper)
    hidden = {i: protect.masked(texts[i], lost, form) for i, lost in done.missing.items()}
    again = run({i: text for i, (text, _) in hidden.items()}) if hidden else batches.Outcome()
    for i, answer in again.texts.items():
        back = protect.restored(answer, hidden[i][1], form)
        if back is not None and not keeper.missing(done.kept[i], back):
            outcome.texts[i] = back
            del done.missing[i]
            done.repaired += 1
    outcome.restarts += again.restarts
    return done


def mended(
    done: Done, keeper: protect.Keeper, glossary: Glossary, naming: names.Options
) -> list[Correction]:
    """Put names right in translations that lack them, where they hold a near miss instead."""
    corrector = names.Corrector(glossary, keeper.target, naming)
    changes: list[Correction] = []
    for i, lost in list(done.missing.items()):
        text, some = corrector.correct(i, done.outcome.texts[i])
        left = keeper.missing(done.kept[i], text)
        if len(left) < len(lost):
            done.outcome.texts[i] = text
            done.missing[i] = left
            done.repaired += not left
            changes += some
        if not done.missing[i]:
            del done.missing[i]
    return changes


def pairs(sentences: Sequence[Sentence], outcome: batches.Outcome) -> str:
    """A line a sentence: its id, its source, and its translation, empty where it failed."""
    return "".join(f"{s.id}\t{s.text}\t{outcome.texts.get(s.id, '')}\n" for s in sentences)


def compared(texts: Mapping[str, str], outcome: batches.Outcome, keeper: protect.Keeper) -> Done:
    """What the translations hold and lack of what they must hold."""
    kept = {i: keeper.expected(text) for i, text in texts.items() if i in outcome.texts}
    missing = {i: keeper.missing(some, outcome.texts[i]) for i, some in kept.items()}
    return Done(outcome, kept, {i: lost for i, lost in missing.items() if lost})


def segments(
    sentences: Sequence[Sentence], outcome: batches.Outcome, language: str
) -> tuple[Segment, ...]:
    """The translated sentences in their sources' time, word times estimated from their lengths.

    A sentence that failed shows its source, and says why.
    """
    made: list[Segment] = []
    count = 0
    texts = checked(sentences, {**outcome.texts, **dict.fromkeys(outcome.failed, "")})
    for sentence in sentences:
        text = texts[sentence.id] or sentence.text
        if text:
            words = spread(text, sentence.start_ms, sentence.end_ms, language, count)
            count += len(words)
            made.append(
                Segment(
                    id=sentence.id,
                    start_ms=sentence.start_ms,
                    end_ms=max(sentence.end_ms, words[-1].end_ms),
                    text=text,
                    words=words,
                    score=None,
                    source_words=tuple(word.id for word in sentence.words),
                    untranslated=outcome.failed.get(sentence.id),
                )
            )
    return tuple(made)


def spread(text: str, start_ms: int, end_ms: int, language: str, before: int) -> tuple[Word, ...]:
    """The words of `text` one after the other from start to end, each as long as its letters.

    `before` words came earlier in the film. Every word gets at least 1 ms.
    """
    parts = clusters(text) if language in UNSPACED else text.split()
    weights = [width(part) + 1 for part in parts]
    end_ms = max(end_ms, start_ms + len(parts))
    spare = end_ms - start_ms - len(parts)
    edges = [start_ms]
    so_far = 0
    for number, weight in enumerate(weights, 1):
        so_far += weight
        edges.append(start_ms + number + spare * so_far // sum(weights))
    return tuple(
        Word(f"w{before + n + 1:05d}", part, edges[n], edges[n + 1], None)
        for n, part in enumerate(parts)
    )


def passages(sentences: Sequence[Sentence], longest_ms: int) -> list[list[Sentence]]:
    """Neighbouring sentences together, each passage at most `longest_ms` where sentences allow."""
    groups: list[list[Sentence]] = []
    for sentence in sentences:
        if groups and sentence.end_ms - groups[-1][0].start_ms <= longest_ms:
            groups[-1].append(sentence)
        else:
            groups.append([sentence])
    return groups


def longest_passage_ms(chunk_ms: int) -> int:
    """How long a passage may be for Whisper to hear it, with a lead at both ends, in one chunk."""
    return chunk_ms - 2 * _LEAD_MS


def apart(passages: Sequence[Sequence[Sentence]]) -> list[list[Sentence]]:
    """Passages together where one is heard in the lead of the other: those apart are heard the
    same whether or not their neighbours are at hand."""
    groups: list[list[Sentence]] = []
    for passage in passages:
        if groups and passage[0].start_ms - groups[-1][-1].end_ms < _LEAD_MS:
            groups[-1] += passage
        else:
            groups.append(list(passage))
    return groups


def paired(passage: Sequence[Sentence], text: str) -> dict[str, str] | None:
    """A passage's translation by sentence id, where it has as many sentences as the passage."""
    parts: list[list[str]] = []
    for word in text.split():
        if not parts or ends_sentence(parts[-1][-1]):
            parts.append([])
        parts[-1].append(word)
    if len(parts) != len(passage):
        return None
    return {s.id: " ".join(part) for s, part in zip(passage, parts, strict=True)}


def sounds(passages: Sequence[Sequence[Sentence]], total_ms: int) -> list[Chunk]:
    """Where to listen for each passage: somewhat before and after it, but into no neighbour."""
    ends = [0, *(p[-1].end_ms for p in passages)]
    starts = [*(p[0].start_ms for p in passages), total_ms]
    found = []
    for n, passage in enumerate(passages):
        first, last = passage[0].start_ms, passage[-1].end_ms
        before = min(_LEAD_MS, max(0, first - ends[n]))
        after = min(_LEAD_MS, max(0, starts[n + 1] - last))
        found.append(Chunk.of([Region(passage[0].id, first, last, 1.0, before, after)]))
    return found


@dataclass
class Listened:
    """What a recogniser's translations of sentences are, by id, or why there is none to believe.
    `rehearings` are those that were heard again, with what counted in the end."""

    texts: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    rehearings: list[Rehearing] = field(default_factory=list)


def with_whisper(
    whisper: Whisper,
    audio: Sound,
    sentences: Sequence[Sentence],
    source: str,
    doubting: doubts.Options,
    progress: Progress,
) -> Listened:
    """English for each sentence, from its sound.

    Whisper translates better what it hears in context, so it hears whole passages first. Where a
    passage does not come back with as many sentences, or with a text that can't be trusted or is
    too short for its time, each of them is heard alone, and what still is in doubt, without loops.
    Of what is too short the longest counts. What has no letters is not asked for, and stays so.
    """
    found = Listened({s.id: s.text for s in sentences if not tokens(s.text)})
    asked = [s for s in sentences if s.id not in found.texts]
    short: dict[str, str] = {}
    longest_ms = longest_passage_ms(whisper.options.chunk_ms)
    for most_ms, careful in ((longest_ms, False), (0, False), (0, True)):
        left = passages([s for s in asked if s.id not in found.texts], most_ms)
        chunks = sounds(left, audio.duration_ms)
        heard = whisper.recognise(audio, chunks, source, "translate", progress, careful=careful)
        for passage, chunk, answer in zip(left, chunks, map(cleaned, heard), strict=True):
            why = doubts.doubts(answer, chunk.speech_ms, False, doubting)
            alone = {passage[0].id: answer.text} if len(passage) == 1 else {}
            parts = paired(passage, answer.text) or alone
            taken = bool(answer.text and parts) and not why
            if taken:
                found.texts |= parts
            elif answer.text and not doubts.grave(why):
                short |= {i: t for i, t in parts.items() if len(t) > len(short.get(i, ""))}
            found.failed |= {s.id: "; ".join(why) or "no words were heard" for s in passage}
            if not taken or most_ms == 0:
                reason = "; ".join(why) or "its sentences did not come back one by one"
                found.rehearings.append(_rehearing(passage, chunk, answer, taken, reason))
    found.texts |= {i: text for i, text in short.items() if i not in found.texts}
    found.failed = {i: why for i, why in found.failed.items() if i not in found.texts}
    return found


def _rehearing(
    passage: Sequence[Sentence], chunk: Chunk, answer: Heard, taken: bool, why: str
) -> Rehearing:
    words = " ".join(sentence.text for sentence in passage)
    return Rehearing(
        *chunk.span, "translation in doubt", words, answer.text, answer.score, None, taken, why
    )
