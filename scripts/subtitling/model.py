"""The files that pass between stages, a dataclass each: written atomically, read strictly.

Times are integer milliseconds on the clock of `audio.flac`, but for cues, which are on the film's.
"""

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from lineage import Problem

Document = TypeVar("Document")


@dataclass(frozen=True)
class Stream:
    """One stream of the film as its container tells of it. `start_ms` is on the film's clock.

    `marks` are its dispositions in ffmpeg's words: default, original, dub, comment ...
    """

    index: int
    kind: str
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


@dataclass(frozen=True)
class Audio:
    """The chosen track: which, why, and the sum of `audio.flac`, by which later stages know it.

    `start_ms` is what must be added to a time in the audio to get the film's. `others` tells of the
    film's other audio tracks, the next best first.
    """

    stream: int
    reason: str
    start_ms: int
    duration_ms: int
    sha256: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Media:
    """01_demux: `media.json`. `frame_rate` is frames a second, None for sound alone."""

    SCHEMA: ClassVar = "sutradhar/media/1"
    container: str
    duration_ms: int
    frame_rate: float | None
    streams: tuple[Stream, ...]
    audio: Audio


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
    `keep` (never translated, only written in another script) or `translate`. `hot` terms are told
    to the recogniser. `sources` are the files and lines it comes from, the winner first.
    """

    id: str
    kind: str
    action: str
    forms: tuple[Form, ...]
    renderings: tuple[Form, ...]
    notes: str
    hot: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Conflict:
    """Two sources that say different things of one term, and which of them was believed."""

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
    """A stretch in which somebody speaks; `score` is the mean probability of speech, 0 to 1."""

    id: str
    start_ms: int
    end_ms: int
    score: float


@dataclass(frozen=True)
class Speech:
    """05_pyannote_vad: `speech.json`. Regions are in order and do not overlap."""

    SCHEMA: ClassVar = "sutradhar/speech/1"
    duration_ms: int
    regions: tuple[Region, ...]


@dataclass(frozen=True)
class Shots:
    """05_shots: `shots.json`. Where each shot but the first begins, in order, film's clock."""

    SCHEMA: ClassVar = "sutradhar/shots/1"
    cuts_ms: tuple[int, ...]


@dataclass(frozen=True)
class Word:
    """`score` is the engine's probability, 0 to 1; None where the time is an estimate."""

    id: str
    text: str
    start_ms: int
    end_ms: int
    score: float | None


@dataclass(frozen=True)
class Segment:
    """What was recognised, or translated, in one piece.

    `regions` are the speech regions it was heard in. A translated segment is one sentence, and
    `source_words` are the ids of the words it translates. `untranslated` says why a sentence shows
    its source's own words instead; None where it is translated.
    """

    id: str
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...]
    score: float | None
    regions: tuple[str, ...] = ()
    source_words: tuple[str, ...] = ()
    untranslated: str | None = None


@dataclass(frozen=True)
class Correction:
    """A name put right after recognition: `heard` stood at character `start` of the segment's text,
    where `known` stands now.

    `term` is the glossary's. `evidence` is `told` where the recogniser heard the name itself once
    it was told of it, and `near` where the word is next to no other. `similarity` of the two is 0
    to 100. `frequency` is how common the heard words are, at least, on Zipf's scale (1 is once in a
    hundred million words, 6 once in a thousand).
    """

    segment: str
    start: int
    heard: str
    known: str
    term: str
    evidence: str
    similarity: float
    frequency: float


@dataclass(frozen=True)
class Transcript:
    """06_asr, 07_alignment and 08_translation: `transcript.json`.

    `timing` says where word times come from: `none` yet, `attention`, `estimated`. `corrections`
    are names that were changed after recognition.
    """

    SCHEMA: ClassVar = "sutradhar/transcript/1"
    language: str
    language_score: float | None
    timing: str
    segments: tuple[Segment, ...]
    corrections: tuple[Correction, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order."""
        return tuple(word for segment in self.segments for word in segment.words)

    @property
    def text(self) -> str:
        """One line a segment."""
        return "".join(f"{segment.text}\n" for segment in self.segments)


@dataclass(frozen=True)
class Cue:
    """One subtitle on the screen; `words` are the ids of the words it shows."""

    id: str
    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """What a person did to one cue: `what` is text, time, text and time, added or removed.

    `cue` is the id it has now, None where it was removed; `ours` is how we had made it, None where
    it was added.
    """

    what: str
    cue: str | None
    ours: Cue | None


@dataclass(frozen=True)
class Edit:
    """A track corrected by a person, from a file that has this sum."""

    path: str
    sha256: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Cues:
    """09_subtitle_gen: `cues.json`, on the film's clock. `edit` tells of a person's work."""

    SCHEMA: ClassVar = "sutradhar/cues/1"
    language: str
    cues: tuple[Cue, ...]
    edit: Edit | None = None


@dataclass(frozen=True)
class StoredModel:
    """models: `model.json`, written once every file of the model is in its folder and right.

    `files` maps names to sha256 sums.
    """

    SCHEMA: ClassVar = "sutradhar/model/1"
    name: str
    source: str
    revision: str | None
    licence: str
    files: dict[str, str]


def load(
    kind: type[Document], path: Path | str, advice: str = "delete it and run again"
) -> Document:
    """Read the document `kind` from `path`. Raises Problem, with advice, where it is not one."""
    import cattrs

    try:
        data = json.loads(Path(path).read_bytes())
        if not isinstance(data, dict):
            raise ValueError("no JSON object")
        found = data.pop("schema", None)
        if found != kind.SCHEMA:  # type: ignore[attr-defined]
            raise ValueError(f"schema is {found!r}, not {kind.SCHEMA!r}")  # type: ignore[attr-defined]
        document: Document = _converter().structure(data, kind)
    except (ValueError, cattrs.BaseValidationError) as error:
        reason = (
            "; ".join(cattrs.transform_error(error)) if isinstance(error, ExceptionGroup) else error
        )
        raise Problem(f"{path}: not a {kind.__name__.lower()} file: {reason}; {advice}") from error
    return document


def save(document: Any, path: Path | str) -> None:
    """Write `document` to `path` in one step, NFC, the same bytes for the same content."""
    data = {"schema": document.SCHEMA, **_converter().unstructure(document)}
    save_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", path)


def save_text(text: str, path: Path | str) -> None:
    """Write UTF-8 text, NFC, so that a reader sees the old file or the new one, never a half."""
    target = Path(path)
    partial = target.with_name(f".{target.name}.partial")
    partial.write_text(unicodedata.normalize("NFC", text), encoding="utf-8")
    partial.replace(target)


@cache
def _converter() -> Any:
    import cattrs

    converter = cattrs.Converter(forbid_extra_keys=True)
    for exact in (str, int, bool):
        converter.register_structure_hook(exact, _exactly(exact))
    converter.register_structure_hook(float, _number)
    return converter


def _exactly(kind: type) -> Any:
    """cattrs would make "1" of 1; a wrong type is an error here."""

    def check(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r:.60} is no {kind.__name__}")
        return value

    return check


def _number(value: Any, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r:.60} is no number")
    return float(value)
