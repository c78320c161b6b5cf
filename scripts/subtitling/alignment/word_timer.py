"""Word times of one film: the aligners of its language, each loaded and recorded once."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from subtitling.alignment import aligners, word_times
from subtitling.documents import Region, Segment
from subtitling.media.audio_file import Sound
from subtitling.models import store
from subtitling.recognition import whisper

if TYPE_CHECKING:
    from lineage.stage import Stage


class Timer:
    """Gives words their times: by the first aligner that serves the language, and by the next one
    where there is too little sound for it. Models are loaded and recorded when they are needed."""

    def __init__(self, io: "Stage", audio: Sound, language: str):
        self._io, self._audio, self._language = io, audio, language
        self._choices = aligners.choose(language, **io.params.options)
        self._stored = {
            wanted["name"]: (wanted, inventory)
            for wanted, inventory in zip(io.params.models, io.input.models, strict=True)
        }
        self._loaded: dict[aligners.Choice, aligners.Aligner] = {}

    def timed(self, segments: Sequence[Segment], regions: Sequence[Region]) -> list[Segment]:
        """The segments with their words placed, within the regions that they name."""
        timed = list(segments)
        for choice in self._choices:
            left = [segment for segment in timed if not segment.words]
            if not left:
                break
            if choice != self._choices[0]:
                self._io.log.warning("%d segments have too little sound for their words", len(left))
            done = iter(self._by(choice, left, regions))
            timed = [segment if segment.words else next(done) for segment in timed]
        return timed

    @cached_property
    def recogniser(self) -> whisper.Whisper:
        """The recogniser: for its attention, and for the second hearing."""
        io = self._io
        stored = store.ready(io.params.model, io.input.model)
        recogniser = whisper.Whisper(
            store.folder(io.input.model), io.params.device, io.threads,
            whisper.Options(**io.params.asr), io.degrade, io.retry,
        )  # fmt: skip
        io.model(**vars(stored), precision=recogniser.precision)
        return recogniser

    def _by(
        self, choice: aligners.Choice, segments: Sequence[Segment], regions: Sequence[Region]
    ) -> list[Segment]:
        io, sound = self._io, self._audio
        if choice.aligner == "attention":
            return word_times.attend(
                self.recogniser, sound, segments, regions, self._language, io.progress
            )
        return word_times.align(
            self._aligner(choice), sound, segments, regions, self._language, io.threads, io.progress
        )

    def _aligner(self, choice: aligners.Choice) -> aligners.Aligner:
        if choice not in self._loaded:
            folder = None
            if choice.model:
                wanted, inventory = self._stored[choice.model]
                self._io.model(**vars(store.ready(wanted, inventory)), precision="float32")
                folder = store.folder(inventory)
            device = self._io.params.device
            self._loaded[choice] = aligners.load(choice, folder, self._language, device)
        return self._loaded[choice]
