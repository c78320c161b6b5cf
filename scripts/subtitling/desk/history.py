"""The history of a track: every change in order, from which the track follows.

Nothing is taken out of it. To undo is a change, too: that which puts back what was there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from subtitling.desk.cues import Part, TextCue, in_order
from subtitling.documents import By, ReviewedChange

Kind = Literal[
    "begin", "outside", "text", "split", "join", "insert", "delete", "time", "replace", "again",
    "take", "keep", "undo", "redo", "approve", "open", "approve track", "open track", "comment",
    "done", "seen",
]  # fmt: skip
# Of marks, which change no cue.
MARKS = frozenset({"approve", "open", "approve track", "open track", "comment", "done", "seen"})


@dataclass(frozen=True)
class Entry:
    """One change. `number` counts from 1; `by` is a person, or who wrote the file outside of the
    desk. Entries of one person and `run` are undone together, as the keystrokes in one cue. `of`
    are the numbers that an undo or redo is of. `value` is what a mark says: the track's SHA-256,
    the text of a comment, the number of one that is done; `cues` are the ids that it is about, and
    `played` those that were played."""

    number: int
    by: By
    kind: Kind
    parts: tuple[Part, ...] = ()
    run: str = ""
    of: tuple[int, ...] = ()
    value: str = ""
    cues: tuple[str, ...] = ()
    played: tuple[str, ...] = ()


class Conflict(Exception):
    """Somebody else has changed these cues meanwhile."""

    def __init__(self, cues: Sequence[str]):
        super().__init__(f"changed meanwhile: {', '.join(cues)}")
        self.cues = tuple(cues)


@dataclass
class Marks:
    """What people said about cues. `approved` has, by id, the cue as it was approved: another text
    is not approved. `comments` are by the number of their entry."""

    approved: dict[str, tuple[TextCue, By]] = field(default_factory=dict)
    read: dict[str, set[str]] = field(default_factory=dict)
    played: dict[str, set[str]] = field(default_factory=dict)
    comments: dict[int, tuple[By, str, str]] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    track: tuple[str, By] | None = None


class Track:
    """A track as its entries leave it: its `cues` by id, and which entry each of them is `of`."""

    def __init__(self, entries: Iterable[Entry] = ()):
        self.entries: list[Entry] = []
        self.cues: dict[str, TextCue] = {}
        self.first: dict[str, TextCue] = {}  # as they began
        self.of: dict[str, int] = {}
        self.marks = Marks()
        self._undo: dict[str, list[list[int]]] = {}
        self._redo: dict[str, list[list[int]]] = {}
        for entry in entries:
            self.add(entry)

    @property
    def in_order(self) -> tuple[TextCue, ...]:
        """The cues in the order of their times."""
        return in_order(tuple(self.cues.values()))

    def conflicts(self, parts: Sequence[Part]) -> list[str]:
        """The ids of the cues that are not, or not any more, as the parts expect them."""
        before = [cue for part in parts for cue in part.before]
        known = {cue.id for cue in before}
        wrong = [cue.id for cue in before if self.cues.get(cue.id) != cue]
        after = (cue.id for part in parts for cue in part.after)
        return wrong + [i for i in after if i in self.cues and i not in known]

    def add(self, entry: Entry) -> None:
        """Apply the next entry. Raises Conflict, and changes nothing, where it does not fit."""
        if wrong := self.conflicts(entry.parts):
            raise Conflict(wrong)
        for part in entry.parts:
            for cue in part.before:
                del self.cues[cue.id]
                self.of[cue.id] = entry.number
        for part in entry.parts:
            for cue in part.after:
                self.cues[cue.id] = cue
                self.of[cue.id] = entry.number
        self.entries.append(entry)
        if entry.number == 1:
            self.first = dict(self.cues)
        if entry.kind in MARKS:
            self._mark(entry)
        elif entry.kind not in ("begin", "outside", "keep"):
            self._stack(entry)

    def _mark(self, entry: Entry) -> None:
        marks = self.marks
        match entry.kind:
            case "approve":
                marks.approved |= {
                    i: (self.cues[i], entry.by) for i in entry.cues if i in self.cues
                }
            case "open":
                for i in entry.cues:
                    marks.approved.pop(i, None)
            case "approve track":
                marks.track = entry.value, entry.by
            case "open track":
                marks.track = None
            case "comment":
                marks.comments[entry.number] = entry.by, next(iter(entry.cues), ""), entry.value
            case "done":
                marks.done.add(int(entry.value))
            case "seen":
                for i in entry.cues:
                    marks.read.setdefault(i, set()).add(entry.by.who)
                for i in entry.played:
                    marks.played.setdefault(i, set()).add(entry.by.who)

    def _stack(self, entry: Entry) -> None:
        undo = self._undo.setdefault(entry.by.who, [])
        redo = self._redo.setdefault(entry.by.who, [])
        if entry.kind == "undo":
            redo.append(undo.pop())
        elif entry.kind == "redo":
            undo.append(redo.pop())
        else:
            last = self.entries[undo[-1][0] - 1] if undo else None
            if last and entry.run and last.run == entry.run and not redo:
                undo[-1].append(entry.number)
            else:
                undo.append([entry.number])
            redo.clear()

    def undoing(self, who: str) -> tuple[list[int], list[Part]] | None:
        """The numbers of what this person did last and has not undone, and the parts that undo it;
        None where there is nothing."""
        stack = self._undo.get(who)
        if not stack:
            return None
        parts = [p for n in stack[-1] for p in self.entries[n - 1].parts]
        return stack[-1], [part.reversed for part in reversed(folded(parts))]

    def redoing(self, who: str) -> tuple[list[int], list[Part]] | None:
        """The same of what this person has undone last."""
        stack = self._redo.get(who)
        if not stack:
            return None
        return stack[-1], folded([p for n in stack[-1] for p in self.entries[n - 1].parts])

    def approved(self, cue: TextCue) -> By | None:
        """Who approved the cue as it is."""
        as_was, by = self.marks.approved.get(cue.id, (None, None))
        return by if as_was == cue else None


def folded(parts: Sequence[Part]) -> list[Part]:
    """Successive parts without what lies between: of `a` to `b` and `b` to `c`, `a` to `c`."""
    done: list[Part] = []
    for part in parts:
        if done and done[-1].after == part.before:
            done[-1] = Part(done[-1].before, part.after)
        else:
            done.append(part)
    return done


@dataclass
class _Group:
    ids: set[str]
    by: dict[str, By]


def changes(track: Track) -> list[ReviewedChange]:
    """What was changed from what to what since the track began, whatever was between, in order of
    time. Cues that were split and joined belong together."""
    first = track.first
    groups: dict[str, _Group] = {}
    for entry in track.entries[1:]:
        for part in entry.parts:
            ids = {cue.id for cue in (*part.before, *part.after)}
            some = {id(groups[i]): groups[i] for i in ids if i in groups}.values()
            whole = _Group(ids.union(*(g.ids for g in some)), {})
            for group in some:
                whole.by |= group.by
            whole.by[entry.by.who] = entry.by
            groups |= dict.fromkeys(whole.ids, whole)
    rows = []
    for group in {id(each): each for each in groups.values()}.values():
        before = in_order([first[i] for i in group.ids if i in first])
        after = in_order([track.cues[i] for i in group.ids if i in track.cues])
        old, new = tuple(c.written for c in before), tuple(c.written for c in after)
        if old != new:
            by = tuple(sorted(group.by.values(), key=lambda each: each.at))
            rows.append((min(c.start_ms for c in (*old, *new)), ReviewedChange(old, new, by)))
    return [change for _, change in sorted(rows, key=lambda row: row[0])]


def touched(track: Track, ids: Iterable[str] | None = None) -> dict[str, By]:
    """Who wrote each cue, or each of `ids`, that is not as it began, by its id."""
    return {
        i: track.entries[track.of[i] - 1].by
        for i in (track.cues if ids is None else ids)
        if track.first.get(i) != track.cues[i]
    }


def plain(entry: Entry) -> dict[str, Any]:
    """An entry as values for JSON; what is empty is left out."""

    def cue(one: TextCue) -> list[Any]:
        return [one.id, one.start_ms, one.end_ms, one.text]

    rows = {
        "number": entry.number,
        "who": entry.by.who,
        "at": entry.by.at,
        "kind": entry.kind,
        "parts": [[[*map(cue, p.before)], [*map(cue, p.after)]] for p in entry.parts],
        **{k: v for k, v in vars(entry).items() if k in ("run", "of", "value", "cues", "played")},
    }
    empty: tuple[Any, ...] = ("", (), [])
    return {k: v for k, v in rows.items() if k in ("who", "at") or v not in empty}


def entry_of(row: Mapping[str, Any]) -> Entry:
    """The entry of such values. Raises ValueError, KeyError or TypeError where they are none."""

    def cue(values: Sequence[Any]) -> TextCue:
        i, start, end, text = values
        if not (isinstance(i, str) and isinstance(text, str)):
            raise TypeError("a cue's id and text are texts")
        return TextCue(i, int(start), int(end), text)

    parts = tuple(Part(tuple(map(cue, a)), tuple(map(cue, b))) for a, b in row.get("parts", ()))
    by = By(str(row["who"]), str(row["at"]))
    return Entry(
        int(row["number"]), by, row["kind"], parts,
        run=str(row.get("run", "")),
        of=tuple(map(int, row.get("of", ()))),
        value=str(row.get("value", "")),
        cues=tuple(map(str, row.get("cues", ()))),
        played=tuple(map(str, row.get("played", ()))),
    )  # fmt: skip


def following(track: Track, entry: Entry) -> Entry:
    """The entry with the number that comes next."""
    return replace(entry, number=len(track.entries) + 1)
