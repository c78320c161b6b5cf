"""Probe a film: its streams and its length, by reading it to the end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from lineage import terminal
from lineage.problem import Problem
from subtitling.documents import Stream, StreamKind
from subtitling.media import containers, matroska, mp4
from subtitling.media.clock import Base, Clock
from subtitling.media.ffmpeg import Limits
from subtitling.media.picture_shapes import PictureShapes, may_change, shown
from subtitling.runtime import child_process
from subtitling.runtime.progress import Progress

_MAY_JUMP = frozenset({"mpegts", "mpeg"})
_HDR = {16: "pq", 18: "hlg"}  # ITU-T H.273, transfer characteristics
_ADTS_KIND = 0x3DC0  # the bits of rate and channels in its third and fourth byte
_COVER = 1024  # of dispositions: attached_pic
_PROGRESS_EVERY = 1000  # packets
_PACKETS_TO_A_FRAME = 100

_NEARLY = 0.95  # of a length
_CROWDED_MS = 1000  # of packets that lie on one another, as at the edges of joined films


@dataclass(frozen=True)
class Probe:
    """Facts of a film, read to its end. `duration_ms` is its real length, `claimed_ms` the length
    in its header. `start_us` is the start of its clock, in its own timestamps; `jumps` the number
    of times that its timestamps are reset midway (recordings, joined broadcasts). `crowded` are
    sounds whose packets last longer than their times leave room for, with both lengths in ms."""

    container: str
    duration_ms: int
    claimed_ms: int
    frame_rate: float | None
    start_us: int
    jumps: int
    streams: tuple[Stream, ...]
    structure: tuple[str, ...] = ()
    crowded: tuple[tuple[int, int, int], ...] = ()


def _stream_of(stream: dict[str, Any]) -> Stream:
    """A stream from the child process's JSON, whose lists become tuples."""
    lists = {key: tuple(stream[key]) for key in ("marks", "shapes")}
    return Stream(**{**stream, **lists})


def probe(film: Path | str, limits: Limits, progress: Progress | None = None) -> Probe:
    """Probe the film in a child process. Raises Problem if it is not a film or exceeds the
    limits."""
    containers.check_file(film)
    answer = child_process.call(
        look,
        {"film": str(film)},
        seconds=limits.seconds(0),
        max_file_bytes=limits.max_file_bytes,
        progress=progress,
    )
    answer["streams"] = tuple(_stream_of(s) for s in answer["streams"])
    lists = {key: tuple(answer[key]) for key in ("structure", "crowded")}
    probed = Probe(**{**answer, **lists})
    check_limits(film, probed, limits)
    return probed


def look(film: str, progress: Progress) -> dict[str, Any]:
    """`Probe` as plain JSON; runs in the child."""
    with containers.opened(film) as container:
        claimed = streams(container)
        length = duration_ms(container, claimed)
        reading = _Reading(container)
        with containers.explained(film):
            reading.to_the_end(lambda ms: progress(ms, length))
        is_matroska = "matroska" in container.format.name
        unseen = matroska.hidden(film) if is_matroska else matroska.Hidden()
        tags = mp4.languages(film) if "mp4" in container.format.name else {}
        seen = Probe(
            container=container.format.name,
            duration_ms=reading.ends_ms or length,
            claimed_ms=length,
            frame_rate=frame_rate(container, claimed),
            start_us=container.start_time or 0,
            jumps=reading.clock.jumps,
            streams=tuple(
                replace(
                    _as_shown(container, reading.completed(s)),
                    tag=unseen.languages.get(s.index) or tags.get(container.streams[s.index].id),
                )
                for s in claimed
            ),
            structure=tuple(unseen.structure),
            crowded=tuple(reading.crowded()),
        )
    return asdict(seen)


def _as_shown(container: Any, stream: Stream) -> Stream:
    """The stream with the display size of its picture."""
    if stream.kind != "video" or not stream.width or not stream.height:
        return stream
    pixel = container.streams[stream.index].sample_aspect_ratio or 1
    width, height = shown(stream.width, stream.height, pixel, _rotation(container, stream.index))
    return replace(stream, shown_width=width, shown_height=height)


def _rotation(container: Any, index: int) -> int:
    """The rotation of the picture in degrees, from its first frame; 0 if none of the first packets
    gives a frame."""
    import av

    with suppress(av.error.FFmpegError):
        container.seek(0)  # it may have been read to its end
        for packet in islice(
            containers.packets(container, container.streams[index]), _PACKETS_TO_A_FRAME
        ):
            for frame in packet.decode():
                return int(frame.rotation)
    return 0


def may_jump(container: str) -> bool:
    """Whether the format allows its timestamps to be reset midway."""
    return container in _MAY_JUMP


class _Reading:
    """Facts of a film's pictures and sounds that are known only after reading it to its end."""

    def __init__(self, container: Any):
        self._played = [s for s in container.streams if s.type in ("video", "audio")]
        self._container = container
        self.clock = Clock(container.start_time or 0, may_jump=may_jump(container.format.name))
        self._packets = {s.index: 0 for s in self._played}
        self._ends_us: dict[int, int] = {}
        self._begins_us: dict[int, int] = {}
        self._lasts = dict.fromkeys(self._packets, 0)  # in the unit of the stream's times
        # The header of a broadcast does not describe a sound that begins later.
        self._unknown = {s.index for s in self._played if not _is_known(s.codec_context)}
        self._shapes = {s.index: PictureShapes(s) for s in self._played if may_change(s)}
        # AAC of a broadcast has its parameters in each packet; elsewhere they are given once.
        self._adts = {s.index for s in self._played if _is_adts(s)}
        self._kinds: dict[int, set[int]] = {index: set() for index in self._adts}

    def to_the_end(self, progress: Callable[[float], None]) -> None:
        """Read all of it."""
        bases = {s.index: Base(s.time_base) for s in self._played}
        ends_us, counts = self._ends_us, self._packets
        reading = containers.packets(self._container, self._played)
        for count, packet in enumerate(reading if counts else ()):
            if not packet.size:
                continue
            index = packet.stream_index
            counts[index] += 1
            time = packet.pts if packet.dts is None else packet.dts
            if time is not None:
                base = bases[index]
                raw_us = base.micro(time)
                moved = self.clock.place(index, raw_us) - raw_us
                shown = time if packet.pts is None else packet.pts
                lasts = packet.duration or 0
                self._lasts[index] += lasts
                end = base.micro(shown + lasts) + moved
                if index not in self._begins_us:
                    self._begins_us[index] = base.micro(shown) + moved
                if end > ends_us.get(index, 0):
                    ends_us[index] = end
            if index in self._unknown:
                self._decode(packet)
            if index in self._adts:
                head = bytes(memoryview(packet)[:4])
                if head[:1] == b"\xff":
                    # Rate and channels, ISO/IEC 13818-7, 6.2.1.
                    self._kinds[index].add(int.from_bytes(head[2:], "big") & _ADTS_KIND)
            if index in self._shapes:
                self._shapes[index].add(packet)
            if count % _PROGRESS_EVERY == 0:
                progress(max(ends_us.values(), default=0) / 1000)

    def _decode(self, packet: Any) -> None:
        import av

        # Broken packets are usual at the beginning of a broadcast; the next one may decode.
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

    def crowded(self) -> Iterator[tuple[int, int, int]]:
        """See `Probe`. Where times restart, packets may lie on one another in places."""
        for stream in self._played if not self.clock.jumps else ():
            index = stream.index
            if stream.type == "audio" and index in self._begins_us:
                lasts_ms = Base(stream.time_base).micro(self._lasts[index]) // 1000
                room_ms = (self._ends_us.get(index, 0) - self._begins_us[index]) // 1000
                if lasts_ms > room_ms / _NEARLY + _CROWDED_MS:
                    yield index, lasts_ms, room_ms

    def completed(self, stream: Stream) -> Stream:
        """The stream with the facts read from its packets."""
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
            shapes=self._shapes[stream.index].changes if stream.index in self._shapes else (),
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
        return True  # no decoder can tell
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


def doubts(
    film: Path | str, probed: Probe, track: Stream, sound_ms: int, channels: str
) -> list[str]:
    """What may be wrong with a film whose chosen track has so much sound: that it is cut short,
    that its header says another length, or that places have no channel to listen to (`channels` is
    `demux.channels`)."""
    lasts_ms, claimed_ms = probed.duration_ms, probed.claimed_ms
    ends_ms = max(lasts_ms, claimed_ms)
    noticed = []
    if probed.jumps:
        noticed.append(f"the film's times restart {probed.jumps} times; ffmpeg joins the parts")
    if sound_ms < _NEARLY * ends_ms:
        noticed.append(
            f"the sound ends at {sound_ms / 1000:.1f} s of {ends_ms / 1000:.1f} s: is {film} cut "
            "short?"
        )
    if claimed_ms < _NEARLY * lasts_ms:
        noticed.append(
            f"{film} claims to last {claimed_ms / 1000:.1f} s, but lasts {lasts_ms / 1000:.1f} s"
        )
    if track.varies and channels not in ("mix", "separate"):
        noticed.append(
            "the sound changes its channels midway: where it has no "
            f"{channels} one, nothing is heard"
        )
    return noticed


def check_limits(film: Path | str, probed: Probe, limits: Limits) -> None:
    """Raise Problem if a limit is exceeded, naming the value, the limit and its key."""
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
    kind: StreamKind = "cover" if "attached_pic" in marks else stream.type or "unknown"
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
    """A tag of a stream, cut to a reasonable length, since it goes into every record of the
    film."""
    tag = tags_of(stream).get(name)
    return None if tag is None else terminal.cut(tag)


def tags_of(stream: Any) -> dict[str, str]:
    """A stream's tags; those in use have lower-case names. To FFmpeg, and to players, `TITLE` is
    the same as `title`."""
    names = {"language", "title", "filename"}
    return {k.lower() if k.lower() in names else k: v for k, v in stream.metadata.items()}


def duration_ms(container: Any, all_streams: Sequence[Stream]) -> int:
    """The length of the film: that of its container, or of its longest stream."""
    if container.duration:
        length, start = int(container.duration), container.start_time or 0
        # Matroska's length counts from time 0, wherever the film begins.
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
