"""Which films there are."""

from pathlib import Path

import pytest

from lineage import Problem
from subtitling.films import Film, find, fingerprint

HEAD = "job\tmedia\tsource_language\ttarget_languages\ttitle\tyear\n"


def table(folder: Path, *rows: str) -> Path:
    path = folder / "films.tsv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


def found(folder: Path, *rows: str) -> dict[str, Film]:
    return find(table(folder, *rows), folder / "in", "auto", ("en",))


def test_a_row_says_what_the_film_is(tmp_path: Path) -> None:
    films = found(tmp_path, "sholay\t/films/sholay.mkv\thi\ten, ta\tशोले\t1975")
    assert films == {"sholay": Film("sholay", "/films/sholay.mkv", "hi", ("en", "ta"), "शोले", 1975)}


def test_a_row_may_name_the_film_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "films.tsv"
    path.write_text("job\tmedia\ttmdb_id\nsholay\tx.mkv\t11216\n", "utf-8")
    assert find(path, tmp_path / "in", "hi", ("en",))["sholay"].tmdb_id == 11216
    path.write_text("job\tmedia\ttmdb_id\nsholay\tx.mkv\ttt0073707\n", "utf-8")
    with pytest.raises(Problem, match="line 2, tmdb_id: 'tt0073707' is not of type 'integer'"):
        find(path, tmp_path / "in", "hi", ("en",))


def test_empty_cells_take_the_configurations_languages(tmp_path: Path) -> None:
    assert found(tmp_path, "a\tb.mkv\t\t\t\t", "", "#c\td.mkv\t\t\t\t") == {
        "a": Film("a", "b.mkv", "auto", ("en",))
    }


def test_a_film_in_the_inbox_is_a_job_without_a_row(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    for name in ("मेरी फ़िल्म.MKV", "notes.txt", ".half.mkv"):
        (inbox / name).touch()
    films = found(tmp_path)
    assert list(films) == ["मेरी फ़िल्म"]
    assert films["मेरी फ़िल्म"].source_language == "auto"


def test_a_row_goes_before_the_inbox(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "a.mkv").touch()
    films = found(tmp_path, f"other\t{inbox / 'a.mkv'}\thi\t\t\t")
    assert list(films) == ["other"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a/b\tx.mkv\t\t\t\t", "line 2, job: 'a/b' does not match"),
        ("a\t\t\t\t\t", "'media' is a required property"),
        ("a\tx.mkv\thindi\t\t\t", "line 2, source_language: 'hindi' does not match"),
        ("a\tx.mkv\thi\ten,,\t\t", "line 2, target_languages"),
        ("a\tx.mkv\thi\ten,en\t\t", "line 2, target_languages"),
        ("a\tx.mkv\thi\ten\t\tsoon", "line 2, year: 'soon' is not of type 'integer'"),
        ("a\tx.mkv\thi", "line 2: not as many cells"),
        ("a\tx.mkv\thi\ten\t\t\textra", "line 2: not as many cells"),
        ("a\tx{1}.mkv\thi\ten\t\t", "braces"),
    ],
)
def test_a_wrong_row_is_named_with_its_line_and_column(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(Problem) as problem:
        found(tmp_path, row)
    assert told in str(problem.value)


def test_unknown_columns_and_double_jobs_are_errors(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="job a stands there twice"):
        found(tmp_path, "a\tx.mkv\t\t\t\t", "a\ty.mkv\t\t\t\t")
    path = tmp_path / "films.tsv"
    path.write_text("job\tmedia\tlangauge\n", "utf-8")
    with pytest.raises(Problem, match=r"unknown columns \['langauge'\]"):
        find(path, tmp_path, "auto", ("en",))
    with pytest.raises(Problem, match="no such file"):
        find(tmp_path / "none.tsv", tmp_path, "auto", ("en",))


def test_two_films_of_one_name_are_an_error(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "a.mkv").touch()
    (inbox / "a.mp4").touch()
    with pytest.raises(Problem, match="is job a already"):
        found(tmp_path)


def test_the_fingerprint_follows_the_content_not_the_time(tmp_path: Path) -> None:
    film = tmp_path / "film"
    film.write_bytes(bytes(3_000_000))
    before = fingerprint(film)
    film.touch()
    assert fingerprint(film) == before
    film.write_bytes(bytes(2_999_999) + b"x")
    assert fingerprint(film) != before
    film.write_bytes(bytes(3_000_001))
    assert fingerprint(film) != before
