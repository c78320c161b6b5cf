"""The Movie Database: https://developer.themoviedb.org/reference, answers kept on disk."""

import hashlib
import json
import os
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from lineage import untrusted
from lineage.problem import Problem
from subtitling.documents import FilmData, Person, Title
from subtitling.film.sidecars import base_url
from subtitling.runtime import transport

if TYPE_CHECKING:
    import requests

_KEYS = "https://www.themoviedb.org/settings/api"
_LARGEST_ANSWER = 16 << 20
# TMDB's codes that are not ISO 639.
_LANGUAGES = {"cn": "yue", "xx": None, "": None}


class Unavailable(Exception):
    """TMDB cannot be asked, and its answer is not in the cache; the text gives the reason."""


@dataclass(frozen=True)
class TmdbOptions:
    """See `tmdb` in the configuration."""

    ask: bool
    language: str
    on_ambiguous: str
    people: int
    cache: str


@dataclass(frozen=True)
class Access:
    """TMDB's address and credentials. `token` is a v4 read token, `key` a v3 key."""

    url: str
    token: str
    key: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Access":
        """Read the environment, the only place where credentials are looked for."""
        return cls(
            base_url(environ.get("TMDB_BASE_URL")),
            "".join(environ.get("TMDB_TOKEN", "").split()),
            "".join(environ.get("TMDB_API_KEY", "").split()),
        )


@dataclass(frozen=True)
class Patience:
    """Timeouts and retries; a pause that the server requests is limited to the longest."""

    connect_s: float
    read_s: float
    whole_s: float
    tries: int
    backoff_s: float
    longest_pause_s: int


# TMDB allows some 40 calls a second and answers 429 above that.
PATIENCE = Patience(
    connect_s=10, read_s=30, whole_s=120, tries=4, backoff_s=0.5, longest_pause_s=30
)


@dataclass(frozen=True)
class Call:
    """One request that went out; `sha256` is that of its answer."""

    host: str
    path: str
    status: int | None
    sha256: str | None


class Client:
    """Gets answers from the cache, else from TMDB. `calls` are recorded, `replayed` are answers
    from disk."""

    def __init__(self, access: Access, cache: Path, patience: Patience, *, ask: bool):
        self._access, self._cache, self._patience, self._ask = access, cache, patience, ask
        self._open: requests.Session | None = None
        self._line = transport.Line()
        self.calls: list[Call] = []
        self.replayed: list[dict[str, str]] = []

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """The answer to one question, as JSON.

        Raises Unavailable; Problem for what the user can mend: refused credentials (HTTP 401), a
        number that is not there (404), a question that TMDB does not take (other 4xx).
        """
        question = f"{path}?{urlencode(sorted(params.items()))}"
        file = self._cache / f"{hashlib.sha256(question.encode()).hexdigest()}.json"
        body = _kept(file, question)
        if body is not None:
            self.replayed.append({"path": path, "sha256": _sum(body)})
        else:
            body = self._asked(path, params)
        try:
            answer = untrusted.json_value(body)
            if not isinstance(answer, dict):
                raise untrusted.Refused("no object")
        except untrusted.Refused:
            raise Unavailable(f"{self._access.url} answers {path} with no JSON") from None
        _keep(file, question, body)
        return answer

    def _asked(self, path: str, params: dict[str, str]) -> str:
        import requests

        if not self._ask:
            raise Unavailable("tmdb.ask is off and TMDB's answer is not in the cache")
        if not (self._access.token or self._access.key):
            raise Unavailable(f"no TMDB_TOKEN in the environment (get one at {_KEYS})")
        host = urlsplit(self._access.url).hostname or ""
        asked = self._session().prepare_request(
            requests.Request("GET", self._access.url + path, params=params)
        )
        try:
            answer, body = self._line.within(self._patience.whole_s, lambda: self._read(asked))
        except transport.Late as late:
            self._open = None
            self.calls.append(Call(host, path, None, None))
            raise Unavailable(f"{host}: {late}") from None
        except requests.RequestException as error:
            why = getattr(error.args[0], "reason", error) if error.args else error
            self.calls.append(Call(host, path, None, None))
            raise Unavailable(f"{host} cannot be reached ({type(why).__name__})") from None
        repeated = answer.raw.retries.history if answer.raw.retries else ()
        self.calls += [Call(host, path, before.status, None) for before in repeated]
        self.calls.append(Call(host, path, answer.status_code, _sum(body)))
        if answer.status_code == HTTPStatus.OK:
            return body
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            name = "TMDB_TOKEN" if self._access.token else "TMDB_API_KEY"
            raise Problem(
                f"TMDB refuses the credentials (HTTP {answer.status_code}). {name} must hold the "
                f"{'API Read Access Token' if self._access.token else 'API Key'} of {_KEYS}; set "
                "it right, or unset it and the film goes on undescribed"
            )
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise Problem(f"TMDB has no {path.removeprefix('/3/')} (HTTP 404)")
        if 400 <= answer.status_code < 500 and answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            raise Problem(f"TMDB rejects the request {path} (HTTP {answer.status_code})")
        raise Unavailable(f"{host} answers HTTP {answer.status_code}")

    def _read(self, asked: "requests.PreparedRequest") -> tuple["requests.Response", str]:
        """The answer and its text, within a size limit."""
        import requests

        session = self._session()
        settings = session.merge_environment_settings(str(asked.url), {}, True, None, None)
        limits = (self._patience.connect_s, self._patience.read_s)
        # Redirects are not followed: TMDB has none, and a key must not travel elsewhere.
        answer = session.send(asked, timeout=limits, allow_redirects=False, **settings)
        content = bytearray()
        with answer:
            for part in answer.iter_content(1 << 16):
                content += part
                if len(content) > _LARGEST_ANSWER:
                    raise requests.exceptions.ContentDecodingError("too large")
        return answer, content.decode("utf-8", "replace")

    def _session(self) -> "requests.Session":
        import requests
        from urllib3.util import Retry

        if self._open is None:
            self._open = requests.Session()
            # A callable takes precedence over the host's entry in ~/.netrc.
            self._open.auth = self._identified
            self._open.headers["Accept"] = "application/json"
            retry = Retry(
                total=self._patience.tries - 1,
                backoff_factor=self._patience.backoff_s,
                status_forcelist=(429, 500, 502, 503, 504),
                raise_on_status=False,
                retry_after_max=self._patience.longest_pause_s,
            )
            self._line = transport.Line()
            self._line.mount(self._open, max_retries=retry)
        return self._open

    def _identified(self, asked: "requests.PreparedRequest") -> "requests.PreparedRequest":
        if self._access.token:
            asked.headers["Authorization"] = f"Bearer {self._access.token}"
        else:
            asked.prepare_url(str(asked.url), {"api_key": self._access.key})
        return asked


def _kept(file: Path, question: str) -> str | None:
    """An answer from the cache; None if there is none, or its checksum does not match."""
    try:
        cached = untrusted.json_value(untrusted.content(file))
        answer = cached["body"]
        if (cached["question"], cached["sha256"]) != (question, _sum(answer)):
            return None
    except (OSError, *untrusted.FAILURES):
        return None
    return str(answer)


def _keep(file: Path, question: str, body: str) -> None:
    if file.is_file() and _kept(file, question) == body:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as part:
        json.dump({"question": question, "sha256": _sum(body), "body": body}, part)
    Path(part.name).replace(file)  # jobs that run side by side may share the cache


def _sum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


@dataclass(frozen=True)
class Hit:
    """One result of a search: a film."""

    id: int
    title: str
    original_title: str
    year: int | None

    def __str__(self) -> str:
        also = f" ({self.original_title})" if self.original_title != self.title else ""
        return f"tmdb_id {self.id}: {self.title}{also}, {self.year or 'no year'}"


def exact(hits: Sequence[Hit], title: str, year: int | None, *, complete: bool) -> Hit | None:
    """The one hit with exactly this title, and the year; None where there is none or several.

    Letter case and punctuation are ignored. Without a year, the title must be the only one of
    its kind in a `complete` list.
    """
    same = [h for h in hits if _plain(title) in (_plain(h.title), _plain(h.original_title))]
    if year is not None:
        same = [h for h in same if h.year == year]
    elif not complete:
        return None
    return same[0] if len(same) == 1 else None


def _plain(title: str) -> str:
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in title)
    return " ".join(unicodedata.normalize("NFKC", "".join(kept)).casefold().split())


def search(client: Client, title: str, year: int | None, options: TmdbOptions) -> tuple[int, str]:
    """The number of a film, and a warning where it was not certain, else an empty text.

    Problem lists the candidates where none is certain. Unavailable where there are no results.
    """
    asked = {"query": title, "language": options.language, "include_adult": "false"}
    page = client.get("/3/search/movie", **asked, **({"year": str(year)} if year else {}))
    if year and not page["results"]:
        page = client.get("/3/search/movie", **asked)
    hits = [_hit(result) for result in page["results"]]
    wanted = f"{title} ({year})" if year else title
    if not hits:
        raise Unavailable(f"TMDB has no film {wanted}")
    if hit := exact(hits, title, year, complete=page["total_pages"] <= 1):
        return hit.id, ""
    candidates = "".join(f"\n  {hit}" for hit in hits[:10])
    if options.on_ambiguous == "first":
        return hits[0].id, f"{wanted}: took the first of TMDB's films, {hits[0]}; of:{candidates}"
    raise Problem(
        f"{wanted}: which of TMDB's films is it? Give the job's row its tmdb_id (and the exact "
        f"title and year, if you like):{candidates}"
    )


def _hit(result: dict[str, Any]) -> Hit:
    return Hit(result["id"], result["title"], result["original_title"], _year(result))


def _year(described: dict[str, Any]) -> int | None:
    when = str(described.get("release_date") or "")[:4]
    return int(when) if when.isdecimal() else None


def fetch(client: Client, number: int, options: TmdbOptions) -> tuple[FilmData, str]:
    """Fetch a film by its number; returns also the reason if other names of its people are
    missing."""
    film = client.get(
        f"/3/movie/{number}",
        language=options.language,
        append_to_response="credits,alternative_titles,translations,keywords",
    )
    people: dict[int, dict[str, Any]] = {}
    for actor in _billed(film)[: options.people]:
        try:
            people[actor["id"]] = client.get(
                f"/3/person/{actor['id']}", append_to_response="translations"
            )
        except Unavailable as reason:
            return described(film, people), str(reason)
    return described(film, people), ""


def described(film: dict[str, Any], people: Mapping[int, dict[str, Any]]) -> FilmData:
    """`film.json` from TMDB's answers: a film with its appended parts, and people by their
    number."""
    titles = [
        Title(alternative["title"], country=alternative["iso_3166_1"] or None)
        for alternative in film["alternative_titles"]["titles"]
    ] + [
        Title(entry["data"]["title"], _language(entry["iso_639_1"]), entry["iso_3166_1"] or None)
        for entry in film["translations"]["translations"]
        if entry["data"]["title"]
    ]
    return FilmData(
        source=f"TMDB {film['id']}",
        title=film["title"],
        original_title=film["original_title"],
        original_language=_language(film["original_language"]),
        year=_year(film),
        tmdb_id=film["id"],
        overview=film["overview"] or None,
        titles=tuple(dict.fromkeys(titles)),
        cast=tuple(
            Person(a["name"], a["character"] or None, _names(a, people.get(a["id"], {})))
            for a in _billed(film)
        ),
        crew=tuple(Person(c["name"], c["job"], _names(c, {})) for c in film["credits"]["crew"]),
        places=tuple(
            place for word in film["keywords"]["keywords"] for place in places(word["name"])
        ),
    )


def _billed(film: dict[str, Any]) -> list[dict[str, Any]]:
    """The cast in billing order."""
    return sorted(film["credits"]["cast"], key=lambda actor: int(actor["order"]))


def _language(code: str) -> str | None:
    return _LANGUAGES.get(code, code)


def _names(credit: dict[str, Any], person: dict[str, Any]) -> tuple[str, ...]:
    """Other spellings of a name, without the credited one."""
    translations = person.get("translations", {}).get("translations", [])
    other = [
        credit.get("original_name"),
        person.get("name"),
        *person.get("also_known_as", []),
        *(translation["data"].get("name") for translation in translations),
    ]
    names = dict.fromkeys(" ".join(name.split()) for name in other if name)
    return tuple(name for name in names if name and name != credit["name"])


def places(keyword: str) -> list[str]:
    """Place names in a keyword; TMDB writes `mumbai (bombay), india`, `london, england`.

    Keywords of other kinds have no comma and give none.
    """
    place, comma, within = keyword.partition(",")
    if not comma:
        return []
    named = place.replace(")", "").split("(") + within.split(",")
    return [name.strip().title() for name in named if name.strip()]


def look_up(
    client: Client, title: str | None, year: int | None, number: int | None, options: TmdbOptions
) -> tuple[FilmData, list[str]]:
    """Fetch a film by its number, or by title and year; returns also a list of warnings."""
    warnings = []
    if number is None:
        if not title:
            raise Unavailable("neither a sidecar nor a title says which film this is")
        try:
            number, uncertain = search(client, title, year, options)
        except untrusted.FAILURES as error:
            reason = f"{type(error).__name__}: {error}"
            raise Unavailable(f"TMDB's answer is not as documented: {reason:.200}") from error
        warnings += [uncertain] if uncertain else []
    try:
        film, missing = fetch(client, number, options)
    except untrusted.FAILURES as error:
        reason = f"{type(error).__name__}: {error}"
        raise Unavailable(
            f"TMDB's answer about {number} is not as documented: {reason:.200}"
        ) from error
    if missing:
        warnings.append(f"other names of the cast are missing: {missing}")
    return film, warnings


def access() -> Access:
    """Access as this process's environment gives it."""
    return Access.of(os.environ)
