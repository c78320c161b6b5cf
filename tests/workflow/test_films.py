"""Which films there are."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lineage.problem import Problem
from subtitling.media.identity import fingerprint, unchanged
from subtitling.workflow.films import Film, Films, find, no_target, strays

HEAD = "job\tmedia\tsource_language\ttarget_languages\ttitle\tyear\n"


def table(folder: Path, *rows: str) -> Path:
    path = folder / "films.tsv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


def films_of(folder: Path, *rows: str) -> dict[str, Film]:
    """The films of a table and of the inbox, those that are left out among them."""
    films = find(table(folder, *rows), folder / "in", "auto", ("en",))
    assert not films.left_out
    return films.by_job


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in which the films that the rows of these tests name are there."""
    monkeypatch.chdir(tmp_path)
    for name in ("x.mkv", "y.mkv", "b.mkv"):
        (tmp_path / name).touch()


def test_a_row_says_what_the_film_is(tmp_path: Path) -> None:
    films = films_of(tmp_path, "sholay\tx.mkv\thi\ten, ta\tशोले\t1975")
    assert films == {"sholay": Film("sholay", "x.mkv", "hi", ("en", "ta"), "शोले", 1975)}


def test_all_wrong_rows_are_named_at_once_and_the_unclosed_quote_behind_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "films.csv"
    rows = [",x.mkv,1975", "b,,1975", 'c,"c.mkv,75', "d,d.mkv,1975"]
    path.write_text("\n".join(["job,media,year", *rows]), "utf-8")
    with pytest.raises(Problem) as caught:
        find(path, tmp_path / "in", "hi", ("en",))
    starts = [line.partition(": ")[0] for line in str(caught.value).split("\n")]
    assert starts == [f"{path}, line 2, job", f"{path}, line 3, media", f"{path}, line 4"]
    path.write_text("job,media,year\n" + 9 * "a,a.mkv,75\n", "utf-8")
    with pytest.raises(Problem) as caught:
        find(path, tmp_path / "in", "hi", ("en",))
    assert str(caught.value).split("\n")[5:] == ["and 4 more"]
    path.write_text("job,media,year\n" + 3 * "a,a.mkv,1975\n", "utf-8")
    with pytest.raises(Problem, match=r"(?s)line 3: duplicate job a.*line 4: duplicate job a"):
        find(path, tmp_path / "in", "hi", ("en",))


def test_a_row_may_name_the_film_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "films.tsv"
    path.write_text("job\tmedia\ttmdb_id\nsholay\tx.mkv\t11216\n", "utf-8")
    assert find(path, tmp_path / "in", "hi", ("en",)).by_job["sholay"].tmdb_id == 11216
    path.write_text("job\tmedia\ttmdb_id\nsholay\tx.mkv\ttt0073707\n", "utf-8")
    with pytest.raises(Problem, match="line 2, tmdb_id: 'tt0073707' is not of type 'integer'"):
        find(path, tmp_path / "in", "hi", ("en",))


def test_empty_cells_take_the_configurations_languages(tmp_path: Path) -> None:
    assert films_of(tmp_path, "a\tb.mkv\t\t\t\t", "", "#c\td.mkv\t\t\t\t") == {
        "a": Film("a", "b.mkv", "auto", ("en",))
    }


def test_a_film_in_the_inbox_is_a_job_without_a_row(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    for name in ("मेरी फ़िल्म.MKV", "notes.txt", ".half.mkv"):
        (inbox / name).touch()
    films = films_of(tmp_path)
    assert list(films) == ["मेरी फ़िल्म"]
    assert films["मेरी फ़िल्म"].source_language == "auto"


def test_a_row_goes_before_the_inbox(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "a.mkv").touch()
    films = films_of(tmp_path, f"other\t{inbox / 'a.mkv'}\thi\t\t\t")
    assert list(films) == ["other"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a/b\tx.mkv\t\t\t\t", "line 2, job: 'a/b' does not match"),
        ("a\t\t\t\t\t", "line 2, media: empty. Path of the film"),
        ("a\tx.mkv\thindi\t\t\t", "line 2, source_language: 'hindi': write hi for Hindi"),
        ("a\tx.mkv\thin\ten\t\t", "line 2, source_language: 'hin': write hi for Hindi"),
        ("a\tx.mkv\thi\ten,pt_BR\t\t", "line 2, target_languages: 'pt_BR': write pt-BR for Por"),
        ("a\tx.mkv\thi\txx\t\t", "line 2, target_languages: 'xx' is the code of no language"),
        ("a\tx.mkv\thi\ten,en\t\t", "line 2, target_languages: has en more than once"),
        ("a\tx.mkv\thi\ten\t\tsoon", "line 2, year: 'soon' is not of type 'integer'"),
        ("a\tx.mkv\thi", "line 2: 3 cells, but the header has 6 columns"),
        ("a\tx.mkv\thi\ten\t\t\textra", "line 2: 7 cells, but the header has 6 columns"),
    ],
)
def test_a_wrong_row_is_named_with_its_line_and_column(
    tmp_path: Path, row: str, message: str
) -> None:
    with pytest.raises(Problem) as problem:
        films_of(tmp_path, row)
    assert message in str(problem.value)


def test_unknown_columns_and_double_jobs_are_errors(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"line 3: duplicate job a, see .*line 2"):
        films_of(tmp_path, "a\tx.mkv\t\t\t\t", "a\ty.mkv\t\t\t\t")
    path = tmp_path / "films.tsv"
    path.write_text("job\tmedia\tlangauge\n", "utf-8")
    with pytest.raises(Problem, match=r"unknown columns \['langauge'\]"):
        find(path, tmp_path, "auto", ("en",))
    with pytest.raises(Problem, match="no such file"):
        find(tmp_path / "none.tsv", tmp_path, "auto", ("en",))
    with pytest.raises(Problem, match="a folder; `films` in the configuration"):
        find(tmp_path, tmp_path / "in", "hi", ("en",))


def left_out(folder: Path, name: str) -> str:
    """What is said of a film in the inbox that is left out, beside one that is not."""
    inbox = folder / "in"
    (inbox / "good.mkv").touch()
    films = find(table(folder), inbox, "auto", ("en",))
    assert list(films.by_job) == ["good"]
    assert list(films.left_out) == [Path(name).stem]
    return films.left_out[Path(name).stem]


def make_link(path: Path) -> None:
    path.symlink_to("nowhere")


def make_future(path: Path) -> None:
    path.touch()
    os.utime(path, (4_000_000_000, 4_000_000_000))


def make_twin(path: Path) -> None:
    path.touch()
    path.with_suffix(".mp4").touch()


def make_sidecar_of_the_future(path: Path) -> None:
    path.touch()
    make_future(path.with_suffix(".nfo"))


@pytest.mark.parametrize(
    ("name", "make", "text"),
    [
        ("link.mkv", make_link, "the link leads nowhere"),
        ("folder.mkv", Path.mkdir, "folder.mkv: a folder; name the film in it"),
        ("pipe.mkv", os.mkfifo, "not a regular file"),
        ("a{1}.mkv", Path.touch, "must not contain braces"),
        ("<b>.mkv", Path.touch, "<b> must not be"),
        ("a <results>.mkv", Path.touch, "<results> must not be"),
        ("late.mkv", make_future, "late.mkv: its time stamp, 2096-10-02 07:06:40"),
        ("told.mkv", make_sidecar_of_the_future, "told.nfo: its time stamp, 2096"),
        ("twice.mkv", make_twin, "twice.mp4 are both job twice"),
        ("overview.html.mkv", Path.touch, "rename the film"),
        ("\udcff.mkv", Path.touch, "not UTF-8 text"),
    ],
)
def test_a_film_that_nothing_can_be_made_of_is_left_out_and_no_other(
    tmp_path: Path, name: str, make: Callable[[Path], object], text: str
) -> None:
    (tmp_path / "in").mkdir()
    make(tmp_path / "in" / name)
    assert text in left_out(tmp_path, name)


def test_a_row_whose_film_is_not_there_leaves_out_that_film(tmp_path: Path) -> None:
    films = find(table(tmp_path, "a\tnone.mkv\t\t\t\t"), tmp_path / "in", "auto", ("en",))
    assert films.left_out["a"].startswith("none.mkv: there is no such file; put the film there")
    assert films.left_out["a"].endswith("films.tsv, line 2)")


def test_a_name_that_leaves_no_room_for_a_sidecars_is_a_films_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    name = "क" * 83 + "aa"  # 251 bytes
    (tmp_path / "in" / f"{name}.mkv").touch()
    assert list(films_of(tmp_path)) == [name]


def test_a_row_goes_before_a_file_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mkv").touch()
    films = find(table(tmp_path, "a\tx.mkv\t\t\t\t"), tmp_path / "in", "auto", ("en",))
    assert films.by_job["a"].media == "x.mkv"
    assert "is job a already" in films.left_out["a.mkv"]


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


SHOLAY = Film("sholay", "sholay.mkv", "hi", ("en", "pt"), "Sholay, the film", 1975)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}sholay\tsholay.mkv\thi\ten,pt\tSholay, the film\t1975\n",
        # Excel: "Unicode text" quotes cells with commas; CSV has semicolons in much of the world.
        f'{HEAD}sholay\tsholay.mkv\thi\t"en,pt"\t"Sholay, the film"\t1975\r\n\t\t\t\t\t\r\n',
        f"{HEAD}sholay\tsholay.mkv\thi\ten; pt\tSholay, the film\t1975\n".replace(
            "\t", ","
        ).replace("Sholay, the film", '"Sholay, the film"'),
        "sep=;\njob;media;source_language;target_languages;title;year;;\n"
        "sholay;sholay.mkv;hi;en pt;Sholay, the film;1975;;\n;;;;;;;\n",
        "# ours\n\njob, media, source_language, target_languages, title, year\n"
        'sholay, sholay.mkv, hi, "en, pt", "Sholay, the film", 1975\n',
        f"{HEAD}sholay\tsholay.mkv\thi\ten pt\tSholay, the film\t1975.0\n",
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_read_as_editors_and_spreadsheets_write_it(
    tmp_path: Path, text: str, coding: str
) -> None:
    path = tmp_path / "films.tsv"
    path.write_bytes(text.encode(coding))
    (tmp_path / "sholay.mkv").touch()
    assert find(path, tmp_path / "in", "auto", ("en",)).by_job == {"sholay": SHOLAY}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("job     media    title\na  x.mkv  A\n", "line 1: separate the cells by tabs, commas or"),
        ("job,media,sorce_language\n", "unknown columns .*did you mean source_language"),
        ('job,media\na,"x" y.mkv\n', "line 2: quotes must enclose a whole cell"),
        # Named where it opens, not where the file ends.
        ('job,media\na,"x.mkv\nb,y.mkv\n', "line 2: quotes must enclose a whole cell"),
        ("job,media,\na,x.mkv,Sholay\n", "line 2: 3 cells, but the header has 2 columns"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "films.tsv"
    path.write_text(text, "utf-8")
    with pytest.raises(Problem, match=message):
        find(path, tmp_path / "in", "auto", ("en",))


def test_quotes_and_spaces_of_a_name_are_its_own(tmp_path: Path) -> None:
    (tmp_path / '"Rock"  n Roll.mkv').touch()
    assert films_of(tmp_path, 'a\t"Rock"  n Roll.mkv\t\t\t\t')["a"].media == '"Rock"  n Roll.mkv'


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert films_of(tmp_path, "a\t~/x.mkv\t\t\t\t")["a"].media == str(tmp_path / "x.mkv")


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
    lines = list(strays(inbox, films_of(tmp_path).values()))
    assert [line.partition(":")[0] for line in lines] == [
        str(inbox / name) for name in ("b.avchd", "e.rmvb", "new/c.mp4")
    ]


def test_a_film_that_changes_while_it_is_worked_on_is_an_error(tmp_path: Path) -> None:
    film = tmp_path / "film"
    film.write_bytes(b"as it was heard")
    with unchanged(film) as known:
        film.touch()
    with pytest.raises(Problem, match="film: the film was changed"), unchanged(film, known):
        film.write_bytes(b"as it was heard, and more")
    with pytest.raises(Problem, match="was changed"), unchanged(film, known):
        raise AssertionError("nothing is begun")


@pytest.mark.parametrize("sign", ["\x1b[31m", "\n", "\r", "\x07", "\x9b", "\x7f", "\t"])
def test_a_name_that_a_terminal_would_obey_is_left_out(tmp_path: Path, sign: str) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / f"a{sign}b.mkv").write_bytes(b"x")
    (inbox / "a \u202bשלום\u202c.mkv").write_bytes(b"x")
    films = find(table(tmp_path), inbox, "auto", ("en",))
    assert list(films.by_job) == ["a \u202bשלום\u202c"]
    assert list(films.left_out) == [f"a{sign}b"]
    assert "control characters" in films.left_out[f"a{sign}b"]
    assert "rename the file" in films.left_out[f"a{sign}b"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("sholey", "no film for job sholey; did you mean sholay? Jobs: sholay"),
        ("out/sholey/01_demux/x", "no film for job sholey; did you mean sholay? Jobs: sholay"),
        ("transcibe", "no film for job transcibe; did you mean transcribe? Jobs: sholay"),
        ("out/sholay", "out/sholay is a folder: give the name of its job, sholay"),
        ("in/sholay.mkv", "in/sholay.mkv is a film: give the name of its job, sholay"),
        ("two", "two: in/two.mkv and in/two.mp4 are both job two; rename one of them"),
        ("models/tiny-bse/x", "models/tiny-bse/x: no model tiny-bse; did you mean tiny-base?"),
        ("sholay", None),
        ("transcribe", None),
        ("out/sholay/10_mux/final.mkv", None),
        ("sholay.mkv", "no film for job sholay.mkv; did you mean sholay? Jobs: sholay"),
        (
            "in/sholy.mkv",
            "in/sholy.mkv: there is no such file, and nothing makes it; did you mean sholay? "
            "Jobs: sholay",
        ),
        (
            "out/sholay/10_mux/final.mp4",
            "out/sholay/10_mux/final.mp4: nothing makes this; for all results of the film give "
            "its job, sholay",
        ),
        ("models/tiny-base", "models/tiny-base: give models/tiny-base/model.json"),
        ("models/tiny-base/model.json", None),
        ("mine.tsv", None),
        (".", None),
    ],
)  # fmt: skip
def test_what_was_asked_for_and_is_not_there_is_said_with_what_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, message: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.tsv").touch()
    known = Films(
        {"sholay": Film("sholay", "in/sholay.mkv", "hi", ("en",))},
        {"two": "in/two.mkv and in/two.mp4 are both job two; rename one of them"},
    )
    rules, made = {"sholay", "transcribe", "models"}, {"final.mkv", "model.json"}
    why = no_target(target, rules, known, ["tiny-base"], lambda file: Path(file).name in made)
    assert why == message
