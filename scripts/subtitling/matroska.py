"""What FFmpeg neither shows nor writes of a Matroska file's head: RFC 9559.

Read from the file itself, in the process that reads what strangers made.
"""

import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

# Elements, RFC 9559, 5.1 and 5.3.
_SEGMENT, _INFO, _TRACKS, _CHAPTERS = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1043A770
_CLUSTER, _TRACK, _TYPE, _TAG = 0x1F43B675, 0xAE, 0x83, 0x22B59D
_EDITION, _ORDERED, _CHAPTER, _OTHER_SEGMENT = 0x45B9, 0x45DD, 0xB6, 0x6E67
_BEFORE, _BEHIND = 0x3CB923, 0x3EB923
_SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_NAME, _CRC_32, _VOID = 0x536E, 0xBF, 0xEC
# Picture, sound, subtitles, metadata: the types that FFmpeg has streams for.
_SHOWN = (1, 2, 17, 33)
_MOST_BYTES = 1 << 24  # of an element that is read whole; heads are far smaller
_LONGEST_TAG, _TAG_HEAD_BYTES = 126, 4  # the latter are its id's and its size's


@dataclass
class Hidden:
    """`languages` are BCP 47 tags by the stream's index. `structure` are ways of playing that no
    copy of the streams keeps."""

    languages: dict[int, str] = field(default_factory=dict)
    structure: list[str] = field(default_factory=list)


def hidden(path: Path | str) -> Hidden:
    """What is in the head of a Matroska file, but for what is damaged. Parts of the head may lie
    behind the film, where an editor had no room for them before it."""
    seen = Hidden()
    with Path(path).open("rb") as file:
        for part, first, last in _head(file):
            if last - first <= _MOST_BYTES:
                _look(file, part, first, last, seen)
    return seen


def _head(file: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    """Each part of the head, once; those that lie behind the film as its table of contents says."""
    end = file.seek(0, 2)
    segment = next((e for e in _elements(file, 0, end) if e[0] == _SEGMENT), None)
    if segment is None:
        return
    _, start, stop = segment
    listed, seen = dict[int, int](), set[int]()
    for part, first, last in _elements(file, start, stop):
        if part == _CLUSTER:
            break
        seen.add(part)
        if part == _SEEK_HEAD and last - first <= _MOST_BYTES:
            listed |= _listed(file, first, last)
        yield part, first, last
    for part, place in listed.items():
        if part not in seen:
            there = next(_elements(file, start + place, stop), None)
            if there and there[0] == part:
                yield there


def _listed(file: IO[bytes], first: int, last: int) -> dict[int, int]:
    """Where a table of contents says that each part begins, counted from the first."""
    rows = [dict(_values(file, a, z)) for kind, a, z in _elements(file, first, last)
            if kind == _SEEK]  # fmt: skip
    numbers = [[int.from_bytes(row.get(part, b""), "big") for part in (_SEEK_ID, _SEEK_POSITION)]
               for row in rows]  # fmt: skip
    return {kind: place for kind, place in numbers if kind in (_INFO, _TRACKS, _CHAPTERS)}


def can_hold(tag: str) -> bool:
    """Whether a language's tag can be written: the longest of BCP 47 are far shorter."""
    return tag.isascii() and tag.isprintable() and 0 < len(tag) <= _LONGEST_TAG


def with_room(title: str, tag: str) -> str:
    """A track's name that is longer than `title` by what the element of its language takes: FFmpeg
    writes none, but a name it writes as it is given; see `write_languages`."""
    return title + " " * (_TAG_HEAD_BYTES + len(tag))


def write_languages(path: Path | str, tracks: Sequence[tuple[str, str]]) -> None:
    """Give the tracks of a finished file, in their order, their titles and tags; where the tag is
    empty the track stays as it is. Each was named `with_room`, so nothing else in the file moves.
    """
    with Path(path).open("r+b") as file:
        _, first, last = next(e for e in _head(file) if e[0] == _TRACKS)
        file.seek(first)
        body = _tagged(file.read(last - first), tracks)
        file.seek(first)
        file.write(body)


def _tagged(body: bytes, tracks: Sequence[tuple[str, str]]) -> bytes:
    """The content of Tracks with these titles and tags, as long as before."""
    parts, at, wanted = list[bytes](), 0, iter(tracks)
    for kind, first, last in _elements(io.BytesIO(body), 0, len(body)):
        content = body[first:last]
        if kind == _TRACK:
            title, tag = next(wanted)
            content = _named(content, title, tag) if tag else content
        parts.append(body[at:first] + content)
        at = last
    whole = b"".join([*parts, body[at:]])
    if whole[0] == _CRC_32:  # of all behind it, RFC 8794, 11.3.1
        whole = whole[:2] + zlib.crc32(whole[6:]).to_bytes(4, "little") + whole[6:]
    return whole


def _named(track: bytes, title: str, tag: str) -> bytes:
    """A track with the name that it shall have and its language in the room behind that."""
    language = _TAG.to_bytes(3, "big") + bytes([0x80 | len(tag)]) + tag.encode()
    at = 0
    for kind, first, last in _elements(io.BytesIO(track), 0, len(track)):
        if kind == _NAME:
            name, size_bytes = title.encode(), first - at - 2
            size = (len(name) | 1 << 7 * size_bytes).to_bytes(size_bytes, "big")
            head = _NAME.to_bytes(2, "big") + size + name
            if not title:  # no name at all, and what it would take left void
                head = bytes([_VOID, 0x80 | len(head) - 2]) + bytes(len(head) - 2)
            return track[:at] + head + language + track[last:]
        at = last
    raise ValueError("a track without a name, which was given one")


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
