"""A track that is open at the desk: what people may do with it, and what they see of it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling import documents
from subtitling.desk import cues as operations
from subtitling.desk import doubts, history, names
from subtitling.desk import review as reviews
from subtitling.desk.changes import OPERATIONS, Asked, Changed, key, text_of
from subtitling.desk.cues import Part, Search, TextCue, file_text, shown, shown_text
from subtitling.desk.desk_files import DeskFiles, Full
from subtitling.desk.history import Entry, Track
from subtitling.desk.sources import Sources
from subtitling.documents import By, Cue
from subtitling.page import page_data
from subtitling.page.threads import Thread
from subtitling.subtitles import edits, quality
from subtitling.subtitles.formats import subtitle_files
from subtitling.text import languages

OUTSIDE = "another program"
_PRESENT_S = 12  # without a sign of life for longer, somebody is not there any more
_BEFORE = 40  # states back, of which one may be what a killed desk wrote last
_MOST_NAME = 60
_FIELDS = 11  # of a row of the film's page


class OpenTrack:
    """The track `language` of the job in `out/job`, and its files in `edits/job`. All methods may
    be called from several threads. `sources` are read, unless they are given. Raises Problem where
    the track can't be opened."""

    def __init__(
        self, out: Path, folder: Path, job: str, language: str, sources: Sources | None = None
    ):
        self.out, self.folder, self.job, self.language = out, folder, job, language
        self.sources = sources or Sources(out / job, language)
        self.files = DeskFiles(folder / job, language)
        self.made_at = 0  # when the subtitle stage wrote it, in ns
        self.unsaved: str | None = None  # why the track's file or review is not as it should be
        self._lock = threading.RLock()
        self._present: dict[str, tuple[float, str]] = {}
        self._threads: dict[tuple[str, ...], Thread] = {}
        self._refused: dict[str, list[dict[str, str]]] = {}
        self._review_due: threading.Timer | None = None
        path, base = edits.find(folder, job, language)
        if path and path.suffix != ".srt":
            raise Problem(
                f"{path}: the desk corrects .srt; correct this one in another program, or save it "
                f"as {language}.srt and move it away"
            )
        self.track = Track(self._entries(path))
        if path is None:
            rows = zip(self.track.in_order, self.sources.made.cues, strict=True)
            self._words = {cue.id: made.words for cue, made in rows}
        else:
            handed_out = documents.load(documents.Cues, base).cues if base else None
            self._words = self._words_of(handed_out or self.sources.made.cues)
        self._static = self._doubts_of_sources()
        if self.files.begun:
            self._review_soon()  # a desk that was killed may not have written the last one

    # What it begins with

    def _entries(self, path: Path | None) -> list[Entry]:
        """The history; without one, a beginning that is saved with the first change."""
        if path is None:
            self._move_away()
            return [_begun(self._generated(), "")]
        entries = self.files.entries()
        if not entries:
            entries = [_begun(_read(path), "")]
            self.files.wrote(Track(entries), path.read_text("utf-8", "replace"))
            return entries
        track = Track(entries)
        if path.read_text("utf-8", "replace") == file_text(track.in_order):
            self.files.wrote(track)
        elif self._was_last(path, track):
            self._write(track)
        return entries

    def _was_last(self, path: Path, track: Track) -> bool:
        """Whether the file is a version before the last few changes: a desk was killed, or the disk
        was full, before it wrote the newest."""
        text = path.read_text("utf-8", "replace")
        count = len(track.entries)
        versions = (track.entries[:n] for n in range(count - 1, max(0, count - _BEFORE), -1))
        return any(file_text(Track(some).in_order) == text for some in versions)

    def _move_away(self) -> None:
        """Where somebody took the track's file away, to go back, its history is of a track
        that is no more."""
        if self.files.history.exists():
            day = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
            for path in (self.files.history, self.files.review):
                if path.exists():
                    path.rename(path.with_name(f".{path.name}.{day}"))

    def _generated(self) -> list[TextCue]:
        document = self.sources.document
        if document.edit:
            raise Problem(
                f"{self.out / self.job / self.sources.key} holds the last edit of "
                f"{document.edit.path}, which is no more; run snakemake, to have it again"
            )
        return [
            TextCue(f"c{n:05d}", cue.start_ms, cue.end_ms, text_of(cue))
            for n, cue in enumerate(document.cues, 1)
        ]

    def _words_of(self, base: Sequence[Cue]) -> dict[str, tuple[str, ...]]:
        """The words behind each cue, by its id."""
        there = [shown(cue) for cue in self.track.in_order if shown_text(cue)]
        write = _writer(self.language)
        words = [replace(word, text=write(word.text)) for word in self.sources.shown.words]
        done, _ = edits.merged(base, there, words)
        return {cue.id: cue.words for cue in done}

    # What people see

    def opened(self) -> dict[str, Any]:
        """All that the page needs of the track and its film, but the waveform."""
        with self._lock:
            self._take_in()
            data = self.sources.page()
            order = self.track.in_order
            data["tracks"][0]["cues"] = self._rows(order, range(len(order)))
            data["snaps"] = self.sources.snaps()
            data["frame_ms"] = 1000 / self.sources.limit.frames.rate
            held = self.sources.limit.rules
            data["rules"] = {
                "max_lines": held.max_lines,
                "max_chars_per_line": held.max_chars_per_line,
                "max_chars_per_second": held.max_chars_per_second,
                "min_duration_ms": held.min_duration_ms,
                "max_duration_ms": held.max_duration_ms,
                "min_gap_frames": held.min_gap_frames,
            }
            data["film_title"] = self.sources.film.data.title or self.job
            return data | self._state()

    def since(self, who: str, number: int, cue: str, now_s: float) -> dict[str, Any]:
        """What changed after entry `number`; `who` works at `cue`."""
        with self._lock:
            self._present[_named(who)] = (now_s, cue)
            self._take_in()
            others = {
                name: at
                for name, (seen_s, at) in self._present.items()
                if name != who and now_s - seen_s < _PRESENT_S
            }
            return self._changed_after(number) | {"others": others}

    def _changed_after(self, number: int) -> dict[str, Any]:
        new = [entry for entry in self.track.entries[max(0, number) :] if entry.number > number]
        ids = {cue.id for e in new for part in e.parts for cue in (*part.before, *part.after)}
        ids |= {i for entry in new for i in (*entry.cues, *entry.played)}
        order = self.track.in_order
        at = {cue.id: n for n, cue in enumerate(order)}
        # The rules of a cue are about the next one, too.
        near = {k for i in ids if i in at for k in (at[i] - 1, at[i], at[i] + 1)}
        for gone in (c for e in new for p in e.parts for c in p.before if c.id not in at):
            n = next((n for n, cue in enumerate(order) if cue.start_ms > gone.start_ms), len(order))
            near |= {n - 1, n}
        rows = self._rows(order, sorted(k for k in near if 0 <= k < len(order)))
        by = {entry.by.who: entry.kind for entry in new}
        return {
            "rows": rows,
            "gone": [i for i in ids if i and i not in at],
            "by": by,
            **self._state(),
        }

    def _state(self) -> dict[str, Any]:
        sha = self.files.digest or reviews.digest(self.track)
        done = reviews.approved(self.track, sha)
        marks = self.track.marks
        return {
            "number": len(self.track.entries),
            "unsaved": self.unsaved,
            "approved": [done.who, done.at] if done else None,
            "comments": [
                {
                    "n": n, "who": by.who, "at": by.at, "cue": i, "text": text,
                    "done": n in marks.done,
                }
                for n, (by, i, text) in marks.comments.items()
            ],
            "upstream": len(self.upstream()),
        }  # fmt: skip

    def _rows(self, order: Sequence[TextCue], wanted: Sequence[int]) -> list[list[Any]]:
        """The rows of these cues, by their places in the track: as the film's page has them, with
        what only the desk knows as the last field."""
        wordy = self._cues(order, wanted)
        by_id = {cue.id: n for n, cue in enumerate(wordy)}
        excess = quality.excess(wordy, self.sources.written, self.sources.limit)
        touched = history.touched(self.track, [order[n].id for n in wanted])
        comments = {
            i
            for n, (_, i, _) in self.track.marks.comments.items()
            if n not in self.track.marks.done
        }
        rows = []
        for n in wanted:
            cue, made = order[n], wordy[by_id[order[n].id]]
            broken = {
                rule: value[cue.id] for rule, value in excess.items() if value.get(cue.id, 0) > 0
            }
            thread = self._thread(made, n)
            some = self._doubts(made, thread, broken)
            by = self.track.approved(cue)
            wrote = touched.get(cue.id)
            marks = self.track.marks
            following = wordy[by_id[cue.id] + 1] if by_id[cue.id] + 1 < len(wordy) else None
            rows.append([
                *page_data.row(made, replace(thread, notes=tuple(d.text for d in some)))[:_FIELDS],
                {
                    "text": cue.text,
                    "v": self.track.of[cue.id],
                    "cps": round(quality.speed(made, self.sources.written), 1),
                    "cpl": [languages.width(line) for line in made.lines],
                    "gap": following.start_ms - made.end_ms if following else None,
                    "outside": round(self.sources.outside(made.start_ms, made.end_ms), 2),
                    "broken": broken,
                    "score": round(sum(d.weight for d in some), 2),
                    "place": made.place,
                    "italic": made.italic,
                    "marked": made.marked,
                    "approved": [by.who, by.at] if by else None,
                    "by": [wrote.who, wrote.at] if wrote else None,
                    "comment": cue.id in comments,
                    "read": sorted(marks.read.get(cue.id, ())),
                    "played": sorted(marks.played.get(cue.id, ())),
                },
            ])  # fmt: skip
        return rows

    def _thread(self, cue: Cue, n: int) -> Thread:
        """The thread of a cue, which depends on its words alone: labels have none, and are not
        kept."""
        if not cue.words:
            return self.sources.threads.of(cue, n, {})
        if cue.words not in self._threads:
            self._threads[cue.words] = self.sources.threads.of(cue, n, {})
        return self._threads[cue.words]

    def _cues(self, order: Sequence[TextCue], wanted: Sequence[int]) -> list[Cue]:
        """The wanted cues and their neighbours, with their words."""
        near = sorted({k for n in wanted for k in (n - 1, n, n + 1) if 0 <= k < len(order)})
        return [replace(shown(order[k]), words=self._words.get(order[k].id, ())) for k in near]

    # Where to look

    def _doubts_of_sources(self) -> dict[str, list[doubts.Doubt]]:
        """By the id of a cue, what was taken out or not recognised beside it. It stays with the
        cue whatever becomes of its text."""
        order = self.track.in_order
        times = [(cue.start_ms, cue.end_ms) for cue in order]
        some: dict[str, list[doubts.Doubt]] = {}
        removed = self.sources.film.removed
        for n, k in doubts.nearest(times, [(r.start_ms, r.end_ms) for r in removed]).items():
            some.setdefault(order[k].id, []).extend(doubts.of_removed([removed[n]]))
        for k in set(doubts.nearest(times, self.sources.wordless).values()):
            some.setdefault(order[k].id, []).extend(doubts.of_speech(0.0, True))
        return some

    def _doubts(self, cue: Cue, thread: Thread, broken: Mapping[str, float]) -> list[doubts.Doubt]:
        made, spoken = self.sources.made, self.sources.made.transcript
        own = [made.translated[n] for n in thread.sentences]
        said = {spoken.segments[n].id for n in thread.segments}
        fixed = [c for c in spoken.corrections if c.segment in said] if spoken.corrections else []
        lacking = [row for n in self._segments(cue) for row in self._lacking(n)]
        return [
            *doubts.of_sentences(own),
            *self._static.get(cue.id, ()),
            *doubts.of_words([self.sources.spoken[n] for n in thread.words], spoken.timing),
            *doubts.of_ears([self.sources.spoken[n] for n in thread.words]),
            *doubts.of_segments([spoken.segments[n] for n in thread.segments]),
            *doubts.of_names(fixed, lacking),
            *doubts.of_speech(self.sources.outside(cue.start_ms, cue.end_ms), False),
            *doubts.of_rules(broken),
        ]

    def _segments(self, cue: Cue) -> list[int]:
        of = self.sources.segment_of
        return sorted({of[word] for word in cue.words if word in of})

    def _lacking(self, n: int) -> list[dict[str, str]]:
        """The terms that the cues of a sentence lack: as measured when the track was made, until
        one of them is changed."""
        segment = self.sources.shown.segments[n]
        known = self._refused.get(segment.id)
        return self.sources.lacking.get(segment.id, []) if known is None else known

    def _measure_terms(self, ids: Sequence[str]) -> None:
        """Compare the sentences of changed cues with the glossary again."""
        words = {word for i in ids for word in self._words.get(i, ())}
        numbers = {n for word in words if (n := self.sources.segment_of.get(word)) is not None}
        for n in numbers:
            segment = self.sources.shown.segments[n]
            terms = self.sources.terms(segment)
            verdict = self.sources.checker.verdict(terms, self._text_of(n))
            said = self.sources.said(segment)
            self._refused[segment.id] = [
                {"said": said[k.start : k.end], "wanted": k.wanted[0]} for k in verdict.missing
            ]

    def _text_of(self, n: int) -> str:
        """The text of all cues that show words of a sentence."""
        inside = {word.id for word in self.sources.shown.segments[n].words}
        cues = self.track.in_order
        return " ".join(shown_text(c) for c in cues if inside & {*self._words.get(c.id, ())})

    def context(self, i: str) -> dict[str, Any]:
        """What is behind a cue: its sentences, in both languages, with the terms in them."""
        with self._lock:
            cue = self.track.cues.get(i)
            if cue is None:
                raise Problem(f"there is no cue {i:.20} any more")
            made = replace(shown(cue), words=self._words.get(i, ()))
            rows = []
            for n in self._segments(made):
                segment = self.sources.shown.segments[n]
                text = self._text_of(n)
                rows.append({
                    "id": segment.id,
                    "said": self.sources.said(segment),
                    "made": segment.text,
                    "first": segment.first,
                    "terms": [
                        [k.start, k.end, k.wanted[0], not self.sources.checker.missing([k], text)]
                        for k in self.sources.terms(segment)
                    ],
                })  # fmt: skip
            return {"sentences": rows, "history": self._past(i)}

    def _past(self, i: str) -> list[list[str]]:
        """What became of a cue: who, when, what, and its text then."""
        some = []
        for entry in self.track.entries:
            after = next((c for part in entry.parts for c in part.after if c.id == i), None)
            if after and entry.kind != "begin":
                some.append([entry.by.who, entry.by.at, entry.kind, after.text])
        return some[-20:]

    # What people do

    def change(
        self, who: str, do: str, given: Mapping[str, Any], seen: Mapping[str, int], number: int
    ) -> dict[str, Any]:
        """Do one thing. `seen` has, by id, the entry that each cue was last seen of, `number` is
        the last entry that was seen. Raises Problem where it can't be done, Changed where somebody
        else changed one of the cues meanwhile, Full where it can't be saved."""
        if do not in OPERATIONS:
            raise Problem(f"unknown: {do:.40}")
        who = _named(who)
        with self._lock:
            self._take_in()
            for i, version in seen.items():
                if self.track.of.get(i) != version:
                    raise Changed(self._by(i), [i])
            entries = OPERATIONS[do](self, Asked(given), who)
            for entry in entries if isinstance(entries, list) else [entries]:
                self._add(entry, who, str(given.get("run", ""))[:40])
            return self._changed_after(number)

    def _by(self, i: str) -> str:
        entry = self.track.entries[self.track.of[i] - 1] if i in self.track.of else None
        who = entry.by.who if entry else "somebody"
        gone = "" if i in self.track.cues else " and it is no more"
        return f"{who} has changed this cue meanwhile{gone}; nothing was overwritten"

    def _add(self, entry: Entry, who: str, run: str) -> None:
        if not self.files.begun:
            self._begin()
        entry = replace(entry, by=_by(who), run=run)
        entry = history.following(self.track, entry)
        if wrong := self.track.conflicts(entry.parts):
            raise Changed(self._by(wrong[0]), wrong)
        self.files.append(entry)
        self.track.add(entry)
        for part in entry.parts:
            self._words |= operations.shared_words(part, self._words)
        if entry.parts:
            self._measure_terms([c.id for p in entry.parts for c in p.after])
            self._write(self.track)
        if entry.kind in history.MARKS - {"seen"}:
            self._write_review()  # an approval counts for the next run, which may begin at once
        else:
            self._review_soon()

    def _begin(self) -> None:
        """Hand the track out, if that was not done, and begin its history."""
        path, _ = edits.find(self.folder, self.job, self.language)
        if path is None:
            edits.hand_out(self.out, self.folder, self.job, self.language, "srt")
        self.files.append(self.track.entries[0])

    def _write(self, track: Track) -> None:
        """Write the track's file. What is in the history is saved even if that fails: the file is
        written with the next change, or when the desk is opened again."""
        try:
            self.files.write_track(track)
            self.unsaved = None
        except Full as error:
            self.unsaved = f"saved in the history, but not yet in the track's file: {error}"

    def _review_soon(self) -> None:
        if self._review_due is None:
            self._review_due = threading.Timer(0.4, self._write_review)
            self._review_due.daemon = True
            self._review_due.start()

    def _write_review(self) -> None:
        with self._lock:
            if self._review_due:
                self._review_due.cancel()
            self._review_due = None
            if self.files.begun:
                try:
                    self.files.write_review(reviews.review(self.track, self.language))
                except Full as error:
                    self.unsaved = str(error)

    def _take_in(self) -> None:
        """Take in what another program wrote to the track's file meanwhile. Raises Problem where
        that can't be read: the desk does not write over it."""
        if not self.files.changed_outside():
            return
        new = _read(self.files.track)
        if not self.files.begun:
            self._begin()
        parts = _difference(self.track.in_order, new, f"o{len(self.track.entries) + 1}")
        entry = history.following(self.track, Entry(0, _by(OUTSIDE), "outside", tuple(parts)))
        self.files.append(entry)
        self.track.add(entry)
        for part in parts:
            self._words |= operations.shared_words(part, self._words)
        self.files.wrote(self.track, self.files.track.read_text("utf-8", "replace"))
        self._review_soon()

    def upstream(self) -> list[documents.Upstream]:
        """The stretches that would be made otherwise today and that nobody has decided on."""
        edit = self.sources.made.edit
        decided = {e.value for e in self.track.entries if e.kind in ("take", "keep")}
        return [each for each in edit.upstream if key(each) not in decided] if edit else []

    def both(self) -> list[dict[str, Any]]:
        """Those stretches, side by side: as they are, as they were made, as they would be now."""

        def rows(cues: Sequence[Cue]) -> list[list[Any]]:
            return [[cue.start_ms, cue.end_ms, list(cue.lines)] for cue in cues]

        with self._lock:
            return [
                {
                    "key": key(each),
                    "touched": each.touched,
                    "mine": rows([shown(cue) for cue in self.inside(each)]),
                    "before": rows(each.before),
                    "now": rows(each.now),
                    "cues": [cue.id for cue in self.inside(each)],
                }
                for each in self.upstream()
            ]

    def inside(self, each: documents.Upstream) -> list[TextCue]:
        """The track's cues in the time of such a stretch."""
        both = (*each.before, *each.now)
        start, end = min(c.start_ms for c in both), max(c.end_ms for c in both)
        return [c for c in self.track.in_order if c.start_ms < end and start < c.end_ms]

    def settle(self, keys: Sequence[str]) -> None:
        """Note beside the track that it is based on what is made now in these stretches, so that
        the next run does not ask again."""
        path = self.folder / self.job / f"{self.language}.{edits.BASE}"
        if not path.exists():
            return
        base = documents.load(documents.Cues, path)
        cues = list(base.cues)
        edit = self.sources.made.edit
        for each in edit.upstream if edit else ():
            if key(each) in keys:
                cues = [cue for cue in cues if cue not in each.before] + list(each.now)
        ordered = sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))
        numbered = tuple(replace(cue, id=f"c{n:05d}") for n, cue in enumerate(ordered, 1))
        documents.save(replace(base, cues=numbered), path)

    def preview(self, search: Search) -> list[dict[str, Any]]:
        """The cues in which something would be replaced, each as it is and as it would be."""
        with self._lock:
            parts = operations.replaced(self.track.in_order, search)
        return [
            {"id": part.before[0].id, "start": part.before[0].start_ms,
             "before": part.before[0].text, "after": part.after[0].text}
            for part in parts
        ]  # fmt: skip

    def offered(self, i: str, before: str, after: str) -> dict[str, Any] | None:
        """The correction of a name, if that is what was done to a cue, and in how many other cues
        the name stands as it was; None where it is no name, or stands nowhere else."""
        pair = names.corrected(before, after, self.sources.written)
        if pair is None:
            return None
        search = Search(*pair, match_case=True, whole_words=True)
        with self._lock:
            parts = operations.replaced(self.track.in_order, search)
        others = [part for part in parts if part.before[0].id != i]
        return {"find": pair[0], "put": pair[1], "count": len(others)} if others else None

    def sentence(self, i: str) -> documents.Segment | None:
        """The first sentence that a cue shows words of."""
        with self._lock:
            cue = self.track.cues.get(i)
            made = replace(shown(cue), words=self._words.get(i, ())) if cue else None
            numbers = self._segments(made) if made else []
        return self.sources.shown.segments[numbers[0]] if numbers else None

    def close(self) -> None:
        """Write what is due, and let others open the track."""
        with self._lock:
            if self._review_due:
                self._write_review()
            self.files.close()


def _writer(language: str) -> Callable[[str], str]:
    from subtitling.text import romanization

    return romanization.writer(language)


def _begun(cues: Sequence[TextCue], who: str) -> Entry:
    return Entry(1, By(who, _now()), "begin", (Part((), tuple(cues)),))


def _read(path: Path) -> list[TextCue]:
    """The cues of a .srt file, read strictly."""
    track = subtitle_files.read(path)
    return [
        TextCue(f"c{n:05d}", c.start_ms, c.end_ms, operations.clean("\n".join(c.body)))
        for n, c in enumerate(track.cues, 1)
    ]


def _difference(old: Sequence[TextCue], new: Sequence[TextCue], prefix: str) -> list[Part]:
    """The parts that make the cues `old` to `new`. Cues keep their ids where one took the place of
    one; others have ids that begin with `prefix`."""
    there = [cue for cue in old if shown_text(cue)]
    matcher = SequenceMatcher(None, [c.written for c in there], [c.written for c in new], False)
    parts: list[Part] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        if b - a == d - c:
            parts += [
                Part((one,), (replace(other, id=one.id),))
                for one, other in zip(there[a:b], new[c:d], strict=True)
            ]
        else:
            made = tuple(replace(cue, id=f"{prefix}-{n}") for n, cue in enumerate(new[c:d], c))
            parts.append(Part(tuple(there[a:b]), made))
    return parts


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _by(who: str) -> By:
    return By(who, _now())


def _named(who: str) -> str:
    """A person's name in one line. Raises Problem where there is none."""
    name = " ".join(operations.clean(who[: 4 * _MOST_NAME]).split())[:_MOST_NAME]
    if not name or name == OUTSIDE:
        raise Problem("say who you are first: the review names who corrected what")
    return name
