"""Subtitles in the picture: that they are seen when they are said, and that no frame is lost."""

import shutil
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import beats
import films
import numpy as np
import pysubs2
import pytest
import recorded
from media_limits import LIMITS, limits
from muxed_films import probed, reported_by_ffmpeg, stream

from lineage import Manifest
from lineage.problem import Problem
from subtitling import documents
from subtitling.media import audio_file, containers
from subtitling.muxing import burn_in
from subtitling.muxing.burn_in import BurnInOptions
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import Screen, screen_of

OPTIONS = BurnInOptions(container="mp4", crf=20, preset="ultrafast", threads=1)
FONT = Path(str(files("matplotlib") / "mpl-data/fonts/ttf/DejaVuSansMono.ttf"))
QUICK = (
    *("plain.mkv", "joined.ts", "edited.mp4", "late_picture.mp4", "negative_start.mkv"),
    *("variable_rate.mkv", "late_sound.ts", "everything.mkv"),
)
TURNED = ("rotated.mp4", "rotated_180.mp4", "rotated_270.mp4", "rotated_90.mkv")
HDR = ("hdr.mkv", "hlg.mkv", "dolby_vision.mp4")
SMALL = Screen(160, 90)
AFTER_MS = 400  # a cue begins this long after a flash, and is as long


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    films.make(folder, frozenset({*QUICK, *TURNED, *HDR, "cover.mp3", "dolby_vision_5.mp4"}))
    return folder


def ass(path: Path, times: list[int], screen: Screen = SMALL) -> Path:
    """Cues of letters that no picture of these films has, at the bottom."""
    cues = [documents.Cue(f"c{n}", t, t + AFTER_MS, ("M" * 20,), ()) for n, t in enumerate(times)]
    subtitle_files.write(cues, path, screen)
    return path


def burnt(film: Path, track: Path, out: Path, options: BurnInOptions = OPTIONS) -> burn_in.Report:
    return burn_in.write(
        film, probed(film)[1], track, [FONT], out, options, LIMITS, lambda *_: None
    )


def seen_ms(film: Path) -> tuple[list[int], list[int]]:
    """When the picture flashes, and when letters are first seen in a picture that is dark else."""
    flashes, letters = [], []
    with containers.opened(film) as container:
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="gray")
            now = float(frame.pts * frame.time_base) * 1000
            if np.mean(picture[:30]) > 128:
                flashes.append(now)
            elif np.max(picture[60:]) > 100:
                letters.append(now)
    return beats._begins(flashes), beats._begins(letters)


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("container", ["mp4", pytest.param("mkv", marks=pytest.mark.heavy)])
def test_letters_are_seen_when_their_cue_says_and_no_frame_is_lost(
    name: str, container: str, made: Path, tmp_path: Path
) -> None:
    flac, out = tmp_path / "audio.flac", tmp_path / f"burnt.{container}"
    probe, _ = probed(made / name)
    track = next(s for s in probe.streams if s.kind == "audio")
    audio_file.extract_audio(made / name, probe, track, flac, LIMITS, lambda *_: None)
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
    report = burn_in.write(
        made / "plain.mkv", probed(made / "plain.mkv")[1], track, [FONT], tmp_path / "burnt.mp4",
        OPTIONS, LIMITS, lambda *_: None,
    )  # fmt: skip
    # Of a font of the host's, its path would stand there.
    assert report.fonts == ["(DejaVu Sans Mono, 400, 0) -> DejaVuSansMono, 0, DejaVuSansMono"]


def test_letters_that_no_font_has_are_told_of(made: Path, tmp_path: Path) -> None:
    track = ass(tmp_path / "en.ass", [1000])
    track.write_text(track.read_text("utf-8").replace("MMM", "\U0010fffd", 1), "utf-8")
    report = burnt(made / "plain.mkv", track, tmp_path / "burnt.mp4")
    assert any("0x10FFFD" in line for line in report.missing)


def lettered(film: Path, out: Path, larger: int = 1) -> tuple[np.ndarray, burn_in.Report]:
    """A picture, by its brightness as stored, of a dark film with letters drawn at 1000 ms."""
    screen = screen_of(probed(film)[1].streams)
    track = ass(out.with_suffix(".ass"), [1000], screen)
    drawn = pysubs2.load(str(track))
    drawn.styles["Default"].fontsize *= larger
    drawn.save(str(track))
    report = burnt(film, track, out)
    with containers.opened(out) as container:
        for frame in container.decode(video=0):
            if frame.pts * frame.time_base * 1000 > 1000 + AFTER_MS / 2:
                return frame.to_ndarray()[: frame.height], report
    raise AssertionError("no such frame")


def box(picture: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is brighter than half the brightest."""
    rows, columns = np.nonzero(picture > (int(picture.min()) + int(picture.max())) / 2)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("name", TURNED)
def test_letters_stand_upright_at_the_foot_of_a_film_that_is_turned(
    name: str, made: Path, tmp_path: Path
) -> None:
    picture, _ = lettered(made / name, tmp_path / "burnt.mp4")
    turned = not name.startswith("rotated_180")
    assert picture.shape == ((160, 90) if turned else (90, 160))
    left, top, right, bottom = box(picture)
    height, width = picture.shape
    assert right - left > 5 * (bottom - top), "a line of letters lies along the picture's foot"
    assert top > 0.8 * height
    assert abs(left + right - width) <= 4, "and in its middle"


def test_letters_are_as_wide_in_a_film_whose_pixels_are_no_squares(tmp_path: Path) -> None:
    boxes = []
    for size, pixel in (("640x360", "1"), ("320x360", "2")):
        film = tmp_path / f"{size}.mkv"
        picture = f"{films.PICTURE.replace('160x90', size)},setsar={pixel}"
        films.simple(*films.X264, *films.AAC, picture=picture)(film, tmp_path)
        drawn, _ = lettered(film, tmp_path / f"{size}.mp4")
        left, top, right, bottom = box(drawn)
        boxes.append((int(pixel) * left, top, int(pixel) * right, bottom))
    assert np.abs(np.subtract(*boxes)).max() <= 4, boxes


@pytest.mark.parametrize(
    ("name", "transfer", "white"), [("hdr.mkv", 16, 0.58), ("hlg.mkv", 18, 0.75)]
)
def test_hdr_stays_with_its_ten_bits_and_letters_do_not_glare(
    name: str, transfer: int, white: float, made: Path, tmp_path: Path
) -> None:
    picture, report = lettered(made / name, tmp_path / "burnt.mp4", larger=8)
    with containers.opened(tmp_path / "burnt.mp4") as container:
        context = container.streams.video[0].codec_context
        told_of = context.pix_fmt, context.color_trc, context.color_primaries, context.colorspace
    assert told_of == ("yuv420p10le", transfer, 9, 9)
    assert report.white == white
    assert picture.max() == pytest.approx(64 + 876 * white, abs=24)  # black is 64, white 940
    if name == "hdr.mkv":
        said = reported_by_ffmpeg(tmp_path / "burnt.mp4")
        assert "side data - Mastering display" in said
        assert "side data - Content light level metadata: MaxCLL=1000, MaxFALL=400" in said


def test_dolby_vision_is_lost_and_that_is_told(made: Path, tmp_path: Path) -> None:
    report = burnt(made / "dolby_vision.mp4", ass(tmp_path / "a.ass", []), tmp_path / "burnt.mp4")
    assert report.dolby_vision == 8
    assert "DOVI" not in reported_by_ffmpeg(tmp_path / "burnt.mp4")


def test_the_stage_has_the_loss_of_dolby_vision_on_record(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(made / "dolby_vision.mp4", "film.mp4")
    documents.save(probed(Path("film.mp4"))[1], "media.json")
    ass(Path("en.ass"), [1000])
    documents.save(documents.Cues("en", ()), "cues.json")
    settings = recorded.defaults()
    options = {k: v for k, v in settings["burn_in"].items() if k != "language"}
    given = recorded.rule(
        "out/clip/10_burn_in/en",
        input={
            "film": "film.mp4",
            "media": "media.json",
            "track": "en.ass",
            "cues": "cues.json",
            "fonts": [str(FONT)],
        },
        output={"film": "burnt.en.mp4"},
        params={"options": {**options, "preset": "ultrafast"}, "limits": settings["limits"]},
    )
    recorded.script("10_burn_in.py", given)
    manifest = Manifest.load(Path("out/clip/10_burn_in/en/manifest.json"))
    assert [(d["what"], d["before"], d["after"]) for d in manifest.degradations] == [
        ("Dolby Vision", "profile 8", "its base layer")
    ]
    assert manifest.notes["white"] == 1.0
    assert manifest.notes["frames"] == 175


def test_a_picture_that_is_only_right_with_dolby_vision_is_refused(
    made: Path, tmp_path: Path
) -> None:
    with pytest.raises(Problem, match=r"profile 5, .* set burn_in\.language to none"):
        burnt(made / "dolby_vision_5.mp4", ass(tmp_path / "a.ass", []), tmp_path / "burnt.mp4")
    assert not (tmp_path / "burnt.mp4").exists()


def test_dolby_vision_is_told_of_the_stream_that_has_it() -> None:
    said = [
        "Stream #0:0[0x1](und): Video: h264", "Side data:", "Stream #0:1(und): Video: hevc",
        "DOVI configuration record: version: 1.0, profile: 8, level: 3, rpu flag: 1, el flag: 0, "
        "bl flag: 1, compatibility id: 1",
        "Output #0, null, to 'pipe:':",
    ]  # fmt: skip
    assert burn_in.dolby_vision(said, 1) == (8, 1)
    assert burn_in.dolby_vision(said, 0) is None


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
    streams: list[documents.Stream], text: str
) -> None:
    with pytest.raises(Problem, match=text):
        burn_in.chosen(streams, "mp4")


def test_a_result_over_its_limit_is_refused_and_nothing_is_left(made: Path, tmp_path: Path) -> None:
    track = ass(tmp_path / "en.ass", [1000])
    with pytest.raises(Problem, match=r"limits\.max_output_gb"):
        burn_in.write(
            made / "plain.mkv", probed(made / "plain.mkv")[1], track, [], tmp_path / "burnt.mp4",
            OPTIONS, limits(max_output_gb=1e-6), lambda *_: None,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == [track]


def test_the_same_inputs_and_threads_give_the_same_bytes(made: Path, tmp_path: Path) -> None:
    track, two = ass(tmp_path / "en.ass", [1000]), replace(OPTIONS, threads=2)
    for name in ("a.mp4", "b.mp4"):
        burnt(made / "plain.mkv", track, tmp_path / name, two)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


FILM = [burn_in.Row("hevc", 250, 40_000, 10_000_000), burn_in.Row("aac", 430, 0, 9_990_000)]
MADE = [burn_in.Row("h264", 250, 61_000, 10_021_000), burn_in.Row("aac", 430, 21_000, 10_011_000)]


def test_a_burnt_film_with_all_frames_and_all_sound_passes_wherever_it_begins() -> None:
    assert burn_in.check(FILM, MADE, jumps=False) == (250, 250)


def test_a_few_frames_that_cannot_be_decoded_are_no_error_but_counted() -> None:
    made = [replace(MADE[0], packets=248, first_us=141_000), MADE[1]]
    assert burn_in.check(FILM, made, jumps=False) == (250, 248)


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
def test_whatever_is_lost_or_moved_is_an_error(made: list[burn_in.Row], text: str) -> None:
    with pytest.raises(Problem, match=text):
        burn_in.check(FILM, made, jumps=False)
