"""Stream copy: mux packet by packet, and measure the result.

`copy` and `weigh` run in a process of their own (`child_process`): they read untrusted files.

The packets are copied through PyAV and not by the ffmpeg program, which reads its inputs in turn,
as far as the slowest stream allows. With a subtitle stream without a cue for minutes, ffmpeg would
write the generated cues minutes late, or keep the whole film in memory.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling.media import containers, matroska, mp4, probing
from subtitling.media.clock import Base, Clock
from subtitling.muxing import pcm, stream_tally
from subtitling.muxing.stream_tally import PROGRESS_EVERY, SAME_US, StreamTally, Tally
from subtitling.runtime.progress import Progress
from subtitling.text.languages import three_letters

PICTURES = {"mjpeg": "jpg", "png": "png", "gif": "gif", "bmp": "bmp", "webp": "webp"}

# Facts about the old file that are not true of the new one.
OLD_FILE = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder"})

_UNKNOWN = "application/octet-stream"
_NEVER_US = 1 << 62
_TRIED_PACKETS = 500


def mp4_language(code: str) -> str:
    """A language as MP4 holds it: three letters, or nothing."""
    if re.fullmatch("[a-z]{3}", code):
        return code
    try:
        return three_letters(code)
    except (LookupError, ValueError):
        return ""


# The tags of MP4 that hold free text.
_COMMENTS = ("comment", "description", "synopsis")


def copy(
    film: str,
    kept: list[dict[str, Any]],
    tracks: list[dict[str, Any]],
    fonts: list[str],
    out: str | None,
    muxer: str,
    duration_ms: int,
    progress: Progress,
    beside: str | None = None,
    comment: str = "",
) -> dict[str, Any]:
    """Copy the packets of `kept` streams (see `mux.StreamAction`) and merge those of `tracks`.
    Without an `out` they are only measured, for another program to copy, and the attachments are
    written into the folder `beside`. MP4 has no tags for a track, so there a `comment` on the
    generated ones is written into the film's, in a place that it does not use itself.

    Returns plain JSON: `rows` as they were read, in the order of the new file, the files `attached`
    (path, name, kind), the `metadata` of the new file, how often the film's times restarted
    (`jumps`), where the film's clock begins (`start_us`), and `heads`, title and tag of each stream
    for `matroska.write_heads`.
    """
    with ExitStack() as stack:
        source = stack.enter_context(containers.opened(film))
        target = stack.enter_context(containers.created(out, muxer)) if out else None
        clock = Clock(source.start_time or 0, may_jump=probing.may_jump(source.format.name))
        with containers.explained(film):
            parts = _Parts(source, target, kept, muxer, beside)
            parts.add_streams([_Text(t, stack) for t in tracks])
            parts.attach_all(film, fonts)
            start_us = source.start_time or 0
            metadata = {k: v for k, v in source.metadata.items() if k.lower() not in OLD_FILE}
            if comment and muxer == "mp4":
                used = {key.lower() for key in metadata}
                metadata[next((k for k in _COMMENTS if k not in used), _COMMENTS[0])] = comment
            chapters = _chapters(source)
            if target:
                target.metadata.update(metadata)
                target.set_chapters(chapters)
                _start(target, film, muxer)
            due_us = min((extra.start_us for extra in parts.extras), default=_NEVER_US)
            wanted = [source.streams[index] for index in parts.of_film]
            for count, packet in enumerate(containers.packets(source, wanted) if wanted else ()):
                if stream_tally.is_empty(packet):
                    continue
                now = parts.of_film[packet.stream_index].copy(packet, clock)
                if now >= due_us:
                    due_us = min(extra.send(until_us=now) for extra in parts.extras)
                if count % PROGRESS_EVERY == 0:
                    progress(now / 1000, duration_ms)
            for extra in parts.extras:
                extra.send(until_us=_NEVER_US)
    rows = [lane.row() for lane in parts.lanes]
    shown = any(r.kind == "subtitle" and "default" in r.marks for r in rows)
    if muxer == "mp4" and out and not shown:
        mp4.hide_subtitles(out)
    heads = [lane.head for lane in parts.lanes]
    if muxer == "mp4" and out:
        in_order = [row for row in rows if row.kind != "cover"]
        mp4.write_languages(out, [row.tag for row in in_order])
        mp4.mark_forced(out, ["forced" in row.marks for row in in_order])
    elif out and any(head.asks for head in heads):
        matroska.write_heads(out, heads)
    return {
        "rows": [asdict(row) for row in [*rows, *parts.attached]],
        "attached": parts.written,
        "metadata": [f"{k.lower()}={v}" for k, v in metadata.items()]
        + [f"chapter={c['title']}" for c in stream_tally.titles(chapters)],
        "jumps": clock.jumps,
        "start_us": start_us,
        "heads": [[head.title, head.tag] for head in heads],
    }


# FFmpeg's names for what it is given no name of, in MP4.
_HANDLERS = {"video": "VideoHandler", "audio": "SoundHandler", "subtitle": "SubtitleHandler"}


def tag_of(muxer: str, tag: str | None) -> str:
    """The language tag for a new file of this kind. WebM cannot hold one."""
    return tag if tag and muxer in ("matroska", "mp4") and matroska.can_hold(tag) else ""


def refused(
    film: str, kept: list[dict[str, Any]], muxer: str, progress: Progress
) -> dict[str, Any]:
    """The reasons why a new file of this kind refuses some of the `kept` streams, by index. Each is
    tried alone, with its packets among the film's first ones, in a file that is not stored.
    """
    import av

    reasons: dict[str, str] = {}
    played = ("video", "audio", "subtitle")
    tried = [k for k in kept if k["action"] == "copy" and k["stream"]["kind"] in played]
    lanes: dict[int, _Lane] = {}

    @contextmanager
    def trying(index: int) -> Iterator[None]:
        try:
            yield
        except (av.error.FFmpegError, ValueError) as error:
            reasons[str(index)] = str(error)

    with ExitStack() as stack, containers.opened(film) as source, containers.explained(film):
        clock = Clock(source.start_time or 0, may_jump=probing.may_jump(source.format.name))
        for row in tried:
            index = row["stream"]["index"]
            with trying(index):
                target = stack.enter_context(containers.nowhere(muxer))
                parts = _Parts(source, target, [row], muxer)
                parts.add_streams([])
                target.start_encoding()
                lanes |= parts.of_film
        streams = [source.streams[index] for index in lanes]
        packets = containers.packets(source, streams) if lanes else ()
        for count, packet in enumerate(islice(packets, _TRIED_PACKETS)):
            index = packet.stream_index
            if str(index) not in reasons and not stream_tally.is_empty(packet):
                with trying(index):
                    lanes[index].copy(packet, clock)
            progress(count, _TRIED_PACKETS)
    return reasons


def _start(target: Any, film: str, muxer: str) -> None:
    import av

    try:
        target.start_encoding()
    except (av.error.FFmpegError, ValueError) as error:
        raise Problem(
            f"{film}: {muxer} rejects these streams together ({error}); one of them is "
            "damaged: make the film again with ffmpeg -i FILM -c copy new.mkv"
        ) from error


class _Parts:
    """The parts of a new file: `lanes` in its order, those `of_film` by index, `extras` that are
    merged into them, and the files `attached`."""

    def __init__(
        self,
        source: Any,
        target: Any,
        kept: list[dict[str, Any]],
        muxer: str,
        beside: str | None = None,
    ):
        self._source, self._target, self._muxer = source, target, muxer
        self._beside = beside
        self.written: list[tuple[str, str, str]] = []
        self._kept = {row["stream"]["index"]: row for row in kept}
        self._names: Counter[str] = Counter()
        self.lanes: list[_Lane] = []
        self.of_film: dict[int, _Lane] = {}
        self.extras: list[_Extra] = []
        self.attached: list[StreamTally] = []

    def add_streams(self, texts: "list[_Text]") -> None:
        """Add the film's streams, converted text in its old place and, last, generated tracks."""
        rewritten = {text.of_film: text for text in texts}
        for stream in self._source.streams:
            row = self._kept.get(stream.index)
            if row is None or row["stream"]["kind"] == "attachment":
                continue
            if row["action"] in ("copy", "pcm"):
                lane = self._lane(stream, probing.tags_of(stream), self._flags(stream), row)
                self.of_film[stream.index] = lane
            elif row["action"] == "text":
                text = rewritten[stream.index]
                lane = self._lane(text.stream, probing.tags_of(stream), self._flags(stream), row)
                self.extras.append(_Extra(lane, text.stream, -(self._source.start_time or 0)))
            else:
                continue
            self.lanes.append(lane)
        for text in texts:
            if text.of_film is None:
                # MP4 stores a title in the handler's name; in other containers that would duplicate
                # it.
                named = (
                    {"handler_name": text.about["title"]} if self._muxer == "mp4" else text.marked
                )
                lane = self._lane(text.stream, text.about | named, text.flags, tag=text.tag)
                self.lanes.append(lane)
                if not text.silent:
                    self.extras.append(_Extra(lane, text.stream, 0))

    def _flags(self, stream: Any) -> int:
        return int(stream.disposition.value & ~1 | self._kept[stream.index]["default"])

    def _lane(
        self,
        stream: Any,
        about: dict[str, str],
        flags: int,
        row: dict[str, Any] | None = None,
        tag: str | None = None,
    ) -> "_Lane":
        if self._muxer == "mp4":
            about = about | {"language": mp4_language(about.get("language", ""))}
        kind = _PcmLane if row and row["action"] == "pcm" else _Lane
        shape = row["stream"] if row else {"tag": tag}
        return kind(self._target, stream, about, flags, self._muxer, shape)

    def attach_all(self, film: str, fonts: list[str]) -> None:
        """Attach the film's covers and attachments, and the fonts."""
        for stream in self._source.streams:
            row = self._kept[stream.index]
            if row["action"] == "attach":
                data = _cover(film, stream.index)
                ending = PICTURES[row["stream"]["codec"]]
                name, mime = f"cover.{ending}", f"image/{ending.replace('jpg', 'jpeg')}"
                self._attach(probing.tags_of(stream), name, mime, data)
            elif row["action"] == "copy" and row["stream"]["kind"] == "attachment":
                name, data = f"attachment-{stream.index}", bytes(stream.data)
                self._attach(probing.tags_of(stream), name, _UNKNOWN, data)
        for font in fonts:
            about = {"filename": Path(font).name, "mimetype": font_type(font)}
            self._attach(about, "", "", Path(font).read_bytes())

    def _attach(self, tags: Mapping[str, str], name: str, mime: str, data: bytes) -> None:
        """Attach `data` under its own name, or `name` where it has none; names are made unique. Of
        a name that is a path, only the last part is kept, so that extracting the file cannot write
        elsewhere."""
        own = re.split(r"[/\\]", tags.get("filename") or tags.get("title") or "")[-1]
        own = name if own in ("", ".", "..") else own
        self._names[own] += 1
        if self._names[own] > 1:
            path = Path(own)
            own = f"{path.stem} ({self._names[own]}){path.suffix}"
        kind = tags.get("mimetype") or mime
        if self._target:
            self._target.add_attachment(own, kind, data)
        if self._beside:
            path = Path(self._beside, str(len(self.written)))
            path.write_bytes(data)
            self.written.append((str(path), own, kind))
        tally = Tally()
        tally.add(data, 0)
        about = {"language": "", "title": own, "marks": ()}
        self.attached.append(tally.row("attachment", "", about))


class _Text:
    """A file of subtitles to be merged: `of_film` is the stream that it was converted from, None
    for a generated track, `about` its language and title as a player shows them."""

    def __init__(self, track: Mapping[str, Any], stack: ExitStack):
        read = containers.opened(track["path"], track["demuxer"])
        self.stream = stack.enter_context(read).streams[0]
        self.of_film, self.silent = track["of_film"], track["silent"]
        self.flags = track.get("flags", 0)
        self.about = {"language": track.get("language", ""), "title": track.get("title", "")}
        self.tag = track.get("tag")
        self.marked: dict[str, str] = track.get("marked", {})


class _Lane:
    """A stream that is copied from one container into another; without a `target` it is only
    measured. `shape` has the probed properties of a sound or picture, in case the container's head
    lacks them, and its language tag."""

    def __init__(
        self,
        target: Any,
        stream: Any,
        metadata: dict[str, str],
        flags: int,
        muxer: str,
        shape: Mapping[str, Any],
    ):
        self._target = target
        self._out: Any = None
        self._codec: str = stream.codec_context.codec.canonical_name
        self._add_stream(stream, shape)
        title, tag = metadata.get("title", ""), tag_of(muxer, shape.get("tag"))
        pixel = stream_tally.pixel_of(stream)
        self.head = matroska.Head(title, tag)
        if out := self._out:
            out.metadata.update(metadata)
            if pixel:
                out.codec_context.sample_aspect_ratio = pixel
            if pixel and muxer in ("matroska", "webm"):  # WebM cannot hold a ratio
                self.head = matroska.Head(title, tag, pixel, exact=muxer == "matroska")
            if muxer == "mp4":
                named = metadata.get("handler_name") or _HANDLERS.get(stream.type, "")
                out.metadata["handler_name"] = mp4.padded(named, tag)
            elif self.head.asks:
                out.metadata["title"] = self.head.name
            out.disposition = flags
        self._about = {
            "language": metadata.get("language", ""),
            "title": title,
            "marks": stream_tally.marks(flags),
            "tag": tag,
            "pixel": float(pixel),
        }
        self._kind = "cover" if flags & 1024 else stream.type
        self._index = stream.index
        self._tally = Tally()
        self._last: int | None = None
        self._shift_us = self._shift = 0
        self._base = Base(stream.time_base)
        self._next = self._base.ticks(stream.container.start_time or 0)
        # Of the containers, MP4 alone needs strictly rising times.
        self._rises = muxer == "mp4" and stream.type != "subtitle" and bool(target)
        self._last_put: int | None = None
        # How many frames a frame may be decoded before it is shown.
        self._ahead = getattr(stream.codec_context, "has_b_frames", 0) or 0
        self._corrected = self._moved_us = 0

    def _add_stream(self, stream: Any, shape: Mapping[str, Any]) -> None:
        """Make the stream of the new file."""
        if not self._target:
            return
        self._out = self._target.add_stream_from_template(stream, opaque=True)
        encoder = self._out.codec_context
        if stream.type == "audio" and not (encoder.sample_rate and encoder.channels):
            encoder.sample_rate, encoder.layout = shape["sample_rate"], f"{shape['channels']}c"
        if stream.type == "video" and not (encoder.width and encoder.height):
            encoder.width, encoder.height = shape["width"], shape["height"]
        # The frame rate from the container; not for pictures with a variable rate.
        if stream.type == "video" and not encoder.framerate:
            rate = stream.average_rate
            if rate and rate == stream.base_rate:
                encoder.framerate = rate

    def copy(self, packet: Any, clock: Clock) -> int:
        """Put the packet on the film's clock and into the new file; returns its time there, µs."""
        dts = packet.dts
        if dts is None:
            dts = packet.pts
        timeless = dts is None
        if dts is None:
            # A cover has no time; any other packet without one follows the last.
            dts = packet.dts = self._next
            packet.pts = dts if self._kind == "cover" else None
        self._next = dts + (packet.duration or 0)
        own_us = self._base.micro(dts)
        placed = clock.place(self._index, own_us)
        self.put(packet, placed - own_us, timeless=timeless)
        return placed

    def put(self, packet: Any, shift_us: int, *, timeless: bool = False) -> None:
        """Mux the packet with its times moved by `shift_us`, never going back; a `timeless` packet
        came without times and has made-up ones."""
        if shift_us != self._shift_us:  # rarely needed: the test saves a million divisions
            self._shift_us, self._shift = shift_us, self._base.ticks(shift_us)
        shown, decoded, shift = packet.pts, packet.dts, self._shift
        shown = None if shown is None else shown + shift
        decoded = None if decoded is None else decoded + shift
        ahead = self._ahead * (packet.duration or 0)
        pts, dts = in_order(shown, decoded, ahead, self._last)
        self._last = dts
        own = decoded if shown is None else shown
        own_us = None if own is None else self._base.micro(own)
        moved_us = 0 if own is None or own == pts else abs(self._base.micro(pts - own))
        corrected = moved_us > SAME_US
        self._corrected += corrected
        self._moved_us = max(self._moved_us, moved_us)
        self._tally.add(memoryview(packet), own_us, counts=not (corrected or timeless))
        packet.pts, packet.dts = pts, dts
        if not self._target:
            return
        packet.stream = self._out
        if self._rises:
            self._raise(packet)
        self._target.mux_one(packet)

    def _raise(self, packet: Any) -> None:
        """Make each decoding time later than the last, by one unit of the new file's time base:
        packets may be shorter than the time unit of the film's container."""
        unit = Base(self._out.time_base)
        dts = unit.ticks(self._base.micro(packet.dts))
        if self._last_put is not None and dts <= self._last_put:
            dts = self._last_put + 1
        self._last_put = dts
        pts = max(dts, unit.ticks(self._base.micro(packet.pts)))
        packet.time_base, packet.pts, packet.dts = self._out.time_base, pts, dts

    def row(self) -> StreamTally:
        return self._tally.row(
            self._kind, self._codec, self._about, corrected=self._corrected, moved_us=self._moved_us
        )


class _PcmLane(_Lane):
    """A sound with uncompressed samples in a packing that the new file cannot hold, as the LPCM of
    discs: it is repacked sample for sample."""

    def _add_stream(self, stream: Any, shape: Mapping[str, Any]) -> None:  # noqa: ARG002
        self._codec = pcm.codec_for(self._codec, shape["samples"])
        if self._target:
            self._out = self._target.add_stream(
                self._codec, rate=shape["sample_rate"], layout=f"{shape['channels']}c"
            )

    def put(self, packet: Any, shift_us: int, *, timeless: bool = False) -> None:
        """Mux the repacked samples of the packet."""
        import av

        for frame in packet.decode():
            packed = av.Packet(pcm.samples_of(frame, self._codec))
            packed.pts, packed.dts = packet.pts, packet.dts
            packed.duration, packed.time_base = packet.duration, packet.time_base
            super().put(packed, shift_us, timeless=timeless)


def in_order(pts: int | None, dts: int | None, ahead: int, last: int | None) -> tuple[int, int]:
    """Presentation and decoding time of a packet, corrected so that every container takes them.

    Decoding times do not go back, and none is later than its presentation time, which is moved only
    where it must be. `last` is the decoding time before, `ahead` the longest wait between the two,
    which a first packet without a decoding time is given. All in the stream's units; one of the
    times is known.
    """
    if pts is None:
        assert dts is not None
        pts = dts
    if dts is None:
        dts = pts - ahead if last is None else last
    if last is not None and dts < last:
        dts = last
    return max(pts, dts), dts


class _Extra:
    """A file of subtitles that is merged into the film, cue by cue at their times."""

    def __init__(self, lane: _Lane, stream: Any, shift_us: int):
        self._lane = lane
        self._shift_us = shift_us
        self._base = Base(stream.time_base)
        packets = stream.container.demux(stream)
        self._packets: Iterator[Any] = (
            p for p in packets if p.pts is not None and not stream_tally.is_empty(p)
        )
        self._next: Any = None
        self.start_us = 0
        self._advance()

    def send(self, until_us: int) -> int:
        """Mux the cues that begin up to `until_us`; returns when the next begins."""
        while self._next is not None and self.start_us <= until_us:
            self._lane.put(self._next, self._shift_us)
            self._advance()
        return self.start_us

    def _advance(self) -> None:
        self._next = next(self._packets, None)
        if self._next is None:
            self.start_us = _NEVER_US
        else:
            self.start_us = self._base.micro(self._next.pts) + self._shift_us


def _cover(film: str, index: int) -> bytes:
    """The image of a cover stream: its only packet."""
    with containers.opened(film) as container:
        for packet in containers.packets(container, container.streams[index]):
            if packet.size:
                return bytes(packet)
    return b""


def font_type(font: str) -> str:
    """The media type of a font file, by its ending."""
    kinds = {".ttf": "font/ttf", ".otf": "font/otf", ".ttc": "font/collection"}
    return kinds.get(Path(font).suffix.lower(), _UNKNOWN)


def _chapters(container: Any) -> list[Any]:
    """The chapters on the film's clock."""
    moved = []
    for chapter in container.chapters():
        base = chapter["time_base"]
        shift = Base(base).ticks(container.start_time or 0)
        start, end = (max(0, chapter[key] - shift) for key in ("start", "end"))
        moved.append({**chapter, "start": start, "end": end})
    return moved
