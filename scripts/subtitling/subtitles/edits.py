"""Tracks corrected by a person: matched with the generated ones cue by cue, never overwritten.

A track that is handed out to edit is a copy of the newest generated one, edits/JOB/LANGUAGE.srt,
with the generated cues beside it, so that later changes can be detected.
"""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path

from lineage import sha256
from lineage.problem import Problem
from subtitling.documents import Change, Cue, Cues, Edit, Hand, Review, Upstream, Word, load
from subtitling.subtitles.formats import subtitle_files, track_file
from subtitling.subtitles.formats.subtitle_files import KINDS, cues
from subtitling.subtitles.formats.track_file import clock
from subtitling.text.cleaning import clean
from subtitling.text.suggestions import meant

# The generated cues at the time when a track was handed out. People keep files of this name.
BASE = "ours.json"
REVIEW = "review.json"  # what people did to the track at the desk
HISTORY = "history.jsonl"  # every change at the desk, in order
_BESIDE = (BASE, REVIEW, HISTORY)


def find(folder: Path | str, job: str, language: str) -> tuple[Path | None, Path | None]:
    """The edited track of a job and the generated cues from when it was handed out, if present.

    Raises Problem where two formats are edited, since only one can replace the generated track, and
    for a name that leads to no file.
    """
    place = Path(folder) / job
    names_ = {f"{language}.{kind}".lower() for kind in KINDS}
    inside = sorted(place.iterdir()) if place.is_dir() else []
    tracks = [path for path in inside if path.name.lower() in names_]
    for path in tracks:
        if not path.is_file():
            why = "the link leads nowhere" if path.is_symlink() else "no file"
            raise Problem(f"{path}: {why}; put the corrected track there, or move it away")
    if len(tracks) > 1:
        names = " and ".join(map(str, tracks))
        raise Problem(f"{names}: only one can be the {language} track; move the others away")
    base = place / f"{language}.{BASE}"
    return (tracks[0] if tracks else None), (base if tracks and base.is_file() else None)


def review(folder: Path | str, job: str, language: str) -> Path | None:
    """The desk's review of an edited track, if there is one."""
    path = Path(folder) / job / f"{language}.{REVIEW}"
    return path if path.is_file() else None


def strays(folder: Path | str, made: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """A line for each file in the folder of edits that replaces no track. `made` are the languages
    of each job's tracks."""
    for place in sorted(Path(folder).iterdir()) if Path(folder).is_dir() else []:
        if place.is_dir() and place.name not in made:
            if any(place.iterdir()):
                hint = meant(place.name, made) or f"; jobs are {', '.join(made) or 'none'}"
                yield f"{place}/: there is no job {place.name}, so nothing in it is used{hint}"
        elif place.is_dir():
            languages = made[place.name]
            names_ = {f"{lang}.{kind}".lower() for lang in languages for kind in (*KINDS, *_BESIDE)}
            for path in sorted(place.iterdir()):
                if path.name.lower() not in names_ and not path.name.startswith("."):
                    yield (
                        f"{path}: not used: tracks of {place.name} are {', '.join(languages)}, "
                        f"corrected as LANGUAGE.{' or .'.join(KINDS)}"
                    )
        elif {suffix[1:].lower() for suffix in place.suffixes} & {*KINDS}:
            yield f"{place}: not used: a corrected track belongs into {folder}/JOB/"


def merged(
    generated: Sequence[Cue], edited: Sequence[Cue], words: Sequence[Word], step_ms: int = 1
) -> tuple[list[Cue], list[Change]]:
    """The edited cues with the ids of the transcript's words that they show, and the changes.

    An untouched cue keeps its words. Between untouched ones, words are matched by their text; a
    rewritten word gets the ids of those it replaced. Cues that share no word are matched by their
    time. `step_ms` is the unit of times in the edited file.
    """
    texts = {word.id: clean(word.text) for word in words}
    done: list[Cue] = []
    matcher = SequenceMatcher(None, [c.lines for c in generated], [c.lines for c in edited], False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            pairs = zip(generated[a:b], edited[c:d], strict=True)
            done += [
                _timed(_looking(replace(old, id=new.id), new), new, step_ms) for old, new in pairs
            ]
        else:
            done += _traced(generated[a:b], edited[c:d], texts)
    return done, _changes(generated, done)


def _looking(old: Cue, new: Cue) -> Cue:
    return replace(old, italic=new.italic, place=new.place, marked=new.marked)


def _timed(old: Cue, new: Cue, step_ms: int) -> Cue:
    """`old` at the times of `new`, unless they differ by less than the file's unit of time."""
    times = [(o, n) for o, n in ((old.start_ms, new.start_ms), (old.end_ms, new.end_ms))]
    start, end = (o if o // step_ms == n // step_ms else n for o, n in times)
    return replace(old, start_ms=start, end_ms=end)


def _traced(generated: Sequence[Cue], edited: Sequence[Cue], texts: dict[str, str]) -> list[Cue]:
    ids = [word for cue in generated for word in cue.words]
    labels = {cue.lines for cue in generated if cue.sound}
    new = [
        (n, part)
        for n, cue in enumerate(edited)
        if cue.lines not in labels
        for part in " ".join(cue.lines).split()
    ]
    given: list[list[str]] = [[] for _ in edited]
    old_texts = [texts.get(i, "").casefold() for i in ids]
    matcher = SequenceMatcher(None, old_texts, [part.casefold() for _, part in new])
    for _, a, b, c, d in matcher.get_opcodes():
        if c == d:
            continue
        for k in range(a, b):
            given[new[c + (k - a) * (d - c) // (b - a)][0]].append(ids[k])
    home = {word: cue for cue in generated for word in cue.words}
    done = [
        _styled(replace(cue, words=tuple(w)), home) for cue, w in zip(edited, given, strict=True)
    ]
    return [cue if cue.words else replace(cue, sound=_sound(cue, generated)) for cue in done]


def _sound(cue: Cue, generated: Sequence[Cue]) -> str | None:
    """The kind of sound of a cue without words: that of the generated label which it replaces."""
    near = max(generated, key=lambda old: _overlap(cue, old), default=None)
    return near.sound if near and _overlap(cue, near) > 0 else None


def _styled(cue: Cue, home: dict[str, Cue]) -> Cue:
    """A rewritten cue, sung if all the words it replaces were, with the voices of those words."""
    old = [home[word] for word in cue.words]
    sung = bool(old) and all(cue.sung for cue in old)
    voices = {voice.speaker: voice for each in old for voice in each.voices}
    return replace(cue, sung=sung, voices=tuple(voices.values())[:2])


def _changes(generated: Sequence[Cue], done: Sequence[Cue]) -> list[Change]:
    home = {word: cue for cue in generated for word in cue.words}
    changes = []
    seen: set[str] = set()
    for cue in done:
        old = _match(cue, generated, home)
        if old is None:
            changes.append(Change("added", cue.id, None))
            continue
        seen.add(old.id)
        differs = {
            "text": cue.lines != old.lines,
            "time": (cue.start_ms, cue.end_ms) != (old.start_ms, old.end_ms),
            "look": _looking(old, cue) != old,
        }
        if what := " and ".join(name for name, changed in differs.items() if changed):
            changes.append(Change(what, cue.id, old))
    return changes + [Change("removed", None, cue) for cue in generated if cue.id not in seen]


def _match(cue: Cue, generated: Sequence[Cue], home: dict[str, Cue]) -> Cue | None:
    shared = Counter(home[word].id for word in cue.words if word in home)
    if shared:
        best = shared.most_common(1)[0][0]
        return next(home[word] for word in cue.words if word in home and home[word].id == best)
    near = max(generated, key=lambda old: _overlap(cue, old), default=None)
    return near if near and _overlap(cue, near) > 0 else None


def _overlap(a: Cue, b: Cue) -> int:
    return min(a.end_ms, b.end_ms) - max(a.start_ms, b.start_ms)


def overtaken(base: Sequence[Cue], changes: Sequence[Change], now: Sequence[Cue]) -> list[Change]:
    """The changes against `base` whose old cue is no longer generated in the same way, by
    comparison with the cues generated `now`."""
    today = set(map(_shown, now))
    old = {_shown(cue) for cue in base} - today
    return [change for change in changes if change.generated and _shown(change.generated) in old]


def upstream(
    base: Sequence[Cue], changes: Sequence[Change], now: Sequence[Cue], edited: Sequence[Cue]
) -> list[Upstream]:
    """The stretches in which the cues generated `now` differ from those of `base`, in order.
    `edited` are the cues of the corrected track, `changes` those against `base`."""
    touched = {_shown(change.generated) for change in changes if change.generated}
    added = {change.cue for change in changes if change.generated is None}
    some = []
    matcher = SequenceMatcher(None, [*map(_shown, base)], [*map(_shown, now)], False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        before, after = tuple(base[a:b]), tuple(now[c:d])
        start = min(cue.start_ms for cue in before + after)
        end = max(cue.end_ms for cue in before + after)
        inside = [cue for cue in edited if cue.start_ms < end and start < cue.end_ms]
        by_hand = any(_shown(cue) in touched for cue in before)
        by_hand = by_hand or any(cue.id in added for cue in inside)
        some.append(Upstream(before, after, tuple(cue.id for cue in inside), by_hand))
    return some


def credited(
    path: Path | str, digest: str, made: Sequence[Cue], described: Path | str
) -> tuple[Edit, list[str]]:
    """An edit without changes that names who corrected and approved the cues `made` of the file
    `path`, by the desk's review `described`; and a message where that is of another file.

    Raises Problem where the review can't be read.
    """
    advice = "start sutradhar desk, which writes it again, or move it away"
    known = load(Review, described, advice)
    bare = Edit(str(path), digest, ())
    if known.track_sha256 != digest or len(known.cues) != len(made):
        return bare, [
            f"{path}: it was changed after {described}, so nobody is named for its cues; open it "
            "at the desk (sutradhar desk), which takes that in"
        ]
    hands = tuple(
        Hand(cue.id, row.corrected, row.approved)
        for cue, row in zip(made, known.cues, strict=True)
        if row.corrected or row.approved
    )
    return replace(bare, hands=hands, approved=known.approved), []


def _shown(cue: Cue) -> tuple[int, int, tuple[str, ...]]:
    return cue.start_ms, cue.end_ms, cue.lines


@dataclass(frozen=True)
class Taken:
    """A corrected track that replaces the generated one: its cues, the changes, messages for the
    user, and the file as it was read."""

    cues: list[Cue]
    edit: Edit
    lines: list[str]
    track: track_file.Track


def taken(
    path: Path | str,
    base: Path | str | None,
    generated: Sequence[Cue],
    words: Sequence[Word],
    length_ms: int,
    slack_ms: int,
    described: Path | str | None = None,
) -> Taken:
    """The edited track in place of the generated cues. `base` are the generated cues from
    when the track was handed out. Where an edited cue would be generated differently today, the
    edit stays and a message says so. `length_ms` is the film's; cues that end less than `slack_ms`
    after it are cut. `described` is the desk's review, which names the people.

    Raises Problem, with all messages, for a file in no such format, for cues after the film's end,
    and where no cue with text is left though there are generated ones.
    """
    track, lines = _within(subtitle_files.read(path), length_ms, slack_ms)
    edited = cues(track)
    if generated and not edited:
        raise Problem(
            f"{path}: no cue with text is in it, so the film would be without this track; move the "
            "file away to have the generated track again"
        )
    step_ms = 10 if track.kind == "ass" else 1
    done, changes = merged(generated, edited, words, step_ms)
    edit = Edit(str(path), sha256(path), ())
    if described is not None:
        edit, newer = credited(path, edit.sha256, done, described)
        lines += newer
    if base is None:
        lines.append(f"{path}: no record of our cues beside it, so later changes cannot be seen")
    else:
        old = load(Cues, base).cues
        since = merged(old, edited, words, step_ms)[1]
        edit = replace(edit, upstream=tuple(upstream(old, since, generated, done)))
        for change in overtaken(old, since, generated):
            assert change.generated
            lines.append(
                f"{path}: {change.cue or 'a removed cue'} was made by hand from"
                f" {' '.join(change.generated.lines)!r}; now it would be"
                f" {_then(change.generated, generated)!r}"
            )
    return Taken(done, replace(edit, changes=tuple(changes)), lines, track)


def people(edit: Edit) -> list[str]:
    """The names of those who corrected cues, in the order of the cues."""
    return list(dict.fromkeys(hand.corrected.who for hand in edit.hands if hand.corrected))


def shown(made: Sequence[Cue]) -> frozenset[str]:
    """The ids of the words that cues show."""
    return frozenset(word for cue in made for word in cue.words)


def _within(
    track: track_file.Track, length_ms: int, slack_ms: int
) -> tuple[track_file.Track, list[str]]:
    """The track within the film, and a line for each cue that was cut at its end."""
    faults, cut = list(track.faults), []
    kept = []
    for cue in track.cues:
        if cue.start_ms >= length_ms or cue.end_ms >= length_ms + slack_ms:
            faults.append(
                f"{track.at(cue)}: {clock(cue.start_ms)} --> {clock(cue.end_ms)} "
                f"is after the film's end at {clock(length_ms)}; correct the times"
            )
        elif cue.end_ms > length_ms:
            cut.append(f"{track.at(cue)}: ends with the film, at {clock(length_ms)}")
        kept.append(replace(cue, end_ms=min(cue.end_ms, length_ms)))
    if faults:
        raise Problem("\n".join(faults))
    return replace(track, cues=tuple(kept)), cut


def _then(cue: Cue, made: Sequence[Cue]) -> str:
    """The text that `made` shows during `cue`, as one line."""
    return " ".join(line for c in made if _overlap(c, cue) > 0 for line in c.lines)


def hand_out(out: Path, folder: Path, job: str, language: str, kind: str) -> Path:
    """Copy the generated track and its cues to the folder of edits. Raises Problem where an edit
    exists already."""
    there, _ = find(folder, job, language)
    if there:
        raise Problem(f"{there} is there already: edit that one, or move it away first")
    jobs = [path.name for path in out.iterdir() if path.is_dir()] if out.is_dir() else []
    if job not in jobs:
        here = f"jobs are {', '.join(sorted(jobs))}" if jobs else f"there are none in {out}/"
        raise Problem(f"there is no job {job}{meant(job, jobs)}; {here}")
    made = out / job / "09_subtitle_gen" / language
    if not (made / f"{language}.{kind}").is_file():
        raise Problem(
            f"{made} holds no {language}.{kind}; make it first: snakemake {made}/{language}.{kind}"
        )
    generated = load(Cues, made / "cues.json")
    if generated.missing:
        raise Problem(f"{made} holds no cues: {generated.missing}")
    if edit := generated.edit:
        raise Problem(
            f"{made} holds the last edit of {edit.path}, not the generated track; make that "
            f"again first: snakemake {made}/{language}.{kind}"
        )
    target = folder / job / f"{language}.{kind}"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made / "cues.json", target.with_name(f"{language}.{BASE}"))
    shutil.copyfile(made / target.name, target)
    return target
