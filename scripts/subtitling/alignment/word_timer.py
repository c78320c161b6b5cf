"""Word times of one film: the aligners of its languages, each loaded and recorded once."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from lineage.problem import Problem
from subtitling.alignment import word_times
from subtitling.alignment.aligners import aligner_table
from subtitling.alignment.aligners.base import Aligner
from subtitling.documents import Region, Segment, StoredModel
from subtitling.media import loudness
from subtitling.media.audio_file import Sound
from subtitling.models import store
from subtitling.recognition import registry
from subtitling.recognition.chunking import RECOGNISER
from subtitling.recognition.kept_recogniser import KeptRecogniser
from subtitling.recognition.recogniser import Recogniser, RecognitionOptions
from subtitling.recognition.whisper import Whisper
from subtitling.runtime import kept_answers
from subtitling.runtime.kept_answers import KeptAnswers

if TYPE_CHECKING:
    from lineage.stage import Stage


class Timer:
    """Gives words their times: by the first aligner that serves their language, and by the next one
    where there is too little sound for it. Models are loaded and recorded when they are needed,
    each once. `language` is the film's, in which segments are that name none. Without `attention`
    no recogniser is needed, and what no other aligner can place stays without words. What is `kept`
    of the last run is neither placed nor recognised again, and loads no model."""

    def __init__(
        self,
        io: "Stage",
        audio: Sound,
        language: str,
        kept: KeptAnswers,
        *,
        attention: bool = True,
    ):
        self._io, self._audio, self._language, self._kept = io, audio, language, kept
        self._stored = {
            wanted["name"]: (wanted, inventory)
            for wanted, inventory in zip(io.params.models, io.input.models, strict=True)
        }
        self._engine = registry.spec(io.params.engine) if attention else None
        self._choices: dict[str, list[aligner_table.Choice]] = {}
        self._loaded: dict[tuple[aligner_table.Choice, str], Aligner] = {}
        self._recogniser_stored: StoredModel | None = None  # once it is needed
        self._recorded: set[aligner_table.Choice] = set()
        self._choices_of(language)

    def timed(self, segments: Sequence[Segment], regions: Sequence[Region]) -> list[Segment]:
        """The segments with their words placed, within the regions that they name."""
        timed: dict[int, Segment] = {}
        for language in dict.fromkeys(s.language or self._language for s in segments):
            own = [n for n, s in enumerate(segments) if (s.language or self._language) == language]
            done = self._in_language([segments[n] for n in own], regions, language)
            timed |= dict(zip(own, done, strict=True))
        return [timed[n] for n in range(len(segments))]

    def _in_language(
        self, segments: Sequence[Segment], regions: Sequence[Region], language: str
    ) -> list[Segment]:
        # A recogniser's own times are the last resort: an aligner's are evidence of another kind.
        own = {n: segment for n, segment in enumerate(segments) if segment.aligner == RECOGNISER}
        timed = list(segments)
        for n, segment in own.items():
            timed[n] = replace(segment, words=(), aligner=None)
        choices = self._choices_of(language)
        for choice in choices:
            if choice.aligner == aligner_table.ESTIMATE:
                timed = [each if each.words else own.get(n, each) for n, each in enumerate(timed)]
            left = [segment for segment in timed if not segment.words]
            if not left:
                break
            if choice != choices[0]:
                self._io.log.warning("%d segments have too little sound for their words", len(left))
            done = iter(self._by(choice, left, regions, language))
            timed = [segment if segment.words else next(done) for segment in timed]
        return timed

    def _choices_of(self, language: str) -> list[aligner_table.Choice]:
        """The aligners of a language, the best first. A configured one that can't serve a language
        beside the film's own gives way to those that can: nobody can know what a film turns out to
        hold."""
        if language not in self._choices:
            attention = self._engine is None or self._engine.has_attention
            options = {**self._io.params.options, "attention": attention}
            try:
                self._choices[language] = aligner_table.choose(language, **options)
            except Problem as problem:
                if language == self._language:
                    raise
                self._choices[language] = aligner_table.choose(
                    language, **{**options, "aligner": aligner_table.AUTO}
                )
                name = self._choices[language][0].aligner
                self._io.degrade(f"aligner of {language}", options["aligner"], name, str(problem))
        return [
            choice
            for choice in self._choices[language]
            if self._engine or choice.aligner != aligner_table.ATTENTION
        ]

    def quietest(self, start_ms: int, end_ms: int) -> int:
        """See `loudness.quietest`."""
        moment: int = self._kept.of(
            lambda: ["quietest", start_ms, end_ms],
            lambda: loudness.quietest(self._audio, start_ms, end_ms),
        )
        return moment

    @cached_property
    def recogniser(self) -> Recogniser:
        """The recogniser, for the second hearing."""
        which = [self._io.params.engine, self._io.params.model]
        return KeptRecogniser(self._engine_itself, self._kept, which)

    @cached_property
    def _engine_itself(self) -> Recogniser:
        io, engine = self._io, self._engine
        assert engine, "no recogniser is planned"
        self._recogniser_stored = store.ready(io.params.model, io.input.model)
        return engine.open(
            store.folder(io.input.model), io.params.device, io.threads,
            RecognitionOptions(**io.params.asr), io.degrade, io.retry,
        )  # fmt: skip

    def keep(self) -> None:
        """Keep the answers for the next run, and record the recogniser that gave some of them, in
        the precision in which it ended."""
        if self._recogniser_stored:
            precision = self._engine_itself.precision
            self._io.model(**vars(self._recogniser_stored), precision=precision)
        kept_answers.keep(self._io, self._kept)

    def _by(
        self,
        choice: aligner_table.Choice,
        segments: Sequence[Segment],
        regions: Sequence[Region],
        language: str,
    ) -> list[Segment]:
        sound = self._audio
        if choice.aligner == aligner_table.ESTIMATE:
            return word_times.estimated(sound, segments, regions, language)
        splices = word_times.splices_of(sound, segments, regions)

        def key(n: int) -> str:
            about = self._about(choice, language)
            return self._kept.key([*about, splices[n].spans, segments[n].text])

        known = [self._kept.taken(key(n)) for n in range(len(segments))]
        left = [n for n, row in enumerate(known) if row is None]
        placed = self._placed(choice, [segments[n] for n in left], regions, language)
        # After the work: the precision may have changed in it.
        for n, segment in zip(left, placed, strict=True):
            self._kept.add(key(n), word_times.row_of(segment, segments[n]))
        made = iter(placed)
        return [
            next(made) if row is None else word_times.placed_by(choice.aligner, row, segment)
            for row, segment in zip(known, segments, strict=True)
        ]

    def _about(self, choice: aligner_table.Choice, language: str) -> list[object]:
        """What the times of a segment's words depend on beside its text and its sound; the model is
        on record from here on."""
        io = self._io
        if choice.aligner == aligner_table.ATTENTION:
            precision = self._engine_itself.precision
            return [choice.aligner, language, io.params.engine, io.params.model, precision]
        if choice.model is None:
            return [choice.aligner, language]
        wanted, inventory = self._stored[choice.model]
        if choice not in self._recorded:
            io.model(**vars(store.ready(wanted, inventory)), precision="float32")
            self._recorded.add(choice)
        return [choice.aligner, language, wanted]

    def _placed(
        self,
        choice: aligner_table.Choice,
        segments: Sequence[Segment],
        regions: Sequence[Region],
        language: str,
    ) -> list[Segment]:
        io, sound = self._io, self._audio
        if not segments:
            return []
        if choice.aligner == aligner_table.ATTENTION:
            model = cast(Whisper, self._engine_itself)  # the only one with attention
            return word_times.attend(model, sound, segments, regions, language, io.progress)
        return word_times.align(
            self._aligner(choice, language), sound, segments, regions, language, io.threads,
            io.progress,
        )  # fmt: skip

    def _aligner(self, choice: aligner_table.Choice, language: str) -> Aligner:
        if (choice, language) not in self._loaded:
            known = [each for (other, _), each in self._loaded.items() if other == choice]
            self._loaded[choice, language] = (
                known[0].speaking(language) if known else self._load(choice, language)
            )
        return self._loaded[choice, language]

    def _load(self, choice: aligner_table.Choice, language: str) -> Aligner:
        folder = store.folder(self._stored[choice.model][1]) if choice.model else None
        io = self._io
        return aligner_table.load(choice, folder, language, io.params.device, io.degrade)
