"""What FFmpeg does not show of a Matroska file's head: RFC 9559.

Read from the file itself, in the process that reads what strangers made.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

# Elements, RFC 9559, 5.1 and 5.3.
_SEGMENT, _INFO, _TRACKS, _CHAPTERS = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1043A770
_CLUSTER, _TRACK, _TYPE, _TAG = 0x1F43B675, 0xAE, 0x83, 0x22B59D
_EDITION, _ORDERED, _CHAPTER, _OTHER_SEGMENT = 0x45B9, 0x45DD, 0xB6, 0x6E67
_BEFORE, _BEHIND = 0x3CB923, 0x3EB923
_SHOWN = (
    1,
    2,
    17,
    33,
)  # picture, sound, subtitles, metadata: the types that FFmpeg has streams for
_MOST_BYTES = 1 << 24  # of an element that is read whole; heads are far smaller


@dataclass
class Hidden:
    """`languages` are BCP 47 tags by the stream's index. `structure` are ways of playing that no
    copy of the streams keeps."""

    languages: dict[int, str] = field(default_factory=dict)
    structure: list[str] = field(default_factory=list)


def hidden(path: Path | str) -> Hidden:
    """What is in the head of a Matroska file, but for what is damaged or lies behind the film."""
    seen = Hidden()
    with Path(path).open("rb") as file:
        end = file.seek(0, 2)
        for kind, start, stop in _elements(file, 0, end):
            if kind == _SEGMENT:
                for part, first, last in _elements(file, start, stop):
                    if part == _CLUSTER:
                        break
                    if last - first <= _MOST_BYTES:
                        _look(file, part, first, last, seen)
                break
    return seen


def _look(file: IO[bytes], part: int, first: int, last: int, seen: Hidden) -> None:
    if part == _TRACKS:
        tracks = [dict(_values(file, a, z)) for kind, a, z in _elements(file, first, last)
                  if kind == _TRACK]  # fmt: skip
        shown = [t for t in tracks if int.from_bytes(t.get(_TYPE, b""), "big") in _SHOWN]
        for index, track in enumerate(shown):
            if tag := track.get(_TAG, b"").rstrip(b"\0").decode("ascii", "replace"):
                seen.languages[index] = tag
    if part == _INFO and {_BEFORE, _BEHIND} & set(dict(_values(file, first, last))):
        seen.structure.append("linked segments: another file goes on before or behind this one")
    if part == _CHAPTERS:
        for kind, a, z in _elements(file, first, last):
            if kind == _EDITION:
                _look_at_edition(file, a, z, seen)


def _look_at_edition(file: IO[bytes], first: int, last: int, seen: Hidden) -> None:
    if any(dict(_values(file, first, last)).get(_ORDERED, b"")):
        seen.structure.append("ordered chapters: players put the parts in another order")
    for kind, a, z in _elements(file, first, last):
        if kind == _CHAPTER and _OTHER_SEGMENT in dict(_values(file, a, z)):
            seen.structure.append("chapters that lie in another file")


def _values(file: IO[bytes], start: int, end: int) -> Iterator[tuple[int, bytes]]:
    for kind, first, last in _elements(file, start, end):
        file.seek(first)
        yield kind, file.read(min(last - first, 256))


def _elements(file: IO[bytes], start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Id of each element between two places, and where its content begins and ends."""
    while start + 2 <= end:
        file.seek(start)
        head = file.read(12)
        kind_bytes = 9 - head[0].bit_length()
        if kind_bytes > 4 or len(head) <= kind_bytes:
            return
        kind = int.from_bytes(head[:kind_bytes], "big")
        size_bytes = 9 - head[kind_bytes].bit_length()
        content = start + kind_bytes + size_bytes
        if size_bytes > 8 or len(head) < kind_bytes + size_bytes:
            return
        size = int.from_bytes(head[kind_bytes : kind_bytes + size_bytes], "big")
        size &= (1 << 7 * size_bytes) - 1
        unknown = size == (1 << 7 * size_bytes) - 1  # it goes on to the end: a live recording
        stop = end if unknown else content + size
        if stop > end:
            stop = end
        yield kind, content, stop
        start = stop
