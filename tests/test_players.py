"""What other programs see in our films: mkvmerge, MediaInfo, ffprobe and mpv, against the cues.

`make test-players` runs this; the programs must be on the PATH.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import films
import pytest
from test_media import LIMITS
from test_mux import OPTIONS, told

from subtitling import formats, model, mux

pytestmark = pytest.mark.players

CUES = {
    "en": [(1000, 2400, "It was the best of times,"), (5000, 6200, "it was the worst of times")],
    "hi": [(1000, 2400, "वह सबसे अच्छा समय था"), (3000, 4000, "<b> & 100 %")],
}
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


def say(*command: str | Path) -> str:
    """What a program says; it must be there and end well."""
    assert shutil.which(str(command[0])), f"{command[0]} is not on the PATH"
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


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
        made = [model.Cue(f"c{n}", a, z, (text,), ()) for n, (a, z, text) in enumerate(cues)]
        formats.write(made, path, formats.Screen(160, 90))
        tracks.append(mux.Track(language, path, language == "en", forced=False))
    out = folder / f"final.{kind}"
    about = told(folder / source)[1]
    mux.write(folder / source, about, tracks, out, OPTIONS, LIMITS, lambda *_: None)
    return out


def test_mkvmerge_sees_our_tracks(film: Path) -> None:
    if film.suffix == ".mp4":
        return  # of which it reads no text
    seen: dict[str, Any] = json.loads(say("mkvmerge", "-J", film))
    assert seen["warnings"] == seen["errors"] == []
    ours = [t["properties"] for t in seen["tracks"] if t["type"] == "subtitles"]
    assert [t["language"] for t in ours] == ["eng", "hin"]
    assert [t["track_name"] for t in ours] == ["English", "हिन्दी"]
    assert [t["default_track"] for t in ours] == [True, False]


def test_mediainfo_sees_our_tracks(film: Path) -> None:
    seen = json.loads(say("mediainfo", "--Output=JSON", film))["media"]["track"]
    ours = [t for t in seen if t["@type"] == "Text"]
    assert [t["Language"] for t in ours] == ["en", "hi"]
    titles = [t["Title"].split(" / ")[0] for t in ours]  # of MP4 it reads two places
    assert titles == ["English", "हिन्दी"]
    assert [t["Default"] for t in ours] == ["Yes", "No"]


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
    # A word joiner keeps players from taking a word for markup; nobody sees it.
    shown = [(float(a), float(z), text.strip().replace("\u2060", "")) for a, z, text in lines]
    assert [text for _, _, text in shown] == [text for _, _, text in CUES[language]]
    times = [1000 * t for a, z, _ in shown for t in (a, z)]
    want = [t for a, z, _ in CUES[language] for t in (a, z)]
    shift = times[0] - want[0]
    assert 0 <= shift < 50
    assert [t - shift for t in times] == pytest.approx(want, abs=11)
