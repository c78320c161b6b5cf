"""Burn subtitles into the film's picture; the only module that encodes video.

ffmpeg runs in a folder with copies of the track and the fonts under fixed names, so that no name of
a film is in the filter's text, which varies in two numbers only.
"""

import re
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling.documents import Media, Stream
from subtitling.media import containers, ffmpeg, probing
from subtitling.media.clock import Base
from subtitling.media.ffmpeg import Limits
from subtitling.muxing import checks, pcm
from subtitling.muxing.pcm import DISC_PCM
from subtitling.muxing.stream_plan import CONTAINERS, UNKNOWN
from subtitling.runtime import child_process
from subtitling.runtime.progress import Progress
from subtitling.subtitles.formats.base import Screen, screen_of

TRACK, FONTS = "track.ass", "fonts"
# Diffuse white as a share of the signal: ITU-R BT.2408, table 1. The signal's own white would be
# 10,000 cd/m² in PQ, or the screen's brightest in HLG.
_WHITE = {"pq": 0.58, "hlg": 0.75}
# Exact for milliseconds and all usual frame rates, also 24000/1001, so that frames keep their
# times.
_TIME_BASE = "1:120000"
_OFF_US = 50_000
# Frames that a decoder may leave out: those before the first key frame, and broken ones.
_LOST_FRAMES, _LOST_SHARE = 3, 0.01


@dataclass(frozen=True)
class BurnInOptions:
    """`container` is mp4 or mkv; `crf`, `preset` and the number of `threads` are x264's."""

    container: str
    crf: float
    preset: str
    threads: int


@dataclass(frozen=True)
class Report:
    """`left_out` are streams of the film that the burnt one lacks, `fonts` those that libass drew
    with (`wanted -> used`), `missing` its messages about letters that no font has, `frames` the
    counts of the film and of the result, `white` the letters' share of the brightest signal, and
    `dolby_vision` its profile where the film had it, which is lost."""

    left_out: list[str]
    fonts: list[str]
    missing: list[str]
    frames: tuple[int, int]
    white: float
    dolby_vision: int | None


def chosen(streams: Sequence[Stream], container: str) -> tuple[Stream, list[Stream]]:
    """The video stream to draw into, and all audio streams. Raises Problem where there is no video,
    and for audio that the container cannot hold, since audio is not encoded."""
    known = [s for s in streams if s.codec not in UNKNOWN and s.packets != 0]
    picture = next((s for s in known if s.kind == "video"), None)
    if picture is None:
        raise Problem(
            "the film has no picture to draw subtitles into; set burn_in.language to none"
        )
    sound = [s for s in known if s.kind == "audio"]
    held = CONTAINERS[container].audio
    for stream in sound:
        if held is not None and stream.codec not in held:
            raise Problem(
                f"stream {stream.index} is {stream.codec} audio, which {container} cannot hold; "
                "set burn_in.container to mkv, which holds it"
            )
    return picture, sound


def write(
    film: Path | str,
    probed: Media,
    track: Path | str,
    fonts: Sequence[Path | str],
    out: Path | str,
    options: BurnInOptions,
    limits: Limits,
    progress: Progress,
) -> Report:
    """Draw the ASS file `track` into the picture of `film`, check the result and put it at `out`.

    `probed` are the film's properties. `fonts` are files to draw with; fonts not among them are
    looked up on the host. Raises Problem where frames or sound were lost or moved.
    """
    target = Path(out)
    containers.check_file(film)
    picture, sound = chosen(probed.streams, options.container)
    kept = [picture, *sound]
    dolby_vision = _dolby_vision(film, picture.index, limits)
    white = _WHITE.get(picture.hdr or "", 1.0)
    seen = screen_of([picture])
    left_out = [f"{s.index} {s.kind} {s.codec}" for s in probed.streams if s not in kept]
    font_messages = _FontMessages()
    with ExitStack() as temporary:
        folder = target.with_name(".burn")
        shutil.rmtree(folder, ignore_errors=True)  # left by a killed run
        temporary.callback(shutil.rmtree, folder)
        (folder / FONTS).mkdir(parents=True)
        _dimmed(track, white, folder / TRACK)
        for number, font in enumerate(fonts):
            shutil.copyfile(font, folder / FONTS / f"{number}{Path(font).suffix}")
        partial = folder / "film"
        ffmpeg.run(
            ["-loglevel", "info", *ffmpeg.source(film),
             *(word for s in kept for word in ("-map", f"0:{s.index}")),
             "-vf", drawing(seen), "-fps_mode", "passthrough", "-enc_time_base", _TIME_BASE,
             "-c:v", "libx264", "-crf", f"{options.crf:g}", "-preset", options.preset,
             "-threads", str(options.threads), "-c:a", "copy", *_packed(sound),
             "-fflags", "+bitexact", "-flags:v", "+bitexact",
             "-f", CONTAINERS[options.container].muxer, containers.url(partial)],
            probed.duration_ms, progress, limits, folder=folder, listen=font_messages.parse,
        )  # fmt: skip
        film_rows = _measured(film, [k.index for k in kept], probed.duration_ms, limits, progress)
        burnt_rows = _measured(partial, range(len(kept)), probed.duration_ms, limits, progress)
        jumps = probing.may_jump(probed.container)
        frames = check(film_rows, burnt_rows, jumps=jumps)
        partial.replace(target)
    return Report(
        left_out,
        list(font_messages.fonts),
        list(font_messages.missing),
        frames,
        white,
        dolby_vision,
    )


def _packed(sound: Sequence[Stream]) -> list[str]:
    """ffmpeg's arguments that repack PCM samples in a packing that no container here can hold."""
    return [
        word
        for number, s in enumerate(sound)
        if s.codec in DISC_PCM
        for word in (f"-c:a:{number}", pcm.codec_for(s.codec, s.samples or ""))
    ]


def drawing(seen: Screen) -> str:
    """The ffmpeg filter. ffmpeg rotates the picture before it; with the original size, letters on
    non-square pixels come out as wide as on the screen `seen`."""
    return f"ass=filename={TRACK}:fontsdir={FONTS}:original_size={seen.width}x{seen.height}"


def _dimmed(track: Path | str, white: float, out: Path) -> None:
    """Copy the track to `out` with the colours of its styles scaled to the share `white` of the
    signal."""
    import pysubs2

    if white == 1:
        shutil.copyfile(track, out)
        return
    subtitles = pysubs2.load(str(track))
    for style in subtitles.styles.values():
        for part in ("primarycolor", "secondarycolor", "outlinecolor", "backcolor"):
            color = getattr(style, part)
            red, green, blue = (round(white * share) for share in (color.r, color.g, color.b))
            setattr(style, part, pysubs2.Color(red, green, blue, color.a))
    subtitles.save(str(out))


def _dolby_vision(film: Path | str, stream: int, limits: Limits) -> int | None:
    """The profile of the picture's Dolby Vision, None without one.

    Raises Problem for one whose base layer has other colours (its compatibility is 0): encoded, the
    picture would be green and violet.
    """
    messages: list[str] = []
    ffmpeg.run(
        ["-loglevel", "info", *ffmpeg.source(film), "-map", f"0:{stream}", "-c", "copy",
         "-frames:v", "1", "-f", "null", "-"],
        0, None, limits, listen=messages.append,
    )  # fmt: skip
    vision = dolby_vision(messages, stream)
    if vision and not vision[1]:
        raise Problem(
            f"stream {stream} is Dolby Vision of profile {vision[0]}, whose picture has no true "
            "colours where Dolby Vision is lost, as it is by encoding; set burn_in.language to "
            "none and use the muxed film, which keeps it"
        )
    return vision[0] if vision else None


def dolby_vision(messages: Sequence[str], stream: int) -> tuple[int, int] | None:
    """Profile and compatibility of a stream's Dolby Vision, from ffmpeg's lines on its input."""
    is_stream = False
    for line in messages:
        if line.startswith("Output #"):
            return None
        if number := re.match(r"Stream #0:(\d+)", line):
            is_stream = int(number[1]) == stream
        if is_stream and (
            match := re.match(r"DOVI configuration record:.* profile: (\d+),.* id: (\d+)", line)
        ):
            return int(match[1]), int(match[2])
    return None


@dataclass(frozen=True)
class Row:
    """A stream as it is played: its codec, its number of packets (of video: frames), and the times
    of the first and the last, in µs of the stream's own times; None where a packet has no time."""

    codec: str
    packets: int
    first_us: int | None
    last_us: int | None


def check(film: Sequence[Row], burnt: Sequence[Row], *, jumps: bool) -> tuple[int, int]:
    """The frame counts of the film and the burnt film; each is given as its picture, then its
    sound.

    Raises Problem where the result lacks frames, has other sound, or has picture and sound shifted
    against each other or ending elsewhere. `jumps` says that the film's times cannot be compared.
    """
    want = ["h264", *(_name(r.codec) for r in film[1:])]
    have = [_name(r.codec) for r in burnt]
    if want != have:
        raise Problem(f"the burnt film holds {have}, not {want}")
    frames = film[0].packets, burnt[0].packets
    if abs(frames[0] - frames[1]) > max(_LOST_FRAMES, _LOST_SHARE * frames[0]):
        raise Problem(f"the burnt film has {frames[1]} frames, not {frames[0]}")
    for number, (before, after) in enumerate(zip(film, burnt, strict=True)):
        name = f"sound {number}" if number else "the picture"
        if number and before.packets != after.packets and before.codec not in DISC_PCM:
            raise Problem(
                f"{name} of the burnt film has {after.packets} packets, not {before.packets}"
            )
        # Without the same frames, their first and last are not the same either.
        if jumps or frames[0] != frames[1]:
            continue
        for at in ("first_us", "last_us"):
            times = [getattr(before, at), film[0].first_us, getattr(after, at), burnt[0].first_us]
            if None in times:
                continue
            off = (times[2] - times[3]) - (times[0] - times[1])
            if abs(off) > _OFF_US:
                edge = "begins" if at == "first_us" else "ends"
                raise Problem(f"{name} of the burnt film {edge} {off / 1000:.0f} ms off")
    return frames


def _name(codec: str) -> str:
    """The codec's name for comparison; all kinds of PCM are `pcm`, since discs' are repacked."""
    packed = codec in DISC_PCM or codec in ("pcm_s16le", "pcm_s24le")
    return "pcm" if packed else checks.in_mp4(codec)


def measured(
    film: str, streams: list[int], duration_ms: int, progress: Progress
) -> list[dict[str, Any]]:
    """`Row`s of the streams as plain JSON; runs in a child. Frames that an edit list
    hides do not count; sound that it hides is copied all the same."""
    with containers.opened(film) as container, containers.explained(film):
        chosen = [container.streams[index] for index in streams]
        bases = {s.index: Base(s.time_base) for s in chosen}
        times: dict[int, list[int | None]] = {s.index: [0, None, None] for s in chosen}
        timeless = set()
        for packet in containers.packets(container, chosen):
            index = packet.stream_index
            hidden = packet.is_discard and packet.stream.type == "video"
            if not packet.size or hidden:
                continue
            seen = times[index]
            seen[0] = (seen[0] or 0) + 1
            if packet.pts is None:
                timeless.add(index)
                continue
            now = bases[index].micro(packet.pts)
            seen[1] = now if seen[1] is None else min(seen[1], now)
            seen[2] = now if seen[2] is None else max(seen[2], now)
            progress(now / 1000, duration_ms)
        for index in timeless:
            times[index][1:] = [None, None]
        codecs = [s.codec_context.codec.canonical_name for s in chosen]
    rows = zip(codecs, times.values(), strict=True)
    return [asdict(Row(codec, seen[0] or 0, *seen[1:])) for codec, seen in rows]


def _measured(
    film: Path | str,
    streams: Sequence[int],
    duration_ms: int,
    limits: Limits,
    progress: Progress,
) -> list[Row]:
    rows = child_process.call(
        measured,
        {"film": str(film), "streams": list(streams), "duration_ms": duration_ms},
        seconds=limits.seconds(duration_ms),
        max_file_bytes=limits.max_file_bytes,
        progress=progress,
    )
    return [Row(**values) for values in rows]


class _FontMessages:
    """Collects the messages of libass on fonts, each once."""

    def __init__(self) -> None:
        self.fonts: dict[str, Any] = {}
        self.missing: dict[str, Any] = {}

    def parse(self, line: str) -> None:
        """Parse a line of ffmpeg's output."""
        match = re.match(r"\[Parsed_ass_0 @ \w+\] (.*)", line)
        if not match:
            return
        if chosen := re.match(r"fontselect: (\(.*\) -> .*)", match[1]):
            self.fonts[chosen[1]] = None
        elif re.match(r"fontselect: failed|Error|fontselect: Using default", match[1]):
            self.missing[match[1]] = None
