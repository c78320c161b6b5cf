"""Tracks corrected by a person: found, matched with ours cue by cue, and never written over.

`python -m subtitling.edits JOB LANGUAGE` hands out a track to edit: it copies our newest one to
edits/JOB/LANGUAGE.srt, and our cues beside it, so that a later change of ours can be told.
"""

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

from lineage import Problem, sha256
from subtitling.formats import KINDS, read
from subtitling.model import Change, Cue, Cues, Edit, Word, load
from subtitling.text import clean


def find(folder: Path | str, job: str, language: str) -> tuple[Path | None, Path | None]:
    """The edited track of a job and our own cues as they were when it was handed out, if there.

    Problem where two formats are edited, since only one can take our track's place.
    """
    place = Path(folder) / job
    found = [path for kind in KINDS if (path := place / f"{language}.{kind}").is_file()]
    if len(found) > 1:
        names = " and ".join(map(str, found))
        raise Problem(f"{names}: only one can be the {language} track; move the others away")
    base = place / f"{language}.ours.json"
    return (found[0] if found else None), (base if found and base.is_file() else None)


def merged(
    ours: Sequence[Cue], edited: Sequence[Cue], words: Sequence[Word]
) -> tuple[list[Cue], list[Change]]:
    """The edited cues with the ids of the transcript's words they show, and what was changed.

    An untouched cue keeps its words. Between untouched ones, words are matched by their text; a
    word that was rewritten stands for the ones it replaced. Cues that share no word are matched
    by their time.
    """
    texts = {word.id: clean(word.text) for word in words}
    done: list[Cue] = []
    matcher = SequenceMatcher(None, [c.lines for c in ours], [c.lines for c in edited], False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            pairs = zip(ours[a:b], edited[c:d], strict=True)
            done += [
                replace(old, id=new.id, start_ms=new.start_ms, end_ms=new.end_ms)
                for old, new in pairs
            ]
        else:
            done += _traced(ours[a:b], edited[c:d], texts)
    return done, _changes(ours, done)


def _traced(ours: Sequence[Cue], edited: Sequence[Cue], texts: dict[str, str]) -> list[Cue]:
    ids = [word for cue in ours for word in cue.words]
    labels = {cue.lines for cue in ours if cue.sound}
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
    home = {word: cue for cue in ours for word in cue.words}
    done = [
        _styled(replace(cue, words=tuple(w)), home) for cue, w in zip(edited, given, strict=True)
    ]
    return [cue if cue.words else replace(cue, sound=_sound(cue, ours)) for cue in done]


def _sound(cue: Cue, ours: Sequence[Cue]) -> str | None:
    """What sound a cue without words tells of: that of the label of ours which it is instead of."""
    near = max(ours, key=lambda old: _overlap(cue, old), default=None)
    return near.sound if near and _overlap(cue, near) > 0 else None


def _styled(cue: Cue, home: dict[str, Cue]) -> Cue:
    """A rewritten cue, sung if all the words it stands for were, by those who spoke them."""
    old = [home[word] for word in cue.words]
    sung = bool(old) and all(cue.sung for cue in old)
    voices = {voice.speaker: voice for each in old for voice in each.voices}
    return replace(cue, sung=sung, italic=sung and old[0].italic, voices=tuple(voices.values())[:2])


def _changes(ours: Sequence[Cue], done: Sequence[Cue]) -> list[Change]:
    home = {word: cue for cue in ours for word in cue.words}
    changes = []
    seen: set[str] = set()
    for cue in done:
        old = _match(cue, ours, home)
        if old is None:
            changes.append(Change("added", cue.id, None))
            continue
        seen.add(old.id)
        text = cue.lines != old.lines
        time = (cue.start_ms, cue.end_ms) != (old.start_ms, old.end_ms)
        if text or time:
            what = "text and time" if text and time else "text" if text else "time"
            changes.append(Change(what, cue.id, old))
    return changes + [Change("removed", None, cue) for cue in ours if cue.id not in seen]


def _match(cue: Cue, ours: Sequence[Cue], home: dict[str, Cue]) -> Cue | None:
    shared = Counter(home[word].id for word in cue.words if word in home)
    if shared:
        best = shared.most_common(1)[0][0]
        return next(home[word] for word in cue.words if word in home and home[word].id == best)
    near = max(ours, key=lambda old: _overlap(cue, old), default=None)
    return near if near and _overlap(cue, near) > 0 else None


def _overlap(a: Cue, b: Cue) -> int:
    return min(a.end_ms, b.end_ms) - max(a.start_ms, b.start_ms)


def overtaken(base: Sequence[Cue], changes: Sequence[Change], now: Sequence[Cue]) -> list[Change]:
    """Those of the changes against `base` whose old cue we would no longer make, judging by what we
    make `now`."""
    today = set(map(_shown, now))
    old = {_shown(cue) for cue in base} - today
    return [change for change in changes if change.ours and _shown(change.ours) in old]


def _shown(cue: Cue) -> tuple[int, int, tuple[str, ...]]:
    return cue.start_ms, cue.end_ms, cue.lines


def taken(
    path: Path | str, base: Path | str | None, ours: Sequence[Cue], words: Sequence[Word]
) -> tuple[list[Cue], Edit, list[str]]:
    """The edited track in place of `ours`: its cues, what was changed, and what a person must know.

    `base` are our cues as they were when the track was handed out. Where an edited cue would be
    made otherwise today, the edit stays and a line tells of it.
    """
    edited = read(path)
    done, changes = merged(ours, edited, words)
    told = []
    if base is None:
        told.append(f"{path}: no record of our cues beside it, so later changes cannot be told")
    else:
        old = load(Cues, base).cues
        for change in overtaken(old, merged(old, edited, words)[1], ours):
            assert change.ours
            told.append(
                f"{path}: {change.cue or 'a removed cue'} was made by hand from"
                f" {' '.join(change.ours.lines)!r}; now we would make {_then(change.ours, ours)!r}"
            )
    return done, Edit(str(path), sha256(path), tuple(changes)), told


def _then(cue: Cue, made: Sequence[Cue]) -> str:
    """What `made` shows while `cue` does, as one line."""
    return " ".join(line for c in made if _overlap(c, cue) > 0 for line in c.lines)


def hand_out(out: Path, folder: Path, job: str, language: str, kind: str) -> Path:
    """Copy our track and our cues to where edits belong. Problem where an edit is there already."""
    there, _ = find(folder, job, language)
    if there:
        raise Problem(f"{there} is there already: edit that one, or move it away first")
    made = out / job / "09_subtitle_gen" / language
    if not (made / f"{language}.{kind}").is_file():
        raise Problem(
            f"{made} holds no {language}.{kind}; make it first: snakemake {made}/{language}.{kind}"
        )
    target = folder / job / f"{language}.{kind}"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made / "cues.json", target.with_name(f"{language}.ours.json"))
    shutil.copyfile(made / target.name, target)
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """Hand out a track to edit."""
    parser = argparse.ArgumentParser(
        prog="python -m subtitling.edits",
        description="Hand out a track to correct by hand. The copy takes the place of ours.",
    )
    parser.add_argument("job", help="the film's job, as in out/JOB")
    parser.add_argument("language", help="the track's language, e.g. en")
    parser.add_argument("--format", default="srt", choices=KINDS, help="default: srt")
    parser.add_argument("--edits", default="edits", type=Path, help="`subtitles.edits`")
    given = parser.parse_args(arguments)
    try:
        path = hand_out(Path("out"), given.edits, given.job, given.language, given.format)
    except (Problem, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{path}: edit it, then run snakemake again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
