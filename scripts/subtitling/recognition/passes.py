"""Recognition in up to five passes: each recognises only what the one before left in doubt."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

from subtitling import spans
from subtitling.media.audio_file import Sound
from subtitling.recognition import hallucinations, script_guard, whisper, writing
from subtitling.recognition.whisper import Chunk, Recognition, Whisper
from subtitling.runtime.progress import Progress
from subtitling.text.spelling import script

_MOSTLY = 0.5  # of the words of a text


@dataclass(frozen=True)
class Said(hallucinations.Accepted):
    """The credible results of the recognition.

    `other_languages` are the languages of the chunks that are not in the film's; `others` the first
    texts of those that are as probable in the language's script. `unguarded` counts those that were
    credible only in a foreign script, `held` those that were credible only where the recogniser was
    restricted to the language's script.
    """

    other_languages: dict[Chunk, str]
    others: dict[Chunk, str]
    unguarded: int
    held: int


@dataclass
class Listener:
    """Recognises a film in `language` with a loaded model, pass by pass."""

    recogniser: Whisper
    audio: Sound
    language: str
    progress: Progress
    other_languages: dict[Chunk, str] = field(default_factory=dict)
    others: dict[Chunk, str] = field(default_factory=dict)

    def recognise(
        self, chunks: Sequence[Chunk], songs: Sequence[spans.Span], options: hallucinations.Options
    ) -> Said:
        """Recognise `chunks`, and keep what is credible; `songs` are where somebody sings.

        Chunks with doubtful texts are recognised again: where they are in several languages, each
        in its own; then without repeated phrases, first with the speech around them, then region by
        region; and in the end in any script. A language whose words are transliterated (see
        `writing`) is recognised in any script, and in the end in its own.
        """
        last = self._in_its_script if self._free else self._in_any_script
        ways: list[hallucinations.RecognitionPass] = [
            partial(self._plainly, options=options), self._in_its_languages,
            self._without_loops, self._region_by_region, last,
        ]  # fmt: skip
        accepted = hallucinations.accepted(chunks, ways, songs, options)
        foreign = {
            chunk: self.other_languages[chunk]
            for (chunk, heard), way in zip(accepted.pairs, accepted.ways, strict=True)
            if way == 1 and heard.text and chunk in self.other_languages
        }
        lasts = accepted.ways.count(len(ways) - 1)
        unguarded, held = (0, lasts) if self._free else (lasts, 0)
        others = {
            chunk: self.others[chunk]
            for (chunk, heard), way in zip(accepted.pairs, accepted.ways, strict=True)
            if way == 0 and heard.text and chunk in self.others
        }
        return Said(
            accepted.pairs, accepted.ways, accepted.removed, foreign, others, unguarded, held
        )  # fmt: skip

    def hear(
        self, chunks: Sequence[Chunk], language: str | None = None, **how: Any
    ) -> list[Recognition]:
        """Recognise each chunk once, in the film's language or in another."""
        how = {"guarded": not self._free, **how}
        recognitions = self.recogniser.recognise(
            self.audio, chunks, language or self.language, "transcribe", self.progress, **how
        )
        answers = [whisper.cleaned(heard) for heard in recognitions]
        if self._free and language is None and self.language in writing.NEIGHBOURS:
            self._as_neighbour(chunks, answers, how)
        return answers

    def _as_neighbour(
        self, chunks: Sequence[Chunk], answers: list[Recognition], how: dict[str, Any]
    ) -> None:
        """Recognise again, as the neighbour of the film's language, chunks whose text is in letters
        that cannot be transliterated: Hindi in Latin ones. Chunks in one of the other languages
        stay."""
        for n, (chunk, heard) in enumerate(zip(chunks, answers, strict=True)):
            if self._readable(heard.text):
                continue
            if self.recogniser.chunk_languages(self.audio, [chunk], self.language) != [
                self.language
            ]:
                continue
            [answer] = self.recogniser.recognise(
                self.audio, [chunk], writing.NEIGHBOURS[self.language], "transcribe",
                self.progress, **how,
            )  # fmt: skip
            again = whisper.cleaned(answer)
            if again.text and self._readable(again.text):
                answers[n] = again

    def recognise_with_names(
        self, pairs: hallucinations.Pairs, names: Sequence[str], foreign: Collection[Chunk]
    ) -> list[Recognition]:
        """Recognise the chunks again with `names` to expect; those in `foreign` stay."""
        own = [chunk for chunk, _ in pairs if chunk not in foreign]
        again = dict(zip(own, self.hear(own, hotwords=names), strict=True))
        return [again.get(chunk, heard) for chunk, heard in pairs]

    def _readable(self, text: str) -> bool:
        return writing.readable(text, self.language, self.recogniser.options.script)

    def _plainly(
        self, chunks: Sequence[Chunk], options: hallucinations.Options
    ) -> list[hallucinations.Pairs]:
        answers = self.hear(chunks)
        if self._free:
            self._held_where_as_probable(chunks, answers, options)
        return [[pair] for pair in zip(chunks, answers, strict=True)]

    def _held_where_as_probable(
        self, chunks: Sequence[Chunk], answers: list[Recognition], options: hallucinations.Options
    ) -> None:
        """Recognise again, restricted to the language's script, chunks whose text is in another one
        and could be transliterated letter by letter only. A large model knows the words that it
        writes in Latin letters, and then they are as probable in the right ones; a small one
        produces loops and punctuation instead."""
        chosen = self.recogniser.options.script
        asked = [
            n
            for n, heard in enumerate(answers)
            if script(heard.text) not in ("Zyyy", writing.target(self.language, chosen))
            and self._readable(heard.text)
            and not writing.weighed(heard.text, self.language, chosen)
        ]
        held = self.hear([chunks[n] for n in asked], guarded=True) if asked else []
        for n, heard in zip(asked, held, strict=True):
            doubted = hallucinations.doubts(heard, chunks[n].speech_ms, False, options)
            if heard.text and not doubted and heard.score >= answers[n].score:
                self.others[chunks[n]] = answers[n].text
                answers[n] = heard

    def _in_its_languages(self, chunks: Sequence[Chunk]) -> list[hallucinations.Pairs]:
        answers: list[hallucinations.Pairs] = []
        for chunk in chunks:
            regions = [Chunk.of([region]) for region in chunk.regions]
            runs = runs_by_language(
                regions, self.recogniser.chunk_languages(self.audio, regions, self.language)
            )
            if {chunk_language for _, chunk_language in runs} <= {self.language}:
                answers.append([])
                continue
            self.other_languages.update(
                (run, chunk_language)
                for run, chunk_language in runs
                if chunk_language != self.language
            )
            answers.append(
                [(run, self.hear([run], chunk_language)[0]) for run, chunk_language in runs]
            )
        return answers

    def _without_loops(self, chunks: Sequence[Chunk]) -> list[hallucinations.Pairs]:
        several = [chunk for chunk in chunks if len(chunk.regions) > 1]
        again = dict(zip(several, self.hear(several, careful=True), strict=True))
        # A text of little but one word (Shhh! Shhh... Shhhh) still is a loop.
        varied = {
            chunk for chunk, heard in again.items() if hallucinations.variety(heard.text) > _MOSTLY
        }
        return [[(chunk, again[chunk])] if chunk in varied else [] for chunk in chunks]

    def _region_by_region(self, chunks: Sequence[Chunk]) -> list[hallucinations.Pairs]:
        return self._by_regions(chunks, careful=True)

    @property
    def _free(self) -> bool:
        of = self.recogniser.options
        return writing.free(self.language, of.script, of.allow_latin)

    def _in_its_script(self, chunks: Sequence[Chunk]) -> list[hallucinations.Pairs]:
        return self._by_regions(chunks, guarded=True)

    def _in_any_script(self, chunks: Sequence[Chunk]) -> list[hallucinations.Pairs]:
        of = self.recogniser.options
        if not script_guard.scripts(self.language, of.script, of.allow_latin):
            return [[] for _ in chunks]
        return self._by_regions(chunks, guarded=False)

    def _by_regions(self, chunks: Sequence[Chunk], **how: Any) -> list[hallucinations.Pairs]:
        parts = [[Chunk.of([region]) for region in chunk.regions] for chunk in chunks]
        answers = iter(self.hear([part for some in parts for part in some], **how))
        return [[(part, next(answers)) for part in some] for some in parts]


def runs_by_language(regions: Sequence[Chunk], tongues: Sequence[str]) -> list[tuple[Chunk, str]]:
    """Join neighbouring regions of a chunk that are in the same language: each run with its
    language."""
    runs = []
    for chunk_language, run in groupby(
        zip(tongues, regions, strict=True), key=lambda pair: pair[0]
    ):
        runs.append((Chunk.of([r for _, chunk in run for r in chunk.regions]), chunk_language))
    return runs
