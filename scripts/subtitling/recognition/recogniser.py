"""The interface of a recogniser: a module with a `SPEC`, and a row in `registry.SPECS`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from subtitling.media.audio_file import Sound
from subtitling.recognition.chunking import Chunk, Recognition
from subtitling.recognition.language_diarization import Heard
from subtitling.runtime.memory_ladder import Degrade
from subtitling.runtime.progress import Progress


@dataclass(frozen=True)
class RecognitionOptions:
    """See `asr` in the configuration."""

    compute_type: str
    batch_size: int
    beam_size: int
    decoder: str
    chunk_ms: int
    script: str
    allow_latin: bool
    other_languages: str | Sequence[str]
    other_language_probability: float


class Recogniser(Protocol):
    """A model that recognises words, loaded when it is first asked. Probabilities are 0 to 1,
    languages by their codes."""

    options: RecognitionOptions

    @property
    def precision(self) -> str:
        """The precision in use, for the record."""

    def languages(self, audio: Sound, heard: Sequence[Chunk]) -> dict[str, float]:
        """Probabilities of the languages spoken in a film, the most probable first."""

    def identify(self, audio: Sound, heard: Sequence[Chunk]) -> list[tuple[Heard, ...]]:
        """The languages of each chunk's regions, without recognising them."""

    def tokens(self, text: str) -> int:
        """How many of the model's tokens a hotword takes; `sys.maxsize` where it takes none."""

    def recognise(
        self,
        audio: Sound,
        heard: Sequence[Chunk],
        language: str,
        task: str,
        progress: Progress,
        hotwords: Sequence[str] = (),
        *,
        careful: bool = False,
        guarded: bool = True,
        identify: bool = False,
    ) -> list[Recognition]:
        """Recognise each chunk: one answer for each, in order.

        `task` is `transcribe`, or `translate` into English. `hotwords` are names to expect. A
        `careful` pass repeats no phrase: for sound that gave loops. A `guarded` one writes only the
        script of the language (`script_guard`). With `identify`, the languages of all regions
        are in `heard`. A recogniser without such passes answers as in a plain one. Raises
        Problem where memory runs out in the smallest setting.
        """


Open = Callable[[Path, str, int, RecognitionOptions, Degrade, int], Recogniser]


@dataclass(frozen=True)
class RecogniserSpec:
    """A recogniser, under its name in `asr.engine`.

    `open` gives a model from its verified folder, before it is loaded: device (cpu or cuda),
    threads, options, where departures from them go, and which attempt of the job it is, from 1.
    `languages` are the codes that it knows, `code_of` gives its code for a tag. `files` are
    patterns of the files that each of its models has. `has_attention`: word times may be taken from
    the model itself where no aligner knows the language (`alignment.word_times`). Without
    `tells_languages` a film's language must be named, and nothing is heard in another. `precision`
    is the only one that it computes in, where that is so. `adding` is the command that adds a
    model, where none is shipped. `off_device` says why this environment can't run it on a device;
    it then runs on the CPU.
    """

    name: str
    open: Open
    languages: frozenset[str]
    code_of: Callable[[str], str]
    files: frozenset[str] = frozenset()
    has_attention: bool = False
    tells_languages: bool = True
    precision: str = ""
    adding: str = ""
    off_device: Callable[[str], str | None] = lambda _device: None
