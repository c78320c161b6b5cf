"""The default tracks of an MP4, which the muxer chooses by itself."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

_SUBTITLES = (b"sbtl", b"subt", b"text", b"subp", b"clcp")  # handlers, ISO/IEC 14496-12, 8.4.3
_ENABLED = 1  # of the flags of a track's header, 8.3.2


def hide_subtitles(path: Path | str) -> int:
    """Disable all subtitle tracks of a finished file; return how many were enabled. The muxer
    enables the first of them where none is the default."""
    with Path(path).open("r+b") as file:
        size = file.seek(0, 2)
        for kind, start, end in _boxes(lambda at: _read(file, at, 16), 0, size):
            if kind == b"moov":
                head = _read(file, start, end - start)
                flags = [start + at for at in _shown(head)]
                for at in flags:
                    file.seek(at)
                    byte = file.read(1)[0] & ~_ENABLED
                    file.seek(at)
                    file.write(bytes([byte]))
                return len(flags)
    return 0


def _read(file: IO[bytes], at: int, size: int) -> bytes:
    file.seek(at)
    return bytes(file.read(size))


def _boxes(read: Callable[[int], bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind of each box between two places, and where its content begins and ends."""
    while start + 8 <= end:
        head = read(start)
        size, kind = struct.unpack_from(">I4s", head)
        content = start + 8
        if size == 1:
            size, content = struct.unpack_from(">Q", head, 8)[0], start + 16
        stop = end if size == 0 else start + size
        if not content <= stop <= end:
            return
        yield kind, content, stop
        start = stop


def _shown(head: bytes) -> Iterator[int]:
    """Offset of the last byte of the flags of each enabled subtitle track."""

    def inside(start: int, end: int) -> dict[bytes, tuple[int, int]]:
        return {k: (s, e) for k, s, e in _boxes(lambda at: head[at : at + 16], start, end)}

    for kind, start, end in _boxes(lambda at: head[at : at + 16], 0, len(head)):
        if kind != b"trak":
            continue
        track = inside(start, end)
        handler = inside(*track[b"mdia"])[b"hdlr"][0] + 8
        flags = track[b"tkhd"][0] + 3
        if head[handler : handler + 4] in _SUBTITLES and head[flags] & _ENABLED:
            yield flags
