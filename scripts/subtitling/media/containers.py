"""Open containers: to read, to write, and to read while they are written."""

import errno
import io
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from queue import Queue
from typing import Any

from lineage.problem import Problem

# Containers that hold their media themselves. Playlists and scripts (hls, dash, concat, image
# sequences, sdp, imf) would make the demuxer open other files or addresses, so they are left out.
CONTAINERS = (
    "aac,ac3,aiff,amr,asf,au,avi,caf,dts,dv,eac3,flac,flv,gxf,ivf,m4v,matroska,webm,mov,mp4,m4a,"
    "3gp,3g2,mj2,mp3,mpeg,mpegts,mpegvideo,mxf,nut,ogg,rm,tta,w64,wav,wtv"
)

# genpts: AVI and the like store no presentation times, which other containers need.
# enable_drefs: a QuickTime track may claim to lie in another file; off is ffmpeg's default.
INPUT_OPTIONS = {"protocol_whitelist": "file", "fflags": "+genpts"}

_OUTPUT = {"fflags": "+bitexact", "strict": "experimental"}

# The first bytes of files that only name other files.
_PLAYLISTS = {
    "an HLS playlist": rb"#EXTM3U",
    "an ffconcat script": rb"ffconcat version",
    "a DASH or IMF manifest": rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(MPD|CompositionPlaylist)\b",
    "an SDP session": rb"v=0\r?\no=",
    "a playlist": rb"\[playlist\]",
    "a page or document, as HTML or XML": rb"(?i)<(!doctype|html|\?xml|asx|smil)\b",
    "an AviSynth script": rb"(?i)(avisource|directshowsource|import)\s*\(",
}

# The size of a written block of a new film, and how many blocks may wait for the disk.
_BLOCK_BYTES, _BLOCKS_BEHIND = 1 << 20, 32

_LOOK_AGAIN_S = 0.01
_NO_ROOM = (errno.EFBIG, errno.ENOSPC, errno.EDQUOT)
TOO_LARGE = "the file grew over limits.max_output_gb"


def url(path: Path | str) -> str:
    """`path` in the form that ffmpeg cannot mistake for an option, a protocol or a pattern."""
    return f"file:{Path(path).absolute()}"


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
        raise Problem(f"{str(path)!a}: the name is not UTF-8 text; rename the file") from None
    if not Path(path).is_file():
        raise Problem(f"{path}: not a regular file; give the film itself")
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
    options = {**INPUT_OPTIONS} if demuxer else {**INPUT_OPTIONS, "format_whitelist": CONTAINERS}
    with explained(path):
        try:
            container = av.open(
                url(path), format=demuxer, options=options, metadata_errors="replace"
            )
        except av.error.ArgumentError as error:  # FFmpeg's answer for a format not on the list
            raise Problem(
                f"{path}: cannot be read as a film: it is in none of the containers that are read "
                "here, or its header is damaged; copy it into one: ffmpeg -i FILM -c copy new.mkv"
            ) from error
    with container:
        yield container


def packets(container: Any, streams: Any) -> Iterator[Any]:
    """The packets of one stream or of several, to the end of the film.

    Reading all streams fails in PyAV where further streams appear midway, as in broadcasts.
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
    """A new PyAV container that is discarded, to test what it accepts; raises FFmpeg's own
    errors."""
    import av

    container = av.open(io.BytesIO(), "w", format=muxer, options=_OUTPUT)
    try:
        yield container
    finally:
        with suppress(av.error.FFmpegError, ValueError):
            container.close()  # an unfinished file may raise here


@contextmanager
def growing(path: Path | str, demuxer: str, writing: Path | str) -> Iterator[Any]:
    """A PyAV container that is read sequentially while another process writes it. The caller makes
    both files: `writing` exists as long as the container may grow."""
    import av

    with (
        explained(path),
        closing(_Growing(Path(path), Path(writing))) as file,
        av.open(
            file,
            format=demuxer,
            options={"fflags": INPUT_OPTIONS["fflags"]},
            buffer_size=_BLOCK_BYTES,
            metadata_errors="replace",
        ) as container,
    ):
        yield container


class _Growing:
    """A file that another process still writes, for PyAV, which reads an object without `seek` as a
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
            over = not self._writing.exists()  # before reading: the last read misses nothing
            if (data := os.read(self._file, size)) or over:
                return data
            time.sleep(_LOOK_AGAIN_S)

    def close(self) -> None:
        """Stop reading."""
        os.close(self._file)


class _WrittenBehind:
    """A new file that a thread writes, some blocks behind, so that the muxing does not wait for
    each write, which takes as long as the muxing itself. For PyAV, in one thread.

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
        """Write a block at the offset of `seek`, or behind the last one."""
        if self._error:
            raise self._error
        self._blocks.put((self._at, bytes(data)))
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the offset of the next block."""
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
