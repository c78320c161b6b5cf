"""A recogniser that is asked only for what the last run of its stage did not recognise already."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from subtitling import documents
from subtitling.media.audio_file import Sound
from subtitling.recognition.chunking import Chunk, Recognition
from subtitling.recognition.language_diarization import Heard
from subtitling.recognition.recogniser import Recogniser, RecognitionOptions
from subtitling.runtime import kept_answers
from subtitling.runtime.kept_answers import KeptAnswers
from subtitling.runtime.progress import Progress

if TYPE_CHECKING:
    from lineage.stage import Stage

_NOT_DECISIVE = "batch_size"  # of the options


class KeptRecogniser:
    """A recogniser by way of the answers that are `kept`. `which` names engine and model."""

    def __init__(self, recogniser: Recogniser, kept: KeptAnswers, which: object):
        self._recogniser, self._kept = recogniser, kept
        self.options: RecognitionOptions = recogniser.options
        options = {k: v for k, v in asdict(self.options).items() if k != _NOT_DECISIVE}
        self._about = ["recogniser", which, options]

    @property
    def precision(self) -> str:
        """See Recogniser."""
        return self._recogniser.precision

    def languages(self, audio: Sound, heard: Sequence[Chunk]) -> dict[str, float]:
        """See Recogniser."""
        asked = ["languages", [_where(chunk) for chunk in heard]]
        known: dict[str, float] = self._kept.of(
            lambda: self._with(asked), lambda: self._recogniser.languages(audio, heard)
        )
        return known

    def identify(self, audio: Sound, heard: Sequence[Chunk]) -> list[tuple[Heard, ...]]:
        """See Recogniser."""
        asked = ["identify", [_where(chunk) for chunk in heard]]
        rows = self._kept.of(
            lambda: self._with(asked),
            lambda: list(map(_rows, self._recogniser.identify(audio, heard))),
        )
        return [_heard(row, chunk) for row, chunk in zip(rows, heard, strict=True)]

    def tokens(self, text: str) -> int:
        """See Recogniser."""
        number: int = self._kept.of(
            lambda: self._with(["tokens", text]), lambda: self._recogniser.tokens(text)
        )
        return number

    def recognise(
        self,
        audio: Sound,
        heard: Sequence[Chunk],
        language: str,
        task: str,
        progress: Progress,
        hotwords: Sequence[str] = (),
        **how: Any,
    ) -> list[Recognition]:
        """See Recogniser."""
        call = [language, task, list(hotwords), how]

        def key(chunk: Chunk) -> str:
            return self._kept.key(self._with([_where(chunk), call]))

        known = [self._kept.taken(key(chunk)) for chunk in heard]
        left = [chunk for chunk, row in zip(heard, known, strict=True) if row is None]
        made = (
            self._recogniser.recognise(audio, left, language, task, progress, hotwords, **how)
            if left
            else []
        )
        # After the call: the precision may have changed in it.
        for chunk, answer in zip(left, made, strict=True):
            self._kept.add(key(chunk), row_of(answer))
        rest = iter(made)
        return [
            next(rest) if row is None else answer_of(row, chunk)
            for chunk, row in zip(heard, known, strict=True)
        ]

    def _with(self, asked: object) -> list[object]:
        return [*self._about, self.precision, asked]


def row_of(answer: Recognition) -> dict[str, Any]:
    """An answer for JSON."""
    return {**asdict(answer), "heard": _rows(answer.heard)}


def answer_of(row: Mapping[str, Any], chunk: Chunk) -> Recognition:
    """The answer of a row, for a chunk with the same regions."""
    words = tuple(documents.Word(**word) for word in row["words"])
    return Recognition(**{**row, "heard": _heard(row["heard"], chunk), "words": words})


def _rows(heard: Sequence[Heard]) -> list[dict[str, float]]:
    return [dict(each.probabilities) for each in heard]


def _heard(rows: Sequence[Mapping[str, float]], chunk: Chunk) -> tuple[Heard, ...]:
    return tuple(itertools.starmap(Heard, zip(chunk.regions, rows, strict=False)))


def _where(chunk: Chunk) -> list[object]:
    regions = [[region.start_ms, region.end_ms] for region in chunk.regions]
    return [chunk.start_ms, chunk.end_ms, regions]


def of_sound(io: "Stage", *, apart: bool) -> KeptAnswers:
    """What a stage that listens may take from its last run; see `kept_answers.of`."""
    given = dict(io.params.items())
    about = [_sound(io.input.sound), apart, given.get("code"), given.get("device")]
    return kept_answers.of(io, about)


def _sound(record: str) -> str:
    """The checksum of the sound that is heard, by the small file that stands for it: where nothing
    is separated, that is of 01_demux."""
    if Path(record).name == "media.json":
        return documents.load(documents.Media, record).audio.sha256
    return documents.load(documents.Separation, record).dialogue_sha256
