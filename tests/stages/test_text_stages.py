"""The stages that read a text at hand and lay it on the speech, each in this process."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from stage_runner import run

from lineage.problem import Problem
from subtitling import documents
from subtitling.documents import Audio, Media, Region, Speech, Stream
from subtitling.known_text import film_tracks
from subtitling.media import containers, ffmpeg

SRT = "1\n00:00:01,000 --> 00:00:02,000\nIt was <i>night</i>.\n\n"
SRT += "2\n00:00:03,500 --> 00:00:05,000\n(thunder)\nNobody came.\n\n"
LIMITS = {
    "max_streams": 64,
    "max_width_px": 8192,
    "max_height_px": 8192,
    "max_duration_h": 10,
    "max_output_gb": 1,
    "time_factor": 4,
    "min_run_s": 60,
}


def stream(
    index: int, kind: str, codec: str, language: str | None = None, **more: object
) -> Stream:
    return Stream(index, kind, codec, language, None, False, 0, None, **more)  # type: ignore[arg-type]


def media(*streams: Stream) -> Media:
    return Media("matroska", 6000, 25.0, streams, Audio(0, "", 0, 6000, "0" * 64))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of six seconds with a text track of two cues."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "a.srt").write_text(SRT, encoding="utf-8")
    ffmpeg.run([
        "-f", "lavfi", "-i", "anullsrc=r=8000", "-f", "srt", "-i",
        containers.url(folder / "a.srt"), "-t", "6", "-map", "0", "-map", "1", "-c:s", "srt",
        "-f", "matroska", containers.url(folder / "film.mkv"),
    ])  # fmt: skip
    return folder / "film.mkv"


def loaded(folder: str, inputs: dict[str, str], **params: object) -> documents.Text:
    run("03_text_load.py", folder, inputs, {"text": "text.json"}, limits=LIMITS, **params)
    return documents.load(documents.Text, f"{folder}/text.json")


def test_a_track_of_the_film_is_read(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tracks = media(stream(0, "audio", "vorbis"), stream(1, "subtitle", "subrip", "eng"))
    documents.save(tracks, "media.json")
    inputs = {"film": str(film), "media": "media.json"}
    text = loaded("out/tale/03_text_load", inputs, track="en", language="en")
    assert text.source == f"{film}, subtitle track 0"
    assert [(line.number, line.rows, line.start_ms, line.end_ms) for line in text.lines] == [
        (1, ("It was night.",), 1000, 2000),
        (2, ("Nobody came.",), 3500, 5000),
    ]


def test_a_file_is_read_and_laid_on_the_speech(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.en.srt").write_text(SRT, encoding="utf-8")
    text = loaded("out/tale/03_text_load", {"text": "a.en.srt"}, track=None, language="en")
    assert [line.number for line in text.lines] == [2, 6]
    speech = Speech(6000, (Region("r1", 1000, 2000, 1.0), Region("r2", 3500, 5000, 1.0)))
    documents.save(speech, "speech.json")
    documents.save(media(), "media.json")
    soundfile.write("sound.flac", np.zeros(6 * 16_000), 16_000)
    manifest = run(
        "06_asr_text.py", "out/tale/06_asr",
        {"text": "out/tale/03_text_load/text.json", "speech": "speech.json", "media": "media.json",
         "audio": "sound.flac"},
        {"transcript": "transcript.json"}, language="en", times="checked",
    )  # fmt: skip
    made = documents.load(documents.Transcript, "out/tale/06_asr/transcript.json")
    assert [(s.start_ms, s.end_ms, s.text, s.regions) for s in made.segments] == [
        (1000, 2000, "It was night.", ("r1",)),
        (3500, 5000, "Nobody came.", ("r2",)),
    ]
    assert manifest.models == []
    assert manifest.notes["text_sha256"] == text.sha256


TRACKS = (
    stream(0, "video", "h264"),
    stream(1, "subtitle", "hdmv_pgs_subtitle", "eng"),
    stream(2, "subtitle", "subrip", "eng", marks=("forced",)),
    stream(3, "subtitle", "ass", "eng"),
    stream(4, "subtitle", "dvb_teletext", "deu"),
)


def test_a_track_is_chosen_by_number_or_language() -> None:
    assert film_tracks.chosen(TRACKS, "1", "a.mkv") == (1, TRACKS[2])
    assert film_tracks.chosen(TRACKS, "en", "a.mkv") == (2, TRACKS[3])


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ("0", r"a.mkv: subtitle track 0 consists of pictures \(hdmv_pgs_subtitle\)"),
        ("de", "a.mkv: subtitle track 3 is dvb_teletext, which is not read"),
        ("hi", "a.mkv: no subtitle track hi; its subtitle tracks are 0: eng hdmv_pgs_subtitle; 1"),
    ],
)
def test_a_track_that_can_t_be_read_is_named(which: str, message: str) -> None:
    with pytest.raises(Problem, match=message):
        film_tracks.chosen(TRACKS, which, "a.mkv")
