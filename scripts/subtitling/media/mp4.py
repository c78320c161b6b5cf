"""What FFmpeg does not write into an MP4: that no track of subtitles is shown by default, which is
forced, and the languages of tracks by their tags, in the box `elng` (ISO/IEC 14496-12, 8.4.6)."""

import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

_SUBTITLES = (b"sbtl", b"subt", b"text", b"subp", b"clcp")  # handlers, ISO/IEC 14496-12, 8.4.3
_ENABLED = 1  # of the flags of a track's header, 8.3.2
_LONGEST_TAG = 64
# Of timed text: all samples are forced, or some (QuickTime File Format, Subtitle Sample Data).
_FORCED = 0xC0000000


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


def padded(name: str, tag: str) -> str:
    """The handler's name that FFmpeg is given for a track with a language's tag: longer than its
    own by the room for the tag; see `write_languages`."""
    return name + " " * len(_elng(tag)) if tag else name


def write_languages(path: Path | str, tags: Sequence[str]) -> None:
    """Write the tags into the tracks of a finished file, in order. A track with a tag was given a
    padded name: that is cut, and nothing else moves. An empty tag is not written."""
    with Path(path).open("r+b") as file:
        size = file.seek(0, 2)
        tracks = [inside for kind, inside in _tracks(file, size) if kind == b"mdia"]
        for tag, (start, end) in zip(tags, tracks, strict=False):
            for kind, first, last in _boxes(lambda at: _read(file, at, 16), start, end):
                if kind == b"hdlr" and tag:
                    handler = _read(file, first, last - first).rstrip(b"\0")
                    handler = handler[: len(handler) - len(_elng(tag))] + b"\0"
                    file.seek(first - 8)
                    file.write(_box(b"hdlr", handler) + _elng(tag))


def mark_forced(path: Path | str, forced: Sequence[bool]) -> None:
    """Set the flags of those tracks of timed text that are forced, in order of the tracks."""
    with Path(path).open("r+b") as file:
        size = file.seek(0, 2)
        tracks = [inside for kind, inside in _tracks(file, size) if kind == b"mdia"]
        for start, end in (inside for inside, one in zip(tracks, forced, strict=False) if one):
            for part in (b"minf", b"stbl", b"stsd"):
                boxes = _boxes(lambda at: _read(file, at, 16), start, end)
                start, end = next(((s, e) for kind, s, e in boxes if kind == part), (end, end))
            for kind, first, _ in _boxes(lambda at: _read(file, at, 16), start + 8, end):
                if kind == b"tx3g":
                    file.seek(first + 8)  # behind what every entry of a description begins with
                    file.write(struct.pack(">I", _FORCED))


def languages(path: Path | str) -> dict[int, str]:
    """The tags of a file's tracks by their numbers, where they have such."""
    tags: dict[int, str] = {}
    number = 0
    with Path(path).open("rb") as file:
        for kind, (start, end) in _tracks(file, file.seek(0, 2)):
            if kind == b"tkhd":
                head = _read(file, start, 24)
                number = int.from_bytes(head[20:24] if head[:1] == b"\1" else head[12:16], "big")
            for inner, first, last in _boxes(lambda at: _read(file, at, 16), start, end):
                if kind == b"mdia" and inner == b"elng" and last - first <= _LONGEST_TAG:
                    said = _read(file, first, last - first)[4:].partition(b"\0")[0]
                    tags[number] = said.decode("ascii", "replace")
    return tags


def _elng(tag: str) -> bytes:
    return _box(b"elng", bytes(4) + tag.encode("ascii") + b"\0")


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _tracks(file: IO[bytes], size: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Kind of each box in a track, with the beginning and the end of its content."""

    def inside(start: int, end: int) -> list[tuple[bytes, int, int]]:
        return list(_boxes(lambda at: _read(file, at, 16), start, end))

    for kind, start, end in inside(0, size):
        for inner, first, last in inside(start, end) if kind == b"moov" else ():
            for part, begin, stop in inside(first, last) if inner == b"trak" else ():
                yield part, (begin, stop)


def _read(file: IO[bytes], at: int, size: int) -> bytes:
    file.seek(at)
    return bytes(file.read(size))


def _boxes(read: Callable[[int], bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind of each box between two places, and where its content begins and ends."""
    while start + 8 <= end:
        head = read(start)
        size, kind = struct.unpack_from(">I4s", head)
        content = start + 8
        if size == 1 and start + 16 <= end:
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
