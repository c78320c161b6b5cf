"""Recognised chunks of the last run, for those that this run would recognise in the same way.

A changed glossary or guard runs the recognition's stage again, and hardly ever its recogniser.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from subtitling import documents
from subtitling.media.audio_file import Sound
from subtitling.recognition.chunking import Chunk, Recognition
from subtitling.recognition.language_diarization import Heard
from subtitling.recognition.recogniser import Recogniser, RecognitionOptions
from subtitling.runtime import earlier
from subtitling.runtime.progress import Progress

if TYPE_CHECKING:
    from lineage.stage import Stage

NAME = "chunks.jsonl"  # a line for each answer: its key, and what was recognised
_DECISIVE = ("code", "engine", "model", "device")  # of the rule's parameters
_NOT_DECISIVE = "batch_size"  # of the options


class KeptRecogniser:
    """A loaded recogniser that is asked only for what is not among the answers of the last run.

    `about` is all that an answer depends on beside the chunk and the call: sound, model, options,
    code. `known` are answers by their keys, as `answers` are after the run. `reused` counts those
    that were not recognised again.
    """

    def __init__(self, recogniser: Recogniser, about: object, known: Mapping[str, Any]):
        self._recogniser, self._about, self._known = recogniser, about, known
        self.options: RecognitionOptions = recogniser.options
        self.answers: dict[str, Any] = {}
        self.reused = 0

    @property
    def precision(self) -> str:
        """See Recogniser."""
        return self._recogniser.precision

    def languages(self, audio: Sound, heard: Sequence[Chunk]) -> dict[str, float]:
        """See Recogniser."""
        return self._recogniser.languages(audio, heard)

    def identify(self, audio: Sound, heard: Sequence[Chunk]) -> list[tuple[Heard, ...]]:
        """See Recogniser."""
        return self._recogniser.identify(audio, heard)

    def tokens(self, text: str) -> int:
        """See Recogniser."""
        return self._recogniser.tokens(text)

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
        known = {chunk: self._known.get(self._key(chunk, call)) for chunk in heard}
        left = [chunk for chunk in heard if known[chunk] is None]
        made = iter(
            self._recogniser.recognise(audio, left, language, task, progress, hotwords, **how)
            if left
            else ()
        )
        answers = [
            next(made) if (row := known[chunk]) is None else answer_of(row, chunk)
            for chunk in heard
        ]
        # After the call: the precision may have changed in it.
        for chunk, answer in zip(heard, answers, strict=True):
            self.answers[self._key(chunk, call)] = row_of(answer)
        self.reused += len(heard) - len(left)
        return answers

    def _key(self, chunk: Chunk, call: object) -> str:
        regions = [[region.start_ms, region.end_ms] for region in chunk.regions]
        where = [chunk.start_ms, chunk.end_ms, regions]
        text = json.dumps([self._about, self.precision, where, call], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def row_of(answer: Recognition) -> dict[str, Any]:
    """An answer for JSON."""
    return {**asdict(answer), "heard": [dict(each.probabilities) for each in answer.heard]}


def answer_of(row: Mapping[str, Any], chunk: Chunk) -> Recognition:
    """The answer of a row, for a chunk with the same regions."""
    regions = zip(chunk.regions, row["heard"], strict=False)
    heard = tuple(Heard(region, probabilities) for region, probabilities in regions)
    words = tuple(documents.Word(**word) for word in row["words"])
    return Recognition(**{**row, "heard": heard, "words": words})


def kept(io: "Stage", recogniser: Recogniser, apart_ms: int | None) -> KeptRecogniser:
    """A stage's recogniser, with the answers that its last success recorded."""
    options = {k: v for k, v in asdict(recogniser.options).items() if k != _NOT_DECISIVE}
    about = [
        _sound(io.input.sound),
        apart_ms,
        options,
        *(dict(io.params.items()).get(key) for key in _DECISIVE),
    ]
    path = io.folder / NAME
    usable = earlier.sealed(io, path) and not earlier.updated(io)
    lines = path.read_text("utf-8").splitlines() if usable else []
    return KeptRecogniser(recogniser, about, dict(map(json.loads, lines)))


def _sound(record: str) -> str:
    """The checksum of the sound that is heard, by the small file that stands for it: where nothing
    is separated, that is of 01_demux."""
    if Path(record).name == "media.json":
        return documents.load(documents.Media, record).audio.sha256
    return documents.load(documents.Separation, record).dialogue_sha256


def keep(io: "Stage", recogniser: KeptRecogniser | None) -> None:
    """Write the answers of this run for the next one; None where nothing was to be recognised."""
    if recogniser and recogniser.reused:
        earlier.take_over(io)
    earlier.drop(io.folder)
    path = io.folder / NAME
    path.unlink(missing_ok=True)
    if recogniser is None:
        return
    rows = map(json.dumps, recogniser.answers.items())
    documents.save_text("".join(f"{row}\n" for row in rows), path)
    io.intermediate(path, retained=True, reason="recognised chunks, for the next run")
    if recogniser.reused:
        io.log.info("%d answers of the last run stay", recogniser.reused)
        io.note(reused=recogniser.reused)


def failed(io: "Stage", _error: Exception) -> bool:
    """Record the answers that stay for a next try of a stage that failed; it has no other
    output."""
    earlier.record(io)
    if (io.folder / NAME).is_file():
        io.intermediate(io.folder / NAME, retained=True, reason="for a next try")
    return False
