"""Mux the film with its new subtitle tracks: write, check, and only then rename the file."""

import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lineage import files
from lineage.problem import Problem
from subtitling.documents import Media
from subtitling.media import containers, ffmpeg
from subtitling.media.ffmpeg import Limits
from subtitling.muxing import (
    by_ffmpeg,
    checks,
    stream_copy,
    stream_plan,
    stream_tally,
    subtitle_streams,
)
from subtitling.muxing.stream_plan import CONTAINERS, StreamAction
from subtitling.muxing.stream_tally import StreamTally
from subtitling.muxing.subtitle_streams import Track
from subtitling.runtime import child_process
from subtitling.runtime.progress import Progress
from subtitling.subtitles import machine_mark
from subtitling.subtitles.formats import deliveries
from subtitling.text.languages import part, written

_LATEST_US = 5_000_000  # more than a player buffers when it reads a film in order


def write(
    film: Path | str,
    probed: Media,
    tracks: Sequence[Track],
    out: Path | str,
    options: "MuxOptions",
    limits: Limits,
    progress: Progress,
) -> "Report":
    """Mux into `out`, read the result back and give it its name only when it is complete.

    `probed` are the film's properties. The container is that of the ending of `out`. Raises Problem
    where something was lost or moved.
    """
    target = Path(out)
    kind = target.suffix.removeprefix(".")
    containers.check_file(film)
    new_default = any(t.default for t in tracks)
    chosen = stream_plan.way(film, probed.streams, kind, limits, new_default=new_default)
    kept = chosen.kept
    with ExitStack() as temporary:

        def scratch(name: str) -> Path:
            path = target.with_name(f".{target.name}.{name}")
            temporary.callback(path.unlink, missing_ok=True)
            return path

        partial = scratch("partial")
        extras = []
        for number, item in enumerate(kept):
            if item.action == "text":
                path = scratch(f"{item.stream.index}.partial")
                kept[number] = subtitle_streams.rewritten(
                    film, item, kind, path, probed.duration_ms, limits
                )
                extras.append(subtitle_streams.converted(path, item.stream.index))
        extras += [subtitle_streams.generated(track, kind, scratch, limits) for track in tracks]
        partial.unlink(missing_ok=True)  # a marker of a killed run would be taken for this one's
        asked = {
            "film": str(film),
            "kept": [asdict(k) for k in kept],
            "tracks": extras,
            "fonts": list(options.fonts),
            "out": str(partial),
            "muxer": CONTAINERS[kind].muxer,
            "duration_ms": probed.duration_ms,
            "comment": machine_mark.of_film([(t.language, t.mark) for t in tracks if t.mark]),
        }
        grows = CONTAINERS[kind].grows
        if chosen.by_program:
            copied, result, errors = by_ffmpeg.copy(
                asked, len(tracks), options.check_s, limits, progress
            )
        else:
            copied, result, errors = _copied(
                asked, len(tracks), grows, options.check_s, limits, progress
            )
        planned, result_rows = (
            [checks.row(each) for each in report["rows"]] for report in (copied, result)
        )
        checks.compare(
            planned, result_rows, probed.container, named=CONTAINERS[kind].named,
            by_program=chosen.by_program,
        )  # fmt: skip
        shift = checks.shift_us(planned, result_rows)
        if result["late_us"] > _LATEST_US:
            raise Problem(
                f"a cue lies {result['late_us'] / 1e6:.0f} s behind its picture in the muxed film, "
                "so that no player would show it; the film and the subtitles are kept"
            )
        for track, cues in zip(tracks, result["cues"], strict=True):
            checks.check_cues(
                track.path, [tuple(cue) for cue in cues], shift, in_turn=kind == "mp4"
            )
        of_the_film = ffmpeg.decoding_errors(film, options.check_s, limits) if errors else []
        if errors and not of_the_film:
            raise Problem(
                f"the muxed film does not play as the film does: {errors[0]}; the film and the "
                "subtitles are kept, try mux.container mkv"
            )
        partial.replace(target)
    lost = sorted(set(copied["metadata"]) - set(result["metadata"]))
    repaired = sum(r.corrected for r in planned)
    moved = max((r.moved_us for r in planned if r.corrected), default=0)
    return Report(kept, planned, repaired, moved, copied["jumps"], lost, of_the_film, shift)


def _copied(
    asked: dict[str, Any],
    new_tracks: int,
    grows: bool,
    check_s: int,
    limits: Limits,
    progress: Progress,
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Mux as `asked`: the reports of `stream_copy.copy` and of `stream_copy.weigh` on its result,
    and the decoding errors in its first `check_s` seconds. A file that `grows` is read while it is
    written."""
    out, duration_ms = Path(asked["out"]), asked["duration_ms"]
    both = _Both(progress)
    seconds, most = limits.seconds(duration_ms), limits.max_file_bytes
    # Both run in processes of their own, so threads suffice here.
    with TemporaryDirectory() as folder, ThreadPoolExecutor(2) as beside:
        # A marker that is deleted at the end, since a deletion needs no space on a full disk; it is
        # in another folder.
        writing = Path(folder, "writing")
        writing.touch()

        def begun(work: Callable[..., Any], *given: Any) -> Future[Any]:
            return beside.submit(copy_context().run, work, *given)

        def weighed() -> Any:
            return child_process.call(
                stream_tally.weigh,
                {
                    "film": str(out),
                    "new_tracks": new_tracks,
                    "duration_ms": duration_ms,
                    "writing": str(writing) if grows else None,
                },
                seconds=2 * seconds if grows else seconds,
                max_file_bytes=most,
                progress=both.second,
            )

        try:
            weighing = begun(weighed) if grows else None
            copied = child_process.call(
                stream_copy.copy, asked, seconds=seconds, max_file_bytes=most, progress=both.first
            )
        finally:
            writing.unlink()
        playing = begun(ffmpeg.decoding_errors, out, check_s, limits)
        result = weighing.result() if weighing else weighed()
        return copied, result, playing.result()


@dataclass(frozen=True)
class MuxOptions:
    """Options of the muxing. `fonts` are files to attach; the first `check_s` seconds of the result
    are decoded as a check."""

    fonts: Sequence[str]
    check_s: int


@dataclass(frozen=True)
class Report:
    """The result of muxing, by stream, and what was noticed on the way.

    `repaired` counts packets whose timestamps no container accepts, `moved_us` is the largest
    correction of these, `lost_tags` are metadata that the container cannot hold, `errors` the
    decoding errors of the film itself, and `shift_us` how much later than on the film's clock
    everything lies in the new file.
    """

    kept: list[StreamAction]
    rows: list[StreamTally]
    repaired: int
    moved_us: int
    jumps: int
    lost_tags: list[str]
    errors: list[str]
    shift_us: int


class _Both:
    """Combines the progress of two passes over the film, sequential or parallel."""

    def __init__(self, progress: Progress):
        self._progress = progress
        self._done = [0.0, 0.0]
        self._lock = threading.Lock()

    def first(self, done: float, total: float) -> None:
        self._tell(0, done, total)

    def second(self, done: float, total: float) -> None:
        self._tell(1, done, total)

    def _tell(self, which: int, done: float, total: float) -> None:
        with self._lock:
            self._done[which] = min(done, total)
            self._progress(sum(self._done) / 2, total)


def clear_beside(film: Path | str) -> None:
    """Delete the subtitle files of an earlier run beside the film."""
    shown = Path(film)
    for kind in deliveries.KINDS:
        for old in shown.parent.glob(f"{shown.stem}.*.{deliveries.ending(kind)}"):
            old.unlink()


def clear_former(film: Path | str) -> None:
    """Delete the film of an earlier run in another container."""
    current = Path(film)
    for container in CONTAINERS:
        if current.suffix != f".{container}":
            current.with_suffix(f".{container}").unlink(missing_ok=True)


def beside(film: Path | str, tracks: Sequence[Path]) -> list[Path]:
    """Copy subtitle files beside the film, where players look for them: `en.srt` becomes
    `final.en.srt` beside `final.mkv`, and `en-forced.srt` `final.en.forced.srt`."""
    shown = Path(film)
    copies = []
    for track in tracks:
        name = ".".join(filter(None, (written(track.stem), part(track.stem))))
        copy = shown.with_name(f"{shown.stem}.{name}{track.suffix}")
        with files.replacing(copy) as partial:
            shutil.copyfile(track, partial)
        copies.append(copy)
    return copies
