"""What a format is: how its files are read, and how cues are written in it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from subtitling.documents import Cue, Stream
from subtitling.subtitles.formats.track_file import Shown, Track


@dataclass(frozen=True)
class Screen:
    """The picture that ASS lays its letters on, in pixels."""

    width: int
    height: int


SOUND_ONLY = Screen(1280, 720)


def screen_of(streams: Sequence[Stream]) -> Screen:
    """The film's first picture as it is shown."""
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
        arrive on the screen as it is. `above` are the cues of another language, to be shown over
        those of `cues` where the format can."""

    @abstractmethod
    def read(self, path: Path, lines: Sequence[str]) -> Track:
        """The cues of a file's lines, those without text too, in any order. Problem, with file,
        line and remedy, for what is no such file."""

    @abstractmethod
    def again(self, cue: Shown, number: int) -> str:
        """A cue that was read, as it is written again; `number` counts from 1."""

    def keeps(self, cue: Shown) -> bool:
        """Whether a cue that was read shows anything."""
        return bool(cue.lines)

    def identity(self, cue: Shown) -> object:
        """Equal for two cues of which one is left out, since the other says the same."""
        return cue.start_ms, cue.end_ms, cue.body
