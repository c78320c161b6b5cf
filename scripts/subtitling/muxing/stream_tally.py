"""Measure the streams of a file, packet by packet."""

import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from lineage.tracks import payload_text
from subtitling.media import containers, matroska, mp4, probing
from subtitling.media.clock import Base
from subtitling.runtime.progress import Progress

PROGRESS_EVERY = 1000  # packets
SAME_US = 1_000  # a time that moved by at most this counts as unmoved
_PLACES = 64  # the most times that are kept of a stream


@dataclass(frozen=True)
class StreamTally:
    """One stream as it was read: its properties, and the measurements of its packets.

    `first_us` and `last_us` are on the film's clock, None for a stream without packets; `places_us`
    are the times of every n-th packet, the same n for the same number of packets, None for a packet
    without a usable time. Of the film, all times are the original ones of its packets: `corrected`
    counts the packets that got another one, and `moved_us` is the largest change. `sum` is the
    CRC-32 of all payloads in order. `tag` is the language by BCP 47, where the new file holds such,
    and `pixel` the aspect ratio (width to height) of a pixel, 0 where it is not known.
    """

    kind: str
    codec: str
    language: str
    title: str
    marks: tuple[str, ...]
    packets: int
    bytes: int
    sum: int
    first_us: int | None
    last_us: int | None
    places_us: tuple[int | None, ...] = ()
    corrected: int = 0
    moved_us: int = 0
    tag: str = ""
    pixel: float = 0

    def for_record(self) -> dict[str, Any]:
        """The row for the record, without `places_us`, which serve the comparison only."""
        return {key: value for key, value in asdict(self).items() if key != "places_us"}


class Tally:
    """Measures the packets of one stream."""

    def __init__(self) -> None:
        self.packets = self.bytes = self.sum = 0
        self.first_us: int | None = None
        self.last_us: int | None = None
        self._places_us: list[int | None] = []
        self._every = 1

    def add(self, payload: Any, time_us: int | None, *, counts: bool = True) -> None:
        """Count a packet; without `counts` its time is not used to compare places."""
        if self.packets % self._every == 0:
            if len(self._places_us) == _PLACES:
                del self._places_us[1::2]
                self._every *= 2
            self._places_us.append(time_us if counts else None)
        self.packets += 1
        self.bytes += len(payload)
        self.sum = zlib.crc32(payload, self.sum)
        if time_us is None:
            return
        if self.first_us is None or time_us < self.first_us:
            self.first_us = time_us
        if self.last_us is None or time_us > self.last_us:
            self.last_us = time_us

    def row(
        self, kind: str, codec: str, about: Mapping[str, Any], corrected: int = 0, moved_us: int = 0
    ) -> StreamTally:
        """The measurements, with the properties `about` the stream: language, title, marks."""
        return StreamTally(
            kind=kind,
            codec=codec,
            **about,
            packets=self.packets,
            bytes=self.bytes,
            sum=self.sum,
            first_us=self.first_us,
            last_us=self.last_us,
            places_us=tuple(self._places_us),
            corrected=corrected,
            moved_us=moved_us,
        )


def marks(disposition: int) -> tuple[str, ...]:
    """Names of the flags that a container keeps and a player obeys."""
    names = {1: "default", 4: "original", 8: "comment", 64: "forced", 128: "hearing_impaired"}
    return tuple(name for bit, name in names.items() if disposition & bit)


def pixel_of(stream: Any) -> Fraction:
    """The pixel aspect ratio of a video stream, 0 where it is not known. A stream that PyAV makes
    from a template gets the ratio of the codec, but not that of the container."""
    context = stream.codec_context
    if stream.type != "video" or not context or not (context.width and context.height):
        return Fraction(0)
    cover = stream.disposition.value & 1024
    return Fraction(0) if cover else stream.sample_aspect_ratio or Fraction(0)


def titles(chapters: list[Any]) -> list[dict[str, str]]:
    return [{"title": chapter["metadata"].get("title", "")} for chapter in chapters]


def weigh(
    film: str, new_tracks: int, duration_ms: int, progress: Progress, writing: str | None = None
) -> dict[str, Any]:
    """Measure the new file: a row for each stream, and the cues of the last `new_tracks` tracks.

    With `writing` the packets of a Matroska file are read while it is written, as long as the file
    `writing` exists, since its clusters do not change once written. The properties of its streams
    are read afterwards, since its head is written last.
    """
    with ExitStack() as stack:
        if writing:
            with containers.growing(film, "matroska", writing) as written:
                tallies, cues, late_us = _tallied(written, film, new_tracks, duration_ms, progress)
        container = stack.enter_context(containers.opened(film))
        if not writing:
            tallies, cues, late_us = _tallied(container, film, new_tracks, duration_ms, progress)
        rows = []
        is_matroska = "matroska" in container.format.name
        unseen = matroska.hidden(film) if is_matroska else matroska.Hidden()
        tracks = mp4.languages(film) if "mp4" in container.format.name else {}
        for stream in container.streams:
            tags = probing.tags_of(stream)
            about = {
                "language": tags.get("language", ""),
                "title": tags.get("title", ""),
                "marks": marks(stream.disposition.value),
                "tag": unseen.languages.get(stream.index) or tracks.get(stream.id, ""),
                "pixel": float(
                    unseen.pixels.get(stream.index, 0) if is_matroska else pixel_of(stream)
                ),
            }
            if stream.type == "attachment":
                tally = Tally()
                tally.add(bytes(stream.data), 0)
                about["title"] = stream.name or ""
                rows.append(tally.row("attachment", "", about))
                continue
            picture = stream.disposition.value & 1024
            name = tags.get("filename")
            if picture and name:  # Matroska keeps a cover as an attachment, ffmpeg shows a stream
                about |= {"title": name, "marks": (), "pixel": 0.0}
                rows.append(tallies[stream.index].row("attachment", "", about))
                continue
            if stream.type == "data":  # MP4 stores the chapters in one
                continue
            codec = stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"
            rows.append(
                tallies[stream.index].row("cover" if picture else stream.type, codec, about)
            )
        metadata = [f"{k.lower()}={v}" for k, v in container.metadata.items()]
        metadata += [f"chapter={c['title']}" for c in titles(container.chapters())]
    return {
        "rows": [asdict(row) for row in rows],
        "metadata": metadata,
        "cues": list(cues.values()),
        "late_us": late_us,
    }


def _tallied(
    container: Any, film: str, new_tracks: int, duration_ms: int, progress: Progress
) -> tuple[dict[int, Tally], dict[int, list[Any]], int]:
    """Measure all packets of a file by stream; also the cues of the last `new_tracks` tracks, and
    how far in the file the latest of these lies behind the pictures and sounds of its time."""
    streams = [s for s in container.streams if s.type != "attachment"]
    tallies = {s.index: Tally() for s in streams}
    bases = {s.index: Base(s.time_base) for s in streams}
    subtitles = [s.index for s in streams if s.type == "subtitle"]
    codecs = {i: container.streams[i].codec_context.codec.canonical_name for i in subtitles}
    texts = frozenset(subtitles)
    cues: dict[int, list[Any]] = {i: [] for i in subtitles[len(subtitles) - new_tracks :]}
    now_us = late_us = 0
    with containers.explained(film):
        for count, packet in enumerate(container.demux(streams) if streams else ()):
            if is_empty(packet):
                continue
            index = packet.stream_index
            own = packet.dts if packet.pts is None else packet.pts
            time = bases[index].micro(own or 0)
            tallies[index].add(memoryview(packet), time)
            if index in cues:
                long = bases[index].micro(packet.duration or 0)
                text = payload_text(packet, codecs[index])
                cues[index].append((time, time + long, text))
                late_us = max(late_us, now_us - time)
            elif index not in texts and time > now_us:
                now_us = time
            if count % PROGRESS_EVERY == 0:
                progress(time / 1000, duration_ms)
    return tallies, cues, late_us


def is_empty(packet: Any) -> bool:
    """Whether a packet is empty, or is a gap between two cues, which MP4 keeps as an empty text."""
    size = packet.size
    if size == 0 or size > 2 or packet.stream.type != "subtitle":
        return bool(size == 0)
    return bool(packet.stream.codec_context.name == "mov_text" and bytes(packet) == b"\0\0")
