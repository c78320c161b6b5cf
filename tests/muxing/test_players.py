"""What other programs see in our films, against the cues: mkvmerge, MediaInfo, ffprobe, mpv, VLC,
Chromium.

`make test-players` runs this, for those of the programs that are on the PATH.
"""

import json
import os
import shutil
import subprocess
import time
from base64 import b64encode
from html import unescape
from pathlib import Path
from typing import Any

import films
import pytest
from media_limits import LIMITS
from muxed_films import OPTIONS, probed

from subtitling import documents
from subtitling.muxing import mux
from subtitling.muxing.subtitle_streams import Track
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import Screen

pytestmark = pytest.mark.players

CUES = {
    "en": [(1000, 2400, "It was the best of times,"), (5000, 6200, "it was the worst of times")],
    "hi": [(1000, 2400, "वह सबसे अच्छा समय था"), (3000, 4000, "<b> & 100 %")],
    "hi-Latn": [(1000, 2400, "vah sabse achchha samay tha")],
    "pt-BR": [(1000, 2400, "foi o melhor dos tempos")],
    "zh-Hant-forced": [(5000, 6200, "這是最壞的時代")],
}
TITLES = [
    "English", "हिन्दी", "Hindi (romanized)", "Português (Brasil)", "中文（繁體） (forced)"
]  # fmt: skip
TAGS = ["en", "hi", "hi-Latn", "pt-BR", "zh-Hant"]
FORCED = [False, False, False, False, True]
CONTAINERS = [("mkv", "srt"), ("mkv", "ass"), ("mp4", "srt"), ("webm", "vtt")]
# What mpv shows, each cue once, and when it says that it begins and ends.
SCRIPT = """
local last
mp.observe_property("sub-text", "native", function(_, text)
  if text and text ~= "" and text ~= last then
    local from, to = mp.get_property_number("sub-start"), mp.get_property_number("sub-end")
    print(string.format("CUE %.3f %.3f %s", from, to, text:gsub("\\n", " ")))
  end
  last = text
end)
"""


# What mpv knows of the subtitle tracks.
TRACKS = """
mp.register_event("file-loaded", function()
  for _, track in ipairs(mp.get_property_native("track-list")) do
    if track.type == "sub" then print("TRACK " .. track.lang .. " " .. tostring(track.forced)) end
  end
end)
"""
# A page that writes down the cues of a track as a browser has read them.
PAGE = """<video><track default src="data:text/vtt;base64,{}"></video><pre></pre><script>
const track = document.querySelector("track"), said = document.querySelector("pre")
track.onload = () => said.textContent = JSON.stringify([...track.track.cues].map(
  cue => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent]))
</script>"""


def needed(program: str) -> str:
    """The program; the test is skipped where it is not there."""
    if not shutil.which(program):
        pytest.skip(f"NOT CHECKED: {program} is not on the PATH")
    return program


def say(program: str, *words: str | Path) -> str:
    """What a program says; it must end well."""
    command = [needed(program), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def bare(text: str) -> str:
    """A cue's text as it is seen: a word joiner keeps players from taking a word for markup."""
    return text.replace("\u2060", "").strip()


@pytest.fixture(scope="module", params=CONTAINERS, ids="-".join)
def film(request, tmp_path_factory) -> Path:
    """A film with our tracks, English shown by default, in one of the containers."""
    kind, ending = request.param
    folder = tmp_path_factory.mktemp("players")
    source = "plain.webm" if kind == "webm" else "plain.mkv"
    films.make(folder, frozenset({source}))
    tracks = []
    for language, cues in CUES.items():
        path = folder / f"{language}.{ending}"
        made = [documents.Cue(f"c{n}", a, z, (text,), ()) for n, (a, z, text) in enumerate(cues)]
        subtitle_files.write(made, path, Screen(160, 90))
        forced = language.endswith("-forced")
        tracks.append(Track(language, path, language == "en", forced))
    out = folder / f"final.{kind}"
    about = probed(folder / source)[1]
    mux.write(folder / source, about, tracks, out, OPTIONS, LIMITS, lambda *_: None)
    return out


def test_mkvmerge_sees_our_tracks(film: Path) -> None:
    if film.suffix == ".mp4":
        pytest.skip("mkvmerge reads no text in MP4")
    seen: dict[str, Any] = json.loads(say("mkvmerge", "-J", film))
    assert seen["warnings"] == seen["errors"] == []
    ours = [t["properties"] for t in seen["tracks"] if t["type"] == "subtitles"]
    assert [t["language"] for t in ours] == ["eng", "hin", "hin", "por", "chi"]
    if film.suffix == ".mkv":
        assert [t["language_ietf"] for t in ours] == TAGS
    assert [t["track_name"] for t in ours] == TITLES
    assert [t["default_track"] for t in ours] == [True, *[False] * 4]
    assert [t["forced_track"] for t in ours] == FORCED


def test_mediainfo_sees_our_tracks(film: Path) -> None:
    seen = json.loads(say("mediainfo", "--Output=JSON", film))["media"]["track"]
    ours = [t for t in seen if t["@type"] == "Text"]
    tags = ["en", "hi", "hi", "pt", "zh"] if film.suffix == ".webm" else TAGS
    assert [t["Language"] for t in ours] == tags
    titles = [t["Title"].split(" / ")[0] for t in ours]  # of MP4 it reads two places
    assert titles == TITLES
    assert [t["Default"] for t in ours] == ["Yes", *["No"] * 4]
    assert [t["Forced"] == "Yes" for t in ours] == FORCED


def test_ffprobe_sees_the_languages_and_flags_of_our_tracks(film: Path) -> None:
    wanted = ("-select_streams", "s", "-show_entries", "stream_tags=language:stream_disposition")
    ours = json.loads(say("ffprobe", "-v", "error", "-of", "json", *wanted, film))["streams"]
    chinese = "zho" if film.suffix == ".mp4" else "chi"
    assert [s["tags"]["language"] for s in ours] == ["eng", "hin", "hin", "por", chinese]
    assert [bool(s["disposition"]["forced"]) for s in ours] == FORCED


def test_mpv_sees_the_languages_and_flags_of_our_tracks(film: Path, tmp_path: Path) -> None:
    script = tmp_path / "tracks.lua"
    script.write_text(TRACKS, encoding="utf-8")
    said = say("mpv", "--no-config", "--vo=null", "--ao=null", "--frames=1", f"--script={script}",
               film)  # fmt: skip
    rows = [line.split("TRACK ")[1].split() for line in said.splitlines() if "TRACK " in line]
    legacy = ["eng", "hin", "hin", "por", "zho" if film.suffix == ".mp4" else "chi"]
    # The tags of Matroska are read by versions since 0.37.
    assert [row[0] for row in rows] in ((TAGS, legacy) if film.suffix == ".mkv" else (legacy,))
    assert [row[1] == "true" for row in rows] == FORCED


def test_ffprobe_sees_each_cue_when_it_shall_be_seen(film: Path) -> None:
    for number, cues in enumerate(CUES.values()):
        packets = json.loads(
            say("ffprobe", "-v", "error", "-of", "json", "-select_streams", f"s:{number}",
                "-show_entries", "packet=pts_time,duration_time,size", film)
        )["packets"]  # fmt: skip
        shown = [p for p in packets if int(p["size"]) > 2]  # MP4 fills pauses with empty texts
        starts = [round(1000 * float(p["pts_time"])) for p in shown]
        shift = starts[0] - cues[0][0]
        assert 0 <= shift < 50
        assert [s - shift for s in starts] == pytest.approx([c[0] for c in cues], abs=10)
        lengths = [round(1000 * float(p["duration_time"])) for p in shown]
        assert lengths == pytest.approx([c[1] - c[0] for c in cues], abs=10)


@pytest.mark.parametrize("language", CUES)
def test_mpv_shows_each_cue_in_its_words(language: str, film: Path, tmp_path: Path) -> None:
    script = tmp_path / "cues.lua"
    script.write_text(SCRIPT, encoding="utf-8")
    number = list(CUES).index(language) + 1
    chosen = [] if language == "en" else [f"--sid={number}"]  # English is shown by itself
    said = say("mpv", "--no-config", "--vo=null", "--ao=null", "--no-audio", "--speed=4",
               f"--script={script}", *chosen, film)  # fmt: skip
    lines = [line.split("CUE ")[1].split(" ", 2) for line in said.splitlines() if "CUE " in line]
    shown = [(float(a), float(z), bare(text)) for a, z, text in lines]
    assert [text for _, _, text in shown] == [text for _, _, text in CUES[language]]
    times = [1000 * t for a, z, _ in shown for t in (a, z)]
    want = [t for a, z, _ in CUES[language] for t in (a, z)]
    shift = times[0] - want[0]
    assert 0 <= shift < 50
    assert [t - shift for t in times] == pytest.approx(want, abs=11)


def listed(said: str) -> list[str]:
    """The subtitle tracks in VLC's last complete answer."""
    answers = said.rpartition("+----[ end of Subtitle Track ]")[0]
    rows = answers.rpartition("+----[ Subtitle Track ]")[2].splitlines()
    return [row.split(" - ", 1)[1] for row in rows if " - " in row][1:]  # the first is none


def test_vlc_has_our_tracks_by_their_titles_and_shows_the_default(
    film: Path, tmp_path: Path
) -> None:
    # VLC does not run as root; another user may have no way to the film, but may be handed it.
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        other = {"user": 65534, "group": 65534, "extra_groups": []}
    log = tmp_path / "vlc.log"
    with film.open("rb") as opened, log.open("wb") as output:
        command = [needed("vlc"), "-I", "oldrc", "--rc-fake-tty", "--vout=dummy", "--aout=dummy",
                   "--loop", f"/dev/fd/{opened.fileno()}"]  # fmt: skip
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, text=True,
            pass_fds=[opened.fileno()], **other,
        ) as vlc:  # fmt: skip
            tracks, until = [], time.monotonic() + 60  # it says nothing when it plays
            while not tracks or (film.suffix != ".mp4" and not tracks[0].endswith("*")):
                assert time.monotonic() < until and vlc.poll() is None, log.read_text("utf-8")
                print("strack", file=vlc.stdin, flush=True)
                time.sleep(0.5)
                tracks = listed(log.read_text("utf-8"))
            vlc.communicate("quit\n", timeout=30)
    assert [track.split(" - [")[0] for track in tracks] == TITLES
    # In MP4 VLC shows none or the forced one, whatever the file says of others.
    if film.suffix != ".mp4":
        assert [track for track in tracks if track.endswith("*")] == ["English - [English] *"]


@pytest.mark.parametrize("language", CUES)
def test_chromium_reads_each_cue_of_a_track_beside_the_film(language: str, tmp_path: Path) -> None:
    chromium, track = needed("chromium"), tmp_path / f"{language}.vtt"
    cues = [
        documents.Cue(f"c{n}", a, z, (text,), ()) for n, (a, z, text) in enumerate(CUES[language])
    ]
    subtitle_files.write(cues, track, Screen(160, 90))
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(b64encode(track.read_bytes()).decode()), encoding="utf-8")
    page = say(chromium, "--headless", "--disable-gpu", "--no-sandbox", "--dump-dom",
               "--virtual-time-budget=5000", page.as_uri())  # fmt: skip
    read = json.loads(unescape(page.partition("<pre>")[2].partition("</pre>")[0]))
    seen = [(round(1000 * a), round(1000 * z), bare(text)) for a, z, text in read]
    assert seen == CUES[language]
