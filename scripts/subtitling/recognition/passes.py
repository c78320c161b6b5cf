"""Recognition in up to five passes: each hears only what the one before left in doubt."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

from subtitling import spans
from subtitling.media.media import Sound
from subtitling.recognition import hallucinations, script_guard, whisper, writing
from subtitling.recognition.whisper import Chunk, Recognition, Whisper
from subtitling.text.spelling import script

_MOSTLY = 0.5  # of the words of a text
Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class Said(hallucinations.Accepted):
    """What is said and can be believed.

    `other_languages` are the languages of the chunks that are not in the film's; `others` what was
    heard first of those that are as probable in the language's script. `unguarded` counts those
    that made sense in no script but a foreign one, `held` those that made sense only where the
    recogniser was held to the language's.
    """

    other_languages: dict[Chunk, str]
    others: dict[Chunk, str]
    unguarded: int
    held: int


@dataclass
class Listener:
    """Somebody who hears a film in `language` with a loaded model."""

    recogniser: Whisper
    audio: Sound
    language: str
    progress: Progress
    other_languages: dict[Chunk, str] = field(default_factory=dict)
    others: dict[Chunk, str] = field(default_factory=dict)

    def said(
        self, chunks: Sequence[Chunk], songs: Sequence[spans.Span], options: hallucinations.Options
    ) -> Said:
        """What is said in `chunks` and can be believed; `songs` are where somebody sings.

        What makes no sense is heard again: where it is in several languages, each in its own; then
        without repeated phrases, first with all that is said around it, then region by region; and
        in the end in any script. A language whose words are written anew (see `writing`) is heard
        in any script, and in the end in its own.
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
        """What the recogniser makes of each chunk, in the film's language or in another."""
        how = {"guarded": not self._free, **how}
        found = self.recogniser.recognise(
            self.audio, chunks, language or self.language, "transcribe", self.progress, **how
        )
        answers = [whisper.cleaned(heard) for heard in found]
        if self._free and language is None and self.language in writing.NEIGHBOURS:
            self._as_neighbour(chunks, answers, how)
        return answers

    def _as_neighbour(
        self, chunks: Sequence[Chunk], answers: list[Recognition], how: dict[str, Any]
    ) -> None:
        """Hear again, as the neighbour of the film's language, what came in letters that cannot be
        written anew: Hindi in Latin ones. What is in one of the other languages stays."""
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

    def told(
        self, pairs: hallucinations.Pairs, names: Sequence[str], foreign: Collection[Chunk]
    ) -> list[Recognition]:
        """What is heard in each chunk where names are expected; in `foreign` ones, the same."""
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
        """Hear again, held to the language's script, what came in another one and could be written
        anew by letters alone. A large model knows the words that it writes in Latin letters, and
        then they are as probable in the right ones; a small one makes loops and signs of them."""
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
        found: list[hallucinations.Pairs] = []
        for chunk in chunks:
            regions = [Chunk.of([region]) for region in chunk.regions]
            runs = runs_by_language(
                regions, self.recogniser.chunk_languages(self.audio, regions, self.language)
            )
            if {chunk_language for _, chunk_language in runs} <= {self.language}:
                found.append([])
                continue
            self.other_languages.update(
                (run, chunk_language)
                for run, chunk_language in runs
                if chunk_language != self.language
            )
            found.append(
                [(run, self.hear([run], chunk_language)[0]) for run, chunk_language in runs]
            )
        return found

    def _without_loops(self, chunks: Sequence[Chunk]) -> list[hallucinations.Pairs]:
        several = [chunk for chunk in chunks if len(chunk.regions) > 1]
        again = dict(zip(several, self.hear(several, careful=True), strict=True))
        # A sound that gives little but one word (Shhh! Shhh... Shhhh) still is a loop.
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
    """Neighbouring regions of a chunk that are in the same language, in one piece again: each run
    with its language."""
    found = []
    for chunk_language, run in groupby(
        zip(tongues, regions, strict=True), key=lambda pair: pair[0]
    ):
        found.append((Chunk.of([r for _, chunk in run for r in chunk.regions]), chunk_language))
    return found
