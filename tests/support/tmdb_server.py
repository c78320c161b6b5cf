"""TMDB on loopback: a real HTTP server with its documented answers, limits and faults."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN, KEY = "eyJhbGciOiJIUzI1NiJ9.read-token", "0123456789abcdef0123456789abcdef"


def hit(number: int, title: str, date: str, original: str | None = None) -> dict[str, Any]:
    """A film as a search lists it."""
    return {
        "adult": False,
        "backdrop_path": None,
        "genre_ids": [28, 12],
        "id": number,
        "original_language": "hi",
        "original_title": original or title,
        "overview": "",
        "popularity": 5.1,
        "poster_path": None,
        "release_date": date,
        "title": title,
        "video": False,
        "vote_average": 7.5,
        "vote_count": 250,
    }


SHOLAY = {
    **hit(11216, "Sholay", "1975-08-15", "शोले"),
    "imdb_id": "tt0073707",
    "overview": "A retired policeman hires two crooks to catch a bandit.",
    "runtime": 204,
    "spoken_languages": [{"english_name": "Hindi", "iso_639_1": "hi", "name": "हिन्दी"}],
    "alternative_titles": {"titles": [{"iso_3166_1": "US", "title": "Embers", "type": ""}]},
    "translations": {
        "translations": [
            {"iso_3166_1": "IN", "iso_639_1": "hi", "name": "हिन्दी", "english_name": "Hindi",
             "data": {"homepage": "", "overview": "", "runtime": 0, "tagline": "", "title": "शोले"}},
            {"iso_3166_1": "DE", "iso_639_1": "de", "name": "Deutsch", "english_name": "German",
             "data": {"homepage": "", "overview": "", "runtime": 0, "tagline": "", "title": ""}},
        ]
    },
    "credits": {
        "cast": [
            {"id": 2, "name": "Amitabh Bachchan", "original_name": "अमिताभ बच्चन",
             "character": "Jai (Jaidev)", "order": 1, "cast_id": 4, "credit_id": "b"},
            {"id": 1, "name": "Dharmendra", "original_name": "Dharmendra",
             "character": "Veeru", "order": 0, "cast_id": 3, "credit_id": "a"},
            {"id": 3, "name": "Amjad Khan", "original_name": "Amjad Khan",
             "character": "Gabbar Singh", "order": 2, "cast_id": 5, "credit_id": "c"},
        ],
        "crew": [
            {"id": 4, "name": "Ramesh Sippy", "original_name": "Ramesh Sippy",
             "department": "Directing", "job": "Director", "credit_id": "d"},
        ],
    },
    "keywords": {
        "keywords": [{"id": 1, "name": "mumbai (bombay), india"}, {"id": 2, "name": "dacoit"}]
    },
}  # fmt: skip
PEOPLE: dict[str, dict[str, Any]] = {
    "/3/person/1": {"id": 1, "name": "Dharmendra", "also_known_as": ["धर्मेन्द्र", "Dharam"],
                    "translations": {"translations": []}},
    "/3/person/2": {"id": 2, "name": "Amitabh Bachchan", "also_known_as": [], "translations": {
        "translations": [{"iso_3166_1": "IN", "iso_639_1": "hi", "name": "हिन्दी",
                          "english_name": "Hindi",
                          "data": {"biography": "", "name": "अमिताभ बच्चन"}}]}},
    "/3/person/3": {"id": 3, "name": "Amjad Khan", "also_known_as": ["अमजद ख़ान"],
                    "translations": {"translations": []}},
}  # fmt: skip


def page(*hits: dict[str, Any], pages: int = 1) -> dict[str, Any]:
    """A page of search results."""
    return {"page": 1, "results": list(hits), "total_pages": pages, "total_results": len(hits)}


@dataclass
class Tmdb:
    """The server's state. `faults` are answered first, one each: (status, headers, body) or None
    for a connection that is dropped. `asked` are the requests that came: path and query."""

    url: str = ""
    faults: list[tuple[int, dict[str, str], bytes] | None] = field(default_factory=list)
    searches: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {"Sholay": page(hit(11216, "Sholay", "1975-08-15", "शोले"))}
    )
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


def status(code: int, message: str) -> bytes:
    """The body that TMDB sends with an error."""
    return json.dumps({"success": False, "status_code": code, "status_message": message}).encode()


@contextmanager
def serving() -> Iterator[Tmdb]:
    """A server on a free port of this machine."""
    state = Tmdb()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = parse_qs(url.query)
            state.asked.append((url.path, query))
            if state.faults:
                fault = state.faults.pop(0)
                if fault is None:
                    self.close_connection = True
                    return
                self._answer(*fault)
                return
            allowed = self.headers["Authorization"] == f"Bearer {TOKEN}" or query.get(
                "api_key"
            ) == [KEY]
            if not allowed:
                body = status(7, "Invalid API key: You must be granted a valid key.")
                self._answer(401, {}, body)
            elif url.path == "/3/search/movie":
                self._json(state.searches.get(query["query"][0], page()))
            elif url.path == "/3/movie/11216":
                appended = query.get("append_to_response", [""])[0].split(",")
                parts = {"credits", "alternative_titles", "translations", "keywords"}
                left_out = parts - set(appended)
                self._json({k: v for k, v in SHOLAY.items() if k not in left_out})
            elif url.path in PEOPLE:
                self._json(PEOPLE[url.path])
            else:
                self._answer(404, {}, status(34, "The resource you requested could not be found."))

        def _json(self, answer: dict[str, Any]) -> None:
            self._answer(200, {}, json.dumps(answer).encode())

        def _answer(self, code: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(code)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
