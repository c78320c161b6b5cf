"""`sutradhar edits`: tracks that a person corrects, handed out and timed again."""

import argparse
import shutil
from pathlib import Path

from lineage.problem import Problem
from subtitling import documents
from subtitling.subtitles import edits, retiming
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.track import Track
from subtitling.workflow import snakemake_adapter

RETIME = "retime"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sutradhar edits`."""
    parser.add_argument("retime", nargs="?", choices=[RETIME], help="see above")
    parser.add_argument("job", help="the film's job, as in out/JOB")
    parser.add_argument("language", help="the track's language, e.g. en")
    parser.add_argument(
        "--format", default="srt", choices=subtitle_files.KINDS, help="default: srt"
    )
    parser.add_argument("--edits", default="edits", type=Path, help="`subtitles.edits`")
    parser.add_argument("--configfile", action="append", default=[], type=Path, metavar="FILE")


def main(given: argparse.Namespace) -> int:
    """Hand out a track to correct by hand. The copy replaces the generated one. With `retime`, give
    the lines of the corrected track whose words were changed, split or joined the times of their
    words in the sound; all other lines stay."""
    if given.retime:
        return retime(given.edits, given.job, given.language, given.configfile)
    path = edits.hand_out(Path("out"), given.edits, given.job, given.language, given.format)
    print(f"{path}: edit it, then run snakemake again")
    return 0


def retime(folder: Path, job: str, language: str, config: list[Path]) -> int:
    """Write the corrected track again with the times of its rewritten cues from the sound; the file
    as it was is kept beside it. Raises Problem where there is no corrected track."""
    path, _ = edits.find(folder, job, language)
    if path is None:
        raise Problem(
            f"{folder}/{job} holds no corrected {language} track: sutradhar edits {job} {language} "
            "hands one out"
        )
    with snakemake_adapter.loaded(snakemake_adapter.snakefile(), config) as workflow:
        stage = f"out/{job}/09_subtitle_gen/{language}"
        stage_job = snakemake_adapter.stage_job(workflow, stage).given
    track = Track.of(stage_job)
    made, transcript = track.made()
    if stage_job.input.get("events") and not track.is_part:
        events = documents.load(documents.Events, stage_job.input.events)
        made = track.labelled(made, events, stage_job.params.sounds_ms)
    taken = track.edited(made, transcript, str(path), None)
    asked = retiming.rewritten(taken.edit.changes)
    done = retiming.retimed(
        taken.cues, asked, transcript.words, track.offset_ms, track.film.duration_ms, track.limit
    )
    times = [(cue.start_ms, cue.end_ms) for cue in done.cues]
    moved = sum(
        (old.start_ms, old.end_ms) != now for old, now in zip(taken.cues, times, strict=True)
    )
    if moved:
        shutil.copyfile(path, path.with_name(f".{path.name}.before"))
        subtitle_files.save(subtitle_files.timed(taken.track, times), path)
    for line in done.kept:
        print(f"{path}: as it was: {line}")
    print(
        f"{path}: {moved} of {len(asked)} rewritten lines have new times"
        + (f"; as it was: {path.with_name(f'.{path.name}.before')}" if moved else "")
    )
    return 0
