"""The film with its new subtitle tracks: what goes in, how, and whether it all arrived.

The packets are copied here, through PyAV, and not by the ffmpeg program: that one reads its inputs
by turns, as far as the slowest stream allows. A film with a subtitle stream of its own that is
silent for minutes then gets our cues minutes late, or is held in memory whole.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lineage import Problem
from subtitling import apart, media
from subtitling.clock import Clock
from subtitling.languages import own_name, three_letters
from subtitling.model import Media, Stream

_TEXT = frozenset({"subrip", "ass", "ssa", "webvtt", "mov_text", "text", "eia_608"})
_PICTURES = {"mjpeg": "jpg", "png": "png", "gif": "gif", "bmp": "bmp", "webp": "webp"}
# Facts about the old file that are not true of the new one.
_OLD_FILE = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder"})
# Where the payload of a packet differs from container to container though its content is the same.
_REPACKED = frozenset({"mpegts", "mpeg", "aac", "mpegvideo", "m4v", "avi", "flv", "nut"})
_ROUNDING_US = 2_000  # Matroska's times are whole milliseconds
_SPAN_SLACK_US = 100_000
_BLANK_FONT = "application/octet-stream"
_DEMUXERS = {".srt": "srt", ".ass": "ass", ".vtt": "webvtt"}
# Files without a cue are no subtitle files to ffmpeg: a track without cues is made like one with.
_ONE_CUE = {
    ".srt": "1\n00:00:00,000 --> 00:00:01,000\n.\n\n",
    ".vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\n.\n",
}


@dataclass(frozen=True)
class Container:
    """What a container holds. `video` and `audio` are codecs, None for any; `text` is the codec
    that text subtitles are re-written to where the container does not hold theirs."""

    muxer: str
    video: frozenset[str] | None
    audio: frozenset[str] | None
    subtitles: frozenset[str]
    text: str
    attachments: bool
    covers: frozenset[str]
    named: bool


CONTAINERS = {
    "mkv": Container(
        "matroska",
        video=None,
        audio=None,
        subtitles=frozenset(
            {"subrip", "ass", "ssa", "webvtt", "text", "hdmv_pgs_subtitle", "dvd_subtitle"}
            | {"dvb_subtitle", "hdmv_text_subtitle", "arib_caption"}
        ),
        text="subrip",
        attachments=True,
        covers=frozenset(_PICTURES),
        named=True,
    ),
    "mp4": Container(
        "mp4",
        video=frozenset({"h264", "hevc", "av1", "vp9", "vvc", "mpeg4", "mpeg2video"}),
        audio=frozenset(
            {"aac", "ac3", "eac3", "mp3", "mp2", "opus", "flac", "alac", "dts", "truehd"}
        ),
        subtitles=frozenset({"mov_text", "dvd_subtitle"}),
        text="mov_text",
        attachments=False,
        covers=frozenset({"mjpeg", "png"}),
        named=False,
    ),
    "webm": Container(
        "webm",
        video=frozenset({"vp8", "vp9", "av1"}),
        audio=frozenset({"vorbis", "opus"}),
        subtitles=frozenset({"webvtt"}),
        text="webvtt",
        attachments=False,
        covers=frozenset(),
        named=True,
    ),
}


@dataclass(frozen=True)
class Track:
    """One of our subtitle tracks: a file of cues as .srt, .ass or .vtt."""

    language: str
    path: Path
    default: bool
    forced: bool


@dataclass(frozen=True)
class Kept:
    """What happens to one stream of the film.

    `copy`; `attach` (a cover becomes an attachment); `text` (a text subtitle re-written to the
    container's own codec); `drop`, with its reason. `default` is the flag it has in the end.
    """

    stream: Stream
    action: str
    default: bool
    reason: str = ""


def plan(streams: Sequence[Stream], kind: str, *, ours_is_default: bool) -> list[Kept]:
    """What the container `kind` (mkv, mp4, webm) makes of the film's streams.

    Nothing is left out without its reason. A subtitle track of the film loses its default flag,
    and no other flag, where one of ours is to be shown. Problem where the container cannot hold a
    picture or sound: these are never encoded anew.
    """
    holds = CONTAINERS[kind]
    kept = []
    for stream in streams:
        codec, default = stream.codec, stream.default
        if stream.kind == "subtitle":
            default = default and not ours_is_default
        action, reason = "copy", ""
        if stream.kind in ("video", "audio"):
            held = holds.video if stream.kind == "video" else holds.audio
            if codec in ("unknown", "none"):
                action, reason = "drop", f"its codec is not known ({stream.kind})"
            elif held is not None and codec not in held:
                raise Problem(
                    f"stream {stream.index} is {codec} {stream.kind}, which {kind} cannot hold; "
                    "set mux.container to mkv, which holds it"
                )
        elif stream.kind == "cover":
            if codec not in holds.covers:
                action, reason = "drop", f"{kind} holds no {codec} cover"
            elif holds.attachments:
                action = "attach"
        elif stream.kind == "attachment":
            if not holds.attachments:
                action, reason = "drop", f"{kind} holds no attachments"
        elif stream.kind != "subtitle":
            action, reason = "drop", f"{kind} holds no {stream.kind} streams ({codec})"
        elif codec not in holds.subtitles:
            if codec in _TEXT:
                action, reason = "text", f"{kind} holds no {codec}"
            else:
                action, reason = "drop", f"{kind} holds no {codec} subtitles"
        kept.append(Kept(stream, action, default, reason))
    return kept


def default_language(wanted: str, languages: Sequence[str]) -> str | None:
    """The track that a player shows by itself: `first`, `none`, or a language of ours."""
    if wanted == "none" or not languages:
        return None
    return languages[0] if wanted == "first" else wanted


@dataclass(frozen=True)
class Row:
    """One stream as it was read: what it is, and the measure of its packets.

    `first_us` and `last_us` are on the film's clock, None for a stream without packets; `sum` is
    the CRC-32 of all payloads in order.
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


class Tally:
    """Measures the packets of one stream."""

    def __init__(self) -> None:
        self.packets = self.bytes = self.sum = 0
        self.first_us: int | None = None
        self.last_us: int | None = None

    def add(self, payload: Any, time_us: int) -> None:
        """Count a packet."""
        self.packets += 1
        self.bytes += len(payload)
        self.sum = zlib.crc32(payload, self.sum)
        self.first_us = time_us if self.first_us is None else min(self.first_us, time_us)
        self.last_us = time_us if self.last_us is None else max(self.last_us, time_us)

    def row(self, kind: str, codec: str, about: Mapping[str, Any]) -> Row:
        """What was measured, with what is known `about` the stream: language, title, marks."""
        return Row(kind=kind, codec=codec, **about, **vars(self))


def marks(disposition: int) -> tuple[str, ...]:
    """Names of the flags that a container keeps and a player obeys."""
    names = {1: "default", 4: "original", 8: "comment", 64: "forced", 128: "hearing_impaired"}
    return tuple(name for bit, name in names.items() if disposition & bit)


def write(
    film: Path | str,
    told: Media,
    tracks: Sequence[Track],
    out: Path | str,
    options: "Options",
    limits: media.Limits,
    progress: media.Progress,
) -> "Report":
    """Mux into `out` and read the result back; it gets its name only when it holds all it should.

    The container is that of the ending of `out`. Problem where something was lost.
    """
    target = Path(out)
    kind = target.suffix.removeprefix(".")
    media.check_file(film)
    kept = plan(told.streams, kind, ours_is_default=any(t.default for t in tracks))
    partial = target.with_name(f".{target.name}.partial")
    with ExitStack() as temporary:

        def scratch(name: str) -> Path:
            path = target.with_name(f".{target.name}.{name}")
            temporary.callback(path.unlink, missing_ok=True)
            return path

        extras = [
            _rewritten(film, item, kind, scratch, told.duration_ms, limits)
            for item in kept
            if item.action == "text"
        ] + [_ours(track, kind, scratch, limits) for track in tracks]
        half = _Half(progress)
        seconds, most = limits.seconds(told.duration_ms), limits.max_file_bytes
        made = apart.call(
            copy,
            {
                "film": str(film),
                "kept": [asdict(k) for k in kept],
                "tracks": extras,
                "fonts": list(options.fonts),
                "out": str(partial),
                "kind": kind,
                "duration_ms": told.duration_ms,
            },
            seconds=seconds,
            max_file_bytes=most,
            progress=half.first,
        )
        found = apart.call(
            weigh,
            {"film": str(partial), "ours": len(tracks), "duration_ms": told.duration_ms},
            seconds=seconds,
            max_file_bytes=most,
            progress=half.second,
        )
    planned, there = ([_row(row) for row in report["rows"]] for report in (made, found))
    compare(planned, there, told.container, named=CONTAINERS[kind].named)
    shift = shift_us(planned, there)
    for track, cues in zip(tracks, found["cues"], strict=True):
        check_cues(track.path, [tuple(cue) for cue in cues], shift)
    errors = media.decoding_errors(partial, options.check_s, limits) if options.check_s else []
    of_the_film = media.decoding_errors(film, options.check_s, limits) if errors else []
    if errors and not of_the_film:
        raise Problem(
            f"the muxed film does not play as the film does: {errors[0]}; the film and the "
            "subtitles are kept, try mux.container mkv"
        )
    partial.replace(target)
    lost = sorted(set(made["metadata"]) - set(found["metadata"]))
    return Report(kept, planned, made["repaired"], made["jumps"], lost, of_the_film, shift)


@dataclass(frozen=True)
class Options:
    """How the film is put together. `fonts` are files to attach, and `check_s` seconds of the
    result are played to see it plays."""

    fonts: Sequence[str]
    check_s: int


@dataclass(frozen=True)
class Report:
    """What became of the film's streams, and what was seen on the way.

    `repaired` counts packets whose timestamps no container would take, `lost_tags` are metadata
    that the container has no place for, `errors` what the film itself does not play without, and
    `shift_us` how much later than on the film's clock everything lies in the new file.
    """

    kept: list[Kept]
    rows: list[Row]
    repaired: int
    jumps: int
    lost_tags: list[str]
    errors: list[str]
    shift_us: int


class _Half:
    """Progress of two passes over the film as one."""

    def __init__(self, progress: media.Progress):
        self._progress = progress

    def first(self, done: float, total: float) -> None:
        self._progress(min(done, total) / 2, total)

    def second(self, done: float, total: float) -> None:
        self._progress((total + min(done, total)) / 2, total)


def convert(
    path: Path | str,
    index: int,
    kind: str,
    out: Path,
    duration_ms: int,
    limits: media.Limits,
    demuxer: str | None = None,
) -> None:
    """Write one text subtitle stream in the codec that the container `kind` holds."""
    holds = CONTAINERS[kind]
    coder = {"subrip": "srt"}.get(holds.text, holds.text)
    media.run(
        ["-copyts", *media.source(path, demuxer), "-map", f"0:{index}", "-c:s", coder,
         "-avoid_negative_ts", "disabled", "-fflags", "+bitexact",
         "-f", holds.muxer, media.url(out)],
        duration_ms, None, limits,
    )  # fmt: skip


def _rewritten(
    film: Path | str, item: Kept, kind: str, scratch: Any, duration_ms: int, limits: media.Limits
) -> dict[str, Any]:
    """A text subtitle of the film in the container's own codec, as the child wants it."""
    path = scratch(f"{item.stream.index}.partial")
    convert(film, item.stream.index, kind, path, duration_ms, limits)
    return {"path": str(path), "demuxer": None, "of_film": item.stream.index, "silent": False}


def _ours(track: Track, kind: str, scratch: Any, limits: media.Limits) -> dict[str, Any]:
    """One of our tracks in a form that the container takes, as the child wants it."""
    path = track.path
    silent = not events(path)
    if silent and path.suffix in _ONE_CUE:
        path = scratch(f"{track.language}{path.suffix}")
        path.write_text(_ONE_CUE[track.path.suffix], encoding="utf-8")
    demuxer = _DEMUXERS.get(path.suffix)
    if kind == "mp4":
        given, path = path, scratch(f"{track.language}.partial")
        convert(given, 0, kind, path, 0, limits, demuxer)
        demuxer = None
    return {
        "path": str(path),
        "demuxer": demuxer,
        "of_film": None,
        "silent": silent,
        "language": three_letters(track.language),
        "title": own_name(track.language),
        "flags": track.default * 1 | track.forced * 64,
    }


# ---- in the child


def copy(
    film: str,
    kept: list[dict[str, Any]],
    tracks: list[dict[str, Any]],
    fonts: list[str],
    out: str,
    kind: str,
    duration_ms: int,
    progress: media.Progress,
) -> dict[str, Any]:
    """Copy the packets; returns what was read: `rows` as planned for the new file, in its order."""
    import av

    plan_of = {row["stream"]["index"]: row for row in kept}
    converted = {t["of_film"]: t for t in tracks if t["of_film"] is not None}
    with ExitStack() as stack:
        source = stack.enter_context(media.opened(film))
        target = stack.enter_context(media.created(out, CONTAINERS[kind].muxer))
        clock = Clock(source.start_time or 0, may_jump=media.may_jump(source.format.name))
        lanes: list[_Lane] = []
        of_film: dict[int, _Lane] = {}
        extras: list[_Extra] = []
        attached: list[Row] = []
        names: Counter[str] = Counter()

        def open_track(told: dict[str, Any]) -> Any:
            return stack.enter_context(media.opened(told["path"], told["demuxer"])).streams[0]

        with media.explained(film):
            for stream in source.streams:
                row = plan_of[stream.index]
                flags = stream.disposition.value & ~1 | row["default"]
                if row["action"] == "copy" and row["stream"]["kind"] != "attachment":
                    lane = _Lane(target, stream, dict(stream.metadata), flags)
                    of_film[stream.index] = lane
                    lanes.append(lane)
                elif row["action"] == "text":
                    read = open_track(converted[stream.index])
                    lane = _Lane(target, read, dict(stream.metadata), flags)
                    start = source.start_time or 0
                    extras.append(_Extra(lane, read, -start))
                    lanes.append(lane)
            for told in tracks:
                if told["of_film"] is None:
                    read = open_track(told)
                    about = {"language": told["language"], "title": told["title"]}
                    about["handler_name"] = told["title"]  # MP4's place for a title
                    lane = _Lane(target, read, about, told["flags"])
                    if not told["silent"]:
                        extras.append(_Extra(lane, read, 0))
                    lanes.append(lane)
            for stream in source.streams:
                row = plan_of[stream.index]
                if row["action"] == "attach":
                    data = _cover(film, stream.index)
                    ending = _PICTURES[row["stream"]["codec"]]
                    name, mime = f"cover.{ending}", f"image/{ending.replace('jpg', 'jpeg')}"
                    attached.append(_attach(target, names, stream.metadata, name, mime, data))
                elif row["action"] == "copy" and row["stream"]["kind"] == "attachment":
                    name = f"attachment-{stream.index}"
                    data = bytes(stream.data)
                    attached.append(
                        _attach(target, names, stream.metadata, name, _BLANK_FONT, data)
                    )
            for font in fonts:
                about = {"filename": Path(font).name, "mimetype": _font_type(font)}
                attached.append(_attach(target, names, about, "", "", Path(font).read_bytes()))
            metadata = {k: v for k, v in source.metadata.items() if k.lower() not in _OLD_FILE}
            target.metadata.update(metadata)
            chapters = _chapters(source)
            target.set_chapters(chapters)
            try:
                target.start_encoding()
            except (av.error.FFmpegError, ValueError) as error:
                raise Problem(
                    f"{film}: {kind} does not take these streams ({error}); "
                    + ("set mux.container to mkv" if kind != "mkv" else "one of them is damaged")
                ) from error
            now = 0
            for packet in source.demux([source.streams[index] for index in of_film]):
                if _is_empty(packet):
                    continue
                now = of_film[packet.stream_index].copy(packet, clock)
                for extra in extras:
                    extra.send(until_us=now)
                progress(now / 1000, duration_ms)
            for extra in extras:
                extra.send(until_us=None)
    rows = [lane.row() for lane in lanes]
    return {
        "rows": [asdict(row) for row in [*rows, *attached]],
        "metadata": [f"{k.lower()}={v}" for k, v in metadata.items()]
        + [f"chapter={c['title']}" for c in _titles(chapters)],
        "repaired": sum(lane.repaired for lane in lanes),
        "jumps": clock.jumps,
    }


class _Lane:
    """A stream on its way from one container into another."""

    def __init__(self, target: Any, stream: Any, metadata: dict[str, str], flags: int):
        self._target = target
        self._out = target.add_stream_from_template(stream, opaque=True)
        self._out.metadata.update(metadata)
        self._out.disposition = flags
        self._about = {
            "language": metadata.get("language", ""),
            "title": metadata.get("title", ""),
            "marks": marks(flags),
        }
        self._kind = "cover" if flags & 1024 else stream.type
        self._codec = stream.codec_context.codec.canonical_name
        self._index = stream.index
        self._tally = Tally()
        self._last: int | None = None
        self._next = media.ticks(stream.container.start_time or 0, stream.time_base)
        self._step = 0 if stream.type == "subtitle" else 1
        # How many frames a frame may be decoded before it is shown.
        self._ahead = getattr(stream.codec_context, "has_b_frames", 0) or 0
        self.repaired = 0

    def copy(self, packet: Any, clock: Clock) -> int:
        """Put the packet on the film's clock and into the new file; returns its time there, µs."""
        base = packet.time_base
        if packet.pts is None and packet.dts is None:
            # A cover belongs to no time; of others without one, each follows on the last.
            packet.dts = self._next
            packet.pts = packet.dts if self._kind == "cover" else None
        dts = packet.dts if packet.dts is not None else packet.pts
        self._next = dts + (packet.duration or 0)
        here = media.micro(dts, base)
        placed = clock.place(self._index, here)
        self.put(packet, placed - here)
        return placed

    def put(self, packet: Any, shift_us: int) -> None:
        """The packet with its times moved by `shift_us`, and never going back."""
        base = packet.time_base
        shift = media.ticks(shift_us, base)
        moved = [None if time is None else time + shift for time in (packet.pts, packet.dts)]
        ahead = self._ahead * (packet.duration or 0)
        pts, dts = in_order(moved[0], moved[1], ahead, self._last, self._step)
        self.repaired += pts != moved[0]
        self._last = dts
        self._tally.add(memoryview(packet), media.micro(pts, base))
        packet.pts, packet.dts = pts, dts
        packet.stream = self._out
        self._target.mux(packet)

    def row(self) -> Row:
        return self._tally.row(self._kind, self._codec, self._about)


def in_order(
    pts: int | None, dts: int | None, ahead: int, last: int | None, step: int
) -> tuple[int, int]:
    """Presentation and decoding time of a packet as every container takes them.

    Decoding times rise, and none is later than its presentation time, which is moved only where it
    must be. `last` is the decoding time before, `step` by how much the next must rise, `ahead` the
    longest wait between the two, which a first packet without a decoding time is given. All in the
    stream's units; one of the times is known.
    """
    if pts is None:
        assert dts is not None
        pts = dts
    if dts is None:
        dts = pts - ahead if last is None else last + step
    if last is not None and dts < last + step:
        dts = last + step
    return max(pts, dts), dts


class _Extra:
    """A file of subtitles that is merged into the film, cue by cue as their time comes."""

    def __init__(self, lane: _Lane, stream: Any, shift_us: int):
        self._lane = lane
        self._shift_us = shift_us
        packets = stream.container.demux(stream)
        self._packets: Iterator[Any] = (
            p for p in packets if p.pts is not None and not _is_empty(p)
        )
        self._next = next(self._packets, None)

    def send(self, until_us: int | None) -> None:
        """Put in what begins up to then; None for all the rest."""
        while self._next is not None:
            start = media.micro(self._next.pts, self._next.time_base) + self._shift_us
            if until_us is not None and start > until_us:
                return
            self._lane.put(self._next, self._shift_us)
            self._next = next(self._packets, None)


def _attach(
    target: Any,
    names: Counter[str],
    told: Mapping[str, str],
    name: str,
    mime: str,
    data: bytes,
) -> Row:
    """Attach `data` under its own name, or `name` where it has none; no name is given twice."""
    own = told.get("filename") or told.get("title") or name
    names[own] += 1
    if names[own] > 1:
        path = Path(own)
        own = f"{path.stem} ({names[own]}){path.suffix}"
    target.add_attachment(own, told.get("mimetype") or mime, data)
    tally = Tally()
    tally.add(data, 0)
    return tally.row("attachment", "", {"language": "", "title": own, "marks": ()})


def _cover(film: str, index: int) -> bytes:
    """The picture of a cover stream: its one packet."""
    with media.opened(film) as container:
        for packet in container.demux(container.streams[index]):
            if packet.size:
                return bytes(packet)
    return b""


def _font_type(font: str) -> str:
    kinds = {".ttf": "font/ttf", ".otf": "font/otf", ".ttc": "font/collection"}
    return kinds.get(Path(font).suffix.lower(), _BLANK_FONT)


def _chapters(container: Any) -> list[Any]:
    """The chapters on the film's clock."""
    moved = []
    for chapter in container.chapters():
        base = chapter["time_base"]
        shift = media.ticks(container.start_time or 0, base)
        start, end = (max(0, chapter[key] - shift) for key in ("start", "end"))
        moved.append({**chapter, "start": start, "end": end})
    return moved


def _titles(chapters: list[Any]) -> list[dict[str, str]]:
    return [{"title": chapter["metadata"].get("title", "")} for chapter in chapters]


def weigh(film: str, ours: int, duration_ms: int, progress: media.Progress) -> dict[str, Any]:
    """Read the new file to its end: a row a stream, and the cues of the last `ours` tracks."""
    with media.opened(film) as container:
        streams = [s for s in container.streams if s.type != "attachment"]
        tallies = {s.index: Tally() for s in streams}
        subtitles = [s.index for s in streams if s.type == "subtitle"]
        cues: dict[int, list[Any]] = {i: [] for i in subtitles[len(subtitles) - ours :]}
        with media.explained(film):
            for packet in container.demux(streams) if streams else ():
                if _is_empty(packet):
                    continue
                time = media.micro(packet.pts or 0, packet.time_base)
                tallies[packet.stream_index].add(memoryview(packet), time)
                if packet.stream_index in cues:
                    long = media.micro(packet.duration or 0, packet.time_base)
                    cues[packet.stream_index].append((time, time + long, *_said(packet)))
                progress(time / 1000, duration_ms)
        rows = []
        for stream in container.streams:
            about = {
                "language": stream.metadata.get("language", ""),
                "title": stream.metadata.get("title", ""),
                "marks": marks(stream.disposition.value),
            }
            if stream.type == "attachment":
                tally = Tally()
                tally.add(bytes(stream.data), 0)
                about["title"] = stream.name or ""
                rows.append(tally.row("attachment", "", about))
                continue
            picture = stream.disposition.value & 1024
            name = stream.metadata.get("filename") or stream.metadata.get("FILENAME")
            if picture and name:  # Matroska keeps a cover as an attachment, ffmpeg shows a stream
                about |= {"title": name, "marks": ()}
                rows.append(tallies[stream.index].row("attachment", "", about))
                continue
            if stream.type == "data":  # where MP4 keeps the chapters
                continue
            codec = stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"
            rows.append(
                tallies[stream.index].row("cover" if picture else stream.type, codec, about)
            )
        found = [f"{k.lower()}={v}" for k, v in container.metadata.items()]
        found += [f"chapter={c['title']}" for c in _titles(container.chapters())]
    return {
        "rows": [asdict(row) for row in rows],
        "metadata": found,
        "cues": list(cues.values()),
    }


def _is_empty(packet: Any) -> bool:
    """Nothing at all, or the pause between two cues that MP4 keeps as a text without letters."""
    if packet.size == 0 or packet.size > 2 or packet.stream.type != "subtitle":
        return bool(packet.size == 0)
    return bool(packet.stream.codec_context.name == "mov_text" and bytes(packet) == b"\0\0")


def _said(packet: Any) -> tuple[str]:
    """The text of a subtitle packet, by the codec that wrote it."""
    payload = bytes(packet)
    codec = packet.stream.codec_context.codec.canonical_name
    if codec == "mov_text":
        payload = payload[2 : 2 + int.from_bytes(payload[:2], "big")]
    text = payload.decode("utf-8", "replace")
    if codec == "ass":
        text = text.split(",", 8)[-1]
    return (text,)


# ---- what was planned against what is there


def _row(told: Mapping[str, Any]) -> Row:
    return Row(**{**told, "marks": tuple(told["marks"])})


def compare(
    planned: Sequence[Row], found: Sequence[Row], container: str, *, named: bool = True
) -> None:
    """Raise Problem unless the new file holds every stream as planned, packet for packet.

    `container` is the film's own format; where its packets are packed differently, the payload may
    have changed its shape, but neither its number nor its times. `named` is False for a new file
    that keeps no titles, and no flags but which track is shown. Covers may stand anywhere.
    """
    planned, found = (sorted(rows, key=lambda r: r.kind == "cover") for rows in (planned, found))
    kept = "; the film and the subtitles are kept, nothing was put out"
    want = [(r.kind, r.codec) for r in planned]
    have = [(r.kind, r.codec) for r in found]
    if want != have:
        raise Problem(f"the muxed film holds {have}, not {want}{kept}")
    shift = shift_us(planned, found)
    for number, (before, after) in enumerate(zip(planned, found, strict=True)):
        name = f"stream {number} ({before.kind} {before.codec}) of the muxed film"
        told: Any = (_language(before.language), before.title, before.marks)
        seen: Any = (_language(after.language), after.title, after.marks)
        if not named:
            shown = tuple(mark for mark in after.marks if mark in before.marks)
            told, seen = (told[0], "default" in told[2]), (seen[0], "default" in shown)
        if told != seen:
            raise Problem(f"{name} is called {seen}, not {told}{kept}")
        if before.packets != after.packets:
            raise Problem(f"{name} has {after.packets} packets, not {before.packets}{kept}")
        repacked = not _REPACKED.isdisjoint(container.split(",")) and before.bytes != after.bytes
        if before.sum != after.sum and not repacked:
            raise Problem(f"{name} has other content than the film's{kept}")
        if before.kind in ("attachment", "cover") or before.first_us is None:
            continue
        for at, there in (("begins", (before.first_us, after.first_us)),
                          ("ends", (before.last_us, after.last_us))):  # fmt: skip
            off = (there[1] or 0) - (there[0] or 0) - shift
            if abs(off) > _ROUNDING_US:
                raise Problem(f"{name} {at} {off / 1000:.0f} ms off{kept}")


def shift_us(planned: Sequence[Row], found: Sequence[Row]) -> int:
    """How much later than planned the new file begins: containers want no time below zero."""
    for before, after in zip(planned, found, strict=False):
        if before.kind in ("video", "audio") and None not in (before.first_us, after.first_us):
            return (after.first_us or 0) - (before.first_us or 0)
    return 0


def _language(code: str) -> str:
    return "" if code == "und" else code


def check_cues(path: Path, found: Sequence[tuple[int, int, str]], shift_us: int) -> None:
    """Raise Problem unless the track says what its file says, cue for cue: (start, end, text)."""
    want = [(e.start, e.end, _bare(e.text)) for e in events(path)]
    have = [
        (round((start - shift_us) / 1000), round((end - shift_us) / 1000), _bare(text))
        for start, end, text in found
    ]
    if len(want) != len(have):
        raise Problem(f"{path} has {len(want)} cues, its track in the muxed film {len(have)}")
    for number, (told, seen) in enumerate(zip(want, have, strict=True), 1):
        near = all(abs(a - b) <= 2 for a, b in zip(told[:2], seen[:2], strict=True))
        if not near or told[2] != seen[2]:
            raise Problem(f"cue {number} of {path} is {told}, but {seen} in the muxed film")


def events(path: Path) -> list[Any]:
    """The cues of a subtitle file of ours."""
    import pysubs2

    if not path.stat().st_size:
        return []
    asis: dict[str, Any] = {} if path.suffix == ".ass" else {"keep_ssa_tags": True}
    if path.suffix == ".srt":
        asis["keep_html_tags"] = True
    return [e for e in pysubs2.load(str(path), **asis) if not e.is_comment]


def _bare(text: str) -> str:
    """The words of a cue, without any format's marks."""
    text = re.sub(r"\\[Nn]|\r?\n", " ", text)
    return " ".join(re.sub(r"<[^>]*>", "", text).split())
