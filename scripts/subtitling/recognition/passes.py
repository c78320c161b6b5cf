"""Recognition in up to five passes: each recognises only what the one before left in doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any

from subtitling import spans
from subtitling.documents import Rehearing
from subtitling.media.audio_file import Sound
from subtitling.recognition import (
    chunking,
    hallucinations,
    language_diarization,
    script_guard,
    writing,
)
from subtitling.recognition.chunking import Chunk, Recognition
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.language_diarization import Heard
from subtitling.recognition.recogniser import Recogniser
from subtitling.runtime.progress import Progress
from subtitling.text.languages import english_name
from subtitling.text.spelling import script

_MOSTLY = 0.5  # of the words of a text
_ANOTHER = "another language"
_AS_PROBABLE = 0.8  # times the probability of the text in the film's language


@dataclass(frozen=True)
class Said(hallucinations.Accepted):
    """The credible results of the recognition.

    `languages` are those of the chunks, in the order of their texts, each with its probability;
    `others` the first texts of those that are as probable in the language's script. `unguarded`
    counts those that were credible only in a foreign script, `held` those that were credible only
    where the recogniser was restricted to the language's script. `rehearings` are what was
    recognised in another language than the film's, with what it would be in the film's.
    """

    languages: list[tuple[str, float | None]]
    others: dict[Chunk, str]
    unguarded: int
    held: int
    rehearings: list[Rehearing]


@dataclass
class Listener:
    """Recognises a film in `language` with a loaded model, pass by pass.

    `before` and `after` are the chunks beside those of a shard. What it learns on the way: by the
    ids of regions, the probabilities of their languages, and the `languages` of those that are not
    in the film's.
    """

    recogniser: Recogniser
    audio: Sound
    language: str
    progress: Progress
    before: Sequence[Chunk] = ()
    after: Sequence[Chunk] = ()
    probabilities: dict[str, Heard] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    others: dict[Chunk, str] = field(default_factory=dict)
    rehearings: list[Rehearing] = field(default_factory=list)

    def recognise(
        self, chunks: Sequence[Chunk], songs: Sequence[spans.Span], options: HallucinationOptions
    ) -> Said:
        """Recognise `chunks`, and keep what is credible; `songs` are where somebody sings.

        Each is recognised in the language that is spoken in it, in parts where there are several.
        Chunks with doubtful texts are recognised again: where single regions are surely in another
        language, each in its own; then without repeated phrases, first with the speech around them,
        then region by region; and in the end in any script. A language whose words are
        transliterated (see `writing`) is recognised in any script, and in the end in its own.
        """
        ways: list[hallucinations.RecognitionPass] = [
            partial(self._plainly, options=options), self._in_its_languages,
            self._without_loops, self._region_by_region, self._in_other_scripts,
        ]  # fmt: skip
        accepted = hallucinations.accepted(chunks, ways, songs, options)
        rows = list(zip(accepted.pairs, accepted.ways, strict=True))
        lasts = [chunk for (chunk, _), way in rows if way == len(ways) - 1]
        held = sum(self._free(self.language_of(chunk)) for chunk in lasts)
        others = {
            chunk: self.others[chunk]
            for (chunk, heard), way in rows
            if way == 0 and heard.text and chunk in self.others
        }
        languages = [self._probable(*pair) for pair in accepted.pairs]
        return Said(
            accepted.pairs, accepted.ways, accepted.removed, languages, others,
            len(lasts) - held, held, self.rehearings,
        )  # fmt: skip

    def language_of(self, chunk: Chunk) -> str:
        """The language of a chunk, all of whose regions are in the same one."""
        return self.languages.get(chunk.regions[0].id, self.language)

    def _probable(self, chunk: Chunk, heard: Recognition) -> tuple[str, float | None]:
        """The language that a chunk was recognised in, and its probability in all of it; None where
        nobody asked."""
        known = [self.probabilities[r.id] for r in chunk.regions if r.id in self.probabilities]
        return heard.language, language_diarization.mean(known, heard.language)

    def hear(self, chunks: Sequence[Chunk], **how: Any) -> list[Recognition]:
        """Recognise each chunk once, in its language."""
        answers: dict[Chunk, Recognition] = {}
        for language in dict.fromkeys(map(self.language_of, chunks)):
            own = [chunk for chunk in chunks if self.language_of(chunk) == language]
            given = {"guarded": not self._free(language), **how}
            said = self.recogniser.recognise(
                self.audio, own, language, "transcribe", self.progress, **given
            )
            self.probabilities |= {each.region.id: each for one in said for each in one.heard}
            cleaned = [replace(chunking.cleaned(heard), language=language) for heard in said]
            if self._free(language) and language in writing.NEIGHBOURS:
                self._as_neighbour(own, cleaned, language, given)
            answers |= dict(zip(own, cleaned, strict=True))
        return [answers[chunk] for chunk in chunks]

    def _as_neighbour(
        self,
        chunks: Sequence[Chunk],
        answers: list[Recognition],
        language: str,
        how: dict[str, Any],
    ) -> None:
        """Recognise again, as the neighbour of their language, chunks whose text is in letters that
        cannot be transliterated: Hindi in Latin ones. Chunks that are surely in another language
        stay."""
        for n, (chunk, heard) in enumerate(zip(chunks, answers, strict=True)):
            if self._readable(heard.text, language) or self._surely(chunk, language) != language:
                continue
            [answer] = self.recogniser.recognise(
                self.audio, [chunk], writing.NEIGHBOURS[language], "transcribe",
                self.progress, **how,
            )  # fmt: skip
            again = chunking.cleaned(answer)
            if again.text and self._readable(again.text, language):
                answers[n] = replace(again, language=language)

    def _readable(self, text: str, language: str) -> bool:
        return writing.readable(text, language, self.recogniser.options.script)

    def _surely(self, chunk: Chunk, language: str) -> str:
        """The language of a chunk by itself: another than `language` only where that is sure."""
        heard = [self.probabilities[r.id] for r in chunk.regions if r.id in self.probabilities]
        codes = {code for each in heard for code in each.probabilities}
        means = {code: language_diarization.mean(heard, code) or 0.0 for code in codes}
        return language_diarization.chunk_language(
            means, language, self._others, self.recogniser.options.other_language_probability
        )

    def _plainly(
        self, chunks: Sequence[Chunk], options: HallucinationOptions
    ) -> list[hallucinations.Pairs]:
        answers = self._heard(chunks, options, identify=bool(self._others))
        parts = [[pair] for pair in zip(chunks, answers, strict=True)]
        runs = self._runs(chunks) if self._others else [[] for _ in chunks]
        divided = [n for n, some in enumerate(runs) if {t for _, t in some} - {self.language}]
        if not divided:
            return parts
        self.languages |= {
            region.id: language
            for n in divided
            for run, language in runs[n]
            for region in run.regions
            if language != self.language
        }
        again = iter(self._heard([run for n in divided for run, _ in runs[n]], options))
        for n in divided:
            new = [(run, next(again)) for run, _ in runs[n]]
            if self._believed(chunks[n], answers[n], new, options):
                parts[n] = new
            else:
                for region in chunks[n].regions:
                    self.languages.pop(region.id, None)
        return parts

    @property
    def _others(self) -> str | Sequence[str]:
        return self.recogniser.options.other_languages

    def _runs(self, chunks: Sequence[Chunk]) -> list[list[tuple[Chunk, str]]]:
        """Each chunk in runs of regions of one language, with the language."""
        beside = [*self.before, *self.after]
        known = iter(self.recogniser.identify(self.audio, beside) if beside else [])
        before, after = ([list(next(known)) for _ in some] for some in (self.before, self.after))
        own = [[self.probabilities[region.id] for region in chunk.regions] for chunk in chunks]
        settled = language_diarization.settled([*before, *own, *after], self.language, self._others)
        settled = settled[len(before) : len(before) + len(own)]
        return [
            runs_by_language([Chunk.of([region]) for region in chunk.regions], languages)
            for chunk, languages in zip(chunks, settled, strict=True)
        ]

    def _believed(
        self,
        chunk: Chunk,
        first: Recognition,
        runs: hallucinations.Pairs,
        options: HallucinationOptions,
    ) -> bool:
        """Whether a chunk's texts in the languages of its runs count: not where one of them is
        empty or doubtful, or far less probable, and the text in the film's language is not. Both
        are on record."""

        def lacking(part: Chunk, heard: Recognition) -> str:
            why = hallucinations.doubts(heard, part.speech_ms, False, options)
            if hallucinations.grave(why):
                return "; ".join(why)
            return "" if heard.text else "no words"

        doubts = [lacking(part, heard) for part, heard in runs]
        least = min(heard.score for _, heard in runs if heard.language != self.language)
        if least < _AS_PROBABLE * first.score:
            doubts.append(f"it is less probable, {least:g} after {first.score:g}")
        doubt = next(filter(None, doubts), "") if not lacking(chunk, first) else ""
        for part, heard in runs:
            language, probability = self._probable(part, heard)
            if language == self.language:
                continue
            why = doubt or f"{english_name(language)}, {100 * (probability or 0):.0f} %"
            second = heard.text
            self.rehearings.append(
                Rehearing(
                    *part.span, _ANOTHER, first.text, second, heard.score, None, not doubt, why
                )
            )
        return not doubt

    def _heard(
        self, chunks: Sequence[Chunk], options: HallucinationOptions, **how: Any
    ) -> list[Recognition]:
        """Recognise each chunk, and again, restricted to the language's script, those whose text is
        in another one and could be transliterated letter by letter only. A large model knows the
        words that it writes in Latin letters, and then they are as probable in the right ones; a
        small one produces loops and punctuation instead."""
        answers = self.hear(chunks, **how)
        asked = [
            n
            for n, (chunk, heard) in enumerate(zip(chunks, answers, strict=True))
            if self._free(language := self.language_of(chunk))
            and script(heard.text) not in ("Zyyy", writing.target(language, self._script))
            and self._readable(heard.text, language)
            and not writing.weighed(heard.text, language, self._script)
        ]
        held = self.hear([chunks[n] for n in asked], guarded=True) if asked else []
        for n, heard in zip(asked, held, strict=True):
            doubted = hallucinations.doubts(heard, chunks[n].speech_ms, False, options)
            if heard.text and not doubted and heard.score >= answers[n].score:
                self.others[chunks[n]] = answers[n].text
                answers[n] = heard
        return answers

    def _in_its_languages(self, chunks: Sequence[Chunk]) -> list[hallucinations.Pairs]:
        answers: list[hallucinations.Pairs] = []
        for chunk in chunks:
            own = self.language_of(chunk)
            regions = [Chunk.of([region]) for region in chunk.regions]
            runs = runs_by_language(regions, [self._surely(region, own) for region in regions])
            others = {r.id: language for run, language in runs for r in run.regions}
            if set(others.values()) <= {own}:
                answers.append([])
                continue
            self.languages |= others
            parts = [run for run, _ in runs]
            answers.append(list(zip(parts, self.hear(parts), strict=True)))
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
    def _script(self) -> str:
        return self.recogniser.options.script

    def _free(self, language: str) -> bool:
        return writing.free(language, self._script, self.recogniser.options.allow_latin)

    def _in_other_scripts(self, chunks: Sequence[Chunk]) -> list[hallucinations.Pairs]:
        """In any script; languages that are recognised in any, in their own."""
        answers: dict[Chunk, hallucinations.Pairs] = {}
        for guarded in (True, False):
            own = [c for c in chunks if self._free(self.language_of(c)) == guarded]
            own = [c for c in own if guarded or self._scripts(self.language_of(c))]
            answers |= dict(zip(own, self._by_regions(own, guarded=guarded), strict=True))
        return [answers.get(chunk, []) for chunk in chunks]

    def _scripts(self, language: str) -> tuple[str, ...]:
        return script_guard.scripts(language, self._script, self.recogniser.options.allow_latin)

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
