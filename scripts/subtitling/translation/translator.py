"""Translation of sentences: ids go in with texts and come back with texts, none lost or added."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from typing import ClassVar

from lineage.problem import Problem
from subtitling import spans
from subtitling.documents import Correction, Glossary, Region, Rehearing, Segment, Word
from subtitling.media.audio_file import Sound
from subtitling.recognition import hallucinations, names
from subtitling.recognition.chunking import Chunk, Recognition, cleaned
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.names import NameOptions
from subtitling.recognition.recogniser import Recogniser
from subtitling.runtime.progress import Progress
from subtitling.text.languages import clusters, join, primary, unspaced, width
from subtitling.text.sentences import End, Sentence, ends_of
from subtitling.text.spelling import plain, tokens
from subtitling.translation import batches, omissions, placeholders, sentence_alignment

_MOSTLY = 0.5
_LEAD_MS = 400  # heard before and after a sentence, where its neighbours leave room


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
    """The translated sentences. `verdicts` say by id which required terms the final translation
    holds and lacks; `repaired` counts the translations that were replaced by another answer.
    `rehearings` are those that were heard again."""

    outcome: batches.Outcome
    verdicts: dict[str, placeholders.Verdict] = field(default_factory=dict)
    repaired: int = 0
    rehearings: list[Rehearing] = field(default_factory=list)

    @property
    def missing(self) -> dict[str, list[placeholders.RequiredTerm]]:
        """The terms that translations certainly lack, by sentence id."""
        return {i: list(v.missing) for i, v in self.verdicts.items() if v.missing}

    def add(self, other: "Done") -> None:
        """Add the results for other sentences."""
        self.outcome.add(other.outcome)
        self.verdicts |= other.verdicts
        self.repaired += other.repaired
        self.rehearings += other.rehearings

    def change(self, i: str, text: str, verdict: placeholders.Verdict) -> None:
        """Replace the engine's answer by another one; the engine's stays on record."""
        self.outcome.first.setdefault(i, self.outcome.texts[i])
        self.outcome.texts[i] = text
        self.verdicts[i] = verdict
        self.repaired = len(self.outcome.first)


@dataclass(frozen=True)
class Answer:
    """The result for one sentence: its translation, or why it `failed`, or `within` which
    sentence's translation its own is. `back` is the translation translated back, where that was
    asked for; `first` the engine's own answer, where `text` replaced it; `incomplete` what it
    lacks."""

    id: str
    text: str | None
    failed: str | None
    back: str | None
    within: str | None = None
    first: str | None = None
    incomplete: str | None = None


@dataclass(frozen=True)
class Answers:
    """The results for a film's sentences, or for those of one shard: then they are saved as
    08_translation's `<shard>/answers.json`, under the ids of the whole film. `failed` says why a
    shard has none."""

    SCHEMA: ClassVar = "sutradhar/answers/1"
    answers: tuple[Answer, ...]
    corrections: tuple[Correction, ...]
    repaired: int
    rehearings: tuple[Rehearing, ...] = ()
    failed: str | None = None


@dataclass(frozen=True)
class InLanguage:
    """The results for a film's sentences in one language; where they are None, `left` says why the
    language is left to its own job."""

    language: str
    answers: Answers | None
    left: str | None


@dataclass(frozen=True)
class Shared:
    """The translations of one loaded model: 08_translation's `by-<model>/answers.json`."""

    SCHEMA: ClassVar = "sutradhar/shared-answers/1"
    languages: tuple[InLanguage, ...]


def answers(
    asked: Sequence[Sentence],
    done: Done,
    back: Mapping[str, str],
    corrections: Sequence[Correction],
) -> Answers:
    """The results for `asked`, in their order. Raises Problem for an id that was lost or added."""
    texts, failed = done.outcome.texts, done.outcome.failed
    within = done.outcome.within
    checked(asked, {**texts, **failed, **within})
    return Answers(
        tuple(
            # NFC, as in every document that is saved: shards are read from files.
            Answer(
                s.id,
                _nfc(texts.get(s.id)),
                _nfc(failed.get(s.id)),
                _nfc(back.get(s.id)),
                within.get(s.id),
                _nfc(done.outcome.first.get(s.id)),
                _nfc(done.outcome.incomplete.get(s.id)),
            )
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


def done_of(texts: Mapping[str, str], answered: Answers, keeper: placeholders.TermChecker) -> Done:
    """The results in `answered`, with the required terms of `texts` that they hold and lack."""
    outcome = batches.Outcome(
        {a.id: a.text for a in answered.answers if a.text is not None},
        {a.id: a.failed for a in answered.answers if a.failed is not None},
        {a.id: a.within for a in answered.answers if a.within is not None},
        {a.id: a.first for a in answered.answers if a.first is not None},
        {a.id: a.incomplete for a in answered.answers if a.incomplete is not None},
    )
    done = compared(sources(texts, outcome), outcome, keeper)
    done.repaired = answered.repaired
    return done


def sources(texts: Mapping[str, str], outcome: batches.Outcome) -> dict[str, str]:
    """The source text of each translation, by id: its sentence, with the sentences whose
    translation it holds too."""
    whole: dict[str, list[str]] = {}
    for i, text in texts.items():
        whole.setdefault(outcome.within.get(i, i), []).append(text)
    return {i: " ".join(parts) for i, parts in whole.items()}


def units(
    sentences: Sequence[Sentence], outcome: batches.Outcome, language: str
) -> dict[str, Sentence]:
    """The sentences of each translation, by id, as one."""
    words: dict[str, tuple[Word, ...]] = {}
    others: dict[str, str | None] = {}
    for sentence in sentences:
        i = outcome.within.get(sentence.id, sentence.id)
        words[i] = words.get(i, ()) + sentence.words
        others[i] = sentence.language
    return {
        i: Sentence(i, some, join((word.text for word in some), others[i] or language), others[i])
        for i, some in words.items()
    }


def _nfc(text: str | None) -> str | None:
    return None if text is None else unicodedata.normalize("NFC", text)


def with_engine(
    texts: Mapping[str, str],
    engine: batches.Engine,
    keeper: placeholders.TermChecker,
    *,
    size: int,
    progress: Progress,
    kept: batches.TranslationCache | None = None,
    degrade: batches.Degrade = lambda *_: None,
) -> Done:
    """Translate each text. Garbled digits are corrected in place. Texts whose translation certainly
    lost a term are translated again with placeholders for the terms: the second answer is taken
    only if it holds all that the first one lacked, lacks nothing else, and otherwise reads as the
    first did."""

    def run(some: Mapping[str, str]) -> batches.Outcome:
        return batches.translate(
            some, engine, size=size, progress=progress, kept=kept, degrade=degrade
        )

    form = engine.placeholder
    done = compared(texts, run(texts), keeper)
    for i, text in done.outcome.texts.items():
        if right := keeper.digits(texts[i], text):
            done.change(i, right, keeper.compared(texts[i], right))
    senses = {} if engine.reads_terms else run(_words(texts, done, keeper)).texts
    lost = {i: _lost(texts[i], done, i, senses) for i in done.verdicts}
    hidden = {i: placeholders.masked(texts[i], some, form) for i, some in lost.items() if some}
    again = run({i: text for i, (text, _) in hidden.items()}) if hidden else batches.Outcome()
    for i, answer in again.texts.items():
        back = placeholders.restored(answer, hidden[i][1], form)
        if back is None or not _alike(done.outcome.texts[i], back, lost[i], keeper.target):
            continue
        verdict = keeper.compared(texts[i], back)
        if not verdict.missing and set(lost[i]) <= set(verdict.held):
            done.change(i, back, verdict)
    done.outcome.restarts += again.restarts
    return done


def complete(
    sentences: Sequence[Sentence],
    done: Done,
    keeper: placeholders.TermChecker,
    translate: Callable[[Mapping[str, str]], batches.Outcome],
    songs: Sequence[spans.Span] = (),
) -> None:
    """Translate again, clause by clause, what translations of `sentences` left out, and mark those
    that still lack it; see `omissions.completed`. Terms that are there stay there."""
    whole = units(sentences, done.outcome, keeper.source)

    def ask(asked: Mapping[str, Sequence[Sentence]]) -> dict[str, list[str]]:
        answers: dict[str, list[str]] = {i: [] for i in asked}
        # The pieces of a sentence have its id, by which an engine knows its neighbours.
        for n in range(max(map(len, asked.values()))):
            column = {i: pieces[n].text for i, pieces in asked.items() if n < len(pieces)}
            outcome = translate(column)
            done.outcome.restarts += outcome.restarts
            for i, text in outcome.texts.items():
                answers[i].append(text)
        return {i: texts for i, texts in answers.items() if len(texts) == len(asked[i])}

    judged = _spoken(whole, done.outcome.texts, songs)
    made = omissions.completed(whole, judged, (keeper.source, keeper.target), ask)
    done.outcome.incomplete = made.incomplete
    for i, text in made.texts.items():
        verdict = keeper.compared(whole[i].text, text)
        if set(verdict.missing) <= set(done.verdicts[i].missing):
            done.change(i, text, verdict)
        else:
            done.outcome.incomplete[i] = "it lacks a term where it is translated in pieces"


def _spoken(
    units: Mapping[str, Sentence], texts: Mapping[str, str], songs: Sequence[spans.Span]
) -> dict[str, str]:
    """The translations of what is not sung: those of a refrain may be shorter."""
    return {
        i: text
        for i, text in texts.items()
        if spans.share((units[i].start_ms, units[i].end_ms), songs) < _MOSTLY
    }


def _words(
    texts: Mapping[str, str], done: Done, keeper: placeholders.TermChecker
) -> dict[str, str]:
    """Glossary words, each alone, in the form that they have in sentences whose translations lack
    them."""
    said = [
        texts[i][k.start : k.end]
        for i, verdict in done.verdicts.items()
        for k in verdict.undecided
        if keeper.is_word(k)
    ]
    return {word: word for word in said}


def _lost(
    text: str, done: Done, i: str, senses: Mapping[str, str]
) -> list[placeholders.RequiredTerm]:
    """The terms that a translation certainly lacks: those that must be the term, and those for
    which it holds the engine's translation of the word alone instead."""
    words = [plain(token.text) for token in tokens(done.outcome.texts[i])]
    verdict = done.verdicts[i]
    taken = [
        k
        for k in verdict.undecided
        if (sense := senses.get(text[k.start : k.end])) and placeholders.holds(words, sense)
    ]
    return sorted([*(k for k in verdict.missing if k.term), *taken], key=lambda k: k.start)


def _alike(
    first: str, second: str, terms: Sequence[placeholders.RequiredTerm], language: str
) -> bool:
    """Whether two translations share half of their words, not counting the terms; a single word
    beside them may be an article."""
    cut = clusters if unspaced(language) else lambda text: [t.text for t in tokens(text)]
    wanted = Counter(plain(part) for k in terms for part in cut(k.wanted[0]))
    second_words, first_words = (Counter(map(plain, cut(text))) for text in (second, first))
    second_words -= wanted
    shared = (second_words & first_words).total()
    most = max(second_words.total(), first_words.total() - wanted.total())
    return most < 2 or shared * 2 >= most


def correct_names(
    texts: Mapping[str, str],
    done: Done,
    keeper: placeholders.TermChecker,
    glossary: Glossary,
    naming: NameOptions,
) -> list[Correction]:
    """Correct names in translations of `texts` that lack them but hold a near miss."""
    corrector = names.Corrector(glossary, primary(keeper.target), naming)
    changes: list[Correction] = []
    for i, verdict in list(done.verdicts.items()):
        lacking = {k.term for k in (*verdict.missing, *verdict.undecided)} - {None}
        if not lacking:
            continue
        text, some = corrector.correct(i, done.outcome.texts[i])
        after = keeper.compared(texts[i], text)
        better = len(after.held) > len(verdict.held) and set(after.missing) <= set(verdict.missing)
        if better and {change.term for change in some} <= lacking:
            done.change(i, text, after)
            changes += some
    return changes


def pairs(sentences: Sequence[Sentence], outcome: batches.Outcome) -> str:
    """One tab-separated line for each sentence: its id, its source, and its translation, which is
    empty where it failed, or, in brackets, the id of the sentence whose translation holds it; then
    the engine's own answer, where the translation replaced it."""
    shown = outcome.texts | {i: f"[{first}]" for i, first in outcome.within.items()}
    rows = ([s.id, s.text, shown.get(s.id, ""), outcome.first.get(s.id)] for s in sentences)
    return "".join("\t".join(cell for cell in row if cell is not None) + "\n" for row in rows)


def compared(
    texts: Mapping[str, str], outcome: batches.Outcome, keeper: placeholders.TermChecker
) -> Done:
    """The translations of `texts` with the required terms that they hold and lack."""
    verdicts = {
        i: keeper.compared(texts[i], text) for i, text in outcome.texts.items() if i in texts
    }
    return Done(outcome, verdicts)


def segments(
    sentences: Sequence[Sentence], outcome: batches.Outcome, language: str
) -> tuple[Segment, ...]:
    """The translated sentences as segments at their sources' times; word times are estimated from
    word lengths.

    A sentence that failed shows its source, with the reason.
    """
    made: list[Segment] = []
    count = 0
    texts = checked(
        sentences, {**outcome.texts, **dict.fromkeys([*outcome.failed, *outcome.within], "")}
    )
    units: dict[str, list[Sentence]] = {}
    for sentence in sentences:
        units.setdefault(outcome.within.get(sentence.id, sentence.id), []).append(sentence)
    for several in units.values():
        sentence = several[0]
        text = texts[sentence.id] or sentence.text
        if text:
            words = spread(text, [(s.start_ms, s.end_ms) for s in several], language, count)
            count += len(words)
            made.append(
                Segment(
                    id=sentence.id,
                    start_ms=sentence.start_ms,
                    end_ms=max(several[-1].end_ms, words[-1].end_ms),
                    text=text,
                    words=words,
                    score=None,
                    source_words=tuple(word.id for s in several for word in s.words),
                    untranslated=outcome.failed.get(sentence.id),
                    first=outcome.first.get(sentence.id),
                    incomplete=outcome.incomplete.get(sentence.id),
                )
            )
    return tuple(made)


def spread(
    text: str, when: Sequence[tuple[int, int]], language: str, before: int
) -> tuple[Word, ...]:
    """The words of `text` spread over stretches of speech, [start, end) in ms, each in proportion
    to its letters; no word takes time of the pauses between the stretches.

    `before` words came earlier in the film. Every word gets at least 1 ms.
    """
    parts = clusters(text) if unspaced(language) else text.split()
    weights = [width(part) + 1 for part in parts]
    start_ms, end_ms = when[-1]
    missing_ms = max(0, len(parts) - spans.total(when))
    pieces = [*when[:-1], (start_ms, end_ms + missing_ms)]
    spare = spans.total(pieces) - len(parts)
    edges = [0]
    so_far = 0
    for number, weight in enumerate(weights, 1):
        so_far += weight
        edges.append(number + spare * so_far // sum(weights))
    return tuple(
        Word(
            f"w{before + n + 1:05d}",
            part,
            _at(pieces, edges[n]),
            _at(pieces, edges[n + 1] - 1) + 1,
            None,
        )
        for n, part in enumerate(parts)
    )


def _at(pieces: Sequence[tuple[int, int]], place: int) -> int:
    """The time at `place` ms into the pieces put end to end."""
    for start, end in pieces:
        if place < end - start:
            return start + place
        place -= end - start
    raise ValueError("a place after the last piece")


def passages(sentences: Sequence[Sentence], longest_ms: int) -> list[list[Sentence]]:
    """Neighbouring sentences of one language joined to passages of at most `longest_ms`, or one
    longer sentence."""
    groups: list[list[Sentence]] = []
    for sentence in sentences:
        same = groups and sentence.language == groups[-1][-1].language
        if same and sentence.end_ms - groups[-1][0].start_ms <= longest_ms:
            groups[-1].append(sentence)
        else:
            groups.append([sentence])
    return groups


def longest_passage_ms(chunk_ms: int) -> int:
    """The longest passage that Whisper can hear in one chunk, with a lead at both ends."""
    return chunk_ms - 2 * _LEAD_MS


def apart(passages: Sequence[Sequence[Sentence]]) -> list[list[Sentence]]:
    """Passages grouped where one is heard in the lead of the other: separate groups are heard the
    same whether or not their neighbours are present."""
    groups: list[list[Sentence]] = []
    for passage in passages:
        if groups and passage[0].start_ms - groups[-1][-1].end_ms < _LEAD_MS:
            groups[-1] += passage
        else:
            groups.append(list(passage))
    return groups


def parted(text: str, language: str) -> list[str]:
    """The sentences of a text."""
    words = text.split()
    ends = [n for n, end in enumerate(ends_of(words, language), 1) if end is End.CERTAIN]
    edges = sorted({0, *ends, len(words)})
    return [" ".join(words[start:end]) for start, end in pairwise(edges)]


def paired(
    passage: Sequence[Sentence], text: str, turns: Collection[str] = ()
) -> list[tuple[list[Sentence], str]] | None:
    """The sentences of a passage with their translations: one by one where both counts are equal,
    else in the smallest units that can be separated by time. `turns` are the ids of sentences that
    must not share a unit with the one before; None where they would."""
    parts = parted(text, "en")
    if len(parts) == len(passage):
        return [([s], part) for s, part in zip(passage, parts, strict=True)]
    units = sentence_alignment.aligned(
        [s.end_ms - s.start_ms for s in passage],
        [width(part) for part in parts],
        [n for n, s in enumerate(passage) if s.id in turns],
    )
    if units is None:
        return None
    return [([*passage[slice(*u.source)]], " ".join(parts[slice(*u.target)])) for u in units]


def sounds(passages: Sequence[Sequence[Sentence]], total_ms: int) -> list[Chunk]:
    """The chunk of sound for each passage, with a lead before and after it where there is room."""
    ends = [0, *(p[-1].end_ms for p in passages)]
    starts = [*(p[0].start_ms for p in passages), total_ms]
    chunks = []
    for n, passage in enumerate(passages):
        first, last = passage[0].start_ms, passage[-1].end_ms
        before = min(_LEAD_MS, max(0, first - ends[n]))
        after = min(_LEAD_MS, max(0, starts[n + 1] - last))
        chunks.append(Chunk.of([Region(passage[0].id, first, last, 1.0, before, after)]))
    return chunks


@dataclass
class Listened:
    """A recogniser's translations of sentences, or why there is no credible one, as in
    batches.Outcome. `rehearings` are the rejected answers and those that replaced them."""

    outcome: batches.Outcome
    rehearings: list[Rehearing] = field(default_factory=list)


def with_whisper(
    whisper: Recogniser,
    audio: Sound,
    sentences: Sequence[Sentence],
    source: str,
    doubting: HallucinationOptions,
    progress: Progress,
    songs: Sequence[spans.Span] = (),
    turns: Collection[str] = (),
    skipped: Collection[str] = (),
) -> Listened:
    """English for each sentence, from its sound; see `paired` for `turns`. Those that are `skipped`
    are there for their neighbours alone. `source` is the language of those that name none.

    Whisper translates better in context, so it hears whole passages. Where a text is doubtful or
    too short for its time, each sentence is heard alone, and those still in doubt once more without
    repetition. After that, of texts that are only too short or improbable the longest is taken: it
    is known that somebody speaks there. What then lacks something is heard in pieces, see
    `omissions.completed`. Sentences without letters are left alone.
    """
    plain_signs = [s for s in sentences if not tokens(s.text) and s.id not in skipped]
    done = Listened(batches.Outcome({s.id: s.text for s in plain_signs}))
    outcome = done.outcome
    in_doubt: dict[str, str] = {}
    asked: list[tuple[Sequence[Sentence], Rehearing]] = []
    longest_ms = longest_passage_ms(whisper.options.chunk_ms)
    for most_ms, careful in ((longest_ms, False), (0, False), (0, True)):
        ready = {*outcome.texts, *outcome.within, *skipped}
        # Grouped before anything is left out, as shards are (see engines.units).
        groups = passages(sentences, most_ms)
        left = [[s for s in group if s.id not in ready] for group in groups]
        left = [group for group in left if group]
        chunks = sounds(left, audio.duration_ms)
        answers = _translated(whisper, audio, left, chunks, source, progress, careful=careful)
        for passage, chunk, answer in zip(left, chunks, answers, strict=True):
            sung = spans.share(chunk.span, songs) >= _MOSTLY
            doubted = hallucinations.doubts(answer, chunk.speech_ms, sung, doubting)
            why = "; ".join(doubted)
            units = paired(passage, answer.text, turns) if answer.text else None
            if units and not why:
                for (first, *others), text in units:
                    outcome.texts[first.id] = text
                    outcome.within |= {s.id: first.id for s in others}
            elif len(passage) == 1 and answer.text and not hallucinations.invented(doubted):
                known = in_doubt.get(passage[0].id, "")
                in_doubt[passage[0].id] = max(known, answer.text, key=len)
            why = why or ("" if units else "no words" if not answer.text else "parts are unclear")
            outcome.failed |= {s.id: why for s in passage if why}
            if why or most_ms == 0:
                asked.append((passage, _rehearing(passage, chunk, answer, why)))
    outcome.texts |= {i: text for i, text in in_doubt.items() if i not in outcome.texts}
    outcome.failed = {
        i: why
        for i, why in outcome.failed.items()
        if i not in outcome.texts and i not in outcome.within
    }
    done.rehearings = [
        replace(row, taken=len(passage) == 1 and outcome.texts.get(passage[0].id) == row.second)
        for passage, row in asked
    ]
    _complete_by_sound(done, whisper, audio, sentences, source, doubting, songs)
    return done


def _complete_by_sound(
    done: Listened,
    whisper: Recogniser,
    audio: Sound,
    sentences: Sequence[Sentence],
    source: str,
    doubting: HallucinationOptions,
    songs: Sequence[spans.Span],
) -> None:
    """Hear again, in pieces, the sentences of which the translation lacks something, and mark those
    that still lack it. A piece in doubt makes the whole of it worthless."""
    outcome = done.outcome
    whole = units(sentences, outcome, source)

    def ask(asked: Mapping[str, Sequence[Sentence]]) -> dict[str, list[str]]:
        everything = [piece for i, unit in whole.items() for piece in asked.get(i, [unit])]
        chunks = zip(everything, sounds([[p] for p in everything], audio.duration_ms), strict=True)
        mine = [(piece, chunk) for piece, chunk in chunks if piece.id in asked]
        answers = _translated(
            whisper, audio, [[piece] for piece, _ in mine], [chunk for _, chunk in mine], source,
            lambda *_: None, careful=False,
        )  # fmt: skip
        good: dict[str, list[str]] = {}
        for (piece, chunk), answer in zip(mine, answers, strict=True):
            why = "; ".join(hallucinations.doubts(answer, chunk.speech_ms, False, doubting))
            done.rehearings.append(_rehearing([piece], chunk, answer, why))
            if answer.text and not why:
                good.setdefault(piece.id, []).append(answer.text)
        return {i: texts for i, texts in good.items() if len(texts) == len(asked[i])}

    made = omissions.completed(
        whole, _spoken(whole, outcome.texts, songs), (source, "en"), ask, by_sound=True
    )
    outcome.first |= {i: outcome.texts[i] for i in made.texts}
    outcome.texts |= made.texts
    outcome.incomplete = made.incomplete


def _translated(
    whisper: Recogniser,
    audio: Sound,
    passages: Sequence[Sequence[Sentence]],
    chunks: Sequence[Chunk],
    source: str,
    progress: Progress,
    *,
    careful: bool,
) -> list[Recognition]:
    """The English of each passage, all of one language together."""
    answers: dict[int, Recognition] = {}
    languages = [passage[0].language or source for passage in passages]
    for language in dict.fromkeys(languages or [source]):
        own = [n for n, each in enumerate(languages) if each == language]
        heard = whisper.recognise(
            audio, [chunks[n] for n in own], language, "translate", progress, careful=careful
        )
        answers |= dict(zip(own, map(cleaned, heard), strict=True))
    return [answers[n] for n in range(len(passages))]


def _rehearing(
    passage: Sequence[Sentence], chunk: Chunk, answer: Recognition, why: str
) -> Rehearing:
    words = " ".join(sentence.text for sentence in passage)
    return Rehearing(
        *chunk.span, "a translation by sound", words, answer.text, answer.score, None, False,
        why or "nothing speaks against it",
    )  # fmt: skip
