"""Every call of ffmpeg, and every opening of a media file. Media may be hostile.

A film is opened as a regular file, by an allow-listed container, over no protocol but `file`, in a
process of its own (`apart`), within `Limits`. Nothing here goes through a shell or a filter's text.
"""

import errno
import io
import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import cache, partial
from itertools import islice
from pathlib import Path
from queue import Queue
from typing import IO, TYPE_CHECKING, Any

from lineage import terminal
from lineage.problem import Problem
from subtitling.documents import Stream
from subtitling.media import matroska
from subtitling.media.clock import Base, Clock
from subtitling.runtime import child_process

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

# Containers that hold what they play. Playlists and scripts (hls, dash, concat, image sequences,
# sdp, imf) would make the demuxer open other files or addresses, so they are left out.
CONTAINERS = (
    "aac,ac3,aiff,amr,asf,avi,caf,dts,dv,eac3,flac,flv,gxf,ivf,m4v,matroska,webm,mov,mp4,m4a,3gp,"
    "3g2,mj2,mp3,mpeg,mpegts,mpegvideo,mxf,nut,ogg,rm,w64,wav"
)
# genpts: AVI and the like store no presentation times, which other containers need.
# enable_drefs: a QuickTime track may claim to lie in another file; off is ffmpeg's default.
_INPUT = {"protocol_whitelist": "file", "fflags": "+genpts"}
_OUTPUT = {"fflags": "+bitexact", "strict": "experimental"}
_MAY_JUMP = frozenset({"mpegts", "mpeg"})
SPEECH_RATE = 16_000
WINDOW_MS = 30_000  # what Whisper hears at once
_SAMPLE_BYTES = 4
_HDR = {16: "pq", 18: "hlg"}  # ITU-T H.273, transfer characteristics
_ADTS_KIND = 0x3DC0  # the bits of rate and channels in its third and fourth byte
_COVER = 1024  # of dispositions: attached_pic
_PROGRESS_EVERY = 1000  # packets
_MOST_OBLONG, _PACKETS_TO_A_FRAME = 4, 100
MESSAGES_KEPT = 100
_CANCELLED = 0.1  # of the power of a stereo sound's louder side: 10 dB less than that in the mean
_LEAD_S = 10  # before 0 of the film's clock, since NUT has no times below its own
_INAUDIBLE = 2.0**-12  # of full scale: what no sample of a silent track is above, -72 dB
_TOO_LONG_MS = 500  # what a sound that lasts longer than its last packet has in excess

# What a file that names other files looks like in its first bytes.
_PLAYLISTS = {
    "an HLS playlist": rb"#EXTM3U",
    "an ffconcat script": rb"ffconcat version",
    "a DASH or IMF manifest": rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(MPD|CompositionPlaylist)\b",
    "an SDP session": rb"v=0\r?\no=",
    "a playlist": rb"\[playlist\]",
    "a page or document, as HTML or XML": rb"(?i)<(!doctype|html|\?xml|asx|smil)\b",
    "an AviSynth script": rb"(?i)(avisource|directshowsource|import)\s*\(",
}

LEAST = (5, 1)  # of ffmpeg: -fps_mode came with it

# (what, where it was read, first fixed version): vulnerabilities in what is used of ffmpeg.
_HOLES = (
    ("CVE-2026-40962, a write out of bounds in the MP4 reader", "app.opencve.io", (8, 1)),
    ("CVE-2026-8461, a write out of bounds in the MagicYUV decoder", "opencv-python 1249",
     (8, 1, 2)),
)  # fmt: skip

# What is written of a new film at once, and how many of those may wait for the disk.
_BLOCK_BYTES, _BLOCKS_BEHIND = 1 << 20, 32
_LOOK_AGAIN_S = 0.01

_NO_ROOM = (errno.EFBIG, errno.ENOSPC, errno.EDQUOT)
TOO_LARGE = "the file grew over limits.max_output_gb"

Progress = Callable[[float, float], None]
_command_recorder: ContextVar[Callable[[str], None] | None] = ContextVar(
    "_command_recorder", default=None
)


class NoSound(Problem):
    """A track of which nothing can be heard; another one may do."""


@dataclass(frozen=True)
class Limits:
    """Limits above which a film is refused; the configuration's section `limits`."""

    max_streams: int
    max_width_px: int
    max_height_px: int
    max_duration_h: float
    max_output_gb: float
    time_factor: float
    min_run_s: float

    def seconds(self, duration_ms: int) -> float:
        """How long one run over a film of this length may take."""
        return max(self.min_run_s, self.time_factor * duration_ms / 1000)

    @property
    def max_file_bytes(self) -> int:
        """The largest file that a run may write."""
        return round(self.max_output_gb * 1e9)


@dataclass(frozen=True)
class Probe:
    """Facts of a film, read to its end. `duration_ms` is how long it plays, `claimed_ms` what its
    head says of that. `start_us` is where its clock begins, in its own timestamps; `jumps` how
    often its timestamps are reset midway (recordings, joined broadcasts)."""

    container: str
    duration_ms: int
    claimed_ms: int
    frame_rate: float | None
    start_us: int
    jumps: int
    streams: tuple[Stream, ...]
    structure: tuple[str, ...] = ()


@cache
def ffmpeg() -> str:
    """The ffmpeg that the environment variable IMAGEIO_FFMPEG_EXE names; else the one that the
    imageio-ffmpeg wheel carries, or the one on the PATH where that is newer, or the only one.

    Problem where there is none.
    """
    if asked := os.environ.get("IMAGEIO_FFMPEG_EXE"):
        return asked
    there = [path for path in (_carried(), shutil.which("ffmpeg")) if path]
    if not there:
        raise Problem("there is no ffmpeg: install imageio-ffmpeg, which carries one")
    return max(there, key=lambda path: version(_build(path)) or (0,))


def _carried() -> str | None:
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:  # the wheel for this platform carries none
        return None


def _build(path: str) -> str:
    done = subprocess.run([path, "-version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0].partition(" Copyright")[0]


@cache
def ffmpeg_build() -> str:
    """The first line of `ffmpeg -version`, without the copyright."""
    return _build(ffmpeg())


def version(build: str) -> tuple[int, ...] | None:
    """The version in `ffmpeg version n7.0.2-static`, (7, 0, 2); None for builds that are numbered
    by their commits."""
    number = re.match(r"ffmpeg version n?(\d+(?:\.\d+)*)", build)
    return tuple(map(int, number[1].split("."))) if number else None


def too_old(build: str) -> str | None:
    """Advice for an ffmpeg that lacks options that are used here; None for others."""
    number = version(build)
    if number is None or number >= LEAST:
        return None
    least = ".".join(map(str, LEAST))
    return (
        f"{ffmpeg()} is {build}, older than {least}: install imageio-ffmpeg, which carries a newer "
        f"one, or put a newer one on the PATH"
    )


def library_build() -> str:
    """The FFmpeg that PyAV carries."""
    import av

    return f"ffmpeg version {av.ffmpeg_version_info}"


def known_holes(build: str) -> list[str]:
    """Warnings for a build that is older than the fix of a vulnerability in what is used here.

    `build` starts `ffmpeg version 7.0.2`; one with no such number (git builds) gives none.
    """
    number = version(build)
    if number is None:
        return []
    return [
        f"ffmpeg {'.'.join(map(str, number))} has {what} (read at {where}): for films of strangers "
        f"install {'.'.join(map(str, good))} or later and put it on the PATH"
        for what, where, good in _HOLES
        if number < good
    ]


def source(path: Path | str, demuxer: str | None = None) -> list[str]:
    """Arguments with which ffmpeg reads `path` safely; `demuxer` forces a format, e.g. srt."""
    options = [word for key, value in _INPUT.items() for word in (f"-{key}", value)]
    kind = ["-f", demuxer] if demuxer else ["-format_whitelist", CONTAINERS]
    return [*options, *kind, "-i", url(path)]


def url(path: Path | str) -> str:
    """`path` as ffmpeg must be given it: never taken for an option, a protocol or a pattern."""
    return f"file:{Path(path).absolute()}"


@contextmanager
def recorded(note: Callable[..., None]) -> Iterator[None]:
    """Record every ffmpeg command that is run meanwhile, at once: `note(ffmpeg=[...])`."""
    commands: list[str] = []

    def record(command: str) -> None:
        commands.append(command)
        note(ffmpeg=list(commands))

    token = _command_recorder.set(record)
    try:
        yield
    finally:
        _command_recorder.reset(token)


def command_line(arguments: Sequence[str], here: Path) -> str:
    """The command as typed in the folder `here`: paths below that folder are relative to it, and
    the program is called by its name."""
    below = f"file:{here}/"
    return shlex.join(
        [
            "ffmpeg",
            *(f"file:{a.removeprefix(below)}" if a.startswith(below) else a for a in arguments),
        ]
    )


def run(
    arguments: Sequence[str],
    duration_ms: int = 0,
    progress: Progress | None = None,
    limits: Limits | None = None,
    *,
    folder: Path | None = None,
    listen: Callable[[str], None] | None = None,
    fed_by: Sequence[str] = (),
) -> list[str]:
    """Run ffmpeg to its end, in `folder`, and return its warnings, at most the last
    `MESSAGES_KEPT`; `listen` is given every line that it says. `fed_by` are the arguments of
    another ffmpeg, whose output this one reads as `pipe:0`; its warnings come first, for `listen`
    at the end.

    Problem for a failure, in ffmpeg's words, and for a run over its limits.
    """
    command = [*_command(), "-progress", "pipe:1", *arguments]
    feeding = [*_command(), *fed_by] if fed_by else []
    log.debug("%s | %s", feeding, command)
    if record := _command_recorder.get():
        commands = filter(None, (feeding[1:], command[1:]))
        record(" | ".join(command_line(words, Path.cwd()) for words in commands))
    said: deque[str] = deque(maxlen=MESSAGES_KEPT)
    seconds = limits.seconds(duration_ms) if limits else child_process.FOREVER_S
    with (
        _fed(feeding, folder, said, listen) as feeder,
        subprocess.Popen(
            command,
            stdin=feeder.stdout if feeder else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            **_surroundings(folder, limits),
        ) as process,
        child_process.TimeLimit(process, seconds) as limit,
    ):
        if feeder and feeder.stdout:
            feeder.stdout.close()  # so that the feeder ends when this one does
        assert process.stdout
        for line in process.stdout:
            done = re.match(r"(\w+)=\s*(\S+)\s*$", line)
            if done is None:
                said.append(line.strip())
                if listen:
                    listen(line.strip())
                log.debug("ffmpeg: %s", line.rstrip())
            elif done[1] == "out_time_us" and done[2].isdigit() and progress:
                progress(int(done[2]) / 1000, duration_ms)
        process.wait()
    if limit.passed:
        raise Problem(f"ffmpeg was not done after {seconds:.0f} s; {child_process.LIFT_TIME}")
    _check_ended(process.returncode, list(said))
    if feeder:
        _check_ended(feeder.returncode, list(said))
    return list(said)


def _command() -> list[str]:
    return [ffmpeg(), "-nostdin", "-hide_banner", "-y", "-loglevel", "warning", "-nostats"]


def _surroundings(folder: Path | None, limits: Limits | None) -> dict[str, Any]:
    """Folder, environment and limits of an ffmpeg process, as arguments of `Popen`."""

    def start() -> None:
        child_process.dies_with_parent()
        if limits:
            child_process.limit_files(limits.max_file_bytes)

    # A static ffmpeg crashes when it loads the host's character sets, as it does for the names of a
    # broadcast (mpegts); finding none, it leaves the names as they are.
    surroundings = child_process.environment() | {"GCONV_PATH": os.devnull}
    return {"cwd": folder, "env": surroundings, "preexec_fn": start}


@contextmanager
def _fed(
    command: Sequence[str],
    folder: Path | None,
    said: deque[str],
    listen: Callable[[str], None] | None,
) -> "Iterator[subprocess.Popen[bytes] | None]":
    """The process that feeds another one, where there is a command for it; what it says goes to
    `said`, before the other's words, and to `listen`, when both are over."""
    if not command:
        yield None
        return
    with tempfile.TemporaryFile() as words:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            **_surroundings(folder, None),
        ) as feeder:
            yield feeder
        words.seek(0)
        lines = words.read().decode("utf-8", "replace").splitlines()
        if listen:
            for line in lines:
                listen(line)
        said.extendleft(reversed(lines[-(MESSAGES_KEPT - len(said)) :]))


def _check_ended(status: int, said: Sequence[str]) -> None:
    """Problem for an ffmpeg that failed, in the last of its words."""
    if not status:
        return
    reason = "; ".join(said[-4:]) or f"exit status {status}"
    if "File too large" in reason or status == -signal.SIGXFSZ:
        reason = f"{reason}; {TOO_LARGE}"
    raise Problem(f"ffmpeg failed: {reason}")


def kind_by_content(head: bytes) -> str | None:
    """The kind of a file that only points to media, or is text; None for what may be a film."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for name, pattern in _PLAYLISTS.items():
        if re.match(pattern, text, re.DOTALL):
            return name
    return None


def check_file(path: Path | str) -> None:
    """Problem unless this is a regular, readable file that holds media, by its first bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise Problem(f"{str(path)!a}: the name is no UTF-8 text; rename the file") from None
    if not Path(path).is_file():
        raise Problem(f"{path}: no regular file; give the film itself")
    with Path(path).open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Problem(f"{path}: the file is empty; was it copied to its end?")
    if name := kind_by_content(head):
        raise Problem(f"{path}: this is {name}, not a film; give the film that it names")


@contextmanager
def opened(path: Path | str, demuxer: str | None = None) -> Iterator[Any]:
    """A PyAV container, closed at the end. Problem for what is no film, or of a format not allowed.

    `demuxer` forces a format for generated files, e.g. srt.
    """
    import av

    check_file(path)
    options = {**_INPUT} if demuxer else {**_INPUT, "format_whitelist": CONTAINERS}
    with explained(path):
        container = av.open(url(path), format=demuxer, options=options, metadata_errors="replace")
    with container:
        yield container


def packets(container: Any, streams: Any) -> Iterator[Any]:
    """The packets of one stream or of several, to the end of the film.

    Where further streams appear midway, as broadcasts have them, PyAV stumbles over those when all
    is read.
    """
    with suppress(IndexError):
        yield from container.demux(streams)


@contextmanager
def created(path: Path | str, muxer: str) -> Iterator[Any]:
    """A new PyAV container, finished at the end; its bytes depend on no clock or random number."""
    import av

    with (
        explained(path),
        closing(_WrittenBehind(path)) as file,
        av.open(file, "w", format=muxer, options=_OUTPUT, buffer_size=_BLOCK_BYTES) as container,
    ):
        yield container


@contextmanager
def nowhere(muxer: str) -> Iterator[Any]:
    """A new PyAV container that is thrown away, to see what it takes; errors are FFmpeg's own."""
    import av

    container = av.open(io.BytesIO(), "w", format=muxer, options=_OUTPUT)
    try:
        yield container
    finally:
        with suppress(av.error.FFmpegError, ValueError):
            container.close()  # what is unfinished may say so


@contextmanager
def growing(path: Path | str, demuxer: str, writing: Path | str) -> Iterator[Any]:
    """A PyAV container that is read to its end, never going back, while another process writes it.
    Both files are the caller's: `writing` is there as long as more may come."""
    import av

    with (
        explained(path),
        closing(_Growing(Path(path), Path(writing))) as file,
        av.open(
            file,
            format=demuxer,
            options={"fflags": _INPUT["fflags"]},
            buffer_size=_BLOCK_BYTES,
            metadata_errors="replace",
        ) as container,
    ):
        yield container


class _Growing:
    """A file that another process still writes. For PyAV, which takes what cannot `seek` for a
    stream."""

    def __init__(self, path: Path, writing: Path):
        self._writing = writing
        while not path.exists() and writing.exists():
            time.sleep(_LOOK_AGAIN_S)
        if not path.exists():
            raise Problem(f"{path} was never written")
        self._file = os.open(path, os.O_RDONLY)

    def read(self, size: int) -> bytes:
        """Read at most `size` bytes, waiting for them; none at the end."""
        while True:
            over = not self._writing.exists()  # asked first: then what is there is all there is
            if (data := os.read(self._file, size)) or over:
                return data
            time.sleep(_LOOK_AGAIN_S)

    def close(self) -> None:
        """Read no more."""
        os.close(self._file)


class _WrittenBehind:
    """A new file that a thread writes, some blocks behind: whoever muxes need not wait for the
    system to take in each of them, which costs as much as the muxing. For PyAV, in one thread.

    OSError from `write` and `close` where the file could not be written.
    """

    def __init__(self, path: Path | str):
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        self._at = self._end = 0
        self._error: OSError | None = None
        self._blocks: Queue[tuple[int, bytes] | None] = Queue(_BLOCKS_BEHIND)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def write(self, data: Any) -> int:
        """Take a block to be written where `seek` went, or behind the last one."""
        if self._error:
            raise self._error
        self._blocks.put((self._at, bytes(data)))
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go elsewhere in the file."""
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        """The offset of the next block."""
        return self._at

    def close(self) -> None:
        """Wait for the last block."""
        self._blocks.put(None)
        self._thread.join()
        os.close(self._file)
        if self._error:
            raise self._error

    def _work(self) -> None:
        while block := self._blocks.get():
            at, data = block[0], memoryview(block[1])
            try:
                while data and not self._error:
                    written = os.pwrite(self._file, data, at)
                    at, data = at + written, data[written:]
            except OSError as error:
                self._error = error


@contextmanager
def explained(path: Path | str) -> Iterator[None]:
    """Turn FFmpeg's errors into a Problem that says what to try."""
    import av

    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        reason = error.strerror or type(error).__name__
        if error.errno in _NO_ROOM:
            why = TOO_LARGE if error.errno == errno.EFBIG else "the disk is full"
            raise Problem(f"{path}: {reason} while writing; {why}") from error
        if not isinstance(error, av.error.FFmpegError):
            raise
        raise Problem(
            f"{path}: cannot be read as a film ({reason}). It may be damaged, cut short, or not "
            "a media file at all; try to play it, or copy it: ffmpeg -i FILM -c copy new.mkv"
        ) from error


def _stream_of(stream: dict[str, Any]) -> Stream:
    """A stream from the child process's JSON, whose lists become tuples."""
    return Stream(**{**stream, "marks": tuple(stream["marks"])})


def probe(film: Path | str, limits: Limits, progress: Progress | None = None) -> Probe:
    """Probe the film in a child process. Problem for what is no film or exceeds the limits."""
    check_file(film)
    answer = child_process.call(
        look,
        {"film": str(film)},
        seconds=limits.seconds(0),
        max_file_bytes=limits.max_file_bytes,
        progress=progress,
    )
    answer["streams"] = tuple(_stream_of(s) for s in answer["streams"])
    probed = Probe(**{**answer, "structure": tuple(answer["structure"])})
    check_limits(film, probed, limits)
    return probed


def look(film: str, progress: Progress) -> dict[str, Any]:
    """`Probe` as plain JSON; runs in the child."""
    with opened(film) as container:
        claimed = streams(container)
        length = duration_ms(container, claimed)
        reading = _Reading(container)
        with explained(film):
            reading.to_the_end(lambda ms: progress(ms, length))
        is_matroska = "matroska" in container.format.name
        unseen = matroska.hidden(film) if is_matroska else matroska.Hidden()
        seen = Probe(
            container=container.format.name,
            duration_ms=reading.ends_ms or length,
            claimed_ms=length,
            frame_rate=frame_rate(container, claimed),
            start_us=container.start_time or 0,
            jumps=reading.clock.jumps,
            streams=tuple(
                replace(
                    _as_shown(container, reading.completed(s)), tag=unseen.languages.get(s.index)
                )
                for s in claimed
            ),
            structure=tuple(unseen.structure),
        )
    return asdict(seen)


def _as_shown(container: Any, stream: Stream) -> Stream:
    """The stream with the size that its picture is shown in."""
    if stream.kind != "video" or not stream.width or not stream.height:
        return stream
    pixel = container.streams[stream.index].sample_aspect_ratio or 1
    width, height = shown(stream.width, stream.height, pixel, _rotation(container, stream.index))
    return replace(stream, shown_width=width, shown_height=height)


def shown(width: int, height: int, pixel: Fraction | int, turned: int) -> tuple[int, int]:
    """How large a picture is shown: `pixel` is how wide a pixel is for its height, `turned` by how
    many degrees the picture is turned. A pixel that no screen has is taken for a square."""
    wide = round(width * pixel) if 1 / _MOST_OBLONG <= pixel <= _MOST_OBLONG else width
    return (height, wide) if turned % 180 == 90 else (wide, height)


def _rotation(container: Any, index: int) -> int:
    """By how many degrees a player turns the picture, as its first frame says; 0 where none of the
    first packets gives a frame."""
    import av

    with suppress(av.error.FFmpegError):
        container.seek(0)  # it may have been read to its end
        for packet in islice(packets(container, container.streams[index]), _PACKETS_TO_A_FRAME):
            for frame in packet.decode():
                return int(frame.rotation)
    return 0


def may_jump(container: str) -> bool:
    """Whether the format allows its timestamps to be reset midway."""
    return container in _MAY_JUMP


class _Reading:
    """Facts of a film's pictures and sounds that only reading it to its end gives."""

    def __init__(self, container: Any):
        self._played = [s for s in container.streams if s.type in ("video", "audio")]
        self._container = container
        self.clock = Clock(container.start_time or 0, may_jump=may_jump(container.format.name))
        self._packets = {s.index: 0 for s in self._played}
        self._ends_us: dict[int, int] = {}
        # The head of a broadcast does not say what a sound is that begins later.
        self._unknown = {s.index for s in self._played if not _is_known(s.codec_context)}

        # AAC of a broadcast says in each packet what it is; elsewhere, once for all.
        self._adts = {s.index for s in self._played if _is_adts(s)}
        self._kinds: dict[int, set[int]] = {index: set() for index in self._adts}

    def to_the_end(self, progress: Callable[[float], None]) -> None:
        """Read all of it."""
        bases = {s.index: Base(s.time_base) for s in self._played}
        ends_us, counts = self._ends_us, self._packets
        reading = packets(self._container, self._played)
        for count, packet in enumerate(reading if counts else ()):
            if not packet.size:
                continue
            index = packet.stream_index
            counts[index] += 1
            time = packet.pts if packet.dts is None else packet.dts
            if time is not None:
                base = bases[index]
                here = base.micro(time)
                moved = self.clock.place(index, here) - here
                shown = time if packet.pts is None else packet.pts
                end = base.micro(shown + (packet.duration or 0)) + moved
                if end > ends_us.get(index, 0):
                    ends_us[index] = end
            if index in self._unknown:
                self._decode(packet)
            if index in self._adts:
                head = bytes(memoryview(packet)[:4])
                if head[:1] == b"\xff":
                    # Rate and channels, ISO/IEC 13818-7, 6.2.1.
                    self._kinds[index].add(int.from_bytes(head[2:], "big") & _ADTS_KIND)
            if count % _PROGRESS_EVERY == 0:
                progress(max(ends_us.values(), default=0) / 1000)

    def _decode(self, packet: Any) -> None:
        import av

        # Broken packets are nothing new at the beginning of a broadcast; the next may do.
        with suppress(av.error.FFmpegError):
            packet.decode()
        if _is_known(packet.stream.codec_context):
            self._unknown.discard(packet.stream_index)

    @property
    def ends_ms(self) -> int:
        """The end of the last picture or sound on the film's clock; 0 if no packet has a time."""
        covers = {s.index for s in self._played if s.disposition.value & _COVER}
        ends_us = [end for index, end in self._ends_us.items() if index not in covers]
        return max(ends_us, default=0) // 1000

    def completed(self, stream: Stream) -> Stream:
        """The stream with what was read of it."""
        if stream.index not in self._packets:
            return stream
        end_us = self._ends_us.get(stream.index)
        shape = _shape(self._container.streams[stream.index].codec_context, stream.kind)
        return replace(
            stream,
            **shape,
            packets=self._packets[stream.index],
            end_ms=None if end_us is None else end_us // 1000,
            varies=len(self._kinds.get(stream.index, ())) > 1,
        )


def _is_adts(stream: Any) -> bool:
    return bool(
        stream.type == "audio"
        and stream.codec_context
        and stream.codec_context.codec.canonical_name == "aac"
        and not stream.codec_context.extradata
    )


def _is_known(context: Any) -> bool:
    """Whether the format of a stream's samples or pictures is known."""
    if context is None:
        return True  # no decoder will ever say
    if context.type == "audio":
        return bool(context.channels and context.sample_rate)
    return bool(context.width and context.height)


def _shape(context: Any, kind: str) -> dict[str, Any]:
    """The format of a sound's samples, or the size of a picture."""
    if context is None:
        return {}
    if kind != "audio":
        return {"width": context.width, "height": context.height}
    return {
        "channels": context.channels,
        "sample_rate": context.sample_rate,
        "layout": context.layout.name,
        "samples": context.format.name if context.format else None,
    }


def check_limits(film: Path | str, probed: Probe, limits: Limits) -> None:
    """Problem where a limit is exceeded; it names the value, the limit and its key."""
    if len(probed.streams) > limits.max_streams:
        raise Problem(
            f"{film}: {len(probed.streams)} streams; limits.max_streams is {limits.max_streams}"
        )
    if probed.duration_ms > limits.max_duration_h * 3_600_000:
        raise Problem(
            f"{film}: {probed.duration_ms / 3_600_000:.1f} hours long; limits.max_duration_h is "
            f"{limits.max_duration_h:g}"
        )
    for stream in probed.streams:
        width, height = stream.width or 0, stream.height or 0
        if width > limits.max_width_px or height > limits.max_height_px:
            raise Problem(
                f"{film}: stream {stream.index} is {width} x {height} pixels; "
                f"limits.max_width_px and limits.max_height_px are {limits.max_width_px} and "
                f"{limits.max_height_px}"
            )


def streams(container: Any) -> tuple[Stream, ...]:
    """Every stream of an open container; times from the start of the earliest stream."""
    start = container.start_time or 0
    return tuple(_stream(stream, start) for stream in container.streams)


def _stream(stream: Any, container_start_us: int) -> Stream:
    context: Any = getattr(stream, "codec_context", None)
    marks = stream.disposition.name or ""
    kind = "cover" if "attached_pic" in marks else stream.type or "unknown"
    base = stream.time_base
    start = stream.start_time * base if stream.start_time is not None and base else None
    duration = stream.duration * base if stream.duration and base else None
    return Stream(
        index=stream.index,
        kind=kind,
        codec=context.codec.canonical_name if context else "unknown",
        language=_tag(stream, "language"),
        title=_tag(stream, "title"),
        default="default" in marks,
        start_ms=0 if start is None else round(start * 1000 - container_start_us / 1000),
        duration_ms=None if duration is None else round(duration * 1000),
        **(_shape(context, kind) if kind in ("audio", "video", "cover") else {}),
        marks=tuple(marks.split("|")) if marks else (),
        hdr=_HDR.get(context.color_trc) if context and kind == "video" else None,
    )


def _tag(stream: Any, name: str) -> str | None:
    """A tag of a stream, as far as anybody reads: it goes into every record of the film."""
    tag = said_of(stream).get(name)
    return None if tag is None else terminal.cut(tag)


def said_of(stream: Any) -> dict[str, str]:
    """A stream's tags; those that are used here by their names in small letters. To FFmpeg, and to
    players, `TITLE` is the same as `title`."""
    names = {"language", "title", "filename"}
    return {k.lower() if k.lower() in names else k: v for k, v in stream.metadata.items()}


def duration_ms(container: Any, all_streams: Sequence[Stream]) -> int:
    """How long the film plays: what its container says, or its longest stream."""
    if container.duration:
        length, start = int(container.duration), container.start_time or 0
        # Matroska's counts from its clock's zero, wherever the film begins on it.
        late = start if "matroska" in container.format.name and 0 < start < length else 0
        return (length - late) // 1000
    return max((stream.start_ms + (stream.duration_ms or 0) for stream in all_streams), default=0)


def frame_rate(container: Any, all_streams: Sequence[Stream]) -> float | None:
    """Frames a second of the first moving picture; None for sound alone."""
    for stream in all_streams:
        if stream.kind == "video":
            rate = container.streams[stream.index].average_rate
            return float(rate) if rate else None
    return None


def extract_audio(
    film: Path | str,
    probed: Probe,
    track: Stream,
    flac: Path | str,
    limits: Limits,
    progress: Progress,
    mixed: Sequence[str] | None = None,
) -> int:
    """Write `track` to `flac` at its own rate, at most stereo. Returns its length in ms. `mixed`
    are ffmpeg's arguments that choose among its channels, in place of mixing them.

    The file begins at 0 of the film's clock: sound that starts late is led in by silence, what is
    before 0 is cut off, and holes in the timestamps become silence, so that a second in the file
    is the same second of the film.
    """
    made = Path(flac).with_name(f".{Path(flac).name}.partial")
    rate = track.sample_rate or 48_000
    # With the film's own timestamps nothing depends on what another ffmpeg holds for its start.
    # Only where they jump must ffmpeg mend them, which it does from a clock that begins at 0.
    own_clock = [] if probed.jumps else ["-copyts"]
    start_us = 0 if probed.jumps else probed.start_us
    # In two steps: where a sound changes its channels or its rate midway, ffmpeg sets up its
    # filters again, and the one that fills up with silence would restart from 0.
    decoded = [
        *own_clock, *source(film), "-map", f"0:{track.index}", "-vn", "-sn", "-dn",
        "-map_metadata", "-1", *(mixed or _mixed(track)), "-ar", str(rate), "-c:a", _stored(track),
        "-output_ts_offset", f"{_LEAD_S - start_us / 1_000_000:.6f}", "-f", "nut", "pipe:1",
    ]  # fmt: skip
    timed = ["-af", f"aresample={rate}:async=1:first_pts={_LEAD_S * rate}"]
    coded = ["-c:a", "flac", "-fflags", "+bitexact", "-f", "flac"]
    piped = ["-copyts", "-protocol_whitelist", "pipe", "-f", "nut", "-i", "pipe:0"]
    try:
        try:
            run(
                [*piped, *timed, *coded, url(made)], probed.duration_ms, progress, limits,
                fed_by=decoded, listen=partial(_tell_of_latecomer, film),
            )  # fmt: skip
        except Problem as problem:
            if made.exists():
                raise
            # The second ffmpeg opens its output when the first has decoded something.
            raise NoSound(
                f"nothing of audio stream {track.index} ({track.codec}) can be decoded: was the "
                f"film copied to its end? Or choose another track (demux.audio_track); {problem}"
            ) from problem
        with opened(made) as container:
            length = duration_ms(container, streams(container))
        if length <= 0:
            raise NoSound(f"audio stream {track.index} holds no sound; choose another track")
        if length > limits.max_duration_h * 3_600_000:
            raise Problem(
                f"{film}: audio track {track.index} claims {length / 3_600_000:.1f} hours; "
                f"limits.max_duration_h is {limits.max_duration_h:g}"
            )
        if track.end_ms is not None and length > track.end_ms + _TOO_LONG_MS:
            raise Problem(
                f"{film}: audio track {track.index} ends at {track.end_ms / 1000:.1f} s, but came "
                f"out {length / 1000:.1f} s long, so that its cues would be late. Its timestamps "
                "are damaged: mend them first, e.g. with ffmpeg -i FILM -c copy new.mkv, or choose "
                "another track (demux.audio_track)"
            )
        made.replace(flac)
    finally:
        made.unlink(missing_ok=True)
    return length


def _tell_of_latecomer(film: Path | str, line: str) -> None:
    """Warn of a stream that ffmpeg saw begin after the film was opened, as broadcasts have them:
    nothing else notices it."""
    if new := re.search(r"New (\w+) stream .*DTS:\s*([\d.]+)s", line):
        log.warning(
            "%s: a further %s stream begins at %s s of its own clock; it is neither heard nor in "
            "the muxed film. To have it, make the film anew: ffmpeg -probesize 2G -analyzeduration "
            "2G -i FILM -map 0 -c copy new.mkv", film, new[1], new[2],
        )  # fmt: skip


def _mixed(track: Stream) -> list[str]:
    """ffmpeg's arguments that make at most stereo of a track. Not known to have one channel, it
    may come to have more; channels of unknown position are mixed equally."""
    layout, channels = track.layout or "", track.channels or 0
    if layout.startswith("ambisonic"):
        return ["-af", "pan=mono|c0=c0"]  # its first channel hears all round
    if re.fullmatch(r"\d+ channels", layout) and channels > 2:
        weight = f"{channels**-0.5:.4f}"  # what one of them says is heard, and all do not clip much
        return ["-af", f"pan=mono|c0={'+'.join(f'{weight}*c{n}' for n in range(channels))}"]
    return ["-ac", "1" if channels == 1 else "2"]


def _stored(track: Stream) -> str:
    """The PCM that holds a decoder's samples as they are."""
    whole = {"s16": "pcm_s16le", "u8": "pcm_s16le", "s32": "pcm_s32le"}
    return whole.get((track.samples or "").removesuffix("p"), "pcm_f32le")


def decoding_errors(film: Path | str, seconds: int, limits: Limits) -> list[str]:
    """ffmpeg's errors when it plays the first `seconds`; empty when there are none, and for 0
    seconds."""
    if not seconds:
        return []
    played = ["-map", "0:v:0?", "-map", "0:a?", "-sn", "-dn", "-fps_mode", "passthrough"]
    try:
        said = run(
            ["-loglevel", "repeat+error", "-t", str(seconds), *source(film), *played,
             "-f", "null", "-"],
            seconds * 1000, None, limits,
        )  # fmt: skip
    except Problem as problem:
        return [str(problem)]
    # The null muxer minds how frame times are rounded, which no player does.
    return [line for line in said if not line.startswith("[null @")]


class Sound:
    """Sound as recognisers want it: mono float32 in [-1, 1] at 16 kHz.

    `sound[a:b]` reads those samples, shape (samples,); `len` counts all. They lie in a file without
    a name, which goes when this does: three hours take 700 MB on disk and none in memory.
    """

    def __init__(self, file: IO[bytes]):
        self._file = file
        self._length = os.fstat(file.fileno()).st_size // _SAMPLE_BYTES

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, wanted: slice) -> "np.ndarray[Any, Any]":
        import numpy as np

        start, stop, step = wanted.indices(self._length)
        if step != 1:
            raise ValueError("sound is read sample by sample")
        size = max(0, stop - start) * _SAMPLE_BYTES
        data = os.pread(self._file.fileno(), size, start * _SAMPLE_BYTES)
        samples: np.ndarray[Any, Any] = np.frombuffer(data, np.float32).copy()
        return samples

    def __del__(self) -> None:
        self._file.close()

    @property
    def duration_ms(self) -> int:
        """Its length in ms."""
        return self._length * 1000 // SPEECH_RATE


def read_speech_audio(flac: Path | str, *, apart: bool = False) -> Sound:
    """The sound of a file, decoded once. The samples lie in the system's folder of temporary files
    (`TMPDIR`). Where its two channels are heard `apart`, they come one after the other, each in
    half of the sound: the second begins a window of silence and more after the first one's end."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the sound keeps it open
    half = 0
    for number, channel in enumerate((0, 1) if apart else (None,), 1):
        for block in speech_blocks(flac, channel):
            file.write(block.data)
        if apart:
            half = half or _half_of(file.tell() // _SAMPLE_BYTES)
            file.truncate(file.seek(number * half * _SAMPLE_BYTES))
    file.flush()
    return Sound(file)


def _half_of(samples: int) -> int:
    """The samples of half a sound whose channels are apart, of which each has so many: whole
    seconds, with more silence than any recogniser hears at once."""
    seconds = -(-samples // SPEECH_RATE) + 2 * WINDOW_MS // 1000
    return seconds * SPEECH_RATE


@dataclass(frozen=True)
class SoundFormat:
    """How a FLAC file holds its samples: `s16`, or `s32` with 24 bits."""

    rate: int
    channels: int
    kind: str

    @property
    def full_scale(self) -> int:
        """The number that 1.0 is."""
        return 1 << (15 if self.kind == "s16" else 31)


def sound_format(flac: Path | str) -> SoundFormat:
    """The format of a file that `extract_audio` wrote."""
    with opened(flac) as container:
        context = container.streams.audio[0].codec_context
        return SoundFormat(context.sample_rate, context.channels, context.format.packed.name)


def length_ms(flac: Path | str) -> int:
    """The length of a file that `extract_audio` wrote."""
    with opened(flac) as container:
        return duration_ms(container, streams(container))


def sound_blocks(flac: Path | str) -> "Iterator[np.ndarray[Any, Any]]":
    """The samples as they are stored, a frame of the file at a time: integers of its format, shape
    (channels, samples)."""
    with opened(flac) as container:
        for frame in container.decode(audio=0):
            block = frame.to_ndarray()
            packed = not frame.format.is_planar
            yield block.reshape(-1, frame.layout.nb_channels).T if packed else block


def is_silent(flac: Path | str) -> bool:
    """Whether nothing at all can be heard in a file that `extract_audio` wrote: read as far as its
    first sound."""
    import numpy as np

    most = _INAUDIBLE * sound_format(flac).full_scale
    return not any(np.any(block > most) or np.any(block < -most) for block in sound_blocks(flac))


def speech_blocks(flac: Path | str, channel: int | None = None) -> "Iterator[np.ndarray[Any, Any]]":
    """The sound of `read_speech_audio` in parts, shape (samples,), about a second each.

    Of stereo it is the mean of both; where they cancel each other out, as those of opposite phase
    do, the louder one, which is what a listener hears. Or it is one `channel` alone, 0 or 1.
    """
    import av
    import numpy as np

    def resampler(layout: str) -> Any:
        return av.AudioResampler(
            format="flt", layout=layout, rate=SPEECH_RATE, frame_size=SPEECH_RATE
        )

    with opened(flac) as container:
        mono, each = resampler("mono"), resampler("stereo")
        stereo = container.streams.audio[0].codec_context.channels == 2
        for frame in _and_none(container):
            whole = mono.resample(frame)
            sides = each.resample(frame) if stereo else [None] * len(whole)
            for mixed, both in zip(whole, sides, strict=True):
                block = mixed.to_ndarray().reshape(-1)
                if both is None:
                    yield block
                    continue
                pair = both.to_ndarray().reshape(-1, 2)
                alone = None if channel is None else np.ascontiguousarray(pair[:, channel])
                yield louder(block, pair) if alone is None else alone


def _and_none(container: Any) -> Iterator[Any]:
    """The frames of a sound, and the None that has a resampler give out its rest."""
    yield from container.decode(audio=0)
    yield None


def louder(mixed: "np.ndarray[Any, Any]", sides: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """`mixed`, shape (samples,), unless little is left there of what its two `sides`, shape
    (samples, 2), hold; then the louder of these."""
    import numpy as np

    power = np.square(sides, dtype=np.float64).mean(axis=0)
    if np.square(mixed, dtype=np.float64).mean() >= _CANCELLED * power.max():
        return mixed
    loudest: np.ndarray[Any, Any] = np.ascontiguousarray(sides[:, power.argmax()])
    return loudest


@contextmanager
def writing_sound(
    path: Path | str, form: SoundFormat
) -> "Iterator[Callable[[np.ndarray[Any, Any]], None]]":
    """A FLAC file in a format, there once all is written. Gives what writes a block: integers of
    the format, shape (channels, samples)."""
    import av
    import numpy as np

    partial = Path(path).with_name(f".{Path(path).name}.partial")
    layout = {1: "mono", 2: "stereo"}[form.channels]
    try:
        with created(partial, "flac") as container:
            stream = container.add_stream("flac", rate=form.rate, layout=layout, format=form.kind)
            stream.codec_context.flags |= av.codec.context.Flags.bitexact

            def write(block: "np.ndarray[Any, Any]") -> None:
                if block.shape[1]:
                    packed = np.ascontiguousarray(block.T).reshape(1, -1)
                    frame = av.AudioFrame.from_ndarray(packed, format=form.kind, layout=layout)
                    frame.sample_rate = form.rate
                    container.mux(stream.encode(frame))

            yield write
            container.mux(stream.encode(None))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
