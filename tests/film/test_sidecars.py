"""What the files beside a film say of it."""

import os
from pathlib import Path

import pytest

from lineage.problem import Problem
from subtitling.documents import FilmData, Person, Title
from subtitling.film.sidecars import from_nfo, merged, read, sidecar

KODI = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<movie>
  <title>Sholay</title>
  <originaltitle>शोले</originaltitle>
  <year>1975</year>
  <outline/>
  <plot>A retired policeman
    hires two crooks.</plot>
  <uniqueid type="imdb" default="true">tt0073707</uniqueid>
  <uniqueid type="tmdb">11216</uniqueid>
  <credits>Salim Khan</credits>
  <credits>Javed Akhtar</credits>
  <director>Ramesh Sippy</director>
  <actor><name>Dharmendra</name><role>Veeru</role><order>0</order></actor>
  <actor><name>Jagdeep</name><role></role></actor>
  <actor><role>Nobody</role></actor>
</movie>
"""
FILM = FilmData(
    title="Sholay",
    original_title="शोले",
    year=1975,
    tmdb_id=11216,
    overview="A retired policeman hires two crooks.",
    cast=(Person("Dharmendra", "Veeru"), Person("Jagdeep")),
    crew=(
        Person("Ramesh Sippy", "Director"),
        Person("Salim Khan", "Writer"),
        Person("Javed Akhtar", "Writer"),
    ),
)
JELLYFIN = (
    """<movie><title>Don</title><premiered>2006-10-20</premiered><tmdbid>15</tmdbid></movie>"""
)


@pytest.mark.parametrize(
    ("text", "film"),
    [
        (KODI, FILM),
        ("\ufeff" + KODI, FILM),
        (KODI + "https://www.themoviedb.org/movie/99-x\n", FILM),
        (JELLYFIN, FilmData(title="Don", year=2006, tmdb_id=15)),
        ("<movie><title>Don</title></movie>\nhttps://www.themoviedb.org/movie/15-don",
         FilmData(title="Don", tmdb_id=15)),
        ("https://www.themoviedb.org/movie/11216-sholay?language=hi", FilmData(tmdb_id=11216)),
        ("<movie><title/><year>soon</year></movie>", FilmData()),
        ("  * * * Sholay 1975 1080p * * *  ", FilmData()),
        ("", FilmData()),
    ],
)  # fmt: skip
def test_an_nfo_says_what_players_wrote_into_it(text: str, film: FilmData) -> None:
    assert from_nfo(text.encode(), "x.nfo") == film


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<movie><title>Don</title>", "x.nfo: <movie> is never closed"),
        ("<movie><title>Don</movie>", "x.nfo: not valid XML .mismatched tag: line 1"),
        ('<!DOCTYPE movie [<!ENTITY a "b">]><movie><title>&a;</title></movie>',
         "x.nfo: declares entities or a document type"),
        ('<!DOCTYPE movie SYSTEM "file:///etc/passwd"><movie><title>A</title></movie>',
         "x.nfo: declares entities or a document type"),
    ],
)  # fmt: skip
def test_a_damaged_or_hostile_nfo_is_an_error(text: str, message: str) -> None:
    with pytest.raises(Problem, match=message):
        from_nfo(text.encode(), "x.nfo")


def test_the_encoding_is_the_one_declared() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><movie><title>Amélie</title></movie>'
    assert from_nfo(text.encode("latin-1"), "x.nfo").title == "Amélie"


def test_the_film_json_goes_before_the_nfo(tmp_path: Path) -> None:
    film = tmp_path / "My.Film.2021.mkv"
    assert sidecar(film) is None
    (tmp_path / "My.Film.2021.nfo").write_text(JELLYFIN)
    assert sidecar(film) == tmp_path / "My.Film.2021.nfo"
    (tmp_path / "My.Film.2021.film.json").write_text("{}")
    assert sidecar(film) == tmp_path / "My.Film.2021.film.json"


def test_a_link_out_of_the_folder_is_not_read_but_one_beside_the_film_is(tmp_path: Path) -> None:
    store, inbox, elsewhere = (tmp_path / name for name in ("store", "in", "elsewhere"))
    for folder in (store, inbox, elsewhere):
        folder.mkdir()
        (folder / "don.nfo").write_text(JELLYFIN)
    (store / "don.mkv").write_bytes(b"film")
    for name, target in (("own", inbox / "don.nfo"), ("far", elsewhere / "don.nfo")):
        (inbox / f"{name}.mkv").write_bytes(b"film")
        (inbox / f"{name}.nfo").symlink_to(target)
    for name in ("linked.mkv", "linked.nfo"):
        (inbox / name).symlink_to(store / f"don{Path(name).suffix}")
    assert sidecar(inbox / "own.mkv") == inbox / "own.nfo"
    assert sidecar(inbox / "linked.mkv") == inbox / "linked.nfo"
    assert sidecar(inbox / "far.mkv") is None


def test_a_film_json_may_say_as_little_as_it_likes(tmp_path: Path) -> None:
    path = tmp_path / "a.film.json"
    path.write_text(
        '{"schema": "sutradhar/film/1", "title": "शोले", "original_language": "hi",'
        ' "cast": [{"name": "Dharmendra", "part": "Veeru", "names": ["धर्मेन्द्र"]}]}'
    )
    assert read(path) == FilmData(
        source=str(path),
        title="शोले",
        original_language="hi",
        cast=(Person("Dharmendra", "Veeru", ("धर्मेन्द्र",)),),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"title": "Don"}', "schema is None, not 'sutradhar/film/1'; docs/films.md shows one"),
        ('{"schema": "sutradhar/film/1", "titel": "Don"}', "titel"),
        ('{"schema": "sutradhar/film/1", "year": "1975"}', "'1975' is no whole number @ $.year"),
        ("[]", "a.film.json"),
        ("{", "a.film.json"),
    ],
)
def test_a_wrong_film_json_is_an_error_that_names_it(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "a.film.json"
    path.write_text(text)
    with pytest.raises(Problem) as problem:
        read(path)
    assert message in str(problem.value)


def test_what_the_first_says_goes_before_the_second() -> None:
    first = FilmData("a.nfo", title="Don", titles=(Title("Don"),))
    second = FilmData("TMDB 15", title="Don: The Chase", year=2006, titles=(Title("D"),))
    assert merged(first, second) == FilmData(
        "a.nfo and TMDB 15", "Don", year=2006, titles=(Title("Don"),)
    )
    assert merged(FilmData(), second) == second
    assert merged(FilmData(), FilmData()) == FilmData()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.film.json", b"[" * 100_000),
        ("x.film.json", b'{"schema": "sutradhar/film/1", "year": 1e999}'),
        ("x.film.json", b'{"schema": "sutradhar/film/1", "year": NaN}'),
        ("x.film.json", b"\xff\xfe{"),
        ("x.film.json", b'{"schema": "sutradhar/film/1", "title": "' + b"x" * 4_000_000 + b'"}'),
        ("x.nfo", b"<movie><title>" + b"x" * 4_000_000 + b"</title></movie>"),
        ("x.nfo", b'<?xml version="1.0" encoding="nobody"?><movie><title>A</title></movie>'),
        ("x.nfo", b"<movie>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</movie>"),
        ("x.nfo", b"<movie><tmdbid>" + b"9" * 5000 + b"</tmdbid></movie>"),
        ("x.nfo", b"https://www.themoviedb.org/movie/" + b"9" * 5000),
    ],
)  # fmt: skip
def test_any_sidecar_is_read_or_ends_in_a_short_error_that_names_it(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    try:
        read(path)
    except Problem as problem:
        assert str(path) in str(problem)
        assert len(str(problem)) < 2000


@pytest.mark.parametrize("name", ["x.film.json", "x.nfo"])
def test_a_pipe_beside_a_film_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(Problem, match="not a regular file"):
        read(tmp_path / name)
