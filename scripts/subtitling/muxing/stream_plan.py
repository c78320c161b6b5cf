"""Plan the action for each stream of the film in a container, and try it beforehand."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from lineage.problem import Problem
from subtitling.documents import Stream
from subtitling.media import containers, ffmpeg
from subtitling.media.ffmpeg import Limits
from subtitling.muxing import pcm, stream_copy
from subtitling.muxing.stream_copy import PICTURES
from subtitling.runtime import child_process

_TEXT = frozenset({"subrip", "ass", "ssa", "webvtt", "mov_text", "text", "eia_608"})
UNKNOWN = ("unknown", "none")
_MOST_SHAPES = 9  # in a message


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


Action = Literal["copy", "attach", "text", "pcm", "drop"]


@dataclass(frozen=True)
class StreamAction:
    """What happens to one stream of the film.

    `copy`; `attach` (a cover becomes an attachment); `text` (a text subtitle converted to the
    container's own codec); `pcm` (samples repacked, without loss); `drop`, with its reason.
    `default` is the flag that it gets.
    """

    stream: Stream
    action: Action
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
    limits: Limits,
    *,
    new_default: bool,
) -> Way:
    """Plan how the film is put into the container `kind`, tried with its own first packets.

    Raises Problem where that container can hold no picture or no sound of it.
    """
    containers.check_file(film)
    kept = plan(streams, kind, new_default=new_default)
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
        if kind == "mkv" and pcm.is_pcm(stream.codec):
            kept[number] = replace(item, action="pcm", reason=why)
        elif kind == "mkv" and _program_takes(film, stream, limits):
            by_program = True
        elif kind == "mkv" and pcm.is_nearly_pcm(stream.codec):
            kept[number] = replace(item, action="pcm", reason=why)
        else:
            why = f"{kind} rejects it ({reason})"
            kept[number] = replace(item, action="drop", reason=why)
    for wanted in ("video", "audio"):
        of_kind = [k for k in kept if k.stream.kind == wanted]
        if of_kind and all(k.action == "drop" for k in of_kind) and any(_comes(k) for k in of_kind):
            one = next(k for k in of_kind if _comes(k))
            coding = {"video": "-c:a copy -crf 16", "audio": "-c:v copy -c:a flac"}[wanted]
            raise Problem(
                f"{film}: stream {one.stream.index} is {one.stream.codec} {wanted}, which {kind} "
                f"cannot hold: {one.reason}; encode it first, e.g. ffmpeg -i FILM {coding} new.mkv"
            )
    return Way(kept, by_program)


def foreseen(film: Path | str, streams: Sequence[Stream], kind: str, limits: Limits) -> list[str]:
    """Lines on the streams that will not simply be copied into the container `kind`, before the
    recognition. Raises Problem as `way` does.
    """
    chosen = way(film, streams, kind, limits, new_default=True)
    lines = [
        f"stream {action_line(k, Path(f'final.{kind}'))} ({k.reason})"
        for k in chosen.kept
        if k.action not in ("copy", "attach")
    ]
    if chosen.by_program:
        lines.append("the ffmpeg program will write the film: its libraries cannot")
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


def lost_shapes(streams: Sequence[Stream]) -> Iterator[tuple[str, str]]:
    """Pictures that change the size they are shown in, as `768 x 576, then 1024 x 576`, and the one
    that a container, which has room for one, has throughout."""
    for stream in streams:
        if stream.shapes:
            yield ", then ".join(stream.shapes[:_MOST_SHAPES]), stream.shapes[0]


def _same_language(one: str, other: str) -> bool:
    import langcodes

    if not (langcodes.tag_is_valid(one) and langcodes.tag_is_valid(other)):
        return one == other
    return str(langcodes.Language.get(one).language) == langcodes.Language.get(other).language


def _comes(item: StreamAction) -> bool:
    return item.stream.packets != 0


def _program_takes(film: Path | str, stream: Stream, limits: Limits) -> bool:
    """Whether the ffmpeg program can copy a stream into Matroska, so that it plays there."""
    with TemporaryDirectory() as folder:
        beginning = Path(folder, "beginning.mkv")
        try:
            ffmpeg.run(
                [*ffmpeg.source(film), "-map", f"0:{stream.index}", "-c", "copy", "-t", "1",
                 "-f", "matroska", containers.url(beginning)],
                0, None, limits,
            )  # fmt: skip
        except Problem:
            return False
        return not ffmpeg.decoding_errors(beginning, 1, limits)


def plan(streams: Sequence[Stream], kind: str, *, new_default: bool) -> list[StreamAction]:
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
            default = default and not new_default
        action: Action = "copy"
        reason = ""
        if stream.kind in ("video", "audio"):
            held = holds.video if stream.kind == "video" else holds.audio
            if codec in UNKNOWN:
                action, reason = "drop", f"its codec is not known ({stream.kind})"
            elif stream.packets == 0:
                action, reason = "drop", f"it is announced, but holds no packets ({stream.kind})"
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


def action_line(kept: StreamAction, film: Path) -> str:
    """A line for the record: `2 subtitle mov_text: text, subrip` for stream 2 made SubRip."""
    stream = kept.stream
    became = ""
    if kept.action == "text":
        became = f", {CONTAINERS[film.suffix[1:]].text}"
    if kept.action == "pcm":
        became = f", {pcm.codec_for(stream.codec, stream.samples or '')}"
    return f"{stream.index} {stream.kind} {stream.codec}: {kept.action}{became}"
