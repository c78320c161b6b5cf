"""Translate many sentences with an engine that may fail: matched by id, without losing any.

If a batch does not fit into memory, the batch size is halved for good; where one sentence is too
much, the engine reduces its memory. A batch at which the engine process was lost is requested again
in halves until the sentence that causes it is alone; that one is requested again last, and has
failed if the engine is lost at it once more.
"""

import hashlib
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from html import unescape
from pathlib import Path
from statistics import fmean
from string import ascii_letters
from typing import Protocol

from lineage.problem import Problem
from subtitling.runtime.progress import Progress
from subtitling.runtime.worker import Lost, NoMemory
from subtitling.text import word_frequency
from subtitling.text.cleaning import clean
from subtitling.text.languages import primary
from subtitling.text.spelling import foreign, tokens

_TRIES = 2  # for a sentence alone
_LOSSES_IN_A_ROW = 12  # more than halving a batch of 1024 takes; then nothing works
_CAREFULLY = 4  # times as long as usual, an answer counts as run away
_SENTENCE = 4  # words of a text that is hardly the same in two languages
# How much commoner (Zipf's scale) words of one language are in it than in another: of all but a
# few sentences, and more than names and titles are (bench/guards.py).
_OTHER_IN_PROSE, _OTHER_IN_NAMES = 1.0, 1.5
_BREAKS = re.compile(r"(?i)</?(?:br|p|div)\s*/?>|\\n")
_TAGS = re.compile(r"(?i)</?(?:[ibsu]|em|strong|span|font|text|line|target|translation)\b[^<>]*>")
_OVERRIDES = re.compile(r"\{\\[^{}]*\}")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+\d*);")
_FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
_MARKED = re.compile(r"\A(\*{1,3}|_{1,2}|`)(?=\S)(.+)(?<=\S)\1\Z", re.DOTALL)
_ITEM = re.compile(r"\A[-•*]\s+(?!.*\s[-–—]\s)")
_DASH = re.compile(r"[-–—•*]")
_BRACKET = re.compile(r"[(\[（【]")
# How notes to the reader begin.
_NOTES = r"(?:not[ae]s?|n\.? ?[bt]\.|lit\.|lit\w{5,}|(?:tradu|transl|expl)\w+)"
_NOTE = re.compile(rf"(?i)\s*[(\[（【]\W*{_NOTES}(?!\w)[^()\[\]]*[)\]）】]\.?\Z")
# What models announce a translation with: a line above it, or a word before it.
_ABOVE = re.compile(r"(?i)\A[^\n]*\b(?:transl|tradu|traduz|übersetz)\w*[^\n]*:\s*\n+(?=\S)")
_LABELS = (
    r"translation|tradução|traducción|traduction|traduzione|übersetzung|vertaling|перевод|अनुवाद"
)
_LABEL = re.compile(rf"(?i)\A(?:{_LABELS})\s*:\s*(?=\S)")
_NOTE_LINE = re.compile(rf"(?is)(?<=\S)\s*\n\W*{_NOTES}(?!\w)[^\n]*:.*\Z")
_QUOTES = (('"', '"'), ("“", "”"), ("«", "»"), ("„", "“"), ("「", "」"), ("'", "'"), ("‘", "’"))
_QUOTED = re.compile(r"[\"“«„「'‘]")


@dataclass(frozen=True)
class Reduced:
    """A setting that an engine reduced to save memory, as the manifest records it."""

    what: str
    before: str
    after: str


Degrade = Callable[[Reduced, str], None]


class Engine(Protocol):
    """Translates texts of one `pair` of languages at a time.

    `placeholder` is a token that it leaves as it is, with {} for a number. `by_length` says whether
    a batch holds texts of similar length, which wastes least padding, or neighbours; `reads_terms`
    says whether it was given the glossary.
    """

    placeholder: str
    by_length: bool
    pair: tuple[str, str]
    reads_terms: bool

    def translate(self, texts: Mapping[str, str], *, carefully: bool) -> Mapping[str, str]:
        """A translation for each id. `carefully` asks for a decoding that cannot repeat itself.

        Raises Lost, NoMemory, or Problem where no other try would help.
        """

    def reduce(self) -> Reduced | None:
        """Use less memory from now on, at the cost of speed or quality; None where it cannot."""


@dataclass
class Outcome:
    """The result of a translation: `texts` by id, and in `failed` the reason for every other id.

    `within` names, for a sentence whose translation could not be separated from its neighbours',
    the sentence that holds it: the first of them. `first` is the engine's own answer where the
    text was replaced; `incomplete` says what a text lacks of its source."""

    texts: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    within: dict[str, str] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    incomplete: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    restarts: int = 0

    def add(self, other: "Outcome") -> None:
        """Add what became of other texts."""
        for each in fields(self):
            mine, more = getattr(self, each.name), getattr(other, each.name)
            setattr(self, each.name, mine | more if isinstance(mine, dict) else mine + more)


# What the translation of a sentence depends on beside its text, by its id and text: for JSON.
Sense = Callable[[str, str], object]


def no_sense(_id: str, _text: str) -> None:
    """For an engine that translates a sentence by itself."""


class TranslationCache:
    """Finished translations in a file of the stage's folder, from which a killed stage resumes.

    `engine` holds all that determines a translation beside the text: the model's checksums,
    languages, options; `sense` gives what else a sentence's translation depends on, as its
    neighbours. The file holds a line for each sentence; one that was cut off is left out.
    `finished` is such a file of the last run that succeeded: what is taken from it is written into
    this one, and counted in `reused`.
    """

    def __init__(
        self, path: Path, engine: object, sense: Sense = no_sense, finished: Path | None = None
    ):
        self.path = path
        self.reused = 0
        self._salt = json.dumps(engine, sort_keys=True, ensure_ascii=False)
        self._sense = sense
        self._finished = _read(finished.read_bytes()) if finished and finished.is_file() else {}
        self._known: dict[str, str] = {}
        if path.is_file():
            whole = path.read_bytes().rpartition(b"\n")[0]
            self._known = _read(whole)
            path.write_bytes(whole + b"\n" if whole else b"")

    def of(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The translations of these texts that are there."""
        keys = {i: self._key(i, text) for i, text in texts.items()}
        taken = {
            i: self._finished[key]
            for i, key in keys.items()
            if key in self._finished and key not in self._known
        }
        if taken:
            self.add(texts, taken)
            self._known |= {keys[i]: answer for i, answer in taken.items()}
            self.reused += len(taken)
        return {i: self._known[key] for i, key in keys.items() if key in self._known}

    def add(self, texts: Mapping[str, str], answers: Mapping[str, str]) -> None:
        """Append new translations to the file."""
        with self.path.open("a", encoding="utf-8") as file:
            for i, answer in answers.items():
                row = [self._key(i, texts[i]), answer]
                file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _key(self, i: str, text: str) -> str:
        sense = self._sense(i, text)
        about = "" if sense is None else json.dumps(sense, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(f"{self._salt}\n{about}\n{text}".encode()).hexdigest()


def _read(lines: bytes) -> dict[str, str]:
    return dict(json.loads(line) for line in lines.splitlines() if line)


def translate(
    texts: Mapping[str, str],
    engine: Engine,
    *,
    size: int,
    progress: Progress,
    kept: TranslationCache | None = None,
    degrade: Degrade = lambda *_: None,
) -> Outcome:
    """Translate every text, or record why it failed.

    `size` is the number of texts in a batch. `degrade` is called at once when a setting is reduced,
    with the reason. Texts without letters stay as they are. Raises Problem where the engine fails
    at everything.
    """
    outcome = Outcome({i: text for i, text in texts.items() if not any(map(str.isalpha, text))})
    outcome.texts |= kept.of(texts) if kept else {}
    order = [i for i in texts if i not in outcome.texts]
    if engine.by_length:
        order.sort(key=lambda i: len(texts[i]))
    left = deque(_split(order, size))
    tries: dict[str, int] = {}
    losses = 0
    while left:
        batch = left.popleft()
        carefully = len(batch) == 1 and tries.get(batch[0], 0) > 0
        try:
            answers = engine.translate({i: texts[i] for i in batch}, carefully=carefully)
        except NoMemory as error:
            losses, last = losses + 1, str(error)
            if len(batch) > 1:
                size = len(batch) // 2
                degrade(Reduced("batch_size", str(len(batch)), str(size)), str(error))
                left = deque(_split([*batch, *(i for later in left for i in later)], size))
            elif smaller := engine.reduce():
                degrade(smaller, str(error))
                left.appendleft(batch)
            else:
                outcome.failed[batch[0]] = f"does not fit into memory: {error}"
        except Lost as error:
            losses, last = losses + 1, str(error)
            outcome.restarts += 1
            _again(batch, str(error), left, tries, outcome)
        else:
            losses = 0
            answers = {i: bare(i, texts.get(i, ""), answer) for i, answer in answers.items()}
            good = _judged(batch, answers, texts, tries, outcome, left, engine.pair)
            outcome.texts |= good
            if kept:
                kept.add(texts, good)
            progress(len(outcome.texts) + len(outcome.failed), len(texts))
            continue
        if losses > _LOSSES_IN_A_ROW:
            raise Problem(
                f"the translator failed {losses} times one after the other; what is done is kept, "
                f"and the next run goes on there. The last time: {last}"
            )
    return outcome


def _split(ids: Sequence[str], size: int) -> Iterable[list[str]]:
    return (list(ids[n : n + size]) for n in range(0, len(ids), size))


def _again(
    batch: list[str], why: str, left: "deque[list[str]]", tries: dict[str, int], outcome: Outcome
) -> None:
    """Request a batch again: in halves, or, if it is a single sentence, after all others, when the
    cause may have passed; after the last try it has failed."""
    outcome.warnings.append(f"{len(batch)} sentences from {batch[0]} on are asked again: {why}")
    if len(batch) > 1:
        half = len(batch) // 2
        left.extendleft([batch[half:], batch[:half]])
        return
    tries[batch[0]] = tries.get(batch[0], 0) + 1
    if tries[batch[0]] < _TRIES:
        left.append(batch)
    else:
        outcome.failed[batch[0]] = why


def _judged(
    batch: list[str],
    answers: Mapping[str, str],
    texts: Mapping[str, str],
    tries: dict[str, int],
    outcome: Outcome,
    left: "deque[list[str]]",
    pair: tuple[str, str],
) -> dict[str, str]:
    """The accepted answers; the other sentences are requested again, each alone."""
    good: dict[str, str] = {}
    unknown = sorted(set(answers) - set(batch))
    if unknown:
        outcome.warnings.append(f"the translator returned {unknown[:5]}, which nobody asked for")
    for i in batch:
        why = suspicious(texts[i], answers[i], pair) if i in answers else "it did not come back"
        tries[i] = tries.get(i, 0) + 1
        if why is None:
            good[i] = answers[i]
        elif tries[i] < _TRIES:
            left.append([i])
        elif why == ADDED or (UNKNOWN in why and answers[i].replace(UNKNOWN, "").strip()):
            outcome.warnings.append(f"{i} is kept, though {why}")
            good[i] = " ".join(answers[i].replace(UNKNOWN, "").split())
        else:
            outcome.failed[i] = why
    return good


UNKNOWN = "<unk>"
ADDED = "it came back with a bracket that its source has not"


def suspicious(source: str, target: str, pair: tuple[str, str]) -> str | None:
    """Why an answer looks wrong; None where it does not."""
    if not target.strip():
        return "it came back empty"
    if run_away(source, target):
        return f"it ran away: {len(target)} characters for {len(source)}"
    if echoes(source, target, pair):
        return "it came back untranslated"
    if UNKNOWN in target:
        return f"it came back with {UNKNOWN}"
    if _BRACKET.search(target) and not _BRACKET.search(source):
        return ADDED
    return None


def echoes(source: str, target: str, pair: tuple[str, str]) -> bool:
    """Whether a text came back unchanged, though its words are of the source language and hardly of
    the target's. Names, OK, and what was said in the target's language are the same in both."""
    words = [token.text for token in tokens(source) if any(map(str.isalpha, token.text))]
    same = [token.text for token in tokens(source)] == [token.text for token in tokens(target)]
    if not words or not same or pair[0] == pair[1]:
        return False
    if foreign(source, pair[1]):
        return True
    source_frequency, target_frequency = (_frequency(words, language) for language in pair)
    if source_frequency is None or target_frequency is None:
        return len(words) >= _SENTENCE
    prose = any(word[0].islower() for word in words[1:])
    return source_frequency - target_frequency > (_OTHER_IN_PROSE if prose else _OTHER_IN_NAMES)


def _frequency(words: Sequence[str], language: str) -> float | None:
    """How common words are on average, on Zipf's scale; None for a language without a list."""
    common = [word_frequency.zipf(word, primary(language)) for word in words]
    known = [each for each in common if each is not None]
    return fmean(known) if known else None


def bare(i: str, source: str, answer: str) -> str:
    """The translation without what models put around it and its source does not have: quotes, the
    line's id, a heading, markup, notes to the reader. The whole answer where nothing would be
    left."""
    text = _unwrapped(_unmarked(source, answer), source)
    number = i.strip(ascii_letters).lstrip("0") or i
    if not source.startswith((i, number)):
        named = rf"[\[(]?(?:{re.escape(i)}|0*{re.escape(number)}[\])]*[:.)\]])[\])]*\s*[:.)-]?\s+"
        text = re.sub(rf"\A{named}(?=\S)", "", text)
    if ":" not in source:
        text = _LABEL.sub("", text)
    if not _BRACKET.search(source):
        text = _NOTE.sub("", text)
    return _unwrapped(text, source) or clean(answer)


def _unmarked(source: str, answer: str) -> str:
    """An answer without markup (HTML, ASS, line breaks, code fences), and without lines above and
    below it that comment on it."""
    if "\n" not in source:
        answer = _FENCE.sub(r"\1", answer)
        answer = _NOTE_LINE.sub("", _ABOVE.sub("", answer))
    for marks, instead in ((_BREAKS, " "), (_TAGS, ""), (_OVERRIDES, "")):
        for mark in set(marks.findall(answer)):
            if mark not in source:
                answer = answer.replace(mark, instead)
    if not _ENTITY.search(source):
        answer = _ENTITY.sub(lambda m: unescape(m[0]), answer)
    return clean(answer if '\\"' in source else answer.replace('\\"', '"'))


def _unwrapped(answer: str, source: str) -> str:
    """An answer without quotes, stars or the like around all of it, and without a list's dash."""
    if not _DASH.match(source):
        answer = _ITEM.sub("", answer)
    marked = _MARKED.match(answer)
    if marked and marked[1][0] not in source + marked[2]:
        answer = marked[2]
    for first, last in _QUOTES:
        inner = answer[1:-1]
        if answer[:1] == first and answer[-1:] == last and inner and not _QUOTED.match(source):
            answer = inner if first not in inner and last not in inner else answer
    return answer


def run_away(source: str, target: str) -> bool:
    """Whether an answer is much too long, or repeats itself where its source does not."""
    too_long = len(target) > 200 and len(target) > _CAREFULLY * len(source)
    return too_long or repeats(target) > max(3, repeats(source))


def repeats(text: str) -> int:
    """The longest run of repeats of one to four words: 1 for a text without repetition."""
    words = text.casefold().split()
    most = min(len(words), 1)
    for length in range(1, 5):
        for start in range(len(words) - 2 * length + 1):
            unit = words[start : start + length]
            count = 1
            while words[start + count * length : start + (count + 1) * length] == unit:
                count += 1
            most = max(most, count)
    return most
