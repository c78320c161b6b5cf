"""The subtitle tracks inside a film, as texts that are at hand."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lineage.problem import Problem
from lineage.tracks import same_language
from subtitling.documents import Stream, Text
from subtitling.known_text import reading
from subtitling.media import containers, ffmpeg
from subtitling.media.ffmpeg import Limits
from subtitling.subtitles.formats import subtitle_files

_TEXT = frozenset({"subrip", "ass", "ssa", "webvtt", "mov_text", "text"})
_PICTURES = frozenset({"hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"})


def chosen(streams: Sequence[Stream], which: str, film: str) -> tuple[int, Stream]:
    """The subtitle track that a row names, by its number from 0 or by its language, with the
    number. Raises Problem where there is none, and for one of pictures."""
    tracks = [*enumerate(stream for stream in streams if stream.kind == "subtitle")]
    listed = "; ".join(map(_described, tracks)) or "none"
    if which.isdecimal():
        fit = [each for each in tracks if each[0] == int(which)]
    else:
        own = [
            each for each in tracks if each[1].language and same_language(each[1].language, which)
        ]
        # A text before pictures, and all that is said before what is forced or for the deaf.
        fit = sorted(own, key=lambda each: (each[1].codec not in _TEXT, _part(each[1])))
    if not fit:
        raise Problem(f"{film}: no subtitle track {which}; its subtitle tracks are {listed}")
    number, stream = fit[0]
    if stream.codec in _PICTURES:
        raise Problem(
            f"{film}: subtitle track {number} consists of pictures ({stream.codec}), which are not "
            "read; let a subtitle editor recognise their text, and name its file instead; tracks "
            f"are {listed}"
        )
    if stream.codec not in _TEXT:
        raise Problem(
            f"{film}: subtitle track {number} is {stream.codec}, which is not read; tracks are "
            f"{listed}"
        )
    return number, stream


def _part(stream: Stream) -> int:
    return sum(mark in ("forced", "hearing_impaired", "comment", "lyrics") for mark in stream.marks)


def _described(track: tuple[int, Stream]) -> str:
    number, stream = track
    title = f' "{stream.title}"' if stream.title else ""
    return f"{number}: {stream.language or 'no language'} {stream.codec}{title}"


def read(film: str, streams: Sequence[Stream], which: str, language: str, limits: Limits) -> Text:
    """The cues of a text track, on the film's clock; each line's number is that of its cue."""
    number, stream = chosen(streams, which, film)
    name = f"{film}, subtitle track {number}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "track.srt")
        ffmpeg.run(
            [*ffmpeg.source(film), "-map", f"0:{stream.index}", "-c:s", "srt", "-f", "srt",
             containers.url(path)],
            0, None, limits,
        )  # fmt: skip
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        cues = subtitle_files.read(path).cues
    lines = reading.lines_of(cues, numbered=True)
    return reading.checked(Text(name, digest, language, True, lines))
