"""The subtitle tracks inside a film and in subtitle files, as their packets, through PyAV."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

from lineage import untrusted
from lineage.problem import Problem

FILMS = {".mkv": "matroska", ".mp4": "mov", ".webm": "matroska"}
FILES = {".srt": "srt", ".ass": "ass", ".vtt": "webvtt"}
# The format of the file that a film's track was made from, by its codec.
MADE_FROM = {"subrip": "srt", "mov_text": "srt", "webvtt": "vtt", "ass": "ass"}
# Matroska has whole milliseconds, and each of a cue's times may be rounded twice on its way.
_ROUNDING_MS = 2
_NO_WIDTH = "\u2060"


@dataclass(frozen=True)
class Shown:
    """A cue as a player gets it; times in milliseconds, `text` without its format's markup.

    `above` marks a cue of the spoken language, which a bilingual track shows above its own.
    """

    start_ms: int
    end_ms: int
    text: str
    above: bool = False

    def __str__(self) -> str:
        return f"{self.text!r} from {self.start_ms} to {self.end_ms} ms"


@dataclass(frozen=True)
class Track:
    """A subtitle stream. `language` is the container's tag, e.g. `eng`; None without one."""

    index: int
    codec: str
    language: str | None
    title: str | None
    cues: tuple[Shown, ...]


def read(path: Path) -> list[Track]:
    """Read every subtitle track of a generated film or a subtitle file. Raises Problem for anything
    else."""
    from subtitling.media import containers

    kind = (FILMS | FILES)[path.suffix]
    if not path.is_file():  # a pipe or a device would be read without end
        raise Problem(f"{path}: no such file, or none that can be read")
    try:
        if path.suffix in (".srt", ".vtt") and b"-->" not in untrusted.content(path):
            return [Track(0, kind, None, None, ())]
    except untrusted.Refused as refused:
        raise Problem(str(refused)) from refused
    with containers.opened(path, kind) as container, containers.explained(path):
        streams = list(container.streams.subtitles)
        codecs = {s.index: s.codec_context.codec.canonical_name for s in streams}
        cues: dict[int, list[Shown]] = {stream.index: [] for stream in streams}
        for packet in container.demux(streams) if streams else ():
            index = packet.stream.index
            if packet.pts is not None and (text := payload_text(packet, codecs[index])):
                cues[index].append(_shown(packet, codecs[index], text))
        return [
            Track(
                stream.index,
                codecs[stream.index],
                stream.metadata.get("language"),
                stream.metadata.get("title"),
                tuple(cues[stream.index]),
            )
            for stream in streams
        ]


def same_language(tag: str | None, language: str) -> bool:
    """Whether a container's tag, as `eng` or `fre`, means `language`, as `en`."""
    import langcodes

    return langcodes.tag_is_valid(tag or "und") and (
        langcodes.Language.get(tag or "und").language == langcodes.Language.get(language).language
    )


def in_turn(cues: Sequence[Shown]) -> tuple[Shown, ...]:
    """Convert cues to those of MP4, which shows one at a time: overlapping cues become one cue for
    each interval, with the texts of all cues shown in it."""
    if all(a.end_ms <= b.start_ms for a, b in pairwise(cues)):
        return tuple(cues)
    moments = sorted({ms for cue in cues for ms in (cue.start_ms, cue.end_ms)})
    stretches = (
        (start, end, [cue.text for cue in cues if cue.start_ms < end and start < cue.end_ms])
        for start, end in pairwise(moments)
    )
    return tuple(Shown(start, end, "\n".join(texts)) for start, end, texts in stretches if texts)


def differences(
    shown: Sequence[Shown], written: Sequence[Shown], shift_ms: float
) -> list[tuple[int, Shown, Shown]]:
    """The cues, by number from 1, that a film shows differently from the `written` ones: other
    words, or times that differ by more than rounding after a shift of `shift_ms`. Cues that one
    side lacks are not reported."""
    return [
        (number, seen, intended)
        for number, (seen, intended) in enumerate(zip(shown, written, strict=False), 1)
        if seen.text.split() != intended.text.split()
        or abs(seen.start_ms - intended.start_ms - shift_ms) > _ROUNDING_MS
        or abs(seen.end_ms - intended.end_ms - shift_ms) > _ROUNDING_MS
    ]


def payload_text(packet: Any, codec: str) -> str:
    """The text of a subtitle packet with its markup, without the codec's framing."""
    payload = bytes(packet)
    if codec == "mov_text":  # its length, the text, boxes of styles
        payload = payload[2 : 2 + int.from_bytes(payload[:2], "big")]
    text = payload.decode("utf-8", errors="replace").replace("\r\n", "\n").rstrip("\n\0")
    # ReadOrder, Layer, Style, Name, MarginL, MarginR, MarginV, Effect, Text
    return text.split(",", 8)[-1] if codec == "ass" else text


def plain(text: str, codec: str) -> str:
    """The text of a cue as it is read on the screen, without the codec's markup."""
    if codec == "ass":
        text = re.sub(r"\{[^}]*\}", "", text).replace("\\N", "\n").replace("\\n", "\n")
    elif codec in ("subrip", "webvtt"):
        text = re.sub(r"</?[a-z][^>]*>", "", text)
    if codec == "subrip":  # a place, as {\\an8}, which other formats cannot express
        text = re.sub(rf"\{{\\(?!{_NO_WIDTH})[^}}]*\}}", "", text)
    return (unescape(text) if codec == "webvtt" else text).replace(_NO_WIDTH, "")


def _shown(packet: Any, codec: str, text: str) -> Shown:
    start = round(packet.pts * packet.time_base * 1000)
    length = round((packet.duration or 0) * packet.time_base * 1000)
    above = codec == "ass" and bytes(packet).split(b",", 3)[2] == b"Above"
    return Shown(start, start + length, plain(text, codec), above)
