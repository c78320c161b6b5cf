"""Which text that is at hand a film begins from: a row's `text`, or a file beside the film."""

import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, takewhile
from pathlib import Path
from typing import Literal, Protocol

from lineage.problem import Problem
from subtitling import paths
from subtitling.film import sidecars
from subtitling.known_text import reading
from subtitling.text import languages

Kind = Literal["script", "spoken", "other"]
SCRIPT: Kind = "script"
SPOKEN: Kind = "spoken"
OTHER: Kind = "other"
NONE, AUTO = "none", "auto"
_TRACK = re.compile(r"track:(?P<which>.+)")
_SCRIPTS = (".script.txt", ".script.fountain", ".fountain")
_IN_BOTH = frozenset({"sr"})  # languages that are written in Latin letters as well
_TIMED = (".srt", ".vtt", ".ass", ".ttml")


@dataclass(frozen=True)
class Source:
    """A film's text: a file's `path`, or a `track` of the film, by its number among the subtitle
    tracks, from 0, or by its language. It is a `script` without times, or has times and is in the
    language `spoken`, or in an`other`, or one that may be another. `language` is its tag, auto for
    a script in whatever is spoken. `beside` says that nobody asked for it."""

    kind: Kind
    path: str | None
    track: str | None
    language: str
    beside: bool = False

    @property
    def name(self) -> str:
        """The file, or the track as the row has it."""
        return self.path or f"track:{self.track}"


class Film(Protocol):
    """What matters of a film, as its row has it."""

    @property
    def media(self) -> str: ...

    @property
    def source_language(self) -> str: ...

    @property
    def target_languages(self) -> tuple[str, ...]: ...

    @property
    def text(self) -> str | None: ...

    @property
    def text_language(self) -> str | None: ...

    @property
    def where(self) -> str: ...


def of(film: Film, beside: bool) -> Source | None:
    """The text of a film; None where it has none. Raises Problem where its language is unknown, and
    for a script in another language than the film's."""
    if film.text == NONE:
        return None
    if film.text is None:
        return _beside(film) if beside else None
    if track := _TRACK.fullmatch(film.text):
        which = track["which"]
        if not which.isdecimal() and (wrong := languages.fault(which)):
            raise Problem(f"{film.where}, text: {wrong}, or the track's number, as track:0")
        own = None if which.isdecimal() else which
        return _source(film, None, which, film.text_language or own)
    path = paths.at_home(film.text)
    if set(path) & set("{}") or not path.isprintable():
        raise Problem(
            f"{film.where}, text: {path!a}: a text's name must not contain braces or control "
            "characters; rename the file"
        )
    if not Path(path).is_file():
        raise Problem(f"{film.where}, text: {path}: no such file; correct its name, or write none")
    if not os.access(path, os.R_OK):
        raise Problem(f"{film.where}, text: {path}: make it readable, or write none")
    return _source(film, path, None, film.text_language or _named(Path(path)))


def use_of(source: Source) -> str:
    """What becomes of a text, for a message."""
    language = "" if source.language == AUTO else f" in {languages.english_name(source.language)}"
    return {
        SCRIPT: f"a script{language}: what is recognised says where its words are said",
        SPOKEN: f"subtitles{language}: each word is placed in the sound, nothing is recognised",
        OTHER: f"subtitles{language}: they take the place of what is said, nothing is recognised",
    }[source.kind]


def unused(media: str, source: Source | None) -> Iterator[str]:
    """Files beside a film that look like its text and are not used, each with the reason."""
    shown = Path(media)
    for ending in _TIMED:
        for path in _starting(shown, ending):
            tag = path.name.removeprefix(shown.stem).removesuffix(ending)[1:]
            if source and source.path == str(path):
                continue
            if not os.access(path, os.R_OK):
                yield f"{path}: not used: it can't be read"
            elif not tag:
                yield f"{path}: not used: its name has no language, as {shown.stem}.hi{ending} has"
            elif languages.meant(tag) and (wrong := languages.fault(tag)):
                yield f"{path}: not used: {wrong}"
            elif languages.meant(tag) and _romanized(tag) and not source:
                yield f"{path}: not used: only tracks in {tag} can be made of it"
            elif languages.meant(tag):
                own = f", {source.name}" if source else ""
                yield f"{path}: not used: a film begins from one text{own}"


def _source(film: Film, path: str | None, track: str | None, language: str | None) -> Source:
    script = path is not None and Path(path).suffix.lower() in reading.WITHOUT_TIMES
    if path is not None and Path(path).suffix.lower() not in reading.READERS:
        known = ", ".join(reading.READERS)
        raise Problem(f"{film.where}, text: {path}: its name must end in one of {known}")
    language = language or (
        film.source_language if script or film.source_language != AUTO else None
    )
    if language is None:
        raise Problem(
            f"{film.where}, text: say in text_language which language {film.text} is in, or in "
            "source_language which one is spoken"
        )
    if lacking := _not_made_of(language, film.target_languages):
        raise Problem(
            f"{film.where}, text: {film.text} is in {languages.english_name(language)}, of which "
            f"no track in {' or '.join(lacking)} can be made: give the text in the language's own "
            f"letters, or ask for {language} alone"
        )
    same = AUTO in (language, film.source_language) or languages.same_words(
        languages.primary(film.source_language), language
    )
    if script:
        if not same:
            raise Problem(
                f"{film.where}, text: {path} is in {languages.english_name(language)}, the film in "
                f"{languages.english_name(film.source_language)}; a script without times can be "
                "placed only in what is spoken"
            )
        return Source(SCRIPT, path, track, language, film.text is None)
    # In a film whose language nobody named, the text's may be spoken or not.
    kind: Kind = SPOKEN if same and film.source_language != AUTO else OTHER
    return Source(kind, path, track, language, film.text is None)


def _romanized(language: str) -> bool:
    """Whether a tag is of words in Latin letters that its language is not written in: no engine
    translates them, and nobody can say how they are written."""
    own = languages.primary(language)
    latin = languages.script_of(language) == "Latn" != languages.script_of(own)
    return latin and own not in _IN_BOTH


def _not_made_of(language: str, targets: Sequence[str]) -> list[str]:
    """The languages asked for that can't be made of words in a language."""
    if language == AUTO or not _romanized(language):
        return []
    return [target for target in targets if not languages.same_words(target, language)]


def _beside(film: Film) -> Source | None:
    """The file beside a film: a script before subtitles in the language spoken, and these before
    others, of which those in a language asked for come first."""
    ranked: list[tuple[tuple[bool, bool, bool, str], Source]] = []
    for path, language in _candidates(film):
        source = _source(film, str(path), None, language)
        others = source.kind != SCRIPT, source.kind != SPOKEN
        ranked.append(((*others, source.language not in film.target_languages, path.name), source))
    return min(ranked, key=lambda each: each[0])[1] if ranked else None


def _candidates(film: Film) -> Iterator[tuple[Path, str]]:
    """The files beside a film that can be its text, each with its language; those in the row's
    `text_language` alone, where it names one."""
    shown = Path(film.media)
    named: list[tuple[Path, str]] = []
    for ending in _SCRIPTS:
        exact = shown.with_name(f"{shown.stem}{ending}")
        if exact in _starting(shown, ending):
            named.append((exact, film.text_language or film.source_language))
    for ending in _TIMED:
        for path in _starting(shown, ending):
            language = path.name.removeprefix(shown.stem).removesuffix(ending)[1:]
            if languages.fault(language) or film.text_language not in (None, language):
                continue
            if not _not_made_of(language, film.target_languages):
                named.append((path, language))
    folders = sidecars.folders(shown) if named else set()
    for path, language in named:
        if sidecars.is_in(path, folders) and os.access(path, os.R_OK):
            yield path, language


def _starting(shown: Path, ending: str) -> list[Path]:
    """The files beside a film whose names begin with its own and a dot, and end so."""
    if not shown.parent.is_dir():
        return []
    names = _names(shown.parent, shown.parent.stat().st_mtime_ns)
    first = bisect_left(names, f"{shown.stem}.")
    own = takewhile(lambda name: name.startswith(f"{shown.stem}."), islice(names, first, None))
    return [shown.with_name(name) for name in own if name.endswith(ending)]


@cache
def _names(folder: Path, _changed_ns: int) -> list[str]:
    """The names in a folder, sorted: many films share one."""
    return sorted(path.name for path in folder.iterdir())


def _named(path: Path) -> str | None:
    """The language in a file's name, as `sholay.hi.srt` has it."""
    tag = path.stem.rpartition(".")[2] if "." in path.stem else ""
    return tag if tag and languages.fault(tag) is None else None
