"""Translates many sentences with an engine that may fail: by id and count, and without losing any.

A batch that does not fit into memory is halved, and stays so; where one sentence is too much, the
engine makes itself smaller. A batch at which the engine was lost is asked again in halves, until
the sentence that it is lost at stands alone; that one has failed, and the rest goes on.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lineage import Problem
from subtitling.text import clean
from subtitling.worker import Lost, NoMemory

Progress = Callable[[float, float], None]
_TRIES = 2  # for a sentence alone
_LOSSES_IN_A_ROW = 12  # more than halving a batch of 1024 takes; then nothing works
_CAREFULLY = 4  # times as long as usual, an answer counts as run away


@dataclass(frozen=True)
class Reduced:
    """What an engine made smaller of itself, in the words of the record."""

    what: str
    before: str
    after: str


Degrade = Callable[[Reduced, str], None]


class Engine(Protocol):
    """Translates texts of one pair of languages at a time.

    `placeholder` is a token that it leaves as it is, with {} for a number. `by_length` says whether
    texts of like length, which wastes the least, or neighbours go together.
    """

    placeholder: str
    by_length: bool

    def translate(self, texts: Mapping[str, str], *, carefully: bool) -> Mapping[str, str]:
        """A translation for each id. `carefully` asks for a decoding that cannot repeat itself.

        Raises Lost, NoMemory, or Problem where no other try would help.
        """

    def reduce(self) -> Reduced | None:
        """Need less memory from now on, at the price of speed or quality; None where it cannot."""


@dataclass
class Outcome:
    """`texts` by id for what was translated; `failed` tells for every other id why not. `within`
    names, for a sentence whose translation could not be told from its neighbours', the one that
    has it: the first of them."""

    texts: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    within: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    restarts: int = 0


class Kept:
    """What was translated already, in a file beside the work, so that a killed stage goes on there.

    `engine` tells what decides on a translation beside the text: the model's sums, languages,
    options. The file holds a line for each sentence; one that was cut off by the kill is left out.
    """

    def __init__(self, path: Path, engine: object):
        self.path = path
        self._salt = json.dumps(engine, sort_keys=True, ensure_ascii=False)
        self._known: dict[str, str] = {}
        if path.is_file():
            whole = path.read_bytes().rpartition(b"\n")[0]
            for line in whole.split(b"\n") if whole else []:
                key, text = json.loads(line)
                self._known[key] = text
            path.write_bytes(whole + b"\n" if whole else b"")

    def of(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The translations that are known of these."""
        keys = {i: self._key(text) for i, text in texts.items()}
        return {i: self._known[key] for i, key in keys.items() if key in self._known}

    def add(self, texts: Mapping[str, str], answers: Mapping[str, str]) -> None:
        """Write down new ones."""
        with self.path.open("a", encoding="utf-8") as file:
            for i, answer in answers.items():
                file.write(json.dumps([self._key(texts[i]), answer], ensure_ascii=False) + "\n")

    def drop(self) -> None:
        """Everything is done."""
        self.path.unlink(missing_ok=True)

    def _key(self, text: str) -> str:
        return hashlib.sha256(f"{self._salt}\n{text}".encode()).hexdigest()


def translate(
    texts: Mapping[str, str],
    engine: Engine,
    *,
    size: int,
    progress: Progress,
    kept: Kept | None = None,
    degrade: Degrade = lambda *_: None,
) -> Outcome:
    """Every text translated or failed. `size` is how many go into a batch. `degrade` is told at
    once of less being done than asked for, and why. Problem where the engine fails at everything.
    """
    outcome = Outcome(dict(kept.of(texts)) if kept else {})
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
            answers = {i: clean(answer) for i, answer in answers.items()}
            good = _judged(batch, answers, texts, tries, outcome, left)
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
    """Ask for a batch again: in halves, or, a single sentence, until it has failed for good."""
    outcome.warnings.append(f"{len(batch)} sentences from {batch[0]} on are asked again: {why}")
    if len(batch) > 1:
        half = len(batch) // 2
        left.extendleft([batch[half:], batch[:half]])
        return
    tries[batch[0]] = tries.get(batch[0], 0) + 1
    if tries[batch[0]] < _TRIES:
        left.appendleft(batch)
    else:
        outcome.failed[batch[0]] = why


def _judged(
    batch: list[str],
    answers: Mapping[str, str],
    texts: Mapping[str, str],
    tries: dict[str, int],
    outcome: Outcome,
    left: "deque[list[str]]",
) -> dict[str, str]:
    """The answers that are good; the other sentences are asked again, each alone."""
    good: dict[str, str] = {}
    unknown = sorted(set(answers) - set(batch))
    if unknown:
        outcome.warnings.append(f"the translator returned {unknown[:5]}, which nobody asked for")
    for i in batch:
        why = suspicious(texts[i], answers[i]) if i in answers else "it did not come back"
        tries[i] = tries.get(i, 0) + 1
        if why is None:
            good[i] = answers[i]
        elif tries[i] < _TRIES:
            left.append([i])
        elif answers.get(i, "").replace(UNKNOWN, "").strip() and not run_away(texts[i], answers[i]):
            outcome.warnings.append(f"{i} is kept, though {why}")
            good[i] = " ".join(answers[i].replace(UNKNOWN, "").split())
        else:
            outcome.failed[i] = why
    return good


UNKNOWN = "<unk>"


def suspicious(source: str, target: str) -> str | None:
    """What is wrong with an answer on the face of it; None for nothing."""
    if not target.strip():
        return "it came back empty"
    if UNKNOWN in target:
        return f"it came back with {UNKNOWN}"
    if run_away(source, target):
        return f"it ran away: {len(target)} characters for {len(source)}"
    return None


def run_away(source: str, target: str) -> bool:
    """Whether an answer is much too long, or says over and over what its source does not."""
    too_long = len(target) > 200 and len(target) > _CAREFULLY * len(source)
    return too_long or repeats(target) > max(3, repeats(source))


def repeats(text: str) -> int:
    """How often, at most, one to four words follow themselves: 1 for a text without repetition."""
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
