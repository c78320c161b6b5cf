"""Read and write parts of a Matroska file's header that FFmpeg does not (RFC 9559).

They are read from the file itself, in the process that reads untrusted files.
"""

import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import IO

# Elements, RFC 9559, 5.1 and 5.3.
_SEGMENT, _INFO, _TRACKS, _CHAPTERS = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1043A770
_CLUSTER, _TRACK, _TYPE, _TAG = 0x1F43B675, 0xAE, 0x83, 0x22B59D
_EDITION, _ORDERED, _CHAPTER, _OTHER_SEGMENT = 0x45B9, 0x45DD, 0xB6, 0x6E67
_BEFORE, _BEHIND = 0x3CB923, 0x3EB923
_SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_NAME, _CRC_32, _VOID, _VIDEO = 0x536E, 0xBF, 0xEC, 0xE0
_WIDTH, _HEIGHT = 0xB0, 0xBA
_SHOWN_WIDTH, _SHOWN_HEIGHT, _SHOWN_UNIT = 0x54B0, 0x54BA, 0x54B2
_STEREO = 0x53B8
# Stereoscopic pictures, side by side or one above the other (5.1.4.1.28.3): the display size is
# that of one.
_BESIDE, _ABOVE = (1, 8, 9, 11), (2, 3, 6, 7)
_PIXELS, _RATIO, _NO_UNIT = 0, 3, 4  # of the size that is shown, 5.1.4.1.28.14
# Picture, sound, subtitles, metadata: the types that FFmpeg has streams for.
_SHOWN = (1, 2, 17, 33)
_MOST_BYTES = 1 << 24  # of an element that is read whole; heads are far smaller
_MOST_OF_A_VALUE = 4096
_LONGEST_TAG = 126
_ROOM_BYTES = 64  # for all that is written after a track's name, except the tag's own letters


@dataclass
class Hidden:
    """`languages` are BCP 47 tags by the stream's index. `structure` lists features of playback
    that a copy of the streams loses. `pixels` are pixel aspect ratios."""

    languages: dict[int, str] = field(default_factory=dict)
    structure: list[str] = field(default_factory=list)
    pixels: dict[int, Fraction] = field(default_factory=dict)


def hidden(path: Path | str) -> Hidden:
    """Read the head of a Matroska file, without damaged parts. Parts of the header may be after the
    film, if an editor had no space for them before it."""
    seen = Hidden()
    with Path(path).open("rb") as file:
        for part, first, last in _head(file):
            if last - first <= _MOST_BYTES:
                _look(file, part, first, last, seen)
    return seen


def _head(file: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    """Each part of the header, once; for parts after the film, as located by its table of
    contents."""
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
            element = next(_elements(file, start + place, stop), None)
            if element and element[0] == part:
                yield element


def _pixel(video: bytes) -> Fraction | None:
    """A pixel's width divided by its height, from a Video element; None where it is not given."""
    values = {k: int.from_bytes(v, "big") for k, v in _values(io.BytesIO(video), 0, len(video))}
    eye = _of_one_eye(values)
    shown = values.get(_SHOWN_WIDTH, eye[0]), values.get(_SHOWN_HEIGHT, eye[1])
    if values.get(_SHOWN_UNIT, _PIXELS) == _NO_UNIT or not all((*eye, *shown)):
        return None
    return Fraction(shown[0] * eye[1], shown[1] * eye[0])


def _of_one_eye(video: Mapping[int, int]) -> tuple[int, int]:
    """Width and height of a picture in pixels, or of one of the two in a stereoscopic one."""
    stereo = video.get(_STEREO, 0)
    width, height = video.get(_WIDTH, 0), video.get(_HEIGHT, 0)
    return width // (1 + (stereo in _BESIDE)), height // (1 + (stereo in _ABOVE))


def _listed(file: IO[bytes], first: int, last: int) -> dict[int, int]:
    """The offsets of the parts in a table of contents, counted from the first."""
    rows = [dict(_values(file, a, z)) for kind, a, z in _elements(file, first, last)
            if kind == _SEEK]  # fmt: skip
    numbers = [[int.from_bytes(row.get(part, b""), "big") for part in (_SEEK_ID, _SEEK_POSITION)]
               for row in rows]  # fmt: skip
    return {kind: place for kind, place in numbers if kind in (_INFO, _TRACKS, _CHAPTERS)}


def can_hold(tag: str) -> bool:
    """Whether a language's tag can be written; the longest tags of BCP 47 are far shorter."""
    return tag.isascii() and tag.isprintable() and 0 < len(tag) <= _LONGEST_TAG


@dataclass(frozen=True)
class Head:
    """The data to write into a track's entry: its title, its language's tag, and its picture's
    display size, by the pixel aspect ratio. An empty tag is not written, and no size where `pixel`
    is 0. Sizes that are not `exact` are in whole pixels."""

    title: str
    tag: str = ""
    pixel: Fraction = Fraction(0)
    exact: bool = True

    @property
    def name(self) -> str:
        """The name for FFmpeg: longer than the title by the space for the other data, since FFmpeg
        writes a name unchanged; see `write_heads`."""
        return self.title + " " * (_ROOM_BYTES + len(self.tag)) if self.asks else self.title

    @property
    def asks(self) -> bool:
        """Whether there is any data that FFmpeg does not write."""
        return bool(self.tag or self.pixel)


def write_heads(path: Path | str, heads: Sequence[Head]) -> None:
    """Write the heads into the tracks of a finished file, in order. Each track whose head `asks`
    for anything must have been written with the head's name: that is cut to the title, and nothing
    else moves.
    """
    with Path(path).open("r+b") as file:
        _, first, last = next(e for e in _head(file) if e[0] == _TRACKS)
        file.seek(first)
        body = _with_heads(file.read(last - first), heads)
        file.seek(first)
        file.write(body)


def _with_heads(body: bytes, heads: Sequence[Head]) -> bytes:
    """The content of Tracks with these heads, of the same length as before."""
    wanted = iter(heads)
    parts = []
    for kind, whole, content in _parts(body):
        head = next(wanted) if kind == _TRACK else None
        if head and head.asks:
            # The size of the element stays the same, and so does the encoding of the size.
            whole = whole[: len(whole) - len(content)] + _with_head(content, head)
        parts.append(whole)
    joined = b"".join(parts)
    if joined[0] == _CRC_32:  # over all data after it, RFC 8794, 11.3.1
        joined = joined[:2] + zlib.crc32(joined[6:]).to_bytes(4, "little") + joined[6:]
    return joined


def _with_head(track: bytes, head: Head) -> bytes:
    """The content of a track with its title, and with its head's other data in the freed space."""
    parts = []
    for kind, whole, content in _parts(track):
        if kind == _NAME:
            whole = _element(_NAME, head.title.encode()) if head.title else b""
        if kind == _VIDEO and head.pixel:
            whole = _element(_VIDEO, _with_size(content, head))
        parts.append(whole)
    if head.tag:
        parts.append(_element(_TAG, head.tag.encode()))
    joined = b"".join(parts)
    return joined + _element(_VOID, bytes(len(track) - len(joined) - 2))


def _with_size(video: bytes, head: Head) -> bytes:
    """A Video element with the display size: its own height in pixels if the width is then an
    integer, else the ratio of both."""
    values = {kind: int.from_bytes(content, "big") for kind, _, content in _parts(video)}
    width, high = _of_one_eye(values)
    wide, unit = width * head.pixel, _PIXELS
    if not head.exact:
        wide = Fraction(max(1, round(wide)))
    if wide.denominator != 1:
        ratio = wide / high
        wide, high, unit = Fraction(ratio.numerator), ratio.denominator, _RATIO
    sizes = ((_SHOWN_WIDTH, int(wide)), (_SHOWN_HEIGHT, high), (_SHOWN_UNIT, unit))
    others = [whole for kind, whole, _ in _parts(video) if kind not in dict(sizes)]
    return b"".join(others) + b"".join(_element(kind, _number(n)) for kind, n in sizes if n)


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _element(kind: int, content: bytes) -> bytes:
    """An element, with its size in as few bytes as possible."""
    size_bytes = next(n for n in range(1, 9) if len(content) < (1 << 7 * n) - 1)
    return _number(kind) + _number(len(content) | 1 << 7 * size_bytes) + content


def _parts(body: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Id of each element in `body`, all its bytes, and its content."""
    at = 0
    for kind, first, last in _elements(io.BytesIO(body), 0, len(body)):
        yield kind, body[at:last], body[first:last]
        at = last


def _look(file: IO[bytes], part: int, first: int, last: int, seen: Hidden) -> None:
    if part == _TRACKS:
        tracks = [dict(_values(file, a, z)) for kind, a, z in _elements(file, first, last)
                  if kind == _TRACK]  # fmt: skip
        shown = [t for t in tracks if int.from_bytes(t.get(_TYPE, b""), "big") in _SHOWN]
        for index, track in enumerate(shown):
            if tag := track.get(_TAG, b"").rstrip(b"\0").decode("ascii", "replace"):
                seen.languages[index] = tag
            if pixel := _pixel(track.get(_VIDEO, b"")):
                seen.pixels[index] = pixel
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
        yield kind, file.read(min(last - first, _MOST_OF_A_VALUE))


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
        if size_bytes > 8 or len(head) < kind_bytes + size_bytes or content > end:
            return
        size = int.from_bytes(head[kind_bytes : kind_bytes + size_bytes], "big")
        size &= (1 << 7 * size_bytes) - 1
        unknown = size == (1 << 7 * size_bytes) - 1  # it extends to the end: a live recording
        stop = end if unknown else content + size
        if stop > end:
            stop = end
        yield kind, content, stop
        start = stop
