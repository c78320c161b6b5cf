"""List each text that was removed or changed on its way to the screen, with the reason, the
evidence and the second in the film.

These are texts that the recogniser wrote and nobody said, what was heard again, names that were
corrected, words put into their own script, a translator's first answers, words that no cue shows,
and what people changed.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lineage import terminal
from lineage.commands.trace import SUBTITLES, by_hand, handwork
from lineage.commands.verify import evidence
from lineage.problem import Problem
from lineage.record import Job, Reader, clock, containing

if TYPE_CHECKING:
    from subtitling.documents import Cues, Transcript, Word

_HEARD = ("07_alignment", "06_asr")  # the later one has what the earlier one removed, too
_TRANSLATED = "08_translation/"


@dataclass(frozen=True)
class Gone:
    """A text that was removed, then `after` is None, or changed. Times are in the film. `track` is
    a language's, None for what was recognised."""

    kind: str
    track: str | None
    start_ms: int
    end_ms: int
    before: str
    after: str | None
    reason: str
    evidence: str


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("job", type=Path, help="the job's folder, e.g. out/tale")


def main(args: argparse.Namespace) -> int:
    """Run the command. Exit status 0 for an answer, also an empty one."""
    job = Job.read(containing(args.job))
    doubts = evidence(job)
    if doubts:
        raise Problem(
            f"{doubts[0].path}: {doubts[0].text}. A record that does not hold gives no answer; see "
            f"lineage verify {job.folder}"
        )
    rows = removed(job)
    if args.json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
    else:
        print(as_text(rows), end="")
    return 0


def removed(job: Job) -> list[Gone]:
    """Every removed or changed text of a job, in the order of the film. Problem for a file that is
    not as on record."""
    from subtitling import documents

    reader = Reader(job)
    rows: list[Gone] = []
    spoken = next((key for key in _HEARD if _made(job, key, "transcript")), None)
    if spoken:
        media: documents.Media = reader.output(documents.Media, "01_demux", "media")
        offset_ms = media.audio.start_ms
        heard: Transcript = reader.output(documents.Transcript, spoken, "transcript")
        rows += of_speech(heard, offset_ms)
        for key in job.stages:
            track = key.rpartition("/")[2]
            if key.startswith(_TRANSLATED) and _made(job, key, "transcript"):
                shown: Transcript = reader.output(documents.Transcript, key, "transcript")
                rows += of_translation(track, shown, offset_ms)
            elif key.startswith(f"{SUBTITLES}/") and _made(job, key, "cues"):
                document: Cues = reader.output(documents.Cues, key, "cues")
                words: Transcript = reader.input(documents.Transcript, key, "transcript")
                rows += of_track(track, document, words, offset_ms)
    return sorted(rows, key=lambda row: (row.start_ms, row.end_ms, row.track or ""))


def _made(job: Job, key: str, name: str) -> bool:
    """Whether a stage on record made an output of this name."""
    stage = job.stages.get(key) if key not in job.leftovers else None
    return stage is not None and any(file.name == name for file in stage.outputs)


def of_speech(heard: "Transcript", offset_ms: int) -> Iterator[Gone]:
    """What was removed from, or changed in, what the recogniser wrote."""
    segments = {segment.id: segment for segment in heard.segments}

    for gone in heard.removed:
        yield Gone(
            "taken out", None, gone.start_ms + offset_ms, gone.end_ms + offset_ms, gone.text, None,
            "nobody said it, as far as two recognitions tell", "; ".join(gone.reasons),
        )  # fmt: skip
    for row in heard.rehearings:
        if row.taken:
            fits = "" if row.alignment is None else f", fits the sound with {row.alignment:.2f}"
            yield Gone(
                "heard again", None, row.start_ms + offset_ms, row.end_ms + offset_ms,
                row.first, row.second, row.reason,
                f"{row.why}; the recogniser's probability {row.score:.2f}{fits}",
            )  # fmt: skip
    for change in heard.corrections:
        segment = segments.get(change.segment)
        if segment:
            yield Gone(
                "name", None, segment.start_ms + offset_ms, segment.end_ms + offset_ms,
                change.heard, change.known, f"the glossary has it (term {change.term})",
                f"{change.evidence}; similarity {change.similarity:.0f} of 100, frequency of the "
                f"heard words {change.frequency:.1f} on Zipf's scale",
            )  # fmt: skip
    for segment in heard.segments:
        if segment.heard is not None and segment.heard != segment.text:
            sure = "by a rule" if segment.sure is None else f"sure with {segment.sure:.2f} of 1"
            yield Gone(
                "script", None, segment.start_ms + offset_ms, segment.end_ms + offset_ms,
                segment.heard, segment.text, "recognised in another script than its language's",
                sure,
            )  # fmt: skip


def of_translation(track: str, shown: "Transcript", offset_ms: int) -> Iterator[Gone]:
    """The translator's answers that were not taken."""
    for segment in shown.segments:
        if segment.first is not None:
            yield Gone(
                "answer", track, segment.start_ms + offset_ms, segment.end_ms + offset_ms,
                segment.first, segment.text, "the translator's first answer was not taken",
                segment.incomplete or "a check of the answer against its source",
            )  # fmt: skip


def of_track(
    track: str, document: "Cues", transcript: "Transcript", offset_ms: int
) -> Iterator[Gone]:
    """What people changed in a track, and the words of its transcript that no cue shows."""
    cues = {cue.id: cue for cue in document.cues}
    hands = handwork(document.edit)
    for change in document.edit.changes if document.edit else ():
        cue = cues.get(change.cue or "")
        before = change.generated
        place = before or cue
        if place is None or before is None or (cue and cue.lines == before.lines):
            continue  # added, or changed in time or look only
        hand = hands.get(change.cue or "")
        yield Gone(
            "by hand", track, place.start_ms, place.end_ms, " / ".join(before.lines),
            " / ".join(cue.lines) if cue else None, f"a person's change: {change.what}",
            by_hand(hand) if hand else f"{document.edit.path if document.edit else ''}",
        )  # fmt: skip
    if document.edit is None and not document.missing and _has_all(track):
        shown = {word for cue in document.cues for word in cue.words}
        for words in _runs(transcript, shown):
            yield Gone(
                "not shown", track, words[0].start_ms + offset_ms, words[-1].end_ms + offset_ms,
                " ".join(word.text for word in words), None, "no cue shows these words",
                "the cues of this track against its transcript",
            )  # fmt: skip


def _has_all(track: str) -> bool:
    """Whether a track is to show all that is said, not songs or foreign speech only."""
    from subtitling.text import languages

    return languages.written(track) == track


def _runs(transcript: "Transcript", shown: set[str]) -> "Iterator[list[Word]]":
    """The stretches of a transcript's words that are not in `shown`."""
    run: list[Word] = []
    for word in transcript.words:
        if word.id not in shown:
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def as_text(rows: list[Gone]) -> str:
    """The rows as text."""
    lines = []
    for row in rows:
        where = f" ({row.track})" if row.track else ""
        lines.append(f"{clock(row.start_ms)} to {clock(row.end_ms)}  {row.kind}{where}")
        lines += [f"    {row.before or '-'}", f"  > {row.after or '(nothing)'}"]
        lines.append(f"    {row.reason}: {row.evidence}")
    return terminal.lines([*lines, f"{len(rows)} texts removed or changed"])
