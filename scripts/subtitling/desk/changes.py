"""What a person may do to an open track, an operation each, from what the browser asked for.

To add one: 1. a function here, which gives the entries of the history that do it; 2. a row in
`OPERATIONS`; 3. its key in `report/desk/keys.js`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem
from subtitling import documents
from subtitling.desk import cues as operations
from subtitling.desk import review as reviews
from subtitling.desk.cues import Part, Search, TextCue
from subtitling.desk.history import Entry, Kind
from subtitling.documents import By, Cue
from subtitling.subtitles.formats import srt
from subtitling.subtitles.formats.base import SOUND_ONLY

if TYPE_CHECKING:
    from subtitling.desk.open_track import OpenTrack


class Changed(Exception):
    """A cue was changed by somebody else meanwhile: the text says so, `cues` are their ids."""

    def __init__(self, text: str, cues: Sequence[str]):
        super().__init__(text)
        self.cues = tuple(cues)


def text_of(cue: Cue) -> str:
    """The text of a generated cue in SubRip's markup."""
    written = srt.FORMAT.write([cue], SOUND_ONLY, ())
    return operations.clean("\n".join(written.split("\n")[2:]))


def key(each: documents.Upstream) -> str:
    """A stretch by what was and is made, since cues' ids change from run to run."""
    rows = [[[c.start_ms, c.end_ms, c.lines] for c in some] for some in (each.before, each.now)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


class Asked:
    """What a browser asked for. Its methods raise Problem for values of another kind."""

    def __init__(self, given: Mapping[str, Any]):
        self._given = given

    def text(self, key: str) -> str:
        value = self._given.get(key)
        if not isinstance(value, str):
            raise Problem(f"{key}: a text is needed")
        return value

    def whole(self, key: str) -> int:
        value = self._given.get(key)
        if type(value) is not int or abs(value) > 1 << 40:
            raise Problem(f"{key}: a whole number is needed")
        return value

    def texts(self, key: str) -> list[str]:
        value = self._given.get(key)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise Problem(f"{key}: a list of texts is needed")
        return value

    def flag(self, key: str) -> bool:
        value = self._given.get(key, False)
        if not isinstance(value, bool):
            raise Problem(f"{key}: true or false is needed")
        return value

    def search(self) -> Search:
        """What to find, and what to put there."""
        return Search(
            self.text("find")[:200], self.text("put")[:200], self.flag("case"), self.flag("words")
        )


Done = Entry | list[Entry]


def _cue(track: "OpenTrack", i: str) -> TextCue:
    if i not in track.track.cues:
        raise Changed("this cue is no more; somebody deleted or joined it", [i])
    return track.track.cues[i]


def _entry(kind: Kind, *parts: Part, **more: Any) -> Entry:
    return Entry(0, By("", ""), kind, tuple(parts), **more)


def _new_id(track: "OpenTrack") -> Callable[[], str]:
    return lambda: f"n{len(track.track.entries) + 1:05d}"


def _text(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    kind: Kind = "again" if asked.flag("again") else "text"
    return _entry(kind, operations.rewrite(_cue(track, asked.text("id")), asked.text("text")))


def _split(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    cue, at = _cue(track, asked.text("id")), asked.whole("at")
    at = min(max(0, at), len(cue.text))
    words = track._words.get(cue.id, ())
    times = [track.sources.times[i] for i in words if i in track.sources.times]
    at_ms = operations.split_time_ms(cue, at, times)
    gap = track.sources.limit.gap
    bounds = track.sources.bounds
    return _entry("split", operations.split(cue, at, at_ms, gap, bounds, _new_id(track)))


def _join(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    first, second = _cue(track, asked.text("id")), _cue(track, asked.text("next"))
    return _entry("join", operations.join(first, second))


def _insert(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    start, order = asked.whole("start"), track.track.in_order
    after = next((cue.start_ms for cue in order if cue.start_ms > start), None)
    limit, bounds = track.sources.limit, track.sources.bounds
    end = bounds.length_ms if after is None else after
    return _entry("insert", operations.insert(start, end, limit.gap, bounds, _new_id(track)))


def _delete(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    return _entry("delete", *operations.delete([_cue(track, i) for i in asked.texts("ids")]))


def _move(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    cue = _cue(track, asked.text("id"))
    bounds = track.sources.bounds
    return _entry("time", operations.move(cue, asked.whole("start"), asked.whole("end"), bounds))


def _replace(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    wanted = set(asked.texts("ids"))
    parts = operations.replaced(track.track.in_order, asked.search())
    chosen = [part for part in parts if part.before[0].id in wanted]
    if len(chosen) < len(wanted):
        raise Changed("some of these cues were changed meanwhile; look again", [])
    return _entry("replace", *chosen)


def _undo(track: "OpenTrack", _asked: Asked, who: str) -> Done:
    some = track.track.undoing(who)
    if some is None:
        raise Problem("there is nothing of yours to undo")
    return _entry("undo", *some[1], of=tuple(some[0]))


def _redo(track: "OpenTrack", _asked: Asked, who: str) -> Done:
    some = track.track.redoing(who)
    if some is None:
        raise Problem("there is nothing of yours to redo")
    return _entry("redo", *some[1], of=tuple(some[0]))


def _approve(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    ids = tuple(_cue(track, i).id for i in asked.texts("ids"))
    return _entry("approve" if asked.flag("on") else "open", cues=ids)


def _approve_track(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    if not asked.flag("on"):
        return _entry("open track")
    return _entry("approve track", value=reviews.digest(track.track))


def _comment(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    text = operations.clean(asked.text("text"))
    if not text:
        raise Problem("a comment needs a text")
    i = asked.text("id")
    return _entry("comment", value=text, cues=(_cue(track, i).id,) if i else ())


def _done(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    number = asked.whole("comment")
    if number not in track.track.marks.comments:
        raise Problem("there is no such comment")
    return _entry("done", value=str(number))


def _seen(track: "OpenTrack", asked: Asked, who: str) -> Done:
    """Cues that were read and played, those alone that are new."""
    cues, marks = track.track.cues, track.track.marks

    def new(ids: Sequence[str], known: Mapping[str, set[str]]) -> tuple[str, ...]:
        return tuple(i for i in ids if i in cues and who not in known.get(i, ()))

    read = new(asked.texts("read"), marks.read)
    played = new(asked.texts("played"), marks.played)
    return _entry("seen", cues=read, played=played) if read or played else []


def _upstream(track: "OpenTrack", asked: Asked, _who: str) -> Done:
    """Take or keep the stretches with these keys."""
    keys, take = asked.texts("keys"), asked.flag("take")
    entries = []
    new = _new_id(track)
    for each in track.upstream():
        if key(each) not in keys:
            continue
        if not take:
            entries.append(_entry("keep", value=key(each)))
            continue
        made = [
            TextCue(f"{new()}-{len(entries)}-{n}", c.start_ms, c.end_ms, text_of(c))
            for n, c in enumerate(each.now)
        ]
        part = Part(tuple(track.inside(each)), tuple(made))
        entries.append(_entry("take", part, value=key(each)))
    track.settle(keys)
    return entries


OPERATIONS: dict[str, Callable[["OpenTrack", Asked, str], Done]] = {
    "text": _text,
    "split": _split,
    "join": _join,
    "insert": _insert,
    "delete": _delete,
    "move": _move,
    "replace": _replace,
    "undo": _undo,
    "redo": _redo,
    "approve": _approve,
    "approve_track": _approve_track,
    "comment": _comment,
    "done": _done,
    "seen": _seen,
    "upstream": _upstream,
}
