"""Which text a film begins from."""

from dataclasses import replace
from pathlib import Path

import pytest

from lineage.problem import Problem
from subtitling.known_text import sources
from subtitling.known_text.sources import Source
from subtitling.workflow.films import Film


def film(folder: Path, spoken: str = "hi", **more: str) -> Film:
    media = str(folder / "sholay.mkv")
    return Film("sholay", media, spoken, ("en", "pt"), where="films.tsv, line 2", **more)  # type: ignore[arg-type]


def beside(folder: Path, *names: str) -> None:
    for name in ("sholay.mkv", *names):
        (folder / name).write_text("x", encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "kind", "used"),
    [
        (("sholay.script.txt", "sholay.hi.srt"), sources.SCRIPT, "sholay.script.txt"),
        (("sholay.en.srt", "sholay.hi.vtt"), sources.SPOKEN, "sholay.hi.vtt"),
        (("sholay.de.srt", "sholay.en.ttml"), sources.OTHER, "sholay.en.ttml"),
        (("sholay.fountain",), sources.SCRIPT, "sholay.fountain"),
    ],
)
def test_the_best_text_beside_a_film_is_used(
    tmp_path: Path, names: tuple[str, ...], kind: str, used: str
) -> None:
    beside(tmp_path, *names)
    source = sources.of(film(tmp_path), beside=True)
    assert source is not None
    assert (source.kind, source.path, source.beside) == (kind, str(tmp_path / used), True)
    assert sources.of(film(tmp_path), beside=False) is None
    assert sources.of(film(tmp_path, text="none"), beside=True) is None


def test_where_nobody_says_what_is_spoken_subtitles_may_be_in_another_language(
    tmp_path: Path,
) -> None:
    beside(tmp_path, "sholay.hi.srt")
    source = sources.of(film(tmp_path, "auto"), beside=True)
    assert source is not None
    assert (source.kind, source.language) == (sources.OTHER, "hi")


def test_what_is_beside_a_film_and_not_used_is_named(tmp_path: Path) -> None:
    beside(tmp_path, "sholay.srt", "sholay.hin.srt", "sholay.en.srt", "sholay.de.srt", "don.en.srt")
    source = sources.of(film(tmp_path), beside=True)
    lines = [
        line.removeprefix(f"{tmp_path}/") for line in sources.unused(film(tmp_path).media, source)
    ]
    assert lines == [
        f"sholay.de.srt: not used: a film begins from one text, {tmp_path}/sholay.en.srt",
        "sholay.hin.srt: not used: 'hin': write hi for Hindi",
        "sholay.srt: not used: its name has no language, as sholay.hi.srt has",
    ]


def test_a_link_to_a_file_elsewhere_is_not_beside(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    beside(folder)
    (tmp_path / "secret.txt").write_text("x", encoding="utf-8")
    (folder / "sholay.script.txt").symlink_to(tmp_path / "secret.txt")
    assert sources.of(film(folder), beside=True) is None


def test_a_row_names_a_file_or_a_track(tmp_path: Path) -> None:
    path = tmp_path / "other.en.srt"
    path.write_text("x", encoding="utf-8")
    assert sources.of(film(tmp_path, text=str(path)), beside=True) == Source(
        "other", str(path), None, "en"
    )
    assert sources.of(film(tmp_path, text="track:hi"), beside=True) == Source(
        "spoken", None, "hi", "hi"
    )
    row = film(tmp_path, text="track:3", text_language="en")
    assert sources.of(row, beside=True) == Source("other", None, "3", "en")
    assert sources.of(film(tmp_path, text="track:3"), beside=True) == Source(
        "spoken", None, "3", "hi"
    )


@pytest.mark.parametrize(
    ("text", "spoken", "more", "message"),
    [
        ("gone.srt", "hi", {}, "films.tsv, line 2, text: gone.srt: no such file"),
        ("track:hin", "hi", {}, "line 2, text: 'hin': write hi for Hindi"),
        ("track:0", "auto", {}, "say in text_language which language track:0 is in"),
        ("{}/a.doc", "hi", {}, "its name must end in one of .txt"),
        ("{}/a.txt", "hi", {"text_language": "en"}, "is in English, the film in Hindi"),
    ],
)
def test_what_can_t_be_a_text_is_named(
    tmp_path: Path, text: str, spoken: str, more: dict[str, str], message: str
) -> None:
    for name in ("a.doc", "a.txt"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    with pytest.raises(Problem, match=message):
        sources.of(film(tmp_path, spoken, text=text.format(tmp_path), **more), beside=True)


def test_hindi_in_latin_letters_serves_tracks_in_these_alone(tmp_path: Path) -> None:
    beside(tmp_path, "sholay.hi-Latn.srt")
    asked = film(tmp_path)
    assert sources.of(asked, beside=True) is None
    [line] = sources.unused(asked.media, None)
    assert line.endswith("sholay.hi-Latn.srt: not used: only tracks in hi-Latn can be made of it")
    alone = sources.of(replace(asked, target_languages=("hi-Latn",)), beside=True)
    assert alone is not None
    assert (alone.kind, alone.language) == (sources.OTHER, "hi-Latn")
    path = str(tmp_path / "sholay.hi-Latn.srt")
    with pytest.raises(Problem, match="of which no track in en or pt can be made"):
        sources.of(replace(asked, text=path), beside=True)
    beside(tmp_path, "sholay.sr-Latn.srt")
    serbian = sources.of(film(tmp_path, "sr", text_language="sr-Latn"), beside=True)
    assert serbian is not None
