"""Muxing the film with its new subtitle tracks: planning, writing and checking."""

import re
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lineage.problem import Problem
from subtitling.documents import Media, Stream
from subtitling.media import matroska, media
from subtitling.muxing import stream_copy
from subtitling.muxing.stream_copy import PICTURES, StreamTally
from subtitling.runtime import child_process
from subtitling.subtitles.formats import subtitle_files, track_file
from subtitling.text.languages import own_name, part, three_letters, written

_TEXT = frozenset({"subrip", "ass", "ssa", "webvtt", "mov_text", "text", "eia_608"})
# Formats whose packets are framed differently, so that payloads differ though the content is equal.
_REPACKED = frozenset({"mpegts", "mpeg", "aac", "mpegvideo", "m4v", "avi", "flv", "nut"})
_SAME_SHAPE = 0.005  # of the pixel aspect ratio: MP4 and WebM round it
_ROUNDING_US = 2_000  # Matroska's times are whole milliseconds
_LATEST_US = 5_000_000  # more than a player that reads a film in order buffers of it
# Packets of a stream whose times may have been corrected, as a number and as a share.
_MENDED, _MENDED_SHARE = 10, 0.05
# Blu-ray's subtitles come in segments; Matroska needs the segments of one picture together.
_MERGED, _MERGED_US = frozenset({"hdmv_pgs_subtitle"}), 1_000_000
UNKNOWN = ("unknown", "none")
_DEMUXERS = {".srt": "srt", ".ass": "ass", ".vtt": "webvtt"}
_NO_UTF_8, _OLD_CHARSET = "Invalid UTF-8", "windows-1252"  # as ffmpeg says it, and names it
# ffmpeg refuses files without a cue: a track without cues is made from a file with one.
_ONE_CUE = {
    ".srt": "1\n00:00:00,000 --> 00:00:01,000\n.\n\n",
    ".vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\n.\n",
}


@dataclass(frozen=True)
class Container:
    """What a container can hold. `video` and `audio` are codecs, None for any; `text` is the codec
    that text subtitles are converted to where the container does not hold theirs. A container that
    `grows` is only appended to, so that it can be read while more is written."""

    muxer: str
    video: frozenset[str] | None
    audio: frozenset[str] | None
    subtitles: frozenset[str]
    text: str
    attachments: bool
    covers: frozenset[str]
    named: bool
    grows: bool


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
        covers=frozenset(PICTURES),
        named=True,
        grows=True,
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
        grows=False,
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
        grows=True,
    ),
}


@dataclass(frozen=True)
class Track:
    """A generated subtitle track: a file of cues as .srt, .ass or .vtt."""

    language: str
    path: Path
    default: bool
    forced: bool


@dataclass(frozen=True)
class StreamAction:
    """What happens to one stream of the film.

    `copy`; `attach` (a cover becomes an attachment); `text` (a text subtitle converted to the
    container's own codec); `pcm` (samples repacked, without loss); `drop`, with its reason.
    `default` is the flag that it gets.
    """

    stream: Stream
    action: str
    default: bool
    reason: str = ""


@dataclass(frozen=True)
class Way:
    """The action for each stream, and whether the ffmpeg program has to write the film, since it
    can put streams into Matroska that its libraries cannot."""

    kept: list[StreamAction]
    by_program: bool


def way(
    film: Path | str,
    streams: Sequence[Stream],
    kind: str,
    limits: media.Limits,
    *,
    ours_is_default: bool,
) -> Way:
    """Plan how the film is put into the container `kind`, tried with its own first packets.

    Raises Problem where that container can hold no picture or no sound of it.
    """
    media.check_file(film)
    kept = plan(streams, kind, ours_is_default=ours_is_default)
    muxer = CONTAINERS[kind].muxer
    reasons = child_process.call(
        stream_copy.refused,
        {"film": str(film), "kept": [asdict(k) for k in kept], "muxer": muxer},
        seconds=limits.seconds(0),
        max_file_bytes=limits.max_file_bytes,
    )
    by_program = False
    for number, item in enumerate(kept):
        reason = reasons.get(str(item.stream.index))
        if reason is None:
            continue
        stream = item.stream
        why = f"{kind} holds no {stream.codec}"
        if kind == "mkv" and stream_copy.is_pcm(stream.codec):
            kept[number] = replace(item, action="pcm", reason=why)
        elif kind == "mkv" and _program_takes(film, stream, limits):
            by_program = True
        elif kind == "mkv" and stream_copy.is_nearly_pcm(stream.codec):
            kept[number] = replace(item, action="pcm", reason=why)
        else:
            why = f"{kind} does not take it ({reason})"
            kept[number] = replace(item, action="drop", reason=why)
    for wanted in ("video", "audio"):
        there = [k for k in kept if k.stream.kind == wanted]
        if there and all(k.action == "drop" for k in there) and any(_comes(k) for k in there):
            one = next(k for k in there if _comes(k))
            coding = {"video": "-c:a copy -crf 16", "audio": "-c:v copy -c:a flac"}[wanted]
            raise Problem(
                f"{film}: stream {one.stream.index} is {one.stream.codec} {wanted}, which {kind} "
                f"cannot hold: {one.reason}; encode it first, e.g. ffmpeg -i FILM {coding} new.mkv"
            )
    return Way(kept, by_program)


def foreseen(
    film: Path | str, streams: Sequence[Stream], kind: str, limits: media.Limits
) -> list[str]:
    """Lines on the streams that will not simply be copied into the container `kind`, computed
    before the recognition. Raises Problem as `way` does.
    """
    chosen = way(film, streams, kind, limits, ours_is_default=True)
    lines = [
        f"stream {action_line(k, Path(f'final.{kind}'))} ({k.reason})"
        for k in chosen.kept
        if k.action not in ("copy", "attach")
    ]
    if chosen.by_program:
        lines.append("the ffmpeg program will write the film: its libraries know no other way")
    return lines


def lost_languages(streams: Sequence[Stream], kind: str) -> list[tuple[str, str, str]]:
    """Streams whose language tag says more than the three letters that the container `kind` holds:
    which, tag, and what is left of it. Files written by the ffmpeg program hold no more, as WebM.
    """
    lost = []
    for stream in streams:
        tag, left = stream.tag, stream.language or "und"
        if not tag or stream_copy.tag_of(CONTAINERS[kind].muxer, tag):
            continue
        if "-" in tag or not _same_language(tag, left):
            lost.append((f"stream {stream.index}", tag, left))
    return lost


def lost_tags(tracks: Sequence[Track], kind: str) -> list[tuple[str, str, str]]:
    """The same of generated tracks."""
    tags = [(track.language, written(track.language)) for track in tracks]
    return [
        (f"track {code}", tag, three_letters(tag))
        for code, tag in tags
        if "-" in tag and not stream_copy.tag_of(CONTAINERS[kind].muxer, tag)
    ]


def _same_language(one: str, other: str) -> bool:
    import langcodes

    if not (langcodes.tag_is_valid(one) and langcodes.tag_is_valid(other)):
        return one == other
    return str(langcodes.Language.get(one).language) == langcodes.Language.get(other).language


def _comes(item: StreamAction) -> bool:
    return item.stream.packets != 0


def _program_takes(film: Path | str, stream: Stream, limits: media.Limits) -> bool:
    """Whether the ffmpeg program can copy a stream into Matroska, so that it plays there."""
    with TemporaryDirectory() as folder:
        beginning = Path(folder, "beginning.mkv")
        try:
            media.run(
                [*media.source(film), "-map", f"0:{stream.index}", "-c", "copy", "-t", "1",
                 "-f", "matroska", media.url(beginning)],
                0, None, limits,
            )  # fmt: skip
        except Problem:
            return False
        return not media.decoding_errors(beginning, 1, limits)


def plan(streams: Sequence[Stream], kind: str, *, ours_is_default: bool) -> list[StreamAction]:
    """Plan the action for each of the film's streams in the container `kind` (mkv, mp4, webm).

    Each dropped stream has a reason. A subtitle track of the film loses its default flag, and no
    other flag, where a generated track is the default. Raises Problem where the container cannot
    hold a picture or sound: these are never re-encoded.
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
            if codec in UNKNOWN:
                action, reason = "drop", f"its codec is not known ({stream.kind})"
            elif stream.packets == 0:
                action, reason = "drop", f"it is announced, but nothing comes of it ({stream.kind})"
            elif stream.varies:
                action, reason = "drop", f"its channels change midway, and {kind} holds one kind"
            elif held is not None and codec not in held:
                raise Problem(
                    f"stream {stream.index} is {codec} {stream.kind}, which {kind} cannot hold; "
                    "set mux.container to mkv"
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
        kept.append(StreamAction(stream, action, default, reason))
    return kept


def default_language(wanted: str, languages: Sequence[str]) -> str | None:
    """The language of the default track; `wanted` is `first`, `none`, or one of `languages`."""
    if wanted == "none" or not languages:
        return None
    return languages[0] if wanted == "first" else wanted


def write(
    film: Path | str,
    probed: Media,
    tracks: Sequence[Track],
    out: Path | str,
    options: "Options",
    limits: media.Limits,
    progress: media.Progress,
) -> "Report":
    """Mux into `out`, read the result back and give it its name only when it is complete.

    `probed` are the film's properties. The container is that of the ending of `out`. Raises Problem
    where something was lost or moved.
    """
    target = Path(out)
    kind = target.suffix.removeprefix(".")
    media.check_file(film)
    ours_is_default = any(t.default for t in tracks)
    chosen = way(film, probed.streams, kind, limits, ours_is_default=ours_is_default)
    kept = chosen.kept
    with ExitStack() as temporary:

        def scratch(name: str) -> Path:
            path = target.with_name(f".{target.name}.{name}")
            temporary.callback(path.unlink, missing_ok=True)
            return path

        partial = scratch("partial")
        extras = []
        for number, item in enumerate(kept):
            if item.action == "text":
                path = scratch(f"{item.stream.index}.partial")
                kept[number] = _rewritten(film, item, kind, path, probed.duration_ms, limits)
                extras.append(_as_asked(path, item.stream.index))
        extras += [_ours(track, kind, scratch, limits) for track in tracks]
        partial.unlink(missing_ok=True)  # that of a killed run would be taken for this one's
        asked = {
            "film": str(film),
            "kept": [asdict(k) for k in kept],
            "tracks": extras,
            "fonts": list(options.fonts),
            "out": str(partial),
            "muxer": CONTAINERS[kind].muxer,
            "duration_ms": probed.duration_ms,
        }
        grows = CONTAINERS[kind].grows
        if chosen.by_program:
            made, result, errors = _by_program(
                asked, len(tracks), options.check_s, limits, progress
            )
        else:
            made, result, errors = _copied(
                asked, len(tracks), grows, options.check_s, limits, progress
            )
        planned, there = ([row(each) for each in report["rows"]] for report in (made, result))
        compare(planned, there, probed.container, named=CONTAINERS[kind].named)
        shift = shift_us(planned, there)
        if result["late_us"] > _LATEST_US:
            raise Problem(
                f"a cue lies {result['late_us'] / 1e6:.0f} s behind its picture in the muxed film, "
                "so that no player would show it; the film and the subtitles are kept"
            )
        for track, cues in zip(tracks, result["cues"], strict=True):
            check_cues(track.path, [tuple(cue) for cue in cues], shift, in_turn=kind == "mp4")
        of_the_film = media.decoding_errors(film, options.check_s, limits) if errors else []
        if errors and not of_the_film:
            raise Problem(
                f"the muxed film does not play as the film does: {errors[0]}; the film and the "
                "subtitles are kept, try mux.container mkv"
            )
        partial.replace(target)
    lost = sorted(set(made["metadata"]) - set(result["metadata"]))
    repaired = sum(r.mended for r in planned)
    moved = max((r.moved_us for r in planned if r.mended), default=0)
    return Report(kept, planned, repaired, moved, made["jumps"], lost, of_the_film, shift)


def _copied(
    asked: dict[str, Any],
    ours: int,
    grows: bool,
    check_s: int,
    limits: media.Limits,
    progress: media.Progress,
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Mux as `asked`: the reports of `stream_copy.copy` and of `stream_copy.weigh` on its result,
    and the decoding errors in its first `check_s` seconds. A file that `grows` is read while it is
    written."""
    out, duration_ms = Path(asked["out"]), asked["duration_ms"]
    both = _Both(progress)
    seconds, most = limits.seconds(duration_ms), limits.max_file_bytes
    # Both run in processes of their own, so threads suffice here.
    with TemporaryDirectory() as folder, ThreadPoolExecutor(2) as beside:
        # A marker that is deleted at the end: this needs no room on a full disk; it lies elsewhere.
        writing = Path(folder, "writing")
        writing.touch()

        def begun(work: Callable[..., Any], *given: Any) -> Future[Any]:
            return beside.submit(copy_context().run, work, *given)

        def weighed() -> Any:
            return child_process.call(
                stream_copy.weigh,
                {
                    "film": str(out),
                    "ours": ours,
                    "duration_ms": duration_ms,
                    "writing": str(writing) if grows else None,
                },
                seconds=2 * seconds if grows else seconds,
                max_file_bytes=most,
                progress=both.second,
            )

        try:
            weighing = begun(weighed) if grows else None
            made = child_process.call(
                stream_copy.copy, asked, seconds=seconds, max_file_bytes=most, progress=both.first
            )
        finally:
            writing.unlink()
        playing = begun(media.decoding_errors, out, check_s, limits)
        result = weighing.result() if weighing else weighed()
        return made, result, playing.result()


def _by_program(
    asked: dict[str, Any],
    ours: int,
    check_s: int,
    limits: media.Limits,
    progress: media.Progress,
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """The same as `_copied`, but the ffmpeg program copies; the film is measured separately."""
    out, duration_ms = Path(asked["out"]), asked["duration_ms"]
    bounds: Any = {
        "seconds": limits.seconds(duration_ms),
        "max_file_bytes": limits.max_file_bytes,
    }
    with TemporaryDirectory() as beside:
        made = child_process.call(
            stream_copy.copy, asked | {"out": None, "beside": beside}, **bounds
        )
        heads = [matroska.Head(*said) for said in made["heads"]]
        media.run(_program_words(asked, made, heads), duration_ms, progress, limits)
    if any(head.asks for head in heads):
        matroska.write_heads(out, heads)
    weighed = {"film": str(out), "ours": ours, "duration_ms": duration_ms}
    result = child_process.call(stream_copy.weigh, weighed, **bounds)
    return made, result, media.decoding_errors(out, check_s, limits)


def _program_words(
    asked: dict[str, Any], made: dict[str, Any], heads: Sequence[matroska.Head]
) -> list[str]:
    """ffmpeg's arguments for the request `asked` to `stream_copy.copy`."""
    film, start = asked["film"], f"{made['start_us'] / 1e6:.6f}"
    inputs, mapped, marked = [*media.source(film)], list[str](), list[str]()
    text = {t["of_film"]: t for t in asked["tracks"] if t["of_film"] is not None}
    ours = [t for t in asked["tracks"] if t["of_film"] is None]
    sources = 0

    def from_file(track: Mapping[str, Any], offset: str) -> str:
        nonlocal sources
        silent = ["-t", "0"] if track["silent"] else []
        inputs.extend(
            ["-itsoffset", offset, *silent, *media.source(track["path"], track["demuxer"])]
        )
        sources += 1
        return f"{sources}:0"

    for item in asked["kept"]:
        index, action, number = item["stream"]["index"], item["action"], len(mapped) // 2
        if action in ("drop", "attach") or item["stream"]["kind"] == "attachment":
            continue
        if action == "text":
            place = from_file(text[index], "0")
        elif item["stream"]["kind"] == "subtitle":
            # A separate input: ffmpeg reads each input only as fast as its slowest stream allows.
            again = {"path": film, "demuxer": None, "silent": False}
            place = f"{from_file(again, '0').split(':')[0]}:{index}"
        else:
            place = f"0:{index}"
        mapped += ["-map", place]
        if action == "text":
            marked += [f"-map_metadata:s:{number}", f"0:s:{index}"]
        if action == "pcm":
            stream = item["stream"]
            marked += [f"-c:{number}", stream_copy.pcm(stream["codec"], stream["samples"])]
        marks = [m for m in item["stream"]["marks"] if m != "default"] + ["default"] * item[
            "default"
        ]
        marked += [f"-disposition:{number}", "+".join(marks) or "0"]
    for track in ours:
        number = len(mapped) // 2
        mapped += ["-map", from_file(track, start)]
        marked += [f"-disposition:{number}", "+".join(stream_copy.marks(track["flags"])) or "0"]
        for name in ("language", "title"):
            marked += [f"-metadata:s:{number}", f"{name}={track[name]}"]
    for number, (path, name, mime) in enumerate(made["attached"]):
        marked += ["-attach", media.url(path), f"-metadata:s:t:{number}", f"mimetype={mime}",
                   f"-metadata:s:t:{number}", f"filename={name}"]  # fmt: skip
    for number, head in enumerate(heads):
        if head.asks:
            marked += [f"-metadata:s:{number}", f"title={head.name}"]
    old = [word for tag in sorted(stream_copy.OLD_FILE) for word in ("-metadata", f"{tag}=")]
    return [
        "-copyts", *inputs, *mapped, "-c", "copy", *marked, *old,
        "-output_ts_offset", f"{-made['start_us'] / 1e6:.6f}", "-fflags", "+bitexact",
        "-f", asked["muxer"], media.url(asked["out"]),
    ]  # fmt: skip


@dataclass(frozen=True)
class Options:
    """Options of the muxing. `fonts` are files to attach; the first `check_s` seconds of the result
    are decoded as a check."""

    fonts: Sequence[str]
    check_s: int


@dataclass(frozen=True)
class Report:
    """The result of muxing, by stream, and what was noticed on the way.

    `repaired` counts packets whose timestamps no container would take, `moved_us` is the largest
    correction of these, `lost_tags` are metadata that the container has no place for, `errors` the
    decoding errors of the film itself, and `shift_us` how much later than on the film's clock
    everything lies in the new file.
    """

    kept: list[StreamAction]
    rows: list[StreamTally]
    repaired: int
    moved_us: int
    jumps: int
    lost_tags: list[str]
    errors: list[str]
    shift_us: int


class _Both:
    """Combines the progress of two passes over the film, sequential or parallel."""

    def __init__(self, progress: media.Progress):
        self._progress = progress
        self._done = [0.0, 0.0]
        self._lock = threading.Lock()

    def first(self, done: float, total: float) -> None:
        self._tell(0, done, total)

    def second(self, done: float, total: float) -> None:
        self._tell(1, done, total)

    def _tell(self, which: int, done: float, total: float) -> None:
        with self._lock:
            self._done[which] = min(done, total)
            self._progress(sum(self._done) / 2, total)


def convert(
    path: Path | str,
    index: int,
    kind: str,
    out: Path,
    duration_ms: int,
    limits: media.Limits,
    demuxer: str | None = None,
    charset: str | None = None,
) -> list[str]:
    """Convert one text subtitle stream to the codec that the container `kind` holds; returns
    ffmpeg's complaints. `charset` is the encoding of its text, where that is not UTF-8."""
    read = [f"-sub_charenc:{index}", charset] if charset else []
    holds = CONTAINERS[kind]
    coder = {"subrip": "srt"}.get(holds.text, holds.text)
    return media.run(
        ["-copyts", "-max_error_rate", "1", *read, *media.source(path, demuxer),
         "-map", f"0:{index}", "-c:s", coder,
         "-avoid_negative_ts", "disabled", "-fflags", "+bitexact",
         "-f", holds.muxer, media.url(out)],
        duration_ms, None, limits,
    )  # fmt: skip


def _rewritten(
    film: Path | str,
    item: StreamAction,
    kind: str,
    path: Path,
    duration_ms: int,
    limits: media.Limits,
) -> StreamAction:
    """Write a text subtitle of the film into `path`, in the container's own codec; the reason says
    what was lost. Text that is not UTF-8 is read in the usual encoding of old subtitles."""
    index = item.stream.index
    lines = convert(film, index, kind, path, duration_ms, limits)
    if not any(_NO_UTF_8 in line for line in lines):
        return item
    lines = convert(film, index, kind, path, duration_ms, limits, charset=_OLD_CHARSET)
    lost = next((f"; some were lost: {line}" for line in lines if "rror decoding" in line), "")
    why = f"{item.reason}; its letters are no UTF-8 and were read as {_OLD_CHARSET}{lost}"
    return replace(item, reason=why)


def _as_asked(path: Path, index: int) -> dict[str, Any]:
    """A converted text subtitle, in the form for the child process."""
    return {"path": str(path), "demuxer": None, "of_film": index, "silent": False}


def _ours(track: Track, kind: str, scratch: Any, limits: media.Limits) -> dict[str, Any]:
    """A generated track in a format that the container takes, in the form for the child process."""
    path = track.path
    shown = subtitle_files.read(path)
    silent = not shown.cues
    if silent and path.suffix in _ONE_CUE:
        path = scratch(f"{track.language}{path.suffix}")
        path.write_text(_ONE_CUE[track.path.suffix], encoding="utf-8")
    demuxer = _DEMUXERS.get(path.suffix)
    if kind == "mp4":
        given, path = scratch(f"{track.language}.srt"), scratch(f"{track.language}.partial")
        given.write_text(
            _ONE_CUE[".srt"] if silent else subtitle_files.text(track_file.in_turn(shown)), "utf-8"
        )
        convert(given, 0, kind, path, 0, limits, demuxer)
        demuxer = None
    return {
        "path": str(path),
        "demuxer": demuxer,
        "of_film": None,
        "silent": silent,
        "language": three_letters(track.language, "T" if kind == "mp4" else "B"),
        "title": own_name(track.language),
        "tag": written(track.language),
        "flags": track.default * 1 | track.forced * 64,
    }


def row(values: Mapping[str, Any]) -> StreamTally:
    """A row from the child process's JSON, with its lists as tuples."""
    return StreamTally(
        **{**values, "marks": tuple(values["marks"]), "places_us": tuple(values["places_us"])}
    )


def clear_beside(film: Path | str) -> None:
    """Delete the subtitle files that an earlier run put beside the film."""
    shown = Path(film)
    for kind in _DEMUXERS:
        for old in shown.parent.glob(f"{shown.stem}.*{kind}"):
            old.unlink()


def clear_former(film: Path | str) -> None:
    """Delete the film that an earlier run made in another container."""
    made = Path(film)
    for container in CONTAINERS:
        if made.suffix != f".{container}":
            made.with_suffix(f".{container}").unlink(missing_ok=True)


def beside(film: Path | str, tracks: Sequence[Path]) -> list[Path]:
    """Copy subtitle files beside the film, where players look for them: `en.srt` becomes
    `final.en.srt` beside `final.mkv`, and `en-forced.srt` `final.en.forced.srt`."""
    shown = Path(film)
    made = []
    for track in tracks:
        name = ".".join(filter(None, (written(track.stem), part(track.stem))))
        copy = shown.with_name(f"{shown.stem}.{name}{track.suffix}")
        partial = copy.with_name(f".{copy.name}.partial")
        shutil.copyfile(track, partial)
        partial.replace(copy)
        made.append(copy)
    return made


def action_line(kept: StreamAction, film: Path) -> str:
    """A line for the record: `2 subtitle mov_text: text, subrip` for stream 2 made SubRip."""
    stream = kept.stream
    became = ""
    if kept.action == "text":
        became = f", {CONTAINERS[film.suffix[1:]].text}"
    if kept.action == "pcm":
        became = f", {stream_copy.pcm(stream.codec, stream.samples or '')}"
    return f"{stream.index} {stream.kind} {stream.codec}: {kept.action}{became}"


def compare(
    planned: Sequence[StreamTally],
    result: Sequence[StreamTally],
    container: str,
    *,
    named: bool = True,
) -> None:
    """Raise Problem unless the new file holds every stream as planned, packet for packet.

    `container` is the film's own format; where its packets are framed differently, payloads may
    differ, but neither the number nor the times of packets. `named` is False for a new file that
    keeps no titles, and no flag but the default one. Covers may stand anywhere.
    """
    planned = sorted(planned, key=lambda r: r.kind == "cover")
    result = sorted(result, key=lambda r: r.kind == "cover")
    kept = "; the film and the subtitles are kept, nothing was put out"
    want = [(r.kind, in_mp4(r.codec)) for r in planned]
    have = [(r.kind, in_mp4(r.codec)) for r in result]
    if want != have:
        raise Problem(f"the muxed film holds {have}, not {want}{kept}")
    shift = shift_us(planned, result)
    for number, (before, after) in enumerate(zip(planned, result, strict=True)):
        name = f"stream {number} ({before.kind} {before.codec}) of the muxed film"
        expected: Any = (_language(before.language), before.title, before.marks, before.tag)
        seen: Any = (_language(after.language), after.title, after.marks, after.tag)
        if not named:
            # Pictures and sounds always have the default flag; subtitles only where it is set.
            always = before.kind != "subtitle" and "default" not in before.marks
            expected = expected[0], "default" in expected[2]
            seen = seen[0], "default" in seen[2] and not always
        if expected != seen:
            raise Problem(f"{name} is called {seen}, not {expected}{kept}")
        if before.pixel and abs(after.pixel / before.pixel - 1) > _SAME_SHAPE:
            raise Problem(
                f"{name} is shown with pixels of {after.pixel:.4f}, not {before.pixel:.4f} times "
                f"their height in width{kept}"
            )
        merged = before.codec in _MERGED and before.packets > after.packets
        if before.packets != after.packets and not merged:
            raise Problem(f"{name} has {after.packets} packets, not {before.packets}{kept}")
        repacked = not _REPACKED.isdisjoint(container.split(",")) and before.bytes != after.bytes
        repacked = repacked and before.codec not in _MERGED
        if before.sum != after.sum and not repacked:
            raise Problem(f"{name} has other content than the film's{kept}")
        if before.kind in ("attachment", "cover") or before.first_us is None:
            continue
        slack = (_MERGED_US if merged else _ROUNDING_US) + before.moved_us
        off = [
            ("begins", _off_us(before.first_us, after.first_us, shift), slack),
            ("ends", _off_us(before.last_us, after.last_us, shift), slack),
            *(
                (f"is, at {(there or 0) / 1e6:.1f} s,", _off_us(there, here, shift), _ROUNDING_US)
                for there, here in zip(before.places_us, after.places_us, strict=not merged)
                if not merged
            ),
        ]
        for at, off_us, most_us in off:
            if abs(off_us) > most_us:
                raise Problem(f"{name} {at} {off_us / 1000:.0f} ms off{kept}")
        if before.mended > max(_MENDED, _MENDED_SHARE * before.packets):
            raise Problem(
                f"{name}: {before.mended} of {before.packets} packets have times in the film that "
                f"go backwards, by up to {before.moved_us / 1000:.0f} ms; its sound and picture "
                "would not stay together. Mend the film first, e.g. with mkvmerge or ffmpeg"
            )


def in_mp4(codec: str) -> str:
    """The name of a codec in MP4, where MPEG's audio layers 1 to 3 share one."""
    return "mp3" if codec in ("mp1", "mp2") else codec


def _off_us(before: int | None, after: int | None, shift: int) -> int:
    """How much later than planned something is in the new file; 0 where a time is missing."""
    return 0 if before is None or after is None else after - before - shift


def shift_us(planned: Sequence[StreamTally], result: Sequence[StreamTally]) -> int:
    """How much later than planned the new file begins: containers allow no negative times."""
    for before, after in zip(planned, result, strict=False):
        if before.kind in ("video", "audio") and None not in (before.first_us, after.first_us):
            return (after.first_us or 0) - (before.first_us or 0)
    return 0


def _language(code: str) -> str:
    return "" if code == "und" else code


def check_cues(
    path: Path, seen: Sequence[tuple[int, int, str]], shift_us: int, *, in_turn: bool = False
) -> None:
    """Raise Problem unless the track has the cues of its file: (start, end, text) each. In a
    container that shows one cue at a time they are compared `in_turn`."""
    track = subtitle_files.read(path)
    cues = (track_file.in_turn(track) if in_turn else track).cues
    want = [(cue.start_ms, cue.end_ms, _bare("\n".join(cue.body))) for cue in cues]
    have = [
        (round((start - shift_us) / 1000), round((end - shift_us) / 1000), _bare(text))
        for start, end, text in seen
    ]
    if len(want) != len(have):
        raise Problem(
            f"{path} has {len(want)} cues, its track in the muxed film {len(have)}; "
            "the film and the subtitles are kept, nothing was put out"
        )
    for number, (wanted, shown) in enumerate(zip(want, have, strict=True), 1):
        near = all(abs(a - b) <= 2 for a, b in zip(wanted[:2], shown[:2], strict=True))
        if not near or wanted[2] != shown[2]:
            raise Problem(
                f"cue {number} of {path} is {_cue(wanted)}, but {_cue(shown)} in the muxed film; "
                "the film and the subtitles are kept, nothing was put out"
            )


def _cue(row: tuple[int, int, str]) -> str:
    """A cue in a message."""
    return f"{track_file.clock(row[0])} --> {track_file.clock(row[1])} {row[2]!r}"


def placed(path: Path) -> bool:
    """Whether a cue of a subtitle file is placed elsewhere than at the bottom."""
    return any(cue.place != track_file.BOTTOM for cue in subtitle_files.read(path).cues)


def _bare(text: str) -> str:
    """The words of a cue, without any format's markup."""
    text = re.sub(r"\\[Nn]|\r?\n", " ", text)
    return " ".join(re.sub(rf"<[^>]*>|\{{\\(?!{track_file.JOINER})[^}}]*\}}", "", text).split())
