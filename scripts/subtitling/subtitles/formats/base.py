"""The interface of a format: how its files are read, and how cues are written in it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from subtitling.documents import Cue, Stream
from subtitling.subtitles.formats.track_file import Shown, Track
from subtitling.subtitles.machine_mark import Mark


@dataclass(frozen=True)
class Screen:
    """The size of the picture that ASS places its text on, in pixels."""

    width: int
    height: int


SOUND_ONLY = Screen(1280, 720)


def screen_of(streams: Sequence[Stream]) -> Screen:
    """The size of the film's first video stream as it is shown."""
    for stream in streams:
        width, height = stream.shown_width or stream.width, stream.shown_height or stream.height
        if stream.kind == "video" and width and height:
            return Screen(width, height)
    return SOUND_ONLY


class Format(ABC):
    """A subtitle format. `kind` is the ending of its files' names, without the dot.

    `step_ms` is the unit that its times are counted in.
    """

    kind: str
    step_ms: int = 1

    @abstractmethod
    def write(self, cues: Sequence[Cue], screen: Screen, above: Sequence[Cue]) -> str:
        """The text of a file with the cues, whose text comes from models and strangers: it must
        appear on the screen literally. `above` are the cues of another language, to be shown above
        those of `cues` where the format supports that."""

    @abstractmethod
    def read(self, path: Path, lines: Sequence[str]) -> Track:
        """The cues of a file's lines, those without text too, in any order. Raises Problem, with
        file, line and remedy, for a file that is not in the format."""

    @abstractmethod
    def again(self, cue: Shown, number: int) -> str:
        """A cue that was read, as text to write again; `number` counts from 1."""

    def marked(self, text: str, mark: Mark) -> str:  # noqa: ARG002
        """The text of a file with the mark that a machine made it, where the format has a place for
        it that no player shows. An earlier mark is replaced."""
        return text

    def keeps(self, cue: Shown) -> bool:
        """Whether a cue that was read shows anything."""
        return bool(cue.lines)

    def identity(self, cue: Shown) -> object:
        """A key that is equal for duplicate cues, of which only one is kept."""
        return cue.start_ms, cue.end_ms, cue.body
