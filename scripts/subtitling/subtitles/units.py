"""The units of a track: the smallest groups of words that a cue may begin or end at."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from subtitling.documents import Lyrics, Segment, Speakers, Transcript, Voice, Word
from subtitling.sound.apart import CHANNELS
from subtitling.speakers import attribution
from subtitling.subtitles.frames import FrameRules
from subtitling.subtitles.text_checks import in_plain_letters
from subtitling.text.break_points import BreakPoint, joints
from subtitling.text.cleaning import clean
from subtitling.text.languages import clusters, join, unspaced

# Names in words, by the words' ids: each in its own script, and in that of the track.
Names = Mapping[str, tuple[str, str]]
_FIRST = re.compile(r"(?<!\w)\w")
_NOTES = re.compile("[♩♪♫♬🎵🎶]")


@dataclass(frozen=True)
class Unit:
    """Words that must not be separated, mostly one; times are in frames from the film's start.

    `first` and `last` are the places of its text in the whole text, counted in characters. `sung`
    is whether it belongs to a song, `turn` whether the speaker changes with it to `speaker`.
    `said_in` is the label of the language that it is said in, where that is told.
    """

    words: tuple[Word, ...]
    text: str
    first: int
    last: int
    start: int
    end: int
    pause_ms: int
    joint: BreakPoint
    sentence_starts: bool
    estimated: bool
    sung: bool
    turn: bool = False
    speaker: str | None = None
    said_in: str | None = None


@dataclass(frozen=True)
class SpeakerLabels:
    """The speakers of a track: voices by the ids of words, and labels for the screen by the
    speaker's id. Speakers without a label get dashes where two share a cue."""

    voices: Mapping[str, Voice]
    labels: Mapping[str, str]

    @classmethod
    def of(
        cls,
        speakers: Speakers,
        spoken: Transcript,
        shown: Transcript,
        names: Mapping[str, str],
        form: str,
    ) -> "SpeakerLabels":
        """For a track that shows what was `spoken`, or a translation of it. `names` are by speaker,
        `form` is the format of a label. Raises Problem where a name is for no speaker of the film.
        """
        known = [each.id for each in speakers.speakers]
        whose = attribution.of_words(spoken.words, speakers)
        if shown.language != spoken.language:
            whose = attribution.translated(shown, whose)
        return cls(whose, attribution.labels(names, form, known))

    @classmethod
    def by_segment(cls, spoken: Transcript, shown: Transcript) -> "SpeakerLabels | None":
        """The speakers that a text at hand names, or the channels of a film where they were heard
        apart; None elsewhere."""
        voices = {
            word.id: Voice(who, 1.0)
            for segment in spoken.segments
            if (who := _speaker(segment))
            for word in segment.words
        }
        if shown.language != spoken.language:
            voices = attribution.translated(shown, voices)
        return cls(voices, {}) if voices else None


def _speaker(segment: Segment) -> str | None:
    channel = None if segment.channel is None else CHANNELS[segment.channel]
    return segment.speaker or channel


@dataclass
class _Shown:
    """Words that show one text: `own` in the language's script, `text` as it is read, after a
    speaker's `label`, from `first` to `last` in the whole text, in characters."""

    words: list[Word]
    own: str
    sung: bool = False
    speaker: str | None = None
    label: str = ""
    said_in: str | None = None
    text: str = ""
    first: int = 0
    last: int = 0

    def join(self, other: "_Shown") -> None:
        """Take in the next one, with which it shares a character."""
        self.words += other.words
        self.own += other.own
        self.text += other.text
        self.last = other.last


def units(
    transcript: Transcript,
    language: str,
    offset_ms: int,
    limit: FrameRules,
    lyrics: Lyrics | None = None,
    write: Callable[[str], str] = str,
    speaker_labels: SpeakerLabels | None = None,
    names: Names | None = None,
    language_labels: Mapping[str, str] | None = None,
) -> list[Unit]:
    """The units that may be separated, with their place in the text, their times and break points.

    Words whose text shows nothing go with the one before them (the first with the one after). Words
    that share a grapheme cluster, as in Thai or Chinese written character by character, are one
    unit. Times that go backwards are raised to the latest before them. A speaker's label from
    `speaker_labels` is put before the text of the first unit. `names` are given where `write` knows
    no capitals: then sentences begin with one, too. `language_labels` are put before the first of
    the words in a row that have the same one, by their ids.
    """
    shown = _visible(transcript.words, language, limit.rules.ellipsis)
    for one in shown:
        known = (names[word.id] for word in one.words if names and word.id in names)
        one.text = written(one.own, next(known, None), write)
        one.sung = lyrics is not None and lyrics.sung(one.words[0].start_ms, one.words[0].end_ms)
    if speaker_labels:
        _label(shown, speaker_labels)
    _label_languages(shown, language_labels or {})
    whole = _whole(shown, language)
    if not whole:
        return []
    estimated = transcript.timing == "estimated"
    said = [segment for segment in transcript.segments if segment.words]
    # A translation's segments are sentences; of speech, one ends where the language changes.
    ends = (
        {s.words[-1].id for s in said}
        if estimated
        else {s.words[-1].id for s, following in pairwise(said) if s.language != following.language}
    )
    spans = _rising((one.words[0].start_ms, one.words[-1].end_ms) for one in whole)
    kinds = joints([one.own for one in whole], language)
    turns = [*_begin([one.speaker for one in whole]), False]
    frames = limit.frames
    parts: list[Unit] = []
    sentence_starts = True
    for n, one in enumerate(whole):
        start, end = (max(0, ms + offset_ms) for ms in spans[n])
        joint = BreakPoint.SENTENCE if turns[n + 1] or one.words[-1].id in ends else kinds[n]
        begins = names is not None and sentence_starts
        following = spans[n + 1][0] + offset_ms if n + 1 < len(whole) else end
        parts.append(
            Unit(
                words=tuple(one.words),
                text=one.label + (_capital(one.text) if begins else one.text),
                first=one.first,
                last=one.last,
                start=frames.at(start),
                end=max(frames.at(start) + 1, frames.count(end)),
                pause_ms=max(0, following - end),
                joint=joint,
                sentence_starts=sentence_starts,
                estimated=estimated,
                sung=one.sung,
                turn=turns[n],
                speaker=one.speaker,
                said_in=one.said_in,
            )
        )
        sentence_starts = joint is BreakPoint.SENTENCE
    return parts


def written(own: str, name: tuple[str, str] | None, write: Callable[[str], str]) -> str:
    """A word in the script that is read, with the `name` in it, if any, as that spells it."""
    if name is None or name[0] not in own:
        return write(own) or own
    before, _, after = own.partition(name[0])
    return write(before) + name[1] + write(after)


def _capital(text: str) -> str:
    """A text with a capital at its beginning, unless it goes on after dots."""
    return text if text.startswith(("…", "...")) else _FIRST.sub(lambda m: m[0].upper(), text, 1)


def _label(shown: Sequence[_Shown], speaker_labels: SpeakerLabels) -> None:
    """Note the speakers, and put their labels before the text with which each begins."""
    speakers = _speakers(
        [one.words[0] for one in shown], [one.sung for one in shown], speaker_labels
    )
    for one, speaker, begins in zip(shown, speakers, _begin(speakers), strict=True):
        one.speaker = speaker
        if begins:
            label = speaker_labels.labels.get(speaker or "", "")
            one.label = f"{label} " if label else ""


def _label_languages(shown: Sequence[_Shown], labels: Mapping[str, str]) -> None:
    last: str | None = None
    for one in shown:
        one.said_in = labels.get(one.words[-1].id)
        if one.said_in and one.said_in != last:
            one.label += f"{one.said_in} "
        last = one.said_in


def _whole(shown: Sequence[_Shown], language: str) -> list[_Shown]:
    """Join those that share a grapheme cluster, and note the place of each in the whole text."""
    whole: list[_Shown] = []
    places = _places([one.label + one.text for one in shown], language)
    for one, (first, last) in zip(shown, places, strict=True):
        one.first, one.last = first, last
        if whole and one.first < whole[-1].last:
            whole[-1].join(one)
        else:
            whole.append(one)
    return whole


def _rising(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of which none begins before the one before it, and none ends before it begins."""
    rising: list[tuple[int, int]] = []
    for start, end in spans:
        start = max(start, rising[-1][0] if rising else start)
        rising.append((start, max(start, end)))
    return rising


def _speakers(
    words: Sequence[Word], sung: Sequence[bool], speaker_labels: SpeakerLabels
) -> list[str | None]:
    """The speaker of each word; None for words of songs. Words without a known speaker get the one
    before, or at the beginning the first one."""
    voices = [speaker_labels.voices.get(w.id) for w in words]
    known = (v.speaker for v, song in zip(voices, sung, strict=True) if v and not song)
    last = next(known, None)
    speakers: list[str | None] = []
    for voice, song in zip(voices, sung, strict=True):
        last = voice.speaker if voice and not song else last
        speakers.append(None if song else last)
    return speakers


def _begin(speaking: Sequence[str | None]) -> list[bool]:
    """For each speaker, whether it is another one than the last known one."""
    last: str | None = None
    begins = []
    for speaker in speaking:
        begins.append(speaker is not None and speaker != last)
        last = speaker or last
    return begins


def _visible(words: Sequence[Word], language: str, ellipsis: str) -> list[_Shown]:
    shown: list[_Shown] = []
    waiting: list[Word] = []
    for word in words:
        # Recognisers write notes around songs; song marks are added by the rules instead.
        text = clean(_NOTES.sub("", word.text)).replace("...", "…").replace("…", ellipsis)
        text = in_plain_letters(text, language)
        space = " " if unspaced(language) and not text and word.text.isspace() else ""
        if text:
            shown.append(_Shown([*waiting, word], text))
            waiting = []
        elif shown:
            shown[-1].words.append(word)
            shown[-1].own += "" if shown[-1].own.endswith(" ") else space
        else:
            waiting.append(word)
    return shown


def _places(texts: Sequence[str], language: str) -> list[tuple[int, int]]:
    """The start and end of each text in the joined text, counted in grapheme clusters.

    A text that begins inside a cluster begins before the one before it ends.
    """
    starts: list[int] = []  # of each cluster, in code points
    at = 0
    for cluster in clusters(join(texts, language)):
        starts.append(at)
        at += len(cluster)
    starts.append(at)
    index = {start: n for n, start in enumerate(starts)}
    before = [0] * (at + 1)  # the cluster that holds each code point
    for n, (start, end) in enumerate(pairwise(starts)):
        before[start:end] = [n] * (end - start)
    space = len(join(["", ""], language))
    places = []
    at = 0
    for text in texts:
        end = at + len(text)
        first = index.get(at, before[at])
        places.append((first, index[end] if end in index else before[end] + 1))
        at = end + space
    return places
