"""Film data from files beside the film: `<name>.film.json` and Kodi's `<name>.nfo`."""

import errno
import re
from collections.abc import Collection, Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lineage import untrusted
from lineage.problem import Problem
from subtitling import documents
from subtitling.documents import FilmData, Person
from subtitling.runtime.addresses import keeps_secrets

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ENDINGS = (".film.json", ".nfo")  # the first that exists is used
_LONGEST_NFO = 4 << 20
_LONGEST_TITLE = 1000
_PAGE = re.compile(r"themoviedb\.org/movie/(\d{1,12})(?!\d)")


def sidecar(film: Path | str) -> Path | None:
    """The file beside the film that describes it: in/sholay.mkv has in/sholay.nfo.

    A link counts only if it leads to a file beside it or beside the film itself, which may be a
    link too: a link from a downloaded archive must not make the stage read another file of the
    host.
    """
    shown = Path(film)
    beside = (shown.with_suffix(ending) for ending in ENDINGS)
    return next((path for path in beside if is_in(path, folders(shown))), None)


def folders(film: Path) -> set[Path]:
    """The folders beside a film: the one that it is shown in, and where it leads as a link."""
    return {film.parent.resolve(), film.resolve().parent}


def is_in(path: Path, folders: Collection[Path]) -> bool:
    """Whether a file exists and lies in one of the folders, also where it is a link."""
    return _is_file(path) and path.resolve().parent in folders


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return False  # the film's name is too long for another ending, so there is none


def whole_number(text: str) -> int | None:
    """The whole number that a text is, also as spreadsheets write it: 1975.0. None for others."""
    whole = re.fullmatch(r"(\d{1,15})(\.0+)?", text)
    return int(whole[1]) if whole else None


def read(path: Path | str) -> FilmData:
    """Read a sidecar. Problem where it is damaged, or not in the format of its suffix."""
    if str(path).endswith(".film.json"):
        advice = "docs/films.md shows one"
        return _fitting(replace(documents.load(FilmData, path, advice), source=str(path)))
    try:
        content = untrusted.content(Path(path), _LONGEST_NFO)
    except untrusted.Refused as error:
        raise Problem(f"{error}, so not a film's .nfo; delete it") from error
    return _fitting(replace(from_nfo(content, str(path)), source=str(path)))


def _fitting(film: FilmData) -> FilmData:
    """Return the film. Raises Problem for a title that is too long for film, page and logs."""
    titles = [film.title, film.original_title, *(title.text for title in film.titles)]
    longest = max((len(title) for title in titles if title), default=0)
    if longest > _LONGEST_TITLE:
        raise Problem(
            f"{film.source}: a title of {longest} characters is none; {_LONGEST_TITLE} are enough "
            "for any, so correct it or delete it"
        )
    return film


def merged(first: FilmData, second: FilmData) -> FilmData:
    """`second`, overridden by the values of `first`; `source` names both."""
    values = {f.name: getattr(first, f.name) for f in fields(first)}
    sources = dict.fromkeys((first.source, second.source))
    source = " and ".join(s for s in sources if s != "nothing") or "nothing"
    return replace(second, **{k: v for k, v in values.items() if v} | {"source": source})


def from_nfo(content: bytes, where: str) -> FilmData:
    """The `.nfo` of a film as Kodi reads and Jellyfin and Radarr write it.

    https://kodi.wiki/view/NFO_files/Movies: XML with the root `movie`, or the address of the film's
    page, or both, in this order. Other text, such as that of release groups, is ignored. `where`
    names the file in errors.
    """
    from xml.etree.ElementTree import ParseError

    import defusedxml
    from defusedxml.ElementTree import fromstring

    xml = re.search(rb"(?s)^.*</(movie|episodedetails)\s*>", content)
    page = _PAGE.search(content.decode("utf-8", "replace"))
    number = int(page[1]) if page else None
    if xml is None:
        if b"<movie" in content:
            raise Problem(f"{where}: <movie> is never closed; was the file copied to its end?")
        return FilmData(tmdb_id=number)
    try:
        root = fromstring(xml[0].strip(), forbid_dtd=True)
        return _film(root, number)
    except defusedxml.DefusedXmlException as error:
        raise Problem(
            f"{where}: declares entities or a document type, which no player writes and which may "
            "be an attack; delete the file or remove the declaration"
        ) from error
    except (ParseError, *untrusted.FAILURES) as error:
        reason = str(error)[:200] or type(error).__name__
        raise Problem(f"{where}: not valid XML ({reason}); correct it or delete it") from error


def _film(root: "Element", page: int | None) -> FilmData:
    ids = {e.get("type", "").lower(): (e.text or "").strip() for e in root.iter("uniqueid")}
    number = ids.get("tmdb") or _text(root, "tmdbid") or ""
    when = _text(root, "year", "premiered", "releasedate") or ""
    year = re.match(r"(18[89]|19\d|20\d)\d", when)
    crew = {"Director": root.iter("director"), "Writer": root.iter("credits")}
    return FilmData(
        title=_text(root, "title"),
        original_title=_text(root, "originaltitle"),
        year=int(year[0]) if year else None,
        tmdb_id=page if (stated := whole_number(number)) is None else stated,
        overview=_text(root, "plot", "outline"),
        cast=tuple(_cast(root.iter("actor"))),
        crew=tuple(
            Person(name, job)
            for job, elements in crew.items()
            for e in elements
            if (name := _said(e))
        ),
    )


def _cast(actors: Iterable["Element"]) -> Iterable[Person]:
    for actor in actors:
        if name := _text(actor, "name"):
            yield Person(name, _text(actor, "role"))


def _text(element: "Element", *names: str) -> str | None:
    """The text of the first of the named children that has any."""
    return next((text for name in names if (text := _said(element.find(name)))), None)


def _said(element: "Element | None") -> str | None:
    return " ".join((element.text or "").split()) or None if element is not None else None


def base_url(text: str | None) -> str:
    """TMDB's base URL: its own, or another with https, or one on this host."""
    if not text:
        return "https://api.themoviedb.org"
    if not keeps_secrets(text):
        raise Problem(f"TMDB_BASE_URL is {text}: only https keeps the token secret on its way")
    return text.rstrip("/")
