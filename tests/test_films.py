"""Which films there are."""

from pathlib import Path

import pytest

from lineage import Problem
from subtitling.films import Film, find, fingerprint, strays

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
        ("a\tx.mkv\thindi\t\t\t", "line 2, source_language: 'hindi': write hi for Hindi"),
        ("a\tx.mkv\thin\ten\t\t", "line 2, source_language: 'hin': write hi for Hindi"),
        ("a\tx.mkv\thi\ten,pt-BR\t\t", "line 2, target_languages: 'pt-BR': write pt for Portug"),
        ("a\tx.mkv\thi\txx\t\t", "line 2, target_languages: 'xx' is the code of no language"),
        ("a\tx.mkv\thi\ten,en\t\t", "line 2, target_languages"),
        ("a\tx.mkv\thi\ten\t\tsoon", "line 2, year: 'soon' is not of type 'integer'"),
        ("a\tx.mkv\thi", "line 2: 3 cells, but the header has 6 columns"),
        ("a\tx.mkv\thi\ten\t\t\textra", "line 2: 7 cells, but the header has 6 columns"),
        ("a\tx{1}.mkv\thi\ten\t\t", "braces"),
    ],
)
def test_a_wrong_row_is_named_with_its_line_and_column(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(Problem) as problem:
        found(tmp_path, row)
    assert told in str(problem.value)


def test_unknown_columns_and_double_jobs_are_errors(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"line 3: duplicate job a, see .*line 2"):
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


SHOLAY = Film("sholay", "/films/sholay.mkv", "hi", ("en", "pt"), "Sholay, the film", 1975)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}sholay\t/films/sholay.mkv\thi\ten,pt\tSholay, the film\t1975\n",
        # Excel: "Unicode text" quotes cells with commas; CSV has semicolons in much of the world.
        f'{HEAD}sholay\t/films/sholay.mkv\thi\t"en,pt"\t"Sholay, the film"\t1975\r\n\t\t\t\t\t\r\n',
        f"{HEAD}sholay\t/films/sholay.mkv\thi\ten; pt\tSholay, the film\t1975\n".replace(
            "\t", ","
        ).replace("Sholay, the film", '"Sholay, the film"'),
        "sep=;\njob;media;source_language;target_languages;title;year;;\n"
        "sholay;/films/sholay.mkv;hi;en pt;Sholay, the film;1975;;\n;;;;;;;\n",
        "# ours\n\njob, media, source_language, target_languages, title, year\n"
        'sholay, /films/sholay.mkv, hi, "en, pt", "Sholay, the film", 1975\n',
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_read_as_editors_and_spreadsheets_write_it(
    tmp_path: Path, text: str, coding: str
) -> None:
    path = tmp_path / "films.tsv"
    path.write_bytes(text.encode(coding))
    assert find(path, tmp_path / "in", "auto", ("en",)) == {"sholay": SHOLAY}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("job     media    title\na  x.mkv  A\n", "line 1: separate the cells by tabs, commas or"),
        ("job,media,sorce_language\n", "unknown columns .*did you mean source_language"),
        ('job,media\na,"x" y.mkv\n', "line 2: quotes must enclose a whole cell"),
        ("job,media,\na,x.mkv,Sholay\n", "line 2: 3 cells, but the header has 2 columns"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "films.tsv"
    path.write_text(text, "utf-8")
    with pytest.raises(Problem, match=told):
        find(path, tmp_path / "in", "auto", ("en",))


def test_quotes_and_spaces_of_a_name_are_its_own(tmp_path: Path) -> None:
    assert found(tmp_path, 'a\t"Rock"  n Roll.mkv\t\t\t\t')["a"].media == '"Rock"  n Roll.mkv'


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert found(tmp_path, "a\t~/a.mkv\t\t\t\t")["a"].media == "/home/me/a.mkv"


def test_files_that_look_meant_for_us_and_are_not_used_are_named(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    (inbox / "new").mkdir(parents=True)
    for name in (
        "a.mkv",
        "a.nfo",
        "a.en.srt",
        "b.avchd",
        "README.md",
        ".x",
        "new/c.mp4",
        "d.srt",
        "e.rmvb",
        "notes.txt",
        "poster.jpg",
    ):
        (inbox / name).touch()
    told = list(strays(inbox, found(tmp_path).values()))
    assert [line.partition(":")[0] for line in told] == [
        str(inbox / name) for name in ("b.avchd", "e.rmvb", "new/c.mp4")
    ]
