"""Run the recorded models and settings on a cue's seconds again, and compare the words.

The stages from the recogniser to the last translation run in a temporary folder, on the regions of
speech that the cue comes from. Every file and model must be the one on record. If the words differ,
what else differs is listed: code, software, machine, precision, and what an engine can't repeat.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lineage import terminal
from lineage.commands import diff
from lineage.commands.trace import SUBTITLES, Trace, Track
from lineage.manifest import NAME, FileRecord, sha256
from lineage.problem import Problem
from lineage.record import Job, Reader, containing

if TYPE_CHECKING:
    from subtitling.documents import Segment, Speech, Transcript, Word

_SPEECH = "speech"
_TRANSLATIONS = "08_translation/"
_NO_COPY = "endpoint"  # the engine whose model is elsewhere
_CAUSES = ("parameters", "models", "code", "environment", "course")


@dataclass(frozen=True)
class Replayed:
    """One kind of text of the cue, on record and now."""

    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    moved_ms: int | None = None

    @property
    def is_same(self) -> bool:
        """Whether the texts are equal."""
        return self.before == self.after


@dataclass(frozen=True)
class Answer:
    """The texts of a cue, what differs between then and now, and what was not run again."""

    language: str
    number: int
    texts: tuple[Replayed, ...]
    causes: tuple[diff.Difference, ...]
    unrepeatable: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether all texts are equal."""
        return all(text.is_same for text in self.texts)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("job", type=Path, help="the job's folder, e.g. out/tale")
    parser.add_argument("--lang", required=True, help="the track's language")
    parser.add_argument("--cue", type=int, required=True, metavar="N", help="its number, from 1")


def main(args: argparse.Namespace) -> int:
    """Run the command. Exit status 0: the same words; 1: others."""
    job = Job.read(containing(args.job))
    track = Track(job, args.job, args.lang)
    if not 1 <= args.cue <= len(track.cues):
        raise Problem(f"there is no cue {args.cue}; the track has {len(track.cues)}")
    answer = replay(job, track.cue(args.cue - 1))
    if args.json:
        print(json.dumps(asdict(answer), ensure_ascii=False, indent=1))
    else:
        print(as_text(answer), end="")
    return 0 if answer.is_same else 1


def replay(job: Job, cue: Trace) -> Answer:
    """Run the stages that a cue's words come from again. Raises Problem for a cue without words,
    and where a file, a model or the code is not at hand."""
    if not cue.words:
        raise Problem(f"cue {cue.number} describes a sound; there are no words to recognise again")
    reader = Reader(job)
    chain, left_out = _chain(job, reader, f"{SUBTITLES}/{cue.language}")
    before = {key: _recorded(reader, key) for key, _ in chain}
    with tempfile.TemporaryDirectory(prefix="sutradhar-replay-") as folder:
        root = Path(folder)
        _lay_out(job, reader, chain, cue, root)
        place = job.folder.absolute()
        with chdir(root):
            made = {key: _run(job, place, key, part, before[key]) for key, part in chain}
        again = Job.read(root / job.recorded, root)
        parts = {key: job.stages[part] for key, part in chain}
        then = replace(job, stages={**job.stages, **parts})
        causes = tuple(row for row in diff.differences(then, again) if _matters(row, chain))
        unrepeatable = {why for key, _ in chain for why in again.stages[key].unrepeatable}
    return Answer(
        cue.language, cue.number, tuple(texts(cue, made)), causes, tuple(sorted(unrepeatable)),
        tuple(left_out),
    )  # fmt: skip


def _matters(row: diff.Difference, chain: Sequence[tuple[str, str]]) -> bool:
    """Whether a difference may change words. A package or a model on one side only was not needed
    for these seconds, or is imported by the program that ran the stage."""
    if row.section not in _CAUSES or row.stage not in dict(chain):
        return False
    if row.section in ("models", "environment"):
        return None not in (row.before, row.after)
    return row.section != "parameters" or row.what == "device"


def _chain(job: Job, reader: Reader, key: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The stages to run, the first first: each with the stage whose manifest has its parameters,
    which is another one where shards were joined. And what is not run, with the reason."""
    chain: list[tuple[str, str]] = []
    left_out: list[str] = []
    while True:
        inputs = {file.name for file in job.stages[reader.part(key)].inputs}
        if "transcript" not in inputs:
            return chain[::-1], left_out
        key = reader.producer(reader.part(key), "transcript")
        part = reader.part(key)
        if job.stages[part].params.get("engine") == _NO_COPY:
            left_out.append(f"{key}: the model behind an endpoint is not at hand")
            chain.clear()
        else:
            chain.append((key, part))


def _lay_out(
    job: Job, reader: Reader, chain: Sequence[tuple[str, str]], cue: Trace, root: Path
) -> None:
    """Make the folder to run in: links to the workflow and the job's other stages, and the speech
    of the cue alone. Every input is first compared with its checksum."""
    from subtitling import documents

    for entry in job.workflow.iterdir():
        if entry.name != Path(job.recorded).parts[0]:
            (root / entry.name).symlink_to(entry.absolute())
    target = root / job.recorded
    target.mkdir(parents=True)
    first = chain[0][1]
    speech: Speech = reader.input(documents.Speech, first, _SPEECH)
    (given,) = (root / f.path for f in job.stages[first].inputs if f.name == _SPEECH)
    own = {root / job.recorded / key for pair in chain for key in pair} | {given.parent}
    # Those of shards lie within their stage's.
    for path in sorted(job.folder.rglob(NAME), key=lambda path: len(path.parts)):
        stage = target / path.parent.relative_to(job.folder)
        if stage not in own and not any(parent.is_symlink() for parent in stage.parents):
            stage.parent.mkdir(parents=True, exist_ok=True)
            stage.symlink_to(path.parent.absolute())
    for key, part in chain:
        (target / key).mkdir(parents=True, exist_ok=True)
        for file in job.stages[part].inputs:
            _refuse_another(job, file)
    wanted = {region for segment in cue.segments for region in segment.regions}
    regions = tuple(region for region in speech.regions if region.id in wanted)
    given.parent.mkdir(parents=True, exist_ok=True)
    documents.save(replace(speech, regions=regions), given)


def _refuse_another(job: Job, file: FileRecord) -> None:
    """Raise Problem for an input that is not the one on record. Models are compared, file by file,
    when they are loaded."""
    path = job.locate(file.path)
    if not path.is_file():
        raise Problem(f"{path} is not here, so the cue can't be made again")
    if not (file.producer and file.producer["stage"] == "models") and sha256(path) != file.sha256:
        raise Problem(f"{path} is not what is on record; see lineage verify {job.folder}")


def _recorded(reader: Reader, key: str) -> "Transcript":
    from subtitling import documents

    document: Transcript = reader.output(documents.Transcript, key, "transcript")
    return document


def _run(job: Job, place: Path, key: str, part: str, before: "Transcript") -> "Transcript":
    """Run the stage `key` of the job in `place` in the current folder, with the inputs and settings
    of `part`; returns its transcript, which was `before`."""
    from subtitling import documents
    from subtitling.workflow import replaying

    folder = f"{job.recorded}/{key}"
    # The whole film told the language; a few seconds of it may not.
    settled = {"language": before.language} if "language" in job.stages[part].params else {}
    replaying.run(place / part / NAME, place / key / NAME, folder, settled)
    after: Transcript = documents.load(documents.Transcript, f"{folder}/transcript.json")
    return after


def texts(cue: Trace, made: "dict[str, Transcript]") -> Iterator[Replayed]:
    """The words of the cue, and the sentences that it shows parts of, then and now."""
    heard = [now for key, now in made.items() if not key.startswith(_TRANSLATIONS)]
    if heard:
        start, end = cue.sound_ms
        now = [w for w in heard[-1].words if start <= (w.start_ms + w.end_ms) // 2 < end]
        moved = None
        if len(now) == len(cue.words):
            both = zip(now, cue.words, strict=True)
            moved = max(
                max(abs(a.start_ms - b.start_ms), abs(a.end_ms - b.end_ms)) for a, b in both
            )
        yield Replayed("words", _of(cue.words), _of(now), moved)
    translated = [now for key, now in made.items() if key.startswith(_TRANSLATIONS)]
    if translated and cue.translated:
        first, last = cue.translated[0].start_ms, cue.translated[-1].end_ms
        sentences = [
            s for s in translated[-1].segments if first <= (s.start_ms + s.end_ms) // 2 < last
        ]
        yield Replayed("sentences", _of(cue.translated), _of(sentences))


def _of(texts: "Sequence[Segment | Word]") -> tuple[str, ...]:
    return tuple(text.text for text in texts)


def as_text(answer: Answer) -> str:
    """The answer as text."""
    result = "the same" if answer.is_same else "NOT THE SAME"
    lines = [f"{answer.language} cue {answer.number}: {result}"]
    for text in answer.texts:
        moved = f", times moved by up to {text.moved_ms} ms" if text.moved_ms else ""
        if text.is_same:
            lines.append(f"  {text.what}{moved}: {' '.join(text.before)}")
        else:
            lines.append(f"  {text.what} on record: {' '.join(text.before)}")
            lines.append(f"  {text.what} now:       {' '.join(text.after) or '(none)'}")
    lines += [f"  not run again: {why}" for why in answer.left_out]
    if answer.causes:
        lines.append("  what differs besides:")
        lines += [diff.as_line(row) for row in answer.causes]
    lines += [f"  may differ in any run: {why}" for why in answer.unrepeatable]
    if not (answer.is_same or answer.causes or answer.unrepeatable):
        lines.append(
            "  code, models, settings, software and machine are the same: only the rest of"
        )
        lines.append("  the film, which was not given to the models this time, can be the cause")
    return terminal.lines(lines)
