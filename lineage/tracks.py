"""The subtitle tracks inside a film and in subtitle files, as their packets, through PyAV."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage.stage import Problem

FORMATS = {".mkv": "matroska", ".srt": "srt"}


@dataclass(frozen=True)
class Shown:
    """A cue as a player gets it; times in milliseconds on the film's clock."""

    start_ms: int
    end_ms: int
    text: str

    def __str__(self) -> str:
        return f"{self.text!r} from {self.start_ms} to {self.end_ms} ms"


@dataclass(frozen=True)
class Track:
    """A subtitle stream. `language` is what its container says, e.g. `eng`; None where nothing."""

    index: int
    language: str | None
    title: str | None
    cues: tuple[Shown, ...]


def read(path: Path) -> list[Track]:
    """Every subtitle track of a Matroska or SubRip file. Problem for what is neither.

    The format is forced and only files may be opened: the film is a stranger's.
    """
    import av

    kind = FORMATS[path.suffix]
    if kind == "srt" and not path.read_text(encoding="utf-8").strip():
        return [Track(0, None, None, ())]
    try:
        with av.open(
            f"file:{path.absolute()}", format=kind, options={"protocol_whitelist": "file,pipe"}
        ) as container:
            streams = list(container.streams.subtitles)
            cues: dict[int, list[Shown]] = {stream.index: [] for stream in streams}
            for packet in container.demux(streams) if streams else ():
                if packet.pts is not None:
                    cues[packet.stream.index].append(_shown(packet))
            return [
                Track(
                    stream.index,
                    stream.metadata.get("language"),
                    stream.metadata.get("title"),
                    tuple(cues[stream.index]),
                )
                for stream in streams
            ]
    except av.error.FFmpegError as error:
        raise Problem(f"{path}: its subtitles cannot be read ({error.strerror})") from error


def same_language(tag: str | None, language: str) -> bool:
    """Whether a container's tag, as `eng` or `fre`, means `language`, as `en`."""
    import langcodes

    return langcodes.tag_is_valid(tag or "und") and (
        langcodes.Language.get(tag or "und").language == langcodes.Language.get(language).language
    )


def _shown(packet: Any) -> Shown:
    start = round(packet.pts * packet.time_base * 1000)
    length = round((packet.duration or 0) * packet.time_base * 1000)
    text = bytes(packet).decode("utf-8", errors="replace").replace("\r\n", "\n").rstrip("\n\0")
    return Shown(start, start + length, text)
