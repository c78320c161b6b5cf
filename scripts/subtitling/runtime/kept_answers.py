"""Answers of engines that the last run of a stage left, for a run that would get the same ones.

A changed glossary or guard runs a stage again, and hardly ever its engines. The answers are in a
file of the stage's folder, which the record seals; without that seal none of them counts.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lineage import files
from subtitling.runtime import earlier

if TYPE_CHECKING:
    from lineage.stage import Stage

NAME = "answers.jsonl"  # a line for each answer: its key, and the answer
_REASON = "answers of engines, for the next run"


class KeptAnswers:
    """Answers by all that they depend on: `about`, which all of them do, and what each `key` names.

    `known` are those of the last run; `answers` are those that this run needed, for the next one;
    `reused` counts those that were `taken` and `made` those that were added. All are values for
    JSON, none of them None.
    """

    def __init__(self, about: object = None, known: Mapping[str, Any] | None = None):
        self._about, self._known = about, known or {}
        self.answers: dict[str, Any] = {}
        self.reused, self.made = 0, 0

    @property
    def stays(self) -> bool:
        """Whether any answer of the last run is this one's, too."""
        return any(key in self._known for key in self.answers)

    def key(self, what: object) -> str:
        """The key of an answer."""
        return hashlib.sha256(json.dumps([self._about, what], sort_keys=True).encode()).hexdigest()

    def taken(self, key: str) -> Any | None:
        """The last run's answer, which is then this one's; None where there is none."""
        answer = self._known.get(key)
        if answer is not None:
            self.answers[key] = answer
            self.reused += 1
        return answer

    def add(self, key: str, answer: object) -> None:
        """Keep an answer that was made in this run."""
        self.answers[key] = answer
        self.made += 1

    def of(self, what: Callable[[], object], make: Callable[[], Any]) -> Any:
        """An answer that costs little, and is not counted: the last run's, or that of `make`. What
        it depends on is asked for again then, since making it may change that: a precision."""
        key = self.key(what())
        if key in self._known:
            self.answers[key] = self._known[key]
        elif key not in self.answers:
            answer = make()
            key = self.key(what())
            self.answers[key] = answer
        return self.answers[key]


def of(io: "Stage", about: object) -> KeptAnswers:
    """The answers that the last success of a stage recorded: none where they are not what it left
    there, or where one of its packages has another version now."""
    path = io.folder / NAME
    usable = earlier.sealed(io, path) and not earlier.updated(io)
    lines = path.read_text("utf-8").splitlines() if usable else []
    return KeptAnswers(about, dict(map(json.loads, lines)))


def write(io: "Stage", kept: KeptAnswers) -> None:
    """Write the answers of this run for the next one, with what made them on record."""
    if kept.stays:
        earlier.take_over(io)
    if kept.reused:
        asked = kept.reused + kept.made
        io.log.info("%d of %d answers stay from the last run", kept.reused, asked)
    path = io.folder / NAME
    rows = map(json.dumps, kept.answers.items())
    files.replace_text(path, "".join(f"{row}\n" for row in rows))
    io.intermediate(path, retained=True, reason=_REASON)


def keep(io: "Stage", kept: KeptAnswers | None) -> None:
    """The same for a stage that has no other results of its last run to fall back on; None where it
    asked no engine."""
    if kept is not None:
        write(io, kept)
        if kept.reused:
            io.note(reused=kept.reused)
    drop(io)


def drop(io: "Stage") -> None:
    """Delete what only a next try would need, once all is made: the record of the last run, and
    answers that are not this run's."""
    earlier.drop(io.folder)
    if all(row["reason"] != _REASON for row in io.manifest.intermediate_files):
        (io.folder / NAME).unlink(missing_ok=True)


def failed(io: "Stage", _error: Exception) -> bool:
    """Record the answers that stay for a next try of a stage that failed; it has no other
    output."""
    earlier.record(io)
    record(io)
    return False


def record(io: "Stage") -> None:
    """Record the answers that stay for a next try."""
    path = io.folder / NAME
    if path.is_file() and all(row["reason"] != _REASON for row in io.manifest.intermediate_files):
        io.intermediate(path, retained=True, reason="for a next try")
