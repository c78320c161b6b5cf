"""Muxing: films go the whole way, and nothing is lost or moved."""

import hashlib
import threading
import time
from dataclasses import replace
from pathlib import Path

import av
import beats
import films
import pytest
from media_limits import LIMITS, limits
from muxed_films import OPTIONS, probed, reported_by_ffmpeg, srt

import lineage.tracks
from lineage.problem import Problem
from subtitling import documents
from subtitling.media import audio_file, audio_tracks, containers, ffmpeg, probing
from subtitling.muxing import mux, stream_copy, stream_plan, stream_tally
from subtitling.muxing.mux import MuxOptions
from subtitling.muxing.subtitle_streams import Track
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import Screen

FILMS = {film.name: film for film in films.FILMS}
QUICK = (
    *("everything.mkv", "plain.mp4", "truehd.mkv", "old.wmv", "disc.vob", "sound.amr"),
    *("switching.ts", "announced.ts", "begins_late.ts", "discrete.mov", "joined.ts"),
    *("late_sound.ts", "edited.mp4", "variable_rate.mkv", "truncated.mkv", "plain.webm"),
    "sound.wv",
)
OTHERS = (  # that other tests of this module want
    *("phone.3gp", "studio.ts", "lossless.avi", "animation.mov", "broadcast.ts", "mpeg4.avi"),
    *("late_picture.mp4", "negative_start.mkv", "cover.mp3", "timed_text.mp4", "no_sound.mkv"),
    *("dolby_vision.mp4", "hdr.mkv", "rotated.mp4", "one_second.mkv"),
)


def muxed(film: Path, out: Path, *tracks: Track, options: MuxOptions = OPTIONS) -> mux.Report:
    return mux.write(film, probed(film)[1], tracks, out, options, LIMITS, lambda *_: None)


def track(path: Path, language: str = "hi", *, default: bool = True, forced: bool = False):
    return Track(language, path, default, forced)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    films.make(
        folder,
        frozenset({*QUICK, *OTHERS}) | {"plain.mkv", "web_text.webm", "cover.mp4", "set_back.flv"},
    )
    return folder


@pytest.mark.parametrize(
    ("pts", "dts", "last", "want"),
    [
        (40, 0, None, (40, 0)),
        (40, None, None, (40, 0)),
        (None, 40, None, (40, 40)),
        (80, None, 10, (80, 10)),
        (5, 3, 10, (10, 10)),
        (90, 10, 10, (90, 10)),
        (None, None, 10, (10, 10)),
    ],
)
def test_times_never_go_back_and_nothing_is_shown_before_it_is_decoded(pts, dts, last, want):
    if pts is None and dts is None:
        dts = last
    assert stream_copy.in_order(pts, dts, ahead=40, last=last) == want


# ---- real films


def whole_way(film: films.Film, folder: Path, tmp_path: Path) -> None:
    """Through 01's extraction and 10's muxing, with a cue made of every beep that is heard."""
    path, flac, out = folder / film.name, tmp_path / "audio.flac", tmp_path / "final.mkv"
    probe, about = probed(path)
    chosen = audio_tracks.choose(probe.streams, "auto", "auto", None).track
    audio_file.extract_audio(path, probe, chosen, flac, LIMITS, lambda *_: None)
    heard = beats.beeps_ms(flac)
    cues = srt(tmp_path / "hi.srt", heard)
    report = mux.write(path, about, [track(cues)], out, OPTIONS, LIMITS, lambda *_: None)
    shown = beats.flashes_ms(out)
    assert tuple(r.kind for r in report.rows if r.title != "हिन्दी") == film.kinds
    assert beats.cues_ms(out) == [ms + round(report.shift_us / 1000) for ms in heard]
    if film.beats:
        assert heard
    if film.beats and "video" in film.kinds:
        cues_shown = beats.cues_ms(out)
        assert len(shown) == len(cues_shown)
        off = [cue - flash for cue, flash in zip(cues_shown, shown, strict=True)]
        assert max(map(abs, off)) <= film.slack_ms, (cues_shown, shown)
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == ["audio.flac", "final.mkv", "hi.srt"]


def refused(film: films.Film, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=film.refusal):
        probe = probing.probe(folder / film.name, LIMITS)
        audio_tracks.choose(probe.streams, "auto", "auto", None)
        stream_plan.foreseen(folder / film.name, probe.streams, "mkv", LIMITS)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", QUICK)
def test_cues_land_where_the_film_flashes_and_every_stream_stays(name, made, tmp_path):
    film = FILMS[name]
    (whole_way if film.kinds else refused)(film, made, tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize("film", films.FILMS, ids=lambda film: film.name)
def test_every_constructed_film_goes_the_whole_way_or_is_refused(film, tmp_path_factory, tmp_path):
    folder = tmp_path_factory.mktemp("one")
    films.make(folder, frozenset({film.name}))
    (whole_way if film.kinds else refused)(film, folder, tmp_path)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("hdr.mkv", ["side data - Mastering display", "side data - Content light", "smpte2084"]),
        ("dolby_vision.mp4", ["DOVI configuration record: version: 1.0, profile: 8, level: 3"]),
        ("rotated.mp4", ["rotation of"]),
    ],
)
def test_what_a_screen_must_know_of_the_picture_stays(name, facts, made, tmp_path):
    muxed(made / name, tmp_path / "final.mkv", track(srt(tmp_path / "hi.srt", [1000])))
    for fact in facts:
        assert fact in reported_by_ffmpeg(made / name)
        assert fact in reported_by_ffmpeg(tmp_path / "final.mkv")


def test_names_flags_chapters_tags_and_fonts_stay_and_ours_stand_behind(made, tmp_path):
    out = tmp_path / "final.mkv"
    font = tmp_path / "my font.ttf"
    font.write_bytes(b"not really a font")
    report = muxed(
        made / "everything.mkv", out,
        track(srt(tmp_path / "pt.srt", [1000, 9000]), "pt"),
        track(srt(tmp_path / "de.srt", [], "none"), "de", default=False, forced=True),
        options=MuxOptions(fonts=[str(font)], check_s=5),
    )  # fmt: skip
    assert report.lost_tags == []
    with av.open(str(made / "everything.mkv")) as before, av.open(str(out)) as after:
        subtitles = [
            (
                s.metadata.get("language"),
                s.metadata.get("title"),
                stream_tally.marks(s.disposition.value),
            )
            for s in after.streams.subtitles
        ]
        assert subtitles == [
            ("fre", "Siècle", ("forced", "hearing_impaired")),
            (None, None, ()),
            (None, None, ()),
            ("por", "Português", ("default",)),
            ("ger", "Deutsch", ("forced",)),
        ]
        starts = [[c["start"] * c["time_base"] for c in f.chapters()] for f in (before, after)]
        assert [c["metadata"]["title"] for c in after.chapters()] == ["One", "Two"]
        assert all(abs(a - b) < 0.03 for a, b in zip(*starts, strict=True))
        assert after.metadata["title"] == 'A "film" of हिन्दी; 100%=all\\!'
        fonts = {s.name: bytes(s.data) for s in after.streams if s.type == "attachment"}
        assert fonts == {
            "font.ttf": bytes(range(256)) * 8,
            "my font.ttf": b"not really a font",
        }
        assert [s.metadata["filename"] for s in after.streams.video if s.disposition.value & 1024]


def test_the_same_inputs_give_the_same_bytes(made, tmp_path):
    cues = srt(tmp_path / "hi.srt", [1000, 4000])
    sums = set()
    for number in range(2):
        out = tmp_path / f"{number}.mkv"
        muxed(made / "everything.mkv", out, track(cues))
        sums.add(hashlib.sha256(out.read_bytes()).hexdigest())
    assert len(sums) == 1


@pytest.mark.parametrize("picture", ["libx264", "huffyuv"])
def test_a_subtitle_track_of_the_film_that_is_long_silent_holds_up_none_of_ours(picture, tmp_path):
    film = tmp_path / "film.mkv"
    late = srt(tmp_path / "late.srt", [280_000])
    ffmpeg.run([
        *films.lavfi("color=size=32x32:rate=5"), *films.lavfi("anullsrc=r=8000"),
        *ffmpeg.source(late, "srt"), "-t", "300", "-map", "0", "-map", "1", "-map", "2",
        "-c:v", picture, "-preset", "ultrafast", "-c:a", "aac", containers.url(film),
    ])  # fmt: skip
    out = tmp_path / "final.mkv"
    muxed(film, out, track(srt(tmp_path / "hi.srt", list(range(1000, 250_000, 3000)))))
    with av.open(str(out)) as container:
        now, cues = 0.0, 0
        for packet in container.demux():
            if packet.pts is None:
                continue
            time = float(packet.pts * packet.time_base)
            if packet.stream.type == "video":
                now = time
            elif packet.stream.type == "subtitle" and time < 260:
                cues += 1
                assert abs(time - now) < 1, "a cue lies far from its picture"
    assert cues == 83


def test_a_cue_that_looks_like_markup_arrives_as_it_is(made, tmp_path):
    cues = tmp_path / "hi.srt"
    lines = ("<i>नमस्ते</i> {\\an8} a & b --> c", "\\N <second line>")
    subtitle_files.write([documents.Cue("c1", 1000, 2000, lines, ())], cues, Screen(160, 90))
    for name, kind in (("plain.mkv", "mkv"), ("plain.mp4", "mp4")):
        muxed(made / name, tmp_path / f"final.{kind}", track(cues))


@pytest.mark.parametrize(
    ("name", "kind", "ending", "codec"),
    [
        ("everything.mkv", "mp4", "srt", "mov_text"),
        ("plain.mp4", "mp4", "srt", "mov_text"),
        ("plain.webm", "webm", "vtt", "webvtt"),
        ("web_text.webm", "webm", "vtt", "webvtt"),
        ("plain.mkv", "mkv", "ass", "ass"),
        ("cover.mp4", "mp4", "srt", "mov_text"),
        ("truehd.mkv", "mp4", "srt", "mov_text"),
    ],
)
def test_other_containers_and_formats_hold_our_cues_too(name, kind, ending, codec, made, tmp_path):
    cues = tmp_path / f"hi.{ending}"
    two = [documents.Cue(f"c{n}", n * 2000, n * 2000 + 900, ("यह है", "<b>"), ()) for n in (1, 2)]
    subtitle_files.write(two, cues, Screen(160, 90))
    out = tmp_path / f"final.{kind}"
    report = muxed(made / name, out, track(cues))
    with av.open(str(out)) as container:
        ours = container.streams.subtitles[-1]
        assert ours.codec_context.codec.canonical_name == codec
        assert ours.metadata["language"] == "hin"
    if name == "everything.mkv":
        assert [k.reason for k in report.kept if k.action == "drop"] == ["mp4 holds no attachments"]


@pytest.mark.parametrize("default", [True, False])
def test_mp4_shows_our_track_only_where_it_shall(default, made, tmp_path):
    out = tmp_path / "final.mp4"
    cues = srt(tmp_path / "hi.srt", [1000])
    muxed(
        made / "timed_text.mp4", out, track(cues, default=default), track(cues, "en", default=False)
    )
    with av.open(str(out)) as container:
        shown = [bool(s.disposition.value & 1) for s in container.streams]
    # The film's own subtitles were shown, since its only ones: they are, where ours are not.
    assert shown == [True, True, not default, default, False]


def test_no_subtitles_are_shown_in_mp4_where_none_shall_be(made, tmp_path):
    out = tmp_path / "final.mp4"
    cues = srt(tmp_path / "hi.srt", [1000])
    muxed(made / "plain.mkv", out, track(cues, default=False), track(cues, "en", default=False))
    with av.open(str(out)) as container:
        shown = [bool(s.disposition.value & 1) for s in container.streams]
    assert shown == [True, True, False, False]


def test_a_language_of_two_letters_has_three_in_mp4(made, tmp_path):
    film = tmp_path / "film.mkv"
    ffmpeg.run(["-i", str(made / "plain.mkv"), "-c", "copy", "-metadata:s:a", "language=en",
               "-metadata:s:v", "language=pt-BR", str(film)])  # fmt: skip
    out = tmp_path / "final.mp4"
    muxed(film, out, track(srt(tmp_path / "hi.srt", [1000])))
    with av.open(str(out)) as container:
        assert [s.metadata["language"] for s in container.streams] == ["por", "eng", "hin"]


def test_cues_that_overlap_or_have_a_place_arrive_in_mp4_one_at_a_time(made, tmp_path):
    cues = tmp_path / "hi.srt"
    text = "1\n00:00:01,000 --> 00:00:03,000\n{\\an8}up\n\n2\n00:00:02,000 --> 00:00:04,000\nlow\n"
    cues.write_text(text, "utf-8")
    out = tmp_path / "final.mp4"
    muxed(made / "plain.mp4", out, track(cues))
    ffmpeg.run(
        [*ffmpeg.source(out), "-map", "0:s:0", "-f", "srt", containers.url(tmp_path / "seen.srt")]
    )
    seen = [
        (c.start_ms, c.end_ms, c.lines) for c in subtitle_files.read(tmp_path / "seen.srt").cues
    ]
    assert seen == [
        (1000, 2000, ("up",)),
        (2000, 3000, ("up", "low")),
        (3000, 4000, ("low",)),
    ]
    # The record is compared with what the film shows, in the film's own way.
    (written,), (shown,) = lineage.tracks.read(cues), lineage.tracks.read(out)
    in_turn = lineage.tracks.in_turn(written.cues)
    assert len(in_turn) == len(shown.cues) == 3
    assert lineage.tracks.differences(shown.cues, in_turn, 0) == []


def test_a_file_that_is_read_while_it_grows_tells_what_it_tells_when_it_is_whole(made, tmp_path):
    cues = track(srt(tmp_path / "hi.srt", [1000, 5000]))
    muxed(made / "everything.mkv", tmp_path / "final.mkv", cues)
    film, grown, writing = (tmp_path / name for name in ("final.mkv", "grown.mkv", "writing"))
    writing.touch()

    def write() -> None:
        with film.open("rb") as source, grown.open("wb", buffering=0) as target:
            while block := source.read(9973):
                target.write(block)
                time.sleep(0.002)
        writing.unlink()

    writer = threading.Thread(target=write)
    writer.start()
    options = {"new_tracks": 1, "duration_ms": 10_000, "progress": lambda *_: None}
    beside = stream_tally.weigh(str(grown), writing=str(writing), **options)
    writer.join()
    assert beside == stream_tally.weigh(str(film), **options)
    assert [text for _, _, text in beside["cues"][0]] == ["beat 1", "beat 2"]


def test_what_a_killed_run_left_is_not_taken_for_what_this_one_writes(made, tmp_path):
    (tmp_path / ".final.mkv.partial").write_bytes((made / "plain.mkv").read_bytes())
    report = muxed(made / "everything.mkv", tmp_path / "final.mkv")
    assert len(report.rows) > 2
    assert [path.name for path in tmp_path.iterdir()] == ["final.mkv"]


def test_times_that_go_backwards_are_corrected_and_counted(made, tmp_path):
    cues = track(srt(tmp_path / "hi.srt", [1000]))
    assert muxed(made / "plain.mkv", tmp_path / "plain.mkv", cues).repaired == 0
    assert muxed(made / "set_back.flv", tmp_path / "final.mkv", cues).repaired >= 5


def test_a_film_that_grew_too_large_is_refused_and_nothing_is_left(made, tmp_path):
    cues = srt(tmp_path / "hi.srt", [1000])
    with pytest.raises(Problem, match=r"limits\.max_output_gb"):
        mux.write(
            made / "plain.mkv", probed(made / "plain.mkv")[1], [track(cues)],
            tmp_path / "final.mkv", OPTIONS, limits(max_output_gb=1e-5), lambda *_: None,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == [cues]


def test_a_result_that_plays_worse_than_the_film_is_refused(made, tmp_path):
    film = tmp_path / "film.mkv"
    data = bytearray((made / "plain.mkv").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(200)
    film.write_bytes(data)
    try:
        report = muxed(film, tmp_path / "final.mkv", track(srt(tmp_path / "hi.srt", [1000])))
    except Problem as problem:
        assert not (tmp_path / "final.mkv").exists(), problem
    else:
        assert report.errors or not ffmpeg.decoding_errors(film, 60, LIMITS)


def test_sidecars_stand_beside_the_film_under_its_name_and_old_ones_go(tmp_path):
    film = tmp_path / "out" / "final.mkv"
    film.parent.mkdir()
    film.write_bytes(b"film")
    for old in ("final.pt.ass", "final.en.srt", "other.en.srt"):
        (film.parent / old).write_text("old", "utf-8")
    tracks_made = [tmp_path / name for name in ("en.srt", "hi.vtt", "pt-BR-forced.srt")]
    for path in tracks_made:
        path.write_text(path.name, "utf-8")
    mux.clear_beside(film)
    made = mux.beside(film, tracks_made)
    assert [p.name for p in made] == ["final.en.srt", "final.hi.vtt", "final.pt-BR.forced.srt"]
    assert {p.name: p.read_text("utf-8") for p in film.parent.iterdir()} == {
        "final.mkv": "film",
        "final.en.srt": "en.srt",
        "final.hi.vtt": "hi.vtt",
        "final.pt-BR.forced.srt": "pt-BR-forced.srt",
        "other.en.srt": "old",
    }


def test_no_film_of_an_earlier_container_stays_beside_the_one_on_record(tmp_path: Path) -> None:
    names = ["final.mkv", "final.webm", "final.mp4", "manifest.json", "final.en.srt"]
    for name in names:
        (tmp_path / name).touch()
    mux.clear_former(tmp_path / "final.mp4")
    assert {path.name for path in tmp_path.iterdir()} == set(names[2:])


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("plain.mp4", []),
        ("disc.vob", ["stream 1 audio pcm_dvd: pcm, pcm_s24le (mkv holds no pcm_dvd)"]),
        ("studio.ts", ["stream 1 audio s302m: pcm, pcm_s24le (mkv holds no s302m)"]),
        ("old.wmv", ["the ffmpeg program will write the film: its libraries cannot"]),
        (
            "announced.ts",
            ["stream 2 audio mp3: drop (it is announced, but holds no packets (audio))"],
        ),
    ],
)
def test_what_will_become_of_a_film_is_said_before_it_is_heard(name, lines, made):
    probe = probing.probe(made / name, LIMITS)
    assert stream_plan.foreseen(made / name, probe.streams, "mkv", LIMITS) == lines


def samples(film: Path) -> list[int]:
    """The samples of a film's first sound, as 32-bit integers."""
    with av.open(str(film)) as container:
        resampler = av.AudioResampler(format="s32")
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
        return [s for f in frames for s in f.to_ndarray().reshape(-1).tolist()]


def test_the_samples_of_a_disc_stay_the_same(tmp_path):
    films.make(tmp_path, frozenset({"blu_ray.m2ts"}))
    muxed(
        tmp_path / "blu_ray.m2ts", tmp_path / "final.mkv", track(srt(tmp_path / "hi.srt", [1000]))
    )
    before, after = samples(tmp_path / "blu_ray.m2ts"), samples(tmp_path / "final.mkv")
    assert any(value & 0xFF00 for value in before), "no more than 16 bits were tried"
    assert before == after


def test_mpegs_sound_of_broadcasts_has_one_name_with_another_in_mp4(tmp_path):
    films.make(tmp_path, frozenset({"program.mpg"}))
    out = tmp_path / "final.mp4"
    report = muxed(tmp_path / "program.mpg", out, track(srt(tmp_path / "hi.srt", [1000])))
    assert [r.codec for r in report.rows] == ["mpeg2video", "mp2", "mov_text"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("plain.mkv", "mkv"), ("old.wmv", "mkv"), ("plain.mkv", "mp4"), ("plain.mp4", "mp4")],
    ids=["our loop", "by program", "in MP4", "of MP4"],
)
def test_languages_keep_their_regions_and_scripts(name, kind, made, tmp_path):
    cues, out = srt(tmp_path / "hi.srt", [1000]), tmp_path / f"final.{kind}"
    about = probed(made / name)[1]
    picture, sound = about.streams
    tagged = replace(about, streams=(picture, replace(sound, tag="pt-BR")))
    codes = ("hi", "hi-Latn", "brx", "zh-Hant-songs", "pt-BR-forced")
    ours = [track(cues, code, default=code == "hi") for code in codes]
    mux.write(made / name, tagged, ours, out, OPTIONS, LIMITS, lambda *_: None)
    again = probing.probe(out, LIMITS)
    tags = [None, "pt-BR", "hi", "hi-Latn", "brx", "zh-Hant", "pt-BR"]
    assert [s.tag for s in again.streams] == tags
    legacy = [s.language for s in again.streams][2:]
    assert legacy == ["hin", "hin", "brx", "chi" if kind == "mkv" else "zho", "por"]
    if kind == "mkv":
        titles = [s.title for s in again.streams][2:]
        assert titles[:3] == ["हिन्दी", "Hindi (romanized)", "बर’"]
        assert titles[3:] == ["中文（繁體） (songs)", "Português (Brasil) (forced)"]


@pytest.mark.parametrize(
    ("name", "kind", "ending"),
    [("plain.mkv", "mkv", "srt"), ("plain.mkv", "mp4", "srt"), ("plain.webm", "webm", "vtt")],
)
def test_a_track_carries_the_forced_flag_in_every_container(name, kind, ending, made, tmp_path):
    out, path = tmp_path / f"final.{kind}", tmp_path / f"en.{ending}"
    cue = documents.Cue("c00001", 1000, 1900, ("Hello.",), ())
    subtitle_files.write([cue], path, Screen(160, 90))
    ours = [Track("en", path, True, False), Track("en-forced", path, False, True)]
    muxed(made / name, out, *ours)
    marks = [s.marks for s in probing.probe(out, LIMITS).streams if s.kind == "subtitle"]
    assert ["forced" in each for each in marks] == [False, True]


@pytest.mark.parametrize(
    ("coded", "name", "out"),
    [
        (["-c:v", "mpeg2video", "-c:a", "mp2"], "dvd.ts", "final.mkv"),
        ([*films.X264, "-c:a", "mp2"], "film.mp4", "final.mkv"),
        ([*films.X264, "-c:a", "mp2"], "film.mp4", "final.mp4"),
        (["-c:v", "libvpx", "-c:a", "libopus"], "film.webm", "final.webm"),
        (["-c:v", "wmv2", "-c:a", "wmav2"], "old.avi", "final.mkv"),
    ],
    ids=["of its codec", "of its container", "in MP4", "in WebM", "by program"],
)
def test_a_picture_keeps_its_shape(coded, name, out, tmp_path):
    film, final = tmp_path / name, tmp_path / out
    picture = films.lavfi("color=red:size=160x128:rate=25,setsar=64/45")
    ffmpeg.run([*picture, *films.lavfi(films.SOUND), "-t", "1", *coded, str(film)])
    report = muxed(film, final)
    assert report.rows[0].pixel == pytest.approx(64 / 45, abs=0.005)
    with av.open(str(final)) as container:
        assert float(container.streams[0].sample_aspect_ratio) == pytest.approx(64 / 45, abs=0.005)


def test_a_title_in_capitals_is_a_title(tmp_path):
    film, out = tmp_path / "film.ogg", tmp_path / "final.mkv"
    ffmpeg.run([*films.lavfi(films.SOUND), "-t", "3", "-metadata:s", "TITLE=Hindi 5.1",
               "-metadata:s", "LANGUAGE=hin", "-c:a", "libopus", str(film)])  # fmt: skip
    muxed(film, out, track(srt(tmp_path / "hi.srt", [1000])))
    for each in (film, out):
        sound = probing.probe(each, LIMITS).streams[0]
        assert (sound.language, sound.title) == ("hin", "Hindi 5.1")


def test_old_letters_of_the_films_subtitles_are_read_and_their_change_is_on_record(made, tmp_path):
    own, film, out = (tmp_path / name for name in ("own.srt", "film.mkv", "final.mp4"))
    srt(own, [1000, 3000], "Caf\xe9")
    own.write_bytes(own.read_text("utf-8").encode("windows-1252"))
    # Copied as bytes, as by whoever made such films.
    ffmpeg.run(["-i", str(made / "plain.mkv"), *ffmpeg.source(own, "srt"), "-map", "0", "-map", "1",
               "-c", "copy", str(film)])  # fmt: skip
    report = muxed(film, out, track(srt(tmp_path / "hi.srt", [1000])))
    assert [k.reason for k in report.kept if k.action == "text"] == [
        "mp4 holds no subrip; its text is not UTF-8 and was read as windows-1252"
    ]
    with av.open(str(out)) as container:
        theirs = container.streams.subtitles[0]
        said = [bytes(p)[2:].decode() for p in container.demux(theirs) if p.size > 2]
    assert said == ["Café 1", "Café 2"]
