"""Subtitle streams in the codec of the new film's container: the film's own, and generated ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from subtitling.media import containers, ffmpeg
from subtitling.media.ffmpeg import Limits
from subtitling.muxing import stream_copy
from subtitling.muxing.stream_plan import CONTAINERS, StreamAction
from subtitling.subtitles import machine_mark
from subtitling.subtitles.formats import subtitle_files, track_file
from subtitling.subtitles.machine_mark import Mark
from subtitling.text.languages import own_name, three_letters, written

DEMUXERS = {".srt": "srt", ".ass": "ass", ".vtt": "webvtt"}
_NO_UTF_8, _OLD_CHARSET = "Invalid UTF-8", "windows-1252"  # both as ffmpeg says

# ffmpeg refuses files without a cue: a track without cues is made from a file with one.
_ONE_CUE = {
    ".srt": "1\n00:00:00,000 --> 00:00:01,000\n.\n\n",
    ".vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\n.\n",
}


@dataclass(frozen=True)
class Track:
    """A generated subtitle track: a file of cues as .srt, .ass or .vtt. `mark` says that a machine
    made it, in its title too where `mark_title`."""

    language: str
    path: Path
    default: bool
    forced: bool
    mark: Mark | None = None
    mark_title: bool = False

    @property
    def title(self) -> str:
        """Its name on a player's menu."""
        name = own_name(self.language)
        return machine_mark.title(name) if self.mark and self.mark_title else name


def default_language(wanted: str, languages: Sequence[str]) -> str | None:
    """The language of the default track; `wanted` is `first`, `none`, or one of `languages`."""
    if wanted == "none" or not languages:
        return None
    return languages[0] if wanted == "first" else wanted


def convert(
    path: Path | str,
    index: int,
    kind: str,
    out: Path,
    duration_ms: int,
    limits: Limits,
    demuxer: str | None = None,
    charset: str | None = None,
) -> list[str]:
    """Convert one text subtitle stream to the codec that the container `kind` holds; returns
    ffmpeg's complaints. `charset` is the encoding of its text, where that is not UTF-8."""
    read = [f"-sub_charenc:{index}", charset] if charset else []
    holds = CONTAINERS[kind]
    coder = {"subrip": "srt"}.get(holds.text, holds.text)
    return ffmpeg.run(
        ["-copyts", "-max_error_rate", "1", *read, *ffmpeg.source(path, demuxer),
         "-map", f"0:{index}", "-c:s", coder,
         "-avoid_negative_ts", "disabled", "-fflags", "+bitexact",
         "-f", holds.muxer, containers.url(out)],
        duration_ms, None, limits,
    )  # fmt: skip


def rewritten(
    film: Path | str,
    item: StreamAction,
    kind: str,
    path: Path,
    duration_ms: int,
    limits: Limits,
) -> StreamAction:
    """Write a text subtitle of the film into `path`, in the container's own codec; the reason says
    what was lost. Text that is not UTF-8 is read in the usual encoding of old subtitles."""
    index = item.stream.index
    lines = convert(film, index, kind, path, duration_ms, limits)
    if not any(_NO_UTF_8 in line for line in lines):
        return item
    lines = convert(film, index, kind, path, duration_ms, limits, charset=_OLD_CHARSET)
    lost = next((f"; some were lost: {line}" for line in lines if "rror decoding" in line), "")
    why = f"{item.reason}; its text is not UTF-8 and was read as {_OLD_CHARSET}{lost}"
    return replace(item, reason=why)


def converted(path: Path, index: int) -> dict[str, Any]:
    """A converted text subtitle, in the form for the child process."""
    return {"path": str(path), "demuxer": None, "of_film": index, "silent": False}


def generated(track: Track, kind: str, scratch: Any, limits: Limits) -> dict[str, Any]:
    """A generated track in a format that the container takes, in the form for the child process."""
    path = track.path
    shown = subtitle_files.read(path)
    silent = not shown.cues
    if silent and path.suffix in _ONE_CUE:
        path = scratch(f"{track.language}{path.suffix}")
        path.write_text(_ONE_CUE[track.path.suffix], encoding="utf-8")
    demuxer = DEMUXERS.get(path.suffix)
    if kind == "mp4":
        source, path = scratch(f"{track.language}.srt"), scratch(f"{track.language}.partial")
        source.write_text(
            _ONE_CUE[".srt"] if silent else subtitle_files.text(track_file.in_turn(shown)), "utf-8"
        )
        convert(source, 0, kind, path, 0, limits, demuxer)
        demuxer = None
    return {
        "path": str(path),
        "demuxer": demuxer,
        "of_film": None,
        "silent": silent,
        "language": three_letters(track.language, "T" if kind == "mp4" else "B"),
        "title": track.title,
        "marked": track.mark.tags if track.mark else {},
        "tag": written(track.language),
        "flags": track.default * 1 | track.forced * 64,
    }


def lost_languages(tracks: Sequence[Track], kind: str) -> list[tuple[str, str, str]]:
    """Generated tracks whose tag says more than the container `kind` holds: which, tag, and what is
    left of it (see `stream_plan.lost_languages`)."""
    tags = [(track.language, written(track.language)) for track in tracks]
    return [
        (f"track {code}", tag, three_letters(tag))
        for code, tag in tags
        if "-" in tag and not stream_copy.tag_of(CONTAINERS[kind].muxer, tag)
    ]


def placed(path: Path) -> bool:
    """Whether a cue of a subtitle file is placed elsewhere than at the bottom."""
    return any(cue.place != track_file.BOTTOM for cue in subtitle_files.read(path).cues)
