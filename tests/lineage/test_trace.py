"""`lineage trace` follows a cue down to the sound, and trusts no file that is not as recorded."""

import json
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import recorded

from lineage import cli, tracks
from lineage.commands import trace
from lineage.problem import Problem
from lineage.record import Job, Reader, clock, containing
from subtitling import documents


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield recorded.default_job(tmp_path_factory.mktemp("workflow"))


def of(
    job: Path, language: str | None, number: int | None = 1, at_ms: int | None = None
) -> trace.Trace:
    film = job / "10_mux/final.mkv"
    return trace.trace(Job.read(job), film, language=language, number=number, at_ms=at_ms)


def test_a_cue_in_the_language_that_is_spoken_shows_its_own_words(job: Path) -> None:
    cue_trace = of(job, "en")
    assert cue_trace.cue.lines == ("It was late. Nobody slept.",)
    assert cue_trace.translated == ()
    assert [(w.text, w.score) for w in cue_trace.words] == [(t, 0.9) for t in recorded.WORDS]
    assert [s.id for s in cue_trace.segments] == ["g00001"]
    assert [r.id for r in cue_trace.regions] == ["r00001"]
    assert cue_trace.sound_ms == (500, 2500)
    assert cue_trace.film == "film.mkv"
    assert cue_trace.in_film == "track 2: It was late. Nobody slept."


def test_a_translated_cue_leads_through_its_sentences_to_the_words_that_were_said(
    job: Path,
) -> None:
    cue_trace = of(job, "pt")
    assert [s.text for s in cue_trace.translated] == ["Era tarde.", "Ninguém dormia."]
    assert tuple(w.text for w in cue_trace.words) == recorded.WORDS
    assert cue_trace.spoken_language == "en"
    assert [step.stage for step in cue_trace.steps] == [
        "09_subtitle_gen/pt", "08_translation/pt", "08_lyrics_detection", "07_alignment", "06_asr",
        "05_pyannote_vad", "01_demux",
    ]  # fmt: skip
    (model,) = next(step for step in cue_trace.steps if step.stage == "06_asr").models
    assert (model["name"], model["revision"]) == ("tiny", "1" * 40)


def test_a_time_on_the_films_clock_finds_the_cue_that_shows_then(job: Path) -> None:
    assert of(job, "en", None, 1000).number == 1
    with pytest.raises(
        Problem, match=r"no cue shows at 00:00:00\.000; the nearest is from 00:00:00"
    ):
        of(job, "en", None, 0)


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        (None, 1, "--lang is needed; tracks on record: en, pt"),
        ("fr", 1, "no fr track; tracks on record: en, pt"),
        ("en", 2, "no cue 2; the track has 1"),
        ("en", 0, "no cue 0"),
    ],
)
def test_a_cue_that_is_not_there_names_those_that_are(
    job: Path, language: str | None, number: int, text: str
) -> None:
    with pytest.raises(Problem, match=text):
        of(job, language, number)


@pytest.mark.parametrize(
    "name", ["09_subtitle_gen/en/cues.json", "07_alignment/transcript.json", "01_demux/media.json"]
)
def test_nothing_is_told_from_a_file_that_is_not_what_is_on_record(job: Path, name: str) -> None:
    content = (job / name).read_bytes()
    (job / name).write_bytes(content + b"\n")
    with pytest.raises(Problem, match="not what is on record; see lineage verify"):
        of(job, "en")
    (job / name).write_bytes(content)


def test_a_film_with_another_track_is_not_explained(job: Path, tmp_path: Path) -> None:
    other = tmp_path / "film.mkv"
    recorded.film(other)
    with pytest.raises(Problem, match="no en track of it shows"):
        trace.trace(Job.read(job), other, language="en", number=1, at_ms=None)


def test_the_sound_of_a_cue_can_be_heard(job: Path, tmp_path: Path) -> None:
    target = tmp_path / "cue.wav"
    film = str(job / "10_mux/final.mkv")
    assert cli.main(["trace", film, "--cue", "1", "--lang", "en", "--listen", str(target)]) == 0
    with wave.open(str(target)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    assert seconds == pytest.approx((2500 - 500 + 2 * 200) / 1000, abs=0.05)
    assert cli.main(["trace", film, "--cue", "1", "--lang", "en", "--listen", str(target)]) == 2


def test_people_and_programs_are_told_the_same(
    job: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["trace", str(job), "--at", "00:00:01.000", "--lang", "pt"]
    assert cli.main(asked) == 0
    text = capsys.readouterr().out
    assert "pt cue 1, 00:00:00.500 to" in text
    assert "s00002: Ninguém dormia.\n    from: Nobody slept." in text
    assert "w00003 00:00:01.300 to 00:00:01.700 0.900 late." in text
    assert "model tiny" in text
    assert "model.bin sha256 " in text
    assert cli.main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["translated"][1]["text"] == "Ninguém dormia."


def test_what_was_heard_again_is_told_with_both_texts(job: Path) -> None:
    track = trace.Track(Job.read(job), job, "en")
    row = documents.Rehearing(
        1500, 2500, "speech without words", "", "nobody slept", 0.8, 0.3, True, "its words fit"
    )
    track.transcript = replace(
        track.transcript, rehearings=(row, replace(row, start_ms=9000, end_ms=9900))
    )
    text = trace.as_text(track.cue(0))
    assert text.count("heard again") == 1
    assert "heard again 00:00:01.500 to 00:00:02.500, speech without words: its words fit" in text
    assert "first   -\n    then    nobody slept (counts)" in text


@pytest.mark.parametrize(
    ("text", "ms"),
    [("00:01:02.500", 62_500), ("1:02,5", 62_500), ("7", 7000), ("1:00:00", 3_600_000)],
)
def test_times_are_read_as_people_write_them(text: str, ms: int) -> None:
    assert trace.milliseconds(text) == ms


def test_times_are_shown_as_subtitles_write_them() -> None:
    assert clock(3_723_004) == "01:02:03.004"


def test_a_job_is_found_from_any_file_in_it(job: Path, tmp_path: Path) -> None:
    assert containing(job / "09_subtitle_gen/en/en.srt") == job
    with pytest.raises(Problem, match="no record"):
        containing(tmp_path)


def test_a_label_of_a_sound_leads_to_the_event_that_was_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = recorded.defaults()
    near = {"*": {"close_gap_ms": 90, "min_duration_ms": 200}}
    config["subtitles"] |= {"sdh": True, "sdh_music_ms": 200, "overrides": near}
    cue_trace = of(recorded.job(tmp_path, config=config), "pt", 2)
    assert (cue_trace.cue.lines, cue_trace.cue.sound, cue_trace.cue.words) == (
        ("[música]",),
        "music",
        (),
    )
    assert cue_trace.words == ()
    assert [(e.kind, e.score) for e in cue_trace.events] == [("music", 0.8)]
    assert cue_trace.sound_ms == (2600, 3000)
    assert "04_sound_events" in [step.stage for step in cue_trace.steps]
    text = trace.as_text(cue_trace)
    assert "  music   00:00:02.600 to 00:00:03.000, score 0.800" in text
    assert "words" not in text.partition("made by")[0]
    assert cli.main(["verify", str(tmp_path / "out/clip")]) == 0, capsys.readouterr()


def cue_with_text(film: Path, text: str) -> tuple[int, tracks.Shown]:
    """The number of the track of a film, or of the file, that shows a text, and its cue."""
    return next(
        (track.index, cue)
        for track in tracks.read(film)
        for cue in track.cues
        if text in " ".join(cue.text.split())
    )


@pytest.mark.parametrize(
    ("container", "track_format", "codec"),
    [("mkv", "srt", "subrip"), ("mkv", "ass", "ass"), ("mp4", "srt", "mov_text"),
     ("webm", "srt", "webvtt")],
)  # fmt: skip
def test_a_cue_found_in_any_kind_of_film_leads_to_its_words(
    container: str,
    track_format: str,
    codec: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Four tracks, two of them in one language but in two scripts, each with the words spoken above
    where the format can show them, and every sidecar file."""
    config = recorded.defaults()
    config["mux"] |= {"container": container, "track_format": track_format}
    config["mux"]["sidecars"] = ["srt", "vtt", "ass"]
    config["subtitles"]["bilingual"] = True
    if container == "webm":
        recorded.film(tmp_path / "film.mkv", codecs=("libvpx", "libopus"))
    folder = recorded.job(tmp_path, config=config, hindi="देर हो गई थी कोई सोया नहीं")
    film = folder / f"10_mux/final.{container}"
    job = Job.read(folder)
    assert [t.codec for t in tracks.read(film)] == [codec] * 4
    seen = {"en": "It was late.", "pt": "Era tarde.", "hi": "देर हो गई", "hi-Latn": "Der ho gai"}
    for language, text in seen.items():
        number, cue = cue_with_text(film, text)
        when = cue.start_ms + 1
        cue_trace = trace.trace(job, film, language=language, number=None, at_ms=when)
        assert text in " ".join(cue_trace.cue.lines)
        assert tuple(w.text for w in cue_trace.words) == recorded.WORDS
        assert cue_trace.in_film is not None
        assert cue_trace.in_film.startswith(f"track {number}: ")
        for kind in config["mux"]["sidecars"]:
            file = film.with_name(f"final.{language}.{kind}")
            _, cue = cue_with_text(file, text)
            cue_trace = trace.trace(job, file, language=None, number=None, at_ms=cue.start_ms)
            assert (
                cue_trace.language,
                cue_trace.in_film and cue_trace.in_film.partition(":")[0],
            ) == (
                language,
                file.name,
            )
            assert tuple(w.text for w in cue_trace.words) == recorded.WORDS
    assert cli.main(["verify", str(folder)]) == 0, capsys.readouterr()


@pytest.mark.parametrize(
    ("codec", "text", "want"),
    [
        ("ass", r"{\i1}so{\i0}\N{\an8}it is", "so\nit is"),
        ("subrip", "<i>a</i> <\u2060b> 1 < 2", "a <b> 1 < 2"),
        ("subrip", "{\\an8}up {so} {\u2060\\an8}", "up {so} {\\an8}"),
        ("webvtt", "<i>a</i> &lt;b&gt; &amp;amp;", "a <b> &amp;"),
        ("mov_text", "<i> stays", "<i> stays"),
    ],
)
def test_a_cue_is_read_without_its_formats_markup(codec: str, text: str, want: str) -> None:
    assert tracks.plain(text, codec) == want


def test_a_film_that_begins_later_shows_the_same_cues_later() -> None:
    written = [tracks.Shown(1000, 2000, "one\ntwo"), tracks.Shown(3000, 4000, "three")]
    shown = [tracks.Shown(1021, 2020, "one two"), tracks.Shown(3021, 4021, "three")]
    assert tracks.differences(shown, written, 20.7) == []
    assert [number for number, _, _ in tracks.differences(shown, written, 0)] == [1, 2]
    other = [shown[0], tracks.Shown(3021, 4021, "three!")]
    assert [number for number, _, _ in tracks.differences(other, written, 20.7)] == [2]


def test_a_cue_tells_who_speaks_and_so_does_its_translation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = recorded.defaults()
    config["speakers"] |= {"model": "tiny", "names": {"clip": {"s2": "Anna"}}}
    job = recorded.job(tmp_path, config=config)
    tracks = {
        "en": [("It was late.",), ("[Anna] Nobody slept.",)],
        "pt": [("- Era tarde.", "- [Anna] Ninguém dormia.")],
    }
    for language, cues in tracks.items():
        traces = [of(job, language, number) for number in range(1, len(cues) + 1)]
        assert [each.cue.lines for each in traces] == cues
        voices = [(v.speaker, v.confidence) for each in traces for v in each.cue.voices]
        assert voices == [("s1", 0.9), ("s2", 0.8)]
        assert "05_speakers" in [step.stage for step in traces[0].steps]
        path = job / f"09_subtitle_gen/{language}/quality.json"
        assert json.loads(path.read_text("utf-8"))["speakers"] == {
            "cues": {"s1": 1, "s2": 1}, "shared": 2 - len(cues), "unknown": 0, "confidence": 0.85
        }  # fmt: skip
    text = trace.as_text(of(job, "pt"))
    assert "by voice, which is never certain: s1 (0.90), s2 (0.80)" in text
    assert cli.main(["verify", str(job)]) == 0, capsys.readouterr()


@pytest.mark.parametrize(
    "change",
    [
        {"code": {"commit": "f" * 40, "dirty": False, "digest": None}},
        {"models": []},
        {"params": {"beam_size": 99}},
    ],
)
def test_nothing_is_told_from_an_edited_manifest(
    job: Path, change: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    path = job / "06_asr/manifest.json"
    kept = path.read_bytes()
    data = json.loads(kept) | change
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
    try:
        assert cli.main(["trace", str(job), "--cue", "1", "--lang", "en"]) == 2
        assert str(path) in capsys.readouterr().err
        assert cli.main(["diff", str(job), str(job)]) == 1
        assert capsys.readouterr().out.startswith(f"DOES NOT HOLD: {path}: ")
        assert cli.main(["status", str(job)]) == 1
        assert "06_asr: DOES NOT HOLD: " in capsys.readouterr().out
    finally:
        path.write_bytes(kept)


def test_a_sound_that_is_not_the_one_on_record_is_not_cut(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = recorded.default_job(tmp_path)
    audio = own / "01_demux/audio.flac"
    audio.write_bytes(audio.read_bytes() + b"\0")
    asked = ["trace", str(own), "--cue", "1", "--lang", "en"]
    assert cli.main(asked) == 0, "the words do not come from this file"
    assert cli.main([*asked, "--listen", str(tmp_path / "cue.flac")]) == 2
    assert "not what is on record" in capsys.readouterr().err


def test_tracks_of_a_film_share_a_reader_that_reads_the_film_once(
    job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, record = job / "10_mux/final.mkv", Job.read(job)
    opened: list[Path] = []
    read = tracks.read
    monkeypatch.setattr(tracks, "read", lambda path: [opened.append(path), read(path)][1])
    reader = Reader(record)
    shown = [trace.Track(record, film, lang, reader).cue(0).in_film for lang in ("en", "pt")]
    assert shown == ["track 2: It was late. Nobody slept.", "track 3: Era tarde. Ninguém dormia."]
    assert opened.count(film) == 1
