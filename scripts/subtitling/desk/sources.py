"""What a track comes from, read once from its film's record: its words, sentences, speech, rules.

Every file is checked against its checksum on record, as for the film's page.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from lineage import untrusted
from lineage.commands.trace import SUBTITLES
from lineage.commands.trace import Track as Tracks
from lineage.commands.verify import Report
from lineage.problem import Problem
from lineage.record import Job, Reader
from subtitling import documents
from subtitling.desk.cues import Bounds
from subtitling.page import gather, page_data
from subtitling.page.threads import Threads
from subtitling.subtitles import frames, rules
from subtitling.text import languages
from subtitling.translation.placeholders import RequiredTerm, TermChecker


class Sources:
    """The sources of the track `language` of the job in `folder`. Raises Problem where there is no
    such track on record, or where a file differs from the record."""

    def __init__(self, folder: Path, language: str):
        self.job, self.language = Job.read(folder), language
        self.key = f"{SUBTITLES}/{language}"
        if self.key not in self.job.stages:
            raise Problem(f"{folder} has no {language} track yet; run snakemake {folder.name}")
        self.reader = Reader(self.job)
        self.made = Tracks(self.job, self.job.folder, language, self.reader, sealed=False)
        self.film = gather.read(
            self.job, Report(folder.name), "", ("10_mux", "10_burn_in", "11_audit"), (), self.reader
        )
        assert self.film.media
        self.media: documents.Media = self.film.media
        self.written = languages.written(language)
        self.limit = frames.frame_rules(
            rules.recorded(self.job.stages[self.key].params["rules"], self.written, folder.name),
            self.media.frame_rate or rules.SOUND_ONLY_RATE,
        )
        self.bounds = Bounds(self.limit.frames, self.media.duration_ms)
        self.offset_ms = self.media.audio.start_ms
        self.shown: documents.Transcript = self.reader.input(
            documents.Transcript, self.key, "transcript"
        )
        self.regions = self.film.speech.regions if self.film.speech else ()
        self.threads = Threads(self.made, self.limit, [region.id for region in self.regions])
        self._quality = untrusted.json_value(
            untrusted.content(self.reader.held_output(self.key, "quality"))
        )
        self._ends = [region.end_ms + self.offset_ms for region in self.regions]

    @property
    def document(self) -> documents.Cues:
        """The track as the subtitle stage made it last."""
        return self.reader.output(documents.Cues, self.key, "cues")

    @cached_property
    def times(self) -> dict[str, tuple[int, int]]:
        """The times of the words that the track shows, by id, on the film's clock."""
        add = self.offset_ms
        return {w.id: (w.start_ms + add, w.end_ms + add) for w in self.shown.words}

    @cached_property
    def segment_of(self) -> dict[str, int]:
        """The number of the sentence of each word that the track shows, by id."""
        return {w.id: n for n, s in enumerate(self.shown.segments) for w in s.words}

    @cached_property
    def words(self) -> dict[str, documents.Word]:
        """The words that were said, by id."""
        return {word.id: word for word in self.spoken}

    @cached_property
    def spoken(self) -> tuple[documents.Word, ...]:
        """The words that were said, in order."""
        return self.made.transcript.words

    @cached_property
    def wordless(self) -> tuple[tuple[int, int], ...]:
        """Speech without recognised words, on the film's clock."""
        return tuple((int(a), int(b)) for a, b in self._quality.get("wordless", ()))

    @cached_property
    def lacking(self) -> dict[str, list[dict[str, str]]]:
        """By the sentence's id, the terms that the cues of the track lacked when it was made."""
        some: dict[str, list[dict[str, str]]] = {}
        for row in self._quality.get("glossary", {}).get("lacking", ()):
            some.setdefault(row["segment"], []).append(row)
        return some

    @cached_property
    def checker(self) -> TermChecker:
        """The checker of the glossary's terms."""
        glossary = self.reader.input(documents.Glossary, self.key, "glossary")
        return TermChecker(glossary, self.made.transcript.language, self.shown.language)

    def said(self, segment: documents.Segment) -> str:
        """What was said in a sentence of the track."""
        ids = segment.source_words or [word.id for word in segment.words]
        texts = (self.words[i].text for i in ids if i in self.words)
        return languages.join(texts, self.made.transcript.language)

    def terms(self, segment: documents.Segment) -> list[RequiredTerm]:
        """The places of a sentence, as it was said, that are written like terms."""
        return self.checker.terms(self.said(segment))

    def outside(self, start_ms: int, end_ms: int) -> float:
        """What share of a stretch is outside of speech."""
        inside, n = 0, bisect_left(self._ends, start_ms)
        while n < len(self.regions) and self.regions[n].start_ms + self.offset_ms < end_ms:
            begin = self.regions[n].start_ms + self.offset_ms
            inside += max(0, min(end_ms, self._ends[n]) - max(start_ms, begin))
            n += 1
        return 1 - min(1.0, inside / max(1, end_ms - start_ms))

    def snaps(self) -> dict[str, list[int]]:
        """Where in- and out-times belong, by kind, in ms and in order: beginnings and ends of words
        that were said, cuts of the picture, and where silence begins or ends."""
        nearest = self.limit.frames
        spoken = self.made.transcript.words

        def places(values: Sequence[int]) -> list[int]:
            return sorted({nearest.ms(nearest.nearest(max(0, ms))) for ms in values})

        add = self.offset_ms
        return {
            "words": places([ms + add for w in spoken for ms in (w.start_ms, w.end_ms)]),
            "shots": places(self.film.cuts_ms),
            "silence": places([ms + add for r in self.regions for ms in (r.start_ms, r.end_ms)]),
        }

    def page(self) -> dict[str, Any]:
        """The data of the page's script, without cues and waveform."""
        own = gather.Track(
            self.language, (), (), self.made.translated, self._quality, self.limit,
            tuple(step.stage for step in self.made.steps), None,
        )  # fmt: skip
        data = page_data.data(replace(self.film, tracks=(own,)), b"", 20, None)
        text = " ".join(line for cue in self.made.cues[:200] for line in cue.lines)
        data["tracks"][0] |= page_data.language(self.language, text)
        for stage in data["stages"].values():
            stage |= {"manifest": "", "log": ""}
        return data
