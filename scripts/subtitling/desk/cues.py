"""A track as a person edits it, and what can be done with it.

Each operation returns the parts of the track that it replaces: some cues, and those that take their
place. Saving, undoing and telling others are the same for all of them.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, islice

from lineage.problem import Problem
from subtitling.documents import Cue, WrittenCue
from subtitling.subtitles.formats import srt
from subtitling.subtitles.formats.through_pysubs2 import EMBED, POP
from subtitling.subtitles.formats.track_file import JOINER, clock, printable
from subtitling.subtitles.frames import Frames
from subtitling.text import languages

_MOST_CHARACTERS = 2000  # of one cue; no screen shows more
_NEW_MS = 2000  # the length of a cue that is inserted, where there is room
_SAMPLE = 100  # cues that tell a track's direction
_LINE = re.compile(r"^((?:\{\\[^}]*\})*)(.*)$")
_EMBEDDING = dict.fromkeys(map(ord, (EMBED, POP)))  # added when a file is written
_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c]")


@dataclass(frozen=True)
class TextCue:
    """A cue with its text in SubRip's markup, a line each; empty while it is being written."""

    id: str
    start_ms: int
    end_ms: int
    text: str

    @property
    def written(self) -> WrittenCue:
        """The same without its id."""
        return WrittenCue(self.start_ms, self.end_ms, self.text)


@dataclass(frozen=True)
class Part:
    """A replaced part of a track: the cues `before`, and those `after` in their place."""

    before: tuple[TextCue, ...]
    after: tuple[TextCue, ...]

    @property
    def reversed(self) -> "Part":
        """The part that undoes this one."""
        return Part(self.after, self.before)


@dataclass(frozen=True)
class Bounds:
    """The film's frames, and its length."""

    frames: Frames
    length_ms: int

    def within(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """Times on frames of the film and within it; a cue lasts a frame at least."""
        last = self.frames.at(self.length_ms)
        start = min(max(0, self.frames.nearest(start_ms)), max(0, last - 1))
        end = min(max(start + 1, self.frames.nearest(end_ms)), max(1, last))
        return self.frames.ms(start), self.frames.ms(end)


NewId = Callable[[], str]


def clean(text: str) -> str:
    """Text as it is saved: NFC, without control characters, empty lines and what a file of SubRip
    would take for times. Raises Problem where it is too long for a cue."""
    if len(text) > _MOST_CHARACTERS:
        raise Problem(f"a cue has at most {_MOST_CHARACTERS} characters, this has {len(text)}")
    text = unicodedata.normalize("NFC", _BREAKS.sub("\n", text).translate(_EMBEDDING))
    lines = (printable(line.replace("-->", f"--{JOINER}>")) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


@lru_cache(maxsize=20_000)
def shown(cue: TextCue) -> Cue:
    """The cue as a player shows it, without the ids of words."""
    body = tuple(cue.text.split("\n")) if cue.text else ()
    form = srt.of_body(0, cue.start_ms, cue.end_ms, body)
    return Cue(
        cue.id, cue.start_ms, cue.end_ms, form.lines, (),
        italic=form.italic, place=form.place, marked=form.marked,
    )  # fmt: skip


def in_order(cues: Sequence[TextCue]) -> tuple[TextCue, ...]:
    """The cues in the order of their times."""
    return tuple(sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms, cue.id)))


def file_text(cues: Sequence[TextCue]) -> str:
    """The .srt file of a track: cues without text and the second of two equal ones are left out, as
    a reader would do."""
    some = "".join(cue.text for cue in islice(cues, _SAMPLE))
    rtl = languages.right_to_left(some)
    blocks = dict.fromkeys(block for cue in cues if (block := _block(cue, rtl)))
    return "".join(f"{n}\n{block}" for n, block in enumerate(blocks, 1))


@lru_cache(maxsize=20_000)
def _block(cue: TextCue, rtl: bool) -> str:
    """A cue in the file, without its number; empty where it shows nothing."""
    if not shown_text(cue):
        return ""
    text = embedded(cue.text) if rtl else cue.text
    return f"{clock(cue.start_ms)} --> {clock(cue.end_ms)}\n{text}\n\n"


def embedded(text: str) -> str:
    """A text from right to left, each line embedded as in the files that are generated."""
    return "\n".join(_LINE.sub(rf"\1{EMBED}\2{POP}", line) for line in text.split("\n"))


def shown_text(cue: TextCue) -> str:
    """The text without markup, in one line; empty where nothing is shown."""
    if not set("<{\\") & set(cue.text):
        return " ".join(cue.text.split("\n"))
    return " ".join(shown(cue).lines)


def rewrite(cue: TextCue, text: str) -> Part:
    """Another text."""
    return Part((cue,), (replace(cue, text=clean(text)),))


def move(cue: TextCue, start_ms: int, end_ms: int, bounds: Bounds) -> Part:
    """Other times, on frames of the film."""
    start, end = bounds.within(start_ms, end_ms)
    return Part((cue,), (replace(cue, start_ms=start, end_ms=end),))


def split(cue: TextCue, at: int, at_ms: int, gap: int, bounds: Bounds, new_id: NewId) -> Part:
    """Two cues: the text up to the character `at` until `gap` frames before `at_ms`, and the rest
    from `at_ms`. Raises Problem where one of them would be empty or the cue is too short."""
    first, second = clean(cue.text[:at]), clean(cue.text[at:])
    if not first or not second:
        raise Problem("put the cursor where the second cue begins; there is nothing on one side")
    first, second = _closed(first, second)
    frames = bounds.frames
    start, end = frames.nearest(cue.start_ms), frames.nearest(cue.end_ms)
    if end - start < 2:
        raise Problem("the cue lasts a single frame, which can't be split")
    cut = min(max(start + 1, frames.nearest(at_ms)), end - 1)
    before = max(start + 1, cut - gap)
    return Part(
        (cue,),
        (
            replace(cue, end_ms=frames.ms(before), text=first),
            TextCue(new_id(), frames.ms(cut), cue.end_ms, second),
        ),
    )


def _closed(first: str, second: str) -> tuple[str, str]:
    """Both parts of a text with their own tags of italics and the like."""
    for name in "ibu":
        if first.count(f"<{name}>") > first.count(f"</{name}>"):
            first, second = f"{first}</{name}>", f"<{name}>{second}"
    return first, second


def join(first: TextCue, second: TextCue) -> Part:
    """One cue with the text of both, from the beginning of the first to the end of the second."""
    text = clean(f"{first.text}\n{second.text}")
    end = max(first.end_ms, second.end_ms)
    return Part((first, second), (replace(first, end_ms=end, text=text),))


def insert(after_ms: int, before_ms: int, gap: int, bounds: Bounds, new_id: NewId) -> Part:
    """An empty cue from `after_ms` on, `gap` frames before `before_ms` at the latest, if there is
    room for one."""
    room_ms = before_ms - bounds.frames.ms(gap)
    end_ms = after_ms + _NEW_MS if room_ms <= after_ms else min(after_ms + _NEW_MS, room_ms)
    start, end = bounds.within(after_ms, end_ms)
    return Part((), (TextCue(new_id(), start, end, ""),))


def delete(cues: Sequence[TextCue]) -> list[Part]:
    """Without these cues."""
    return [Part((cue,), ()) for cue in cues]


@dataclass(frozen=True)
class Search:
    """What is looked for, and what is put in its place."""

    find: str
    put: str
    match_case: bool = False
    whole_words: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern; a space also stands for a line break."""
        words = [re.escape(word) for word in unicodedata.normalize("NFC", self.find).split(" ")]
        text = r"[ \n]".join(words)
        # Vowel signs of Indian scripts are marks: no part of \w, but of the word.
        edge = r"[\w\u0300-\u036f\u0900-\u0dff]"
        text = rf"(?<!{edge}){text}(?!{edge})" if self.whole_words else text
        return re.compile(text, 0 if self.match_case else re.IGNORECASE)


def replaced(cues: Sequence[TextCue], search: Search) -> list[Part]:
    """The cues in which something is found, each with its text as it would be; to be shown before
    it is done. Raises Problem where nothing is looked for."""
    if not search.find.strip():
        raise Problem("nothing to find: write a word")
    pattern, put = search.pattern, unicodedata.normalize("NFC", search.put)
    parts = []
    for cue in cues:
        text = clean(pattern.sub(lambda _: put, cue.text))
        if pattern.search(cue.text) and text != cue.text:
            parts.append(Part((cue,), (replace(cue, text=text),)))
    return parts


def shared_words(part: Part, words_of: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The ids of words behind the cues after a part: each takes as many of those before, in their
    order, as its text has of all words."""
    pool = [word for cue in part.before for word in words_of.get(cue.id, ())]
    sizes = [max(1, len(shown_text(cue).split())) for cue in part.after]
    ends = [len(pool) * size // max(1, sum(sizes)) for size in accumulate(sizes)]
    starts = [0, *ends[:-1]]
    return {
        cue.id: tuple(pool[start:end])
        for cue, start, end in zip(part.after, starts, ends, strict=True)
    }


def split_time_ms(cue: TextCue, at: int, times_ms: Sequence[tuple[int, int]]) -> int:
    """When the text from character `at` on is said: with the word whose number it has, where the
    words' times are known (in ms, on the film's clock); else by its share of the characters."""
    before, whole = len(cue.text[:at].split()), len(cue.text.split())
    if times_ms and whole:
        n = min(len(times_ms) - 1, round(before * len(times_ms) / whole))
        if cue.start_ms < times_ms[n][0] < cue.end_ms:
            return times_ms[n][0]
    share = languages.width(cue.text[:at]) / max(1, languages.width(cue.text))
    return cue.start_ms + round(share * (cue.end_ms - cue.start_ms))
