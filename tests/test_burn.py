"""Subtitles in the picture: that they are seen when they are said, and that no frame is lost."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import beats
import films
import numpy as np
import pytest
from test_media import LIMITS, limits
from test_mux import stream, told

from lineage import Problem
from subtitling import burn, formats, media, model

OPTIONS = burn.Options(container="mp4", crf=20, preset="ultrafast", threads=1)
FONT = Path(str(files("matplotlib") / "mpl-data/fonts/ttf/DejaVuSansMono.ttf"))
QUICK = (
    *("plain.mkv", "joined.ts", "edited.mp4", "late_picture.mp4", "negative_start.mkv"),
    *("variable_rate.mkv", "late_sound.ts", "everything.mkv"),
)
AFTER_MS = 400  # a cue begins this long after a flash, and is as long


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    films.make(folder, frozenset({*QUICK, "cover.mp3"}))
    return folder


def ass(path: Path, times: list[int]) -> Path:
    """Cues of letters that no picture of these films has, at the bottom."""
    cues = [model.Cue(f"c{n}", t, t + AFTER_MS, ("M" * 20,), ()) for n, t in enumerate(times)]
    formats.write(cues, path, formats.Screen(160, 90))
    return path


def burnt(film: Path, track: Path, out: Path, options: burn.Options = OPTIONS) -> burn.Report:
    return burn.write(film, told(film)[1], track, [FONT], out, options, LIMITS, lambda *_: None)


def seen_ms(film: Path) -> tuple[list[int], list[int]]:
    """When the picture flashes, and when letters are first seen in a picture that is dark else."""
    flashes, letters = [], []
    with media.opened(film) as container:
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="gray")
            now = float(frame.pts * frame.time_base) * 1000
            if np.mean(picture[:30]) > 128:
                flashes.append(now)
            elif np.max(picture[60:]) > 100:
                letters.append(now)
    return beats._begins(flashes), beats._begins(letters)


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_letters_are_seen_when_their_cue_says_and_no_frame_is_lost(
    name: str, container: str, made: Path, tmp_path: Path
) -> None:
    flac, out = tmp_path / "audio.flac", tmp_path / f"burnt.{container}"
    probe, _ = told(made / name)
    track = next(s for s in probe.streams if s.kind == "audio")
    media.extract_audio(made / name, probe, track, flac, LIMITS, lambda *_: None)
    heard = beats.beeps_ms(flac)
    cues = ass(tmp_path / "en.ass", [ms + AFTER_MS for ms in heard])
    report = burnt(made / name, cues, out, replace(OPTIONS, container=container))
    assert report.frames[0] == report.frames[1]
    flashes, letters = seen_ms(out)
    assert len(flashes) == len(letters) == len(heard)
    off = [seen - flash - AFTER_MS for seen, flash in zip(letters, flashes, strict=True)]
    slack = next(film.slack_ms for film in films.FILMS if film.name == name)
    assert max(map(abs, off)) <= slack, (letters, flashes)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["audio.flac", out.name, "en.ass"]


def test_no_name_of_a_film_or_folder_says_anything_to_the_filter(
    made: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "a',b[0]:c=\\d;%{e}\n "
    folder.mkdir()
    film = folder / "'-film'.mkv"
    film.write_bytes((made / "plain.mkv").read_bytes())
    report = burnt(film, ass(folder / "e'n.ass", [1000]), folder / "burnt.mp4")
    assert report.fonts
    assert len(seen_ms(folder / "burnt.mp4")[1]) == 1


def test_a_font_that_is_given_is_drawn_with(made: Path, tmp_path: Path) -> None:
    track = ass(tmp_path / "en.ass", [1000])
    track.write_text(track.read_text("utf-8").replace("Noto Sans", "DejaVu Sans Mono"), "utf-8")
    report = burn.write(
        made / "plain.mkv", told(made / "plain.mkv")[1], track, [FONT], tmp_path / "burnt.mp4",
        OPTIONS, LIMITS, lambda *_: None,
    )  # fmt: skip
    # Of a font of the host's, its path would stand there.
    assert report.fonts == ["(DejaVu Sans Mono, 400, 0) -> DejaVuSansMono, 0, DejaVuSansMono"]


def test_letters_that_no_font_has_are_told_of(made: Path, tmp_path: Path) -> None:
    track = ass(tmp_path / "en.ass", [1000])
    track.write_text(track.read_text("utf-8").replace("MMM", "\U0010fffd", 1), "utf-8")
    report = burnt(made / "plain.mkv", track, tmp_path / "burnt.mp4")
    assert any("0x10FFFD" in line for line in report.missing)


def test_what_is_not_drawn_into_is_named(made: Path, tmp_path: Path) -> None:
    report = burnt(made / "everything.mkv", ass(tmp_path / "a.ass", []), tmp_path / "burnt.mp4")
    assert report.left_out == [
        "2 subtitle ass", "3 subtitle ass", "4 subtitle ass", "5 attachment unknown",
        "6 cover mjpeg",
    ]  # fmt: skip
    assert report.fonts == []


@pytest.mark.parametrize(
    ("streams", "text"),
    [
        ([stream(0, "audio", "aac"), stream(1, "cover", "mjpeg")], "no picture"),
        ([stream(0, "video", "h264"), stream(1, "audio", "wmav2")], r"burn_in\.container to mkv"),
    ],
)
def test_a_film_that_cannot_be_drawn_into_is_refused_with_what_to_do(
    streams: list[model.Stream], text: str
) -> None:
    with pytest.raises(Problem, match=text):
        burn.chosen(streams, "mp4")


def test_a_result_over_its_limit_is_refused_and_nothing_is_left(made: Path, tmp_path: Path) -> None:
    track = ass(tmp_path / "en.ass", [1000])
    with pytest.raises(Problem, match=r"limits\.max_output_gb"):
        burn.write(
            made / "plain.mkv", told(made / "plain.mkv")[1], track, [], tmp_path / "burnt.mp4",
            OPTIONS, limits(max_output_gb=1e-6), lambda *_: None,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == [track]


def test_the_same_inputs_and_threads_give_the_same_bytes(made: Path, tmp_path: Path) -> None:
    track, two = ass(tmp_path / "en.ass", [1000]), replace(OPTIONS, threads=2)
    for name in ("a.mp4", "b.mp4"):
        burnt(made / "plain.mkv", track, tmp_path / name, two)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


FILM = [burn.Row("hevc", 250, 40_000, 10_000_000), burn.Row("aac", 430, 0, 9_990_000)]
MADE = [burn.Row("h264", 250, 61_000, 10_021_000), burn.Row("aac", 430, 21_000, 10_011_000)]


def test_a_burnt_film_with_all_frames_and_all_sound_passes_wherever_it_begins() -> None:
    assert burn.check(FILM, MADE, jumps=False) == (250, 250)


def test_a_few_frames_that_cannot_be_decoded_are_no_error_but_counted() -> None:
    made = [replace(MADE[0], packets=248, first_us=141_000), MADE[1]]
    assert burn.check(FILM, made, jumps=False) == (250, 248)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        ([MADE[0]], "holds"),
        ([MADE[0], replace(MADE[1], codec="ac3")], "holds"),
        ([replace(MADE[0], packets=240), MADE[1]], "has 240 frames, not 250"),
        ([MADE[0], replace(MADE[1], packets=429)], "sound 1 .* 429 packets, not 430"),
        ([replace(MADE[0], last_us=9_000_000), MADE[1]], "the picture .* ends -1021 ms off"),
        ([MADE[0], replace(MADE[1], first_us=121_000)], "sound 1 .* begins 100 ms off"),
    ],
)
def test_whatever_is_lost_or_moved_is_an_error(made: list[burn.Row], text: str) -> None:
    with pytest.raises(Problem, match=text):
        burn.check(FILM, made, jumps=False)
