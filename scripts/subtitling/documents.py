"""The files that pass between stages, a dataclass each: written atomically, read strictly.

Times are integer milliseconds on the clock of `audio.flac`, but for cues, which are on the film's.
"""

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from lineage import files, untrusted
from lineage.problem import Problem
from subtitling.spans import joined, share, total

Document = TypeVar("Document")

# As FFmpeg has them, and a cover, which it shows as a video.
StreamKind = Literal["video", "audio", "subtitle", "cover", "attachment", "data", "unknown"]
Noise = Literal[
    "laughter",
    "crying",
    "scream",
    "gunshot",
    "explosion",
    "siren",
    "telephone",
    "knock",
    "dog",
    "thunder",
    "applause",
]
Mood = Literal[
    "happy_music", "sad_music", "tender_music", "exciting_music", "angry_music", "scary_music"
]
EventKind = Literal["speech", "singing", "music", Noise, Mood]
TermAction = Literal["keep", "translate"]


@dataclass(frozen=True)
class Stream:
    """One stream of the film as its container describes it. `start_ms` is on the film's clock.

    `marks` are its dispositions in ffmpeg's words: default, original, dub, comment ... `width` and
    `height` are as stored; as a player shows them, turned and with square pixels, they are
    `shown_width` and `shown_height`. `hdr` is pq (HDR10, Dolby Vision) or hlg. `packets` are those
    that the film has of it and `end_ms` where the last of them ends, None if not counted.
    `layout` and `samples` are what a sound is when it is decoded, in ffmpeg's words: 5.1, fltp. One
    that `varies` is AAC whose channels or rate change midway; `shapes` are the sizes that a picture
    is shown in, in order, where it has several. `tag` is its language as Matroska
    has it besides, by BCP 47: pt-BR.
    """

    index: int
    kind: StreamKind
    codec: str
    language: str | None
    title: str | None
    default: bool
    start_ms: int
    duration_ms: int | None
    channels: int | None = None
    sample_rate: int | None = None
    width: int | None = None
    height: int | None = None
    marks: tuple[str, ...] = ()
    shown_width: int | None = None
    shown_height: int | None = None
    hdr: str | None = None
    packets: int | None = None
    end_ms: int | None = None
    layout: str | None = None
    samples: str | None = None
    varies: bool = False
    tag: str | None = None
    shapes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audio:
    """The chosen track: which, why, and the SHA-256 of `audio.flac`, by which later stages
    identify it.

    `start_ms` is what must be added to a time in the audio to get the film's. `others` describes
    the film's other audio tracks, the next best first.
    """

    stream: int
    reason: str
    start_ms: int
    duration_ms: int
    sha256: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Media:
    """01_demux: `media.json`. `frame_rate` is frames a second, None for sound alone; `fingerprint`
    identifies the film that was recognised (see `identity.fingerprint`). `structure`
    are ways of playing it that a copy of its streams does not have (see `matroska.Hidden`)."""

    SCHEMA: ClassVar = "sutradhar/media/1"
    container: str
    duration_ms: int
    frame_rate: float | None
    streams: tuple[Stream, ...]
    audio: Audio
    fingerprint: str = ""
    structure: tuple[str, ...] = ()


@dataclass(frozen=True)
class Title:
    """A title of the film elsewhere; two-letter codes of language and country where known."""

    text: str
    language: str | None = None
    country: str | None = None


@dataclass(frozen=True)
class Person:
    """Somebody of the cast, `part` being the character, or of the crew, `part` being the job.

    `names` are other spellings of the name, in any script.
    """

    name: str
    part: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Song:
    """A piece of music in the film, on the film's clock."""

    title: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class FilmData:
    """02_tmdb: `film.json`, and what a sidecar `<name>.film.json` may hold, every key optional.

    `source` says where it comes from: `nothing`, a sidecar's path, or `TMDB` and the film's number.
    """

    SCHEMA: ClassVar = "sutradhar/film/1"
    source: str = "nothing"
    title: str | None = None
    original_title: str | None = None
    original_language: str | None = None
    year: int | None = None
    tmdb_id: int | None = None
    overview: str | None = None
    titles: tuple[Title, ...] = ()
    cast: tuple[Person, ...] = ()
    crew: tuple[Person, ...] = ()
    places: tuple[str, ...] = ()
    songs: tuple[Song, ...] = ()


@dataclass(frozen=True)
class Form:
    """One way to write a term. `language` is None for names, which belong to none; `script` is ISO
    15924's code (Latn, Deva); `context` says when a rendering is the right one."""

    text: str
    language: str | None
    script: str
    context: str | None = None


@dataclass(frozen=True)
class Term:
    """An entry of the glossary.

    `forms` are how it is said and written, `renderings` what it is in other languages. `action` is
    `keep` (never translated, only written in another script) or `translate`. `hot` terms are
    given to the recogniser. `sources` are the files and lines it comes from, the winner first.
    """

    id: str
    kind: str
    action: TermAction
    forms: tuple[Form, ...]
    renderings: tuple[Form, ...]
    notes: str
    hot: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Conflict:
    """Two sources that disagree about one term, and which of them took precedence."""

    term: str
    what: str
    won: str
    won_source: str
    lost: str
    lost_source: str


@dataclass(frozen=True)
class Glossary:
    """03_glossary_load: `glossary.json`. The terms stand in order of their rank."""

    SCHEMA: ClassVar = "sutradhar/glossary/1"
    terms: tuple[Term, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True)
class Region:
    """A stretch in which somebody speaks; `score` is the mean probability of speech, 0 to 1, by the
    stage's first model. A recogniser listens to its margins as well, which overlap no neighbour's.
    `channel` is 0 or 1 where the sound's channels are heard apart.
    """

    id: str
    start_ms: int
    end_ms: int
    score: float
    margin_before_ms: int = 0
    margin_after_ms: int = 0
    channel: int | None = None

    @property
    def listen_from_ms(self) -> int:
        """The beginning of what a recogniser is given."""
        return self.start_ms - self.margin_before_ms

    @property
    def listen_to_ms(self) -> int:
        """The end of what a recogniser is given."""
        return self.end_ms + self.margin_after_ms


@dataclass(frozen=True)
class Ear:
    """The speech that one model detects, spans [start, end) in ms. `name` is the model's or
    04_sound_events, which listens to the film and not to the dialogue audio."""

    name: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Speech:
    """05_pyannote_vad: `speech.json`. Regions are in order and do not overlap; they are what any of
    the `ears` hears. Where the sound's channels are heard apart, those of two may overlap, and
    `apart_ms` is how much later the second is heard (see `sound.apart`); None where they are mixed.
    """

    SCHEMA: ClassVar = "sutradhar/speech/2"
    duration_ms: int
    regions: tuple[Region, ...]
    ears: tuple[Ear, ...] = ()
    apart_ms: int | None = None

    def heard_by(self, start_ms: int, end_ms: int) -> dict[str, float]:
        """For each ear that hears speech in a stretch: for what share of it, 0 to 1."""
        shares = {ear.name: share((start_ms, end_ms), ear.spans) for ear in self.ears}
        return {name: round(part, 2) for name, part in shares.items() if part}


@dataclass(frozen=True)
class Turn:
    """A stretch in which one speaker speaks; others may speak at the same time.

    `speaker` is identified by voice, which is never certain: `confidence`, 0 to 1, is how much
    nearer the voice is to this speaker's than to another's, or to that of nobody known.
    """

    start_ms: int
    end_ms: int
    speaker: str
    confidence: float


@dataclass(frozen=True)
class Speaker:
    """One voice of the film, `s1` being the first that is heard, and how long it speaks."""

    id: str
    total_ms: int


@dataclass(frozen=True)
class Speakers:
    """05_speakers: `speakers.json`. Turns are in order of their starts and may overlap."""

    SCHEMA: ClassVar = "sutradhar/speakers/1"
    duration_ms: int
    turns: tuple[Turn, ...]
    speakers: tuple[Speaker, ...]


@dataclass(frozen=True)
class Event:
    """A stretch of one kind of sound: speech, singing, music, a mood of music, or a noise such as
    applause; several may sound at once.

    `score` is the mean probability of the kind, 0 to 1.
    """

    kind: EventKind
    start_ms: int
    end_ms: int
    score: float


@dataclass(frozen=True)
class Events:
    """04_sound_events: `events.json`. In order of their start; those of one kind do not overlap."""

    SCHEMA: ClassVar = "sutradhar/events/1"
    duration_ms: int
    events: tuple[Event, ...]

    def spans(self, *kinds: EventKind) -> list[tuple[int, int]]:
        """Merged spans of the kinds: [start, end) in ms, in order and disjoint."""
        return joined(((e.start_ms, e.end_ms) for e in self.events if e.kind in kinds), 0)

    def and_also(self, more: Iterable[Event]) -> "Events":
        """These, with events of other kinds among them."""
        return replace(self, events=tuple(sorted([*self.events, *more], key=lambda e: e.start_ms)))

    def length_ms(self, *kinds: EventKind) -> int:
        """Total length of the spans of the kinds."""
        return total(self.spans(*kinds))


@dataclass(frozen=True)
class Piece:
    """A stretch that was separated into voice and accompaniment.

    `music_db` is how much louder the accompaniment is than the voice, None where one of them is
    silent. `used` says whether the dialogue audio has it; where not, the original was better.
    """

    start_ms: int
    end_ms: int
    music_db: float | None
    used: bool


@dataclass(frozen=True)
class Separation:
    """04_source_separation: `separation.json`. `dialogue_sha256` is that of `dialogue.flac`, by
    which later stages know it; `model` is None where nothing was to be separated."""

    SCHEMA: ClassVar = "sutradhar/separation/1"
    model: str | None
    dialogue_sha256: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class SungRegion:
    """A stretch in which somebody sings.

    `confidence` is the mean probability of singing while it lasts, breaths left out. The evidence
    beside it: for what share of the stretch singing, music and speech are heard.
    """

    id: str
    start_ms: int
    end_ms: int
    confidence: float
    singing: float
    music: float
    speech: float


@dataclass(frozen=True)
class Label:
    """Label of a segment of 07_alignment: `speech`, `song`, or `both`, some of its words sung.

    `confidence` is how sure that is, 0 to 1. `sung` is the share of its words' time within sung
    regions while nobody speaks over the song, `text` what the words themselves say, from -1 for
    speech to 1 for a song.
    """

    segment: str
    start_ms: int
    end_ms: int
    label: str
    confidence: float
    sung: float
    text: float


@dataclass(frozen=True)
class Lyrics:
    """08_lyrics_detection: `lyrics.json`. Regions and labels are in order.

    `talk` are the stretches, [start, end) in ms, in which somebody speaks over a song.
    """

    SCHEMA: ClassVar = "sutradhar/lyrics/1"
    regions: tuple[SungRegion, ...]
    talk: tuple[tuple[int, int], ...]
    labels: tuple[Label, ...]

    def sung(self, start_ms: int, end_ms: int) -> bool:
        """Whether what is said from start to end is sung, judging by its middle: it lies in a
        segment that is a song, or in a sung region while nobody speaks over it, and in no segment
        that is speech."""
        middle = (start_ms + end_ms) // 2
        labels = {row.label for row in self.labels if row.start_ms <= middle < row.end_ms}
        if "song" in labels or "speech" in labels:
            return "song" in labels
        if any(start <= middle < end for start, end in self.talk):
            return False
        return any(region.start_ms <= middle < region.end_ms for region in self.regions)


@dataclass(frozen=True)
class Shots:
    """05_shots: `shots.json`. Where each shot but the first begins, in order, film's clock."""

    SCHEMA: ClassVar = "sutradhar/shots/1"
    cuts_ms: tuple[int, ...]


@dataclass(frozen=True)
class TextLine:
    """A line of a text that was at hand: one speech of a script, or one cue of a subtitle file.

    `number` is that of the line in its file, or of the cue in its track. `rows` is the text as it
    is broken on the screen; times are those of the file, None in a script. `speaker` is the name
    that the text gives, `italic` and `place` are as in Cue.
    """

    number: int
    text: str
    rows: tuple[str, ...] = ()
    start_ms: int | None = None
    end_ms: int | None = None
    speaker: str | None = None
    italic: bool = False
    place: int = 2


@dataclass(frozen=True)
class Text:
    """03_text_load: `text.json`. `source` is the file or the track of the film that it was read
    from, `sha256` that of the file, or of the track's lines. `timed` says whether the lines have
    times, in order then; `directions` is the number of lines that nobody says, such as stage
    directions."""

    SCHEMA: ClassVar = "sutradhar/text/1"
    source: str
    sha256: str
    language: str
    timed: bool
    lines: tuple[TextLine, ...]
    directions: int = 0


@dataclass(frozen=True)
class Word:
    """`score` is the engine's probability, 0 to 1; None where the time is an estimate. `line` is
    the number of the line that it is from, in a text that was at hand. `ears` says which of two
    recognisers heard it, None where there was one."""

    id: str
    text: str
    start_ms: int
    end_ms: int
    score: float | None
    line: int | None = None
    ears: Literal["both", "first", "second"] | None = None


@dataclass(frozen=True)
class Segment:
    """A segment of a transcript, recognised or translated in one piece.

    `regions` are the speech regions it was heard in, and `aligner` what placed its words. A
    translated segment is one sentence, and `source_words` are the ids of the words it translates.
    `untranslated` says why a sentence shows its source's own words instead; None where it is
    translated. `first` is what the translator answered, where that was corrected or asked again;
    `incomplete` says what the text certainly lacks of what was said.
    `language` is that of a segment which is not in the transcript's, and `language_score` the
    recogniser's probability, 0 to 1, of the language it is in.
    `heard` is the text as 06_asr recognised it, where it was in another script, and `sure` how sure
    this writing of it is, 0 to 1, None where it follows a rule or the recogniser's second answer;
    what 07_alignment put into it is under `rehearings`.
    `through` is the English that a sentence was translated from in the second of two steps.
    `channel` is the one that it was heard in, 0 or 1, where they are heard apart. `speaker` is the
    name that a text at hand gives. `agreement` is the share of its letters that both of two
    recognisers heard, 0 to 1, None where there was one.
    """

    id: str
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...]
    score: float | None
    regions: tuple[str, ...] = ()
    source_words: tuple[str, ...] = ()
    aligner: str | None = None
    untranslated: str | None = None
    language: str | None = None
    heard: str | None = None
    sure: float | None = None
    first: str | None = None
    through: str | None = None
    incomplete: str | None = None
    language_score: float | None = None
    channel: int | None = None
    speaker: str | None = None
    agreement: float | None = None

    @property
    def confidence(self) -> float | None:
        """How far its words are to be believed, 0 to 1: by the agreement of two recognisers, or
        else by the one's own score."""
        return self.score if self.agreement is None else self.agreement


@dataclass(frozen=True)
class Correction:
    """A name corrected after recognition: `heard` was at character `start` of the segment's text,
    where `known` is now.

    `term` is the glossary's. `evidence` is `recognised` where the recogniser heard the name itself
    once it was given to it, and `near` where the word is next to no other. `similarity` of the two
    is 0 to 100. `frequency` is how common the heard words are, at least, on Zipf's scale (1 is once
    in a hundred million words, 6 once in a thousand).
    """

    segment: str
    start: int
    heard: str
    known: str
    term: str
    evidence: Literal["recognised", "near"]
    similarity: float
    frequency: float


@dataclass(frozen=True)
class Removed:
    """Recognised text that was taken out because nobody said it, heard twice, and why."""

    start_ms: int
    end_ms: int
    text: str
    reasons: tuple[str, ...]
    regions: tuple[str, ...]


@dataclass(frozen=True)
class Rehearing:
    """A stretch of speech that was heard again, for a `reason`, [start, end) in ms.

    `first` is what stood there and `second` what was heard then, with the recogniser's probability
    and how well an aligner fits it to the sound, 0 to 1. `taken` says whether the second counts,
    `why` for what; `heard` is the second in the script it was heard in, where that is another.
    """

    start_ms: int
    end_ms: int
    reason: str
    first: str
    second: str
    score: float
    alignment: float | None
    taken: bool
    why: str
    heard: str | None = None


@dataclass(frozen=True)
class Stretch:
    """Lines of a subtitle file from number `first` to `last` and when they are said: the file's
    time t is `rate` * t + `offset_ms` in the sound. Seen from where speech begins there, half of
    them begin within `spread_ms`; None where too few tell."""

    first: int
    last: int
    rate: float
    offset_ms: int
    spread_ms: int | None = None


@dataclass(frozen=True)
class Unspoken:
    """Words of a line of a text that nobody says in the film."""

    line: int
    text: str


@dataclass(frozen=True)
class TextUse:
    """How a text at hand became a transcript: `share` of its words were placed in the sound, 0 to
    1. `unspoken` is what nobody says, `misheard` the recogniser's words that the text's stand for
    and that fill no time of their own; `stretches` are those of a subtitle file's times. The lines
    `own_times` have the file's times, moved by their stretch: they begin with their words."""

    source: str
    sha256: str
    share: float
    unspoken: tuple[Unspoken, ...] = ()
    misheard: tuple[Removed, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    own_times: tuple[int, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """06_asr, 07_alignment and 08_translation: `transcript.json`.

    `timing` says where word times come from: `none` yet, an aligner, `estimated` in translations.
    `corrections` are names that were changed after recognition, `removed` is text that was taken
    out as invented, `rehearings` is what was heard again, both texts of it. `failed` says why
    there is no translation, which then has no segments. `text_use` says how the words of a text at
    hand came in; words without a line are as they were heard.
    """

    SCHEMA: ClassVar = "sutradhar/transcript/1"
    language: str
    language_score: float | None
    timing: str
    segments: tuple[Segment, ...]
    corrections: tuple[Correction, ...] = ()
    removed: tuple[Removed, ...] = ()
    rehearings: tuple[Rehearing, ...] = ()
    failed: str | None = None
    text_use: TextUse | None = None

    @property
    def languages(self) -> dict[str, float]:
        """The languages that are spoken, each with its share of the segments' time, 0 to 1, the
        most spoken first."""
        spoken_ms: dict[str, int] = {}
        for segment in self.segments:
            code = segment.language or self.language
            spoken_ms[code] = spoken_ms.get(code, 0) + segment.end_ms - segment.start_ms
        total_ms = max(1, sum(spoken_ms.values()))
        ranked = sorted(spoken_ms, key=lambda code: (-spoken_ms[code], code))
        return {code: round(spoken_ms[code] / total_ms, 4) for code in ranked}

    @property
    def word_languages(self) -> dict[str, str]:
        """The languages of the words, by id, that are not in the transcript's."""
        return {w.id: s.language for s in self.segments if s.language for w in s.words}

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order."""
        return tuple(word for segment in self.segments for word in segment.words)

    @property
    def text(self) -> str:
        """One line a segment."""
        return "".join(f"{segment.text}\n" for segment in self.segments)


@dataclass(frozen=True)
class Voice:
    """A speaker, by the ids of 05_speakers, with a confidence, 0 to 1."""

    speaker: str
    confidence: float


@dataclass(frozen=True)
class Cue:
    """One subtitle on the screen; `words` are the ids of the words it shows. What is `sung` is in
    `italic` where the language writes songs so. One that describes a `sound`, which is a kind of
    Event, shows no words. `voices` are those who speak, one or two, identified by voice; two have
    a line each. A file has them only where speakers were distinguished. `place` is that on the
    keypad of numbers, 2 at the bottom, and `marked` the lines with <b>, <i> and <u>, and WebVTT's
    escapes, where a person wrote them so."""

    id: str
    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    words: tuple[str, ...]
    sung: bool = False
    italic: bool = False
    sound: str | None = None
    voices: tuple[Voice, ...] = ()
    place: int = 2
    marked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """A person's change to one cue: `what` is added, removed, or of text, time and look those that
    were changed, as `text and time`.

    `cue` is the id it has now, None where it was removed; `generated` is the cue as generated, None
    where it was added.
    """

    what: str
    cue: str | None
    generated: Cue | None


@dataclass(frozen=True)
class By:
    """A person, by the name that was given at the desk, and when, in UTC."""

    who: str
    at: str


@dataclass(frozen=True)
class Hand:
    """Who corrected and who approved the cue with the id `cue`, by the desk's review."""

    cue: str
    corrected: By | None
    approved: By | None


@dataclass(frozen=True)
class Upstream:
    """A stretch that is generated otherwise today than when its track was handed out: the cues
    `before` and `now`. `cues` are the ids of the corrected track's cues in its time, and `touched`
    says whether a person changed one of them."""

    before: tuple[Cue, ...]
    now: tuple[Cue, ...]
    cues: tuple[str, ...]
    touched: bool


@dataclass(frozen=True)
class Edit:
    """A track corrected by a person, from a file with this SHA-256. `hands` are those of its cues
    that the desk's review names somebody for, `approved` is who approved the whole track.
    `upstream` are the stretches that would be generated otherwise today."""

    path: str
    sha256: str
    changes: tuple[Change, ...]
    hands: tuple[Hand, ...] = ()
    approved: By | None = None
    upstream: tuple[Upstream, ...] = ()


@dataclass(frozen=True)
class WrittenCue:
    """A cue as it stands in a file: `text` has the markup of the file, a line each."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True)
class ReviewedCue:
    """A cue with what people did to it: who corrected and approved it last, and the names of those
    who read it at the desk and heard it played."""

    cue: WrittenCue
    corrected: By | None = None
    approved: By | None = None
    read: tuple[str, ...] = ()
    played: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReviewedChange:
    """What people changed: the cues as they were handed out, and as they are now. One that was
    split has several now, one that was deleted none."""

    before: tuple[WrittenCue, ...]
    after: tuple[WrittenCue, ...]
    by: tuple[By, ...]


@dataclass(frozen=True)
class Comment:
    """A remark on the cue that begins at `start_ms`; None for one on the track."""

    by: By
    start_ms: int | None
    text: str
    done: bool


@dataclass(frozen=True)
class Review:
    """The desk: `edits/JOB/LANGUAGE.review.json`, on the film's clock. It describes the track with
    this SHA-256, whose cues with text it has in their order. `approved` is who approved that very
    track."""

    SCHEMA: ClassVar = "sutradhar/review/1"
    language: str
    track_sha256: str
    cues: tuple[ReviewedCue, ...]
    changes: tuple[ReviewedChange, ...]
    comments: tuple[Comment, ...]
    approved: By | None


@dataclass(frozen=True)
class Cues:
    """09_subtitle_gen: `cues.json`, on the film's clock. `edit` describes a person's changes,
    `missing` says why there is no such track, which then has no cues and is not muxed. `from_text`
    is whether its words began from a text at hand."""

    SCHEMA: ClassVar = "sutradhar/cues/1"
    language: str
    cues: tuple[Cue, ...]
    edit: Edit | None = None
    missing: str | None = None
    from_text: bool = False


@dataclass(frozen=True)
class StoredModel:
    """models: `model.json`, written once every file of the model is in its folder and verified.

    `files` maps names to sha256 sums.
    """

    SCHEMA: ClassVar = "sutradhar/model/1"
    name: str
    source: str
    revision: str | None
    licence: str
    files: dict[str, str]


@dataclass(frozen=True)
class AbsentModel:
    """models: `model.json` of a model that could not be brought, and why."""

    SCHEMA: ClassVar = "sutradhar/absent-model/1"
    name: str
    reason: str


def load(
    kind: type[Document], path: Path | str, advice: str = "delete it and run again"
) -> Document:
    """Read the document `kind` from `path`. Raises Problem, with advice, where it is not one."""
    import cattrs

    try:
        data = untrusted.json_value(untrusted.content(Path(path)))
        if not isinstance(data, dict):
            raise ValueError("not a JSON object")
        schema = data.pop("schema", None)
        if schema != kind.SCHEMA:  # type: ignore[attr-defined]
            raise ValueError(f"schema is {untrusted.quoted(schema)}, not {kind.SCHEMA!r}")  # type: ignore[attr-defined]
        document: Document = _converter().structure(data, kind)
    except (*untrusted.FAILURES, cattrs.BaseValidationError) as error:
        reason = (
            "; ".join(cattrs.transform_error(error, format_exception=_said))
            if isinstance(error, ExceptionGroup)
            else str(error)
        )
        message = f"{path}: not a {kind.__name__.lower()} file: {reason:.1000}; {advice}"
        raise Problem(message) from error
    return document


def save(document: Any, path: Path | str) -> None:
    """Write `document` to `path` in one step, NFC, the same bytes for the same content."""
    data = {"schema": document.SCHEMA, **_converter().unstructure(document)}
    save_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", path)


def save_text(text: str, path: Path | str) -> None:
    """Write UTF-8 text, NFC, so that a reader sees the old file or the new one, never a half."""
    files.replace_text(path, unicodedata.normalize("NFC", text))


@cache
def _converter() -> Any:
    import cattrs
    from cattrs.gen import make_dict_unstructure_fn, override

    converter = cattrs.Converter(forbid_extra_keys=True)
    for exact in (str, int, bool):
        converter.register_structure_hook(exact, _exactly(exact))
    converter.register_structure_hook(float, _number)
    # Optional fields leave no trace in the files of those who do not use them.
    seldom = override(omit_if_default=True)
    cue = make_dict_unstructure_fn(Cue, converter, voices=seldom, place=seldom, marked=seldom)
    converter.register_unstructure_hook(Cue, cue)
    word = make_dict_unstructure_fn(Word, converter, line=seldom, ears=seldom)
    converter.register_unstructure_hook(Word, word)
    segment = make_dict_unstructure_fn(
        Segment, converter, through=seldom, speaker=seldom, agreement=seldom
    )
    converter.register_unstructure_hook(Segment, segment)
    transcript = make_dict_unstructure_fn(Transcript, converter, failed=seldom, text_use=seldom)
    converter.register_unstructure_hook(Transcript, transcript)
    film = make_dict_unstructure_fn(FilmData, converter, songs=seldom)
    converter.register_unstructure_hook(FilmData, film)
    edit = make_dict_unstructure_fn(Edit, converter, hands=seldom, approved=seldom, upstream=seldom)
    converter.register_unstructure_hook(Edit, edit)
    track = make_dict_unstructure_fn(Cues, converter, missing=seldom, from_text=seldom)
    converter.register_unstructure_hook(Cues, track)
    return converter


_KINDS = {str: "text", int: "whole number", bool: "true or false"}


def _exactly(kind: type) -> Any:
    """cattrs would make "1" of 1; a wrong type is an error here. JSON's 1.0 is a whole number."""

    def check(value: Any, _: Any) -> Any:
        if kind is int and type(value) is float and value.is_integer():
            return int(value)
        if type(value) is not kind:
            raise TypeError(f"{untrusted.quoted(value)} is no {_KINDS[kind]}")
        return value

    return check


def _said(error: BaseException, kind: type | None) -> str:
    """What is wrong with a value: cattrs hides the text of a TypeError."""
    from cattrs.v import format_exception

    return str(error) if isinstance(error, TypeError) else format_exception(error, kind)


def _number(value: Any, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r:.60} is not a number")
    return float(value)
