"""One subtitle track of a film: the subtitle stage (09)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from subtitling import documents
from subtitling.documents import Cue, EventKind, Transcript
from subtitling.runtime import earlier
from subtitling.subtitles import (
    cues,
    edits,
    forced,
    foreign_speech,
    frames,
    kept_lines,
    machine_mark,
    quality,
    rules,
    sound_labels,
    units,
)
from subtitling.subtitles.formats.delivery import Programme
from subtitling.subtitles.frames import FrameRules
from subtitling.subtitles.latin_names import latin_names
from subtitling.subtitles.machine_mark import Mark
from subtitling.subtitles.units import Names, SpeakerLabels
from subtitling.text import languages, romanization

if TYPE_CHECKING:
    from lineage.stage import Stage


@dataclass(frozen=True)
class Track:
    """The inputs of a track. `language` is its code, as `hi`, `hi-Latn` or `hi-songs`;
    `transcript` has its words and `spoken` those that were said; `limit` are the reading rules in
    frames of the film, `names` the names of speakers, `songs` music whose titles are known. `sdh`
    is whether it is for those who cannot hear; `text` is the one at hand whose cues and line breaks
    it keeps."""

    language: str
    transcript: Transcript
    spoken: Transcript
    film: documents.Media
    glossary: documents.Glossary
    lyrics: documents.Lyrics
    cuts_ms: Sequence[int]
    speakers: documents.Speakers | None
    names: Mapping[str, str]
    table: rules.Table
    limit: FrameRules
    songs: Sequence[documents.Song]
    sdh: bool
    text: documents.Text | None = None

    @classmethod
    def of(cls, io: "Stage") -> Self:
        """From the inputs and parameters of the stage."""
        language, given = io.wildcards.lang, io.input.get
        transcript = documents.load(documents.Transcript, io.input.transcript)
        film = documents.load(documents.Media, io.input.media)
        rate = film.frame_rate or rules.SOUND_ONLY_RATE
        shots, speakers, spoken = given("shots"), given("speakers"), given("spoken")
        text = given("text")
        return cls(
            language,
            transcript,
            documents.load(documents.Transcript, spoken) if spoken else transcript,
            film,
            documents.load(documents.Glossary, io.input.glossary),
            documents.load(documents.Lyrics, io.input.lyrics),
            documents.load(documents.Shots, shots).cuts_ms if shots else (),
            documents.load(documents.Speakers, speakers) if speakers else None,
            io.params.names,
            io.params.rules,
            frames.frame_rules(rules.of(io.params.rules, languages.written(language)), rate),
            documents.load(documents.FilmData, given("film")).songs if given("film") else (),
            io.params.sdh,
            documents.load(documents.Text, text) if text else None,
        )

    @property
    def from_text(self) -> bool:
        """Whether its words began from a text at hand."""
        return self.spoken.text_use is not None

    @property
    def only_songs(self) -> bool:
        """Whether it is the track of the songs alone."""
        return self.language.endswith(languages.SONGS)

    @property
    def only_foreign(self) -> bool:
        """Whether it is the track of what is said in other languages than the film's own."""
        return self.language.endswith(languages.FORCED)

    @property
    def is_part(self) -> bool:
        """Whether it shows a part of the film's words, and nothing else that is heard."""
        return bool(languages.part(self.language))

    @property
    def write(self) -> Callable[[str], str]:
        """The function that writes a word in the track's script."""
        return romanization.writer(self.language)

    @cached_property
    def latin_names(self) -> Names | None:
        """The names of the track's words in Latin letters; None where its script has capitals."""
        if not romanization.adds_capitals(self.language):
            return None
        return latin_names(self.transcript, self.glossary, self.write)

    @property
    def offset_ms(self) -> int:
        """The start of the sound in the film, in ms."""
        return self.film.audio.start_ms

    def made(self) -> tuple[list[Cue], Transcript]:
        """The cues, and the transcript whose words they show: on a track of a part, only those."""
        if self.text:
            made = kept_lines.cues(
                self.text, self.transcript, self.offset_ms, self.film.duration_ms, self.limit,
                self.write,
            )  # fmt: skip
            return made, self.transcript
        labels = self._labels(self.transcript, self.names)
        own, shown = romanization.base(self.language), self._part(self.transcript)
        made = cues.cues(
            shown, own, self.offset_ms, self.film.duration_ms, self.limit, self.cuts_ms,
            self.lyrics, self.write, labels, self.latin_names, self._language_labels(),
        )  # fmt: skip
        return cues.songs_alone(made, shown) if self.only_songs else (made, shown)

    def made_above(self) -> list[Cue]:
        """The cues of the spoken language, to be shown above the track's in two languages."""
        rate = self.film.frame_rate or rules.SOUND_ONLY_RATE
        limit = frames.frame_rules(rules.of(self.table, self.spoken.language), rate)
        made = cues.cues(
            self._part(self.spoken), self.spoken.language, self.offset_ms, self.film.duration_ms,
            limit, self.cuts_ms, self.lyrics, speaker_labels=self._labels(self.spoken, {}),
        )  # fmt: skip
        return cues.songs_alone(made, self.spoken)[0] if self.only_songs else made

    def _language_labels(self) -> dict[str, str]:
        """What stands before words that are said in another language than the film's, by their ids,
        on a track for those who cannot hear that."""
        if not self.sdh or self.is_part:
            return {}
        form, shown = self.limit.rules.language_label, languages.written(self.language)
        return foreign_speech.labels(self.transcript, self.spoken, form, shown)

    def _part(self, transcript: Transcript) -> Transcript:
        return forced.alone(transcript, self.spoken) if self.only_foreign else transcript

    def _labels(self, transcript: Transcript, names: Mapping[str, str]) -> SpeakerLabels | None:
        if self.speakers is None:
            return SpeakerLabels.by_segment(self.spoken, transcript)
        form = self.limit.rules.speaker_label
        return SpeakerLabels.of(self.speakers, self.spoken, transcript, names, form)

    def unlabelled(self, made: Sequence[Cue]) -> dict[str, str]:
        """The label rules that have no value of the track's language, by the kinds of sound that
        the cues label."""
        kinds = {cue.sound: sound_labels.rule_of(cue.sound) for cue in made if cue.sound}
        return {kind: rule for kind, rule in kinds.items() if not self._has_own(rule)}

    def _has_own(self, rule: str) -> bool:
        """Whether a label is in the track's language; those for all languages are English."""
        tag = languages.written(self.language)
        return tag.split("-")[0] == "en" or rules.has_own(self.table, tag, rule)

    def labelled(
        self, made: Sequence[Cue], events: documents.Events, sounds_ms: Mapping[EventKind, int]
    ) -> list[Cue]:
        """The cues with labels of noises, and of music and others that last at least `sounds_ms` by
        kind."""
        sounds = sound_labels.Sounds(
            events,
            [(region.start_ms, region.end_ms) for region in self.lyrics.regions],
            self.offset_ms,
            self.songs,
            [each for each in sound_labels.MOODS if self._has_own(sound_labels.rule_of(each))],
        )
        least: dict[EventKind, int] = {**dict.fromkeys(sound_labels.NOISES, 0), **sounds_ms}
        return sound_labels.labelled(made, sounds, self.limit, least)

    def programme(
        self, made: Sequence[Cue], title: str, start: str, mark: Mark | None = None
    ) -> Programme:
        """What formats for delivery say of the film besides its cues. `start` is the timecode of
        its first frame, `mark` says that a machine made the track."""
        rate = self.film.frame_rate or rules.SOUND_ONLY_RATE
        language = languages.written(self.language)
        return Programme(title, language, rate, start, self.names, self._sources(made), mark)

    def _sources(self, made: Sequence[Cue]) -> dict[str, str]:
        """What is said in the original, by the id of the cue in which its translation begins."""
        said = {word.id: word.text for word in self.spoken.words}
        first = {s.words[0].id: s for s in self.transcript.segments if s.words and s.source_words}

        def original(word: str) -> str:
            words = (said.get(i, "") for i in first[word].source_words)
            return languages.join(words, self.spoken.language)

        return {
            cue.id: " ".join(original(word) for word in cue.words if word in first) for cue in made
        }

    def edited(
        self,
        made: Sequence[Cue],
        transcript: Transcript,
        edit: str,
        base: str | None,
        described: str | None = None,
    ) -> edits.Taken:
        """The track as corrected by a person, in the place of the generated one; `described` is the
        desk's review of it."""
        names = self.latin_names or {}
        words = [
            replace(word, text=units.written(word.text, names.get(word.id), self.write))
            for word in transcript.words
        ]
        slack_ms = self.limit.rules.max_duration_ms
        length_ms = self.film.duration_ms
        return edits.taken(edit, base, made, words, length_ms, slack_ms, described)

    def measured(
        self,
        made: Sequence[Cue],
        transcript: Transcript,
        by_hand: frozenset[str],
        speech: documents.Speech,
        min_wordless_ms: int,
    ) -> dict[str, Any]:
        """The figures of quality.json; `by_hand` are the words that a person removed."""
        heard = [
            region
            for region in speech.regions
            if not self.only_songs or self.lyrics.sung(region.start_ms, region.end_ms)
        ]
        if self.only_foreign:
            heard = forced.regions(heard, self.spoken)
        figures = quality.report(
            made, transcript, heard, languages.written(self.language), self.offset_ms, self.limit,
            self.cuts_ms, by_hand,
        )  # fmt: skip
        figures |= quality.of_words(self.spoken.words, heard, self.offset_ms, min_wordless_ms)
        figures["glossary"] = quality.against_glossary(
            made, transcript, self.spoken, self.glossary, self.write, self.language
        )
        if self.speakers:
            figures["speakers"] = quality.of_speakers(made)
        return figures


def failed(io: "Stage", _error: Exception) -> bool:
    """Write the outputs of a track that failed, so that the film is muxed with the others: the
    earlier track of the same words, or empty files that say there is none."""
    if not io.params.get("alone", True):
        return False
    language, reason = io.wildcards.lang, str(io.manifest.reason)
    what = f"{language} subtitles"
    if earlier.restore(io, Path(io.input.transcript), what, "a new one"):
        return True
    io.note(missing=reason)
    for kind in io.params.formats:
        documents.save_text("", io.output.get(kind))
    if credential := io.output.get("credential"):
        files = [Path(io.output.get(kind)) for kind in io.params.formats]
        machine_mark.write_credential(Path(credential), language, Mark(), files)
    documents.save(documents.Cues(language, (), None, reason), io.output.cues)
    documents.save_text(json.dumps({"cues": 0}) + "\n", io.output.quality)
    return True
