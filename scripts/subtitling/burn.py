"""The film with subtitles drawn into its picture: the one place that encodes.

ffmpeg's filter text is fixed: the track and the fonts are copied under plain names into a folder in
which ffmpeg is run, so that no name of a film can say anything to the filter.
"""

import re
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage import Problem
from subtitling import apart, media, mux, remux
from subtitling.model import Media, Stream

TRACK, FONTS = "track.ass", "fonts"
FILTER = f"ass=filename={TRACK}:fontsdir={FONTS}"
# Exact for milliseconds and for all usual frame rates, 24000/1001 too: frames keep their times.
_TIME_BASE = "1:120000"
_OFF_US = 50_000
# Frames that a decoder does not give out: those before the first key frame, and broken ones.
_LOST_FRAMES, _LOST_SHARE = 3, 0.01


@dataclass(frozen=True)
class Options:
    """`container` is mp4 or mkv, `crf` and `preset` are x264's, `threads` how many it works on."""

    container: str
    crf: float
    preset: str
    threads: int


@dataclass(frozen=True)
class Report:
    """`left_out` are streams of the film that the burnt one has not, `fonts` what libass drew
    with (`wanted -> found`), `missing` what it says of letters that no font has, `frames` those
    of the film and of the result."""

    left_out: list[str]
    fonts: list[str]
    missing: list[str]
    frames: tuple[int, int]


def chosen(streams: Sequence[Stream], container: str) -> tuple[Stream, list[Stream]]:
    """The picture to draw into, and all the sound. Problem where there is no picture, and for
    sound that the container cannot hold: it is not encoded."""
    picture = next((s for s in streams if s.kind == "video" and s.codec not in mux.UNKNOWN), None)
    if picture is None:
        raise Problem(
            "the film has no picture to draw subtitles into; set burn_in.language to none"
        )
    sound = [s for s in streams if s.kind == "audio" and s.codec not in mux.UNKNOWN]
    held = mux.CONTAINERS[container].audio
    for stream in sound:
        if held is not None and stream.codec not in held:
            raise Problem(
                f"stream {stream.index} is {stream.codec} audio, which {container} cannot hold; "
                "set burn_in.container to mkv, which holds it"
            )
    return picture, sound


def write(
    film: Path | str,
    told: Media,
    track: Path | str,
    fonts: Sequence[Path | str],
    out: Path | str,
    options: Options,
    limits: media.Limits,
    progress: media.Progress,
) -> Report:
    """Draw the ASS file `track` into the picture of `film`; the result gets its name when checked.

    `fonts` are files to draw with; what they lack is looked for among the host's. Problem where
    frames or sound were lost or moved.
    """
    target = Path(out)
    media.check_file(film)
    picture, sound = chosen(told.streams, options.container)
    kept = [picture, *sound]
    left_out = [f"{s.index} {s.kind} {s.codec}" for s in told.streams if s not in kept]
    said = _Said()
    with ExitStack() as temporary:
        folder = target.with_name(".burn")
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
        temporary.callback(shutil.rmtree, folder)
        (folder / FONTS).mkdir(parents=True)
        shutil.copyfile(track, folder / TRACK)
        for number, font in enumerate(fonts):
            shutil.copyfile(font, folder / FONTS / f"{number}{Path(font).suffix}")
        partial = folder / "film"
        media.run(
            ["-loglevel", "info", *media.source(film),
             *(word for s in kept for word in ("-map", f"0:{s.index}")),
             "-vf", FILTER, "-fps_mode", "passthrough", "-enc_time_base", _TIME_BASE,
             "-c:v", "libx264", "-crf", f"{options.crf:g}", "-preset", options.preset,
             "-threads", str(options.threads), "-c:a", "copy",
             "-fflags", "+bitexact", "-flags:v", "+bitexact",
             "-f", mux.CONTAINERS[options.container].muxer, media.url(partial)],
            told.duration_ms, progress, limits, folder=folder, listen=said.hear,
        )  # fmt: skip
        rows = [
            _weighed(path, told.duration_ms, limits, progress) for path in (str(film), str(partial))
        ]
        jumps = media.may_jump(told.container)
        frames = check(*rows, jumps=jumps)
        partial.replace(target)
    return Report(left_out, list(said.fonts), list(said.missing), frames)


def check(film: Sequence[remux.Row], made: Sequence[remux.Row], *, jumps: bool) -> tuple[int, int]:
    """How many frames the film and the burnt film have; each is its picture, then its sound.

    Problem where the result has not all frames, or other sound, or picture and sound lie otherwise
    to each other or end elsewhere. `jumps` says that the film's own times are no measure.
    """
    want = ["h264", *(r.codec for r in film[1:])]
    have = [r.codec for r in made]
    if want != have:
        raise Problem(f"the burnt film holds {have}, not {want}")
    frames = film[0].packets, made[0].packets
    if abs(frames[0] - frames[1]) > max(_LOST_FRAMES, _LOST_SHARE * frames[0]):
        raise Problem(f"the burnt film has {frames[1]} frames, not {frames[0]}")
    for number, (before, after) in enumerate(zip(film, made, strict=True)):
        if number and before.packets != after.packets:
            raise Problem(
                f"sound {number} of the burnt film has {after.packets} packets, "
                f"not {before.packets}"
            )
        if jumps or None in (before.first_us, before.last_us, after.first_us, after.last_us):
            continue
        for at, there in (("begins", (before.first_us, after.first_us)),
                          ("ends", (before.last_us, after.last_us))):  # fmt: skip
            off = (there[1] or 0) - (made[0].first_us or 0)
            off -= (there[0] or 0) - (film[0].first_us or 0)
            if abs(off) > _OFF_US and frames[0] == frames[1]:
                name = f"sound {number}" if number else "the picture"
                raise Problem(f"{name} of the burnt film {at} {off / 1000:.0f} ms off")
    return frames


def _weighed(
    film: str, duration_ms: int, limits: media.Limits, progress: media.Progress
) -> list[remux.Row]:
    """The first picture and all the sound of a film, measured."""
    found = apart.call(
        remux.weigh,
        {"film": film, "ours": 0, "duration_ms": duration_ms},
        seconds=limits.seconds(duration_ms),
        max_file_bytes=limits.max_file_bytes,
        progress=progress,
    )
    rows = [mux.row(told) for told in found["rows"] if told["codec"] not in mux.UNKNOWN]
    pictures = [row for row in rows if row.kind == "video"]
    return [*pictures[:1], *(row for row in rows if row.kind == "audio")]


class _Said:
    """What libass tells of fonts, each once."""

    def __init__(self) -> None:
        self.fonts: dict[str, Any] = {}
        self.missing: dict[str, Any] = {}

    def hear(self, line: str) -> None:
        """Take in a line of ffmpeg's."""
        found = re.match(r"\[Parsed_ass_0 @ \w+\] (.*)", line)
        if not found:
            return
        if chosen := re.match(r"fontselect: (\(.*\) -> .*)", found[1]):
            self.fonts[chosen[1]] = None
        elif re.match(r"fontselect: failed|Error|fontselect: Using default", found[1]):
            self.missing[found[1]] = None
