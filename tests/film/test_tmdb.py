"""Asking TMDB, over HTTP and from the cache, and the stage that does it."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from stage_runner import run
from tmdb_server import KEY, TOKEN, Tmdb, hit, page, serving, status

from lineage import Manifest
from lineage.problem import Problem
from subtitling import documents
from subtitling.documents import FilmData, Person, Title
from subtitling.film import tmdb
from subtitling.film.tmdb import TmdbOptions

OPTIONS = TmdbOptions(ask=True, language="en", on_ambiguous="error", people=10, cache="")
QUICK = tmdb.Patience(
    connect_s=1, read_s=1, whole_s=3, tries=4, backoff_s=0.01, longest_pause_s=1
)  # fmt: skip
LOST = (503, {}, status(9, "Service offline"))


@pytest.fixture
def server() -> Iterator[Tmdb]:
    with serving() as state:
        yield state


def client(server: Tmdb, cache: Path, token: str = TOKEN, key: str = "", ask: bool = True) -> Any:
    return tmdb.Client(tmdb.Access(server.url, token, key), cache, QUICK, ask=ask)


def test_a_film_by_its_number_comes_with_people_titles_and_places(
    server: Tmdb, tmp_path: Path
) -> None:
    film, warnings = tmdb.look_up(client(server, tmp_path), None, None, 11216, OPTIONS)
    assert warnings == []
    assert film == FilmData(
        source="TMDB 11216",
        title="Sholay",
        original_title="शोले",
        original_language="hi",
        year=1975,
        tmdb_id=11216,
        overview="A retired policeman hires two crooks to catch a bandit.",
        titles=(Title("Embers", None, "US"), Title("शोले", "hi", "IN")),
        cast=(
            Person("Dharmendra", "Veeru", ("धर्मेन्द्र", "Dharam")),
            Person("Amitabh Bachchan", "Jai (Jaidev)", ("अमिताभ बच्चन",)),
            Person("Amjad Khan", "Gabbar Singh", ("अमजद ख़ान",)),
        ),
        crew=(Person("Ramesh Sippy", "Director"),),
        places=("Mumbai", "Bombay", "India"),
    )


def test_what_was_asked_once_is_not_asked_again_and_replays_offline(
    server: Tmdb, tmp_path: Path
) -> None:
    first = client(server, tmp_path)
    film, _ = tmdb.look_up(first, "Sholay", 1975, None, OPTIONS)
    assert [call.status for call in first.calls] == [200] * 5
    server.asked.clear()
    again = client(server, tmp_path, token="", ask=False)
    assert tmdb.look_up(again, "Sholay", 1975, None, OPTIONS) == (film, [])
    assert server.asked == [] and again.calls == []
    sums = [call.sha256 for call in first.calls]
    assert [answer["sha256"] for answer in again.replayed] == sums


def test_a_damaged_answer_in_the_cache_is_asked_anew(server: Tmdb, tmp_path: Path) -> None:
    tmdb.look_up(client(server, tmp_path), None, None, 11216, OPTIONS)
    damaged = sorted(tmp_path.iterdir())
    damaged[0].write_bytes(b"")
    damaged[1].write_text(damaged[1].read_text().replace("id", "di"))
    server.asked.clear()
    tmdb.look_up(client(server, tmp_path), None, None, 11216, OPTIONS)
    assert len(server.asked) == 2


def test_another_question_is_another_answer(server: Tmdb, tmp_path: Path) -> None:
    asking = client(server, tmp_path)
    asking.get("/3/movie/11216", language="en")
    asking.get("/3/movie/11216", language="hi")
    assert len(server.asked) == 2


def test_the_year_narrows_the_search_and_is_dropped_where_it_finds_nothing(
    server: Tmdb, tmp_path: Path
) -> None:
    with pytest.raises(tmdb.Unavailable, match=r"TMDB has no film Shollay \(1975\)"):
        tmdb.look_up(client(server, tmp_path), "Shollay", 1975, None, OPTIONS)
    assert [query.get("year") for _, query in server.asked] == [["1975"], None]


HITS = (
    tmdb.Hit(1, "Don", "Don", 1978),
    tmdb.Hit(2, "Don", "Don", 2006),
    tmdb.Hit(3, "Don 2", "Don 2", 2011),
    tmdb.Hit(4, "Sholay", "शोले", 1975),
    tmdb.Hit(5, "Dil Se..", "Dil Se..", 1998),
)


@pytest.mark.parametrize(
    ("title", "year", "complete", "number"),
    [
        ("Don", 2006, True, 2),
        ("don", 1978, False, 1),
        ("Don", None, True, None),
        ("Don", 2011, True, None),
        ("शोले", 1975, True, 4),
        ("Sholay", None, True, 4),
        ("Sholay", None, False, None),
        ("Dil Se", 1998, True, 5),
        ("Dil", 1998, True, None),
    ],
)
def test_only_the_very_title_and_year_are_certain(
    title: str, year: int | None, complete: bool, number: int | None
) -> None:
    chosen = tmdb.exact(HITS, title, year, complete=complete)
    assert (chosen.id if chosen else None) == number


def test_an_uncertain_film_is_an_error_with_the_candidates(server: Tmdb, tmp_path: Path) -> None:
    server.searches["Don"] = page(hit(1, "Don", "1978-05-12"), hit(2, "Don", "2006-10-20"))
    with pytest.raises(Problem) as problem:
        tmdb.look_up(client(server, tmp_path), "Don", None, None, OPTIONS)
    assert "tmdb_id 1: Don, 1978\n  tmdb_id 2: Don, 2006" in str(problem.value)


def test_an_uncertain_film_may_be_the_first_with_a_warning(server: Tmdb, tmp_path: Path) -> None:
    server.searches["The Embers"] = page(
        hit(11216, "Sholay", "1975-08-15"), hit(2, "Embers", "2015-01-01")
    )
    first = TmdbOptions(**{**vars(OPTIONS), "on_ambiguous": "first"})
    film, warnings = tmdb.look_up(client(server, tmp_path), "The Embers", None, None, first)
    assert film.tmdb_id == 11216
    assert "took the first" in warnings[0] and "tmdb_id 2: Embers, 2015" in warnings[0]


def test_too_many_requests_are_repeated_after_the_time_that_the_server_names(
    server: Tmdb, tmp_path: Path
) -> None:
    server.faults = [(429, {"Retry-After": "1"}, status(25, "over the allowed limit"))]
    asking, before = client(server, tmp_path), time.monotonic()
    asking.get("/3/movie/11216")
    assert 1 <= time.monotonic() - before < 2
    assert [call.status for call in asking.calls] == [429, 200]


def test_a_server_that_asks_for_hours_is_given_a_second(server: Tmdb, tmp_path: Path) -> None:
    server.faults = [(429, {"Retry-After": "7200"}, b"")]
    before = time.monotonic()
    client(server, tmp_path).get("/3/movie/11216")
    assert time.monotonic() - before < 2


def test_short_faults_are_waited_out(server: Tmdb, tmp_path: Path) -> None:
    server.faults = [LOST, None, (500, {}, b"")]
    assert client(server, tmp_path).get("/3/movie/11216")["id"] == 11216
    assert len(server.asked) == 4


def test_a_lasting_fault_ends_after_four_tries(server: Tmdb, tmp_path: Path) -> None:
    server.faults = [LOST] * 9
    asking = client(server, tmp_path)
    with pytest.raises(tmdb.Unavailable, match=r"127\.0\.0\.1 answers HTTP 503"):
        asking.get("/3/movie/11216")
    assert [call.status for call in asking.calls] == [503] * 4


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ((200, {}, b"<html>Log in to this hotel's network</html>"), "with no JSON"),
        ((200, {}, b"[]"), "with no JSON"),
        ((302, {"Location": "/elsewhere"}, b""), "HTTP 302"),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip"), "ContentDecodingError"),
    ],
)
def test_what_is_not_tmdbs_is_no_answer_and_is_not_kept(
    server: Tmdb, tmp_path: Path, fault: Any, message: str
) -> None:
    server.faults = [fault] * 4
    with pytest.raises(tmdb.Unavailable, match=message):
        client(server, tmp_path).get("/3/movie/11216")
    assert list(tmp_path.iterdir()) == []
    assert all(path == "/3/movie/11216" for path in server.paths)


def test_an_answer_of_another_shape_is_no_answer(server: Tmdb, tmp_path: Path) -> None:
    server.faults = [(200, {}, b'{"id": 11216}')]
    with pytest.raises(tmdb.Unavailable, match="not as documented"):
        tmdb.look_up(client(server, tmp_path), None, None, 11216, OPTIONS)


def test_a_server_that_does_not_answer_is_not_waited_for_long(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        patience = tmdb.Patience(**{**vars(QUICK), "tries": 2, "read_s": 0.2})
        asking = tmdb.Client(tmdb.Access(url, TOKEN, ""), tmp_path, patience, ask=True)
        before = time.monotonic()
        with pytest.raises(tmdb.Unavailable, match="ReadTimeout"):
            asking.get("/3/movie/1")
        assert time.monotonic() - before < 2
        assert [call.status for call in asking.calls] == [None]


@pytest.mark.parametrize(
    ("token", "key", "message"), [("wrong", "", "TMDB_TOKEN must hold the API Read Access Token"),
                               ("", "wrong", "TMDB_API_KEY must hold the API Key")]
)  # fmt: skip
def test_refused_credentials_are_an_error_that_says_where_to_get_them(
    server: Tmdb, tmp_path: Path, token: str, key: str, message: str
) -> None:
    with pytest.raises(Problem, match=message):
        client(server, tmp_path, token, key).get("/3/movie/11216")


def test_a_number_that_tmdb_has_not_is_an_error(server: Tmdb, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"TMDB has no movie/7 \(HTTP 404\)"):
        tmdb.look_up(client(server, tmp_path), None, None, 7, OPTIONS)


def test_people_who_cannot_be_asked_about_leave_the_film_whole(
    server: Tmdb, tmp_path: Path
) -> None:
    asking = client(server, tmp_path)
    wanted = {"append_to_response": "credits,alternative_titles,translations,keywords"}
    asking.get("/3/movie/11216", language="en", **wanted)
    offline = client(server, tmp_path, ask=False)
    film, warnings = tmdb.look_up(offline, None, None, 11216, OPTIONS)
    assert [person.part for person in film.cast] == ["Veeru", "Jai (Jaidev)", "Gabbar Singh"]
    assert "other names of the cast are missing" in warnings[0]


def test_the_token_goes_only_where_it_is_secret() -> None:
    with pytest.raises(Problem, match="only https"):
        tmdb.Access.of({"TMDB_BASE_URL": "http://tmdb.example"})
    access = tmdb.Access.of({"TMDB_TOKEN": " a\nb ", "TMDB_BASE_URL": "https://tmdb.example/"})
    assert access == tmdb.Access("https://tmdb.example", "ab", "")


def test_netrc_does_not_replace_the_token(
    server: Tmdb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert client(server, tmp_path / "cache").get("/3/movie/11216")["id"] == 11216


@pytest.mark.parametrize(
    ("keyword", "names"),
    [
        ("mumbai (bombay), india", ["Mumbai", "Bombay", "India"]),
        ("new york city", []),
        ("london, england", ["London", "England"]),
        ("dacoit", []),
    ],
)
def test_keywords_of_places_give_their_names(keyword: str, names: list[str]) -> None:
    assert tmdb.places(keyword) == names


# The stage.


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TMDB_TOKEN", "TMDB_API_KEY", "TMDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stage(sidecar: str | None = None, **row: Any) -> tuple[Manifest, FilmData]:
    manifest = run(
        "02_tmdb.py",
        "out/sholay/02_tmdb",
        {"sidecar": sidecar} if sidecar else {},
        {"film": "film.json"},
        {"job": "sholay"},
        film={"title": None, "year": None, "tmdb_id": None, **row},
        options={**vars(OPTIONS), "cache": "cache/tmdb"},
    )
    return manifest, documents.load(FilmData, "out/sholay/02_tmdb/film.json")


@pytest.mark.usefixtures("place")
def test_with_no_token_the_film_goes_on_undescribed() -> None:
    manifest, film = stage(title="Sholay", year=1975)
    assert (manifest.status, manifest.calls) == ("skipped", [])
    assert "no TMDB_TOKEN in the environment" in (manifest.reason or "")
    assert film == FilmData(title="Sholay", year=1975)


@pytest.mark.usefixtures("place")
def test_with_no_title_nobody_is_asked() -> None:
    manifest, film = stage()
    assert manifest.status == "skipped"
    assert manifest.reason == "neither a sidecar nor a title says which film this is"
    assert film == FilmData()


@pytest.mark.usefixtures("place")
def test_with_no_network_the_film_goes_on_undescribed(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("TMDB_BASE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("TMDB_TOKEN", TOKEN)
    manifest, film = stage(tmdb_id=11216)
    assert manifest.status == "skipped"
    assert manifest.reason == "127.0.0.1 cannot be reached (NewConnectionError)"
    assert [(c["host"], c["path"], c["status"]) for c in manifest.calls] == [
        ("127.0.0.1", "/3/movie/11216", None)
    ]
    assert film == FilmData(tmdb_id=11216)


@pytest.mark.parametrize(("name", "secret"), [("TMDB_TOKEN", TOKEN), ("TMDB_API_KEY", KEY)])
def test_the_calls_are_on_record_and_the_secret_in_no_file(
    place: Path, server: Tmdb, monkeypatch: pytest.MonkeyPatch, name: str, secret: str
) -> None:
    monkeypatch.setenv("TMDB_BASE_URL", server.url)
    monkeypatch.setenv(name, secret)
    server.faults = [None]
    manifest, film = stage(title="Sholay", year=1975)
    assert manifest.status == "success"
    assert film.source == "TMDB 11216"
    assert [call["path"] for call in manifest.calls] == [
        "/3/search/movie", "/3/search/movie", "/3/movie/11216",
        "/3/person/1", "/3/person/2", "/3/person/3",
    ]  # fmt: skip
    assert all(call["sha256"] for call in manifest.calls if call["status"] == 200)
    written = [path for path in place.rglob("*") if path.is_file()]
    assert len(written) > 7
    assert [path for path in written if secret.encode() in path.read_bytes()] == []


@pytest.mark.usefixtures("place")
def test_a_refused_token_ends_the_stage_with_its_call_on_record(
    server: Tmdb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMDB_BASE_URL", server.url)
    monkeypatch.setenv("TMDB_TOKEN", "expired-token")
    with pytest.raises(Problem, match="job sholay: TMDB refuses the credentials"):
        stage(title="Sholay", year=1975)
    manifest = Manifest.load("out/sholay/02_tmdb/manifest.json")
    assert manifest.status == "failed"
    assert [call["status"] for call in manifest.calls] == [401]


@pytest.mark.usefixtures("place")
def test_a_sidecar_with_a_title_is_enough(server: Tmdb) -> None:
    Path("sholay.film.json").write_text(
        json.dumps({"schema": "sutradhar/film/1", "title": "Sholay", "original_language": "hi"})
    )
    manifest, film = stage("sholay.film.json", year=1975)
    assert manifest.status == "success"
    assert film == FilmData("sholay.film.json", "Sholay", original_language="hi", year=1975)
    assert server.asked == []


@pytest.mark.usefixtures("place")
def test_a_sidecar_with_a_number_is_looked_up_and_goes_before_the_answer(
    server: Tmdb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMDB_BASE_URL", server.url)
    monkeypatch.setenv("TMDB_TOKEN", TOKEN)
    sidecar = {"schema": "sutradhar/film/1", "tmdb_id": 11216, "places": ["Ramgarh"]}
    Path("sholay.film.json").write_text(json.dumps(sidecar))
    _, film = stage("sholay.film.json")
    assert film.source == "sholay.film.json and TMDB 11216"
    assert film.places == ("Ramgarh",)
    assert film.cast[2].part == "Gabbar Singh"


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n{"])
def test_a_server_that_drips_is_left_in_time(tmp_path: Path, first: bytes) -> None:
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with suppress(OSError):
            while True:
                taken, _ = listening.accept()
                with taken, suppress(OSError):
                    taken.sendall(first)
                    for _ in range(200):
                        taken.sendall(b" ")
                        time.sleep(0.1)

    threading.Thread(target=drip, daemon=True).start()
    access = tmdb.Access(f"http://127.0.0.1:{listening.getsockname()[1]}", TOKEN, "")
    patience = tmdb.Patience(**{**vars(QUICK), "whole_s": 1, "tries": 1})
    asking = tmdb.Client(access, tmp_path, patience, ask=True)
    began = time.monotonic()
    with pytest.raises(tmdb.Unavailable, match="no answer in 1 s"):
        asking.get("/3/movie/1")
    assert time.monotonic() - began < 3
    assert len(asking.calls) == 1, "what went out is on record"
    listening.close()


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"id": 1e999}', b'{"id": NaN}', b"[]", b"\xff"])
def test_an_answer_of_any_form_is_none_and_no_traceback(tmp_path: Path, body: bytes) -> None:
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        taken, _ = listening.accept()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with taken, suppress(OSError):
            taken.recv(9999)
            taken.sendall(head + body)

    threading.Thread(target=serve, daemon=True).start()
    access = tmdb.Access(f"http://127.0.0.1:{listening.getsockname()[1]}", TOKEN, "")
    with pytest.raises(tmdb.Unavailable):
        tmdb.look_up(tmdb.Client(access, tmp_path, QUICK, ask=True), None, None, 1, OPTIONS)
    listening.close()
